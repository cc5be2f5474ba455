import json

import pytest

from kcjax.corpus.document import Argument, Document, Event, Mention
from kcjax.errors import InputError
from kcjax.problems import Problems

ROW = {
    "doc_key": "k1",
    "sentences": [["Ada", "Bow", "ran", "."], ["She", "fell", "in", "Aro", "."]],
    "evt_triggers": [[5, 5, [["life.injure.n/a", 1.0]]]],
    "gold_evt_links": [[[5, 5], [0, 1], "evt092arg01victim"], [[5, 5], [7, 7], "evt092arg03place"]],
}
DOCUMENT = Document(
    "x.dev.k1",
    "Ada Bow ran . She fell in Aro .",
    events=(
        Event(
            "life.injure.n/a",
            Mention(18, 22, "fell"),
            (Argument(0, 7, "Ada Bow", "victim"), Argument(26, 29, "Aro", "place")),
        ),
    ),
)


def test_a_passage_stays_whole(read_release):
    assert read_release("rams", {"dev.jsonlines": json.dumps(ROW)}) == [DOCUMENT]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gold_evt_links": [[[5, 5], [8, 9], "evt092arg01victim"]]}, "a:2: 8 to 9 are none of the 9 tokens"),
        ({"gold_evt_links": [[[4, 5], [0, 1], "evt092arg01victim"]]}, r"a:2: an argument is of a trigger at \[4, 5\]"),
        ({"evt_triggers": [[5, 5, []]]}, "a:2: not of this form"),
        ({"evt_triggers": None}, "a:2: not of this form"),
        ({"sentences": [[1]]}, "a:2: not of this form"),
    ],
)
def test_a_bad_passage_is_named_and_left_out(read_release, change, message):
    files = {"a": f"{json.dumps(ROW)}\n{json.dumps({**ROW, **change})}\n"}
    with pytest.raises(InputError, match=message):
        read_release("rams", files)
    assert read_release("rams", files, problems=Problems(1)) == [DOCUMENT]
