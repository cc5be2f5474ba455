"""Schemas as JSON: `{"entities": [...], "relations": [...], "events": [...]}`, each type an object of its fields."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from kcjax.errors import InputError
from kcjax.schema.code import check_schema, check_type
from kcjax.schema.types import AnyType, EntityType, EventType, RelationType, Role, Schema

_KINDS: dict[str, type] = {"entities": EntityType, "relations": RelationType, "events": EventType}


def schema_to_json(schema: Schema) -> dict[str, Any]:
    """What `schema_from_json` reads back; of every type the name, and the fields that say more than their default.

    Raises:
      InputError: as of `check_schema`.
    """
    check_schema(schema)
    return {key: [_row(t) for t in types] for key in _KINDS if (types := getattr(schema, key))}


def schema_from_json(value: Mapping[str, Any], *, filename: str) -> Schema:
    """Checks and reads a schema. `filename` is for messages.

    Raises:
      InputError: a key is unknown, a value is of the wrong type, a name is not an identifier or is there twice.
    """
    reader = _Reader(filename)
    reader.only(value, _KINDS, "the schema")
    found = [reader.types(value.get(key, []), key, kind) for key, kind in _KINDS.items()]
    schema = Schema(*found)
    if not schema.by_name:
        raise InputError(f"{filename}: no type found; write one like " + '{"entities": [{"name": "City"}]}')
    try:
        check_schema(schema)
    except InputError as error:
        raise InputError(f"{filename}: {error}") from error
    return schema


def _row(item: AnyType | Role) -> dict[str, Any]:
    """The fields of a type or role that are not as by default, tuples as lists."""
    row = {}
    for field in dataclasses.fields(item):
        value = getattr(item, field.name)
        if value != field.default:
            row[field.name] = [_row(role) for role in value] if field.name == "roles" else value
    return row


class _Reader:
    def __init__(self, filename: str):
        self.filename = filename

    def error(self, where: str, message: str) -> InputError:
        return InputError(f"{self.filename}: {where} {message}")

    def only(self, value: Any, known: Mapping[str, Any], where: str) -> None:
        if not isinstance(value, Mapping):
            raise self.error(where, f"must be an object, found {value!r:.60}")
        if unknown := sorted(set(value) - set(known)):
            raise self.error(where, f"has the unknown key {unknown[0]!r}; known: {', '.join(known)}")

    def types(self, rows: Any, key: str, kind: type) -> tuple[Any, ...]:
        return self.items(rows, key, lambda row, where: self.read_type(row, where, kind))

    def read_type(self, row: Any, where: str, kind: type) -> AnyType:
        fields = {field.name: field.type for field in dataclasses.fields(kind)}
        self.only(row, fields, where)
        if "name" not in row:
            raise self.error(where, "has no name; add one")
        values = {name: self.field(row[name], f"{where}.{name}", kind, name) for name in row}
        found = kind(**values)
        try:
            check_type(found)
        except InputError as error:
            raise self.error(where, f"is no type: {error}") from error
        return found

    def field(self, value: Any, where: str, kind: type, name: str) -> Any:
        if name in ("name", "description", "identifier"):
            return self.string(value, where)
        if name == "roles":
            return self.items(value, where, self.role)
        if name == "examples" and kind is RelationType:
            return self.items(value, where, self.pair)
        return self.items(value, where, self.string)

    def items(self, value: Any, where: str, read: Callable[[Any, str], Any]) -> tuple[Any, ...]:
        if not isinstance(value, (list, tuple)):
            raise self.error(where, f"must be a list, found {value!r:.60}")
        return tuple(read(item, f"{where}[{number}]") for number, item in enumerate(value))

    def string(self, value: Any, where: str) -> str:
        if not isinstance(value, str):
            raise self.error(where, f"must be a string, found {value!r:.60}")
        return value

    def pair(self, value: Any, where: str) -> tuple[str, str]:
        ends = self.items(value, where, self.string)
        if len(ends) != 2:
            raise self.error(where, f"must be a pair of head and tail, found {value!r:.60}")
        return ends[0], ends[1]

    def role(self, value: Any, where: str) -> Role:
        self.only(value, {"name": str, "types": tuple}, where)
        if "name" not in value:
            raise self.error(where, "has no name; add one")
        return Role(**{key: self.field(value[key], f"{where}.{key}", Role, key) for key in value})
