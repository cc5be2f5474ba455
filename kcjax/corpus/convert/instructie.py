"""InstructIE, and rows of IEPile: relations and entities as strings.

InstructIE (huggingface.co/datasets/zjunlp/InstructIE, arXiv 2305.11527), seen in its README and in zjunlp/IEPile
`data/KG`: `{"id", "cate", "text", "relation": [{"head", "head_type", "relation", "tail", "tail_type"}]}`; the types may
be absent. Entities are `"entity": [{"entity", "entity_type"}]`, as IEPile's programs read them.

IEPile (huggingface.co/datasets/zjunlp/iepile, arXiv 2402.14710), seen in its README: `{"task": "RE" | "NER" | ...,
"instruction", "output"}`, where the instruction is JSON with the text as `input`, and the output JSON by label:
`{"LABEL": [{"subject", "object"}]}` or `{"LABEL": ["MENTION"]}`. One text gives several rows, each with other labels.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from kcjax.corpus.convert.facts import Job, add_fact, count_untyped, entity_class
from kcjax.corpus.convert.mentions import Annotation, absence, places_of
from kcjax.corpus.convert.rows import Row, field
from kcjax.corpus.document import Document
from kcjax.errors import InputError


def document(row: Row, job: Job) -> Document | None:
    """The document of a row; None for a task of IEPile that has neither relations nor entities.

    Raises:
      InputError: a field is missing or wrong.
    """
    id = field(row.value, "id", str, row.where, default=row.id)
    if "instruction" in row.value and "text" not in row.value:
        return _iepile(row, job, id)
    note = Annotation(field(row.value, "text", str, row.where))
    if "relation" not in row.value and "entity" not in row.value:
        raise InputError(f"{row.where}: relation and entity are missing; is this a file of another form?")
    for where, fact in _objects(row.value, "relation", row.where):
        head, label, tail = (field(fact, key, str, where) for key in ("head", "relation", "tail"))
        kinds = tuple(field(fact, f"{end}_type", str, where, default="") for end in ("head", "tail"))
        add_fact(note, job, head, label, tail, kinds=(kinds[0], kinds[1]))
    for where, entity in _objects(row.value, "entity", row.where):
        _add_entities(note, job, field(entity, "entity", str, where), field(entity, "entity_type", str, where))
    count_untyped(note, job)
    return note.document(id)


def _iepile(row: Row, job: Job, id: str) -> Document | None:
    task = field(row.value, "task", str, row.where)
    if task not in ("RE", "NER"):
        job.lose(f"row of task {task}")
        return None
    note = Annotation(field(_inner(row, "instruction"), "input", str, f"{row.where}: instruction"))
    for label, found in _inner(row, "output").items():
        where = f"{row.where}: output: {label}"
        if not isinstance(found, list):
            raise InputError(f"{where} must be a list, found {found!r:.60}")
        for item in found:
            if task == "RE":
                add_fact(note, job, field(item, "subject", str, where), label, field(item, "object", str, where))
            elif isinstance(item, str):
                _add_entities(note, job, item, label)
            else:
                raise InputError(f"{where} must be strings, found {item!r:.60}")
    count_untyped(note, job)
    return note.document(id)


def _add_entities(note: Annotation, job: Job, string: str, label: str) -> None:
    """Every occurrence is an entity, as a string is annotated that stands for all of them."""
    name = entity_class(job, label)
    spans = places_of(note.text, string)
    if name is None:
        job.lose("entity: its label stands for no one class")
    elif not spans:
        job.lose(f"entity: mention {absence(note.text, string)}")
    else:
        for span in spans:
            note.entity(span, name, doubt=1)


def _objects(value: dict[str, Any], key: str, where: str) -> Iterator[tuple[str, Any]]:
    for number, item in enumerate(field(value, key, list, where, default=[])):
        yield f"{where}: {key}[{number}]", item


def _inner(row: Row, key: str) -> dict[str, Any]:
    """The JSON object in a string."""
    try:
        value = orjson.loads(field(row.value, key, str, row.where))
    except orjson.JSONDecodeError as error:
        raise InputError(f"{row.where}: {key} must be a string that holds JSON: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"{row.where}: {key} must hold a JSON object, found {value!r:.60}")
    return value
