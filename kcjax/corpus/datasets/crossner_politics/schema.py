# CrossNER, politics. Labels do not overlap: a politician is a Politician and no Person.

class Politician(Entity):
	"""
	Description: A politician by profession, or a head of state, called by name; in place of Person
	"""
	identifier = "Q82955"

class PoliticalParty(Entity):
	"""
	Description: A political party or alliance of parties, by its name, short name or abbreviation
	"""
	identifier = "Q7278"

class Election(Entity):
	"""
	Description: An election, primary or referendum called by name, mostly with its year and place
	"""
	identifier = "Q40231"

class NamedEvent(Entity):
	"""
	Description: A war, revolt, summit, congress, movement or other happening called by name; elections are Election
	"""
	pass

class Person(Entity):
	"""
	Description: A person called by name who is not a politician; those are Politician
	"""
	identifier = "Q5"

class Organisation(Entity):
	"""
	Description: A company, agency, society, team or other body called by name, such as a parliament, ministry or union; parties are PoliticalParty
	"""
	identifier = "Q43229"

class Country(Entity):
	"""
	Description: A country called by name, also one of the past; no nationalities
	"""
	identifier = "Q6256"

class Location(Entity):
	"""
	Description: A place called by name that is no country: city, region, continent, building, water
	"""
	identifier = "Q17334923"

class Miscellaneous(Entity):
	"""
	Description: A name or term of note that fits none of the other classes, such as a nationality, language or single work
	"""
	pass
