"""Documents with entities, their mentions and Wikidata relations: DocRED and Re-DocRED.

A JSON list of objects, and `rel_info.json`, which names the relations, `{"P131": "located in ..."}`:

    {"title": "Aro", "sents": [["Aro", "is", "in", "Veld", "."]],
     "vertexSet": [[{"name": "Aro", "sent_id": 0, "pos": [0, 1], "type": "LOC"}],
                   [{"name": "Veld", "sent_id": 0, "pos": [3, 4], "type": "LOC"}]],
     "labels": [{"h": 0, "t": 1, "r": "P131", "evidence": [0]}]}
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kcjax.corpus.convert.rows import json_rows
from kcjax.corpus.document import Document, Entity, Relation
from kcjax.corpus.release.reading import reading
from kcjax.corpus.release.sentences import cut, joined, report
from kcjax.errors import InputError
from kcjax.files import read_json
from kcjax.problems import Problems


def read(paths: Sequence[Path], *, prefix: str, problems: Problems) -> Iterator[Document]:
    """Yields the sentences of the documents, with ids `PREFIX.DOCUMENT.SENTENCE`.

    A relation holds between entities; in each sentence that mentions both it is one between the first mentions there. A
    relation whose entities no sentence has in common is left out and counted.

    Args:
      paths: of documents, and at the end `rel_info.json`.

    Raises:
      InputError: a file or object is not as above, or a relation has no name.
    """
    *files, table = paths
    names, left_out = read_json(table), Counter[str]()
    number = 0
    for path in files:
        for row in json_rows(path, path.name, problems):
            document = None
            with reading(row.where, problems):
                sentences = row.value["sents"]
                text, bounds, tokens = joined(sentences)
                entities, firsts = _entities(row.value, sentences, text, tokens, row.where)
                relations = _relations(row.value, firsts, names, row.where, left_out)
                document = Document(f"{prefix}.{number}", text, entities, relations)
            number += 1
            if document:
                yield from cut(document, bounds, left_out)
    report(left_out, prefix)


def _entities(
    row: Mapping[str, Any], sentences: list[list[str]], text: str, tokens: list[tuple[int, int]], where: str
) -> tuple[tuple[Entity, ...], list[dict[int, int]]]:
    """The mentions, and for each entity sentence -> its first mention there."""
    begins = [0]
    for sentence in sentences:
        begins.append(begins[-1] + len(sentence))
    mentions: list[Entity] = []
    firsts: list[dict[int, int]] = []
    for entity in row["vertexSet"]:
        firsts.append({})
        for mention in entity:
            sentence, pos = mention["sent_id"], mention["pos"]
            if not 0 <= sentence < len(sentences) or not 0 <= pos[0] < pos[1] <= len(sentences[sentence]):
                raise InputError(f"{where}: vertexSet: {pos} is no stretch of sentence {sentence}")
            start, end = tokens[begins[sentence] + pos[0]][0], tokens[begins[sentence] + pos[1] - 1][1]
            firsts[-1].setdefault(sentence, len(mentions))
            mentions.append(Entity(start, end, text[start:end], mention["type"]))
    return tuple(mentions), firsts


def _relations(
    row: Mapping[str, Any],
    firsts: list[dict[int, int]],
    names: Mapping[str, str],
    where: str,
    left_out: Counter[str],
) -> tuple[Relation, ...]:
    relations = []
    for label in row["labels"]:
        head, tail, name = label["h"], label["t"], label["r"]
        if name not in names:
            raise InputError(f"{where}: labels: the relation {name} has no name in rel_info.json")
        if not (0 <= head < len(firsts) and 0 <= tail < len(firsts)):
            raise InputError(f"{where}: labels: {head} or {tail} is none of the {len(firsts)} entities")
        shared = firsts[head].keys() & firsts[tail].keys()
        left_out["relation between entities without a sentence in common"] += not shared
        relations += [Relation(names[name], firsts[head][number], firsts[tail][number]) for number in sorted(shared)]
    return tuple(relations)
