"""What a document is asked: of which types, and about which stretch of its text.

Prompts that begin with the same types share their keys and values. So where a schema is too large for one prompt it is
asked in pieces that are the same for all documents, and of a library, which has types for everything, those types that
are likely in some documents are asked in bundles that all of them share.
"""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from kcjax.corpus.prompt import Task

Types = tuple[str, ...]
BUNDLES = 32  # of a library's types of one kind, for documents that are run together
ASKED = 4  # of them, the most that a document is asked with


@dataclasses.dataclass(frozen=True)
class Question:
    """Attributes:
    text: a stretch of the document, which begins there at `start`.
    types: names of types of the task's kind; None for all of the schema.
    triggers: for "eae", (event type, trigger).
    """

    task: Task
    text: str
    start: int = 0
    types: Types | None = None
    triggers: tuple[tuple[str, str], ...] = ()

    @property
    def asked(self) -> dict[str, Any]:
        """As arguments of `following_prompt` and of the grammars."""
        return {"types": self.types, "triggers": self.triggers}


def pieces(types: Types, fits: Callable[[Types], bool]) -> list[Types]:
    """The types in as many pieces of like size as it takes for each to fit; one that does not fit alone is a piece."""
    if len(types) < 2 or fits(types):
        return [types]
    middle = (len(types) + 1) // 2
    return [*pieces(types[:middle], fits), *pieces(types[middle:], fits)]


def bundles(wanted: Iterable[Sequence[str]], size: int, most: int = BUNDLES) -> list[Types]:
    """Types in groups of `size`, such that those wanted for the same documents are together, each in one group.

    Args:
      wanted: for each document the types that are likely in it.
      most: how many groups there may be; types that are wanted least are in none of them.
    """
    wanted = [tuple(dict.fromkeys(names)) for names in wanted]
    demand = Counter(name for names in wanted for name in names)
    documents: dict[str, list[int]] = {name: [] for name in demand}
    for index, names in enumerate(wanted):
        for name in names:
            documents[name].append(index)
    left = dict.fromkeys(name for name, _ in demand.most_common())
    found: list[Types] = []
    while left and len(found) < most:
        seed = next(iter(left))
        together = Counter(name for index in documents[seed] for name in wanted[index] if name in left)
        del together[seed]
        chosen = [seed, *(name for name, _ in together.most_common(size - 1))]
        chosen += [name for name in left if name not in chosen][: size - len(chosen)]
        found.append(tuple(chosen))
        for name in chosen:
            del left[name]
    return found


def chosen(wanted: Sequence[str], groups: Sequence[Types], most: int = ASKED) -> tuple[list[Types], int]:
    """The groups that have most of the types wanted for a document, in order, and how many of these are in none."""
    left = set(wanted)
    numbers: list[int] = []
    while len(numbers) < most:
        number = max(range(len(groups)), key=lambda n: len(left.intersection(groups[n])), default=0)
        if not groups or not left.intersection(groups[number]):
            break
        numbers.append(number)
        left -= set(groups[number])
    return [groups[number] for number in sorted(numbers)], len(left)
