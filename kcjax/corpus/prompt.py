"""The exact texts a model sees and writes: prompts and responses of phase 2, instance and definition code of phase 1.

The golden texts in tests/golden fix every byte. Paper sections 3.2 (understanding) and 3.3 (following).
"""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Literal, TypeVar, get_args

from kcjax.corpus.document import Argument, Document, Event, Mention
from kcjax.errors import InputError
from kcjax.schema.code import (
    ENTITY_BASE,
    EVENT_ARGUMENTS_BASE,
    EVENT_DETECTION_BASE,
    KCJAX,
    KNOWCODER,
    RELATION_BASE,
    Form,
    Style,
    definition,
    imports,
    quoted,
    referenced,
)
from kcjax.schema.types import BASE_CLASSES, AnyType, EntityType, EventType, RelationType, Schema

Task = Literal["ner", "re", "ed", "eae"]
TASKS: tuple[Task, ...] = get_args(Task)
STYLES = {"kcjax": KCJAX, "knowcoder": KNOWCODER}
M = TypeVar("M", bound=Mention)

SYSTEM = (
    "You are a highly skilled assistant at digesting and extracting information from textual content. Below is an "
    "input containing standard type definitions and textual content. Please complete it with the extracted information "
    "in the form of structured code."
)
KINDS: dict[Task, type] = {"ner": EntityType, "re": RelationType, "ed": EventType, "eae": EventType}
_BASES: dict[Task, tuple[str, ...]] = {
    "ner": (ENTITY_BASE,),
    "re": (ENTITY_BASE, RELATION_BASE),
    "ed": (EVENT_DETECTION_BASE,),
    "eae": (ENTITY_BASE, EVENT_ARGUMENTS_BASE),
}
_REQUESTS: dict[Task, tuple[str, str]] = {
    "ner": ("Entity Classes", "Entity Objects"),
    "re": ("Relation Classes and related Entity Classes", "Relation Objects"),
    "ed": ("Event Classes", "Event Objects"),
    "eae": ("Event Classes", "Event Objects"),
}


@dataclasses.dataclass(frozen=True)
class Prompt:
    """The model's text is `schema + sentence + response`, between `<bos>` and `<eos>`, each part tokenised apart.

    `schema` is the same for all sentences that are asked for the same types, so its KV cache can be shared.
    """

    schema: str
    sentence: str


def types_of(task: Task, schema: Schema) -> tuple[AnyType, ...]:
    """The types of the kind that a task asks for, in schema order."""
    if task == "ner":
        return schema.entities
    return schema.relations if task == "re" else schema.events


def chosen_types(task: Task, schema: Schema, types: Sequence[str] | None) -> tuple[AnyType, ...]:
    """The types named, in the order given; all of the task's kind if None.

    Raises:
      InputError: a name is not in the schema, or of another kind; or there is no type to ask for.
    """
    if types is None:
        chosen = types_of(task, schema)
    else:
        chosen = tuple(schema.by_name[name] for name in types if name in schema.by_name)
        if len(chosen) < len(types) or not all(isinstance(t, KINDS[task]) for t in chosen):
            name = next(n for n in types if not isinstance(schema.by_name.get(n), KINDS[task]))
            raise InputError(f"the schema has no type {name!r} for task {task}; it has {_few(types_of(task, schema))}")
        if len(set(types)) < len(types):
            raise InputError(f"a type is asked for twice in task {task}: {', '.join(types)}; name each once")
    if not chosen:
        raise InputError(f"there is no type to ask for in task {task}; add one to the schema, or leave the task out")
    return chosen


def check_triggers(task: Task, triggers: Sequence[tuple[str, str]]) -> None:
    """Raises `InputError` unless there are triggers for "eae", and for it alone."""
    if (task == "eae") != bool(triggers):
        raise InputError(f"task {task} takes {'the triggers of its events' if task == 'eae' else 'no triggers'}")


def _few(types: Sequence[AnyType]) -> str:
    names = [t.name for t in types]
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "") or "none"


def triggers_of(events: Iterable[Event], types: Iterable[str]) -> list[tuple[str, Mention]]:
    """(event type, trigger) of the events of these types, each once, in text order."""
    asked = set(types)
    found = dict.fromkeys((e.type, e.trigger) for e in events if e.type in asked)
    return sorted(found, key=lambda pair: (pair[1].start, -pair[1].end))


def following_prompt(
    task: Task,
    schema: Schema,
    text: str,
    *,
    types: Sequence[str] | None = None,
    triggers: Sequence[tuple[str, str]] = (),
    comments: bool = True,
    typed_by_import: bool = False,
    style: Style = KCJAX,
) -> Prompt:
    """The prompt that asks for all objects of `types` in `text`.

    Args:
      types: names of the types to ask for, in this order; None asks for all of the task's kind.
      triggers: for "eae", (event type, trigger text) of the events known to be in the text.
      comments: whether the classes have their descriptions and examples.
      typed_by_import: relation ends and event roles are hinted with their entity types, imported instead of defined.

    Raises:
      InputError: no such type; "eae" without triggers, or triggers without "eae"; a name is not an identifier.
    """
    asked = chosen_types(task, schema, types)
    check_triggers(task, triggers)
    form: Form = "detection" if task == "ed" else "typed" if typed_by_import else "untyped"
    blocks = [*_BASES[task], *(definition(t, form=form, comments=comments, style=style) for t in asked)]
    named = {name for t in asked for name in referenced(t)}.difference(BASE_CLASSES) if form == "typed" else ()
    if named:
        blocks.insert(0, imports("Entities", named))
    classes, objects = _REQUESTS[task]
    request = (
        f"This is an object-oriented programming task: {style.some} {classes} are defined above. "
        f"Please instantiate all the corresponding {objects} in the following sentence."
    )
    if triggers:
        known = (f'{quoted(trigger, style=style)} is the trigger of event type "{name}"' for name, trigger in triggers)
        request += (
            f" It is important to note that the triggers of the events are confirmed as follows: {'; '.join(known)}."
        )
    definitions = f"{SYSTEM}\nInput:\n" + "\n\n".join(blocks) + "\n\n"
    request = f'"""\n{request}\n"""\n'
    sentence = f"sentence = {quoted(text, style=style)}\n\nOutput:\n"
    if triggers:  # they differ from sentence to sentence
        return Prompt(definitions, request + sentence)
    return Prompt(definitions + request, sentence)


def following_response(
    task: Task,
    document: Document,
    schema: Schema,
    *,
    types: Sequence[str] | None = None,
    typed_by_import: bool = False,
    style: Style = KCJAX,
) -> str:
    """The response that holds the document's objects of `types`, in text order (relations in the document's order).

    Several events of one type on one trigger are one object in "ed". With `typed_by_import` the ends of relations and
    the arguments of events are of the classes their hints name, and of `Entity` where none of them fits.
    """
    asked = {t.name: t for t in chosen_types(task, schema, types)}

    def mention(name: str, text: str) -> str:
        return f"{name}({quoted(text, style=style)})"

    objects = []
    if task == "ner":
        objects = [mention(e.type, e.text) for e in _in_text_order(document.entities) if e.type in asked]
    elif task == "re":
        for relation in document.relations:
            if isinstance(hinted := asked.get(relation.type), RelationType):
                ends = []
                for index, hint in ((relation.head, hinted.head), (relation.tail, hinted.tail)):
                    end = document.entities[index]
                    ends.append(mention(_fitting(end.type, hint, schema) if typed_by_import else "Entity", end.text))
                objects.append(f"{relation.type}({', '.join(ends)})")
    elif task == "ed":
        objects = [mention(name, trigger.text) for name, trigger in triggers_of(document.events, asked)]
    else:
        for event in _events_in_text_order(document):
            if isinstance(hinted := asked.get(event.type), EventType):
                arguments = _arguments(event, hinted, document, schema if typed_by_import else None)
                values = [f"trigger = {quoted(event.trigger.text, style=style)}"] + [
                    f"{role} = [{', '.join(mention(name, argument.text) for name, argument in filled)}]"
                    for role, filled in arguments
                ]
                objects.append(f"{event.type}({', '.join(values)})")
    return _results(objects)


def understanding_text(task: Task, document: Document, schema: Schema) -> str:
    """Instance code of phase 1: the sentence, the imports of the classes used, the document's objects of schema types.

    "ed" and "eae" give the same text: events with their arguments and without trigger.
    """

    def mention(name: str, text: str) -> str:
        return f"{name}({quoted(text)})"

    known = schema.by_name
    names: dict[str, set[str]] = {"Entities": set(), "Relations": set(), "Events": set()}
    objects = []
    if task == "ner":
        for entity in _in_text_order(document.entities):
            if isinstance(known.get(entity.type), EntityType):
                names["Entities"].add(entity.type)
                objects.append(mention(entity.type, entity.text))
    elif task == "re":
        for relation in document.relations:
            if isinstance(known.get(relation.type), RelationType):
                ends = [document.entities[relation.head], document.entities[relation.tail]]
                classes = [e.type if isinstance(known.get(e.type), EntityType) else "Entity" for e in ends]
                names["Relations"].add(relation.type)
                names["Entities"].update(classes)
                objects.append(_call(relation.type, [mention(c, e.text) for c, e in zip(classes, ends, strict=True)]))
    else:
        for event in _events_in_text_order(document):
            if isinstance(hinted := known.get(event.type), EventType):
                arguments = _arguments(event, hinted, document, schema)
                names["Events"].add(event.type)
                names["Entities"].update(name for _, filled in arguments for name, _ in filled)
                values = [
                    f"{role}=[{', '.join(mention(name, argument.text) for name, argument in filled)}]"
                    for role, filled in arguments
                ]
                objects.append(_call(event.type, values))
    lines = [imports(module, used) for module, used in names.items() if used]
    return _opening(task, document.text) + "\n".join(([*lines, ""] if lines else []) + [_results(objects)])


def definition_text(types: Iterable[str], schema: Schema, *, comments: bool = True) -> str:
    """Definition code of phase 1: the classes of these types, with typed hints, in the order given."""
    return "\n\n".join(definition(schema.by_name[name], comments=comments) for name in types)


def few_shot_prompt(
    task: Task,
    schema: Schema,
    text: str,
    *,
    demonstrations: Sequence[Document] = (),
    types: Sequence[str] | None = None,
    triggers: Sequence[tuple[str, str]] = (),
    comments: bool = True,
    style: Style = KCJAX,
) -> Prompt:
    """What a model of phase 1 alone goes on from: definition code, demonstrations as instance code, and the sentence.

    Instance code of events has no triggers, so those of "ed" and "eae" are demonstrated as responses of phase 2; for
    "eae" a comment names the triggers. Arguments are those of `following_prompt`.
    """
    asked = [t.name for t in chosen_types(task, schema, types)]
    form: Form = "detection" if task == "ed" else "typed"
    blocks = [definition(schema.by_name[name], form=form, comments=comments, style=style) for name in asked]
    for document in demonstrations:
        if task in ("ner", "re"):
            blocks.append(understanding_text(task, document, schema))
        else:
            known = [(name, trigger.text) for name, trigger in triggers_of(document.events, asked)]
            opening = _opening(task, document.text, known if task == "eae" else ())
            blocks.append(opening + following_response(task, document, schema, types=asked, style=style))
    return Prompt("\n\n".join(blocks) + "\n\n", _opening(task, text, triggers))


def _opening(task: Task, text: str, triggers: Sequence[tuple[str, str]] = ()) -> str:
    """How instance code begins, up to what is to be found in the sentence."""
    known = [f"# The triggers are {', '.join(f'{quoted(t)} of {name}' for name, t in triggers)}."] if triggers else []
    lines = [f"# Extract the {_noun(task)} from the following sentence.", *known, f"sentence = {quoted(text)}"]
    return "\n".join(lines) + "\n\n"


def _noun(task: Task) -> str:
    return {"ner": "entities", "re": "relations"}.get(task, "events")


def _results(objects: list[str]) -> str:
    return "results = [\n\t" + ",\n\t".join(objects) + "\n]" if objects else "results = []"


def _call(name: str, values: list[str]) -> str:
    """A call with its values on lines of their own."""
    return f"{name}(\n\t\t" + ",\n\t\t".join(values) + "\n\t)" if values else f"{name}()"


def _in_text_order(mentions: Iterable[M]) -> list[M]:
    """The outer of two nested mentions first."""
    return sorted(mentions, key=lambda mention: (mention.start, -mention.end))


def _events_in_text_order(document: Document) -> list[Event]:
    return sorted(document.events, key=lambda event: (event.trigger.start, -event.trigger.end))


def _fitting(name: str, hint: tuple[str, ...], schema: Schema) -> str:
    """The class among those hinted that `name` is or descends from; `Entity` if there is none."""
    return next((candidate for candidate in schema.ancestors(name) if candidate in hint), "Entity")


def _arguments(
    event: Event, hinted: EventType, document: Document, typed: Schema | None
) -> list[tuple[str, list[tuple[str, Argument]]]]:
    """(role, [(class, argument)]) in the order of the class's roles, in text order within; roles without are left out.

    With a schema in `typed`, an argument that is also an annotated entity is of that class where the role names it,
    and one that is none is of the role's class where it has only one.
    """
    entity_types: dict[tuple[int, int], list[str]] = {}
    if typed:
        for e in document.entities:
            entity_types.setdefault((e.start, e.end), []).append(e.type)

    def class_of(argument: Argument, hint: tuple[str, ...]) -> str:
        if typed is None:
            return "Entity"
        annotated = entity_types.get((argument.start, argument.end), ())
        if not annotated and len(hint) == 1:
            return hint[0]
        fits = [_fitting(name, hint, typed) for name in annotated]
        return next((name for name in fits if name != "Entity"), "Entity")

    filled = []
    for role in hinted.roles:
        arguments = _in_text_order(a for a in event.arguments if a.role == role.name)
        if arguments:
            filled.append((role.name, [(class_of(argument, role.types), argument) for argument in arguments]))
    return filled
