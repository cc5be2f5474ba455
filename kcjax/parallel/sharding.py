"""One table from logical axes to mesh axes, one from parameters to logical axes; nothing else decides a sharding."""

import math
from typing import Any

import jax
from flax import nnx
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from kcjax.errors import InputError

# One axis to the user; on TPUs cut into the rings of their network, of which what is sent takes one after the other.
FSDP = ("fsdp", "fsdp_y", "fsdp_z")
RULES: dict[str, str | tuple[str, ...]] = {
    "batch": ("slice", "data", *FSDP),
    "vocab": "tensor",
    "embed": FSDP,
    "heads": "tensor",
    "mlp": "tensor",
}

# (input, output) of each linear layer. LoRA's `a` keeps the input axis, `b` the output axis.
LINEAR_AXES = {
    "q": ("embed", "heads"),
    "k": ("embed", "heads"),
    "v": ("embed", "heads"),
    "o": ("heads", "embed"),
    "gate": ("embed", "mlp"),
    "up": ("embed", "mlp"),
    "down": ("mlp", "embed"),
    "head": ("embed", "vocab"),
}


def logical_axes(path: tuple[Any, ...]) -> tuple[str | None, ...]:
    """Logical axes of the parameter at an NNX path such as `("blocks", "q", "kernel")`."""
    stacked = (None,) if path[0] == "blocks" else ()
    layer, leaf = next((part for part in path if part in LINEAR_AXES), None), path[-1]
    if leaf == "embedding":
        return ("vocab", "embed")
    if layer is None:  # norms
        return (*stacked, None)
    d_in, d_out = LINEAR_AXES[layer]
    return (*stacked, *{"kernel": (d_in, d_out), "a": (d_in, None), "b": (None, d_out)}.get(leaf, (d_out,)))


def path_names(path: tuple[Any, ...]) -> tuple[Any, ...]:
    """A path of JAX's trees as an NNX path."""
    keys = tuple(getattr(key, "key", getattr(key, "name", key)) for key in path)
    return keys[:-1] if keys[-1] == "value" else keys


def spec(axes: tuple[str | None, ...]) -> PartitionSpec:
    return PartitionSpec(*(None if axis is None else RULES[axis] for axis in axes))


def batch_sharding(mesh: Mesh, *, accumulated: bool = False) -> NamedSharding:
    """Rows over all data axes; with `accumulated` the micro-batches come first: `[micro, batch, ...]`."""
    return NamedSharding(mesh, spec((None, "batch") if accumulated else ("batch",)))


def spread_positions(x_BxTxD: jax.Array) -> jax.Array:
    """Spreads activations between blocks over `tensor` by position, where a mesh with that axis is set.

    There every device would hold and normalise all of them; so each has its share (arXiv 2205.05198). A position alone,
    as in decoding, stays whole.
    """
    size = jax.sharding.get_abstract_mesh().shape.get("tensor", 1)
    if size == 1 or x_BxTxD.shape[1] % size:
        return x_BxTxD
    return jax.lax.with_sharding_constraint(x_BxTxD, PartitionSpec(PartitionSpec.UNCONSTRAINED, "tensor", None))


def param_sharding(path: tuple[Any, ...], shape: tuple[int, ...], mesh: Mesh) -> NamedSharding:
    """Where the parameter at an NNX path lies.

    Raises:
      InputError: a dimension that the mesh does not divide, by name.
    """
    partition = spec(logical_axes(path))
    for size, axis in zip(shape, partition, strict=True):
        parts = math.prod(mesh.shape[a] for a in ((axis,) if isinstance(axis, str) else axis or ()))
        if size % parts:
            name = ".".join(map(str, path))
            axis = "fsdp" if axis == FSDP else axis
            raise InputError(f"mesh: axis {axis!r} of size {parts} does not divide {size} of {name} {shape}")
    return NamedSharding(mesh, partition)


def param_shardings(state: nnx.State, mesh: Mesh) -> nnx.State:
    """A tree like `state` with the sharding of every parameter."""

    def sharding(path, leaf):
        return param_sharding(path_names(path), leaf.shape, mesh)

    return jax.tree_util.tree_map_with_path(sharding, state)
