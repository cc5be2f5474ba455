"""Drugs and their adverse effects, `DRUG-AE.rel` of the ADE corpus, a pair a line, with offsets in the whole abstract.

The number of the article, the sentence, and effect and drug, each with where it begins and ends:

    123|Rash after zidol.|Rash|40|44|zidol|51|56
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from kcjax.corpus.convert.rows import Row, text_rows
from kcjax.corpus.document import Document, Entity, Relation
from kcjax.corpus.release.reading import reading
from kcjax.corpus.release.sentences import report
from kcjax.errors import InputError
from kcjax.problems import Problems


def read(
    paths: Sequence[Path], *, prefix: str, problems: Problems, tenths: Mapping[str, Collection[int]]
) -> Iterator[Document]:
    """Yields the sentences, each with all its pairs, with ids `PREFIX.NUMBER`, numbered from 0 over all tenths.

    Of the places where effect and drug stand, those as far apart as the offsets say are taken, else the first ones,
    which is counted.

    Args:
      tenths: split -> which of the sentences: number N, from 0, is of the tenth N modulo 10.

    Raises:
      InputError: a line has not eight columns, or its mentions do not stand in its sentence.
    """
    wanted = tenths[prefix.rpartition(".")[2]]
    left_out, sentences = Counter[str](), dict[tuple[str, str], list[Row]]()
    for path in paths:
        for row in text_rows(path, path.name, problems):
            with reading(row.where, problems):
                columns = row.value.split("|")
                if len(columns) != 8:
                    raise InputError(f"{row.where}: {len(columns)} columns instead of eight, separated by |")
                sentences.setdefault((columns[0], columns[1]), []).append(Row(row.where, row.id, columns))
    for number, ((_, text), rows) in enumerate(sentences.items()):
        if number % 10 not in wanted:
            continue
        entities: dict[Entity, int] = {}
        relations: dict[Relation, None] = {}
        for row in rows:
            with reading(row.where, problems):
                head, tail = (entities.setdefault(entity, len(entities)) for entity in _pair(text, row, left_out))
                relations[Relation("Adverse-Effect", head, tail)] = None
        if relations:
            yield Document(f"{prefix}.{number}", text, tuple(entities), tuple(relations))
    report(left_out, prefix)


def _pair(text: str, row: Row, left_out: Counter[str]) -> tuple[Entity, Entity]:
    _, _, effect, effect_start, _, drug, drug_start, _ = row.value
    effects, drugs = ([m.start() for m in re.finditer(re.escape(mention), text)] for mention in (effect, drug))
    if not effects or not drugs or not effect or not drug:
        raise InputError(f"{row.where}: {(drug if effects else effect)!r:.60} does not stand in the sentence")
    apart = int(drug_start) - int(effect_start)
    agreeing = [(start, start + apart) for start in effects if start + apart in drugs]
    left_out["offset that is not the sentence's, so that the first place was taken"] += not agreeing
    at, drug_at = agreeing[0] if agreeing else (effects[0], drugs[0])
    return Entity(at, at + len(effect), effect, "Adverse-Effect"), Entity(drug_at, drug_at + len(drug), drug, "Drug")
