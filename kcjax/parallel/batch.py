"""A batch whose rows lie on the devices of several hosts."""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from kcjax.parallel.sharding import batch_sharding


class GlobalBatch:
    """Places a batch of A micro-batches of B rows, `[A, B, ...]`; row n of the batch is `[n // B, n % B]`.

    Attributes:
      rows: int64, the rows of the batch that belong on this host's devices, and that it has to read.
    """

    def __init__(self, mesh: Mesh, *, micro_batches: int, batch_size: int):
        self._sharding = batch_sharding(mesh, accumulated=True)
        self._shape = (micro_batches, batch_size // micro_batches)
        places: Any = self._sharding.addressable_devices_indices_map(self._shape).values()
        columns = sorted({column for _, part in places for column in range(self._shape[1])[part]})
        self._column = {column: place for place, column in enumerate(columns)}
        first = np.arange(micro_batches)[:, None] * self._shape[1]
        self.rows = (first + np.array(columns, np.int64)).ravel()

    def place(self, local: Mapping[str, np.ndarray]) -> dict[str, jax.Array]:
        """Arrays over all devices, of this host's `rows` in their order."""
        return {name: self._place(values) for name, values in local.items()}

    def _place(self, values: np.ndarray) -> jax.Array:
        here = values.reshape(self._shape[0], len(self._column), *values.shape[1:])

        def part(index: Any) -> np.ndarray:
            columns = [self._column[column] for column in range(self._shape[1])[index[1]]]
            return here[index[0], columns[0] : columns[-1] + 1]

        return jax.make_array_from_callback((*self._shape, *values.shape[1:]), self._sharding, part)
