"""A library exported as modules: Python imports them, and `parse_schema` reads the same types from them."""

import json
import random
import subprocess
import sys

import pytest

from kcjax.errors import InputError
from kcjax.schema.concept import Claim, Concept, Instances, Property, RoleTable
from kcjax.schema.library import KINDS, SchemaLibrary, write_library
from kcjax.schema.library_build import LibraryBuilder
from kcjax.schema.library_export import export_library
from kcjax.schema.source import parse_schema
from kcjax.schema.types import BASE_CLASSES

MODULES = {"entity": "Entities", "relation": "Relations", "event": "Events"}
HOSTILE = [
    '"""',
    "'''",
    'ends in "',
    "ends in \\",
    "a\\nb \\x41 \\N{DASH}",
    "Examples: x",
    "long " * 5000,
    "\x00\r\n\u2028",
]
LABELS = ["class", "print", "list", "Entity", "event", "2nd street", "List", "str", "none", "true", "…", 'it\'s "x"']
FACTS = [
    *[
        Concept(f"Q{n}", label, HOSTILE[n % len(HOSTILE)], parents=("Q35120",))
        for n, label in enumerate(LABELS, start=1)
    ],
    Concept("Q50", "street", "a way", parents=("Q1", "Q2")),
    Concept("Q51", "class", "another", parents=("Q50", "Q1")),
    Concept("Q1656682", "event", "what happens"),
    Concept("Q60", "parade", 'with """ in it', parents=("Q1656682",)),
    Concept("Q61", "night parade", "\\", parents=("Q60", "Q50")),
    Instances("Q50", 3, (('"Quay", the', "a street"), ('"""', "\\"), ("a\nb", ""))),
    Property("P1", "class", 'of """', subject_types=("Q50", "Q60"), value_types=("Q3", "Q51")),
    Property("P2", "lambda", "\\", parents=("P1",)),
    Property("P3", "self", "who leads it", subject_types=("Q60",), value_types=("Q5",)),
    *[Claim("P2", f'"{n}", (x', ("Q50",), "\\", ("Q51",)) for n in range(6)],
    RoleTable(
        "inv:march.01", "march", "to go <on>", ("Q60",), (("trigger", ("Q4",)), ("from", ()), ("identifier", ()))
    ),
    RoleTable("inv:march.02", "march", '"', ("inv:march.01",), (("name", ("Q50", "Q3")), ("2nd", ()))),
]
# Prints, of the modules of a folder, which classes stand below which others.
LOOK = """
import json, sys
sys.path.insert(0, sys.argv[1])
import Entities, Relations, Events
found = {}
for module in (Entities, Relations, Events):
    own = {name: it for name, it in vars(module).items() if isinstance(it, type) and it.__module__ == module.__name__}
    found[module.__name__] = {n: sorted(m for m in own if m != n and issubclass(own[n], own[m])) for n in own}
print(json.dumps(found))
"""


def made_library(path, facts) -> SchemaLibrary:
    builder = LibraryBuilder()
    for fact in facts:
        builder.add(fact, source="table" if isinstance(fact, RoleTable) else "wikidata")
    write_library(path, builder.entries(), builder.told)
    return SchemaLibrary(path)


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> SchemaLibrary:
    return made_library(tmp_path_factory.mktemp("library") / "world.kcjax", FACTS)


def imported(folder) -> dict[str, dict[str, list[str]]]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", LOOK, folder], capture_output=True, text=True, cwd=folder
    )
    assert not done.returncode, done.stderr
    return json.loads(done.stdout)


def assert_classes_follow(library: SchemaLibrary, folder) -> None:
    found = imported(folder)
    for kind in KINDS:
        base = kind.capitalize()
        expected = {name: sorted([base, *library.ancestors(name)]) for name in library.names(kind)}
        assert found[MODULES[kind]] == {base: [], **expected}


def test_modules_import_and_their_classes_descend_as_the_library_has_it(library, tmp_path):
    counts = export_library(library, tmp_path / "out")
    assert counts == {MODULES[kind]: len(list(library.names(kind))) for kind in KINDS} and all(counts.values())
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["Entities.py", "Events.py", "Relations.py"]
    assert_classes_follow(library, tmp_path / "out")


def test_parse_schema_reads_the_types_of_the_library_back(library, tmp_path):
    export_library(library, tmp_path / "out")
    for kind in KINDS:
        path = tmp_path / "out" / f"{MODULES[kind]}.py"
        assert tuple(parse_schema(path.read_text("utf-8"), filename=path.name).by_name.values()) == tuple(
            library.types(kind)
        )


def test_hostile_labels_have_become_types(library):
    taken = {name for kind in KINDS for name in library.names(kind)}
    assert {"Class", "Print", "ListEntity", "EntityEntity", "_2ndStreet", "Str", "NoneEntity", "_Q11"} <= taken
    assert not taken & {*BASE_CLASSES, "List", "None", "True"}
    roles = [role.name for made in library.types("event") for role in made.roles]
    assert {"trigger_", "from_", "identifier", "self_", "role_2nd"} <= set(roles)


def test_the_same_library_gives_the_same_bytes(library, tmp_path):
    texts = []
    for name in ("one", "two"):
        export_library(library, tmp_path / name)
        texts.append([(path.name, path.read_bytes()) for path in sorted((tmp_path / name).iterdir())])
    assert texts[0] == texts[1]


def test_parents_that_python_finds_no_order_for_are_imported_all_the_same(tmp_path):
    draw = random.Random(7)
    facts = [
        Concept(f"Q{n}", f"kind {n}", parents=tuple(f"Q{p}" for p in draw.sample(range(1, n), min(n - 1, 3))))
        for n in range(1, 80)
    ]
    library = made_library(tmp_path / "tangle.kcjax", facts)
    made: dict[str, type] = {"Entity": object}
    with pytest.raises(TypeError, match="method resolution"):  # or this tests nothing
        for one in library.types("entity"):
            made[one.name] = type(one.name, tuple(made[name] for name in one.parents), {})
    export_library(library, tmp_path / "out")
    assert_classes_follow(library, tmp_path / "out")
    written = parse_schema((tmp_path / "out" / "Entities.py").read_text("utf-8"), filename="Entities.py")
    for one, other in zip(library.types("entity"), written.entities, strict=True):
        assert set(one.parents) <= set(other.parents) <= {*one.parents, *library.ancestors(one.name)}


def test_a_library_of_entities_alone_has_modules_of_base_classes(tmp_path):
    library = made_library(tmp_path / "small.kcjax", [Concept("Q1", "town", parents=("Q35120",))])
    assert export_library(library, tmp_path / "out") == {"Entities": 1, "Relations": 0, "Events": 0}
    assert_classes_follow(library, tmp_path / "out")


def test_a_folder_that_holds_something_is_refused_and_left_alone(library, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="out: exists already"):
        export_library(library, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["notes.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
