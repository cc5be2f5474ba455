"""What a schema is made of: entity, relation and event types (paper section 3.1)."""

import dataclasses
import hashlib
import json
from functools import cached_property

BASE_CLASSES = ("Entity", "Relation", "Event")


@dataclasses.dataclass(frozen=True)
class EntityType:
    """A class of entities. `description` None or "" means unknown."""

    name: str
    parents: tuple[str, ...] = ("Entity",)
    description: str = ""
    examples: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class RelationType:
    """A class of directed relations; `head` and `tail` name the entity types allowed at either end."""

    name: str
    parents: tuple[str, ...] = ("Relation",)
    description: str = ""
    examples: tuple[tuple[str, str], ...] = ()
    head: tuple[str, ...] = ("Entity",)
    tail: tuple[str, ...] = ("Entity",)


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


@dataclasses.dataclass(frozen=True)
class Schema:
    """Types in the order in which they are written. Names are unique across all three kinds."""

    entities: tuple[EntityType, ...] = ()
    relations: tuple[RelationType, ...] = ()
    events: tuple[EventType, ...] = ()

    @cached_property
    def by_name(self) -> dict[str, EntityType | RelationType | EventType]:
        types: list[EntityType | RelationType | EventType] = [*self.entities, *self.relations, *self.events]
        return {t.name: t for t in types}

    @cached_property
    def hash(self) -> str:
        """The same for equal schemas, on any machine: SHA-256 over the types' fields, first 16 hex digits."""
        return hashlib.sha256(json.dumps(dataclasses.asdict(self)).encode()).hexdigest()[:16]
