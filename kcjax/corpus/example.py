"""One training text of either phase, before it is tokenised."""

import dataclasses
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from kcjax.corpus.document import Document, Entity, Event, Relation
from kcjax.corpus.prompt import KINDS, Task
from kcjax.errors import InputError
from kcjax.files import read_jsonl
from kcjax.problems import Problems
from kcjax.schema.types import BASE_CLASSES, EventType, Schema

SYNTHETIC = " synthetic"  # ends the kind of an example whose sentence was made from facts


@dataclasses.dataclass(frozen=True)
class Example:
    """`parts` are tokenised apart and joined; each says whether its tokens are learnt (count in the loss).

    `<bos>` before and `<eos>` after are added by the tokenising step; `<eos>` is always learnt.
    `task` is "definition" or a task; `types` are the types that the text defines or names. `halves` says the same in
    two shorter examples, each with half of the types, where that can be done. `synthetic` marks a sentence that was
    made from facts.
    """

    id: str
    parts: tuple[tuple[str, bool], ...]
    task: str = ""
    types: tuple[str, ...] = ()
    synthetic: bool = False
    halves: Callable[[], Iterable["Example"]] | None = dataclasses.field(default=None, compare=False, repr=False)

    @property
    def text(self) -> str:
        return "".join(part for part, _ in self.parts)

    @property
    def kind(self) -> str:
        """What examples are counted by."""
        return self.task + SYNTHETIC if self.synthetic else self.task


def read_examples(path: str | os.PathLike, *, problems: Problems | None = None) -> Iterator[Example]:
    """Yields the examples of a JSONL file, gzipped or not, as `example_to_json` writes them.

    Raises:
      InputError: the file is missing, or rows are bad and there are too many for `problems`.
    """
    problems = problems or Problems()
    for where, row in read_jsonl(path, problems=problems):
        with problems.skipping():
            yield _from_json(row, where)


def example_to_json(example: Example) -> dict[str, Any]:
    """`{"id", "task", "types", "parts": [[text, learnt], ...]}`, and "synthetic" where it is."""
    row = {
        "id": example.id,
        "task": example.task,
        "types": list(example.types),
        "parts": list(map(list, example.parts)),
    }
    return {**row, "synthetic": True} if example.synthetic else row


def _from_json(row: Mapping[str, Any], where: str) -> Example:
    parts = row.get("parts")
    if not isinstance(row.get("id"), str) or not isinstance(row.get("task"), str):
        raise InputError(f"{where}: id and task must be strings")
    if not isinstance(parts, list) or not all(map(_is_part, parts)) or not any(learnt for _, learnt in parts):
        raise InputError(f"{where}: parts must be a list of [text, learnt] of which one at least is learnt")
    types = row.get("types") or ()
    if not isinstance(types, list | tuple) or not all(isinstance(name, str) for name in types):
        raise InputError(f"{where}: types must be a list of strings")
    shape = tuple((text, learnt) for text, learnt in parts)
    return Example(row["id"], shape, row["task"], tuple(types), row.get("synthetic") is True)


def _is_part(part: Any) -> bool:
    return isinstance(part, list) and len(part) == 2 and isinstance(part[0], str) and isinstance(part[1], bool)


def objects_of(task: Task, document: Document) -> Sequence[Entity | Relation | Event]:
    """The document's annotations that a task asks for."""
    if task in ("ner", "re"):
        return document.entities if task == "ner" else document.relations
    return document.events


def types_in(task: Task, document: Document, schema: Schema, left_out: Counter[str]) -> list[str]:
    """The types of the document's objects of a task, each once. Adds to `left_out` what the schema has no place for.

    An object of a base class has no type: it is but an end of a relation.
    """
    types: dict[str, None] = {}
    for item in objects_of(task, document):
        found = schema.by_name.get(item.type)
        if not isinstance(found, KINDS[task]):
            if item.type not in BASE_CLASSES:
                left_out[f"{task}: object of type {item.type}, which the schema does not have"] += 1
            continue
        if task == "eae" and isinstance(found, EventType) and not found.roles:
            left_out[f"eae: event of type {item.type}, which has no roles"] += 1
            continue
        types[item.type] = None
        if task == "eae" and isinstance(item, Event) and isinstance(found, EventType):
            roles = {role.name for role in found.roles}
            for argument in item.arguments:
                if argument.role not in roles:
                    left_out[f"eae: argument of role {argument.role}, which {item.type} does not have"] += 1
    return list(types)
