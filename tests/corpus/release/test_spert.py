import json

import pytest

from kcjax.corpus.document import Document, Entity, Relation
from kcjax.errors import InputError
from kcjax.problems import Problems

ROW = {
    "tokens": ["Ada", "Bow", "runs", "Arvo"],
    "entities": [{"type": "Peop", "start": 0, "end": 2}, {"type": "Org", "start": 3, "end": 4}],
    "relations": [{"type": "Work_For", "head": 0, "tail": 1}],
}
DOCUMENT = Document(
    "x.dev.0",
    "Ada Bow runs Arvo",
    (Entity(0, 7, "Ada Bow", "Peop"), Entity(13, 17, "Arvo", "Org")),
    (Relation("Work_For", 0, 1),),
)


def test_sentences_have_their_own_number_or_their_place(read_release):
    rows = [ROW, {"tokens": ["None"], "entities": [], "relations": [], "orig_id": 9}]
    found = read_release("spert", {"conll04_dev.json": json.dumps(rows)})
    assert found == [DOCUMENT, Document("x.dev.9", "None")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"entities": [{"type": "Peop", "start": 3, "end": 5}]}, "an entity has the tokens 3 to 4 of 4"),
        ({"entities": [{"type": "Peop", "start": 1, "end": 1}]}, "an entity has the tokens 1 to 0 of 4"),
        ({"relations": [{"type": "Kill", "head": 0, "tail": 2}]}, "a relation has an end that is none of 2 entities"),
        ({"relations": [{"type": "Kill", "head": 0}]}, "'tail' is missing"),
        ({"tokens": None}, "not of this form"),
    ],
)
def test_a_bad_sentence_is_named_and_left_out(read_release, change, message):
    files = {"a.json": json.dumps([ROW, {**ROW, **change}], indent=1)}
    with pytest.raises(InputError, match=rf"a\.json:\d+: {message}"):
        read_release("spert", files)
    assert read_release("spert", files, problems=Problems(1)) == [DOCUMENT]
