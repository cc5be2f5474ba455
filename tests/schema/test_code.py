"""Definition code: exact, valid Python whatever the types hold, and read back as the same types."""

import ast
import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given

from kcjax.errors import InputError
from kcjax.schema.as_json import schema_to_json
from kcjax.schema.code import KNOWCODER, check_schema, definition, imports, quoted, schema_source
from kcjax.schema.source import parse_schema
from kcjax.schema.types import EntityType, EventType, RelationType, Role, Schema
from tests.schema.strategies import entity_types, event_types, relation_types, texts

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "golden.json").read_text("utf-8"))

CITY = EntityType("City", ("HumanSettlement",), "large human settlement", ("Riga", "Porto", "Old Harbour"))
SHIP = EntityType("Ship", ("Vehicle",), "", ("Vega", "a fishing boat"))
BORN = RelationType(
    "PlaceOfBirth",
    description="most specific known birth location of a person",
    examples=(("Ada Brandt", "Riga"), ("Tomás", "Porto")),
    head=("Person",),
    tail=("City", "Village"),
)
VOYAGE = EventType(
    "Voyage",
    description="a journey by water",
    examples=("sailed", "crossing"),
    roles=(Role("traveller", ("Person", "Group")), Role("vessel")),
)


def read_back(
    code: str, *, known: str = "from Entities import Known, Other\n"
) -> EntityType | RelationType | EventType:
    schema = parse_schema(known + code + "\n", filename="code")
    (found,) = schema.by_name.values()
    return found


@given(entity_types | relation_types | event_types)
def test_definition_reads_back_as_its_type(type):
    assert read_back(definition(type)) == type


@given(event_types)
def test_detection_form_reads_back_without_role_types(type):
    bare = dataclasses.replace(type, roles=tuple(Role(role.name) for role in type.roles))
    assert read_back(definition(type, form="detection")) == bare


@given(entity_types | relation_types | event_types)
def test_without_comments_description_and_examples_are_absent(type):
    code = definition(type, comments=False)
    assert '"""' not in code and "#" not in code
    assert read_back(code) == dataclasses.replace(type, description="", examples=())


@given(texts)
def test_quoted_string_evaluates_to_the_text(text):
    literal = quoted(text)
    assert ast.literal_eval(literal) == text
    assert "\n" not in literal and "\r" not in literal


def test_quoted_escapes_only_what_must_be():
    assert quoted("Åsa's \u2028 'é' {x}") == "\"Åsa's \u2028 'é' {x}\""
    assert quoted('a"b\\c\nd\te\rf\x00\x7f\ud800') == '"a\\"b\\\\c\\nd\\te\\rf\\x00\\x7f\\ud800"'


def test_definitions_equal_the_golden_text():
    born = dataclasses.replace(BORN, tail=("City",))
    assert definition(CITY) + "\n\n" + definition(born) == GOLDEN["understanding"]["definition"]


def test_every_form_of_an_event():
    assert definition(VOYAGE) == (
        "class Voyage(Event):\n"
        '\t"""\n\tDescription: a journey by water\n\t"""\n'
        "\tdef __init__(\n\t\tself,\n\t\ttrigger: str, # Examples: sailed, crossing\n"
        "\t\ttraveller: List[Person | Group],\n\t\tvessel: List[Entity],\n\t):\n"
        "\t\tsuper().__init__(trigger = trigger)\n\t\tself.traveller = traveller\n\t\tself.vessel = vessel"
    )
    assert "\t\ttraveller: List[Entity],\n" in definition(VOYAGE, form="untyped")
    assert '\t\targ_names = ["traveller", "vessel"]\n' in definition(VOYAGE, form="detection")
    assert "\tExamples: sailed, crossing\n" in definition(VOYAGE, form="detection")


def test_unions_and_untyped_ends_of_a_relation():
    assert "(self, head_entity: Person, tail_entity: City | Village):" in definition(BORN)
    assert "(self, head_entity: Entity, tail_entity: Entity):" in definition(BORN, form="untyped")


def test_unknown_description_keeps_its_line_and_no_examples_have_none():
    assert definition(SHIP).splitlines()[2:4] == ["\tDescription:", "\tExamples: Vega, a fishing boat"]
    assert "Examples" not in definition(EntityType("Ship"))


def test_misreadable_examples_are_quoted():
    items = ("Porto, Portugal", '"Vega"', "plain", " x")
    assert '\tExamples: "Porto, Portugal", """Vega""", plain, " x"'.replace('"""', '\\"\\"\\"') in definition(
        EntityType("City", examples=items)
    )
    assert '\tExamples: ("Paris (Texas)", Riga)' in definition(
        RelationType("In", examples=(("Paris (Texas)", "Riga"),))
    )


def test_knowcoder_style_has_the_quirks_of_the_authors():
    assert "\tExamples: Riga, Porto, Old Harbour, \n" in definition(CITY, style=KNOWCODER)
    code = definition(VOYAGE, form="untyped", style=KNOWCODER)
    assert "\t\ttrigger: str, # Examples: sailed, crossing, \n\t\ttraveller: List[ Entity ], \n" in code
    quote = EntityType("City", description='a "b" \\c', examples=("Porto, Portugal",))
    assert 'Description: a "b" \\c\n\tExamples: Porto, Portugal, \n' in definition(quote, style=KNOWCODER)
    assert quoted('a "b"', style=KNOWCODER) == '"a "b""'


def test_imports_are_sorted_and_name_each_class_once():
    assert imports("Entities", ["Ship", "City", "Ship"]) == "from Entities import City, Ship"


@pytest.mark.parametrize(
    "type",
    [
        EntityType("message-topic"),
        EntityType("class"),
        EntityType("ﬁsh"),  # Python would read it as "fish"
        EntityType("City\n(Entity): pass\nimport os"),
        EntityType("Entity"),
        EntityType("City", ("Human Settlement",)),
        RelationType("In", head=("a b",)),
        RelationType("In", head=()),
        EntityType("City", cleanups=("eval",)),
        EntityType("City", cleanups=("drop_reflexive",)),
        EntityType("City", cleanups=("drop_pronouns", "drop_pronouns")),
        EventType("Voyage", cleanups=("normalise_date",)),
        EventType("Voyage", roles=(Role("trigger"),)),
        EventType("Voyage", roles=(Role("a"), Role("a"))),
        EventType("Voyage", roles=(Role("a", ()),)),
        EventType("Voyage", roles=(Role("Treatment.Drug"),)),
    ],
    ids=lambda type: type.name,
)
def test_names_that_python_cannot_keep_are_refused(type):
    with pytest.raises(InputError):
        definition(type)


def test_schema_of_all_kinds_reads_back_in_order():
    schema = Schema((CITY, SHIP), (dataclasses.replace(BORN, head=("Ship",), tail=("City",)),), ())
    code = "\n\n".join(definition(t) for t in schema.by_name.values())
    assert parse_schema(code, filename="code") == schema


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (Schema((EntityType("A"),), (RelationType("A"),)), "the type A is defined twice"),
        (Schema((EntityType("A"), EntityType("A", description="x"))), "the type A is defined twice"),
        (Schema((EntityType("A", parents=()),)), "A: names no parent"),
        (Schema((EntityType("A", parents=("B", "B")),)), "A: names no parent, or one twice"),
        (Schema((EntityType("A", parents=("Event",)),)), "A: is of kind Entity, its parent Event of kind Event"),
        (Schema((EntityType("A", parents=("V",)),), events=(EventType("V"),)), "its parent V of kind Event"),
        (Schema((EntityType("A", parents=("B",)), EntityType("B", parents=("A",)))), "is its own ancestor"),
        (Schema(relations=(RelationType("R", head=("Y", "Y")),)), "R: the entity type Y is named twice"),
        (Schema(relations=(RelationType("R", head=("str",)),)), "R: the entity type str"),
    ],
)
def test_types_that_cannot_stand_together_are_refused_by_every_writer(schema, message):
    for write in (check_schema, schema_source, schema_to_json):
        with pytest.raises(InputError, match=message):
            write(schema)


def test_a_long_line_of_ancestors_is_no_cycle():
    chain = [EntityType(f"C{n}", parents=(f"C{n + 1}", f"C{n + 2}")) for n in range(5000)]
    check_schema(Schema(tuple(chain)))
