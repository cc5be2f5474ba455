"""TekGen and KELM: facts stand where their ends do, nearest together, and are of the classes the labels stand for."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.convert import Classes, convert
from kcjax.corpus.convert.facts import Job, add_fact
from kcjax.corpus.convert.mentions import Annotation
from kcjax.corpus.document import document_from_json, document_to_json
from kcjax.errors import InputError
from kcjax.problems import Problems


def row(*triples, key="sentence", text="Åsa was born in Riga; Riga lies by the sea, and Bo went to Porto."):
    return {"triples": list(map(list, triples)), "serialized_triples": "", key: text}


def placed(document):
    entities = document.entities
    return [(r.type, entities[r.head].start, entities[r.tail].start) for r in document.relations]


def test_facts_stand_at_the_nearest_whole_words(write, known):
    fact = ("Åsa", "place of birth", "Riga")
    left_out: Counter = Counter()
    path = write(row(fact, fact, ("Bo", "visited", "Porto"), ("Bo", "visited", "Rig"), ("Ada", "visited", "Riga")))
    (document,) = convert("tekgen", [path], known, left_out=left_out)
    assert placed(document) == [("BornIn", 0, 16), ("Visited", 48, 59)]
    # The constraint of BornIn names one class for each end; Visited has none.
    assert [e.type for e in document.entities] == ["Human", "Town", "Entity", "Entity"]
    assert document.id == "rows.1" and not document.extra
    assert left_out == {
        "relation that is there already": 1,
        "relation with a tail that stands only inside a word": 1,
        "relation with a head that is not in the text": 1,
        "class of an entity: nothing tells it, so it is Entity": 2,
    }


def test_ends_are_of_their_types_where_they_are_given(write, known):
    types = {"Åsa": ["Q5", "Q7"], "Porto": ["Q99", "Q4"], "Riga": ["Q99"]}
    path = write(row(("Åsa", "born in", "Riga"), ("Åsa", "visited", "Porto")))
    (document,) = convert("tekgen", [path], known, types=types)
    assert {(e.text, e.type) for e in document.entities} == {
        ("Åsa", "Captain"),
        ("Riga", "Town"),
        ("Porto", "HarbourTown"),
    }


def test_what_labels_do_not_tell_is_counted(write, known):
    left_out: Counter = Counter()
    facts = [
        ("Bo", "went to", "Porto"),
        ("Bo", "sea", "Riga"),
        ("Bo", "visited", "Riga", "1999"),
        ("Bo", "visited", "Bo"),
    ]
    (document,) = convert("tekgen", [write(row(*facts))], known, left_out=left_out)
    assert not document.relations and not document.entities
    assert left_out == {
        "relation: its label stands for no one class": 2,
        "relation with a qualifier, or without a part": 1,
        "relation with a head and a tail that overlap": 1,
    }


def test_kelm_sentences_are_synthetic_and_whole(write, known):
    good, bad = (
        row(("Bo", "visited", "Porto"), key="gen_sentence"),
        row(key="gen_sentence", text="\u2047 lies by the sea."),
    )
    left_out: Counter = Counter()
    (document,) = convert("kelm", [write(good, bad)], known, left_out=left_out)
    assert document.extra == {"synthetic": True} and placed(document) == [("Visited", 48, 59)]
    assert left_out["sentence with a character that the model that wrote it did not know"] == 1


def test_without_a_library_relations_are_named_after_their_labels(write):
    classes = Classes()
    (document,) = convert("tekgen", [write(row(("Åsa", "place of birth", "Riga")))], classes)
    assert placed(document) == [("PlaceOfBirth", 0, 16)] and [t.name for t in classes.schema().relations] == [
        "PlaceOfBirth"
    ]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("Riga capital of Latvia\tRiga is a capital.", "not valid JSON"),
        ({"gen_sentence": "x", "triples": []}, "sentence is missing; is this a file of another form"),
        ({"sentence": "x", "triples": [["a", "b", 3]]}, r"triples\[0\] must be a list of strings"),
        ({"sentence": "x", "triples": "abc"}, "triples must be of type list"),
    ],
)
def test_a_malformed_row_is_told_with_its_place_and_skipped(write, known, bad, message):
    path = write(row(), bad, row())
    with pytest.raises(InputError, match=rf"rows\.jsonl:2: {message}"):
        list(convert("tekgen", [path], known))
    assert [d.id for d in convert("tekgen", [path], known, problems=Problems(1))] == ["rows.1", "rows.3"]


words = st.text("aé ", min_size=1, max_size=3)


@given(st.text("aé .", min_size=1, max_size=20), st.lists(st.tuples(words, words, words), max_size=5))
def test_whatever_the_facts_say_the_documents_offsets_are_right(text, facts):
    note, job = Annotation(text), Job(Classes())
    for fact in facts:
        add_fact(note, job, *fact)
    document = note.document("a")
    assert document_from_json(document_to_json(document), where="row") == document
    assert len(document.relations) + sum(job.left_out.values()) == len(facts)
    told = {(head, tail) for head, _, tail in facts}
    for relation in document.relations:
        head, tail = document.entities[relation.head], document.entities[relation.tail]
        assert (head.text, tail.text) in told and (head.end <= tail.start or tail.end <= head.start)
