"""A dataset's own labels made names of classes and roles."""

import dataclasses
import os
from collections.abc import Iterable, Iterator, Mapping

from kcjax.corpus.document import Document
from kcjax.errors import InputError
from kcjax.files import read_json
from kcjax.problems import Problems

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


def rename_labels(
    documents: Iterable[Document], labels: Labels, *, where: str = "", problems: Problems | None = None
) -> Iterator[Document]:
    """Documents whose types and roles are class and role names, looked up in the tables of `read_labels`.

    Args:
      where: the file they are from, for messages.
      problems: takes the documents with a label that is not in its table; by default the first one raises.

    Raises:
      InputError: a label is not in its table, and `problems` tolerates no more.
    """
    problems = problems or Problems()

    def name(table: str, label: str, document: Document) -> str:
        found = labels.get(table, {}).get(label)
        if found is None:
            said = f"{where}: " if where else ""
            raise InputError(f"{said}document {document.id}: the label {label!r} is not in the table {table}; add it")
        return found

    def renamed(document: Document) -> Document:
        return dataclasses.replace(
            document,
            entities=tuple(dataclasses.replace(e, type=name("entities", e.type, document)) for e in document.entities),
            relations=tuple(
                dataclasses.replace(r, type=name("relations", r.type, document)) for r in document.relations
            ),
            events=tuple(
                dataclasses.replace(
                    e,
                    type=name("events", e.type, document),
                    arguments=tuple(dataclasses.replace(a, role=name("roles", a.role, document)) for a in e.arguments),
                )
                for e in document.events
            ),
        )

    for document in documents:
        made = None
        with problems.skipping():
            made = renamed(document)
        if made:
            yield made
