"""Running text with tags around what is meant, such as the DIANN corpus:

    A cure for <dis>loss of sight</dis>, <scp><neg>not</neg> <dis>deafness</dis></scp>.

It is no XML: a `<` that begins none of the tags is text.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from kcjax.corpus.document import Document, Entity
from kcjax.corpus.release.lines import whole_text
from kcjax.corpus.release.sentences import cut, report, sentence_bounds
from kcjax.errors import InputError
from kcjax.problems import Problems


def read(
    paths: Sequence[Path], *, prefix: str, problems: Problems, tags: Mapping[str, str], ignored: Sequence[str] = ()
) -> Iterator[Document]:
    """Yields the sentences of the files, a text each, with ids `PREFIX.FILE.NUMBER`.

    Args:
      tags: those that mark mentions -> the label.
      ignored: those that are taken off, and mean nothing.

    Raises:
      InputError: a tag is not opened or not closed; the message names file and line.
    """
    left_out = Counter[str]()
    names = "|".join(map(re.escape, (*tags, *ignored)))
    # The look behind keeps long runs of blanks from being tried from each of them.
    pattern = re.compile(rf"(?<!\s)\s*</({names})\s*>|<({names})\s*>\s*")
    for path in paths:
        with problems.skipping():
            document = _document(whole_text(path), path, prefix, tags, pattern)
            spans = [(entity.start, entity.end) for entity in document.entities]
            yield from cut(document, sentence_bounds(document.text, spans), left_out)
    report(left_out, prefix)


def _document(marked: str, path: Path, prefix: str, tags: Mapping[str, str], pattern: re.Pattern[str]) -> Document:
    text, position = "", 0
    opened: list[tuple[str, int, int]] = []  # tag, where it begins in the text, and in the file
    entities = []
    for found in pattern.finditer(marked):
        text += marked[position : found.start()]
        # Blanks between a tag and what it marks are of the text, but of no mention.
        blanks = found[0].replace(found[0].strip(), "")
        if found[2]:
            text += blanks
            opened.append((found[2], len(text), found.start()))
        else:
            if not opened or opened[-1][0] != found[1]:
                raise InputError(f"{_place(path, marked, found.start())}: </{found[1]}> closes nothing; open it before")
            tag, start, _ = opened.pop()
            if tag in tags and start < len(text):
                entities.append(Entity(start, len(text), text[start:], tags[tag]))
            text += blanks
        position = found.end()
    if opened:
        raise InputError(f"{_place(path, marked, opened[-1][2])}: <{opened[-1][0]}> is not closed; close it")
    text += marked[position:]
    if not text.strip():
        raise InputError(f"{path}: no text in the file; take it anew from its source")
    entities.sort(key=lambda entity: (entity.start, -entity.end))
    return Document(f"{prefix}.{path.name.partition('.')[0]}", text, tuple(entities))


def _place(path: Path, text: str, position: int) -> str:
    return f"{path}:{text.count(chr(10), 0, position) + 1}"
