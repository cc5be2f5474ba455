"""Saved predictions of other systems made into documents, so that one scorer judges all.

Each is a JSONL file with a row for every gold document, of the same `id`. Strings without offsets are placed as kcjax's
own are (`corpus/spans.py`); those that are not in the text, or more often than there, are told as kcjax's own are.
Nothing in them is executed.

| form | a row |
|---|---|
| gliner | `{"id", "entities": [{"start", "end", "text", "label", "score"}]}`, as `predict_entities` gives them |
| gollie | `{"id", "response": "[Person(span=\\"Ada\\"), ...]"}`, the text that the model wrote |
| universalner | `{"id", "type": "person", "response": "[\\"Ada\\", ...]"}`, a row for each type that was asked for |
| llm-json | `{"id", "response": "{...}"}`, the text that the model wrote, also with the JSON in a fence |

The JSON of an LLM is `{"entities": [{"type", "text"}], "relations": [{"type", "head", "tail"}], "events": [{"type",
"trigger", "arguments": [{"role", "text"}]}]}`, of which each part may be absent.
"""

import ast
import dataclasses
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from kcjax.corpus.document import Document, Entity
from kcjax.corpus.labels import Labels
from kcjax.corpus.prompt import Task
from kcjax.corpus.response import Call, parse_response
from kcjax.corpus.spans import Located, locate
from kcjax.errors import InputError
from kcjax.evaluate.predictions import Broken, Malformed, line_number, read_predictions
from kcjax.files import read_jsonl
from kcjax.schema.types import EntityType, EventType, RelationType, Role, Schema

_FENCE = re.compile(r"```(?:json|python)?\s*(.*?)```", re.DOTALL | re.IGNORECASE)
_ENTITY = ("span", "mention", "name")  # what GoLLIE's guidelines call an entity's string and an event's trigger
_ENDS = ("arg1", "arg2")


def read_peer(
    form: str,
    path: str | os.PathLike,
    gold: Sequence[Document],
    schema: Schema | None = None,
    labels: Labels | None = None,
) -> tuple[list[Document], list[Malformed]]:
    """The documents of a file of predictions, and what was wrong with the other rows.

    A response that cannot be read gives a document without objects, of status "parse_error".

    Args:
      form: one of `PEERS`, or "kcjax", of which the arguments below change nothing.
      schema: the types that labels are made names of, where they are so but for case and signs; other labels stay. By
        default the names in gold.
      labels: what else the types are called.

    Raises:
      InputError: there is no such form, a row is for no gold document, or one has no row.
    """
    if form == "kcjax":
        return read_predictions(path, gold)
    if form not in PEERS:
        raise InputError(f"there is no form {form!r} of predictions; known: kcjax, {', '.join(PEERS)}")
    known = {document.id: document for document in gold}
    rows: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    broken = Broken()
    for where, row in read_jsonl(path, problems=broken):
        id = row.setdefault("id", line_number(where))
        if not isinstance(id, str) or id not in known:
            raise InputError(f"{where}: the id {id!r} is none of a gold document")
        if id in rows and form != "universalner":
            broken.rows.append((id, f"{where}: the id {id!r} is that of an earlier row; make ids unique", row))
        else:
            rows.setdefault(id, []).append((where, row))
    names = _names(schema, gold, labels)
    found: dict[str, Document] = {}
    for id, document in known.items():
        if id in rows:
            try:
                found[id] = PEERS[form](document.text, rows[id], names).document(document)
            except InputError as error:
                broken.rows.append((id, str(error), rows[id][0][1]))
    return list(found.values()), broken.malformed(gold, found)


def _label_key(label: str) -> str:
    """What labels are compared by: `TV show` is `TVShow`."""
    return "".join(character for character in label.casefold() if character.isalnum())


def _names(schema: Schema | None, gold: Sequence[Document], labels: Labels | None) -> dict[str, str]:
    """Key of a label -> name of a type; with a dot before it, that of a role."""
    types: dict[str, None] = {}
    roles: dict[str, None] = {}
    for t in schema.by_name.values() if schema else ():
        types[t.name] = None
        roles.update(dict.fromkeys(role.name for role in getattr(t, "roles", ())))
    for document in () if schema else gold:
        for items in (document.entities, document.relations, document.events):
            types.update(dict.fromkeys(item.type for item in items))
        roles.update(dict.fromkeys(argument.role for event in document.events for argument in event.arguments))
    names: dict[str, str] = {}
    for table, called in (labels or {}).items():
        wanted, dot = (roles, ".") if table == "roles" else (types, "")
        names |= {dot + _label_key(label): name for label, name in called.items() if name in wanted}
    return names | {_label_key(name): name for name in types} | {"." + _label_key(name): name for name in roles}


@dataclasses.dataclass
class _Found:
    """What a system found in a text, by strings: entities (type, text), relations (type, head, tail), events (type,
    trigger, [(role, text)]); `placed` are entities that have offsets already."""

    names: Mapping[str, str]
    entities: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    relations: list[tuple[str, str, str]] = dataclasses.field(default_factory=list)
    events: list[tuple[str, str, list[tuple[str, str]]]] = dataclasses.field(default_factory=list)
    placed: list[Entity] = dataclasses.field(default_factory=list)
    status: str = "ok"

    def name(self, label: str) -> str:
        return self.names.get(_label_key(label), label)

    def role(self, label: str) -> str:
        return self.names.get("." + _label_key(label), label)

    def document(self, gold: Document) -> Document:
        text, name = gold.text, self.name
        roles: dict[str, dict[str, None]] = {}
        for t, _, arguments in self.events:
            roles.setdefault(name(t), {}).update(dict.fromkeys(self.role(role) for role, _ in arguments))
        # Of each task a schema of its own, for a system may call an entity and a relation alike.
        entities = Schema(tuple(EntityType(t) for t in dict.fromkeys(name(t) for t, _ in self.entities)))
        relations = Schema((), tuple(RelationType(t) for t in dict.fromkeys(name(t) for t, _, _ in self.relations)))
        events = Schema(events=tuple(EventType(t, roles=tuple(map(Role, found))) for t, found in roles.items()))

        def entity(string: str) -> Call:
            return Call("Entity", (string,), {}, 0, 0)

        found: dict[Task, Located] = {}
        found["ner"] = locate("ner", [Call(name(t), (s,), {}, 0, 0) for t, s in self.entities], text, entities)
        calls = [Call(name(t), (entity(head), entity(tail)), {}, 0, 0) for t, head, tail in self.relations]
        found["re"] = locate("re", calls, text, relations, entities=(*self.placed, *found["ner"].entities))
        calls = [
            Call(name(t), (), {"trigger": trigger, **_by_role(arguments, self.role, entity)}, 0, 0)
            for t, trigger, arguments in self.events
        ]
        found["eae"] = locate("eae", calls, text, events)
        unplaced = [item for task, located in found.items() for item in located.unplaced(task)]
        # An event without a place is a trigger without one.
        lost = (*found["eae"].hallucinated, *found["eae"].repeated)
        triggers = [(u.call.name, u.call.kwargs["trigger"]) for u in lost if u.label == u.call.name]
        unplaced += [{"task": "ed", "label": t, "texts": [trigger]} for t, trigger in triggers if trigger]
        extra = {
            "status": self.status,
            "hallucinated": sum(len(located.hallucinated) for located in found.values()),
            "repeated": sum(len(located.repeated) for located in found.values()),
        } | ({"unplaced": unplaced} if unplaced else {})
        return Document(gold.id, text, found["re"].entities, found["re"].relations, found["eae"].events, extra)


def _by_role(
    arguments: Sequence[tuple[str, str]], name: Callable[[str], str], entity: Callable[[str], Call]
) -> dict[str, tuple[Call, ...]]:
    found: dict[str, tuple[Call, ...]] = {}
    for role, string in arguments:
        found[name(role)] = (*found.get(name(role), ()), entity(string))
    return found


Rows = Sequence[tuple[str, dict[str, Any]]]


def _gliner(text: str, rows: Rows, names: Mapping[str, str]) -> _Found:
    (where, row), found = rows[0], _Found(names)
    for number, item in enumerate(_list(row, "entities", where)):
        label, start, end = (
            (item.get(key) for key in ("label", "start", "end")) if isinstance(item, dict) else (None,) * 3
        )
        if not isinstance(label, str) or not isinstance(start, int) or not isinstance(end, int):
            raise InputError(f"{where}: entities[{number}] must have label, start and end")
        if not 0 <= start < end <= len(text):
            raise InputError(f"{where}: entities[{number}] spans {start} to {end}, of {len(text)} characters")
        if item.get("text", text[start:end]) != text[start:end]:
            raise InputError(
                f"{where}: entities[{number}] is {item['text']!r:.60}, but {start} to {end} of the text is "
                f"{text[start:end]!r:.60}; predict on the same text"
            )
        score = item.get("score")
        if score is not None and (not isinstance(score, int | float) or not 0 <= score <= 1):
            raise InputError(f"{where}: entities[{number}].score must be a number from 0 to 1, found {score!r:.60}")
        found.placed.append(Entity(start, end, text[start:end], found.name(label), score))
    return found


def _gollie(text: str, rows: Rows, names: Mapping[str, str]) -> _Found:
    (where, row), found = rows[0], _Found(names)
    response = _string(row, "response", where).strip()
    if not re.match(r"results?\s*=", response):
        response = "results = " + response
    parsed = parse_response(re.sub(r"\Aresult\s*=", "results =", response))
    found.status = parsed.status
    for call in parsed.objects:
        values = dict(call.kwargs)
        if isinstance(head := values.get(_ENDS[0]), str) and isinstance(tail := values.get(_ENDS[1]), str):
            found.relations.append((call.name, head, tail))
            continue
        key = next((key for key in _ENTITY if isinstance(values.get(key), str)), None)
        string = values.pop(key) if key else call.args[0] if call.args else None
        if not isinstance(string, str):
            found.status = "parse_error"
        elif key == "mention":  # of an event; what else it has are its roles
            arguments = [(role, s) for role, many in values.items() for s in _strings(many)]
            found.events.append((call.name, string, arguments))
        else:
            found.entities.append((call.name, string))
    return found


def _universalner(text: str, rows: Rows, names: Mapping[str, str]) -> _Found:
    found, asked = _Found(names), set[str]()
    for where, row in rows:
        label = _string(row, "type", where)
        if label in asked:
            raise InputError(f"{where}: the type {label!r} is asked for a second time")
        asked.add(label)
        try:
            strings = ast.literal_eval(_string(row, "response", where).strip())  # reads literals, and runs nothing
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            strings = None
        if not isinstance(strings, list | tuple) or not all(isinstance(s, str) for s in strings):
            found.status = "parse_error"
            continue
        found.entities += [(label, s) for s in strings]
    return found


def _llm_json(text: str, rows: Rows, names: Mapping[str, str]) -> _Found:
    (where, row), found = rows[0], _Found(names)
    response = _string(row, "response", where)
    fenced = _FENCE.search(response)
    try:
        answer = json.loads(fenced[1] if fenced else response)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        found.status = "parse_error"
        return found
    for item in _items(answer, "entities", ("type", "text"), found):
        found.entities.append((item["type"], item["text"]))
    for item in _items(answer, "relations", ("type", "head", "tail"), found):
        found.relations.append((item["type"], item["head"], item["tail"]))
    for item in _items(answer, "events", ("type", "trigger"), found):
        arguments = _items(item, "arguments", ("role", "text"), found)
        found.events.append((item["type"], item["trigger"], [(a["role"], a["text"]) for a in arguments]))
    return found


def _items(answer: Mapping[str, Any], key: str, fields: Sequence[str], found: _Found) -> Iterator[dict[str, Any]]:
    """The objects of a list that have these strings; of others the status tells."""
    items = answer.get(key) or ()
    for item in items if isinstance(items, list) else [None]:
        if items and isinstance(item, dict) and all(isinstance(item.get(field), str) for field in fields):
            yield item
        elif items:
            found.status = "parse_error"


def _strings(value: Any) -> list[str]:
    return [item for item in (value if isinstance(value, tuple) else (value,)) if isinstance(item, str)]


def _string(row: Mapping[str, Any], key: str, where: str) -> str:
    if not isinstance(row.get(key), str):
        raise InputError(f"{where}: {key} must be a string, found {row.get(key)!r:.60}")
    return row[key]


def _list(row: Mapping[str, Any], key: str, where: str) -> list[Any]:
    if not isinstance(row.get(key), list):
        raise InputError(f"{where}: {key} must be a list, found {row.get(key)!r:.60}")
    return row[key]


ENTITIES_ALONE = ("gliner", "universalner")
PEERS: dict[str, Callable[[str, Rows, Mapping[str, str]], _Found]] = {
    "gliner": _gliner,
    "gollie": _gollie,
    "universalner": _universalner,
    "llm-json": _llm_json,
}
