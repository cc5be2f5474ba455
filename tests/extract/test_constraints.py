"""What violates the schema: ends of relations and arguments of types that it does not want there."""

import pytest

from kcjax.corpus.document import Argument, Entity, Event, Mention, Relation
from kcjax.extract.constraints import marked
from kcjax.schema.source import parse_schema

SCHEMA = parse_schema(
    """
class Person(Entity):
	pass

class Vessel(Entity):
	pass

class Ship(Vessel):
	pass

class Ferry(Ship):
	pass

class Raft(Boat):
	pass

class CrewMember(Relation):
	def __init__(self, head_entity: Vessel, tail_entity: Person):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Near(Relation):
	def __init__(self, head_entity: Entity, tail_entity: Entity):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Voyage(Event):
	def __init__(self, trigger: str, vessel: List[Union[Vessel, Person]], destination: List[Entity]):
		super().__init__(trigger = trigger)
		self.vessel = vessel
		self.destination = destination
""",
    filename="schema.py",
)


def violated(head: str, tail: str, relation: str = "CrewMember", **options) -> tuple[str, ...]:
    entities = [Entity(0, 1, "a", head), Entity(2, 3, "b", tail)]
    ((found,), _) = marked(entities, [Relation(relation, 0, 1)], [], SCHEMA, **options)
    return found.violates


@pytest.mark.parametrize(
    ("head", "tail", "wrong"),
    [
        ("Vessel", "Person", ()),
        ("Ferry", "Person", ()),  # a descendant
        ("Person", "Person", ("head",)),
        ("Vessel", "Ship", ("tail",)),
        ("Person", "Ferry", ("head", "tail")),
        ("Entity", "Person", ()),  # of no known type
        ("Comet", "Comet", ()),
    ],
)
def test_an_end_must_be_of_a_type_wanted_or_of_one_below_it(head, tail, wrong):
    assert violated(head, tail) == wrong


def test_anything_goes_where_the_schema_wants_any_entity_or_does_not_know_the_relation():
    assert violated("Person", "Ship", "Near") == violated("Person", "Ship", "Unknown") == ()


def test_ancestors_that_the_schema_does_not_name_count_where_they_are_known():
    assert violated("Raft", "Person") == ("head",)
    assert violated("Raft", "Person", ancestors={"Raft": ["Boat", "Vessel"], "Person": []}.get) == ()


def arguments(role: str, *types: str) -> list[bool]:
    entities = [Entity(5, 6, "x", name) for name in types]
    event = Event("Voyage", Mention(0, 4, "sail"), (Argument(5, 6, "x", role), Argument(7, 8, "y", role)), 0.5)
    (_, (found,)) = marked(entities, [], [event], SCHEMA)
    assert (found.trigger, found.confidence) == (event.trigger, 0.5)
    return [argument.violates for argument in found.arguments]


@pytest.mark.parametrize(
    ("role", "types", "wrong"),
    [
        ("vessel", ["Ferry"], False),
        ("vessel", ["Person"], False),
        ("vessel", ["Raft"], True),
        ("vessel", ["Raft", "Ship"], False),  # one of its types is enough
        ("vessel", ["Comet"], False),
        ("vessel", [], False),  # no entity
        ("destination", ["Raft"], False),
        ("unknown", ["Raft"], False),
    ],
)
def test_an_argument_that_is_an_entity_must_be_of_a_type_of_its_role(role, types, wrong):
    assert arguments(role, *types) == [wrong, False]
