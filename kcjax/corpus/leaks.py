"""Whether sentences of evaluation files are in training files too, word for word or nearly."""

import dataclasses
import re
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np

from kcjax.corpus.document import Document
from kcjax.text import RUN_ON

_WORD = re.compile(rf"[{RUN_ON}]|[^\W{RUN_ON}]+")  # in scripts without spaces every character
_SHINGLE = 4  # words
_NEAR = 0.8  # of a sentence's shingles
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


@dataclasses.dataclass(frozen=True)
class Leak:
    """`share` of the evaluation document's runs of four words stand in the training document; 1.0: all of
    them."""

    evaluation: str
    training: str
    share: float


def find_leaks(training: Iterable[Document], evaluation: Iterable[Document], *, near: float = _NEAR) -> list[Leak]:
    """For every evaluation document that a training document repeats, the one which has most of it.

    Case, spaces and punctuation count for nothing. A document of fewer than four words leaks only if it is repeated as
    a whole.

    Args:
      near: the share of a document's runs of four words from which on it counts as repeated.
    """
    ids: list[str] = []
    words: dict[str, int] = {}
    whole: dict[tuple[int, ...], int] = {}
    hashes, owners = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
    for number, document in enumerate(training):
        text = tuple(words.setdefault(word, len(words) + 1) for word in _words(document.text))
        whole.setdefault(text, number)
        ids.append(document.id)
        found = _shingles(text)
        hashes.append(found)
        owners.append(np.full(len(found), number))
    all_hashes, all_owners = np.concatenate(hashes), np.concatenate(owners)
    order = np.argsort(all_hashes, kind="stable")
    all_hashes, all_owners = all_hashes[order], all_owners[order]
    leaks = []
    for document in evaluation:
        # Every word that no training document has is one of its own.
        text = tuple(words.get(word, len(words) + n) for n, word in enumerate(_words(document.text), start=1))
        if text and text in whole:
            leaks.append(Leak(document.id, ids[whole[text]], 1.0))
            continue
        shingles = np.unique(_shingles(text))
        first, last = (np.searchsorted(all_hashes, shingles, side) for side in ("left", "right"))
        spans = [np.unique(all_owners[a:b]) for a, b in zip(first, last, strict=True) if b > a]
        if spans and len(spans) >= near * len(shingles):
            found, counts = np.unique(np.concatenate(spans), return_counts=True)
            best = int(counts.argmax())
            if (share := counts[best] / len(shingles)) >= near:
                leaks.append(
                    Leak(document.id, ids[found[best]], 1.0 if share == 1 else min(0.999, round(float(share), 3)))
                )
    return leaks


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def _shingles(words: Sequence[int]) -> np.ndarray:
    """A hash of every run of four words."""
    known = np.asarray(words, np.uint64)
    if len(known) < _SHINGLE:
        return np.zeros(0, np.uint64)
    runs = np.lib.stride_tricks.sliding_window_view(known, _SHINGLE)
    with np.errstate(over="ignore"):
        value = np.zeros(len(runs), np.uint64)
        for column in runs.T:
            value = (value ^ column) * _MULTIPLIER
            value ^= value >> np.uint64(29)
    return value
