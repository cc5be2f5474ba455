"""LLaMA in Flax NNX: one set of blocks, stacked along a leading layer axis and scanned.

Shape suffixes as in `attention.py`; F is the width of the feed-forward, V the vocabulary.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax.ad_checkpoint import checkpoint_policies
from jax.typing import DTypeLike

from kcjax.model.attention import Keys, KVCache, attend, rope_angles, rotate
from kcjax.model.config import LlamaConfig
from kcjax.parallel.sharding import shard_rows

# What the backward pass keeps instead of computing again; "none" keeps everything.
REMAT_POLICIES: dict[str, Callable | None] = {
    "none": None,
    "dots": checkpoint_policies.dots_with_no_batch_dims_saveable,
    "full": checkpoint_policies.nothing_saveable,
}


class Linear(nnx.Module):
    """`x @ kernel (+ bias)` in the dtype of x."""

    def __init__(self, d_in: int, d_out: int, *, use_bias: bool = False, param_dtype: DTypeLike, rngs: nnx.Rngs):
        self.kernel = nnx.Param(0.02 * jax.random.normal(rngs.params(), (d_in, d_out), param_dtype))
        self.bias = nnx.Param(jnp.zeros((d_out,), param_dtype)) if use_bias else None

    def __call__(self, x: jax.Array, dropout_key: jax.Array | None = None) -> jax.Array:
        y = x @ self.kernel[...].astype(x.dtype)
        return y if self.bias is None else y + self.bias[...].astype(x.dtype)


class RMSNorm(nnx.Module):
    """Root-mean-square normalisation in float32."""

    def __init__(self, size: int, *, eps: float, param_dtype: DTypeLike):
        self.scale = nnx.Param(jnp.ones((size,), param_dtype))
        self.eps = eps

    def __call__(self, x: jax.Array) -> jax.Array:
        x32 = x.astype(jnp.float32)
        x32 *= jax.lax.rsqrt(jnp.mean(jnp.square(x32), axis=-1, keepdims=True) + self.eps)
        return (x32 * self.scale[...]).astype(x.dtype)


class Block(nnx.Module):
    """Attention and SwiGLU feed-forward, each with its norm and residual."""

    def __init__(self, config: LlamaConfig, *, param_dtype: DTypeLike, rngs: nnx.Rngs):
        D, F, H = config.hidden_size, config.intermediate_size, config.head_dim
        kwargs: dict[str, Any] = {"param_dtype": param_dtype, "rngs": rngs}
        self.config = config
        self.attention_norm = RMSNorm(D, eps=config.rms_norm_eps, param_dtype=param_dtype)
        self.q = Linear(D, config.num_heads * H, use_bias=config.qkv_bias, **kwargs)
        self.k = Linear(D, config.num_kv_heads * H, use_bias=config.qkv_bias, **kwargs)
        self.v = Linear(D, config.num_kv_heads * H, use_bias=config.qkv_bias, **kwargs)
        self.o = Linear(config.num_heads * H, D, **kwargs)
        self.mlp_norm = RMSNorm(D, eps=config.rms_norm_eps, param_dtype=param_dtype)
        self.gate = Linear(D, F, **kwargs)
        self.up = Linear(D, F, **kwargs)
        self.down = Linear(F, D, **kwargs)

    def __call__(
        self,
        x_BxTxD: jax.Array,
        rope: tuple[jax.Array, jax.Array],
        keys_of: Callable[[jax.Array, jax.Array], list[Keys]],
        dropout_key: jax.Array | None,
    ) -> jax.Array:
        """`keys_of(k, v)` says what the queries may attend to, given this block's own new keys and values."""
        B, T, _ = x_BxTxD.shape
        H = self.config.head_dim
        drop = [None] * 7 if dropout_key is None else list(jax.random.split(dropout_key, 7))
        y = self.attention_norm(x_BxTxD)
        q = rotate(self.q(y, drop[0]).reshape(B, T, -1, H), *rope)
        k = rotate(self.k(y, drop[1]).reshape(B, T, -1, H), *rope)
        v = self.v(y, drop[2]).reshape(B, T, -1, H)
        x_BxTxD += self.o(attend(q, keys_of(k, v)).reshape(B, T, -1), drop[3])
        y = self.mlp_norm(x_BxTxD)
        return x_BxTxD + self.down(jax.nn.silu(self.gate(y, drop[4])) * self.up(y, drop[5]), drop[6])


class Llama(nnx.Module):
    """A decoder: `hidden` for training, `extend` for decoding, `logits` for both."""

    def __init__(
        self,
        config: LlamaConfig,
        *,
        rngs: nnx.Rngs,
        param_dtype: DTypeLike = jnp.float32,
        dtype: DTypeLike = jnp.float32,
    ):
        self.config = config
        self.dtype = dtype
        D, V = config.hidden_size, config.vocab_size
        self.embedding = nnx.Param(0.02 * jax.random.normal(rngs.params(), (V, D), param_dtype))

        @nnx.split_rngs(splits=config.num_layers)
        @nnx.vmap(in_axes=(0,), out_axes=0)
        def stack(rngs: nnx.Rngs) -> Block:
            return Block(config, param_dtype=param_dtype, rngs=rngs)

        self.blocks = stack(rngs)
        self.norm = RMSNorm(D, eps=config.rms_norm_eps, param_dtype=param_dtype)
        self.head = None if config.tie_embeddings else Linear(D, V, param_dtype=param_dtype, rngs=rngs)

    def embed(self, tokens_BxT: jax.Array) -> jax.Array:
        # The cast comes last, so that the gradients of a frequent token are summed in the parameters' precision.
        return self.embedding[...][tokens_BxT].astype(self.dtype)

    def logits(self, x_BxTxD: jax.Array) -> jax.Array:
        """Hidden states `[..., D]` to float32 logits `[..., V]`."""
        kernel = self.embedding[...].T if self.head is None else self.head.kernel[...]
        return jnp.dot(x_BxTxD, kernel.astype(x_BxTxD.dtype), preferred_element_type=jnp.float32)

    def hidden(
        self,
        tokens_BxT: jax.Array,
        *,
        positions_BxT: jax.Array,
        mask_BxTxT: jax.Array,
        remat: str = "none",
        dropout_key: jax.Array | None = None,
    ) -> jax.Array:
        """Final hidden states `[B, T, D]`, after the last norm."""
        rope = rope_angles(self.config, positions_BxT)
        graph, blocks = nnx.split(self.blocks)

        def layer(x, inputs):
            state, index = inputs
            key = None if dropout_key is None else jax.random.fold_in(dropout_key, index)
            return nnx.merge(graph, state)(x, rope, lambda k, v: [Keys(k, v, mask_BxTxT)], key), None

        if (policy := REMAT_POLICIES[remat]) is not None:
            layer = jax.checkpoint(layer, policy=policy, prevent_cse=False)  # a scan needs no such barrier
        x = shard_rows(self.embed(tokens_BxT))
        x, _ = jax.lax.scan(layer, x, (blocks, jnp.arange(self.config.num_layers)))
        return self.norm(x)

    def extend(
        self,
        tokens_BxT: jax.Array,
        cache: KVCache,
        *,
        slot: jax.Array | int,
        positions_BxT: jax.Array,
        mask_BxTxS: jax.Array,
        prefix: KVCache | None = None,
        prefix_mask_P: jax.Array | None = None,
    ) -> tuple[jax.Array, KVCache]:
        """Runs T new tokens a row, whose keys and values go into `cache` from `slot` on.

        Args:
          mask_BxTxS: which slots of the cache each new token may look at (its own included).
          prefix: keys and values `[L, 1, P, K, H]` that every row attends to as well, where `prefix_mask_P` is true.

        Returns:
          hidden states `[B, T, D]` after the last norm, and the cache with the new slots filled.
        """
        rope = rope_angles(self.config, positions_BxT)
        graph, blocks = nnx.split(self.blocks)

        def layer(carry, inputs):
            x, cache = carry
            state, index, prefix_kv = inputs

            def keys_of(k, v):
                nonlocal cache
                put = lambda old, new: jax.lax.dynamic_update_slice(old, new[None], (index, 0, slot, 0, 0))
                cache = KVCache(put(cache.k_LxBxSxKxH, k), put(cache.v_LxBxSxKxH, v))
                own = Keys(cache.k_LxBxSxKxH[index], cache.v_LxBxSxKxH[index], mask_BxTxS)
                if prefix_kv is None:
                    return [own]
                return [Keys(prefix_kv.k_LxBxSxKxH[0], prefix_kv.v_LxBxSxKxH[0], prefix_mask_P), own]

            x = nnx.merge(graph, state)(x, rope, keys_of, None)
            return (x, cache), None

        layers = (blocks, jnp.arange(self.config.num_layers), prefix)
        (x, cache), _ = jax.lax.scan(layer, (self.embed(tokens_BxT), cache), layers)
        return self.norm(x), cache
