"""Which types to ask for in vain, so that a model learns to leave them (paper section 3.3)."""

import math
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from kcjax.schema.types import BASE_CLASSES, Schema

_WORD = re.compile(r"[^\W\d_]{3,}")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NEAR = 8  # types with like words that count as easily confused
_COMMON = 500  # types with a word that tells them apart no more


class Negatives:
    """Draws types of a schema that a document has no object of.

    No ancestor or descendant of a type with objects is drawn: the document may well hold objects of it, annotated as
    the other.
    """

    def __init__(self, schema: Schema, names: Sequence[str]):
        """`names` are those to draw from."""
        self.schema, self.names = schema, list(names)
        self._confused: dict[str, list[str]] = {}

    def draw(self, positives: Sequence[str], count: int, *, hard: float = 0.0, rng: random.Random) -> list[str]:
        """`count` different types, or as many as there are; each is with a chance of `hard` one easily confused with
        a positive, as far as there are such."""
        related = {ancestor for name in positives for ancestor in self.schema.ancestors(name)}
        wanted = sum(rng.random() < hard for _ in range(count))
        near = list(dict.fromkeys(other for name in positives for other in self.confused(name))) if wanted else []
        drawn = self._allowed(rng.sample(near, len(near)), positives, related)[:wanted]
        # A small draw nearly always holds enough; only where it does not, all names are gone through.
        for size in (min(len(self.names), 4 * count + 20), len(self.names)):
            if len(drawn) < count:
                more = self._allowed(rng.sample(self.names, size), positives, related.union(drawn))
                drawn += more[: count - len(drawn)]
        return drawn

    def _allowed(self, names: Iterable[str], positives: Sequence[str], excluded: set[str]) -> list[str]:
        found = (name for name in names if name not in excluded)
        return [name for name in found if not set(positives).intersection(self.schema.ancestors(name))]

    def confused(self, name: str) -> list[str]:
        """Types easily taken for another: those with the same parent, and those whose names and descriptions have the
        rarest words in common with its own."""
        if name not in self._confused:
            siblings = [
                other
                for parent in self.schema.by_name[name].parents
                if parent not in BASE_CLASSES
                for other in self._children.get(parent, ())
            ]
            scores: Counter[str] = Counter()
            for word in _words(self.schema, name):
                others = self._with_word[word]
                for other in others if len(others) <= _COMMON else ():
                    scores[other] += math.log(len(self.names) / len(others))  # type: ignore[assignment]
            like = [other for other, score in scores.most_common(_NEAR + 1) if score > 0]
            found = dict.fromkeys([*siblings, *like])
            found.pop(name, None)
            self._confused[name] = list(found)
        return self._confused[name]

    @cached_property
    def _children(self) -> dict[str, list[str]]:
        children: dict[str, list[str]] = {}
        for name in self.names:
            for parent in self.schema.by_name[name].parents:
                children.setdefault(parent, []).append(name)
        return children

    @cached_property
    def _with_word(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in self.names:
            for word in _words(self.schema, name):
                found.setdefault(word, []).append(name)
        return found


def _words(schema: Schema, name: str) -> Iterator[str]:
    text = f"{_CAMEL.sub(' ', name)} {schema.by_name[name].description}"
    yield from dict.fromkeys(word.casefold() for word in _WORD.findall(text))
