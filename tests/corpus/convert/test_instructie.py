"""InstructIE and IEPile: strings become relations and entities of the classes their labels stand for."""

import json
from collections import Counter

import pytest

from kcjax.corpus.convert import Classes, convert
from kcjax.errors import InputError
from kcjax.problems import Problems

TEXT = "Bo Lind, a captain, was born in Riga. Riga lies by the sea."


def fact(head, relation, tail, *types):
    return {"head": head, "relation": relation, "tail": tail} | dict(
        zip(("head_type", "tail_type"), types, strict=False)
    )


def row(*facts, **more):
    return {"id": "i1", "cate": "Person", "text": TEXT, "relation": list(facts), **more}


def shown(document):
    entities = document.entities
    return (
        [(e.start, e.text, e.type) for e in entities],
        [(r.type, entities[r.head].text, entities[r.tail].start) for r in document.relations],
    )


def test_types_of_ends_make_classes_where_they_are_given(write):
    classes, left_out = Classes(), Counter()
    facts = [
        fact("Bo Lind", "place of birth", "Riga", "human", "geographic region"),
        fact("Bo Lind", "occupation", "captain", "", "organization/human"),
        fact("Bo Lind", "spouse", "Ada", "human", "human"),
    ]
    (document,) = convert("instructie", [write(row(*facts))], classes, left_out=left_out)
    assert shown(document) == (
        [(0, "Bo Lind", "Human"), (11, "captain", "Entity"), (32, "Riga", "GeographicRegion")],
        [("PlaceOfBirth", "Bo Lind", 32), ("Occupation", "Bo Lind", 11)],
    )
    assert document.id == "i1"
    assert left_out == {
        "relation with a tail that is not in the text": 1,
        "class of an entity: nothing tells it, so it is Entity": 1,
    }
    assert [t.identifier for t in classes.schema().relations] == ["place of birth", "occupation", "spouse"]


def test_a_librarys_classes_are_taken_by_label_then_by_constraint(write, known):
    facts = [fact("Bo Lind", "place of birth", "Riga", "captain", "no such thing")]
    (document,) = convert("instructie", [write(row(*facts))], known)
    assert shown(document) == ([(0, "Bo Lind", "Captain"), (32, "Riga", "Town")], [("BornIn", "Bo Lind", 32)])


def test_entities_stand_at_every_occurrence(write):
    entities = [{"entity": "Riga", "entity_type": "town"}, {"entity": "Rig", "entity_type": "town"}]
    left_out: Counter = Counter()
    (document,) = convert("instructie", [write({"text": TEXT, "entity": entities})], left_out=left_out)
    assert shown(document) == ([(32, "Riga", "Town"), (38, "Riga", "Town")], [])
    assert document.id == "rows.1" and left_out == {"entity: mention that stands only inside a word": 1}


def iepile(task, output):
    instruction = json.dumps({"instruction": "Please.", "schema": list(output), "input": TEXT})
    return {"task": task, "source": "x", "instruction": instruction, "output": json.dumps(output)}


def test_rows_of_iepile_give_the_same(write):
    left_out: Counter = Counter()
    relations = {"place of birth": [{"subject": "Bo Lind", "object": "Riga"}], "spouse": []}
    rows = [iepile("RE", relations), iepile("NER", {"town": ["Riga"], "ship": []}), iepile("EE", {})]
    related, named = convert("instructie", [write(*rows)], left_out=left_out)
    assert shown(related) == ([(0, "Bo Lind", "Entity"), (32, "Riga", "Entity")], [("PlaceOfBirth", "Bo Lind", 32)])
    assert shown(named) == ([(32, "Riga", "Town"), (38, "Riga", "Town")], [])
    assert left_out["row of task EE"] == 1


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"id": "x"}, "text is missing"),
        (row({"head": "Bo"}), r"relation\[0\]: relation is missing"),
        (row(relation={"a": 1}), "relation must be of type list"),
        (row(entity=["Bo"]), r"entity\[0\]: expected a JSON object with entity, found 'Bo'"),
        (iepile("RE", {"a": [3]}), "output: a: expected a JSON object with subject"),
        (iepile("NER", {"a": [3]}), "output: a must be strings, found 3"),
        (iepile("NER", {"a": "b"}), "output: a must be a list"),
        (iepile("NER", {}) | {"output": "{"}, "output must be a string that holds JSON"),
        (iepile("NER", {}) | {"instruction": "[]"}, "instruction must hold a JSON object"),
    ],
)
def test_a_malformed_row_is_told_with_its_place_and_skipped(write, bad, message):
    path = write(row(id="a"), bad, row(id="b"))
    with pytest.raises(InputError, match=rf"rows\.jsonl:2: {message}"):
        list(convert("instructie", [path]))
    assert [d.id for d in convert("instructie", [path], problems=Problems(1))] == ["a", "b"]
