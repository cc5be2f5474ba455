"""The automaton of the responses to one question about one sentence: tokens between states, as flat arrays.

Its language is that of `language.py`, each response in the tokens that the tokenizer itself writes it in. What the
schema makes of it is built once (`Grammar`); a sentence adds its strings (`strings.py`).

Two rules make every response complete, whatever the model would rather write:

* budget: a token is taken only if the response can still be closed within the tokens that are left;
* repetition: a string is written as often among strings of its kind (`Counted`) as it stands in the sentence.

For both it is known of each state how many strings can be closed within how many tokens; those that are used up are
counted off. Only `regular` strings (`strings.Lead`) are in that count.
"""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from kcjax.decode.language import END, OBJECT, OPENING, Language, Option
from kcjax.decode.strings import CLOSE, Closing, Lead, strings_of
from kcjax.decode.vocabulary import Vocabulary
from kcjax.errors import InputError
from kcjax.schema.code import KCJAX, Style

# The columns of `Automaton.edges`.
COLUMNS = 10
TOKEN, NEXT, AFTER, SPANS, COUNTED, TYPE, STRING_END, TIMES, SIZE, KIND = range(COLUMNS)
# Bits of the column `KIND`.
ENTERS, IN_SPAN, CLOSES, IS_COUNTED, IS_REGULAR, ENDS, LIKELY = (1 << bit for bit in range(7))

OWNER = COLUMNS  # one column more while an automaton is made: the state that an edge leaves
Edge = tuple[int, ...]
Path = tuple[tuple[int, ...], int]  # tokens, and the number of the option that they are what is left of


class Cost(NamedTuple):
    """Tokens that it takes at least: `tokens`, and for each of `spans` as many as the nearest string needs."""

    spans: int
    tokens: int


@dataclasses.dataclass(frozen=True)
class Automaton:
    """State s has the edges `first[s]` to `first[s + 1]`, in the order of their tokens; state 0 is the last, without.

    Attributes:
      start: the state before any token.
      strings: the first state within a span; state `strings + n * len(near) + s` is state s of `near` in span n.
      first: `[states + 1]`, int32.
      edges: `[edges, COLUMNS]`, int32. `TOKEN` leads to `NEXT`, from where at least `AFTER` tokens and `SPANS` strings
        are needed to end. Of edges that enter a span: `COUNTED` and `TYPE`. Of edges in a span: `SIZE`, the bytes of
        the token that belong to the string. Of those that close it: `STRING_END`, where in the sentence the first such
        string ends, in bytes, and `TIMES`, how often it stands there.
      likely: `[states]`, int32: of each state the edge that is guessed before the model is asked, or -1.
      near: `[states of a span, NEAR]`, uint8: how many strings can be closed within 0, 1, ... tokens.
      forced, after_forced: the tokens with which every response begins, and the state after them.
      shortest: tokens of the shortest response.
    """

    start: int
    strings: int
    first: np.ndarray
    edges: np.ndarray
    likely: np.ndarray
    near: np.ndarray
    forced: tuple[int, ...]
    after_forced: int
    shortest: int


class _Branch(NamedTuple):
    """The state before some paths, and what an edge that leads there holds besides."""

    state: int
    after: int
    spans: int
    counted: int
    kind: int


class _States:
    """States in the making, numbered from `count` on.

    Attributes:
      shared: those where a name ends and a longer one goes on.
      branches: those before the same paths are one, also if they were made `before`.
    """

    def __init__(self, count: int = 0, before: "_States | None" = None):
        self.count = count
        self.edges: list[Edge] = []
        self.shared: list[tuple[int, Option]] = []
        self.branches: dict[tuple[Path, ...], _Branch] = {}
        self.before = before.branches if before else self.branches

    def new(self) -> int:
        self.count += 1
        return self.count - 1


class Grammar:
    """The automata of one question, sentence by sentence."""

    def __init__(self, language: Language, vocabulary: Vocabulary, *, style: Style = KCJAX):
        """
        Raises:
          InputError: the tokenizer joins names and brackets, or one line of code and the next.
        """
        self.language, self.vocabulary, self.style = language, vocabulary, style
        self._codes = tuple(dict.fromkeys(option.code for span in language.spans for option in span))
        every = dict.fromkeys(o for options in (language.start, language.objects, *language.spans) for o in options)
        self._options = list(every)
        self._number = {option: number for number, option in enumerate(every)}
        vocabulary.remember(option.code for option in every)
        self._closing_costs: dict[int, Cost] = {}
        self._leads: dict[str, Lead] = {}
        self._object_cost = min(self._cost(option) for option in language.objects if option.to != OBJECT)
        self._shortest = min(self._cost(option) for option in language.start).tokens
        self._costs = [self._cost_from(option.to) for option in every]
        states = _States()
        states.new()  # the last
        self._object = 1
        self._branch(states, self._paths(language.objects))
        self._start = self._branch(states, self._paths(language.start)).state
        afters = [self._edges(states, 0, self._paths(options)) for options in language.spans]
        self._after = [self._closing(span, _array(edges)) for span, edges in enumerate(afters)]
        self._array = _array(states.edges)
        self._states = states
        self._check()

    def _paths(self, options: Iterable[Option]) -> list[Path]:
        return [(self.vocabulary.encode(option.code), self._number[option]) for option in options]

    def _check(self) -> None:
        """Whether tokens end where options do, as the tokenizer writes the response."""
        encode, spans = self.vocabulary.encode, self.language.spans
        for begin in self.language.objects:
            text, option = self.language.start[0].code, begin
            tokens = encode(text)
            for _ in range(4):
                text, tokens = text + option.code, tokens + encode(option.code)
                if option.to >= 0:
                    text, tokens = f"{text}{OPENING}A", tokens + encode(f"{OPENING}A")
                elif option.to == END:
                    break
                option = spans[option.to][0] if option.to >= 0 else begin
            if tuple(self.vocabulary.tokenizer.encode(text)) != tokens:
                raise InputError(
                    f"this tokenizer joins parts of {begin.code.strip()!r} that the output grammar has apart; extract "
                    "without the grammar"
                )

    def _cost(self, option: Option) -> Cost:
        """From before the option's code to the end."""
        cost = self._cost_from(option.to)
        return Cost(cost.spans, cost.tokens + len(self.vocabulary.encode(option.code)))

    def _cost_from(self, to: int) -> Cost:
        if to < 0:
            return Cost(0, 0) if to == END else self._object_cost
        closing = self._closing_cost(to)
        return Cost(closing.spans + 1, closing.tokens)

    def _closing_cost(self, span: int) -> Cost:
        """From the closing quote of a span to the end, with no further object."""
        if span not in self._closing_costs:
            onward = [option for option in self.language.spans[span] if option.to not in (OBJECT, span)]
            self._closing_costs[span] = min(map(self._cost, onward))
        return self._closing_costs[span]

    def _branch(self, states: _States, paths: Sequence[Path]) -> _Branch:
        """The state before these paths, made if there is none yet."""
        key = tuple(paths)
        if found := states.before.get(key) or states.branches.get(key):
            return found
        options = [self._options[number] for _, number in paths]
        spans, after, more, counted = min(
            (
                (*self._costs[number], len(tokens), option.counted)
                for (tokens, number), option in zip(paths, options, strict=True)
            ),
            key=lambda cost: (cost[0], cost[1] + cost[2]),
        )
        kind = ENDS if all(option.to == END for option in options) else 0
        found = states.branches[key] = _Branch(states.new(), after + more, spans, counted, kind)
        states.edges += self._edges(states, found.state, paths)
        return found

    def _edges(self, states: _States, state: int, paths: Sequence[Path]) -> list[Edge]:
        """The edges of the state before these paths, after states for what follows were added."""
        edges: list[Edge] = []
        onward: dict[int, list[Path]] = {}
        for tokens, number in paths:
            if tokens:
                onward.setdefault(tokens[0], []).append((tokens[1:], number))
            else:
                states.shared.append((state, self._options[number]))
        for token, rest in onward.items():
            if len(rest) == 1 and not rest[0][0]:
                edges.append(self._leaf(state, token, self._options[rest[0][1]]))
            else:
                next, *costs, kind = self._branch(states, rest)
                edges.append((token, next, *costs, 0, -1, 0, 0, kind, state))
        return edges

    def _leaf(self, state: int, token: int, option: Option) -> Edge:
        """The edge of the last token of an option. States before a span, which differ by sentence, are -1, -2, ..."""
        cost = self._cost_from(option.to)
        if option.to >= 0:
            next, kind = -1 - option.to, ENTERS
        else:
            next, kind = (0, ENDS) if option.to == END else (self._object, 0)
        return (token, next, cost.tokens, cost.spans, option.counted, option.type, -1, 0, 0, kind, state)

    def _closing(self, span: int, edges: np.ndarray) -> np.ndarray:
        """The edges of tokens that hold the closing quote of a span."""
        closing = edges.copy()
        closing[:, KIND] |= IN_SPAN | CLOSES | IS_REGULAR | (IS_COUNTED if self.language.is_counted[span] else 0)
        return closing

    def lead(self, letters: str) -> Lead:
        if letters not in self._leads:
            if len(self._leads) > 100_000:
                self._leads.clear()
            self.vocabulary.remember(letters + code for code in self._codes)
            size = len(letters.encode())
            inside: dict[str, tuple[int, ...]] = {}
            rest: dict[str, tuple[int, ...]] = {}
            for code in self._codes:
                tokens = self.vocabulary.encode(letters + code)
                count, left = 0, size
                while (left := left - len(self.vocabulary.bytes_of[tokens[count]])) >= 0:
                    count += 1
                inside[code], rest[code] = tokens[:count], tokens[count:]
            extra = max(len(rest[code]) - len(self.vocabulary.encode(code)) for code in self._codes)
            self._leads[letters] = Lead(inside, rest, max(extra, 0))
        return self._leads[letters]

    def automaton(self, text: str) -> Automaton:
        """The automaton of the responses to the question about a sentence.

        Raises:
          TextTooLong: the sentence has more than `strings.LONGEST` bytes.
          InputError: it holds a character that the tokenizer would lose.
        """
        strings = strings_of(text, self.vocabulary, self.lead, style=self.style)
        base, count = self._states.count, len(strings.edges)
        more = _States(base + count * len(self.language.spans), self._states)  # those that only this sentence has
        inside = _array(
            (token, next, 0, 0, 0, 0, -1, 0, size, IN_SPAN | (LIKELY if token == strings.likely[state] else 0), state)
            for state, edges in enumerate(strings.edges)
            for token, (next, size) in edges.items()
        )
        closings = [(state, closing) for state, found in enumerate(strings.closings) for closing in found]
        plain = np.array([(state, c.end, c.times) for state, c in closings if c.rest is None], np.int32).reshape(-1, 3)
        can_close = np.array(strings.likely) == CLOSE
        parts = [self._array]
        for span, after in enumerate(self._after):
            first, cost = base + span * count, self._closing_cost(span)
            within = inside.copy()
            within[:, [NEXT, OWNER]] += first
            within[:, AFTER], within[:, SPANS] = cost.tokens, cost.spans
            closing = np.tile(after, (len(plain), 1))
            state, closing[:, STRING_END], closing[:, TIMES] = np.repeat(plain, len(after), axis=0).T
            closing[:, OWNER] = state + first
            closes = can_close[state] & (closing[:, KIND] & ENDS == 0)
            closing[:, KIND] |= np.where(closes, LIKELY, 0)
            parts += [within, closing]
            for state, found in closings:
                if found.rest is not None:
                    parts.append(self._joined(span, state + first, found, more))
        array = np.concatenate([*parts, _array(more.edges)])
        # Where a name ends and a longer one goes on, the opening of the string is another way to go on.
        for owner, option in (*self._states.shared, *more.shared):
            entering = array[array[:, OWNER] == base + count * option.to].copy()
            entering[:, COUNTED], entering[:, TYPE], entering[:, OWNER] = option.counted, option.type, owner
            entering[:, KIND] |= ENTERS
            array = np.concatenate([array, entering])
        to_span = array[:, NEXT] < 0
        array[to_span, NEXT] = base - count * (1 + array[to_span, NEXT])
        array = array[np.lexsort((array[:, TOKEN], array[:, OWNER]))]
        begins = np.searchsorted(array[:, OWNER], np.arange(more.count + 1)).astype(np.int32)
        forced, state = [], self._start
        while begins[state + 1] - begins[state] == 1:
            forced.append(int(array[begins[state], TOKEN]))
            state = int(array[begins[state], NEXT])
        likely = np.where(np.diff(begins) == 1, begins[:-1], -1)
        (guesses,) = np.nonzero(array[:, KIND] & LIKELY)
        likely[array[guesses, OWNER]] = guesses
        edges = array[:, :COLUMNS]
        return Automaton(self._start, base, begins, edges, likely, strings.near, tuple(forced), state, self._shortest)

    def _joined(self, span: int, state: int, closing: Closing, states: _States) -> np.ndarray:
        """The closing edges of a string whose last letters are in one token with the quote."""
        assert closing.rest is not None
        options = [option for option in self.language.spans[span] if option.code in closing.rest]
        paths = [(closing.rest[option.code], self._number[option]) for option in options]
        edges = self._closing(span, _array(self._edges(states, state, paths)))
        edges[:, STRING_END], edges[:, TIMES], edges[:, SIZE] = closing.end, closing.times, closing.size
        if not closing.regular:
            edges[:, KIND] &= ~IS_REGULAR
        return edges


def _array(edges: Iterable[Edge]) -> np.ndarray:
    return np.array(list(edges), np.int32).reshape(-1, COLUMNS + 1)
