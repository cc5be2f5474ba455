"""Which types a sentence may have instances of: its words against the words of the types (BM25), names of types and of
their best known instances that stand in it, what relations and subtypes match, and how common a type is.

Scores of words are computed when the index is made (as in bm25s, arXiv 2407.03618): asking is adding up a few arrays.
The weights were chosen on the sentences with triples that `benchmarks/type_retrieval.py` calls train.
"""

import re
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import repeat

import numpy as np
import Stemmer

_WORD = re.compile(r"[^\W_]+")
_K1, _B = 1.2, 0.75
_COMMONEST = 0.1  # a word of more than this share of the types tells nothing
_BLOCK = 1 << 21  # words kept before those of a type are added up
_stemmer = Stemmer.Stemmer("english")


def key_of(text: str) -> str:
    """Names that differ in case and space alone are one."""
    return " ".join(text.casefold().split())


def terms(text: str) -> list[str]:
    """The stems of the words of a text, in its order."""
    return _stemmer.stemWords(_WORD.findall(text.casefold()))


class IndexWriter:
    """Collects the words of every type, and gives each term's types and their scores."""

    def __init__(self) -> None:
        self.types = 0
        self.words: defaultdict[str, int] = defaultdict()
        self.words.default_factory = self.words.__len__  # a new word gets the next number
        self.pending = array("i"), array("i"), array("f")  # type, word, weight
        self.blocks: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    def add(self, fields: Iterable[tuple[str, float]]) -> None:
        """Adds the next type; `fields` are texts, and how much a word of each counts."""
        types, words, weights = self.pending
        for text, weight in fields:
            words.extend(map(self.words.__getitem__, _WORD.findall(text.casefold())))
            weights.extend(repeat(weight, len(words) - len(weights)))
        types.extend(repeat(self.types, len(words) - len(types)))
        self.types += 1
        if len(words) > _BLOCK:
            self._add_up()

    def _add_up(self) -> None:
        types, words, weights = (np.asarray(column) for column in self.pending)
        key, place = np.unique(types.astype(np.int64) << 32 | words, return_inverse=True)
        summed = np.bincount(place, weights, len(key)).astype(np.float32)
        self.blocks.append(((key >> 32).astype(np.int32), (key & 0xFFFFFFFF).astype(np.int32), summed))
        self.pending = array("i"), array("i"), array("f")

    def postings(self) -> Iterator[tuple[str, bytes]]:
        """(term, its types as int32 and then their scores as float32, little-endian), in the order of the terms."""
        self._add_up()
        types, words, weights = (np.concatenate(column) for column in zip(*self.blocks, strict=True))
        self.blocks.clear()
        stems = _stemmer.stemWords(list(self.words))
        names, stem_of = np.unique(np.array(stems, dtype=object), return_inverse=True)
        found = stem_of.astype(np.int32)[words]
        lengths = np.bincount(types, weights, self.types)
        norm = _K1 * (1 - _B + _B * lengths / max(lengths.sum() / max(self.types, 1), 1e-9))
        order = np.lexsort((types, found))
        types, found, weights = types[order], found[order], weights[order]
        # Two words of a type may have one stem.
        first = np.flatnonzero(np.diff(found, prepend=-1) | np.diff(types, prepend=-1))
        types, found, weights = types[first], found[first], np.add.reduceat(weights, first)
        starts = np.searchsorted(found, np.arange(len(names) + 1))
        count = np.diff(starts)
        idf = np.log(1 + (self.types - count + 0.5) / (count + 0.5))
        scores = idf[found] * weights * (_K1 + 1) / (weights + norm[types])
        data = types.astype("<i4").tobytes(), scores.astype("<f4").tobytes()
        for name, start, end in zip(names, (4 * starts[:-1]).tolist(), (4 * starts[1:]).tolist(), strict=True):
            if end - start <= 4 * max(20, _COMMONEST * self.types):
                yield name, data[0][start:end] + data[1][start:end]


def score(postings: Iterable[bytes], types: int) -> np.ndarray:
    """The BM25 scores of all types, float32 `[types]`, from the postings of the words of a text."""
    scores = np.zeros(types, np.float32)
    for blob in postings:
        half = len(blob) // 2
        scores[np.frombuffer(blob[:half], "<i4")] += np.frombuffer(blob[half:], "<f4")
    return scores


_LONGEST = 6  # words of a name
_OF_TYPE, _OF_INSTANCE = 1.0, 2.0  # what a name in the sentence counts, times log(types / types with that name)
_END = 0.4  # share of a relation's score that the types of its ends get
_CHILD, _GENERATIONS = 0.7, 3  # share of a type's score that its parents have at least
_PRIOR = 2.0  # times log(1 + instances)


def phrases(text: str) -> dict[str, bool]:
    """What may be names in a text, as their keys, and whether they begin like names of single things: with a capital
    letter or a digit."""
    spans = [match.span() for match in _WORD.finditer(text)]
    found: dict[str, bool] = {}
    for first, (start, _) in enumerate(spans):
        begins = text[start].isupper() or text[start].isdigit()
        for _, end in spans[first : first + _LONGEST]:
            key = key_of(text[start:end])
            found[key] = found.get(key, False) or begins
    return found


def likely(
    words: np.ndarray,
    of_types: Iterable[list[int]],
    of_instances: Iterable[list[int]],
    ends: tuple[np.ndarray, np.ndarray],
    edges: tuple[np.ndarray, np.ndarray],
    instances: np.ndarray,
) -> np.ndarray:
    """How likely types are in a sentence, float32 `[types]`; the scores compare within one sentence.

    Args:
      words: the scores of its words, float32 `[types]`.
      of_types, of_instances: for each name in it, the types that have this name, or an instance of it.
      ends: (relation, type of its head or tail), int32 `[ends]` each.
      edges: (child, parent), int32 `[edges]` each.
      instances: of every type, float32 `[types]`.
    """
    scores = words.copy()
    for names, weight in ((of_types, _OF_TYPE), (of_instances, _OF_INSTANCE)):
        best = np.zeros_like(scores)
        for numbers in names:
            best[numbers] = np.maximum(best[numbers], weight * np.log(len(scores) / len(numbers)))
        scores += best
    relations, types = ends
    best = np.zeros_like(scores)
    np.maximum.at(best, types, _END * scores[relations])
    scores += best
    children, parents = edges
    for _ in range(_GENERATIONS):
        np.maximum.at(scores, parents, _CHILD * scores[children])
    return scores + _PRIOR * np.log1p(instances)
