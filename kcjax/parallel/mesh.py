"""The device mesh: slice (over the data-centre network), data, fsdp, tensor."""

import math
from collections.abc import Mapping, Sequence

import jax
from jax.experimental import mesh_utils
from jax.sharding import AxisType, Mesh

from kcjax.errors import InputError
from kcjax.parallel.sharding import FSDP

AXES = ("slice", "data", "fsdp", "tensor")


def make_mesh(shape: Mapping[str, int], *, devices: Sequence[jax.Device] | None = None) -> Mesh:
    """A mesh over the given devices, by default all. Axes left out have size 1; one size may be -1: what is left.

    The mesh has three axes for `fsdp`, see `kcjax.parallel.sharding.FSDP`: on a TPU each is a ring of its network, so
    that what is reduced over `fsdp` is reduced ring by ring.

    Raises:
      InputError: an unknown axis, or sizes whose product is not the number of devices, or slices apart in one axis.
    """
    devices = list(devices or jax.devices())
    if unknown := set(shape) - set(AXES):
        raise InputError(f"mesh: unknown axis {sorted(unknown)[0]!r}; known: {', '.join(AXES)}")
    sizes = [shape.get(axis, 1) for axis in AXES]
    if sizes.count(-1) == 1:
        sizes[sizes.index(-1)] = max(1, len(devices) // max(1, -math.prod(sizes)))
    if min(sizes) < 1 or math.prod(sizes) != len(devices):
        wanted = " x ".join(f"{axis}={size}" for axis, size in zip(AXES, sizes, strict=True))
        raise InputError(f"mesh: {wanted} does not make {len(devices)} devices; set one axis of config.mesh to -1")
    slices, data, fsdp, tensor = sizes
    within = (data, *rings(fsdp, devices, beside=data * tensor), tensor)
    names = ("slice", "data", *FSDP, "tensor")
    types = (AxisType.Auto,) * len(names)
    apart = len({getattr(device, "slice_index", 0) for device in devices})
    if apart == 1:
        return jax.make_mesh((slices, *within), names, axis_types=types, devices=devices)
    if apart != slices:
        raise InputError(f"mesh: slice={slices}, but the devices are {apart} slices; set config.mesh.slice={apart}")
    grid = mesh_utils.create_hybrid_device_mesh((1, *within), (slices, *[1] * len(within)), devices)
    return Mesh(grid, names, axis_types=types)


def rings(fsdp: int, devices: Sequence[jax.Device], *, beside: int) -> tuple[int, int, int]:
    """`fsdp` as a product of the extents of a slice's network, as far as other axes leave them whole."""
    first = getattr(devices[0], "slice_index", 0)
    places = [d.coords for d in devices if hasattr(d, "coords") and getattr(d, "slice_index", 0) == first]
    rings = [extent for axis in zip(*places, strict=True) if (extent := max(axis) - min(axis) + 1) > 1]
    for ring in rings:
        if ring == beside:  # the other axes have that one
            rings.remove(ring)
            break
    return (*rings, *[1] * (3 - len(rings))) if rings and math.prod(rings) == fsdp else (fsdp, 1, 1)
