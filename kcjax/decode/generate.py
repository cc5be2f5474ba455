"""Greedy decoding of many prompts that begin with the same tokens, in slots that are filled again as they fall free.

The keys and values of the shared prefix are computed once. Prompts are read several at a time, packed into rows of one
length, and moved into free slots. Then all slots are given tokens, step by step in one compiled loop, until enough of
them have finished. The programs are in `slots.py`; here is when they run.
"""

import bisect
import collections
import contextlib
import dataclasses
from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.sharding import Mesh, PartitionSpec

from kcjax.corpus.tokenizer import Tokenizer
from kcjax.decode import constraint, slots
from kcjax.decode.automaton import Automaton
from kcjax.decode.slots import COLUMNS, Prefix, multiple, room_for, round_up, split_by_layers
from kcjax.decode.stop import RESPONSE_ENDS, stop_table
from kcjax.errors import InputError
from kcjax.model.llama import Llama, unstacked

FEW = 4  # slots, of which none are given up


@dataclasses.dataclass(frozen=True)
class Generation:
    """New tokens without `<eos>`.

    Attributes:
      logprobs: the log-probability of each; 0 where the grammar left no choice.
      finished: whether the text ended before the budget did.
      overruled: how often the grammar barred the token that the model would rather have written.
    """

    tokens: list[int]
    logprobs: list[float]
    finished: bool
    overruled: int = 0


class Generator:
    """Greedy decoding with one model; compiled once for each of a few shapes.

    Attributes:
      params: the model's state; others of its shapes may take its place between calls.
      counts: prefixes and prompts read, and tokens written, by all calls so far.
    """

    def __init__(
        self,
        model: Llama,
        tokenizer: Tokenizer,
        *,
        max_new_tokens: int = 640,
        batch_size: int = 32,
        width: int | None = None,
        packed_tokens: int | None = None,
        int8_cache: bool = False,
        mesh: Mesh | None = None,
        stop: Sequence[str] = RESPONSE_ENDS,
    ):
        """
        Args:
          batch_size: how many texts are written at a time.
          width: tokens of a text that go through the model in a step: with a grammar those that are forced, and after
            them guesses, kept as far as they are what the model writes; None for what costs next to nothing.
          packed_tokens: how long the rows are that prompts are packed into; None for what keeps the device busy.
          int8_cache: whether keys and values are kept in 8 bits.
          mesh: the devices that the model is spread over; None for those of the mesh that is set, if one is.
          stop: strings after which a text ends, if no grammar says where.
        """
        self.tokenizer = tokenizer
        self.max_new_tokens = max_new_tokens
        self.batch_size = batch_size
        self.packed_tokens = packed_tokens or (256 if jax.default_backend() == "cpu" else 1024)
        self.max_positions = model.config.max_positions
        graph, self.params = nnx.split(model)
        self._stop_table = jnp.asarray(stop_table(tokenizer, stop))
        self._mesh = mesh
        with self._on_mesh():
            is_spread = not jax.sharding.get_abstract_mesh().empty
        everywhere = PartitionSpec() if is_spread else None  # so that every host has it
        jit = partial(jax.jit, out_shardings=everywhere)
        self._empty = jit(
            partial(slots.empty_slots, model.config, model.dtype, int8_cache), static_argnums=(0, 1, 2, 3, 4, 5)
        )
        self._read = jit(partial(slots.read, graph, int8=int8_cache))
        self._place = jit(slots.place, static_argnames="size", donate_argnums=0)
        self._resized = jit(slots.resized, static_argnames="size")
        self._take = jit(slots.take, static_argnames="width")
        self._split = jit(split_by_layers)
        self._run = jit(
            partial(slots.run, graph, vocab_size=tokenizer.vocab_size), static_argnames="shape", donate_argnums=4
        )
        self._keep = jit(slots.keep, donate_argnums=0)
        self._is_cpu = jax.default_backend() == "cpu" and not is_spread
        self._layers: tuple[nnx.State, list[nnx.State]] | None = None
        self._given_width = width
        self.counts = collections.Counter(prefixes=0, prompts=0, tokens=0)

    def _on_mesh(self) -> contextlib.AbstractContextManager:
        return contextlib.nullcontext() if self._mesh is None else jax.set_mesh(self._mesh)

    def layers(self, prompts: int) -> list[nnx.State] | None:
        """The layers one by one, for `Llama.extend`: on a CPU, for so many prompts that it is worth the longer
        compilation."""
        if not self._is_cpu or prompts <= 2 * self.batch_size:
            return None
        if self._layers is None or self._layers[0] is not self.params:
            self._layers = self.params, unstacked(self.params["blocks"])
        return self._layers[1]

    def width(self, slots: int) -> int:
        """Tokens that each of so many slots may take in a step."""
        at_once = 32 if jax.default_backend() == "cpu" else 256  # rows of a product that cost little more than one
        return self._given_width or max(1, min(8, at_once // slots))

    def room(self, prefix_tokens: int) -> int:
        """Tokens that a prompt may have after such a prefix, so that all new tokens still fit the context."""
        return self.max_positions - self.max_new_tokens - prefix_tokens

    def prefill(self, tokens: Sequence[int]) -> Prefix:
        """Computes the keys and values of a shared prefix once. `tokens` begins with `<bos>`."""
        self.counts["prefixes"] += 1
        size = round_up(len(tokens))
        padded = np.zeros((1, size), np.int32)
        padded[0, : len(tokens)] = tokens
        positions = np.arange(size, dtype=np.int32)[None]
        with self._on_mesh():
            cache = self._read(self.params, None, padded, np.ones_like(padded), positions)
        return Prefix(cache, jnp.int32(len(tokens)))

    def generate(
        self,
        prefix: Prefix,
        prompts: Sequence[Sequence[int]],
        automata: Sequence[Automaton] | None = None,
        *,
        stop_bias: float = 0.0,
    ) -> list[Generation]:
        """Continues prefix + prompt for each prompt, greedily; results in order.

        Args:
          automata: of each prompt what its response may be; None for anything.
          stop_bias: what is added to the logit of each token that ends a response, where there is a grammar: more
            than 0 for fewer objects, less for more.

        Raises:
          InputError: a prompt is empty or does not fit the context, or the shortest response does not fit the budget.
        """
        room = self.room(int(prefix.length))
        for prompt in prompts:
            if not 0 < len(prompt) <= room:
                raise InputError(f"a prompt of {len(prompt)} tokens does not fit: the context leaves room for {room}")
        if not prompts:
            return []
        if automata and (shortest := max(a.shortest for a in automata)) > self.max_new_tokens:
            raise InputError(
                f"{self.max_new_tokens} new tokens are too few: the shortest response takes {shortest}; allow more"
            )
        with self._on_mesh():
            found = _Batch(self, prefix, prompts, automata, stop_bias).results()
        self.counts.update(prompts=len(found), tokens=sum(len(generation.tokens) for generation in found))
        return found


class _Batch:
    """Prompts on their way through the slots."""

    def __init__(
        self,
        generator: Generator,
        prefix: Prefix,
        prompts: Sequence[Sequence[int]],
        automata: Sequence[Automaton] | None,
        stop_bias: float,
    ):
        self.generator, self.prefix, self.automata, self.stop_bias = generator, prefix, automata, stop_bias
        forced = [a.forced for a in automata] if automata is not None else [()] * len(prompts)
        self.forced = forced
        self.texts = [[*prompt, *tokens] for prompt, tokens in zip(prompts, forced, strict=True)]
        # Longest last, where they are taken from: what is left for the end is short, and so is the end.
        self.waiting = sorted(range(len(prompts)), key=lambda i: len(self.texts[i]))
        self.layers = generator.layers(len(prompts))
        if self.layers is not None:
            self.prefix = prefix._replace(cache=generator._split(prefix.cache))
        B = min(generator.batch_size, 1 << (len(prompts) - 1).bit_length())
        N, W = generator.max_new_tokens, generator.width(B)
        self.room = room_for(len(self.texts[self.waiting[-1]]) + COLUMNS)
        self.shape = constraint.shape_of(automata) if automata is not None else None
        self.slots = generator._empty(B, W, self.room, N, self.shape, self.layers is not None)
        self.owner = np.full(B, -1)  # which prompt a slot is at
        self.read = np.zeros(B, int)  # tokens in the cache of a slot

    def results(self) -> list[Generation]:
        found: dict[int, Generation] = {}
        while self.waiting or (self.owner >= 0).any():
            enough = max(1, len(self.owner) // 16)
            while self.waiting and (self.owner < 0).sum() >= min(enough, len(self.waiting)):
                self._fill()
            self._shrink()
            found.update(self._run(enough))
        return [found[i] for i in range(len(found))]

    def _fill(self) -> None:
        """Reads as many prompts as there are free slots and as fit a row: the longest, then always the longest that
        still fits."""
        generator, free = self.generator, np.flatnonzero(self.owner < 0)
        chosen: list[int] = []
        ends = [0]
        limit = max(generator.packed_tokens, round_up(len(self.texts[self.waiting[-1]]) - 1))
        while self.waiting and len(chosen) < len(free):
            at = bisect.bisect_right(self.waiting, limit - ends[-1], key=self._length) - 1
            if at < 0:
                break
            chosen.append(self.waiting.pop(at))
            ends.append(ends[-1] + self._length(chosen[-1]))
        size = multiple(self._length(chosen[0]), 32)
        self._make_room(size)
        T = next(n for n in (limit // 4, limit // 2, 3 * limit // 4, limit) if n >= ends[-1])
        tokens, segments, positions = np.zeros((3, 1, T), np.int32)
        for number, (index, start, end) in enumerate(zip(chosen, ends, ends[1:], strict=False)):
            tokens[0, start:end] = self.texts[index][:-1]
            segments[0, start:end] = number + 1
            positions[0, start:end] = np.arange(end - start)
        packed = generator._read(generator.params, self.prefix, tokens, segments, positions, layers=self.layers)
        numbers = free[: len(chosen)]
        # As many at a time as there are slots, so that there is one shape; those beyond are at no slot.
        B, N = self.slots.new_BxN.shape
        slot = np.full(B, B)
        slot[: len(chosen)] = numbers
        starts, lengths, last, written = np.zeros((4, B), np.int32)
        new = np.zeros((B, N), np.int32)
        states = np.zeros(B, np.int32)
        tables = None
        for row, index in enumerate(chosen):
            forced = self.forced[index]
            starts[row], lengths[row] = ends[row], ends[row + 1] - ends[row]
            last[row], written[row] = self.texts[index][-1], len(forced)
            new[row, : len(forced)] = forced
        if self.automata is not None and self.shape is not None:
            own = [self.automata[index] for index in chosen]
            states[: len(chosen)] = [a.after_forced for a in own]
            tables = constraint.tables_of(own, self.shape, slots=B)
        self.slots = generator._place(
            self.slots, packed, len(chosen), slot, starts, lengths, last, new, written, states, tables, size=size
        )
        self.owner[numbers] = chosen
        self.read[numbers] = lengths[: len(chosen)]

    def _length(self, index: int) -> int:
        """Tokens of a prompt to be read; its last goes with the first step."""
        return len(self.texts[index]) - 1

    def _make_room(self, tokens: int) -> None:
        """For so many tokens in each slot; what is far more than that is given up."""
        kept = max(tokens, self.read[self.owner >= 0].max(initial=0))
        if tokens > self.room or room_for(kept) <= self.room // 2:
            self.room = room_for(kept)
            self.slots = self.generator._resized(self.slots, size=self.room)

    def _shrink(self) -> None:
        """Gives up half of the slots, or more, when no prompt waits for them."""
        busy = np.flatnonzero(self.owner >= 0)
        if self.waiting or len(busy) > self._half():
            return
        size = max(FEW, 1 << (len(busy) - 1).bit_length())
        kept = np.concatenate([busy, np.flatnonzero(self.owner < 0)])[:size]
        self.slots = self.generator._take(self.slots, kept, width=self.generator.width(size))
        self.owner, self.read = self.owner[kept], self.read[kept]

    def _half(self) -> int:
        """The next fewer slots, a power of two; 0 where they are few already."""
        half = 1 << (len(self.owner) // 2).bit_length() >> 1
        return half if half >= FEW else 0

    def _run(self, enough: int) -> dict[int, Generation]:
        """Some steps of all slots; what has been finished in them."""
        generator = self.generator
        busy = self.owner >= 0
        self._make_room(self.read[busy].max() + COLUMNS)
        stop_at = busy.sum() - enough if self.waiting else self._half()
        assert stop_at < busy.sum(), "nothing would be done"
        loop = generator._run(
            generator.params,
            generator._stop_table,
            self.prefix,
            self.slots.cache,
            self.slots._replace(cache=None),
            stop_at,
            self.stop_bias,
            layers=self.layers,
            shape=self.shape,
        )
        self.slots = generator._keep(self.slots.cache, loop)
        live, written, read, state, overruled = jax.device_get(
            (
                self.slots.live_B,
                self.slots.written_B,
                self.slots.length_B,
                self.slots.progress.state_B,
                self.slots.progress.overruled_B,
            )
        )
        self.read = np.array(read)
        done = np.flatnonzero(busy & ~live)
        found: dict[int, Generation] = {}
        if not len(done):
            return found
        new, logprobs = jax.device_get((self.slots.new_BxN, self.slots.logprobs_BxN))
        end = 0 if self.shape else len(generator._stop_table) - 1
        for slot in done:
            count = int(written[slot])
            if count and new[slot, count - 1] == generator.tokenizer.eos_id:
                count -= 1
            found[int(self.owner[slot])] = Generation(
                new[slot, :count].tolist(),
                logprobs[slot, :count].tolist(),
                bool(state[slot] == end),
                int(overruled[slot]),
            )
        self.owner[done] = -1
        return found
