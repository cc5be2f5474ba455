"""The responses to one question as a graph: literal code, and between its quotes strings of the sentence.

It is the language of `kcjax.corpus.grammar` for a given text, in the form that automata are made of.
"""

import dataclasses
import enum
from collections.abc import Sequence

from kcjax.corpus.prompt import Task, check_triggers, chosen_types
from kcjax.schema.code import KCJAX, Style, quoted
from kcjax.schema.types import EventType, RelationType, Schema

END, OBJECT = -1, -2  # where an option may lead, besides the spans, which are numbered from 0
OPENING = '("'  # before every span


class Counted(enum.IntEnum):
    """Among which strings the one to come counts as repeated."""

    ON = 0  # those it was counted among before
    TYPE = 1  # of objects of the type
    HEAD = 2  # of relations of the type with the same head
    LIST = 3  # of the list that now begins


@dataclasses.dataclass(frozen=True)
class Option:
    """Code that may come next, and where it leads. After it, and before the next code, a token always ends."""

    code: str
    to: int
    counted: Counted = Counted.ON
    type: int = 0


@dataclasses.dataclass(frozen=True)
class Language:
    """`start` and `objects` are the options at the beginning and wherever an object may begin; `spans[n]` are those
    after a string of span n, first its closing quote. `is_counted[n]`: whether its strings are counted, or (the heads
    of relations) only part of what is."""

    start: tuple[Option, ...]
    objects: tuple[Option, ...]
    spans: tuple[tuple[Option, ...], ...]
    is_counted: tuple[bool, ...]


def response_language(
    task: Task,
    schema: Schema,
    *,
    types: Sequence[str] | None = None,
    triggers: Sequence[tuple[str, str]] = (),
    typed_by_import: bool = False,
    style: Style = KCJAX,
) -> Language:
    """The language of the responses to `following_prompt` with the same arguments.

    Raises:
      InputError: no such type; "eae" without triggers, or triggers without "eae".
    """
    asked = chosen_types(task, schema, types)
    check_triggers(task, triggers)
    objects: list[Option] = []
    spans: list[tuple[Option, ...]] = []
    counted: list[bool] = []

    def span(options: Sequence[Option], *, is_counted: bool = True) -> int:
        """The number of the span with these options after it."""
        found = (tuple(options), is_counted)
        if found not in (known := list(zip(spans, counted, strict=True))):
            spans.append(found[0])
            counted.append(is_counted)
            return len(spans) - 1
        return known.index(found)

    def closing(code: str) -> list[Option]:
        """After an object."""
        return [Option(f"{code},\n", OBJECT), Option(f"{code}\n]", END)]

    if task in ("ner", "ed"):
        only = span(closing('")'))
        objects = [Option(f"\t{found.name}", only, Counted.TYPE, number) for number, found in enumerate(asked)]
    elif task == "re":
        tail = span(closing('"))'))
        for number, found in enumerate(asked):
            assert isinstance(found, RelationType)
            heads, tails = (_classes(names, typed_by_import) for names in (found.head, found.tail))
            head = span([Option(f'"), {name}', tail, Counted.HEAD) for name in tails], is_counted=False)
            objects += [Option(f"\t{found.name}({name}", head, Counted.TYPE, number) for name in heads]
    else:
        lists: dict[str, list[Option]] = {}  # what may come after the trigger of an event
        for name, trigger in dict.fromkeys(triggers):
            if name not in lists:
                event = schema.by_name[name]
                assert isinstance(event, EventType)
                lists[name] = closing(")")
                for role in reversed(event.roles):
                    number, classes = len(spans), _classes(role.types, typed_by_import)
                    same = [Option(f'"), {c}', number) for c in classes]
                    spans.append((*same, *(dataclasses.replace(o, code=f'")]{o.code}') for o in lists[name])))
                    counted.append(True)
                    lists[name] = [
                        *(Option(f", {role.name} = [{c}", number, Counted.LIST) for c in classes),
                        *lists[name],
                    ]
            begin = f"\t{name}(trigger = {quoted(trigger, style=style)}"
            objects += [dataclasses.replace(option, code=begin + option.code) for option in lists[name]]
    start = (Option("results = [\n", OBJECT), Option("results = []", END))
    return Language(start, tuple(objects), tuple(spans), tuple(counted))


def _classes(hinted: Sequence[str], typed_by_import: bool) -> list[str]:
    return list(dict.fromkeys(["Entity", *hinted] if typed_by_import else ["Entity"]))
