# CrossNER, artificial intelligence. Labels do not overlap: a researcher is a Researcher and no Person.

class Field(Entity):
	"""
	Description: A field of research, or a branch of one, by its name; what a system is to do is a Task
	"""
	pass

class Task(Entity):
	"""
	Description: A problem that systems are to solve, by its name, such as recognising, classifying or translating something
	"""
	pass

class Algorithm(Entity):
	"""
	Description: A method, model or network kind, by its name or abbreviation; a made thing with a name is a Product
	"""
	identifier = "Q8366"

class Product(Entity):
	"""
	Description: A system, robot, software, data set or other thing made, called by name; programming languages are ProgrammingLanguage
	"""
	pass

class ProgrammingLanguage(Entity):
	"""
	Description: A programming language, also a computing environment known by its language
	"""
	pass

class Metric(Entity):
	"""
	Description: A measure by which results are judged or a model is fitted: score, error, rate, loss or likelihood
	"""
	pass

class Researcher(Entity):
	"""
	Description: A person called by name who works in research, in place of Person
	"""
	identifier = "Q1650915"

class Person(Entity):
	"""
	Description: A person called by name who is not a researcher; those are Researcher
	"""
	identifier = "Q5"

class Conference(Entity):
	"""
	Description: A conference, workshop or journal series where research is told, by its name or abbreviation
	"""
	pass

class University(Entity):
	"""
	Description: A university or college called by name, also by its town alone; in place of Organisation
	"""
	identifier = "Q3918"

class Organisation(Entity):
	"""
	Description: A company, agency, society, team or other body called by name, but no university and no conference
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
