# NCBI disease corpus: diseases in PubMed abstracts.

class Disease(Entity):
	"""
	Description: A disease, a class of diseases or a joined mention of several, also as a modifier before another word; no general words such as disease alone
	"""
	identifier = "Q12136"
