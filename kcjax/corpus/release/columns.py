"""Sentences in columns, a token a line, with tags that say where a mention begins and goes on: CoNLL and its kin.

    Aro	B-person
    Veldt	I-person
    sleeps	O

A blank line ends a sentence. Tags are `O`, or `B-`, `I-`, `E-`, `S-` (or `M-`, `L-`, `U-`) and a label. As in
conlleval, an `I-` that does not go on the mention before it begins one, so IOB1, IOB2 and IOBES are all read. With
`brackets`, the column of names of CoNLL-2012 is: `(person*` begins a mention, `*)` ends it, `(person)` is one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from kcjax.corpus.document import Document, Entity
from kcjax.corpus.release.lines import blocks
from kcjax.errors import InputError
from kcjax.problems import Problems

Span = tuple[int, int, str]  # first token, the one after the last, label

_TAG = re.compile(r"(?:(O)(?:-.*)?|([BIESMLU])-(.+))")
_BLANKS = re.compile(r"[ \t]+")  # and not all that Unicode has, which tokens may hold
_BRACKETS = re.compile(r"(?:\(([^()*\s]+))?\*?(\))?")


def read(
    paths: Sequence[Path],
    *,
    prefix: str,
    problems: Problems,
    separator: str | None = None,
    token: int = 0,
    tag: int = -1,
    brackets: bool = False,
    skip: Sequence[str] = (),
    token_prefix: str = "",
    upper: bool = False,
    shares: Mapping[str, Mapping[str, Sequence[int]]] | None = None,
) -> Iterator[Document]:
    """Yields a document for each sentence, its tokens joined by one space, with ids `PREFIX.NUMBER`, from 0.

    Args:
      separator: of the columns; by default blanks and tabs.
      token: the column of the tokens, from 0.
      tag: that of the tags; -1 is the last.
      skip: lines that begin with one of these are not read.
      token_prefix: taken off the tokens, such as `en:`.
      upper: makes the labels upper case, where files of one set differ in it.
      shares: split -> file name -> (from, to), the part of the file's sentences that is of the split, in percent, where
        it is not all.

    Raises:
      InputError: a line has too few columns or a tag that is none, or a file no sentence.
    """
    number = 0
    parts = (shares or {}).get(prefix.rpartition(".")[2], {})
    for path in paths:
        kept = ([(where, line) for where, line in block if not line.startswith(tuple(skip))] for block in blocks(path))
        sentences = [lines for lines in kept if lines]
        if not sentences:
            problems.add(InputError(f"{path}: no sentences in the file; write a token and its tag a line"))
        begin, end = parts.get(path.name, (0, 100))
        for lines in sentences[len(sentences) * begin // 100 : len(sentences) * end // 100]:
            document = None
            with problems.skipping():
                rows = [_token_and_tag(where, line, separator, token, tag) for where, line in lines]
                tokens = [row[0].removeprefix(token_prefix) for row in rows]
                tags = [(where, found) for (where, _), (_, found) in zip(lines, rows, strict=True)]
                spans = _bracketed(tags) if brackets else _tagged(tags)
                document = document_of(f"{prefix}.{number}", tokens, spans, upper=upper)
            number += 1
            if document:
                yield document


def document_of(id: str, tokens: Sequence[str], spans: Iterable[Span], *, upper: bool = False) -> Document:
    """The document of tokens, joined by one space, and of spans of them."""
    text, starts = " ".join(tokens), [0]
    for token in tokens:
        starts.append(starts[-1] + len(token) + 1)
    entities = (
        Entity(starts[first], starts[end] - 1, " ".join(tokens[first:end]), label.upper() if upper else label)
        for first, end, label in spans
    )
    return Document(id, text, tuple(entities))


def _token_and_tag(where: str, line: str, separator: str | None, token: int, tag: int) -> tuple[str, str]:
    columns = line.split(separator) if separator else _BLANKS.split(line.strip(" \t"))
    needed = 1 + max(token, tag, 1)
    if len(columns) < needed or not columns[token].strip(" "):
        raise InputError(
            f"{where}: {line!r:.60} has no token in column {token + 1} or fewer than {needed} columns; "
            "add what is missing, or take the file of the form that the set is released in"
        )
    return columns[token].strip(" "), columns[tag].strip()


def _tagged(tags: Sequence[tuple[str, str]]) -> Iterator[Span]:
    """The spans of tags; see the module."""
    start, label = 0, ""  # no label: in no mention
    for index, (where, tag) in enumerate(tags):
        found = _TAG.fullmatch(tag)
        if not found:
            raise InputError(f"{where}: {tag!r:.40} is no tag; write O, or B- or I- and a label")
        kind, name = found[2] or "O", found[3] or ""
        if label and (kind in "OBSU" or name != label):
            yield start, index, label
            label = ""
        if name and not label:
            start, label = index, name
        if kind in "ESLU":
            yield start, index + 1, label
            label = ""
    if label:
        yield start, len(tags), label


def _bracketed(tags: Sequence[tuple[str, str]]) -> Iterator[Span]:
    start, label = 0, ""
    for index, (where, tag) in enumerate(tags):
        found = _BRACKETS.fullmatch(tag)
        if not found or not tag or (bool(found[1]) and bool(label)) or (bool(found[2]) and not (found[1] or label)):
            raise InputError(f"{where}: {tag!r:.40} opens or closes no mention here; write (LABEL*, * or *)")
        if found[1]:
            start, label = index, found[1]
        if found[2]:
            yield start, index + 1, label
            label = ""
    if label:
        raise InputError(
            f"{tags[-1][0]}: the mention ({label} is not closed at the sentence's end; add ) to its last tag"
        )
