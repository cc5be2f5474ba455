"""Labels: each is looked up in the table of its kind, and none is lost."""

import dataclasses
import json

import pytest

from kcjax.corpus.document import Argument, Document, Entity, Event, Mention, Relation, read_documents, write_documents
from kcjax.corpus.labels import read_labels, renaming
from kcjax.errors import InputError
from kcjax.problems import Problems

DOCUMENT = Document(
    "d",
    "Ines sails",
    entities=(Entity(0, 4, "Ines", "PER"),),
    relations=(Relation("GO", 0, 0),),
    events=(Event("GO", Mention(5, 10, "sails"), (Argument(0, 4, "Ines", "PER"),)),),
)
LABELS = {
    "entities": {"PER": "Person"},
    "relations": {"GO": "Sailing"},
    "events": {"GO": "Voyage"},
    "roles": {"PER": "sailor"},
}


def test_a_label_is_looked_up_in_the_table_of_its_kind():
    renamed = renaming(LABELS)(DOCUMENT)
    assert (renamed.entities[0].type, renamed.relations[0].type) == ("Person", "Sailing")
    assert (renamed.events[0].type, renamed.events[0].arguments[0].role) == ("Voyage", "sailor")


@pytest.mark.parametrize("key", LABELS)
@pytest.mark.parametrize("without", ["the table", "the label"])
def test_no_label_may_be_missing(key, without):
    labels = {k: v for k, v in LABELS.items() if k != key} if without == "the table" else LABELS | {key: {"X": "Y"}}
    with pytest.raises(InputError, match=f"the label '.*' is not in the table {key}"):
        renaming(labels)(DOCUMENT)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ({"PER": "Person"}, "'PER' is no table of labels; write one for each of entities, relations, events, roles"),
        ({"entities": ["PER"]}, "entities must be an object"),
        ({"roles": {"WHO": None}}, "roles: the label 'WHO' must have a name, found None"),
    ],
)
def test_a_bad_table_is_named(tmp_path, labels, words):
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(labels))
    with pytest.raises(InputError) as error:
        read_labels(path)
    assert str(error.value).startswith(f"{path}: ") and words in str(error.value)


def test_tables_read_back(tmp_path):
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(LABELS))
    assert read_labels(path) == LABELS


def test_a_document_with_an_unknown_label_is_a_problem_with_file_and_line(tmp_path):
    problems, path = Problems(1), tmp_path / "f.jsonl"
    odd = dataclasses.replace(DOCUMENT, id="odd", entities=(Entity(0, 4, "Ines", "ODD"),))
    write_documents(path, [DOCUMENT, odd])
    assert [d.id for d in read_documents(path, finish=renaming(LABELS), problems=problems)] == ["d"]
    assert problems.count == 1
    with pytest.raises(InputError, match=r"f\.jsonl:2: the label 'ODD' is not in the table entities"):
        list(read_documents(path, finish=renaming(LABELS)))
