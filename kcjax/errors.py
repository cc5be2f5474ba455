"""What a user can meet instead of a result, and the exit codes `kcjax` gives for them."""

from typing import Any


class InputError(Exception):
    """Bad input or usage. The message names the file, line or field and the remedy. Exit code 2, nothing written."""


class WorkError(Exception):
    """Good input, but the work failed (a damaged checkpoint, a loss that is not finite). Exit code 1.

    `result` is printed all the same, for a check that failed has found something.
    """

    def __init__(self, message: str, result: dict[str, Any] | None = None):
        super().__init__(message)
        self.result = result


class Interrupted(Exception):
    """The work was asked to stop, and has saved: the same command resumes it. Exit code 75."""
