"""Abstracts with mentions by offsets: PubTator, the form of the BioCreative V CDR and NCBI disease corpora.

    7|t|Aspirin and fever.
    7|a|It helped.
    7	0	7	Aspirin	Chemical	D001241

Offsets count title, one character between, and abstract. A blank line ends an abstract; lines of relations, which have
four columns, are not read.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from kcjax.corpus.document import Document, Entity
from kcjax.corpus.release.lines import blocks
from kcjax.corpus.release.reading import stretch
from kcjax.corpus.release.sentences import cut, report, sentence_bounds
from kcjax.errors import InputError
from kcjax.problems import Problems

_PART = re.compile(r"(\d+)\|([ta])\|(.*)")


def read(paths: Sequence[Path], *, prefix: str, problems: Problems, label: str = "") -> Iterator[Document]:
    """Yields the sentences of the abstracts, with ids `PREFIX.PMID.NUMBER`. The second of two abstracts with one PMID,
    which the NCBI disease corpus has, is counted and left out.

    Args:
      label: of all mentions, in place of the ones in the file.

    Raises:
      InputError: an abstract has no title, or a line is not as above.
    """
    left_out, seen = Counter[str](), set[str]()
    for path in paths:
        empty = True
        for lines in blocks(path):
            document, empty = None, False
            with problems.skipping():
                document = _document(lines, prefix, label)
            if document and document.id in seen:
                left_out["abstract that was there before"] += 1
            elif document:
                seen.add(document.id)
                spans = [(entity.start, entity.end) for entity in document.entities]
                yield from cut(document, sentence_bounds(document.text, spans), left_out)
        if empty:
            problems.add(InputError(f"{path}: no abstracts in the file; write PMID|t|TITLE, PMID|a|ABSTRACT"))
    report(left_out, prefix)


def _document(lines: Sequence[tuple[str, str]], prefix: str, label: str) -> Document:
    where = lines[0][0]
    parts = [found for found in (_PART.fullmatch(line) for _, line in lines[:2]) if found]
    if [found[2] for found in parts] != ["t", "a"]:
        raise InputError(f"{where}: an abstract begins with the lines PMID|t|TITLE and PMID|a|ABSTRACT")
    text = f"{parts[0][3]} {parts[1][3]}"
    entities = []
    for place, line in lines[2:]:
        columns = line.split("\t")
        if columns[0] != parts[0][1] or len(columns) < 4:
            raise InputError(f"{place}: {line!r:.60} is no annotation of {parts[0][1]}; is a blank line missing above?")
        if len(columns) > 4:
            entities.append(_entity(columns, text, label, place))
    return Document(f"{prefix}.{parts[0][1]}", text, tuple(dict.fromkeys(entities)))


def _entity(columns: Sequence[str], text: str, label: str, where: str) -> Entity:
    try:
        start, end = int(columns[1]), int(columns[2])
    except ValueError:
        raise InputError(f"{where}: columns 2 and 3 must be offsets, found {columns[1:3]}") from None
    return Entity(*stretch(text, start, end, where, columns[3]), label or columns[4])
