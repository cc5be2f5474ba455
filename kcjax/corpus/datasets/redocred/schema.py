# Re-DocRED: Wikidata relations in Wikipedia. Heads and tails name the classes that make up at least 5% of them; where
# there are fewer than ten relations to tell from, those that the property's definition allows.

class Person(Entity):
	"""
	Description: A person or character called by name
	"""
	identifier = "Q5"

class Organization(Entity):
	"""
	Description: A company, band, team, party, agency, army or other body called by name, also peoples and churches
	"""
	identifier = "Q43229"

class Location(Entity):
	"""
	Description: A place called by name: country, city, region, building, water; also the adjective of a country
	"""
	identifier = "Q17334923"

class Time(Entity):
	"""
	Description: A date, year, period or span of time
	"""
	pass

class Number(Entity):
	"""
	Description: A number, amount, share or quantity that is no time
	"""
	pass

class Miscellaneous(Entity):
	"""
	Description: Another name: work, event, war, language, product, award, law
	"""
	pass

class AppliesToJurisdiction(Relation):
	"""
	Description: The head is a law, office or institution, the tail the territory over which it has power
	"""
	identifier = "P1001"
	def __init__(self, head_entity: Person | Organization | Miscellaneous, tail_entity: Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Author(Relation):
	"""
	Description: The head is a written work, the tail the person who wrote it
	"""
	identifier = "P50"
	def __init__(self, head_entity: Miscellaneous | Person, tail_entity: Person):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class AwardReceived(Relation):
	"""
	Description: The head is a person, group or work, the tail a prize or honour it was given
	"""
	identifier = "P166"
	def __init__(self, head_entity: Person | Miscellaneous, tail_entity: Miscellaneous):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class BasinCountry(Relation):
	"""
	Description: The head is a river, lake or sea, the tail a country that drains into it or borders it
	"""
	identifier = "P205"
	def __init__(self, head_entity: Location, tail_entity: Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Capital(Relation):
	"""
	Description: The head is a country, state or region, the tail the town that is or was its seat of government
	"""
	identifier = "P36"
	def __init__(self, head_entity: Location, tail_entity: Location | Miscellaneous):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class CapitalOf(Relation):
	"""
	Description: The head is a town, the tail the country, state or region whose seat of government it is or was
	"""
	identifier = "P1376"
	def __init__(self, head_entity: Location | Miscellaneous, tail_entity: Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class CastMember(Relation):
	"""
	Description: The head is a film, show or play, the tail a person who acts in it
	"""
	identifier = "P161"
	def __init__(self, head_entity: Miscellaneous, tail_entity: Person):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Chairperson(Relation):
	"""
	Description: The head is an organization or party, the tail the person who presides over it
	"""
	identifier = "P488"
	def __init__(self, head_entity: Organization, tail_entity: Person):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Characters(Relation):
	"""
	Description: The head is a work, the tail a character that appears in it
	"""
	identifier = "P674"
	def __init__(self, head_entity: Miscellaneous, tail_entity: Person):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Child(Relation):
	"""
	Description: The head is a parent, the tail a son or daughter of the head
	"""
	identifier = "P40"
	def __init__(self, head_entity: Person, tail_entity: Person):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Composer(Relation):
	"""
	Description: The head is a work, the tail the person who wrote its music
	"""
	identifier = "P86"
	def __init__(self, head_entity: Miscellaneous | Time, tail_entity: Person):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Conflict(Relation):
	"""
	Description: The head is a person, unit or country, the tail the war or battle it took part in
	"""
	identifier = "P607"
	def __init__(self, head_entity: Organization | Person | Location, tail_entity: Miscellaneous):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class ContainsAdministrativeTerritorialEntity(Relation):
	"""
	Description: The head is a territory, the tail one of the administrative units it is divided into
	"""
	identifier = "P150"
	def __init__(self, head_entity: Location, tail_entity: Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Continent(Relation):
	"""
	Description: The head is a place, the tail the continent it belongs to
	"""
	identifier = "P30"
	def __init__(self, head_entity: Location, tail_entity: Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Country(Relation):
	"""
	Description: The head is a thing, body or place, the tail the sovereign state it is in or belongs to; people have CountryOfCitizenship
	"""
	identifier = "P17"
	def __init__(self, head_entity: Location | Organization | Miscellaneous, tail_entity: Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class CountryOfCitizenship(Relation):
	"""
	Description: The head is a person, the tail the country whose citizen the person is or was
	"""
	identifier = "P27"
	def __init__(self, head_entity: Person, tail_entity: Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class CountryOfOrigin(Relation):
	"""
	Description: The head is a work or product, the tail the country it comes from
	"""
	identifier = "P495"
	def __init__(self, head_entity: Miscellaneous, tail_entity: Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Creator(Relation):
	"""
	Description: The head is a character, work or other thing, the tail the one who made it up or made it
	"""
	identifier = "P170"
	def __init__(self, head_entity: Person | Miscellaneous | Organization | Location, tail_entity: Person):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class DateOfBirth(Relation):
	"""
	Description: The head is a person, the tail the day, month or year in which the person was born
	"""
	identifier = "P569"
	def __init__(self, head_entity: Person, tail_entity: Time):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class DateOfDeath(Relation):
	"""
	Description: The head is a person, the tail the day, month or year in which the person died
	"""
	identifier = "P570"
	def __init__(self, head_entity: Person, tail_entity: Time):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Developer(Relation):
	"""
	Description: The head is a game, software or machine, the tail the firm or person that developed it
	"""
	identifier = "P178"
	def __init__(self, head_entity: Miscellaneous, tail_entity: Organization | Miscellaneous):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Director(Relation):
	"""
	Description: The head is a film, show or play, the tail the person who directed it
	"""
	identifier = "P57"
	def __init__(self, head_entity: Miscellaneous, tail_entity: Person):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class DissolvedAbolishedOrDemolished(Relation):
	"""
	Description: The head is a body, state or building, the tail the time at which it ended
	"""
	identifier = "P576"
	def __init__(self, head_entity: Location | Organization | Miscellaneous, tail_entity: Time):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class EducatedAt(Relation):
	"""
	Description: The head is a person, the tail the school or university the person went to
	"""
	identifier = "P69"
	def __init__(self, head_entity: Person, tail_entity: Organization | Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Employer(Relation):
	"""
	Description: The head is a person, the tail the one the person works or worked for
	"""
	identifier = "P108"
	def __init__(self, head_entity: Person, tail_entity: Organization | Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class EndTime(Relation):
	"""
	Description: The head is an event, state of things or body, the tail the time at which it ended
	"""
	identifier = "P582"
	def __init__(self, head_entity: Miscellaneous | Organization, tail_entity: Time):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class EthnicGroup(Relation):
	"""
	Description: The head is a person or place, the tail the people the head belongs to or is lived in by
	"""
	identifier = "P172"
	def __init__(self, head_entity: Location | Person, tail_entity: Location | Organization):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Father(Relation):
	"""
	Description: The head is a person, the tail that person's father
	"""
	identifier = "P22"
	def __init__(self, head_entity: Person, tail_entity: Person):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class FollowedBy(Relation):
	"""
	Description: The head comes right before the tail in a series
	"""
	identifier = "P156"
	def __init__(self, head_entity: Miscellaneous | Organization | Location, tail_entity: Miscellaneous | Organization | Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Follows(Relation):
	"""
	Description: The head comes right after the tail in a series
	"""
	identifier = "P155"
	def __init__(self, head_entity: Miscellaneous | Organization | Location, tail_entity: Miscellaneous | Organization | Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class FoundedBy(Relation):
	"""
	Description: The head is a body or place, the tail one who founded it
	"""
	identifier = "P112"
	def __init__(self, head_entity: Organization | Location, tail_entity: Person | Organization):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Genre(Relation):
	"""
	Description: The head is a work or artist, the tail the style or genre
	"""
	identifier = "P136"
	def __init__(self, head_entity: Entity, tail_entity: Miscellaneous):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class HasPart(Relation):
	"""
	Description: The tail is one of the parts or members that make up the head
	"""
	identifier = "P527"
	def __init__(self, head_entity: Organization | Miscellaneous | Location, tail_entity: Miscellaneous | Location | Person | Organization):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class HeadOfGovernment(Relation):
	"""
	Description: The head is a place with a government, the tail the person who leads that government
	"""
	identifier = "P6"
	def __init__(self, head_entity: Location, tail_entity: Person):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class HeadOfState(Relation):
	"""
	Description: The head is a country or state, the tail the person of the highest office in it
	"""
	identifier = "P35"
	def __init__(self, head_entity: Location, tail_entity: Person):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class HeadquartersLocation(Relation):
	"""
	Description: The head is an organization, the tail the place of its head office
	"""
	identifier = "P159"
	def __init__(self, head_entity: Organization | Location, tail_entity: Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Inception(Relation):
	"""
	Description: The head is a body, place or thing, the tail the time at which it was founded or made
	"""
	identifier = "P571"
	def __init__(self, head_entity: Organization | Miscellaneous | Location, tail_entity: Time):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class InfluencedBy(Relation):
	"""
	Description: The head was shaped in its ideas or style by the tail
	"""
	identifier = "P737"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class InstanceOf(Relation):
	"""
	Description: The head is a single thing, the tail a class it is an example of
	"""
	identifier = "P31"
	def __init__(self, head_entity: Miscellaneous | Location, tail_entity: Miscellaneous | Location | Organization):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class LanguagesSpokenWrittenOrSigned(Relation):
	"""
	Description: The head is a person, the tail a language the person uses
	"""
	identifier = "P1412"
	def __init__(self, head_entity: Person, tail_entity: Location | Miscellaneous):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class League(Relation):
	"""
	Description: The head is a team, player or season, the tail the league it plays in
	"""
	identifier = "P118"
	def __init__(self, head_entity: Organization | Miscellaneous, tail_entity: Organization | Miscellaneous):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class LegislativeBody(Relation):
	"""
	Description: The head is a place with a government, the tail the assembly that makes its laws
	"""
	identifier = "P194"
	def __init__(self, head_entity: Location | Organization, tail_entity: Organization):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class LocatedInOrNextToBodyOfWater(Relation):
	"""
	Description: The head is a place, the tail the sea, lake or river in or beside which it lies
	"""
	identifier = "P206"
	def __init__(self, head_entity: Location, tail_entity: Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class LocatedInTheAdministrativeTerritorialEntity(Relation):
	"""
	Description: The head is a place, body or thing, the tail the administrative unit on whose ground it lies
	"""
	identifier = "P131"
	def __init__(self, head_entity: Location | Organization, tail_entity: Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class LocatedOnTerrainFeature(Relation):
	"""
	Description: The head is a place, the tail the island, mountain, plain or other landform on which it lies
	"""
	identifier = "P706"
	def __init__(self, head_entity: Location, tail_entity: Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class LocationRelation(Relation):
	"""
	Description: The head is an event, work or thing, the tail the place where it happened or is
	"""
	identifier = "P276"
	def __init__(self, head_entity: Miscellaneous, tail_entity: Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class LocationOfFormation(Relation):
	"""
	Description: The head is a band or other group, the tail the place where it was formed
	"""
	identifier = "P740"
	def __init__(self, head_entity: Organization, tail_entity: Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class LyricsBy(Relation):
	"""
	Description: The head is a song, the tail the person who wrote its words
	"""
	identifier = "P676"
	def __init__(self, head_entity: Miscellaneous, tail_entity: Person):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Manufacturer(Relation):
	"""
	Description: The head is a product, the tail the firm that makes it
	"""
	identifier = "P176"
	def __init__(self, head_entity: Miscellaneous, tail_entity: Organization):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class MemberOf(Relation):
	"""
	Description: The head is a person or body, the tail the group, band or organization it belongs to
	"""
	identifier = "P463"
	def __init__(self, head_entity: Person | Location, tail_entity: Organization | Location | Miscellaneous):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class MemberOfPoliticalParty(Relation):
	"""
	Description: The head is a person, the tail the party the person belongs or belonged to
	"""
	identifier = "P102"
	def __init__(self, head_entity: Person, tail_entity: Organization):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class MemberOfSportsTeam(Relation):
	"""
	Description: The head is a player, the tail a team the player plays or played for
	"""
	identifier = "P54"
	def __init__(self, head_entity: Person, tail_entity: Organization | Miscellaneous):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class MilitaryBranch(Relation):
	"""
	Description: The head is a unit or person, the tail the branch of the armed forces it belongs to
	"""
	identifier = "P241"
	def __init__(self, head_entity: Person | Organization | Miscellaneous, tail_entity: Organization | Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Mother(Relation):
	"""
	Description: The head is a person, the tail that person's mother
	"""
	identifier = "P25"
	def __init__(self, head_entity: Person, tail_entity: Person):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class MouthOfTheWatercourse(Relation):
	"""
	Description: The head is a river or stream, the tail the water it flows into
	"""
	identifier = "P403"
	def __init__(self, head_entity: Location, tail_entity: Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class NotableWork(Relation):
	"""
	Description: The head is a person or group, the tail a work of theirs
	"""
	identifier = "P800"
	def __init__(self, head_entity: Person | Organization, tail_entity: Miscellaneous | Person):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class OfficialLanguage(Relation):
	"""
	Description: The head is a country or body, the tail a language that is official in it
	"""
	identifier = "P37"
	def __init__(self, head_entity: Location | Organization, tail_entity: Miscellaneous | Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Operator(Relation):
	"""
	Description: The head is a facility, line, vehicle or service, the tail the one that runs it
	"""
	identifier = "P137"
	def __init__(self, head_entity: Location | Miscellaneous | Organization, tail_entity: Organization):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class OriginalLanguageOfFilmOrTVShow(Relation):
	"""
	Description: The head is a film or show, the tail the language it was first made in
	"""
	identifier = "P364"
	def __init__(self, head_entity: Miscellaneous, tail_entity: Location | Miscellaneous):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class OriginalNetwork(Relation):
	"""
	Description: The head is a show, the tail the network on which it was first broadcast
	"""
	identifier = "P449"
	def __init__(self, head_entity: Miscellaneous | Person, tail_entity: Organization | Miscellaneous):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class OwnedBy(Relation):
	"""
	Description: The head is a thing or body, the tail its owner
	"""
	identifier = "P127"
	def __init__(self, head_entity: Organization | Miscellaneous | Location, tail_entity: Organization | Miscellaneous):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class ParentOrganization(Relation):
	"""
	Description: The head is a body or firm, the tail the larger one it belongs to
	"""
	identifier = "P749"
	def __init__(self, head_entity: Organization | Miscellaneous, tail_entity: Organization | Miscellaneous):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class ParentTaxon(Relation):
	"""
	Description: The head is a group of living things, the tail the next larger group it belongs to
	"""
	identifier = "P171"
	def __init__(self, head_entity: Miscellaneous, tail_entity: Miscellaneous):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PartOf(Relation):
	"""
	Description: The head is one of the parts or members that make up the tail
	"""
	identifier = "P361"
	def __init__(self, head_entity: Location | Person | Miscellaneous | Organization, tail_entity: Organization | Location | Miscellaneous):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PartOfTheSeries(Relation):
	"""
	Description: The head is a work, the tail the series it belongs to
	"""
	identifier = "P179"
	def __init__(self, head_entity: Miscellaneous, tail_entity: Miscellaneous | Organization):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Participant(Relation):
	"""
	Description: The head is an event, the tail one that took part in it
	"""
	identifier = "P710"
	def __init__(self, head_entity: Miscellaneous, tail_entity: Person | Organization | Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class ParticipantOf(Relation):
	"""
	Description: The head took part in the tail, which is an event
	"""
	identifier = "P1344"
	def __init__(self, head_entity: Person | Organization | Location, tail_entity: Miscellaneous):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Performer(Relation):
	"""
	Description: The head is a song, album or role, the tail the one who performs it
	"""
	identifier = "P175"
	def __init__(self, head_entity: Miscellaneous | Person, tail_entity: Person | Organization):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PlaceOfBirth(Relation):
	"""
	Description: The head is a person, the tail the place where the person was born
	"""
	identifier = "P19"
	def __init__(self, head_entity: Person, tail_entity: Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PlaceOfDeath(Relation):
	"""
	Description: The head is a person, the tail the place where the person died
	"""
	identifier = "P20"
	def __init__(self, head_entity: Person, tail_entity: Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Platform(Relation):
	"""
	Description: The head is a game or software, the tail the machine or system it runs on
	"""
	identifier = "P400"
	def __init__(self, head_entity: Miscellaneous, tail_entity: Miscellaneous):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PointInTime(Relation):
	"""
	Description: The head is an event, the tail the time at which it took place
	"""
	identifier = "P585"
	def __init__(self, head_entity: Miscellaneous, tail_entity: Time):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PositionHeld(Relation):
	"""
	Description: The head is a person, the tail an office or post the person holds or held
	"""
	identifier = "P39"
	def __init__(self, head_entity: Person, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PresentInWork(Relation):
	"""
	Description: The head is a character, the tail a work in which it appears
	"""
	identifier = "P1441"
	def __init__(self, head_entity: Person | Miscellaneous, tail_entity: Miscellaneous):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Producer(Relation):
	"""
	Description: The head is a film, show or piece of music, the tail the person who produced it
	"""
	identifier = "P162"
	def __init__(self, head_entity: Miscellaneous, tail_entity: Person | Organization):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class ProductOrMaterialProduced(Relation):
	"""
	Description: The head is a firm, place or industry, the tail what it makes
	"""
	identifier = "P1056"
	def __init__(self, head_entity: Organization | Miscellaneous, tail_entity: Miscellaneous):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class ProductionCompany(Relation):
	"""
	Description: The head is a film or show, the tail the firm that produced it
	"""
	identifier = "P272"
	def __init__(self, head_entity: Miscellaneous, tail_entity: Organization | Miscellaneous):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class PublicationDate(Relation):
	"""
	Description: The head is a work, the tail the time at which it came out
	"""
	identifier = "P577"
	def __init__(self, head_entity: Miscellaneous, tail_entity: Time):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Publisher(Relation):
	"""
	Description: The head is a book, game or other work, the tail the one that published it
	"""
	identifier = "P123"
	def __init__(self, head_entity: Miscellaneous | Organization, tail_entity: Organization):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class RecordLabel(Relation):
	"""
	Description: The head is an artist or a recording, the tail the label that brings the music out
	"""
	identifier = "P264"
	def __init__(self, head_entity: Person | Miscellaneous | Organization, tail_entity: Organization | Miscellaneous):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Religion(Relation):
	"""
	Description: The head is a person, body or place, the tail the religion or church it belongs to
	"""
	identifier = "P140"
	def __init__(self, head_entity: Person | Organization, tail_entity: Organization):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class ReplacedBy(Relation):
	"""
	Description: The tail takes the place of the head
	"""
	identifier = "P1366"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Replaces(Relation):
	"""
	Description: The head takes the place of the tail
	"""
	identifier = "P1365"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Residence(Relation):
	"""
	Description: The head is a person, the tail the place where the person lives or lived
	"""
	identifier = "P551"
	def __init__(self, head_entity: Person | Organization, tail_entity: Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Screenwriter(Relation):
	"""
	Description: The head is a film or show, the tail the person who wrote its script
	"""
	identifier = "P58"
	def __init__(self, head_entity: Miscellaneous, tail_entity: Person):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class SeparatedFrom(Relation):
	"""
	Description: The head came to be by splitting off from the tail
	"""
	identifier = "P807"
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Sibling(Relation):
	"""
	Description: The head and the tail have a parent in common, in either direction
	"""
	identifier = "P3373"
	def __init__(self, head_entity: Person, tail_entity: Person):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Spouse(Relation):
	"""
	Description: The head is or was married to the tail, in either direction
	"""
	identifier = "P26"
	def __init__(self, head_entity: Person, tail_entity: Person):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class StartTime(Relation):
	"""
	Description: The head is an event, state of things or body, the tail the time at which it began
	"""
	identifier = "P580"
	def __init__(self, head_entity: Miscellaneous, tail_entity: Time):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class SubclassOf(Relation):
	"""
	Description: The head is a class, the tail a wider class that takes in all of it
	"""
	identifier = "P279"
	def __init__(self, head_entity: Organization | Miscellaneous, tail_entity: Organization | Miscellaneous):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Subsidiary(Relation):
	"""
	Description: The head is a body or firm, the tail a smaller one that belongs to it
	"""
	identifier = "P355"
	def __init__(self, head_entity: Organization | Miscellaneous, tail_entity: Organization | Miscellaneous):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class TwinnedAdministrativeBody(Relation):
	"""
	Description: The head and the tail are towns or regions that are partners, in either direction
	"""
	identifier = "P190"
	def __init__(self, head_entity: Location, tail_entity: Location):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class WorkLocation(Relation):
	"""
	Description: The head is a person, the tail the place where the person worked
	"""
	identifier = "P937"
	def __init__(self, head_entity: Person, tail_entity: Location | Person):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)
