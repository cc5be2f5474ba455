import json

import pytest

from kcjax.corpus.document import Document, Entity
from kcjax.errors import InputError
from kcjax.problems import Problems


def mention(start, end, label):
    return {"id": "m", "start": start, "end": end, "entity_type": label, "text": "not read"}


ROW = {
    "doc_id": "MEDLINE:7",
    "sent_id": "MEDLINE:7-0",
    "tokens": ["The", "Aro", "gene", "sleeps", "."],
    "entity_mentions": [mention(1, 2, "protein"), mention(1, 3, "DNA"), mention(1, 3, "DNA")],
}
DOCUMENT = Document(
    "x.dev.MEDLINE:7-0", "The Aro gene sleeps .", (Entity(4, 7, "Aro", "protein"), Entity(4, 12, "Aro gene", "DNA"))
)


def test_entities_may_nest_and_are_read_once(read_release):
    none = {"sent_id": "MEDLINE:7-1", "tokens": ["None", "."], "entity_mentions": []}
    files = {"dev.jsonlines": "\n".join(map(json.dumps, [ROW, none]))}
    assert read_release("oneie", files) == [DOCUMENT, Document("x.dev.MEDLINE:7-1", "None .")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"entity_mentions": [mention(4, 6, "DNA")]}, "4 to 5 are none of the 5 tokens"),
        ({"entity_mentions": [mention(1, 1, "DNA")]}, "1 to 0 are none of the 5 tokens"),
        ({"entity_mentions": [{"start": 1, "end": 2}]}, "'entity_type' is missing"),
        ({"tokens": None}, "not of this form"),
    ],
)
def test_a_bad_line_is_named_and_left_out(read_release, change, message):
    files = {"a.jsonlines": f"{json.dumps(ROW)}\n{json.dumps({**ROW, **change})}\n"}
    with pytest.raises(InputError, match=rf"a\.jsonlines:2: {message}"):
        read_release("oneie", files)
    assert read_release("oneie", files, problems=Problems(1)) == [DOCUMENT]
