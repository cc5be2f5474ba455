"""Tables of other ontologies, known by their headers, read as classes and events with roles."""

import gzip
import json
from pathlib import Path

import pytest

from kcjax.errors import InputError
from kcjax.schema.concept import Concept, RoleTable
from kcjax.schema.tables import read_table

SYNSETS = ("synset", "lexfile", "members", "definition", "examples", "hypernyms", "wikidata")
CLASSES = ("rc", "parents", "typologies", "wikidata_q")
EVENTS = ("id", "source", "label", "description", "parents", "url", "roles")


def write(path: Path, *rows: tuple[str, ...]) -> Path:
    text = "".join("\t".join(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def event(id: str = "e.01", *, roles: object = (), text: str = "", parents: str = "", source: str = "inv") -> tuple:
    written = roles if isinstance(roles, str) else json.dumps(roles)
    return (id, source, "an event", text, parents, "", written)


def read_event(directory: Path, *args, **fields) -> RoleTable:
    ((_, found),) = read_table(write(directory / "events.tsv", EVENTS, event(*args, **fields)))
    assert isinstance(found, RoleTable)
    return found


@pytest.mark.parametrize("name", ["t.tsv", "t.tsv.gz"])
def test_noun_synsets_are_classes_under_their_wikidata_ids(tmp_path, name):
    rows = [
        ("1-n", "noun.artifact", "boat|little ship", "a vessel", "", "2-n|404-n", "Q1|Q2"),
        ("2-n", "noun.Tops", "thing", "what there is", "", "", ""),
        ("3-v", "verb.motion", "sail", "to go by boat", "", "", "Q3"),
        ("4-n", "noun.artifact", "", "nameless", "", "1-n|2-n", ""),
    ]
    assert list(read_table(write(tmp_path / name, SYNSETS, *rows))) == [
        ("oewn", Concept("Q1", "boat", "a vessel", ("little ship",), ("oewn:2-n",))),
        ("oewn", Concept("oewn:2-n", "thing", "what there is")),
        ("oewn", Concept("oewn:4-n", "", "nameless", (), ("Q1", "oewn:2-n"))),
    ]


def test_kbpedia_classes_have_their_names_taken_apart(tmp_path):
    rows = [
        ("HarbourTown", "Town-Place|Unheard", "", "Q1"),
        ("Town-Place", "", "Places", ""),
        ("NATOMember", "Town-Place", "", "Q2|Q3"),
    ]
    assert list(read_table(write(tmp_path / "k.tsv", CLASSES, *rows))) == [
        ("kbpedia", Concept("Q1", "harbour town", parents=("kbpedia:Town-Place",))),
        ("kbpedia", Concept("kbpedia:Town-Place", "town (place)")),
        ("kbpedia", Concept("Q2", "NATO member", parents=("kbpedia:Town-Place",))),
    ]


def test_a_class_linked_to_the_same_id_as_its_parent_is_not_its_own_parent(tmp_path):
    rows = [("Quay", "Pier", "", "Q1"), ("Pier", "", "", "Q1")]
    found = read_table(write(tmp_path / "k.tsv", CLASSES, *rows))
    assert [concept.parents for _, concept in found] == [(), ()]


def test_events_have_roles_of_wikidata_types(tmp_path):
    roles = [
        {"name": "Sailor", "types": ["per", "org", "sid", "Q7", "per"]},
        {"name": "vessel, ship or raft"},
        {"name": "landingPlace (end)", "types": []},
    ]
    rows = [event(roles=roles, text="to go by ship"), event("Q5", source="other", roles="")]
    assert list(read_table(write(tmp_path / "e.tsv", EVENTS, *rows))) == [
        (
            "inv",
            RoleTable(
                "inv:e.01",
                "an event",
                "to go by ship",
                (),
                (("sailor", ("Q5", "Q43229", "Q7")), ("vessel", ()), ("landing place", ())),
            ),
        ),
        ("other", RoleTable("Q5", "an event")),
    ]


def test_arguments_in_a_description_are_named(tmp_path):
    roles = [{"name": "Sailor"}, {"name": "Harbour"}]
    found = read_event(tmp_path, text="<arg1> left <arg2> with <arg1> and <arg3>", roles=roles)
    assert found.description == "sailor left harbour with sailor and <arg3>"


def test_a_path_leads_to_the_unspecified_event_below_it_and_never_to_itself(tmp_path):
    rows = [
        event("Go.Sail.Unspecified", parents="Go.Sail|Go|Q9"),
        event("Go.Sail.Far", parents="Go.Sail|Go.Sail.Unspecified|Unheard"),
        event("Go"),
    ]
    found = [table.parents for _, table in read_table(write(tmp_path / "e.tsv", EVENTS, *rows))]
    assert found == [("inv:Go", "Q9"), ("inv:Go.Sail.Unspecified", "Unheard"), ()]


@pytest.mark.parametrize("roles", ["{", "5", "null", '["a"]', '[{"title": "a"}]', '[{"name": 5}]', '{"name": "a"}',
                                   '[{"name": "a", "types": 5}]', '[{"name": "a", "types": [["per"]]}]'])  # fmt: skip
def test_roles_that_are_no_list_of_named_objects_are_told_with_their_line(tmp_path, roles):
    table = write(tmp_path / "e.tsv", EVENTS, event(), event(roles=roles))
    with pytest.raises(InputError, match=r"e\.tsv:3: the roles are no list of objects with a name"):
        list(read_table(table))


def test_an_unknown_header_is_told(tmp_path):
    with pytest.raises(InputError, match=r"t\.tsv:1: not a table that kcjax knows: its columns are town, ship"):
        list(read_table(write(tmp_path / "t.tsv", ("town", "ship"), ("Riga", "Vega"))))
    with pytest.raises(InputError, match=r"t\.tsv:1: not a table"):
        list(read_table(write(tmp_path / "t.tsv")))


def test_a_row_of_another_width_is_told_with_its_line(tmp_path):
    table = write(tmp_path / "k.tsv", CLASSES, ("Boat", "", "", ""), ("Ship", "Boat"))
    with pytest.raises(InputError, match=r"k\.tsv:3: 2 columns, where the header has 4"):
        list(read_table(table))


@pytest.mark.parametrize("header", [b"rc\tparents\twikidata\n", b"rc\tpar\xe9nts\twikidata\n"])
def test_text_that_is_not_utf8_is_told(tmp_path, header):
    (tmp_path / "k.tsv").write_bytes(header + b"\xcele\t\t\n")
    with pytest.raises(InputError, match=r"k\.tsv: not UTF-8 text"):
        list(read_table(tmp_path / "k.tsv"))


def test_lines_of_windows_are_lines(tmp_path):
    (tmp_path / "k.tsv").write_bytes(b"rc\tparents\twikidata\r\nBoat\t\t\r\n")
    assert list(read_table(tmp_path / "k.tsv")) == [("kbpedia", Concept("kbpedia:Boat", "boat"))]
