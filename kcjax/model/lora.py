"""LoRA (arXiv 2106.09685) wrapped around a model's linear layers, without touching the model's code."""

import dataclasses
import math

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike

from kcjax.errors import InputError
from kcjax.model.llama import Linear, Llama

ALL_LINEAR = ("q", "k", "v", "o", "gate", "up", "down")


@dataclasses.dataclass(frozen=True)
class LoraConfig:
    """The paper's phase 2: rank 32, alpha 64, dropout 0.1 on every linear layer but the head."""

    rank: int = 32
    alpha: float = 64.0
    dropout: float = 0.1
    targets: tuple[str, ...] = ALL_LINEAR

    def __post_init__(self):
        if unknown := set(self.targets) - set(ALL_LINEAR):
            raise InputError(f"lora.targets: unknown layer {sorted(unknown)[0]!r}; known: {', '.join(ALL_LINEAR)}")
        if self.rank < 1 or not self.targets or not 0 <= self.dropout < 1:
            raise InputError("lora: rank must be at least 1, targets not empty and dropout in [0, 1)")

    @property
    def scale(self) -> float:
        return self.alpha / self.rank


class LoraParam(nnx.Param):
    """What LoRA trains; everything else stays frozen."""


class LoraLinear(nnx.Module):
    """`base(x) + scale * dropout(x) @ a @ b`, stacked over layers: a `[L, d_in, rank]`, b `[L, rank, d_out]`."""

    def __init__(self, base: Linear, config: LoraConfig, *, param_dtype: DTypeLike, rngs: nnx.Rngs):
        layers, d_in, d_out = base.kernel.shape
        bound = math.sqrt(1.0 / d_in)  # Kaiming-uniform with a = sqrt(5), as PEFT starts
        shape = (layers, d_in, config.rank)
        self.base = base
        self.a = LoraParam(jax.random.uniform(rngs.params(), shape, param_dtype, -bound, bound))
        self.b = LoraParam(jnp.zeros((layers, config.rank, d_out), param_dtype))
        self.config = config

    def __call__(self, x: jax.Array, dropout_keys_B: jax.Array | None = None) -> jax.Array:
        y = self.base(x)
        if dropout_keys_B is not None and self.config.dropout:
            share = 1 - self.config.dropout
            kept = jax.vmap(lambda key: jax.random.bernoulli(key, share, x.shape[1:]))(dropout_keys_B)
            x = jnp.where(kept, x / share, 0)
        return y + (x @ self.a[...].astype(x.dtype)) @ self.b[...].astype(x.dtype) * self.config.scale


def add_lora(model: Llama, config: LoraConfig, *, rngs: nnx.Rngs, param_dtype: DTypeLike = jnp.float32) -> None:
    """Wraps the targeted layers in place; the model computes the same until `b` is trained away from zero."""
    for name in config.targets:
        layer = LoraLinear(getattr(model.blocks, name), config, param_dtype=param_dtype, rngs=rngs)
        setattr(model.blocks, name, layer)


def merge_lora(model: Llama) -> None:
    """Folds the adapters into the kernels in place, which must not be quantised, and takes the wrappers off."""
    for name in ALL_LINEAR:
        layer = getattr(model.blocks, name)
        if isinstance(layer, LoraLinear):
            kernel = layer.base.kernel[...]
            assert jnp.issubdtype(kernel.dtype, jnp.floating)
            a, b = layer.a[...].astype(jnp.float32), layer.b[...].astype(jnp.float32)
            product = jnp.einsum("lir,lro->lio", a, b, precision="highest")  # TPUs would round to bfloat16
            layer.base.kernel[...] = (kernel.astype(jnp.float32) + layer.config.scale * product).astype(kernel.dtype)
            setattr(model.blocks, name, layer.base)


def lora_config_of(model: Llama) -> LoraConfig | None:
    """The config of the adapters a model carries, None if it carries none."""
    layers = (getattr(model.blocks, name) for name in ALL_LINEAR)
    return next((layer.config for layer in layers if isinstance(layer, LoraLinear)), None)
