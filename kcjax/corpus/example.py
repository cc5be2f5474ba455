"""One training text of either phase, before it is tokenised."""

import dataclasses
from collections import Counter
from collections.abc import Sequence

from kcjax.corpus.document import Document, Entity, Event, Relation
from kcjax.corpus.prompt import KINDS, Task
from kcjax.schema.types import EventType, Schema


@dataclasses.dataclass(frozen=True)
class Example:
    """`parts` are tokenised apart and joined; each says whether its tokens are learnt (count in the loss).

    `<bos>` before and `<eos>` after are added by the tokenising step; `<eos>` is learnt as the last part is.
    `task` is "definition" or a task; `types` are the types that the text defines or names.
    """

    id: str
    parts: tuple[tuple[str, bool], ...]
    task: str = ""
    types: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return "".join(part for part, _ in self.parts)


def objects_of(task: Task, document: Document) -> Sequence[Entity | Relation | Event]:
    """The document's annotations that a task asks for."""
    if task in ("ner", "re"):
        return document.entities if task == "ner" else document.relations
    return document.events


def types_in(task: Task, document: Document, schema: Schema, left_out: Counter[str]) -> list[str]:
    """The types of the document's objects of a task, each once. Adds to `left_out` what the schema has no place for."""
    types: dict[str, None] = {}
    for item in objects_of(task, document):
        found = schema.by_name.get(item.type)
        if not isinstance(found, KINDS[task]):
            left_out[f"{task}: object of type {item.type}, which the schema does not have"] += 1
            continue
        types[item.type] = None
        if task == "eae" and isinstance(item, Event) and isinstance(found, EventType):
            roles = {role.name for role in found.roles}
            for argument in item.arguments:
                if argument.role not in roles:
                    left_out[f"eae: argument of role {argument.role}, which {item.type} does not have"] += 1
    return list(types)
