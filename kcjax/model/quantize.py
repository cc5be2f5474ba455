"""Kernels of frozen layers in int8, with a scale for each output (weight-only quantisation, as QLoRA's idea)."""

import jax
import jax.numpy as jnp
from flax import nnx

from kcjax.model.llama import Llama
from kcjax.model.lora import ALL_LINEAR, LoraLinear


def quantize(kernel_LxIxO: jax.Array) -> tuple[jax.Array, jax.Array]:
    """int8 `[L, I, O]` and bfloat16 scales `[L, O]`; kernels come back as their product, to half a step of rounding.

    The steps are those that bfloat16 can hold, so that computing in it adds no error to a whole output.
    """
    scale_LxO = jnp.maximum(jnp.abs(kernel_LxIxO).max(1).astype(jnp.float32) / 127, 1e-12).astype(jnp.bfloat16)
    steps = jnp.round(kernel_LxIxO.astype(jnp.float32) / scale_LxO[:, None].astype(jnp.float32))
    return jnp.clip(steps, -127, 127).astype(jnp.int8), scale_LxO


def quantize_blocks(model: Llama) -> None:
    """Quantises the linear layers of the blocks in place, one after the other; adapters around them stay."""
    for name in ALL_LINEAR:
        layer = getattr(model.blocks, name)
        layer = layer.base if isinstance(layer, LoraLinear) else layer
        kernel = layer.kernel[...]
        place = getattr(kernel, "sharding", None)
        if isinstance(place, jax.sharding.NamedSharding):
            layers, _, outputs = (*place.spec, None, None, None)[:3]
            scales = jax.sharding.NamedSharding(place.mesh, jax.sharding.PartitionSpec(layers, outputs))
            place = (place, scales)
        else:
            place = None
        values, scale = jax.jit(quantize, out_shardings=place, donate_argnums=0)(kernel)
        layer.kernel, layer.kernel_scale = nnx.Param(values), nnx.data(nnx.Param(scale))
