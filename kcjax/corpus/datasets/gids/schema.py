# GIDS, found by distant supervision: relations of a person to the other of two marked mentions. Passages without relation are its `NA`.

class EducationInstitution(Relation):
	"""
	Description: The head is a person, the tail the school or university where the person was taught
	"""
	identifier = "P69"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class EducationDegree(Relation):
	"""
	Description: The head is a person, the tail the academic degree the person has got
	"""
	identifier = "P512"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PlaceOfBirth(Relation):
	"""
	Description: The head is a person, the tail the place where the person was born
	"""
	identifier = "P19"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PlaceOfDeath(Relation):
	"""
	Description: The head is a person, the tail the place where the person died
	"""
	identifier = "P20"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)
