import io

import pytest

pytest.importorskip("tensorflow")

from kcjax.errors import WorkError
from kcjax.train.metrics import MetricsWriter, Progress, read_metrics


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
