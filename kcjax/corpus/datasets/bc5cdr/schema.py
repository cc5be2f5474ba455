# BC5CDR, chemicals and diseases of PubMed abstracts.

class Chemical(Entity):
	"""
	Description: A drug, chemical compound, element or ion called by name, formula, abbreviation or drug class; no genes, proteins or general words such as agent
	"""
	identifier = "Q79529"

class Disease(Entity):
	"""
	Description: A disease, syndrome, symptom, injury or unwanted effect of a treatment, also as an abbreviation or part of a joined mention
	"""
	identifier = "Q12136"
