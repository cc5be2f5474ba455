"""What comes of a document: the objects of each task's response, with offsets, and what is to be said of them.

No model is needed for it: `kcjax parse` reads responses of any engine.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, TypeVar, get_args

from kcjax.corpus.document import Document, Entity, Event, Mention, Relation, document_to_json
from kcjax.corpus.prompt import Prompt, Task, following_prompt, triggers_of
from kcjax.corpus.response import Call, parse_response
from kcjax.corpus.spans import Policy, locate
from kcjax.extract.cleanup import clean_up
from kcjax.extract.constraints import marked
from kcjax.extract.questions import Question, Types
from kcjax.schema.types import Schema
from kcjax.text import Span

Status = Literal["ok", "truncated", "parse_error", "too_long", "error"]
STATUSES: tuple[Status, ...] = get_args(Status)  # from best to worst
COUNTS = ("hallucinated", "off_schema", "repeated", "cleaned", "below_threshold", "overruled", "unasked")
M = TypeVar("M", bound=Mention)
T = TypeVar("T", Entity, Relation, Event)


@dataclasses.dataclass(frozen=True)
class Extraction(Document):
    """A document with what the model found in it; the input's own annotations are not repeated.

    Attributes:
      status: the worst of the tasks': "ok"; "truncated", out of new tokens; "parse_error", something unreadable in the
        response; "too_long", the prompt does not fit the context, and the task was not run.
      raw: the model's text for each task.
      message: what is behind a status other than "ok".
      hallucinated, off_schema, repeated: how many parts of the response became no object; see `corpus/spans.py`.
      unplaced: those of them that have the shape of an object: `{"task", "label", "texts"}`.
      cleaned: how many entities, relations and arguments the schema's clean-ups dropped; see `extract/cleanup.py`.
      below_threshold: how many entities, relations and events went because the model was not sure enough of them.
      overruled: how often the grammar barred the token that the model would rather have written.
      unasked: of the types of a library that are likely in the text, how many were not asked for.
    """

    schema_hash: str = ""
    status: Status = "ok"
    raw: dict[str, str] = dataclasses.field(default_factory=dict)
    message: str = ""
    hallucinated: int = 0
    off_schema: int = 0
    repeated: int = 0
    cleaned: int = 0
    below_threshold: int = 0
    overruled: int = 0
    unasked: int = 0
    unplaced: tuple[dict[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The row of an output file (see CONTRACT of the docs): a Document and the attributes above."""
        row = document_to_json(self) | {name: getattr(self, name) for name in ("schema_hash", "status", "raw", *COUNTS)}
        for name in ("message", "unplaced"):  # those that came with the input
            row.pop(name, None)
        row |= {"unplaced": list(self.unplaced)} if self.unplaced else {}
        return row | {"message": self.message} if self.message else row


class Draft:
    """An extraction in the making, task by task and question by question."""

    def __init__(
        self,
        document: Document,
        schema: Schema,
        *,
        triggers: Literal["predicted", "gold"] = "predicted",
        spans: Sequence[Span] | None = None,
        unasked: int = 0,
        occurrences: Policy = "nearest",
    ):
        """
        Args:
          triggers: whether "eae" fills the events that "ed" found, or the document's own.
          spans: the stretches of the text that are asked about one by one; None for the whole.
          unasked: as of `Extraction`.
          occurrences: where strings that stand in the text several times are placed, see `corpus/spans.py`.
        """
        self.document, self.schema, self.gold_triggers = document, schema, triggers == "gold"
        self.spans = [(0, len(document.text))] if spans is None else spans
        self.entities: list[Entity] = []
        self.relations: list[Relation] = []
        self.found: list[Event] = []  # by "ed"
        self.filled: dict[tuple[str, Mention], list[Event]] = {}  # by "eae"
        self.raw: dict[str, str] = {}
        self.messages: list[str] = []
        self.status: Status = "ok"
        self.lost = {"hallucinated": 0, "off_schema": 0, "repeated": 0}
        self.unplaced: list[dict[str, Any]] = []
        self.overruled, self.unasked, self.occurrences = 0, unasked, occurrences

    def known_triggers(self) -> list[tuple[str, Mention]]:
        events = self.document.events if self.gold_triggers else self.found
        return triggers_of(events, (event_type.name for event_type in self.schema.events))

    def asked_triggers(self, start: int, end: int) -> list[tuple[str, Mention]]:
        """Those of events that can have arguments, in a stretch of the text."""
        with_roles = {event_type.name for event_type in self.schema.events if event_type.roles}
        known = self.known_triggers()
        return [(name, at) for name, at in known if name in with_roles and start <= at.start and at.end <= end]

    def questions(
        self,
        task: Task,
        groups: Sequence[Types | None] = (None,),
        split: Callable[[Types], Sequence[Types]] = lambda types: [types],
    ) -> list[Question]:
        """What there is to ask in a task: each of the groups of types, but of arguments those of the triggers known.

        Args:
          split: makes groups of the types whose arguments are asked for.
        """
        text = self.document.text
        if task != "eae":
            return [Question(task, text[start:end], start, types) for start, end in self.spans for types in groups]
        found = []
        for start, end in self.spans:
            if triggers := self.asked_triggers(start, end):
                names = {name for name, _ in triggers}
                for types in split(tuple(event.name for event in self.schema.events if event.name in names)):
                    asked = tuple((name, trigger.text) for name, trigger in triggers if name in types)
                    found.append(Question(task, text[start:end], start, types, asked))
        return found

    def prompt(self, question: Question, prompt_of: Callable[..., Prompt] = following_prompt) -> Prompt:
        return prompt_of(question.task, self.schema, question.text, **question.asked)

    def read(
        self,
        question: Question,
        response: str,
        *,
        broken_off: str = "",
        confidence: Callable[[Call], float | None] = lambda call: None,
    ) -> None:
        """Parses a response and places its objects in the text. `broken_off` says why it is known not to be whole."""
        task, start, end = question.task, question.start, question.start + len(question.text)
        self.raw[task] = f"{self.raw[task]}\n{response}" if task in self.raw else response
        parsed = parse_response(response)
        status, reason = parsed.status, "; ".join(parsed.errors)
        if broken_off:  # nothing more can be wrong with it
            status, reason = "truncated", broken_off
        self.note(task, status, reason or ("the response breaks off" if status != "ok" else ""))
        triggers = self.asked_triggers(start, end) if task == "eae" else ()
        numbers = [n for n, e in enumerate(self.entities) if task == "re" and start <= e.start and e.end <= end]
        located = locate(
            task,
            parsed.objects,
            question.text,
            self.schema,
            types=question.types,
            entities=[moved(self.entities[number], -start) for number in numbers],
            triggers=[(name, moved(at, -start)) for name, at in triggers],
            policy=self.occurrences,
            confidence=confidence,
        )
        for kind in self.lost:
            self.lost[kind] += len(getattr(located, kind))
        self.unplaced += located.unplaced(task)
        # An object that another question found as well is kept once, with the more confidence.
        numbers += [
            _put(self.entities, moved(entity, start), lambda e: (e.type, e.start, e.end))
            for entity in located.entities[len(numbers) :]
        ]
        for relation in located.relations:
            linked = dataclasses.replace(relation, head=numbers[relation.head], tail=numbers[relation.tail])
            _put(self.relations, linked, lambda r: (r.type, r.head, r.tail))
        events = [
            dataclasses.replace(
                event,
                trigger=moved(event.trigger, start),
                arguments=tuple(moved(argument, start) for argument in event.arguments),
            )
            for event in located.events
        ]
        if task == "ed":
            for event in events:
                _put(self.found, event, lambda e: (e.type, e.trigger))
        else:  # of a trigger in two stretches of the text, what is more
            for key in dict.fromkeys((event.type, event.trigger) for event in events):
                own = [event for event in events if (event.type, event.trigger) == key]
                self.filled[key] = max(
                    self.filled.get(key, own), own, key=lambda some: sum(len(e.arguments) for e in some)
                )

    @property
    def events(self) -> list[Event]:
        """In text order; with gold triggers, and once "eae" was asked, all triggers that are known, filled or not."""
        if "eae" not in self.raw and not self.gold_triggers:
            return self.found
        found = {(event.type, event.trigger): event for event in self.found}  # with the confidence of "ed"
        bare = [found.get(key, Event(*key)) for key in self.known_triggers() if key not in self.filled]
        filled = [event for events in self.filled.values() for event in events]
        return sorted((*filled, *bare), key=lambda event: event.trigger.start)

    def note(self, task: Task, status: Status, message: str) -> None:
        self.status = max(self.status, status, key=STATUSES.index)
        if message:
            self.messages.append(f"{task}: {message}")

    def finish(
        self,
        threshold: Mapping[str, float] = MappingProxyType({}),
        ancestors: Callable[[str], Sequence[str]] | None = None,
    ) -> Extraction:
        """Cleans up, and only now: the entities that "re" links its ends to may be among those that go.

        Args:
          ancestors: as of `marked`.
        """
        cleaned = clean_up(self.entities, self.relations, self.events, self.schema, threshold)
        relations, events = marked(cleaned.entities, cleaned.relations, cleaned.events, self.schema, ancestors)
        return Extraction(
            self.document.id,
            self.document.text,
            cleaned.entities,
            relations,
            events,
            self.document.extra,
            self.schema.hash,
            self.status,
            self.raw,
            "; ".join(self.messages),
            **self.lost,
            cleaned=cleaned.dropped,
            below_threshold=cleaned.below_threshold,
            overruled=self.overruled,
            unasked=self.unasked,
            unplaced=tuple(self.unplaced),
        )


def moved(mention: M, by: int) -> M:
    """The mention so many characters further on."""
    return dataclasses.replace(mention, start=mention.start + by, end=mention.end + by)


def _put(objects: list[T], new: T, key: Callable[[T], Any]) -> int:
    """Adds an object, or its confidence to that which is there already; where it is."""
    same = key(new)
    for number, old in enumerate(objects):
        if key(old) == same:
            if (new.confidence or 0.0) > (old.confidence or 0.0):
                objects[number] = dataclasses.replace(old, confidence=new.confidence)
            return number
    objects.append(new)
    return len(objects) - 1
