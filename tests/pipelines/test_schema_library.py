"""`kcjax library build --dump`: one library from a dump, however it lies, is shared out, or was interrupted."""

import bz2
import gzip
import json
import logging
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("apache_beam")
pytest.importorskip("rapidgzip")

from kcjax import cli
from kcjax.schema import library as library_module
from kcjax.schema.library import SchemaLibrary
from kcjax.schema.types import Role
from pipelines import dump, schema_library
from pipelines.dump import MAX_LINE
from pipelines.schema_library import Collected, Merge

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
PROCESSES = ("--direct_running_mode=multi_processing", "--direct_num_workers=2")
SUBJECT, VALUE = "Q21503250", "Q21510865"


def snak(property, value):
    kind = "property" if value[0] == "P" else "item"
    body = {"entity-type": kind, "numeric-id": int(value[1:]), "id": value}
    datavalue = {"value": body, "type": "wikibase-entityid"}
    return {"snaktype": "value", "property": property, "datavalue": datavalue, "datatype": f"wikibase-{kind}"}


def statement(property, value, *classes):
    made = {"mainsnak": snak(property, value), "type": "statement", "rank": "normal"}
    if classes:
        made["qualifiers"] = {"P2308": [snak("P2308", id) for id in classes]}
    return made


def texts(*values):
    return {"en": [{"language": "en", "value": value} for value in values]} if values else {}


def entity(id, label="", description="", *, aliases=(), claims=(), wikis=0, ends=None, language="en", **fields):
    """An entity as dumps have it; `claims` are pairs of a property and a value, `ends` the classes of a property's."""
    statements = [statement(property, value) for property, value in claims]
    if ends:
        statements += [statement("P2302", kind, *own) for kind, own in zip((SUBJECT, VALUE), ends, strict=True) if own]
    of: dict = {}
    for one in statements:
        of.setdefault(one["mainsnak"]["property"], []).append(one)
    kind = {"type": "item"} if id[0] == "Q" else {"type": "property", "datatype": "wikibase-item"}
    return {
        **kind,
        "id": id,
        "labels": {language: {"language": language, "value": label}} if label else {},
        "descriptions": {"en": {"language": "en", "value": description}} if description else {},
        "aliases": texts(*aliases),
        "claims": of,
        "sitelinks": {f"wiki{n}": {} for n in range(wikis)},
        **fields,
    }


def below(*parents):
    return [("P279", parent) for parent in parents]


# A world of harbours, people and boats.
WORLD = [
    entity("Q35120", "entity"),
    entity("Q1656682", "event", "what happens", claims=below("Q35120")),
    entity("Q101", "place", "a part of space", claims=below("Q35120")),
    entity("Q102", "Küstenort", language="de", claims=below("Q101")),  # nobody has named it in English
    entity("Q103", "harbour", "where ships lie", aliases=["port", "haven"], claims=below("Q102")),
    entity("Q104", "ferry harbour", "harbour of ferries", claims=below("Q103", "Q101")),
    entity("Q105", "person", "who may be a skipper", claims=below("Q35120")),
    entity("Q106", "skipper", "who steers", claims=below("Q105")),
    entity("Q107", "ring", claims=below("Q108")),
    entity("Q108", "circle", claims=below("Q107", "Q101")),
    entity("Q109", "regatta", "who sails fastest", aliases=["race", "sailing race"], claims=below("Q1656682")),
    entity("Q110", "harbour regatta", claims=below("Q109")),
    entity("Q111", "harbour", "in another sense", claims=below("Q101")),
    entity("Q112", "vessel", 'what "floats" \\ or\nsinks """'),  # a root: only others tell that it is a class
    entity("Q114", "boat", "a small vessel", claims=below("Q112")),
    entity("Q115", "buoy", "has no statement, but an instance"),
    entity("Q116", "Boje", "no class, and never named", language="de"),
    # Things in them.
    entity("Q201", "Norrvik", "the oldest harbour", claims=[("P31", "Q103"), ("P103", "Q203")], wikis=9),
    entity("Q202", "Östhamn", "a harbour in the east", claims=[("P31", "Q103"), ("P31", "Q101")], wikis=30),
    entity("Q203", "Ada Lind", "steered three boats", claims=[("P31", "Q105")], wikis=2),
    entity("Q204", "Bo Ek", claims=[("P31", "Q106")]),
    entity("Q205", "Marsvin", "a boat", claims=[("P31", "Q114"), ("P101", "Q201"), ("P103", "Q203")]),
    entity("Q206", "Tumlare", "a boat", claims=[("P31", "Q114"), ("P101", "Q202"), ("P103", "Q203"), ("P103", "Q204")]),
    entity("Q207", "Säl", "a boat", claims=[("P31", "Q114"), ("P101", "Q201"), ("P103", "Q203")]),
    entity("Q208", "Norrvik race of old", claims=[("P31", "Q110"), ("P102", "Q206")], wikis=1),
    entity("Q209", "Grynnan", claims=[("P31", "Q115"), ("P101", "Q9999")]),  # which the dump does not have
    # How they go together.
    entity("P101", "moored at", "where a boat lies", aliases=["lies at"], ends=(["Q114"], ["Q103", "Q102"])),
    entity("P102", "winner", "who came first", ends=(["Q109"], ["Q105", "Q114"]), claims=[("P1647", "P104")]),
    entity("P103", "skipper", "who steers a boat"),  # typed by its claims
    entity("P104", "part taker", "who takes part", ends=(["Q1656682"], [])),
    entity("P105", "untold"),
    entity("P106", "depth", "in metres", datatype="quantity"),
    {"type": "lexeme", "id": "L1", "lemmas": {"en": {"language": "en", "value": "moor"}}, "claims": {}},
]
WORLD_BY_ID = {row["id"]: row for row in WORLD}
LINES = [json.dumps(row, separators=(",", ":")).encode() for row in WORLD]


def framed(lines):
    return b"[\n" + b",\n".join(lines) + b"\n]\n"


@pytest.fixture
def build(tmp_path, capsys):
    """Builds a library as the command does: gives its exit code, its path, and the last line of what it says."""

    def build(name, *options, dumps=None):
        paths = [tmp_path / "dump.json"] if dumps is None else dumps
        output = tmp_path / f"{name}.kcjax"
        fixed = ("library", "build", *(f"--dump={path}" for path in paths), f"--output={output}", "--min-support=2")
        code = cli.main([*fixed, "--json", *options])
        out, err = capsys.readouterr()
        return code, output, (out if code == 0 else err).splitlines()[-1]

    return build


@pytest.fixture
def world(tmp_path):
    path = tmp_path / "dump.json"
    path.write_bytes(framed(LINES))
    return path


def contents(path):
    """All that a library holds, save where it came from."""
    library = SchemaLibrary(path)
    report = {key: value for key, value in library.report.items() if key != "dump"}
    types = list(library.types())
    return types, [library.info(made.name) for made in types], library.stats, report


def test_a_dump_becomes_a_library_of_its_classes_properties_and_events(world, build):
    code, path, said = build("library")
    library = SchemaLibrary(path)
    assert code == 0
    assert json.loads(said) == {"library": str(path), **library.stats, "report": library.report}
    assert {made.name: (made.identifier, *made.parents) for made in library.types("entity")} == {
        "EventEntity": ("Q1656682", "Entity"),
        "Place": ("Q101", "Entity"),
        "Harbour": ("Q103", "Place"),  # the class between has no English name
        "Harbour_Q111": ("Q111", "Place"),  # that which has no instances gives way
        "FerryHarbour": ("Q104", "Harbour"),
        "Person": ("Q105", "Entity"),
        "SkipperEntity": ("Q106", "Person"),
        "Ring": ("Q107", "Entity"),  # the edge to the younger is cut
        "Circle": ("Q108", "Ring", "Place"),
        "Regatta": ("Q109", "EventEntity"),
        "HarbourRegatta": ("Q110", "Regatta"),
        "Vessel": ("Q112", "Entity"),  # found by the second reading, as the next but one
        "Boat": ("Q114", "Vessel"),
        "Buoy": ("Q115", "Entity"),
    }
    assert library["Vessel"].description == WORLD_BY_ID["Q112"]["descriptions"]["en"]["value"]
    assert library["Harbour"].examples == ("Östhamn", "Norrvik")  # the best known first
    assert library["Boat"].examples == ("Marsvin", "Tumlare", "Säl")  # then the first
    assert library.info("Harbour") == {
        **{"label": "harbour", "aliases": ["port", "haven"], "sources": ["wikidata"], "instances": 2},
        "constraints": {},
    }
    ends = {made.name: (made.identifier, made.head, made.tail) for made in library.types("relation")}
    assert ends == {
        "MooredAt": ("P101", ("Boat",), ("Place",)),
        "Winner": ("P102", ("Regatta",), ("Person", "Boat")),
        "Skipper": ("P103", ("Boat",), ("Person",)),
        "PartTaker": ("P104", ("EventEntity",), ("Entity",)),
    }
    assert set(library["Skipper"].examples) == {
        *((boat, "Ada Lind") for boat in ("Marsvin", "Tumlare", "Säl", "Norrvik")),
        ("Tumlare", "Bo Ek"),
    }
    assert len(library["MooredAt"].examples) == 3  # nobody tells what Q9999 is
    assert library.parents("Winner") == ["PartTaker"]
    events = {made.name: (made.identifier, made.parents[0], made.examples) for made in library.types("event")}
    assert events == {
        "RegattaEvent": ("Q109", "Event", ("regatta", "race")),
        "HarbourRegattaEvent": ("Q110", "RegattaEvent", ()),
    }
    assert library["RegattaEvent"].roles == (Role("winner", ("Person", "Boat")), Role("part_taker", ("Entity",)))
    report = library.report
    assert report["dump"] == [str(world)] and report["lines that cannot be read"] == []
    assert report["entities"] == len(WORLD) and report["properties whose values are items"] == 5
    assert report["edges cut to break cycles"] == ["ring -> circle"]


# The same library from the same entities.


def test_neither_the_order_of_lines_nor_workers_change_a_byte(world, build, monkeypatch):
    code, path, _ = build("library")
    expected = path.read_bytes()
    assert code == 0
    monkeypatch.setattr(dump, "_STRIPE", 4)  # in this process; the other ones have whole stripes
    for seed, options in enumerate([(), ("--parts=3",), ("--parts=2", *PROCESSES), ("--parts=50",)]):
        lines = random.Random(seed).sample(LINES, len(LINES))
        world.write_bytes(framed(lines))
        code, path, _ = build(f"again-{seed}", *options)
        assert code == 0 and path.read_bytes() == expected


@pytest.mark.parametrize("seed", range(3))
def test_small_chunks_and_frequent_counting_change_nothing(world, build, monkeypatch, seed):
    expected = build("library")[1].read_bytes()
    monkeypatch.setattr(schema_library, "_CHUNK", [1, 300, 1000][seed])
    monkeypatch.setattr(schema_library, "_HELD", [0, 3, 7][seed])
    monkeypatch.setattr(dump, "_STRIPE", 1 + seed)
    world.write_bytes(framed(random.Random(seed).sample(LINES, len(LINES))))
    code, path, _ = build("again", "--parts=3")
    assert code == 0 and path.read_bytes() == expected


@given(st.lists(st.integers(0, 50), max_size=60), st.randoms(use_true_random=False))
def test_counts_add_up_and_the_lowest_stay_however_they_are_merged(numbers, chance):
    merge, workers = Merge(3), []
    for start in range(0, len(numbers), 9):
        collected = Collected(3)
        for number in numbers[start : start + 9]:
            collected.add("Q1", (number,))
        accumulator = merge.create_accumulator()
        for _, found in collected.take():
            accumulator = merge.add_input(accumulator, found)
        assert collected.held == 0 and list(collected.take()) == []
        workers.insert(chance.randint(0, len(workers)), accumulator)
    while len(workers) != 1:
        cut = chance.randint(min(2, len(workers)), len(workers))
        workers = [merge.merge_accumulators(iter(workers[:cut])), *workers[cut:]]
        chance.shuffle(workers)
    found = merge.extract_output(workers[0])
    count, lowest = found.pop("Q1", (0, []))
    assert not found and count == len(numbers) and lowest == [(number,) for number in sorted(numbers)[:3]]


def test_only_the_best_known_and_a_sample_are_kept_and_they_are_the_same_ones(tmp_path, build, monkeypatch):
    """Of more instances and claims than are kept, the counts are whole and the choice is not that of the workers."""
    monkeypatch.setattr(schema_library, "KNOWN", 3)
    monkeypatch.setattr(schema_library, "SAMPLED", 5)
    monkeypatch.setattr(schema_library, "_HELD", 40)
    monkeypatch.setattr(dump, "_STRIPE", 1)
    boats = [
        entity(f"Q{n}", f"boat {n}", claims=[("P31", "Q114"), ("P101", "Q201")], wikis=n % 7) for n in range(1000, 1100)
    ]
    lines = LINES + [json.dumps(row).encode() for row in boats]
    path = tmp_path / "dump.json"
    found = []
    for seed, parts in enumerate([1, 4, 7]):
        path.write_bytes(framed(random.Random(seed).sample(lines, len(lines))))
        code, output, _ = build(f"library-{seed}", f"--parts={parts}")
        assert code == 0
        found.append(output.read_bytes())
    library = SchemaLibrary(output)
    assert found[0] == found[1] == found[2]
    assert library.info("Boat")["instances"] == 103
    best = sorted(range(1000, 1100), key=lambda n: (-(n % 7), n))[:3]
    assert library["Boat"].examples == tuple(f"boat {n}" for n in best)
    assert library.info("MooredAt")["instances"] == 5


def test_however_the_dump_lies_the_library_is_the_same(world, tmp_path, build):
    expected = contents(build("library")[1])
    half = len(LINES) // 2
    layouts = {
        "gz": {"dump.json.gz": gzip.compress(framed(LINES))},
        "bz2": {"dump.json.bz2": bz2.compress(framed(LINES))},
        "bare": {"bare.json": b"\r\n".join(LINES)},
        "glob": {"part-2.json.gz": gzip.compress(framed(LINES[:half])), "part-1.json": framed(LINES[half:])},
    }
    for name, files in layouts.items():
        for file, content in files.items():
            (tmp_path / file).write_bytes(content)
        dumps = [tmp_path / "part-*" if name == "glob" else tmp_path / next(iter(files))]
        code, path, _ = build(name, dumps=dumps)
        assert code == 0 and contents(path) == expected
        assert SchemaLibrary(path).report["dump"] == sorted(str(tmp_path / file) for file in files)


# Damage.


def test_unreadable_lines_are_told_by_file_and_line_and_cost_nothing_else(world, build, caplog):
    expected = contents(build("library")[1])
    deformed = {"type": "item", "id": "Q114", "claims": {"P279": [{"property": "P279"}]}}
    odd = {
        2: b"garbage",
        5: b'{"x":"' + b"a" * MAX_LINE + b'"},',
        9: json.dumps(deformed).encode() + b",",
        20: b'{"property": ',
        23: b'{"type":"item","id":"Q114","property":}',
    }
    lines = framed(LINES).splitlines()
    for number, line in sorted(odd.items()):
        lines.insert(number - 1, line)
    world.write_bytes(b"\n".join(lines))
    for options in ((), ("--parts=2", *PROCESSES)):
        code, path, _ = build(f"damaged-{len(options)}", "--max-problems=5", *options)
        assert code == 0
        *found, report = contents(path)
        problems = report.pop("lines that cannot be read")
        assert found == list(expected[:-1])
        starts = ["not a JSON object", "longer than", "not of the form of an entity", "not a JSON object", "not valid"]
        assert len(problems) == 5
        for number, start, problem in zip(odd, starts, problems, strict=True):
            assert problem.startswith(f"{world}:{number}: {start}")
        assert report["entities"] == len(WORLD) + 2  # those that look like ones
    assert "5 lines cannot be read, --max-problems tolerates 5: " in caplog.text


@pytest.mark.parametrize("options", [(), PROCESSES])
def test_more_unreadable_lines_than_tolerated_are_bad_input_and_leave_nothing(world, build, options):
    lines = framed(LINES).splitlines()
    world.write_bytes(b"\n".join([lines[0], *(b"garbage %d" % n for n in range(30)), *lines[1:]]))
    for tolerated, more in [(25, "; and 6 more")] if options else [(0, ""), (5, ""), (25, "; and 6 more")]:
        code, path, said = build("library", f"--max-problems={tolerated}", *options)
        assert code == 2 and not path.exists()
        problems = tolerated + 1
        named = "; ".join(f"{world}:{n + 2}: not a JSON object" for n in range(min(problems, 20)))
        lines = "1 line" if problems == 1 else f"{problems} lines"
        start = f"kcjax: {lines} cannot be read, --max-problems tolerates {tolerated}: "
        assert said == start + named + more
    if not options:
        assert build("library", "--max-problems=30")[0] == 0


def test_problems_of_several_files_add_up(world, tmp_path, build):
    other = tmp_path / "other.json"
    other.write_bytes(b"garbage\n")
    world.write_bytes(framed([*LINES, b"garbage"]))
    options = (f"--work={tmp_path / 'work'}", "--max-problems=1")
    code, path, said = build("library", *options, dumps=[world, other])
    assert code == 2 and not path.exists()
    assert f"2 lines cannot be read, --max-problems tolerates 1: {world}:{len(LINES) + 2}: not a JSON object; " in said
    assert said.endswith(f"; {other}:1: not a JSON object")
    # What was read by then serves once more are tolerated.
    other_options = (options[0], "--max-problems=2")
    assert build("library", *other_options, dumps=[world, other])[0] == 0


@pytest.mark.parametrize("suffix", ["gz", "bz2"])
def test_a_dump_cut_short_is_told_by_the_line_it_is_cut_at(tmp_path, build, monkeypatch, suffix):
    path = tmp_path / f"dump.json.{suffix}"
    whole = (gzip if suffix == "gz" else bz2).compress(framed(LINES))
    path.write_bytes(whole[: len(whole) * 2 // 3])
    monkeypatch.setattr(dump, "_BLOCK", 500)
    code, output, said = build("library", "--max-problems=0", dumps=[path])
    assert code == 2 and not output.exists()
    assert "1 line cannot be read" in said and "the file is damaged or cut short from here on" in said
    code, output, said = build("library", "--max-problems=1", dumps=[path])
    if suffix == "bz2":  # one block, so that nothing of it can be read
        assert code == 2 and "no entity in it" in said and "cut short" in said
        return
    report = SchemaLibrary(output).report
    (problem,) = report["lines that cannot be read"]
    read = report.get("entities", 0)
    line = read + 2  # after the frame
    assert code == 0 and problem.startswith(f"{path}:{line}: the file is damaged or cut short from here on: ")
    assert (read > 0) == (suffix == "gz") and read < len(WORLD)


# Interruption.

STAGES = {  # where the process is killed, and at which call
    "first reading": ("pipelines.schema_library", "parse_entity", 12),
    "first reading done": ("pipelines.schema_library", "Facts.mark", 1),
    "second reading": ("pipelines.schema_library", "id_of", 12),
    "writing": ("kcjax.schema.library", "check_type", 8),
    "naming what is written": ("kcjax.files", "os.replace", 1),
}
KILLED = """
import importlib, os, signal, sys
module, name, at = sys.argv[1:4]
holder = importlib.import_module(module)
*way, last = name.split(".")
for step in way:
    holder = getattr(holder, step)
real, calls = getattr(holder, last), 0
def count(*args, **options):
    global calls
    calls += "kcjax" in str(args) or last != "replace"  # others rename files too
    if calls == int(at):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args, **options)
setattr(holder, last, count)
from kcjax import cli
sys.exit(cli.main(sys.argv[4:]))
"""


def test_a_killed_build_leaves_no_library_and_can_be_done_again(world, tmp_path, build):
    expected = build("library")[1].read_bytes()
    running = {}
    for n, (stage, target) in enumerate(STAGES.items()):
        output, work = tmp_path / f"killed-{n}.kcjax", tmp_path / f"work-{n}"
        fixed = ["library", "build", f"--dump={world}", f"--output={output}", f"--work={work}", "--min-support=2"]
        command = [sys.executable, "-c", KILLED, *map(str, target), *fixed]
        env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        running[stage] = subprocess.Popen(command, stderr=subprocess.PIPE, env=env)
    for n, (stage, process) in enumerate(running.items()):
        _, err = process.communicate(timeout=120)
        assert process.returncode == -signal.SIGKILL, (stage, err.decode())
        output, work = tmp_path / f"killed-{n}.kcjax", tmp_path / f"work-{n}"
        assert not output.exists()
        done = [name for name in ("first", "second") if (work / name / "DONE").exists()]
        assert len(done) == {"first reading": 0, "first reading done": 0, "second reading": 1}.get(stage, 2)
        code, again, _ = build(f"killed-{n}", f"--work={work}")
        assert code == 0 and again.read_bytes() == expected


def test_a_build_that_fails_while_writing_leaves_nothing(world, tmp_path, build, monkeypatch):
    calls = []

    def fail(made):
        calls.append(made)
        if len(calls) == 9:
            raise OSError(28, "No space left on device", str(tmp_path / "library.kcjax"))

    with monkeypatch.context() as patch:
        patch.setattr(library_module, "check_type", fail)
        code, _, said = build("library")
    assert code == 1 and said.endswith("library.kcjax: No space left on device") and len(calls) == 9
    assert list(tmp_path.iterdir()) == [world]
    assert build("library")[0] == 0
    assert {path.name for path in tmp_path.iterdir()} == {"dump.json", "library.kcjax"}


# Folders to go on in.


@pytest.fixture
def readings(monkeypatch, caplog):
    """Gives which readings were made since it was last asked, and which were there from before."""
    caplog.set_level(logging.INFO)
    made = []
    for name in ("scan", "look"):
        real = getattr(schema_library, name)
        monkeypatch.setattr(schema_library, name, lambda *args, real=real, name=name: (made.append(name), real(*args)))

    def readings():
        said = [record.message for record in caplog.records]
        there = [name for name in ("first", "second") if f"the {name} reading is there from before" in said]
        found = (list(made), there)
        made.clear()
        caplog.clear()
        return found

    return readings


def test_what_was_read_is_not_read_again(world, tmp_path, build, readings):
    plain = build("plain")[1].read_bytes()
    work = f"--work={tmp_path / 'deep' / 'work'}"
    readings()
    code, path, _ = build("first", work)
    assert code == 0 and path.read_bytes() == plain and readings() == (["scan", "look"], [])
    code, path, _ = build("second", work, "--parts=3")
    assert code == 0 and path.read_bytes() == plain and readings() == ([], ["first", "second"])
    # Nor for other options of what is made of it.
    code, path, _ = build("third", work, "--min-instances=1")
    assert code == 0 and readings() == ([], ["first", "second"])
    fewer = SchemaLibrary(path)
    assert fewer.stats["entity_types"] == 7 and "Vessel" not in fewer


def test_what_else_is_to_be_looked_for_takes_the_second_reading_again(world, tmp_path, build, readings):
    work = f"--work={tmp_path / 'work'}"
    assert build("library", work)[0] == 0
    readings()
    table = tmp_path / "table.tsv"
    row = ["Q116", "table", "wreck", "", "", json.dumps([{"name": "ship"}])]
    table.write_text("\t".join(["id", "source", "label", "description", "parents", "roles"]) + "\n" + "\t".join(row))
    code, path, _ = build("merged", work, f"--merge={table}")
    assert code == 0 and readings() == (["look"], ["first"])
    assert SchemaLibrary(path).by_identifier("Q116") == ["Wreck"]  # an event, by the table alone


def test_a_changed_dump_is_read_again(world, tmp_path, build, readings):
    work = f"--work={tmp_path / 'work'}"
    assert build("library", work)[0] == 0
    changed = framed(LINES).replace(b"Marsvin", b"Delfine")
    os_stat = world.stat()
    world.write_bytes(changed)
    os.utime(world, (os_stat.st_atime, os_stat.st_mtime + 60))
    assert len(changed) == os_stat.st_size
    readings()
    code, path, _ = build("changed", work)
    assert code == 0 and readings() == (["scan", "look"], [])
    assert "Delfine" in SchemaLibrary(path)["Boat"].examples
    changed_bytes = path.read_bytes()
    assert build("plain")[1].read_bytes() == changed_bytes  # nothing of what was there before
    readings()
    assert build("ignoring", work, "--ignore-references=x")[0] == 0 and readings() == (["scan", "look"], [])


# Usage.


def test_an_option_that_nobody_knows_is_refused(world, tmp_path, build):
    code, path, said = build("library", "--lenth=3")
    assert code == 2 and not path.exists()
    assert said == "kcjax: --lenth: neither this command nor Beam has such an option; see --help"
    with pytest.raises(SystemExit, match="2"):
        build("library", "stray")


@pytest.mark.parametrize("content", [b"", b"[\n]\n"])
def test_a_dump_without_an_entity_is_bad_input(world, build, content):
    world.write_bytes(content)
    code, path, said = build("empty")
    assert code == 2 and said == f"kcjax: {world}: no entity in it; give the JSON dump of Wikidata"
    assert not path.exists()


def test_a_missing_dump_is_bad_input(tmp_path, build):
    for name in ("absent.json.gz", "absent-*.json"):
        code, path, said = build("library", dumps=[tmp_path / name])
        assert code == 2 and said == f"kcjax: {tmp_path / name}: no such file" and not path.exists()
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_there_is_not_overwritten(world, build):
    code, path, _ = build("library")
    before = path.read_bytes()
    code, path, said = build("library")
    assert code == 2 and "exists already" in said and path.read_bytes() == before


def test_the_pipeline_is_a_command_of_its_own(world, tmp_path, build):
    path = build("library")[1]
    other = tmp_path / "other.kcjax"
    assert schema_library.main([f"--dump={world}", f"--output={other}", "--min-support=2"]) == 0
    assert other.read_bytes() == path.read_bytes()


# Real facts.


@pytest.fixture(scope="module")
def real_dump():
    path = DATA / "wikidata_dump" / "reconstructed-dump.json.gz"
    if not path.exists():
        pytest.skip(f"{path} absent")
    return path


def test_a_library_of_real_facts_is_as_large_as_their_counts_say(real_dump, build):
    events = DATA / "ontology" / "event_classes.tsv"
    if not events.exists():
        pytest.skip(f"{events} absent")
    code, path, _ = build("library", f"--merge={events}", "--max-problems=0", dumps=[real_dump])
    library = SchemaLibrary(path)
    assert code == 0 and library.stats["entity_types"] > 40_000
    assert all(made.identifier[0] == "Q" and made.identifier[1:].isdecimal() for made in library.types("entity"))
    assert library.report["entities"] == 94_563 and library.report["properties whose values are items"] == 1_711
    assert library.report["relations constrained on both sides and described"] == 590
    assert library.stats["relation_types"] >= 1100 and library.stats["event_types"] > 519
    assert library.by_identifier("Q515") == ["City"] and library.is_a("City", "HumanSettlement")


def test_a_library_of_real_facts_can_do_without_those_of_another_ontology(real_dump, build):
    code, path, _ = build("library", "--ignore-references=kbpedia", dumps=[real_dump])
    assert code == 0 and 23_500 < SchemaLibrary(path).stats["entity_types"] < 30_000
