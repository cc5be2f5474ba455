# WNUT17 (emerging entities in user-generated text) as classes; labels.json says which label becomes which class.

class Person(Entity):
	"""
	Description: A human being or a fictional character called by name, also by first name or nickname alone
	"""
	identifier = "Q5"

class Location(Entity):
	"""
	Description: A place called by name: country, city, street, building, park, region
	"""
	identifier = "Q17334923"

class Corporation(Entity):
	"""
	Description: A company called by name, when it acts as a company
	"""
	pass

class Group(Entity):
	"""
	Description: A band, sports team, institution or other group of people called by name
	"""
	pass

class Product(Entity):
	"""
	Description: A thing that can be bought, called by its brand or model
	"""
	pass

class CreativeWork(Entity):
	"""
	Description: A film, song, book, show, game or other work called by its title
	"""
	identifier = "Q17537576"
