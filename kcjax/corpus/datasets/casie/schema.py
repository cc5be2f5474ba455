# CASIE: attacks on computers and weaknesses of them, in news.

class DataBreach(Event):
	"""
	Description: Someone gets at data without leave, and steals, leaks, sells or exposes them
	"""
	def __init__(
		self,
		trigger: str,
		attacker: List[Entity],
		attack_pattern: List[Entity],
		victim: List[Entity],
		number_of_victims: List[Entity],
		compromised_data: List[Entity],
		number_of_data: List[Entity],
		damage_amount: List[Entity],
		tool: List[Entity],
		purpose: List[Entity],
		place: List[Entity],
		time: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.attacker = attacker
		self.attack_pattern = attack_pattern
		self.victim = victim
		self.number_of_victims = number_of_victims
		self.compromised_data = compromised_data
		self.number_of_data = number_of_data
		self.damage_amount = damage_amount
		self.tool = tool
		self.purpose = purpose
		self.place = place
		self.time = time

class Phishing(Event):
	"""
	Description: Someone poses as another whom the victim trusts, to get data, money or access
	"""
	def __init__(
		self,
		trigger: str,
		attacker: List[Entity],
		attack_pattern: List[Entity],
		victim: List[Entity],
		damage_amount: List[Entity],
		tool: List[Entity],
		trusted_entity: List[Entity],
		purpose: List[Entity],
		place: List[Entity],
		time: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.attacker = attacker
		self.attack_pattern = attack_pattern
		self.victim = victim
		self.damage_amount = damage_amount
		self.tool = tool
		self.trusted_entity = trusted_entity
		self.purpose = purpose
		self.place = place
		self.time = time

class Ransom(Event):
	"""
	Description: Someone locks a system or holds data back, and demands to be paid for setting them free
	"""
	def __init__(
		self,
		trigger: str,
		attacker: List[Entity],
		attack_pattern: List[Entity],
		victim: List[Entity],
		damage_amount: List[Entity],
		tool: List[Entity],
		price: List[Entity],
		payment_method: List[Entity],
		place: List[Entity],
		time: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.attacker = attacker
		self.attack_pattern = attack_pattern
		self.victim = victim
		self.damage_amount = damage_amount
		self.tool = tool
		self.price = price
		self.payment_method = payment_method
		self.place = place
		self.time = time

class DiscoverVulnerability(Event):
	"""
	Description: A weakness of a system that attackers could use is found or made known
	"""
	def __init__(
		self,
		trigger: str,
		capabilities: List[Entity],
		cve: List[Entity],
		discoverer: List[Entity],
		supported_platform: List[Entity],
		time: List[Entity],
		vulnerability: List[Entity],
		vulnerable_system: List[Entity],
		system_owner: List[Entity],
		system_version: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.capabilities = capabilities
		self.cve = cve
		self.discoverer = discoverer
		self.supported_platform = supported_platform
		self.time = time
		self.vulnerability = vulnerability
		self.vulnerable_system = vulnerable_system
		self.system_owner = system_owner
		self.system_version = system_version

class PatchVulnerability(Event):
	"""
	Description: A weakness of a system is mended, or a mend for it is given out
	"""
	def __init__(
		self,
		trigger: str,
		cve: List[Entity],
		issues_addressed: List[Entity],
		patch: List[Entity],
		patch_number: List[Entity],
		releaser: List[Entity],
		supported_platform: List[Entity],
		time: List[Entity],
		vulnerability: List[Entity],
		vulnerable_system: List[Entity],
		system_version: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.cve = cve
		self.issues_addressed = issues_addressed
		self.patch = patch
		self.patch_number = patch_number
		self.releaser = releaser
		self.supported_platform = supported_platform
		self.time = time
		self.vulnerability = vulnerability
		self.vulnerable_system = vulnerable_system
		self.system_version = system_version
