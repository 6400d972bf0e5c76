"""Network design with proof: which candidate links to build within a budget, for the least total travel time.

::

    min_y  TSTT(v(y))    subject to   sum_a cost_a y_a <= budget,   y_a in {0, 1},
           v(y)          the user equilibrium on the links that stand and those with y_a = 1

This is the discrete network design problem (LeBlanc 1975). Travellers choose for themselves, so that a new link may make
all worse off (Braess 1968), and no set may be passed over because it contains a better one. Branch and bound, best bound
first: at a node some candidates are built, some are not, and the rest are free.

    bound   the system optimum with every free and affordable candidate open. No equilibrium on fewer links has a lower
            total, since a flow on fewer links is a flow on more, and the system optimum is the least total of any flow.
            The bound is the optimum less its own gap, which convexity makes exact.
    leaf    nothing is free any more: the user equilibrium itself, on the true non-linear times.

A leaf is solved in two steps: to a coarse gap first, and to a fine one where it comes near the best. The total of a flow
whose relative gap is g differs from that of the equilibrium by the order of sqrt(g), so that the margin is the root of the
coarse gap.
"""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from karvan.errors import AuditError, InputError, NotConvergedError, RequestError
from karvan.flows.dense import DenseProblem, UnreachableError, solve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from karvan.flows.dense import Paths, Solution
    from karvan.flows.links import LinkTable

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

#: Gaps of the system optimum of a node, in turn: the next is tried only while it may still decide whether the node stays.
BOUND_GAPS = (1e-2, 1e-3, 1e-4)
#: Gap at which a leaf is looked at first, and how near the best it must then come to be solved finely: the root of the gap.
COARSE_GAP, NEAR_SHARE = 1e-6, 1e-3
#: Gap of the totals that are compared and reported; below the tenth digit.
FINE_GAP = 1e-11
#: An equilibrium that stays above this gap is none: rounding leaves 1e-10 or less on networks of some hundred nodes.
ROUGH_GAP = 1e-9
#: A node is given up when its bound comes within this share of the best: the rounding of totals of ten digits.
PROOF_SHARE = 1e-9
#: Rounds of trees for one equilibrium; the coarse gap takes about ten.
MOST_ROUNDS = 500
#: Nodes between two reports of progress.
REPORT_NODES = 50


@dataclass(frozen=True)
class Design:
    """The best links to build.

    Attributes
    ----------
    tstt
        Total travel time of the user equilibrium with the chosen links, in the network's units.
    cost, budget
        Sum of their costs, and what it may not exceed.
    built
        Numbers of the links built, in the order of the table.
    links
        Ends and cost of every one of them.
    lower_bound
        No design within the budget has a lower total.
    gap
        (tstt - lower_bound) / tstt; zero where the design is proven the best.
    proven
        Whether the search ended by itself.
    relative_gap
        Relative gap of the equilibrium that is reported.
    nodes, equilibria
        Nodes of the search, and equilibria solved.
    seconds
        Time of the search.
    """

    tstt: float
    cost: Fraction
    budget: Fraction
    built: tuple[int, ...]
    links: tuple[dict[str, Any], ...]
    lower_bound: float
    gap: float
    proven: bool
    relative_gap: float
    nodes: int
    equilibria: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return the design as JSON can hold it."""
        return {
            "tstt": self.tstt,
            "cost": float(self.cost),
            "budget": float(self.budget),
            "built": list(self.links),
            "lower_bound": self.lower_bound,
            "bound_kind": "relaxation",
            "gap": self.gap,
            "proven": self.proven,
            "relative_gap": self.relative_gap,
            "nodes": self.nodes,
            "equilibria": self.equilibria,
            "seconds": self.seconds,
        }


@dataclass(frozen=True)
class _Node:
    """A node of the search: what is built (1), not built (0) or free (-1), by candidate."""

    state: npt.NDArray[np.int8]
    used: Fraction
    paths: Paths | None


def design_network(
    network: LinkTable,
    demand: Floats,
    cost: Sequence[Fraction],
    *,
    budget: Fraction,
    seconds: float = 600.0,
    tell: Callable[[int, float, float], None] | None = None,
) -> Design:
    """Choose the candidate links to build.

    Parameters
    ----------
    network
        The links that stand and the candidates.
    demand
        Trips, origin by destination.
    cost
        Cost of every link, in the order of the table; zero for a link that stands.
    budget
        Most that the links built may cost together.
    seconds
        Time after which the search stops with the best design found and the bound reached.
    tell
        Called now and then with the number of nodes, the best total and the bound.

    Raises
    ------
    InputError
        There is no candidate, a cost or demand is negative, the lists differ in length, the budget is negative or below the
        cost of every candidate, or the time is no time.
    UnreachableError
        Demand has no way to its destination.
    RequestError
        Every design within the budget leaves demand without a way.
    NotConvergedError
        The equilibrium of a design was not reached, or no design without such demand was found in time.
    AuditError
        The bound lies above the best total.
    """
    _check(network, demand, cost, budget, seconds)
    return _Search(network, demand, list(cost), budget).go(seconds, tell)


def _check(network: LinkTable, demand: Floats, cost: Sequence[Fraction], budget: Fraction, seconds: float) -> None:
    faults = []
    if demand.shape != (network.zones, network.zones):
        faults.append(f"demand of {demand.shape} for {network.zones} zones. Give one figure for each pair of them.")
    elif not (np.isfinite(demand) & (demand >= 0)).all():
        faults.append("demand holds what is below zero or no number; expected zero or more for each pair.")
    if not seconds >= 0:
        faults.append(f"the time of the search is {seconds:g} s; expected zero or more.")
    if len(cost) != len(network):
        faults.append(f"{len(cost)} costs for {len(network)} links. Give one a link, zero where it stands.")
    faults += [
        f"link {number + 1}: cost {float(item):g}; expected zero or more."
        for number, item in enumerate(cost)
        if item < 0
    ]
    dear = [item for item in cost if item > 0]
    if not dear and not faults:
        faults.append("no link has a cost, so that there is nothing to choose. Give the candidates their costs.")
    if budget < 0:
        faults.append(f"the budget is {float(budget):g}; expected zero or more.")
    elif dear and min(dear) > budget:
        text = f"the budget of {float(budget):g} lies below the cost of every candidate; the cheapest is {float(min(dear)):g}"
        faults.append(f"{text}. Raise it.")
    if faults:
        raise InputError(faults, what="network design")


class _Search:
    """One search: its problem, its best design and its open nodes."""

    def __init__(self, network: LinkTable, demand: Floats, cost: list[Fraction], budget: Fraction) -> None:
        self.network, self.budget, self.all_costs = network, budget, cost
        self.candidate: Ints = np.flatnonzero([item > 0 for item in cost])
        self.cost = [cost[number] for number in self.candidate]
        self.problem = DenseProblem.of(
            nodes=len(network.nodes), tail=network.from_node, head=network.to_node, free=network.free_flow_time,
            rise=network.free_flow_time * network.b, capacity=network.capacity, power=network.power, demand=[demand],
            through=network.through,
        )  # fmt: skip
        self.optimum = self.problem.changed(objective="system_optimum")
        self.best, self.best_gap, self.built = np.inf, 0.0, np.zeros(len(self.cost), dtype=np.int8)
        self.nodes = self.equilibria = 0
        self.order: list[int] = []
        self.paths: Paths | None = None
        self.seen: dict[bytes, float] = {}
        self.cut_off: UnreachableError | None = None

    def go(self, seconds: float, tell: Callable[[int, float, float], None] | None) -> Design:
        """Search until nothing is left, or the time is over."""
        begin = time.perf_counter()
        free = np.full(len(self.cost), -1, dtype=np.int8)
        bound, paths = self._bound(free, None)
        if self.cut_off is not None:
            raise self.cut_off
        self.paths = paths
        self._rank(free, bound, paths)
        self._improve(self._greedy(), begin + seconds)
        ticket = count()
        heap = [(bound, next(ticket), _Node(free, Fraction(0), paths))]
        while heap and heap[0][0] < self.best * (1 - PROOF_SHARE) and time.perf_counter() - begin < seconds:
            bound, _, node = heapq.heappop(heap)
            self.nodes += 1
            for child_bound, child in self._children(node, bound):
                if child_bound < self.best * (1 - PROOF_SHARE):
                    heapq.heappush(heap, (child_bound, -next(ticket), child))
            if tell is not None and self.nodes % REPORT_NODES == 0:
                tell(self.nodes, self.best, min(heap[0][0] if heap else self.best, self.best))
        open_bound = heap[0][0] if heap else np.inf
        if not np.isfinite(self.best):
            self._refuse_cut_off(seconds, is_over=np.isfinite(open_bound))
        if open_bound >= self.best * (1 - PROOF_SHARE):
            self._thin()
        return self._design(open_bound, time.perf_counter() - begin)

    def _refuse_cut_off(self, seconds: float, *, is_over: bool) -> NoReturn:
        """Say that every design looked at leaves somebody without a way."""
        pairs = self.cut_off.pairs.size if self.cut_off is not None else 0
        if is_over:
            message = (
                f"No design that leaves nobody without a way was found in {seconds:g} s. Give the search more time."
            )
            raise NotConvergedError(message)
        message = (
            f"No design within the budget of {float(self.budget):g} leads everybody to a destination: the last one looked at "
            f"leaves {pairs} pairs without a way. Raise the budget."
        )
        raise RequestError(message)

    # nodes ------------------------------------------------------------------------------------------------------------

    def _children(self, node: _Node, bound: float) -> Iterator[tuple[float, _Node]]:
        state, changed = node.state, False
        for place in np.flatnonzero(state < 0).tolist():
            if node.used + self.cost[place] > self.budget:
                state = state.copy() if not changed else state
                state[place], changed = 0, True
        paths = node.paths
        if changed:
            bound, paths = self._bound(state, paths, floor=bound)
            if bound >= self.best * (1 - PROOF_SHARE):
                return
        place = next((number for number in self.order if state[number] < 0), -1)
        if place < 0:
            self._leaf(state, paths)
            return
        built, left = state.copy(), state.copy()
        built[place], left[place] = 1, 0
        yield bound, _Node(built, node.used + self.cost[place], paths)
        below, own = self._bound(left, paths, floor=bound)
        yield below, _Node(left, node.used, own)

    def _bound(
        self, state: npt.NDArray[np.int8], paths: Paths | None, *, floor: float = 0.0
    ) -> tuple[float, Paths | None]:
        """Return a lower bound on the total of every design of a node, and the path sets found."""
        problem = self.optimum.changed(fixed=self._fixed(state != 0))
        for gap in BOUND_GAPS:
            try:
                found = solve(problem, gap=gap, start=paths, max_iterations=MOST_ROUNDS, threads=1)
            except UnreachableError as error:
                # without the links that are not built somebody cannot travel, whatever else is built
                self.cut_off = error
                return np.inf, paths
            floor, paths = max(floor, found.bound), found.paths
            if floor >= self.best * (1 - PROOF_SHARE) or found.objective < self.best:
                break
        return floor, paths

    def _fixed(self, is_open: npt.NDArray[np.bool_]) -> Floats:
        fixed = np.zeros(len(self.network))
        fixed[self.candidate[~is_open]] = np.inf
        return fixed

    # designs ----------------------------------------------------------------------------------------------------------

    def _leaf(self, state: npt.NDArray[np.int8], paths: Paths | None) -> float:
        """Look at one design; keep it where it is the best so far. Return its total, coarse where it is far off."""
        key = state.tobytes()
        if key in self.seen:
            return self.seen[key]
        problem = self.problem.changed(fixed=self._fixed(state == 1))
        try:
            found = solve(problem, gap=COARSE_GAP, start=paths, max_iterations=MOST_ROUNDS, threads=1)
        except UnreachableError as error:
            self.cut_off, self.seen[key] = error, np.inf
            return np.inf
        self.equilibria += 1
        if found.relative_gap > COARSE_GAP:
            self._refuse_rough(found)
        if found.tstt < self.best * (1 + NEAR_SHARE):
            found = solve(problem, gap=FINE_GAP, start=found.paths, max_iterations=MOST_ROUNDS, threads=1)
            self._refuse_rough(found)
            if found.tstt < self.best:
                self.best, self.best_gap, self.built = found.tstt, found.relative_gap, state.copy()
        self.seen[key] = found.tstt
        return found.tstt

    @staticmethod
    def _refuse_rough(found: Solution) -> None:
        """Refuse an equilibrium that is none: a design is compared by its total, which nothing then vouches for."""
        if found.relative_gap > ROUGH_GAP:
            message = f"The equilibrium of a design was reached to a relative gap of {found.relative_gap:.1e} only."
            raise NotConvergedError(message)

    def _rank(self, free: npt.NDArray[np.int8], bound: float, paths: Paths | None) -> None:
        """Put the candidates in order of what their absence costs: what matters most is decided first."""
        losses = []
        for place in range(len(self.cost)):
            state = free.copy()
            state[place] = 0
            losses.append(self._bound(state, paths, floor=bound)[0])
        self.order = sorted(range(len(self.cost)), key=lambda place: (-losses[place], place))

    def _greedy(self) -> npt.NDArray[np.int8]:
        """Return the design that takes the candidates in order, as far as the budget goes."""
        state, used = np.zeros(len(self.cost), dtype=np.int8), Fraction(0)
        for place in self.order:
            if used + self.cost[place] <= self.budget:
                state[place], used = 1, used + self.cost[place]
        return state

    def _improve(self, state: npt.NDArray[np.int8], until: float) -> None:
        """Descend from a design by adding, dropping or exchanging one candidate, as long as the total falls."""
        now = self._leaf(state, self.paths)
        falls = True
        while falls and time.perf_counter() < until:
            falls = False
            for other in self._neighbours(state):
                total = self._leaf(other, self.paths)
                if total < now:
                    state, now, falls = other, total, True
                    break

    def _neighbours(self, state: npt.NDArray[np.int8]) -> Iterator[npt.NDArray[np.int8]]:
        used = sum((self.cost[place] for place in np.flatnonzero(state).tolist()), Fraction(0))
        inside = [place for place in self.order if state[place]]
        outside = [place for place in self.order if not state[place]]
        moves: list[tuple[int | None, int | None]] = [(place, None) for place in outside]
        moves += [(new, old) for new in outside for old in inside]
        moves += [(None, place) for place in inside]
        for new, old in moves:
            cost = used + (self.cost[new] if new is not None else 0) - (self.cost[old] if old is not None else 0)
            if cost <= self.budget:
                other = state.copy()
                if new is not None:
                    other[new] = 1
                if old is not None:
                    other[old] = 0
                yield other

    def _thin(self) -> None:
        """Leave out of the best design what nobody is the better for, the dearest first: of equal ones the cheaper is meant."""
        for place in sorted(np.flatnonzero(self.built).tolist(), key=lambda place: (-self.cost[place], place)):
            state = self.built.copy()
            state[place] = 0
            total = self._leaf(state, self.paths)
            if self.built[place] and total <= self.best * (1 + PROOF_SHARE):
                self.best, self.built = min(total, self.best), state

    def _design(self, open_bound: float, seconds: float) -> Design:
        proven = bool(open_bound >= self.best * (1 - PROOF_SHARE))
        bound = self.best if proven else open_bound
        built = tuple(int(self.candidate[place]) for place in np.flatnonzero(self.built))
        links = tuple(
            {
                "from": self.network.nodes[self.network.from_node[number]],
                "to": self.network.nodes[self.network.to_node[number]],
                "link": number + 1,
                "cost": float(self.all_costs[number]),
            }
            for number in built
        )
        cost = sum((self.all_costs[number] for number in built), Fraction(0))
        if cost > self.budget or bound > self.best:
            spent = f"the design costs {float(cost):g} of {float(self.budget):g}"
            message = f"{spent}; its bound is {bound!r}, its total {self.best!r}"
            raise AuditError(message)
        gap = (self.best - bound) / self.best if self.best else 0.0
        return Design(
            self.best, cost, self.budget, built, links, bound, gap, proven, self.best_gap, self.nodes, self.equilibria, seconds
        )  # fmt: skip
