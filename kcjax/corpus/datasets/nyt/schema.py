# NYT, relations of Freebase found in news by distant supervision: no one has checked that the sentence says them.

class Person(Entity):
	"""
	Description: A person called by name
	"""
	identifier = "Q5"

class Location(Entity):
	"""
	Description: A place called by name: country, state, city, quarter, region, water
	"""
	identifier = "Q17334923"

class Organization(Entity):
	"""
	Description: A company, agency, team, party, school or other body called by name
	"""
	identifier = "Q43229"

class CompanyAdvisor(Relation):
	"""
	Description: The head is a company, the tail a person who advises it
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class CompanyFounder(Relation):
	"""
	Description: The head is a company, the tail a person who founded it
	"""
	identifier = "P112"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class CompanyIndustry(Relation):
	"""
	Description: The head is a company, the tail the line of business it is in
	"""
	identifier = "P452"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class CompanyMajorShareholder(Relation):
	"""
	Description: The head is a company, the tail a person or body that owns a large share of it
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class CompanyPlaceFounded(Relation):
	"""
	Description: The head is a company, the tail the place where it was founded
	"""
	identifier = "P740"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class MajorShareholderOf(Relation):
	"""
	Description: The head is a person or body that owns a large share of the tail, a company
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PersonCompany(Relation):
	"""
	Description: The head is a person, the tail the company or body the person works for or leads
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class AdministrativeDivisionCountry(Relation):
	"""
	Description: The head is a state, province or other part of a country, the tail that country
	"""
	identifier = "P17"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class CountryAdministrativeDivision(Relation):
	"""
	Description: The head is a country, the tail one of its states, provinces or other parts
	"""
	identifier = "P150"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class CountryCapital(Relation):
	"""
	Description: The head is a country, the tail its capital
	"""
	identifier = "P36"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class LocationContains(Relation):
	"""
	Description: The head is a place, the tail a smaller place within it
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class NeighborhoodOf(Relation):
	"""
	Description: The head is a quarter of a city, the tail that city or borough
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PlaceOfDeath(Relation):
	"""
	Description: The head is a person, the tail the place where the person died
	"""
	identifier = "P20"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class EthnicityGeographicDistribution(Relation):
	"""
	Description: The head is a people, the tail a place where it lives
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class EthnicityMember(Relation):
	"""
	Description: The head is a people, the tail a person who belongs to it
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PersonChild(Relation):
	"""
	Description: The head is a parent, the tail the child
	"""
	identifier = "P40"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PersonEthnicity(Relation):
	"""
	Description: The head is a person, the tail the people the person belongs to
	"""
	identifier = "P172"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PersonNationality(Relation):
	"""
	Description: The head is a person, the tail the country the person is a citizen of
	"""
	identifier = "P27"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PlaceLived(Relation):
	"""
	Description: The head is a person, the tail a place where the person lives or lived
	"""
	identifier = "P551"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PlaceOfBirth(Relation):
	"""
	Description: The head is a person, the tail the place where the person was born
	"""
	identifier = "P19"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PersonProfession(Relation):
	"""
	Description: The head is a person, the tail the occupation
	"""
	identifier = "P106"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PersonReligion(Relation):
	"""
	Description: The head is a person, the tail the religion
	"""
	identifier = "P140"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class SportsTeamLocation(Relation):
	"""
	Description: The head is a sports team, the tail the place it is at home in
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class LocationSportsTeam(Relation):
	"""
	Description: The head is a place, the tail a sports team that is at home there
	"""
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)
