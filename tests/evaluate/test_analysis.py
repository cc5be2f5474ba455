"""What a report tells beside the scores: mistakes of every kind, types taken for others, examples from everywhere."""

import pytest

from kcjax.corpus.document import Document, Entity
from kcjax.evaluate.analysis import Background, analyse
from kcjax.evaluate.objects import compare


def doc(number: int, *types: str) -> Document:
    entities = tuple(Entity(2 * i, 2 * i + 1, "x", t) for i, t in enumerate(types) if t)
    return Document(str(number), "x " * len(types), entities)


def analysed(gold: list[Document], predicted: list[Document]) -> dict:
    return analyse(compare(gold, predicted, tasks=("ner",))["ner"], gold, Background())


def test_types_that_are_often_right_do_not_hide_what_is_taken_for_what():
    types = [f"T{n}" for n in range(50)]
    gold = [doc(n, *types) for n in range(4)]
    wrong = [doc(0, *types[1:], types[0]), *gold[1:]]
    found = analysed(gold, wrong)
    assert len(found["confusion"]) == 40 and found["confusion_left_out"] == 10
    assert all(g != p for g, p, _ in found["confusion"])


@pytest.mark.parametrize(("missed", "wrong_type"), [(20, 3), (3, 1), (11, 12), (0, 40), (100, 0)])
def test_examples_are_of_every_kind_and_spread_over_the_documents(missed, wrong_type):
    gold = [doc(n, "A") for n in range(missed + wrong_type)]
    predicted = [doc(n, "") if n < missed else doc(n, "B") for n in range(missed + wrong_type)]
    examples = analysed(gold, predicted)["examples"]
    numbers = [int(example["id"]) for example in examples]
    assert len(numbers) == min(12, len(gold)) and numbers == sorted(set(numbers))
    kinds = [mistake["kind"] for example in examples for mistake in example["mistakes"]]
    assert kinds.count("wrong_type") >= min(wrong_type, 3) and kinds.count("missed") >= min(missed, 6)
    assert numbers[0] <= len(gold) // 6 and numbers[-1] >= len(gold) * 5 // 6 - 1


def test_a_document_without_mistakes_is_no_example():
    assert analysed([doc(0, "A")], [doc(0, "A")])["examples"] == []
