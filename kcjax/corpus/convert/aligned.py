"""Text aligned with Wikidata facts, with offsets and ids: sentences with triples, and whole documents.

A sentence is `{"id", "text", "triples": [{"pid", "relation", "subject": {"qid", "label", "types", "start", "end"},
"object", "domain", "range"}]}` (Text2KGBench's TekGen part with types from Wikidata); a whole document is `{"id",
"text", "sentences": [[start, end]], "entities": [{"id", "type", "mentions": [{"start", "end"}]}], "relations":
[{"head", "tail", "pid"}]}` (Re-DocRED). Offsets count code points, end exclusive. A library is needed.
"""

import itertools
from typing import Any

from kcjax.corpus.convert.facts import Job, count_untyped
from kcjax.corpus.convert.mentions import Annotation
from kcjax.corpus.convert.rows import Row, field
from kcjax.corpus.document import Document
from kcjax.errors import InputError
from kcjax.text import Span, distance

# What Re-DocRED's labels stand for; the first that the library has.
_LABELS = {
    "PER": ("Q5", "Q215627"),
    "ORG": ("Q43229",),
    "LOC": ("Q58416391", "Q2221906", "Q17334923"),
    "TIME": ("Q186408", "Q11471"),
    "NUM": ("Q11563",),
    "MISC": (),
}
_NO_CLASS = "relation: its property is not in the library"


def document(row: Row, job: Job) -> Document:
    """The document of a sentence or whole document, which keeps what it leaves over in `extra`.

    Raises:
      InputError: a field is missing or wrong; the message names row and field.
    """
    return _sentence(row, job) if "triples" in row.value else _whole(row, job)


def _sentence(row: Row, job: Job) -> Document:
    """A triple with both spans makes a relation. An end's class is the most specific one of its types, else that of the
    benchmark's domain or range, else `Entity`; a span of no relation makes an entity where there is a class."""
    note = Annotation(field(row.value, "text", str, row.where))
    qids: dict[Span, str] = {}
    seen: set[Span] = set()
    for number, triple in enumerate(field(row.value, "triples", list, row.where)):
        where = f"{row.where}: triples[{number}]"
        ends = [_end(triple, key, note, where) for key in ("subject", "object")]
        spans = [span for span, _ in ends if span]
        pid = field(triple, "pid", str, where, default="")
        name = job.classes.of_property(pid)
        if len(spans) < 2:
            job.lose("relation without a span for head or tail")
        elif not pid:
            job.lose("relation without a property")
        elif name is None:
            job.lose(_NO_CLASS)
        elif spans[0] == spans[1]:
            job.lose("relation of a mention with itself")
        elif not note.relation(name, *spans):
            job.lose("relation that is there already")
        related = name is not None and len(spans) == 2 and (name, *spans) in note.relations
        for (span, end), key in zip(ends, ("domain", "range"), strict=True):
            if span is None:
                continue
            seen.add(span)
            if qid := field(end, "qid", str, where, default=""):
                qids.setdefault(span, qid)
            general = field(triple, key, str, where, default="")
            if found := job.classes.of_types(map(str, field(end, "types", list, where, default=[]))):
                note.entity(span, found)
            elif found := job.classes.of_types([general]):
                note.entity(span, found, doubt=1)
            elif related:
                note.entity(span, "Entity", doubt=2)
    job.lose("entity without a class, at no end of a relation", len(seen.difference(note.entities)))
    count_untyped(note, job)
    extra: dict[str, Any] = {"qids": [qids.get(span) for span in note.spans()]} if qids else {}
    kept = {key: row.value[key] for key in ("ontology", "text_in_test") if key in row.value}
    return note.document(field(row.value, "id", str, row.where), {**extra, **kept})


def _end(triple: Any, key: str, note: Annotation, where: str) -> tuple[Span | None, dict[str, Any]]:
    end = field(triple, key, dict, where)
    if end.get("start") is None:
        return None, end
    return _span(end, note.text, f"{where}.{key}", "label"), end


def _whole(row: Row, job: Job) -> Document:
    """Every mention makes an entity. A relation holds between the mentions of head and tail that stand in one sentence,
    then apart, then nearest, then first."""
    note = Annotation(field(row.value, "text", str, row.where))
    sentences = field(row.value, "sentences", list, row.where, default=[])
    if not all(isinstance(s, list) and len(s) == 2 and all(isinstance(n, int) for n in s) for s in sentences):
        raise InputError(f"{row.where}: sentences must be a list of [start, end], found {sentences!r:.60}")
    mentions: dict[int, list[tuple[int, Span]]] = {}  # entity -> (sentence, span) of each
    for number, entity in enumerate(field(row.value, "entities", list, row.where)):
        where = f"{row.where}: entities[{number}]"
        label = field(entity, "type", str, where)
        if label not in _LABELS:
            raise InputError(f"{where}.type is {label!r}; known: {', '.join(_LABELS)}")
        name = next((found for qid in _LABELS[label] if (found := job.classes.of_types([qid]))), "Entity")
        own = mentions[field(entity, "id", int, where)] = []
        for place, mention in enumerate(field(entity, "mentions", list, where)):
            span = _span(mention, note.text, f"{where}.mentions[{place}]", "text")
            own.append((next((n for n, s in enumerate(sentences) if s[0] <= span[0] < s[1]), -1), span))
            if span in note.entities:
                job.lose("entity at the span of another one")
            note.entity(span, name, doubt=name == "Entity")
    for number, relation in enumerate(field(row.value, "relations", list, row.where)):
        where = f"{row.where}: relations[{number}]"
        head, tail = (field(relation, key, int, where) for key in ("head", "tail"))
        if head not in mentions or tail not in mentions:
            raise InputError(f"{where}: head and tail must be ids of entities, found {head} and {tail}")
        found = job.classes.of_property(field(relation, "pid", str, where))
        pairs = [
            (first != second, _overlap(a, b), distance(a, b), a, b)
            for (first, a), (second, b) in itertools.product(mentions[head], mentions[tail])
            if a != b
        ]
        if found is None:
            job.lose(_NO_CLASS)
        elif not pairs:
            job.lose("relation of a mention with itself")
        elif not note.relation(found, *min(pairs)[-2:]):
            job.lose("relation that is there already")
    count_untyped(note, job)
    kept = {key: row.value[key] for key in ("title",) if key in row.value}
    return note.document(field(row.value, "id", str, row.where), kept)


def _span(item: Any, text: str, where: str, key: str) -> Span:
    start, end = field(item, "start", int, where), field(item, "end", int, where)
    if not 0 <= start < end <= len(text) or text[start:end] != item.get(key):
        raise InputError(f"{where}: {key} is {item.get(key)!r:.60}, but text[{start}:{end}] is {text[start:end]!r:.60}")
    return start, end


def _overlap(a: Span, b: Span) -> bool:
    return a[0] < b[1] and b[0] < a[1]
