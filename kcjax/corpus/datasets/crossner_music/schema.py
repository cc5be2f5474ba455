# CrossNER, music. Labels do not overlap: a musical artist is a MusicalArtist and no Person.

class MusicalArtist(Entity):
	"""
	Description: A person who makes music, called by name: singer, player, composer, rapper, producer; in place of Person
	"""
	pass

class Band(Entity):
	"""
	Description: A band, choir, orchestra or other group that makes music together, called by name
	"""
	identifier = "Q215380"

class Album(Entity):
	"""
	Description: An album, extended play or soundtrack called by its title
	"""
	identifier = "Q482994"

class Song(Entity):
	"""
	Description: A song, single or other piece of music called by its title
	"""
	identifier = "Q7366"

class MusicGenre(Entity):
	"""
	Description: A style or kind of music, by its name
	"""
	identifier = "Q188451"

class MusicalInstrument(Entity):
	"""
	Description: An instrument, by the name of its kind
	"""
	identifier = "Q34379"

class Award(Entity):
	"""
	Description: A prize, medal, honour or title given for merit, called by name, also with its category
	"""
	identifier = "Q618779"

class NamedEvent(Entity):
	"""
	Description: A festival, contest, war, tour or other happening called by name; prizes are Award
	"""
	pass

class Person(Entity):
	"""
	Description: A person called by name who is not a musical artist; those are MusicalArtist
	"""
	identifier = "Q5"

class Organisation(Entity):
	"""
	Description: A company, agency, society, team or other body called by name, such as a label, broadcaster or opera house; no bands
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
