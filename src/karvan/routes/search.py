"""Shortest paths over arcs, with arcs shut out and places to pass (Dijkstra 1959, from SciPy).

Places to pass are layers: one copy of the network per stretch, joined at the states of the place, so that a route by way
of places is again a plain shortest path, and goods stay on their train or truck as they pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

if TYPE_CHECKING:
    from collections.abc import Sequence

    from karvan.network import Arcs
    from karvan.routes.cost import Floats

Ints = np.ndarray[Any, np.dtype[np.int64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

#: Predecessor that SciPy gives to a state without one.
NO_PREDECESSOR = -9999


@dataclass(frozen=True)
class Path:
    """A path as the numbers of its arcs, in order, and its weight."""

    arcs: tuple[int, ...]
    weight: float


@dataclass(frozen=True, eq=False)
class Graph:
    """Arcs with weights, ready to be searched.

    Attributes
    ----------
    tail, head
        States of every arc.
    weight
        Weight of every arc, not negative.
    origin
        For every arc the number of the network's arc, -1 for a joint between layers.
    states
        Number of states.
    """

    tail: Ints
    head: Ints
    weight: Floats
    origin: Ints
    states: int

    @classmethod
    def of(cls, arcs: Arcs, weight: Floats, states: int, allowed: Bools, via: Sequence[Sequence[int]] = ()) -> Graph:
        """Return the graph of the allowed arcs, in layers where there are places to pass.

        Parameters
        ----------
        arcs, weight, states
            The network's arcs, their weights, and the number of its states.
        allowed
            Whether an arc may be used.
        via
            The states of each place to pass, in order.
        """
        keep = np.flatnonzero(allowed)
        layers = range(len(via) + 1)
        tails = [arcs.tail[keep] + layer * states for layer in layers]
        heads = [arcs.head[keep] + layer * states for layer in layers]
        joints = [(layer, np.array(list(numbers), dtype=np.int64)) for layer, numbers in enumerate(via)]
        tail = np.concatenate([*tails, *(numbers + layer * states for layer, numbers in joints)])
        head = np.concatenate([*heads, *(numbers + (layer + 1) * states for layer, numbers in joints)])
        count = sum(len(numbers) for _, numbers in joints)
        weights = np.concatenate([np.tile(weight[keep], len(layers)), np.zeros(count)])
        origin = np.concatenate([np.tile(keep, len(layers)), np.full(count, -1)])
        return cls(tail, head, weights, origin, states * len(layers))

    @cached_property
    def _order(self) -> Ints:
        return np.lexsort((self.origin, self.weight, self.head, self.tail))

    def search(
        self, source: int, target: int | None = None, *, banned: Bools | None = None, weight: Floats | None = None
    ) -> Tree:
        """Return the tree of shortest paths from a state.

        Parameters
        ----------
        source
            State to start from.
        target
            State to turn the graph round for: paths *to* this state instead, and `source` is passed over.
        banned
            Arcs of this graph that may not be used.
        weight
            Other weights than the graph's own.
        """
        weights = self.weight if weight is None else weight
        order = self._order if weight is None else np.lexsort((self.origin, weights, self.head, self.tail))
        if banned is not None:
            order = order[~banned[order]]
        # of parallel arcs the lightest
        tail, head = self.tail[order], self.head[order]
        first = np.ones(len(order), dtype=bool)
        first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
        order = order[first]
        matrix: csr_array[np.float64, tuple[int, int]]
        if target is None:
            # rows are in order already
            start = np.searchsorted(tail[first], np.arange(self.states + 1))
            matrix = csr_array((weights[order], head[first], start), shape=(self.states, self.states))
        else:
            ends = (self.head[order], self.tail[order])
            matrix = csr_array((weights[order], ends), shape=(self.states, self.states))
        root = source if target is None else target
        distance, predecessor = dijkstra(matrix, indices=np.array([root]), return_predecessors=True)
        return Tree(self, distance[0], predecessor[0], order, reverse=target is not None)


@dataclass(frozen=True, eq=False)
class Tree:
    """Shortest paths from one state, or to one state."""

    graph: Graph
    distance: Floats
    predecessor: np.ndarray[Any, np.dtype[np.int32]]
    used: Ints
    reverse: bool

    def walk(self, state: int) -> list[int]:
        """Return the graph's arcs between the root and a state, in the direction of travel; empty at the root.

        Raises
        ------
        LookupError
            The state is out of reach.
        """
        if not np.isfinite(self.distance[state]):
            message = f"state {state} is out of reach"
            raise LookupError(message)
        states = [state]
        while (state := self._before[state]) != NO_PREDECESSOR:
            states.append(state)
        passed = np.array(states if self.reverse else states[::-1], dtype=np.int64)
        # the arcs in use are in order of tail and head
        wanted = passed[:-1] * self.graph.states + passed[1:]
        arcs: list[int] = self.used[np.searchsorted(self.keys, wanted)].tolist()
        return arcs

    @cached_property
    def _before(self) -> list[int]:
        before: list[int] = self.predecessor.tolist()
        return before

    @cached_property
    def keys(self) -> Ints:
        """Tail and head of the arcs in use as one number each, ascending."""
        return self.graph.tail[self.used] * self.graph.states + self.graph.head[self.used]
