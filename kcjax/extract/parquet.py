"""Parquet in and out. The columns of an output file are in docs/extraction.md; their version is in its metadata.

pyarrow is imported where it is used, for most jobs do without.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

from kcjax.errors import InputError
from kcjax.extract.extraction import COUNTS
from kcjax.files import exists, file_system, is_remote

if TYPE_CHECKING:
    import pyarrow as pa

VERSION = "1"  # of the columns
EXTRA = "extra"  # the column, of JSON, of what rows of JSONL have besides
_AT_A_TIME = 256  # rows made into Python objects at once


def is_parquet(path: str | os.PathLike) -> bool:
    return os.fspath(path).endswith(".parquet")


def count_parquet_rows(path: str) -> int:
    return _open(path).metadata.num_rows


def parquet_rows(path: str) -> Iterator[Callable[[], dict[str, Any]]]:
    """For every row of a file what gives it as an object; a row that is not asked for is not made."""
    for batch in _open(path).iter_batches(batch_size=_AT_A_TIME):
        made: list[dict[str, Any]] = []

        def read(index: int, batch: Any = batch, made: list[dict[str, Any]] = made) -> dict[str, Any]:
            if not made:
                made.extend(batch.to_pylist())
            return made[index]

        yield from (lambda index=index, read=read: read(index) for index in range(batch.num_rows))  # type: ignore[misc]


def columns_of(paths: Sequence[str]) -> "pa.Schema":
    """The columns that all files have.

    Raises:
      InputError: they differ.
    """
    first = _open(paths[0]).schema_arrow
    for path in paths[1:]:
        if not (other := _open(path).schema_arrow).equals(first):
            differing = sorted({field.name for field in {*first} ^ {*other}})
            raise InputError(
                f"{path}: its columns are not those of {paths[0]} ({', '.join(differing) or 'their order'}); run "
                "extract once for each kind of file"
            )
    return first


class ParquetOutput:
    """Writes rows of `kcjax extract`, with columns of the inputs' types for what is carried through."""

    def __init__(self, given: "pa.Schema | None", *, id_column: str, text_column: str):
        """`given`: the columns of the inputs; of JSONL None, and what rows have besides is then JSON in `EXTRA`."""
        import pyarrow as pa

        self.is_packed = given is None
        self._strings = (pa.string(), pa.large_string(), pa.string_view())
        string, strings = pa.string(), pa.list_(pa.string())
        span = {"start": pa.int32(), "end": pa.int32(), "text": string}
        about = {"confidence": pa.float32(), "identifier": string, "ancestors": strings}
        argument = {"role": string, **span, "violates": pa.bool_()}

        def structs(**fields: Any) -> Any:
            return pa.list_(pa.struct(fields))

        types = {
            "id": string if given is None or id_column not in given.names else given.field(id_column).type,
            "text": string,
            "entities": structs(type=string, **span, value=string, **about),
            "relations": structs(type=string, head=pa.int32(), tail=pa.int32(), violates=strings, **about),
            "events": structs(type=string, trigger=pa.struct(span), arguments=structs(**argument), **about),
            "schema_hash": string,
            "status": string,
            "message": string,
            "raw": pa.map_(string, string),
            **dict.fromkeys(COUNTS, pa.int32()),
            "unplaced": structs(task=string, label=string, texts=strings),
        }
        taken = {*types, id_column, text_column}
        carried = {EXTRA: string} if given is None else {f.name: f.type for f in given if f.name not in taken}
        self.columns = pa.schema({**types, **carried}, metadata={"kcjax": VERSION})

    def write(self, file: IO[bytes], rows: Iterable[Mapping[str, Any]]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist([self._as_columns(row) for row in rows], schema=self.columns), file)

    def read(self, path: str, group: int | None = None) -> list[dict[str, Any]]:
        """The rows that were written, or those of one row group."""
        file = _open(path)
        table = file.read() if group is None else file.read_row_group(group)
        return [self._as_row(columns) for columns in table.to_pylist()]

    def join(self, file: IO[bytes], parts: Iterable[str]) -> None:
        """Writes files as one, a row group for each."""
        import pyarrow.parquet as pq

        with pq.ParquetWriter(file, self.columns) as writer:
            for part in parts:
                writer.write_table(_open(part).read())

    def _as_columns(self, row: Mapping[str, Any]) -> dict[str, Any]:
        columns = {name: row.get(name) for name in self.columns.names}
        if self.is_packed:
            others = {key: value for key, value in row.items() if key not in columns or key == EXTRA}
            columns |= {"id": str(row["id"]), EXTRA: json.dumps(others, ensure_ascii=False) if others else None}
        elif self.columns.field("id").type not in self._strings and isinstance(row.get("id"), str):
            columns["id"] = None  # a row without one is called by its number, which is none of these ids
        return columns | {"raw": list(row["raw"].items())}

    def _as_row(self, columns: Mapping[str, Any]) -> dict[str, Any]:
        row = {key: value for key, value in columns.items() if value is not None}
        if self.is_packed:
            row |= json.loads(row.pop(EXTRA, "{}"))
        return row | {"raw": dict(columns["raw"])}


def _open(path: str) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not exists(path):
        raise InputError(f"{path}: no such file")
    try:
        return pq.ParquetFile(file_system(path).open(path) if is_remote(path) else path)
    except pa.ArrowInvalid as error:
        raise InputError(f"{path}: cannot be read as Parquet ({error})") from error
