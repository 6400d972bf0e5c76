"""Which routes stand, and which movements the same routes use."""

from __future__ import annotations

import numpy as np
import pytest

from karvan.flows import layout_kernels as kernels


@pytest.mark.parametrize("seed", range(20))
def test_movements_of_the_same_routes_are_one_stream(seed):
    random = np.random.default_rng(seed)
    # movements in twos and threes that go together, and some that no route uses
    groups = [[0, 1], [2], [3, 4, 5], [6], [7, 8]]
    routes = [[m for g in np.flatnonzero(random.random(5) < 0.5) for m in groups[g]] for _ in range(6)]
    items = np.array([m for route in routes for m in random.permutation(route)], dtype=np.int64)
    pointer = np.cumsum([0, *(len(route) for route in routes)])
    stream, streams = kernels.same_routes(pointer, items, 10)
    users = [frozenset(r for r, route in enumerate(routes) if m in route) for m in range(10)]
    for one in range(10):
        assert (stream[one] == -1) == (not users[one])
        for other in range(10):
            if users[one] and users[other]:
                assert (stream[one] == stream[other]) == (users[one] == users[other])
    assert sorted(set(stream[stream >= 0].tolist())) == list(range(streams))


def test_routes_stand_where_all_their_arcs_are_open():
    pair_ptr, nest = np.array([0, 2, 3]), np.array([0, 1, 2])
    arc_ptr, arcs = np.array([0, 2, 3, 6]), np.array([0, 1, 2, 1, 3, 0])
    is_open, movement_of = np.array([True, True, False, True]), np.array([-1, 0, 1, 2])
    per_pair, *kept = kernels.lay_standing(pair_ptr, nest, arc_ptr, arcs, is_open, movement_of)
    assert per_pair.tolist() == [1, 1]
    assert [column.tolist() for column in kept] == [[0, 2], [0, 2, 5], [0, 1, 1, 3, 0], [0, 1, 3], [0, 0, 2]]
