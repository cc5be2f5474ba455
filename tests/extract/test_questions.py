"""Pieces of schemas and bundles of a library's types: nothing twice, nothing lost but what is counted."""

from hypothesis import given
from hypothesis import strategies as st

from kcjax.extract.questions import bundles, chosen, pieces

NAMES = [f"T{n}" for n in range(30)]
WANTED = st.lists(st.lists(st.sampled_from(NAMES), max_size=8, unique=True), max_size=12)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=20), st.integers(1, 40))
def test_pieces_are_all_types_in_order_and_fit(sizes, room):
    types = tuple(f"{n}:{size}" for n, size in enumerate(sizes))
    fits = lambda some: sum(int(name.split(":")[1]) for name in some) <= room
    found = pieces(types, fits)
    assert tuple(name for piece in found for name in piece) == types
    assert all(fits(piece) or len(piece) == 1 for piece in found)
    assert not fits(types) or found == [types]


@given(WANTED, st.integers(1, 6), st.integers(1, 5))
def test_a_type_is_in_one_bundle_and_the_most_wanted_are_in_some(wanted, size, most):
    found = bundles(wanted, size, most)
    names = [name for group in found for name in group]
    assert len(set(names)) == len(names) and len(found) <= most
    assert all(0 < len(group) <= size for group in found)
    assert all(len(group) == size for group in found[:-1])
    demand = {name: sum(name in each for each in wanted) for each in wanted for name in each}
    assert set(names) <= set(demand)
    if len(demand) <= size * most:
        assert set(names) == set(demand)
    elif names:
        assert max(demand.values()) == demand[names[0]]


def test_what_is_wanted_together_is_in_one_bundle():
    ports, ships = ["Port", "Quay", "Pier"], ["Ship", "Boat", "Raft"]
    assert bundles([ships, ports, ships, ports[::-1]], 3) == [tuple(ships), tuple(ports)]


@given(WANTED, st.integers(1, 6), st.integers(1, 4))
def test_what_is_in_none_of_the_bundles_chosen_is_counted(wanted, size, most):
    groups = bundles(wanted, size)
    for names in wanted:
        found, unasked = chosen(names, groups, most)
        assert len(found) <= most and all(set(group) & set(names) for group in found)
        assert unasked == len(set(names) - {name for group in found for name in group})
        assert [group for group in groups if group in found] == found
        if most >= len(groups):
            assert unasked == 0
