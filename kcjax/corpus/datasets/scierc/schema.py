# SciERC: abstracts of papers on artificial intelligence.

class Task(Entity):
	"""
	Description: A problem to be solved or an application: what a method is for
	"""
	pass

class Method(Entity):
	"""
	Description: A method, model, system, algorithm or tool, by name or description
	"""
	pass

class Metric(Entity):
	"""
	Description: A measure or criterion by which systems are judged
	"""
	pass

class Material(Entity):
	"""
	Description: Data, a corpus, a resource, or what a system is fed with
	"""
	pass

class OtherScientificTerm(Entity):
	"""
	Description: A scientific term that is no task, method, metric, material or generic word
	"""
	pass

class GenericTerm(Entity):
	"""
	Description: A general word or pronoun that stands for a task, method or other thing named elsewhere
	"""
	pass

class UsedFor(Relation):
	"""
	Description: The head is used for the tail, models it, or is what the tail is based on or applied to in that direction
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class FeatureOf(Relation):
	"""
	Description: The head belongs to the tail or is a feature of it, also the domain or condition it holds in
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class HyponymOf(Relation):
	"""
	Description: The head is a kind of the tail, or an instance of it
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PartOf(Relation):
	"""
	Description: The head is a part of the tail, such as a component of a system
	"""
	identifier = "P361"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Compare(Relation):
	"""
	Description: Head and tail are compared with each other; the order says nothing
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Conjunction(Relation):
	"""
	Description: Head and tail play the same part, or are used together; the order says nothing
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class EvaluateFor(Relation):
	"""
	Description: The head is a metric, data or task by which the tail is evaluated
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)
