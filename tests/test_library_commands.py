"""`kcjax library VERB` on a small library: results to stdout, one JSON object where asked, one line where refused."""

import json
import subprocess
import sys

import pytest

from kcjax import cli
from kcjax.corpus.document import document_from_json, write_documents
from kcjax.schema.library import write_library
from kcjax.schema.source import read_schema
from tests.schema.test_library_build import built

EVENTS = (
    "id\tsource\tlabel\tdescription\tparents\troles\n"
    'sail.01\tmade\tsail\tto go by ship\t\t[{"name": "sailor"}]\n'
    "row.01\tmade\trow\tto go by oars\t\t\n"
)
SYNSETS = (
    "synset\tmembers\tdefinition\thypernyms\twikidata\n"
    "1-n\tplace\tsomewhere\t\tQ1\n2-n\ttown|small town\ta small city\t1-n\tQ3\n3-n\tjetty\twhere boats lie\t1-n\t\n"
)


@pytest.fixture
def library(tmp_path, monkeypatch):
    path = tmp_path / "library.kcjax"
    types, builder = built()
    write_library(path, types.values(), builder.told)
    monkeypatch.setenv("KCJAX_LIBRARY", str(path))
    return path


@pytest.fixture
def run(capsys):
    def run(*argv):
        code = cli.main(["library", *map(str, argv)])
        out, err = capsys.readouterr()
        return code, out, err.splitlines()

    return run


def result(run, *argv):
    code, out, _ = run(*argv, "--json")
    assert code == 0
    return json.loads(out.splitlines()[-1])


def refused(run, *argv):
    code, out, err = run(*argv)
    assert (code, out) == (2, "") and len(err) == 1
    return err[0]


def test_stats_hold_the_keys_that_others_read(library, run):
    found = result(run, "stats")
    assert (found["entity_types"], found["relation_types"], found["event_types"]) == (12, 4, 3)
    assert {"described", "with_parent", "relations_constrained_both", "sources"} <= set(found)
    assert "entity_types: 12" in run("stats", f"--library={library}")[1]


def test_show_takes_names_identifiers_and_labels(library, run):
    assert "class Town(Place):" in run("show", "Town")[1] and "small town" in run("show", "Town")[1]
    assert [t["name"] for t in result(run, "show", "Q10")["types"]] == ["Race", "RaceEvent"]
    (town,) = result(run, "show", "small town")["types"]
    assert town["ancestors"] == ["Place"] and town["code"].startswith("class Town(Place):\n")
    assert "no type 'Harbor'" in refused(run, "show", "Harbor")
    assert "near it: HarbourTown" in refused(run, "show", "harbours")


def test_search_finds_words_and_sentences(library, run):
    assert result(run, "search", "a town with a harbour", "--k=1")["types"][0]["name"] == "HarbourTown"
    assert "HarbourTown" in run("search", "harbour")[1] and "nothing found" in run("search", "xylophone")[1]
    found = result(run, "search", "They reached Riga.", "--sentence", "--kind=entity", "--k=2")["types"]
    assert found[0]["name"] == "Town" and len(found) == 2


@pytest.mark.parametrize("name", ["schema.py", "schema.json"])
def test_a_subset_is_a_schema_file(library, run, tmp_path, name):
    counts = result(run, "subset", "--types=Q5,born in", "--below=Place", f"--output={tmp_path / name}")
    assert (counts["entities"], counts["relations"], counts["events"]) == (6, 1, 0)
    schema = read_schema(tmp_path / name)
    assert {t.name for t in schema.entities} == {"Human", "Place", "Town", "HarbourTown", "Ring", "Circle"}
    assert schema.relations[0].tail == ("Place",)
    assert "exists already" in refused(run, "subset", "--types=Town", f"--output={tmp_path / name}")
    assert "no type was chosen" in refused(run, "subset", f"--output={tmp_path / 'none.py'}")


def test_export_writes_three_modules(library, run, tmp_path):
    assert result(run, "export", tmp_path / "code")["Entities"] == 12
    assert {path.name for path in (tmp_path / "code").iterdir()} == {"Entities.py", "Relations.py", "Events.py"}


def test_audit_lists_examples_that_are_gold_mentions(library, run, tmp_path):
    def gold(name, mention):
        text = f"We saw {mention} there."
        entity = {"type": "X", "start": 7, "end": 7 + len(mention), "text": mention}
        row = {"id": "1", "text": text, "entities": [entity]}
        write_documents(tmp_path / name, [document_from_json(row, where="test")])
        return tmp_path / name

    clean = result(run, "audit", gold("clean.jsonl", "Bergen"))
    assert clean["leaks"] == 0 and clean["examples"] > 5 and clean["gold_mentions"] == 1
    code, out, err = run("audit", gold("leak.jsonl", "RIGA"), gold("pair.jsonl", "Bo 3"), "--json")
    assert code == 1 and json.loads(out)["types"] == {"Town": ["Riga"], "Rival": [["Ada 3", "Bo 3"]]}
    assert "2 examples of 2 types are gold mentions" in err[0]
    schema = tmp_path / "schema.py"
    schema.write_text('class Town(Entity):\n  """Examples: Riga, Porto"""\n')
    assert run("audit", f"--schema={schema}", tmp_path / "leak.jsonl")[0] == 1
    assert run("audit", f"--schema={schema}", tmp_path / "clean.jsonl")[0] == 0


def test_a_library_is_built_from_tables_alone(run, tmp_path):
    for name, text in (("events.tsv", EVENTS), ("synsets.tsv", SYNSETS)):
        (tmp_path / name).write_text(text)
    tables = [f"--merge={tmp_path / name}" for name in ("events.tsv", "synsets.tsv")]
    output = tmp_path / "own.kcjax"
    built = result(run, "build", *tables, f"--output={output}")
    assert (built["entity_types"], built["event_types"]) == (2, 2)
    assert built["report"]["classes left out: without a Wikidata id"] == 1
    assert "exists already" in refused(run, "build", *tables, f"--output={output}")
    more = result(run, "build", *tables, "--keep-unlinked", f"--output={tmp_path / 'more.kcjax'}")
    assert more["entity_types"] == 3


def test_examples_of_evaluation_files_are_avoided(run, tmp_path, monkeypatch):
    words = tmp_path / "dict"
    words.mkdir()
    lines = {
        "data.noun": "1 03 n 01 place 0 000 | somewhere\n2 15 n 01 Riga 0 001 @i 1 n 0000 | a town\n",
        "index.noun": "place n 1 0 1 0 1\nriga n 1 1 @i 1 0 2\n",
    }
    for name, text in lines.items():
        (words / name).write_text("  licence\n" + text)
    monkeypatch.setenv("WNSEARCHDIR", str(words))
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"id": "1", "text": "Riga", "entities": [{"type": "X", "start": 0, "end": 4, "text": "Riga"}]}\n')
    for avoid, examples in (((), 1), ((f"--avoid={gold}",), 0)):
        output = tmp_path / f"{examples}.kcjax"
        assert result(run, "build", "--source=wordnet", *avoid, f"--output={output}")["with_examples"] == examples
        assert run("audit", gold, f"--library={output}")[0] == examples


def test_wrong_usage_is_named(run, tmp_path):
    assert "nothing to build from" in refused(run, "build", f"--output={tmp_path / 'x.kcjax'}")
    assert "no such file" in refused(run, "stats", f"--library={tmp_path / 'absent.kcjax'}")
    assert "no such file" in refused(
        run, "build", f"--merge={tmp_path / 'absent.tsv'}", f"--output={tmp_path / 'x.kcjax'}"
    )
    assert "a library's name ends in .kcjax" in refused(
        run, "build", "--merge=x.tsv", f"--output={tmp_path / 'x.json'}"
    )
    assert "are for reading a dump" in refused(
        run, "build", "--source=wordnet", "--work=w", f"--output={tmp_path}/x.kcjax"
    )
    assert "is a folder" in refused(run, "stats", f"--library={tmp_path}")
    with pytest.raises(SystemExit, match="2"):
        run("stats", "--parts=3")


def test_a_misspelt_option_points_at_the_help_of_its_verb(library, capsys):
    with pytest.raises(SystemExit, match="2"):
        cli.main(["library", "show", "Town", "--xyz=1"])
    assert capsys.readouterr().err == "kcjax: unrecognised argument: --xyz=1; see `kcjax library show --help`\n"


def test_several_types_of_a_label_are_not_guessed_at(library, run, tmp_path):
    chosen, everything = tmp_path / "s.py", tmp_path / "all.py"
    assert "'town' is the label of Town_Q6, Town, TownRelation" in refused(
        run, "subset", "--types=town", f"--output={chosen}"
    )
    result(run, "subset", "--types= Town , HarbourTown", f"--output={chosen}")
    result(run, "subset", "--below=Entity", f"--output={everything}")
    assert {t.name for t in read_schema(chosen).entities} == {"Town", "HarbourTown"}
    assert len(read_schema(everything).entities) == 12 and not read_schema(everything).relations


def test_near_names_help_with_a_misspelling(library, run):
    assert "near it: Town" in refused(run, "show", "Twon")
    long = refused(run, "show", "x" * 90_000)
    assert len(long) < 300


def test_a_sentence_with_a_web_address_is_searched(library, run):
    assert result(run, "search", "--sentence", "See Riga at https://example.org/a")["types"]


def test_what_is_piped_is_whole_and_plain(library, run):
    code, out, _ = run("search", "town", "--k=50")
    rows = [line.split("\t") for line in out.splitlines()]
    assert code == 0 and all(len(row) == 3 for row in rows) and "…" not in out
    assert run("show", "Town")[1].startswith("class Town(")
    assert '\n\t"""\n\tDescription' in run("show", "Town")[1]


def test_whoever_stops_reading_sees_no_traceback(library):
    command = f"{sys.executable} -m kcjax.cli library search town --k=4000 --json --library={library} | head -c 10"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout


def test_a_damaged_library_is_told_in_one_line(library, run):
    data = bytearray(library.read_bytes())
    for start in range(4096 * 2, len(data), 4096):
        data[start : start + 512] = b"\xff" * 512
    library.write_bytes(data)
    for argv in (("show", "Town"), ("search", "town"), ("subset", "--below=Entity", f"--output={library}.py")):
        code, _, err = run(*argv)
        assert code in (1, 2) and len(err) == 1 and "build it again" in err[0]


def test_an_audit_of_nothing_is_refused_and_spelling_variants_are_found(library, run, tmp_path):
    bare = tmp_path / "bare.jsonl"
    bare.write_text('{"id": "1", "text": "Nothing."}\n')
    assert "no annotations" in refused(run, "audit", bare)
    schema, gold = tmp_path / "schema.py", tmp_path / "gold.jsonl"
    schema.write_text('class Town(Entity):\n  """Examples: S\u00e3o  Bruno"""\n')
    text = "Sa\u0303o Bruno"
    entity = {"type": "X", "start": 0, "end": len(text), "text": text}
    write_documents(gold, [document_from_json({"id": "1", "text": text, "entities": [entity]}, where="test")])
    assert run("audit", f"--schema={schema}", gold)[0] == 1
    assert result(run, "audit", f"--schema={library}", gold)["leaks"] == 0


def test_options_that_match_nothing_are_told(run, tmp_path, caplog):
    (tmp_path / "synsets.tsv").write_text(SYNSETS)
    (tmp_path / "concepts").write_text("town\nnope thing\n")
    run(
        "build",
        f"--merge={tmp_path / 'synsets.tsv'}",
        f"--concepts={tmp_path / 'concepts'}",
        "--exclude=Q1, Q99999999",
        f"--output={tmp_path / 'l.kcjax'}",
    )
    told = [line for line in caplog.messages if "the sources have no" in line]
    assert told == ["--exclude: the sources have no Q99999999", "--concepts: the sources have no nope thing"]
