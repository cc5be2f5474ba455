"""The language of the model's responses as a grammar, for engines that decode by one.

Written in the Lark dialect of llguidance (github.com/guidance-ai/llguidance, docs/syntax.md). Its language is what
`kcjax.corpus.prompt` writes as responses, byte for byte.
"""

import itertools
import json
from collections.abc import Sequence

from kcjax.corpus.prompt import Task, chosen_types
from kcjax.errors import InputError
from kcjax.schema.code import KCJAX, Style, quoted
from kcjax.schema.types import EventType, Schema
from kcjax.text import boundaries


def lark_grammar(
    task: Task,
    schema: Schema,
    *,
    text: str | None = None,
    types: Sequence[str] | None = None,
    triggers: Sequence[tuple[str, str]] = (),
    style: Style = KCJAX,
) -> str:
    """The grammar of the responses to `following_prompt` with the same arguments.

    Args:
      text: if given, every string is one or more words of it, as they stand there; by default it is any string.
      triggers: for "eae", (event type, trigger text) of the events known; by default any event has any trigger.

    Raises:
      InputError: no such type, or triggers without "eae".
    """
    asked = chosen_types(task, schema, types)
    if text == "":
        return 'start: "results = []"\n'
    if triggers and task != "eae":
        raise InputError(f"task {task} takes no triggers")
    lines = [
        r'start: "results = [" ("]" | "\n\t" object (",\n\t" object)* "\n]")',
        r'string: "\"" STRING "\""',
    ]
    names = [_literal(found.name) for found in asked]
    if task in ("ner", "ed"):
        lines.append(f'object: ({" | ".join(names)}) "(" string ")"')
    elif task == "re":
        lines.append(f'object: ({" | ".join(names)}) "(" entity ", " entity ")"')
    else:
        events = [event for event in asked if isinstance(event, EventType)]
        lines.append(f"object: {' | '.join(f'event{number}' for number in range(len(events)))}")
        for number, event in enumerate(events):
            known = [quoted(trigger, style=style) for name, trigger in triggers if name == event.name]
            trigger = f"({' | '.join(map(_literal, dict.fromkeys(known)))})" if known else "string"
            roles = "".join(f" ({_literal(f', {role.name} = [')} entities)?" for role in event.roles)
            lines.append(f'event{number}: {_literal(f"{event.name}(trigger = ")} {trigger}{roles} ")"')
        lines.append('entities: entity (", " entity)* "]"')
    if task in ("re", "eae"):
        lines.append('entity: "Entity(" string ")"')
    if text is None:
        # What `quoted` writes: quotes, backslashes and control characters are escaped.
        lines.append(r'STRING: /([^"\\\x00-\x1f\x7f]|\\["\\ntr]|\\x[01][0-9a-f]|\\x7f)+/')
    else:
        edges = boundaries(text)
        pieces = [quoted(text[a:b], style=style)[1:-1] for a, b in itertools.pairwise(edges)]
        lines.append(r"STRING: /(?s:.+)/ & PIECES")
        lines.append(f"PIECES: %regex {json.dumps({'substring_chunks': pieces})}")
    return "\n".join(lines) + "\n"


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
