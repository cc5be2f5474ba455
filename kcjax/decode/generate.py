"""Greedy decoding of many prompts that share a prefix, in one compiled loop.

Shape suffixes: B rows, P prefix slots, T prompt tokens after the prefix, N new tokens, S = T + N slots of a row.
"""

import dataclasses
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.sharding import PartitionSpec

from kcjax.corpus.tokenizer import Tokenizer
from kcjax.decode.stop import RESPONSE_ENDS, stop_table
from kcjax.errors import InputError
from kcjax.model.attention import KVCache
from kcjax.model.llama import Llama


class Prefix(NamedTuple):
    """Keys and values of the tokens that all prompts begin with, padded to a round number of slots."""

    cache: KVCache
    length: jax.Array


@dataclasses.dataclass(frozen=True)
class Generation:
    """New tokens without `<eos>`, the log-probability of each, and whether the text ended before the budget did."""

    tokens: list[int]
    logprobs: list[float]
    finished: bool


def round_up(length: int) -> int:
    """The next of 16, 32, 48, 64, 96, 128, 192, ...: few shapes to compile, from 32 on at most a third of padding."""
    size = 16
    while True:
        for candidate in (size, size + size // 2):
            if length <= candidate and candidate % 16 == 0:
                return candidate
        size *= 2


def empty_cache(model: Llama, rows: int, slots: int) -> KVCache:
    c = model.config
    zeros = jnp.zeros((c.num_layers, rows, slots, c.num_kv_heads, c.head_dim), model.dtype)
    return KVCache(zeros, zeros)


class Generator:
    """Greedy decoding with one model; compiled once per (rows rounded to a power of two, rounded lengths).

    Attributes:
      params: the model's state; others of its shapes may take its place between calls.
    """

    def __init__(
        self,
        model: Llama,
        tokenizer: Tokenizer,
        *,
        max_new_tokens: int = 640,
        batch_size: int = 32,
        stop: Sequence[str] = RESPONSE_ENDS,
    ):
        self.tokenizer = tokenizer
        self.max_new_tokens = max_new_tokens
        self.batch_size = batch_size
        self.max_positions = model.config.max_positions
        graph, self.params = nnx.split(model)
        self._stop_table = jnp.asarray(stop_table(tokenizer, stop))
        self._prefill = jax.jit(partial(_prefill, graph))
        everywhere = None if jax.sharding.get_abstract_mesh().empty else PartitionSpec()  # so that every host has it
        self._generate = jax.jit(
            partial(_generate, graph), static_argnames=("max_new_tokens", "vocab_size"), out_shardings=everywhere
        )

    def room(self, prefix_tokens: int) -> int:
        """Tokens that a prompt may have after such a prefix, so that all new tokens still fit the context."""
        return self.max_positions - self.max_new_tokens - prefix_tokens

    def prefill(self, tokens: Sequence[int]) -> Prefix:
        """Computes the keys and values of a shared prefix once. `tokens` begins with `<bos>`."""
        padded = np.zeros((1, round_up(len(tokens))), np.int32)
        padded[0, : len(tokens)] = tokens
        return Prefix(self._prefill(self.params, padded), jnp.int32(len(tokens)))

    def generate(self, prefix: Prefix, prompts: Sequence[Sequence[int]]) -> list[Generation]:
        """Continues prefix + prompt for each prompt, greedily, in batches of similar length; results in order.

        Raises:
          InputError: a prompt is empty or does not fit the context.
        """
        room = self.room(int(prefix.length))
        for prompt in prompts:
            if not 0 < len(prompt) <= room:
                raise InputError(f"a prompt of {len(prompt)} tokens does not fit: the context leaves room for {room}")
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        results: dict[int, Generation] = {}
        for start in range(0, len(order), self.batch_size):
            chosen = order[start : start + self.batch_size]
            results.update(zip(chosen, self._batch(prefix, [prompts[i] for i in chosen]), strict=True))
        return [results[i] for i in range(len(prompts))]

    def _batch(self, prefix: Prefix, prompts: list[Sequence[int]]) -> list[Generation]:
        rows = min(self.batch_size, 1 << (len(prompts) - 1).bit_length())
        tokens = np.zeros((rows, round_up(max(map(len, prompts)))), np.int32)
        lengths = np.zeros(rows, np.int32)  # 0 marks a row that is only there to fill the batch
        for row, prompt in enumerate(prompts):
            tokens[row, : len(prompt)] = prompt
            lengths[row] = len(prompt)
        out = self._generate(
            self.params,
            self._stop_table,
            prefix,
            tokens,
            lengths,
            max_new_tokens=self.max_new_tokens,
            vocab_size=self.tokenizer.vocab_size,
        )
        new_tokens, logprobs, counts, finished = map(np.asarray, out)
        generations = []
        for row in range(len(prompts)):
            count = counts[row]
            if count and new_tokens[row, count - 1] == self.tokenizer.eos_id:
                count -= 1
            kept = new_tokens[row, :count].tolist()
            generations.append(Generation(kept, logprobs[row, :count].tolist(), bool(finished[row])))
        return generations


def _prefill(graph: nnx.GraphDef, params: nnx.State, tokens_1xP: jax.Array) -> KVCache:
    model = nnx.merge(graph, params)
    slots = tokens_1xP.shape[1]
    positions_1xP = jnp.arange(slots)[None]
    causal_1xPxP = jnp.tril(jnp.ones((slots, slots), bool))[None]
    _, cache = model.extend(
        tokens_1xP,
        empty_cache(model, 1, slots),
        slot=0,
        positions_BxT=positions_1xP,
        mask_BxTxS=_within_window(model, causal_1xPxP, positions_1xP, positions_1xP),
    )
    return cache


def read_prompts(
    model: Llama, prefix: Prefix, tokens_BxT: jax.Array, lengths_B: jax.Array, *, max_new_tokens: int, vocab_size: int
) -> tuple[jax.Array, jax.Array, KVCache]:
    """The first new token of each row, its log-probability, and a cache with room for the others."""
    B, T = tokens_BxT.shape
    slots = jnp.arange(T + max_new_tokens)
    hidden_BxTxD, cache = _extend(
        model,
        prefix,
        tokens_BxT,
        empty_cache(model, B, len(slots)),
        slot=0,
        positions_BxT=jnp.broadcast_to(prefix.length + jnp.arange(T), (B, T)),
        mask_BxTxS=(slots[None, :] <= jnp.arange(T)[:, None])[None],
        positions_BxS=prefix.length + slots[None],
    )
    return *_choose(model, hidden_BxTxD[jnp.arange(B), jnp.maximum(lengths_B - 1, 0)], vocab_size), cache


def next_token(
    model: Llama,
    prefix: Prefix,
    cache: KVCache,
    token_B: jax.Array,
    lengths_B: jax.Array,
    i: jax.Array,
    *,
    prompt_slots: int,
    vocab_size: int,
) -> tuple[jax.Array, jax.Array, KVCache]:
    """Takes up the new token number i of each row, and gives the next one with its log-probability."""
    slots, slot = jnp.arange(cache.k_LxBxSxKxH.shape[2]), prompt_slots + i
    hidden_Bx1xD, cache = _extend(
        model,
        prefix,
        token_B[:, None],
        cache,
        slot=slot,
        positions_BxT=(prefix.length + lengths_B + i)[:, None],
        mask_BxTxS=((slots < lengths_B[:, None]) | ((slots >= prompt_slots) & (slots <= slot)))[:, None],
        positions_BxS=prefix.length + jnp.where(slots < prompt_slots, slots, lengths_B[:, None] + slots - prompt_slots),
    )
    return *_choose(model, hidden_Bx1xD[:, 0], vocab_size), cache


def _extend(
    model: Llama,
    prefix: Prefix,
    tokens_BxT: jax.Array,
    cache: KVCache,
    *,
    slot: jax.Array | int,
    positions_BxT: jax.Array,
    mask_BxTxS: jax.Array,
    positions_BxS: jax.Array,
) -> tuple[jax.Array, KVCache]:
    """`Llama.extend` after the prefix; `positions_BxS` are those of the cache's slots."""
    positions_P = jnp.arange(prefix.cache.k_LxBxSxKxH.shape[2])
    return model.extend(
        tokens_BxT,
        cache,
        slot=slot,
        positions_BxT=positions_BxT,
        mask_BxTxS=_within_window(model, mask_BxTxS, positions_BxT, positions_BxS),
        prefix=prefix.cache,
        prefix_mask=_within_window(model, positions_P < prefix.length, positions_BxT, positions_P),
    )


def _within_window(model: Llama, mask: jax.Array, positions_BxT: jax.Array, positions_xS: jax.Array) -> jax.Array:
    """The mask, without what is too far back for a model with a sliding window."""
    window = model.config.sliding_window
    return mask if window is None else mask & (positions_BxT[..., None] - positions_xS[..., None, :] < window)


def _choose(model: Llama, x_BxD: jax.Array, vocab_size: int) -> tuple[jax.Array, jax.Array]:
    logits = model.logits(x_BxD)[:, :vocab_size]  # rows that only pad the embedding are no tokens
    token_B = jnp.argmax(logits, axis=-1)
    return token_B, logits[jnp.arange(len(token_B)), token_B] - jax.nn.logsumexp(logits, axis=-1)


def _generate(
    graph: nnx.GraphDef,
    params: nnx.State,
    stop_table: jax.Array,
    prefix: Prefix,
    tokens_BxT: jax.Array,
    lengths_B: jax.Array,
    *,
    max_new_tokens: int,
    vocab_size: int,
) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """New tokens `[B, N]`, their log-probabilities, how many there are in each row, and whether it finished.

    Row b keeps its prompt in slots 0 to lengths[b]-1 and its new tokens from slot T on; what lies between is masked.
    """
    model = nnx.merge(graph, params)
    B, T = tokens_BxT.shape
    N, last = max_new_tokens, stop_table.shape[0] - 1
    token_B, logprob_B, cache = read_prompts(
        model, prefix, tokens_BxT, lengths_B, max_new_tokens=N, vocab_size=vocab_size
    )

    def running(carry):
        i, *_, state_B, _ = carry
        return (i < N) & (state_B != last).any()

    def body(carry):
        i, token_B, logprob_B, tokens_BxN, logprobs_BxN, counts_B, state_B, cache = carry
        live_B = state_B != last
        tokens_BxN = tokens_BxN.at[:, i].set(jnp.where(live_B, token_B, 0))
        logprobs_BxN = logprobs_BxN.at[:, i].set(jnp.where(live_B, logprob_B, 0.0))
        counts_B += live_B
        state_B = stop_table[state_B, token_B]
        token_B, logprob_B, cache = next_token(
            model, prefix, cache, token_B, lengths_B, i, prompt_slots=T, vocab_size=vocab_size
        )
        return i + 1, token_B, logprob_B, tokens_BxN, logprobs_BxN, counts_B, state_B, cache

    state_B = jnp.where(lengths_B > 0, 0, last).astype(stop_table.dtype)
    carry = (0, token_B, logprob_B, jnp.zeros((B, N), jnp.int32), jnp.zeros((B, N)), jnp.zeros(B, jnp.int32))
    _, _, _, tokens_BxN, logprobs_BxN, counts_B, state_B, _ = jax.lax.while_loop(
        running, body, (*carry, state_B, cache)
    )
    return tokens_BxN, logprobs_BxN, counts_B, state_B == last
