"""A dataset of packed records, on disk or in a bucket: ArrayRecord shards, read by index without TensorFlow or TFDS.

What else is in its directory is told in `records_info.py`.
"""

import contextlib
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from array_record.python.array_record_data_source import ArrayRecordDataSource
from array_record.python.array_record_module import ArrayRecordWriter

from kcjax.corpus.example_proto import Example
from kcjax.corpus.packing import FIELDS, Record
from kcjax.corpus.records_info import METADATA, RecordsInfo, read_info, with_counts, write_info
from kcjax.errors import InputError
from kcjax.files import atomic_directory, atomic_path, check_new, exists, file_system, is_remote


def to_bytes(record: Record) -> bytes:
    """A `tf.train.Example` whose features are the arrays as little-endian bytes, 4 an element, and the ids."""
    example = Example()
    for name in FIELDS:
        example.features.feature[name].bytes_list.value.append(np.ascontiguousarray(getattr(record, name)).tobytes())
    example.features.feature["ids"].bytes_list.value.extend(id.encode() for id in record.ids)
    return example.SerializeToString(deterministic=True)


def from_bytes(data: bytes) -> Record:
    """The inverse of `to_bytes`."""
    features = Example.FromString(data).features.feature
    tokens, segment_ids, prefix_ids, positions, loss_weights = (
        np.frombuffer(features[name].bytes_list.value[0], np.int32) for name in FIELDS
    )
    ids = tuple(id.decode() for id in features["ids"].bytes_list.value)
    return Record(tokens, segment_ids, prefix_ids, positions, loss_weights.view(np.float32), ids)


def check_new_dataset(directory: str | Path) -> None:
    """Raises an `InputError` if something stands where a dataset is to be written."""
    if not is_remote(directory):
        check_new(directory)
    elif exists(f"{directory}/{METADATA}"):
        raise InputError(f"{directory}: a dataset is there already; remove it or choose another output")


@contextlib.contextmanager
def new_dataset(directory: str | Path) -> Iterator[str]:
    """Gives the directory to write a dataset's files to.

    On disk it takes the name `directory` only once the block ends without an error. A bucket cannot rename: there the
    files are written where they shall stay, after what a run that was cut off has left there.

    Raises:
      InputError: something else stands there already.
    """
    check_new_dataset(directory)
    if not is_remote(directory):
        with atomic_directory(directory) as partial:
            yield str(partial)
        return
    files = file_system(directory)
    files.invalidate_cache()
    if leftovers := files.glob(f"{directory}/kcjax_*"):
        files.rm(leftovers)
    yield str(directory)


def shard_path(directory: str | Path, name: str, shard: int, shards: int) -> str:
    """The file of a shard, named as TFDS names it."""
    return f"{directory}/{name}-train.array_record-{shard:05}-of-{shards:05}"


def write_shard(path: str | Path, records: Iterable[Record], *, shard: int = 0) -> Counter[str]:
    """Writes one file of a dataset, whole or not at all; returns its part of the counts in `RecordsInfo`.

    "checksum" is counted too: the sum over records of a hash of place and content.
    """
    counts: Counter[str] = Counter(shard=shard)
    with atomic_path(path) as partial:
        writer = ArrayRecordWriter(str(partial), "group_size:1")
        for record in records:
            data = to_bytes(record)
            writer.write(data)
            place = f"{shard}/{counts['records']}/".encode()
            counts["checksum"] += int.from_bytes(hashlib.blake2b(place + data, digest_size=7).digest())
            counts["records"] += 1
            counts["size"] += len(data)
            counts["examples"] += len(record.ids)
            counts["tokens"] += int((record.segment_ids > 0).sum())
            counts["learnt_tokens"] += int((record.loss_weights > 0).sum())
        writer.close()
    return counts


def write_records(directory: str | Path, records: Iterable[Record], info: RecordsInfo) -> RecordsInfo:
    """Writes a dataset of one shard that appears only once it is whole; returns `info` with the counts filled in.

    Raises:
      InputError: there is nothing to write, or nothing in it to learn.
    """
    with new_dataset(directory) as place:
        info = with_counts(info, [write_shard(shard_path(place, info.name, 0, 1), records)])
        write_info(place, info)
    return info


class Records(Sequence[Record]):
    """Random access to a dataset."""

    def __init__(self, directory: str | Path):
        """
        Raises:
          InputError: there is no dataset, it is of another format, or a part of it is missing.
        """
        self.directory = directory
        self.info = read_info(directory)
        shards = len(self.info.shards)
        paths = [shard_path(directory, self.info.name, n, shards) for n in range(shards) if self.info.shards[n]]
        try:
            self._source = ArrayRecordDataSource(paths)
        except (RuntimeError, ValueError) as error:
            raise InputError(f"{directory}: its records cannot be read ({error}); build it anew") from error
        if len(self._source) != self.info.records:
            found = len(self._source)
            raise InputError(f"{directory}: {found} records, {METADATA} says {self.info.records}; build it anew")

    def __len__(self) -> int:
        return self.info.records

    def __getitem__(self, index):
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self.read([index % len(self)])[0]

    def read(self, indices: Sequence[int] | np.ndarray) -> list[Record]:
        """The records at `indices`, in that order."""
        try:
            data = self._source.__getitems__([int(index) for index in indices])
        except RuntimeError as error:
            raise InputError(f"{self.directory}: damaged ({error}); build it anew") from error
        return [from_bytes(item) for item in data]
