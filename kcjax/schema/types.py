"""What a schema is made of: entity, relation and event types (paper section 3.1)."""

import dataclasses
import hashlib
import json
from functools import cached_property

BASE_CLASSES = ("Entity", "Relation", "Event")
# What may be asked of a type's objects once they are extracted (kcjax/extract/cleanup.py does it). A schema names them.
# Each is for types of some kinds.
CLEANUPS = {
    "drop_pronouns": ("Entity", "Relation", "Event"),
    "drop_reflexive": ("Relation",),
    "normalise_number": ("Entity",),
    "normalise_date": ("Entity",),
}


@dataclasses.dataclass(frozen=True)
class EntityType:
    """A class of entities.

    Attributes of this and the other kinds:
      parents: names of classes, which need not be in the schema.
      description: "" means unknown.
      identifier: where the type comes from: `Q5`, `P19`, a dataset's label; "" means nowhere known.
      cleanups: what is done to its objects and those of its descendants after extraction, of `CLEANUPS`.
    """

    name: str
    parents: tuple[str, ...] = ("Entity",)
    description: str = ""
    examples: tuple[str, ...] = ()
    identifier: str = ""
    cleanups: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class RelationType:
    """A class of directed relations; `head` and `tail` name the entity types allowed at either end."""

    name: str
    parents: tuple[str, ...] = ("Relation",)
    description: str = ""
    examples: tuple[tuple[str, str], ...] = ()
    head: tuple[str, ...] = ("Entity",)
    tail: tuple[str, ...] = ("Entity",)
    identifier: str = ""
    cleanups: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Role:
    """A role that arguments of an event can have; `types` name the entity types allowed in it."""

    name: str
    types: tuple[str, ...] = ("Entity",)


@dataclasses.dataclass(frozen=True)
class EventType:
    """A class of events; `examples` are trigger words."""

    name: str
    parents: tuple[str, ...] = ("Event",)
    description: str = ""
    examples: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    identifier: str = ""
    cleanups: tuple[str, ...] = ()


AnyType = EntityType | RelationType | EventType


@dataclasses.dataclass(frozen=True)
class Schema:
    """Types in the order in which they are written. Names are unique across all three kinds."""

    entities: tuple[EntityType, ...] = ()
    relations: tuple[RelationType, ...] = ()
    events: tuple[EventType, ...] = ()

    @cached_property
    def by_name(self) -> dict[str, AnyType]:
        types: list[AnyType] = [*self.entities, *self.relations, *self.events]
        return {t.name: t for t in types}

    def ancestors(self, name: str) -> tuple[str, ...]:
        """The class itself and its ancestors as far as the schema knows them, nearest first."""
        known = self._ancestors
        if name not in known:
            found = {name: None}
            for member in (waiting := [name]):
                new = [p for p in getattr(self.by_name.get(member), "parents", ()) if p not in found]
                found.update(dict.fromkeys(new))
                waiting += new
            known[name] = tuple(found)
        return known[name]

    @cached_property
    def _ancestors(self) -> dict[str, tuple[str, ...]]:
        return {}

    @cached_property
    def hash(self) -> str:
        """The same for equal schemas, on any machine: SHA-256 over the types' fields, first 16 hex digits."""
        return hashlib.sha256(json.dumps(dataclasses.asdict(self)).encode()).hexdigest()[:16]
