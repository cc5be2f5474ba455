"""Choosing tokens by the automata of `automaton.py`, for many slots at once and on the device.

Shape suffixes: B slots, E edges of a state at most, M strings remembered of a response, N new tokens.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kcjax.decode.automaton import (
    AFTER,
    CLOSES,
    COLUMNS,
    COUNTED,
    ENDS,
    ENTERS,
    IN_SPAN,
    IS_COUNTED,
    IS_REGULAR,
    KIND,
    NEXT,
    SIZE,
    SPANS,
    STRING_END,
    TIMES,
    TOKEN,
    TYPE,
    Automaton,
)
from kcjax.decode.language import Counted
from kcjax.decode.strings import LONGEST, NEAR

NEVER = 1 << 20  # more tokens than any budget has


class Tables(NamedTuple):
    """The automata of all slots, padded to common shapes; those of a slot that has none lead nowhere."""

    first_BxS: jax.Array
    edges_BxGxC: jax.Array
    likely_BxS: jax.Array
    near_BxRxD: jax.Array
    strings_B: jax.Array
    rows_B: jax.Array


class Progress(NamedTuple):
    """Where the response of each slot stands.

    Attributes:
      state_B: of its automaton.
      size_B, first_B: bytes of the string that is being written, and the number of its first token.
      group_Bx2: among which strings it is counted.
      used_up_B: how many strings may not be written again, of the response or, in arguments, of the list.
      times_B: what the number of occurrences of a string is multiplied with: those of its relation's head.
      closed_B, closed_times_B: the string written last (see `_key`), and how often it stands in the sentence.
      same_BxM: which of the strings written before, of the group and used up, begin as this one has so far.
      groups_BxMx2, keys_BxM, firsts_BxM, up_BxM: of the strings written before their group, which they are, the number
        of their first token, and whether they are regular and used up.
      count_B: how many there are.
      overruled_B: how often another token than any allowed had the highest logit.
    """

    state_B: jax.Array
    size_B: jax.Array
    first_B: jax.Array
    group_Bx2: jax.Array
    used_up_B: jax.Array
    times_B: jax.Array
    closed_B: jax.Array
    closed_times_B: jax.Array
    same_BxM: jax.Array
    groups_BxMx2: jax.Array
    keys_BxM: jax.Array
    firsts_BxM: jax.Array
    up_BxM: jax.Array
    count_B: jax.Array
    overruled_B: jax.Array


class Shape(NamedTuple):
    """What tables are padded to: states, edges, rows of `near`, and edges of a state; and whether any name goes on
    where another ends."""

    states: int
    edges: int
    rows: int
    degree: int
    shared_names: bool


def shape_of(automata: Sequence[Automaton]) -> Shape:
    """The least of a few shapes that all the automata fit in."""

    def rounded(sizes: Sequence[int], least: int) -> int:
        return max(least, 1 << (max(sizes) - 1).bit_length())

    return Shape(
        rounded([len(a.first) for a in automata], 256),
        rounded([len(a.edges) for a in automata], 512),
        rounded([len(a.near) for a in automata], 128),
        rounded([int(np.diff(a.first).max()) for a in automata], 32),
        any(((a.edges[:, KIND] & (ENTERS | IN_SPAN)) == (ENTERS | IN_SPAN)).any() for a in automata),
    )


def tables_of(automata: Sequence[Automaton], shape: Shape, *, slots: int) -> Tables:
    """The automata of the first of so many slots as arrays of the host; the others are empty."""
    first = np.zeros((slots, shape.states), np.int32)
    edges = np.zeros((slots, shape.edges, COLUMNS), np.int32)
    likely = np.full((slots, shape.states), -1, np.int32)
    near = np.zeros((slots, shape.rows, NEAR), np.uint8)
    strings, rows = np.zeros(slots, np.int32), np.ones(slots, np.int32)
    for slot, automaton in enumerate(automata):
        first[slot] = len(automaton.edges)
        first[slot, : len(automaton.first)] = automaton.first
        edges[slot, : len(automaton.edges)] = automaton.edges
        likely[slot, : len(automaton.likely)] = automaton.likely
        near[slot, : len(automaton.near)] = automaton.near
        strings[slot], rows[slot] = automaton.strings, len(automaton.near)
    return Tables(first, edges, likely, near, strings, rows)  # type: ignore[arg-type]


def empty_tables(slots: int, shape: Shape) -> Tables:
    return Tables(
        jnp.zeros((slots, shape.states), jnp.int32),
        jnp.zeros((slots, shape.edges, COLUMNS), jnp.int32),
        jnp.full((slots, shape.states), -1, jnp.int32),
        jnp.zeros((slots, shape.rows, NEAR), jnp.uint8),
        jnp.zeros(slots, jnp.int32),
        jnp.ones(slots, jnp.int32),
    )


def beginning(states_B: jax.Array, strings: int) -> Progress:
    """Before the first token, in these states; up to so many strings are remembered."""
    B, M = len(states_B), strings
    zero = jnp.zeros(B, jnp.int32)
    return Progress(
        states_B,
        zero,
        zero,
        jnp.zeros((B, 2), jnp.int32),
        zero,
        zero + 1,
        zero,
        zero,
        jnp.zeros((B, M), bool),
        jnp.zeros((B, M, 2), jnp.int32),
        jnp.zeros((B, M), jnp.int32),
        jnp.zeros((B, M), jnp.int32),
        jnp.zeros((B, M), bool),
        zero,
        zero,
    )


def _has(kind: jax.Array, bit: int) -> jax.Array:
    return (kind & bit) != 0


def _key(end: jax.Array, size: jax.Array) -> jax.Array:
    """Equal for equal strings of a sentence, given where the first of them ends; overflow harms nothing."""
    return end * (LONGEST + 1) + size


def _times_written(p: Progress, key_BxE: jax.Array) -> jax.Array:
    """How often each string was written among those that the one being written is counted among, `[B, E]`."""
    remembered_BxM = jnp.arange(p.keys_BxM.shape[1]) < p.count_B[:, None]
    in_group_BxM = remembered_BxM & (p.groups_BxMx2 == p.group_Bx2[:, None]).all(-1)
    return (in_group_BxM[:, None] & (p.keys_BxM[:, None] == key_BxE[..., None])).sum(-1)


def _entered_group(p: Progress, how: jax.Array, type: jax.Array, written_B: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The group of a string after an edge that enters a span; `how` and `type` are `[B]` or `[B, E]`."""
    wide = (slice(None),) + (None,) * (how.ndim - 1)
    first, second = p.group_Bx2[:, 0][wide], p.group_Bx2[:, 1][wide]
    new_type, new_list = how == Counted.TYPE, how == Counted.LIST
    first = jnp.where(new_type, type, jnp.where(new_list, -1 - written_B[wide], first))
    second = jnp.where(new_type | new_list, 0, jnp.where(how == Counted.HEAD, p.closed_B[wide], second))
    return first, second


def allowed(
    tables: Tables, p: Progress, tokens_BxN: jax.Array, written_B: jax.Array, shape: Shape
) -> tuple[jax.Array, jax.Array]:
    """The edges of each slot's state, `[B, E, COLUMNS]`, and which of them may be taken, `[B, E]`.

    Args:
      tokens_BxN: the response so far, `written_B` tokens of each slot.
    """
    B, N = tokens_BxN.shape
    slot = jnp.arange(B)
    first_B = tables.first_BxS[slot, p.state_B]
    number_BxE = jnp.arange(shape.degree)
    edges = tables.edges_BxGxC[slot[:, None], first_B[:, None] + number_BxE]
    exists = number_BxE < (tables.first_BxS[slot, p.state_B + 1] - first_B)[:, None]
    kind, token = edges[..., KIND], edges[..., TOKEN]
    enters, closes, in_span = _has(kind, ENTERS), _has(kind, CLOSES), _has(kind, IN_SPAN)
    counts = closes & _has(kind, IS_COUNTED)

    # Closing: how often the string was written.
    key = _key(edges[..., STRING_END], p.size_B[:, None] + edges[..., SIZE])
    times = jnp.where(counts, _times_written(p, key), 0)
    most = edges[..., TIMES] * p.times_B[:, None]
    fresh = ~counts | (times < most)

    # Opening: how far it is to the nearest string but those used up.
    def nearest(used_up_B: jax.Array | int) -> jax.Array:
        tokens_B = (tables.near_BxRxD[:, 0].astype(jnp.int32) <= used_up_B).sum(-1)
        return jnp.where(tokens_B == NEAR, NEVER, tokens_B)[:, None]

    to_string = jnp.where(
        counts & (times + 1 == most), nearest(p.used_up_B[:, None] + 1), nearest(p.used_up_B[:, None])
    )
    to_string = jnp.where(edges[..., COUNTED] == Counted.LIST, nearest(0), to_string)

    # Going on in a string: how many can be closed in time, and how many of them are used up.
    left = N - 1 - written_B[:, None] - edges[..., AFTER] - edges[..., SPANS] * to_string
    goes_on = in_span & ~closes
    row = (edges[..., NEXT] - tables.strings_B[:, None]) % tables.rows_B[:, None]
    near = tables.near_BxRxD[slot[:, None], row, jnp.clip(left, 0, NEAR - 1)]
    place_BxM = p.firsts_BxM + (written_B - p.first_B)[:, None]
    next_BxM = jnp.take_along_axis(tokens_BxN, jnp.clip(place_BxM, 0, N - 1), axis=1)
    begun = p.same_BxM[:, None] & (next_BxM[:, None] == token[..., None])
    if shape.shared_names:
        begins = _beginning_alike(p, edges, token, tokens_BxN, written_B)
        begun = jnp.where(enters[..., None], begins, begun)
    gone = begun.sum(-1)
    in_time = (left >= 0) & (~goes_on | (near > gone))
    return edges, exists & fresh & in_time


def _beginning_alike(
    p: Progress, edges: jax.Array, token: jax.Array, tokens_BxN: jax.Array, written_B: jax.Array
) -> jax.Array:
    """Of edges that enter a span with the first token of a string: the strings used up that begin with it."""
    first, second = _entered_group(p, edges[..., COUNTED], edges[..., TYPE], written_B)
    start_BxM = jnp.take_along_axis(tokens_BxN, jnp.minimum(p.firsts_BxM, tokens_BxN.shape[1] - 1), axis=1)
    same_group = (p.groups_BxMx2[:, None, :, 0] == first[..., None]) & (
        p.groups_BxMx2[:, None, :, 1] == second[..., None]
    )
    return p.up_BxM[:, None] & same_group & (start_BxM[:, None] == token[..., None])


def advanced(
    p: Progress, edge_BxC: jax.Array, tokens_BxN: jax.Array, written_B: jax.Array, moves_B: jax.Array
) -> Progress:
    """After each slot that moves took its edge, whose token is not among those written yet."""
    M, N = p.keys_BxM.shape[1], tokens_BxN.shape[1]
    kind, token = edge_BxC[:, KIND], edge_BxC[:, TOKEN]
    enters, in_span, closes = _has(kind, ENTERS), _has(kind, IN_SPAN), _has(kind, CLOSES)
    counts = closes & _has(kind, IS_COUNTED) & moves_B

    size_B = jnp.where(enters, 0, p.size_B) + edge_BxC[:, SIZE]
    key_B = _key(edge_BxC[:, STRING_END], size_B)
    up_B = _times_written(p, key_B[:, None])[:, 0] + 1 == edge_BxC[:, TIMES] * p.times_B
    here_BxM = counts[:, None] & (jnp.arange(M) == p.count_B[:, None])
    groups = jnp.where(here_BxM[..., None], p.group_Bx2[:, None], p.groups_BxMx2)
    up_BxM = jnp.where(here_BxM, (up_B & _has(kind, IS_REGULAR))[:, None], p.up_BxM)
    firsts = jnp.where(here_BxM, p.first_B[:, None], p.firsts_BxM)
    closed_B = jnp.where(closes, key_B, p.closed_B)
    closed_times_B = jnp.where(closes, edge_BxC[:, TIMES], p.closed_times_B)
    after = p._replace(closed_B=closed_B)

    how = edge_BxC[:, COUNTED]
    group = jnp.stack(_entered_group(after, how, edge_BxC[:, TYPE], written_B), axis=-1)
    group_Bx2 = jnp.where(enters[:, None], group, p.group_Bx2)
    used_up_B = p.used_up_B + (counts & up_B)
    used_up_B = jnp.where(enters & (how == Counted.LIST), 0, used_up_B)
    times = jnp.where(how == Counted.HEAD, closed_times_B, jnp.where(how == Counted.ON, p.times_B, 1))
    # A string's first token comes after the edge that enters it, or is that edge's own.
    first_B = jnp.where(enters, written_B + jnp.where(in_span, 0, 1), p.first_B)
    same_BxM = jnp.where(enters[:, None], up_BxM & (groups == group_Bx2[:, None]).all(-1), p.same_BxM)
    place = jnp.clip(firsts + (written_B - first_B)[:, None], 0, N - 1)
    alike = jnp.take_along_axis(tokens_BxN, place, axis=1) == token[:, None]
    same_BxM &= ~(in_span & ~closes)[:, None] | alike
    new = Progress(
        edge_BxC[:, NEXT],
        size_B,
        first_B,
        group_Bx2,
        used_up_B,
        jnp.where(enters, times, p.times_B),
        closed_B,
        closed_times_B,
        same_BxM,
        groups,
        jnp.where(here_BxM, key_B[:, None], p.keys_BxM),
        firsts,
        up_BxM,
        p.count_B + counts,
        p.overruled_B,
    )
    return jax.tree.map(lambda a, b: jnp.where(moves_B.reshape(-1, *[1] * (a.ndim - 1)), a, b), new, p)


def ends(edges: jax.Array) -> jax.Array:
    """Which edges end the response."""
    return _has(edges[..., KIND], ENDS)
