"""What a run reports: `metrics.jsonl`, TensorBoard events, Weights & Biases if asked, a line for whoever watches."""

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from kcjax.errors import InputError, WorkError
from kcjax.files import atomic_write, exists, file_system, is_remote, read_bytes

FILE_NAME = "metrics.jsonl"
_UPLOAD_EVERY_S = 60.0


class MetricsWriter:
    """Appends rows; rows a resumed run will write again are taken out first, so that each step stands there once.

    A bucket cannot append: for a workdir in one, the files are kept on disk, and uploaded once a minute and by `sync`.
    """

    def __init__(self, workdir: str | os.PathLike, *, start_step: int, wandb: str = "", config: Any = None):
        """
        Args:
          wandb: the project in Weights & Biases to report to as well, under the workdir's name, with `config`.

        Raises:
          WorkError: rows of steps before `start_step` are missing, so that what they say would be lost.
        """
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        self._workdir = os.fspath(workdir)
        self._stack = contextlib.ExitStack()
        self._local = Path(self._workdir)
        if is_remote(workdir):
            self._local = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        rows = [row for row in read_metrics(workdir) if row["step"] <= start_step]
        if missing := set(range(1, start_step + 1)) - {row["step"] for row in rows}:
            raise WorkError(
                f"{self._workdir}/{FILE_NAME}: {len(missing)} of the {start_step} steps done have no row; "
                "put the file back, or start again in another workdir"
            )
        self.rows = rows
        with atomic_write(self._local / FILE_NAME, "wb") as file:
            file.writelines(orjson.dumps(row) + b"\n" for row in rows)
        self._file = self._stack.enter_context(open(self._local / FILE_NAME, "ab"))  # noqa: SIM115 (closed by the stack)
        self.tensorboard = str(self._local / "tensorboard")
        self._events = EventFileWriter(self.tensorboard)
        self._wandb = _wandb_run(wandb, self._workdir, config) if wandb else None
        self._uploaded = time.monotonic()

    def write(self, step: int, values: Mapping[str, float]) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        row = {"step": step, **values}
        self.rows.append(row)
        self._file.write(orjson.dumps(row) + b"\n")
        self._file.flush()
        summary = Summary(value=[Summary.Value(tag=name, simple_value=value) for name, value in values.items()])
        self._events.add_event(Event(wall_time=time.time(), step=step, summary=summary))
        if self._wandb:
            self._wandb.log(dict(values), step=step)
        if is_remote(self._workdir) and time.monotonic() - self._uploaded > _UPLOAD_EVERY_S:
            self.sync()

    def sync(self) -> None:
        """Returns once all rows are on disk, or in the bucket, so that no checkpoint is ahead of them."""
        os.fsync(self._file.fileno())
        self._events.flush()
        if is_remote(self._workdir):
            files = file_system(self._workdir)
            for path in (p for p in self._local.rglob("*") if p.is_file()):
                files.put_file(str(path), f"{self._workdir}/{path.relative_to(self._local)}")
            self._uploaded = time.monotonic()

    def close(self) -> None:
        with self._stack:
            self.sync()
            self._events.close()
            if self._wandb:
                self._wandb.finish()


def _wandb_run(project: str, workdir: str, config: Any) -> Any:
    try:
        import wandb
    except ImportError as error:
        raise InputError(
            f"config.wandb={project}: needs Weights & Biases; pip install wandb, or leave it out"
        ) from error
    name = workdir.rstrip("/").rpartition("/")[2]
    return wandb.init(project=project, name=name, id=name, resume="allow", config=config, dir=tempfile.mkdtemp())


def read_metrics(workdir: str | os.PathLike) -> list[dict[str, float]]:
    """All rows so far; a last line cut short by a kill is left out, the run writes it again."""
    path = f"{os.fspath(workdir)}/{FILE_NAME}"
    if not exists(path):
        return []
    lines = read_bytes(path).split(b"\n")[:-1]
    try:
        return [orjson.loads(line) for line in lines]
    except orjson.JSONDecodeError as error:
        raise WorkError(f"{path}: damaged: {error}; remove the workdir and start again") from error


class Goodput:
    """Where the time of a run goes, over all its starts: what is not spent in steps is lost to something.

    What was done after the checkpoint that a run goes on from is lost with the time it took; so is the time between.
    """

    KINDS = ("steps", "input", "compile", "evaluate", "checkpoint")

    def __init__(self, rows: list[dict[str, float]]):
        """`rows` are those that stand when a run is resumed; the last that tells the time is gone on from."""
        told = next((row for row in reversed(rows) if "time/started" in row), {})
        self.started = told.get("time/started", time.time())
        self.seconds = {kind: told.get(f"time/{kind}_s", 0.0) for kind in self.KINDS}

    @contextlib.contextmanager
    def spent(self, kind: str):
        """The block's time counts as spent on `kind`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[kind] += time.perf_counter() - start

    def figures(self) -> dict[str, float]:
        """Seconds of each kind, those lost to restarts and start-up (`other`), and the share of steps in all."""
        wall = max(time.time() - self.started, 1e-9)
        seconds = self.seconds | {"other": max(wall - sum(self.seconds.values()), 0.0)}
        times = {f"time/{kind}_s": value for kind, value in seconds.items()}
        return {"time/started": self.started, **times, "goodput": min(self.seconds["steps"] / wall, 1.0)}


class StepTimes:
    """How long the steps since the last look took."""

    def __init__(self) -> None:
        self._seconds: list[float] = []

    def add(self, seconds: float) -> None:
        self._seconds.append(seconds)

    def figures(self) -> dict[str, float]:
        """Median, 90th and 99th percentile in seconds; begins anew."""
        percentiles = np.percentile(self._seconds, (50, 90, 99)).tolist() if self._seconds else []
        self._seconds = []
        return dict(zip(("step_s_p50", "step_s_p90", "step_s_p99"), percentiles, strict=False))


class Progress:
    """`step 30/120  loss 1.204  310 tokens/s  12 min left` on stderr, in place on a terminal."""

    def __init__(self, *, first: int, last: int, out=sys.stderr):
        self._first, self._last, self._out = first, last, out
        self._start = self._since = time.perf_counter()
        self._tokens = 0.0
        self.tokens_per_s = 0.0

    def show(self, step: int, *, loss: float, tokens: float) -> None:
        """`tokens` counts those since the last call."""
        now = time.perf_counter()
        self.tokens_per_s = tokens / max(now - self._since, 1e-9)
        self._since = now
        left = timedelta(seconds=round((now - self._start) / max(step - self._first, 1) * (self._last - step)))
        end = "\r" if self._out.isatty() and step < self._last else "\n"
        line = f"step {step}/{self._last}  loss {loss:.4f}  {self.tokens_per_s:,.0f} tokens/s  {left} left"
        self._out.write(f"{line:<78}{end}")
        self._out.flush()
