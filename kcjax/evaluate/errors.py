"""What kind of mistake each wrong or missing object is, and which types are taken for which."""

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import Literal, get_args

import numpy as np

from kcjax.evaluate.matching import Judged
from kcjax.evaluate.objects import Objects

Kind = Literal[
    "wrong_type", "wrong_boundary", "wrong_type_and_boundary", "wrong_direction", "duplicate", "spurious", "missed"
]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclasses.dataclass(frozen=True)
class Mistake:
    """`gold` and `predicted` index into the objects judged; None where there is none on that side."""

    kind: Kind
    document: int
    gold: int | None
    predicted: int | None


def mistakes(judged: Judged) -> list[Mistake]:
    """The mistakes of strict matching, document by document. Each gold object explains one wrong prediction at most.

    * wrong_type: the place of a gold object of another type.
    * wrong_direction: a relation of the same type, head and tail exchanged.
    * wrong_boundary: overlaps a gold object of the same type (of a relation: both ends do).
    * wrong_type_and_boundary: overlaps a gold object of another type.
    * duplicate: a gold object that another prediction has found.
    * spurious: nothing of these. * missed: a gold object that no prediction comes near.
    """
    unfound, wrong = defaultdict(list), defaultdict(list)
    for index in np.flatnonzero(~judged.found):
        unfound[int(judged.gold.document[index])].append(int(index))
    for index in np.flatnonzero(~judged.right):
        wrong[int(judged.predicted.document[index])].append(int(index))
    found = set(zip(*(column[judged.found].tolist() for column in _key(judged.gold)), strict=True))
    key = list(zip(*(column.tolist() for column in _key(judged.predicted)), strict=True))
    result = []
    for document in sorted(unfound.keys() | wrong.keys()):
        left = unfound[document]
        for kind, explains in _EXPLANATIONS:
            for predicted in list(wrong[document]):
                gold = next((g for g in left if explains(judged, g, predicted)), None)
                if gold is not None:
                    left.remove(gold)
                    wrong[document].remove(predicted)
                    result.append(Mistake(kind, document, gold, predicted))
        for predicted in wrong[document]:
            again = key[predicted] in found
            result.append(Mistake("duplicate" if again else "spurious", document, None, predicted))
        result += [Mistake("missed", document, gold, None) for gold in left]
    return result


def count_kinds(found: list[Mistake]) -> dict[Kind, int]:
    counts = Counter(mistake.kind for mistake in found)
    return {kind: counts[kind] for kind in KINDS if counts[kind]}


def confusion(judged: Judged, found: list[Mistake]) -> Mapping[tuple[str, str], int]:
    """(gold type, predicted type) -> how often; "" for a gold object that was missed, or a prediction without gold."""
    counts: Counter[tuple[str, str]] = Counter()
    for label, many in zip(*np.unique(judged.predicted.label[judged.right], return_counts=True), strict=True):
        counts[judged.labels[label], judged.labels[label]] += int(many)
    for mistake in found:
        gold = "" if mistake.gold is None else judged.labels[judged.gold.label[mistake.gold]]
        predicted = "" if mistake.predicted is None else judged.labels[judged.predicted.label[mistake.predicted]]
        counts[gold, predicted] += 1
    return counts


def _key(objects: Objects) -> tuple[np.ndarray, ...]:
    return objects.document, objects.label, *objects.places.T


def _same_place(judged: Judged, gold: int, predicted: int) -> bool:
    return bool((judged.gold.places[gold] == judged.predicted.places[predicted]).all())


def _same_type(judged: Judged, gold: int, predicted: int) -> bool:
    return bool(judged.gold.label[gold] == judged.predicted.label[predicted])


def _turned(judged: Judged, gold: int, predicted: int) -> bool:
    places = judged.gold.places[gold]
    return places[2] >= 0 and bool((places[[2, 3, 0, 1]] == judged.predicted.places[predicted]).all())


def _overlapping(judged: Judged, gold: int, predicted: int) -> bool:
    """Whether the mentions overlap; of relations, both ends."""
    one, two = judged.gold.places[gold], judged.predicted.places[predicted]
    first = one[0] < two[1] and two[0] < one[1]
    return bool(first and (one[2] < 0 or (one[2] < two[3] and two[2] < one[3])))


_EXPLANATIONS: tuple[tuple[Kind, Callable[[Judged, int, int], bool]], ...] = (
    ("wrong_type", _same_place),
    ("wrong_direction", lambda judged, g, p: _turned(judged, g, p) and _same_type(judged, g, p)),
    ("wrong_boundary", lambda judged, g, p: _overlapping(judged, g, p) and _same_type(judged, g, p)),
    ("wrong_type_and_boundary", _overlapping),
)
