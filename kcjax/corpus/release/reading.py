"""Checks that readers of releases have in common: one bad record is one problem, and a place is one in the text."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from kcjax.errors import InputError
from kcjax.problems import Problems


@contextlib.contextmanager
def reading(where: str | Path, problems: Problems) -> Iterator[None]:
    """Takes what goes wrong with a record, such as a key or a column that it lacks, for one problem of it."""
    with problems.skipping():
        try:
            yield
        except InputError:
            raise
        except KeyError as error:
            raise InputError(f"{where}: {error} is missing; is this a file of another form?") from error
        except (AttributeError, IndexError, TypeError, ValueError) as error:
            raise InputError(f"{where}: not of this form ({error}); is this another file, or damaged?") from error


def stretch(text: str, start: int, end: int, where: str | Path, mention: str | None = None) -> tuple[int, int, str]:
    """(start, end, text) of a place in a text.

    Raises:
      InputError: it is none, or another mention stands there than the file says.
    """
    if not 0 <= start < end <= len(text):
        raise InputError(f"{where}: {start} to {end} is no stretch of the text, which has {len(text)} characters")
    if mention is not None and text[start:end] != mention:
        raise InputError(
            f"{where}: {mention!r:.60} should stand at {start} to {end}, where there is {text[start:end]!r:.60}; "
            "text and annotation are not of one version"
        )
    return start, end, text[start:end]


def token_stretch(
    text: str, tokens: Sequence[tuple[int, int]], first: int, last: int, where: str
) -> tuple[int, int, str]:
    """(start, end, text) of the tokens from `first` to `last`, both included; `tokens` are their (start, end).

    Raises:
      InputError: they are none of them.
    """
    if not 0 <= first <= last < len(tokens):
        raise InputError(f"{where}: {first} to {last} are none of the {len(tokens)} tokens")
    start, end = tokens[first][0], tokens[last][1]
    return start, end, text[start:end]
