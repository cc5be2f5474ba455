"""Strings found in a text, and the entities and relations made of them.

A string stands where it does exactly, as whole words.
"""

import bisect
from collections.abc import Mapping, Sequence
from typing import Any

from kcjax.corpus.document import Document, Entity, Relation
from kcjax.text import Span, distance, occurrences


def places_of(text: str, string: str) -> list[Span]:
    """Where a string stands as whole words, in text order; a blank one stands nowhere."""
    return occurrences(text, string)[0] if string.strip() else []


def absence(text: str, string: str) -> str:
    """Why a string has no occurrence, for counting."""
    return "that stands only inside a word" if string.strip() and string in text else "that is not in the text"


def nearest_pair(heads: Sequence[Span], tails: Sequence[Span]) -> tuple[Span, Span] | None:
    """The two occurrences that stand closest together and do not overlap, the first of equals.

    Args:
      heads, tails: each all occurrences of one string, in text order.
    """
    starts, ends = [span[0] for span in tails], [span[1] for span in tails]
    best: tuple[int, Span, Span] | None = None
    for head in heads:
        before, after = bisect.bisect_right(ends, head[0]) - 1, bisect.bisect_left(starts, head[1])
        for place in (before, after):
            if 0 <= place < len(tails):
                pair = (distance(head, tails[place]), head, tails[place])
                best = min(best or pair, pair)
    return best and best[1:]


class Annotation:
    """The entities and relations of one text on their way to a `Document`. There is one entity at a span."""

    def __init__(self, text: str):
        self.text = text
        self.entities: dict[Span, tuple[int, str]] = {}  # how doubtful the class is, and the class
        self.relations: dict[tuple[str, Span, Span], None] = {}

    def entity(self, span: Span, name: str, *, doubt: int = 0) -> None:
        """Adds an entity; at a span that has one the less doubtful class stays, or the first of equally doubtful."""
        if span not in self.entities or doubt < self.entities[span][0]:
            self.entities[span] = (doubt, name)

    def relation(self, name: str, head: Span, tail: Span) -> bool:
        """Adds a relation between two spans with entities; False if it is there already."""
        key = (name, head, tail)
        is_new = key not in self.relations
        self.relations[key] = None
        return is_new

    def spans(self) -> list[Span]:
        """The spans of the entities, in the order in which the document has them."""
        return sorted(self.entities, key=lambda span: (span[0], -span[1]))

    def document(self, id: str, extra: Mapping[str, Any] | None = None) -> Document:
        place = {span: index for index, span in enumerate(self.spans())}
        entities = tuple(Entity(*span, self.text[slice(*span)], self.entities[span][1]) for span in place)
        relations = tuple(Relation(name, place[head], place[tail]) for name, head, tail in self.relations)
        return Document(id, self.text, entities, relations, extra=extra or {})
