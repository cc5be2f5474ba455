"""Sentences of tokens with entities that may nest, JSON lines, as OneIE and CNN_Nested_NER prepare ACE and GENIA.

Numbers count tokens, the end exclusive; what else a line has is not read:

    {"sent_id": "7-0", "tokens": ["Ada", "runs"], "entity_mentions": [{"start": 0, "end": 1, "entity_type": "PER"}]}
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from kcjax.corpus.convert.rows import json_rows
from kcjax.corpus.document import Document, Entity
from kcjax.corpus.release.reading import reading, token_stretch
from kcjax.corpus.release.sentences import joined
from kcjax.problems import Problems


def read(paths: Sequence[Path], *, prefix: str, problems: Problems) -> Iterator[Document]:
    """Yields the sentences, with ids `PREFIX.SENT_ID`.

    Raises:
      InputError: a line is not as above, or an entity has tokens that are not there.
    """
    for path in paths:
        for row in json_rows(path, path.name, problems):
            document = None
            with reading(row.where, problems):
                text, _, tokens = joined([row.value["tokens"]])
                entities = (
                    Entity(
                        *token_stretch(text, tokens, found["start"], found["end"] - 1, row.where), found["entity_type"]
                    )
                    for found in row.value["entity_mentions"]
                )
                document = Document(f"{prefix}.{row.value['sent_id']}", text, tuple(dict.fromkeys(entities)))
            if document:
                yield document
