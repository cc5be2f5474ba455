"""Rows of other people's files, gzipped or not: JSONL, a JSON list or lines of text, each with where it stands."""

import dataclasses
import json
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from kcjax.errors import InputError
from kcjax.files import byte_lines, open_text
from kcjax.problems import Problems

_BLANKS = re.compile(r"[\s,]*")


@dataclasses.dataclass(frozen=True)
class Row:
    """`where` is FILE:LINE. `id` is for rows that have none of their own: the file's name and the row's number."""

    where: str
    id: str
    value: Any


RowReader = Callable[[str | os.PathLike, str, Problems], Iterator[Row]]


def json_rows(path: str | os.PathLike, name: str, problems: Problems) -> Iterator[Row]:
    """The objects of a JSONL file, or of a file that holds one JSON list.

    Args:
      name: begins the ids.
      problems: takes what is no object. A list is not read beyond what is no JSON.

    Raises:
      InputError: the file is missing, or `problems` tolerates no more.
    """
    with open_text(path) as file:
        first = True
        for number, line in byte_lines(file):
            if not line.strip():
                continue
            if first and line.lstrip().startswith(b"["):
                yield from _list_rows(path, name, line + file.read(), problems, line=number)
                return
            first = False
            row = None
            with problems.skipping():
                row = Row(f"{path}:{number}", f"{name}.{number}", _object(line, f"{path}:{number}"))
            if row:
                yield row


def text_rows(path: str | os.PathLike, name: str, problems: Problems) -> Iterator[Row]:
    """The lines of a UTF-8 file that are not blank, without their ends; arguments and errors as of `json_rows`."""
    with open_text(path) as file:
        for number, line in byte_lines(file):
            row = None
            with problems.skipping():
                row = Row(f"{path}:{number}", f"{name}.{number}", decoded(line, f"{path}:{number}").rstrip("\r\n"))
            if row and row.value.strip():
                yield row


def field(value: Any, key: str, kind: type, where: str, *, default: Any = None) -> Any:
    """The value of a key of an object; `default`, unless it is None, where the key is absent or null.

    Raises:
      InputError: it is missing or of another kind, or `value` is no object.
    """
    if not isinstance(value, dict):
        raise InputError(f"{where}: expected a JSON object with {key}, found {value!r:.60}")
    found = value.get(key)
    if found is None and default is not None:
        return default
    if found is None:
        raise InputError(f"{where}: {key} is missing; is this a file of another form?")
    if not isinstance(found, kind) or isinstance(found, bool):
        raise InputError(f"{where}: {key} must be of type {kind.__name__}, found {found!r:.60}")
    return found


def _list_rows(path: str | os.PathLike, name: str, data: bytes, problems: Problems, *, line: int) -> Iterator[Row]:
    text = decoded(data, f"{path}:{line}")
    decoder = json.JSONDecoder()
    counted, number = 0, 0
    position = _after_blanks(text, text.index("[") + 1)
    while not text.startswith("]", position):
        line, counted, number = line + text.count("\n", counted, position), position, number + 1
        where, row = f"{path}:{line}", None
        start = position
        try:
            value, position = decoder.raw_decode(text, position)
        except (json.JSONDecodeError, RecursionError) as error:
            problems.add(InputError(f"{where}: item {number} of the list is not valid JSON: {error}; mend the file"))
            return
        with problems.skipping():
            if not isinstance(value, dict):
                raise InputError(f"{where}: item {number} must be a JSON object, found {value!r:.60}")
            # Read again by the stricter parser of lines, which refuses halves of surrogate pairs.
            row = Row(where, f"{name}.{number}", _object(text[start:position].encode(), where))
        if row:
            yield row
        position = _after_blanks(text, position)
    after = _after_blanks(text, position + 1)
    if rest := text[after:]:
        line += text.count("\n", counted, after)
        problems.add(InputError(f"{path}:{line}: there is more after the list, {rest!r:.60}; make it one list"))


def _after_blanks(text: str, position: int) -> int:
    found = _BLANKS.match(text, position)
    assert found is not None  # it matches nothing, too
    return found.end()


def _object(line: bytes, where: str) -> dict[str, Any]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InputError(f"{where}: not valid JSON: {error}; this form has one JSON object a line") from error
    if not isinstance(value, dict):
        raise InputError(f"{where}: expected a JSON object, found {type(value).__name__}")
    return value


def decoded(data: bytes, where: str) -> str:
    """The text of UTF-8 bytes; an `InputError` that tells where they stand if they are none."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: not UTF-8 text ({error}); save the file as UTF-8") from error
