"""Whether a run of the corridor solver lacks a route: part of its audit, and as ignorant of the solver.

The cheapest way between the ends of every pair is found by SciPy's Dijkstra. States where ways do not part are taken out before:
what comes in there goes on with what leaves, at the sum of both costs, so that the cheapest costs are the same and a fifth of
the states has to be searched.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from karvan.errors import AuditError

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

#: A missing route may be cheaper than the best known by this share of its cost: routes are sought at costs that are met roughly.
MISSING_SHARE = 0.05
#: Least cost of a way: nought would be no way in a sparse matrix.
LEAST_COST = 1e-12
#: Graphs of which it is kept where ways part, by their content.
KEPT = 32


@dataclass(frozen=True, eq=False)
class SearchTask:
    """A search for missing routes: a graph, its weights, and the best known cost of its pairs.

    Attributes
    ----------
    tail, head, weight
        Arcs, with their cost at the equilibrium; infinite where they are not open.
    states, source
        Number of states; where to begin.
    targets, best
        Where pairs end; cost of the best route known.
    """

    tail: Ints
    head: Ints
    weight: Floats
    states: int
    source: int
    targets: Ints
    best: Floats


def audit_missing(tasks: list[SearchTask]) -> float:
    """Return the largest share by which a route that is missing is cheaper than the best of its pair.

    Raises
    ------
    AuditError
        It is too large, or a cost is none.
    """
    worst = 0.0
    # searches from several origins share their arrays
    together: dict[tuple[int, int, int, int], list[SearchTask]] = {}
    for task in tasks:
        together.setdefault((id(task.tail), id(task.head), id(task.weight), task.states), []).append(task)
    for theirs in together.values():
        known = np.concatenate([task.best for task in theirs])
        # what is no number is not at least nothing either
        if not ((theirs[0].weight >= 0).all() and (known >= 0).all()):
            message = "corridor flows: a cost with which missing routes are sought is no number, or negative"
            raise AuditError(message)
        worst = max(worst, _largest_gain(known, _least_costs(theirs, known)))
    if worst > MISSING_SHARE:
        message = f"corridor flows: a route is missing that is cheaper than the best known by {worst:.1%}"
        raise AuditError(message)
    return worst


def _least_costs(tasks: list[SearchTask], known: Floats) -> Floats:
    """Return the cost of the cheapest way of every pair of searches in one graph; infinite where it is dearer than all known."""
    targets = np.concatenate([task.targets for task in tasks])
    sources = np.array([task.source for task in tasks])
    ends = np.unique(np.concatenate([targets, sources]))
    one = tasks[0]
    ways = _ways(one.tail.tobytes(), one.head.tobytes(), one.states, ends.tobytes())
    # a way that costs more than every best known is not missing
    limit = float(known.max()) if len(known) and np.isfinite(known).all() else np.inf
    costs = np.atleast_2d(dijkstra(ways.graph(one.weight), indices=ways.number[sources], limit=limit))
    found: Floats = costs[np.repeat(np.arange(len(tasks)), [len(task.targets) for task in tasks]), ways.number[targets]]
    return found


def _largest_gain(best: Floats, cost: Floats) -> float:
    """Return by which share of the best known the cheapest way of a pair is cheaper, at most over all pairs."""
    there = np.isfinite(cost)
    known = np.isfinite(best) & there & (best > 0)
    gain = np.where(known, 1 - np.where(known, cost, 0.0) / np.where(known, best, 1.0), there & np.isinf(best))
    return float(np.max(gain, initial=0.0))


@dataclass(frozen=True, eq=False)
class _Ways:
    """The ways between the states of a graph where ways part.

    Attributes
    ----------
    number
        Of every state its number among those that are left, -1 where it is not.
    arcs
        The arcs of every way: one row each, in order of where they lead.
    first
        Where the ways between the same two states begin.
    row, column
        Where each row of the matrix of those states begins, and the column of each place.
    """

    number: Ints
    arcs: csr_array[np.float64, tuple[int, int]]
    first: Ints
    row: Ints
    column: Ints

    def graph(self, weight: Floats) -> csr_array[np.float64, tuple[int, int]]:
        """Return the ways as SciPy wants them, the cheapest of those between two states."""
        states = len(self.row) - 1
        if not len(self.first):
            return csr_array((states, states))
        cost = np.asarray(self.arcs @ weight)
        least = np.maximum(np.minimum.reduceat(cost, self.first), LEAST_COST)
        return csr_array((least, self.column, self.row), shape=(states, states))


@lru_cache(maxsize=KEPT)
def _ways(tail: bytes, head: bytes, states: int, ends: bytes) -> _Ways:
    """Return the ways of a graph from the bytes of its arcs' ends, and of the states that are kept."""
    tails, heads, kept = (np.frombuffer(each, dtype=np.int64) for each in (tail, head, ends))
    ways = sorted(_joined(tails.tolist(), heads.tolist(), states, set(kept.tolist())))
    left = np.unique([*kept.tolist(), *(way.tail for way in ways), *(way.head for way in ways)])
    number = np.full(states, -1)
    number[left] = np.arange(len(left))
    ptr = np.cumsum([0, *(len(way.arcs) for way in ways)])
    items = np.array([arc for way in ways for arc in way.arcs], dtype=np.int64)
    arcs = csr_array((np.ones(len(items)), items, ptr), shape=(len(ways), len(tails)))
    place = number[[way.tail for way in ways]] * len(left) + number[[way.head for way in ways]]
    first = np.flatnonzero(np.diff(place, prepend=-1))
    at = place[first]
    row = np.searchsorted(at, np.arange(len(left) + 1) * len(left))
    return _Ways(number, arcs, first, row.astype(np.int32), (at % len(left)).astype(np.int32))


class _Way(NamedTuple):
    """A way without parting: the states where it begins and ends, and its arcs."""

    tail: int
    head: int
    arcs: tuple[int, ...]


def _joined(tails: list[int], heads: list[int], states: int, kept: set[int]) -> list[_Way]:
    """Return what is left of a graph's ways when states that are not kept are taken out where that makes no more of them."""
    into: list[dict[_Way, None]] = [{} for _ in range(states)]
    out: list[dict[_Way, None]] = [{} for _ in range(states)]

    def put(way: _Way) -> None:
        # what leads back to where it begins is no part of a cheapest way
        if way.tail != way.head:
            into[way.head][way] = out[way.tail][way] = None

    for arc, (tail, head) in enumerate(zip(tails, heads, strict=True)):
        put(_Way(tail, head, (arc,)))
    waiting = [state for state in range(states) if state not in kept]
    while waiting:
        state = waiting.pop()
        come, go = list(into[state]), list(out[state])
        if len(come) * len(go) > len(come) + len(go):
            continue
        for way in (*come, *go):
            del into[way.head][way], out[way.tail][way]
        for one in come:
            for other in go:
                put(_Way(one.tail, other.head, one.arcs + other.arcs))
        # beside them there may be less now
        waiting += ({way.tail for way in come} | {way.head for way in go}) - kept
    return [way for ways in out for way in ways]
