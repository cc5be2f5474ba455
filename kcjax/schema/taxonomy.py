"""The graph of classes and their parents: cycles broken, classes left out contracted, an order in which parents stand
before their children.

A graph is a list of lists: for every class, by its number, the numbers of its parents.
"""

from collections.abc import Iterable, Sequence

Graph = list[list[int]]


def children_of(parents: Graph) -> Graph:
    """The same edges the other way round; children in the order of their numbers."""
    children: Graph = [[] for _ in parents]
    for child, own in enumerate(parents):
        for parent in own:
            children[parent].append(child)
    return children


def closure(edges: Graph, starts: Iterable[int]) -> list[int]:
    """The starts and all that edges lead to from them, nearest first, each once."""
    found = list(dict.fromkeys(starts))
    seen = set(found)
    for member in found:
        for next_ in edges[member]:
            if next_ not in seen:
                seen.add(next_)
                found.append(next_)
    return found


def break_cycles(parents: Graph, age: Sequence[int]) -> list[tuple[int, int]]:
    """Takes out of `parents` as (child, parent) what makes them circular, and returns it.

    Of the edges inside a cycle the one to the youngest parent goes (`age` highest, then that of the child), for the
    older of two classes is more often the general one; then again, until there is none.
    """
    import numpy as np
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    removed = [(child, child) for child, own in enumerate(parents) if child in own]
    for child, _ in removed:
        parents[child].remove(child)
    while True:
        children = np.repeat(np.arange(len(parents)), [len(own) for own in parents])
        targets = np.fromiter((parent for own in parents for parent in own), np.int64, len(children))
        ones = np.ones(len(children), np.int8)
        shape = (len(parents), len(parents))
        _, component = connected_components(csr_array((ones, (children, targets)), shape), connection="strong")
        inside = np.flatnonzero(component[children] == component[targets])
        if not len(inside):
            return sorted(removed)
        worst: dict[int, tuple[int, int, int, int]] = {}
        for child, parent in zip(children[inside].tolist(), targets[inside].tolist(), strict=True):
            at = int(component[child])
            worst[at] = max(worst.get(at, (-1, -1, 0, 0)), (age[parent], age[child], child, parent))
        for _, _, child, parent in worst.values():
            parents[child].remove(parent)
            removed.append((child, parent))


def topological(parents: Graph) -> list[int]:
    """All classes, parents before children; of those that are free to stand next, the one found first.

    The graph must be without cycles.
    """
    children = children_of(parents)
    waiting = [len(own) for own in parents]
    order = [number for number, count in enumerate(waiting) if not count]
    for number in order:
        for child in children[number]:
            waiting[child] -= 1
            if not waiting[child]:
                order.append(child)
    return order


def contract(parents: Graph, keep: Sequence[bool]) -> Graph:
    """Edges past the classes that are not kept: their children get their parents. Those not kept have edges too."""
    result: Graph = [[] for _ in parents]
    for number in topological(parents):
        found: dict[int, None] = {}
        for parent in parents[number]:
            found.update(dict.fromkeys([parent] if keep[parent] else result[parent]))
        result[number] = list(found)
    return result


def depths(parents: Graph) -> list[int]:
    """The longest way up from each class: 0 for one without parents."""
    depth = [0] * len(parents)
    for number in topological(parents):
        depth[number] = max((depth[parent] + 1 for parent in parents[number]), default=0)
    return depth


def arrange(near: Graph, keep: Sequence[bool], rank: Sequence[int]) -> tuple[list[int], Graph]:
    """The classes kept, parents before children, and their edges by their places in that order.

    Deeper classes stand later, of equally deep ones that with the lower rank first. The parents of each are sorted from
    the last place to the first, so that the deepest comes first.

    Args:
      near: what `contract` made of the graph.
    """
    depth = depths([own if keep[n] else [] for n, own in enumerate(near)])
    order = sorted((n for n in range(len(near)) if keep[n]), key=lambda n: (depth[n], rank[n], n))
    place = {n: at for at, n in enumerate(order)}
    return order, [sorted((place[p] for p in near[n]), reverse=True) for n in order]


def direct(parents: Graph, number: int) -> list[int]:
    """The parents of a class less those that another parent descends from."""
    own = parents[number]
    if len(own) < 2:
        return own
    above = {ancestor for parent in own for ancestor in closure(parents, parents[parent])}
    return [parent for parent in own if parent not in above]


def bases(parents: Graph) -> Graph:
    """The parents that class statements must name for Python to find a method resolution order for every class.

    Nearly always they are the direct ones. Where those of a class cannot be merged, it and all above it name all their
    ancestors, from the last to the first: then all of them have that one order.

    Args:
      parents: the direct ones; numbers of parents are lower than those of their children.
    """
    found = [list(own) for own in parents]
    while True:
        orders: Graph = []
        stuck = []
        for number, own in enumerate(found):
            order = _merged([[parent, *orders[parent]] for parent in own] + [own])
            if order is None:
                stuck.append(number)
                order = _above(parents, number)
            orders.append(order)
        if not stuck:
            return found
        for number in closure(parents, stuck):
            if len(parents[number]) > 1:
                found[number] = _above(parents, number)


def _above(parents: Graph, number: int) -> list[int]:
    return sorted(closure(parents, [number])[1:], reverse=True)


def _merged(orders: Graph) -> list[int] | None:
    """Python's (C3) merge of method resolution orders, the last of them that of the bases; None if there is none."""
    if len(orders) == 2:  # one parent
        return orders[0]
    waiting = [order[::-1] for order in orders if order]
    merged = []
    while waiting:
        later = {member for order in waiting for member in order[:-1]}
        first = next((order[-1] for order in waiting if order[-1] not in later), None)
        if first is None:
            return None
        merged.append(first)
        for order in waiting:
            if order[-1] == first:
                order.pop()
        waiting = [order for order in waiting if order]
    return merged
