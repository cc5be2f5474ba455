import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.order import permute, record_indices


@given(n=st.integers(1, 5000), key=st.integers(0, 2**64 - 1))
def test_permute_sends_every_index_somewhere_else(n, key):
    assert sorted(permute(np.arange(n), n, key)) == list(range(n))


@given(n=st.integers(1, 300), seed=st.integers(0, 2**63), first=st.integers(0, 1000), count=st.integers(1, 50))
def test_any_stretch_of_the_order_is_computed_alone(n, seed, first, count):
    whole = record_indices(np.arange(first + count), n, seed)
    np.testing.assert_array_equal(record_indices(first + np.arange(count), n, seed), whole[first:])


def test_every_epoch_reads_every_record_once_in_an_order_of_its_own():
    epochs = record_indices(np.arange(3 * 100), 100, seed=1).reshape(3, 100)
    assert all(sorted(epoch) == list(range(100)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_seeds_give_different_orders_and_each_always_the_same():
    orders = [tuple(record_indices(np.arange(50), 50, seed)) for seed in range(20)]
    assert len(set(orders)) == 20
    # Written down: another order would make every run begun before it impossible to resume.
    assert orders[0][:8] == (8, 41, 46, 27, 36, 3, 16, 17)


def test_the_order_mixes():
    """No trace of the original neighbourhood: mean distance of neighbours is about a third of the range."""
    order = record_indices(np.arange(10_000), 10_000, seed=3)
    assert np.abs(np.diff(order)).mean() == pytest.approx(10_000 / 3, rel=0.05)
