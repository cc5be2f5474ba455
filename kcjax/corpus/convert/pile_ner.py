"""Pile-NER, passages whose entities a chat model named: huggingface.co/datasets/Universal-NER/Pile-NER-type (and
-definition), arXiv 2308.03279.

`{"id", "conversations": [{"from": "human", "value": "Text: PASSAGE"}, {"from": "gpt", "value": "I've read this text."},
{"from": "human", "value": "What describes TYPE in the text?"}, {"from": "gpt", "value": LIST}, ...]}`, where LIST is a
JSON list of mentions as a string. A file is a JSON list, or JSONL. The form was seen in programs that read or write it,
universal-ner/universal-ner among them.
"""

import re
from typing import Any

import orjson

from kcjax.corpus.convert.facts import Job
from kcjax.corpus.convert.mentions import Span, absence, places_of
from kcjax.corpus.convert.rows import Row, field
from kcjax.corpus.document import Document, Entity
from kcjax.errors import InputError

_QUESTION = re.compile(r"What describes (.+) in the text\?", re.DOTALL)


def document(row: Row, job: Job) -> Document:
    """The document of a passage.

    Annotated are strings; every occurrence as whole words makes an entity, as all mentions count downstream, but for
    those that overlap a longer one of the same type. Types that were asked for and not found say nothing.

    Raises:
      InputError: a field is missing or wrong, or a turn is not as above.
    """
    turns = field(row.value, "conversations", list, row.where)
    text = _said(turns, 0, "human", row.where)
    if not text.startswith("Text:"):
        raise InputError(f"{row.where}: conversations[0] must begin with 'Text:', found {text!r:.60}")
    text = text.removeprefix("Text:").removeprefix(" ")
    strings: dict[str, dict[str, None]] = {}  # class -> its mentions
    for number in range(2, len(turns), 2):
        question, answer = _said(turns, number, "human", row.where), _said(turns, number + 1, "gpt", row.where)
        asked = _QUESTION.fullmatch(question.strip())
        if not asked:
            raise InputError(f"{row.where}: conversations[{number}] asks otherwise than this form: {question!r:.80}")
        mentions = _mentions(answer, f"{row.where}: conversations[{number + 1}]")
        name = job.classes.entity(asked[1]) if mentions else None
        if name:
            strings.setdefault(name, {}).update(dict.fromkeys(mentions))
        else:
            job.lose("entity: its label stands for no one class", len(mentions))
    entities = [
        Entity(*span, text[slice(*span)], name)
        for name, mentions in strings.items()
        for span in _spans(text, list(mentions), job)
    ]
    order = {name: number for number, name in enumerate(strings)}
    entities.sort(key=lambda e: (e.start, -e.end, order[e.type]))
    return Document(field(row.value, "id", str, row.where, default=row.id), text, tuple(entities))


def _spans(text: str, mentions: list[str], job: Job) -> list[Span]:
    """The places of the mentions of one class, of two that overlap that of the longer string."""
    covered = bytearray(len(text))
    spans = []
    for string in sorted(mentions, key=len, reverse=True):
        found = places_of(text, string)
        free = []
        for start, end in found:
            if not any(covered[start:end]):
                free.append((start, end))
                covered[start:end] = b"\x01" * (end - start)
        if not free:
            reason = "that overlaps a longer one of its class everywhere" if found else absence(text, string)
            job.lose(f"entity: mention {reason}")
        spans += free
    return spans


def _said(turns: list[Any], number: int, speaker: str, where: str) -> str:
    at = f"{where}: conversations[{number}]"
    if number >= len(turns):
        raise InputError(f"{at} is missing: a question without an answer, or no passage")
    if (found := field(turns[number], "from", str, at)) != speaker:
        raise InputError(f"{at}: the speaker must be {speaker!r}, found {found!r:.40}")
    return field(turns[number], "value", str, at)


def _mentions(answer: str, where: str) -> list[str]:
    try:
        mentions = orjson.loads(answer)
    except orjson.JSONDecodeError as error:
        raise InputError(f"{where}: the answer is no JSON list: {answer!r:.60}") from error
    if not isinstance(mentions, list) or not all(isinstance(mention, str) for mention in mentions):
        raise InputError(f"{where}: the answer must be a JSON list of strings, found {answer!r:.60}")
    return mentions
