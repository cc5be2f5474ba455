import jax
import numpy as np
import pytest

from kcjax.parallel.batch import GlobalBatch
from kcjax.parallel.mesh import make_mesh

MESHES = [{"fsdp": 8}, {"data": 2, "fsdp": 4}, {"fsdp": 2, "tensor": 4}, {"tensor": 8}]


@pytest.mark.parametrize("mesh", MESHES, ids=str)
@pytest.mark.parametrize("micro_batches", [1, 2])
def test_a_row_has_its_number_whatever_the_mesh(mesh, micro_batches):
    batch = GlobalBatch(make_mesh(mesh), micro_batches=micro_batches, batch_size=16)
    assert batch.rows.tolist() == list(range(16))  # one host reads them all
    tokens = np.arange(16 * 3).reshape(16, 3)
    placed = batch.place({"tokens": tokens, "rows": batch.rows})
    np.testing.assert_array_equal(placed["tokens"], tokens.reshape(micro_batches, -1, 3))
    np.testing.assert_array_equal(placed["rows"], np.arange(16).reshape(micro_batches, -1))
    apart = mesh.get("data", 1) * mesh.get("fsdp", 1)
    rows = {shard.data.shape[1] for shard in placed["tokens"].addressable_shards}
    assert rows == {16 // micro_batches // apart}


class OneOfTwo:
    """A sharding as the second of two hosts sees it: half of its devices are elsewhere."""

    def __init__(self, sharding: jax.sharding.NamedSharding):
        self.all = sharding

    def addressable_devices_indices_map(self, shape):
        return {d: index for d, index in self.all.devices_indices_map(shape).items() if d.id >= 4}


@pytest.mark.parametrize(
    ("mesh", "expected"),
    [
        ({"fsdp": 8}, [4, 5, 6, 7, 12, 13, 14, 15]),  # of both micro-batches the second half
        ({"data": 2, "fsdp": 4}, [4, 5, 6, 7, 12, 13, 14, 15]),
        ({"fsdp": 1, "tensor": 8}, list(range(16))),  # the tensor axis goes through both: each has all rows
    ],
)
def test_a_host_reads_the_rows_of_its_own_devices(mesh, expected, monkeypatch):
    from kcjax.parallel import batch as module

    of_all = module.batch_sharding
    monkeypatch.setattr(module, "batch_sharding", lambda *args, **kwargs: OneOfTwo(of_all(*args, **kwargs)))
    assert GlobalBatch(make_mesh(mesh), micro_batches=2, batch_size=16).rows.tolist() == expected
