"""The device mesh: slice (over the data-centre network), data, fsdp, tensor."""

import math
from collections.abc import Mapping, Sequence

import jax
from jax.sharding import AxisType, Mesh

from kcjax.errors import InputError

AXES = ("slice", "data", "fsdp", "tensor")


def make_mesh(shape: Mapping[str, int], *, devices: Sequence[jax.Device] | None = None) -> Mesh:
    """A mesh over the given devices, by default all. Axes left out have size 1; one size may be -1: what is left.

    Raises:
      InputError: an unknown axis, or sizes whose product is not the number of devices.
    """
    if unknown := set(shape) - set(AXES):
        raise InputError(f"mesh: unknown axis {sorted(unknown)[0]!r}; known: {', '.join(AXES)}")
    sizes = [shape.get(axis, 1) for axis in AXES]
    count = len(devices or jax.devices())
    if sizes.count(-1) == 1:
        sizes[sizes.index(-1)] = max(1, count // max(1, -math.prod(sizes)))
    if min(sizes) < 1 or math.prod(sizes) != count:
        wanted = " x ".join(f"{axis}={size}" for axis, size in zip(AXES, sizes, strict=True))
        raise InputError(f"mesh: {wanted} does not make {count} devices; set one axis of config.mesh to -1")
    return jax.make_mesh(sizes, AXES, axis_types=(AxisType.Auto,) * len(AXES), devices=devices)
