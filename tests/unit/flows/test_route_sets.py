"""Sets of routes that grow, and take over what others have found."""

from __future__ import annotations

import numpy as np
import pytest

from karvan.flows.route_sets import FormRoutes

PAIRS = [("a", "b"), ("b", "c"), ("c", "a")]


def listed(routes):
    pair_ptr, nest, arc_ptr, arcs = routes.flat
    return [
        [(int(nest[r]), tuple(arcs[arc_ptr[r] : arc_ptr[r + 1]].tolist())) for r in range(pair_ptr[p], pair_ptr[p + 1])]
        for p in range(len(routes.pairs))
    ]


def grown(routes, random):
    """Return routes with a few more, and some of them twice where chance has it."""
    count = int(random.integers(0, 4))
    paths = [random.integers(0, 9, random.integers(1, 3)).tolist() for _ in range(count)]
    known = {(p, *route) for p, theirs in enumerate(listed(routes)) for route in theirs}
    new = [(int(random.integers(3)), int(random.integers(2)), tuple(path)) for path in paths]
    new = [route for route in dict.fromkeys(new) if route not in known]
    pairs, ways = (np.array([route[k] for route in new], dtype=np.int64) for k in (0, 1))
    pointer = np.cumsum([0, *(len(path) for _, _, path in new)])
    return routes.plus(pairs, ways, pointer, np.array([arc for _, _, path in new for arc in path], dtype=np.int64))


def test_routes_stand_by_way_of_going():
    routes = FormRoutes.of("bulk", PAIRS, [[(2, (1,)), (0, (3, 4)), (2, (0,))], [], [(1, (5,))]])
    assert listed(routes) == [[(0, (3, 4)), (2, (1,)), (2, (0,))], [], [(1, (5,))]]


@pytest.mark.parametrize("seed", range(30))
def test_what_another_set_has_is_found_where_versions_differ(seed):
    """The oracle is the same set with versions of its own, so that every pair is looked through."""
    random = np.random.default_rng(seed)
    root = FormRoutes.of("bulk", PAIRS, [[(0, (0, 1)), (1, (2,))], [(0, (3,))], []])
    one = grown(grown(root, random), random)
    other = grown(one if seed % 3 == 0 else root, random)
    is_open = random.random(9) < 0.8
    found = one.plus_open(other, is_open)
    apart = FormRoutes.first(other.form, other.pairs, other.flat)
    assert listed(found) == listed(one.plus_open(apart, is_open))
    lacking = [
        [route for route in theirs if route not in mine and is_open[list(route[1])].all()]
        for mine, theirs in zip(listed(one), listed(other), strict=True)
    ]
    assert [set(theirs) for theirs in listed(found)] == [
        set(mine) | set(more) for mine, more in zip(listed(one), lacking, strict=True)
    ]
    # nothing is lacking any more, and nothing is made anew
    assert found.plus_open(other, is_open) is found


def test_sets_of_the_same_routes_lack_nothing():
    root = FormRoutes.of("bulk", PAIRS, [[(0, (0, 1))], [], []])
    assert root.plus_open(root, np.ones(9, dtype=bool)) is root
    assert root.plus_open(FormRoutes.first(root.form, root.pairs, root.flat), np.ones(9, dtype=bool)) is root
