"""What long work shows of itself: a bar on a terminal, else a line now and then."""

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
_EVERY = 30.0  # seconds between lines
log = logging.getLogger(__name__)


def shown(items: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """Yields the items, and says on stderr how many of `total` (None: not known) have been yielded; `what` they are."""
    return _with_bar(items, what, total) if sys.stderr.isatty() else _with_lines(items, what, total)


def _with_bar(items: Iterable[T], what: str, total: int | None) -> Iterator[T]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(what), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as progress:
        task = progress.add_task("", total=total)
        for item in items:
            yield item
            progress.advance(task)


def _with_lines(items: Iterable[T], what: str, total: int | None) -> Iterator[T]:
    start = said = time.monotonic()
    of = "" if total is None else f" of {total}"
    for count, item in enumerate(items, start=1):
        yield item
        if (now := time.monotonic()) - said > _EVERY:
            said = now
            log.info("%d%s %s, %.1f a second", count, of, what, count / (now - start))
