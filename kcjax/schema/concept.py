"""What the sources of a library say: classes, properties and events before they become types.

They are not frozen, for making frozen ones takes three times as long, and there are many.
"""

import dataclasses


@dataclasses.dataclass(slots=True)
class Concept:
    """A class of things, as a source has it.

    Attributes:
      id: `Q515`; for a source without Wikidata ids its own, such as `wn:08524735-n`. The part before the colon is the
        source; without one it is Wikidata.
      label: "" where the source has none in English.
      parents: ids of its direct superclasses, in the source's order.
      instance_of: ids of the classes that it is itself an instance of (a taxon, a gene).
      prominence: of two classes that want the same name, the one with more of it gets it.
    """

    id: str
    label: str = ""
    description: str = ""
    aliases: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    instance_of: tuple[str, ...] = ()
    prominence: int = 0


@dataclasses.dataclass(slots=True)
class Instances:
    """Things of a class: how many there are, and the best known of them as pairs of label and description."""

    of: str
    count: int
    known: tuple[tuple[str, str], ...] = ()


@dataclasses.dataclass(slots=True)
class Property:
    """A property whose values are items, as Wikidata has it.

    Attributes:
      parents: ids of the properties it is a subproperty of (P1647).
      subject_types, value_types: ids of the classes its type constraints name (P2302); empty where there is none.
    """

    id: str
    label: str = ""
    description: str = ""
    aliases: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    subject_types: tuple[str, ...] = ()
    value_types: tuple[str, ...] = ()


@dataclasses.dataclass(slots=True)
class Claim:
    """That a property holds between two items: their labels, and the classes they are instances of."""

    property: str
    subject: str
    subject_types: tuple[str, ...]
    value: str
    value_types: tuple[str, ...]


@dataclasses.dataclass(slots=True)
class RoleTable:
    """An event with its roles, as a table has it; `roles` are pairs of a name and the ids of the classes that fit."""

    id: str
    label: str = ""
    description: str = ""
    parents: tuple[str, ...] = ()
    roles: tuple[tuple[str, tuple[str, ...]], ...] = ()
