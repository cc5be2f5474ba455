# MIT Movie: what people ask about films, in lower case and without punctuation.

class Actor(Entity):
	"""
	Description: A person who plays in a film, by name
	"""
	identifier = "Q33999"

class Character(Entity):
	"""
	Description: A figure in a film, by name or by what it is
	"""
	pass

class Director(Entity):
	"""
	Description: A person who directs a film, by name
	"""
	identifier = "Q2526255"

class Genre(Entity):
	"""
	Description: The kind of film, such as its genre or style
	"""
	identifier = "Q201658"

class Plot(Entity):
	"""
	Description: What happens in a film, or what it is about: a topic, theme or event of the story
	"""
	pass

class AgeRating(Entity):
	"""
	Description: The rating that says for which ages a film is; how good people find it is AverageRating or Review
	"""
	pass

class AverageRating(Entity):
	"""
	Description: How good a film is by its ratings, as a number of stars, a score or a word for it
	"""
	pass

class Review(Entity):
	"""
	Description: What people or critics say of a film, or a request for such opinions
	"""
	pass

class Song(Entity):
	"""
	Description: A song or piece of music in a film, by its title or by who sings it
	"""
	identifier = "Q7366"

class Title(Entity):
	"""
	Description: The title of a film or series, or part of it
	"""
	pass

class Trailer(Entity):
	"""
	Description: A word by which a trailer, clip or scene of a film is asked for
	"""
	identifier = "Q622550"

class Year(Entity):
	"""
	Description: When a film was released: a year, decade or other span of time
	"""
	pass
