"""A dataset's own labels made names of classes and roles."""

import dataclasses
import os
from collections.abc import Callable, Mapping

from kcjax.corpus.document import Document
from kcjax.errors import InputError
from kcjax.files import read_json

TABLES = ("entities", "relations", "events", "roles")
Labels = Mapping[str, Mapping[str, str]]


def read_labels(path: str | os.PathLike) -> Labels:
    """Reads `{"entities": {LABEL: CLASS}, "relations": {...}, "events": {...}, "roles": {LABEL: ROLE}}`.

    An entity label of class `Entity` says no more than that there is one. A table may be absent.

    Raises:
      InputError: there is another table, or one does not map labels to names.
    """
    tables = read_json(path)
    for key, table in tables.items():
        if key not in TABLES:
            raise InputError(f"{path}: {key!r} is no table of labels; write one for each of {', '.join(TABLES)}")
        if not isinstance(table, dict):
            raise InputError(f"{path}: {key} must be an object of labels and names, found {table!r:.60}")
        for label, name in table.items():
            if not isinstance(name, str):
                raise InputError(f"{path}: {key}: the label {label!r} must have a name, found {name!r:.60}")
    return tables


def renaming(labels: Labels) -> Callable[[Document], Document]:
    """What makes a document's types and roles names of classes and roles, looked up in the tables of `read_labels`.

    It raises an `InputError` where a label is not in its table.
    """

    def name(table: str, label: str) -> str:
        found = labels.get(table, {}).get(label)
        if found is None:
            raise InputError(f"the label {label!r} is not in the table {table}; add it")
        return found

    def renamed(document: Document) -> Document:
        return dataclasses.replace(
            document,
            entities=tuple(dataclasses.replace(e, type=name("entities", e.type)) for e in document.entities),
            relations=tuple(dataclasses.replace(r, type=name("relations", r.type)) for r in document.relations),
            events=tuple(
                dataclasses.replace(
                    e,
                    type=name("events", e.type),
                    arguments=tuple(dataclasses.replace(a, role=name("roles", a.role)) for a in e.arguments),
                )
                for e in document.events
            ),
        )

    return renamed
