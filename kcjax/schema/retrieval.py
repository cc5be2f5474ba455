"""Which types a sentence may have instances of: words of the sentence against words of the types (BM25), lifted by how
common a type is and by what its subtypes match.

Scores are computed when the index is made (as in bm25s, arXiv 2407.03618), so that asking is adding up a few arrays.
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
        norm = _K1 * (1 - _B + _B * lengths / max(lengths.mean(), 1e-9))
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


_PRIOR, _SUPPORT = 1.0, 0.5


def with_support(scores: np.ndarray, edges: tuple[np.ndarray, np.ndarray], prior: np.ndarray) -> np.ndarray:
    """Scores with what children give their parents, and with how common a type is; all float32 `[types]`.

    Args:
      edges: (child, parent), int32 `[edges]` each.
    """
    children, parents = edges
    lifted = scores.copy()
    for _ in range(2):  # children and grandchildren
        np.maximum.at(lifted, parents, _SUPPORT * lifted[children])
    return lifted + _PRIOR * prior
