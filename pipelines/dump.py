"""The lines of a dump file, plain, gzip or bzip2, on any file system that Beam knows (local, `gs://`)."""

import dataclasses
import gzip
import os
import re
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import rapidgzip
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from kcjax.errors import InputError

_BLOCK = 4 << 20
_STRIPE = 4096  # lines
# An entity of Wikidata has a few megabytes at most; a longer line is none, and must not fill the memory.
MAX_LINE = 32 << 20
_EMPTY_STREAMS = re.compile(rb"(BZh[1-9]\x17rE8P\x90\0{4})*")  # of bzip2


@dataclasses.dataclass(frozen=True)
class Part:
    """Stripes of lines of a file: every `of`-th, from the one numbered `index` on. Compressed files cannot be entered
    in the middle, so a worker reads the whole file, and spares itself the work on the lines of the other parts."""

    path: str
    index: int = 0
    of: int = 1


@dataclasses.dataclass(frozen=True, slots=True)
class Unreadable:
    """In place of a line: why it, or all from it on, cannot be read."""

    reason: str


def find_files(patterns: Sequence[str]) -> list[str]:
    """The files that paths and patterns such as `dump-*.json.gz` name, each once.

    Raises:
      InputError: there is none, or the file system is not to be had.
    """
    found: list[str] = []
    for pattern in patterns:
        try:
            (match,) = FileSystems.match([pattern])
        except (ValueError, OSError) as error:
            raise InputError(f"{pattern}: cannot be looked up; for gs:// install apache-beam[gcp]") from error
        if not match.metadata_list:
            raise InputError(f"{pattern}: no such file")
        found += sorted(metadata.path for metadata in match.metadata_list)
    return list(dict.fromkeys(found))


def read_part(part: Part, *, max_line: int = MAX_LINE) -> Iterator[tuple[int, bytes | Unreadable]]:
    """Yields (number, line) of the lines of a part, counted from 1 in the file, without what ends them."""
    with _open(part.path) as file:
        lines = _lines(file, max_line)
        if part.of == 1:
            yield from lines
        for number, line in lines:
            if number // _STRIPE % part.of == part.index:
                yield number, line


def _open(path: str) -> Any:
    # A local path is opened by its name: rapidgzip then reads blocks of bzip2 on several cores.
    source = FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) if "://" in path else path
    if path.endswith(".bz2"):
        return _Bzip2File(source, path)
    if path.endswith(".gz"):
        return gzip.open(source)
    return open(source, "rb") if isinstance(source, str) else source


class _Bzip2File(rapidgzip.IndexedBzip2File):
    """rapidgzip takes what is no bzip2 stream, be it all of a file, for its end; here that is an error."""

    def __init__(self, source: Any, path: str):
        super().__init__(source, parallelization=os.cpu_count() or 1)
        self.path = path

    def read(self, size: int = -1) -> bytes:
        block = super().read(size)
        if not block:
            end = -(-self.tell_compressed() // 8)
            with FileSystems.open(self.path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
                file.seek(end)
                if not _EMPTY_STREAMS.fullmatch(file.read(_BLOCK)):
                    raise OSError(f"no bzip2 stream begins at byte {end}")
        return block


def _lines(file: Any, max_line: int) -> Iterator[tuple[int, bytes | Unreadable]]:
    number, rest, too_long = 0, b"", False
    while True:
        try:
            block = file.read(_BLOCK)
        except (EOFError, OSError, RuntimeError, ValueError, zlib.error) as error:
            yield number + 1, Unreadable(f"the file is damaged or cut short from here on: {error}")
            return
        *lines, last = (rest + block).split(b"\n")
        for line in lines:
            number += 1
            yield number, Unreadable(f"longer than {max_line} bytes") if too_long or len(line) > max_line else line
            too_long = False
        rest = last
        if len(rest) > max_line:
            rest, too_long = b"", True
        if not block:
            if rest or too_long:
                yield number + 1, Unreadable(f"longer than {max_line} bytes") if too_long else rest
            return
