"""What the corridor's kernels leave out or put together changes nothing that they find."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from karvan.flows import elimination_kernels as kernels
from karvan.flows import route_kernels
from karvan.flows.corridor_kernels import by_length, keep_items


def ordered(by, other, states):
    order = np.argsort(by, kind="stable")
    return np.searchsorted(by[order], np.arange(states + 1)), other[order], order


def sparse_graph(seed):
    """Return a ring of chains with a few chords, both ways, some arcs shut and some doubled."""
    random = np.random.default_rng(seed)
    states = 60
    one = np.concatenate([np.arange(states), random.integers(0, states, 6)])
    two = np.concatenate([(np.arange(states) + 1) % states, random.integers(0, states, 6)])
    keep = one != two
    tail, head = np.concatenate([one[keep], two[keep]]), np.concatenate([two[keep], one[keep]])
    # both ways of a link are of one mode
    bit = np.tile(random.choice([0, 1, 2, 4], keep.sum(), p=[0.2, 0.4, 0.35, 0.05]).astype(np.int64), 2)
    again = random.integers(0, len(tail), 3)
    tail, head = np.concatenate([tail, tail[again]]), np.concatenate([head, head[again]])
    bit = np.concatenate([bit, random.choice([1, 2, 4], 3)])
    is_open = random.random(len(tail)) < 0.97
    return states, tail, head, bit, np.where(is_open, random.uniform(0.1, 9.0, len(tail)), np.inf), is_open


def is_simple(head, route):
    return len(set(head[route].tolist())) == len(route)


@pytest.mark.parametrize("seed", range(40))
def test_elimination_finds_the_cheapest_ways(seed):
    """Dijkstra's search by mode is the oracle; where its cheapest way passes a state twice, elimination may know a dearer one."""
    states, tail, head, bit, weight, _ = sparse_graph(seed)
    sources, targets = np.array([states, states + 1]), np.array([states + 2, states + 3, states + 4])
    tail = np.concatenate([tail, sources, [20, 33, 41]])
    head = np.concatenate([head, [0, 7], targets])
    bit, weight = np.concatenate([bit, np.zeros(5, dtype=np.int64)]), np.concatenate([weight, np.zeros(5)])
    states += 5
    kept = np.zeros(states, dtype=bool)
    kept[sources] = kept[targets] = True
    ends = [(source, target) for source in sources.tolist() for target in targets.tolist()]
    planned, count, joins, wanted = planned_for(tail, head, bit, kept, states, ends)
    lanes = np.column_stack([weight * (1 + lane) for lane in range(kernels.LANES)])
    cost = kernels.eliminate(planned, count, joins, lanes)
    made, arcs = by_place(joins[:, 2], count), by_place(planned, count)
    for pair, (source, target) in enumerate(ends):
        for lane in range(kernels.LANES):
            known, before, by = route_kernels.search_by_mode(
                *ordered(tail, head, states), lanes[:, lane].copy(), bit, states, source
            )
            for layer in range(1, kernels.LAYERS):
                label, route = layer * states + target, []
                while by[label] >= 0:
                    route.append(by[label])
                    label = before[label]
                least, at = known[layer * states + target], wanted[pair, layer]
                found = cost[at, lane] if at >= 0 else np.inf
                assert found >= least * (1 - 1e-12)
                if not np.isfinite(least) or not is_simple(head, route):
                    continue
                assert found == pytest.approx(least, rel=1e-12)
                _, path = kernels.simple_ways(
                    np.array([at]), np.array([lane]), np.array([source]), cost, joins, *made, *arcs, lanes, head, states
                )
                assert path.tolist() == route[::-1]


def planned_for(tail, head, bit, kept, states, ends):
    of_arc, place, count, joint = kernels.plan(tail, head, kept, states)
    return kernels.by_layers(of_arc, count, joint, bit, np.array([place[source, target] for source, target in ends]))


def by_place(place, count):
    order = np.argsort(place, kind="stable")
    return np.searchsorted(place[order], np.arange(count + 1)), order


def test_a_way_that_passes_a_state_twice_has_none():
    """From 0 by 1 to 5; to move by road as well is to go round by 2 and 3 and pass 1 again."""
    joined = [(0, 1, 0), (1, 5, 0), (1, 2, 1), (2, 3, 1), (3, 1, 2), (2, 4, 1), (4, 3, 1), (3, 4, 1), (4, 2, 1)]
    tail, head, bit = (np.array(column, dtype=np.int64) for column in zip(*joined, strict=True))
    lanes = np.ones((len(joined), kernels.LANES))
    kept = np.array([True, False, False, False, False, True])
    of_arc, count, joins, wanted = planned_for(tail, head, bit, kept, 6, [(0, 5)])
    cost = kernels.eliminate(of_arc, count, joins, lanes)
    # out and straight on costs 2; round it is 1 + 1 + 1 + 1 + 1
    assert [cost[at, 0] if at >= 0 else np.inf for at in wanted[0].tolist()] == [2.0, np.inf, np.inf, 5.0, np.inf]
    begin, path = kernels.simple_ways(
        wanted[0, [0, 3]], np.array([0, 3]), np.array([0, 0]), cost, joins, *by_place(joins[:, 2], count),
        *by_place(of_arc, count), lanes, head, 6,
    )  # fmt: skip
    assert begin.tolist() == [0, 2, 2]
    assert path.tolist() == [0, 1]


def test_distinct_ways_are_the_first_of_each():
    """Six ways of two pairs: one again, one with an arc more, one that is not there, one of the other pair."""
    ways = [[1, 2], [1, 2], [1, 2, 3], [], [1, 2], [1, 3]]
    begin, pair = np.cumsum([0, *(len(way) for way in ways)]), np.array([0, 0, 0, 0, 1, 0])
    found = kernels.distinct_ways(pair, begin, np.concatenate(ways).astype(np.int64), 2)
    assert found.tolist() == [0, 2, 4, 5]


def test_costs_of_arcs_by_hand():
    """Two time values; a movement that costs 5 dollars and 2 hours more, a price below nothing, and an arc that is shut."""
    price, hours, is_open = np.array([1.0, -9.0, 1.0]), np.array([3.0, 1.0, 1.0]), np.array([True, True, False])
    found = kernels.arc_costs(
        price, hours, is_open, np.array([1, -1, 0]), 1, np.array([0.0, 0.0, 5.0]), np.array([0.0, 0.0, 2.0]),
        np.array([10.0, 20.0]), np.array([11.0, 21.0]), kernels.LANES,
    )  # fmt: skip
    assert found[0].tolist() == [1 + 5 + 30 + 22, 1 + 5 + 60 + 42, np.inf, np.inf]
    assert found[1].tolist() == [1.0, 11.0, np.inf, np.inf]
    assert found[2].tolist() == [np.inf] * kernels.LANES


def test_what_is_cheaper_than_the_least_known():
    """Two routes of one pair by rail and one by road; rail is to be beaten by a tenth."""
    weight = np.array([[1.0, 2.0, 1.0, 1.0], [4.0, 4.0, 4.0, 4.0], [9.0, 9.0, 9.0, 9.0]])
    known = kernels.known_costs(
        np.array([0, 3]),
        np.array([0, 0, 1]),
        np.array([0, 1, 3]),
        np.array([0, 2, 3, 4, 5]),
        np.array([0, 0, 1, 0, 2]),
        weight,
    )
    assert known[0].tolist() == [[2.0, 4.0, 2.0, 2.0], [9.0] * 4, [np.inf] * 4, [np.inf] * 4]
    cost = np.array([[1.9, 3.5, 1.7, 2.0], [np.inf, 50.0, np.inf, np.inf]])
    lane, pair, nest = kernels.cheaper_ways(cost, np.array([[0, -1, 1, -1]]), known, 0.9)
    assert list(zip(lane.tolist(), pair.tolist(), nest.tolist(), strict=True)) == [(1, 0, 0), (1, 0, 2), (2, 0, 0)]


@pytest.mark.parametrize("seed", range(20))
def test_routes_by_length_are_the_same_routes(seed):
    random = np.random.default_rng(seed)
    sizes = random.integers(0, 7, random.integers(0, 30))
    pointer = np.cumsum([0, *sizes])
    items = random.integers(0, 50, pointer[-1]).astype(np.uint32)
    length_ptr, route, item = by_length(pointer, items)
    assert sorted(route.tolist()) == list(range(len(sizes)))
    at = 0
    for length in range(len(length_ptr) - 1):
        own = route[length_ptr[length] : length_ptr[length + 1]].tolist()
        # as long as they are said to be, and in the order in which they stood
        assert own == sorted(own)
        for r in own:
            assert item[at : at + length].tolist() == items[pointer[r] : pointer[r + 1]].tolist()
            assert length == sizes[r]
            at += length
    assert at == len(items)


@pytest.mark.parametrize("seed", range(20))
def test_items_that_are_kept_are_those_with_a_number(seed):
    random = np.random.default_rng(seed)
    pointer = np.cumsum([0, *random.integers(0, 6, random.integers(0, 20))])
    items, number = random.integers(0, 9, pointer[-1]), random.permutation(9) - random.integers(0, 9)
    kept_ptr, kept = keep_items(pointer, items, number)
    wanted = [[n for n in number[items[a:b]].tolist() if n >= 0] for a, b in itertools.pairwise(pointer)]
    assert [kept[a:b].tolist() for a, b in itertools.pairwise(kept_ptr)] == wanted
