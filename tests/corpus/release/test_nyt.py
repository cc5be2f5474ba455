import json
import logging

import pytest

from kcjax.corpus.document import Document, Entity, Relation
from kcjax.errors import InputError
from kcjax.problems import Problems


def entity(text, label):
    return {"start": 0, "label": label, "text": text}


def relation(head, tail, label="/lived"):
    return {"em1Text": head, "em2Text": tail, "label": label}


ROW = {
    "sentText": " NeoRoma , Romania said Ada Bow of Roma .\r\n",
    "entityMentions": [
        entity("Ada Bow", "PERSON"),
        entity("Roma", "LOCATION"),
        entity("Roma", "LOCATION"),
        entity("Veld", "LOCATION"),
        entity(" ", "LOCATION"),
    ],
    "relationMentions": [
        relation("Ada Bow", "Roma"),
        relation("Ada Bow", "Roma"),
        relation("Ada Bow", "Veld"),
        relation("Ada Bow", "Oz"),
        relation("Roma", "Ada Bow", "None"),
    ],
}
DOCUMENT = Document(
    "x.dev.0",
    "NeoRoma , Romania said Ada Bow of Roma .",
    (Entity(23, 30, "Ada Bow", "PERSON"), Entity(34, 38, "Roma", "LOCATION")),
    (Relation("/lived", 0, 1),),
)


def test_mentions_are_looked_for_as_whole_words(read_release, caplog):
    with caplog.at_level(logging.WARNING):
        assert read_release("nyt", {"raw_test.json": json.dumps(ROW)}) == [DOCUMENT]
    assert "2 x mention that does not stand in its sentence" in caplog.text
    assert "2 x relation with an end that is no entity of the sentence" in caplog.text


@pytest.mark.parametrize("key", ["sentText", "entityMentions", "relationMentions"])
def test_a_bad_line_is_named_and_left_out(read_release, key):
    files = {"a.json": f"{json.dumps(ROW)}\n{json.dumps({k: v for k, v in ROW.items() if k != key})}\n"}
    with pytest.raises(InputError, match=rf"a\.json:2: '{key}' is missing"):
        read_release("nyt", files)
    assert read_release("nyt", files, problems=Problems(1)) == [DOCUMENT]
