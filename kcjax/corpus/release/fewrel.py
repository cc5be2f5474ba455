"""Sentences by Wikidata relation, with two marked mentions: FewRel.

A JSON object, and `pid2name.json`, which names the relations, `{"P131": ["located in ...", "DESCRIPTION"]}`:

    {"P131": [{"tokens": ["Aro", "is", "in", "Veld", "."], "h": ["aro", "Q1", [[0]]], "t": ["veld", "Q2", [[3]]]}]}
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kcjax.corpus.document import Document, Entity, Relation
from kcjax.corpus.release.reading import reading
from kcjax.corpus.release.sentences import joined
from kcjax.errors import InputError
from kcjax.files import read_json
from kcjax.problems import Problems


def read(paths: Sequence[Path], *, prefix: str, problems: Problems) -> Iterator[Document]:
    """Yields the sentences, with ids `PREFIX.RELATION.NUMBER`. Both mentions are of type `Entity`, since their classes
    are not told. Of several places of a mention the first is taken; tokens that are blank are left out.

    Args:
      paths: of sentences, and at the end `pid2name.json`.

    Raises:
      InputError: a file or object is not as above, or a relation has no name.
    """
    *files, table = paths
    names = read_json(table)
    for path in files:
        for relation, rows in read_json(path).items():
            if relation not in names:
                problems.add(InputError(f"{path}: the relation {relation} has no name in {table.name}"))
                continue
            for number, row in enumerate(rows):
                document = None
                where = f"{path}: {relation}, sentence {number}"
                with reading(where, problems):
                    text, head, tail = _sentence(row, where)
                    label = Relation(names[relation][0], 0, 1)
                    document = Document(f"{prefix}.{relation}.{number}", text, (head, tail), (label,))
                if document:
                    yield document


def _sentence(row: Mapping[str, Any], where: str) -> tuple[str, Entity, Entity]:
    tokens = row["tokens"]
    kept = [index for index, token in enumerate(tokens) if token.strip()]
    text, _, spans = joined([[tokens[index] for index in kept]])
    place = dict(zip(kept, spans, strict=True))
    ends = []
    for key in ("h", "t"):
        indices = row[key][2][0]
        found = [place[index] for index in indices if index in place]
        if not found:
            raise InputError(f"{where}: {key} is at the tokens {indices}, which are none of its {len(tokens)}")
        start, end = found[0][0], found[-1][1]
        ends.append(Entity(start, end, text[start:end], "Entity"))
    return text, ends[0], ends[1]
