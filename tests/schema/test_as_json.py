"""JSON schemas: whole schemas survive the way there and back, and what is wrong with one is named."""

import json

import pytest
from hypothesis import given

from kcjax.errors import InputError
from kcjax.schema.as_json import schema_from_json, schema_to_json
from kcjax.schema.code import schema_source
from kcjax.schema.source import parse_schema, read_schema, write_schema
from kcjax.schema.types import EntityType, EventType, RelationType, Role, Schema
from tests.schema.strategies import schemas

SMALL = Schema(
    (EntityType("Person", identifier="Q5", cleanups=("drop_pronouns",)), EntityType("City", examples=("Riga",))),
    (RelationType("BornIn", examples=(("Ada", "Riga"),), head=("Person",), tail=("City",)),),
    (EventType("Voyage", roles=(Role("traveller", ("Person",)), Role("vessel"))),),
)


@given(schemas())
def test_schema_survives_json(schema):
    assert schema_from_json(json.loads(json.dumps(schema_to_json(schema))), filename="s.json") == schema


def test_only_what_is_not_by_default_is_written():
    assert schema_to_json(SMALL) == {
        "entities": [
            {"name": "Person", "identifier": "Q5", "cleanups": ("drop_pronouns",)},
            {"name": "City", "examples": ("Riga",)},
        ],
        "relations": [{"name": "BornIn", "examples": (("Ada", "Riga"),), "head": ("Person",), "tail": ("City",)}],
        "events": [
            {"name": "Voyage", "roles": [{"name": "traveller", "types": ("Person",)}, {"name": "vessel"}]},
        ],
    }


@pytest.mark.parametrize("name", ["schema.json", "schema.py"])
def test_schema_files_are_read_by_their_names(tmp_path, name):
    write_schema(tmp_path / name, SMALL)
    assert read_schema(tmp_path / name) == SMALL
    text = (tmp_path / name).read_text()
    assert text.startswith("{" if name == "schema.json" else "from __future__")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "s.json: no type found"),
        ({"entitys": []}, "the schema has the unknown key 'entitys'; known: entities, relations, events"),
        ({"entities": {}}, "entities must be a list"),
        ({"entities": ["City"]}, r"entities\[0\] must be an object"),
        ({"entities": [{"nme": "City"}]}, r"entities\[0\] has the unknown key 'nme'"),
        ({"entities": [{}]}, r"entities\[0\] has no name"),
        ({"entities": [{"name": 5}]}, r"entities\[0\].name must be a string, found 5"),
        ({"entities": [{"name": "a city"}]}, r"entities\[0\] is no type: the class name 'a city'"),
        ({"entities": [{"name": "City", "parents": "Place"}]}, r"entities\[0\].parents must be a list"),
        ({"entities": [{"name": "City", "cleanups": ["rm"]}]}, "the clean-up 'rm' is unknown"),
        ({"entities": [{"name": "City", "examples": [None]}]}, r"entities\[0\].examples\[0\] must be a string"),
        ({"entities": [{"name": "City"}], "events": [{"name": "City"}]}, "the type City is defined twice"),
        ({"relations": [{"name": "In", "examples": [["a"]]}]}, r"relations\[0\].examples\[0\] must be a pair"),
        ({"relations": [{"name": "In", "head": []}]}, "head and tail need an entity type"),
        ({"events": [{"name": "Voyage", "roles": [{"types": []}]}]}, r"events\[0\].roles\[0\] has no name"),
        ({"events": [{"name": "Voyage", "roles": [{"name": "trigger"}]}]}, "the role 'trigger' is reserved"),
    ],
)
def test_what_is_wrong_is_named(value, message):
    with pytest.raises(InputError, match=message):
        schema_from_json(value, filename="s.json")


@given(schemas())
def test_json_and_source_hold_the_same_schema(schema):
    assert parse_schema(schema_source(schema), filename="s.py") == schema


def test_an_unknown_key_of_a_role_is_refused():
    value = {"events": [{"name": "V", "roles": [{"name": "who", "kinds": ["Person"]}]}]}
    with pytest.raises(InputError, match=r"x: events\[0\]\.roles\[0\] has the unknown key 'kinds'; known: name, types"):
        schema_from_json(value, filename="x")
