"""Micro precision, recall and F1 of predicted documents against gold ones (paper section 5).

What is compared, task by task, each gold object counted once:

* "ner": (type, mention). "re": (type, head, tail); direction counts, the ends' entity types do not.
* "ed": (type, trigger); several events of one type on one trigger count as one trigger.
* "eae": (event type, role, argument), with the gold triggers given.

A mention is its character span in the match "strict" and its string in the match "string".
"""

import dataclasses
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Literal, get_args

from kcjax.corpus.document import Document, Mention
from kcjax.corpus.prompt import TASKS, Task
from kcjax.errors import InputError

Match = Literal["strict", "string"]
MATCHES: tuple[Match, ...] = get_args(Match)
PARSE_FAILURES = ("truncated", "parse_error")


@dataclasses.dataclass(frozen=True)
class Counts:
    """`true_positives` of `predicted` objects are among the `gold` ones. Scores are in percent, 0 where undefined."""

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


@dataclasses.dataclass(frozen=True)
class Scores:
    """`counts` by task and match. `statuses` counts the prediction rows by their `status`, where they have one.

    `hallucinated_spans` and `off_schema` are the sums of the rows' counts; None where no row has one.
    """

    counts: Mapping[Task, Mapping[Match, Counts]]
    documents: int
    statuses: Mapping[str, int]
    hallucinated_spans: int | None
    off_schema: int | None

    @property
    def parse_failure_rate(self) -> float | None:
        """Percent of the rows whose response could not be parsed to its end; None where no row has a status."""
        rows = sum(self.statuses.values())
        return 100 * sum(self.statuses.get(status, 0) for status in PARSE_FAILURES) / rows if rows else None

    def to_json(self) -> dict[str, Any]:
        """Task -> match -> precision, recall, f1 and the counts behind them; then what stands beside the scores."""
        return {
            **{
                task: {
                    match: {
                        "precision": counts.precision,
                        "recall": counts.recall,
                        "f1": counts.f1,
                        **dataclasses.asdict(counts),
                    }
                    for match, counts in matches.items()
                }
                for task, matches in self.counts.items()
            },
            "documents": self.documents,
            "parse_failure_rate": self.parse_failure_rate,
            "hallucinated_spans": self.hallucinated_spans,
            "off_schema": self.off_schema,
            "statuses": dict(self.statuses),
        }


def score(gold: Iterable[Document], predictions: Iterable[Document], *, tasks: Sequence[Task] | None = None) -> Scores:
    """Scores predictions, document by document of the same id; the order does not matter.

    Prediction rows may say in their extra keys what the extractor met: `status`, and the counts `hallucinated` and
    `off_schema`.

    Args:
      tasks: None for those of which gold or predictions hold objects.

    Raises:
      InputError: the two have not the same ids, each once; the message names the first that is missing or too many.
    """
    predicted = _by_id(predictions, "predictions")
    totals = {(task, match): [0, 0, 0] for task in tasks or TASKS for match in MATCHES}
    seen: set[str] = set()
    for document in gold:
        if document.id in seen:
            raise InputError(f"gold: the id {document.id!r} occurs twice; make ids unique")
        seen.add(document.id)
        if document.id not in predicted:
            missing = "predict it, or leave it out of gold"
            raise InputError(f"predictions: there is no row for the gold document {document.id!r}; {missing}")
        if predicted[document.id].text != document.text:
            raise InputError(f"predictions: the row {document.id!r} is of another text than the gold document")
        for (task, match), total in totals.items():
            ours, theirs = _objects(task, match, predicted[document.id]), _objects(task, match, document)
            total[0] += _overlap(ours, theirs)
            total[1] += len(ours)
            total[2] += len(theirs)
    for id in predicted:
        if id not in seen:
            raise InputError(
                f"predictions: there is no gold document for the row {id!r}; remove the row, or add its gold"
            )
    if tasks is None:
        totals = {key: total for key, total in totals.items() if total[1] or total[2]}
    counts: dict[Task, dict[Match, Counts]] = {}
    for (task, match), total in totals.items():
        counts.setdefault(task, {})[match] = Counts(*total)
    rows = predicted.values()
    statuses = Counter(str(row.extra["status"]) for row in rows if "status" in row.extra)
    return Scores(counts, len(seen), statuses, _sum(rows, "hallucinated"), _sum(rows, "off_schema"))


def _by_id(documents: Iterable[Document], what: str) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for document in documents:
        if document.id in found:
            raise InputError(f"{what}: the id {document.id!r} occurs twice; make ids unique")
        found[document.id] = document
    return found


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


def _objects(task: Task, match: Match, document: Document) -> list[Hashable]:
    """What is compared, as a multiset."""

    def mention(found: Mention) -> Hashable:
        return (found.start, found.end) if match == "strict" else found.text

    if task == "ner":
        # `Entity` itself is no answer: relation extraction adds ends of that type that "ner" did not find.
        return [(e.type, mention(e)) for e in document.entities if e.type != "Entity"]
    if task == "re":
        ends = document.entities
        return [(r.type, mention(ends[r.head]), mention(ends[r.tail])) for r in document.relations]
    if task == "ed":
        triggers = {(e.type, e.trigger.start, e.trigger.end): e for e in document.events}
        return [(e.type, mention(e.trigger)) for e in triggers.values()]
    return [(e.type, a.role, mention(a)) for e in document.events for a in e.arguments]


def _overlap(predicted: list[Hashable], gold: list[Hashable]) -> int:
    """How many of the predicted are gold, each gold object counted once."""
    if not predicted or not gold:
        return 0
    left = Counter(gold)
    found = 0
    for item in predicted:
        if left.get(item, 0):
            left[item] -= 1
            found += 1
    return found
