"""Occurrences are whole words at their offsets, pairs the nearest ones, and documents hold together."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.convert.mentions import Annotation, nearest_pair, places_of
from kcjax.corpus.document import document_from_json, document_to_json
from kcjax.text import distance

texts = st.text("ab é-.", max_size=30)


@given(texts, st.text("abé -", min_size=1, max_size=4))
def test_occurrences_are_all_whole_words_that_read_so(text, string):
    def word(at):
        return 0 <= at < len(text) and (text[at].isalnum() or text[at] == "_")

    expected = [
        (at, at + len(string))
        for at in range(len(text) - len(string) + 1)
        if text.startswith(string, at)
        and not (word(at - 1) and word(at))
        and not (word(at + len(string) - 1) and word(at + len(string)))
    ]
    assert places_of(text, string) == (expected if string.strip() else [])


def test_occurrences_may_overlap_and_the_first_of_equal_classes_stays():
    assert places_of("a-a-a", "a-a") == [(0, 3), (2, 5)]
    note = Annotation("Riga")
    for name, doubt in (("Place", 1), ("Town", 1)):
        note.entity((0, 4), name, doubt=doubt)
    assert note.document("a").entities[0].type == "Place"


@given(texts, st.text("abé", min_size=1, max_size=3), st.text("abé ", min_size=1, max_size=3))
def test_the_nearest_pair_is_the_first_of_the_closest_that_do_not_overlap(text, head, tail):
    heads, tails = places_of(text, head), places_of(text, tail)
    apart = [(a, b) for a, b in itertools.product(heads, tails) if a[1] <= b[0] or b[1] <= a[0]]
    assert nearest_pair(heads, tails) == min(apart, key=lambda pair: (distance(*pair), pair), default=None)


@given(st.data())
def test_annotations_become_documents_that_hold_together(data):
    note = Annotation(data.draw(st.text(min_size=2, max_size=20)))
    spans = st.tuples(st.integers(0, len(note.text) - 1), st.integers(1, 9)).map(
        lambda pair: (pair[0], min(pair[0] + pair[1], len(note.text)))
    )
    doubts: dict = {}
    for _ in range(data.draw(st.integers(0, 8))):
        span, doubt = data.draw(spans), data.draw(st.integers(0, 2))
        note.entity(span, f"Class{doubt}", doubt=doubt)
        doubts[span] = min(doubt, doubts.get(span, 9))
    placed = sorted(note.entities)
    wanted = set()
    for _ in range(data.draw(st.integers(0, 8)) if placed else 0):
        pair = data.draw(st.sampled_from(placed)), data.draw(st.sampled_from(placed))
        assert note.relation("Near", *pair) == (pair not in wanted)
        wanted.add(pair)
    document = note.document("a", {"page": 1})
    assert document_from_json(document_to_json(document), where="row") == document
    assert {(e.start, e.end): e.type for e in document.entities} == {s: f"Class{d}" for s, d in doubts.items()}
    ends = [(document.entities[r.head], document.entities[r.tail]) for r in document.relations]
    assert {((a.start, a.end), (b.start, b.end)) for a, b in ends} == wanted
    assert [(e.start, e.end) for e in document.entities] == note.spans()
