"""Fully sharded data parallelism, written out: parameters are gathered where they are used.

`per_device` runs code apart on every device of the batch axes. What is spread over `fsdp` is gathered in it by
`gather`, whose gradient is reduced into the parts again; so it is known what is sent, when and how often. (Left to XLA,
a loop over parts of a batch would reduce the gradients of its weights in every turn.) Outside of `per_device`, as in
decoding, the functions for one device's view change nothing.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax.sharding import PartitionSpec as P
from jax.typing import DTypeLike

from kcjax.parallel.chips import CHIPS
from kcjax.parallel.sharding import FSDP, RULES, logical_axes, path_names


def per_device(function: Callable, in_specs: Any, out_specs: Any) -> Callable:
    """`function` on each device's part of its arguments, where a mesh is set; the axis `tensor` is left to XLA.

    Args:
      in_specs: made by `param_specs` and `batch_spec`.
    """
    axes = _wide(RULES["batch"])
    if not axes:
        return function
    return jax.shard_map(function, in_specs=in_specs, out_specs=out_specs, axis_names=set(axes), check_vma=False)


def batch_spec() -> P:
    """How `per_device` cuts what has a row for each of the batch."""
    return P(_wide(RULES["batch"]))


def _wide(axes: Sequence[str]) -> tuple[str, ...]:
    """Those of the mesh's axes that have more than one device."""
    sizes = jax.sharding.get_abstract_mesh().shape
    return tuple(axis for axis in axes if sizes.get(axis, 1) > 1)


def _apart(axes: Sequence[str]) -> tuple[str, ...]:
    """Those over which the code that is traced runs apart, within `per_device`."""
    manual = jax.sharding.get_abstract_mesh().manual_axes
    return tuple(axis for axis in axes if axis in manual)


def param_specs(state: nnx.State) -> Any:
    """How `per_device` cuts parameters: over `fsdp` as the table says."""

    def one(path: tuple[Any, ...], _: jax.Array) -> P:
        return P(*(_wide(FSDP) if _is_spread(axis) else None for axis in logical_axes(path_names(path))))

    return jax.tree_util.tree_map_with_path(one, state)


def sum_over_devices(x: Any) -> Any:
    axes = _apart(RULES["batch"])
    return jax.lax.psum(x, axes) if axes else x


def gather(x: jax.Array, axes: tuple[str | None, ...], dtype: DTypeLike) -> jax.Array:
    """A parameter with these logical axes whole, in `dtype` if it is of floats, where it is spread over `fsdp`."""
    dimension = next((number for number, axis in enumerate(axes) if _is_spread(axis)), None)
    if dimension is None or not (rings := _apart(FSDP)):
        return x
    x = x.astype(dtype) if jnp.issubdtype(x.dtype, jnp.floating) else x
    for ring in reversed(rings):
        x = _gather_ring(x, ring, dimension)
    return x


def gather_layer(state: nnx.State, dtype: DTypeLike) -> nnx.State:
    """The parameters of one layer, out of the stack of all."""

    def one(path: tuple[Any, ...], x: jax.Array) -> jax.Array:
        return gather(x, logical_axes(("blocks", *path_names(path)))[1:], dtype)

    return jax.tree_util.tree_map_with_path(one, state)


def take_rows(table_VxD: jax.Array, index_BxT: jax.Array) -> jax.Array:
    """`table[index]`, `[B, T, D]`, of a table whose columns are spread over `fsdp`.

    Devices send each other indices and get columns back; the table stays where it is.
    """
    if not (rings := _apart(FSDP)):
        return table_VxD[index_BxT]
    columns = table_VxD[jax.lax.all_gather(index_BxT, rings, axis=0, tiled=True)]
    return jax.lax.all_to_all(columns, rings, split_axis=0, concat_axis=2, tiled=True)


def _is_spread(axis: str | None) -> bool:
    return axis is not None and RULES[axis] == FSDP


@functools.partial(jax.custom_vjp, nondiff_argnums=(1, 2))
def _gather_ring(x: jax.Array, ring: str, dimension: int) -> jax.Array:
    return jax.lax.all_gather(x, ring, axis=dimension, tiled=True)


def _gather_ring_forward(x: jax.Array, ring: str, dimension: int) -> tuple[jax.Array, None]:
    return _gather_ring(x, ring, dimension), None


def _reduce_ring(ring: str, dimension: int, _: None, grad: jax.Array) -> tuple[jax.Array]:
    """The sum over the ring of this device's part, which goes once round and takes up what each device has of it.

    Written with permutations, which TPUs do while they compute; their compiler does reduce-scatters one by one.
    """
    if not _permutes_beside_computation():
        return (jax.lax.psum_scatter(grad, ring, scatter_dimension=dimension, tiled=True),)
    size, me = jax.lax.axis_size(ring), jax.lax.axis_index(ring)
    length = grad.shape[dimension] // size

    def part(number: jax.Array) -> jax.Array:
        return jax.lax.dynamic_slice_in_dim(grad, number % size * length, length, dimension)

    total = part(me - 1 + size)
    for step in range(2, size + 1):
        total = jax.lax.ppermute(total, ring, [(n, (n + 1) % size) for n in range(size)]) + part(me - step + size)
    return (total,)


def _permutes_beside_computation() -> bool:
    """Not on slices of more than 16 chips of TPU v5e, where permutations are no better and longer."""
    mesh = jax.sharding.get_abstract_mesh()
    kind = getattr(mesh.abstract_device, "device_kind", "")
    return kind != CHIPS["v5e"].kind or mesh.size <= 16 * mesh.shape["slice"]


_gather_ring.defvjp(_gather_ring_forward, _reduce_ring)
