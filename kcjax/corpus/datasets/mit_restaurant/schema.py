# MIT Restaurant: what people ask about places to eat, in lower case and without punctuation.

class Amenity(Entity):
	"""
	Description: What a restaurant offers besides food: seats outside, parking, music, payment, atmosphere, or whom it suits
	"""
	pass

class Cuisine(Entity):
	"""
	Description: The kind of cooking, by country, style or kind of food; a single dish is a Dish
	"""
	pass

class Dish(Entity):
	"""
	Description: A dish, drink or ingredient that is to be had
	"""
	identifier = "Q746549"

class Hours(Entity):
	"""
	Description: When a restaurant is open or is to be visited: time, day or meal
	"""
	pass

class Location(Entity):
	"""
	Description: Where a restaurant is: city, street or landmark, also words for nearness or distance
	"""
	identifier = "Q17334923"

class Price(Entity):
	"""
	Description: How much it costs, as an amount or as a word for cheap or dear
	"""
	pass

class Rating(Entity):
	"""
	Description: How good a restaurant is by stars, reviews or words of praise or blame
	"""
	pass

class RestaurantName(Entity):
	"""
	Description: A restaurant, bar or chain called by name
	"""
	pass
