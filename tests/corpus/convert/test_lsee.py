"""LSEE: events of tab-separated lines, with triggers and arguments at the offsets given."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.convert import Classes, convert
from kcjax.corpus.convert.facts import Job
from kcjax.corpus.convert.lsee import document as document_of
from kcjax.corpus.convert.rows import Row
from kcjax.corpus.document import Argument, Event, Mention, document_from_json, document_to_json
from kcjax.errors import InputError
from kcjax.problems import Problems
from kcjax.schema.concept import RoleTable
from kcjax.schema.types import Role
from tests.corpus.convert.conftest import library_of

TEXT = "Åsa Holm married Bo Lind in Riga."
LINE = "\t".join(
    [
        *("m.01", "m.02", "m.0e", TEXT, "people.marriage.spouse,m.01,0,8", "people.marriage.spouse,m.02,17,24"),
        *("negative,m.03,28,32", "people.marriage.location_of_ceremony,m.03,28,32"),
        "people.marriage.trigger,married,9,16",
    ]
)
NEGATIVE = f"m.01\tm.02\tnegative\t{TEXT}\tm.01,0,8\tm.02,17,24"


def test_a_line_is_an_event_with_trigger_and_arguments(write):
    classes, left_out = Classes(), Counter()
    (document,) = convert("lsee", [write(LINE, name="wiki.tsv")], classes, left_out=left_out)
    arguments = (
        Argument(0, 8, "Åsa Holm", "spouse"),
        Argument(17, 24, "Bo Lind", "spouse"),
        Argument(28, 32, "Riga", "location_of_ceremony"),
    )
    assert document.events == (Event("Marriage", Mention(9, 16, "married"), arguments),)
    assert (document.id, document.text, document.entities) == ("wiki.1", TEXT, ())
    assert left_out == {"entity without a type": 1}
    (made,) = classes.schema().events
    assert made.roles == (Role("spouse"), Role("location_of_ceremony"))


def test_a_negative_sentence_has_no_event_and_one_without_a_trigger_no_document(write):
    left_out: Counter = Counter()
    without = LINE.rpartition("\t")[0]
    (document,) = convert("lsee", [write(NEGATIVE, without, name="wiki.tsv")], left_out=left_out)
    assert (document.text, document.events) == (TEXT, ())
    assert left_out == {"entity without a type": 2, "event without a trigger, with its sentence": 1}


def test_what_a_library_has_no_class_for_leaves_its_sentence_out(write, known):
    left_out: Counter = Counter()
    assert not list(convert("lsee", [write(LINE, name="wiki.tsv")], known, left_out=left_out))
    assert left_out == {"event: its label stands for no one class, with its sentence": 1}


def test_an_argument_of_another_event_is_counted(write):
    left_out: Counter = Counter()
    (document,) = convert("lsee", [write(LINE + "\tpeople.birth.child,m.01,0,8", name="wiki.tsv")], left_out=left_out)
    assert [a.role for a in document.events[0].arguments] == ["spouse", "spouse", "location_of_ceremony"]
    assert left_out["argument of another event than the trigger's"] == 1


def test_an_argument_of_a_role_that_the_librarys_class_lacks_is_counted(write, tmp_path):
    facts = [RoleTable("Q20", "marriage", "two become one", roles=(("spouse", ()),))]
    left_out: Counter = Counter()
    classes = Classes(library_of(facts, tmp_path / "events.kcjax"))
    (document,) = convert("lsee", [write(LINE, name="wiki.tsv")], classes, left_out=left_out)
    assert [a.role for a in document.events[0].arguments] == ["spouse", "spouse"]
    assert left_out["argument of a role that its class does not have"] == 1


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("m.01\tm.02", "2 columns; this form has"),
        (LINE + "\tm.09", "cannot read the place 'm.09'"),
        (LINE + "\tnegative,m.09,30,99", "'negative,m.09,30,99' is no stretch of the 33 characters"),
        (LINE.replace("married,9,16", "married,8,15"), r"the trigger is 'married', but \[8:15\] ' marrie'"),
    ],
)
def test_a_malformed_line_is_told_with_its_place_and_skipped(write, bad, message):
    path = write(NEGATIVE, bad, NEGATIVE, name="wiki.tsv")
    with pytest.raises(InputError, match=rf"wiki\.tsv:2: {message}"):
        list(convert("lsee", [path]))
    assert [d.id for d in convert("lsee", [path], problems=Problems(1))] == ["wiki.1", "wiki.3"]


@given(st.data())
def test_offsets_are_those_of_the_sentence(data):
    text = data.draw(st.text("aé b,.", min_size=3, max_size=20).filter(lambda text: text.strip()))
    starts = st.integers(0, len(text) - 1)
    spans = [(s, data.draw(st.integers(s + 1, len(text)))) for s in data.draw(st.lists(starts, max_size=4))]
    roles = [data.draw(st.sampled_from(["a.b.host", "a.b.guest", "negative"])) for _ in spans]
    begin, end = data.draw(starts), len(text)
    places = [f"{role},m.1,{s},{e}" for role, (s, e) in zip(roles, spans, strict=True)]
    value = "\t".join(["m.1", "m.2", "m.3", text, *places, f"a.b.trigger,{text[begin:end]},{begin},{end}"])
    document = document_of(Row("f:1", "f.1", value), Job(Classes()))
    assert document is not None and document_from_json(document_to_json(document), where="row") == document
    (event,) = document.events
    assert (event.trigger.start, event.trigger.end) == (begin, end)
    wanted = [(s, e, r.rpartition(".")[2]) for r, (s, e) in zip(roles, spans, strict=True) if r != "negative"]
    assert [(a.start, a.end, a.role) for a in event.arguments] == wanted
