"""Facts to types: what is kept, named and typed how, whatever the order of the facts."""

import random

import pytest

from kcjax.schema.concept import Claim, Concept, Instances, Property, RoleTable
from kcjax.schema.library_build import LibraryBuilder, LibraryOptions

# A small world: places, people and ships; Q35120 is the root of all, Q1656682 of all events, Q17442446 is internal.
FACTS = [
    Concept("Q35120", "entity"),
    Concept("Q1", "place", "somewhere", parents=("Q35120",)),
    Concept("Q2", "", parents=("Q1",)),  # nobody has named it in English
    Concept("Q3", "town", "a small city", ("small town",), ("Q2",)),
    Concept("Q4", "harbour town", "town with a harbour", parents=("Q3", "Q1")),
    Concept("Q5", "human", "a person", parents=("Q35120",)),
    Concept("Q6", "town", "in another sense", parents=("Q35120",)),
    Concept("Q7", "captain", parents=("Q5",)),
    Concept("Q17442446", "internal item", parents=("Q35120",)),
    Concept("Q8", "list of towns", parents=("Q17442446",)),
    Concept("Q9", "list of ships", parents=("Q1",), instance_of=("Q8",)),
    Concept("Q1656682", "event", parents=("Q35120",)),
    Concept("Q10", "race", "who is first", ("regatta", "long sailing race"), ("Q1656682",)),
    Concept("Q11", "harbour race", parents=("Q10",)),
    Concept("Q12", "ring", parents=("Q13", "Q1")),
    Concept("Q13", "circle", parents=("Q12",)),
    Concept("Q14", "print", parents=("Q35120",)),
    Instances("Q3", 7, (("Riga", "a town"), ("Porto", "another"), ("Riga", "once more"))),
    Instances("Q5", 90, (("Ada", "a captain"),)),
    Property("P1", "born in", "where life began", subject_types=("Q5",), value_types=("Q3", "Q4", "Q2")),
    Property("P2", "town", "where it is", parents=("P1",), value_types=("Q404",)),
    Property("P3", "", "unnamed"),
    Property("P4", "untold"),
    Property("P5", "winner", "who was first", subject_types=("Q10",), value_types=("Q5",)),
    Property("P6", "rival", "of whom", subject_types=("Q5",)),
    *[Claim("P6", f"Ada {n}", ("Q5",), f"Bo {n}", ("Q7",)) for n in range(5)],
    *[Claim("P6", "Ada", ("Q5",), f"Cy {n}", ("Q3",)) for n in range(4)],
    RoleTable("table:sail.01", "sail", "to go by ship", roles=(("sailor", ("Q7",)), ("class", ()), ("sailor", ()))),
    RoleTable("Q11", "harbour race", "a race in a harbour", ("Q10",), (("boat", ("Q404",)),)),
]


def built(*more, **options):
    builder = LibraryBuilder(LibraryOptions(**options))
    for fact in [*FACTS, *more]:
        builder.add(fact, source="table" if isinstance(fact, RoleTable) else "wikidata")
    entries = list(builder.entries())
    return {entry.type.name: entry for entry in entries}, builder


@pytest.fixture(scope="module")
def world():
    return built()


def test_classes_become_types_with_the_parents_that_are_left(world):
    types, builder = world
    assert types["Place"].type.parents == ("Entity",)  # the root of all is the base class
    assert types["Town"].type.parents == ("Place",)  # the class between has no English name
    assert types["HarbourTown"].type.parents == ("Town",)  # a place it is by that
    assert types["Human"].type.identifier == "Q5" and types["Human"].instances == 90
    assert builder.report["classes left out: without an English label"] == 1
    assert builder.report["classes left out: the base class itself"] == 1


def test_what_stands_below_an_excluded_root_is_left_out(world):
    types, builder = world
    assert not {"InternalItem", "ListOfTowns", "ListOfShips"} & set(types)
    assert builder.report["classes left out: below an excluded root"] == 2
    assert builder.report["classes left out: instances of an excluded class"] == 1
    assert "ListOfShips" in built(Instances("Q9", 1))[0]  # of which there are some
    assert {"ListOfTowns", "ListOfShips"} <= set(built(excluded_roots=())[0])


def test_cycles_are_cut_at_the_younger_class_and_told(world):
    types, builder = world
    assert types["Ring"].type.parents == ("Place",) and types["Circle"].type.parents == ("Ring",)
    assert builder.cycles == ["ring -> circle"]


def test_names_go_to_the_best_known_and_never_to_pythons_own(world):
    types, _ = world
    assert types["Town"].type.identifier == "Q3" and types["Town_Q6"].type.identifier == "Q6"
    assert types["Print"].type.identifier == "Q14"  # `print` is taken, `Print` is not
    assert types["TownRelation"].type.identifier == "P2"
    spouse = Concept("Q21", "rival", "of whom there are none", parents=("Q5",))
    assert built(spouse)[0]["Rival"].type.identifier == "P6" and "RivalEntity" in built(spouse)[0]
    known, _ = built(spouse, Instances("Q21", 5))
    assert known["Rival"].type.identifier == "Q21" and "RivalRelation" in known
    assert types["Race"].type.identifier == "Q10" and "RaceEvent" in types


def test_examples_are_the_best_known_instances_each_once(world):
    assert world[0]["Town"].type.examples == ("Riga", "Porto")
    assert built(max_examples=1)[0]["Town"].type.examples == ("Riga",)
    types, builder = built(avoid=frozenset({"riga", "bo 1"}))
    assert types["Town"].type.examples == ("Porto",)
    assert not any("Bo 1" in pair for pair in types["Rival"].type.examples)
    assert builder.report["examples left out: mentions to avoid"] == 2


def test_relations_have_the_ends_of_their_constraints(world):
    types, builder = world
    born = types["BornIn"].type
    assert born.head == ("Human",) and born.tail == ("Place",)  # the unnamed class stands for its parent
    assert types["BornIn"].constraints == {"head": ("Q5",), "tail": ("Q3", "Q4", "Q2")}
    place = next(entry for entry in types.values() if entry.type.identifier == "P2")
    assert place.type.parents == ("BornIn",) and place.type.tail == ("Entity",)
    assert builder.report["relations left out: without an English label"] == 1
    assert builder.report["relations left out: neither described nor constrained"] == 1
    assert builder.report["relations constrained on both sides"] == 2
    assert builder.report["relations whose tail is constrained to classes that are not in the library"] == 1


def test_a_class_that_only_a_constraint_names_is_one():
    named = Property("P8", "moored at", "where it lies", value_types=("Q40",))
    types, builder = built(named, Concept("Q40", "mooring"))
    assert types["MooredAt"].type.tail == ("Mooring",) and types["Mooring"].type.parents == ("Entity",)
    assert builder.report["classes that only constraints name"] == 1
    assert builder.report["classes"] == built()[1].report["classes"]  # counts what the taxonomy and instances show


def test_an_end_without_constraint_is_typed_by_enough_claims(world):
    assert world[0]["Rival"].type.tail == ("Captain",)  # five claims; towns have four
    assert built(min_support=4)[0]["Rival"].type.tail == ("Captain", "Town")
    assert built(min_support=6)[0]["Rival"].type.tail == ("Entity",)
    assert len(world[0]["Rival"].type.examples) == 9


def test_events_are_the_classes_below_the_roots_and_those_of_tables(world):
    types, _ = world
    race, harbour, sail = (types[name].type for name in ("RaceEvent", "HarbourRaceEvent", "Sail"))
    assert race.parents == ("Event",) and race.examples == ("race", "regatta")
    assert [(role.name, role.types) for role in race.roles] == [("winner", ("Human",))]
    assert harbour.parents == ("RaceEvent",) and [role.name for role in harbour.roles] == ["boat"]
    assert harbour.description == "a race in a harbour" and types["HarbourRaceEvent"].sources == ("wikidata", "table")
    assert [(role.name, role.types) for role in sail.roles] == [("sailor", ("Captain",)), ("class_", ("Entity",))]
    assert types["Sail"].sources == ("table",) and "EventEvent" not in types


def test_roles_beyond_the_most_are_counted():
    types, builder = built(max_roles=1)
    assert len(types["Sail"].type.roles) == 1
    assert builder.report["roles left out: more than may be"] == 1


def test_selection_contracts_what_it_leaves_out():
    types, _ = built(min_instances=5)
    assert {e.type.identifier for e in types.values() if e.type.identifier[0] == "Q"} >= {"Q3", "Q5"}
    assert "Place" not in {e.type.name for e in types.values() if e.concept.id == "Q1"}
    assert types["Town"].type.parents == ("Entity",)
    chosen, _ = built(concepts=frozenset({"Q4", "place"}))
    assert chosen["HarbourTown"].type.parents == ("Place",)
    assert {e.concept.id for e in chosen.values()} >= {"Q1", "Q4"} and "Human" not in chosen


def test_classes_of_other_sources_need_a_wikidata_id_unless_kept():
    own = Concept("other:1", "jetty", parents=("Q1",)), Concept("other:2", "pier", parents=("other:1",))
    linked = Concept("Q20", "quay", parents=("other:2",))
    builder = LibraryBuilder()
    for fact in FACTS:
        builder.add(fact, source="wikidata")
    for fact in (*own, linked):
        builder.add(fact, source="other")
    types = {e.type.name: e for e in builder.entries()}
    assert "Jetty" not in types and types["Quay"].type.parents == ("Place",) and types["Quay"].sources == ("other",)
    assert builder.report["classes left out: without a Wikidata id"] == 2
    assert built(*own, keep_unlinked=True)[0]["Pier"].type.parents == ("Jetty",)


def test_a_second_source_fills_in_and_does_not_overrule():
    builder = LibraryBuilder()
    for fact in FACTS:
        builder.add(fact, source="wikidata")
    builder.add(Concept("Q7", "skipper", "who commands", ("master",), ("Q1",)), source="other")
    builder.add(Concept("Q30", "Ada", instance_of=("Q5",)), source="wikidata")
    builder.add(Concept("Q30", "Ada", parents=("Q5",)), source="other")
    types = {e.type.name: e for e in builder.entries()}
    captain = types["Captain"]
    assert captain.type.parents == ("Human",) and captain.type.description == "who commands"
    assert captain.concept.aliases == ["skipper", "master"] and captain.sources == ("wikidata", "other")
    assert builder.report["single things that a table has for classes"] == 1
    assert "Ada" not in types


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_facts_changes_nothing(world, seed):
    facts = [fact for fact in FACTS if not isinstance(fact, RoleTable)]
    twice = [Concept("Q3", "town", "told twice"), Property("P5", "winner", "told twice")]
    results = []
    for shuffle in (False, True):
        builder = LibraryBuilder()
        own = [*facts, *twice]
        if shuffle:
            random.Random(seed).shuffle(own)
        for fact in own:
            builder.add(fact, source="wikidata")
        for fact in FACTS[len(facts) :]:
            builder.add(fact, source="table")
        results.append((list(builder.entries()), builder.told()))
    assert results[0] == results[1]
    assert results[0][1]["classes given twice by a source"] == results[0][1]["properties given twice"] == 1


def test_parents_stand_before_their_children(world):
    for number, entry in enumerate(world[0].values()):
        assert all(parent < number for parent in entry.parents)
