import json
import logging

import pytest

from kcjax.corpus.document import Argument, Document, Event, Mention
from kcjax.errors import InputError
from kcjax.problems import Problems

TEXT = "Rash came up after zidol with amox in two men."


def at(*pieces):
    return {"text": [[piece] for piece in pieces], "start": [[TEXT.index(piece)] for piece in pieces]}


EVENT = {
    "event_id": "E1",
    "event_type": "Adverse_event",
    "Trigger": {"text": [["came", "up"]], "start": [[5, 10]]},
    "Effect": at("Rash"),
    "Treatment": {
        **at("zidol"),
        "Drug": at("zidol", "amox"),
        "Combination": [{"event_type": "Combination", "Trigger": at("with"), "Drug": at("amox")}],
    },
    "Subject": {"text": [["two", "men"]], "start": [[38, 42]], "Population": at("two")},
    "Speculated": {"text": [["with"]], "start": [[25]], "value": True},
}
DOCUMENT = Document(
    "x.dev.1_2",
    TEXT,
    events=(
        Event(
            "Adverse_event",
            Mention(5, 9, "came"),
            (
                Argument(38, 41, "two", "Subject"),
                Argument(42, 45, "men", "Subject"),
                Argument(38, 41, "two", "Subject.Population"),
                Argument(19, 24, "zidol", "Treatment"),
                Argument(19, 24, "zidol", "Treatment.Drug"),
                Argument(30, 34, "amox", "Treatment.Drug"),
                Argument(25, 29, "with", "Treatment.Combination.Trigger"),
                Argument(30, 34, "amox", "Treatment.Combination.Drug"),
                Argument(0, 4, "Rash", "Effect"),
            ),
        ),
    ),
)


def line(event):
    return json.dumps({"id": "1_2", "context": TEXT, "annotations": [{"events": [event]}]}) + "\n"


def test_events_have_roles_and_roles_of_roles(read_release, caplog):
    with caplog.at_level(logging.WARNING):
        assert read_release("phee", {"dev.json": "\ufeff" + line(EVENT)}) == [DOCUMENT]
    assert "1 x attribute of an event; 1 x further piece of a trigger" in caplog.text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Effect": {"text": [["Rash"]], "start": [[1]]}}, "dev.json:2: 'Rash' should stand at 1 to 5"),
        ({"Effect": {"text": [["Rash"]], "start": [[0, 2]]}}, "dev.json:2: not of this form"),
        ({"Trigger": {"text": [], "start": []}}, "dev.json:2: not of this form"),
        ({"Cause": at("zidol")}, "dev.json:2: the role Cause is not known"),
        ({"Trigger": None}, "dev.json:2: not of this form"),
    ],
)
def test_a_bad_line_is_named_and_left_out(read_release, change, message):
    bad = {"dev.json": line(EVENT) + line({**EVENT, **change})}
    with pytest.raises(InputError, match=message):
        read_release("phee", bad)
    assert read_release("phee", bad, problems=Problems(1)) == [DOCUMENT]
