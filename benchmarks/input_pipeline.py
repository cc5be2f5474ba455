"""How fast packed records come from disk: through tf.data as training reads them, and without TensorFlow.

    python -m benchmarks.input_pipeline --json

Beside them TFDS's own random access to the same files. Rates are per core: tokens over the processor time of all
threads. The files are put out of the page cache before each reading, as far as the system heeds that.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import parser, report
from kcjax.corpus.input import batches, read_batch
from kcjax.corpus.mixture import Mixture
from kcjax.corpus.packing import FIELDS, Record
from kcjax.corpus.records import Records, write_records
from kcjax.corpus.records_info import RecordsInfo


def records(count: int, length: int) -> Iterator[Record]:
    """Full records of random tokens."""
    rng = np.random.default_rng(0)
    positions = np.arange(length, dtype=np.int32)
    segments, none, weights = positions // 256 + 1, np.zeros(length, np.int32), np.ones(length, np.float32)
    for number in range(count):
        tokens = rng.integers(0, 32000, length, np.int32)
        yield Record(tokens, segments.astype(np.int32), none, positions % 256, weights, (f"d{number}",))


def rate(read: Callable[[], int], directory: Path) -> dict[str, Any]:
    """Tokens a second of processor time, and of the clock; `read` returns how many it has read."""
    for path in directory.iterdir():
        file = os.open(path, os.O_RDONLY)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)
    wall, cpu = time.perf_counter(), time.process_time()
    tokens = read()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"tokens_per_s_per_core": round(tokens / cpu), "tokens_per_s": round(tokens / wall)}


def main() -> None:
    p = parser((__doc__ or "").splitlines()[0])
    p.add_argument("--records", type=int, default=8192)
    p.add_argument("--length", type=int, default=2048)
    p.add_argument("--batch-size", type=int, default=32)
    args = p.parse_args()
    import tensorflow_datasets as tfds

    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "data"
        info = RecordsInfo("following", "hash", 32000, args.length, 0, {})
        write_records(directory, records(args.records, args.length), info)
        mixture = Mixture([Records(directory)], seed=0)
        steps, size = args.records // args.batch_size, args.batch_size
        order = np.random.default_rng(0).permutation(args.records).reshape(steps, size)
        peer = tfds.builder_from_directory(directory).as_data_source("train")

        def tf_data() -> int:
            return sum(b["tokens"].size for b in batches(mixture, batch_size=size, start=0, stop=steps))

        def plain() -> int:
            return sum(read_batch(mixture, batch_size=size, step=step)["tokens"].size for step in range(steps))

        def by_tfds() -> int:
            read = 0
            for rows in order:
                found = peer.__getitems__(rows.tolist())
                read += {name: np.stack([row[name] for row in found]) for name in FIELDS}["tokens"].size
            return read

        next(batches(mixture, batch_size=size, start=0, stop=1))  # TensorFlow's first graph is no reading
        found = {
            name: rate(read, directory) for name, read in (("tf_data", tf_data), ("plain", plain), ("tfds", by_tfds))
        }
    figures = found["tf_data"] | {"without_tensorflow": found["plain"], "tfds": found["tfds"]}
    report("input_pipeline", args, figures)


if __name__ == "__main__":
    main()
