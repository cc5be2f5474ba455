"""LLaMA in Flax NNX: one set of blocks, stacked along a leading layer axis and scanned.

Shape suffixes as in `attention.py`; F is the width of the feed-forward, V the vocabulary.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from flax import nnx
from jax.ad_checkpoint import checkpoint_name, checkpoint_policies
from jax.typing import DTypeLike

from kcjax.errors import InputError
from kcjax.model.attention import Cache, Keys, KVCache, Window, attend_in_parts, quantized, rope_angles, rotate
from kcjax.model.config import LlamaConfig
from kcjax.model.packed_attention import AttentionFunction, plain_attention
from kcjax.parallel.fsdp import gather, gather_layer, take_rows
from kcjax.parallel.sharding import spread_positions

T = TypeVar("T")
QUERIES = 256  # of a row that attend at a time, where there is a cache
NAMED = ("layer_input", "qkv", "attention", "mlp")  # activations of a layer that a remat policy may name


def remat_policy(name: str) -> Callable[..., Any] | None:
    """What the backward pass keeps instead of computing it again, for `jax.checkpoint`; None where it keeps everything.

    Args:
      name: "none" (computed again), "dots" (matrix products are kept), "full" (only a layer's input is kept),
        "save:NAME,..." and "offload:NAME,...": of `NAMED`, what is kept besides, on the device or on the host.

    Raises:
      InputError: there is no such policy.
    """
    kind, _, rest = name.partition(":")
    names = rest.split(",") if rest else []
    if kind in ("save", "offload") and names and set(names) <= set(NAMED):
        if kind == "save":
            return checkpoint_policies.save_only_these_names(*names)
        return checkpoint_policies.save_and_offload_only_these_names(
            names_which_can_be_saved=[],
            names_which_can_be_offloaded=names,
            offload_src="device",
            offload_dst="pinned_host",
        )
    policies: dict[str, Callable[..., Any] | None] = {
        "none": None,
        "dots": checkpoint_policies.dots_with_no_batch_dims_saveable,
        "full": checkpoint_policies.nothing_saveable,
    }
    if name not in policies:
        raise InputError(
            f"remat={name!r}: must be none, dots, full, save:NAMES or offload:NAMES, of {', '.join(NAMED)}"
        )
    return policies[name]


class Linear(nnx.Module):
    """`x @ kernel (* kernel_scale) (+ bias)` in the dtype of x; kernels with a scale are int8, see `quantize.py`."""

    def __init__(self, d_in: int, d_out: int, *, use_bias: bool = False, param_dtype: DTypeLike, rngs: nnx.Rngs):
        self.kernel = nnx.Param(0.02 * jax.random.normal(rngs.params(), (d_in, d_out), param_dtype))
        self.kernel_scale: nnx.Param | None = None
        self.bias = nnx.Param(jnp.zeros((d_out,), param_dtype)) if use_bias else None

    def __call__(self, x: jax.Array, dropout_keys_B: jax.Array | None = None) -> jax.Array:
        y = x @ self.kernel[...].astype(x.dtype)
        if self.kernel_scale is not None:
            y *= self.kernel_scale[...].astype(x.dtype)
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
        attention: Callable[[jax.Array, jax.Array, jax.Array], jax.Array],
        dropout_keys_B: jax.Array | None,
    ) -> jax.Array:
        """`attention(q, k, v)` of this block's own new queries, keys and values."""
        B, T, _ = x_BxTxD.shape
        H = self.config.head_dim
        drop: Any = [None] * 7
        if dropout_keys_B is not None:
            drop = jax.vmap(lambda key: jax.random.split(key, 7), out_axes=1)(dropout_keys_B)
        x_BxTxD = checkpoint_name(x_BxTxD, "layer_input")
        y = self.attention_norm(x_BxTxD)
        q = rotate(self.q(y, drop[0]).reshape(B, T, -1, H), *rope)
        k = rotate(self.k(y, drop[1]).reshape(B, T, -1, H), *rope)
        v = self.v(y, drop[2]).reshape(B, T, -1, H)
        q, k, v = checkpoint_name((q, k, v), "qkv")
        y = checkpoint_name(attention(q, k, v).reshape(B, T, -1), "attention")
        x_BxTxD = spread_positions(x_BxTxD + self.o(y, drop[3]))
        y = self.mlp_norm(x_BxTxD)
        gate, up = checkpoint_name((self.gate(y, drop[4]), self.up(y, drop[5])), "mlp")
        # The barriers keep XLA from computing a product again for each of its uses, on TPUs a sixth of all work.
        gate, up = jax.lax.optimization_barrier((gate, up))
        hidden = jax.lax.optimization_barrier(jax.nn.silu(gate) * up)
        return spread_positions(x_BxTxD + self.down(hidden, drop[6]))


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
        return take_rows(self.embedding[...], tokens_BxT).astype(self.dtype)

    def logits(self, x_BxTxD: jax.Array) -> jax.Array:
        """Hidden states `[..., D]` to float32 logits `[..., V]`."""
        kernel = self.embedding[...].T if self.head is None else self.head.kernel[...]
        return jnp.dot(x_BxTxD, kernel.astype(x_BxTxD.dtype), preferred_element_type=jnp.float32)

    def target_logits(self, x_BxTxD: jax.Array, targets_BxT: jax.Array, *, chunks: int) -> tuple[jax.Array, jax.Array]:
        """The logit of each target, and the log of the sum of the exponentials of all logits, `[B, T]` in float32.

        The logits of a part of the vocabulary exist at a time, forward and backward; the head is gathered in the same
        parts. `chunks` is lowered until it divides the vocabulary.
        """
        V = self.config.vocab_size
        chunks = next(n for n in range(min(chunks, V), 0, -1) if V % n == 0)
        # Token t is number t // chunks of part t % chunks, so that every device of `tensor` has its share of each part.
        if self.head is None:
            parts = self.embedding[...].reshape(V // chunks, chunks, -1).swapaxes(0, 1)
            kernel_of = lambda part: gather(part, ("vocab", "embed"), x_BxTxD.dtype).T
        else:
            parts = jnp.moveaxis(self.head.kernel[...].reshape(-1, V // chunks, chunks), 2, 0)
            kernel_of = lambda part: gather(part, ("embed", "vocab"), x_BxTxD.dtype)

        def part_of(_, inputs):
            part, number = inputs
            logits = jnp.dot(x_BxTxD, kernel_of(part), preferred_element_type=jnp.float32)
            of_part_BxT = jnp.where(targets_BxT % chunks == number, targets_BxT // chunks, -1)
            own = of_part_BxT[..., None] == jnp.arange(V // chunks)
            return None, (jnp.where(own, logits, 0.0).sum(-1), jax.nn.logsumexp(logits, axis=-1))

        part_of = jax.checkpoint(part_of, prevent_cse=False)  # a scan keeps the two computations apart
        _, (target, total) = jax.lax.scan(part_of, None, (parts, jnp.arange(chunks)))
        return target.sum(0), jax.nn.logsumexp(total, axis=0)

    def hidden(
        self,
        tokens_BxT: jax.Array,
        *,
        positions_BxT: jax.Array,
        segment_ids_BxT: jax.Array | None = None,
        prefix_ids_BxT: jax.Array | None = None,
        attention: AttentionFunction = plain_attention,
        remat: str = "none",
        rows_at_once: int = 0,
        dropout_keys_B: jax.Array | None = None,
    ) -> jax.Array:
        """Final hidden states `[B, T, D]`, after the last norm.

        Args:
          segment_ids_BxT, prefix_ids_BxT: as of `packed_attention.py`; by default a row is one segment without prefix.
          remat: a name that `remat_policy` knows.
          rows_at_once: how many rows a layer works on at a time, 0 for all. Fewer need less memory in between; the
            layer's weights are gathered, and their gradients reduced, once for all of them.
          dropout_keys_B: a random key for every row.
        """
        if segment_ids_BxT is None:
            segment_ids_BxT = jnp.ones_like(tokens_BxT)
        rope = rope_angles(self.config, positions_BxT)
        graph, blocks = nnx.split(self.blocks)

        policy = remat_policy(remat)

        def checkpoint(function: Callable) -> Callable:
            return function if policy is None else jax.checkpoint(function, policy=policy)

        def layer(x, inputs):
            state, index = inputs
            state = gather_layer(state, self.dtype)

            def some_rows(rows):
                x, rope, positions, segment_ids, prefix_ids, keys = rows
                if keys is not None:
                    keys = jax.vmap(jax.random.fold_in, (0, None))(keys, index)
                window = Window(self.config.sliding_window, positions) if self.config.sliding_window else None
                attend = lambda q, k, v: attention(q, k, v, segment_ids, prefix_ids, window)
                return nnx.merge(graph, state)(x, rope, attend, keys)

            rows = (x, rope, positions_BxT, segment_ids_BxT, prefix_ids_BxT, dropout_keys_B)
            if not rows_at_once or rows_at_once >= x.shape[0]:
                return some_rows(rows), None
            done: list[jax.Array] = []
            for first in range(0, x.shape[0], rows_at_once):
                part = jax.tree.map(lambda a, n=first: a[n : n + rows_at_once], rows)
                if done:  # one after the other: together they would need the memory that this is to save
                    part, done[-1] = jax.lax.optimization_barrier((part, done[-1]))
                done.append(checkpoint(some_rows)(part))
            return jnp.concatenate(done), None

        x = spread_positions(self.embed(tokens_BxT))
        x, _ = jax.lax.scan(checkpoint(layer), x, (blocks, jnp.arange(self.config.num_layers)))
        return self.norm(x)

    def extend(
        self,
        tokens_BxT: jax.Array,
        *,
        positions_BxT: jax.Array,
        mask_BxTxT: jax.Array,
        before: Sequence[tuple[Cache, jax.Array]] = (),
        layers: Sequence[nnx.State] | None = None,
        int8: bool = False,
    ) -> tuple[jax.Array, Cache]:
        """Runs T new tokens a row after what is in caches.

        Args:
          mask_BxTxT: which of the new tokens each may look at (itself included, and no more than the config's window).
          before: the keys and values that came before, each where its mask is true: those of each row, with a mask
            `[B, T, S]`, or some that all rows share, of one row and with a mask `[S]` or `[B, T, S]`.
          layers: the states of the blocks, `unstacked`; all caches are lists then, too. The layers are not scanned: on
            CPUs a scan copies all that a layer reads, which takes as long as a third of the work.
          int8: whether the new keys and values are returned in 8 bits.

        Returns:
          hidden states `[B, T, D]` after the last norm, and the keys and values of the new tokens.
        """
        rope = rope_angles(self.config, positions_BxT)
        graph, blocks = nnx.split(self.blocks)

        def layer(x, inputs):
            state, earlier = inputs
            new: list[KVCache] = []

            def attention(q, k, v):
                own = KVCache(jnp.moveaxis(k, 1, -1), jnp.moveaxis(v, 1, -2))
                new.append(quantized(own) if int8 else own)
                keys = []
                for part, (_, mask) in zip(earlier, before, strict=True):
                    shared = part.k_LxBxKxHxS.shape[0] == 1
                    k, v, *scales = jax.tree.map(lambda a: a[0], tuple(part)) if shared else part
                    keys.append(Keys(k, v, mask, *scales))
                keys.append(Keys(own.k_LxBxKxHxS, own.v_LxBxKxSxH, mask_BxTxT))
                return attend_in_parts(q, keys, at_once=QUERIES)

            return nnx.merge(graph, state)(x, rope, attention, None), new[0]

        x = self.embed(tokens_BxT)
        caches = tuple(cache for cache, _ in before)
        if layers is None:
            x, new = jax.lax.scan(layer, x, (blocks, caches))
            return self.norm(x), new
        news = []
        for number, state in enumerate(layers):
            x, new = layer(x, (state, jax.tree.map(lambda a: a[0], tuple(cache[number] for cache in caches))))
            news.append(jax.tree.map(lambda a: a[None], new))
        return self.norm(x), news


def unstacked(tree: T) -> list[T]:
    """The parts of arrays that have a first axis of layers, one by one."""
    return [jax.tree.map(lambda a, n=n: a[n], tree) for n in range(len(jax.tree.leaves(tree)[0]))]
