"""A whole file through a fake extractor; the real one runs in tests/test_cli.py and tests/train/test_export.py."""

import json

import pytest

from kcjax.corpus.document import Entity
from kcjax.errors import InputError
from kcjax.extract import job
from kcjax.extract.extractor import Extraction
from kcjax.files import read_jsonl, write_jsonl

OPTIONS = {"grammar": True, "stop_bias": 0.0}

STATUSES = ("ok", "truncated", "parse_error", "too_long", "error")


class FakeExtractor:
    """Finds the first three characters of every text, and ends each document in another status."""

    fails_at = None

    def extract(self, documents, schema, **options):
        self.options = options
        for number, document in enumerate(documents):
            if number == self.fails_at:
                raise InputError("the schema's prompt does not fit")
            found = (Entity(0, 3, document.text[:3], "Ship"),)
            status = STATUSES[number % len(STATUSES)]
            yield Extraction(
                document.id,
                document.text,
                found,
                extra=document.extra,
                schema_hash=schema.hash,
                status=status,
                message="" if status == "ok" else "why",
                hallucinated=number % 2,
                off_schema=2,
            )


@pytest.fixture
def fake(monkeypatch):
    fake = FakeExtractor()
    fake.loaded = []

    def from_pretrained(model, **kwargs):
        fake.loaded.append((model, kwargs))
        return fake

    monkeypatch.setattr(job.Extractor, "from_pretrained", from_pretrained)
    return fake


@pytest.fixture
def files(tmp_path):
    (tmp_path / "schema.py").write_text("class Ship(Entity):\n\tpass\n")
    write_jsonl(tmp_path / "in.jsonl", [{"id": f"d{n % 7}-{n}", "text": f"The {n}", "url": n} for n in range(23)])
    return tmp_path


def extract(files, **kwargs):
    return job.extract_file(
        files / "in.jsonl", files / "out.jsonl", model="model", schema=files / "schema.py", **kwargs
    )


def test_one_row_for_every_row_in_the_same_order(fake, files):
    summary = extract(files, tasks=["ner"], triggers="gold", comments=False)
    before = [row for _, row in read_jsonl(files / "in.jsonl")]
    after = [row for _, row in read_jsonl(files / "out.jsonl")]
    assert [(row["id"], row["text"], row["url"]) for row in after] == [tuple(row.values()) for row in before]
    assert [row["status"] for row in after] == [STATUSES[n % 5] for n in range(23)]
    assert all(("message" in row) == (row["status"] != "ok") for row in after)
    assert fake.options == {"tasks": ["ner"], "triggers": "gold", "comments": False, "types_per_text": 20} | OPTIONS
    assert summary["documents"] == sum(summary["status"].values()) == 23
    assert summary["status"] == {"ok": 5, "truncated": 5, "parse_error": 5, "too_long": 4, "error": 4}
    assert (summary["hallucinated"], summary["off_schema"], summary["repeated"]) == (11, 46, 0)
    json.dumps(summary)


def test_what_the_extractor_is_loaded_with(fake, files):
    extract(files, adapter="adapter", dtype="bfloat16", max_new_tokens=7, batch_size=3)
    settings = {"adapter": "adapter", "dtype": "bfloat16", "max_new_tokens": 7, "batch_size": 3}
    assert fake.loaded == [("model", settings)]


def test_a_failure_half_way_leaves_no_output(fake, files):
    fake.fails_at = 10
    with pytest.raises(InputError):
        extract(files)
    assert {path.name for path in files.iterdir()} == {"schema.py", "in.jsonl"}


def test_bad_input_is_found_before_the_model_is_loaded(fake, files):
    (files / "out.jsonl").write_text("mine")
    with pytest.raises(InputError, match="out.jsonl: exists already"):
        extract(files)
    assert (files / "out.jsonl").read_text() == "mine"
    (files / "out.jsonl").unlink()
    with open(files / "in.jsonl", "a") as file:
        file.write("{\n")
    with pytest.raises(InputError, match=r"in\.jsonl:24: not valid JSON"):
        extract(files)
    (files / "schema.py").write_text("class")
    with pytest.raises(InputError, match=r"schema\.py:1"):
        extract(files)
    assert fake.loaded == [] and not (files / "out.jsonl").exists()
