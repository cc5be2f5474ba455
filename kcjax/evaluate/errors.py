"""What kind of mistake each wrong or missing object is, and which types are taken for which."""

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, get_args

import numpy as np

from kcjax.evaluate.matching import Judged

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
    theirs, ours = (np.column_stack([o.label, o.places]).tolist() for o in (judged.gold, judged.predicted))
    documents = judged.gold.document.tolist()
    found = {(documents[index], *theirs[index]) for index in np.flatnonzero(judged.found)}
    result = []
    for document in sorted(unfound.keys() | wrong.keys()):
        left = unfound[document]
        for kind, explains in _EXPLANATIONS:
            for predicted in list(wrong[document]):
                gold = next((g for g in left if explains(theirs[g], ours[predicted])), None)
                if gold is not None:
                    left.remove(gold)
                    wrong[document].remove(predicted)
                    result.append(Mistake(kind, document, gold, predicted))
        for predicted in wrong[document]:
            again = (document, *ours[predicted]) in found
            result.append(Mistake("duplicate" if again else "spurious", document, None, predicted))
        result += [Mistake("missed", document, gold, None) for gold in left]
    return result


def count_kinds(found: list[Mistake]) -> dict[Kind, int]:
    counts = Counter(mistake.kind for mistake in found)
    return {kind: counts[kind] for kind in KINDS if counts[kind]}


def confusion(judged: Judged, found: list[Mistake]) -> Mapping[tuple[str, str], int]:
    """(gold type, another that was predicted) -> how often; "" for none: what was missed, or is not in gold."""
    counts: Counter[tuple[str, str]] = Counter()
    for mistake in found:
        gold = "" if mistake.gold is None else judged.labels[judged.gold.label[mistake.gold]]
        predicted = "" if mistake.predicted is None else judged.labels[judged.predicted.label[mistake.predicted]]
        if gold != predicted:  # else the place is wrong
            counts[gold, predicted] += 1
    return counts


Found = Sequence[int]  # label, start, end, and of a relation's tail start and end, else -1


def _same_place(gold: Found, predicted: Found) -> bool:
    return gold[1:] == predicted[1:]


def _turned(gold: Found, predicted: Found) -> bool:
    label, start, end, *tail = gold
    return tail[0] >= 0 and [label, *tail, start, end] == predicted


def _overlapping(gold: Found, predicted: Found) -> bool:
    """Whether the mentions overlap; of relations, both ends."""
    _, a, b, c, d = gold
    _, e, f, g, h = predicted
    return a < f and e < b and (c < 0 or (c < h and g < d))


_EXPLANATIONS: tuple[tuple[Kind, Callable[[Found, Found], bool]], ...] = (
    ("wrong_type", _same_place),
    ("wrong_direction", _turned),
    ("wrong_boundary", lambda gold, predicted: gold[0] == predicted[0] and _overlapping(gold, predicted)),
    ("wrong_type_and_boundary", _overlapping),
)
