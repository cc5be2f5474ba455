"""`kcjax evaluate`, `benchmark` and `report` as users call them, on a tiny random model."""

import json
from pathlib import Path

import pytest

from kcjax.cli import main
from kcjax.corpus.dataset import load_dataset

ROOT = Path(__file__).resolve().parents[1]
GOLD = ROOT / "kcjax/corpus/datasets/harbour/heldout.jsonl"
SHORT = ["--max-new-tokens=16", "--batch-size=4"]


@pytest.fixture
def run(capsys):
    def run(*argv: object) -> tuple[int, dict, str]:
        code = main([*map(str, argv), "--json"])
        out, err = capsys.readouterr()
        return code, json.loads(out.splitlines()[-1]) if out else {}, err

    return run


def test_gold_as_prediction_is_100_and_bad_rows_are_told(run, tmp_path, caplog):
    code, found, _ = run("evaluate", f"--gold={GOLD}", f"--predictions={GOLD}")
    assert code == 0
    assert {found[t][m]["f1"] for t in ("ner", "re", "ed", "eae") for m in ("strict", "string")} == {100.0}
    lines = GOLD.read_text().splitlines()
    (tmp_path / "out.jsonl").write_text("\n".join([lines[0][:50], *lines[1:]]))
    code, found, _ = run("evaluate", f"--gold={GOLD}", f"--predictions={tmp_path}/out.jsonl")
    assert code == 0 and found["malformed_rows"] == 1 and "out.jsonl:1: not valid JSON" in caplog.text
    assert found["ner"]["strict"]["precision"] == 100.0 > found["ner"]["strict"]["recall"]


def test_without_json_there_is_a_line_for_each_match_and_type(capsys):
    assert main(["evaluate", f"--gold={GOLD}", f"--predictions={GOLD}", "--tasks=ner"]) == 0
    out = capsys.readouterr().out
    assert "match strict, precision 100, recall 100, f1 100" in out and "type Ship, precision 100" in out


def test_other_systems_predictions_are_scored_by_form(run, tmp_path):
    rows = [
        {
            "id": d.id,
            "entities": [{"start": e.start, "end": e.end, "label": e.type.lower(), "score": 0.5} for e in d.entities],
        }
        for d in load_dataset("harbour").documents("test")
    ]
    (tmp_path / "gliner.jsonl").write_text("\n".join(map(json.dumps, rows)))
    argv = ["evaluate", f"--gold={GOLD}", f"--predictions={tmp_path}/gliner.jsonl", "--tasks=ner"]
    assert run(*argv, "--form=gliner")[1]["ner"]["strict"]["f1"] == 100.0


@pytest.mark.slow
def test_benchmark_and_report_from_a_model(run, tiny_model_dir, tmp_path, monkeypatch):
    monkeypatch.delenv("KCJAX_DATA", raising=False)
    argv = ["benchmark", f"--model={tiny_model_dir}", "--datasets=harbour", "--limit=5", *SHORT]
    code, found, _ = run(*argv, f"--output={tmp_path}/one")
    assert code == 0 and len(found["table"]) == 28 and all(row["f1"] is None for row in found["table"])
    assert set(found["datasets"]) == {f"harbour/{task}" for task in ("ner", "re", "ed", "eae")}
    assert set(found["datasets"]["harbour/ner"]) == {"strict", "string", "kc_compat"}
    few = ["evaluate", f"--model={tiny_model_dir}", "--datasets=harbour", "--protocol=few-shot", "--shots=1"]
    code, found, err = run(*few, "--limit=5", *SHORT, f"--output={tmp_path}/one")
    assert code == 0, err
    assert found["datasets"][0]["settings"]["protocol"] == "few-shot"
    code, found, _ = run("report", tmp_path / "one", f"--against={tmp_path}/one", f"--output={tmp_path}/page.html")
    assert code == 0 and found["evaluations"] == 2
    assert "0 evaluations have none like them" in (tmp_path / "page.md").read_text()


@pytest.mark.slow
def test_seeds_and_splits_of_a_benchmark_are_kept_apart(run, tiny_model_dir, tmp_path):
    argv = [
        "benchmark",
        f"--model={tiny_model_dir}",
        "--datasets=harbour:train,harbour:test",
        "--limit=2",
        "--seeds=0,1",
    ]
    code, found, _ = run(*argv, *SHORT, f"--output={tmp_path}/out")
    assert code == 0 and set(found["datasets"]) == {
        f"harbour:{split}/{task}" for split in ("train", "test") for task in ("ner", "re", "ed", "eae")
    }
    assert found["datasets"]["harbour:test/ner"]["strict"]["f1_deviation"] == 0.0
    assert len((tmp_path / "out/results.jsonl").read_text().splitlines()) == 4


def test_predictions_of_a_known_dataset_get_a_report(run, tmp_path):
    argv = [
        "evaluate",
        "--datasets=harbour",
        f"--predictions={GOLD}",
        f"--output={tmp_path}/out",
        "--protocol=zero-shot",
    ]
    code, found, err = run(*argv, "--kc-off=drop_other,keep_gold")
    assert code == 0, err
    (row,) = found["datasets"]
    assert {row["scores"][task]["strict"]["f1"] for task in ("ner", "re", "ed", "eae")} == {100.0}
    assert row["scoring"]["kc_off"] == ["drop_other", "keep_gold"]
    code, found, _ = run("report", tmp_path / "out", f"--output={tmp_path}/page.html")
    assert code == 0 and "harbour ner" in (tmp_path / "page.md").read_text()


def test_a_dataset_that_cannot_be_run_costs_only_itself(run, tiny_model_dir, tmp_path):
    """Of the tiny model's context the schema is too much for 250 new tokens."""
    argv = ["benchmark", f"--model={tiny_model_dir}", "--datasets=harbour", f"--output={tmp_path}/out"]
    code, found, err = run(*argv, "--max-new-tokens=100000", "--limit=2")
    assert code == 1 and found["datasets"] == {} and "does not fit the model's context" in err
    assert list(found["failed"]) == ["harbour.zero-shot.seed0.limit2"]


@pytest.mark.slow
def test_low_resource_refines_on_shares_and_goes_on(run, tiny_model_dir, tmp_path):
    pytest.importorskip("tensorflow")
    argv = [
        "evaluate",
        "--protocol=low-resource",
        f"--model={tiny_model_dir}",
        "--datasets=harbour",
        "--shares=0.05,0.1",
    ]
    argv += [
        f"--config={ROOT}/configs/following_tiny.py",
        "--config.sequence_length=2048",
        "--config.batch_per_device=1",
    ]
    argv += ["--config.steps=2", "--limit=2", *SHORT, f"--output={tmp_path}/out"]
    code, found, err = run(*argv)
    assert code == 0, err
    first, second = found["datasets"]
    assert (first["settings"]["share"], second["settings"]["share"]) == (0.05, 0.1)
    assert first["model"]["hash"] != second["model"]["hash"]
    runs = tmp_path / "out/runs"
    many = [len((runs / f"harbour.seed0.share{s}/train.jsonl").read_text().splitlines()) for s in (0.05, 0.1)]
    assert many == [6, 12]
    assert run(*argv)[1] == found  # nothing is done twice


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["evaluate"], "--datasets, --protocol and --output: --model is missing"),
        (["evaluate", "--gold=x"], "give --gold and --predictions: --predictions is missing"),
        (["evaluate", "--predictions=x"], "give --gold and --predictions: --gold is missing"),
        (["evaluate", "--model=x"], "--datasets is missing"),
        (["evaluate", "--model=x", "--datasets=harbour", "--protocol=zero-shot"], "--output is missing"),
        (["evaluate", "--model=x", "--predictions=y"], "leave them out, or --model"),
        (["evaluate", "--gold=x", "--predictions=y", "--limit=1"], "--limit is for known datasets"),
        (["evaluate", "--gold=x", "--predictions=y", "--max-new-tokens=640"], "--max-new-tokens is for known datasets"),
        (["evaluate", "--datasets=harbour", "--predictions=y"], "add --output"),
        (["evaluate", "--datasets=harbour,btc", "--predictions=y", "--output=out"], "of one dataset; name one"),
        (["evaluate", "--datasets=harbour", "--predictions=y", "--output=out", "--seeds=1"], "--seeds is for a model"),
        (
            ["evaluate", "--model={model}", "--output=out", "--datasets=harbour,nope", "--protocol=zero-shot"],
            "there is no dataset 'nope'",
        ),
        (["evaluate", "--gold=x", "--predictions=y", "--config.seed=1"], "--config.seed=1 is a field of --config"),
        (["benchmark"], "a benchmark needs --model"),
        (["benchmark", "--model=none", "--output=out", "--datasets=harbour"], "none: no such model directory"),
        (["benchmark", "--model=none", "--output=out", "--data-dir=none"], "none of the datasets is here"),
        (
            ["benchmark", "--model={model}", "--output=out", "--datasets=harbor"],
            "no dataset 'harbor'; near it: harbour",
        ),
        (
            ["evaluate", "--model={model}", "--output=out", "--datasets=harbour", "--protocol=low-resource"],
            "--config=configs/NAME.py goes with --protocol=low-resource",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(run, tiny_model_dir, tmp_path, monkeypatch, argv, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KCJAX_DATA", raising=False)
    code, _, err = run(*(a.format(model=tiny_model_dir) for a in argv))
    assert code == 2 and message in err and not (tmp_path / "out/results.jsonl").exists()


def test_a_library_that_is_not_there_is_named(run, tmp_path):
    code, _, err = run("evaluate", f"--gold={GOLD}", f"--predictions={GOLD}", f"--library={tmp_path}/none.kcjax")
    assert code == 2 and "none.kcjax: no such file" in err


@pytest.mark.parametrize("flag", ["--seeds=0,x", "--shares=0.1,abc", "--shares=2"])
def test_numbers_are_checked_before_anything_is_done(run, capsys, flag):
    with pytest.raises(SystemExit) as exit_:
        run("evaluate", "--model=x", flag)
    assert exit_.value.code == 2 and f"argument {flag.partition('=')[0]}: must be" in capsys.readouterr().err
