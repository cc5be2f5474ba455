"""The slots in which texts are written, and the compiled programs that read, move and write in them.

What a step adds to the cache is kept in columns common to all slots, and moved behind the tokens of each slot when the
loop of steps ends.

Shape suffixes: B slots, P prefix tokens, T tokens of a packed row, W tokens of a slot in a step, S tokens that a slot
has room for, C columns of a loop, N new tokens.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike

from kcjax.decode import constraint
from kcjax.decode.automaton import NEXT, TOKEN
from kcjax.model.attention import Cache, KVCache, quantized
from kcjax.model.config import LlamaConfig
from kcjax.model.llama import Llama

COLUMNS = 16  # of a loop


class Prefix(NamedTuple):
    """Keys and values of the tokens that all prompts begin with, padded to a round number of slots."""

    cache: Cache
    length: jax.Array


class Slots(NamedTuple):
    """What is being written.

    Attributes:
      cache: keys and values (`Cache`) of the first `length_B` tokens of each slot.
      tokens_BxW: those that come next, `counts_B` of them, of which all but the first `sure_B` are guesses.
      new_BxN, logprobs_BxN: what was written, `written_B` tokens of each slot.
      progress: where a response stands: in the grammar, or in the stop table's automaton.
    """

    cache: Any
    length_B: jax.Array
    tokens_BxW: jax.Array
    sure_B: jax.Array
    counts_B: jax.Array
    new_BxN: jax.Array
    logprobs_BxN: jax.Array
    written_B: jax.Array
    live_B: jax.Array
    progress: constraint.Progress
    tables: constraint.Tables | None


def round_up(length: int) -> int:
    """Somewhat more, such that there are few shapes to compile: a multiple of 16, or of an eighth of its power of two,
    so at most an eighth of padding from 128 on."""
    return multiple(length, max(16, (1 << max(length - 1, 0).bit_length()) // 8))


def empty_cache(config: LlamaConfig, dtype: DTypeLike, rows: int, slots: int, *, by_layers: bool = False) -> Cache:
    shape, size = (1 if by_layers else config.num_layers, rows, config.num_kv_heads), config.head_dim
    made = lambda: KVCache(jnp.zeros((*shape, size, slots), dtype), jnp.zeros((*shape, slots, size), dtype))
    return [made() for _ in range(config.num_layers)] if by_layers else made()


def split_by_layers(cache: KVCache) -> list[KVCache]:
    count = len(cache.k_LxBxKxHxS)
    return [jax.tree.map(lambda a, n=n: jax.lax.slice_in_dim(a, n, n + 1), cache) for n in range(count)]


def room_of(cache: Cache) -> int:
    """Columns of a row."""
    return (cache[0] if isinstance(cache, list) else cache).slots


def empty_slots(
    config: LlamaConfig,
    dtype: DTypeLike,
    int8: bool,
    B: int,
    W: int,
    S: int,
    N: int,
    shape: constraint.Shape | None,
    by_layers: bool = False,
) -> Slots:
    cache = empty_cache(config, dtype, B, S, by_layers=by_layers)
    if int8:  # zeros, and not computed from zeros
        cache = jax.tree.map(lambda a: jnp.zeros(a.shape, a.dtype), jax.eval_shape(quantized, cache))
    return Slots(
        cache,
        jnp.zeros(B, jnp.int32),
        jnp.zeros((B, W), jnp.int32),
        jnp.zeros(B, jnp.int32),
        jnp.zeros(B, jnp.int32),
        jnp.zeros((B, N), jnp.int32),
        jnp.zeros((B, N)),
        jnp.zeros(B, jnp.int32),
        jnp.zeros(B, bool),
        constraint.beginning(jnp.zeros(B, jnp.int32), N // 4 + 1),
        constraint.empty_tables(B, shape) if shape else None,
    )


def room_for(tokens: int) -> int:
    """Columns of a slot's cache for so many tokens: few shapes to compile, and little to read in vain."""
    return multiple(tokens, 32 if tokens <= 256 else 128)


def multiple(length: int, of: int) -> int:
    return -(-length // of) * of


def _by_columns(change: Callable[..., jax.Array], *caches: Cache) -> Cache:
    """`change(arrays, axis)` of each array of the caches, with the axis of its columns."""
    if isinstance(caches[0], list):
        return [_by_columns(change, *layers) for layers in zip(*caches, strict=True)]  # type: ignore[misc]
    axes = (-1, -2, -1, -1)
    parts = zip(axes, *caches, strict=True)
    return KVCache(*(None if arrays[0] is None else change(*arrays, axis) for axis, *arrays in parts))  # type: ignore[arg-type]


def _padded(cache: Cache, by: int) -> Cache:
    """With more columns."""

    def padded(a: jax.Array, axis: int) -> jax.Array:
        widths = [(0, 0)] * a.ndim
        widths[axis] = (0, by)
        return jnp.pad(a, widths)

    return _by_columns(padded, cache)


def _cut(cache: Cache, row: jax.Array | int, start: jax.Array | int, size: int) -> Cache:
    """`size` columns of a row."""

    def cut(a: jax.Array, axis: int) -> jax.Array:
        one = jax.lax.dynamic_slice_in_dim(a, row, 1, axis=1)
        return jax.lax.dynamic_slice_in_dim(one, start, size, axis=axis)

    return _by_columns(cut, cache)


def _put(cache: Cache, part: Cache, row: jax.Array | int, start: jax.Array | int) -> Cache:
    """`part` in a row of the cache, from a column on."""

    def put(a: jax.Array, new: jax.Array, axis: int) -> jax.Array:
        starts: list[jax.Array | int] = [0] * a.ndim
        starts[1], starts[axis] = row, start
        return jax.lax.dynamic_update_slice(a, new, starts)

    return _by_columns(put, cache, part)


def _prefix_mask(model: Llama, prefix: Prefix, positions_BxT: jax.Array) -> jax.Array:
    """Where the prefix may be looked at."""
    positions_P = jnp.arange(room_of(prefix.cache))
    return _within_window(model, positions_P < prefix.length, positions_BxT, positions_P)


def read(
    graph: nnx.GraphDef,
    params: nnx.State,
    prefix: Prefix | None,
    tokens_1xT: jax.Array,
    segments_1xT: jax.Array,
    positions_1xT: jax.Array,
    *,
    int8: bool,
    layers: list[nnx.State] | None = None,
) -> Cache:
    """Keys and values of prompts packed into a row, after a prefix; a token's position is that in its own prompt."""
    model = nnx.merge(graph, params)
    T = tokens_1xT.shape[1]
    places_1xT = positions_1xT if prefix is None else prefix.length + positions_1xT
    own_1xTxT = (segments_1xT[:, :, None] == segments_1xT[:, None]) & jnp.tril(jnp.ones((T, T), bool))
    _, cache = model.extend(
        tokens_1xT,
        positions_BxT=places_1xT,
        mask_BxTxT=_within_window(model, own_1xTxT, places_1xT, places_1xT),
        before=[] if prefix is None else [(prefix.cache, _prefix_mask(model, prefix, places_1xT))],
        layers=layers,
        int8=int8,
    )
    return cache


def place(
    slots: Slots,
    packed: Cache,
    count: jax.Array,
    slot_B: jax.Array,
    starts_B: jax.Array,
    lengths_B: jax.Array,
    last_B: jax.Array,
    new_BxN: jax.Array,
    written_B: jax.Array,
    states_B: jax.Array,
    tables: constraint.Tables | None,
    *,
    size: int,
) -> Slots:
    """Puts `count` prompts that were read, of up to `size` tokens, into their slots."""
    packed = _by_columns(
        lambda a, axis: jnp.pad(a, [(0, size if n == axis % a.ndim else 0) for n in range(a.ndim)]), packed
    )
    cache = jax.lax.fori_loop(
        0, count, lambda i, cache: _put(cache, _cut(packed, 0, starts_B[i], size), slot_B[i], 0), slots.cache
    )
    put = lambda old, new: old.at[slot_B].set(new, mode="drop")
    start = constraint.beginning(states_B, slots.progress.keys_BxM.shape[1])
    return Slots(
        cache,
        put(slots.length_B, lengths_B),
        put(slots.tokens_BxW, jnp.zeros_like(slots.tokens_BxW).at[:, 0].set(last_B)),
        put(slots.sure_B, 1),
        put(slots.counts_B, 1),
        put(slots.new_BxN, new_BxN),
        put(slots.logprobs_BxN, 0.0),
        put(slots.written_B, written_B),
        put(slots.live_B, True),
        jax.tree.map(put, slots.progress, start),
        jax.tree.map(put, slots.tables, tables),
    )


def resized(slots: Slots, *, size: int) -> Slots:
    """With room for so many tokens in each slot."""

    if (more := size - room_of(slots.cache)) > 0:
        return slots._replace(cache=_padded(slots.cache, more))
    return slots._replace(cache=_by_columns(lambda a, axis: jax.lax.slice_in_dim(a, 0, size, axis=axis), slots.cache))


def take(slots: Slots, kept: jax.Array, *, width: int) -> Slots:
    """Some of the slots, with so many tokens in a step."""
    cache = jax.tree.map(lambda a: a[:, kept], slots.cache)
    slots = jax.tree.map(lambda a: a[kept], slots._replace(cache=None))
    more = width - slots.tokens_BxW.shape[1]
    return slots._replace(cache=cache, tokens_BxW=jnp.pad(slots.tokens_BxW, ((0, 0), (0, more))))


def _within_window(model: Llama, mask: jax.Array, positions_BxT: jax.Array, positions_xS: jax.Array) -> jax.Array:
    """The mask, without what is too far back for a model with a sliding window."""
    window = model.config.sliding_window
    return mask if window is None else mask & (positions_BxT[..., None] - positions_xS[..., None, :] < window)


class Loop(NamedTuple):
    """What a step changes: the slots, but for their cache, and what the loop's tokens add to it. Of its columns the
    first step has the first W, of which each slot uses as many as it reads tokens."""

    slots: Slots
    own: Cache
    used_BxC: jax.Array
    positions_BxC: jax.Array


def new_loop(config: LlamaConfig, dtype: DTypeLike, slots: Slots, *, by_layers: bool = False) -> Loop:
    B, W = slots.tokens_BxW.shape
    C = COLUMNS // W * W
    own = empty_cache(config, dtype, B, C, by_layers=by_layers)
    return Loop(slots._replace(cache=None), own, jnp.zeros((B, C), bool), jnp.zeros((B, C), jnp.int32))


def step(
    model: Llama,
    prefix: Prefix,
    kept: Cache,
    loop: Loop,
    number: jax.Array,
    stop_table: jax.Array,
    stop_bias: jax.Array,
    *,
    layers: list[nnx.State] | None = None,
    shape: constraint.Shape | None,
    vocab_size: int,
) -> Loop:
    """Step `number` of a loop: each slot reads the tokens it has, and gets the next."""
    slots, own, used_BxC, positions_BxC = loop
    W = slots.tokens_BxW.shape[1]
    first, number_W = number * W, jnp.arange(W)
    positions_BxW = prefix.length + (slots.length_B + used_BxC.sum(1))[:, None] + number_W
    numbers_S = jnp.arange(room_of(kept))
    kept_Bx1xS = (numbers_S < slots.length_B[:, None])[:, None]
    positions_1xS = prefix.length + numbers_S[None]
    own_BxWxC = jnp.broadcast_to(used_BxC[:, None], (*positions_BxW.shape, used_BxC.shape[1]))
    new_1xWxW = jnp.tril(jnp.ones((1, W, W), bool))
    hidden_BxWxD, new = model.extend(
        slots.tokens_BxW,
        positions_BxT=positions_BxW,
        mask_BxTxT=_within_window(model, new_1xWxW, positions_BxW, positions_BxW),
        before=[
            (prefix.cache, _prefix_mask(model, prefix, positions_BxW)),
            (kept, _within_window(model, kept_Bx1xS, positions_BxW, positions_1xS)),
            (own, _within_window(model, own_BxWxC, positions_BxW, positions_BxC)),
        ],
        layers=layers,
    )
    own = _put(own, new, 0, first)
    used_BxC = jax.lax.dynamic_update_slice(used_BxC, number_W < slots.counts_B[:, None], (0, first))
    positions_BxC = jax.lax.dynamic_update_slice(positions_BxC, positions_BxW, (0, first))
    # From the last of the tokens that are sure on; rows of the logits that only pad the embedding are no tokens.
    last_BxW = jnp.clip(slots.sure_B[:, None] - 1 + number_W, 0, W - 1)
    hidden_BxWxD = jnp.take_along_axis(hidden_BxWxD, last_BxW[..., None], axis=1)
    if shape is None:
        slots = chosen_freely(slots, model.logits(hidden_BxWxD[:, 0])[:, :vocab_size], stop_table)
    else:
        logits_BxWxV = model.logits(hidden_BxWxD)[..., :vocab_size]
        slots, read_B = chosen_by_grammar(slots, logits_BxWxV, stop_bias, shape)
        used_BxC = jax.lax.dynamic_update_slice(used_BxC, number_W < read_B[:, None], (0, first))
    return Loop(slots, own, used_BxC, positions_BxC)


def run(
    graph: nnx.GraphDef,
    params: nnx.State,
    stop_table: jax.Array,
    prefix: Prefix,
    kept: Cache,
    slots: Slots,
    stop_at: jax.Array,
    stop_bias: jax.Array,
    *,
    layers: list[nnx.State] | None = None,
    shape: constraint.Shape | None,
    vocab_size: int,
) -> Loop:
    """Steps of all slots, given their cache, until no more than `stop_at` of them are live, or the columns are full."""
    model = nnx.merge(graph, params)
    next_step = partial(step, model, prefix, kept, layers=layers, shape=shape, vocab_size=vocab_size)

    def goes_on(carry: tuple[jax.Array, Loop]) -> jax.Array:
        number, loop = carry
        return (number < COLUMNS // slots.tokens_BxW.shape[1]) & (loop.slots.live_B.sum() > stop_at)

    def body(carry: tuple[jax.Array, Loop]) -> tuple[jax.Array, Loop]:
        number, loop = carry
        return number + 1, next_step(loop, number, stop_table, stop_bias)

    loop = new_loop(model.config, model.dtype, slots, by_layers=layers is not None)
    return jax.lax.while_loop(goes_on, body, (jnp.int32(0), loop))[1]


def keep(kept: Cache, loop: Loop) -> Slots:
    """The slots after a loop, with what it added to their cache behind what they had."""
    slots, own, used_BxC, _ = loop
    (B, W), C = slots.tokens_BxW.shape, used_BxC.shape[1]
    if W > 1:  # else the columns that a slot used are the first
        order_BxC = jnp.argsort(~used_BxC, axis=1, stable=True)

        def in_order(a: jax.Array, axis: int) -> jax.Array:
            order = jnp.expand_dims(order_BxC, (0, 2, 3 if axis == -1 else 4))
            return jnp.take_along_axis(a, order, axis=axis)

        own = _by_columns(in_order, own)
    own = quantized(own) if len(jax.tree.leaves(kept)) > len(jax.tree.leaves(own)) else own
    cache = jax.lax.fori_loop(0, B, lambda b, cache: _put(cache, _cut(own, b, 0, C), b, slots.length_B[b]), kept)
    return slots._replace(cache=cache, length_B=slots.length_B + used_BxC.sum(1))


def _logprob(logits_BxV: jax.Array, logit_B: jax.Array) -> jax.Array:
    return logit_B - jax.nn.logsumexp(logits_BxV, axis=-1)


def _written(slots: Slots, token_B: jax.Array, logprob_B: jax.Array | float, moves_B: jax.Array) -> Slots:
    """With a token more in each slot that moves."""
    here_BxN = moves_B[:, None] & (jnp.arange(slots.new_BxN.shape[1]) == slots.written_B[:, None])
    return slots._replace(
        new_BxN=jnp.where(here_BxN, token_B[:, None], slots.new_BxN),
        logprobs_BxN=jnp.where(here_BxN, jnp.asarray(logprob_B)[..., None], slots.logprobs_BxN),
        written_B=slots.written_B + moves_B,
    )


def chosen_freely(slots: Slots, logits_BxV: jax.Array, stop_table: jax.Array) -> Slots:
    best_B = logits_BxV.max(-1)
    # XLA's CPU backend takes four times as long for an argmax.
    numbers_V = jnp.arange(logits_BxV.shape[1])
    token_B = jnp.where(logits_BxV == best_B[:, None], numbers_V, len(numbers_V)).min(-1)
    slots = _written(slots, token_B, _logprob(logits_BxV, best_B), slots.live_B)
    state_B = jnp.where(slots.live_B, stop_table[slots.progress.state_B, token_B], slots.progress.state_B)
    live_B = slots.live_B & (state_B < len(stop_table) - 1) & (slots.written_B < slots.new_BxN.shape[1])
    return slots._replace(
        tokens_BxW=slots.tokens_BxW.at[:, 0].set(token_B),
        sure_B=live_B.astype(jnp.int32),
        counts_B=live_B.astype(jnp.int32),
        live_B=live_B,
        progress=slots.progress._replace(state_B=state_B.astype(jnp.int32)),
    )


def chosen_by_grammar(
    slots: Slots, logits_BxWxV: jax.Array, stop_bias: jax.Array, shape: constraint.Shape
) -> tuple[Slots, jax.Array]:
    """The best of the tokens allowed after the sure ones of each slot, and as far as these were guessed the best after
    them; then what comes next: the last, those that are forced, and guesses.

    Returns:
      the slots, and how many of the tokens they had are to be kept.
    """
    tables, W = slots.tables, slots.tokens_BxW.shape[1]
    assert tables is not None
    read_B, moves_B, last_B = jnp.where(slots.live_B, slots.sure_B, 0), slots.live_B, jnp.zeros_like(slots.sure_B)
    for number in range(W):
        slots, token_B = _best(slots, logits_BxWxV[:, number], stop_bias, shape, moves_B)
        last_B = jnp.where(moves_B, token_B, last_B)
        if number < W - 1:
            guess_B = jnp.take_along_axis(slots.tokens_BxW, jnp.minimum(read_B, W - 1)[:, None], axis=1)[:, 0]
            moves_B &= slots.live_B & (read_B < slots.counts_B) & (guess_B == token_B)
            read_B += moves_B
    tokens_BxW = slots.tokens_BxW.at[:, 0].set(last_B)
    sure_B = counts_B = slots.live_B.astype(jnp.int32)
    guessed_B = slots.progress.state_B
    for number in range(1, W):
        edge_B = jnp.take_along_axis(tables.likely_BxS, guessed_B[:, None], axis=1)[:, 0]
        edge_BxC = tables.edges_BxGxC[jnp.arange(len(edge_B)), edge_B]
        more_B = (counts_B == number) & (edge_B >= 0) & (guessed_B != 0)
        forced_B = more_B & (sure_B == number) & _is_only_edge(tables, guessed_B)
        progress = constraint.advanced(slots.progress, edge_BxC, slots.new_BxN, slots.written_B, forced_B)
        slots = _written(slots._replace(progress=progress), edge_BxC[:, TOKEN], 0.0, forced_B)
        guessed_B = jnp.where(more_B, edge_BxC[:, NEXT], guessed_B)
        tokens_BxW = tokens_BxW.at[:, number].set(edge_BxC[:, TOKEN])
        sure_B, counts_B = sure_B + forced_B, counts_B + more_B
    live_B = slots.live_B & (slots.progress.state_B != 0)
    sure_B, counts_B = jnp.where(live_B, sure_B, 0), jnp.where(live_B, counts_B, 0)
    return slots._replace(tokens_BxW=tokens_BxW, sure_B=sure_B, counts_B=counts_B, live_B=live_B), read_B


def _is_only_edge(tables: constraint.Tables, state_B: jax.Array) -> jax.Array:
    first_B, after_B = (jnp.take_along_axis(tables.first_BxS, n[:, None], axis=1)[:, 0] for n in (state_B, state_B + 1))
    return after_B - first_B == 1


def _best(
    slots: Slots, logits_BxV: jax.Array, stop_bias: jax.Array, shape: constraint.Shape, moves_B: jax.Array
) -> tuple[Slots, jax.Array]:
    """The best token allowed, written in the slots that move."""
    assert slots.tables is not None
    slot = jnp.arange(len(moves_B))
    edges, allowed_BxE = constraint.allowed(slots.tables, slots.progress, slots.new_BxN, slots.written_B, shape)
    logits_BxE = jnp.take_along_axis(logits_BxV, edges[..., TOKEN], axis=1)
    biased = logits_BxE + jnp.where(constraint.ends(edges), stop_bias, 0.0)
    best_B = jnp.argmax(jnp.where(allowed_BxE, biased, -jnp.inf), axis=-1)
    edge_BxC, chosen_B = edges[slot, best_B], logits_BxE[slot, best_B]
    choice_B = allowed_BxE.sum(-1) > 1
    likeliest_B = jnp.where(allowed_BxE, logits_BxE, -jnp.inf).max(-1)
    progress = constraint.advanced(slots.progress, edge_BxC, slots.new_BxN, slots.written_B, moves_B)
    overruled_B = moves_B & choice_B & (logits_BxV.max(-1) > likeliest_B)
    progress = progress._replace(overruled_B=progress.overruled_B + overruled_B)
    logprob_B = jnp.where(choice_B, _logprob(logits_BxV, chosen_B), 0.0)
    slots = _written(slots._replace(progress=progress), edge_BxC[:, TOKEN], logprob_B, moves_B)
    return slots._replace(live_B=slots.live_B & (progress.state_B != 0)), edge_BxC[:, TOKEN]
