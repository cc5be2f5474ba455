# CrossNER, literature. Labels do not overlap: a writer is a Writer and no Person.

class Writer(Entity):
	"""
	Description: A person called by name who writes, be it novels, poems, plays, scripts or essays, in place of Person
	"""
	identifier = "Q36180"

class Book(Entity):
	"""
	Description: A book, novel, play or series called by its title; poems are Poem
	"""
	identifier = "Q571"

class Poem(Entity):
	"""
	Description: A poem, epic or collection of poems called by its title
	"""
	identifier = "Q5185279"

class LiteraryGenre(Entity):
	"""
	Description: A kind of literature or a literary movement, also general words such as novel
	"""
	identifier = "Q223393"

class Magazine(Entity):
	"""
	Description: A magazine, literary review or journal called by its title
	"""
	identifier = "Q41298"

class Award(Entity):
	"""
	Description: A prize, medal, honour or title given for merit, called by name, also with its category
	"""
	identifier = "Q618779"

class NamedEvent(Entity):
	"""
	Description: A war, festival, contest, movement or other happening called by name; prizes are Award
	"""
	pass

class Person(Entity):
	"""
	Description: A person called by name who is not a writer; those are Writer
	"""
	identifier = "Q5"

class Organisation(Entity):
	"""
	Description: A company, agency, society, team or other body called by name, also publishers and newspapers; no magazines
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
