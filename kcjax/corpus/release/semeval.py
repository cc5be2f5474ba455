"""Sentences with two marked mentions and their relation, the form of SemEval-2010 task 8 and of sets made after it.

A line with number and sentence, one with the relation, and a comment that may be left out:

    1	"The <e1>lid</e1> of the <e2>kettle</e2> was missing."
    Component-Whole(e1,e2)
    Comment: what an annotator noted, if anything
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from kcjax.corpus.convert.rows import text_rows
from kcjax.corpus.document import Document, Entity, Relation
from kcjax.errors import InputError
from kcjax.problems import Problems

_SENTENCE = re.compile(r"(\d+)\t(.*)")
_RELATION = re.compile(r"(.+)\((e[12]),(e[12])\)")
# Blanks between a tag and what it marks are none of the mention's.
_TAG = re.compile(r"<(e[12])>\s*|\s*</(e[12])>")


def read(paths: Sequence[Path], *, prefix: str, problems: Problems, none: Sequence[str]) -> Iterator[Document]:
    """Yields a document for each sentence. Both mentions are of type `Entity`, since their classes are not told.

    Args:
      none: labels that say there is no relation.

    Raises:
      InputError: a sentence has no line with its relation after it, or not two marked mentions.
    """
    for path in paths:
        sentence: tuple[str, str, str] | None = None  # where, number, text
        for row in text_rows(path, path.name, problems):
            begins = _SENTENCE.fullmatch(row.value)
            with problems.skipping():
                if sentence and begins:
                    raise InputError(f"{sentence[0]}: no relation follows the sentence; take the file with the answers")
            document = None
            if sentence and not begins:
                with problems.skipping():
                    document = _document(*sentence, row.value.strip(), prefix, none)
            if document:
                yield document
            # A line that neither begins nor ends a sentence is a comment.
            sentence = (row.where, begins[1], begins[2]) if begins else None
        if sentence:
            problems.add(InputError(f"{sentence[0]}: no relation follows the sentence; take the file with the answers"))


def _document(where: str, number: str, marked: str, label: str, prefix: str, none: Sequence[str]) -> Document:
    marked = marked.strip()
    text, position = "", 0
    starts: dict[str, int] = {}
    ends: dict[str, int] = {}
    for tag in _TAG.finditer(marked := marked[marked.startswith('"') :].removesuffix('"')):
        text += marked[position : tag.start()]
        places, name = (starts, tag[1]) if tag[1] else (ends, tag[2])
        if name in places:
            raise InputError(f"{where}: {tag[0].strip()} stands there twice; mark each of the two mentions once")
        places[name], position = len(text), tag.end()
    text += marked[position:]
    for name in ("e1", "e2"):
        if not starts.get(name, len(text)) < ends.get(name, 0):
            raise InputError(f"{where}: there is no mention between <{name}> and </{name}>")
    entities = tuple(
        Entity(starts[name], ends[name], text[starts[name] : ends[name]], "Entity") for name in ("e1", "e2")
    )
    document_id = f"{prefix}.{number}"
    if label in none:
        return Document(document_id, text, entities)
    found = _RELATION.fullmatch(label)
    if not found or found[2] == found[3]:
        raise InputError(f"{where}: {label!r:.60} is no relation; write LABEL(e1,e2), LABEL(e2,e1) or {none[0]}")
    return Document(document_id, text, entities, (Relation(found[1], int(found[2] == "e2"), int(found[3] == "e2")),))
