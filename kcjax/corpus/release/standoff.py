"""Texts with annotation in files beside them: brat, and the BioNLP shared tasks.

`X.txt` holds the text, `X.ann`, or `X.a1` and `X.a2`, the annotation; offsets count characters, end exclusive:

    T1	Gene 0 3	abc
    T2	Growth 8 12	grow
    E1	Growth:T2 Theme:T1 Theme2:E2
    R1	Part-of Arg1:T1 Arg2:T2
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from kcjax.corpus.convert.rows import text_rows
from kcjax.corpus.document import Argument, Document, Entity, Event, Mention, Relation
from kcjax.corpus.release.reading import reading, stretch
from kcjax.corpus.release.sentences import cut, report, sentence_bounds
from kcjax.errors import InputError
from kcjax.files import open_text
from kcjax.problems import Problems


def read(paths: Sequence[Path], *, prefix: str, problems: Problems, annotation: Sequence[str]) -> Iterator[Document]:
    """Yields the sentences of the texts, with ids `PREFIX.TEXT.NUMBER`.

    Where an event is an argument, its trigger is the mention. Number and sign are taken off a role: Theme2 is Theme.
    Left out and counted are mentions in pieces with what has them for a part, what reaches beyond a sentence, and lines
    of other kinds, such as negation.

    Args:
      annotation: the suffixes of the files with the annotation of a text.

    Raises:
      InputError: a line is not as above, names what is not there, or says that another text stands at an offset.
    """
    left_out = Counter[str]()
    for path in paths:
        document = None
        with reading(path, problems):
            with open_text(path) as file:
                text = file.read().decode().removeprefix("\ufeff")
            document = _document(text, path, annotation, f"{prefix}.{path.stem}", left_out)
        if document:
            bounds = sentence_bounds(document.text, ((m.start, m.end) for m in document.mentions()))
            yield from cut(document, bounds, left_out)
    report(left_out, prefix)


def _document(text: str, path: Path, annotation: Sequence[str], name: str, left_out: Counter[str]) -> Document:
    mentions: dict[str, tuple[str, Mention | None]] = {}  # None stands for one in pieces
    events: dict[str, tuple[str, str, list[tuple[str, str]]]] = {}  # id -> type, trigger, (role, id)
    relations: list[tuple[str, str, str, str]] = []
    for suffix in annotation:
        for row in text_rows(path.with_suffix(suffix), suffix, Problems()):
            key, _, rest = row.value.partition("\t")
            with reading(row.where, Problems()):
                if key.startswith("T"):
                    mentions[key] = _mention(rest, text, row.where)
                elif key.startswith("E"):
                    (kind, trigger), *roles = [pair.rsplit(":", 1) for pair in rest.split()]
                    events[key] = (kind, trigger, [(role.rstrip("0123456789"), end) for role, end in roles])
                elif key.startswith("R"):
                    kind, *ends = rest.split()
                    head, tail = (end.rpartition(":")[2] for end in ends)
                    relations.append((row.where, kind, head, tail))
                else:
                    left_out[f"line of the kind {key[:1]}"] += 1
    triggers = {trigger for _, trigger, _ in events.values()}
    named = [key for key, (_, mention) in mentions.items() if mention and key not in triggers]
    named.sort(key=lambda key: _place(mentions, key))
    left_out["mention in pieces"] += sum(mention is None for _, mention in mentions.values())
    index = {key: number for number, key in enumerate(named)}
    entities = tuple(Entity(at.start, at.end, at.text, kind) for kind, at in (mentions[key] for key in named) if at)
    linked = []
    for where, kind, head, tail in relations:
        _check((head, tail), mentions, where)
        if head in index and tail in index:
            linked.append(Relation(kind, index[head], index[tail]))
        else:
            left_out["relation with an end in pieces"] += 1
    return Document(name, text, entities, tuple(linked), tuple(_events(events, mentions, path, left_out)))


def _mention(rest: str, text: str, where: str) -> tuple[str, Mention | None]:
    place, _, mention = rest.partition("\t")
    kind, _, offsets = place.partition(" ")
    if ";" in offsets:
        return kind, None
    start, end = map(int, offsets.split())
    # A line's end within a mention is written as a blank, for the mention must stand in one line.
    found = stretch(text.replace("\n", " "), start, end, where, mention.replace("\n", " "))
    return kind, Mention(found[0], found[1], text[start:end])


def _events(
    events: Mapping[str, tuple[str, str, list[tuple[str, str]]]],
    mentions: Mapping[str, tuple[str, Mention | None]],
    path: Path,
    left_out: Counter[str],
) -> Iterator[Event]:
    for key, (kind, trigger, roles) in events.items():
        # An argument that is an event is told by that one's trigger.
        ends = [events[end][1] if end in events else end for _, end in roles]
        _check([trigger, *ends], mentions, f"{path}: {key}")
        at = mentions[trigger][1]
        found = [(role, mentions[end][1]) for (role, _), end in zip(roles, ends, strict=True)]
        if at is None:
            left_out["event whose trigger is in pieces"] += 1
            continue
        left_out["argument in pieces"] += sum(mention is None for _, mention in found)
        yield Event(kind, at, tuple(Argument(m.start, m.end, m.text, role) for role, m in found if m))


def _check(keys: Sequence[str], mentions: Mapping[str, object], where: str) -> None:
    if unknown := [key for key in keys if key not in mentions]:
        raise InputError(f"{where}: {unknown[0]} is not annotated; is a file of the annotation missing?")


def _place(mentions: Mapping[str, tuple[str, Mention | None]], key: str) -> tuple[int, int]:
    mention = mentions[key][1]
    assert mention is not None
    return mention.start, mention.end
