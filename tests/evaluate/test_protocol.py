"""Protocols: what is asked is what the protocol says; a resumed run gives what an undisturbed one does."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kcjax.corpus.dataset import load_dataset
from kcjax.corpus.document import Document
from kcjax.errors import InputError
from kcjax.evaluate.protocol import Evaluation, Model, evaluate, kc_rules, present, results
from kcjax.extract.extraction import Extraction

HARBOUR = load_dataset("harbour")
GOLD = {d.id: d for d in HARBOUR.documents("test")}


class Oracle:
    """An extractor that knows the answers, and breaks off where it is told to."""

    chunk_size = 4

    def __init__(self, breaks_at: int | None = None):
        self.breaks_at, self.calls, self.given = breaks_at, [], 0

    def extract(self, documents, schema, **options) -> Iterator[Extraction]:
        documents = list(documents)
        self.calls.append({**options, "documents": documents, "schema": schema})
        for document in documents:
            if self.given == self.breaks_at:
                raise KeyboardInterrupt
            self.given += 1
            gold = GOLD[document.id]
            tasks = options["tasks"]
            yield Extraction(
                gold.id,
                gold.text,
                gold.entities if {"ner", "re"} & set(tasks) else (),
                gold.relations if "re" in tasks else (),
                gold.events if {"ed", "eae"} & set(tasks) else (),
                schema_hash=schema.hash,
            )


@pytest.fixture
def model(tmp_path) -> Model:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights").write_text("1")
    return Model.at(tmp_path / "model")


def run(model: Model, output: Path, oracle: Oracle, **fields) -> dict:
    protocol = fields.pop("protocol", "zero-shot")
    return evaluate(Evaluation("harbour", protocol, **fields), model, lambda: oracle, output, trained_on=["wnut17"])


def test_an_oracle_scores_100_in_every_task(model, tmp_path):
    row = run(model, tmp_path / "out", Oracle())
    for task in ("ner", "re", "ed", "eae"):
        assert {row["scores"][task][match]["f1"] for match in ("strict", "string")} == {100.0}
        assert row["analysis"][task]["mistakes"] == {} and len(row["per_document"][task]) == len(GOLD)
        assert {"seen", "type_frequency", "text_length", "type_distance"} == set(row["analysis"][task]["slices"])
    assert results(tmp_path / "out") == [row]
    assert row["settings"]["split"] == "test" and row["settings"]["model"] == model.hash


def test_arguments_are_asked_of_gold_triggers_and_the_rest_sees_no_annotation(model, tmp_path):
    oracle = Oracle()
    run(model, tmp_path / "out", oracle)
    found, arguments = oracle.calls
    assert (found["tasks"], found["triggers"], found["comments"]) == (("ner", "re", "ed"), "predicted", True)
    assert not any(d.entities or d.relations or d.events for d in found["documents"])
    assert (arguments["tasks"], arguments["triggers"]) == (("eae",), "gold")
    assert any(d.events for d in arguments["documents"])


def test_few_shot_shows_training_documents_and_supervised_no_comments(model, tmp_path):
    oracle = Oracle()
    row = run(model, tmp_path / "out", oracle, protocol="few-shot", shots=2)
    assert [call["tasks"] for call in oracle.calls] == [("ner",), ("re",), ("ed",), ("eae",)]
    training = {d.id for d in HARBOUR.documents("train")}
    for call in oracle.calls:
        assert len(call["demonstrations"]) == 2 and {d.id for d in call["demonstrations"]} <= training
    again = Oracle()
    run(model, tmp_path / "two", again, protocol="few-shot", shots=2)
    assert [c["demonstrations"] for c in again.calls] == [c["demonstrations"] for c in oracle.calls]
    assert row["settings"]["shots"] == 2
    supervised = Oracle()
    run(model, tmp_path / "three", supervised, protocol="supervised")
    assert not any(call["comments"] for call in supervised.calls)


@pytest.mark.parametrize("breaks_at", [0, 1, 4, 9, 33])
def test_an_interrupted_run_goes_on_by_whole_chunks(model, tmp_path, breaks_at):
    undisturbed = run(model, tmp_path / "a", Oracle())
    with pytest.raises(KeyboardInterrupt):
        run(model, tmp_path / "b", Oracle(breaks_at=breaks_at))
    resumed = Oracle()
    row = run(model, tmp_path / "b", resumed)
    first = min(breaks_at, len(GOLD)) // 4 * 4
    if breaks_at < len(GOLD):
        assert len(resumed.calls[0]["documents"]) == len(GOLD) - first
    volatile = ("seconds", "command")
    assert {k: v for k, v in row.items() if k not in volatile} == {
        k: v for k, v in undisturbed.items() if k not in volatile
    }
    for file in sorted((tmp_path / "a/predictions").iterdir()):
        assert (tmp_path / "b/predictions" / file.name).read_bytes() == file.read_bytes()


def test_rows_cut_short_are_extracted_again(model, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run(model, tmp_path / "out", Oracle(breaks_at=9))
    (partial,) = (tmp_path / "out/predictions").glob("*.partial")
    whole = partial.read_bytes()
    partial.write_bytes(whole[: whole.index(b"\n") + 20])  # the second row is cut
    oracle = Oracle()
    run(model, tmp_path / "out", oracle)
    assert len(oracle.calls[0]["documents"]) == len(GOLD)


def test_what_is_done_is_not_done_again(model, tmp_path):
    row = run(model, tmp_path / "out", Oracle())
    assert evaluate(Evaluation("harbour", "zero-shot"), model, lambda: pytest.fail("loaded"), tmp_path / "out") == row
    other = run(model, tmp_path / "out", Oracle(), seed=1, limit=5)
    assert other["scores"]["documents"] == 5 and len(results(tmp_path / "out")) == 2


def test_predictions_of_another_model_are_not_taken(model, tmp_path):
    run(model, tmp_path / "out", Oracle())
    other = dataclasses.replace(model, hash="other")
    with pytest.raises(InputError, match="made with another model; name another --output"):
        run(other, tmp_path / "out", Oracle())


def test_a_sample_is_drawn_by_seed(model, tmp_path):
    drawn = []
    for seed in (0, 0, 1):
        oracle = Oracle()
        run(model, tmp_path / str(len(drawn)), oracle, limit=5, seed=seed)
        drawn.append([d.id for d in oracle.calls[0]["documents"]])
    assert drawn[0] == drawn[1] != drawn[2]


def test_models_differ_by_their_files(tmp_path):
    with pytest.raises(InputError, match="no such model directory"):
        Model.at(tmp_path / "none")
    hashes = set()
    for text in ("1", "2"):
        (tmp_path / "weights").write_text(text)
        hashes.add(Model.at(tmp_path).hash)
    assert len(hashes) == 2


def test_the_split_is_test_or_dev_of_what_is_there(tmp_path, monkeypatch):
    monkeypatch.delenv("KCJAX_DATA", raising=False)
    assert present(HARBOUR, None) == "test" and present(HARBOUR, None, "train") == "train"
    assert present(load_dataset("wnut17"), tmp_path) is None
    (tmp_path / "wnut17.dev.jsonl.gz").write_bytes(b"")
    assert present(load_dataset("wnut17"), tmp_path) == "dev"
    assert present(load_dataset("wnut17"), tmp_path, "test") is None


def test_absent_documents_are_told(model, tmp_path, monkeypatch):
    monkeypatch.delenv("KCJAX_DATA", raising=False)
    with pytest.raises(InputError, match=r"wnut17\.test\.jsonl\.gz: no such file"):
        evaluate(Evaluation("wnut17", "zero-shot"), model, Oracle, tmp_path / "out")


def test_only_ace05_is_scored_by_parents():
    assert kc_rules(HARBOUR).event_parents == {}


def test_a_results_file_is_json_lines(model, tmp_path):
    run(model, tmp_path / "out", Oracle())
    (line,) = (tmp_path / "out/results.jsonl").read_text().splitlines()
    assert json.loads(line)["name"] == "harbour.test.zero-shot.seed0"
    assert isinstance(GOLD[next(iter(GOLD))], Document)
