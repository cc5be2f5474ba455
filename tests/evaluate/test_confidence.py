"""Confidence: the curve of scikit-learn, calibration worked by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.document import Document, Entity
from kcjax.evaluate.confidence import confidence_of
from kcjax.evaluate.matching import judge
from kcjax.evaluate.objects import compare


def found(predicted: list[tuple[bool, float | None]], missed: int = 0):
    """Predictions that are right or not, each with its confidence, and gold objects that nobody predicts."""
    text = "x" * 100
    gold = [n for n, (right, _) in enumerate(predicted) if right] + list(range(80, 80 + missed))
    ours = tuple(Entity(n, n + 1, "x", "A", sure) for n, (_, sure) in enumerate(predicted))
    documents = [Document("1", text, tuple(Entity(n, n + 1, "x", "A") for n in gold))]
    return confidence_of(judge(compare(documents, [Document("1", text, ours)], tasks=("ner",))["ner"], "strict"))


def test_without_confidences_there_is_nothing_to_tell():
    assert found([(True, None)]) is None


def test_calibration_error_is_the_mean_gap_of_the_bins():
    told = found([(True, 0.95), (False, 0.91), (True, 0.35), (True, None)])
    assert (told.objects, told.without) == (3, 1)
    assert told.bins == (pytest.approx((35.0, 100.0, 1)), pytest.approx((93.0, 50.0, 2)))
    assert told.calibration_error == pytest.approx((1 * 65 + 2 * 43) / 3)


def test_certain_and_right_is_perfect():
    told = found([(True, 1.0)] * 4)
    assert (told.average_precision, told.calibration_error, told.best) == (100.0, 0.0, (1.0, 100.0))


def test_the_best_threshold_leaves_out_what_is_mostly_wrong():
    told = found([(True, 0.9), (True, 0.8), (False, 0.2), (False, 0.1)])
    assert told.best == (0.8, 100.0)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.4, 0.4001, 0.9, 1.0])), min_size=1, max_size=20))
def test_average_precision_is_that_of_scikit_learn(predicted):
    from sklearn.metrics import average_precision_score

    right, sure = np.array([r for r, _ in predicted]), np.array([s for _, s in predicted])
    if right.any():
        assert found(predicted).average_precision == pytest.approx(100 * average_precision_score(right, sure))
    curve = found(predicted).curve
    assert all(a[0] > b[0] and a[2] <= b[2] for a, b in itertools.pairwise(curve))
