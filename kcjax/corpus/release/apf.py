"""ACE 2004 and 2005: an annotation file `NAME.apf.xml` beside the text `NAME.sgm`, with entities, relations and events.

    <source_file><document DOCID="aro"><entity ID="E1" TYPE="PER"><entity_mention ID="E1-1"><extent>
    <charseq START="7" END="9">Aro</charseq></extent></entity_mention></entity></document></source_file>

Offsets count the characters of the text file outside of its tags, and END is the last one's.
"""

import html
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

from kcjax.corpus.document import Argument, Document, Entity, Event, Mention, Relation
from kcjax.corpus.release.lines import whole_text
from kcjax.corpus.release.markup import parsed
from kcjax.corpus.release.sentences import cut, report, sentence_bounds
from kcjax.errors import InputError
from kcjax.problems import Problems

_TAG = re.compile(r"<[^<>]*>")
_ESCAPE = re.compile(r"&(?:amp|lt|gt|quot|apos);", re.IGNORECASE)
_LINE_END = re.compile(r"(?<=[^\n>])\n(?=[^\n<])")


def read(
    paths: Sequence[Path],
    *,
    prefix: str,
    problems: Problems,
    entities_only: bool = False,
    relations: str = "TYPE",
    unread: Sequence[str] = (),
) -> Iterator[Document]:
    """Yields the sentences of what stands in `<HEADLINE>` and `<TEXT>`, with ids `PREFIX.NAME.NUMBER`.

    Mentions are read with their full extents, names, nouns and pronouns alike. A line's end within a paragraph is read
    as a blank. What lies elsewhere or reaches beyond a sentence is counted and left out, and so are, as the field does,
    arguments of events that are times or values.

    Args:
      paths: the annotation files.
      entities_only: whether relations and events are not read.
      relations: the attribute of a relation that is its label, `TYPE` or `SUBTYPE`.
      unread: labels of relations that are counted and left out.

    Raises:
      InputError: a file is missing, an offset does not fit the text, or an id is no mention's.
    """
    left_out = Counter[str]()
    for path in paths:
        with problems.skipping():
            source = path.with_name(path.name.removesuffix(".apf.xml") + ".sgm")
            text, places, begin, end = _text(source)
            annotated = _Annotated(parsed(path), text, places, str(path))
            document = Document(
                f"{prefix}.{path.name.removesuffix('.apf.xml')}",
                text,
                annotated.entities,
                () if entities_only else tuple(annotated.relations(relations, unread, left_out)),
                () if entities_only else tuple(annotated.events(left_out)),
            )
            spans = [(mention.start, mention.end) for mention in document.mentions()]
            clipped = ((max(start, begin), min(stop, end)) for start, stop in sentence_bounds(text, spans))
            yield from cut(document, [(start, stop) for start, stop in clipped if start < stop], left_out)
    report(left_out, prefix)


def _text(path: Path) -> tuple[str, list[int], int, int]:
    """A source's text, the position in it of each character that offsets count, and where what is read begins and
    ends."""
    source = whole_text(path)
    if "<TEXT>" not in source or "</TEXT>" not in source:
        raise InputError(f"{path}: there is no <TEXT> in the file; take the .sgm file that belongs to the annotations")
    first = "<HEADLINE>" if "<HEADLINE>" in source else "<TEXT>"
    limits = source.index(first), source.rindex("</TEXT>")
    counted, marks = "", []
    position = 0
    for tag in _TAG.finditer(source := _LINE_END.sub(" ", source)):
        counted += source[position : tag.start()]
        if tag.start() in limits:
            marks.append(len(counted))
        position = tag.end()
    counted += source[position:]
    # What is escaped counts with all its characters, but is to be read as one.
    text, position = "", 0
    places: list[int] = []
    for escape in _ESCAPE.finditer(counted):
        places += range(len(text), len(text) + escape.start() - position)
        text += counted[position : escape.start()]
        places += [len(text)] * len(escape[0])
        text += html.unescape(escape[0].lower())
        position = escape.end()
    places += range(len(text), len(text) + len(counted) - position)
    text += counted[position:]
    places.append(len(text))
    return text, places, places[marks[0]], places[marks[-1]]


class _Annotated:
    """What an annotation file says of a text."""

    def __init__(self, root: Element, text: str, places: Sequence[int], where: str):
        self.root, self.text, self.places, self.where = root, text, places, where
        self.indices: dict[str, int] = {}  # id of a mention -> index into the entities
        entities: list[Entity] = []
        for entity in root.iter("entity"):
            for mention in entity.iter("entity_mention"):
                self.indices[mention.get("ID", "")] = len(entities)
                span = self._mention(mention, "extent")
                entities.append(Entity(span.start, span.end, span.text, entity.get("TYPE", "")))
        self.entities = tuple(entities)

    def relations(self, label: str, unread: Sequence[str], left_out: Counter[str]) -> Iterator[Relation]:
        for relation in self.root.iter("relation"):
            name = relation.get(label, relation.get("TYPE", ""))
            for mention in relation.iter("relation_mention"):
                if name in unread:
                    left_out[f"relation of type {name}"] += 1
                    continue
                ends: dict[str, str] = {}
                # ACE 2005 and 2004 name elements and attributes in different ways.
                for end in (*mention.iter("relation_mention_argument"), *mention.iter("rel_mention_arg")):
                    number = (end.get("ROLE") or end.get("ARGNUM") or "").removeprefix("Arg-")
                    ends[number] = end.get("REFID") or end.get("ENTITYMENTIONID") or ""
                if not {"1", "2"} <= set(ends):
                    raise InputError(f"{self.where}: relation {mention.get('ID')} has not two ends, Arg-1 and Arg-2")
                yield Relation(name, self._index(ends["1"]), self._index(ends["2"]))

    def events(self, left_out: Counter[str]) -> Iterator[Event]:
        for event in self.root.iter("event"):
            name = f"{event.get('TYPE')}:{event.get('SUBTYPE')}"
            for mention in event.iter("event_mention"):
                arguments = []
                for argument in mention.iter("event_mention_argument"):
                    if argument.get("REFID") not in self.indices:
                        left_out["argument that is a time or value"] += 1
                        continue
                    span = self._mention(argument, "extent")
                    arguments.append(Argument(span.start, span.end, span.text, argument.get("ROLE", "")))
                yield Event(name, self._mention(mention, "anchor"), tuple(dict.fromkeys(arguments)))

    def _index(self, id: str) -> int:
        if id not in self.indices:
            raise InputError(f"{self.where}: there is no entity mention {id!r:.60}, but a relation refers to it")
        return self.indices[id]

    def _mention(self, element: Element, part: str) -> Mention:
        where = f"{self.where}: the {part} of {element.get('ID') or element.get('REFID')}"
        charseq = element.find(f"{part}/charseq")
        if charseq is None:
            raise InputError(f"{where} is missing; take the file anew from its source")
        try:
            first, last = int(charseq.get("START", "")), int(charseq.get("END", ""))
        except ValueError:
            raise InputError(f"{where} has no whole numbers as START and END") from None
        if not 0 <= first <= last < len(self.places) - 1:
            raise InputError(f"{where} is {first} to {last}, but the text has {len(self.places) - 1} characters")
        start, end = self.places[first], self.places[last + 1]
        found, said = self.text[start:end], "".join(charseq.itertext())
        if found.split() != said.split() and last - first + 1 == len(said):
            # The length is that of what is said, where an escape such as `&amp;` is one character.
            found = self.text[start : start + len(said)]
        if found.split() != said.split():
            raise InputError(
                f"{where} is {said!r:.40}, but the text has {found!r:.40} there; "
                "take .apf.xml and .sgm from one release, unchanged"
            )
        start += len(found) - len(found.lstrip())
        return Mention(start, start + len(found.strip()), found.strip())
