import json
import logging

import pytest

from kcjax.corpus.document import Document, Entity, Relation
from kcjax.errors import InputError
from kcjax.problems import Problems

ROW = {
    "doc_key": "A1",
    "clusters": [],
    "sentences": [["We", "use", "big", "trees", "for", "parsing", "."], ["They", "grow", "."]],
    "ner": [[[2, 3, "Method"], [5, 5, "Task"]], [[7, 7, "Generic"]]],
    "relations": [[[2, 3, 5, 5, "USED-FOR"], [1, 1, 5, 5, "USED-FOR"]], [[7, 7, 2, 3, "PART-OF"]]],
}
DOCUMENTS = [
    Document(
        "x.dev.A1.0",
        "We use big trees for parsing .",
        (Entity(7, 16, "big trees", "Method"), Entity(21, 28, "parsing", "Task")),
        (Relation("USED-FOR", 0, 1),),
    ),
    Document("x.dev.A1.1", "They grow .", (Entity(0, 4, "They", "Generic"),)),
]


def test_numbers_count_the_tokens_of_the_document(read_release, caplog):
    with caplog.at_level(logging.WARNING):
        assert read_release("dygie", {"dev.json": json.dumps(ROW)}) == DOCUMENTS
    assert "1 x relation across sentences; 1 x relation with an end that is no entity" in caplog.text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ner": [[[9, 10, "Task"]]]}, "a.json:2: ner: 9 to 10 are none of the 10 tokens"),
        ({"ner": [[[3, 2, "Task"]]]}, "a.json:2: ner: 3 to 2 are none"),
        ({"ner": [[[3, "Task"]]]}, "a.json:2: not of this form"),
        ({"relations": [[[1, 1, "USED-FOR"]]]}, "a.json:2: not of this form"),
        ({"sentences": 3}, "a.json:2: not of this form"),
    ],
)
def test_a_bad_document_is_named_and_left_out(read_release, change, message):
    files = {"a.json": f"{json.dumps(ROW)}\n{json.dumps({**ROW, **change})}\n"}
    with pytest.raises(InputError, match=message):
        read_release("dygie", files)
    assert read_release("dygie", files, problems=Problems(1)) == DOCUMENTS


def test_a_missing_key_is_told(read_release):
    with pytest.raises(InputError, match="a.json:1: 'doc_key' is missing"):
        read_release("dygie", {"a.json": json.dumps({k: v for k, v in ROW.items() if k != "doc_key"})})
