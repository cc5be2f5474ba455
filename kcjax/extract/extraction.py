"""What comes of a document: the objects of each task's response, with offsets, and what is to be said of them.

No model is needed for it: `kcjax parse` reads responses of any engine.
"""

import dataclasses
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, get_args

from kcjax.corpus.document import Document, Entity, Event, Mention, Relation, document_to_json
from kcjax.corpus.prompt import Prompt, Task, following_prompt, triggers_of
from kcjax.corpus.response import Call, parse_response
from kcjax.corpus.spans import locate
from kcjax.extract.cleanup import clean_up
from kcjax.extract.constraints import marked
from kcjax.schema.types import Schema

Status = Literal["ok", "truncated", "parse_error", "too_long", "error"]
STATUSES: tuple[Status, ...] = get_args(Status)  # from best to worst
COUNTS = ("hallucinated", "off_schema", "repeated", "cleaned", "below_threshold", "overruled")


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
    unplaced: tuple[dict[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The row of an output file (see CONTRACT of the docs): a Document and the attributes above."""
        row = document_to_json(self) | {name: getattr(self, name) for name in ("schema_hash", "status", "raw", *COUNTS)}
        for name in ("message", "unplaced"):  # those that came with the input
            row.pop(name, None)
        row |= {"unplaced": list(self.unplaced)} if self.unplaced else {}
        return row | {"message": self.message} if self.message else row


class Draft:
    """An extraction in the making, task by task, with the schema that the document is asked with."""

    def __init__(self, document: Document, schema: Schema, *, triggers: Literal["predicted", "gold"] = "predicted"):
        """`triggers`: whether "eae" fills the events that "ed" found, or the document's own."""
        self.document, self.schema, self.gold_triggers = document, schema, triggers == "gold"
        self.entities: tuple[Entity, ...] = ()
        self.relations: tuple[Relation, ...] = ()
        self.events: tuple[Event, ...] = ()
        self.raw: dict[str, str] = {}
        self.messages: list[str] = []
        self.status: Status = "ok"
        self.lost = {"hallucinated": 0, "off_schema": 0, "repeated": 0}
        self.unplaced: list[dict[str, Any]] = []
        self.overruled = 0

    def known_triggers(self) -> list[tuple[str, Mention]]:
        events = self.document.events if self.gold_triggers else self.events
        return triggers_of(events, (event_type.name for event_type in self.schema.events))

    def asked_triggers(self) -> list[tuple[str, Mention]]:
        """Those of events that can have arguments."""
        with_roles = {event_type.name for event_type in self.schema.events if event_type.roles}
        return [(name, trigger) for name, trigger in self.known_triggers() if name in with_roles]

    def question(self, task: Task) -> dict[str, Any] | None:
        """What a task asks for besides the types of its kind, as arguments of `following_prompt` and of the grammars.
        None where there is nothing to ask: arguments of no events."""
        if task != "eae":
            return {}
        if not (triggers := self.asked_triggers()):
            return None
        found = {name for name, _ in triggers}
        types = [event.name for event in self.schema.events if event.name in found]
        return {"types": types, "triggers": [(name, trigger.text) for name, trigger in triggers]}

    def prompt(self, task: Task, prompt_of: Callable[..., Prompt] = following_prompt) -> Prompt | None:
        question = self.question(task)
        return None if question is None else prompt_of(task, self.schema, self.document.text, **question)

    def read(
        self,
        task: Task,
        response: str,
        *,
        broken_off: str = "",
        confidence: Callable[[Call], float | None] = lambda call: None,
    ) -> None:
        """Parses a response and places its objects in the text. `broken_off` says why it is known not to be whole."""
        self.raw[task] = response
        parsed = parse_response(response)
        status, reason = parsed.status, "; ".join(parsed.errors)
        if broken_off:  # nothing more can be wrong with it
            status, reason = "truncated", broken_off
        self.note(task, status, reason or ("the response breaks off" if status != "ok" else ""))
        located = locate(
            task,
            parsed.objects,
            self.document.text,
            self.schema,
            entities=self.entities if task == "re" else (),
            triggers=self.asked_triggers() if task == "eae" else (),
            confidence=confidence,
        )
        for kind in self.lost:
            self.lost[kind] += len(getattr(located, kind))
        self.unplaced += located.unplaced(task)
        if task in ("ner", "re"):
            self.entities = located.entities
            self.relations = located.relations
        elif task == "ed":
            self.events = located.events
        else:
            filled = {(event.type, event.trigger) for event in located.events}
            found = {(event.type, event.trigger): event for event in self.events}  # with the confidence of "ed"
            bare = [found.get(key, Event(*key)) for key in self.known_triggers() if key not in filled]
            self.events = tuple(sorted((*located.events, *bare), key=lambda event: event.trigger.start))

    def note(self, task: Task, status: Status, message: str) -> None:
        self.status = max(self.status, status, key=STATUSES.index)
        if message:
            self.messages.append(f"{task}: {message}")

    def finish(self, threshold: Mapping[str, float] = MappingProxyType({})) -> Extraction:
        """Cleans up, and only now: the entities that "re" links its ends to may be among those that go."""
        cleaned = clean_up(self.entities, self.relations, self.events, self.schema, threshold)
        relations, events = marked(cleaned.entities, cleaned.relations, cleaned.events, self.schema)
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
            unplaced=tuple(self.unplaced),
        )
