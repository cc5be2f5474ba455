"""Phase 2 examples: annotated documents turned into prompts and responses (paper section 3.3)."""

import dataclasses
import itertools
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kcjax.corpus.document import Document, Mention
from kcjax.corpus.example import Example, types_in
from kcjax.corpus.negatives import Negatives
from kcjax.corpus.prompt import TASKS, Task, following_prompt, following_response, triggers_of, types_of
from kcjax.corpus.response import parse_response
from kcjax.corpus.spans import locate
from kcjax.errors import InputError
from kcjax.schema.code import KCJAX, Style
from kcjax.schema.types import AnyType, EntityType, EventType, RelationType, Schema

AMBIGUOUS = "ambiguous: "


@dataclasses.dataclass(frozen=True)
class FollowingOptions:
    """How documents become examples. Shares and chances are between 0 and 1.

    Attributes:
      tasks: what to ask for; a task for which the schema has no types is left out.
      negatives: classes in the prompt, for every class with objects, that the document has no object of;
        none in "eae". A document without objects gets one more than that.
      hard_negatives: chance of a negative to be a class easily confused with one that has objects.
      empty_share: share kept of the documents without objects of the task; their response is `results = []`.
      all_negative_share: share of the documents with objects that give a further example, which asks only for classes
        they have no object of.
      every_class: ask for all classes of the task in schema order, so that many sentences share one schema prompt; in
        "eae" for those of the document.
      shuffle: whether classes come in random order, else in schema order.
      comments: share of the examples whose classes have descriptions and examples.
      description_dropout: chance of a class to have no description in an example.
      example_dropout: chance of a class to have no examples in an example.
      masked_names: share of the examples whose classes are called Class1, Class2 and so on, as far as they have a
        description to know them by; so a model learns to read it.
      typed_by_import: share of the "re" and "eae" examples that name entity types in their hints and import them.
    """

    tasks: tuple[Task, ...] = TASKS
    negatives: int = 3
    hard_negatives: float = 0.0
    empty_share: float = 0.1
    all_negative_share: float = 0.0
    every_class: bool = False
    shuffle: bool = True
    comments: float = 1.0
    description_dropout: float = 0.0
    example_dropout: float = 0.0
    masked_names: float = 0.0
    typed_by_import: float = 0.0
    seed: int = 0
    style: Style = KCJAX

    def __post_init__(self) -> None:
        for task in self.tasks:
            if task not in TASKS:
                raise InputError(f"there is no task {task!r}; choose among {', '.join(TASKS)}")
        if self.negatives < 0:
            raise InputError(f"negatives is {self.negatives}; it must be 0 or more")
        for field in dataclasses.fields(self):
            if field.type == "float" or field.type is float:
                if not 0 <= getattr(self, field.name) <= 1:
                    raise InputError(f"{field.name} is {getattr(self, field.name)}; it must be between 0 and 1")


def following_examples(
    documents: Iterable[Document],
    schema: Schema,
    options: FollowingOptions = FollowingOptions(),
    *,
    left_out: Counter[str] | None = None,
) -> Iterator[Example]:
    """Yields the examples of every document in turn, one a task, with the id `DOCUMENT/TASK`; that of the further
    examples of `all_negative_share` is `DOCUMENT/TASK/none`.

    What is random in an example depends on (seed, document id, task) alone: not on other documents, nor on their order.

    Args:
      left_out: counts what gave no example or is in none, and why; and, beginning with `AMBIGUOUS`, the responses
        which do not say where their objects stand: of "Paris ... Paris" only the second is annotated, for instance.
    """
    left_out = Counter() if left_out is None else left_out
    renderers = {task: _Renderer(task, schema, options, left_out) for task in options.tasks if types_of(task, schema)}
    for document in documents:
        for task in options.tasks:
            positives = types_in(task, document, schema, left_out)
            if task not in renderers:
                continue
            rng = random.Random(f"{options.seed}/{document.id}/{task}")
            if positives or (task != "eae" and rng.random() < options.empty_share):
                yield from renderers[task].examples(document, positives, rng)
            else:
                left_out[f"{task}: document without objects"] += 1


class _Renderer:
    """Renders the examples of one task."""

    def __init__(self, task: Task, schema: Schema, options: FollowingOptions, left_out: Counter[str]):
        self.task, self.schema, self.options, self.left_out = task, schema, options, left_out
        self.names = [t.name for t in types_of(task, schema)]
        self.order = {name: number for number, name in enumerate(self.names)}
        self.negatives = Negatives(schema, self.names)

    def examples(self, document: Document, positives: list[str], rng: random.Random) -> Iterator[Example]:
        id, options = f"{document.id}/{self.task}", self.options
        if self.task == "eae":
            yield self._example(id, document, positives, rng)
            return
        if options.every_class:
            yield self._example(id, document, list(self.names), rng)
            return
        count = options.negatives * len(positives) if positives else options.negatives + 1
        negatives = self.negatives.draw(positives, count, hard=options.hard_negatives, rng=rng)
        yield self._example(id, document, positives + negatives, rng)
        if positives and rng.random() < options.all_negative_share:
            count = options.negatives + 1
            negatives = self.negatives.draw(positives, count, hard=options.hard_negatives, rng=rng)
            if negatives:
                yield self._example(f"{id}/none", document, negatives, rng)

    def _example(self, id: str, document: Document, types: list[str], rng: random.Random) -> Example:
        options = self.options
        if options.shuffle and not options.every_class:
            rng.shuffle(types)
        else:
            types.sort(key=self.order.__getitem__)
        commented, typed, masked = (
            rng.random() < share for share in (options.comments, options.typed_by_import, options.masked_names)
        )
        asked = [self.schema.by_name[name] for name in types]
        if commented and (options.description_dropout or options.example_dropout):
            asked = [self._thinned(t, rng) for t in asked]
        if commented and masked:
            free = (name for n in itertools.count(1) if (name := f"Class{n}") not in self.schema.by_name)
            names = {t.name: next(free) for t in asked if t.description}
            asked, document = [_renamed(t, names) for t in asked], _with_types(document, names)
        typed = typed and self.task in ("re", "eae")
        return self._rendered(id, document, list(zip(types, asked, strict=True)), comments=commented, typed=typed)

    def _thinned(self, type: AnyType, rng: random.Random) -> AnyType:
        fields: dict[str, Any] = {"description": "", "examples": ()}
        chances = {"description": self.options.description_dropout, "examples": self.options.example_dropout}
        return dataclasses.replace(type, **{name: fields[name] for name in fields if rng.random() < chances[name]})

    def _rendered(
        self, id: str, document: Document, asked: Sequence[tuple[str, AnyType]], *, comments: bool, typed: bool
    ) -> Example:
        """`asked` are pairs of a type's name and the type as the example shows it."""
        shown = {type.name: type for _, type in asked}
        if typed:  # the classes by which an end or an argument is called
            above = (name for e in document.entities for name in self.schema.ancestors(e.type))
            known = ((name, self.schema.by_name.get(name)) for name in above)
            shown |= {name: type for name, type in known if isinstance(type, EntityType) and name not in shown}
        schema, types = _schema(shown.values()), [type.name for _, type in asked]
        prompt = following_prompt(
            self.task,
            schema,
            document.text,
            types=types,
            triggers=[(n, t.text) for n, t in triggers_of(document.events, types)] if self.task == "eae" else (),
            comments=comments,
            typed_by_import=typed,
            style=self.options.style,
        )
        response = following_response(
            self.task, document, schema, types=types, typed_by_import=typed, style=self.options.style
        )
        ambiguous = not parses_back(self.task, response, document, schema, types)
        if ambiguous:
            self.left_out[f"{AMBIGUOUS}{self.task}"] += 1

        def halves() -> Iterator[Example]:
            if ambiguous:  # they count for themselves
                self.left_out[f"{AMBIGUOUS}{self.task}"] -= 1
            middle = len(asked) // 2
            for number, half in enumerate((asked[:middle], asked[middle:])):
                yield self._rendered(f"{id}.{number}", document, half, comments=comments, typed=typed)

        parts = ((prompt.schema, False), (prompt.sentence, False), (response, True))
        synthetic = document.extra.get("synthetic") is True
        names = tuple(name for name, _ in asked)
        return Example(id, parts, self.task, names, synthetic, halves if len(asked) > 1 else None)


def parses_back(task: Task, response: str, document: Document, schema: Schema, types: Sequence[str]) -> bool:
    """Whether what is read from a response are the document's objects of these types, at the same places."""
    asked, parsed = set(types), parse_response(response)
    triggers = triggers_of(document.events, types) if task == "eae" else ()
    known = document.entities if task == "re" else ()
    found = locate(task, parsed.objects, document.text, schema, types=types, entities=known, triggers=triggers)
    if parsed.status != "ok" or found.hallucinated or found.off_schema or found.repeated:
        return False
    read = Document(document.id, document.text, found.entities, found.relations, found.events)
    return _objects(task, read, schema, asked) == _objects(task, document, schema, asked)


def _objects(task: Task, document: Document, schema: Schema, types: set[str]) -> Counter[Any]:
    """The objects of a task as far as the schema has room for them, with their places."""

    def place(mention: Mention) -> tuple[int, int]:
        return mention.start, mention.end

    if task == "ner":
        return Counter((e.type, place(e)) for e in document.entities if e.type in types)
    if task == "re":
        ends = document.entities
        return Counter(
            (r.type, place(ends[r.head]), place(ends[r.tail])) for r in document.relations if r.type in types
        )
    if task == "ed":
        return Counter({(e.type, place(e.trigger)) for e in document.events if e.type in types})
    roles = {t.name: {role.name for role in t.roles} for t in schema.events}
    return Counter(
        (e.type, place(e.trigger), frozenset((a.role, place(a)) for a in e.arguments if a.role in roles[e.type]))
        for e in document.events
        if e.type in types
    )


def _schema(types: Iterable[AnyType]) -> Schema:
    types = list(types)
    return Schema(
        tuple(t for t in types if isinstance(t, EntityType)),
        tuple(t for t in types if isinstance(t, RelationType)),
        tuple(t for t in types if isinstance(t, EventType)),
    )


def _renamed(type: AnyType, names: Mapping[str, str]) -> AnyType:
    parents = tuple(names.get(parent, parent) for parent in type.parents)
    return dataclasses.replace(type, name=names.get(type.name, type.name), parents=parents)


def _with_types(document: Document, names: Mapping[str, str]) -> Document:
    """The document with types called by other names."""
    return dataclasses.replace(
        document,
        entities=tuple(dataclasses.replace(e, type=names.get(e.type, e.type)) for e in document.entities),
        relations=tuple(dataclasses.replace(r, type=names.get(r.type, r.type)) for r in document.relations),
        events=tuple(dataclasses.replace(e, type=names.get(e.type, e.type)) for e in document.events),
    )
