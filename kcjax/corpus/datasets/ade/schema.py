# ADE corpus: unwanted effects of drugs in case reports.

class Drug(Entity):
	"""
	Description: A drug or chemical given to a patient, by any of its names
	"""
	identifier = "Q12140"

class AdverseEffect(Entity):
	"""
	Description: A sign, symptom, disease or change that a drug brings about, and that is not wanted
	"""
	pass

class AdverseEffectOfDrug(Relation):
	"""
	Description: The head is an unwanted effect, the tail the drug that brings it about
	"""
	def __init__(self, head_entity: AdverseEffect, tail_entity: Drug):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)
