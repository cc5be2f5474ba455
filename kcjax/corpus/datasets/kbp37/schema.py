# KBP37: relations of persons and organizations between two marked mentions, whose classes are not told. Sentences without relation are its `no_relation`.

class OrganizationAlternateName(Relation):
	"""
	Description: The tail is another name of the head organization, also a short form of it
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class OrganizationCityOfHeadquarters(Relation):
	"""
	Description: The head is an organization, the tail the city or town it is run from; for a wider area take its state or country
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class OrganizationCountryOfHeadquarters(Relation):
	"""
	Description: The head is an organization, the tail the country it is run from
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class OrganizationFounded(Relation):
	"""
	Description: The head is an organization, the tail the date on which it was founded
	"""
	identifier = "P571"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class OrganizationFoundedBy(Relation):
	"""
	Description: The head is an organization, the tail the person or body that founded it
	"""
	identifier = "P112"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class OrganizationMember(Relation):
	"""
	Description: The head is a league, union or other association, the tail an organization that belongs to it without being owned
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class OrganizationStateOfHeadquarters(Relation):
	"""
	Description: The head is an organization, the tail the state, province or region it is run from
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class OrganizationSubsidiary(Relation):
	"""
	Description: The head is an organization, the tail one that it owns or that is part of it
	"""
	identifier = "P355"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class OrganizationTopMember(Relation):
	"""
	Description: The head is an organization, the tail a person who leads it, such as its president, head or director
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PersonAlternateName(Relation):
	"""
	Description: The tail is another name of the head person: alias, stage name, full or former name
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PersonCityOfResidence(Relation):
	"""
	Description: The head is a person, the tail a city or town where the person lives or lived
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PersonCountryOfResidence(Relation):
	"""
	Description: The head is a person, the tail a country where the person lives or lived
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PersonCountryOfBirth(Relation):
	"""
	Description: The head is a person, the tail the country of birth
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PersonEmployeeOf(Relation):
	"""
	Description: The head is a person, the tail the organization or state the person works or worked for
	"""
	identifier = "P108"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PersonOrigin(Relation):
	"""
	Description: The head is a person, the tail the nation or people the person comes from
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PersonSpouse(Relation):
	"""
	Description: The head is a person, the tail the one the person is or was married to
	"""
	identifier = "P26"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PersonStateOfResidence(Relation):
	"""
	Description: The head is a person, the tail a state, province or region where the person lives or lived
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PersonTitle(Relation):
	"""
	Description: The head is a person, the tail the name of an office or occupation the person has or had
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)
