"""What long work shows of itself: a bar on a terminal, else a line now and then."""

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar, cast

T = TypeVar("T")
_EVERY = 30.0  # seconds between lines
log = logging.getLogger(__name__)


def shown(
    items: Iterable[T], what: str, total: int | None = None, *, also: str = "", unclocked: int = 0
) -> Iterator[T]:
    """Yields the items, and says on stderr how many of `total` (None: not known) have been yielded; `what` they are.

    With `also`, items are numbers of something else that comes with them, such as tokens written. The first `unclocked`
    items count in no rate, nor does what comes before them, such as compilation.
    """
    show = _with_bar if sys.stderr.isatty() else _with_lines
    return show(items, what, total, _Rates(also, unclocked))


class _Rates:
    """How many items a second, and how many of what comes with them."""

    def __init__(self, also: str, unclocked: int):
        self.also, self.unclocked = also, unclocked
        self.count, self.others, self.start = 0, 0, time.monotonic()

    def add(self, item: object) -> None:
        if self.unclocked:
            self.unclocked -= 1
            self.start = time.monotonic()
            return
        self.count += 1
        self.others += cast(int, item) if self.also else 0

    @property
    def a_second(self) -> float:
        return self.count / self.seconds

    @property
    def seconds(self) -> float:
        return max(time.monotonic() - self.start, 1e-9)

    def __str__(self) -> str:
        if not self.count:
            return "starting"
        others = f", {self.others / self.seconds:.1f} {self.also} a second" if self.also else ""
        return f"{self.a_second:.1f} a second{others}"


def _with_bar(items: Iterable[T], what: str, total: int | None, rates: _Rates) -> Iterator[T]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(what), TimeRemainingColumn())
    with Progress(
        *columns, TextColumn("{task.fields[rates]}"), console=Console(file=sys.stderr), transient=True
    ) as bar:
        task = bar.add_task("", total=total, rates=str(rates))
        for item in items:
            yield item
            rates.add(item)
            bar.update(task, advance=1, rates=str(rates))


def _with_lines(items: Iterable[T], what: str, total: int | None, rates: _Rates) -> Iterator[T]:
    said = time.monotonic()
    of = "" if total is None else f" of {total}"
    for count, item in enumerate(items, start=1):
        yield item
        rates.add(item)
        if (now := time.monotonic()) - said > _EVERY:
            said = now
            left = "" if total is None or not rates.count else f", {_clock((total - count) / rates.a_second)} left"
            log.info("%d%s %s, %s%s", count, of, what, str(rates), left)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600}:{int(seconds) // 60 % 60:02d}:{int(seconds) % 60:02d}"
