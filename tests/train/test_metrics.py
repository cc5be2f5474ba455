import io
import sys

import pytest

pytest.importorskip("tensorboard")

from kcjax.errors import InputError, WorkError
from kcjax.train import metrics
from kcjax.train.metrics import Goodput, MetricsWriter, Progress, StepTimes, read_metrics


def write(workdir, start, *steps):
    writer = MetricsWriter(workdir, start_step=start)
    for step in steps:
        writer.write(step, {"loss": step / 3})
    writer.close()


def test_rows_come_back_exactly(tmp_path):
    write(tmp_path, 0, 1, 2)
    assert read_metrics(tmp_path) == [{"step": 1, "loss": 1 / 3}, {"step": 2, "loss": 2 / 3}]
    assert list((tmp_path / "tensorboard").iterdir())
    assert read_metrics(tmp_path / "elsewhere") == []


def test_rows_a_resumed_run_writes_again_stand_there_once(tmp_path):
    write(tmp_path, 0, 0, 1, 2, 3, 4)
    write(tmp_path, 2, 3, 4, 5)
    assert [row["step"] for row in read_metrics(tmp_path)] == [0, 1, 2, 3, 4, 5]


def test_a_last_line_cut_short_is_left_out_and_one_in_the_middle_is_said(tmp_path):
    write(tmp_path, 0, 1, 2)
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(path.read_bytes()[:-4])
    assert [row["step"] for row in read_metrics(tmp_path)] == [1]
    write(tmp_path, 1, 2)
    assert [row["step"] for row in read_metrics(tmp_path)] == [1, 2]
    path.write_text('{"step": 1\n{"step": 2}\n')
    with pytest.raises(WorkError, match="metrics.jsonl: damaged"):
        read_metrics(tmp_path)


def test_progress_counts_tokens_since_the_last_line_and_ends_its_line():
    out = io.StringIO()
    progress = Progress(first=0, last=20, out=out)
    progress.show(10, loss=1.5, tokens=1000)
    assert progress.tokens_per_s > 0
    progress.show(20, loss=1.25, tokens=1000)
    first, last = out.getvalue().splitlines()
    assert first.startswith("step 10/20  loss 1.5000") and last.startswith("step 20/20  loss 1.2500")
    assert last.rstrip().endswith("0:00:00 left")


def test_tensorboard_has_what_the_rows_have(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    write(tmp_path, 0, 1, 2, 3)
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    found = [(event.step, event.value) for event in events.Scalars("loss")]
    assert found == [(step, pytest.approx(step / 3)) for step in (1, 2, 3)]


def test_time_is_spent_on_something_or_lost_also_over_restarts(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(metrics.time, "time", lambda: now[0])
    monkeypatch.setattr(metrics.time, "perf_counter", lambda: now[0])

    def work(goodput, kind, seconds):
        with goodput.spent(kind):
            now[0] += seconds

    goodput = Goodput([])
    work(goodput, "compile", 20)
    work(goodput, "steps", 50)
    now[0] += 10  # loading, say
    kept = {"step": 5, **goodput.figures()}
    assert kept["goodput"] == 50 / 80 and kept["time/other_s"] == 10
    work(goodput, "steps", 30)  # lost: the run is killed, and goes on from step 5 a while later
    now[0] += 100
    goodput = Goodput([{"step": 0, "probe_loss": 1.0}, kept, {"step": 5, "probe_loss": 1.0}])
    work(goodput, "steps", 40)
    figures = goodput.figures()
    assert figures["time/steps_s"] == 90 and figures["time/compile_s"] == 20 and figures["time/other_s"] == 140
    assert figures["goodput"] == 90 / 250


def test_percentiles_are_of_the_steps_since_the_last_look():
    times = StepTimes()
    assert times.figures() == {}
    for n in range(101):
        times.add(n / 10)
    assert times.figures() == {"step_s_p50": 5.0, "step_s_p90": 9.0, "step_s_p99": pytest.approx(9.9)}
    times.add(3.0)
    assert set(times.figures().values()) == {3.0}


def test_weights_and_biases_get_the_same_rows(tmp_path, monkeypatch):
    told = []

    class Run:
        def log(self, values, step):
            told.append((step, values))

        def finish(self):
            told.append("finished")

    class Wandb:
        @staticmethod
        def init(**settings):
            told.append(settings)
            return Run()

    monkeypatch.setitem(sys.modules, "wandb", Wandb)
    writer = MetricsWriter(tmp_path / "run", start_step=0, wandb="ships", config={"seed": 3})
    writer.write(1, {"loss": 2.0})
    writer.close()
    settings, *rest = told
    assert (settings["project"], settings["id"], settings["resume"]) == ("ships", "run", "allow")
    assert settings["config"] == {"seed": 3} and rest == [(1, {"loss": 2.0}), "finished"]
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(InputError, match="config.wandb=ships: needs Weights & Biases; pip install wandb"):
        MetricsWriter(tmp_path / "other", start_step=0, wandb="ships")
