"""Text in, objects with offsets out.

from kcjax import Extractor
extractor = Extractor.from_pretrained("path/to/model")
for extraction in extractor.extract(["The ferry Orion left Bergen."], "schema.py"):
    print(extraction.status, extraction.entities)
"""

import bisect
import dataclasses
import functools
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from kcjax.corpus.document import Document, Entity, Event, Mention, Relation, document_to_json
from kcjax.corpus.prompt import STYLES, TASKS, Prompt, Task, following_prompt, triggers_of, types_of
from kcjax.corpus.response import Call, parse_response
from kcjax.corpus.spans import Located, locate
from kcjax.corpus.tokenizer import Tokenizer, load_tokenizer
from kcjax.decode.generate import Generation, Generator, Prefix
from kcjax.errors import InputError
from kcjax.extract.cleanup import clean_up
from kcjax.model.huggingface import info_of, load_model
from kcjax.model.llama import Llama
from kcjax.model.lora import merge_lora
from kcjax.model.peft import load_peft_adapter
from kcjax.schema.code import KCJAX, Style
from kcjax.schema.library import Kind, SchemaLibrary, open_schema
from kcjax.schema.types import Schema

Status = Literal["ok", "truncated", "parse_error", "too_long", "error"]
_FROM_BEST_TO_WORST = ("ok", "truncated", "parse_error", "too_long", "error")
_KINDS: dict[Task, Kind] = {"ner": "entity", "re": "relation", "ed": "event", "eae": "event"}
_PREFIXES_KEPT = 8  # argument extraction has one for every combination of event types


@dataclasses.dataclass(frozen=True)
class Extraction(Document):
    """A document with what the model found in it; the input's own annotations are not repeated.

    Attributes:
      status: the worst of the tasks': "ok"; "truncated", out of new tokens; "parse_error", something unreadable in the
        response; "too_long", the prompt does not fit the context, and the task was not run.
      raw: the model's text for each task.
      message: what is behind a status other than "ok".
      hallucinated, off_schema, repeated: how many parts of the response became no object; see `corpus/spans.py`.
      cleaned: how many entities, relations and arguments the schema's clean-ups dropped; see `extract/cleanup.py`.
    """

    schema_hash: str = ""
    status: Status = "ok"
    raw: dict[str, str] = dataclasses.field(default_factory=dict)
    message: str = ""
    hallucinated: int = 0
    off_schema: int = 0
    repeated: int = 0
    cleaned: int = 0

    def to_json(self) -> dict[str, Any]:
        """The row of an output file (see CONTRACT of the docs): a Document and the attributes above."""
        names = ("schema_hash", "status", "raw", "hallucinated", "off_schema", "repeated", "cleaned")
        row = document_to_json(self) | {name: getattr(self, name) for name in names}
        row.pop("message", None)  # one that came with the input
        return row | {"message": self.message} if self.message else row


class _Draft:
    """An extraction in the making, task by task, with the schema that the document is asked with."""

    def __init__(self, document: Document, schema: Schema):
        self.document, self.schema = document, schema
        self.entities: tuple[Entity, ...] = ()
        self.relations: tuple[Relation, ...] = ()
        self.events: tuple[Event, ...] = ()
        self.raw: dict[str, str] = {}
        self.messages: list[str] = []
        self.status: Status = "ok"
        self.lost = {"hallucinated": 0, "off_schema": 0, "repeated": 0}

    def note(self, task: Task, status: Status, message: str) -> None:
        self.status = max(self.status, status, key=_FROM_BEST_TO_WORST.index)
        if message:
            self.messages.append(f"{task}: {message}")

    def count(self, located: Located) -> None:
        for kind in self.lost:
            self.lost[kind] += len(getattr(located, kind))

    def finish(self) -> Extraction:
        """Cleans up, and only now: the entities that "re" links its ends to may be among those that go."""
        cleaned = clean_up(self.entities, self.relations, self.events, self.schema)
        return Extraction(
            self.document.id,
            self.document.text,
            cleaned.entities,
            cleaned.relations,
            cleaned.events,
            self.document.extra,
            self.schema.hash,
            self.status,
            self.raw,
            "; ".join(self.messages),
            **self.lost,
            cleaned=cleaned.dropped,
        )


class Extractor:
    """A model and its tokenizer, ready to extract with any schema."""

    def __init__(
        self,
        model: Llama,
        tokenizer: Tokenizer,
        *,
        style: Style = KCJAX,
        max_new_tokens: int = 640,
        batch_size: int = 32,
    ):
        self.tokenizer, self.style = tokenizer, style
        self.generator = Generator(model, tokenizer, max_new_tokens=max_new_tokens, batch_size=batch_size)

    @classmethod
    def from_pretrained(
        cls,
        directory: str | Path,
        *,
        adapter: str | Path | None = None,
        dtype: str = "float32",
        max_new_tokens: int = 640,
        batch_size: int = 32,
    ) -> "Extractor":
        """Loads a model directory: of Hugging Face, or made by `kcjax import` or `kcjax export`.

        Args:
          adapter: a PEFT directory with a LoRA adapter of that model, which is merged into it.
        """
        style = info_of(directory).prompt_style
        if style not in STYLES:
            raise InputError(f"{directory}/kcjax.json: prompt_style is {style!r}; known: {', '.join(STYLES)}")
        model = load_model(directory, dtype=dtype, param_dtype=dtype)
        if adapter is not None:
            load_peft_adapter(model, adapter)
            merge_lora(model)
        tokenizer = load_tokenizer(directory)
        return cls(model, tokenizer, style=STYLES[style], max_new_tokens=max_new_tokens, batch_size=batch_size)

    def extract(
        self,
        texts: Iterable[str | Document],
        schema: Schema | SchemaLibrary | str | Path,
        *,
        tasks: Sequence[Task] | None = None,
        triggers: Literal["predicted", "gold"] = "predicted",
        comments: bool = True,
        types_per_text: int = 20,
    ) -> Iterator[Extraction]:
        """Yields one extraction for every text, in order, reading the input lazily.

        Args:
          texts: strings, or documents whose ids and extra keys are kept.
          schema: types; or the path of a Python or JSON file with them, which is parsed and never run; or a library, or
            the path of one (`.kcjax`), to be asked for all it has: each text is then asked for the types of each kind
            that are likeliest in it, as many as `types_per_text`.
          tasks: of "ner", "re", "ed", "eae"; None for all that the schema has types for.
          triggers: "eae" fills the events that "ed" found, or those of the input documents ("gold", then without "ed").
          comments: whether the prompt has the types' descriptions and examples, as the model was trained to read.

        Raises:
          InputError: the schema has no types for a task, or its prompt alone does not fit the model's context.
        """
        source = open_schema(schema) if isinstance(schema, (str, Path)) else schema
        if tasks is None:
            tasks = [t for t in TASKS if _has_types(source, t) and not (t == "ed" and triggers == "gold")]
        for task in tasks:
            if not _has_types(source, task):
                raise InputError(
                    f"there is no type to ask for in task {task}; add one to the schema, or leave the task out"
                )
        if triggers == "gold" and "ed" in tasks:
            raise InputError('the task "ed" finds triggers, so it does not go with gold ones; leave out one of the two')
        if triggers == "predicted" and "eae" in tasks and "ed" not in tasks:
            raise InputError('the task "eae" fills the events that "ed" finds; ask for "ed" too, or give gold triggers')
        job = _Job(self, triggers=triggers, comments=comments, one_schema=isinstance(source, Schema))
        schema_for = functools.partial(_schema_for, source=source, tasks=tasks, count=types_per_text, triggers=triggers)
        numbered = (
            item if isinstance(item, Document) else Document(id=str(number), text=item)
            for number, item in enumerate(texts)
        )
        while chunk := list(itertools.islice(numbered, 8 * self.generator.batch_size)):
            drafts = [_Draft(document, schema_for(document)) for document in chunk]
            for task in sorted(
                tasks, key=TASKS.index
            ):  # "re" links the entities of "ner", "eae" fills the events of "ed"
                job.run(task, drafts)
            yield from (draft.finish() for draft in drafts)


class _Job:
    """One stream of documents on its way through the model."""

    def __init__(self, extractor: Extractor, *, triggers: str, comments: bool, one_schema: bool):
        self.generator, self.tokenizer = extractor.generator, extractor.tokenizer
        self.triggers, self.one_schema = triggers, one_schema
        self.prompt_of = functools.partial(following_prompt, comments=comments, style=extractor.style)
        self.prefixes: dict[str, Prefix] = {}

    def run(self, task: Task, drafts: list[_Draft]) -> None:
        """Adds to each draft what the model finds in this task; prompts that begin alike are run together."""
        groups: dict[str, list[tuple[_Draft, list[int]]]] = {}
        for draft in drafts:
            if prompt := self.prompt(task, draft):
                try:
                    tokens = self.tokenizer.encode(prompt.sentence)
                except InputError as error:  # a character that this tokenizer has no token for
                    draft.note(task, "error", str(error))
                    continue
                groups.setdefault(prompt.schema, []).append((draft, tokens))
        for schema_prompt, members in groups.items():
            try:
                prefix = self.prefix(task, schema_prompt)
            except InputError as error:
                if self.one_schema and task != "eae":  # every document has this schema prompt
                    raise
                for draft, _ in members:
                    draft.note(task, "too_long", str(error))
                continue
            room = self.generator.room(int(prefix.length))
            fitting = [(draft, tokens) for draft, tokens in members if len(tokens) <= room]
            for draft, tokens in members:
                if len(tokens) > room:
                    draft.note(task, "too_long", f"the sentence has {len(tokens)} tokens, the context leaves {room}")
            generations = self.generator.generate(prefix, [tokens for _, tokens in fitting])
            for (draft, _), generation in zip(fitting, generations, strict=True):
                self.read(task, draft, generation)

    def known_triggers(self, draft: _Draft) -> list[tuple[str, Mention]]:
        events = draft.document.events if self.triggers == "gold" else draft.events
        return triggers_of(events, (event_type.name for event_type in draft.schema.events))

    def asked_triggers(self, draft: _Draft) -> list[tuple[str, Mention]]:
        """Those of events that can have arguments."""
        with_roles = {event_type.name for event_type in draft.schema.events if event_type.roles}
        return [(name, trigger) for name, trigger in self.known_triggers(draft) if name in with_roles]

    def prompt(self, task: Task, draft: _Draft) -> Prompt | None:
        """None where there is nothing to ask: arguments of no events."""
        text = draft.document.text
        if task != "eae":
            return self.prompt_of(task, draft.schema, text)
        if not (triggers := self.asked_triggers(draft)):
            return None
        found = {name for name, _ in triggers}
        types = [event.name for event in draft.schema.events if event.name in found]
        strings = [(name, trigger.text) for name, trigger in triggers]
        return self.prompt_of(task, draft.schema, text, types=types, triggers=strings)

    def prefix(self, task: Task, schema_prompt: str) -> Prefix:
        if schema_prompt not in self.prefixes:
            tokens = [self.tokenizer.bos_id, *self.tokenizer.encode(schema_prompt, at_start=True)]
            if self.generator.room(len(tokens)) < 1:
                raise InputError(
                    f"the schema's prompt for {task} has {len(tokens)} tokens, which with "
                    f"{self.generator.max_new_tokens} new ones does not fit the model's context of "
                    f"{self.generator.max_positions}; use fewer types, no comments, or fewer new tokens"
                )
            if len(self.prefixes) == _PREFIXES_KEPT:
                self.prefixes.pop(next(iter(self.prefixes)))
            self.prefixes[schema_prompt] = self.generator.prefill(tokens)
        return self.prefixes[schema_prompt]

    def read(self, task: Task, draft: _Draft, generation: Generation) -> None:
        """Parses a response and places its objects in the text."""
        response = self.tokenizer.decode(generation.tokens)
        draft.raw[task] = response
        parsed = parse_response(response)
        status, reason = parsed.status, "; ".join(parsed.errors)
        if not generation.finished:  # nothing more can be wrong with it than that it breaks off
            status, reason = "truncated", f"{self.generator.max_new_tokens} new tokens were not enough"
        draft.note(task, status, reason or ("the response breaks off" if status != "ok" else ""))
        triggers = self.asked_triggers(draft) if task == "eae" else []
        located = locate(
            task,
            parsed.objects,
            draft.document.text,
            draft.schema,
            entities=draft.entities if task == "re" else (),
            triggers=triggers,
            confidence=_confidence(response, generation, self.tokenizer),
        )
        draft.count(located)
        if task in ("ner", "re"):
            draft.entities = located.entities
            draft.relations = located.relations
        elif task == "ed":
            draft.events = located.events
        else:
            filled = {(event.type, event.trigger) for event in located.events}
            found = {(event.type, event.trigger): event for event in draft.events}  # with the confidence of "ed"
            bare = [found.get(key, Event(*key)) for key in self.known_triggers(draft) if key not in filled]
            draft.events = tuple(sorted((*located.events, *bare), key=lambda event: event.trigger.start))


def _has_types(source: Schema | SchemaLibrary, task: Task) -> bool:
    if isinstance(source, Schema):
        return bool(types_of(task, source))
    return source.stats[f"{_KINDS[task]}_types"] > 0


def _schema_for(
    document: Document, source: Schema | SchemaLibrary, tasks: Sequence[Task], count: int, triggers: str
) -> Schema:
    """What a document is asked with: of a library the types likeliest in it, and those of the triggers it gives."""
    if isinstance(source, Schema):
        return source
    kinds = dict.fromkeys(_KINDS[task] for task in tasks)
    names = dict.fromkeys(name for kind in kinds for name, _ in source.retrieve(document.text, k=count, kind=kind))
    given = document.events if triggers == "gold" else ()
    return source.schema([*names, *(event.type for event in given if event.type in source)])


def _confidence(response: str, generation: Generation, tokenizer: Tokenizer) -> Callable[[Call], float]:
    """The probability the model gave to exactly the tokens of an object, each given what stands before it."""
    ends = list(itertools.accumulate(len(tokenizer.token_bytes(token)) for token in generation.tokens))

    def confidence(call: Call) -> float:
        start, end = (len(response[:character].encode(errors="replace")) for character in (call.start, call.end))
        first, last = bisect.bisect_right(ends, start), bisect.bisect_left(ends, end)
        return round(math.exp(sum(generation.logprobs[first : last + 1])), 6)

    return confidence
