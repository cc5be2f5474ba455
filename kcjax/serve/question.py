"""What a page asks of the server: a text, a schema as code, and how it is to be read."""

import dataclasses
from typing import Any

import orjson

from kcjax.corpus.prompt import TASKS, Task
from kcjax.errors import InputError
from kcjax.schema.source import parse_schema
from kcjax.schema.types import Schema

# Which types JSON may give a field, and what the message calls them.
_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "schema": ((str,), "a string, Python classes"),
    "text": ((str,), "a string"),
    "tasks": ((list,), f"a list of one or more of {', '.join(TASKS)}"),
    "comments": ((bool,), "true or false"),
    "grammar": ((bool,), "true or false"),
    "stop_bias": ((int, float), "a number from -100 to 100"),
}


@dataclasses.dataclass(frozen=True)
class Question:
    """The fields are as in `Extractor.extract`; `tasks` None is all that the schema has types for."""

    text: str
    schema: Schema
    tasks: tuple[Task, ...] | None = None
    comments: bool = True
    grammar: bool = True
    stop_bias: float = 0.0


def parse_question(body: bytes) -> Question:
    """Reads `{"schema": CODE, "text": TEXT}` and what else a `Question` has; the schema is parsed, never run.

    Raises:
      InputError: it is not such an object; the message names the field, or the schema's line as `schema:LINE`.
    """
    try:
        row = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InputError(f"the request is not JSON ({error}); send an object with schema and text") from error
    if not isinstance(row, dict):
        raise InputError(f"the request is {row!r:.60}; send an object with schema and text")
    for name in ("schema", "text"):
        if name not in row:
            raise InputError(f"{name} is missing; add it")
    for name, value in row.items():
        _check(name, value)
    if not row["text"].strip():
        raise InputError("text is empty; write a sentence")
    if "tasks" in row:
        row["tasks"] = tuple(dict.fromkeys(row["tasks"]))
    if "stop_bias" in row:
        row["stop_bias"] = float(row["stop_bias"])  # of a whole number, other programs would be compiled
    return Question(**row | {"schema": parse_schema(row["schema"], filename="schema")})


def _check(name: str, value: Any) -> None:
    if name not in _KINDS:
        raise InputError(f"there is no field {name!r:.60}; known: {', '.join(_KINDS)}")
    kinds, called = _KINDS[name]
    right = type(value) in kinds  # an `isinstance` would take true for a number
    if name == "tasks" and right:
        right = bool(value) and all(task in TASKS for task in value)
    elif name == "stop_bias" and right:
        right = -100 <= value <= 100
    if not right:
        raise InputError(f"{name} must be {called}, found {value!r:.60}")
