"""Sentences of the New York Times with relations of Freebase, JSON lines without offsets.

`start` counts the entities:

    {"sentText": "Ada Bow of Veld", "relationMentions": [{"em1Text": "Ada Bow", "em2Text": "Veld",
     "label": "/people/person/place_lived"}], "entityMentions": [{"start": 0, "label": "PERSON", "text": "Ada Bow"},
     {"start": 1, "label": "LOCATION", "text": "Veld"}]}
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kcjax.corpus.convert.rows import json_rows
from kcjax.corpus.document import Document, Entity, Relation
from kcjax.corpus.release.reading import reading
from kcjax.corpus.release.sentences import report
from kcjax.problems import Problems


def read(paths: Sequence[Path], *, prefix: str, problems: Problems) -> Iterator[Document]:
    """Yields the sentences, with ids `PREFIX.NUMBER`, numbered from 0.

    `start` counts entities, so a mention is looked for: it is the first place where its words stand. Left out and
    counted are mentions that are not found, and relations that have one of them, or what is no entity, for an end.

    Raises:
      InputError: a line is not as above.
    """
    left_out, number = Counter[str](), 0
    for path in paths:
        for row in json_rows(path, path.name, problems):
            document = None
            with reading(row.where, problems):
                document = _document(row.value, f"{prefix}.{number}", left_out)
            number += 1
            if document:
                yield document
    report(left_out, prefix)


def _document(row: Mapping[str, Any], name: str, left_out: Counter[str]) -> Document:
    text = row["sentText"].strip()
    entities: dict[tuple[str, str], Entity] = {}
    index: dict[str, int] = {}
    for mention in row["entityMentions"]:
        found = re.search(rf"(?<!\w){re.escape(mention['text'])}(?!\w)", text) if mention["text"].strip() else None
        if not found:
            left_out["mention that does not stand in its sentence"] += 1
        else:
            index.setdefault(mention["text"], len(entities))
            entities[mention["text"], mention["label"]] = Entity(*found.span(), mention["text"], mention["label"])
    relations: dict[Relation, None] = {}
    for relation in row["relationMentions"]:
        head, tail = (index.get(relation[key]) for key in ("em1Text", "em2Text"))
        if relation["label"] == "None":  # pairs without relation, in the file before selection
            continue
        if head is None or tail is None:
            left_out["relation with an end that is no entity of the sentence"] += 1
        else:
            relations[Relation(relation["label"], head, tail)] = None
    return Document(name, text, tuple(entities.values()), tuple(relations))
