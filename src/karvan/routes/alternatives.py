"""Alternatives to the best route that a planner would call different.

Two routes are different where they share at most `max_shared` of the cheaper one's cost, or use other crossings or other
modes. In a small network every simple path is a candidate, and the answer is exact. Elsewhere candidates come from three
sources, each cheap:

- routes by way of every arc, from one tree of shortest paths out of the origin and one into the destination (the single-via
  paths of Abraham, Delling, Goldberg and Werneck 2013, "Alternative routes in road networks");
- the same search with crossings and modes of routes already found shut out, best first;
- searches in which the arcs of accepted routes cost more (the penalty method).

They are then taken in order of cost as long as they differ from those taken: first in crossings, in the modes that carry at
least a tenth of the way, or in most of the cost; then, where that gives too few, in any mode. The first is the optimum, with a
certificate in :mod:`karvan.routes.audit`; the others are the best found.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from karvan.network import MODES, ArcKind
from karvan.routes.search import Path

if TYPE_CHECKING:
    from karvan.network import Arcs
    from karvan.routes.cost import Floats
    from karvan.routes.search import Bools, Graph, Ints, Tree

#: Arcs up to which a network is small, and steps of a walk over all its simple paths: where they suffice, the alternatives are
#: the cheapest there are.
ENUMERATION_ARCS = 400
ENUMERATION_STEPS = 1000
LAND_MODES = ("rail", "road")
#: Searches with something shut out: so many, and so many more for each route asked for.
BAN_SEARCHES = (12, 6)
#: Single-via paths looked at, shortest first.
VIA_PATHS = 120
#: Searches with accepted routes made dearer, per route asked for, and the factor of the first.
PENALTY_ROUNDS = 4
PENALTY = 1.4
#: A mode is one of a route's main modes where it carries at least this share of the distance.
MAIN_MODE_SHARE = 0.1

#: Crossings, modes, and main modes of a path.
_Look = tuple[frozenset[int], tuple[bool, ...], tuple[bool, ...]]


@dataclass
class Alternatives:
    """Finds routes between two states of a graph.

    Attributes
    ----------
    graph, arcs
        What is searched, and the network's arcs behind it.
    weight
        Weight of every network arc.
    crossing
        Name of the crossing of every network arc, empty where it is none.
    source, target
        States of the graph.
    max_shared
        Largest share of cost that two routes may have in common.
    """

    graph: Graph
    arcs: Arcs
    crossing: list[str]
    source: int
    target: int
    weight: Floats
    max_shared: float
    _pool: dict[tuple[int, ...], Path] = field(default_factory=dict)
    _looks: dict[tuple[int, ...], _Look] = field(default_factory=dict)

    def best(self) -> tuple[Path | None, Tree]:
        """Return the best path, None where there is none, and the tree that proves it."""
        tree = self.graph.search(self.source)
        if not np.isfinite(tree.distance[self.target]):
            return None, tree
        return self._keep(tree.walk(self.target)), tree

    def find(self, k: int) -> tuple[list[Path], Tree]:
        """Return up to `k` different paths in order of weight, and the tree that proves the first."""
        best, tree = self.best()
        if best is None or k <= 1:
            return ([best] if best else []), tree
        if self._enumerate():
            return self._choose(k), tree
        self._via(tree)
        self._ban(best, BAN_SEARCHES[0] + BAN_SEARCHES[1] * k)
        for _ in range(PENALTY_ROUNDS):
            chosen = self._choose(k)
            if len(chosen) >= k or not self._penalise(chosen):
                break
        return self._choose(k), tree

    # candidates -------------------------------------------------------------------------------------------------------

    def _add(self, numbers: list[int]) -> Path | None:
        """Put a walk into the pool; None where it meets a state or a land crossing twice."""
        states = [self.source, *self.graph.head[numbers].tolist()]
        if len(set(states)) < len(states):
            return None
        arcs = self.graph.origin[numbers]
        land = self._marks.land[arcs[arcs >= 0]]
        land = land[land >= 0]
        return None if len(np.unique(land)) < len(land) else self._keep(numbers)

    def _keep(self, numbers: list[int]) -> Path:
        origin = self.graph.origin[numbers]
        arcs = tuple(origin[origin >= 0].tolist())
        return self._pool.setdefault(arcs, Path(arcs, float(self.graph.weight[numbers].sum())))

    def _enumerate(self) -> bool:
        """Put every simple path into the pool, where the network is small enough; whether it was."""
        if len(self.graph.tail) > ENUMERATION_ARCS:
            return False
        ahead = np.isfinite(self._into.distance)
        leaving: dict[int, list[int]] = {}
        for number in np.flatnonzero(ahead[self.graph.tail] & ahead[self.graph.head]).tolist():
            leaving.setdefault(int(self.graph.tail[number]), []).append(number)
        steps, visited = 0, {self.source}
        walk: list[int] = []
        stack = [iter(leaving.get(self.source, ()))]
        heads = self.graph.head.tolist()
        while stack:
            number = next(stack[-1], -1)
            if number < 0:
                stack.pop()
                if walk:
                    visited.discard(heads[walk.pop()])
                continue
            steps += 1
            if steps > ENUMERATION_STEPS:
                return False
            head = heads[number]
            if head == self.target:
                self._add([*walk, number])
            elif head not in visited:
                visited.add(head)
                walk.append(number)
                stack.append(iter(leaving.get(head, ())))
        return True

    @cached_property
    def _into(self) -> Tree:
        """Shortest paths from everywhere to the target."""
        return self.graph.search(self.source, self.target)

    def _via(self, out: Tree) -> None:
        graph, into = self.graph, self._into
        length = out.distance[graph.tail] + graph.weight + into.distance[graph.head]
        kinds = np.where(graph.origin >= 0, self.arcs.kind[graph.origin], -1)
        marks = np.flatnonzero(np.isfinite(length) & np.isin(kinds, (ArcKind.BORDER, ArcKind.TRANSFER, ArcKind.MOVE)))
        # links between the same two junctions lie on the same via path: one look at each length is enough
        _, first = np.unique(np.round(length[marks], 9), return_index=True)
        for mark in marks[first][:VIA_PATHS]:
            tail, head = int(graph.tail[mark]), int(graph.head[mark])
            self._add([*out.walk(tail), int(mark), *into.walk(head)])

    def _ban(self, best: Path, searches: int) -> None:
        waiting: list[tuple[float, int, frozenset[int], Path]] = [(best.weight, 0, frozenset(), best)]
        seen: set[frozenset[int]] = {frozenset()}
        count = 0
        while waiting and count < searches:
            _, _, bans, path = heapq.heappop(waiting)
            for feature in self._features(path):
                more = bans | {feature}
                if more in seen or count >= searches:
                    continue
                seen.add(more)
                count += 1
                tree = self.graph.search(self.source, banned=self._banned(more))
                if np.isfinite(tree.distance[self.target]):
                    found = self._add(tree.walk(self.target))
                    if found is not None:
                        heapq.heappush(waiting, (found.weight, count, more, found))

    @cached_property
    def _marks(self) -> _Marks:
        return _marks_of(self.arcs, tuple(self.crossing))

    def _features(self, path: Path) -> list[int]:
        """Return the features of a path, in the order in which goods meet them."""
        return [code for code in dict.fromkeys(self._marks.feature[list(path.arcs)].tolist()) if code >= 0]

    def _banned(self, features: frozenset[int]) -> Bools:
        banned = np.isin(self._marks.feature, list(features))
        return np.where(self.graph.origin >= 0, banned[self.graph.origin], False)

    def _penalise(self, chosen: list[Path]) -> bool:
        """Search with the chosen paths made dearer; whether that found anything new."""
        before = len(self._pool)
        used = np.zeros(len(self.arcs), dtype=np.float64)
        for path in chosen:
            used[list(path.arcs)] += 1
        factor: Floats = np.where(self.graph.origin >= 0, PENALTY ** used[self.graph.origin], 1.0)
        for power in (1.0, 2.0, 4.0):
            tree = self.graph.search(self.source, weight=self.graph.weight * factor**power)
            if np.isfinite(tree.distance[self.target]):
                self._add(tree.walk(self.target))
        return len(self._pool) > before

    # choice -----------------------------------------------------------------------------------------------------------

    def _choose(self, k: int) -> list[Path]:
        """Return the cheapest of the pool that differ: first in what a planner looks at, then in anything at all."""
        ranked = sorted(self._pool.values(), key=lambda path: (path.weight, path.arcs))
        looks = [self._look(path) for path in ranked]
        chosen: list[int] = []
        for look in (2, 1):
            for number, path in enumerate(ranked):
                if len(chosen) >= k:
                    break
                if all(
                    looks[number][0] != looks[other][0]
                    or looks[number][look] != looks[other][look]
                    or self.shared(path, ranked[other]) <= self.max_shared
                    for other in chosen
                ):
                    chosen.append(number)
        return [ranked[number] for number in sorted(chosen)]

    def shared(self, one: Path, two: Path) -> float:
        """Return the share of the cheaper path's weight that both have in common."""
        common = float(self.weight[sorted(set(one.arcs) & set(two.arcs))].sum())
        return common / min(one.weight, two.weight) if min(one.weight, two.weight) > 0 else 1.0

    def _look(self, path: Path) -> _Look:
        """Return the crossings of a path, its modes, and its main modes."""
        if path.arcs not in self._looks:
            arcs = list(path.arcs)
            crossed = self._marks.crossed[arcs]
            km = self._marks.mode_km[arcs].sum(axis=0)
            main = km >= MAIN_MODE_SHARE * km.sum()
            found = (
                frozenset(crossed[crossed >= 0].tolist()),
                tuple((km > 0).tolist()),
                tuple((main & (km > 0)).tolist()),
            )
            self._looks[path.arcs] = found
        return self._looks[path.arcs]


@dataclass(frozen=True, eq=False)
class _Marks:
    """What routes are told apart by, per network arc.

    Attributes
    ----------
    feature
        Number of the crossing, or of the mode in its country; -1 for neither: what a different route may lack.
    crossed, land
        Number of the crossing, and of the land crossing; -1 for none.
    mode_km
        Distance by mode, one column each.
    """

    feature: Ints
    crossed: Ints
    land: Ints
    mode_km: Floats


@lru_cache(maxsize=32)
def _marks_of(arcs: Arcs, crossing: tuple[str, ...]) -> _Marks:
    numbers: dict[tuple[str, str, str], int] = {}
    feature = np.full(len(arcs), -1)
    border, move = arcs.kind == ArcKind.BORDER, arcs.kind == ArcKind.MOVE
    for arc in np.flatnonzero(border | move).tolist():
        key = ("crossing", crossing[arc], "") if border[arc] else ("mode", str(arcs.mode[arc]), str(arcs.country[arc]))
        feature[arc] = numbers.setdefault(key, len(numbers))
    crossed = np.where(border, feature, -1)
    land = np.where(np.isin(arcs.mode.astype(str), LAND_MODES), crossed, -1)
    columns = [np.where(move & (arcs.mode == mode), arcs.length_km, 0.0) for mode in MODES]
    return _Marks(feature, crossed, land, np.stack(columns, axis=1))
