# WikiANN, English: names in Wikipedia, annotated by its links.

class Person(Entity):
	"""
	Description: A human being or fictional character called by name
	"""
	identifier = "Q5"

class Location(Entity):
	"""
	Description: A place called by name: country, city, region, building, water
	"""
	identifier = "Q17334923"

class Organization(Entity):
	"""
	Description: A company, club, school, party, band or other body called by name
	"""
	identifier = "Q43229"
