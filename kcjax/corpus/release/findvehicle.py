"""FindVehicle: JSON lines with labels and offsets.

{"id": 7, "data": "a red Aro Veld .", "ner_label": [["vehicle_color", 2, 5, "red", 1, 2, ["red"]]], "re_label": []}
"""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kcjax.corpus.convert.rows import field, json_rows
from kcjax.corpus.document import Document, Entity
from kcjax.corpus.release.reading import stretch
from kcjax.errors import InputError
from kcjax.problems import Problems


def read(paths: Sequence[Path], *, prefix: str, problems: Problems) -> Iterator[Document]:
    """Yields a document for each sentence, with ids `PREFIX.ID`. A sentence that stands in several rows on end, since
    what is marked in it overlaps, is one document with the mentions of all of them, and the id of the first.

    Raises:
      InputError: a row is not as above, or an offset does not fit the text.
    """
    last: Document | None = None
    for path in paths:
        for row in json_rows(path, path.name, problems):
            with problems.skipping():
                text = field(row.value, "data", str, row.where)
                labels = field(row.value, "ner_label", list, row.where)
                entities = tuple(_entity(label, text, row.where) for label in labels)
                document = Document(f"{prefix}.{field(row.value, 'id', int, row.where)}", text, entities)
                if last and last.text == text:
                    document = dataclasses.replace(last, entities=tuple(dict.fromkeys((*last.entities, *entities))))
                elif last:
                    yield last
                last = document
    if last:
        yield last


def _entity(label: Any, text: str, where: str) -> Entity:
    match label:
        case [str(name), int(start), int(end), str(mention), *_]:
            return Entity(*stretch(text, start, end, where, mention), name)
    raise InputError(f"{where}: {label!r:.60} in ner_label is not [LABEL, START, END, TEXT, ...]; write it so")
