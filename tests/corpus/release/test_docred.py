import json
import logging

import pytest

from kcjax.corpus.document import Document, Entity, Relation
from kcjax.errors import InputError
from kcjax.problems import Problems


def mention(sentence, start, end, kind):
    return {"name": "n", "sent_id": sentence, "pos": [start, end], "type": kind}


FIRST = {
    "title": "Aro",
    "sents": [["New", "Aro", "is", "in", "Veld", "."], ["Aro", "grows", ",", "says", "Aro", "."]],
    "vertexSet": [
        [mention(1, 4, 5, "LOC"), mention(0, 0, 2, "LOC"), mention(1, 0, 1, "LOC")],
        [mention(0, 4, 5, "LOC")],
        [mention(1, 1, 2, "MISC")],
    ],
    "labels": [{"h": 0, "t": 1, "r": "P1"}, {"h": 0, "t": 2, "r": "P1"}, {"h": 1, "t": 2, "r": "P1"}],
}
SECOND = {"title": "B", "sents": [["Bo", "."]], "vertexSet": [[mention(0, 0, 1, "PER")]], "labels": []}
DOCUMENTS = [
    Document(
        "x.dev.0.0",
        "New Aro is in Veld .",
        (Entity(0, 7, "New Aro", "LOC"), Entity(14, 18, "Veld", "LOC")),
        (Relation("in", 0, 1),),
    ),
    Document(
        "x.dev.0.1",
        "Aro grows , says Aro .",
        (Entity(17, 20, "Aro", "LOC"), Entity(0, 3, "Aro", "LOC"), Entity(4, 9, "grows", "MISC")),
        (Relation("in", 0, 2),),
    ),
    Document("x.dev.1.0", "Bo .", (Entity(0, 2, "Bo", "PER"),)),
]


def files(*documents):
    return {"d.json": json.dumps(documents), "rel_info.json": '{"P1": "in"}'}


def test_relations_are_between_first_mentions_of_a_sentence(read_release, caplog):
    with caplog.at_level(logging.WARNING):
        assert read_release("docred", files(FIRST, SECOND)) == DOCUMENTS
    assert "1 x relation between entities without a sentence in common" in caplog.text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sents": None}, "d.json:1: not of this form"),
        ({"vertexSet": [[mention(0, 4, 9, "LOC")]]}, r"d.json:1: vertexSet: \[4, 9\] is no stretch of sentence 0"),
        ({"vertexSet": [[mention(7, 0, 1, "LOC")]]}, r"d.json:1: vertexSet: \[0, 1\] is no stretch of sentence 7"),
        ({"vertexSet": [[{"pos": [0, 1]}]]}, "d.json:1: 'sent_id' is missing"),
        ({"labels": [{"h": 0, "t": 9, "r": "P1"}]}, "d.json:1: labels: 0 or 9 is none of the 3 entities"),
        ({"labels": [{"h": 0, "t": 1, "r": "P2"}]}, "d.json:1: labels: the relation P2 has no name in rel_info.json"),
    ],
)
def test_a_bad_document_is_named_and_left_out(read_release, change, message):
    bad = files({**FIRST, **change}, SECOND)
    with pytest.raises(InputError, match=message):
        read_release("docred", bad)
    assert read_release("docred", bad, problems=Problems(1)) == DOCUMENTS[2:]
