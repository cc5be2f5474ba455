"""Protocols: what is asked is what the protocol says; a resumed run gives what an undisturbed one does."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kcjax.corpus.dataset import load_dataset
from kcjax.corpus.document import Document
from kcjax.errors import InputError
from kcjax.evaluate.protocol import Evaluation, Model, Scoring, evaluate, evaluate_saved, present, results
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
    how = {key: fields.pop(key) for key in ("dtype", "scoring") if key in fields}
    how.setdefault("scoring", Scoring(["wnut17"]))
    return evaluate(Evaluation("harbour", protocol, **fields), model, lambda: oracle, output, **how)


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
    assert run(model, tmp_path / "out", None) == row
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


PARENTS = {
    "Life": "BeBorn Marry Divorce Injure Die",
    "Movement": "Transport",
    "Transaction": "TransferOwnership TransferMoney",
    "Business": "StartOrganization MergeOrganization DeclareBankruptcy EndOrganization",
    "Conflict": "Attack Demonstrate",
    "Contact": "Meet PhoneWrite",
    "Personnel": "StartPosition EndPosition Nominate Elect",
    "Justice": "ArrestJail ReleaseParole TrialHearing ChargeIndict Sue Convict Sentence Fine Execute Extradite Acquit "
    "Appeal Pardon",
}


def test_only_ace05_is_scored_by_the_8_parents_of_its_33_types():
    assert Scoring().rules(HARBOUR).event_parents == {}
    wanted = {name: parent for parent, names in PARENTS.items() for name in names.split()}
    assert Scoring().rules(load_dataset("ace05")).event_parents == wanted and len(wanted) == 33
    assert Scoring(kc_off=["event_parents"]).rules(load_dataset("ace05")).event_parents == {}


def test_a_row_scored_otherwise_is_scored_anew_and_nothing_is_extracted(model, tmp_path):
    run(model, tmp_path / "out", Oracle())
    row = run(model, tmp_path / "out", None, scoring=Scoring(["wnut17", "btc"], kc_off=["drop_other"]))
    assert results(tmp_path / "out") == [row]
    assert row["scoring"] == {"trained_on": ["wnut17", "btc"], "kc_off": ["drop_other"], "library": None}
    with pytest.raises(InputError, match="kc_compat has no rule 'x'; it has normalise_names, "):
        run(model, tmp_path / "out", None, scoring=Scoring(kc_off=["x"]))
    with pytest.raises(InputError, match="none.kcjax: no such file"):
        run(model, tmp_path / "new", None, scoring=Scoring(library=str(tmp_path / "none.kcjax")))


def test_another_computation_is_another_evaluation(model, tmp_path):
    run(model, tmp_path / "out", Oracle())
    with pytest.raises(InputError, match="made with another dtype"):
        run(model, tmp_path / "out", Oracle(), dtype="bfloat16")


def test_a_release_is_evaluated_like_kcjaxs_own_form(model, tmp_path, monkeypatch):
    class Silent(Oracle):
        def extract(self, documents, schema, **options):
            yield from (Extraction(d.id, d.text) for d in documents)

    folder = tmp_path / "data/wnut17"
    folder.mkdir(parents=True)
    (folder / "emerging.test.annotated").write_text("Ada\tB-person\nruns\tO\n\nRiga\tB-location\n")
    row = evaluate(Evaluation("wnut17", "zero-shot"), model, Silent, tmp_path / "out", data_dir=tmp_path / "data")
    assert row["scores"]["ner"]["strict"]["gold"] == 2 and row["scores"]["documents"] == 2
    before = row["settings"]["data"]
    (folder / "emerging.test.annotated").write_text("Ada\tB-person\n")
    row = evaluate(Evaluation("wnut17", "zero-shot"), model, Silent, tmp_path / "new", data_dir=tmp_path / "data")
    assert row["settings"]["data"] != before


def test_few_shot_is_not_of_the_documents_that_are_shown(model, tmp_path):
    with pytest.raises(InputError, match="evaluate it on another split"):
        run(model, tmp_path / "out", Oracle(), protocol="few-shot", split="train")


def test_what_was_shown_is_in_the_row(model, tmp_path):
    row = run(model, tmp_path / "out", Oracle(), protocol="few-shot", shots=2)
    assert {task: len(ids) for task, ids in row["demonstrations"].items()} == dict.fromkeys(
        ("ner", "re", "ed", "eae"), 2
    )
    assert len(row["settings"]["training"]) == 64


def test_training_of_low_resource_is_what_was_drawn(model, tmp_path):
    whole = run(model, tmp_path / "out", Oracle(), protocol="supervised")
    part = run(model, tmp_path / "out", Oracle(), protocol="low-resource", share=0.01)
    unseen = [row["analysis"]["ner"]["slices"]["seen"]["unseen"]["gold"] for row in (whole, part)]
    assert unseen[1] > unseen[0]


def test_saved_predictions_get_all_that_a_model_gets(model, tmp_path):
    row = run(model, tmp_path / "out", Oracle())
    rows = [
        {"id": d.id, "entities": [{"start": e.start, "end": e.end, "label": e.type.upper()} for e in d.entities]}
        for d in GOLD.values()
    ]
    (tmp_path / "gliner.jsonl").write_text("\n".join(map(json.dumps, [*rows[1:], {**rows[0], "entities": 5}])))
    how = Evaluation("harbour", "zero-shot"), "gliner", tmp_path / "gliner.jsonl", tmp_path / "saved"
    saved = evaluate_saved(*how)
    assert list(saved["analysis"]) == ["ner"] and saved["analysis"]["ner"].keys() == row["analysis"]["ner"].keys()
    assert saved["scores"]["malformed_rows"] == 1 and saved["scores"]["ner"]["strict"]["precision"] == 100.0
    assert evaluate_saved(*how) == saved and results(tmp_path / "saved") == [saved]
    with pytest.raises(InputError, match="wnut17 has no task re; it has ner"):
        evaluate_saved(
            Evaluation("wnut17", "saved", "test"), *how[1:], tasks=["re"], data_dir=data_with_wnut17(tmp_path)
        )


def data_with_wnut17(folder: Path) -> Path:
    (folder / "wnut17.test.jsonl.gz").write_bytes(b"")
    return folder


def test_a_results_file_is_json_lines(model, tmp_path):
    run(model, tmp_path / "out", Oracle())
    (line,) = (tmp_path / "out/results.jsonl").read_text().splitlines()
    assert json.loads(line)["name"] == "harbour.test.zero-shot.seed0"
    assert isinstance(GOLD[next(iter(GOLD))], Document)
