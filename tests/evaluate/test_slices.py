"""Slices: every object is in one of them, and in the right one."""

import pytest

from kcjax.corpus.document import Document, Entity, Relation
from kcjax.evaluate.matching import judge
from kcjax.evaluate.metrics import Counts
from kcjax.evaluate.objects import compare
from kcjax.evaluate.slices import (
    by_seen,
    by_text_length,
    by_type_distance,
    by_type_frequency,
    seen_mentions,
    trained,
    type_distances,
    type_frequencies,
)
from kcjax.schema.types import EntityType, Schema

TEXT = "Riga saw Oslo"
TRAINING = [Document("t", "RIGA and Bern", (Entity(0, 4, "RIGA", "Town"), Entity(9, 13, "Bern", "Town")))]


def judged(*predicted: Entity, gold=(Entity(0, 4, "Riga", "Town"), Entity(9, 13, "Oslo", "Ship"))):
    comparison = compare([Document("1", TEXT, gold)], [Document("1", TEXT, predicted)], tasks=("ner",))["ner"]
    return judge(comparison, "strict"), comparison


def test_seen_mentions_are_those_of_training_in_whatever_case():
    found, comparison = judged(Entity(0, 4, "Riga", "Town"), Entity(5, 8, "saw", "Town"))
    seen = seen_mentions(trained("ner", TRAINING))
    assert by_seen(found, comparison.strings, seen) == {"seen": Counts(1, 1, 1), "unseen": Counts(0, 1, 1)}


def test_a_relation_is_seen_where_the_pair_is():
    ends = (Entity(0, 4, "Riga", "T"), Entity(9, 13, "Oslo", "T"))
    document = Document("1", TEXT, ends, (Relation("R", 0, 1), Relation("R", 1, 0)))
    comparison = compare([document], [document], tasks=("re",))["re"]
    seen = seen_mentions(trained("re", [Document("t", TEXT, ends, (Relation("S", 0, 1),))]))
    found = by_seen(judge(comparison, "strict"), comparison.strings, seen)
    assert found == {"seen": Counts(1, 1, 1), "unseen": Counts(1, 1, 1)}


def test_types_are_parted_by_their_objects_in_training():
    found, _ = judged(Entity(0, 4, "Riga", "Town"), Entity(9, 13, "Oslo", "Town"))
    frequencies = type_frequencies(trained("ner", TRAINING))
    assert frequencies == {"Town": 2}
    assert by_type_frequency(found, frequencies) == {"0": Counts(0, 0, 1), "1-9": Counts(1, 2, 1)}


@pytest.mark.parametrize(("words", "part"), [(1, "1-10"), (10, "1-10"), (11, "11-20"), (50, "31-50"), (51, "51+")])
def test_texts_are_parted_by_their_words(words, part):
    document = Document("1", " ".join(["ab"] * words), (Entity(0, 2, "ab", "A"),))
    found = judge(compare([document], [document], tasks=("ner",))["ner"], "strict")
    assert by_text_length(found, [document]) == {part: Counts(1, 1, 1)}


def test_a_type_is_as_far_as_the_words_of_the_nearest_one():
    known = Schema((EntityType("Town", description="a town or village"), EntityType("Person", identifier="Q5")))
    asked = Schema(
        (
            EntityType("Town", description="something else"),
            EntityType("Human", identifier="Q5"),
            EntityType("Village", description="a town or village"),
            EntityType("Enzyme", description="catalyses reactions"),
        )
    )
    distances = type_distances("ner", asked, [known])
    assert distances["Town"] == distances["Human"] == 0.0
    assert 0.0 <= distances["Village"] < 0.5 and distances["Enzyme"] == 1.0
    assert type_distances("ner", asked, []) == dict.fromkeys(["Town", "Human", "Village", "Enzyme"], 1.0)
    found, _ = judged(Entity(0, 4, "Riga", "Town"))
    assert by_type_distance(found, {"Town": 0.0, "Ship": 0.75}) == {
        "0.0-0.2": Counts(1, 1, 1),
        "0.6-0.8": Counts(0, 0, 1),
    }


def test_without_objects_there_are_no_slices():
    found, comparison = judged(gold=())
    assert by_seen(found, comparison.strings, frozenset()) == by_type_frequency(found, {}) == {}
