# RAMS: one event of each passage of news, with types of the AIDA ontology. The other events of a passage are not annotated.

class DamageOrDestroy(Event):
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

class Attack(Event):
	"""
	Description: Someone attacks others in a way that has no class of its own, or that is not told
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

class AirOrMissileStrike(Event):
	"""
	Description: Someone attacks from the air, or with missiles or rockets
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

class PoisonAttack(Event):
	"""
	Description: Someone attacks with poison, gas, chemicals or germs
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

class Bombing(Event):
	"""
	Description: Someone attacks with bombs or other explosives, other than from the air
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

class FirearmAttack(Event):
	"""
	Description: Someone shoots at others with a gun
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

class Hanging(Event):
	"""
	Description: Someone is hanged
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

class Invade(Event):
	"""
	Description: An army or other force enters land or a place to take it
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

class SelfDirectedBattle(Event):
	"""
	Description: Someone attacks in a way that is meant to end the attacker's own life as well
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

class SetFire(Event):
	"""
	Description: Someone sets fire to something in order to harm
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

class Stabbing(Event):
	"""
	Description: Someone attacks with a knife or another blade
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

class StealRobHijack(Event):
	"""
	Description: Someone takes away things, vehicles or persons by force or theft
	"""
	def __init__(
		self,
		trigger: str,
		attacker: List[Entity],
		target: List[Entity],
		instrument: List[Entity],
		place: List[Entity],
		artifact: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.attacker = attacker
		self.target = target
		self.instrument = instrument
		self.place = place
		self.artifact = artifact

class Strangling(Event):
	"""
	Description: Someone attacks another by strangling
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

class Demonstrate(Event):
	"""
	Description: People demonstrate in a way that has no class of its own, or that is not told
	"""
	def __init__(
		self,
		trigger: str,
		demonstrator: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.demonstrator = demonstrator
		self.place = place

class MarchOrProtest(Event):
	"""
	Description: People march, protest or gather for a political end
	"""
	def __init__(
		self,
		trigger: str,
		demonstrator: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.demonstrator = demonstrator
		self.place = place

class Yield(Event):
	"""
	Description: Someone gives way to an opponent, where it is not told how
	"""
	def __init__(
		self,
		trigger: str,
		yielder: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.yielder = yielder
		self.recipient = recipient
		self.place = place

class Retreat(Event):
	"""
	Description: A force draws back from a place
	"""
	def __init__(
		self,
		trigger: str,
		retreater: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.retreater = retreater
		self.origin = origin
		self.destination = destination

class Surrender(Event):
	"""
	Description: Someone gives up fighting and submits to another
	"""
	def __init__(
		self,
		trigger: str,
		surrenderer: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.surrenderer = surrenderer
		self.recipient = recipient
		self.place = place

class Collaborate(Event):
	"""
	Description: People or bodies work together, where it is not told how they talk
	"""
	def __init__(
		self,
		trigger: str,
		participant: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.participant = participant
		self.place = place

class CollaborateByCorrespondence(Event):
	"""
	Description: People or bodies work together by letter, telephone or computer
	"""
	def __init__(
		self,
		trigger: str,
		participant: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.participant = participant
		self.place = place

class CollaborateByMeeting(Event):
	"""
	Description: People or bodies meet face to face to work together
	"""
	def __init__(
		self,
		trigger: str,
		participant: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.participant = participant
		self.place = place

class Command(Event):
	"""
	Description: Someone gives an order, where it is not told how
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
		topic: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.place = place
		self.topic = topic

class CommandByBroadcast(Event):
	"""
	Description: Someone gives an order to the public, by a speech or the media
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
		topic: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.place = place
		self.topic = topic

class CommandByCorrespondence(Event):
	"""
	Description: Someone gives an order from afar, by letter, telephone or computer
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
		topic: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.place = place
		self.topic = topic

class CommandByMeeting(Event):
	"""
	Description: Someone gives an order face to face
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
		topic: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.place = place
		self.topic = topic

class Promise(Event):
	"""
	Description: Someone promises or declares to do something, where it is not told how
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
		topic: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.place = place
		self.topic = topic

class PromiseByBroadcast(Event):
	"""
	Description: Someone promises the public to do something, by a speech or the media
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
		topic: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.place = place
		self.topic = topic

class PromiseByCorrespondence(Event):
	"""
	Description: Someone promises something from afar, by letter, telephone or computer
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
		topic: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.place = place
		self.topic = topic

class PromiseByMeeting(Event):
	"""
	Description: Someone promises something face to face
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
		topic: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.place = place
		self.topic = topic

class Discussion(Event):
	"""
	Description: People discuss something, where it is not told how
	"""
	def __init__(
		self,
		trigger: str,
		participant: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.participant = participant
		self.place = place

class DiscussionByCorrespondence(Event):
	"""
	Description: People discuss something from afar, by letter, telephone or computer
	"""
	def __init__(
		self,
		trigger: str,
		participant: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.participant = participant
		self.place = place

class DiscussionByMeeting(Event):
	"""
	Description: People discuss something face to face
	"""
	def __init__(
		self,
		trigger: str,
		participant: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.participant = participant
		self.place = place

class FuneralOrVigil(Event):
	"""
	Description: People mourn for the dead, where it is not told that they come together
	"""
	def __init__(
		self,
		trigger: str,
		participant: List[Entity],
		deceased: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.participant = participant
		self.deceased = deceased
		self.place = place

class FuneralOrVigilByMeeting(Event):
	"""
	Description: People come together for a funeral or vigil
	"""
	def __init__(
		self,
		trigger: str,
		participant: List[Entity],
		deceased: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.participant = participant
		self.deceased = deceased
		self.place = place

class MediaStatement(Event):
	"""
	Description: Someone makes a statement by the media, where it is not told how
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.place = place

class MediaStatementByBroadcast(Event):
	"""
	Description: Someone makes a statement to the public by the media, one way
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.place = place

class Negotiate(Event):
	"""
	Description: People or bodies negotiate, where it is not told how
	"""
	def __init__(
		self,
		trigger: str,
		participant: List[Entity],
		place: List[Entity],
		topic: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.participant = participant
		self.place = place
		self.topic = topic

class NegotiateByCorrespondence(Event):
	"""
	Description: People or bodies negotiate from afar, by letter, telephone or computer
	"""
	def __init__(
		self,
		trigger: str,
		participant: List[Entity],
		place: List[Entity],
		topic: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.participant = participant
		self.place = place
		self.topic = topic

class NegotiateByMeeting(Event):
	"""
	Description: People or bodies negotiate face to face
	"""
	def __init__(
		self,
		trigger: str,
		participant: List[Entity],
		place: List[Entity],
		topic: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.participant = participant
		self.place = place
		self.topic = topic

class Prevarication(Event):
	"""
	Description: Someone lies or hides the truth, where it is not told how
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
		topic: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.place = place
		self.topic = topic

class PrevaricationByBroadcast(Event):
	"""
	Description: Someone lies to the public, by a speech or the media
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
		topic: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.place = place
		self.topic = topic

class PrevaricationByCorrespondence(Event):
	"""
	Description: Someone lies from afar, by letter, telephone or computer
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
		topic: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.place = place
		self.topic = topic

class PrevaricationByMeeting(Event):
	"""
	Description: Someone lies face to face
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
		topic: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.place = place
		self.topic = topic

class PublicStatement(Event):
	"""
	Description: Someone speaks to an audience that is there, where it is not told how
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.place = place

class PublicStatementByBroadcast(Event):
	"""
	Description: Someone makes a speech to an audience that is there, one way
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.place = place

class RequestOrAdvise(Event):
	"""
	Description: Someone asks for something or advises others, where it is not told how
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
		topic: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.place = place
		self.topic = topic

class RequestByBroadcast(Event):
	"""
	Description: Someone asks or advises the public, by a speech or the media
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
		topic: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.place = place
		self.topic = topic

class RequestByCorrespondence(Event):
	"""
	Description: Someone asks or advises others from afar, by letter, telephone or computer
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
		topic: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.place = place
		self.topic = topic

class RequestByMeeting(Event):
	"""
	Description: Someone asks or advises others face to face
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
		topic: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.place = place
		self.topic = topic

class Threaten(Event):
	"""
	Description: Someone threatens others or puts them under pressure, where it is not told how
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
		topic: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.place = place
		self.topic = topic

class ThreatenByBroadcast(Event):
	"""
	Description: Someone threatens others in public, by a speech or the media
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
		topic: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.place = place
		self.topic = topic

class ThreatenByCorrespondence(Event):
	"""
	Description: Someone threatens others from afar, by letter, telephone or computer
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
		topic: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.place = place
		self.topic = topic

class ThreatenByMeeting(Event):
	"""
	Description: Someone threatens others face to face
	"""
	def __init__(
		self,
		trigger: str,
		communicator: List[Entity],
		recipient: List[Entity],
		place: List[Entity],
		topic: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.communicator = communicator
		self.recipient = recipient
		self.place = place
		self.topic = topic

class AccidentOrCrash(Event):
	"""
	Description: A vehicle crashes or has an accident
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

class FireOrExplosion(Event):
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

class Agreement(Event):
	"""
	Description: States, bodies or persons have an agreement, where it is not told what comes of it
	"""
	def __init__(
		self,
		trigger: str,
		participant: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.participant = participant
		self.place = place

class AcceptAgreement(Event):
	"""
	Description: An agreement, contract or ceasefire is made or accepted
	"""
	def __init__(
		self,
		trigger: str,
		participant: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.participant = participant
		self.place = place

class RejectAgreement(Event):
	"""
	Description: An agreement, contract or ceasefire is rejected, ended or declared void
	"""
	def __init__(
		self,
		trigger: str,
		rejecter_nullifier: List[Entity],
		other_participant: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.rejecter_nullifier = rejecter_nullifier
		self.other_participant = other_participant
		self.place = place

class ViolateAgreement(Event):
	"""
	Description: Someone breaks an agreement
	"""
	def __init__(
		self,
		trigger: str,
		violator: List[Entity],
		other_participant: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.violator = violator
		self.other_participant = other_participant
		self.place = place

class GovernmentFormation(Event):
	"""
	Description: A state or government is formed, where it is not told how
	"""
	def __init__(
		self,
		trigger: str,
		gpe: List[Entity],
		founder: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.gpe = gpe
		self.founder = founder
		self.place = place

class MergeStates(Event):
	"""
	Description: States or other places with a government become one
	"""
	def __init__(
		self,
		trigger: str,
		participant: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.participant = participant
		self.place = place

class StartState(Event):
	"""
	Description: A state or other place with a government is founded
	"""
	def __init__(
		self,
		trigger: str,
		gpe: List[Entity],
		founder: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.gpe = gpe
		self.founder = founder
		self.place = place

class Legislate(Event):
	"""
	Description: A law is made or passed
	"""
	def __init__(
		self,
		trigger: str,
		government_body: List[Entity],
		law: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.government_body = government_body
		self.law = law
		self.place = place

class Spy(Event):
	"""
	Description: Someone spies on others
	"""
	def __init__(
		self,
		trigger: str,
		spy: List[Entity],
		observed_entity: List[Entity],
		beneficiary: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.spy = spy
		self.observed_entity = observed_entity
		self.beneficiary = beneficiary
		self.place = place

class Vote(Event):
	"""
	Description: People vote, where it is not told how
	"""
	def __init__(
		self,
		trigger: str,
		voter: List[Entity],
		candidate: List[Entity],
		ballot: List[Entity],
		result: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.voter = voter
		self.candidate = candidate
		self.ballot = ballot
		self.result = result
		self.place = place

class CastVote(Event):
	"""
	Description: Someone casts a vote
	"""
	def __init__(
		self,
		trigger: str,
		voter: List[Entity],
		candidate: List[Entity],
		ballot: List[Entity],
		result: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.voter = voter
		self.candidate = candidate
		self.ballot = ballot
		self.result = result
		self.place = place

class PreventVote(Event):
	"""
	Description: Someone is kept from voting, or a vote is tampered with
	"""
	def __init__(
		self,
		trigger: str,
		preventer: List[Entity],
		voter: List[Entity],
		candidate: List[Entity],
		ballot: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.preventer = preventer
		self.voter = voter
		self.candidate = candidate
		self.ballot = ballot
		self.place = place

class Observe(Event):
	"""
	Description: Someone watches or inspects something in a way that has no class of its own
	"""
	def __init__(
		self,
		trigger: str,
		observer: List[Entity],
		observed_entity: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.observer = observer
		self.observed_entity = observed_entity
		self.place = place

class InspectPeopleOrOrganization(Event):
	"""
	Description: People or a body are inspected or checked
	"""
	def __init__(
		self,
		trigger: str,
		inspector: List[Entity],
		inspected_entity: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.inspector = inspector
		self.inspected_entity = inspected_entity
		self.place = place

class MonitorElection(Event):
	"""
	Description: An election is watched over
	"""
	def __init__(
		self,
		trigger: str,
		monitor: List[Entity],
		monitored_entity: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.monitor = monitor
		self.monitored_entity = monitored_entity
		self.place = place

class InspectPhysically(Event):
	"""
	Description: A place or thing is searched or examined on the spot
	"""
	def __init__(
		self,
		trigger: str,
		inspector: List[Entity],
		inspected_entity: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.inspector = inspector
		self.inspected_entity = inspected_entity
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

class InitiateJudicialProcess(Event):
	"""
	Description: Someone is brought before the law, where it is not told how
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

class Investigate(Event):
	"""
	Description: Someone is investigated, where no crime is told
	"""
	def __init__(
		self,
		trigger: str,
		investigator: List[Entity],
		defendant: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.investigator = investigator
		self.defendant = defendant
		self.place = place

class InvestigateCrime(Event):
	"""
	Description: A crime is investigated, or someone because of it
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

class JudicialConsequences(Event):
	"""
	Description: A court decides what follows from a crime, where it is not told what
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

class Execute(Event):
	"""
	Description: Someone is put to death as a punishment
	"""
	def __init__(
		self,
		trigger: str,
		executioner: List[Entity],
		defendant: List[Entity],
		crime: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.executioner = executioner
		self.defendant = defendant
		self.crime = crime
		self.place = place

class Extradite(Event):
	"""
	Description: Someone is handed over to the law of another country
	"""
	def __init__(
		self,
		trigger: str,
		extraditer: List[Entity],
		defendant: List[Entity],
		crime: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.extraditer = extraditer
		self.defendant = defendant
		self.crime = crime
		self.origin = origin
		self.destination = destination

class Die(Event):
	"""
	Description: Someone dies, where it is not told how
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

class ViolentDeath(Event):
	"""
	Description: Someone is killed or dies by violence
	"""
	def __init__(
		self,
		trigger: str,
		killer: List[Entity],
		victim: List[Entity],
		instrument: List[Entity],
		place: List[Entity],
		medical_issue: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.killer = killer
		self.victim = victim
		self.instrument = instrument
		self.place = place
		self.medical_issue = medical_issue

class NonviolentDeath(Event):
	"""
	Description: Someone dies of disease, age, hunger or an accident without violence
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

class Injure(Event):
	"""
	Description: Someone is hurt, where it is not told how
	"""
	def __init__(
		self,
		trigger: str,
		victim: List[Entity],
		injurer: List[Entity],
		place: List[Entity],
		medical_issue: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.victim = victim
		self.injurer = injurer
		self.place = place
		self.medical_issue = medical_issue

class HungerOrThirst(Event):
	"""
	Description: Someone suffers from hunger or thirst
	"""
	def __init__(
		self,
		trigger: str,
		victim: List[Entity],
		place: List[Entity],
		injurer: List[Entity],
		medical_issue: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.victim = victim
		self.place = place
		self.injurer = injurer
		self.medical_issue = medical_issue

class PhysicalDegradation(Event):
	"""
	Description: Someone's body is worn down or made weaker
	"""
	def __init__(
		self,
		trigger: str,
		victim: List[Entity],
		place: List[Entity],
		injurer: List[Entity],
		medical_issue: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.victim = victim
		self.place = place
		self.injurer = injurer
		self.medical_issue = medical_issue

class ViolentInjury(Event):
	"""
	Description: Someone is hurt or wounded by violence
	"""
	def __init__(
		self,
		trigger: str,
		injurer: List[Entity],
		victim: List[Entity],
		instrument: List[Entity],
		place: List[Entity],
		medical_issue: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.injurer = injurer
		self.victim = victim
		self.instrument = instrument
		self.place = place
		self.medical_issue = medical_issue

class Manufacture(Event):
	"""
	Description: A thing is made in a way that has no class of its own
	"""
	def __init__(
		self,
		trigger: str,
		manufacturer: List[Entity],
		artifact: List[Entity],
		instrument: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.manufacturer = manufacturer
		self.artifact = artifact
		self.instrument = instrument
		self.place = place

class Build(Event):
	"""
	Description: A building or other structure is built
	"""
	def __init__(
		self,
		trigger: str,
		manufacturer: List[Entity],
		artifact: List[Entity],
		instrument: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.manufacturer = manufacturer
		self.artifact = artifact
		self.instrument = instrument
		self.place = place

class CreateIntellectualProperty(Event):
	"""
	Description: A text, film, program, design or other work of the mind is made
	"""
	def __init__(
		self,
		trigger: str,
		manufacturer: List[Entity],
		artifact: List[Entity],
		instrument: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.manufacturer = manufacturer
		self.artifact = artifact
		self.instrument = instrument
		self.place = place

class CreateGoods(Event):
	"""
	Description: Goods, such as weapons or drugs, are made
	"""
	def __init__(
		self,
		trigger: str,
		manufacturer: List[Entity],
		artifact: List[Entity],
		instrument: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.manufacturer = manufacturer
		self.artifact = artifact
		self.instrument = instrument
		self.place = place

class TransportArtifact(Event):
	"""
	Description: Goods are moved in a way that has no class of its own
	"""
	def __init__(
		self,
		trigger: str,
		transporter: List[Entity],
		artifact: List[Entity],
		vehicle: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.transporter = transporter
		self.artifact = artifact
		self.vehicle = vehicle
		self.origin = origin
		self.destination = destination

class BringArtifact(Event):
	"""
	Description: Goods are brought, carried or unloaded
	"""
	def __init__(
		self,
		trigger: str,
		transporter: List[Entity],
		artifact: List[Entity],
		vehicle: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.transporter = transporter
		self.artifact = artifact
		self.vehicle = vehicle
		self.origin = origin
		self.destination = destination

class DisperseArtifact(Event):
	"""
	Description: Goods are scattered or brought apart
	"""
	def __init__(
		self,
		trigger: str,
		transporter: List[Entity],
		artifact: List[Entity],
		vehicle: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.transporter = transporter
		self.artifact = artifact
		self.vehicle = vehicle
		self.origin = origin
		self.destination = destination

class FallOfArtifact(Event):
	"""
	Description: A thing falls down
	"""
	def __init__(
		self,
		trigger: str,
		artifact: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.artifact = artifact
		self.origin = origin
		self.destination = destination

class GrantEntryOfArtifact(Event):
	"""
	Description: Goods are let in
	"""
	def __init__(
		self,
		trigger: str,
		transporter: List[Entity],
		artifact: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.transporter = transporter
		self.artifact = artifact
		self.origin = origin
		self.destination = destination

class HideArtifact(Event):
	"""
	Description: Goods are hidden
	"""
	def __init__(
		self,
		trigger: str,
		transporter: List[Entity],
		artifact: List[Entity],
		hiding_place: List[Entity],
		vehicle: List[Entity],
		origin: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.transporter = transporter
		self.artifact = artifact
		self.hiding_place = hiding_place
		self.vehicle = vehicle
		self.origin = origin

class ThrowOrLaunch(Event):
	"""
	Description: A thing is thrown or launched, and it is no attack
	"""
	def __init__(
		self,
		trigger: str,
		transporter: List[Entity],
		artifact: List[Entity],
		vehicle: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.transporter = transporter
		self.artifact = artifact
		self.vehicle = vehicle
		self.origin = origin
		self.destination = destination

class PreventEntryOfArtifact(Event):
	"""
	Description: Goods are kept from coming in
	"""
	def __init__(
		self,
		trigger: str,
		preventer: List[Entity],
		transporter: List[Entity],
		artifact: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.preventer = preventer
		self.transporter = transporter
		self.artifact = artifact
		self.origin = origin
		self.destination = destination

class PreventExitOfArtifact(Event):
	"""
	Description: Goods are kept from going out
	"""
	def __init__(
		self,
		trigger: str,
		preventer: List[Entity],
		transporter: List[Entity],
		artifact: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.preventer = preventer
		self.transporter = transporter
		self.artifact = artifact
		self.origin = origin
		self.destination = destination

class ReceiveOrImport(Event):
	"""
	Description: Goods are received or imported
	"""
	def __init__(
		self,
		trigger: str,
		transporter: List[Entity],
		artifact: List[Entity],
		vehicle: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.transporter = transporter
		self.artifact = artifact
		self.vehicle = vehicle
		self.origin = origin
		self.destination = destination

class SendSupplyExport(Event):
	"""
	Description: Goods are sent, supplied or exported
	"""
	def __init__(
		self,
		trigger: str,
		transporter: List[Entity],
		artifact: List[Entity],
		vehicle: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.transporter = transporter
		self.artifact = artifact
		self.vehicle = vehicle
		self.origin = origin
		self.destination = destination

class SmuggleArtifact(Event):
	"""
	Description: Goods are smuggled or secretly brought out
	"""
	def __init__(
		self,
		trigger: str,
		transporter: List[Entity],
		artifact: List[Entity],
		vehicle: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.transporter = transporter
		self.artifact = artifact
		self.vehicle = vehicle
		self.origin = origin
		self.destination = destination

class TransportPerson(Event):
	"""
	Description: People are moved in a way that has no class of its own
	"""
	def __init__(
		self,
		trigger: str,
		transporter: List[Entity],
		passenger: List[Entity],
		vehicle: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.transporter = transporter
		self.passenger = passenger
		self.vehicle = vehicle
		self.origin = origin
		self.destination = destination

class BringPerson(Event):
	"""
	Description: People are brought, carried or set down
	"""
	def __init__(
		self,
		trigger: str,
		transporter: List[Entity],
		passenger: List[Entity],
		vehicle: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.transporter = transporter
		self.passenger = passenger
		self.vehicle = vehicle
		self.origin = origin
		self.destination = destination

class DispersePeople(Event):
	"""
	Description: People are scattered or brought apart
	"""
	def __init__(
		self,
		trigger: str,
		transporter: List[Entity],
		passenger: List[Entity],
		vehicle: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.transporter = transporter
		self.passenger = passenger
		self.vehicle = vehicle
		self.origin = origin
		self.destination = destination

class EvacuationOrRescue(Event):
	"""
	Description: People are brought out of danger
	"""
	def __init__(
		self,
		trigger: str,
		transporter: List[Entity],
		passenger: List[Entity],
		vehicle: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.transporter = transporter
		self.passenger = passenger
		self.vehicle = vehicle
		self.origin = origin
		self.destination = destination

class FallOfPerson(Event):
	"""
	Description: A person falls down
	"""
	def __init__(
		self,
		trigger: str,
		passenger: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.passenger = passenger
		self.origin = origin
		self.destination = destination

class GrantEntryOrAsylum(Event):
	"""
	Description: People are let in, or given asylum
	"""
	def __init__(
		self,
		trigger: str,
		granter: List[Entity],
		transporter: List[Entity],
		passenger: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.granter = granter
		self.transporter = transporter
		self.passenger = passenger
		self.origin = origin
		self.destination = destination

class HidePerson(Event):
	"""
	Description: People are hidden
	"""
	def __init__(
		self,
		trigger: str,
		transporter: List[Entity],
		passenger: List[Entity],
		hiding_place: List[Entity],
		vehicle: List[Entity],
		origin: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.transporter = transporter
		self.passenger = passenger
		self.hiding_place = hiding_place
		self.vehicle = vehicle
		self.origin = origin

class PreventEntryOfPerson(Event):
	"""
	Description: People are kept from coming in
	"""
	def __init__(
		self,
		trigger: str,
		preventer: List[Entity],
		transporter: List[Entity],
		passenger: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.preventer = preventer
		self.transporter = transporter
		self.passenger = passenger
		self.origin = origin
		self.destination = destination

class PreventExitOfPerson(Event):
	"""
	Description: People are kept from going out
	"""
	def __init__(
		self,
		trigger: str,
		preventer: List[Entity],
		transporter: List[Entity],
		passenger: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.preventer = preventer
		self.transporter = transporter
		self.passenger = passenger
		self.origin = origin
		self.destination = destination

class SelfMotion(Event):
	"""
	Description: People go, travel or flee somewhere by themselves
	"""
	def __init__(
		self,
		trigger: str,
		transporter: List[Entity],
		vehicle: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.transporter = transporter
		self.vehicle = vehicle
		self.origin = origin
		self.destination = destination

class SmugglePerson(Event):
	"""
	Description: People are smuggled or secretly brought out
	"""
	def __init__(
		self,
		trigger: str,
		transporter: List[Entity],
		passenger: List[Entity],
		vehicle: List[Entity],
		origin: List[Entity],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.transporter = transporter
		self.passenger = passenger
		self.vehicle = vehicle
		self.origin = origin
		self.destination = destination

class Elect(Event):
	"""
	Description: Someone stands in an election, where it is not told who wins
	"""
	def __init__(
		self,
		trigger: str,
		voter: List[Entity],
		candidate: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.voter = voter
		self.candidate = candidate
		self.place = place

class WinElection(Event):
	"""
	Description: Someone wins an election
	"""
	def __init__(
		self,
		trigger: str,
		voter: List[Entity],
		candidate: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.voter = voter
		self.candidate = candidate
		self.place = place

class EndPosition(Event):
	"""
	Description: Someone stops working in a position, where it is not told how
	"""
	def __init__(
		self,
		trigger: str,
		employee: List[Entity],
		place_of_employment: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.employee = employee
		self.place_of_employment = place_of_employment
		self.place = place

class FiringOrLayoff(Event):
	"""
	Description: Someone is dismissed
	"""
	def __init__(
		self,
		trigger: str,
		employee: List[Entity],
		place_of_employment: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.employee = employee
		self.place_of_employment = place_of_employment
		self.place = place

class QuitOrRetire(Event):
	"""
	Description: Someone gives up a position, resigns or retires
	"""
	def __init__(
		self,
		trigger: str,
		employee: List[Entity],
		place_of_employment: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.employee = employee
		self.place_of_employment = place_of_employment
		self.place = place

class StartPosition(Event):
	"""
	Description: Someone starts in a position, where it is not told how
	"""
	def __init__(
		self,
		trigger: str,
		employee: List[Entity],
		place_of_employment: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.employee = employee
		self.place_of_employment = place_of_employment
		self.place = place

class Hiring(Event):
	"""
	Description: Someone is hired or appointed
	"""
	def __init__(
		self,
		trigger: str,
		employee: List[Entity],
		place_of_employment: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.employee = employee
		self.place_of_employment = place_of_employment
		self.place = place

class Transaction(Event):
	"""
	Description: People or bodies make a deal that has no class of its own
	"""
	def __init__(
		self,
		trigger: str,
		participant: List[Entity],
		beneficiary: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.participant = participant
		self.beneficiary = beneficiary
		self.place = place

class EmbargoOrSanction(Event):
	"""
	Description: Trade or dealings with someone are forbidden, where neither money nor goods alone are meant
	"""
	def __init__(
		self,
		trigger: str,
		preventer: List[Entity],
		giver: List[Entity],
		recipient: List[Entity],
		artifact_money: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.preventer = preventer
		self.giver = giver
		self.recipient = recipient
		self.artifact_money = artifact_money
		self.place = place

class GiftOrAid(Event):
	"""
	Description: Someone gives, grants or helps, where it is not told with what
	"""
	def __init__(
		self,
		trigger: str,
		giver: List[Entity],
		recipient: List[Entity],
		beneficiary: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.giver = giver
		self.recipient = recipient
		self.beneficiary = beneficiary
		self.place = place

class TransferControl(Event):
	"""
	Description: Control of land or of a place passes from one to another
	"""
	def __init__(
		self,
		trigger: str,
		giver: List[Entity],
		recipient: List[Entity],
		beneficiary: List[Entity],
		territory_or_facility: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.giver = giver
		self.recipient = recipient
		self.beneficiary = beneficiary
		self.territory_or_facility = territory_or_facility
		self.place = place

class TransferMoney(Event):
	"""
	Description: Money is given in a way that has no class of its own
	"""
	def __init__(
		self,
		trigger: str,
		giver: List[Entity],
		recipient: List[Entity],
		beneficiary: List[Entity],
		money: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.giver = giver
		self.recipient = recipient
		self.beneficiary = beneficiary
		self.money = money
		self.place = place

class BorrowOrLendMoney(Event):
	"""
	Description: Money is lent or borrowed
	"""
	def __init__(
		self,
		trigger: str,
		giver: List[Entity],
		recipient: List[Entity],
		beneficiary: List[Entity],
		money: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.giver = giver
		self.recipient = recipient
		self.beneficiary = beneficiary
		self.money = money
		self.place = place

class EmbargoOnMoney(Event):
	"""
	Description: Payments to someone are forbidden or frozen
	"""
	def __init__(
		self,
		trigger: str,
		preventer: List[Entity],
		giver: List[Entity],
		recipient: List[Entity],
		money: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.preventer = preventer
		self.giver = giver
		self.recipient = recipient
		self.money = money
		self.place = place

class GiftOfMoney(Event):
	"""
	Description: Money is given for nothing, as a gift, grant or aid
	"""
	def __init__(
		self,
		trigger: str,
		giver: List[Entity],
		recipient: List[Entity],
		beneficiary: List[Entity],
		money: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.giver = giver
		self.recipient = recipient
		self.beneficiary = beneficiary
		self.money = money
		self.place = place

class PayForService(Event):
	"""
	Description: Money is paid for work or a service
	"""
	def __init__(
		self,
		trigger: str,
		giver: List[Entity],
		recipient: List[Entity],
		beneficiary: List[Entity],
		money: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.giver = giver
		self.recipient = recipient
		self.beneficiary = beneficiary
		self.money = money
		self.place = place

class PayForPurchase(Event):
	"""
	Description: Money is paid for goods that are bought
	"""
	def __init__(
		self,
		trigger: str,
		giver: List[Entity],
		recipient: List[Entity],
		beneficiary: List[Entity],
		money: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.giver = giver
		self.recipient = recipient
		self.beneficiary = beneficiary
		self.money = money
		self.place = place

class TransferOwnership(Event):
	"""
	Description: A thing passes to another owner in a way that has no class of its own
	"""
	def __init__(
		self,
		trigger: str,
		giver: List[Entity],
		recipient: List[Entity],
		beneficiary: List[Entity],
		artifact: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.giver = giver
		self.recipient = recipient
		self.beneficiary = beneficiary
		self.artifact = artifact
		self.place = place

class BorrowOrLend(Event):
	"""
	Description: A thing is lent or borrowed
	"""
	def __init__(
		self,
		trigger: str,
		giver: List[Entity],
		recipient: List[Entity],
		beneficiary: List[Entity],
		artifact: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.giver = giver
		self.recipient = recipient
		self.beneficiary = beneficiary
		self.artifact = artifact
		self.place = place

class EmbargoOnGoods(Event):
	"""
	Description: Goods may not be given or sold to someone
	"""
	def __init__(
		self,
		trigger: str,
		preventer: List[Entity],
		giver: List[Entity],
		recipient: List[Entity],
		artifact: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.preventer = preventer
		self.giver = giver
		self.recipient = recipient
		self.artifact = artifact
		self.place = place

class GiftOfGoods(Event):
	"""
	Description: A thing is given for nothing, as a gift or aid
	"""
	def __init__(
		self,
		trigger: str,
		giver: List[Entity],
		recipient: List[Entity],
		beneficiary: List[Entity],
		artifact: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.giver = giver
		self.recipient = recipient
		self.beneficiary = beneficiary
		self.artifact = artifact
		self.place = place

class Purchase(Event):
	"""
	Description: A thing is bought or sold
	"""
	def __init__(
		self,
		trigger: str,
		giver: List[Entity],
		recipient: List[Entity],
		beneficiary: List[Entity],
		artifact: List[Entity],
		place: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.giver = giver
		self.recipient = recipient
		self.beneficiary = beneficiary
		self.artifact = artifact
		self.place = place
