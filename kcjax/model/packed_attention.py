"""Attention over packed rows: a token sees what stands before it in its own segment, and its prefix segment.

An `AttentionFunction` takes q `[B, T, N, H]`, k and v `[B, T, K, H]`, segment_ids and prefix_ids `[B, T]`, and a
window (the last two may be None), and returns `[B, T, N, H]`. `plain_attention` is the reference that the others are
tested against.
"""

import functools
import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.experimental.pallas.ops.tpu.splash_attention import splash_attention_kernel as splash
from jax.experimental.pallas.ops.tpu.splash_attention import splash_attention_mask as masks
from jax.sharding import PartitionSpec as P
from jax.typing import DTypeLike

from kcjax.errors import InputError
from kcjax.model.attention import Keys, Window, attend, packed_causal_mask
from kcjax.parallel.sharding import RULES

AttentionFunction = Callable[[jax.Array, jax.Array, jax.Array, jax.Array, jax.Array | None, Window | None], jax.Array]


def plain_attention(q, k, v, segment_ids_BxT, prefix_ids_BxT=None, window=None):
    """With the whole mask and all scores, `[B, N, T, T]`, in memory."""
    mask = packed_causal_mask(segment_ids_BxT, prefix_ids_BxT, window)
    return attend(q, [Keys(jnp.moveaxis(k, 1, -1), jnp.moveaxis(v, 1, -2), mask)])


def splash_attention(
    q, k, v, segment_ids_BxT, prefix_ids_BxT=None, window=None, *, block: int = 512, interpret: bool = False
):
    """The kernel for TPUs that ships with JAX; heads are spread over the mesh axis `tensor`.

    Without prefixes it masks by position and segment; with them by the mask of each row, whose empty blocks it passes
    over. `block` is the longest side of the blocks that it works on, in positions.

    Raises:
      InputError: it has no blocks for so many positions.
    """
    T = q.shape[1]
    block = splash_block(T, block)
    sizes = splash.BlockSizes(
        block_q=block, block_kv=block, block_q_dkv=block, block_kv_dkv=block, use_fused_bwd_kernel=True
    )
    make = functools.partial(
        splash.make_splash_mha, block_sizes=sizes, head_shards=1, q_seq_shards=1, interpret=interpret
    )

    # Within a segment without prefix, positions in the text are as far apart as in the row.
    by_place = masks.LocalMask((T, T), (window.size - 1, 0), 0) if window else masks.CausalMask((T, T))

    def own_heads(q_BxNxTxH, k_BxKxTxH, v_BxKxTxH, segment_ids_BxT, prefix_ids_BxT, positions_BxT):
        if prefix_ids_BxT is None:
            kernel = make(masks.MultiHeadMask([by_place] * q_BxNxTxH.shape[1]))
            one_row = lambda q, k, v, s: kernel(q, k, v, segment_ids=splash.SegmentIds(s, s))
            return jax.vmap(one_row)(q_BxNxTxH, k_BxKxTxH, v_BxKxTxH, segment_ids_BxT)

        def one_row(row):
            q, k, v, mask_TxT = row
            kernel = make(mask_TxT[None])  # one for all heads
            for name in ("fwd_mask_info", "dkv_mask_info"):  # made under a trace, it does not know itself to be dynamic
                setattr(kernel, name, getattr(kernel, name)._replace(is_dynamic_mask=True))
            return kernel(q, k, v)

        own_window = window and Window(window.size, positions_BxT)
        mask_BxTxT = packed_causal_mask(segment_ids_BxT, prefix_ids_BxT, own_window)
        return jax.lax.map(one_row, (q_BxNxTxH, k_BxKxTxH, v_BxKxTxH, mask_BxTxT))

    mesh = jax.sharding.get_abstract_mesh()
    if not mesh.empty:  # each device its own heads, and its own rows where they are not cut already
        left = set(mesh.axis_names) - set(mesh.manual_axes)
        rows = tuple(axis for axis in RULES["batch"] if axis in left)
        heads = P(rows, "tensor")
        own_heads = jax.shard_map(
            own_heads,
            in_specs=(heads, heads, heads, P(rows), P(rows), P(rows)),
            out_specs=heads,
            axis_names=left,
            check_vma=False,  # the kernel does not tell over which axes its result varies
        )
    q, k, v = (x.swapaxes(1, 2) for x in (q / math.sqrt(q.shape[-1]), k, v))
    positions_BxT = window and window.positions_BxT
    return own_heads(q, k, v, segment_ids_BxT, prefix_ids_BxT, positions_BxT).swapaxes(1, 2).astype(q.dtype)


def splash_block(length: int, most: int) -> int:
    """The longest side of splash's blocks: a multiple of 128, not above `most`, that divides the length of a row.

    Raises:
      InputError: there is none.
    """
    sides = [side for side in range(128, min(most, length) + 1, 128) if length % side == 0]
    if not sides:
        raise InputError(
            f"config.sequence_length={length}, config.attention_block={most}: attention on TPUs takes rows, and blocks "
            "of them, of a multiple of 128 positions; change these, or set config.attention=plain"
        )
    return sides[-1]


def cudnn_attention(q, k, v, segment_ids_BxT, prefix_ids_BxT=None, window=None):
    """The kernel for NVIDIA GPUs that ships with cuDNN; 16-bit floats only."""
    mask = packed_causal_mask(segment_ids_BxT, prefix_ids_BxT, window)[:, None]
    return jax.nn.dot_product_attention(q, k, v, mask=mask, implementation="cudnn")


ATTENTION: dict[str, AttentionFunction] = {
    "plain": plain_attention,
    "splash": splash_attention,
    "cudnn": cudnn_attention,
}


def attention_function(name: str, *, dtype: DTypeLike, block: int = 512) -> AttentionFunction:
    """The function of that name; "auto" is the fastest of the platform that takes `dtype`."""
    if name == "auto":
        gpu = "cudnn" if jnp.dtype(dtype).itemsize == 2 else "plain"
        name = {"tpu": "splash", "gpu": gpu}.get(jax.default_backend(), "plain")
    return functools.partial(splash_attention, block=block) if name == "splash" else ATTENTION[name]
