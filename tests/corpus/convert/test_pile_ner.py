"""Pile-NER: every occurrence of a named string is an entity of the type asked for."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.convert import Classes, convert
from kcjax.corpus.convert.facts import Job
from kcjax.corpus.convert.pile_ner import document as document_of
from kcjax.corpus.convert.rows import Row
from kcjax.corpus.document import document_from_json, document_to_json
from kcjax.errors import InputError
from kcjax.problems import Problems


def turn(speaker, value):
    return {"from": speaker, "value": value}


def row(text, *answers, id="p1"):
    turns = [turn("human", f"Text: {text}"), turn("gpt", "I've read this text.")]
    for label, mentions in answers:
        turns += [turn("human", f"What describes {label} in the text?"), turn("gpt", json.dumps(mentions))]
    return {"id": id, "conversations": turns}


TEXT = "New Riga, they say, is not Riga. Rigans say so; Bo (of New Riga) doubts it."


def test_every_occurrence_is_an_entity_unless_a_longer_one_covers_it(write):
    answers = [
        ("port city", ["Riga", "New Riga"]),
        ("City", ["Riga", "Rigan"]),
        ("person", ["Bo", "Ada"]),
        ("ship", []),
    ]
    left_out: Counter = Counter()
    classes = Classes()
    (document,) = convert("pile-ner", [write(row(TEXT, *answers))], classes, left_out=left_out)
    assert [(e.start, e.text, e.type) for e in document.entities] == [
        *[(0, "New Riga", "PortCity"), (4, "Riga", "City"), (27, "Riga", "PortCity"), (27, "Riga", "City")],
        *[(48, "Bo", "Person"), (55, "New Riga", "PortCity"), (59, "Riga", "City")],
    ]
    assert left_out == {
        "entity: mention that stands only inside a word": 1,
        "entity: mention that is not in the text": 1,
    }
    assert document.id == "p1"
    assert [(t.name, t.identifier) for t in classes.schema().entities] == [
        *[("PortCity", "port city"), ("City", "City"), ("Person", "person")],  # a ship was asked for and not found
    ]


def test_a_string_that_others_of_its_class_cover_is_counted(write):
    left_out: Counter = Counter()
    (document,) = convert("pile-ner", [write(row("In New Riga.", ("place", ["Riga", "New Riga"])))], left_out=left_out)
    assert [e.text for e in document.entities] == ["New Riga"]
    assert left_out == {"entity: mention that overlaps a longer one of its class everywhere": 1}


def test_definitions_describe_their_class(write):
    definition = "A settlement by the sea that ships call at"
    classes = Classes()
    (document,) = convert("pile-ner", [write(row(TEXT, (definition, ["Riga"])))], classes)
    (made,) = classes.schema().entities
    assert {e.type for e in document.entities} == {made.name} == {"ASettlementByTheSeaThat"}
    assert made.description == made.identifier == definition


def test_a_list_in_one_file_reads_as_lines_do(tmp_path, write):
    rows = [row(TEXT, ("person", ["Bo"]), id=str(n)) for n in range(3)]
    path = tmp_path / "train.json"
    path.write_text(json.dumps(rows, indent=1))
    assert list(convert("pile-ner", [path])) == list(convert("pile-ner", [write(*rows)]))


def test_a_librarys_classes_are_taken_where_it_has_the_label(write, known):
    left_out: Counter = Counter()
    path = write(row(TEXT, ("person", ["Bo"]), ("Town", ["Riga"]), ("claim", ["say", "doubts"])))
    (document,) = convert("pile-ner", [path], known, left_out=left_out)
    assert {e.type for e in document.entities} == {"Human", "Town"} == set(known.schema().by_name)
    assert left_out == {"entity: its label stands for no one class": 2}


def broken(place, **changes):
    made = row(TEXT, ("person", ["Bo"]))
    made["conversations"][place].update(changes)
    return made


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"id": "x"}, "conversations is missing"),
        ({"conversations": []}, r"conversations\[0\] is missing"),
        (broken(0, value="Bo"), r"conversations\[0\] must begin with 'Text:'"),
        (broken(2, value="Who is there?"), r"conversations\[2\] asks otherwise than this form"),
        (broken(2, **{"from": "gpt"}), r"conversations\[2\]: the speaker must be 'human', found 'gpt'"),
        (broken(3, value="Bo"), r"conversations\[3\]: the answer is no JSON list: 'Bo'"),
        (broken(3, value="[3]"), r"conversations\[3\]: the answer must be a JSON list of strings"),
        ({"conversations": broken(0)["conversations"][:3]}, r"conversations\[3\] is missing: a question without"),
    ],
)
def test_a_malformed_row_is_told_with_its_place_and_skipped(write, bad, message):
    path = write(row(TEXT, id="a"), bad, row(TEXT, id="b"))
    with pytest.raises(InputError, match=rf"rows\.jsonl:2: {message}"):
        list(convert("pile-ner", [path]))
    assert [d.id for d in convert("pile-ner", [path], problems=Problems(1))] == ["a", "b"]


strings = st.lists(st.text("aé ", min_size=1, max_size=4), max_size=4)


@given(
    st.text("aé .", min_size=1, max_size=20), st.lists(st.tuples(st.sampled_from(["x", "y z"]), strings), max_size=3)
)
def test_whatever_the_answers_the_documents_offsets_are_right(text, answers):
    job = Job(Classes())
    document = document_of(Row("f:1", "f.1", row(text, *answers)), job)
    assert document_from_json(document_to_json(document), where="row") == document
    asked = {(job.classes.entity(label), mention) for label, mentions in answers for mention in mentions}
    assert {(e.type, e.text) for e in document.entities} <= asked
    for one in document.entities:  # none overlaps another of its class
        assert sum(e.type == one.type and e.start < one.end and one.start < e.end for e in document.entities) == 1
    assert len(asked) == len({(e.type, e.text) for e in document.entities}) + sum(job.left_out.values())
