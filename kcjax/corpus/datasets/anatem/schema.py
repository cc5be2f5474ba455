# AnatEM, all anatomical levels as one class.

class AnatomicalEntity(Entity):
	"""
	Description: A part of a body between molecule and whole organism: organ, tissue, cell or its parts, fluid, also tumours; neither of the two ends
	"""
	pass
