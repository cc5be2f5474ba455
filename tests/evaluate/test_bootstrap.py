"""Intervals and significance: what many single draws give, and sure where nothing varies."""

import numpy as np
import pytest

from kcjax.evaluate.bootstrap import difference, f1_interval, f1_of


def test_f1_is_in_percent_and_0_where_undefined():
    assert f1_of(np.array([[1, 2, 2], [0, 0, 0], [0, 3, 0]])).tolist() == [50.0, 0.0, 0.0]


def test_an_interval_is_that_of_documents_drawn_one_by_one():
    rng = np.random.default_rng(1)
    counts = np.stack([rng.integers(0, 3, 60), rng.integers(3, 6, 60), rng.integers(3, 5, 60)], 1)
    drawn = [f1_of(counts[rng.integers(0, 60, 60)].sum(0)) for _ in range(4000)]
    assert f1_interval(counts) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=1.0)
    assert f1_interval(counts) == f1_interval(counts) != f1_interval(counts, seed=1)


def test_without_variation_there_is_no_interval():
    assert f1_interval(np.array([[1, 2, 2]] * 5)) == (50.0, 50.0)
    assert f1_interval(np.zeros((0, 3), int)) == (0.0, 0.0)


def test_a_system_is_no_better_than_itself():
    counts = np.array([[1, 2, 2], [2, 2, 2], [0, 1, 3]])
    same = difference(counts, counts)
    assert (same.f1, same.interval, same.p_value) == (0.0, (0.0, 0.0), 1.0)


def test_what_is_better_on_every_document_is_significant_and_chance_is_not():
    better, worse = np.array([[2, 2, 2]] * 40), np.array([[1, 2, 2]] * 40)
    found = difference(better, worse)
    assert found.f1 == 50.0 and found.p_value < 0.001 and found.interval == (50.0, 50.0)
    assert difference(worse, better).f1 == -50.0
    mixed = np.array([[2, 2, 2], [1, 2, 2]] * 20)
    assert difference(mixed, mixed[::-1]).p_value > 0.5


def test_a_p_value_is_that_of_all_swaps():
    """Three documents have eight swaps, of which those differing as much can be counted."""
    first, second = np.array([[1, 1, 1], [1, 1, 1], [0, 1, 1]]), np.array([[0, 1, 1], [0, 1, 1], [1, 1, 1]])
    # Differences of right objects in the eight swaps: 1 and -1 in three each, 3 and -3 in one each: all are as large.
    assert difference(first, second).p_value == 1.0
    first[2], second[2] = second[2].copy(), first[2].copy()
    assert difference(first, second).p_value == pytest.approx(2 / 8, abs=0.03)
