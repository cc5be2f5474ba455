"""Lines of text files, each with where it stands."""

from collections.abc import Iterator
from pathlib import Path

from kcjax.corpus.convert.rows import decoded
from kcjax.files import byte_lines, open_text


def numbered_lines(path: Path) -> Iterator[tuple[str, str]]:
    """Yields (`"FILE:LINE"`, line without its end), blank lines as well.

    Only line feeds end a line, with or without a carriage return before: tokens may hold other breaks of Unicode.

    Raises:
      InputError: the file is missing or not UTF-8.
    """
    with open_text(path) as file:
        for number, line in byte_lines(file):
            where = f"{path}:{number}"
            yield where, decoded(line, where).rstrip("\r\n")


def whole_text(path: Path) -> str:
    """A file's text, its lines ended by line feeds alone; errors as of `numbered_lines`."""
    return "\n".join(line for _, line in numbered_lines(path))


def blocks(path: Path) -> Iterator[list[tuple[str, str]]]:
    """Yields the lines between blank ones, as `numbered_lines` does; errors as of it."""
    block: list[tuple[str, str]] = []
    for where, line in numbered_lines(path):
        if line.strip():
            block.append((where, line))
        elif block:
            yield block
            block = []
    if block:
        yield block
