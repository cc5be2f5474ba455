"""Every command of the guides is run, on a tiny random model."""

import gzip
import importlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from kcjax import cli
from kcjax.files import read_jsonl, write_jsonl

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "kcjax" / "corpus" / "datasets" / "harbour"


@pytest.fixture
def desk(tmp_path, monkeypatch, tiny_model_dir) -> list[dict]:
    """The folder in which a guide is followed, and the documents in its train.jsonl."""
    pytest.importorskip("tensorflow")
    pytest.importorskip("apache_beam")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # guides are followed in a checkout
    monkeypatch.chdir(tmp_path)
    shutil.copytree(tiny_model_dir, "models/base")
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    for name in ("schema.py", "heldout.jsonl"):
        shutil.copy(SAMPLE / name, name)
    rows = [row for _, row in read_jsonl(SAMPLE / "train.jsonl")][:40]
    write_jsonl("train.jsonl", rows)
    return rows


def follow(run: list[list[str]], capsys) -> dict:
    """Runs the commands, with training cut to two steps; returns what the last one prints."""
    for argv in run:
        if argv[:2] == ["python", "-m"]:
            main = importlib.import_module(argv[2]).main
            assert main(argv[3:]) == 0, capsys.readouterr().err
            continue
        if argv[1] == "train":
            argv += ["--config.steps=2", "--config.batch_per_device=1"]
        assert argv[0] == "kcjax" and cli.main([*argv[1:], "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def commands(guide: str) -> list[list[str]]:
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs" / guide).read_text(), re.MULTILINE | re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines()]


@pytest.mark.slow
def test_train_your_own(desk, capsys):
    labels = {
        key: {e["type"]: e["type"] for row in desk for e in row[key]} for key in ("entities", "relations", "events")
    }
    labels["roles"] = {a["role"]: a["role"] for row in desk for e in row["events"] for a in e["arguments"]}
    write_jsonl("annotated.jsonl", desk)
    Path("labels.json").write_text(json.dumps(labels))
    run = commands("train-your-own.md")
    assert [argv[1] for argv in run].count("train") == 2 and len(run) == 11
    scores = follow(run, capsys)
    assert set(scores) >= {"ner", "re", "ed", "eae", "parse_failure_rate"}
    assert len(list(Path("data/sharded").glob("*.array_record-0000?-of-00002"))) == 2


@pytest.mark.slow
def test_the_way_through_in_the_readme(desk, capsys):
    rows = re.findall(r"^\| [^|]+ \| `(kcjax [^`]+)`", (ROOT / "README.md").read_text(), re.MULTILINE)
    run = [
        shlex.split(row.replace("docs.jsonl", "heldout.jsonl").replace("test.jsonl", "heldout.jsonl")) for row in rows
    ]
    verbs = " ".join(argv[1] for argv in run)
    assert verbs == "import corpus train corpus train export verify extract evaluate"
    run[7].append("--max-new-tokens=64")
    assert set(follow(run[1:], capsys)) >= {"ner", "parse_failure_rate"}


def entity(id: str, label: str, datatype: str = "wikibase-item", **claims: list[str]) -> dict:
    """A line of a dump."""

    def snak(property: str, value: str) -> dict:
        value = {"entity-type": "item", "id": value}
        return {"snaktype": "value", "property": property, "datavalue": {"value": value}, "datatype": datatype}

    statements = {p: [{"mainsnak": snak(p, v), "rank": "normal"} for v in values] for p, values in claims.items()}
    for property, of in (("head", "Q21503250"), ("tail", "Q21510865")):
        if classes := claims.get(property):
            del statements[property]
            qualifiers = {"P2308": [snak("P2308", value) for value in classes]}
            statement = {"mainsnak": snak("P2302", of), "rank": "normal", "qualifiers": qualifiers}
            statements.setdefault("P2302", []).append(statement)
    kind = {"type": "property", "datatype": datatype} if id[0] == "P" else {"type": "item"}
    return kind | {
        "id": id,
        "labels": {"en": {"language": "en", "value": label}},
        "descriptions": {"en": {"language": "en", "value": f"{label}, as we know it"}},
        "aliases": {"en": [{"language": "en", "value": "small town"}]} if id == "Q3" else {},
        "claims": statements,
    }


@pytest.mark.slow
def test_the_corpora_guide(desk, capsys):
    entities = [
        entity("Q1", "place"),
        entity("Q3", "town", P279=["Q1"]),
        entity("Q5", "human", P279=["Q35120"]),
        *(entity(f"Q{n}", f"Town {n}", P31=["Q3"]) for n in range(20, 50)),
        *(entity(f"Q{n}", f"Sailor {n}", P31=["Q5"], P1=[f"Q{n - 30}"]) for n in range(50, 80)),
        entity("P1", "born in", head=["Q5"], tail=["Q3"]),
    ]
    with gzip.open("dump.json.gz", "wt") as file:
        file.write("[\n" + ",\n".join(map(json.dumps, entities)) + "\n]\n")
    shutil.copy("heldout.jsonl", "test.jsonl")
    asked = "Text: The Orion left Riga.", "I've read this text.", "What describes ship in the text?", '["Orion"]'
    talk = [{"from": who, "value": value} for who, value in zip(("human", "gpt") * 2, asked, strict=True)]
    Path("pile.json").write_text(json.dumps([{"id": "1", "conversations": talk}]))
    run = commands("corpora.md")
    assert [argv[2] for argv in run if argv[1] == "corpus"] == [
        *("build", "stats", "inspect", "verbalise", "build", "convert", "build", "leaks"),
    ]
    run[-1].append("--json")
    assert follow(run, capsys)["understanding"]["kinds"]["re synthetic"]["examples"] > 5
    assert len(list(Path("data/sharded").glob("*.array_record-0000?-of-00004"))) == 4


def test_the_evaluation_guide(tmp_path, monkeypatch, capsys, tiny_model_dir):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(tiny_model_dir, "models/base")
    shutil.copy(SAMPLE / "schema.py", "schema.py")
    write_jsonl("heldout.jsonl", [row for _, row in read_jsonl(SAMPLE / "heldout.jsonl")][:4])
    run = commands("evaluation.md")
    assert [argv[1] for argv in run] == ["extract", *["evaluate"] * 4, "benchmark", "report", "report"]
    saved = next(argv for argv in run if "--datasets=harbour" in argv)
    saved[3] = saved[3].replace("kcjax/corpus", f"{ROOT}/kcjax/corpus")
    assert follow(run, capsys)["evaluations"] == 2
    assert "Compared with" in Path("compared.md").read_text()


def test_the_library_guide(tmp_path, monkeypatch, capsys, tiny_model_dir):
    pytest.importorskip("apache_beam")
    monkeypatch.chdir(tmp_path)
    shutil.copytree(tiny_model_dir, "models/base")
    entities = [
        entity("Q1", "place"),
        entity("Q3", "town", P279=["Q1"]),
        entity("Q4", "harbour town", P279=["Q3"]),
        entity("Q5", "human", P279=["Q35120"]),
        entity("Q9", "Riga", P31=["Q3"]),
        entity("P1", "born in", head=["Q5"], tail=["Q3"]),
    ]
    with gzip.open("dump.json.gz", "wt") as file:
        file.write("[\n" + ",\n".join(map(json.dumps, entities)) + "\n]\n")
    Path("events.tsv").write_text("id\tsource\tlabel\tdescription\tparents\troles\nsail.01\town\tsail\t\t\t\n")
    words = Path("words")
    words.mkdir()
    (words / "data.noun").write_text("1 03 n 01 place 0 000 | somewhere\n")
    (words / "index.noun").write_text("place n 1 0 1 0 1\n")
    monkeypatch.setenv("WNSEARCHDIR", str(words))
    write_jsonl("docs.jsonl", [{"id": "1", "text": "They reached Riga."}])
    porto = {"type": "Town", "start": 10, "end": 15, "text": "Porto"}
    write_jsonl("test.jsonl", [{"id": "1", "text": "They left Porto.", "entities": [porto]}])
    run = commands("library.md")
    assert [argv[2] for argv in run if argv[1] == "library"] == [
        *("build", "build", "stats", "show", "search", "search", "subset", "export", "audit"),
    ]
    next(argv for argv in run if argv[1] == "extract").append("--max-new-tokens=16")
    assert follow(run, capsys)["leaks"] == 0
    schema = Path("places.py").read_text()
    assert all(f"class {name}(" in schema for name in ("Human", "Place", "Town", "HarbourTown", "BornIn"))
    assert (tmp_path / "modules" / "Events.py").read_text().count("class Sail(") == 1
    assert next(read_jsonl("found.jsonl"))[1]["id"] == "1"
    python = re.search(
        r"```python\n(from kcjax.schema.library.*?)```", (ROOT / "docs/library.md").read_text(), re.DOTALL
    )
    names: dict = {}
    exec(python[1], names)  # our own guide
    assert names["library"].by_label("small town") == ["Town"] and names["library"].allows("BornIn", "Human", "Town")


def test_the_guide_of_the_page(tmp_path, monkeypatch, tiny_model_dir):
    shutil.copytree(tiny_model_dir, tmp_path / "models/mine")
    shutil.copy(SAMPLE / "schema.py", tmp_path / "schema.py")
    ((kcjax, *argv),) = commands("serve.md")
    assert kcjax == "kcjax"
    argv += ["--port=0", "--max-new-tokens=16", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command = [sys.executable, "-m", "kcjax.cli", *argv]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, **pipes) as server:
        try:
            url = re.match(r"open (http://127\.0\.0\.1:\d+) in a browser", server.stderr.readline())[1]
            page = urllib.request.urlopen(url).read().decode()
            assert json.load(urllib.request.urlopen(f"{url}/start"))["schema"] == (SAMPLE / "schema.py").read_text()
            python = re.search(r"```python\n(.*?)```", (ROOT / "docs/serve.md").read_text(), re.DOTALL)[1]
            names: dict = {}
            exec(python.replace("http://127.0.0.1:8765", url), names)  # our own guide
        finally:
            server.send_signal(signal.SIGINT)
        out, err = server.communicate(timeout=60)
    assert "<title>kcjax</title>" in page
    assert names["extraction"]["text"] == "The Orion left Riga." and names["extraction"]["status"] == "ok"
    assert (server.returncode, out, err) == (0, "{}\n", "ended\n")


def test_extraction(tmp_path, monkeypatch, tiny_model_dir, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(tiny_model_dir, "models/mine")
    shutil.copy(SAMPLE / "schema.py", "schema.py")
    rows = [{"id": row["id"], "text": row["text"], "url": "x"} for _, row in read_jsonl(SAMPLE / "heldout.jsonl")][:6]
    write_jsonl("docs.jsonl", rows)
    (tmp_path / "texts").mkdir()
    for name, some in (("a", rows[:3]), ("b", rows[3:])):
        with gzip.open(f"texts/{name}.jsonl.gz", "wb") as file:
            file.write(b"".join(json.dumps(row).encode() + b"\n" for row in some))
    run = commands("extraction.md")
    assert [argv[1] for argv in run] == ["extract"] * 5
    for argv in run:
        argv += ["--max-new-tokens=48", "--batch-size=4", "--tasks=ner", "--part-rows=2"]
    follow(run, capsys)
    for name in ("out", "more"):
        found = [row for _, row in read_jsonl(f"{name}.jsonl")]
        assert [row["status"] for row in found] == ["ok"] * 6 and all(row["url"] == "x" for row in found)
        assert not any(row["hallucinated"] or row["off_schema"] or row["repeated"] for row in found)
    parts = [row for path in sorted(Path("extractions").glob("part-*")) for _, row in read_jsonl(path)]
    assert parts == [row for _, row in read_jsonl("out.jsonl")]
    free = [row for _, row in read_jsonl("free.jsonl")]
    assert {row["status"] for row in free} <= {"truncated", "parse_error"} and not any(row["overruled"] for row in free)
