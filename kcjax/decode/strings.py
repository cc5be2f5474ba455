"""The strings of a sentence as an automaton over tokens: each is one or more words, as they stand there.

A string's tokens are put together from three parts: those from its first word up to a cut, those of the sentence
between two cuts, and those from a cut to its closing quote (`vocabulary.py` says what a cut is). So a sentence of n
words needs about n short texts tokenised, not n * n, and its strings share their states.
"""

import bisect
import itertools
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from kcjax.decode.language import OPENING
from kcjax.decode.vocabulary import Vocabulary
from kcjax.errors import InputError
from kcjax.schema.code import Style, quoted
from kcjax.text import boundaries

NEAR = 64  # tokens within which strings that can be closed are counted
MOST = 255  # that are counted
LONGEST = (1 << 16) - 1  # bytes of a sentence
CLOSE, NO_GUESS = -1, -2

_BREAKS = re.compile(r'["\\\x00-\x1f\x7f]')  # what no string holds where the style has no escapes

Tokens = tuple[int, ...]


class TextTooLong(InputError):
    """More than `LONGEST` bytes."""


class Lead(NamedTuple):
    """A string's last letters as they are tokenised before each of the codes that may follow.

    Attributes:
      inside: by code, the tokens wholly within the letters. The string is `regular` if they are the same for all codes.
      rest: by code, the tokens from the one on that holds the closing quote.
      extra: how many more tokens than alone a code may take.
    """

    inside: dict[str, Tokens]
    rest: dict[str, Tokens]
    extra: int

    @property
    def regular(self) -> bool:
        return len(set(self.inside.values())) == 1


class Closing(NamedTuple):
    """A string that ends at a state, and goes on with the tokens `rest` of each code; None: with those of the code
    alone. `size` is what it still has of letters, `end` where the first such string ends, `times` how many there are;
    `regular` as of `Lead`.
    """

    rest: dict[str, Tokens] | None
    size: int
    end: int
    times: int
    regular: bool


class Strings(NamedTuple):
    """State 0 is before the opening of a string.

    Attributes:
      edges: of each state `{token: (next, bytes of the string)}`.
      closings: of each state those that can be closed there.
      near: `[states, NEAR]`, uint8: how many strings can be closed within 0, 1, ... tokens; `MOST` may be more.
      likely: of each state the token to guess; `CLOSE` that a string is closed, `NO_GUESS`.
    """

    edges: list[dict[int, tuple[int, int]]]
    closings: list[list[Closing]]
    near: np.ndarray
    likely: list[int]


def strings_of(text: str, vocabulary: Vocabulary, lead: Callable[[str], Lead], *, style: Style) -> Strings:
    """The automaton of a sentence's strings. `lead` tells how letters are joined with the codes after a string.

    Raises:
      TextTooLong: the sentence has more than `LONGEST` bytes.
      InputError: it holds a character that the tokenizer would lose.
    """
    return _determined(_Paths(text, vocabulary, lead, style))


class _Paths:
    """All strings, as paths over nodes that begin at node 0; several edges of a node may have one token.

    Attributes:
      edges: of each node `(token, node, bytes of the string)`.
      at: of each node the byte of the sentence it stands before; `rank` grows along every edge.
      ends: of each node the strings that end there.
    """

    def __init__(self, text: str, vocabulary: Vocabulary, lead: Callable[[str], Lead], style: Style):
        self.vocabulary, self.lead = vocabulary, lead
        self.edges: list[list[tuple[int, int, int]]] = [[]]
        self.at, self.rank = [-1], [-2]
        self.ends: list[list[_End]] = [[]]
        letters: list[str] | str = text
        if quoted(text, style=style) != f'"{text}"':
            letters = [quoted(letter, style=style)[1:-1] for letter in text]
        self.data = "".join(letters).encode()
        offsets = [0, *np.cumsum([len(letter.encode()) for letter in letters]).tolist()]
        if offsets[-1] > LONGEST:
            raise TextTooLong(f"a text of {offsets[-1]} bytes: the grammar takes {LONGEST} at most; cut it in parts")
        edges = boundaries(text) if text else []
        starts = [offsets[at] for at in edges[:-1] if not text[at].isspace()]
        ends = [offsets[at] for at in edges[1:] if not text[at - 1].isspace()]
        for first, last in _segments(text, offsets, style):
            self._add(
                first,
                last,
                [at for at in starts if first <= at < last],
                [at for at in ends if first < at <= last],
            )

    def _text(self, start: int, end: int) -> str:
        return self.data[start:end].decode()

    def _node(self, at: int, rank: int) -> int:
        self.edges.append([])
        self.ends.append([])
        self.at.append(at)
        self.rank.append(rank)
        return len(self.at) - 1

    def _add(self, first: int, last: int, starts: list[int], ends: list[int]) -> None:
        """The strings of a part of the sentence, with their starts and ends; none goes beyond it."""
        vocabulary, data = self.vocabulary, self.data
        cuts = [first + cut for cut in vocabulary.cuts(data[first:last])]
        opening = OPENING.encode()
        # Where the start part of each string ends, and the end part begins.
        start_cuts = []
        for start in starts:
            window = opening + data[start : min(start + 32, last)]
            farthest = start + max(vocabulary.reach(window, at) for at in range(len(opening))) - len(opening)
            start_cuts.append(cuts[bisect.bisect_left(cuts, max(farthest, start + 1))])
        joined = [vocabulary.joined_to_quote(data[first:end]) for end in ends]
        end_cuts = [cuts[bisect.bisect_right(cuts, end - size) - 1] for end, size in zip(ends, joined, strict=True)]
        # Tokenise in one go what is tokenised apart.
        whole = self._text(first, last)
        heads = [OPENING + self._text(start, cut) for start, cut in zip(starts, start_cuts, strict=True)]
        tails = [self._text(cut, end) for end, cut in zip(ends, end_cuts, strict=True)]
        direct = [  # within one piece
            (start, end)
            for start, cut in zip(starts, start_cuts, strict=True)
            for end, end_cut in self._after(start, cut, ends, end_cuts)
        ]
        vocabulary.remember([whole, *heads, *tails, *(OPENING + self._text(*pair) for pair in direct)])
        # The sentence's own tokens.
        node_at: dict[int, int] = {}
        at = first
        for token in vocabulary.encode(whole):
            node_at[at] = self._node(at, 2 * at)
            at += len(vocabulary.bytes_of[token])
        node_at[last] = self._node(last, 2 * last)
        places = list(node_at)
        for token, here, there in zip(vocabulary.encode(whole), places, places[1:], strict=False):
            self.edges[node_at[here]].append((token, node_at[there], there - here))
        for start, cut, head in zip(starts, start_cuts, heads, strict=True):
            self._path(0, start - len(opening), vocabulary.encode(head), start, node_at[cut])
        for end, cut, size, tail in zip(ends, end_cuts, joined, tails, strict=True):
            if size:
                self._joined(node_at[cut], cut, self.lead(tail), cut, end)
            elif tail:
                self._end(self._path(node_at[cut], cut, vocabulary.encode(tail), cut), cut, end)
            else:
                self._end(node_at[cut], cut, end)
        for start, end in direct:
            string = OPENING + self._text(start, end)
            if vocabulary.joined_to_quote(string.encode()):
                self._joined(0, start - len(opening), self.lead(string), start, end)
            else:
                self._end(self._path(0, start - len(opening), vocabulary.encode(string), start), start, end)

    def _after(self, start: int, cut: int, ends: list[int], end_cuts: list[int]) -> Iterator[tuple[int, int]]:
        """The ends of strings too short to have both parts."""
        for number in range(bisect.bisect_right(ends, start), len(ends)):
            if end_cuts[number] < cut:
                yield ends[number], end_cuts[number]
            elif ends[number] > cut + 16:
                return

    def _path(self, node: int, at: int, tokens: Tokens, start: int, target: int | None = None) -> int:
        """Adds the tokens from a node that stands before byte `at`, to the node given or one that is new."""
        for number, token in enumerate(tokens):
            after = at + len(self.vocabulary.bytes_of[token])
            size = max(after - start, 0) - max(at - start, 0)
            if number == len(tokens) - 1 and target is not None:
                new = target
            else:
                new = self._node(max(after, start), 2 * after if after > start else 2 * start - (after < start))
            self.edges[node].append((token, new, size))
            node, at = new, after
        return node

    def _end(self, node: int, start: int, end: int, rest: dict[str, Tokens] | None = None, extra: int = 0) -> None:
        letters = self.data[max(self.at[node], start) : end]
        self.ends[node].append(_End(letters, end, rest, extra))

    def _joined(self, node: int, at: int, lead: Lead, start: int, end: int) -> None:
        """The end of a string whose last letters a token may take in together with the quote."""
        if lead.regular:
            inside = next(iter(lead.inside.values()))
            self._end(self._path(node, at, inside, start), start, end, lead.rest, lead.extra)
            return
        for code, inside in lead.inside.items():
            self._end(self._path(node, at, inside, start), start, end, {code: lead.rest[code]}, NEAR)


class _End(NamedTuple):
    """The end of a string at a node: the `letters` it still has, and the tokens after, as of `Closing`. One that is
    not regular has several, each with some of the codes, and counts as far away."""

    letters: bytes
    end: int
    rest: dict[str, Tokens] | None
    extra: int


def _segments(text: str, offsets: list[int], style: Style) -> list[tuple[int, int]]:
    """The parts of a text that strings may be of: all of it, if there are escapes."""
    if style.escape:
        return [(0, offsets[-1])] if text else []
    breaks = [-1, *(match.start() for match in _BREAKS.finditer(text)), len(text)]
    parts = [(offsets[before + 1], offsets[after]) for before, after in itertools.pairwise(breaks)]
    return [(first, last) for first, last in parts if first < last]


def _determined(paths: _Paths) -> Strings:
    """The deterministic automaton: a state is the nodes that one sequence of tokens leads to."""
    numbers: dict[tuple[int, ...], int] = {(0,): 0}
    keys: list[tuple[int, ...]] = [(0,)]
    edges: list[dict[int, tuple[int, int]]] = []
    closings: list[list[Closing]] = []
    regular: list[list[int]] = []
    for key in keys:  # which grows on the way
        onward: dict[int, tuple[list[int], int]] = {}
        for node in key:
            for token, target, size in paths.edges[node]:
                onward.setdefault(token, ([], size))[0].append(target)
        found = {}
        for token, (targets, size) in onward.items():
            state = (targets[0],) if len(targets) == 1 else tuple(sorted(set(targets)))
            if state not in numbers:
                numbers[state] = len(keys)
                keys.append(state)
            found[token] = (numbers[state], size)
        edges.append(found)
        ends: dict[bytes, list[_End]] = {}
        for node in key:
            for end in paths.ends[node]:
                ends.setdefault(end.letters, []).append(end)
        closings.append([_closing(same) for same in ends.values()])
        regular.append([same[0].extra for same in ends.values() if same[0].extra < NEAR])
    near = np.zeros((len(keys), NEAR), np.int32)
    ranks = [min(paths.rank[node] for node in key) for key in keys]
    for number in sorted(range(len(keys)), key=lambda number: -ranks[number]):
        row = near[number]
        for extra in regular[number]:
            row[extra] += 1
        for next, _ in edges[number].values():
            row[1:] += near[next, :-1]
    likely = [_likely(paths, key, bool(ends)) for key, ends in zip(keys, closings, strict=True)]
    return Strings(edges, closings, np.minimum(near.cumsum(axis=1), MOST).astype(np.uint8), likely)


def _likely(paths: _Paths, key: tuple[int, ...], can_close: bool) -> int:
    """Names go on where the next word has a capital or is a number; what else can be closed is closed."""
    if len(key) > 3:  # at the beginning of a string
        return NO_GUESS
    onward = paths.edges[key[0]]
    after = paths.data[paths.at[key[0]] :][:2]
    name_goes_on = after[:1] == b"-" or (after[:1] == b" " and (after[1:].isupper() or after[1:].isdigit()))
    return onward[0][0] if onward and (name_goes_on or not can_close) else CLOSE


def _closing(same: list[_End]) -> Closing:
    rest = same[0].rest
    if rest is not None:
        rest = {code: tokens for end in same if end.rest for code, tokens in end.rest.items()}
    ends = {end.end for end in same}
    return Closing(rest, len(same[0].letters), min(ends), len(ends), same[0].extra < NEAR)
