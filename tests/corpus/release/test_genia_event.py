import logging

import pytest

from kcjax.corpus.document import Argument, Document, Entity, Event, Mention
from kcjax.errors import InputError
from kcjax.problems import Problems

FILE = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE Annotation PUBLIC "-//X//EN" "x.dtd">
<Annotation><ArticleTitle>
<sentence id="S1"><term sem="Other" id="T1"><term sem="Protein" id="T2">Abc</term> loss</term> &lt; it.</sentence>
<event id="E2"><type class="Regulation"/><theme idref="E1"/><cause idref="T9"/>
<clue>Abc loss <clueType>&lt;</clueType> <clueType>it</clueType>.</clue></event>
<event id="E1"><type class="Decrease"/><theme idref="T2"/><clue>Abc <clueType>loss</clueType> &lt; it.</clue></event>
<event id="E3"><type class="Decrease"/><clue>Abc loss &lt; it.</clue></event>
</ArticleTitle>
<sentence id="S2">In <cons sem="(OR A A)" id="T3"><frag>c</frag> or d</cons> <term id="T4">x</term>.</sentence>
</Annotation>
"""
DOCUMENTS = [
    Document(
        "x.dev.a.S1",
        "Abc loss < it.",
        (Entity(0, 3, "Abc", "Protein"), Entity(0, 8, "Abc loss", "Other")),
        events=(
            Event("Regulation", Mention(9, 10, "<"), (Argument(4, 8, "loss", "Theme"),)),
            Event("Decrease", Mention(4, 8, "loss"), (Argument(0, 3, "Abc", "Theme"),)),
        ),
    ),
    Document("x.dev.a.S2", "In c or d x."),
]
ALL = {"dev": range(10)}


def test_sentences_with_terms_and_events(read_release, caplog):
    with caplog.at_level(logging.WARNING):
        assert read_release("genia_event", {"a.xml": FILE}, tenths=ALL) == DOCUMENTS
    for part in (
        "1 x argument outside of its event's sentence, or in pieces",
        "1 x event without a trigger",
        "1 x term in pieces",
        "1 x term without one class",
    ):
        assert part in caplog.text


def test_tenths_share_out_the_files(read_release):
    files = {f"{number:02}.xml": FILE for number in range(12)}
    found = read_release("genia_event", files, tenths={"dev": [1, 3], "train": [0]})
    assert [document.id for document in found[::2]] == ["x.dev.01.S1", "x.dev.03.S1", "x.dev.11.S1"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("</Annotation>", "", "a.xml: not well-formed XML"),
        ("\n<Annotation>", '\n<!ENTITY a "b"><Annotation>', "a.xml: defines entities"),
        ('<sentence id="S1">', "<x>", "a.xml: not well-formed XML"),
        ("<clue>Abc <", "<clue>Abd <", "a.xml: the clue of E1 is not the sentence S1"),
        (' sem="Protein" id="T2"', ' sem="Protein"', "a.xml: 'id' is missing"),
        ('<type class="Decrease"/><theme', "<theme", "a.xml: the event E1 has no type"),
        ("<ArticleTitle>\n", '<ArticleTitle><event id="E8"/>', "a.xml: the event E8 stands before any sentence"),
        (FILE, "", "a.xml: not well-formed XML"),
    ],
)
def test_a_bad_file_is_named_and_left_out(read_release, old, new, message):
    files = {"a.xml": FILE.replace(old, new), "b.xml": FILE}
    with pytest.raises(InputError, match=message):
        read_release("genia_event", files, tenths=ALL)
    rest = read_release("genia_event", files, tenths=ALL, problems=Problems(1))
    assert [document.id for document in rest] == ["x.dev.b.S1", "x.dev.b.S2"]
