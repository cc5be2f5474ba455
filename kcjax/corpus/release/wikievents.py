"""Documents with entities and events, JSON lines: WikiEvents.

Numbers count the document's tokens, end exclusive; offsets of tokens are not read:

    {"doc_id": "d1", "sentences": [[[["Ada", 0, 3], ["fell", 4, 8], [".", 8, 9]], "Ada fell."]],
     "entity_mentions": [{"id": "d1-T1", "start": 0, "end": 1, "entity_type": "PER", "text": "Ada"}],
     "event_mentions": [{"id": "d1-E1", "event_type": "Life.Injure.Unspecified", "trigger": {"start": 1, "end": 2},
                         "arguments": [{"entity_id": "d1-T1", "role": "Victim", "text": "Ada"}]}]}
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kcjax.corpus.convert.rows import json_rows
from kcjax.corpus.document import Argument, Document, Entity, Event, Mention
from kcjax.corpus.release.reading import reading, stretch
from kcjax.corpus.release.sentences import cut, report
from kcjax.errors import InputError
from kcjax.problems import Problems


def read(paths: Sequence[Path], *, prefix: str, problems: Problems) -> Iterator[Document]:
    """Yields the sentences, as they are written, with ids `PREFIX.DOCUMENT.NUMBER`, numbered from 0.

    Raises:
      InputError: a line is not as above, or names tokens or entities that are not there.
    """
    left_out = Counter[str]()
    for path in paths:
        for row in json_rows(path, path.name, problems):
            document, bounds = None, list[tuple[int, int]]()
            with reading(row.where, problems):
                document, bounds = _document(row.value, row.where, prefix)
            if document:
                yield from cut(document, bounds, left_out)
    report(left_out, prefix)


def _document(row: Mapping[str, Any], where: str, prefix: str) -> tuple[Document, list[tuple[int, int]]]:
    text, bounds, tokens = "", list[tuple[int, int]](), list[tuple[int, int]]()
    for words, written in row["sentences"]:
        position = begin = len(text)
        text += written + "\n"
        for word, *_ in words:
            start = text.find(word, position)
            if start < 0:
                raise InputError(f"{where}: the word {word!r:.40} does not stand in its sentence {written!r:.60}")
            position = start + len(word)
            tokens.append((start, position))
        bounds.append((begin, len(text) - 1))

    def place(item: Mapping[str, Any]) -> tuple[int, int, str]:
        first, last = item["start"], item["end"] - 1
        if not 0 <= first <= last < len(tokens):
            raise InputError(f"{where}: {first} to {item['end']} are none of the {len(tokens)} tokens")
        return stretch(text, tokens[first][0], tokens[last][1], where)

    entities = {item["id"]: Entity(*place(item), item["entity_type"]) for item in row["entity_mentions"]}
    triggers = {event["id"]: Mention(*place(event["trigger"])) for event in row["event_mentions"]}
    mentions: dict[str, Mention] = {**entities, **triggers}  # an event may be an argument, too
    events = []
    for event in row["event_mentions"]:
        arguments = []
        for argument in event["arguments"]:
            if argument["entity_id"] not in mentions:
                raise InputError(f"{where}: there is no entity {argument['entity_id']!r:.60}")
            at = mentions[argument["entity_id"]]
            arguments.append(Argument(at.start, at.end, at.text, argument["role"]))
        events.append(Event(event["event_type"], triggers[event["id"]], tuple(arguments)))
    return Document(f"{prefix}.{row['doc_id']}", text, tuple(entities.values()), events=tuple(events)), bounds
