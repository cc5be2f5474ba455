"""Passages with two marked mentions, found by distant supervision: Google-IISc (GIDS), tab-separated.

Two ids, two names, the relation, and the passage, in which the names have underscores for blanks:

    /m/01	/m/02	Ada_Bow	Veld	/people/person/place_of_birth	Ada_Bow came from Veld . ###END###
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from kcjax.corpus.convert.rows import Row, text_rows
from kcjax.corpus.document import Document, Entity, Relation
from kcjax.corpus.release.reading import reading
from kcjax.errors import InputError
from kcjax.problems import Problems


def read(paths: Sequence[Path], *, prefix: str, problems: Problems) -> Iterator[Document]:
    """Yields the passages, with ids `PREFIX.NUMBER`, numbered from 0. Both mentions are of type `Entity`, since their
    classes are not told, and their underscores are made blanks. `NA` says there is no relation.

    Raises:
      InputError: a line has not six columns, or its mentions do not stand in its passage.
    """
    number = 0
    for path in paths:
        for row in text_rows(path, path.name, problems):
            document = None
            with reading(row.where, problems):
                document = _document(row, f"{prefix}.{number}")
            number += 1
            if document:
                yield document


def _document(row: Row, name: str) -> Document:
    columns = row.value.split("\t")
    if len(columns) != 6:
        raise InputError(f"{row.where}: {len(columns)} columns instead of six, separated by tabs")
    _, _, head, tail, label, text = columns
    text = text.strip().removesuffix("###END###").strip()
    spans = [_place(mention, text, row.where) for mention in (head, tail)]
    for start, end in spans:
        text = text[:start] + text[start:end].replace("_", " ") + text[end:]
    entities = tuple(Entity(start, end, text[start:end], "Entity") for start, end in spans)
    return Document(name, text, entities, () if label == "NA" else (Relation(label, 0, 1),))


def _place(mention: str, text: str, where: str) -> tuple[int, int]:
    shown = mention.strip("_ ")
    words = re.search(rf"(?<!\S){re.escape(mention)}(?!\S)", text)  # rather than a part of a word
    start = words.start() if words else text.find(mention)
    if start < 0 or not shown:
        raise InputError(f"{where}: {mention!r:.60} does not stand in the passage")
    start += mention.index(shown)
    return start, start + len(shown)
