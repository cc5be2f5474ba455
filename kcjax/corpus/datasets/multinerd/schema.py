# MultiNERD, English: names and terms in Wikipedia and Wikinews, annotated by machine, the test set by people.

class Person(Entity):
	"""
	Description: A human being called by name; figures of myths are MythologicalEntity
	"""
	identifier = "Q5"

class Location(Entity):
	"""
	Description: A place called by name, on earth: country, city, building, water, mountain
	"""
	identifier = "Q17334923"

class Organization(Entity):
	"""
	Description: A company, party, club, school, band or other body called by name
	"""
	identifier = "Q43229"

class Animal(Entity):
	"""
	Description: An animal, or a species, breed or group of animals
	"""
	identifier = "Q729"

class BiologicalEntity(Entity):
	"""
	Description: A living thing that is neither animal nor plant, or a part of the living: fungus, bacterium, virus, protein
	"""
	pass

class CelestialBody(Entity):
	"""
	Description: A star, planet, moon, comet, galaxy or other body of the sky called by name
	"""
	identifier = "Q6999"

class Disease(Entity):
	"""
	Description: A disease, disorder or symptom
	"""
	identifier = "Q12136"

class NamedEvent(Entity):
	"""
	Description: An event called by name: war, battle, election, tournament, disaster
	"""
	identifier = "Q1656682"

class Food(Entity):
	"""
	Description: A food, dish or drink
	"""
	identifier = "Q2095"

class Instrument(Entity):
	"""
	Description: A tool or technical device, also a musical instrument or weapon
	"""
	pass

class Media(Entity):
	"""
	Description: A work or medium called by its title: film, book, song, album, game, newspaper, programme, also software
	"""
	pass

class MythologicalEntity(Entity):
	"""
	Description: A god, hero, monster or other figure of myth or religion
	"""
	pass

class Plant(Entity):
	"""
	Description: A plant, or a species or group of plants
	"""
	identifier = "Q756"

class Time(Entity):
	"""
	Description: A stretch of time with a name: period, age, month, day of the week, feast
	"""
	pass

class Vehicle(Entity):
	"""
	Description: A car, ship, aircraft, train or spacecraft, by model or own name
	"""
	identifier = "Q42889"
