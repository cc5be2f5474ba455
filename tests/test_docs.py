"""Every command of the guides is run, on a tiny random model."""

import importlib
import json
import re
import shlex
import shutil
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
    labels = {e["type"] for row in desk for e in row["entities"] + row["relations"] + row["events"]}
    labels |= {a["role"] for row in desk for e in row["events"] for a in e["arguments"]}
    write_jsonl("annotated.jsonl", desk)
    Path("labels.json").write_text(json.dumps({label: label for label in labels}))
    run = commands("train-your-own.md")
    assert [argv[1] for argv in run].count("train") == 2 and len(run) == 11
    scores = follow(run, capsys)
    assert set(scores) >= {"ner", "re", "ed", "eae", "parse_failure_rate"}
    assert len(list(Path("data/sharded").glob("records-0000?-of-00002.array_record"))) == 2


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
