"""The graph of classes: cycles broken, classes contracted, and an order that Python accepts class statements in."""

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kcjax.schema.taxonomy import (
    arrange,
    bases,
    break_cycles,
    children_of,
    closure,
    contract,
    depths,
    direct,
    topological,
)


@st.composite
def graphs(draw) -> list[list[int]]:
    size = draw(st.integers(0, 9))
    row = st.lists(st.integers(0, size - 1), max_size=3, unique=True) if size else st.nothing()
    return [draw(row) for _ in range(size)]


@st.composite
def dags(draw, most: int = 12) -> list[list[int]]:
    """Graphs without cycles whose numbers say nothing of the order."""
    size = draw(st.integers(0, most))
    rows = [draw(st.lists(st.integers(0, n - 1), max_size=3, unique=True)) if n else [] for n in range(size)]
    name = draw(st.permutations(range(size)))
    graph: list[list[int]] = [[] for _ in rows]
    for n, row in enumerate(rows):
        graph[name[n]] = [name[p] for p in row]
    return graph


kept_dags = dags().flatmap(lambda graph: st.tuples(st.just(graph), st.tuples(*[st.booleans()] * len(graph))))


def large_dag(seed: int, size: int, most: int) -> list[list[int]]:
    draw = random.Random(seed)
    return [sorted(draw.sample(range(n), min(n, draw.randint(1, most)))) for n in range(size)]


def above(graph: list[list[int]], start: int) -> set[int]:
    """All that a walk of one step or more leads to, as slowly and surely as can be."""
    found: set[int] = set()
    while True:
        more = {p for n in (start, *found) for p in graph[n]} - found
        if not more:
            return found
        found |= more


def is_acyclic(graph: list[list[int]]) -> bool:
    return all(n not in above(graph, n) for n in range(len(graph)))


def made_classes(statements: list[list[int]]) -> list[type]:
    """The classes, made as their statements would make them; a `TypeError` if Python finds no order for one."""
    root, made = type("Entity", (), {}), []
    for n, own in enumerate(statements):
        made.append(type(f"C{n}", tuple(made[p] for p in own) or (root,), {}))
    return made


@given(graphs(), st.randoms())
@settings(deadline=None)  # the first call imports scipy
def test_break_cycles_leaves_none_and_takes_only_edges_within_one(graph, shuffle):
    ages = list(range(len(graph)))
    rest = [list(own) for own in graph]
    removed = break_cycles(rest, ages)
    assert is_acyclic(rest) and removed == sorted(removed)
    edges = lambda g: sorted((n, p) for n, own in enumerate(g) for p in own)
    assert sorted(edges(rest) + removed) == edges(graph)
    assert all(child == parent or child in above(graph, parent) for child, parent in removed)
    assert bool(removed) != is_acyclic(graph)
    mixed = [shuffle.sample(own, len(own)) for own in graph]
    assert break_cycles(mixed, ages) == removed and list(map(sorted, mixed)) == list(map(sorted, rest))


def test_of_a_cycle_the_edge_to_the_youngest_parent_goes():
    circle = [[1], [2], [0]]
    assert break_cycles([*map(list, circle)], [0, 1, 2]) == [(1, 2)]
    assert break_cycles([*map(list, circle)], [2, 1, 0]) == [(2, 0)]
    two = [[], [2, 0], [1], [3, 1]]
    assert break_cycles(two, [0, 1, 2, 3]) == [(1, 2), (3, 3)] and two == [[], [0], [1], [1]]


@given(dags())
def test_topological_has_every_class_once_after_its_parents(graph):
    order = topological(graph)
    assert sorted(order) == list(range(len(graph)))
    assert all(order.index(p) < order.index(n) for n, own in enumerate(graph) for p in own)


@given(graphs(), st.data())
def test_closure_is_all_that_edges_lead_to_nearest_first(graph, data):
    starts = data.draw(st.lists(st.integers(0, len(graph) - 1), max_size=3)) if graph else []
    found = closure(graph, starts)
    assert len(set(found)) == len(found) and set(found) == {m for s in starts for m in (s, *above(graph, s))}
    steps, near = {s: 0 for s in starts}, list(starts)
    for n in near:
        for p in graph[n]:
            if p not in steps:
                steps[p] = steps[n] + 1
                near.append(p)
    assert [steps[n] for n in found] == sorted(steps.values())


@given(graphs())
def test_children_are_parents_the_other_way_round(graph):
    children = children_of(graph)
    assert {(n, p) for n, own in enumerate(graph) for p in own} == {
        (c, n) for n, own in enumerate(children) for c in own
    }
    assert all(own == sorted(own) for own in children)


@given(kept_dags)
def test_contract_leads_to_the_nearest_kept_ancestors(case):
    graph, keep = case

    def nearest(n: int) -> set[int]:
        return {found for p in graph[n] for found in ([p] if keep[p] else nearest(p))}

    result = contract(graph, keep)
    assert [set(own) for own in result] == [nearest(n) for n in range(len(graph))]
    assert all(len(set(own)) == len(own) for own in result)
    for n in range(len(graph)):
        if keep[n]:
            assert above(result, n) == {p for p in above(graph, n) if keep[p]}


@given(dags())
def test_depth_is_the_longest_way_up(graph):
    def longest(n: int) -> int:
        return max((1 + longest(p) for p in graph[n]), default=0)

    assert depths(graph) == [longest(n) for n in range(len(graph))]


@given(kept_dags, st.data())
def test_arrange_stands_parents_before_children_by_depth_then_rank(case, data):
    graph, keep = case
    rank = data.draw(st.lists(st.integers(-2, 2), min_size=len(graph), max_size=len(graph)))
    near = contract(graph, keep)
    order, edges = arrange(near, keep, rank)
    assert sorted(order) == [n for n in range(len(graph)) if keep[n]]
    assert all(own == sorted(set(own), reverse=True) and all(p < at for p in own) for at, own in enumerate(edges))
    assert [{order[p] for p in own} for own in edges] == [set(near[n]) for n in order]
    standing = [(depth, rank[n]) for depth, n in zip(depths(edges), order, strict=True)]
    assert standing == sorted(standing)


@given(dags())
def test_direct_parents_are_not_above_one_another_and_have_all_others_above_them(graph):
    cut = [direct(graph, n) for n in range(len(graph))]
    for n, own in enumerate(cut):
        assert own == [p for p in graph[n] if p in own]
        assert not any(p in above(graph, other) for p in own for other in own)
        assert above(cut, n) == above(graph, n)


# E before F and F before E: the class below both has no order if its parents name their direct parents alone.
TANGLED = [[], [], [1], [0], [3, 2], [2, 0], [5, 4]]


@given(dags(most=20))
@example(TANGLED)
def test_python_makes_classes_of_the_bases_with_the_same_ancestors(graph):
    _, edges = arrange(graph, [True] * len(graph), [0] * len(graph))
    parents = [direct(edges, n) for n in range(len(edges))]
    made = made_classes(bases(parents))
    for n, cls in enumerate(made):
        assert [m for m in range(len(made)) if m != n and issubclass(cls, made[m])] == sorted(above(edges, n))


@pytest.mark.parametrize("seed", range(5))
def test_python_makes_classes_of_large_tangles(seed):
    graph = large_dag(seed, size=300, most=3)
    _, edges = arrange(graph, [True] * len(graph), [0] * len(graph))
    parents = [direct(edges, n) for n in range(len(edges))]
    with pytest.raises(TypeError, match="method resolution"):
        made_classes(parents)
    statements = bases(parents)
    made_classes(statements)
    assert all(set(own) <= set(named) for own, named in zip(parents, statements, strict=True))


@given(dags(most=20))
@example(TANGLED)
def test_bases_are_the_direct_parents_where_python_takes_those(graph):
    _, edges = arrange(graph, [True] * len(graph), [0] * len(graph))
    parents = [direct(edges, n) for n in range(len(edges))]
    try:
        made_classes(parents)
    except TypeError:
        assert bases(parents) != parents
    else:
        assert bases(parents) == parents
