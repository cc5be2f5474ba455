"""Other systems' saved predictions become documents, and nothing in them is run."""

import dataclasses
import json
import re

import pytest

from kcjax.corpus.document import Document, Entity
from kcjax.errors import InputError
from kcjax.evaluate.metrics import Counts, score
from kcjax.evaluate.peers import PEERS, read_peer
from kcjax.schema.types import EntityType, EventType, RelationType, Role, Schema

TEXT = "Ada Wren met Bo in Riga on Monday."
SCHEMA = Schema(
    (EntityType("Person"), EntityType("TownOrCity")),
    (RelationType("LivesIn"),),
    (EventType("Meeting", roles=(Role("who"), Role("place_of_meeting"))),),
)
GOLD = [Document("a", TEXT, (Entity(0, 8, "Ada Wren", "Person"), Entity(19, 23, "Riga", "TownOrCity")))]


def read(tmp_path, form: str, *rows: dict, gold=GOLD, schema=SCHEMA) -> Document:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"id": "a", **row}) + "\n" for row in rows))
    (document,), malformed = read_peer(form, path, gold, schema)
    assert not malformed
    return document


def spans(document: Document) -> list[tuple]:
    return [(e.type, e.start, e.end) for e in document.entities]


PERFECT = {
    "gliner": [
        {
            "entities": [
                {"start": 0, "end": 8, "text": "Ada Wren", "label": "person", "score": 0.9},
                {"start": 19, "end": 23, "text": "Riga", "label": "town or city", "score": 0.5},
            ]
        }
    ],
    "gollie": [{"response": '[\n    Person(span="Ada Wren"),\n    TownOrCity(span="Riga"),\n]'}],
    "universalner": [
        {"type": "person", "response": '["Ada Wren"]'},
        {"type": "town or city", "response": '["Riga"]'},
    ],
    "llm-json": [
        {
            "response": 'Here it is:\n```json\n{"entities": [{"type": "Person", "text": "Ada Wren"},'
            ' {"type": "town_or_city", "text": "Riga"}]}\n```'
        }
    ],
}


@pytest.mark.parametrize("form", PEERS)
def test_each_form_can_score_100(tmp_path, form):
    document = read(tmp_path, form, *PERFECT[form])
    assert score(GOLD, [document]).tasks["ner"]["strict"].micro.f1 == 100.0
    assert document.extra == {"status": "ok", "hallucinated": 0, "repeated": 0}


def test_gliner_keeps_scores_as_confidence(tmp_path):
    assert [e.confidence for e in read(tmp_path, "gliner", *PERFECT["gliner"]).entities] == [0.9, 0.5]


@pytest.mark.parametrize("prefix", ["", "result = ", "results = "])
def test_gollie_writes_relations_and_events_too(tmp_path, prefix):
    response = (
        prefix
        + '[LivesIn(arg1="Bo", arg2="Riga"), Meeting(mention="met", who=["Bo", "Ada Wren"], place_of_meeting=[])]'
    )
    document = read(tmp_path, "gollie", {"response": response})
    (relation,) = document.relations
    assert (document.entities[relation.head].text, document.entities[relation.tail].text) == ("Bo", "Riga")
    (event,) = document.events
    assert (event.type, event.trigger.text) == ("Meeting", "met")
    assert [(a.role, a.text) for a in event.arguments] == [("who", "Bo"), ("who", "Ada Wren")]


def test_an_llm_writes_relations_and_events_too(tmp_path):
    answer = {
        "relations": [{"type": "lives in", "head": "Bo", "tail": "Riga"}],
        "events": [{"type": "meeting", "trigger": "met", "arguments": [{"role": "Place of meeting", "text": "Riga"}]}],
    }
    document = read(tmp_path, "llm-json", {"response": json.dumps(answer)})
    assert document.relations[0].type == "LivesIn" and document.events[0].type == "Meeting"
    assert [(a.role, a.start) for a in document.events[0].arguments] == [("place_of_meeting", 19)]


def test_strings_that_are_not_in_the_text_are_counted(tmp_path):
    document = read(tmp_path, "universalner", {"type": "person", "response": '["Ada Wren", "Zed"]'})
    assert spans(document) == [("Person", 0, 8)] and document.extra["hallucinated"] == 1
    assert score(GOLD, [document]).tasks["ner"]["string"].micro == Counts(1, 2, 2)


def test_strings_given_too_often_are_counted_too(tmp_path):
    document = read(tmp_path, "universalner", {"type": "person", "response": '["Bo", "Bo", "Bo"]'})
    assert spans(document) == [("Person", 13, 15)] and document.extra["repeated"] == 2
    assert score(GOLD, [document]).tasks["ner"]["string"].micro == Counts(0, 3, 2)


def test_an_event_without_a_place_is_a_trigger_and_arguments_without_one(tmp_path):
    event = {"type": "meeting", "trigger": "spoke", "arguments": [{"role": "who", "text": "Bo"}]}
    document = read(tmp_path, "llm-json", {"response": json.dumps({"events": [event]})})
    scores = score(GOLD, [document], tasks=("ed", "eae")).tasks
    assert {task: scores[task]["string"].micro for task in scores} == {"ed": Counts(0, 1, 0), "eae": Counts(0, 1, 0)}


def test_a_relation_may_be_called_like_an_entity(tmp_path):
    answer = {
        "entities": [{"type": "Home", "text": "Riga"}],
        "relations": [{"type": "Home", "head": "Bo", "tail": "Riga"}],
    }
    document = read(tmp_path, "llm-json", {"response": json.dumps(answer)}, schema=None)
    assert [r.type for r in document.relations] == ["Home"] and ("Home", 19, 23) in spans(document)


@pytest.mark.parametrize("label", ["TownOrCity", "town_or_city", "TOWN-OR CITY", "townorcity", "Ort"])
def test_labels_are_matched_whatever_their_case_and_signs_and_by_what_else_they_are_called(tmp_path, label):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"id": "a", "entities": [{"label": label, "start": 19, "end": 23}]}))
    (document,), _ = read_peer("gliner", path, GOLD, SCHEMA, {"entities": {"ort": "TownOrCity", "x": "Unheard"}})
    assert spans(document) == [("TownOrCity", 19, 23)]


def test_labels_of_no_type_stay_and_are_unknown(tmp_path):
    document = read(tmp_path, "universalner", {"type": "weekday", "response": '["Monday"]'})
    assert score(GOLD, [document], schema=SCHEMA.by_name.keys()).unknown_types == {"weekday": 1}


@pytest.mark.parametrize(
    ("form", "row"),
    [
        ("gollie", {"response": "I cannot do that."}),
        ("gollie", {"response": "[Person(span=__import__('os').system('touch /tmp/owned'))]"}),
        ("universalner", {"type": "person", "response": "__import__('os').getcwd()"}),
        ("universalner", {"type": "person", "response": '["Ada'}),
        ("universalner", {"type": "person", "response": "[1]"}),
        ("llm-json", {"response": "{"}),
        ("llm-json", {"response": "[]"}),
        ("llm-json", {"response": '{"entities": [{"type": "Person"}]}'}),
        ("llm-json", {"response": '{"entities": "Ada"}'}),
    ],
)
def test_what_cannot_be_read_is_a_parse_error_without_objects(tmp_path, form, row):
    document = read(tmp_path, form, row)
    assert document.extra["status"] == "parse_error" and not document.entities
    assert score(GOLD, [document]).parse_failure_rate == 100.0


@pytest.mark.parametrize(
    ("form", "rows", "message"),
    [
        ("x", [{}], "there is no form 'x'.*gliner, gollie, universalner, llm-json"),
        ("gollie", [{"id": "z"}], "the id 'z' is none of a gold document"),
        ("gollie", [{"id": ["a"]}], r"the id \['a'\] is none of a gold document"),
    ],
)
def test_rows_must_be_those_of_gold(tmp_path, form, rows, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, form, *rows)


def test_without_a_schema_the_names_are_those_of_gold(tmp_path):
    assert spans(read(tmp_path, "universalner", {"type": "town_or_city", "response": '["Riga"]'}, schema=None)) == [
        ("TownOrCity", 19, 23)
    ]


@pytest.mark.parametrize(
    ("form", "rows", "message"),
    [
        ("gliner", [{"entities": 1}], "rows.jsonl:1: entities must be a list"),
        ("gliner", [{"entities": [{"label": "p"}]}], r"entities\[0\] must have label, start and end"),
        ("gliner", [{"entities": [{"label": "p", "start": 0, "end": 99}]}], "spans 0 to 99, of 34 characters"),
        ("gollie", [{"response": 1}], "rows.jsonl:1: response must be a string"),
        ("gliner", [{"entities": [{"label": "p", "start": 4, "end": 8, "text": "Bo"}]}], "is 'Bo', but 4 to 8 of the"),
        (
            "universalner",
            [{"type": "p", "response": "[]"}] * 2,
            "rows.jsonl:2: the type 'p' is asked for a second time",
        ),
    ],
)
def test_a_row_of_another_form_is_told_and_costs_itself_alone(tmp_path, form, rows, message):
    path = tmp_path / "rows.jsonl"
    gold = [*GOLD, dataclasses.replace(GOLD[0], id="b")]
    rows = [*({"id": "a", **row} for row in rows), *({"id": "b", **row} for row in PERFECT[form])]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    documents, malformed = read_peer(form, path, gold, SCHEMA)
    assert [d.id for d in documents] == ["b"] and [m.id for m in malformed] == ["a"]
    assert re.search(message, malformed[0].message)
    listed = len(rows[0]["entities"]) if isinstance(rows[0].get("entities"), list) else 0
    found = score(gold, documents, tasks=("ner",), malformed=malformed).tasks["ner"]["strict"].micro
    assert found == Counts(2, 2 + listed, 4)


def test_a_second_row_of_an_id_and_a_broken_line_are_told(tmp_path):
    path = tmp_path / "rows.jsonl"
    gold = [*GOLD, dataclasses.replace(GOLD[0], id="b")]
    row = json.dumps({"id": "a", **PERFECT["gliner"][0]})
    path.write_text(f"{row}\n{row}\n{{\n")
    documents, malformed = read_peer("gliner", path, gold, SCHEMA)
    assert [d.id for d in documents] == ["a"] and sorted(m.id for m in malformed) == ["a", "b"]
    assert score(gold, documents, malformed=malformed).tasks["ner"]["strict"].micro == Counts(2, 4, 4)


def test_a_gold_document_without_a_row_ends_it(tmp_path):
    (tmp_path / "rows.jsonl").write_text("")
    documents, malformed = read_peer("gollie", tmp_path / "rows.jsonl", GOLD, SCHEMA)
    with pytest.raises(InputError, match="no row for the gold document 'a'"):
        score(GOLD, documents, malformed=malformed)
