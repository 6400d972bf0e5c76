"""The search of the audit for routes that are missing: it finds what a search of the whole graph finds."""

import itertools

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from karvan.errors import AuditError
from karvan.flows.missing_audit import SearchTask, _joined, _least_costs, audit_missing


def _tasks(rng, states):
    """Return searches in a graph of chains, loops, dead ends and arcs beside each other, some of which cost nothing."""
    hubs = rng.choice(states, size=max(3, states // 6), replace=False)
    ends = [(a, b) for a, b in itertools.pairwise(rng.permutation(states)) if rng.random() < 0.9]
    ends += [(b, a) for a, b in ends if rng.random() < 0.5]
    ends += [tuple(rng.choice(hubs, size=2)) for _ in range(states // 2)]
    ends += [ends[i] for i in rng.choice(len(ends), size=3)]
    tail, head = np.array(ends, dtype=np.int64).T
    weight = np.where(rng.random(len(tail)) < 0.1, 0.0, rng.random(len(tail)))
    sources, targets = rng.choice(states, size=3, replace=False), rng.choice(states, size=(3, 4))
    best = np.full(4, np.inf)
    return [
        SearchTask(tail, head, weight, states, int(source), theirs, best)
        for source, theirs in zip(sources, targets, strict=True)
    ]


def _by_whole_graph(task):
    """Return the costs of a task by a search of all states, arc by arc."""
    dense = np.zeros((task.states, task.states))
    for tail, head, weight in zip(task.tail, task.head, task.weight, strict=True):
        if tail != head and np.isfinite(weight):
            before = dense[tail, head]
            dense[tail, head] = min(max(weight, 1e-12), before or np.inf)
    return dijkstra(csr_array(dense), indices=task.source)[task.targets]


@pytest.mark.parametrize("seed", range(60))
def test_costs_are_those_of_the_whole_graph(seed):
    rng = np.random.default_rng(seed)
    tasks = _tasks(rng, int(rng.integers(12, 90)))
    found = _least_costs(tasks, np.concatenate([task.best for task in tasks]))
    whole = np.concatenate([_by_whole_graph(task) for task in tasks])
    np.testing.assert_allclose(found, whole, rtol=1e-12, atol=1e-9)
    # the same graph at other costs, and with some arcs shut
    shut = np.where(rng.random(len(tasks[0].weight)) < 0.2, np.inf, tasks[0].weight)
    for other in (tasks[0].weight[::-1].copy(), shut):
        again = [SearchTask(t.tail, t.head, other, t.states, t.source, t.targets, t.best) for t in tasks]
        found = _least_costs(again, np.concatenate([task.best for task in again]))
        whole = np.concatenate([_by_whole_graph(task) for task in again])
        np.testing.assert_allclose(found, whole, rtol=1e-12, atol=1e-9)


def test_states_where_ways_do_not_part_are_taken_out():
    # a line of 50 states both ways, with a dead end in the middle
    ends = [(k, k + 1) for k in range(49)] + [(k + 1, k) for k in range(49)] + [(25, 50)]
    left = _joined([a for a, _ in ends], [b for _, b in ends], 51, {0, 49})
    assert {(way.tail, way.head) for way in left} == {(0, 49), (49, 0)}
    assert [len(way.arcs) for way in left] == [49, 49]


def _line(best, weight=1.0):
    tail, head = np.array([0, 1, 2, 0]), np.array([1, 2, 3, 3])
    return SearchTask(tail, head, np.array([1.0, weight, 1.0, 5.0]), 4, 0, np.array([3]), np.array([best]))


def test_a_route_by_states_that_are_taken_out_is_found_missing():
    assert audit_missing([_line(3.0)]) == 0.0
    assert audit_missing([_line(3.1)]) == pytest.approx(1 - 3.0 / 3.1)
    with pytest.raises(AuditError, match=r"a route is missing that is cheaper than the best known by 40\.0%"):
        audit_missing([_line(5.0)])


def test_a_way_where_none_is_known():
    with pytest.raises(AuditError, match="a route is missing"):
        audit_missing([_line(np.inf)])


def test_no_way_at_all():
    nowhere = np.array([], dtype=np.int64)
    task = SearchTask(nowhere, nowhere, np.array([]), 4, 0, np.array([3]), np.array([np.inf]))
    assert audit_missing([task]) == 0.0


@pytest.mark.parametrize(("best", "weight"), [(3.0, -1.0), (-3.0, 1.0), (np.nan, 1.0), (3.0, np.nan)])
def test_costs_that_are_none(best, weight):
    with pytest.raises(AuditError, match="a cost with which missing routes are sought is no number, or negative"):
        audit_missing([_line(best, weight)])
