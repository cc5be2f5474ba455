"""Files of predictions, in which a row may be bad: it is told, and counts as wrong."""

import contextlib
import dataclasses
import logging
import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from kcjax.corpus.document import Document, document_from_json
from kcjax.corpus.prompt import Task
from kcjax.errors import InputError
from kcjax.files import read_jsonl
from kcjax.problems import Problems

log = logging.getLogger(__name__)
_LISTS: dict[Task, str] = {"ner": "entities", "re": "relations", "ed": "events"}
_TOLD = 20  # bad rows that are told in full


@dataclasses.dataclass(frozen=True)
class Malformed:
    """A prediction row that could not be read.

    Attributes:
      id: of the gold document it counts for.
      message: what is wrong with it, with file, line and field.
      objects: task -> the types of the objects it lists, each of which counts as predicted and wrong.
    """

    id: str
    message: str
    objects: Mapping[Task, Sequence[str]]


class Broken(Problems):
    """Keeps what goes wrong: (the gold document it is for, if known, what is wrong, the row if there is one)."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[str | None, str, Any]] = []

    def add(self, problem: InputError) -> None:
        self.rows.append((None, str(problem), None))

    def malformed(self, gold: Sequence[Document], read: Collection[str]) -> list[Malformed]:
        """Tells them, each for a gold document; one that is for none is for the first that no other row is for.

        Args:
          read: the ids of the rows that could be read.

        Raises:
          InputError: there are more than there are gold documents without a row.
        """
        for _, message, _ in self.rows[:_TOLD]:
            log.warning("counted as wrong: %s", message)
        if len(self.rows) > _TOLD:
            log.warning("counted as wrong: %d more rows that cannot be read", len(self.rows) - _TOLD)
        taken = {*read, *(id for id, _, _ in self.rows)}
        for_nobody = iter([d.id for d in gold if d.id not in taken])
        malformed = []
        for id, message, row in self.rows:
            id = id or next(for_nobody, None)
            if id is None:
                raise InputError(f"{message}; and there is no gold document left that it could be for")
            malformed.append(Malformed(id, message, _listed(row)))
        return malformed


def read_predictions(path: str | os.PathLike, gold: Sequence[Document]) -> tuple[list[Document], list[Malformed]]:
    """The rows of a JSONL file of predictions, and what was wrong with the others.

    A row that is no JSON, has no id, or whose id an earlier row has, is taken to be for the gold documents that no
    other row is for, one after the other. A row without an id gets its line number, as gold documents do.

    Raises:
      InputError: the file is missing, or has more rows that cannot be read than there are gold documents without one.
    """
    known = {document.id for document in gold}
    documents: dict[str, Document] = {}
    broken = Broken()
    for where, row in read_jsonl(path, problems=broken):
        try:
            row.setdefault("id", line_number(where))
            document = document_from_json(row, where=where)
            if document.id in documents:
                raise InputError(f"{where}: the id {document.id!r} is that of an earlier row; make ids unique")
            documents[document.id] = document
        except InputError as error:
            id = row["id"]
            broken.rows.append((id if isinstance(id, str) and id in known else None, str(error), row))
    return list(documents.values()), broken.malformed(gold, documents)


def line_number(where: str) -> str:
    """Of `FILE:LINE`."""
    return where.rpartition(":")[2]


def _listed(row: Any) -> dict[Task, list[str]]:
    """The types of the objects that a bad row lists, as far as they can be made out."""
    listed: dict[Task, list[str]] = {}
    if not isinstance(row, dict):
        return listed
    for task, key in _LISTS.items():
        items = row.get(key)
        listed[task] = [_type_of(item) for item in items] if isinstance(items, list) else []
    events = row.get("events")
    listed["eae"] = []
    for event in events if isinstance(events, list) else []:
        with contextlib.suppress(AttributeError, TypeError):
            listed["eae"] += [f"{_type_of(event)}.{_type_of(argument, 'role')}" for argument in event["arguments"]]
    return listed


def _type_of(item: Any, key: str = "type") -> str:
    found = item.get(key, item.get("label")) if isinstance(item, dict) else None
    return found if isinstance(found, str) else "?"
