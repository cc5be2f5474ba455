"""Documents of sentences of tokens, with entities and relations, JSON lines: SciERC, and sets made for DyGIE++.

Numbers count the tokens of the whole document, the last one included:

    {"doc_key": "A1", "sentences": [["We", "use", "trees", "for", "parsing", "."]],
     "ner": [[[2, 2, "Method"], [4, 4, "Task"]]], "relations": [[[2, 2, 4, 4, "USED-FOR"]]]}
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kcjax.corpus.convert.rows import json_rows
from kcjax.corpus.document import Document, Entity, Relation
from kcjax.corpus.release.reading import reading, token_stretch
from kcjax.corpus.release.sentences import cut, joined, report
from kcjax.problems import Problems


def read(paths: Sequence[Path], *, prefix: str, problems: Problems) -> Iterator[Document]:
    """Yields the sentences, with ids `PREFIX.DOCUMENT.NUMBER`, numbered from 0. Relations that have an end which is no
    entity are left out and counted.

    Raises:
      InputError: a line is not as above, or names tokens that are not there.
    """
    left_out = Counter[str]()
    for path in paths:
        for row in json_rows(path, path.name, problems):
            document, bounds = None, list[tuple[int, int]]()
            with reading(row.where, problems):
                document, bounds = _document(row.value, row.where, prefix, left_out)
            if document:
                yield from cut(document, bounds, left_out)
    report(left_out, prefix)


def _document(
    row: Mapping[str, Any], where: str, prefix: str, left_out: Counter[str]
) -> tuple[Document, list[tuple[int, int]]]:
    text, bounds, tokens = joined(row["sentences"])
    index: dict[tuple[int, int], int] = {}
    entities: list[Entity] = []
    for first, last, kind in (entity for sentence in row["ner"] for entity in sentence):
        index.setdefault((first, last), len(entities))
        entities.append(Entity(*token_stretch(text, tokens, first, last, f"{where}: ner"), kind))
    relations = []
    for head, head_last, tail, tail_last, kind in (found for sentence in row["relations"] for found in sentence):
        ends = index.get((head, head_last)), index.get((tail, tail_last))
        if ends[0] is None or ends[1] is None:
            left_out["relation with an end that is no entity"] += 1
        else:
            relations.append(Relation(kind, ends[0], ends[1]))
    return Document(f"{prefix}.{row['doc_key']}", text, tuple(entities), tuple(relations)), bounds
