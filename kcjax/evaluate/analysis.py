"""All that a report tells of one task beside its scores, as plain JSON."""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kcjax.corpus.document import Document
from kcjax.corpus.prompt import Task
from kcjax.evaluate.confidence import confidence_of
from kcjax.evaluate.errors import Mistake, confusion, count_kinds, mistakes
from kcjax.evaluate.matching import Judged, judge
from kcjax.evaluate.objects import Comparison
from kcjax.evaluate.slices import (
    Slices,
    by_seen,
    by_text_length,
    by_type_distance,
    by_type_frequency,
    seen_mentions,
    trained,
    type_frequencies,
)

_EXAMPLES = 12
_CONFUSIONS = 40


@dataclasses.dataclass(frozen=True)
class Background:
    """What is known of a model's training. Each may be absent, and its slices with it.

    Attributes:
      training: the documents of the dataset's own training split.
      distances: type -> its distance from those trained on.
    """

    training: Sequence[Document] | None = None
    distances: Mapping[str, float] | None = None


def analyse(comparison: Comparison, documents: Sequence[Document], background: Background) -> dict[str, Any]:
    """Mistakes by kind, types taken for others, examples, confidence and slices of a task, under strict matching.

    Args:
      documents: the gold documents, in the order of the comparison.
    """
    judged = judge(comparison, "strict")
    found = mistakes(judged)
    confused = sorted(confusion(judged, found).items(), key=lambda item: (-item[1], item[0]))
    slices: dict[str, Slices] = {"text_length": by_text_length(judged, documents)}
    if background.training is not None:
        training = trained(comparison.task, background.training)
        slices["seen"] = by_seen(judged, comparison.strings, seen_mentions(training))
        slices["type_frequency"] = by_type_frequency(judged, type_frequencies(training))
    if background.distances is not None:
        slices["type_distance"] = by_type_distance(judged, background.distances)
    confidence = confidence_of(judged)
    return {
        "mistakes": count_kinds(found),
        "confusion": [[gold, predicted, many] for (gold, predicted), many in confused[:_CONFUSIONS]],
        "confusion_left_out": max(len(confused) - _CONFUSIONS, 0),
        "slices": {name: {part: counts.to_json() for part, counts in parts.items()} for name, parts in slices.items()},
        "confidence": confidence.to_json() if confidence else None,
        "examples": _examples(comparison.task, judged, found, documents),
    }


def _examples(
    task: Task, judged: Judged, found: Sequence[Mistake], documents: Sequence[Document]
) -> list[dict[str, Any]]:
    """Documents with mistakes, of every kind some, evenly spread over the dataset."""
    kinds: dict[str, dict[int, None]] = {}
    for mistake in found:
        kinds.setdefault(mistake.kind, {})[mistake.document] = None
    each = _EXAMPLES // max(len(kinds), 1)
    of_kinds = itertools.zip_longest(*(_spread(list(numbers), each) for numbers in kinds.values()))
    numbers = [n for n in itertools.chain(*of_kinds) if n is not None]
    others = sorted({mistake.document for mistake in found}.difference(numbers))
    numbers = list(dict.fromkeys(numbers))
    chosen = sorted(numbers + _spread(others, _EXAMPLES - len(numbers)))
    told: dict[int, list[Mistake]] = {number: [] for number in chosen}
    for mistake in found:
        if mistake.document in told:
            told[mistake.document].append(mistake)
    return [
        {
            "id": documents[number].id,
            "text": documents[number].text,
            "right": [_mark(judged, "predicted", i) for i in _right(judged, number)],
            "mistakes": [
                {
                    "kind": mistake.kind,
                    "gold": None if mistake.gold is None else _mark(judged, "gold", mistake.gold),
                    "predicted": None if mistake.predicted is None else _mark(judged, "predicted", mistake.predicted),
                }
                for mistake in told[number]
            ],
        }
        for number in chosen
    ]


def _spread(numbers: list[int], many: int) -> list[int]:
    """`many` of them, evenly spread; all where there are no more."""
    at = np.linspace(0, len(numbers) - 1, min(many, len(numbers))).round().astype(int)
    return [numbers[i] for i in at]


def _right(judged: Judged, document: int) -> list[int]:
    return (judged.right & (judged.predicted.document == document)).nonzero()[0].tolist()


def _mark(judged: Judged, side: str, index: int) -> dict[str, Any]:
    """`{"type", "spans": [[start, end], ...]}`; of a relation two spans."""
    objects = judged.gold if side == "gold" else judged.predicted
    places = objects.places[index].tolist()
    spans = [places[:2], places[2:]] if places[2] >= 0 else [places[:2]]
    return {"type": judged.labels[objects.label[index]], "spans": [s for s in spans if s[0] >= 0]}
