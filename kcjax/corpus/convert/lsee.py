"""LSEE, sentences of Wikipedia with events of Freebase: github.com/acl2017submission/event-data, the file
`wiki_sentence_annotated.with_trigger.tsv` (Chen et al., "Automatically Labeled Data Generation for Large Scale Event
Extraction", ACL 2017).

Written to its README, the data not seen. A line is tab-separated: two key arguments (Freebase ids), the event instance
or `negative`, the sentence, then the marked places: `ROLE,ID,START,END` for arguments (`negative` for other things,
`ID,START,END` in a negative sentence) and `EVENT.trigger,WORD,START,END`. Offsets count code points, end exclusive.
"""

import re
from collections.abc import Iterator

from kcjax.corpus.convert.facts import Job
from kcjax.corpus.convert.rows import Row
from kcjax.corpus.document import Argument, Document, Event, Mention
from kcjax.errors import InputError

# The word of a trigger, and an id, may have commas.
_PLACE = re.compile(r"(?:(?P<role>[^,]*),)?(?P<what>.+),(?P<start>\d+),(?P<end>\d+)")


def document(row: Row, job: Job) -> Document | None:
    """The document of a line: one event, or none if it is negative. None for an event without a trigger, since a
    document without it would deny the event. The marked entities have no types, and are counted.

    Raises:
      InputError: the line is not as above, or a place is no stretch of the sentence.
    """
    columns = row.value.split("\t")
    if len(columns) < 4 or not columns[3].strip():
        raise InputError(f"{row.where}: {len(columns)} columns; this form has two ids, an event, a sentence and places")
    text = columns[3]
    places = list(_places(columns[4:], text, row.where))
    if columns[2] == "negative":
        job.lose("entity without a type", len(places))
        return Document(row.id, text)
    triggers = [(role.removesuffix(".trigger"), at) for role, at in places if role.endswith(".trigger")]
    if not triggers:
        job.lose("event without a trigger, with its sentence")
        return None
    events = []
    for label, trigger in triggers:
        name = job.classes.event(_last(label))
        if name is None:
            job.lose("event: its label stands for no one class, with its sentence")
            return None
        events.append(Event(name, trigger, tuple(_arguments(places, label, name, job))))
    job.lose("entity without a type", sum(role == "negative" for role, _ in places))
    return Document(row.id, text, events=tuple(dict.fromkeys(events)))


def _arguments(places: list[tuple[str, Mention]], label: str, name: str, job: Job) -> Iterator[Argument]:
    for role, at in places:
        if role == "negative" or role.endswith(".trigger"):
            continue
        if role.rpartition(".")[0] != label:
            job.lose("argument of another event than the trigger's")
        elif (found := job.classes.role(name, _last(role))) is None:
            job.lose("argument of a role that its class does not have")
        else:
            yield Argument(at.start, at.end, at.text, found)


def _places(columns: list[str], text: str, where: str) -> Iterator[tuple[str, Mention]]:
    """(role, place); the role is "negative" for what is no argument."""
    for column in filter(None, columns):
        found = _PLACE.fullmatch(column)
        if not found:
            raise InputError(f"{where}: cannot read the place {column!r:.60}; write ROLE,ID,START,END")
        start, end, role = int(found["start"]), int(found["end"]), found["role"] or "negative"
        if not 0 <= start < end <= len(text):
            raise InputError(f"{where}: {column!r:.60} is no stretch of the {len(text)} characters of the sentence")
        if role.endswith(".trigger") and text[start:end] != found["what"]:
            raise InputError(f"{where}: the trigger is {found['what']!r:.40}, but [{start}:{end}] {text[start:end]!r}")
        yield role, Mention(start, end, text[start:end])


def _last(label: str) -> str:
    """`place_lived` of `people.place_lived`."""
    return label.rpartition(".")[2]
