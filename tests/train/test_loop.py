"""Whole runs on a tiny random model and the harbour sample, stopped and disturbed in every way a run can be."""

import dataclasses
import functools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from pkgutil import resolve_name

import numpy as np
import pytest
from flax import nnx

pytest.importorskip("tensorflow")

from kcjax import cli
from kcjax.corpus.build import build_corpus
from kcjax.corpus.following import FollowingOptions
from kcjax.corpus.recipe import Recipe, Source
from kcjax.corpus.records import Records, write_records
from kcjax.errors import InputError, Interrupted, WorkError
from kcjax.files import read_json, write_json
from kcjax.model.config import LlamaConfig
from kcjax.model.huggingface import load_config as load_model_config
from kcjax.model.huggingface import save_model
from kcjax.model.info import read_info
from kcjax.model.llama import Llama
from kcjax.train.config import load_config
from kcjax.train.loop import train
from kcjax.train.metrics import read_metrics
from kcjax.train.run import load_run, phases_of

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "kcjax" / "corpus" / "datasets" / "harbour"
LENGTH = {"understanding": 256, "following": 768}
STEPS = 6
HELD_OUT = [
    "--config.evaluate.every=4",
    f"--config.evaluate.documents={SAMPLE / 'heldout.jsonl'}",
    f"--config.evaluate.schema={SAMPLE / 'schema.py'}",
    "--config.evaluate.count=3",
    "--config.evaluate.max_new_tokens=8",
]


def build(phase: str, model: Path, output: Path, *, length: int = 0, **options) -> Path:
    options = FollowingOptions(tasks=("ner",), negatives=1, comments=0.0, **options)
    source = Source(paths=(str(SAMPLE / "train.jsonl"),), schema=str(SAMPLE / "schema.py"))
    build_corpus(Recipe(phase, str(model), (source,), length=length or LENGTH[phase], options=options), output)
    return output


def flags_of(phase: str, data: Path, init_from: Path, *overrides: str) -> list[str]:
    fields = {"data": data, "init_from": init_from, "sequence_length": LENGTH[phase], "steps": STEPS}
    return [f"--config.{name}={value}" for name, value in fields.items()] + list(overrides)


def config_of(phase: str, *args, **kwargs):
    return load_config(str(ROOT / "configs" / f"{phase}_tiny.py"), flags_of(phase, *args, **kwargs))


def argv_of(phase: str, workdir: Path, *args) -> list[str]:
    return ["train", f"--config={ROOT}/configs/{phase}_tiny.py", f"--workdir={workdir}", *flags_of(phase, *args)]


@pytest.fixture(scope="module")
def corpora(tiny_model_dir, tmp_path_factory) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("corpora")
    return {phase: build(phase, tiny_model_dir, directory / phase) for phase in LENGTH}


@pytest.fixture(scope="module")
def runs(corpora, tiny_model_dir, tmp_path_factory) -> dict[str, Path]:
    """Undisturbed: all parameters in phase 1, then LoRA with dropout in phase 2, on what phase 1 made."""
    directory = tmp_path_factory.mktemp("runs")
    init_from = tiny_model_dir
    for phase, data in corpora.items():
        train(config_of(phase, data, init_from), directory / phase)
        init_from = directory / phase
    return {phase: directory / phase for phase in corpora}


@pytest.fixture(scope="module")
def inputs(corpora, runs, tiny_model_dir) -> dict[str, tuple[Path, Path]]:
    """Data and initial model of each phase."""
    starts = {"understanding": tiny_model_dir, "following": runs["understanding"]}
    return {phase: (corpora[phase], starts[phase]) for phase in corpora}


@pytest.fixture
def unfinished(runs, tmp_path) -> Path:
    """A copy of phase 1's run as it was after step 4."""
    workdir = tmp_path / "unfinished"
    shutil.copytree(runs["understanding"], workdir)
    (workdir / "DONE").unlink()
    shutil.rmtree(workdir / "checkpoints" / str(STEPS))
    return workdir


class Flaky:
    """A method that fails after so many calls."""

    def __init__(self, method, *, calls: int):
        self.method, self.calls = method, calls

    def __get__(self, instance, owner):
        return functools.partial(self, instance)

    def __call__(self, *args):
        self.calls -= 1
        if self.calls < 0:
            raise InputError("damaged; build it anew")
        return self.method(*args)


def losses(workdir: Path) -> list[tuple]:
    """What must not depend on interruptions; `tokens_per_s` does."""
    names = ("step", "probe_loss", "loss", "grad_norm", "learnt_tokens", "learning_rate")
    return [tuple(row.get(name) for name in names) for row in read_metrics(workdir)]


def until_steps(workdir: Path, count: int, process: subprocess.Popen | None = None, *, patience: float = 180) -> None:
    """Waits until a run has written the metrics of this many steps, or its process has ended."""
    deadline = time.monotonic() + patience
    while sum("loss" in row for row in read_metrics(workdir)) < count and time.monotonic() < deadline:
        if process is not None and process.poll() is not None:
            return
        time.sleep(0.005)


def test_the_probe_loss_falls_in_both_phases(runs):
    for workdir in runs.values():
        summary = read_json(workdir / "DONE")
        assert summary["probe_loss_last"] < summary["probe_loss_first"] and summary["steps"] == STEPS
        steps = [row["step"] for row in read_metrics(workdir)]
        assert steps == [0, *range(1, STEPS + 1), STEPS]


def test_phase_2_starts_from_the_weights_of_phase_1(runs, inputs):
    one, two = (read_json(runs[phase] / "config.json") for phase in ("understanding", "following"))
    assert two["init_from"] == str(runs["understanding"]) and phases_of(runs["following"])[-2:] == tuple(inputs)
    trained, start = load_run(runs["understanding"]), load_run(runs["following"], merge=False)
    np.testing.assert_array_equal(trained.embedding[...], start.embedding[...])
    np.testing.assert_array_equal(trained.blocks.q.kernel[...], start.blocks.q.base.kernel[...])
    assert one["lora"]["rank"] == 0 < two["lora"]["rank"]


@pytest.mark.parametrize(("phase", "step"), [("understanding", 3), ("following", 1)])
def test_a_killed_run_started_again_has_the_losses_of_an_undisturbed_one(phase, step, runs, inputs, tmp_path):
    """In phase 1 there is a checkpoint to go on from, perhaps half written; in phase 2 there is none yet."""
    workdir = tmp_path / "run"
    program = [sys.executable, "-m", "kcjax.cli", *argv_of(phase, workdir, *inputs[phase])]
    process = subprocess.Popen(program, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    until_steps(workdir, step, process)
    process.kill()
    error = process.communicate()[1].decode()
    assert process.returncode == -signal.SIGKILL, error
    assert not (workdir / "DONE").exists()
    train(config_of(phase, *inputs[phase]), workdir)
    assert losses(workdir) == losses(runs[phase])


@pytest.mark.slow
@pytest.mark.parametrize("phase", list(LENGTH))
def test_a_run_killed_at_20_random_moments_has_the_losses_of_an_undisturbed_one(phase, inputs, tmp_path):
    workdir, moments, steps = tmp_path / "run", random.Random(phase), "--config.steps=24"
    train(config_of(phase, *inputs[phase], steps), tmp_path / "undisturbed")
    program = [sys.executable, "-m", "kcjax.cli", *argv_of(phase, workdir, *inputs[phase]), steps]
    kills = 0
    while kills < 20:
        process = subprocess.Popen(program, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        before = sum("loss" in row for row in read_metrics(workdir))
        until_steps(workdir, min(before + moments.randrange(3), 23), process)
        time.sleep(moments.random() * 0.2)
        process.kill()
        assert process.wait() == -signal.SIGKILL, "it ended, or failed, before it could be killed"
        kills += 1
    train(config_of(phase, *inputs[phase], steps), workdir)
    assert losses(workdir) == losses(tmp_path / "undisturbed")


def test_sigterm_saves_exits_75_and_the_same_command_goes_on(runs, inputs, tmp_path, capsys):
    workdir = tmp_path / "run"

    def stop():
        until_steps(workdir, 2)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=stop, daemon=True).start()
    argv = argv_of("understanding", workdir, *inputs["understanding"])
    assert cli.main(argv) == 75
    message = capsys.readouterr().err.splitlines()[-1]
    assert message.startswith(f"kcjax: {workdir}: saved at step ") and "the same command resumes it" in message
    saved = int(message.split("step ")[1].split()[0])
    assert 1 < saved < STEPS and (workdir / "checkpoints" / str(saved)).is_dir()
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert cli.main([*argv, "--json"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 1 and json.loads(out[0]) == read_json(workdir / "DONE")
    assert losses(workdir) == losses(runs["understanding"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment",
    [
        "kcjax.train.loop._Training._load",
        "kcjax.train.loop._Training._measure",
        "jax.stages.Lowered.compile",
        "kcjax.train.loop._Training._report",
        "kcjax.train.loop.HeldOut.scores",
        "kcjax.train.checkpoints.Checkpoints.save",
    ],
)
def test_sigterm_is_heeded_wherever_the_run_is(moment, inputs, runs, tmp_path, monkeypatch):
    """While it loads, measures, compiles, reports, evaluates or saves: each time it saves what is new, and goes on."""
    config = config_of("following", *inputs["following"], *HELD_OUT, "--config.checkpoint_every=3")
    owner, _, name = moment.rpartition(".")
    plain = getattr(resolve_name(owner), name)

    def signalled(*args, **kwargs):
        signals.append(moment)
        if len(signals) == 1:
            os.kill(os.getpid(), signal.SIGTERM)
        return plain(*args, **kwargs)

    signals: list[str] = []
    monkeypatch.setattr(moment, signalled)
    with pytest.raises(Interrupted, match="saved at step") as stopped:
        train(config, tmp_path / "run")
    step = int(str(stopped.value).split("step ")[1].split()[0])
    assert step in (0, 1, 3, 4) and (tmp_path / "run" / "checkpoints" / str(step)).is_dir() == bool(step)
    train(config, tmp_path / "run")
    of_steps = lambda workdir: [row for row in losses(workdir) if row[2] is not None]
    assert of_steps(tmp_path / "run") == of_steps(runs["following"])


def test_metrics_read_a_step_late_are_the_same(runs, inputs, tmp_path, monkeypatch):
    monkeypatch.setattr("kcjax.train.loop._runs_ahead", lambda: True)
    train(config_of("following", *inputs["following"], "--config.checkpoint_every=3"), tmp_path / "run")
    assert losses(tmp_path / "run") == losses(runs["following"])


def test_a_finished_run_returns_its_summary_at_once(runs, inputs, monkeypatch):
    monkeypatch.setattr("kcjax.train.loop.make_mesh", lambda *_: pytest.fail("it began to work"))
    for phase, workdir in runs.items():
        assert train(config_of(phase, *inputs[phase]), workdir) == read_json(workdir / "DONE")


def test_killed_between_the_last_checkpoint_and_done_every_row_stands_there_once(runs, inputs, tmp_path):
    workdir = tmp_path / "run"
    shutil.copytree(runs["understanding"], workdir)
    (workdir / "DONE").unlink()
    assert train(config_of("understanding", *inputs["understanding"]), workdir)["steps"] == STEPS
    assert losses(workdir) == losses(runs["understanding"])


@pytest.mark.parametrize(
    "override", ["--config.optimizer.learning_rate=1e-5", "--config.seed=1", "--config.lora.rank=2"]
)
def test_a_changed_config_in_an_old_workdir_is_named(override, runs, inputs):
    name = override.partition("=")[0].rpartition(".")[2]
    with pytest.raises(InputError, match=rf"config\.json: .*{name} is .* there and .* here; use another workdir"):
        train(config_of("following", *inputs["following"], override), runs["following"])


@pytest.mark.parametrize("base_dtype", ["bfloat16", "int8"])
def test_adapters_are_trained_on_frozen_weights_of_less_precision(base_dtype, runs, inputs, tmp_path):
    override = f"--config.lora.base_dtype={base_dtype}"
    workdir = tmp_path / "run"
    summary = train(config_of("following", *inputs["following"], override), workdir)
    exact = read_json(runs["following"] / "DONE")
    assert summary["probe_loss_first"] != exact["probe_loss_first"]
    assert summary["probe_loss_first"] == pytest.approx(exact["probe_loss_first"], rel=0.01)
    assert summary["probe_loss_last"] == pytest.approx(exact["probe_loss_last"], rel=0.01)
    merged = load_run(workdir)  # into the weights as they were
    assert merged.blocks.q.kernel[...].dtype == np.float32 and merged.blocks.q.kernel_scale is None
    newest = workdir / "checkpoints" / str(STEPS) / "params"
    assert sum(file.stat().st_size for file in newest.rglob("*")) < 200_000  # adapters alone


def test_scratch_takes_the_shape_of_a_model_and_random_weights(corpora, tiny_model_dir, tmp_path):
    scratch = f"scratch:{tiny_model_dir}"
    one = train(config_of("understanding", corpora["understanding"], scratch), tmp_path / "one")
    again = train(config_of("understanding", corpora["understanding"], scratch), tmp_path / "again")
    other = train(config_of("understanding", corpora["understanding"], scratch, "--config.seed=7"), tmp_path / "other")
    assert losses(tmp_path / "one") == losses(tmp_path / "again") and one["probe_loss_last"] < one["probe_loss_first"]
    assert other["probe_loss_first"] != one["probe_loss_first"] == again["probe_loss_first"]
    assert phases_of(tmp_path / "one") == ("understanding",)
    assert load_run(tmp_path / "one").config == load_model_config(tiny_model_dir)


def test_extraction_is_scored_during_training_and_in_the_summary(inputs, tmp_path):
    workdir = tmp_path / "run"
    summary = train(config_of("following", *inputs["following"], *HELD_OUT), workdir)
    rows = [row for row in read_metrics(workdir) if "evaluate/ner_f1" in row]
    assert [row["step"] for row in rows] == [4, STEPS]
    assert summary["evaluate/ner_f1"] == rows[-1]["evaluate/ner_f1"]
    # An untrained model writes no list: the same that `kcjax extract` and `kcjax evaluate` would say.
    assert 0 < rows[-1]["evaluate/parse_failure_rate"] <= 100
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    with pytest.raises(InputError, match="empty.jsonl: no documents in the file"):
        train(config_of("following", *inputs["following"], *HELD_OUT, f"--config.evaluate.documents={empty}"), tmp_path)


def test_losses_are_told_apart_by_task_and_steps_by_what_they_took(runs):
    rows = {phase: [row for row in read_metrics(runs[phase]) if "loss" in row] for phase in runs}
    assert all({"loss/definition", "loss/ner"} & row.keys() for row in rows["understanding"])
    assert all("loss/ner" in row and "loss/definition" not in row for row in rows["following"])
    for row in rows["following"]:
        assert row["loss/ner"] == pytest.approx(row["loss"]) and 0 < row["fill"] <= 1
    last = rows["understanding"][-1]
    assert last["step_s_p50"] <= last["step_s_p99"] and 0 < last["goodput"] < 1
    spent = sum(last[f"time/{kind}_s"] for kind in ("steps", "input", "compile", "evaluate", "checkpoint", "other"))
    assert last["time/compile_s"] > 0 and last["goodput"] == pytest.approx(last["time/steps_s"] / spent, rel=0.01)


def test_what_changes_no_result_may_change_when_a_run_goes_on(runs, inputs, unfinished):
    free = ["--config.remat=full", "--config.mesh.fsdp=4", "--config.mesh.data=2", "--config.checkpoint_every=1"]
    free += ["--config.keep_every=5", "--config.profile_step=5", "--config.profile_steps=1"]
    train(config_of("understanding", *inputs["understanding"], *free), unfinished)
    expected, found = (
        [row["loss"] for row in read_metrics(w) if "loss" in row] for w in (runs["understanding"], unfinished)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert read_json(unfinished / "config.json")["remat"] == "full"
    assert (unfinished / "checkpoints" / "5").is_dir() and list((unfinished / "tensorboard").rglob("*.xplane.pb"))


def test_records_damaged_under_a_run_end_it_with_one_line_and_its_checkpoints_whole(
    corpora, inputs, tmp_path, monkeypatch
):
    monkeypatch.setattr(Records, "read", flaky := Flaky(Records.read, calls=6))
    workdir = tmp_path / "run"
    with pytest.raises(InputError, match="damaged; build it anew"):
        train(config_of("understanding", *inputs["understanding"], "--config.checkpoint_every=1"), workdir)
    steps = sorted(path.name for path in (workdir / "checkpoints").iterdir())
    assert flaky.calls <= 0 and steps and all(name.isdigit() for name in steps)


def test_another_number_of_devices_or_records_does_not_go_on_silently(inputs, unfinished):
    """Another batch is another run, though the config be the same."""
    about = unfinished / "checkpoints" / "4" / "about" / "metadata"
    about.write_text(json.dumps(json.loads(about.read_text()) | {"batch_size": 4}))
    with pytest.raises(InputError, match="batch_size is 4 there and 8 here"):
        train(config_of("understanding", *inputs["understanding"]), unfinished)


def test_other_records_or_weights_under_the_old_names_do_not_go_on_silently(corpora, runs, inputs, tmp_path):
    data, base, workdir = (tmp_path / name for name in ("data", "base", "run"))
    shutil.copytree(corpora["following"], data)
    shutil.copytree(runs["understanding"], base)
    train(config_of("following", data, base), workdir)
    (workdir / "DONE").unlink()
    newest = max((base / "checkpoints").iterdir(), key=lambda path: int(path.name))
    largest = max((file for file in newest.rglob("*") if file.is_file()), key=lambda file: file.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[-100] ^= 1  # within the last block that is hashed, and of no consequence to reading the weights
    records = [Records(data)[n] for n in range(len(Records(data)))]
    info = Records(data).info
    shutil.rmtree(data)
    write_records(data, [*records[1:], records[0]], info)
    with pytest.raises(InputError, match="records is '.*' there and '.*' here; use another workdir, or what this one"):
        train(config_of("following", data, base), workdir)
    shutil.rmtree(data)
    write_records(data, records, info)
    assert train(config_of("following", data, base), workdir)["steps"] == STEPS
    (workdir / "DONE").unlink()
    largest.write_bytes(content)
    with pytest.raises(InputError, match="weights is '.* after .*' there and '.* after .*' here; use another workdir"):
        train(config_of("following", data, base), workdir)


def test_a_run_whose_metrics_are_gone_does_not_go_on_to_a_wrong_summary(inputs, unfinished):
    (unfinished / "metrics.jsonl").unlink()
    with pytest.raises(WorkError, match=r"metrics\.jsonl: 4 of the 4 steps done have no row; put the file back"):
        train(config_of("understanding", *inputs["understanding"]), unfinished)


def test_data_that_do_not_fit_are_named(corpora, tiny_model_dir, tmp_path):
    workdir = tmp_path / "run"
    copy = tmp_path / "data"
    shutil.copytree(corpora["understanding"], copy)
    info = read_json(copy / "metadata.json")
    write_json(copy / "metadata.json", info | {"tokenizer_hash": "0" * 64})
    wrong = {
        "records of 768 tokens, config.sequence_length is 256": ("understanding", corpora["following"]),
        "made with another tokenizer": ("understanding", copy),
        "no metadata.json here": ("understanding", tmp_path),
    }
    for message, (phase, directory) in wrong.items():
        with pytest.raises(InputError, match=message):
            train(config_of(phase, directory, tiny_model_dir), workdir)
    with pytest.raises(InputError, match="a corpus for phase 'understanding', config.phase is 'following'"):
        train(config_of("understanding", corpora["understanding"], tiny_model_dir, "--config.phase=following"), workdir)
    write_json(copy / "metadata.json", info | {"vocab_size": 1000})
    with pytest.raises(InputError, match="token ids up to 999, the embedding of .* has 360 rows"):
        train(config_of("understanding", copy, tiny_model_dir), workdir)
    (copy / "kcjax_understanding-train.array_record-00000-of-00001").write_bytes(b"cut")
    with pytest.raises(InputError, match="its records cannot be read .*; build it anew"):
        train(config_of("understanding", copy, tiny_model_dir), workdir)
    assert not workdir.exists()


def test_a_context_shorter_than_the_records_is_named(inputs, tiny_model_dir, tmp_path):
    short = tmp_path / "model"
    shutil.copytree(tiny_model_dir, short)
    write_json(short / "config.json", read_json(short / "config.json") | {"max_position_embeddings": 128})
    with pytest.raises(InputError, match=r"config.sequence_length=256: .* has 128 positions"):
        train(config_of("understanding", inputs["understanding"][0], short), tmp_path / "run")


def test_a_run_is_not_started_from_an_unfinished_one(corpora, unfinished, tmp_path):
    """Its newest checkpoint would be another one later, under adapters trained on this one."""
    with pytest.raises(InputError, match="the run is not finished"):
        train(config_of("following", corpora["following"], unfinished), tmp_path / "run")


def test_a_run_with_nothing_saved_is_named(inputs, unfinished):
    shutil.rmtree(unfinished / "checkpoints")
    (unfinished / "checkpoints").mkdir()
    with pytest.raises(InputError, match="no checkpoint yet"):
        load_run(unfinished)


def test_a_run_goes_on_from_the_checkpoint_before_a_damaged_one_and_says_so(runs, inputs, tmp_path):
    workdir = tmp_path / "run"
    shutil.copytree(runs["understanding"], workdir)
    (workdir / "DONE").unlink()
    newest = workdir / "checkpoints" / str(STEPS)
    largest = max((file for file in newest.rglob("*") if file.is_file()), key=lambda file: file.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:50])
    # In a process of its own: the reads that Orbax gives up on may complain around our line, or later in another test.
    program = [sys.executable, "-m", "kcjax.cli", *argv_of("understanding", workdir, *inputs["understanding"])]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(f"{newest}: cannot be restored: ") == 1
    assert f"going on from step {STEPS - 2}, and leaving it as damaged-{STEPS}" in done.stderr
    assert losses(workdir) == losses(runs["understanding"]) and newest.is_dir()


# TensorStore's other reads end after Orbax has closed the loop that waited for them.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_export_names_a_damaged_checkpoint_and_touches_nothing(runs, tmp_path):
    workdir = tmp_path / "run"
    shutil.copytree(runs["understanding"], workdir)
    newest = workdir / "checkpoints" / str(STEPS)
    for file in newest.rglob("d/*"):
        file.write_bytes(b"")
    with pytest.raises(WorkError, match=rf"{newest}: cannot be restored: .*; remove it to take the one before"):
        load_run(workdir)
    time.sleep(1)  # for those reads
    assert newest.is_dir()


def test_a_checkpoint_of_a_model_of_another_shape_or_rank_is_named(runs, tiny_model_dir, tmp_path):
    wide = LlamaConfig(**vars(load_model_config(tiny_model_dir)) | {"intermediate_size": 96})
    model, info = Llama(wide, rngs=nnx.Rngs(0)), read_info(tiny_model_dir)
    save_model(model, tmp_path / "wide", tokenizer_dir=tiny_model_dir, info=info)
    changes = {
        "understanding": {"init_from": str(tmp_path / "wide")},
        "following": {"lora": read_json(runs["following"] / "config.json")["lora"] | {"rank": 2}},
    }
    for phase, change in changes.items():
        workdir = tmp_path / phase
        shutil.copytree(runs[phase], workdir)
        write_json(workdir / "config.json", read_json(workdir / "config.json") | change)
        with pytest.raises(InputError, match=rf"checkpoints/{STEPS}: .* has shape .* there and .* belongs to another"):
            load_run(workdir)


def test_a_batch_with_nothing_to_learn_names_its_examples(corpora, tiny_model_dir, tmp_path):
    records = Records(corpora["understanding"])
    empty = [dataclasses.replace(records[n], loss_weights=np.zeros(LENGTH["understanding"], "f4")) for n in range(15)]
    write_records(tmp_path / "data", [records[0], *empty], records.info)
    config = config_of("understanding", tmp_path / "data", tiny_model_dir)
    with pytest.raises(InputError, match=r"the batch of step \d has nothing to learn: \S+/.*; leave these out"):
        train(config, tmp_path / "run")
    assert not (tmp_path / "run" / "DONE").exists()


def test_a_loss_that_is_not_finite_names_its_examples_and_is_not_saved(inputs, tmp_path):
    data, init_from = inputs["understanding"]
    bad = ("--config.optimizer.learning_rate=1e30", "--config.checkpoint_every=1")
    with pytest.raises(WorkError, match=r"step (\d): (loss|grad_norm) is (nan|inf); its batch holds .*/ner") as error:
        train(config_of("understanding", data, init_from, *bad), tmp_path / "run")
    failed = int(str(error.value).split("step ")[1].split(":")[0])
    saved = [int(path.name) for path in (tmp_path / "run" / "checkpoints").iterdir() if path.name.isdigit()]
    assert failed > 0 and max(saved, default=0) < failed and not (tmp_path / "run" / "DONE").exists()
