"""Recipes: what cannot be made is refused before any work begins, with the remedy."""

import dataclasses

import pytest

from kcjax.corpus.following import FollowingOptions
from kcjax.corpus.recipe import Recipe, Source
from kcjax.errors import InputError

SOURCE = Source("harbour")
OWN = Source(paths=("a.jsonl",), schema="schema.py")


def test_phase_1_has_those_of_its_tasks_that_are_asked_for():
    options = FollowingOptions(tasks=("ed", "eae", "ner"))
    assert Recipe("understanding", "m", (SOURCE,), options=options).tasks == ("ner", "eae")
    assert Recipe("following", "m", (SOURCE,), options=options).tasks == ("ed", "eae", "ner")


@pytest.mark.parametrize(
    ("phase", "fields", "message"),
    [
        ("third", {"sources": (SOURCE,)}, "no phase 'third'; choose among understanding, following"),
        ("understanding", {"sources": (SOURCE,), "options": FollowingOptions(("ed",))}, "give one of them"),
        ("following", {}, "give --input=FILE.jsonl or --dataset=NAME"),
        ("following", {"sources": (Source(schema="s.py"),)}, "give --input=FILE.jsonl or --dataset=NAME"),
        ("understanding", {}, "nothing to make a corpus of; give --schema=FILE or --dataset=NAME"),
        ("following", {"sources": (SOURCE,), "balance": {"definition": 1.0}}, "balance definition=1.0: must be"),
        ("understanding", {"sources": (SOURCE,), "balance": {"ed": 1.0}}, "balance ed=1.0: must be"),
        ("following", {"sources": (OWN,), "balance": {"ner": 1.5}}, "balance ner=1.5: must be"),
        ("following", {"sources": (OWN,), "balance": {"ner": -0.5}}, "balance ner=-0.5: must be"),
        ("following", {"sources": (OWN,), "synthetic": 1.01}, "synthetic is 1.01; it must be between 0 and 1"),
        ("following", {"sources": (OWN,), "synthetic": float("nan")}, "synthetic is nan"),
    ],
)
def test_what_cannot_be_made_is_refused(phase, fields, message):
    with pytest.raises(InputError, match=message):
        Recipe(phase, "m", **fields)


@pytest.mark.parametrize(
    ("phase", "fields"),
    [
        ("understanding", {"sources": (Source(schema="s.py"),)}),  # definitions alone
        ("understanding", {"rendered": ("texts.jsonl",)}),
        ("following", {"rendered": ("texts.jsonl",)}),
        ("following", {"sources": (Source(schema="s.py"), SOURCE)}),
        ("understanding", {"sources": (OWN,), "balance": {"definition": 0.0, "ner": 1.0}}),
    ],
)
def test_what_can_be_made_is_taken(phase, fields):
    recipe = Recipe(phase, "m", **fields)
    assert dataclasses.replace(recipe) == recipe


def test_a_record_that_holds_nothing_is_refused():
    with pytest.raises(InputError, match="length"):
        Recipe("understanding", "m", (SOURCE,), length=1)
