"""Parts of a dataset: so many documents, a share of them, or so many for each type.

Which documents are drawn by share or by type depends on (seed, id) alone, not on their order.
"""

import random
from collections import Counter
from collections.abc import Iterable

from kcjax.corpus.document import Document
from kcjax.corpus.example import objects_of
from kcjax.corpus.order import example_key
from kcjax.corpus.prompt import KINDS, Task
from kcjax.errors import InputError
from kcjax.schema.types import Schema


def sample_documents(documents: Iterable[Document], n: int, *, seed: int) -> list[Document]:
    """`n` documents drawn by seed, in the order in which they came.

    Raises:
      InputError: there are fewer than `n`.
    """
    everything = list(documents)
    if n > len(everything):
        raise InputError(f"asked for {n} documents, there are {len(everything)}")
    chosen = sorted(random.Random(seed).sample(range(len(everything)), n))
    return [everything[index] for index in chosen]


def low_resource(documents: Iterable[Document], share: float, *, seed: int) -> list[Document]:
    """A share of the documents, at least one, in the order in which they came. A smaller share is part of a larger.

    Raises:
      InputError: the share is not above 0 and at most 1, or there is no document.
    """
    if not 0 < share <= 1:
        raise InputError(f"the share is {share}; it must be above 0 and at most 1, as 0.05 for 5%")
    everything = list(documents)
    return _chosen(everything, _shuffled(everything, seed)[: max(1, round(share * len(everything)))])


def few_shot(documents: Iterable[Document], schema: Schema | None, task: Task, k: int, *, seed: int) -> list[Document]:
    """Documents so that each type of the task has objects in `k` of them, or in all that hold any; in the order in
    which they came. A document counts for all types it holds, so frequent types may have more.

    Args:
      schema: whose types; None for all types that the documents hold.
    """
    everything = list(documents)
    found: Counter[str] = Counter()
    drawn = []
    for document in _shuffled(everything, seed):
        types = {item.type for item in objects_of(task, document)}
        if schema is not None:
            types = {name for name in types if isinstance(schema.by_name.get(name), KINDS[task])}
        if any(found[name] < k for name in types):
            found.update(types)
            drawn.append(document)
    if not drawn:
        raise InputError(f"no document has objects for task {task}; choose another task")
    return _chosen(everything, drawn)


def demonstrations(documents: Iterable[Document], task: Task, n: int, *, seed: int, words: int = 60) -> list[Document]:
    """`n` documents to show in a prompt: drawn by seed, each the one with the most types that those before it have not,
    of those with at most so many words and with objects of the task.

    Raises:
      InputError: there are fewer than `n`.
    """
    left = {
        document.id: (document, {item.type for item in objects_of(task, document)})
        for document in _shuffled(list(documents), seed)
        if objects_of(task, document) and len(document.text.split()) <= words
    }
    if len(left) < n:
        raise InputError(f"asked for {n} demonstrations of task {task}, there are {len(left)} documents that can be")
    chosen, covered = [], set[str]()
    for _ in range(n):
        best = max(left, key=lambda id: len(left[id][1] - covered))
        document, types = left.pop(best)
        chosen.append(document)
        covered |= types
    return chosen


def _shuffled(documents: list[Document], seed: int) -> list[Document]:
    return sorted(documents, key=lambda document: (example_key(seed, document.id), document.id))


def _chosen(documents: list[Document], drawn: list[Document]) -> list[Document]:
    ids = {document.id for document in drawn}
    return [document for document in documents if document.id in ids]
