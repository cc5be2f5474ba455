"""From objects that hold strings to objects with character offsets.

A response names its mentions by their text alone. The policy, the same for gold responses and for a model's:

* A mention stands where its string does, exactly. Occurrences that are whole words come before those inside a word.
* "nearest" (the default): entities and triggers follow the text, as responses are written. Each takes the next
  occurrence that no object has taken, at or after the start of the object before it, else from the start of the text;
  those that lie in a mention taken come last. If all are taken, it shares one with an object of another type; an object
  beyond that is `repeated`. "first": the same, but the search always begins at the start of the text. "all": each
  stands wherever its string does as a whole word, or if nowhere so, inside words.
* A relation takes the untaken pair of head and tail that stand closest to each other, among the entities given and
  made so far of the ends' classes, then of any class, else among the occurrences; there an entity is made.
* An event's arguments stand at the occurrence nearest to its trigger. In argument extraction several events may have
  one trigger.
"""

import bisect
import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from kcjax.corpus.document import Argument, Entity, Event, Mention, Relation
from kcjax.corpus.prompt import KINDS, Task, types_of
from kcjax.corpus.response import Call, Value
from kcjax.schema.code import referenced
from kcjax.schema.types import AnyType, EventType, Schema
from kcjax.text import Span, distance, occurrences

Policy = Literal["nearest", "first", "all"]


@dataclasses.dataclass(frozen=True)
class Unplaced:
    """A part of the response that became no object, and why. An event can lose an argument and still be placed.

    Attributes:
      label: the class of the object it would have been; of an argument with its role, `Meeting.place`.
      texts: its string, or those of a relation's head and tail; none where it has not the shape of an object.
    """

    call: Call
    reason: str
    label: str = ""
    texts: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Located:
    """Objects with offsets, in the order of the response, and what could not be placed.

    `hallucinated`: a string that is not in the text. `off_schema`: a class, role or shape that was not asked for.
    `repeated`: more objects than there are places.
    """

    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()
    events: tuple[Event, ...] = ()
    hallucinated: tuple[Unplaced, ...] = ()
    off_schema: tuple[Unplaced, ...] = ()
    repeated: tuple[Unplaced, ...] = ()

    def unplaced(self, task: Task) -> list[dict[str, Any]]:
        """What has the shape of an object and no place, as the rows of an output file tell it."""
        lost = (*self.hallucinated, *self.off_schema, *self.repeated)
        return [{"task": task, "label": u.label, "texts": list(u.texts)} for u in lost if u.texts]


def locate(
    task: Task,
    objects: Iterable[Call],
    text: str,
    schema: Schema,
    *,
    types: Iterable[str] | None = None,
    entities: Sequence[Entity] = (),
    triggers: Sequence[tuple[str, Mention]] = (),
    policy: Policy = "nearest",
    confidence: Callable[[Call], float | None] = lambda call: None,
) -> Located:
    """Places the objects of a response in the text, by the policy above.

    Args:
      types: the types asked for; None for all of the task's kind in the schema.
      entities: for "re", entities already found; they come first in the result, so their indices hold.
      triggers: for "eae", the (event type, trigger) asked for, as of `triggers_of`; others are then off schema.
      confidence: gives the confidence of an object, for instance from its characters `start` to `end` in the response.
    """
    asked = {t.name: t for t in types_of(task, schema)}
    if types is not None:
        asked = {name: asked[name] for name in types}
    placing = _Placing(text, asked, schema, policy, confidence)
    place: Callable[[Call], None]
    if task == "ner":
        place = placing.entity
    elif task == "re":
        placing.entities.extend(entities)
        place = placing.relation
    elif task == "ed":
        place = placing.trigger
    else:
        placing.triggers = list(triggers)
        place = placing.event
    for call in objects:
        try:
            if call.name not in asked:
                raise _OffSchema(call, f"the class {call.name} was not asked for")
            place(call)
        except _Unplaceable as error:
            placing.lost[error.__class__].append(Unplaced(error.call, error.reason, call.name, _texts(task, call)))
    lost = placing.lost
    return Located(
        tuple(placing.entities),
        tuple(placing.relations),
        tuple(placing.events),
        tuple(lost[_Hallucinated]),
        tuple(lost[_OffSchema]),
        tuple(lost[_Repeated]),
    )


class _Unplaceable(Exception):
    def __init__(self, call: Call, reason: str):
        self.call, self.reason = call, reason


class _Hallucinated(_Unplaceable): ...


class _OffSchema(_Unplaceable): ...


class _Repeated(_Unplaceable): ...


class _Placing:
    """One response on its way into one text."""

    def __init__(
        self,
        text: str,
        asked: Mapping[str, AnyType],
        schema: Schema,
        policy: Policy,
        confidence: Callable[[Call], float | None],
    ):
        self.text, self.asked, self.schema, self.policy, self.confidence = text, asked, schema, policy, confidence
        self.entities: list[Entity] = []
        self.relations: list[Relation] = []
        self.events: list[Event] = []
        self.triggers: list[tuple[str, Mention]] = []
        self.lost: dict[type[_Unplaceable], list[Unplaced]] = {_Hallucinated: [], _OffSchema: [], _Repeated: []}
        self.taken: dict[Span, set[str]] = {}  # the types of the objects at a span
        self.pairs: set[tuple[str, Span, Span]] = set()  # the relations placed
        self.previous = 0  # where the last object in text order begins
        self.found: dict[str, tuple[list[Span], list[Span]]] = {}

    # One method for each task.

    def entity(self, call: Call) -> None:
        (mention,) = _bound(call, "name")
        for span in self.next_spans(call, _string(call, mention)):
            self.entities.append(Entity(*span, self.text[slice(*span)], call.name, self.confidence(call)))

    def trigger(self, call: Call) -> None:
        (trigger,) = _bound(call, "trigger")
        for span in self.next_spans(call, _string(call, trigger)):
            self.events.append(Event(call.name, self.mention(span), (), self.confidence(call)))

    def event(self, call: Call) -> None:
        event_type = self.asked[call.name]
        assert isinstance(event_type, EventType)
        (trigger,) = _bound(call, "trigger", others=True)
        try:
            span = self.trigger_span(call, _string(call, trigger))
        except _Unplaceable as error:  # its arguments go with it
            for role, values in call.kwargs.items():
                for value in values if isinstance(values, tuple) else ():
                    if isinstance(value, Call) and (texts := _texts("ner", value)):
                        reason = f"the trigger of its event: {error.reason}"
                        self.lost[error.__class__].append(Unplaced(value, reason, f"{call.name}.{role}", texts))
            raise
        roles = {role.name for role in event_type.roles}
        arguments = []
        for role, values in call.kwargs.items():
            if role == "trigger":
                continue
            try:
                if role not in roles or not isinstance(values, tuple):
                    raise _OffSchema(call, f"{call.name} has no role {role} that is given so")
                arguments += self.arguments(call, role, values, span)
            except _OffSchema as error:
                self.lost[_OffSchema].append(Unplaced(error.call, error.reason))
        self.events.append(Event(call.name, self.mention(span), tuple(arguments), self.confidence(call)))

    def relation(self, call: Call) -> None:
        ends = [self.end(call, value) for value in _bound(call, "head_entity", "tail_entity")]
        (head_class, heads), (tail_class, tails) = ends
        reach = len(self.pairs) + 2  # tails beyond that are farther than one that is free
        pairs = []
        for head in heads:
            at = bisect.bisect(tails, head)
            for tail in tails[max(at - reach, 0) : at + reach]:
                if (call.name, head, tail) not in self.pairs:
                    overlap = head[0] < tail[1] and tail[0] < head[1]
                    pairs.append((overlap, distance(head, tail), head, tail))
        if not pairs:
            raise _Repeated(call, "the relation is there already")
        *_, head, tail = min(pairs)
        self.pairs.add((call.name, head, tail))
        self.relations.append(
            Relation(
                call.name, self.entity_at(head, head_class), self.entity_at(tail, tail_class), self.confidence(call)
            )
        )

    # Their parts.

    def mention(self, span: Span) -> Mention:
        return Mention(*span, self.text[slice(*span)])

    def occurrences(self, call: Call, string: str) -> tuple[list[Span], list[Span]]:
        """Where the string stands as whole words, and where it stands inside a word."""
        if string not in self.found:
            self.found[string] = occurrences(self.text, string)
        if not any(self.found[string]):
            raise _Hallucinated(call, f"{string!r:.80} is not in the text")
        return self.found[string]

    def is_covered(self, span: Span) -> bool:
        return any(start <= span[0] and span[1] <= end for start, end in self.taken)

    def next_spans(self, call: Call, string: str) -> list[Span]:
        """Takes the places of an object of a task whose objects follow the text."""
        if self.policy != "all":
            return [self.next_span(call, string)]
        whole, inside = self.occurrences(call, string)
        spans = [span for span in whole or inside if call.name not in self.taken.get(span, ())]
        if not spans:
            raise _Repeated(call, f"all occurrences of {string!r:.80} are taken")
        for span in spans:
            self.taken.setdefault(span, set()).add(call.name)
        return spans

    def next_span(self, call: Call, string: str) -> Span:
        """Takes one place of it."""
        whole, inside = self.occurrences(call, string)
        begin = self.previous if self.policy == "nearest" else 0
        ordered = _from(whole, begin) + _from(inside, begin)
        untaken = [span for span in ordered if span not in self.taken]
        of_other_type = (span for span in ordered if call.name not in self.taken[span])
        span = next((s for s in untaken if not self.is_covered(s)), None) or next(iter(untaken or of_other_type), None)
        if span is None:
            raise _Repeated(call, f"all occurrences of {string!r:.80} are taken")
        self.taken.setdefault(span, set()).add(call.name)
        self.previous = span[0]
        return span

    def trigger_span(self, call: Call, string: str) -> Span:
        if self.triggers:
            spans = [(t.start, t.end) for name, t in self.triggers if name == call.name and t.text == string]
            if not spans:
                raise _OffSchema(call, f"{string!r:.80} is no trigger of {call.name} that was asked for")
            span = next((s for s in spans if call.name not in self.taken.get(s, ())), spans[-1])
            self.taken.setdefault(span, set()).add(call.name)
            return span
        try:
            return self.next_span(call, string)
        except _Repeated:
            whole, inside = self.occurrences(call, string)
            return _nearest(whole + inside, (self.previous, self.previous))

    def arguments(self, call: Call, role: str, values: Iterable[Value], trigger: Span) -> list[Argument]:
        arguments: list[Argument] = []
        taken: set[Span] = set()
        for value in values:
            string = ""
            try:
                _, string = self.named(call, value)
                whole, inside = self.occurrences(call, string)
                spans = [s for s in whole if s not in taken] or [s for s in inside if s not in taken]
                if not spans:
                    raise _Repeated(call, f"{string!r:.80} fills {role} already")
                span = _nearest(spans, trigger)
                taken.add(span)
                arguments.append(Argument(*span, string, role))
            except _Unplaceable as error:
                texts = (string,) if string else ()
                self.lost[error.__class__].append(Unplaced(error.call, error.reason, f"{call.name}.{role}", texts))
        return arguments

    def named(self, call: Call, value: Value) -> tuple[str, str]:
        """Class and string of `City("Riga")` in the place of an end or argument."""
        if not isinstance(value, Call):
            raise _OffSchema(call, f"{value!r:.80} stands where an entity should")
        known = value.name == "Entity" or isinstance(self.schema.by_name.get(value.name), KINDS["ner"])
        if not known and value.name not in referenced(self.asked[call.name]):
            raise _OffSchema(value, f"the class {value.name} is not in the schema")
        (name,) = _bound(value, "name")
        return value.name, _string(value, name)

    def end(self, call: Call, value: Value) -> tuple[str, list[Span]]:
        """The class of a relation's end, and the spans where it may stand."""
        name, string = self.named(call, value)
        whole, inside = self.occurrences(call, string)
        same = [e for e in self.entities if e.text == string]
        of_class = [e for e in same if e.type == name or name == "Entity"]
        return name, sorted({(e.start, e.end) for e in of_class or same}) or whole or inside

    def entity_at(self, span: Span, name: str) -> int:
        """The index of the entity at a span, of the class if there is one; an entity that is made if there is none."""
        there = [i for i, e in enumerate(self.entities) if (e.start, e.end) == span]
        of_class = [i for i in there if self.entities[i].type == name]
        if of_class or there:
            return (of_class or there)[0]
        self.entities.append(Entity(*span, self.text[slice(*span)], name))
        return len(self.entities) - 1


def _bound(call: Call, *parameters: str, others: bool = False) -> list[Value]:
    """The values of a call's parameters, given in order or by name; with `others`, more may be given by name."""
    given = dict(zip(parameters, call.args, strict=False)) | dict(call.kwargs)
    unknown = not others and set(given) != set(parameters)
    if unknown or not given.keys() >= set(parameters) or len(call.args) + len(call.kwargs) != len(given):
        raise _OffSchema(call, f"{call.name} takes {', '.join(parameters)}")
    return [given[parameter] for parameter in parameters]


def _texts(task: Task, call: Call) -> tuple[str, ...]:
    """The strings of what has the shape of an object of the task; none of anything else. An event in "eae" has none:
    its arguments are the objects."""
    values: tuple[Value | None, ...] = (*call.kwargs.values(), *call.args)
    if task == "re" and set(call.kwargs) == {"head_entity", "tail_entity"}:
        values = (call.kwargs["head_entity"], call.kwargs["tail_entity"])
    if task == "re":
        values = tuple(v.args[0] if isinstance(v, Call) and len(v.args) == 1 else None for v in values)
    texts = tuple(value for value in values if isinstance(value, str) and value)
    return texts if len(texts) == len(values) == {"ner": 1, "re": 2, "ed": 1, "eae": 0}[task] else ()


def _string(call: Call, value: Value) -> str:
    if not isinstance(value, str):
        raise _OffSchema(call, f"{call.name} takes a string")
    return value


def _from(spans: list[Span], begin: int) -> list[Span]:
    """The spans from `begin` on, then those before it."""
    return [s for s in spans if s[0] >= begin] + [s for s in spans if s[0] < begin]


def _nearest(spans: list[Span], to: Span) -> Span:
    return min(spans, key=lambda span: (distance(span, to), span))
