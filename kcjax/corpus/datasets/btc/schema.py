# Broad Twitter Corpus: names in tweets.

class Person(Entity):
	"""
	Description: A person called by name, nickname or user name, also made-up characters; no pronouns and no titles alone
	"""
	identifier = "Q5"

class Location(Entity):
	"""
	Description: A place called by name: country, region, city, street, building, mountain or water
	"""
	identifier = "Q17334923"

class Organization(Entity):
	"""
	Description: A company, team, band, party, school, agency or other body called by name or by its account
	"""
	identifier = "Q43229"
