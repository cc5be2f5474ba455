# LitBank: fiction in English. Mentions may be names or nouns with what describes them, and may be nested.

class Person(Entity):
	"""
	Description: A person or people of the story, by name, title or description, also animals and beings that act as persons
	"""
	identifier = "Q5"

class Facility(Entity):
	"""
	Description: A place that people built: house, room, road, garden, also as here or home
	"""
	identifier = "Q13226383"

class Location(Entity):
	"""
	Description: A natural or unbounded place: sea, river, forest, the world, a region that no government defines
	"""
	pass

class GeopoliticalEntity(Entity):
	"""
	Description: A place with a government: country, city, town or village, by name or description
	"""
	pass

class Organization(Entity):
	"""
	Description: A lasting body of people with a form: army, church, company, school
	"""
	identifier = "Q43229"

class Vehicle(Entity):
	"""
	Description: A thing made to carry people or goods: ship, carriage, train
	"""
	identifier = "Q42889"

class RealisedEvent(Event):
	"""
	Description: Something told as having really happened in the story, by the one word that says it; nothing planned, feared, general, supposed or denied
	"""
	def __init__(
		self,
		trigger: str,
	):
		super().__init__(trigger = trigger)
