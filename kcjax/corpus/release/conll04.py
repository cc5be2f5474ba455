"""Roth and Yih's sentences with entities and relations, `conll04.corp`, tab-separated:

    7	Peop	0	O	NNP/NNP	Ada/Bow	O	O	O
    7	O	1	O	VBZ	runs	O	O	O
    7	Org	2	O	NNP	Arvo	O	O	O

    0	2	Work_For

A row has the sentence's number, the class or `O`, the element's number and, in the fifth and sixth column, tags and
words, joined by `/`; a relation has two elements' numbers. A blank line follows sentence and relations.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from kcjax.corpus.convert.rows import Row, text_rows
from kcjax.corpus.document import Document, Entity, Relation
from kcjax.corpus.release.reading import reading
from kcjax.corpus.release.sentences import joined
from kcjax.errors import InputError
from kcjax.problems import Problems

_WORDS = {"COMMA": ",", "-LRB-": "(", "-RRB-": ")"}


def read(paths: Sequence[Path], *, prefix: str, problems: Problems) -> Iterator[Document]:
    """Yields sentences, with ids `PREFIX.NUMBER`.

    Args:
      paths: `conll04.corp`, and a file with the numbers of the sentences to read, one a line.

    Raises:
      InputError: a row is not as above, a relation has an end that is no entity, or there is no sentence of a number.
    """
    corpus, listing = paths
    wanted = {row.value.strip(): row.where for row in text_rows(listing, listing.name, problems)}
    for number, rows in _sentences(corpus, problems):
        if where := wanted.pop(number, None):
            document = None
            with reading(rows[0].where, problems):
                document = _document(f"{prefix}.{number}", rows)
            if document:
                yield document
    for number, where in wanted.items():
        problems.add(InputError(f"{where}: there is no sentence {number!r:.40} in {corpus}"))


def _sentences(path: Path, problems: Problems) -> Iterator[tuple[str, list[Row]]]:
    """The rows of each sentence, those of its relations among them."""
    number, rows = "", list[Row]()
    for row in text_rows(path, path.name, problems):
        columns = row.value.split("\t")
        if len(columns) > 5 and columns[0] != number:
            if rows:
                yield number, rows
            number, rows = columns[0], []
        rows.append(Row(row.where, row.id, columns))
    if rows:
        yield number, rows


def _document(name: str, rows: list[Row]) -> Document:
    words: list[list[str]] = []  # of each element
    kinds: list[str] = []
    links: list[tuple[str, int, int, str]] = []
    for row in rows:
        if len(row.value) > 5:
            _, kind, _, _, tags, element = row.value[:6]
            # A slash joins words where it joins their tags too; else it is the word's own.
            parts = element.split("/") if "/" in tags else [element]
            words.append([_WORDS.get(part, part) for part in parts])
            kinds.append(kind.removeprefix("B-"))
        elif len(row.value) == 3:
            links.append((row.where, int(row.value[0]), int(row.value[1]), row.value[2].strip()))
        else:
            raise InputError(f"{row.where}: {len(row.value)} columns; a word has nine and a relation three")
    text, spans, _ = joined(words)
    index: dict[int, int] = {}
    entities: list[Entity] = []
    for number, (kind, (start, end)) in enumerate(zip(kinds, spans, strict=True)):
        if kind != "O":
            index[number] = len(entities)
            entities.append(Entity(start, end, text[start:end], kind))
    for where, head, tail, _ in links:
        if head not in index or tail not in index:
            raise InputError(f"{where}: {head} or {tail} is no entity of the sentence")
    relations = tuple(Relation(label, index[head], index[tail]) for _, head, tail, label in links)
    return Document(name, text, tuple(entities), relations)
