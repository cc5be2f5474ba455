"""Sentences with pharmacovigilance events, whose roles have roles of their own: PHEE.

JSON lines; each piece of a mention has its offset:

    {"id": "1_1", "context": "Rash after zidol.", "annotations": [{"events": [{"event_type": "Adverse_event",
     "Trigger": {"text": [["after"]], "start": [[5]]}, "Effect": {"text": [["Rash"]], "start": [[0]]},
     "Treatment": {"text": [["zidol"]], "start": [[11]], "Drug": {"text": [["zidol"]], "start": [[11]]}}}]}]}
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kcjax.corpus.convert.rows import json_rows
from kcjax.corpus.document import Argument, Document, Event, Mention
from kcjax.corpus.release.reading import reading, stretch
from kcjax.corpus.release.sentences import report
from kcjax.errors import InputError
from kcjax.problems import Problems

_ROLES = ("Subject", "Treatment", "Effect")
_ATTRIBUTES = ("Negated", "Speculated", "Severity")  # of an event, and no participants


def read(paths: Sequence[Path], *, prefix: str, problems: Problems) -> Iterator[Document]:
    """Yields the sentences, with ids `PREFIX.ID`. A role of a role has a dotted name, such as `Treatment.Drug`. Each
    piece of a mention in pieces is an argument; of such a trigger the first piece is taken.

    Raises:
      InputError: a line is not as above, or what stands at an offset is another text.
    """
    left_out = Counter[str]()
    for path in paths:
        for row in json_rows(path, path.name, problems):
            document = None
            with reading(row.where, problems):
                text, where = row.value["context"], row.where
                events = tuple(
                    _event(event, text, where, left_out)
                    for annotation in row.value["annotations"]
                    for event in annotation["events"]
                )
                document = Document(f"{prefix}.{row.value['id']}", text, events=events)
            if document:
                yield document
    report(left_out, prefix)


def _event(event: Mapping[str, Any], text: str, where: str, left_out: Counter[str]) -> Event:
    trigger, *more = _pieces(event["Trigger"], text, where)
    left_out["further piece of a trigger"] += len(more)
    left_out["attribute of an event"] += sum(name in event for name in _ATTRIBUTES)
    if unknown := [name for name in event if name[0].isupper() and name not in ("Trigger", *_ROLES, *_ATTRIBUTES)]:
        raise InputError(f"{where}: the role {unknown[0]} is not known; known are {', '.join(_ROLES)}")
    arguments = tuple(found for role in _ROLES if role in event for found in _arguments(event[role], role, text, where))
    return Event(event["event_type"], trigger, arguments)


def _arguments(value: Any, role: str, text: str, where: str) -> Iterator[Argument]:
    for item in value if isinstance(value, list) else [value]:  # there may be several combinations of drugs
        if "text" in item:
            yield from (Argument(at.start, at.end, at.text, role) for at in _pieces(item, text, where))
        for name, inner in item.items():
            if isinstance(inner, dict | list) and name[0].isupper():
                yield from _arguments(inner, f"{role}.{name}", text, where)


def _pieces(item: Mapping[str, Any], text: str, where: str) -> list[Mention]:
    return [
        Mention(*stretch(text, start, start + len(piece), where, piece))
        for mention, places in zip(item["text"], item["start"], strict=True)
        for piece, start in zip(mention, places, strict=True)
    ]
