"""Phase 2 examples: annotated documents turned into prompts and responses (paper section 3.3)."""

import dataclasses
import random
from collections import Counter
from collections.abc import Iterable, Iterator

from kcjax.corpus.document import Document
from kcjax.corpus.example import Example, types_in
from kcjax.corpus.prompt import TASKS, Task, following_prompt, following_response, triggers_of, types_of
from kcjax.errors import InputError
from kcjax.schema.code import KCJAX, Style
from kcjax.schema.types import Schema


@dataclasses.dataclass(frozen=True)
class FollowingOptions:
    """How documents become examples. Shares are between 0 and 1.

    Attributes:
      tasks: what to ask for; a task for which the schema has no types is left out.
      negatives_per_positive: classes in the prompt, for every class with objects, that the document has no object of;
        none in "eae". A document without objects gets one more than that.
      empty_share: share kept of the documents without objects of the task; their response is `results = []`.
      every_class: ask for all classes of the task in schema order, so that many sentences share one schema prompt; in
        "eae" for those of the document.
      shuffle: whether classes come in random order, else in schema order.
      comments: share of the examples whose classes have descriptions and examples.
      typed_by_import: share of the "re" and "eae" examples that name entity types in their hints and import them.
    """

    tasks: tuple[Task, ...] = TASKS
    negatives_per_positive: int = 3
    empty_share: float = 0.1
    every_class: bool = False
    shuffle: bool = True
    comments: float = 1.0
    typed_by_import: float = 0.0
    seed: int = 0
    style: Style = KCJAX

    def __post_init__(self) -> None:
        for task in self.tasks:
            if task not in TASKS:
                raise InputError(f"there is no task {task!r}; choose among {', '.join(TASKS)}")
        if self.negatives_per_positive < 0:
            raise InputError(f"negatives_per_positive is {self.negatives_per_positive}; it must be 0 or more")
        for name in ("empty_share", "comments", "typed_by_import"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"{name} is {getattr(self, name)}; it must be between 0 and 1")


def following_examples(
    documents: Iterable[Document],
    schema: Schema,
    options: FollowingOptions = FollowingOptions(),
    *,
    left_out: Counter[str] | None = None,
) -> Iterator[Example]:
    """Yields the examples of every document in turn, one a task, with the id `DOCUMENT/TASK`.

    What is random in an example depends on (seed, document id, task) alone: not on other documents, nor on their order.
    No class is taken as a negative that is an ancestor or descendant of one with objects: the document may well hold
    objects of it, annotated as the other.

    Args:
      left_out: counts what gave no example or is in none, and why.
    """
    left_out = Counter() if left_out is None else left_out
    names = {task: [t.name for t in types_of(task, schema)] for task in options.tasks}
    order = {name: number for task in options.tasks for number, name in enumerate(names[task])}
    for document in documents:
        for task in options.tasks:
            positives = types_in(task, document, schema, left_out)
            if not names[task]:
                continue
            rng = random.Random(f"{options.seed}/{document.id}/{task}")
            kept, commented, typed = (rng.random() for _ in range(3))
            if not positives and (task == "eae" or kept >= options.empty_share):
                left_out[f"{task}: document without objects"] += 1
                continue
            types = list(positives)
            if task != "eae" and options.every_class:
                types = list(names[task])
            elif task != "eae":
                per = options.negatives_per_positive
                count = per * len(positives) if positives else per + 1
                types += _unrelated(schema, positives, names[task], count, rng)
            if options.shuffle and not options.every_class:
                rng.shuffle(types)
            else:
                types.sort(key=order.__getitem__)
            typed_by_import = task in ("re", "eae") and typed < options.typed_by_import
            prompt = following_prompt(
                task,
                schema,
                document.text,
                types=types,
                triggers=[(name, t.text) for name, t in triggers_of(document.events, types)] if task == "eae" else (),
                comments=commented < options.comments,
                typed_by_import=typed_by_import,
                style=options.style,
            )
            response = following_response(
                task, document, schema, types=types, typed_by_import=typed_by_import, style=options.style
            )
            parts = ((prompt.schema, False), (prompt.sentence, False), (response, True))
            yield Example(f"{document.id}/{task}", parts, task, tuple(types))


def _unrelated(schema: Schema, positives: list[str], names: list[str], count: int, rng: random.Random) -> list[str]:
    """`count` random names, or all there are, that are neither positives nor their ancestors or descendants."""
    excluded = {ancestor for name in positives for ancestor in schema.ancestors(name)}
    drawn: list[str] = []
    # A small draw nearly always holds enough; only where it does not, the whole schema is gone through.
    for size in (min(len(names), 4 * count + 20), len(names)):
        pool = (name for name in rng.sample(names, size) if name not in excluded)
        drawn = [name for name in pool if not set(positives).intersection(schema.ancestors(name))][:count]
        if len(drawn) == count:
            break
    return drawn
