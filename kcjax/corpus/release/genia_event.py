"""The XML of the GENIA event corpus, an article a file.

A sentence has its terms marked, and is followed by its events, each with the words that are the clue to it:

    <sentence id="S1"><term sem="Protein_molecule" id="T1">abc</term> rises.</sentence>
    <event id="E1"><type class="Positive_regulation"/><theme idref="T1"/>
    <clue>abc <clueType>rises</clueType>.</clue></event>
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

from kcjax.corpus.document import Argument, Document, Entity, Event, Mention
from kcjax.corpus.release.markup import parsed, text_and_marks
from kcjax.corpus.release.reading import reading
from kcjax.corpus.release.sentences import report
from kcjax.errors import InputError
from kcjax.problems import Problems

_ROLES = {"theme": "Theme", "cause": "Cause"}


def read(
    paths: Sequence[Path], *, prefix: str, problems: Problems, tenths: Mapping[str, Collection[int]]
) -> Iterator[Document]:
    """Yields the sentences, with ids `PREFIX.FILE.SENTENCE`.

    The trigger is the first `clueType`; where an event is an argument, its trigger is the mention. Left out and counted
    are terms in pieces (`cons`), events without a clue or of another sentence's, and arguments outside the sentence.

    Args:
      tenths: split -> which of the files: number N, from 0, is of the tenth N modulo 10.

    Raises:
      InputError: a file is no XML, or an event's clue is not the sentence before it.
    """
    left_out, wanted = Counter[str](), tenths[prefix.rpartition(".")[2]]
    for path in (path for number, path in enumerate(paths) if number % 10 in wanted):
        documents: list[Document] = []
        with reading(path, problems):
            documents = _documents(parsed(path), path, f"{prefix}.{path.stem}", left_out)
        yield from documents
    report(left_out, prefix)


def _documents(root: Element, path: Path, name: str, left_out: Counter[str]) -> list[Document]:
    documents = []
    items = [item for item in root.iter() if item.tag in ("sentence", "event")]
    while items:
        sentence = items.pop(0)
        if sentence.tag == "event":
            raise InputError(f"{path}: the event {sentence.get('id')} stands before any sentence")
        events = []
        while items and items[0].tag == "event":
            events.append(items.pop(0))
        documents.append(_sentence(sentence, events, path, name, left_out))
    return documents


def _sentence(sentence: Element, events: list[Element], path: Path, name: str, left_out: Counter[str]) -> Document:
    text, marks = text_and_marks(sentence)
    mentions: dict[str, Mention] = {}
    entities = []
    for start, end, item in marks:
        if item.tag == "cons":
            left_out["term in pieces"] += 1
        elif item.tag == "term" and item.get("sem", "(").startswith("("):
            left_out["term without one class"] += 1
        elif item.tag == "term":
            entity = Entity(start, end, text[start:end], item.attrib["sem"])
            entities.append(entity)
            mentions[item.attrib["id"]] = entity
    triggers = {}
    for event in events:
        clue = event.find("clue")
        clue_text, clue_marks = ("", []) if clue is None else text_and_marks(clue)
        found = [(start, end) for start, end, item in clue_marks if item.tag == "clueType"]
        if not found:
            left_out["event without a trigger"] += 1
            continue
        if clue_text != text:
            raise InputError(f"{path}: the clue of {event.get('id')} is not the sentence {sentence.get('id')}")
        start, end = found[0]
        triggers[event.attrib["id"]] = Mention(start, end, text[start:end])
    happened = []
    for event in events:
        trigger = triggers.get(event.attrib["id"])
        if trigger is None:
            continue
        arguments = []
        for item in (item for item in event if item.tag in _ROLES):
            for reference in (value for key, value in item.items() if key.startswith("idref")):
                if at := mentions.get(reference) or triggers.get(reference):
                    arguments.append(Argument(at.start, at.end, at.text, _ROLES[item.tag]))
                else:
                    left_out["argument outside of its event's sentence, or in pieces"] += 1
        kind = event.find("type")
        if kind is None:
            raise InputError(f"{path}: the event {event.get('id')} has no type")
        happened.append(Event(kind.attrib["class"], trigger, tuple(arguments)))
    entities.sort(key=lambda entity: (entity.start, entity.end))
    return Document(f"{name}.{sentence.get('id')}", text, tuple(entities), events=tuple(happened))
