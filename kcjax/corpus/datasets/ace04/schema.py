# ACE 2004: people, bodies, places and things, with their full extents, which nest.

class Person(Entity):
	"""
	Description: A human being or a group of people, by name, noun or pronoun
	"""
	identifier = "Q5"

class Organization(Entity):
	"""
	Description: A company, agency, team or other body with a structure, by name, noun or pronoun
	"""
	identifier = "Q43229"

class GeopoliticalEntity(Entity):
	"""
	Description: A country, city or other place with a people and a government, as place, people or government, by name, noun or pronoun
	"""
	pass

class Location(Entity):
	"""
	Description: A place without a government: region, water, mountain, border, by name, noun or pronoun
	"""
	identifier = "Q17334923"

class Facility(Entity):
	"""
	Description: A thing people built to stay: building, room, road, airport, by name, noun or pronoun
	"""
	identifier = "Q13226383"

class Vehicle(Entity):
	"""
	Description: A thing that carries people or goods: car, ship, aircraft, by name, noun or pronoun
	"""
	identifier = "Q42889"

class Weapon(Entity):
	"""
	Description: A thing to hurt or destroy with, by name, noun or pronoun
	"""
	identifier = "Q728"
