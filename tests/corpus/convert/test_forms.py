"""Whatever stands anywhere in a row, a form gives what holds together or says what is wrong with it."""

import copy
import itertools
import json

import pytest

from kcjax.corpus.convert import FORMS, Classes
from kcjax.corpus.convert.facts import Job
from kcjax.corpus.convert.rows import Row
from kcjax.corpus.document import document_from_json, document_to_json
from kcjax.errors import InputError

SPAN = {"start": 0, "end": 2, "text": "Bo"}
END = {"qid": "Q9", "label": "Bo", "types": ["Q5"], "start": 0, "end": 2}
TRIPLE = {
    "pid": "P1",
    "subject": END,
    "object": END | {"label": "to", "start": 3, "end": 5},
    "domain": "Q5",
    "range": None,
}
PROMPT = '"""\nThis is an object-oriented programming task: some Entity Classes\n"""\nsentence = "Bo"\n'
CITY = [{"subject": "Bo", "object": "to"}]
ROWS = [
    ("aligned", {"id": "a", "text": "Bo to", "triples": [TRIPLE], "text_in_test": False}),
    (
        "aligned",
        {"id": "a", "text": "Bo to", "sentences": [[0, 5]], "title": "T"}
        | {"entities": [{"id": 0, "type": "PER", "mentions": [SPAN, SPAN | {"start": 3, "end": 5, "text": "to"}]}]}
        | {"relations": [{"head": 0, "tail": 0, "pid": "P1"}]},
    ),
    ("tekgen", {"sentence": "Bo to", "triples": [["Bo", "born in", "to"]]}),
    (
        "pile-ner",
        {
            "conversations": [
                {"from": "human", "value": "Text: Bo"},
                {"from": "gpt", "value": ""},
                {"from": "human", "value": "What describes man in the text?"},
                {"from": "gpt", "value": '["Bo"]'},
            ]
        },
    ),
    (
        "instructie",
        {"id": "i", "text": "Bo to", "relation": [{"head": "Bo", "relation": "r", "tail": "to", "head_type": "t"}]}
        | {"entity": [{"entity": "Bo", "entity_type": "t"}]},
    ),
    ("instructie", {"task": "RE", "instruction": '{"input": "Bo to"}', "output": json.dumps({"city": CITY})}),
    ("knowcoder-phase1", {"text": "class A(B):\n\tpass"}),
    ("knowcoder-phase2", {"one-stage": {"zero-shot": {"prompt": PROMPT}, "output": "results = []"}}),
]
STRANGE = [None, True, -1, 3, 2.5, "", "Bo", "\x00", [], [None], [[]], {}, {"a": None}, "[3]", '{"a": 3}']


def places(value, path=()):
    """The paths of all values in a row."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


def changed(row, path, value):
    row = inner = copy.deepcopy(row)
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return row


@pytest.mark.parametrize("with_library", [False, True])
@pytest.mark.parametrize(("form", "row"), ROWS)
def test_no_value_breaks_a_form(form, row, library, with_library):
    read = 0
    changes = (changed(row, path, value) for path, value in itertools.product(list(places(row))[1:], STRANGE))
    for value in itertools.chain([row], changes):
        job = Job(Classes(library if with_library else None))
        found = Row("f:1", "f.1", value)
        try:
            if FORMS[form].example:
                assert FORMS[form].example(found).parts[-1][1]
                continue
            document = FORMS[form].document(found, job)
        except InputError as error:
            assert str(error).startswith("f:1: ")
            continue
        if document:
            read += 1
            row_of_it = json.loads(json.dumps(document_to_json(document)))
            assert document_from_json(row_of_it, where="row") == document
    assert read or FORMS[form].example
