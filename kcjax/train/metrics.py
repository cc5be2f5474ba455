"""What a run reports: `metrics.jsonl`, TensorBoard events and a line for the person watching."""

import os
import sys
import time
from datetime import timedelta
from pathlib import Path

import orjson

from kcjax.errors import WorkError
from kcjax.files import atomic_write


class MetricsWriter:
    """Appends rows; rows a resumed run will write again are taken out first, so that each step stands there once.

    Raises:
      WorkError: rows of steps before `start_step` are missing, so that what they say would be lost.
    """

    def __init__(self, workdir: str | Path, *, start_step: int):
        import tensorflow as tf

        self._file_path = Path(workdir) / "metrics.jsonl"
        rows = [row for row in read_metrics(workdir) if row["step"] <= start_step]
        if missing := set(range(1, start_step + 1)) - {row["step"] for row in rows}:
            raise WorkError(
                f"{self._file_path}: {len(missing)} of the {start_step} steps done have no row; "
                "put the file back, or start again in another workdir"
            )
        with atomic_write(self._file_path, "wb") as file:
            file.writelines(orjson.dumps(row) + b"\n" for row in rows)
        self._file = open(self._file_path, "ab")  # noqa: SIM115 (closed by close())
        self._summary = tf.summary
        self._events = tf.summary.create_file_writer(str(Path(workdir) / "tensorboard"))

    def write(self, step: int, values: dict[str, float]) -> None:
        self._file.write(orjson.dumps({"step": step, **values}) + b"\n")
        self._file.flush()
        with self._events.as_default(step=step):
            for name, value in values.items():
                self._summary.scalar(name, value)
        self._events.flush()

    def sync(self) -> None:
        """Returns once all rows are on disk, so that no checkpoint is ahead of them."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()
        self._events.close()


def read_metrics(workdir: str | Path) -> list[dict[str, float]]:
    """All rows so far; a last line cut short by a kill is left out, the run writes it again."""
    path = Path(workdir) / "metrics.jsonl"
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")[:-1]
    try:
        return [orjson.loads(line) for line in lines]
    except orjson.JSONDecodeError as error:
        raise WorkError(f"{path}: damaged: {error}; remove the workdir and start again") from error


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
