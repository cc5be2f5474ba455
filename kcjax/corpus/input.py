"""The tf.data input of training: batch k is a function of (seed, k) alone."""

import os
from collections.abc import Iterator

import numpy as np

from kcjax.corpus.mixture import Mixture
from kcjax.corpus.packing import FIELDS, tasks_of

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

Batch = dict[str, np.ndarray]
Rows = slice | np.ndarray
NAMES = (*FIELDS, "tasks", "rows")


def batch_ids(mixture: Mixture, *, batch_size: int, step: int) -> list[str]:
    """The ids of the examples in the batch of one step, to name them in a message."""
    records = mixture.read(step * batch_size + np.arange(batch_size))
    return [name for record in records for name in record.ids]


def read_batch(mixture: Mixture, *, batch_size: int, step: int, rows: Rows = slice(None)) -> Batch:
    """Arrays of one step, without TensorFlow: `FIELDS` and `tasks`, `[rows, length]`, and `rows`, their numbers in the
    batch, `[rows]`. The argument `rows` selects this host's part of the batch."""
    numbers = np.arange(batch_size)[rows]
    records = mixture.read(step * batch_size + numbers)
    batch = {name: np.stack([getattr(record, name) for record in records]) for name in FIELDS}
    return batch | {"tasks": np.stack([tasks_of(record) for record in records]), "rows": numbers.astype(np.int32)}


def batches(mixture: Mixture, *, batch_size: int, start: int, stop: int, rows: Rows = slice(None)) -> Iterator[Batch]:
    """The batches of steps `start` to `stop`, read ahead in the background by tf.data."""
    import tensorflow as tf

    tf.config.set_visible_devices([], "GPU")  # they are JAX's

    failures: list[Exception] = []

    def read(step: np.ndarray) -> list[np.ndarray]:
        try:
            batch = read_batch(mixture, batch_size=batch_size, step=int(step), rows=rows)
        except Exception as error:
            failures.append(error)
            raise
        return [batch[name] for name in NAMES]

    def load(step):
        dtypes = [tf.float32 if name == "loss_weights" else tf.int32 for name in NAMES]
        return dict(zip(NAMES, tf.numpy_function(read, [step], dtypes, stateful=False), strict=True))

    steps = tf.data.Dataset.range(start, stop)
    try:
        yield from steps.map(load, num_parallel_calls=2, deterministic=True).prefetch(4).as_numpy_iterator()
    except tf.errors.OpError as error:  # TensorFlow quotes what went wrong in `read`; the caller wants the thing itself
        raise failures[0] if failures else error from None
