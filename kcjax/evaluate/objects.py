"""What is compared: the objects of gold and predicted documents as columns of numbers, task by task.

Shape suffix: N objects, in the order of the documents.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from kcjax.corpus.document import Document, Mention
from kcjax.corpus.prompt import TASKS, Task
from kcjax.errors import InputError
from kcjax.evaluate.predictions import Malformed
from kcjax.schema.types import Schema

_NOWHERE = Mention(-1, -1, "")


@dataclasses.dataclass(frozen=True)
class Objects:
    """The objects of one task on one side.

    Attributes:
      document: `[N]`, the number of the object's document.
      label: `[N]`, an index into `Comparison.labels`: the type; of an argument its event type and role.
      group: `[N]`, the index of what identification wants to be the same besides the place: of an argument its event
        type, else 0.
      places: `[N, 4]`, start and end of the mention, and of a relation's tail; -1 where there is none, or where a
        prediction has no place in the text.
      texts: `[N, 2]`, indices into `Comparison.strings`, of which the first is "".
      repeats: `[N]`, whether it is a further event of that type on that trigger, which only `kc_compat` counts.
      confidence: `[N]`, NaN where none is given.
    """

    document: np.ndarray
    label: np.ndarray
    group: np.ndarray
    places: np.ndarray
    texts: np.ndarray
    repeats: np.ndarray
    confidence: np.ndarray

    def __len__(self) -> int:
        return len(self.document)

    @property
    def unread(self) -> np.ndarray:
        """`[N]`, whether it is an object of a row that could not be read, which is never right."""
        return self.texts[:, 0] == 0

    @property
    def unplaced(self) -> np.ndarray:
        """`[N]`, whether it was read, and has no place in the text."""
        return (self.places[:, 0] < 0) & ~self.unread

    def __getitem__(self, chosen: np.ndarray) -> "Objects":
        """Those of a mask or of indices."""
        return Objects(*(getattr(self, field.name)[chosen] for field in dataclasses.fields(self)))


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Gold and predicted objects of one task. A string or label has the same number on both sides."""

    task: Task
    gold: Objects
    predicted: Objects
    labels: tuple[str, ...]
    strings: tuple[str, ...]
    documents: int


def compare(
    gold: Sequence[Document],
    predictions: Sequence[Document],
    *,
    tasks: Sequence[Task] = TASKS,
    malformed: Iterable[Malformed] = (),
) -> dict[Task, Comparison]:
    """The objects of each task.

    * "ner": entities, but for those of class `Entity`, on both sides: relations have ends of that class, which are no
      entities that were asked for.
    * "re": relations, by head and tail; direction counts, the ends' entity types do not.
    * "ed": triggers; several events of one type on one trigger are one.
    * "eae": arguments, by event type, role and place, whatever their trigger.

    What a model wrote and the extractor found no place for (`unplaced` of its rows) is predicted, without a place.

    Args:
      predictions: of the same documents, in the same order.
      malformed: what could not be read; its objects are predicted, and stand nowhere.
    """
    number = {document.id: index for index, document in enumerate(gold)}
    broken = [(number[row.id], row) for row in malformed]
    found = {}
    for task in tasks:
        labels: dict[str, int] = {}
        strings: dict[str, int] = {"": 0}
        theirs, ours = (_Columns(task, labels, strings) for _ in range(2))
        for index, document in enumerate(gold):
            theirs.add(index, document)
        for index, document in enumerate(predictions):
            ours.add(index, document)
        for index, document in enumerate(predictions):
            for label, texts in unplaced_of(document, task):
                head, tail = (Mention(-1, -1, text) for text in (*texts, "")[:2])
                ours.append(index, label, label.partition(".")[0] if task == "eae" else "", head, tail, None)
        for index, row in broken:
            for label in row.objects.get(task, ()):
                if task != "ner" or label != "Entity":
                    ours.append(index, label, "", _NOWHERE, _NOWHERE, None)
        found[task] = Comparison(task, theirs.objects(), ours.objects(), tuple(labels), tuple(strings), len(gold))
    return found


def unplaced_of(document: Document, task: Task) -> Iterator[tuple[str, Sequence[str]]]:
    """(label, strings) of what a row says to be without a place: `[{"task", "label", "texts"}]`.

    Raises:
      InputError: the row's `unplaced` is something else.
    """
    for item in document.extra.get("unplaced", ()):
        try:
            label, texts = item["label"], item["texts"]
            if not isinstance(label, str) or not texts or not all(isinstance(t, str) and t for t in texts):
                raise TypeError
            if item["task"] == task:
                yield label, texts
        except (KeyError, TypeError) as error:
            raise InputError(
                f"predictions: unplaced of the row {document.id!r} must hold task, label and texts, found {item!r:.80}"
            ) from error


def labels_of(schema: Schema) -> frozenset[str]:
    """What objects of its types are counted under: the types' names, and of arguments the event's with the role's."""
    roles = (argument_label(event.name, role.name) for event in schema.events for role in event.roles)
    return frozenset((*schema.by_name, *roles))


def aligned(
    gold: Iterable[Document], predictions: Iterable[Document], *, unreadable: frozenset[str] = frozenset()
) -> tuple[list[Document], list[Document]]:
    """Both in the order of gold.

    Args:
      unreadable: ids of gold documents whose prediction could not be read: nothing is predicted for them.

    Raises:
      InputError: the two have not the same ids, each once, and the same texts; the message names the first.
    """
    predicted = _by_id(predictions, "predictions")
    documents = list(_by_id(gold, "gold").values())
    rows = []
    for document in documents:
        row = predicted.pop(document.id, None)
        if row is None and document.id not in unreadable:
            raise InputError(
                f"predictions: there is no row for the gold document {document.id!r}; "
                "predict it, or leave it out of gold"
            )
        if row is not None and row.text != document.text:
            raise InputError(f"predictions: the row {document.id!r} is of another text than the gold document")
        rows.append(row or Document(document.id, document.text))
    for id in predicted:
        raise InputError(f"predictions: there is no gold document for the row {id!r}; remove the row, or add its gold")
    return documents, rows


def _by_id(documents: Iterable[Document], what: str) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for document in documents:
        if document.id in found:
            raise InputError(f"{what}: the id {document.id!r} occurs twice; make ids unique")
        found[document.id] = document
    return found


class _Columns:
    """Objects on their way into arrays; written for millions of them."""

    def __init__(self, task: Task, labels: dict[str, int], strings: dict[str, int]):
        self.task, self.labels, self.strings = task, labels, strings
        self.rows: list[tuple[float, ...]] = []

    def append(
        self,
        document: int,
        label: str,
        group: str,
        first: Mention,
        second: Mention,
        confidence: float | None,
        repeats: bool = False,
    ) -> None:
        labels, strings = self.labels, self.strings
        self.rows.append(
            (
                document,
                labels.setdefault(label, len(labels)),
                strings.setdefault(group, len(strings)),
                first.start,
                first.end,
                second.start,
                second.end,
                strings.setdefault(first.text, len(strings)),
                strings.setdefault(second.text, len(strings)),
                repeats,
                np.nan if confidence is None else confidence,
            )
        )

    def add(self, number: int, document: Document) -> None:
        append = self.append
        if self.task == "ner":
            for e in document.entities:
                if e.type != "Entity":
                    append(number, e.type, "", e, _NOWHERE, e.confidence)
        elif self.task == "re":
            ends = document.entities
            for r in document.relations:
                append(number, r.type, "", ends[r.head], ends[r.tail], r.confidence)
        elif self.task == "ed":
            seen = set()
            for event in document.events:
                key = (event.type, event.trigger.start, event.trigger.end)
                append(number, event.type, "", event.trigger, _NOWHERE, event.confidence, key in seen)
                seen.add(key)
        else:
            for event in document.events:
                for a in event.arguments:
                    append(number, argument_label(event.type, a.role), event.type, a, _NOWHERE, event.confidence)

    def objects(self) -> Objects:
        table = np.array(self.rows, np.float64).reshape(-1, 11)  # exact for whole numbers up to 2^53
        whole = table[:, :10].astype(np.int64)
        return Objects(
            whole[:, 0],
            whole[:, 1],
            whole[:, 2],
            whole[:, 3:7],
            whole[:, 7:9],
            whole[:, 9].astype(bool),
            table[:, 10],
        )


def argument_label(event_type: str, role: str) -> str:
    """What an argument is counted under, type by type."""
    return f"{event_type}.{role}"
