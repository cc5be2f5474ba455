"""Precision, recall and F1 of predicted documents against gold ones (paper section 5).

What is compared in each task tells `objects.compare`; when an object is right, `matching`.
"""

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from kcjax.corpus.document import Document
from kcjax.corpus.prompt import TASKS, Task
from kcjax.errors import InputError
from kcjax.evaluate.bootstrap import f1_interval
from kcjax.evaluate.matching import MATCHES, Judged, KcRules, Match, judge
from kcjax.evaluate.objects import Comparison, aligned, compare
from kcjax.evaluate.predictions import Malformed

PARSE_FAILURES = ("truncated", "parse_error")
LOST = ("hallucinated", "off_schema", "repeated", "cleaned")  # counts of a row of `kcjax extract`


@dataclasses.dataclass(frozen=True)
class Counts:
    """`true_positives` of `predicted` objects are right, where there are `gold` ones. Scores are in percent, 0 where
    undefined."""

    true_positives: int = 0
    predicted: int = 0
    gold: int = 0

    @property
    def precision(self) -> float:
        return 100 * self.true_positives / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        return 100 * self.true_positives / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        return 200 * self.true_positives / (self.predicted + self.gold) if self.true_positives else 0.0

    def to_json(self) -> dict[str, Any]:
        return {"precision": self.precision, "recall": self.recall, "f1": self.f1, **dataclasses.asdict(self)}


@dataclasses.dataclass(frozen=True)
class MatchScores:
    """The scores of one task under one match.

    Attributes:
      micro: of all objects together, with type: classification, the headline.
      identification: of all objects, by place alone; of an argument also by the type of its event.
      types: of each type by itself, those of gold first; of an argument by event type and role.
      documents: `[documents, 3]`: right, predicted and gold objects of each document.
    """

    micro: Counts
    identification: Counts
    types: Mapping[str, Counts]
    documents: np.ndarray

    @property
    def macro_f1(self) -> float:
        """The mean F1 of the types that gold has."""
        f1 = [counts.f1 for counts in self.types.values() if counts.gold]
        return sum(f1) / len(f1) if f1 else 0.0

    def to_json(self) -> dict[str, Any]:
        return {
            **self.micro.to_json(),
            "f1_interval": list(f1_interval(self.documents)),
            "macro_f1": self.macro_f1,
            "identification": self.identification.to_json(),
            "types": {name: counts.to_json() for name, counts in self.types.items()},
        }


@dataclasses.dataclass(frozen=True)
class Scores:
    """What predictions are worth.

    Attributes:
      comparisons: the objects behind the scores, by task.
      statuses: how many prediction rows have each `status`, where they have one.
      lost: sums of the rows' counts of `LOST`, what the model wrote that became no object; None where no row has one.
      unknown_types: predicted objects of a type that neither the schema nor, without one, gold has.
      malformed: rows that could not be read.
    """

    tasks: Mapping[Task, Mapping[Match, MatchScores]]
    comparisons: Mapping[Task, Comparison]
    documents: int
    statuses: Mapping[str, int]
    lost: Mapping[str, int | None]
    unknown_types: Mapping[str, int]
    malformed: Sequence[Malformed]

    @property
    def parse_failure_rate(self) -> float | None:
        """Percent of the rows whose response could not be parsed to its end; None where no row has a status."""
        return self._rate(*PARSE_FAILURES)

    @property
    def truncation_rate(self) -> float | None:
        """Percent of the rows that ran out of new tokens."""
        return self._rate("truncated")

    def _rate(self, *statuses: str) -> float | None:
        rows = sum(many for status, many in self.statuses.items() if status != "malformed")
        return 100 * sum(self.statuses.get(status, 0) for status in statuses) / rows if rows else None

    def over_prediction(self, task: Task) -> dict[str, Any]:
        """Predicted objects for each gold one, and what was predicted where there is nothing."""
        counts = self.tasks[task]["string"].documents  # strict leaves out what has no place in the text
        empty = counts[counts[:, 2] == 0]
        predicted, gold = int(counts[:, 1].sum()), int(counts[:, 2].sum())
        return {
            "predicted_per_gold": predicted / gold if gold else None,
            "documents_without_gold": len(empty),
            "of_these_with_predictions": int((empty[:, 1] > 0).sum()),
        }

    def to_json(self) -> dict[str, Any]:
        """Task -> match -> precision, recall, f1 and more; then what stands beside the scores."""
        return {
            **{
                task: {match: found.to_json() for match, found in matches.items()}
                | {"over_prediction": self.over_prediction(task)}
                for task, matches in self.tasks.items()
            },
            "documents": self.documents,
            "parse_failure_rate": self.parse_failure_rate,
            "truncation_rate": self.truncation_rate,
            "hallucinated_spans": self.lost["hallucinated"],
            **{key: self.lost[key] for key in LOST if key != "hallucinated"},
            "unknown_types": dict(self.unknown_types),
            "statuses": dict(self.statuses),
            "malformed_rows": len(self.malformed),
            "malformed": [row.message for row in self.malformed[:20]],
        }


def score(
    gold: Iterable[Document],
    predictions: Iterable[Document],
    *,
    tasks: Sequence[Task] | None = None,
    schema: Collection[str] | None = None,
    rules: KcRules = KcRules(),
    malformed: Sequence[Malformed] = (),
) -> Scores:
    """Scores predictions, document by document of the same id; the order does not matter.

    Prediction rows may say in their extra keys what the extractor met: `status`, the counts of `LOST`, and what is
    `unplaced`; see `objects.unplaced_of`.

    Args:
      tasks: None for those of which gold or predictions hold objects.
      schema: the labels that were asked for, as of `labels_of`; None for those that gold has.
      rules: of the match "kc_compat".
      malformed: prediction rows that could not be read, as of `read_predictions`.

    Raises:
      InputError: the two have not the same ids, each once; the message names the first that is missing or too many.
    """
    documents, rows = aligned(gold, predictions, unreadable=frozenset(row.id for row in malformed))
    comparisons = compare(documents, rows, tasks=tasks or TASKS, malformed=malformed)
    if tasks is None:
        comparisons = {task: found for task, found in comparisons.items() if len(found.gold) or len(found.predicted)}
    scores: dict[Task, dict[Match, MatchScores]] = {}
    unknown: Counter[str] = Counter()
    for task, comparison in comparisons.items():
        scores[task] = {match: _match_scores(comparison, match, rules, schema) for match in MATCHES}
        known = np.isin(np.arange(len(comparison.labels)), comparison.gold.label)
        if schema is not None:
            known = np.array([label in schema for label in comparison.labels], bool)
        for label in comparison.predicted.label[~known[comparison.predicted.label]] if len(known) else ():
            unknown[comparison.labels[label]] += 1
    statuses = Counter(str(row.extra["status"]) for row in rows if "status" in row.extra)
    statuses.update({"malformed": len(malformed)} if malformed else {})
    return Scores(
        scores,
        comparisons,
        len(documents),
        statuses,
        {key: _sum(rows, key) for key in LOST},
        unknown,
        malformed,
    )


def _match_scores(comparison: Comparison, match: Match, rules: KcRules, schema: Collection[str] | None) -> MatchScores:
    judged = judge(comparison, match, rules=rules, schema=schema)
    places = judge(comparison, match, identification=True, rules=rules, schema=schema)
    by_type = counts_by(judged, judged.predicted.label, judged.gold.label, len(judged.labels))
    order = np.argsort(by_type[:, 2] == 0, kind="stable")
    types = {judged.labels[label]: Counts(*map(int, by_type[label])) for label in order if by_type[label, 1:].any()}
    by_document = counts_by(judged, judged.predicted.document, judged.gold.document, comparison.documents)
    return MatchScores(_counts(judged), _counts(places), types, by_document)


def _counts(judged: Judged) -> Counts:
    return Counts(int(judged.right.sum()), len(judged.predicted), len(judged.gold))


def counts_by(judged: Judged, predicted: np.ndarray, gold: np.ndarray, size: int) -> np.ndarray:
    """Right, predicted and gold objects of each of `size` parts, `[size, 3]`.

    Args:
      predicted, gold: the part of each object, `[N]`.
    """
    right = np.bincount(predicted, weights=judged.right, minlength=size)
    return np.stack([right, np.bincount(predicted, minlength=size), np.bincount(gold, minlength=size)], 1).astype(int)


def _sum(rows: Iterable[Document], key: str) -> int | None:
    total = None
    for row in rows:
        if key in row.extra:
            if not isinstance(row.extra[key], int):
                raise InputError(
                    f"predictions: {key} of the row {row.id!r} must be a count, found {row.extra[key]!r:.60}"
                )
            total = (total or 0) + row.extra[key]
    return total
