"""Labels stand for one class each, the same in every run, and what they stood for can be written as a schema."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.convert import Classes
from kcjax.schema.as_json import schema_from_json, schema_to_json
from kcjax.schema.code import schema_source
from kcjax.schema.source import parse_schema
from kcjax.schema.types import EntityType, EventType, RelationType, Role


def test_labels_make_classes_of_their_own_name():
    classes = Classes()
    assert [
        classes.entity(label) for label in ("TV show", "tv-show", "Tv_Show ", "event", "C library", "C++ library")
    ] == [
        *("TvShow", "TvShow", "TvShow"),
        *("EventEntity", "CLibrary", "CLibrary_c___library"),
    ]
    assert classes.relation("event") == "EventRelation" and classes.event("TV show") == "TvShowEvent"
    assert classes.entity("!?") is None and classes.relation(" ") is None
    definition = "A sheltered stretch of water where ships may anchor"
    assert classes.entity(definition) == "AShelteredStretchOfWaterWhere"
    assert classes.entity(definition + " in winter") == "AShelteredStretchOfWaterWhere_Definition"
    schema = classes.schema()
    assert schema.by_name["TvShow"] == EntityType("TvShow", identifier="TV show")
    assert schema.by_name["AShelteredStretchOfWaterWhere"].description == definition
    assert schema.by_name["EventRelation"] == RelationType("EventRelation", identifier="event")


def test_roles_are_those_met():
    classes = Classes()
    event = classes.event("military_command")
    labels = ("Commander", "from", "commander", "commander!", "Start Date", "start-date", "trigger")
    assert [classes.role(event, label) for label in labels] == [
        *("commander", "from_", "commander", "commander_2", "start_date", "start_date", "trigger_"),
    ]
    roles = tuple(map(Role, ("commander", "from_", "commander_2", "start_date", "trigger_")))
    assert classes.schema().events == (EventType("MilitaryCommand", roles=roles, identifier="military_command"),)


@given(st.lists(st.tuples(st.sampled_from(["entity", "relation", "event"]), st.text(max_size=12)), max_size=12))
def test_schemas_of_any_labels_can_be_written_and_labels_stay_apart(labels):
    def run():
        classes = Classes()
        return classes, [getattr(classes, kind)(label) for kind, label in labels]

    classes, names = run()
    assert names == run()[1]
    found = [name for name in names if name]
    schema = classes.schema()
    assert set(schema.by_name) == set(found)
    if found:
        assert schema_from_json(schema_to_json(schema), filename="x") == schema
        assert parse_schema(schema_source(schema), filename="x").by_name.keys() == schema.by_name.keys()


def test_a_librarys_types_are_found_by_label_alias_and_id(known, library):
    assert known.entity("Harbour  Town") == "HarbourTown" and known.entity("person") == "Human"
    assert known.relation("place of birth") == "BornIn" and known.entity("born in") is None
    assert known.relation("went to") is None and known.entity("burgh") is None  # two have that alias
    assert known.entity("town") == "Town"  # the other is not called so
    assert known.of_property("P2") == "Visited" and known.of_property("Q3") is None and known.of_property("P9") is None
    assert known.of_types(["Q1", "Q4", "Q3", "Q99"]) == "HarbourTown" and known.of_types(["Q99"]) is None
    assert known.of_types(["Q5", "Q1"]) == "Human"  # equally deep
    assert known.ends("BornIn") == ("Human", "Town") and known.ends("Visited") == ("Entity", "Entity")
    assert known.schema() == library.schema(["HarbourTown", "Human", "BornIn", "Visited", "Town"])


def test_without_a_library_ids_are_unknown():
    classes = Classes()
    assert classes.of_types(["Q5"]) is classes.of_property("P1") is None
    with pytest.raises(KeyError):
        classes.schema().by_name["Human"]
