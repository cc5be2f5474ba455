"""What accelerators are made of."""

import dataclasses

import jax


@dataclasses.dataclass(frozen=True)
class Chip:
    """Peak figures of one chip (cloud.google.com/tpu/docs, and for a link jax-ml.github.io/scaling-book).

    Attributes:
      kind: how JAX calls its devices, or the beginning of that.
      flops: of bfloat16 matrix products, a second.
      hbm: bytes; the compiler keeps a part of it for itself.
      hbm_bandwidth: bytes a second.
      link_bandwidth: bytes a second over one link to a neighbour, one way.
      links: to neighbours.
      dcn_bandwidth: bytes a second to another slice.
    """

    name: str
    kind: str
    flops: float
    hbm: float
    hbm_bandwidth: float
    link_bandwidth: float
    links: int
    dcn_bandwidth: float


_GIB = 2**30
CHIPS = {
    chip.name: chip
    for chip in (
        Chip("v4", "TPU v4", 275e12, 32 * _GIB, 1.23e12, 45e9, 6, 6.25e9),
        Chip("v5e", "TPU v5 lite", 197e12, 16 * _GIB, 0.82e12, 45e9, 4, 3.125e9),
        Chip("v5p", "TPU v5", 459e12, 95 * _GIB, 2.77e12, 90e9, 6, 6.25e9),
        Chip("v6e", "TPU v6 lite", 918e12, 32 * _GIB, 1.64e12, 90e9, 4, 12.5e9),
        Chip("v7x", "TPU7x", 2307e12, 192 * _GIB, 7.37e12, 90e9, 6, 12.5e9),
    )
}
_GPU_FLOPS = {"NVIDIA A100": 312e12, "NVIDIA H100": 989e12, "NVIDIA H200": 989e12, "NVIDIA B200": 2250e12}


def peak_flops(device: jax.Device) -> float | None:
    """Of a device's bfloat16 matrix products, a second; None where it is not known."""
    known = {chip.kind: chip.flops for chip in CHIPS.values()} | _GPU_FLOPS
    found = [kind for kind in known if device.device_kind.startswith(kind)]
    return known[max(found, key=len)] if found else None
