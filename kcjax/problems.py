"""Bad records that a run goes on without, up to a number."""

import contextlib
import logging
from collections.abc import Iterator

from kcjax.errors import InputError

log = logging.getLogger(__name__)


class Problems:
    """Says and counts each bad record; one more than `tolerated` ends the run.

    A problem is an `InputError`, whose message names file and line.
    """

    def __init__(self, tolerated: int = 0, *, quiet: bool = False):
        """`quiet` says nothing of those that are tolerated, for they are said by another reading."""
        self.tolerated, self.quiet = tolerated, quiet
        self.count = 0

    def add(self, problem: InputError) -> None:
        """Raises the problem itself once it is one too many."""
        self.count += 1
        if self.count > self.tolerated:
            if self.tolerated:
                raise InputError(f"{problem}; {self.count} problems, --max-problems tolerates {self.tolerated}")
            raise problem
        if not self.quiet:
            log.warning("left out: %s", problem)

    @contextlib.contextmanager
    def skipping(self) -> Iterator[None]:
        """Ends the block, and goes on after it, where the block meets a problem."""
        try:
            yield
        except InputError as error:
            self.add(error)
