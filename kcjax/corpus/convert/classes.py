"""Which classes a corpus's labels and Wikidata ids stand for: a library's, or new ones named after the labels."""

import functools
import re
from collections.abc import Iterable

from kcjax.schema.library import Kind, SchemaLibrary
from kcjax.schema.naming import Names, class_name, role_name
from kcjax.schema.types import EntityType, EventType, RelationType, Role, Schema

_MANY_WORDS = 6  # a label of more words is a definition
_SEPARATORS = re.compile(r"[\s_\-]+")


class Classes:
    """Gives labels class names, and keeps the types met; None is said of a label that stands for no class.

    With a library, a class is the one type of its kind that has the label or alias; of several the one called after it.
    Ids of Wikidata are known only with a library.

    Without, every label makes a class: letter case, hyphens and underscores make no other one. It is named after the
    lower-cased label, or the first words of a label that is a whole definition, which is its description then; two
    labels with one name get two (`Names`). The label as first met is the class's `identifier`.
    """

    def __init__(self, library: SchemaLibrary | None = None):
        self.library = library
        self.met: dict[str, None] = {}
        self.made: dict[tuple[Kind, str], str] = {}
        self.labels: dict[str, str] = {}  # class -> label as first met
        self.roles: dict[str, dict[str, str]] = {}  # event class -> role -> label as first met
        self.names = Names()
        # What is asked for once is asked for again.
        self._by_label = functools.lru_cache(maxsize=1 << 16)(self._find_by_label)
        self._by_id = functools.lru_cache(maxsize=1 << 16)(self._find_by_id)
        self._most_specific = functools.lru_cache(maxsize=1 << 16)(self._find_most_specific)

    def entity(self, label: str) -> str | None:
        return self._class("entity", label)

    def relation(self, label: str) -> str | None:
        return self._class("relation", label)

    def event(self, label: str) -> str | None:
        return self._class("event", label)

    def role(self, event: str, label: str) -> str | None:
        """The name of a role of an event class; None if that is a library's and has no such role."""
        name = role_name(label)
        if self.library is not None:
            found = self.library[event]
            return name if isinstance(found, EventType) and any(role.name == name for role in found.roles) else None
        roles = self.roles.setdefault(event, {})
        number = 2
        while name and _folded(roles.setdefault(name, label)) != _folded(label):
            name, number = f"{role_name(label)}_{number}", number + 1
        return name or None

    def of_property(self, pid: str) -> str | None:
        """The relation class of a Wikidata property."""
        return self._known(self._by_id(pid, "relation"))

    def of_types(self, qids: Iterable[str]) -> str | None:
        """The most specific entity class among those of Wikidata's classes."""
        return self._known(self._most_specific(tuple(qids)))

    def ends(self, relation: str) -> tuple[str, str]:
        """The classes of a relation's head and tail; `Entity` where its constraint does not name exactly one."""
        found = self.library[relation] if self.library is not None else None
        if not isinstance(found, RelationType):
            return "Entity", "Entity"
        head, tail = (end[0] if len(end) == 1 else "Entity" for end in (found.head, found.tail))
        for name in (head, tail):
            self._known(name if name != "Entity" else None)
        return head, tail

    def schema(self) -> Schema:
        """The types met so far: a part of the library, or the new ones."""
        if self.library is not None:
            return self.library.schema(name for name in self.met if name in self.library)

        def made(kind: Kind) -> list[tuple[str, str, str]]:
            """(name, description, identifier)"""
            names = [name for (other, _), name in self.made.items() if other == kind]
            labels = [self.labels[name] for name in names]
            return [(n, label if _is_definition(label) else "", label) for n, label in zip(names, labels, strict=True)]

        return Schema(
            tuple(EntityType(n, description=d, identifier=i) for n, d, i in made("entity")),
            tuple(RelationType(n, description=d, identifier=i) for n, d, i in made("relation")),
            tuple(
                EventType(n, description=d, roles=tuple(map(Role, self.roles.get(n, ()))), identifier=i)
                for n, d, i in made("event")
            ),
        )

    def _class(self, kind: Kind, label: str) -> str | None:
        if self.library is not None:
            return self._known(self._by_label(kind, label))
        key = (kind, _folded(label))
        if key not in self.made:
            words = key[1].split()
            if not class_name(" ".join(words[:_MANY_WORDS])):
                return None
            name = self.names.take(" ".join(words[:_MANY_WORDS]), kind=kind.capitalize(), identifier=_suffix(words))
            self.made[key], self.labels[name] = name, label
        return self.made[key]

    def _known(self, name: str | None) -> str | None:
        if name:
            self.met[name] = None
        return name

    def _find_by_label(self, kind: Kind, label: str) -> str | None:
        assert self.library is not None
        found = [name for name in self.library.by_label(label) if self.library.kind(name) == kind]
        called = [name for name in found if name in (class_name(label), class_name(label) + kind.capitalize())]
        return next((names[0] for names in (found, called) if len(names) == 1), None)

    def _find_by_id(self, identifier: str, kind: Kind) -> str | None:
        if self.library is None:
            return None
        return next((name for name in self.library.by_identifier(identifier) if self.library.kind(name) == kind), None)

    def _find_most_specific(self, qids: tuple[str, ...]) -> str | None:
        if self.library is None:
            return None
        return self.library.most_specific([name for qid in qids if (name := self._by_id(qid, "entity"))])


def _folded(label: str) -> str:
    return _SEPARATORS.sub(" ", label).strip().casefold()


def _is_definition(label: str) -> bool:
    return len(label.split()) > _MANY_WORDS


def _suffix(words: list[str]) -> str:
    """What tells two classes of one name apart; a number does where it is a whole definition."""
    return "_".join(words) if len(words) <= _MANY_WORDS else "Definition"
