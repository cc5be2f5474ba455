"""Sentences made of a dump's facts, for types that no annotated text has (they are marked as synthetic).

A sentence says of a thing what class it is of, or that a property holds between two things. The wording is plain and
drawn by seed from a few patterns: it teaches which names go with which class, not how people write.
"""

import dataclasses
import itertools
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from kcjax.corpus.document import Argument, Document, Entity, Event, Mention, Relation
from kcjax.corpus.order import example_key
from kcjax.schema.concept import Claim, Instances
from kcjax.schema.naming import role_name
from kcjax.schema.types import EntityType, EventType, RelationType
from kcjax.text import mention_key

if TYPE_CHECKING:
    from kcjax.schema.library import SchemaLibrary

# `{s}` a thing, `{d}` what its source says of it, `{c}` its class, `{o}` another thing, `{p}` the property.
_OF_CLASS = ("{s} is {a} {c}.", "{s}, {a} {c}, is known to many.", "An example of {a} {c} is {s}.")
_OF_CLASS_DESCRIBED = ("{s} ({d}) is {a} {c}.", "{s} is {a} {c}: {d}.", "The {c} {s} is described as {d}.")
_NOUN = ("The {p} of {s} is {o}.", "{s} has {o} as its {p}.", "{o} is the {p} of {s}.", "For {s}, the {p} is {o}.")
_PHRASE = ("{s} is {p} {o}.", "It is known that {s} is {p} {o}.", "{s} was {p} {o}, as the sources say.")
_PREPOSITIONS = frozenset("of in by to on from at with for as into near after before over through".split())  # noqa: SIM905
_VOWELS = frozenset("aeiou")


@dataclasses.dataclass(frozen=True)
class VerbaliseOptions:
    """
    Attributes:
      per_type: sentences for a class or a property, at most.
      following_share: of the things, the share whose sentences are kept for phase 2; the others are for phase 1, so
        that the phases have none in common.
      avoid: mentions of evaluation files, by their `mention_key`; no sentence names one of these.
    """

    per_type: int = 20
    following_share: float = 0.3
    avoid: frozenset[str] = frozenset()
    seed: int = 0


def verbalise(
    facts: Iterable[Instances | Claim],
    library: "SchemaLibrary",
    options: VerbaliseOptions = VerbaliseOptions(),
    *,
    left_out: Counter[str] | None = None,
) -> Iterator[Document]:
    """Yields a document for every fact that the library has types for, in the order of the facts.

    `extra` has "synthetic": true, and "phase", the one phase for which the document is meant.

    Args:
      left_out: counts what gave no document or is in none, and why.
    """
    writer = _Writer(library, options, Counter() if left_out is None else left_out)
    for fact in facts:
        if isinstance(fact, Instances):
            yield from writer.instances(fact)
        else:
            yield from writer.claim(fact)


class _Writer:
    def __init__(self, library: "SchemaLibrary", options: VerbaliseOptions, left_out: Counter[str]):
        self.library, self.options, self.left_out = library, options, left_out
        self.written: Counter[str] = Counter()
        self.names: dict[tuple[str, type], str | None] = {}
        self.labels: dict[str, str] = {}
        self.longest = max(map(len, options.avoid), default=0)

    def instances(self, fact: Instances) -> Iterator[Document]:
        name = self.name_of(fact.of, EntityType)
        if name is None:
            self.left_out["things of a class that the library does not have"] += len(fact.known)
            return
        for number, (subject, description) in enumerate(fact.known):
            if self.avoided(description):
                self.left_out["descriptions left out, with a mention of the files to avoid"] += 1
                description = ""
            values = {"s": subject, "c": self.label(name), "d": description.rstrip(".")}
            patterns = _OF_CLASS_DESCRIBED if description else _OF_CLASS
            yield from self.document(f"{fact.of}/{number}", name, patterns, values, (name, None))

    def claim(self, fact: Claim) -> Iterator[Document]:
        name = self.name_of(fact.property, RelationType)
        if name is None:
            self.left_out["claims of a property that the library does not have"] += 1
            return
        property = self.label(name)
        values = {"s": fact.subject, "p": property, "o": fact.value}
        patterns = _PHRASE if property.split()[-1] in _PREPOSITIONS else _NOUN
        types = self.type_of(fact.subject_types), self.type_of(fact.value_types)
        event = self.event_of(fact, property)
        id = f"{fact.property}/{self.written[name]}"
        yield from self.document(id, name, patterns, values, types, relation=name, event=event)

    def document(
        self,
        id: str,
        counted_as: str,
        patterns: Sequence[str],
        values: dict[str, str],
        types: tuple[str | None, str | None],
        *,
        relation: str = "",
        event: tuple[str, str] | None = None,
    ) -> Iterator[Document]:
        if self.written[counted_as] >= self.options.per_type:
            self.left_out["facts of a type that has enough sentences"] += 1
            return
        subject, value = values["s"], values.get("o")
        if not subject or value == "" or subject == value:
            self.left_out["facts about a thing without a label, or about itself"] += 1
            return
        if not self.options.avoid.isdisjoint(mention_key(thing) for thing in (subject, value or subject)):
            self.left_out["facts about a mention of the files to avoid"] += 1
            return
        rng = random.Random(f"{self.options.seed}/{id}/{subject}")
        text, places = _fill(rng.choice(patterns), values)
        entities = tuple(
            Entity(*places[key], name or "Entity") for key, name in zip("so", types, strict=True) if key in places
        )
        following = example_key(self.options.seed, f"{subject}/phase") < self.options.following_share * 2**64
        self.written[counted_as] += 1
        yield Document(
            id=f"synthetic/{id}",
            text=text,
            entities=entities,
            relations=(Relation(relation, 0, 1),) if relation else (),
            events=(Event(event[0], Mention(*places["s"]), (Argument(*places["o"], event[1]),)),) if event else (),
            extra={"synthetic": True, "phase": "following" if following else "understanding"},
        )

    def avoided(self, description: str) -> bool:
        """Whether a mention to avoid stands in it as whole words."""
        words = mention_key(description)
        spans = ((a, b) for a, b in itertools.combinations([0, *_edges(words), len(words)], 2) if b - a <= self.longest)
        return any(words[a:b] in self.options.avoid for a, b in spans)

    def name_of(self, id: str, kind: type) -> str | None:
        """The library's type of a kind for an id."""
        if (id, kind) not in self.names:
            found = (name for name in self.library.by_identifier(id) if isinstance(self.library[name], kind))
            self.names[id, kind] = next(found, None)
        return self.names[id, kind]

    def type_of(self, ids: Sequence[str]) -> str | None:
        """The most specific entity type among classes."""
        return self.library.most_specific([name for id in ids if (name := self.name_of(id, EntityType))])

    def event_of(self, fact: Claim, property: str) -> tuple[str, str] | None:
        """The event type that the subject is of and the role that the value has in it, if the library has both."""
        role = role_name(property)
        for id in fact.subject_types:
            if (name := self.name_of(id, EventType)) and (made := self.library[name]):
                if isinstance(made, EventType) and role in {r.name for r in made.roles}:
                    return name, role
        return None

    def label(self, name: str) -> str:
        if name not in self.labels:
            self.labels[name] = self.library.info(name)["label"]
        return self.labels[name]


def _edges(text: str) -> list[int]:
    return [edge for match in re.finditer(r"\w+", text) for edge in match.span()]


def _fill(pattern: str, values: dict[str, str]) -> tuple[str, dict[str, tuple[int, int, str]]]:
    """The text and where `{s}` and `{o}` are in it."""
    values = {**values, "a": "an" if values.get("c", "")[:1].lower() in _VOWELS else "a"}
    text, places = "", {}
    for number, piece in enumerate(pattern.replace("{", "}").split("}")):
        if number % 2 == 0:
            text += piece
            continue
        start = len(text)
        text += values[piece]
        if piece in "so":
            places[piece] = (start, len(text), values[piece])
    return text, places
