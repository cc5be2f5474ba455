"""One process at a job, or several on a machine, each with cores or an accelerator of its own.

A process of several is told its job as JSON on stdin, and says on stdout, for each document, how many tokens it wrote.
"""

import contextlib
import dataclasses
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

from kcjax.errors import InputError, Interrupted, WorkError
from kcjax.extract.extractor import CHUNK
from kcjax.extract.job import Job, Parts, work
from kcjax.parallel.start import cache_programs
from kcjax.progress import shown

_WAIT = 30.0  # seconds that a process has to end when it is asked to


def run(job: Job, *, workers: int = 1) -> dict[str, Any]:
    """Does a job, or its share of one, or what is left of it, with so many processes.

    Returns:
      of all rows done so far how many there are, how many have each status, and the sums of `COUNTS`; the number of
      parts that others have yet to do is told as `missing_parts`.

    Raises:
      InputError: inputs, output, model or schema are not what they must be, or the output is another job's.
      Interrupted: it was stopped; the same command goes on.
      WorkError: a process failed; what is done is kept.
    """
    if workers > 1 and job.tensor > 1:
        raise InputError(f"tensor={job.tensor} spreads the model over the devices that {workers} workers would share")
    parts = Parts(job)
    if missing := parts.missing():
        count = min(workers, len(missing))
        done = _here(job, parts, missing) if count == 1 else _apart(job, sorted(missing), count)
        # The first documents wait for compilation: the clock starts behind them, if they are but a small part.
        rows, first = parts.rows_of(missing), CHUNK * job.batch_size * count
        unclocked = first if rows > 2 * first else 0
        try:
            with _interruptible():
                for _ in shown(done, "documents extracted", rows, also="tokens", unclocked=unclocked):
                    pass
        except InputError:
            parts.withdraw()
            raise
    return parts.finish()


def _here(job: Job, parts: Parts, missing: set[int]) -> Iterator[int]:
    cache_programs()
    yield from work(job, parts, missing)


def _apart(job: Job, missing: list[int], count: int) -> Iterator[int]:
    said: queue.Queue[int | None] = queue.Queue()
    processes = [_started(job, missing[number::count], number, count) for number in range(count)]

    def listen(process: subprocess.Popen) -> None:
        assert process.stdout
        for line in process.stdout:
            if line.strip().isdigit():  # and nothing that a library prints
                said.put(int(line))
        process.wait()  # its exit code comes after the end of its output
        said.put(None)

    for process in processes:
        threading.Thread(target=listen, args=(process,), daemon=True).start()
    try:
        running = count
        while running:
            if (tokens := said.get()) is not None:
                yield tokens
                continue
            running -= 1
            if failed := [process for process in processes if process.poll()]:
                raise WorkError(
                    f"a worker ended with exit code {failed[0].returncode} (its message is above); what is done is "
                    "kept, and the same command goes on"
                )
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(_WAIT)
            except subprocess.TimeoutExpired:
                process.kill()


def _started(job: Job, missing: list[int], number: int, count: int) -> subprocess.Popen:
    """A process with its share of the cores, and with the accelerator of its number where there are some."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    bounds = dict.fromkeys(("TPU_PROCESS_BOUNDS", "TPU_CHIPS_PER_PROCESS_BOUNDS"), "1,1,1")
    gpus = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    gpu = gpus[number % len(gpus)] or str(number)  # those that are allowed, in turn
    own = {**bounds, "TPU_VISIBLE_CHIPS": str(number), "CUDA_VISIBLE_DEVICES": gpu}
    process = subprocess.Popen(
        [sys.executable, "-m", "kcjax.extract.workers"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | own,
        text=True,
    )
    assert process.stdin
    told = {"job": dataclasses.asdict(job), "missing": missing, "cores": cores[number::count]}
    with contextlib.suppress(BrokenPipeError), process.stdin:  # one that ended at once: it has said why
        json.dump(told, process.stdin)
    return process


def _listened_to() -> int:
    """What a process of several does."""
    told = json.load(sys.stdin)
    if told["cores"]:
        os.sched_setaffinity(0, told["cores"])
    fields = told["job"]
    for name in ("inputs", "int8", "tasks", "share", "retry"):
        fields[name] = fields[name] and tuple(fields[name])
    job = Job(**fields)
    try:
        for tokens in _here(job, Parts(job), set(told["missing"])):
            print(tokens, flush=True)
    except (BrokenPipeError, KeyboardInterrupt):  # whoever started it is gone, or has enough
        os._exit(1)
    except InputError as error:
        sys.stderr.write(f"kcjax: {error}\n")
        return 2
    return 0


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM stops the work as SIGINT does, and that can go on is said of both."""

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    is_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, stop) if is_main else None
    try:
        yield
    except KeyboardInterrupt as error:
        raise Interrupted("stopped; what is done is kept, and the same command goes on") from error
    finally:
        if is_main:
            signal.signal(signal.SIGTERM, before)


if __name__ == "__main__":
    sys.exit(_listened_to())
