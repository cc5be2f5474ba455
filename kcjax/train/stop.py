"""Asking a run to stop: SIGTERM, SIGINT, and the notice that a machine is about to be taken away."""

import signal
import threading
from types import FrameType

import jax
from jax.experimental import multihost_utils


class StopSignals:
    """While this lasts, the signals do not kill the process; the run asks for them where it can be interrupted.

    On several hosts one of them may get a signal: all are told to stop at the same point. There SIGTERM is left to
    JAX's own notifier, which tells the others.
    """

    def __init__(self) -> None:
        self._signalled = threading.Event()
        self._points = 0
        self._previous: dict[int, object] = {}

    def __enter__(self) -> "StopSignals":
        if threading.current_thread() is threading.main_thread():
            numbers = (signal.SIGINT,) if jax.process_count() > 1 else (signal.SIGTERM, signal.SIGINT)
            self._previous = {number: signal.signal(number, self._note) for number in numbers}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _note(self, number: int, frame: FrameType | None) -> None:
        if jax.process_count() > 1:
            signal.raise_signal(signal.SIGTERM)
        self._signalled.set()

    def requested(self) -> bool:
        """Whether to stop here; every host asks at the same points of the run, and gets the same answer."""
        self._points += 1
        if jax.process_count() > 1:
            return multihost_utils.reached_preemption_sync_point(self._points)
        return self._signalled.is_set()
