import json
import logging

import pytest

from kcjax.corpus.document import Argument, Document, Event, Mention
from kcjax.errors import InputError
from kcjax.problems import Problems

TEXT = "Crooks stole “data”. The firm paid."


def at(mention, **more):
    start = TEXT.index(mention)
    return {"startOffset": start, "endOffset": start + len(mention), "text": mention, **more}


THEFT = {
    "type": "Attack",
    "subtype": "Databreach",
    "nugget": at("stole"),
    "argument": [
        at("data", role={"type": "Compromised-Data"}),
        at("The firm", role={"type": "Victim"}),
    ],
}
PAID = {"type": "Attack", "subtype": "Ransom", "nugget": at("paid")}
DOCUMENTS = [
    Document(
        "x.dev.7.0",
        "Crooks stole “data”.",
        events=(Event("Databreach", Mention(7, 12, "stole"), (Argument(14, 18, "data", "Compromised-Data"),)),),
    ),
    Document("x.dev.7.1", "The firm paid.", events=(Event("Ransom", Mention(9, 13, "paid")),)),
]


def article(*events):
    return json.dumps({"content": TEXT, "cyberevent": {"hopper": [{"events": [event]} for event in events]}})


def test_sentences_with_their_events(read_release, caplog):
    files = {"7.json": article(THEFT, PAID), "8.json": json.dumps({"content": "None.", "cyberevent": None})}
    with caplog.at_level(logging.WARNING):
        assert read_release("casie", files) == [*DOCUMENTS, Document("x.dev.8.0", "None.")]
    assert "1 x argument outside of its event's sentence" in caplog.text


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (article({**THEFT, "nugget": {**at("stole"), "startOffset": 8}}), "6.json: 'stole' should stand at 8 to 12"),
        (article({**THEFT, "nugget": {**at("stole"), "endOffset": 99}}), "6.json: 7 to 99 is no stretch"),
        (article({**THEFT, "argument": [at("data")]}), "6.json: 'role' is missing"),
        (article({"type": "Attack", "nugget": at("stole")}), "6.json: 'subtype' is missing"),
        ("{", "6.json: not valid JSON"),
        ("", "6.json: not valid JSON"),
        ("[]", "6.json: expected a JSON object"),
    ],
)
def test_a_bad_article_is_named_and_left_out(read_release, bad, message):
    files = {"6.json": bad, "7.json": article(THEFT, PAID)}
    with pytest.raises(InputError, match=message):
        read_release("casie", files)
    assert read_release("casie", files, problems=Problems(1)) == DOCUMENTS
