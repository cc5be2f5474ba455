"""Which objects are not of the types that the schema wants: ends of relations, and arguments of events.

The hints of a relation's ends and of an event's roles name entity types; a descendant of one of them fits too. An end
or an argument that is no entity of a known type violates nothing.
"""

import dataclasses
from collections.abc import Callable, Iterable, Sequence

from kcjax.corpus.document import Entity, Event, Relation
from kcjax.schema.types import EventType, RelationType, Schema


def marked(
    entities: Sequence[Entity],
    relations: Iterable[Relation],
    events: Iterable[Event],
    schema: Schema,
    ancestors: Callable[[str], Sequence[str]] | None = None,
) -> tuple[tuple[Relation, ...], tuple[Event, ...]]:
    """The relations and events of one document, with `violates` where the schema wants other types.

    Args:
      ancestors: gives the ancestors of a type; None for those that the schema knows. A library knows more of them than
        a schema of some of its types.
    """
    ancestors = ancestors or schema.ancestors
    types_at: dict[tuple[int, int], list[str]] = {}
    for entity in entities:
        types_at.setdefault((entity.start, entity.end), []).append(entity.type)

    def violates(names: Iterable[str], hint: Sequence[str]) -> bool:
        known = [name for name in names if name in schema.by_name]
        fits = ("Entity" in hint, *(name in hint or not set(hint).isdisjoint(ancestors(name)) for name in known))
        return bool(known) and not any(fits)

    def of_relation(relation: Relation) -> Relation:
        asked = schema.by_name.get(relation.type)
        if not isinstance(asked, RelationType):
            return relation
        ends = (("head", relation.head, asked.head), ("tail", relation.tail, asked.tail))
        wrong = tuple(end for end, index, hint in ends if violates([entities[index].type], hint))
        return dataclasses.replace(relation, violates=wrong) if wrong else relation

    def of_event(event: Event) -> Event:
        asked = schema.by_name.get(event.type)
        hints = {role.name: role.types for role in asked.roles} if isinstance(asked, EventType) else {}
        arguments = tuple(
            dataclasses.replace(argument, violates=True)
            if violates(types_at.get((argument.start, argument.end), ()), hints.get(argument.role, ("Entity",)))
            else argument
            for argument in event.arguments
        )
        return event if arguments == event.arguments else dataclasses.replace(event, arguments=arguments)

    return tuple(map(of_relation, relations)), tuple(map(of_event, events))
