"""Rendered texts as JSONL: what is written is read, and bad rows are named, skipped and counted."""

import gzip
import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.document import Argument, Document, Entity, Event, Mention, Relation
from kcjax.corpus.example import Example, example_to_json, objects_of, read_examples, types_in
from kcjax.errors import InputError
from kcjax.files import write_jsonl
from kcjax.problems import Problems
from kcjax.schema.types import EntityType, EventType, RelationType, Role, Schema

GOOD = {"id": "a", "task": "ner", "parts": [["read", False], ["learnt", True]]}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)  # no lone surrogates: they are not UTF-8
DOCUMENT = Document(
    "d",
    "x y",
    (Entity(0, 1, "x", "A"), Entity(2, 3, "y", "A"), Entity(2, 3, "y", "Entity"), Entity(0, 1, "x", "Odd")),
    (Relation("R", 0, 1),),
    (Event("V", Mention(2, 3, "y"), (Argument(0, 1, "x", "who"), Argument(0, 1, "x", "where"))),),
)
SCHEMA = Schema((EntityType("A"),), (RelationType("R"),), (EventType("V", roles=(Role("who"),)),))


@given(
    st.lists(
        st.builds(
            Example,
            TEXTS,
            st.lists(st.tuples(TEXTS, st.booleans()), max_size=3).map(lambda parts: (*parts, ("learnt", True))),
            st.sampled_from(["definition", "ner"]),
            st.lists(TEXTS, max_size=3).map(tuple),
            st.booleans(),
        )
    )
)
def test_what_is_written_is_read(tmp_path_factory, examples):
    path = tmp_path_factory.mktemp("examples") / "examples.jsonl"
    write_jsonl(path, map(example_to_json, examples))
    assert list(read_examples(path)) == examples


def test_text_and_kind_of_an_example():
    example = Example("a", (("one ", False), ("two", True)), "ner", synthetic=True)
    assert (example.text, example.kind) == ("one two", "ner synthetic")
    assert Example("a", example.parts, "definition").kind == "definition"


BAD = [
    ({"id": 1}, "id and task must be strings"),
    ({"task": None}, "id and task must be strings"),
    *(
        ({"parts": parts}, "parts must be a list of")
        for parts in (None, [], "read", [["read", False]], [["read"]], [["read", 1]], [[1, True]], [["a", True, "b"]])
    ),
    ({"types": "A"}, "types must be a list of strings"),
    ({"types": [1]}, "types must be a list of strings"),
]


@pytest.mark.parametrize(("change", "message"), BAD, ids=str)
def test_a_bad_row_is_named_with_its_line_and_skipped_where_tolerated(tmp_path, change, message):
    path = tmp_path / "examples.jsonl"
    write_jsonl(path, [GOOD, GOOD | change, GOOD | {"id": "b"}])
    with pytest.raises(InputError, match=rf"examples\.jsonl:2: {message}"):
        list(read_examples(path))
    problems = Problems(1)
    assert [e.id for e in read_examples(path, problems=problems)] == ["a", "b"] and problems.count == 1


@pytest.mark.parametrize("line", ["{", "[1]"])
def test_a_row_that_is_no_json_object_is_a_bad_row_like_others(tmp_path, line):
    path = tmp_path / "examples.jsonl"
    path.write_text(f"{json.dumps(GOOD)}\n{line}\n{json.dumps(GOOD)}\n")
    assert len(list(read_examples(path, problems=Problems(1)))) == 2


def test_gzipped_files_are_read_and_missing_ones_named(tmp_path):
    path = tmp_path / "examples.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(GOOD).encode()))
    assert list(read_examples(path)) == [Example("a", (("read", False), ("learnt", True)), "ner")]
    with pytest.raises(InputError, match="absent: no such file"):
        list(read_examples(tmp_path / "absent"))


def test_an_event_type_without_roles_has_no_arguments_to_ask_for():
    events = (Event("Storm", Mention(0, 5, "storm")), Event("Trip", Mention(6, 10, "trip")))
    schema = Schema(events=(EventType("Storm"), EventType("Trip", roles=(Role("by"),))))
    left_out = Counter()
    document = Document("d", "storm trip", events=events)
    assert types_in("eae", document, schema, left_out) == ["Trip"] and types_in("ed", document, schema, left_out)
    assert left_out == {"eae: event of type Storm, which has no roles": 1}


def test_types_are_those_of_the_tasks_objects_and_what_has_no_place_is_counted():
    left_out = Counter()
    found = {task: types_in(task, DOCUMENT, SCHEMA, left_out) for task in ("ner", "re", "ed", "eae")}
    assert found == {"ner": ["A"], "re": ["R"], "ed": ["V"], "eae": ["V"]}
    assert left_out == {
        "ner: object of type Odd, which the schema does not have": 1,
        "eae: argument of role where, which V does not have": 1,
    }
    assert [objects_of(task, DOCUMENT) for task in found] == [
        *(DOCUMENT.entities, DOCUMENT.relations, DOCUMENT.events, DOCUMENT.events)
    ]
