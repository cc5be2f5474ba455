"""The Beam pipeline makes the folder of parts that `kcjax extract` makes."""

import json
import os
import random
from pathlib import Path

import pytest

pytest.importorskip("apache_beam")

from kcjax.errors import InputError
from kcjax.extract.job import Job
from kcjax.extract.workers import run
from kcjax.files import read_json, read_jsonl, write_jsonl
from pipelines import extract_corpus as pipeline

SCHEMA = "class Ship(Entity):\n\tpass\n"


@pytest.fixture
def here(tmp_path, monkeypatch, tiny_model_dir):
    monkeypatch.chdir(tmp_path)
    Path("schema.py").write_text(SCHEMA)
    os.symlink(tiny_model_dir, "model")
    names = ["Orion", "Vega", "Riga", "sails", "to", "the"]
    chance = random.Random(0)
    for file in "ab":
        rows = ({"text": " ".join(chance.choices(names, k=chance.randint(1, 6))), "n": n} for n in range(20))
        write_jsonl(f"{file}.jsonl", rows)
    with open("a.jsonl", "ab") as bad:
        bad.write(b'{"text": "a\xff"}\n{"cut\n["no object"]\n{"id": 7}\n')
    return tmp_path


def job(output: str, **changes) -> Job:
    settings = {"max_new_tokens": 24, "batch_size": 4, "comments": False, "part_rows": 7} | changes
    return Job(("?.jsonl",), output, "model", "schema.py", **settings)


def rows_of(folder: str) -> list[dict]:
    rows = [row for path in sorted(Path(folder).glob("part-*.jsonl")) for _, row in read_jsonl(path)]
    for row in rows:  # other texts were in the same batch
        for entity in row["entities"]:
            entity["confidence"] = round(entity["confidence"], 3)
    return rows


@pytest.mark.slow
def test_the_pipeline_makes_what_the_command_makes_and_bad_rows_fail_no_batch(here):
    run(job("command"))
    summary = pipeline.extract_corpus(job("pipeline"))
    assert rows_of("pipeline") == rows_of("command")
    assert summary["documents"] == 44 and summary["status"]["error"] == 4
    one, other = (read_json(f"{folder}/manifest.json") for folder in ("command", "pipeline"))
    assert one == other


def test_it_goes_on_with_the_parts_that_are_missing(here, monkeypatch):
    pipeline.extract_corpus(job("out"))
    before = rows_of("out")
    for number in (1, 4):
        Path(f"out/done/{number:05d}.json").unlink()
        Path(f"out/part-{number:05d}.jsonl").unlink()
    kept = Path("out/part-00000.jsonl").stat().st_mtime_ns
    pipeline.extract_corpus(job("out"))
    assert rows_of("out") == before and Path("out/part-00000.jsonl").stat().st_mtime_ns == kept


def test_one_file_is_refused(here):
    with pytest.raises(InputError, match="writes a folder of parts"):
        pipeline.extract_corpus(job("out.jsonl"))


def test_the_command(here, capsys):
    arguments = "--model=model --schema=schema.py --input=b.jsonl --output=out --max-new-tokens=24 --without-comments"
    assert pipeline.main([*arguments.split(), "--part-rows=9", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["documents"] == 20
    assert pipeline.main([*arguments.split(), "--no-such=1"]) == 2
