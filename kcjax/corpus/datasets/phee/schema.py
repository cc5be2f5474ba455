# PHEE: what drugs did to patients. A dotted role is part of the role before the dot.

class AdverseEvent(Event):
	"""
	Description: A drug or treatment harms a patient or has an unwanted effect, by the word that ties effect to treatment
	"""
	def __init__(
		self,
		trigger: str,
		treatment: List[Entity],
		treatment_drug: List[Entity],
		treatment_dosage: List[Entity],
		treatment_frequency: List[Entity],
		treatment_route: List[Entity],
		treatment_duration: List[Entity],
		treatment_time_elapsed: List[Entity],
		treatment_disorder: List[Entity],
		treatment_combination_drug: List[Entity],
		treatment_combination_trigger: List[Entity],
		effect: List[Entity],
		subject: List[Entity],
		subject_age: List[Entity],
		subject_gender: List[Entity],
		subject_population: List[Entity],
		subject_race: List[Entity],
		subject_disorder: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.treatment = treatment
		self.treatment_drug = treatment_drug
		self.treatment_dosage = treatment_dosage
		self.treatment_frequency = treatment_frequency
		self.treatment_route = treatment_route
		self.treatment_duration = treatment_duration
		self.treatment_time_elapsed = treatment_time_elapsed
		self.treatment_disorder = treatment_disorder
		self.treatment_combination_drug = treatment_combination_drug
		self.treatment_combination_trigger = treatment_combination_trigger
		self.effect = effect
		self.subject = subject
		self.subject_age = subject_age
		self.subject_gender = subject_gender
		self.subject_population = subject_population
		self.subject_race = subject_race
		self.subject_disorder = subject_disorder

class PotentialTherapeuticEvent(Event):
	"""
	Description: A drug or treatment does a patient good, or may do so, by the word that ties effect to treatment
	"""
	def __init__(
		self,
		trigger: str,
		treatment: List[Entity],
		treatment_drug: List[Entity],
		treatment_dosage: List[Entity],
		treatment_frequency: List[Entity],
		treatment_route: List[Entity],
		treatment_duration: List[Entity],
		treatment_time_elapsed: List[Entity],
		treatment_disorder: List[Entity],
		treatment_combination_drug: List[Entity],
		treatment_combination_trigger: List[Entity],
		effect: List[Entity],
		subject: List[Entity],
		subject_age: List[Entity],
		subject_gender: List[Entity],
		subject_population: List[Entity],
		subject_race: List[Entity],
		subject_disorder: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.treatment = treatment
		self.treatment_drug = treatment_drug
		self.treatment_dosage = treatment_dosage
		self.treatment_frequency = treatment_frequency
		self.treatment_route = treatment_route
		self.treatment_duration = treatment_duration
		self.treatment_time_elapsed = treatment_time_elapsed
		self.treatment_disorder = treatment_disorder
		self.treatment_combination_drug = treatment_combination_drug
		self.treatment_combination_trigger = treatment_combination_trigger
		self.effect = effect
		self.subject = subject
		self.subject_age = subject_age
		self.subject_gender = subject_gender
		self.subject_population = subject_population
		self.subject_race = subject_race
		self.subject_disorder = subject_disorder
