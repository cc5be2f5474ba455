# CoNLL04, of Roth and Yih: names of the news, and five relations between them.

class Person(Entity):
	"""
	Description: A person or persons called by name
	"""
	identifier = "Q5"

class Organization(Entity):
	"""
	Description: A company, agency, party, team or other body called by name
	"""
	identifier = "Q43229"

class Location(Entity):
	"""
	Description: A place called by name: country, state, city, region, water, building
	"""
	identifier = "Q17334923"

class Miscellaneous(Entity):
	"""
	Description: Another name or expression that is no person, place or organization: date, number, nationality, product, event
	"""
	pass

class LocatedIn(Relation):
	"""
	Description: The head is a place within the tail, which is a larger place
	"""
	identifier = "P131"
	def __init__(self, head_entity: Location, tail_entity: Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class WorkFor(Relation):
	"""
	Description: The head is a person who works or worked for the tail
	"""
	identifier = "P108"
	def __init__(self, head_entity: Person, tail_entity: Organization):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class OrganizationBasedIn(Relation):
	"""
	Description: The head is an organization that has its seat or an office in the tail
	"""
	def __init__(self, head_entity: Organization, tail_entity: Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class LiveIn(Relation):
	"""
	Description: The head is a person who lives, lived or was born in the tail, or comes from there
	"""
	def __init__(self, head_entity: Person, tail_entity: Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Kill(Relation):
	"""
	Description: The head is a person who killed, or was to kill, the tail
	"""
	def __init__(self, head_entity: Person, tail_entity: Person):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)
