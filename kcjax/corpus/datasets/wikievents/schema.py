# WikiEvents: news on attacks, disasters and diseases, with types of the KAIROS ontology.

class Person(Entity):
	"""
	Description: A person or group of persons
	"""
	identifier = "Q5"

class Organization(Entity):
	"""
	Description: A company, agency, party, army or other body of people with an order of its own
	"""
	identifier = "Q43229"

class GeopoliticalEntity(Entity):
	"""
	Description: A place that has a government and people: country, state, city, village
	"""
	pass

class Location(Entity):
	"""
	Description: A place without a government: region, sea, mountain, street area
	"""
	pass

class Facility(Entity):
	"""
	Description: A place that people built: building, road, bridge, airport, camp
	"""
	pass

class Vehicle(Entity):
	"""
	Description: A thing that moves people or goods: car, ship, aircraft, train
	"""
	identifier = "Q42889"

class Weapon(Entity):
	"""
	Description: A thing made or used to hurt or destroy: gun, bomb, knife, explosive
	"""
	identifier = "Q728"

class Commodity(Entity):
	"""
	Description: A thing that is made, used or sold and is no vehicle, weapon or building
	"""
	pass

class AbstractArtifact(Entity):
	"""
	Description: A thing made by people that cannot be touched, such as software or a contract, but no law
	"""
	pass

class Animal(Entity):
	"""
	Description: An animal or group of animals, but no human being
	"""
	identifier = "Q729"

class Ballot(Entity):
	"""
	Description: A ballot of an election, or the questions and candidates on it
	"""
	pass

class BodyPart(Entity):
	"""
	Description: A part of the living body of a human being or animal
	"""
	pass

class Information(Entity):
	"""
	Description: A topic, field of study, thought or opinion that is told or taught
	"""
	pass

class Law(Entity):
	"""
	Description: A law, act, regulation or referendum
	"""
	pass

class MedicalHealthIssue(Entity):
	"""
	Description: A disease, wound, symptom or other trouble of health
	"""
	pass

class Money(Entity):
	"""
	Description: A sum of money or a payment
	"""
	pass

class NaturalResource(Entity):
	"""
	Description: A material of nature that has a use: water, minerals, wood, fertile soil
	"""
	pass

class Plant(Entity):
	"""
	Description: A plant, crop or mushroom
	"""
	pass

class Pathogen(Entity):
	"""
	Description: A virus, bacterium or other agent that brings a disease
	"""
	pass

class VotingResult(Entity):
	"""
	Description: The outcome of a vote or election
	"""
	pass

class CourtSentence(Entity):
	"""
	Description: The punishment that a court gives
	"""
	pass

class Side(Entity):
	"""
	Description: A side of a conflict, or a religious, political or ethnic following
	"""
	pass

class Title(Entity):
	"""
	Description: An office or occupation of a person
	"""
	pass

class Value(Entity):
	"""
	Description: A number or another value, such as a colour, make or address of a web page
	"""
	pass

class Damage(Event):
	"""
	Description: A thing is damaged, but not wholly destroyed
	"""
	def __init__(
		self,
		trigger: str,
		damager: List[Entity],
		artifact: List[Entity],
		instrument: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.damager = damager
		self.artifact = artifact
		self.instrument = instrument
		self.place = place

class Destroy(Event):
	"""
	Description: A thing is wholly destroyed
	"""
	def __init__(
		self,
		trigger: str,
		destroyer: List[Entity],
		artifact: List[Entity],
		instrument: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.destroyer = destroyer
		self.artifact = artifact
		self.instrument = instrument
		self.place = place

class DisableOrDefuse(Event):
	"""
	Description: A thing, such as a bomb or network, is made unable to work
	"""
	def __init__(
		self,
		trigger: str,
		disabler: List[Entity],
		artifact: List[Entity],
		instrument: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.disabler = disabler
		self.artifact = artifact
		self.instrument = instrument
		self.place = place

class Dismantle(Event):
	"""
	Description: A thing is taken apart
	"""
	def __init__(
		self,
		trigger: str,
		dismantler: List[Entity],
		artifact: List[Entity],
		instrument: List[Entity],
		components: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.dismantler = dismantler
		self.artifact = artifact
		self.instrument = instrument
		self.components = components
		self.place = place

class DamageDestroyDisableDismantle(Event):
	"""
	Description: A thing is damaged or destroyed, where it is not told which
	"""
	def __init__(
		self,
		trigger: str,
		damager_destroyer: List[Entity],
		artifact: List[Entity],
		instrument: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.damager_destroyer = damager_destroyer
		self.artifact = artifact
		self.instrument = instrument
		self.place = place

class ManufactureAssemble(Event):
	"""
	Description: A thing is made, built or put together
	"""
	def __init__(
		self,
		trigger: str,
		manufacturer_assembler: List[Entity],
		artifact: List[Entity],
		components: List[Entity],
		instrument: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.manufacturer_assembler = manufacturer_assembler
		self.artifact = artifact
		self.components = components
		self.instrument = instrument
		self.place = place

class IdentifyCategorize(Event):
	"""
	Description: Someone makes out who or what something is
	"""
	def __init__(
		self,
		trigger: str,
		identifier: List[Entity],
		identified_object: List[Entity],
		identified_role: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.identifier = identifier
		self.identified_object = identified_object
		self.identified_role = identified_role
		self.place = place

class Observe(Event):
	"""
	Description: Someone watches, hears or inspects something
	"""
	def __init__(
		self,
		trigger: str,
		observer: List[Entity],
		observed_entity: List[Entity],
		instrument: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.observer = observer
		self.observed_entity = observed_entity
		self.instrument = instrument
		self.place = place

class Research(Event):
	"""
	Description: Someone studies a subject to find out about it; of a crime take its investigation
	"""
	def __init__(
		self,
		trigger: str,
		researcher: List[Entity],
		subject: List[Entity],
		means: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.researcher = researcher
		self.subject = subject
		self.means = means
		self.place = place

class TeachingTrainingLearning(Event):
	"""
	Description: Someone teaches, trains or learns
	"""
	def __init__(
		self,
		trigger: str,
		teacher_trainer: List[Entity],
		field_of_knowledge: List[Entity],
		learner: List[Entity],
		means: List[Entity],
		institution: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.teacher_trainer = teacher_trainer
		self.field_of_knowledge = field_of_knowledge
		self.learner = learner
		self.means = means
		self.institution = institution
		self.place = place

class DetonateExplode(Event):
	"""
	Description: A bomb or another device is made to explode in an attack
	"""
	def __init__(
		self,
		trigger: str,
		attacker: List[Entity],
		target: List[Entity],
		instrument: List[Entity],
		explosive_device: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.attacker = attacker
		self.target = target
		self.instrument = instrument
		self.explosive_device = explosive_device
		self.place = place

class Attack(Event):
	"""
	Description: Someone attacks, shoots or fights others, or there is war or terror, other than by explosion
	"""
	def __init__(
		self,
		trigger: str,
		attacker: List[Entity],
		target: List[Entity],
		instrument: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.attacker = attacker
		self.target = target
		self.instrument = instrument
		self.place = place

class Defeat(Event):
	"""
	Description: Someone wins over another in a fight, war or election
	"""
	def __init__(
		self,
		trigger: str,
		victor: List[Entity],
		defeated: List[Entity],
		conflict_or_election: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.victor = victor
		self.defeated = defeated
		self.conflict_or_election = conflict_or_election
		self.place = place

class DemonstrateWithViolence(Event):
	"""
	Description: People demonstrate and there is violence, or they riot
	"""
	def __init__(
		self,
		trigger: str,
		demonstrator: List[Entity],
		regulator: List[Entity],
		visual_display: List[Entity],
		topic: List[Entity],
		target: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.demonstrator = demonstrator
		self.regulator = regulator
		self.visual_display = visual_display
		self.topic = topic
		self.target = target
		self.place = place

class Demonstrate(Event):
	"""
	Description: People demonstrate, march, rally or strike, without violence being told
	"""
	def __init__(
		self,
		trigger: str,
		demonstrator: List[Entity],
		regulator: List[Entity],
		visual_display: List[Entity],
		topic: List[Entity],
		target: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.demonstrator = demonstrator
		self.regulator = regulator
		self.visual_display = visual_display
		self.topic = topic
		self.target = target
		self.place = place

class Broadcast(Event):
	"""
	Description: Someone tells many people something who do not answer, by a speech, statement or the media
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		instrument: List[Entity],
		topic: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.instrument = instrument
		self.topic = topic
		self.place = place

class Correspondence(Event):
	"""
	Description: People talk or write to each other from afar, by letter, telephone or computer
	"""
	def __init__(
		self,
		trigger: str,
		participant: List[Entity],
		instrument: List[Entity],
		topic: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.participant = participant
		self.instrument = instrument
		self.topic = topic
		self.place = place

class Meet(Event):
	"""
	Description: People meet face to face and talk
	"""
	def __init__(
		self,
		trigger: str,
		participant: List[Entity],
		topic: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.participant = participant
		self.topic = topic
		self.place = place

class Contact(Event):
	"""
	Description: People talk with each other, where it is not told whether face to face, from afar or one way
	"""
	def __init__(
		self,
		trigger: str,
		participant: List[Entity],
		topic: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.participant = participant
		self.topic = topic
		self.place = place

class Prevarication(Event):
	"""
	Description: Someone lies, or hides the truth
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		topic: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.topic = topic
		self.place = place

class RequestCommand(Event):
	"""
	Description: Someone asks, orders or urges others to do something
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		topic: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.topic = topic
		self.place = place

class ThreatenCoerce(Event):
	"""
	Description: Someone threatens others, or puts them under pressure
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		topic: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.topic = topic
		self.place = place

class ImpedeInterfereWith(Event):
	"""
	Description: Someone or something hinders another event, or breaks it off
	"""
	def __init__(
		self,
		trigger: str,
		impeder: List[Entity],
		impeded_event: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.impeder = impeder
		self.impeded_event = impeded_event
		self.place = place

class Crash(Event):
	"""
	Description: A vehicle crashes or collides
	"""
	def __init__(
		self,
		trigger: str,
		driver_passenger: List[Entity],
		vehicle: List[Entity],
		crash_object: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.driver_passenger = driver_passenger
		self.vehicle = vehicle
		self.crash_object = crash_object
		self.place = place

class DiseaseOutbreak(Event):
	"""
	Description: A disease breaks out among many
	"""
	def __init__(
		self,
		trigger: str,
		disease: List[Entity],
		victim: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.disease = disease
		self.victim = victim
		self.place = place

class FireExplosion(Event):
	"""
	Description: Something burns or explodes, and it is no attack
	"""
	def __init__(
		self,
		trigger: str,
		fire_explosion_object: List[Entity],
		instrument: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.fire_explosion_object = fire_explosion_object
		self.instrument = instrument
		self.place = place

class GenericCrime(Event):
	"""
	Description: A crime that has no class of its own, such as theft or robbery
	"""
	def __init__(
		self,
		trigger: str,
		perpetrator: List[Entity],
		victim: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.perpetrator = perpetrator
		self.victim = victim
		self.place = place

class Acquit(Event):
	"""
	Description: A court finds that someone is not guilty
	"""
	def __init__(
		self,
		trigger: str,
		judge_court: List[Entity],
		defendant: List[Entity],
		crime: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.judge_court = judge_court
		self.defendant = defendant
		self.crime = crime
		self.place = place

class ArrestJailDetain(Event):
	"""
	Description: Someone is arrested, or held in jail
	"""
	def __init__(
		self,
		trigger: str,
		jailer: List[Entity],
		detainee: List[Entity],
		crime: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.jailer = jailer
		self.detainee = detainee
		self.crime = crime
		self.place = place

class ChargeIndict(Event):
	"""
	Description: Someone is accused of a crime before the law
	"""
	def __init__(
		self,
		trigger: str,
		prosecutor: List[Entity],
		defendant: List[Entity],
		judge_court: List[Entity],
		crime: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.prosecutor = prosecutor
		self.defendant = defendant
		self.judge_court = judge_court
		self.crime = crime
		self.place = place

class Convict(Event):
	"""
	Description: A court finds someone guilty
	"""
	def __init__(
		self,
		trigger: str,
		judge_court: List[Entity],
		defendant: List[Entity],
		crime: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.judge_court = judge_court
		self.defendant = defendant
		self.crime = crime
		self.place = place

class InvestigateCrime(Event):
	"""
	Description: A crime is investigated, or someone is suspected or searched for
	"""
	def __init__(
		self,
		trigger: str,
		investigator: List[Entity],
		defendant: List[Entity],
		crime: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.investigator = investigator
		self.defendant = defendant
		self.crime = crime
		self.place = place

class ReleaseParole(Event):
	"""
	Description: Someone is set free from custody, also on conditions
	"""
	def __init__(
		self,
		trigger: str,
		judge_court: List[Entity],
		defendant: List[Entity],
		crime: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.judge_court = judge_court
		self.defendant = defendant
		self.crime = crime
		self.place = place

class SentenceToPunishment(Event):
	"""
	Description: A court decides on the punishment of someone
	"""
	def __init__(
		self,
		trigger: str,
		judge_court: List[Entity],
		defendant: List[Entity],
		crime: List[Entity],
		sentence: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.judge_court = judge_court
		self.defendant = defendant
		self.crime = crime
		self.sentence = sentence
		self.place = place

class TrialHearing(Event):
	"""
	Description: Someone is tried or heard by a court
	"""
	def __init__(
		self,
		trigger: str,
		prosecutor: List[Entity],
		defendant: List[Entity],
		judge_court: List[Entity],
		crime: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.prosecutor = prosecutor
		self.defendant = defendant
		self.judge_court = judge_court
		self.crime = crime
		self.place = place

class Consume(Event):
	"""
	Description: A person or animal eats or drinks something
	"""
	def __init__(
		self,
		trigger: str,
		consuming_entity: List[Entity],
		consumed_thing: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.consuming_entity = consuming_entity
		self.consumed_thing = consumed_thing
		self.place = place

class Die(Event):
	"""
	Description: A person or animal dies or is killed
	"""
	def __init__(
		self,
		trigger: str,
		victim: List[Entity],
		place: List[Entity],
		killer: List[Entity],
		medical_issue: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.victim = victim
		self.place = place
		self.killer = killer
		self.medical_issue = medical_issue

class Illness(Event):
	"""
	Description: A person or animal is or falls ill
	"""
	def __init__(
		self,
		trigger: str,
		victim: List[Entity],
		deliberate_injurer: List[Entity],
		disease: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.victim = victim
		self.deliberate_injurer = deliberate_injurer
		self.disease = disease
		self.place = place

class Infect(Event):
	"""
	Description: A person or animal catches a germ, or is infected by another
	"""
	def __init__(
		self,
		trigger: str,
		victim: List[Entity],
		infecting_agent: List[Entity],
		source: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.victim = victim
		self.infecting_agent = infecting_agent
		self.source = source
		self.place = place

class Injure(Event):
	"""
	Description: A person or animal is hurt or wounded, but does not die of it
	"""
	def __init__(
		self,
		trigger: str,
		victim: List[Entity],
		injurer: List[Entity],
		instrument: List[Entity],
		body_part: List[Entity],
		medical_condition: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.victim = victim
		self.injurer = injurer
		self.instrument = instrument
		self.body_part = body_part
		self.medical_condition = medical_condition
		self.place = place

class Diagnosis(Event):
	"""
	Description: Someone finds out which disease a patient has
	"""
	def __init__(
		self,
		trigger: str,
		treater: List[Entity],
		patient: List[Entity],
		symptom_sign: List[Entity],
		medical_condition: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.treater = treater
		self.patient = patient
		self.symptom_sign = symptom_sign
		self.medical_condition = medical_condition
		self.place = place

class Intervention(Event):
	"""
	Description: A patient is treated, operated on or taken into hospital
	"""
	def __init__(
		self,
		trigger: str,
		treater: List[Entity],
		patient: List[Entity],
		medical_issue: List[Entity],
		instrument: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.treater = treater
		self.patient = patient
		self.medical_issue = medical_issue
		self.instrument = instrument
		self.place = place

class Vaccinate(Event):
	"""
	Description: Someone is vaccinated against a disease
	"""
	def __init__(
		self,
		trigger: str,
		treater: List[Entity],
		patient: List[Entity],
		vaccine_target: List[Entity],
		vaccine_method: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.treater = treater
		self.patient = patient
		self.vaccine_target = vaccine_target
		self.vaccine_method = vaccine_method
		self.place = place

class Evacuation(Event):
	"""
	Description: People leave, or are brought out of, a place of danger
	"""
	def __init__(
		self,
		trigger: str,
		transporter: List[Entity],
		passenger_artifact: List[Entity],
		vehicle: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.transporter = transporter
		self.passenger_artifact = passenger_artifact
		self.vehicle = vehicle
		self.origin = origin
		self.destination = destination

class IllegalTransportation(Event):
	"""
	Description: People or goods are brought, or go, somewhere against the law
	"""
	def __init__(
		self,
		trigger: str,
		transporter: List[Entity],
		passenger_artifact: List[Entity],
		vehicle: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.transporter = transporter
		self.passenger_artifact = passenger_artifact
		self.vehicle = vehicle
		self.origin = origin
		self.destination = destination

class PreventPassage(Event):
	"""
	Description: Someone is kept from going or bringing something somewhere
	"""
	def __init__(
		self,
		trigger: str,
		transporter: List[Entity],
		passenger_artifact: List[Entity],
		vehicle: List[Entity],
		preventer: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.transporter = transporter
		self.passenger_artifact = passenger_artifact
		self.vehicle = vehicle
		self.preventer = preventer
		self.origin = origin
		self.destination = destination

class Transportation(Event):
	"""
	Description: People or goods move or are moved, other than in flight from danger or against the law
	"""
	def __init__(
		self,
		trigger: str,
		transporter: List[Entity],
		passenger_artifact: List[Entity],
		vehicle: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.transporter = transporter
		self.passenger_artifact = passenger_artifact
		self.vehicle = vehicle
		self.origin = origin
		self.destination = destination

class EndPosition(Event):
	"""
	Description: Someone stops working in a position: resigns, retires or is dismissed
	"""
	def __init__(
		self,
		trigger: str,
		employee: List[Entity],
		place_of_employment: List[Entity],
		position: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.employee = employee
		self.place_of_employment = place_of_employment
		self.position = position
		self.place = place

class StartPosition(Event):
	"""
	Description: Someone starts working in a position, or is hired or appointed
	"""
	def __init__(
		self,
		trigger: str,
		employee: List[Entity],
		place_of_employment: List[Entity],
		position: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.employee = employee
		self.place_of_employment = place_of_employment
		self.position = position
		self.place = place

class Donation(Event):
	"""
	Description: Someone gives money or things without being paid for them
	"""
	def __init__(
		self,
		trigger: str,
		giver: List[Entity],
		recipient: List[Entity],
		beneficiary: List[Entity],
		artifact_money: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.giver = giver
		self.recipient = recipient
		self.beneficiary = beneficiary
		self.artifact_money = artifact_money
		self.place = place

class ExchangeBuySell(Event):
	"""
	Description: Something is bought, sold, rented or traded
	"""
	def __init__(
		self,
		trigger: str,
		giver: List[Entity],
		recipient: List[Entity],
		acquired_entity: List[Entity],
		payment_barter: List[Entity],
		beneficiary: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.giver = giver
		self.recipient = recipient
		self.acquired_entity = acquired_entity
		self.payment_barter = payment_barter
		self.beneficiary = beneficiary
		self.place = place
