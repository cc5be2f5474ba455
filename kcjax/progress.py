"""What long work shows of itself: a bar on a terminal, else a line now and then."""

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar, cast

T = TypeVar("T")
_EVERY = 30.0  # seconds between lines
log = logging.getLogger(__name__)


def shown(items: Iterable[T], what: str, total: int | None = None, *, also: str = "") -> Iterator[T]:
    """Yields the items, and says on stderr how many of `total` (None: not known) have been yielded; `what` they are.

    With `also`, items are numbers of something else that comes with them, such as tokens written.
    """
    return _with_bar(items, what, total, also) if sys.stderr.isatty() else _with_lines(items, what, total, also)


def _with_bar(items: Iterable[T], what: str, total: int | None, also: str) -> Iterator[T]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    rates = TextColumn("{task.fields[rates]}")
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(what), TimeRemainingColumn(), rates)
    start = time.monotonic()
    others = 0
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as progress:
        task = progress.add_task("", total=total, rates="")
        for count, item in enumerate(items, start=1):
            yield item
            others += cast(int, item) if also else 0
            progress.update(task, advance=1, rates=_rates(count, others, also, time.monotonic() - start))


def _with_lines(items: Iterable[T], what: str, total: int | None, also: str) -> Iterator[T]:
    start = said = time.monotonic()
    of = "" if total is None else f" of {total}"
    others = 0
    for count, item in enumerate(items, start=1):
        yield item
        others += cast(int, item) if also else 0
        if (now := time.monotonic()) - said > _EVERY:
            said = now
            seconds = now - start
            left = "" if total is None else f", {_clock((total - count) / count * seconds)} left"
            log.info("%d%s %s, %s%s", count, of, what, _rates(count, others, also, seconds), left)


def _rates(count: int, others: int, also: str, seconds: float) -> str:
    seconds = max(seconds, 1e-9)
    return f"{count / seconds:.1f} a second" + (f", {others / seconds:.1f} {also}" if also else "")


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600}:{int(seconds) // 60 % 60:02d}:{int(seconds) % 60:02d}"
