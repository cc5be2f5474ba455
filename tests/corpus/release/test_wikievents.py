import json
import logging

import pytest

from kcjax.corpus.document import Argument, Document, Entity, Event, Mention
from kcjax.errors import InputError
from kcjax.problems import Problems


def sentence(text, tokens):
    return [[[token, 0, 0] for token in tokens.split()], text]


ROW = {
    "doc_id": "d1",
    "sentences": [
        sentence("Ada's car hit a U.S. bus.", "Ada ' s car hit a U . S . bus ."),
        sentence("She died.", "She died ."),
    ],
    "entity_mentions": [
        {"id": "T1", "start": 0, "end": 1, "entity_type": "PER"},
        {"id": "T2", "start": 6, "end": 10, "entity_type": "GPE"},
        {"id": "T3", "start": 12, "end": 13, "entity_type": "PER"},
    ],
    "event_mentions": [
        {
            "id": "E1",
            "event_type": "Crash",
            "trigger": {"start": 4, "end": 5},
            "arguments": [{"entity_id": "T1", "role": "Driver"}, {"entity_id": "E2", "role": "Result"}],
        },
        {
            "id": "E2",
            "event_type": "Die",
            "trigger": {"start": 13, "end": 14},
            "arguments": [{"entity_id": "T3", "role": "Victim"}],
        },
    ],
}
DOCUMENTS = [
    Document(
        "x.dev.d1.0",
        "Ada's car hit a U.S. bus.",
        (Entity(0, 3, "Ada", "PER"), Entity(16, 20, "U.S.", "GPE")),
        events=(Event("Crash", Mention(10, 13, "hit"), (Argument(0, 3, "Ada", "Driver"),)),),
    ),
    Document(
        "x.dev.d1.1",
        "She died.",
        (Entity(0, 3, "She", "PER"),),
        events=(Event("Die", Mention(4, 8, "died"), (Argument(0, 3, "She", "Victim"),)),),
    ),
]


def test_sentences_as_they_are_written(read_release, caplog):
    with caplog.at_level(logging.WARNING):
        assert read_release("wikievents", {"dev.jsonl": json.dumps(ROW)}) == DOCUMENTS
    assert "1 x argument outside of its event's sentence" in caplog.text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sentences": [sentence("Ada hit.", "Ada ran .")]}, "a:2: the word 'ran' does not stand in its sentence"),
        ({"sentences": [sentence("Ada.", "Ada .")]}, "a:2: 6 to 10 are none of the 2 tokens"),
        ({"entity_mentions": []}, "a:2: there is no entity 'T1'"),
        ({"entity_mentions": [{"id": "T1", "start": 3, "end": 3, "entity_type": "P"}]}, "a:2: 3 to 3 are none"),
        ({"event_mentions": [{"id": "E1"}]}, "a:2: 'trigger' is missing"),
        ({"sentences": None}, "a:2: not of this form"),
    ],
)
def test_a_bad_document_is_named_and_left_out(read_release, change, message):
    files = {"a": f"{json.dumps(ROW)}\n{json.dumps({**ROW, **change})}\n"}
    with pytest.raises(InputError, match=message):
        read_release("wikievents", files)
    assert read_release("wikievents", files, problems=Problems(1)) == DOCUMENTS
