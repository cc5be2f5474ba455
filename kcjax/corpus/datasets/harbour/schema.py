# The schema of the harbour sample, as KnowCoder writes one. It is parsed, never imported or executed.
# ruff: noqa
# mypy: ignore-errors

class Person(Entity):
	"""
	Description: A human being called by name, without title or rank
	Examples: Tomás Belinho, Åsa Lindmark, Nadia Voss, Jory Penhale
	"""
	pass

class Ship(Entity):
	"""
	Description: A boat or ship called by name, without article or kind
	Examples: Petrel, Bright Margaret, Freya's Hope, Thorn Rose
	"""
	pass

class Organization(Entity):
	"""
	Description: A company, shipyard, bank, authority, society or union called by name
	Examples: Halvard Line, Skarrow Shipyard, Dockers' Union, Keel Street Bank
	"""
	pass

class Town(Entity):
	"""
	Description: A town, village or city called by name, also inside another name
	Examples: Kelmouth, Port Aldery, São Bruno, Skarrow
	"""
	pass

class Date(Entity):
	"""
	Description: A calendar day, weekday, month or year, without preposition
	Examples: Monday, 14 March 1988, 1974, June
	"""
	pass

class Cargo(Entity):
	"""
	Description: Goods carried or traded by ship, without amount or packing
	Examples: timber, salt, copper ore, dried peas
	"""
	pass

class PlaceOfBirth(Relation):
	"""
	Description: Town in which a person was born
	Examples: (Tomás Belinho, Lissa Point), (Nadia Voss, Kelmouth), (Åsa Lindmark, Brinsund)
	"""
	def __init__(self, head_entity: Person, tail_entity: Town):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class CrewMember(Relation):
	"""
	Description: Person who commands a ship or works on board
	Examples: (Gannet, Jory Penhale), (Ellida, Tomás Belinho), (Solveig, Maren Tulloch)
	"""
	def __init__(self, head_entity: Ship, tail_entity: Person):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Employer(Relation):
	"""
	Description: Organization that a person works for or leads
	Examples: (Femke Oosting, Dockers' Union), (Hanne Dyrberg, Keel Street Bank), (Anton Brekke, Skarrow Shipyard)
	"""
	def __init__(self, head_entity: Person, tail_entity: Organization):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Owner(Relation):
	"""
	Description: Person or organization that a ship belongs to
	Examples: (Thorn Rose, Judit Amsel), (Gannet, Brightwater Shipping), (Petrel, Halvard Line)
	"""
	def __init__(self, head_entity: Ship, tail_entity: Person | Organization):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class LocatedIn(Relation):
	"""
	Description: Town in which an organization has its seat or its yard
	Examples: (Halvard Line, Port Aldery), (Ostrander Drydock, Marrowby), (Harbour Mutual, Vennick)
	"""
	def __init__(self, head_entity: Organization, tail_entity: Town):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Voyage(Event):
	"""
	Description: A journey of a ship from one place to another
	"""
	def __init__(
		self,
		trigger: str, # Examples: sailed, crossing, voyage
		vessel: List[Ship],
		cargo: List[Cargo],
		origin: List[Town],
		destination: List[Town],
	):
		super().__init__(trigger = trigger)
		self.vessel = vessel
		self.cargo = cargo
		self.origin = origin
		self.destination = destination

class Repair(Event):
	"""
	Description: Work that makes a damaged or worn ship sound again
	"""
	def __init__(
		self,
		trigger: str, # Examples: repaired, overhaul, rebuilt
		vessel: List[Ship],
		worker: List[Person | Organization],
		date: List[Date],
	):
		super().__init__(trigger = trigger)
		self.vessel = vessel
		self.worker = worker
		self.date = date

class Appointment(Event):
	"""
	Description: A person is given a post in an organization or on a ship
	"""
	def __init__(
		self,
		trigger: str, # Examples: appointed, named, appointment
		appointee: List[Person],
		workplace: List[Organization | Ship],
		date: List[Date],
	):
		super().__init__(trigger = trigger)
		self.appointee = appointee
		self.workplace = workplace
		self.date = date

class Purchase(Event):
	"""
	Description: A ship or its cargo changes hands for money
	"""
	def __init__(
		self,
		trigger: str, # Examples: bought, sold, purchase
		buyer: List[Person | Organization],
		seller: List[Person | Organization],
		item: List[Ship | Cargo],
		date: List[Date],
	):
		super().__init__(trigger = trigger)
		self.buyer = buyer
		self.seller = seller
		self.item = item
		self.date = date

class Accident(Event):
	"""
	Description: A mishap that damages a ship or hurts people on board
	"""
	def __init__(
		self,
		trigger: str, # Examples: ran aground, collided, fire
		vessel: List[Ship],
		victim: List[Person],
		place: List[Town],
		date: List[Date],
	):
		super().__init__(trigger = trigger)
		self.vessel = vessel
		self.victim = victim
		self.place = place
		self.date = date
