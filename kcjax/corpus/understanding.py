"""Phase 1 examples: the schema's classes and annotated documents as code to pretrain on (paper section 3.2)."""

from collections import Counter
from collections.abc import Iterable, Iterator

from kcjax.corpus.document import Document
from kcjax.corpus.example import Example, types_in
from kcjax.corpus.prompt import Task, definition_text, understanding_text
from kcjax.schema.code import referenced
from kcjax.schema.types import Schema

UNDERSTANDING_TASKS: tuple[Task, ...] = ("ner", "re", "eae")


def definition_examples(schema: Schema, part: range | None = None) -> Iterator[Example]:
    """Yields one example a type, with the id `definition/TYPE`: the schema's classes that it names (its parents, the
    entity types of its ends or roles), then the class itself. `part` takes only the types at those places."""
    names = list(schema.by_name)
    for name in names if part is None else names[part.start : part.stop]:
        type = schema.by_name[name]
        named = [other for other in (*type.parents, *referenced(type)) if other in schema.by_name and other != name]
        types = tuple(dict.fromkeys([*named, name]))
        yield Example(f"definition/{name}", ((definition_text(types, schema), True),), "definition", types)


def instance_examples(
    documents: Iterable[Document],
    schema: Schema,
    *,
    tasks: tuple[Task, ...] = UNDERSTANDING_TASKS,
    left_out: Counter[str] | None = None,
) -> Iterator[Example]:
    """Yields one example for every document and task that has objects of schema types, with the id `DOCUMENT/TASK`.

    Args:
      left_out: counts what gave no example or is in none, and why.
    """
    left_out = Counter() if left_out is None else left_out
    for document in documents:
        for task in tasks:
            types = types_in(task, document, schema, left_out)
            if types:
                text = understanding_text(task, document, schema)
                synthetic = document.extra.get("synthetic") is True
                yield Example(f"{document.id}/{task}", ((text, True),), task, tuple(types), synthetic)
            else:
                left_out[f"{task}: document without objects"] += 1
