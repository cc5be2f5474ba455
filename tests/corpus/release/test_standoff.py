import logging

import pytest

from kcjax.corpus.document import Argument, Document, Entity, Event, Mention, Relation
from kcjax.errors import InputError
from kcjax.problems import Problems

TEXT = "Abc drives\ncell growth. Abd binds Abc and a site of it.\n"
ENTITIES = """\
T4	Gene 34 37	Abc
T1	Gene 0 3	Abc
T3	Gene 24 27	Abd
T9	Site 44 48;52 54	site it
"""
EVENTS = """\
*	Equiv T1 T4
T2	Growth 11 22	cell growth
T5	Drive 4 10	drives
E2	Drive:T5 Cause:T1 Theme:E1
E1	Growth:T2
T6	Bind 28 33	binds
E3	Bind:T6 Theme:T3 Theme2:T4 Site:T9
M1	Negation E3
R1	Near Arg1:T3 Arg2:T4
R2	Near Arg1:T3 Arg2:T9
"""
DOCUMENTS = [
    Document(
        "x.dev.a.0",
        "Abc drives",
        (Entity(0, 3, "Abc", "Gene"),),
        events=(Event("Drive", Mention(4, 10, "drives"), (Argument(0, 3, "Abc", "Cause"),)),),
    ),
    Document("x.dev.a.1", "cell growth.", events=(Event("Growth", Mention(0, 11, "cell growth")),)),
    Document(
        "x.dev.a.2",
        "Abd binds Abc and a site of it.",
        (Entity(0, 3, "Abd", "Gene"), Entity(10, 13, "Abc", "Gene")),
        (Relation("Near", 0, 1),),
        (Event("Bind", Mention(4, 9, "binds"), (Argument(0, 3, "Abd", "Theme"), Argument(10, 13, "Abc", "Theme"))),),
    ),
]


def read(read_release, text=TEXT, entities=ENTITIES, events=EVENTS, **more):
    files = {"a.txt": text, "a.a1": entities, "a.a2": events, "b.txt": "Nothing.\n", "b.a1": "", "b.a2": ""}
    beside = [name for name in files if not name.endswith(".txt")]
    return read_release("standoff", files, beside=beside, annotation=[".a1", ".a2"], **more)


def test_sentences_of_a_text_with_its_annotation(read_release, caplog):
    with caplog.at_level(logging.WARNING):
        assert read(read_release) == [*DOCUMENTS, Document("x.dev.b.0", "Nothing.")]
    for part in (
        "1 x argument in pieces",
        "1 x argument outside of its event's sentence",
        "1 x line of the kind *",
        "1 x line of the kind M",
        "1 x mention in pieces",
        "1 x relation with an end in pieces",
    ):
        assert part in caplog.text


def test_a_mention_may_go_over_a_line(read_release):
    (document, _) = read(read_release, "Abc\nkinase\n", "T1\tGene 0 10\tAbc kinase\n", "")
    assert document == Document("x.dev.a.0", "Abc\nkinase", (Entity(0, 10, "Abc\nkinase", "Gene"),))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Cause:T1", "Cause:T77", "a.txt: E2: T77 is not annotated"),
        ("E1	Growth:T2\n", "", "a.txt: E2: E1 is not annotated"),
        ("28 33	binds", "28 33	bonds", "a.a2:6: 'bonds' should stand at 28 to 33, where there is 'binds'"),
        ("28 33", "28 333", "a.a2:6: 28 to 333 is no stretch"),
        ("28 33", "28", "a.a2:6: not of this form"),
        ("Arg2:T4", "", "a.a2:9: not of this form"),
        ("Arg2:T4", "Arg2:T78", "a.a2:9: T78 is not annotated"),
    ],
)
def test_a_bad_annotation_is_named_and_its_text_left_out(read_release, old, new, message):
    with pytest.raises(InputError, match=message):
        read(read_release, events=EVENTS.replace(old, new))
    rest = read(read_release, events=EVENTS.replace(old, new), problems=Problems(1))
    assert rest == [Document("x.dev.b.0", "Nothing.")]


def test_a_missing_annotation_is_told(read_release):
    with pytest.raises(InputError, match=r"a\.a1: no such file"):
        read_release("standoff", {"a.txt": TEXT}, annotation=[".a1"])
