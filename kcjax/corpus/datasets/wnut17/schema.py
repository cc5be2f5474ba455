# WNUT17 (emerging entities in user-generated text) as classes; labels.json says which label becomes which class.

class Person(Entity):
	"""
	Description: A human being or a fictional character called by name, also by first name or nickname alone
	Examples: Justin Bieber, Lindsay Lohan, Obama, Pope
	"""
	pass

class Location(Entity):
	"""
	Description: A place called by name: country, city, street, building, park, region
	Examples: Chicago, NYC, UK, Empire State Building
	"""
	pass

class Corporation(Entity):
	"""
	Description: A company called by name, when it acts as a company
	Examples: Twitter, Facebook, YouTube, Pepsi
	"""
	pass

class Group(Entity):
	"""
	Description: A band, sports team, institution or other group of people called by name
	Examples: Eagles, FDA, Cowboys, Ohio State
	"""
	pass

class Product(Entity):
	"""
	Description: A thing that can be bought, called by its brand or model
	Examples: iPad, iPhone, Xbox 360, Coke
	"""
	pass

class CreativeWork(Entity):
	"""
	Description: A film, song, book, show, game or other work called by its title
	Examples: The Town, True Blood, Friday Night Lights, iCarly
	"""
	pass
