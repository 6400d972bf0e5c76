"""What the corridor's kernels leave out or put together changes nothing that they find."""

from __future__ import annotations

import numpy as np
import pytest

from karvan.flows import contract_kernels, corridor_kernels
from karvan.flows import route_kernels as kernels


def ordered(by, other, states):
    order = np.argsort(by, kind="stable")
    return np.searchsorted(by[order], np.arange(states + 1)), other[order], order


def sparse_graph(seed):
    """Return a ring of chains with a few chords, both ways, some arcs shut and some doubled: much of it can be contracted."""
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


def any_order(seed, states, sources):
    """Return labels in an order that has nothing to do with costs, some of them left out."""
    random = np.random.default_rng(seed)
    labels = [random.permutation(kernels.LAYERS * states)[: random.integers(kernels.LAYERS * states)] for _ in sources]
    pointer = np.concatenate([[0], np.cumsum([len(theirs) for theirs in labels])])
    together = np.concatenate(labels)
    return (together % states).astype(np.int32), (together // states).astype(np.int8), pointer


def is_simple(head, route):
    return len(set(head[route].tolist())) == len(route)


@pytest.mark.parametrize("order", ["of costs", "any"])
@pytest.mark.parametrize("seed", range(40))
def test_a_contracted_graph_finds_the_same_routes(seed, order):
    states, tail, head, bit, weight, is_open = sparse_graph(seed)
    out, into = ordered(tail, head, states), ordered(head, tail, states)
    sources, targets = np.array([0, 7]), np.array([20, 33, 41, 41])
    number, count, start, heads, bits, pointer, arcs = contract_kernels.contract(
        *out, *into, bit, is_open, sources, targets, states
    )
    assert count < states
    best = np.full((4, kernels.NESTS), np.inf)
    near = (
        kernels.search_order(*out, np.where(is_open, weight * 1.1 + 0.3, np.inf), bit, states, sources)
        if order == "of costs"
        else any_order(seed, states, sources)
    )
    pair, nest, begin, path = kernels.cheaper_routes(
        start, heads, bits, pointer, arcs, corridor_kernels.sum_on_routes(pointer, arcs, weight), count, number[sources],
        np.array([0, 2, 4]), number[targets], best, number, *near, head,
    )  # fmt: skip
    found = {}
    for r, key in enumerate(zip(pair.tolist(), nest.tolist(), strict=True)):
        route = path[begin[r] : begin[r + 1]]
        assert tail[route[0]] == sources[key[0] // 2]
        assert head[route[-1]] == targets[key[0]]
        assert (head[route[:-1]] == tail[route[1:]]).all()
        found[key] = weight[route].sum()
    wanted = {}
    for p, target in enumerate(targets.tolist()):
        cost, before, by = kernels.search_by_mode(*out, weight, bit, states, sources[p // 2])
        for layer in range(1, kernels.LAYERS):
            label, route = layer * states + target, []
            while by[label] >= 0:
                route.append(by[label])
                label = before[label]
            # what passes a state twice is no route
            if np.isfinite(cost[layer * states + target]) and is_simple(head, route):
                wanted[p, kernels.NEST_OF_LAYER[layer]] = cost[layer * states + target]
    assert found == pytest.approx(wanted, rel=1e-12)


def test_only_what_is_cheaper_than_the_best_known_is_returned():
    states, tail, head, bit, weight, is_open = sparse_graph(3)
    out, into = ordered(tail, head, states), ordered(head, tail, states)
    ends = np.array([0]), np.array([20])
    number, count, start, heads, bits, pointer, arcs = contract_kernels.contract(
        *out, *into, bit, is_open, *ends, states
    )
    costs = corridor_kernels.sum_on_routes(pointer, arcs, weight)
    graph = (start, heads, bits, pointer, arcs, costs, count, number[ends[0]], np.array([0, 1]), number[ends[1]])
    order = (number, *any_order(0, states, ends[0]), head)
    _, nest, begin, path = kernels.cheaper_routes(*graph, np.full((1, kernels.NESTS), np.inf), *order)
    best = np.zeros((1, kernels.NESTS))
    first = weight[path[begin[0] : begin[1]]].sum()
    best[0, nest[0]] = first * (1 + 1e-9)
    assert kernels.cheaper_routes(*graph, best, *order)[1].tolist() == [nest[0]]
    best[0, nest[0]] = first * (1 - 1e-9)
    assert kernels.cheaper_routes(*graph, best, *order)[1].tolist() == []
