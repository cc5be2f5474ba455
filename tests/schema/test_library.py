"""The library file: what goes in comes out, the taxonomy answers as the types say, and nothing half-made is opened."""

import itertools
import sqlite3
import subprocess
import sys
import threading

import pytest

from kcjax.errors import InputError
from kcjax.schema.library import SchemaLibrary, write_library
from kcjax.schema.library_build import LibraryBuilder
from kcjax.schema.types import EntityType, RelationType
from tests.schema.test_library_build import built


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("library") / "world.kcjax"
    types, builder = built()
    write_library(path, types.values(), builder.told)
    return path


@pytest.fixture(scope="module")
def library(path):
    return SchemaLibrary(path)


@pytest.fixture(scope="module")
def types():
    return {name: entry.type for name, entry in built()[0].items()}


def above(types, name):
    """Ancestors by the code of the classes."""
    parents = types[name].parents if name in types else ()
    return set(parents).union(*(above(types, parent) for parent in parents)) if parents else set()


def test_types_come_out_as_they_went_in(library, types):
    assert {t.name: t for t in library.types()} == types and len(library) == len(types)
    assert all(library[name] == made for name, made in types.items())
    assert list(library.names()) == list(types)
    assert all(isinstance(t, RelationType) for t in library.types("relation"))
    assert "Town" in library and "Nowhere" not in library
    with pytest.raises(KeyError, match="Nowhere"):
        library["Nowhere"]


def test_types_are_found_by_identifier_label_and_alias(library):
    assert library.by_identifier("Q10") == ["Race", "RaceEvent"] and library.by_identifier("Q99") == []
    assert library.by_label(" Small  TOWN ") == ["Town"] and set(library.by_label("town")) == {
        "Town",
        "Town_Q6",
        "TownRelation",
    }
    assert library.info("Town")["aliases"] == ["small town"] and library.info("Town")["instances"] == 7
    assert library.info("BornIn")["constraints"] == {"head": ["Q5"], "tail": ["Q3", "Q4", "Q2"]}


def test_taxonomy_agrees_with_the_classes(library, types):
    bases = {"Entity", "Relation", "Event"}
    for name in types:
        assert set(library.ancestors(name)) == above(types, name) - bases
        assert name not in library.ancestors(name) and set(library.parents(name)) <= set(library.ancestors(name))
        assert all(name in library.ancestors(other) for other in library.descendants(name))
        assert all(name in library.parents(child) for child in library.children(name))
    for a, b in itertools.product(types, types):
        assert library.is_a(a, b) == (a == b or b in library.ancestors(a))
        common = ({a} | set(library.ancestors(a))) & ({b} | set(library.ancestors(b)))
        lowest = library.lowest_common_ancestor(a, b)
        assert lowest in (common or bases)
        assert not any(lowest in library.ancestors(other) for other in common)
    assert library.is_a("Town", "Entity") and not library.is_a("Town", "Event") and library.is_a("RaceEvent", "Event")


def test_constraints_allow_the_types_named_and_those_below(library):
    assert library.allows("BornIn", "Captain", "HarbourTown") and library.allows("BornIn", "Entity", "Entity")
    assert not library.allows("BornIn", "Town", "HarbourTown") and not library.allows("BornIn", "Human", "Human")
    assert library.allows("TownRelation", "Print", "Human")  # not constrained
    with pytest.raises(KeyError):
        library.allows("Town", "Human", "Human")


def test_search_and_retrieval_find_types_by_what_is_said(library):
    assert library.search("a town with a harbour")[0][0] == "HarbourTown"
    assert library.search("xylophone") == []
    # Riga is known for a town, and a town is a place.
    found = [name for name, _ in library.retrieve("They reached Riga at dawn.", k=3, kind="entity")]
    assert found[0] == "Town" and "Place" in found
    lower = dict(library.retrieve("they reached riga at dawn.", k=20))
    assert lower["Town"] < dict(library.retrieve("They reached Riga at dawn.", k=20))["Town"]
    assert library.retrieve("Who was born in Porto?", k=1, kind="relation")[0][0] == "BornIn"
    assert library.retrieve("She sailed away.", k=1, kind="event")[0][0] == "Sail"
    # The sentence names neither a person nor one of their kind, but a relation of persons.
    unrelated, related = (
        dict(library.retrieve(text, k=20))["Human"] for text in ("dark and cold", "where they were born in the dark")
    )
    assert related > unrelated
    assert library.retrieve("", k=2) and len(library.retrieve("Riga", k=5)) == 5


def test_a_subset_is_a_schema_in_the_order_of_the_library(library):
    schema = library.schema(["HarbourTown", "BornIn", "Town", "Town"])
    assert [t.name for t in schema.by_name.values()] == ["Town", "HarbourTown", "BornIn"]


def test_stats_count_what_is_there(library, types):
    kinds = [type(t).__name__ for t in types.values()]
    assert library.stats["entity_types"] == kinds.count("EntityType") == 12
    assert library.stats["relation_types"] == 4 and library.stats["event_types"] == 3
    assert library.stats["described"] == sum(bool(t.description) for t in types.values())
    assert library.stats["relations_constrained_both"] == 2
    assert library.stats["sources"] == {"table": 3, "wikidata": 18}
    assert library.report["circular edges cut"] == 1


def test_same_entries_give_the_same_file(path, tmp_path):
    types, builder = built()
    write_library(tmp_path / "again.kcjax", types.values(), builder.told)
    assert (tmp_path / "again.kcjax").read_bytes() == path.read_bytes()


def test_a_failure_leaves_no_file(tmp_path):
    types, builder = built()

    def breaking():
        yield from list(types.values())[:3]
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        write_library(tmp_path / "half.kcjax", breaking(), builder.told)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_library_answers(tmp_path):
    write_library(tmp_path / "empty.kcjax", LibraryBuilder().entries(), dict)
    library = SchemaLibrary(tmp_path / "empty.kcjax")
    assert len(library) == 0 and library.retrieve("Riga") == [] and library.search("Riga") == []


@pytest.mark.parametrize("damage", ["absent", "text", "other", "format", "cut"])
def test_what_is_no_library_is_refused(path, tmp_path, damage):
    bad = tmp_path / "bad.kcjax"
    if damage == "text":
        bad.write_text("class City(Entity): pass\n" * 200)
    elif damage == "cut":
        bad.write_bytes(path.read_bytes()[:6000])
    elif damage != "absent":
        bad.write_bytes(path.read_bytes())
        connection = sqlite3.connect(bad)
        connection.execute("PRAGMA application_id = 7" if damage == "other" else "PRAGMA user_version = 99")
        connection.commit()
        connection.close()
    remedy = "library build" if damage in ("absent", "other") else "build it again"
    with pytest.raises(InputError, match=rf"bad\.kcjax: .*{remedy}"):
        SchemaLibrary(bad)


def test_threads_may_share_a_library(library):
    wrong = []

    def ask():
        for _ in range(50):
            if library["Town"] != EntityType("Town", ("Place",), "a small city", ("Riga", "Porto"), "Q3"):
                wrong.append("Town")
            library.retrieve("They reached Riga at dawn.")

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_opening_a_library_loads_no_numerics(path):
    code = (
        "import sys; from kcjax.schema.library import SchemaLibrary\n"
        f"library = SchemaLibrary({str(path)!r}); library['Town']; library.ancestors('HarbourTown')\n"
        "print([name for name in ('jax', 'numpy', 'scipy', 'tensorflow', 'torch') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_a_text_of_any_length_and_kind_is_asked_with(library):
    library._connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 50)
    long = " ".join(f"Word{n}" for n in range(2000)) + " Riga"
    assert library.retrieve(long, k=1) and library.search(long, k=1)
    for odd in ("Ada \ud800", "", "\x00", "'; DROP TABLE types; --"):
        library.retrieve(odd), library.search(odd), library.by_label(odd)
        assert odd not in library
