"""Which routes stand, and which movements the same routes use."""

from __future__ import annotations

import numpy as np
import pytest

from karvan.flows import layout_kernels as kernels
from karvan.flows.layout import Streams


def lay_standing(pair_ptr, nest, arc_ptr, arcs, is_open, movement_of):
    """Lay routes of which none is known."""
    pointer, empty = np.zeros(len(pair_ptr), dtype=np.int64), np.zeros(0, dtype=np.int64)
    nothing = kernels.KnownRoutes(pointer, empty, pointer, empty, pointer[:1], empty.astype(np.int32))
    return kernels.lay_standing(pair_ptr, nest, arc_ptr, arcs, is_open, movement_of, nothing)


def streams_of(pointer, items, movements):
    """Return the streams of movements of which none is known."""
    nothing = Streams(np.full(movements, -1), 0, np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int64))
    return kernels.streams_of(pointer, items, np.full(len(pointer) - 1, -1), nothing)


@pytest.mark.parametrize("seed", range(20))
def test_movements_of_the_same_routes_are_one_stream(seed):
    random = np.random.default_rng(seed)
    # movements in twos and threes that go together, and some that no route uses
    groups = [[0, 1], [2], [3, 4, 5], [6], [7, 8]]
    routes = [[m for g in np.flatnonzero(random.random(5) < 0.5) for m in groups[g]] for _ in range(6)]
    items = np.array([m for route in routes for m in random.permutation(route)], dtype=np.int64)
    pointer = np.cumsum([0, *(len(route) for route in routes)])
    stream, streams, stream_ptr, stream_item = streams_of(pointer, items, 10)
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
    per_pair, *kept, source = lay_standing(pair_ptr, nest, arc_ptr, arcs, is_open, movement_of)
    assert source.tolist() == [-1, -1]
    assert per_pair.tolist() == [1, 1]
    assert [column.tolist() for column in kept] == [[0, 2], [0, 2], [0, 1, 3], [0, 0, 2]]
    pointer, items = kernels.arcs_of_kept(kept[0], arc_ptr, arcs)
    assert (pointer.tolist(), items.tolist()) == ([0, 2, 5], [0, 1, 1, 3, 0])
    costs = np.array([1.0, 2.0, 4.0, 8.0]), np.array([0.5, 0.25, 9.0, 1.0])
    nothing = np.zeros(0)
    usd, hours = kernels.sum_on_kept(kept[0], arc_ptr, arcs, *costs, np.array([-1, -1]), nothing, nothing)
    assert (usd.tolist(), hours.tolist()) == ([3.0, 11.0], [0.75, 1.75])
    # what has a source is taken from there
    usd, hours = kernels.sum_on_kept(
        kept[0], arc_ptr, arcs, *costs, np.array([-1, 1]), np.array([5.0, 6.0]), np.array([7.0, 8.0])
    )
    assert (usd.tolist(), hours.tolist()) == ([3.0, 6.0], [0.75, 8.0])


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
    among = np.flatnonzero(random.random(3) < 0.7)
    found, pairs = kernels.routes_beyond(among, pair_ptr, *mine, own_ptr, *own, is_open)
    wanted = [
        r for r, route in enumerate(both[0])
        if route[0] in among and route not in both[1] and is_open[list(route[2])].all()
    ]  # fmt: skip
    assert found.tolist() == wanted
    assert pairs.tolist() == [both[0][r][0] for r in wanted]


def columns(routes):
    pair, nest = (np.array([route[k] for route in routes], dtype=np.int64) for k in (0, 1))
    pointer = np.cumsum([0, *(len(arcs) for _, _, arcs in routes)])
    return pair, nest, pointer, np.array([arc for _, _, arcs in routes for arc in arcs], dtype=np.int64)


@pytest.mark.parametrize("seed", range(60))
def test_routes_that_are_added_are_laid_as_from_nothing(seed):
    """What stands, and its streams, sizes and sums, are the same to the last bit where only the added ones are looked at."""
    random = np.random.default_rng(seed)
    pairs, arcs, movements = 4, 14, 9
    old, new = random.integers(0, 16), random.integers(0, 7)
    # routes of parts that often go together, so that streams stay whole, part, and begin
    parts = [random.choice(arcs, random.integers(1, 4), replace=False).tolist() for _ in range(6)]
    made = [
        (int(random.integers(pairs)), int(random.integers(kernels.NESTS)),
         list(dict.fromkeys(arc for part in random.choice(6, 2) for arc in parts[part])))
        for _ in range(old + new)
    ]  # fmt: skip
    pair, *flat = columns(sorted(made[:old], key=lambda route: route[:2]))
    pair_ptr = np.searchsorted(pair, np.arange(pairs + 1))
    more = kernels.add_routes(pair_ptr, *flat, *columns(made[old:]))
    was_open, movement_of = random.random(arcs) < 0.9, random.integers(-1, movements, arcs)
    # where more is open routes that did not stand may
    is_open = was_open | (random.random(arcs) < random.choice([0.0, 0.7]))
    costs, length = random.random((2, arcs)), random.random(movements)

    per_pair, kept, nest, ways, items, _ = lay_standing(pair_ptr, *flat, was_open, movement_of)
    known_ptr, none, nothing = np.cumsum([0, *per_pair]), np.full(len(kept), -1), np.zeros(0)
    sizes = kernels.path_sizes(known_ptr, nest, ways, items, length, movements, none, nothing)
    sums = kernels.sum_on_kept(kept, *flat[1:], *costs, none, nothing, nothing)
    streams = Streams(*streams_of(ways, items, movements))

    known = kernels.KnownRoutes(pair_ptr, flat[0], known_ptr, kept, ways, items)
    *found, source = kernels.lay_standing(*more, is_open, movement_of, known)
    *wanted, _ = lay_standing(*more, is_open, movement_of)
    same(found, wanted)
    per_pair, kept, nest, ways, items = wanted
    assert (source >= 0).sum() == len(none)
    ptr, none = np.cumsum([0, *per_pair]), np.full(len(kept), -1)
    same(
        [kernels.path_sizes(ptr, nest, ways, items, length, movements, source, sizes)],
        [kernels.path_sizes(ptr, nest, ways, items, length, movements, none, nothing)],
    )
    same(
        kernels.sum_on_kept(kept, *more[2:], *costs, source, *sums),
        kernels.sum_on_kept(kept, *more[2:], *costs, none, nothing, nothing),
    )
    same(kernels.streams_of(ways, items, source, streams), streams_of(ways, items, movements))


def test_movements_that_are_taken_for_one_stream_by_chance_are_found_out():
    """Movements 0 and 1 are on routes of their own; were their sums equal, each route would lack what is said to lead it."""
    pointer, items, alone = np.array([0, 1, 2]), np.array([0, 1]), np.array([-1, -1])
    known = Streams(np.array([-1, -1]), 0, np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int64))
    for leader, wanted in (([0, 0], False), ([0, 1], True)):
        found, first, renamed = kernels._numbered(np.array(leader), known.of, known.number)
        *_, fine = kernels._listed(pointer, items, alone, known, found, first, renamed)
        assert fine is wanted


def same(found, wanted):
    assert all(np.array_equal(one, other) for one, other in zip(found, wanted, strict=True))


def test_path_sizes_by_hand():
    """Of 10 and 30 km the first is shared by two rail routes; the road route over the same links shares with none."""
    length = np.array([10.0, 30.0, 30.0])
    found = kernels.path_sizes(
        np.array([0, 3]), np.array([0, 0, 1]), np.array([0, 2, 4, 6]), np.array([0, 1, 0, 2, 0, 1]), length, 3,
        np.full(3, -1), np.zeros(0),
    )  # fmt: skip
    assert found == pytest.approx(np.log([35 / 40, 35 / 40, 1.0]))
