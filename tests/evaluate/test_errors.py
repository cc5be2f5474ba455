"""Mistakes: each wrong or missing object has one kind."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.document import Document, Entity, Relation
from kcjax.evaluate.errors import confusion, count_kinds, mistakes
from kcjax.evaluate.matching import Judged, judge
from kcjax.evaluate.objects import compare

TEXT = "ab cd ab ef gh"


def doc(*entities: tuple[int, int, str], relations: tuple[Relation, ...] = ()) -> Document:
    return Document("1", TEXT, tuple(Entity(s, e, TEXT[s:e], t) for s, e, t in entities), relations)


def judged(gold: Document, predicted: Document, task: str = "ner") -> Judged:
    return judge(compare([gold], [predicted], tasks=(task,))[task], "strict")


@pytest.mark.parametrize(
    ("predicted", "kinds"),
    [
        ([(0, 5, "A")], {}),
        ([(0, 5, "B")], {"wrong_type": 1}),
        ([(0, 2, "A")], {"wrong_boundary": 1}),
        ([(0, 2, "B")], {"wrong_type_and_boundary": 1}),
        ([(6, 8, "A")], {"spurious": 1, "missed": 1}),
        ([(0, 5, "A"), (0, 5, "A")], {"duplicate": 1}),
        ([(0, 2, "A"), (3, 5, "A")], {"wrong_boundary": 1, "spurious": 1}),  # one gold explains one prediction
        ([(0, 2, "A"), (0, 5, "B")], {"wrong_type": 1, "spurious": 1}),  # the nearer explanation comes first
        ([], {"missed": 1}),
    ],
)
def test_a_mistake_has_the_nearest_kind(predicted, kinds):
    assert count_kinds(mistakes(judged(doc((0, 5, "A")), doc(*predicted)))) == kinds


@pytest.mark.parametrize(
    ("relation", "kind"),
    [
        (Relation("R", 1, 0), "wrong_direction"),
        (Relation("S", 0, 1), "wrong_type"),
        (Relation("R", 2, 1), "wrong_boundary"),
        (Relation("S", 1, 0), "spurious"),
    ],
)
def test_kinds_of_relations(relation, kind):
    ends = ((0, 5, "A"), (9, 11, "B"), (0, 2, "A"))
    gold, predicted = doc(*ends, relations=(Relation("R", 0, 1),)), doc(*ends, relations=(relation,))
    assert kind in count_kinds(mistakes(judged(gold, predicted, "re")))


def test_confusion_counts_what_is_taken_for_what():
    gold = doc((0, 2, "A"), (3, 5, "A"), (6, 8, "B"))
    found = judged(gold, doc((0, 2, "A"), (3, 5, "B"), (9, 11, "B")))
    assert confusion(found, mistakes(found)) == {("A", "B"): 1, ("B", ""): 1, ("", "B"): 1}


entities = st.lists(
    st.tuples(st.sampled_from([(0, 2), (0, 5), (3, 5), (6, 8)]), st.sampled_from("AB")).map(lambda x: (*x[0], x[1])),
    max_size=5,
)


@given(entities, entities)
def test_every_object_that_is_not_right_is_one_mistake(gold, predicted):
    found = judged(doc(*gold), doc(*predicted))
    told = mistakes(found)
    assert Counter(m.predicted for m in told if m.predicted is not None) == Counter(
        (~found.right).nonzero()[0].tolist()
    )
    assert Counter(m.gold for m in told if m.gold is not None) == Counter((~found.found).nonzero()[0].tolist())
