"""Five sentences around one event, JSON lines: RAMS.

Numbers count the tokens of all five sentences, the last one included:

    {"doc_key": "k1", "sentences": [["Ada", "fell", "."]], "evt_triggers": [[1, 1, [["life.injure.n/a", 1.0]]]],
     "gold_evt_links": [[[1, 1], [0, 0], "evt092arg01victim"]]}
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kcjax.corpus.convert.rows import json_rows
from kcjax.corpus.document import Argument, Document, Event, Mention
from kcjax.corpus.release.reading import reading, token_stretch
from kcjax.corpus.release.sentences import joined
from kcjax.errors import InputError
from kcjax.problems import Problems


def read(paths: Sequence[Path], *, prefix: str, problems: Problems) -> Iterator[Document]:
    """Yields the passages, with ids `PREFIX.KEY`. They are not cut into sentences: arguments stand in all five, and the
    other sentences have events that are not annotated. `evt092arg01victim` is the role `victim`.

    Raises:
      InputError: a line is not as above, or names tokens or a trigger that are not there.
    """
    for path in paths:
        for row in json_rows(path, path.name, problems):
            document = None
            with reading(row.where, problems):
                document = _document(row.value, row.where, prefix)
            if document:
                yield document


def _document(row: Mapping[str, Any], where: str, prefix: str) -> Document:
    text, _, tokens = joined(row["sentences"])

    def place(first: int, last: int) -> tuple[int, int, str]:
        return token_stretch(text, tokens, first, last, where)

    events = []
    triggers = [(first, last) for first, last, _ in row["evt_triggers"]]
    for first, last, labels in row["evt_triggers"]:
        arguments = tuple(
            Argument(*place(*argument), re.sub(r"^evt\d+arg\d+", "", role))
            for trigger, argument, role in row["gold_evt_links"]
            if tuple(trigger) == (first, last)
        )
        events.append(Event(labels[0][0], Mention(*place(first, last)), arguments))
    if lost := [trigger for trigger, _, _ in row["gold_evt_links"] if tuple(trigger) not in triggers]:
        raise InputError(f"{where}: an argument is of a trigger at {lost[0]}, where there is none")
    return Document(f"{prefix}.{row['doc_key']}", text, events=tuple(events))
