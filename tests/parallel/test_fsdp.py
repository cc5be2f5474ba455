"""What is written out for one device gives what the whole gives."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import PartitionSpec as P

from kcjax.parallel.fsdp import batch_spec, gather, per_device, sum_over_devices, take_rows
from kcjax.parallel.mesh import make_mesh
from kcjax.parallel.sharding import FSDP

MESHES = [{"fsdp": 8}, {"data": 2, "fsdp": 4}, {"fsdp": 4, "tensor": 2}, {"slice": 2, "fsdp": 2, "tensor": 2}]


def fsdp() -> tuple[str, ...]:
    """The axes of the mesh that is set over which parameters are cut."""
    return tuple(axis for axis in FSDP if jax.sharding.get_abstract_mesh().shape[axis] > 1)


def in_rings():
    """`fsdp` over two rings, as on a TPU."""
    axes = ("slice", "data", *FSDP, "tensor")
    return jax.make_mesh((1, 1, 4, 2, 1, 1), axes, axis_types=(jax.sharding.AxisType.Auto,) * 6)


@pytest.mark.parametrize("mesh", [*MESHES, None], ids=str)
@pytest.mark.parametrize("axes", [("embed", "mlp"), ("mlp", "embed")], ids=str)
def test_a_gathered_matrix_and_its_gradient_are_those_of_the_whole(mesh, axes):
    rng = np.random.default_rng(0)
    w, x = (jnp.array(rng.normal(size=size), jnp.float32) for size in ((16, 16), (8, 16)))

    def local(w, x):
        return sum_over_devices(jnp.square(x @ gather(w, axes, jnp.float32)).sum())

    with jax.set_mesh(make_mesh(mesh) if mesh else in_rings()):
        parts = P(*(fsdp() if axis == "embed" else None for axis in axes))
        found = jax.jit(jax.value_and_grad(per_device(local, (parts, batch_spec()), P())))(w, x)
    expected = jax.value_and_grad(lambda w: jnp.square(x @ w).sum())(w)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("mesh", [*MESHES, None], ids=str)
def test_rows_of_a_spread_table_and_their_gradients_are_those_of_the_whole(mesh):
    rng = np.random.default_rng(0)
    table = jnp.array(rng.normal(size=(32, 16)), jnp.float32)
    index = jnp.array(rng.integers(0, 32, (8, 5)))

    def local(table, index):
        return sum_over_devices(jnp.square(take_rows(table, index)).sum())

    with jax.set_mesh(make_mesh(mesh) if mesh else in_rings()):
        found = jax.jit(jax.value_and_grad(per_device(local, (P(None, fsdp()), batch_spec()), P())))(table, index)
    expected = jax.value_and_grad(lambda table: jnp.square(table[index]).sum())(table)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-4)


def test_no_device_holds_the_whole_table_nor_reduces_twice():
    """A device has its own columns of a table alone; a gradient goes round each ring once, by permutations."""

    def local(w, table, index):
        x = take_rows(table, index)
        return sum_over_devices(jnp.square(x @ gather(w, ("embed", "mlp"), jnp.float32)).sum())

    with jax.set_mesh(in_rings()):
        step = jax.jit(jax.grad(per_device(local, (P(fsdp()), P(None, fsdp()), batch_spec()), P()), argnums=(0, 1)))
        shapes = [jax.ShapeDtypeStruct(size, jnp.float32) for size in ((16, 24), (1000, 16))]
        text = step.lower(*shapes, jax.ShapeDtypeStruct((8, 5), jnp.int32)).compile().as_text()
    assert "f32[1000,2]" in text and "f32[1000,16]" not in text
    assert text.count(" collective-permute(") + text.count(" collective-permute-start(") == (4 - 1) + (2 - 1)


def test_outside_of_a_mesh_nothing_is_sent():
    w = jnp.ones((4, 4))
    assert gather(w, ("embed", "mlp"), jnp.bfloat16) is w
    assert functools.reduce(lambda a, b: a and b, (take_rows(w, jnp.array([[1]])) == 1).ravel().tolist())
