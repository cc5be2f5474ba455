# CoNLL-2003: names in newswire. What is derived from a name, such as a nationality, is Miscellaneous.

class Person(Entity):
	"""
	Description: A human being or a fictional character called by name, without titles that stand before it
	"""
	identifier = "Q5"

class Location(Entity):
	"""
	Description: A place called by name: country, city, region, water, building; a town that stands for its team is an Organization
	"""
	identifier = "Q17334923"

class Organization(Entity):
	"""
	Description: A company, party, agency, team or other body called by name, also by its abbreviation
	"""
	identifier = "Q43229"

class Miscellaneous(Entity):
	"""
	Description: A name that is none of the others: events, works, nationalities, languages, and words derived from names
	"""
	pass
