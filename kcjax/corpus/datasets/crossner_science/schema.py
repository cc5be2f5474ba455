# CrossNER, natural science. Labels do not overlap: an enzyme is an Enzyme and no Protein.

class Scientist(Entity):
	"""
	Description: A person called by name who does science, in place of Person
	"""
	identifier = "Q901"

class Discipline(Entity):
	"""
	Description: A science or branch of knowledge, by its name
	"""
	pass

class Theory(Entity):
	"""
	Description: A theory, law, principle or model of science, by its name
	"""
	pass

class AstronomicalObject(Entity):
	"""
	Description: A star, planet, moon, asteroid, galaxy or other body in space, called by name
	"""
	identifier = "Q6999"

class ChemicalElement(Entity):
	"""
	Description: A chemical element, by name or symbol
	"""
	identifier = "Q11344"

class ChemicalCompound(Entity):
	"""
	Description: A substance of several elements, by its name, class or formula; no elements, no proteins
	"""
	identifier = "Q11173"

class Protein(Entity):
	"""
	Description: A protein or family of proteins that is no enzyme, by its name
	"""
	identifier = "Q8054"

class Enzyme(Entity):
	"""
	Description: A protein that speeds up reactions, by its name, in place of Protein
	"""
	identifier = "Q8047"

class AcademicJournal(Entity):
	"""
	Description: A journal of science called by its title
	"""
	identifier = "Q737498"

class Award(Entity):
	"""
	Description: A prize, medal, honour or title given for merit, called by name, also with its category
	"""
	identifier = "Q618779"

class University(Entity):
	"""
	Description: A university or college called by name, also by its town alone; in place of Organisation
	"""
	identifier = "Q3918"

class NamedEvent(Entity):
	"""
	Description: A congress, mission, contest, festival, war or other happening called by name; prizes are Award
	"""
	pass

class Person(Entity):
	"""
	Description: A person called by name who is not a scientist; those are Scientist
	"""
	identifier = "Q5"

class Organisation(Entity):
	"""
	Description: A company, agency, society, team or other body called by name, such as an academy, laboratory or agency; no universities
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
