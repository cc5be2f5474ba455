"""Annotated text: `Document` and its parts, with character offsets, and their JSONL form.

Offsets count Unicode code points into `Document.text`, end exclusive, so `text[start:end]` is the mention.
"""

import dataclasses
import difflib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from kcjax.errors import InputError
from kcjax.files import read_jsonl, write_jsonl
from kcjax.problems import Problems
from kcjax.text import mention_key


@dataclasses.dataclass(frozen=True)
class Mention:
    """A stretch of the text."""

    start: int
    end: int
    text: str


@dataclasses.dataclass(frozen=True)
class Entity(Mention):
    """`value` is what the mention says in a standard form, such as 1963-03-13 or 5959, where a clean-up has read it."""

    type: str
    confidence: float | None = None
    value: str | None = None


@dataclasses.dataclass(frozen=True)
class Relation:
    """`head` and `tail` index into the document's `entities`; `violates` names those of the two whose type is none that
    the schema wants there."""

    type: str
    head: int
    tail: int
    confidence: float | None = None
    violates: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Argument(Mention):
    """`violates`: whether the entity there is of a type that the schema does not want in the role."""

    role: str
    violates: bool = False


@dataclasses.dataclass(frozen=True)
class Event:
    type: str
    trigger: Mention
    arguments: tuple[Argument, ...] = ()
    confidence: float | None = None


@dataclasses.dataclass(frozen=True)
class Document:
    """A text and what is annotated in it. `extra` holds the JSON keys kcjax does not know, kept as they came."""

    id: str
    text: str
    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()
    events: tuple[Event, ...] = ()
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def mentions(self) -> Iterator[Mention]:
        """Entities, triggers and arguments."""
        yield from self.entities
        for event in self.events:
            yield event.trigger
            yield from event.arguments


_KEYS = ("id", "text", "entities", "relations", "events")
_SPAN_KEYS = ("start", "end", "text")
_TYPE_KEYS = ("type", "confidence", "identifier", "ancestors")  # the last two tell of the type, and are left there


def document_from_json(row: Mapping[str, Any], *, where: str) -> Document:
    """Checks a row and makes a `Document` of it. `entities`, `relations` and `events` may be absent or null; an id that
    is a number becomes a string.

    Args:
      where: what the messages call the row, such as "FILE:LINE".

    Raises:
      InputError: a field is missing, of the wrong type or unknown, an offset does not fit the text, or a relation's end
        is no entity; the message names row and field.
    """
    text = _get(row, "text", str, where, "")
    entities = tuple(
        Entity(
            *_span(item, text, where, path),
            _get(item, "type", str, where, path),
            _confidence(item, where, path),
            _value(item, where, path),
        )
        for path, item in _items(row, "entities", (*_TYPE_KEYS, *_SPAN_KEYS, "value"), where, "")
    )
    relations = tuple(
        Relation(
            _get(item, "type", str, where, path),
            _index(item, "head", len(entities), where, path),
            _index(item, "tail", len(entities), where, path),
            _confidence(item, where, path),
            tuple(end for end in ("head", "tail") if end in (item.get("violates") or ())),
        )
        for path, item in _items(row, "relations", (*_TYPE_KEYS, "head", "tail", "violates"), where, "")
    )
    events = tuple(
        _event(item, text, where, path)
        for path, item in _items(row, "events", (*_TYPE_KEYS, "trigger", "arguments"), where, "")
    )
    extra = {key: value for key, value in row.items() if key not in _KEYS}
    for key in ("entities", "relations", "events"):
        if key not in row and (near := difflib.get_close_matches(key, extra, n=1, cutoff=0.85)):
            raise InputError(f"{where}: has no {key}, but {near[0]!r}; rename that, to whichever it is")
    id = row.get("id")
    id = str(id) if isinstance(id, int) and not isinstance(id, bool) else _get(row, "id", str, where, "")
    return Document(id, text, entities, relations, events, extra)


def document_to_json(document: Document) -> dict[str, Any]:
    """The row that `document_from_json` reads back; a `confidence` or `value` of None is left out."""
    if clash := [key for key in document.extra if key in _KEYS]:
        raise InputError(f"document {document.id}: the extra key {clash[0]!r} is one of a document's own; rename it")
    return {
        "id": document.id,
        "text": document.text,
        "entities": [_entity_json(e) for e in document.entities],
        "relations": [_relation_json(r) for r in document.relations],
        "events": [
            _sure(
                e,
                {
                    "type": e.type,
                    "trigger": _span_json(e.trigger),
                    "arguments": [_argument_json(a) for a in e.arguments],
                },
            )
            for e in document.events
        ],
        **document.extra,
    }


def read_documents(
    path: str | os.PathLike,
    *,
    prefix: str = "",
    finish: Callable[[Document], Document] | None = None,
    problems: Problems | None = None,
) -> Iterator[Document]:
    """Yields the documents of a JSONL file, gzipped or not; a row without an id gets its line number as id.

    Args:
      prefix: of such ids, to tell the rows of several files apart.
      finish: makes of each document the one to yield; its `InputError` is told with file and line.
      problems: takes the rows that are no documents, or have the id of another; by default the first one raises.

    Raises:
      InputError: the file is missing or has no documents, or `problems` tolerates no more.
    """
    problems = problems or Problems()
    seen: dict[str, str] = {}  # id -> line
    for where, row in read_jsonl(path, problems=problems):
        line = where.rpartition(":")[2]
        document: Document | None = None
        with problems.skipping():
            row.setdefault("id", prefix + line)
            found = document_from_json(row, where=where)
            if found.id in seen:
                other = seen[found.id]
                raise InputError(f"{where}: the id {found.id!r} is also that of line {other}; make ids unique")
            seen[found.id] = line
            try:
                document = finish(found) if finish else found
            except InputError as error:
                raise InputError(f"{where}: {error}") from error
        if document:
            yield document
    if not seen:
        raise InputError(f"{path}: no documents in the file; write one JSON object a line, with id and text")


def mention_keys(paths: Iterable[str | os.PathLike]) -> frozenset[str]:
    """The `mention_key` of all entities, triggers and arguments in files of documents."""
    documents = (document for path in paths for document in read_documents(path))
    return frozenset(mention_key(mention.text) for document in documents for mention in document.mentions())


def write_documents(path: str | os.PathLike, documents: Iterable[Document]) -> int:
    """Writes documents as plain JSONL, the whole file or none of it; returns how many.

    Raises:
      InputError: the path ends in .gz, for what is written is not compressed.
    """
    if os.fspath(path).endswith(".gz"):
        raise InputError(f"{path}: documents are written uncompressed; leave out .gz, and compress the file afterwards")
    return write_jsonl(path, map(document_to_json, documents))


def _sure(item: Entity | Relation | Event, row: dict[str, Any]) -> dict[str, Any]:
    return row if item.confidence is None else {**row, "confidence": item.confidence}


def _entity_json(entity: Entity) -> dict[str, Any]:
    row = _sure(entity, {"type": entity.type, **_span_json(entity)})
    return row if entity.value is None else {**row, "value": entity.value}


def _relation_json(relation: Relation) -> dict[str, Any]:
    row = _sure(relation, {"type": relation.type, "head": relation.head, "tail": relation.tail})
    return {**row, "violates": [*relation.violates]} if relation.violates else row


def _argument_json(argument: Argument) -> dict[str, Any]:
    row = {"role": argument.role, **_span_json(argument)}
    return {**row, "violates": True} if argument.violates else row


def _span_json(mention: Mention) -> dict[str, Any]:
    return {"start": mention.start, "end": mention.end, "text": mention.text}


def _event(item: Mapping[str, Any], text: str, where: str, path: str) -> Event:
    trigger = _get(item, "trigger", dict, where, path)
    _check_keys(trigger, _SPAN_KEYS, where, f"{path}.trigger")
    return Event(
        _get(item, "type", str, where, path),
        Mention(*_span(trigger, text, where, f"{path}.trigger")),
        tuple(
            Argument(
                *_span(argument, text, where, at),
                _get(argument, "role", str, where, at),
                argument.get("violates") is True,
            )
            for at, argument in _items(item, "arguments", ("role", *_SPAN_KEYS, "violates"), where, path)
        ),
        _confidence(item, where, path),
    )


def _field(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _get(row: Mapping[str, Any], key: str, kind: type, where: str, path: str) -> Any:
    if key not in row:
        raise InputError(f"{where}: {_field(path, key)} is missing; add it")
    value = row[key]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise InputError(f"{where}: {_field(path, key)} must be of type {kind.__name__}, found {value!r:.60}")
    return value


def _items(
    row: Mapping[str, Any], key: str, keys: tuple[str, ...], where: str, path: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yields (path, object) for every object of a list that may be absent."""
    if row.get(key) is None:
        return
    for number, item in enumerate(_get(row, key, list, where, path)):
        item_path = f"{_field(path, key)}[{number}]"
        if not isinstance(item, dict):
            raise InputError(f"{where}: {item_path} must be an object, found {item!r:.60}")
        _check_keys(item, keys, where, item_path)
        yield item_path, item


def _check_keys(item: Mapping[str, Any], keys: tuple[str, ...], where: str, path: str) -> None:
    for key in item:
        if key not in keys:
            raise InputError(
                f"{where}: {path} has the unknown key {key!r} (known: {', '.join(keys)}); "
                "remove it, or keep it at the top of the row, where extra keys may stand"
            )


def _index(row: Mapping[str, Any], key: str, count: int, where: str, path: str) -> int:
    index = _get(row, key, int, where, path)
    if not 0 <= index < count:
        raise InputError(f"{where}: {path}.{key} is {index}, but the row has {count} entities, numbered from 0")
    return index


def _span(row: Mapping[str, Any], text: str, where: str, path: str) -> tuple[int, int, str]:
    start, end = _get(row, "start", int, where, path), _get(row, "end", int, where, path)
    mention = _get(row, "text", str, where, path)
    if not 0 <= start < end <= len(text):
        raise InputError(
            f"{where}: {path} spans {start} to {end}, which is no stretch of the {len(text)} characters of text; "
            "offsets count characters from 0, end exclusive"
        )
    if text[start:end] != mention:
        raise InputError(
            f"{where}: {path}.text is {mention!r:.60}, but text[{start}:{end}] is {text[start:end]!r:.60}; "
            "offsets count characters (code points), not bytes or UTF-16 units"
        )
    return start, end, mention


def _confidence(row: Mapping[str, Any], where: str, path: str) -> float | None:
    value = row.get("confidence")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InputError(f"{where}: {path}.confidence must be a number from 0 to 1, or null, found {value!r:.60}")
    return float(value)


def _value(row: Mapping[str, Any], where: str, path: str) -> str | None:
    value = row.get("value")
    if value is not None and not isinstance(value, str):
        raise InputError(f"{where}: {path}.value must be a string or null, found {value!r:.60}")
    return value
