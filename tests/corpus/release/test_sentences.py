import logging
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.document import Argument, Document, Entity, Event, Mention, Relation
from kcjax.corpus.release.sentences import cut, joined, report, sentence_bounds


def sentences(text, spans=()):
    return [text[start:end] for start, end in sentence_bounds(text, spans)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Tea grows. It is cut.", ["Tea grows.", "It is cut."]),
        ("A title\n  \nTea grows.\n", ["A title", "Tea grows."]),
        ("Is it? Yes! 3 of them.", ["Is it?", "Yes!", "3 of them."]),
        ('"It is." "No."', ['"It is."', '"No."']),
        ("It (the first.) Then", ["It (the first.)", "Then"]),
        ("See Dr. Ames vs. Bo, e.g. Cy, and J. Dee et al. They left.", None),
        ("No break. before small", None),
        ("Version 3.2 is out", None),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text, parts):
    assert sentences(text) == ([text] if parts is None else parts)


def test_no_sentence_ends_within_what_is_annotated():
    text = "By Acme Inc. Ltd. of Veld. It sold."
    assert sentences(text) == ["By Acme Inc.", "Ltd. of Veld.", "It sold."]
    assert sentences(text, [(3, 17)]) == ["By Acme Inc. Ltd. of Veld.", "It sold."]
    assert sentences(text, [(3, 12), (13, 17)]) == ["By Acme Inc.", "Ltd. of Veld.", "It sold."]
    assert sentences("a\nb", [(0, 3)]) == ["a\nb"]


@given(st.text("aB .?\n\"'", max_size=40), st.lists(st.tuples(st.integers(0, 39), st.integers(1, 9)), max_size=3))
def test_nothing_but_blanks_is_between_sentences(text, places):
    spans = [(start, start + length) for start, length in places if start + length <= len(text)]
    bounds = sentence_bounds(text, spans)
    edges = [0, *(edge for bound in bounds for edge in bound), len(text)]
    assert edges == sorted(edges)
    assert not "".join(text[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)).strip()
    for start, end in spans:
        if text[start:end].strip() == text[start:end]:
            assert any(a <= start and end <= b for a, b in bounds)


@given(st.lists(st.lists(st.text("ab.", min_size=1, max_size=3), max_size=4), max_size=4))
def test_joined_tokens_are_where_it_says(tokens):
    text, bounds, spans = joined(tokens)
    assert text.split() == [token for sentence in tokens for token in sentence]
    assert [text[start:end] for start, end in spans] == text.split()
    assert [text[start:end] for start, end in bounds] == [" ".join(sentence) for sentence in tokens]


def test_what_reaches_beyond_a_sentence_is_counted(caplog):
    document = Document(
        "d",
        "Ada fell. Bo saw it.",
        (
            Entity(0, 3, "Ada", "P"),
            Entity(10, 12, "Bo", "P"),
            Entity(4, 12, "fell. Bo", "Q"),
            Entity(13, 16, "saw", "P"),
        ),
        (Relation("knows", 0, 1), Relation("of", 3, 1)),
        (
            Event("Fall", Mention(4, 8, "fell"), (Argument(0, 3, "Ada", "who"), Argument(10, 12, "Bo", "seen"))),
            Event("Long", Mention(4, 12, "fell. Bo")),
            Event("See", Mention(13, 16, "saw"), (Argument(17, 19, "it", "what"),)),
        ),
    )
    left_out = Counter()
    first, second = cut(document, [(0, 9), (9, 9), (10, 20)], left_out)
    assert first == Document(
        "d.0",
        "Ada fell.",
        (Entity(0, 3, "Ada", "P"),),
        events=(Event("Fall", Mention(4, 8, "fell"), (Argument(0, 3, "Ada", "who"),)),),
    )
    assert second == Document(
        "d.2",
        "Bo saw it.",
        (Entity(0, 2, "Bo", "P"), Entity(3, 6, "saw", "P")),
        (Relation("of", 1, 0),),
        (Event("See", Mention(3, 6, "saw"), (Argument(7, 9, "it", "what"),)),),
    )
    assert +left_out == {
        "argument outside of its event's sentence": 1,
        "entity across sentences": 1,
        "relation across sentences": 1,
        "event whose trigger is across sentences": 1,
    }
    with caplog.at_level(logging.WARNING):
        report(left_out, "x.dev")
        report(Counter(none=0), "y.dev")
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("x.dev: left out: 1 x argument outside of its event's sentence; 1 x entity across sentences")
