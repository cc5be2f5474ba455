# FewRel's validation half: sixteen Wikidata relations between two given mentions, whose classes are not told.

class Crosses(Relation):
	"""
	Description: The head is a bridge, tunnel or ferry that leads over or under the tail: water, road, rail or valley
	"""
	identifier = "P177"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class OriginalLanguageOfFilmOrTVShow(Relation):
	"""
	Description: The head is a film or show, the tail the language it was first made in
	"""
	identifier = "P364"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class CompetitionClass(Relation):
	"""
	Description: The head is an athlete, team, vehicle or contest, the tail the official class by weight, age, sex or build in which it competes
	"""
	identifier = "P2094"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PartOf(Relation):
	"""
	Description: The head is one of the parts that make up the tail
	"""
	identifier = "P361"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Sport(Relation):
	"""
	Description: The head is a person, team, league, event or place, the tail the sport it has to do with
	"""
	identifier = "P641"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Constellation(Relation):
	"""
	Description: The head is a star, galaxy or other object of the sky, the tail the constellation it lies in
	"""
	identifier = "P59"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PositionPlayedOnTeamSpeciality(Relation):
	"""
	Description: The head is a player, the tail the position or special role in the team
	"""
	identifier = "P413"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class LocatedInOrNextToBodyOfWater(Relation):
	"""
	Description: The head is a place, the tail the sea, lake, river or canal in or beside which it lies
	"""
	identifier = "P206"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class VoiceType(Relation):
	"""
	Description: The head is a singer, the tail the kind of voice
	"""
	identifier = "P412"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Follows(Relation):
	"""
	Description: The head comes right after the tail in a series: book, song, season, event, year
	"""
	identifier = "P155"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Spouse(Relation):
	"""
	Description: The head is or was married to the tail, in either direction
	"""
	identifier = "P26"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class MilitaryRank(Relation):
	"""
	Description: The head is a person, the tail the rank held in armed forces
	"""
	identifier = "P410"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Mother(Relation):
	"""
	Description: The head is a person, the tail that person's mother
	"""
	identifier = "P25"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class MemberOf(Relation):
	"""
	Description: The head is a person or body, the tail the band, club, group or organization it belongs to
	"""
	identifier = "P463"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Child(Relation):
	"""
	Description: The head is a parent, the tail a son or daughter of the head
	"""
	identifier = "P40"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class MainSubject(Relation):
	"""
	Description: The head is a work, meeting or the like, the tail what it is about
	"""
	identifier = "P921"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)
