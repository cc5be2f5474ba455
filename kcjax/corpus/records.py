"""A directory of packed records: shards `records-*-of-*.array_record` and `dataset_info.json`, read by index."""

import dataclasses
import hashlib
import os
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from array_record.python.array_record_data_source import ArrayRecordDataSource
from array_record.python.array_record_module import ArrayRecordWriter

from kcjax.corpus.packing import Record
from kcjax.errors import InputError
from kcjax.files import atomic_directory, read_json, write_json

FORMAT_VERSION = 1
FIELDS = ("tokens", "segment_ids", "prefix_ids", "positions", "loss_weights")


@dataclasses.dataclass(frozen=True)
class DatasetInfo:
    """What `dataset_info.json` says of the records beside it; counts of tokens exclude padding.

    `checksum` is that of all records in their order: two datasets with the same one are the same to training.
    """

    phase: str
    tokenizer_hash: str
    vocab_size: int
    length: int
    seed: int
    sources: dict[str, str]
    records: int = 0
    examples: int = 0
    tokens: int = 0
    learnt_tokens: int = 0
    fill: float = 0.0
    checksum: str = ""
    types: int = 0
    dropped: dict[str, int] = dataclasses.field(default_factory=dict)
    format_version: int = FORMAT_VERSION


def to_bytes(record: Record) -> bytes:
    """The arrays, little-endian, 4 bytes an element, in the order of `FIELDS`; then the ids as a JSON list."""
    arrays = b"".join(np.ascontiguousarray(getattr(record, name)).tobytes() for name in FIELDS)
    return arrays + orjson.dumps(record.ids)


def from_bytes(data: bytes, length: int) -> Record:
    """The inverse of `to_bytes`."""
    arrays = np.frombuffer(data, np.int32, len(FIELDS) * length).reshape(len(FIELDS), length)
    ids = tuple(orjson.loads(data[4 * len(FIELDS) * length :]))
    tokens, segment_ids, prefix_ids, positions, loss_weights = arrays
    return Record(tokens, segment_ids, prefix_ids, positions, loss_weights.view(np.float32), ids)


def write_shard(directory: Path, records: Iterable[Record], *, shard: int = 0, shards: int = 1) -> Counter[str]:
    """Writes one file of a dataset, whole or not at all; returns its part of the counts in `DatasetInfo`.

    "checksum" is counted too: the sum over records of a hash of place and content.
    """
    counts: Counter[str] = Counter()
    path = directory / f"records-{shard:05}-of-{shards:05}.array_record"
    partial = directory / f".{path.name}.{uuid.uuid4().hex}.partial"  # a worker given up on may be writing one too
    try:
        writer = ArrayRecordWriter(str(partial), "group_size:1")
        for record in records:
            data = to_bytes(record)
            writer.write(data)
            place = f"{shard}/{counts['records']}/".encode()
            counts["checksum"] += int.from_bytes(hashlib.blake2b(place + data, digest_size=7).digest())
            counts["records"] += 1
            counts["examples"] += len(record.ids)
            counts["tokens"] += int((record.segment_ids > 0).sum())
            counts["learnt_tokens"] += int((record.loss_weights > 0).sum())
        writer.close()
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return counts


def write_info(directory: Path, info: DatasetInfo, shards: Iterable[Mapping[str, int]]) -> DatasetInfo:
    """Writes `dataset_info.json` beside the shards, whose counts are summed; returns what it says.

    Raises:
      InputError: there is nothing in them to learn.
    """
    counts: Counter[str] = Counter()
    for shard in shards:
        counts.update(shard)
    if not counts["learnt_tokens"]:
        left_out = ", ".join(f"{reason} ({count})" for reason, count in info.dropped.items()) or "nothing"
        raise InputError(
            f"the corpus has {counts['examples']} examples and nothing in them to learn; not written; "
            f"left out: {left_out}"
        )
    info = dataclasses.replace(
        info,
        records=counts["records"],
        examples=counts["examples"],
        tokens=counts["tokens"],
        learnt_tokens=counts["learnt_tokens"],
        fill=round(counts["tokens"] / (counts["records"] * info.length), 4),
        checksum=f"{counts['checksum'] % 2**56:014x}",
        dropped=dict(sorted(info.dropped.items())),
    )
    write_json(directory / "dataset_info.json", dataclasses.asdict(info))
    return info


def write_records(directory: str | Path, records: Iterable[Record], info: DatasetInfo) -> DatasetInfo:
    """Writes a dataset of one shard that appears only once it is whole; returns `info` with the counts filled in.

    Raises:
      InputError: there is nothing to write, or nothing in it to learn.
    """
    with atomic_directory(directory) as partial:
        return write_info(partial, info, [write_shard(partial, records)])


class Records(Sequence[Record]):
    """Random access to a dataset written by `write_records`."""

    def __init__(self, directory: str | Path):
        directory = Path(directory)
        info_file = directory / "dataset_info.json"
        if not info_file.is_file():
            raise InputError(f"{directory}: no dataset_info.json here; make a dataset with `kcjax corpus build`")
        fields: dict[str, Any] = read_json(info_file)
        if fields.get("format_version") != FORMAT_VERSION:
            version = fields.get("format_version")
            raise InputError(f"{info_file}: format_version {version}, this kcjax reads {FORMAT_VERSION}; build it anew")
        self.directory = directory
        try:
            self.info = DatasetInfo(**fields)
        except TypeError as error:
            raise InputError(f"{info_file}: a field is missing or unknown ({error}); build it anew") from error
        try:
            self._source = ArrayRecordDataSource(sorted(directory.glob("records-*.array_record")))
        except (RuntimeError, ValueError) as error:
            raise InputError(f"{directory}: its records cannot be read ({error}); build it anew") from error
        if len(self._source) != self.info.records:
            found = len(self._source)
            raise InputError(f"{directory}: {found} records, dataset_info.json says {self.info.records}; build it anew")

    def __len__(self) -> int:
        return self.info.records

    def __getitem__(self, index):
        return self.read([index])[0]

    def read(self, indices: Sequence[int] | np.ndarray) -> list[Record]:
        """The records at `indices`, in that order."""
        try:
            data = self._source.__getitems__([int(index) for index in indices])
        except RuntimeError as error:
            raise InputError(f"{self.directory}: damaged ({error}); build it anew") from error
        return [from_bytes(item, self.info.length) for item in data]
