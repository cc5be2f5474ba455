# BioCreative II gene mention, with genes and what they make as one class.

class GeneOrGeneProduct(Entity):
	"""
	Description: A gene, protein or RNA, or a family, complex or part of such, called by a name or symbol; no general words alone
	"""
	pass
