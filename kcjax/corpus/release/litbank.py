"""LitBank's two files for each novel: nested entities in columns, innermost first, and events, word by word.

    entities/tsv/X.tsv        events/tsv/X.tsv
    the	O	B-FAC               the	O
    captain	B-PER	I-FAC         captain	O
    's	O	I-FAC                 's	O
    cabin	O	I-FAC              cabin	O
    burnt	O	O                  burnt	EVENT

A blank line ends a sentence.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from kcjax.corpus.document import Document, Entity, Event, Mention
from kcjax.corpus.release.reading import reading
from kcjax.corpus.release.sentences import joined
from kcjax.errors import InputError
from kcjax.files import open_text
from kcjax.problems import Problems

Sentence = list[tuple[str, list[str]]]  # where a word stands, and its columns


def read(
    paths: Sequence[Path], *, prefix: str, problems: Problems, tenths: Mapping[str, Collection[int]]
) -> Iterator[Document]:
    """Yields the sentences, with ids `PREFIX.FILE.NUMBER`, numbered from 0.

    Args:
      paths: the files under `entities`, and those of the same names under `events`.
      tenths: split -> which of the novels: number N, from 0, is of the tenth N modulo 10.

    Raises:
      InputError: the files of a novel have other words, or a tag is none.
    """
    wanted = tenths[prefix.rpartition(".")[2]]
    events = {path.name: path for path in paths if "events" in path.parts[-3:]}
    novels = [path for path in paths if "events" not in path.parts[-3:]]
    for path in (path for number, path in enumerate(novels) if number % 10 in wanted):
        documents: list[Document] = []
        with reading(path, problems):
            if path.name not in events:
                raise InputError(f"{path}: there is no file of this name with the events")
            sentences, happened = list(_sentences(path)), list(_sentences(events[path.name]))
            if [_words(s) for s in sentences] != [_words(s) for s in happened]:
                raise InputError(f"{path}: the words are not those of {events[path.name]}; take both of one version")
            documents = [
                _document(f"{prefix}.{path.stem}.{number}", *pair)
                for number, pair in enumerate(zip(sentences, happened, strict=True))
            ]
        yield from documents


def _sentences(path: Path) -> Iterator[Sentence]:
    sentence: Sentence = []
    with open_text(path) as file:
        for number, line in enumerate(file.read().decode("utf-8-sig").split("\n"), start=1):
            columns = line.rstrip("\r").rstrip("\t").split("\t")
            if columns != [""]:
                if len(columns) < 2:
                    raise InputError(f"{path}:{number}: no tag after the word {columns[0]!r:.40}; write WORD, tab, TAG")
                sentence.append((f"{path}:{number}", columns))
            elif sentence:
                yield sentence
                sentence = []
    if sentence:
        yield sentence


def _words(sentence: Sentence) -> list[str]:
    return [columns[0] for _, columns in sentence]


def _document(name: str, sentence: Sentence, happened: Sentence) -> Document:
    text, _, spans = joined([_words(sentence)])
    entities: list[Entity] = []
    for layer in range(1, max(len(columns) for _, columns in sentence)):
        open_type = None
        for (where, columns), (start, end) in zip(sentence, spans, strict=True):
            tag, _, kind = (columns[layer] if layer < len(columns) else "O").partition("-")
            if tag == "I" and kind == open_type:
                entities[-1] = Entity(entities[-1].start, end, text[entities[-1].start : end], kind)
            elif tag == "B":
                entities.append(Entity(start, end, text[start:end], kind))
            elif tag != "O":
                raise InputError(f"{where}: {columns[layer]!r:.40} continues no mention; write B-TYPE, I-TYPE or O")
            open_type = None if tag == "O" else kind
    events = []
    for (where, columns), (start, end) in zip(happened, spans, strict=True):
        if columns[1] not in ("O", "EVENT"):
            raise InputError(f"{where}: {columns[1]!r:.40} is no tag of an event; write EVENT or O")
        if columns[1] == "EVENT":
            events.append(Event("Event", Mention(start, end, text[start:end])))
    return Document(name, text, tuple(entities), events=tuple(events))
