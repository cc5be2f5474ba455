"""Sentences of tokens with entities and relations between them, a JSON list, as made for SpERT.

Numbers count tokens, the end exclusive, and entities:

    [{"tokens": ["Ada", "runs", "Arvo"], "entities": [{"type": "Peop", "start": 0, "end": 1},
      {"type": "Org", "start": 2, "end": 3}], "relations": [{"type": "Work_For", "head": 0, "tail": 1}], "orig_id": 7}]
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from kcjax.corpus.convert.rows import json_rows
from kcjax.corpus.document import Document, Entity, Relation
from kcjax.corpus.release.reading import reading
from kcjax.corpus.release.sentences import joined
from kcjax.errors import InputError
from kcjax.problems import Problems


def read(paths: Sequence[Path], *, prefix: str, problems: Problems) -> Iterator[Document]:
    """Yields the sentences, with ids `PREFIX.NUMBER`: their `orig_id` or, without one, their place from 0.

    Raises:
      InputError: an object is not as above, or names tokens or entities that are not there.
    """
    for path in paths:
        for place, row in enumerate(json_rows(path, path.name, problems)):
            document = None
            with reading(row.where, problems):
                text, _, spans = joined([row.value["tokens"]])
                entities = []
                for entity in row.value["entities"]:
                    first, last = entity["start"], entity["end"] - 1
                    if not 0 <= first <= last < len(spans):
                        raise InputError(f"{row.where}: an entity has the tokens {first} to {last} of {len(spans)}")
                    start, end = spans[first][0], spans[last][1]
                    entities.append(Entity(start, end, text[start:end], entity["type"]))
                relations = tuple(Relation(r["type"], r["head"], r["tail"]) for r in row.value["relations"])
                if any(not 0 <= end < len(entities) for r in relations for end in (r.head, r.tail)):
                    raise InputError(f"{row.where}: a relation has an end that is none of {len(entities)} entities")
                document = Document(f"{prefix}.{row.value.get('orig_id', place)}", text, tuple(entities), relations)
            if document:
                yield document
