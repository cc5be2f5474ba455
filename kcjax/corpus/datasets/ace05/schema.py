# ACE 2005: entities with their full extents, six kinds of relations and 33 of events. An event's roles are held by entities; times and values are left out.

class Person(Entity):
	"""
	Description: A human being or a group of people, by name, noun or pronoun
	"""
	identifier = "Q5"

class Organization(Entity):
	"""
	Description: A company, agency, team or other body with a structure, by name, noun or pronoun
	"""
	identifier = "Q43229"

class GeopoliticalEntity(Entity):
	"""
	Description: A country, city or other place with a people and a government, as place, people or government, by name, noun or pronoun
	"""
	pass

class Location(Entity):
	"""
	Description: A place without a government: region, water, mountain, border, by name, noun or pronoun
	"""
	identifier = "Q17334923"

class Facility(Entity):
	"""
	Description: A thing people built to stay: building, room, road, airport, by name, noun or pronoun
	"""
	identifier = "Q13226383"

class Vehicle(Entity):
	"""
	Description: A thing that carries people or goods: car, ship, aircraft, by name, noun or pronoun
	"""
	identifier = "Q42889"

class Weapon(Entity):
	"""
	Description: A thing to hurt or destroy with, by name, noun or pronoun
	"""
	identifier = "Q728"

class AgentArtifact(Relation):
	"""
	Description: The head uses, owns, makes or invents the tail, which is a thing people made
	"""
	def __init__(self, head_entity: Person | Organization | GeopoliticalEntity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class GeneralAffiliation(Relation):
	"""
	Description: The head belongs to the tail by citizenship, residence, religion or people, or is a body seated at the tail, a place
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class OrganizationAffiliation(Relation):
	"""
	Description: The head works for, owns, founded, studies or plays at, invests in or is a member of the tail, a body
	"""
	def __init__(self, head_entity: Person | Organization | GeopoliticalEntity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PartWhole(Relation):
	"""
	Description: The head is a part of the tail: a place within a place, a body within a body, a piece of a thing
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PersonalSocial(Relation):
	"""
	Description: Head and tail are people with ties to each other, of family, business or friendship
	"""
	def __init__(self, head_entity: Person, tail_entity: Person):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Physical(Relation):
	"""
	Description: The head is located at or near the tail, a place
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class BeBorn(Life):
	"""
	Description: A person is born
	"""
	identifier = "Q14819852"
	def __init__(
		self,
		trigger: str,
		person: List[Person],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.person = person
		self.place = place

class Marry(Life):
	"""
	Description: Two people marry or become a couple by law
	"""
	identifier = "Q8445"
	def __init__(
		self,
		trigger: str,
		person: List[Person],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.person = person
		self.place = place

class Divorce(Life):
	"""
	Description: Two people end their marriage
	"""
	identifier = "Q93190"
	def __init__(
		self,
		trigger: str,
		person: List[Person],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.person = person
		self.place = place

class Injure(Life):
	"""
	Description: A person is hurt in body, by accident or by somebody; if the person dies it is Die
	"""
	def __init__(
		self,
		trigger: str,
		agent: List[Person | Organization | GeopoliticalEntity],
		victim: List[Person],
		instrument: List[Weapon | Vehicle],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.agent = agent
		self.victim = victim
		self.instrument = instrument
		self.place = place

class Die(Life):
	"""
	Description: A person's life ends, also by killing; an execution by the state is Execute
	"""
	identifier = "Q4"
	def __init__(
		self,
		trigger: str,
		agent: List[Person | Organization | GeopoliticalEntity],
		victim: List[Person],
		person: List[Person],
		instrument: List[Weapon | Vehicle],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.agent = agent
		self.victim = victim
		self.person = person
		self.instrument = instrument
		self.place = place

class Transport(Movement):
	"""
	Description: People or things go or are brought from one place to another
	"""
	def __init__(
		self,
		trigger: str,
		agent: List[Person | Organization | GeopoliticalEntity],
		artifact: List[Entity],
		vehicle: List[Vehicle],
		victim: List[Person],
		origin: List[GeopoliticalEntity | Location | Facility],
		destination: List[GeopoliticalEntity | Location | Facility],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.agent = agent
		self.artifact = artifact
		self.vehicle = vehicle
		self.victim = victim
		self.origin = origin
		self.destination = destination
		self.place = place

class TransferOwnership(Transaction):
	"""
	Description: Things or bodies are bought, sold, lent or given; where it is only money see TransferMoney
	"""
	def __init__(
		self,
		trigger: str,
		buyer: List[Person | Organization | GeopoliticalEntity],
		seller: List[Person | Organization | GeopoliticalEntity],
		beneficiary: List[Person | Organization | GeopoliticalEntity],
		artifact: List[Entity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.buyer = buyer
		self.seller = seller
		self.beneficiary = beneficiary
		self.artifact = artifact
		self.place = place

class TransferMoney(Transaction):
	"""
	Description: Money is given, paid, lent or got, and not to buy something
	"""
	def __init__(
		self,
		trigger: str,
		giver: List[Person | Organization | GeopoliticalEntity],
		recipient: List[Person | Organization | GeopoliticalEntity],
		beneficiary: List[Person | Organization | GeopoliticalEntity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.giver = giver
		self.recipient = recipient
		self.beneficiary = beneficiary
		self.place = place

class StartOrganization(Business):
	"""
	Description: A company, agency or other body is founded or opened
	"""
	def __init__(
		self,
		trigger: str,
		agent: List[Person | Organization | GeopoliticalEntity],
		org: List[Organization | GeopoliticalEntity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.agent = agent
		self.org = org
		self.place = place

class MergeOrganization(Business):
	"""
	Description: Two or more bodies become one
	"""
	def __init__(
		self,
		trigger: str,
		org: List[Organization | GeopoliticalEntity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.org = org
		self.place = place

class DeclareBankruptcy(Business):
	"""
	Description: A body asks for protection from those it owes money, or goes bankrupt
	"""
	def __init__(
		self,
		trigger: str,
		org: List[Organization | GeopoliticalEntity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.org = org
		self.place = place

class EndOrganization(Business):
	"""
	Description: A company, agency or other body ceases to exist or closes
	"""
	def __init__(
		self,
		trigger: str,
		org: List[Organization | GeopoliticalEntity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.org = org
		self.place = place

class Attack(Conflict):
	"""
	Description: Somebody does violence to people or things, from a blow to a war
	"""
	def __init__(
		self,
		trigger: str,
		attacker: List[Person | Organization | GeopoliticalEntity],
		agent: List[Person | Organization | GeopoliticalEntity],
		target: List[Entity],
		victim: List[Person],
		instrument: List[Weapon | Vehicle],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.attacker = attacker
		self.agent = agent
		self.target = target
		self.victim = victim
		self.instrument = instrument
		self.place = place

class Demonstrate(Conflict):
	"""
	Description: People gather to protest or to demand something, also riots and strikes
	"""
	identifier = "Q175331"
	def __init__(
		self,
		trigger: str,
		entity: List[Person | Organization | GeopoliticalEntity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.entity = entity
		self.place = place

class Meet(Contact):
	"""
	Description: Two or more people or bodies come together and talk face to face
	"""
	def __init__(
		self,
		trigger: str,
		entity: List[Person | Organization | GeopoliticalEntity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.entity = entity
		self.place = place

class PhoneWrite(Contact):
	"""
	Description: Two or more people talk or write to each other without being in one place
	"""
	def __init__(
		self,
		trigger: str,
		entity: List[Person | Organization | GeopoliticalEntity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.entity = entity
		self.place = place

class StartPosition(Personnel):
	"""
	Description: A person takes up a job or office, or is hired; elections are Elect
	"""
	def __init__(
		self,
		trigger: str,
		person: List[Person],
		entity: List[Person | Organization | GeopoliticalEntity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.person = person
		self.entity = entity
		self.place = place

class EndPosition(Personnel):
	"""
	Description: A person leaves a job or office, or is dismissed
	"""
	def __init__(
		self,
		trigger: str,
		person: List[Person],
		entity: List[Person | Organization | GeopoliticalEntity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.person = person
		self.entity = entity
		self.place = place

class Nominate(Personnel):
	"""
	Description: A person is proposed for an office by somebody who may do so
	"""
	def __init__(
		self,
		trigger: str,
		person: List[Person],
		agent: List[Person | Organization | GeopoliticalEntity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.person = person
		self.agent = agent
		self.place = place

class Elect(Personnel):
	"""
	Description: A person is voted into an office, or people vote
	"""
	identifier = "Q40231"
	def __init__(
		self,
		trigger: str,
		person: List[Person],
		entity: List[Person | Organization | GeopoliticalEntity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.person = person
		self.entity = entity
		self.place = place

class ArrestJail(Justice):
	"""
	Description: A person is arrested, or put or kept in jail
	"""
	def __init__(
		self,
		trigger: str,
		person: List[Person],
		agent: List[Person | Organization | GeopoliticalEntity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.person = person
		self.agent = agent
		self.place = place

class ReleaseParole(Justice):
	"""
	Description: A person is let out of custody or jail
	"""
	def __init__(
		self,
		trigger: str,
		person: List[Person],
		entity: List[Person | Organization | GeopoliticalEntity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.person = person
		self.entity = entity
		self.place = place

class TrialHearing(Justice):
	"""
	Description: A court is held to find out about guilt or another matter
	"""
	def __init__(
		self,
		trigger: str,
		defendant: List[Person | Organization | GeopoliticalEntity],
		prosecutor: List[Person | Organization | GeopoliticalEntity],
		adjudicator: List[Person | Organization | GeopoliticalEntity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.defendant = defendant
		self.prosecutor = prosecutor
		self.adjudicator = adjudicator
		self.place = place

class ChargeIndict(Justice):
	"""
	Description: A person or body is accused of a crime by the state
	"""
	def __init__(
		self,
		trigger: str,
		defendant: List[Person | Organization | GeopoliticalEntity],
		prosecutor: List[Person | Organization | GeopoliticalEntity],
		adjudicator: List[Person | Organization | GeopoliticalEntity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.defendant = defendant
		self.prosecutor = prosecutor
		self.adjudicator = adjudicator
		self.place = place

class Sue(Justice):
	"""
	Description: A person or body is taken to court over a liability by another
	"""
	def __init__(
		self,
		trigger: str,
		plaintiff: List[Person | Organization | GeopoliticalEntity],
		defendant: List[Person | Organization | GeopoliticalEntity],
		adjudicator: List[Person | Organization | GeopoliticalEntity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.plaintiff = plaintiff
		self.defendant = defendant
		self.adjudicator = adjudicator
		self.place = place

class Convict(Justice):
	"""
	Description: A court finds a person or body guilty
	"""
	def __init__(
		self,
		trigger: str,
		defendant: List[Person | Organization | GeopoliticalEntity],
		adjudicator: List[Person | Organization | GeopoliticalEntity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.defendant = defendant
		self.adjudicator = adjudicator
		self.place = place

class Sentence(Justice):
	"""
	Description: A court says what punishment, mostly prison, is due; money to pay is Fine
	"""
	def __init__(
		self,
		trigger: str,
		defendant: List[Person | Organization | GeopoliticalEntity],
		adjudicator: List[Person | Organization | GeopoliticalEntity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.defendant = defendant
		self.adjudicator = adjudicator
		self.place = place

class Fine(Justice):
	"""
	Description: A person or body is ordered to pay money as a punishment
	"""
	def __init__(
		self,
		trigger: str,
		entity: List[Person | Organization | GeopoliticalEntity],
		adjudicator: List[Person | Organization | GeopoliticalEntity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.entity = entity
		self.adjudicator = adjudicator
		self.place = place

class Execute(Justice):
	"""
	Description: The state takes a person's life as a punishment
	"""
	def __init__(
		self,
		trigger: str,
		person: List[Person],
		agent: List[Person | Organization | GeopoliticalEntity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.person = person
		self.agent = agent
		self.place = place

class Extradite(Justice):
	"""
	Description: A person is handed over by one state to another for trial or punishment
	"""
	def __init__(
		self,
		trigger: str,
		agent: List[Person | Organization | GeopoliticalEntity],
		person: List[Person],
		origin: List[GeopoliticalEntity | Location | Facility],
		destination: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.agent = agent
		self.person = person
		self.origin = origin
		self.destination = destination

class Acquit(Justice):
	"""
	Description: A court finds a person or body not guilty
	"""
	def __init__(
		self,
		trigger: str,
		defendant: List[Person | Organization | GeopoliticalEntity],
		adjudicator: List[Person | Organization | GeopoliticalEntity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.defendant = defendant
		self.adjudicator = adjudicator
		self.place = place

class Appeal(Justice):
	"""
	Description: The decision of a court is taken to a higher one
	"""
	def __init__(
		self,
		trigger: str,
		plaintiff: List[Person | Organization | GeopoliticalEntity],
		defendant: List[Person | Organization | GeopoliticalEntity],
		prosecutor: List[Person | Organization | GeopoliticalEntity],
		adjudicator: List[Person | Organization | GeopoliticalEntity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.plaintiff = plaintiff
		self.defendant = defendant
		self.prosecutor = prosecutor
		self.adjudicator = adjudicator
		self.place = place

class Pardon(Justice):
	"""
	Description: Head of state or another authority lifts a punishment
	"""
	def __init__(
		self,
		trigger: str,
		defendant: List[Person | Organization | GeopoliticalEntity],
		adjudicator: List[Person | Organization | GeopoliticalEntity],
		place: List[GeopoliticalEntity | Location | Facility],
	):
		super().__init__(trigger = trigger)
		self.defendant = defendant
		self.adjudicator = adjudicator
		self.place = place
