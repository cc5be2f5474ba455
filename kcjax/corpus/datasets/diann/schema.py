# DIANN: disabilities in abstracts of medical papers. Negations are annotated, too, but are none of its entities.

class Disability(Entity):
	"""
	Description: An impairment or loss of a function of body or mind, by its name, as the lack of the function, or by abbreviation
	"""
	identifier = "Q12131"
