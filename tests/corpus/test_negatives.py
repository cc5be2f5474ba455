"""Negative classes: different ones, none kin to a positive, hard ones like it."""

import random

from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.negatives import Negatives
from kcjax.schema.types import EntityType, RelationType, Schema

HARBOUR = Schema(
    (
        EntityType("Place", description="somewhere"),
        EntityType("Town", ("Place",), "many houses"),
        EntityType("Harbour", ("Place",), "where vessels lie"),
        EntityType("FishingHarbour", ("Harbour",), "of small vessels"),
        EntityType("Ship", description="carries cargo over water"),
        EntityType("CargoBarge", description="has no sail"),
        *(EntityType(letter * 5) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    )
)


@st.composite
def draws(draw):
    """A taxonomy in which types have several parents or none, some of its types, and how many others to draw."""
    size = draw(st.integers(1, 25))
    names = [f"T{n}" for n in range(size)]
    words = st.lists(st.sampled_from(["ship", "town", "sail", "rope"]), max_size=3).map(" ".join)
    types = []
    for n, name in enumerate(names):
        parents = draw(st.lists(st.sampled_from(names[:n]), max_size=2, unique=True)) if n else []
        types.append(EntityType(name, tuple(parents) or ("Entity",), draw(words)))
    positives = draw(st.lists(st.sampled_from(names), max_size=4, unique=True))
    return Schema(tuple(types)), positives, draw(st.integers(0, 30)), draw(st.sampled_from([0.0, 0.5, 1.0]))


def kin(schema, one, other):
    return one in schema.ancestors(other) or other in schema.ancestors(one)


@given(draws(), st.integers())
def test_as_many_as_asked_or_all_there_are_and_none_is_kin_to_a_positive(drawing, seed):
    schema, positives, count, hard = drawing
    names = list(schema.by_name)
    drawn = Negatives(schema, names).draw(positives, count, hard=hard, rng=random.Random(seed))
    allowed = {name for name in names if not any(kin(schema, name, positive) for positive in positives)}
    assert len(set(drawn)) == len(drawn) == min(count, len(allowed)) and set(drawn) <= allowed


@given(draws(), st.integers())
def test_hard_ones_are_drawn_as_long_as_there_are_such(drawing, seed):
    schema, positives, count, _ = drawing
    names = list(schema.by_name)
    negatives = Negatives(schema, names)
    drawn = negatives.draw(positives, count, hard=1.0, rng=random.Random(seed))
    like = {other for positive in positives for other in negatives.confused(positive)}
    allowed = {name for name in like if not any(kin(schema, name, positive) for positive in positives)}
    assert len(like.intersection(drawn[: len(allowed)])) == min(count, len(allowed))


def test_siblings_and_types_with_rare_words_in_common_are_easily_confused():
    confused = Negatives(HARBOUR, list(HARBOUR.by_name)).confused
    assert confused("Town") == ["Harbour"]  # both are places
    assert set(confused("Harbour")) == {"Town", "FishingHarbour"}  # the last by its name and by `vessels`
    assert confused("Ship") == ["CargoBarge"] and confused("CargoBarge") == ["Ship"]  # by a part of a name
    assert confused("AAAAA") == []


def test_each_of_the_hard_ones_is_drawn_at_times():
    negatives = Negatives(HARBOUR, list(HARBOUR.by_name))
    both = [negatives.draw(["Harbour", "Ship"], 1, hard=1.0, rng=random.Random(n))[0] for n in range(50)]
    assert set(both) == {"Town", "CargoBarge"}


def test_classes_below_a_base_class_alone_are_no_siblings():
    schema = Schema(relations=(RelationType("A"), RelationType("B"), RelationType("C", ("A",))))
    assert Negatives(schema, list(schema.by_name)).confused("A") == []


def test_hard_ones_never_descend_from_a_positive_and_have_the_share_asked_for():
    negatives = Negatives(HARBOUR, list(HARBOUR.by_name))
    drawn = [
        negatives.draw(["Harbour"], 1, hard=hard, rng=random.Random(n)) for hard in (0, 0.5, 1) for n in range(400)
    ]
    easy, half, hard = (sum(found == ["Town"] for found in drawn[start : start + 400]) for start in (0, 400, 800))
    assert easy < 30 and 170 < half < 240 and hard == 400


def test_the_same_generator_draws_the_same_whatever_was_drawn_before():
    fresh, used = (Negatives(HARBOUR, list(HARBOUR.by_name)) for _ in range(2))
    for n in range(20):
        used.draw(["Ship", "Town"], 3, hard=0.5, rng=random.Random(n))
    found = [each.draw(["Harbour"], 5, hard=0.5, rng=random.Random(7)) for each in (fresh, used)]
    assert found[0] == found[1]
