"""Attention with grouped heads over one or several blocks of keys, and the rotary embedding.

Shape suffixes: B batch, T queries, S keys, N heads, K key/value heads, G = N/K, H head_dim, L layers, D hidden.
"""

import functools
import math
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp

from kcjax.model.config import LlamaConfig


class KVCache(NamedTuple):
    """Keys and values of every layer, laid out as the products over them read memory.

    With scales, `[layers, batch, kv_heads, slots]`, they are int8: a key is its integers times its scale.
    """

    k_LxBxKxHxS: jax.Array
    v_LxBxKxSxH: jax.Array
    k_scale_LxBxKxS: jax.Array | None = None
    v_scale_LxBxKxS: jax.Array | None = None

    @property
    def slots(self) -> int:
        return self.k_LxBxKxHxS.shape[-1]


Cache = KVCache | list[KVCache]  # of all layers, or a list with one for each


def quantized(cache: Cache) -> Cache:
    """The cache in int8, each key and value with a scale of its own."""
    if isinstance(cache, list):
        return [quantized(layer) for layer in cache]  # type: ignore[misc]

    def part(x: jax.Array, axis: int) -> tuple[jax.Array, jax.Array]:
        x = x.astype(jnp.float32)
        scale = jnp.maximum(jnp.abs(x).max(axis, keepdims=True), 1e-8) / 127
        return jnp.round(x / scale).astype(jnp.int8), scale.squeeze(axis)

    k, k_scale = part(cache.k_LxBxKxHxS, -2)
    v, v_scale = part(cache.v_LxBxKxSxH, -1)
    return KVCache(k, v, k_scale, v_scale)


class Keys(NamedTuple):
    """One block of keys `[batch, K, H, S]` and values `[batch, K, S, H]` to attend to, with scales as of `KVCache`;
    without the first axis where the whole batch shares them.

    `mask` is true where a query may look and broadcasts to `[batch, T, S]`.
    """

    k: jax.Array
    v: jax.Array
    mask: jax.Array
    k_scale: jax.Array | None = None
    v_scale: jax.Array | None = None


def attend(q_BxTxNxH: jax.Array, blocks: Sequence[Keys]) -> jax.Array:
    """Softmax attention over the union of `blocks`, in float32 but for the products; returns `[B, T, N, H]`.

    The division by the softmax's sum comes last, so blocks never need joining. A query that may look nowhere
    (padding) gets the mean of the values, never NaN. Operands are laid out as plain batched matrix products:
    XLA's CPU backend is three times slower, forward and backward, on the equivalent einsum.
    """
    B, T, N, H = q_BxTxNxH.shape
    K = blocks[0].k.shape[-3]
    dtype = q_BxTxNxH.dtype
    q_BxTxKxGxH = (q_BxTxNxH * (1.0 / math.sqrt(H))).reshape(B, T, K, N // K, H)
    q_BxKxGTxH = q_BxTxKxGxH.transpose(0, 2, 3, 1, 4).reshape(B, K, -1, H)

    def product(x_BxKxGTxA: jax.Array, y: jax.Array) -> jax.Array:
        """`x @ y` for y `[B, K, A, C]`, or `[K, A, C]` shared by the batch, which makes one taller product."""
        y = y.astype(dtype)
        if y.ndim == 4:
            return jnp.matmul(x_BxKxGTxA, y, preferred_element_type=jnp.float32)
        x_KxBGTxA = x_BxKxGTxA.swapaxes(0, 1).reshape(K, -1, y.shape[-2])
        out = jnp.matmul(x_KxBGTxA, y, preferred_element_type=jnp.float32)
        return out.reshape(K, B, -1, y.shape[-1]).swapaxes(0, 1)

    scores = []
    for keys in blocks:
        score = product(q_BxKxGTxH, keys.k).reshape(B, K, N // K, T, -1)
        if keys.k_scale is not None:
            score *= keys.k_scale[..., None, None, :]
        bias = jnp.where(keys.mask, 0.0, -1e30)
        scores.append(score + (bias[:, None, None] if bias.ndim == 3 else bias))
    peak = jax.lax.stop_gradient(functools.reduce(jnp.maximum, [s.max(axis=-1, keepdims=True) for s in scores]))
    total: jax.Array | float = 0.0
    out: jax.Array | float = 0.0
    for keys, score in zip(blocks, scores, strict=True):
        weights = jnp.exp(score - peak)
        total += weights.sum(axis=-1, keepdims=True)
        if keys.v_scale is not None:
            weights *= keys.v_scale[..., None, None, :]
        weights_BxKxGTxS = weights.astype(dtype).reshape(B, K, -1, weights.shape[-1])
        out += product(weights_BxKxGTxS, keys.v).reshape(B, K, N // K, T, H)
    out_BxKxGxTxH = jnp.asarray(out / total, dtype)
    return out_BxKxGxTxH.transpose(0, 3, 1, 2, 4).reshape(B, T, N, H)


def attend_in_parts(q_BxTxNxH: jax.Array, blocks: Sequence[Keys], *, at_once: int) -> jax.Array:
    """`attend`, for no more than so many queries of a row at a time: their scores need not leave the memory beside a
    TPU's processor then."""
    T = q_BxTxNxH.shape[1]
    size = next(n for n in range(min(at_once, T), 0, -1) if T % n == 0)
    if size == T:
        return attend(q_BxTxNxH, blocks)

    def part(a: jax.Array, first: jax.Array) -> jax.Array:
        return jax.lax.dynamic_slice_in_dim(a, first, size, axis=1)

    def of_queries(first: jax.Array) -> jax.Array:
        masks = (keys.mask for keys in blocks)
        seen = [part(mask, first) if mask.ndim == 3 and mask.shape[1] > 1 else mask for mask in masks]
        some = [keys._replace(mask=mask) for keys, mask in zip(blocks, seen, strict=True)]
        return attend(part(q_BxTxNxH, first), some)

    out = jax.lax.map(of_queries, jnp.arange(0, T, size))
    return jnp.moveaxis(out, 0, 1).reshape(q_BxTxNxH.shape)


class Window(NamedTuple):
    """A token sees the last `size` positions of its text, its own included; `positions_BxT` are those of a row."""

    size: int
    positions_BxT: jax.Array


def packed_causal_mask(
    segment_ids_BxT: jax.Array, prefix_ids_BxT: jax.Array | None = None, window: Window | None = None
) -> jax.Array:
    """`[B, T, T]`: a token sees itself and what stands before it in its own segment, and its prefix segment if any."""
    T = segment_ids_BxT.shape[1]
    seen = segment_ids_BxT[:, :, None] == segment_ids_BxT[:, None, :]
    if prefix_ids_BxT is not None:
        # 0 is no prefix. That the padding's segment id is 0 too harms nobody: padding is last.
        seen |= prefix_ids_BxT[:, :, None] == segment_ids_BxT[:, None, :]
    if window is not None:
        seen &= window.positions_BxT[:, :, None] - window.positions_BxT[:, None, :] < window.size
    return seen & jnp.tril(jnp.ones((T, T), bool))


def rope_angles(config: LlamaConfig, positions_BxT: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Cosines and sines `[B, T, 1, head_dim/2]` in float32 for given positions."""
    half = config.head_dim // 2
    frequencies = config.rope_theta ** (-jnp.arange(half, dtype=jnp.float32) / half)
    if scaling := config.rope_scaling:
        # Long wavelengths are stretched by `factor`, short ones kept, those between blended.
        wavelengths = 2 * math.pi / frequencies
        turns = scaling.original_max_positions / wavelengths
        kept = (turns - scaling.low_freq_factor) / (scaling.high_freq_factor - scaling.low_freq_factor)
        kept = jnp.clip(kept, 0.0, 1.0)
        frequencies = frequencies * (kept + (1 - kept) / scaling.factor)
    angles = positions_BxT[..., None, None].astype(jnp.float32) * frequencies
    return jnp.cos(angles), jnp.sin(angles)


def rotate(x_BxTxNxH: jax.Array, cos: jax.Array, sin: jax.Array) -> jax.Array:
    """Rotary embedding in the half-split layout of Hugging Face checkpoints."""
    first, second = jnp.split(x_BxTxNxH.astype(jnp.float32), 2, axis=-1)
    rotated = jnp.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)
    return rotated.astype(x_BxTxNxH.dtype)
