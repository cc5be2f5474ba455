import json

import pytest

from kcjax.corpus.document import Document, Entity, Relation
from kcjax.errors import InputError
from kcjax.problems import Problems

ROW = {
    "tokens": ["Old", " ", "Aro", "is", "\u00a0", "in", "Veld", "and", "Veld"],
    "h": ["old aro", "Q1", [[0, 1, 2]]],
    "t": ["veld", "Q2", [[6], [8]]],
}
DOCUMENT = Document(
    "x.dev.P1.0",
    "Old Aro is in Veld and Veld",
    (Entity(0, 7, "Old Aro", "Entity"), Entity(14, 18, "Veld", "Entity")),
    (Relation("located in", 0, 1),),
)


def files(rows):
    return {"val_wiki.json": json.dumps(rows), "pid2name.json": '{"P1": ["located in", "a place"]}'}


def test_the_first_place_of_a_mention_is_taken_and_blank_tokens_are_not(read_release):
    assert read_release("fewrel", files({"P1": [ROW]})) == [DOCUMENT]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"h": ["old aro", "Q1", [[9]]]}, r"val_wiki.json: P1, sentence 1: h is at the tokens \[9\]"),
        ({"t": ["x", "Q1", [[1]]]}, r"P1, sentence 1: t is at the tokens \[1\]"),
        ({"t": ["x", "Q1", []]}, "P1, sentence 1: not of this form"),
        ({"tokens": None}, "P1, sentence 1: not of this form"),
    ],
)
def test_a_bad_sentence_is_named_and_left_out(read_release, change, message):
    bad = files({"P1": [ROW, {**ROW, **change}]})
    with pytest.raises(InputError, match=message):
        read_release("fewrel", bad)
    assert read_release("fewrel", bad, problems=Problems(1)) == [DOCUMENT]


def test_a_relation_without_name_is_one_problem(read_release):
    with pytest.raises(InputError, match="the relation P2 has no name in pid2name.json"):
        read_release("fewrel", files({"P2": [ROW, ROW]}))
    assert read_release("fewrel", files({"P2": [ROW, ROW], "P1": [ROW]}), problems=Problems(1)) == [DOCUMENT]
