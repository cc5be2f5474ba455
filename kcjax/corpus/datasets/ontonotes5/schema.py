# OntoNotes 5: names in news, talk and web text, and also times, amounts and numbers.

class Person(Entity):
	"""
	Description: A human being or fictional character called by name
	"""
	identifier = "Q5"

class NationalityReligionParty(Entity):
	"""
	Description: A nationality, or a religious or political group, also as an adjective
	"""
	pass

class Facility(Entity):
	"""
	Description: A thing people built, called by name: building, airport, road, bridge
	"""
	identifier = "Q13226383"

class Organization(Entity):
	"""
	Description: A company, agency, institution, team or other body called by name
	"""
	identifier = "Q43229"

class GeopoliticalEntity(Entity):
	"""
	Description: A country, city, state or other place with a government, called by name
	"""
	pass

class Location(Entity):
	"""
	Description: A place called by name that has no government: mountain, water, region, continent
	"""
	identifier = "Q17334923"

class Product(Entity):
	"""
	Description: A thing made and called by name: vehicle, weapon, food, device; no services
	"""
	pass

class NamedEvent(Entity):
	"""
	Description: An event called by name: war, battle, storm, tournament
	"""
	identifier = "Q1656682"

class WorkOfArt(Entity):
	"""
	Description: A book, song, film, programme or other work called by its title
	"""
	identifier = "Q838948"

class Law(Entity):
	"""
	Description: A law, treaty or other legal document called by name
	"""
	pass

class Language(Entity):
	"""
	Description: A language called by name
	"""
	identifier = "Q34770"

class Date(Entity):
	"""
	Description: A date or a stretch of a day or longer, absolute or relative
	"""
	pass

class Time(Entity):
	"""
	Description: A time of day, or a stretch of time that is shorter than a day
	"""
	pass

class Percent(Entity):
	"""
	Description: A percentage, with the sign or the word
	"""
	identifier = "Q11229"

class Money(Entity):
	"""
	Description: An amount of money, with its unit
	"""
	identifier = "Q1368"

class Quantity(Entity):
	"""
	Description: A measured amount with its unit, such as of weight, distance or area
	"""
	pass

class Ordinal(Entity):
	"""
	Description: A number or word that says which one in a row it is
	"""
	pass

class Cardinal(Entity):
	"""
	Description: A number that is none of the other kinds of amounts
	"""
	pass
