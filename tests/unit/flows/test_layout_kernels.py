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
    stream, streams, stream_ptr, stream_item = kernels.streams_of(pointer, items, 10)
    for r in range(len(routes)):
        theirs = stream[items[pointer[r] : pointer[r + 1]]].tolist()
        assert stream_item[stream_ptr[r] : stream_ptr[r + 1]].tolist() == list(dict.fromkeys(theirs))
    users = [frozenset(r for r, route in enumerate(routes) if m in route) for m in range(10)]
    assert stream_ptr[-1] == len(stream_item)
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
    assert [column.tolist() for column in kept] == [[0, 2], [0, 2], [0, 1, 3], [0, 0, 2]]
    pointer, items = kernels.arcs_of_kept(kept[0], arc_ptr, arcs)
    assert (pointer.tolist(), items.tolist()) == ([0, 2, 5], [0, 1, 1, 3, 0])
    usd, hours = kernels.sum_on_kept(
        kept[0], arc_ptr, arcs, np.array([1.0, 2.0, 4.0, 8.0]), np.array([0.5, 0.25, 9.0, 1.0])
    )
    assert (usd.tolist(), hours.tolist()) == ([3.0, 11.0], [0.75, 1.75])


@pytest.mark.parametrize("seed", range(10))
def test_routes_are_added_behind_those_of_their_pair_and_way(seed):
    """Sorting by pair and way of going, with equals left in order, is the oracle."""
    random = np.random.default_rng(seed)
    pairs, old, new = 5, random.integers(0, 9), random.integers(0, 9)
    made = [
        (int(random.integers(pairs)), int(random.integers(kernels.NESTS)), random.integers(0, 50, random.integers(1, 5)).tolist())
        for _ in range(old + new)
    ]  # fmt: skip
    given = sorted(made[:old], key=lambda route: route[:2])
    pair, nest, pointer, arcs = columns(given)
    pair_ptr = np.searchsorted(pair, np.arange(pairs + 1))
    found = kernels.add_routes(pair_ptr, nest, pointer, arcs, *columns(made[old:]))
    wanted = sorted([*given, *made[old:]], key=lambda route: route[:2])
    pair, nest, pointer, arcs = columns(wanted)
    assert found[0].tolist() == np.searchsorted(pair, np.arange(pairs + 1)).tolist()
    assert [column.tolist() for column in found[1:]] == [nest.tolist(), pointer.tolist(), arcs.tolist()]


@pytest.mark.parametrize("seed", range(10))
def test_routes_that_others_lack(seed):
    """Sets of routes are the oracle; some stand in both, some have the arcs of another and another way of going."""
    random = np.random.default_rng(seed)
    shapes = [random.integers(0, 12, random.integers(1, 4)).tolist() for _ in range(5)]
    both = [
        sorted(
            {(int(random.integers(3)), int(random.integers(2)), tuple(shapes[random.integers(5)])) for _ in range(count)},
            key=lambda route: (route[0], random.random()),
        )
        for count in (12, 9)
    ]  # fmt: skip
    is_open = random.random(12) < 0.8
    (pair, *mine), (own_pair, *own) = (columns(routes) for routes in both)
    pair_ptr, own_ptr = (np.searchsorted(pairs, np.arange(4)) for pairs in (pair, own_pair))
    found, pairs = kernels.routes_beyond(pair_ptr, *mine, own_ptr, *own, is_open)
    wanted = [r for r, route in enumerate(both[0]) if route not in both[1] and is_open[list(route[2])].all()]
    assert found.tolist() == wanted
    assert pairs.tolist() == [both[0][r][0] for r in wanted]


def columns(routes):
    pair, nest = (np.array([route[k] for route in routes], dtype=np.int64) for k in (0, 1))
    pointer = np.cumsum([0, *(len(arcs) for _, _, arcs in routes)])
    return pair, nest, pointer, np.array([arc for _, _, arcs in routes for arc in arcs], dtype=np.int64)


def test_path_sizes_by_hand():
    """Of 10 and 30 km the first is shared by two rail routes; the road route over the same links shares with none."""
    length = np.array([10.0, 30.0, 30.0])
    found = kernels.path_sizes(
        np.array([0, 3]), np.array([0, 0, 1]), np.array([0, 2, 4, 6]), np.array([0, 1, 0, 2, 0, 1]), length, 3
    )
    assert found == pytest.approx(np.log([35 / 40, 35 / 40, 1.0]))
