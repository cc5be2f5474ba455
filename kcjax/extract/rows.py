"""Rows of a corpus, in from JSONL or Parquet: each becomes a document, or says why it is none."""

import contextlib
import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from kcjax.corpus.document import Document, document_from_json
from kcjax.errors import InputError
from kcjax.extract.extraction import Extraction
from kcjax.extract.parquet import columns_of, count_parquet_rows, is_parquet, parquet_rows
from kcjax.files import byte_lines, distinct_names, matching, open_text, parse_object


class Row(NamedTuple):
    """A row that has not been looked at yet.

    Attributes:
      where: what messages call it, such as `FILE:LINE`.
      name: its id, if it has none.
      read: gives its keys; raises an `InputError` where it is no object.
      line: of JSONL, the line that it is.
    """

    where: str
    name: str
    read: Callable[[], dict[str, Any]]
    line: bytes = b""


class Columns(NamedTuple):
    """What the columns are called that hold ids and texts, and whether the rows' own annotations are wanted."""

    id: str = "id"
    text: str = "text"
    annotated: bool = False


def input_files(patterns: Sequence[str]) -> list[str]:
    """The files that paths and patterns such as `gs://bucket/part-*.jsonl` name, each once, in order.

    A pattern that names none stands for itself.

    Raises:
      InputError: JSONL and Parquet are mixed.
    """
    paths = list(dict.fromkeys(path for pattern in patterns for path in matching(pattern)))
    if len({is_parquet(path) for path in paths}) > 1:
        raise InputError("the input is JSONL and Parquet; run extract once for each of the two")
    return paths


def check_columns(paths: Sequence[str], columns: Columns) -> None:
    """Raises an `InputError` if no row has the column with the text, as far as the first few tell."""
    names: list[str] = []
    if is_parquet(paths[0]):
        names = columns_of(paths).names
    else:
        for row in itertools.islice(read_rows(paths), 16):
            with contextlib.suppress(InputError):
                names += row.read()
    if names and columns.text not in names:
        known = ", ".join(dict.fromkeys(names))
        raise InputError(
            f"{paths[0]}: no column {columns.text!r}, but {known}; name that with the text by --text-column"
        )


def count_rows(path: str) -> int:
    """How many rows a file has; blank lines are none."""
    if is_parquet(path):
        return count_parquet_rows(path)
    return sum(1 for _ in _lines(path))


def _lines(path: str) -> Iterator[tuple[int, bytes]]:
    """The lines of a file with their numbers, but blank ones."""
    with open_text(path) as file:
        yield from ((number, line) for number, line in byte_lines(file) if line.strip())


def read_rows(paths: Sequence[str], *, only: str | None = None) -> Iterator[Row]:
    """The rows of all files, or of one of them, none of them read yet."""
    names = distinct_names(paths) if len(paths) > 1 else [""]
    for path, name in zip(paths, names, strict=True):
        if only not in (None, path):
            continue
        prefix = f"{name}:" if name else ""
        if is_parquet(path):
            for number, read in enumerate(parquet_rows(path), start=1):
                yield Row(f"{path}:{number}", f"{prefix}{number}", read)
            continue
        for number, line in _lines(path):
            where = f"{path}:{number}"
            yield Row(where, f"{prefix}{number}", functools.partial(parse_object, line, where), line)


def read_document(row: Row, columns: Columns) -> tuple[str | int, Document]:
    """The id of a row as it came, and the document that it is; where it is none, an `Extraction` of status "error" that
    says why.

    Keys beside id and text are carried through as they are. The row's annotations are not looked at unless they are
    wanted.
    """
    given: str | int = row.name
    text, fields = "", {}
    try:
        fields = row.read()
        id_found, text_found = fields.pop(columns.id, None), fields.pop(columns.text, None)
        if isinstance(id_found, bool) or not isinstance(id_found, (str, int, type(None))):
            raise InputError(f"{row.where}: {columns.id} must be a string or a number, found {id_found!r:.60}")
        given = row.name if id_found is None else id_found
        if not isinstance(text_found, str):
            found = "is missing" if text_found is None else f"must be a string, found {text_found!r:.60}"
            raise InputError(f"{row.where}: {columns.text} {found}; --text-column names the column with the text")
        text = text_found
        for own, column in (("id", columns.id), ("text", columns.text)):
            if own in fields:
                raise InputError(f"{row.where}: has {own!r} besides {column!r}, which is to be {own!r}; rename it")
        if columns.annotated:
            return given, document_from_json({**fields, "id": given, "text": text}, where=row.where)
        return given, Document(str(given), text, extra=_others(fields))
    except InputError as error:
        return given, Extraction(str(given), text, extra=_others(fields), status="error", message=str(error))


def _others(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key not in ("id", "text", "entities", "relations", "events")}
