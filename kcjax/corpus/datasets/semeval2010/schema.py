# SemEval-2010 task 8: relations between two marked nouns, whose classes are not told. Sentences without relation are its `Other`.

class CauseEffect(Relation):
	"""
	Description: The head is the cause, the tail what it brings about
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class ComponentWhole(Relation):
	"""
	Description: The head is a part with a function or place in the tail, which is the whole
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class ContentContainer(Relation):
	"""
	Description: The head is kept in the tail, which is a container or a closed room
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class EntityDestination(Relation):
	"""
	Description: The head moves, or is moved, to the tail
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class EntityOrigin(Relation):
	"""
	Description: The head comes from, or is made out of, the tail
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class InstrumentAgency(Relation):
	"""
	Description: The head is the tool or means that the tail, a person or body, uses
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class MemberCollection(Relation):
	"""
	Description: The head is one of the like things or persons that make up the tail
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class MessageTopic(Relation):
	"""
	Description: The head is a text, talk or other message, the tail what it is about
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class ProductProducer(Relation):
	"""
	Description: The head is a thing, the tail the one that makes or brings it forth
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)
