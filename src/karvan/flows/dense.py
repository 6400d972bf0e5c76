"""User equilibrium and system optimum on dense networks: path sets per pair, balanced by Newton shifts.

Minimises, over the flows that carry the demand,

    sum_a [ integral_0^{v_a} t_a(x) dx + sum_m fixed_ma v_ma ],    t_a(v) = free_a + rise_a (v / capacity_a)^power_a

with v_a the flow of all classes in vehicle equivalents (Beckmann, McGuire and Winsten 1956). The system optimum is the same
problem with marginal times: rise (1 + power) in the place of rise. Method: docs/methods/flows-dense.md.

Arrays in, arrays out: what people see is made in :mod:`karvan.flows.assign`.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from karvan.errors import RequestError
from karvan.workers.threads import cores

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

Objective = Literal["user_equilibrium", "system_optimum"]

#: Sweeps over the path sets between two rounds of trees, at most.
SWEEPS = 50
#: Share of the gap down to which the path sets are balanced before new trees are grown.
BALANCED_SHARE = 0.02
#: The same where a run begins with the paths of another, most of which it needs: joint steps then settle them to the end.
RESTARTED_SHARE = 1e-6
#: Share of the gap asked for, below which balancing further is of no use.
ENOUGH_SHARE = 0.5
#: Share of the allowed excess, spread over all pairs, below which a pair is left as it is.
FLOOR_SHARE = 0.05
#: Gap below which the difference of two total costs in double precision tells nothing.
FINEST_GAP = 1e-14
#: Rounds in which the gap does not fall by a tenth, after which rounding has the last word; ten times as many above a gap
#: at which rounding is hardly the cause.
STALLED_ROUNDS, ROUNDING_GAP = 12, 1e-9
#: Trees times links below which a second thread costs more than it brings.
THREAD_WORK = 300_000
#: Trees times nodes up to which the trees of a run are kept for the next: 8 MB.
KEPT_TREES = 1_000_000
#: Parts of the work per thread, so that neither waits long for the other.
PARTS_PER_THREAD = 4


@dataclass(frozen=True)
class Trees:
    """The last trees of a run, of which the next can mend its first.

    Attributes
    ----------
    origin, class_number
        Of each tree.
    before, order, reached
        Link by which each node is reached, the nodes in the order in which they are, and how many are.
    """

    origin: npt.NDArray[np.int32]
    class_number: npt.NDArray[np.int32]
    before: npt.NDArray[np.int32]
    order: npt.NDArray[np.int32]
    reached: Ints

    def are_of(self, problem: DenseProblem) -> bool:
        """Tell whether they begin where those of a problem do."""
        return self.before.shape[1] == problem.nodes and all(
            one is other or np.array_equal(one, other)
            for one, other in ((self.origin, problem.tree_origin), (self.class_number, problem.tree_class))
        )


@dataclass(frozen=True)
class Paths:
    """Path sets: flow on paths, pair by pair. What one run found is where the next can start.

    Attributes
    ----------
    key
        Class, origin and destination of each pair as one number, in rising order.
    path_start, link_start
        Where the paths of a pair begin, and the links of a path.
    links
        Links of the paths, in the solver's order.
    flow
        Flow of the paths, in vehicle equivalents.
    trees
        The last trees, where they take little room.
    """

    key: Ints
    path_start: Ints
    link_start: Ints
    links: npt.NDArray[np.uint32]
    flow: Floats
    trees: Trees | None = None


@dataclass(frozen=True)
class DenseProblem:
    """An assignment as arrays. Links are in the order of their tails; `rank` leads back to the order given.

    Attributes
    ----------
    nodes, tail, head, first, rank
        Number of nodes; ends of the links; first link out of each node; place of each link in the order given.
    through
        Whether a node may be passed through.
    free, rise, capacity, power
        The delay function.
    fixed
        Fixed cost in units of time, class by link; infinite where the class may not go.
    marginal
        Whether marginal times are minimised: the system optimum.
    tree_origin, tree_class, pair_start, pair_node, pair_trips, key
        One tree per class and origin; its pairs, their destinations and demand in vehicle equivalents.
    """

    nodes: int
    tail: npt.NDArray[np.int32]
    head: npt.NDArray[np.int32]
    first: Ints
    rank: Ints
    through: Flags
    free: Floats
    rise: Floats
    capacity: Floats
    power: Floats
    fixed: Floats
    marginal: bool
    tree_origin: npt.NDArray[np.int32]
    tree_class: npt.NDArray[np.int32]
    pair_start: Ints
    pair_node: npt.NDArray[np.int32]
    pair_trips: Floats
    key: Ints

    @staticmethod
    def of(
        *,
        nodes: int,
        tail: npt.ArrayLike,
        head: npt.ArrayLike,
        free: npt.ArrayLike,
        rise: npt.ArrayLike,
        capacity: npt.ArrayLike,
        power: npt.ArrayLike,
        demand: Sequence[npt.ArrayLike],
        fixed: npt.ArrayLike | None = None,
        through: npt.ArrayLike | None = None,
        objective: Objective = "user_equilibrium",
    ) -> DenseProblem:
        """Return a problem from arrays in any order of links.

        `demand` is a square matrix per class, in vehicle equivalents, whose places are the first nodes. What is within a
        place is not assigned. `fixed` is class by link. A link whose `rise` or `power` is zero takes `free` at any flow.
        """
        ends = np.asarray(tail, dtype=np.int64)
        rank = np.argsort(ends, kind="stable")
        first = np.zeros(nodes + 1, dtype=np.int64)
        np.cumsum(np.bincount(ends, minlength=nodes), out=first[1:])
        costs = np.zeros((len(demand), ends.size)) if fixed is None else np.atleast_2d(np.asarray(fixed, dtype=float))
        trees, pairs = _trees([np.asarray(matrix, dtype=float) for matrix in demand], nodes)

        def ordered(values: npt.ArrayLike) -> Floats:
            return np.ascontiguousarray(np.asarray(values, dtype=float)[rank])

        return DenseProblem(
            nodes, ends[rank].astype(np.int32), np.asarray(head)[rank].astype(np.int32), first, rank,
            np.ones(nodes, dtype=bool) if through is None else np.array(through, dtype=bool),
            ordered(free), ordered(rise), ordered(capacity), ordered(power), np.ascontiguousarray(costs[:, rank]),
            objective == "system_optimum", *trees, *pairs,
        )  # fmt: skip

    def changed(
        self, *, free: npt.ArrayLike | None = None, rise: npt.ArrayLike | None = None,
        capacity: npt.ArrayLike | None = None, power: npt.ArrayLike | None = None, fixed: npt.ArrayLike | None = None,
        objective: Objective | None = None,
    ) -> DenseProblem:  # fmt: skip
        """Return the problem with other figures on its links, given in the order of :meth:`of`; cheap."""
        new: dict[str, Any] = {}
        for name, values in (("free", free), ("rise", rise), ("capacity", capacity), ("power", power)):
            if values is not None:
                new[name] = np.asarray(values, dtype=float)[self.rank]
        if fixed is not None:
            new["fixed"] = np.take(np.atleast_2d(np.asarray(fixed, dtype=float)), self.rank, axis=1)
        if objective is not None:
            new["marginal"] = objective == "system_optimum"
        return replace(self, **new)

    def laid(
        self, free: Floats, rise: Floats, capacity: Floats, power: Floats, fixed: Floats, objective: Objective
    ) -> DenseProblem:
        """Return the problem with all figures on its links others, given in its own order."""
        problem = object.__new__(DenseProblem)  # as `replace` makes it, in a tenth of the time
        problem.__dict__.update(self.__dict__, free=free, rise=rise, capacity=capacity, power=power, fixed=fixed,
                                marginal=objective == "system_optimum")  # fmt: skip
        return problem


def _trees(demand: list[Floats], nodes: int) -> tuple[tuple[Any, Any], tuple[Any, Any, Any, Any]]:
    """Return one tree per class and origin with demand, and the pairs of each."""
    origins, classes, ends, trips, starts, keys = [], [], [], [], [np.zeros(1, dtype=np.int64)], []
    done = 0
    for number, matrix in enumerate(demand):
        wanted = matrix.copy()
        np.fill_diagonal(wanted, 0.0)
        origin, destination = np.nonzero(wanted)
        places, begin = np.unique(origin, return_index=True)
        origins.append(places)
        classes.append(np.full(places.size, number))
        ends.append(destination)
        trips.append(wanted[origin, destination])
        starts.append(np.append(begin[1:], origin.size)[: places.size] + done)
        keys.append((number * nodes + origin) * nodes + destination)
        done += origin.size
    return (
        (np.concatenate(origins).astype(np.int32), np.concatenate(classes).astype(np.int32)),
        (np.concatenate(starts).astype(np.int64), np.concatenate(ends).astype(np.int32), np.concatenate(trips),
         np.concatenate(keys).astype(np.int64)),
    )  # fmt: skip


@dataclass(frozen=True)
class Solution:
    """What :func:`solve` found; links in the order of :meth:`DenseProblem.of`.

    Attributes
    ----------
    volume
        Flow of each link in vehicle equivalents.
    time
        Time of each link at that flow; the real one, also where marginal times were minimised.
    paths
        The path sets.
    objective
        What was minimised: the sum of Beckmann, or the total cost.
    bound
        What no flow can go below: the objective less the excess cost (the objective is convex).
    tstt, sptt
        Total cost, and total cost if all took the shortest paths; of marginal costs where these were minimised.
    relative_gap
        (tstt - sptt) / tstt.
    iterations, sweeps
        Rounds of trees, and sweeps over the path sets.
    reason
        Why it stopped: ``gap``, ``rounding`` (it cannot be made smaller in double precision), or ``iterations``.
    """

    volume: Floats
    time: Floats
    paths: Paths
    objective: float
    bound: float
    tstt: float
    sptt: float
    relative_gap: float
    iterations: int
    sweeps: int
    reason: Literal["gap", "rounding", "iterations"]


class UnreachableError(RequestError):
    """Demand with no way to its destination; `pairs` are their numbers."""

    def __init__(self, pairs: Ints) -> None:
        self.pairs = pairs
        super().__init__(f"{pairs.size} pairs have demand and no way that leads there.")


class BeyondRangeError(RequestError):
    """Times or totals beyond floating point; `links` are those whose time is, in the order of :meth:`DenseProblem.of`."""

    def __init__(self, links: Ints, flow: Floats) -> None:
        self.links, self.flow = links, flow
        super().__init__(f"The total cost, and the time of {links.size} links, is beyond floating point.")


def solve(
    problem: DenseProblem,
    *,
    gap: float = 1e-6,
    start: Paths | None = None,
    max_iterations: int = 1000,
    threads: int | None = None,
    tell: Callable[[int, float], None] | None = None,
) -> Solution:
    """Return the equilibrium, or the optimum.

    Parameters
    ----------
    problem
        What to solve.
    gap
        Relative gap to stop at.
    start
        Path sets of an earlier run, of any problem on the same links and nodes.
    max_iterations
        Rounds of trees, at most.
    threads
        Threads to grow trees with (default: the cores there are, one on a small network). The result is the same.
    tell
        Called with each round and its gap.

    Raises
    ------
    UnreachableError
        Demand has no way to its destination.
    BeyondRangeError
        Times or totals are beyond floating point.
    """
    count = threads or (cores() if problem.tree_origin.size * problem.head.size > THREAD_WORK else 1)
    if count == 1:
        return _Run(problem, start, None, 1).go(gap, max_iterations, tell)
    with ThreadPoolExecutor(count) as pool:
        return _Run(problem, start, pool, count * PARTS_PER_THREAD).go(gap, max_iterations, tell)


@cache
def _kernels() -> tuple[Any, Any, Any]:
    from karvan.flows import dense_kernels, shift_kernels, tree_kernels  # noqa: PLC0415 - compiles, or loads it compiled

    return dense_kernels, tree_kernels, shift_kernels


class _Run:
    """One run: the state that its kernels share."""

    def __init__(self, problem: DenseProblem, start: Paths | None, pool: ThreadPoolExecutor | None, parts: int) -> None:
        self.kernels, self.trees, self.shifts = _kernels()
        self.problem, self.pool, self.parts = problem, pool, parts
        trees, links, pairs = problem.tree_origin.size, problem.head.size, problem.pair_node.size
        known = start.trees if start is not None else None
        if known is not None and known.are_of(problem):
            self.before, self.order, self.reached = known.before.copy(), known.order.copy(), known.reached.copy()
        else:
            # trees that have not been grown reach nothing: what stands here is not read
            self.before, self.order = np.empty((2, trees, problem.nodes), dtype=np.int32)
            self.reached = np.zeros(trees, dtype=np.int64)
        (self.pair_cost, self.excess), self.tree_cost = np.zeros((2, pairs)), np.zeros(trees)
        self.volume, self.time, self.slope = np.zeros((3, links))
        rise = problem.rise * (1.0 + problem.power) if problem.marginal else problem.rise
        kind = np.empty(links, dtype=np.int64)
        self.kernels.kinds(problem.rise, problem.power, kind)
        self.delay = (problem.free, rise, problem.capacity, problem.power, kind)
        self.worst, self.wanted = np.zeros((2, pairs), dtype=np.int64)
        # whole trees lie together in a part, so that what the parts find stands in the order of the pairs
        self.bounds = [trees * part // parts for part in range(parts + 1)]
        begins = [int(problem.pair_start[tree]) for tree in self.bounds]
        self.found = [np.empty(64 * (end - begin), dtype=np.uint32) for begin, end in pairwise(begins)]
        self.path_start, self.link_start = np.zeros(pairs + 1, dtype=np.int64), np.zeros(1, dtype=np.int64)
        self.path_links, self.path_flow = np.empty(0, dtype=np.uint32), np.empty(0)
        self.path_fixed = np.empty(0)
        self.most = self.longest = 1
        self.complete = False
        if start is not None and start.flow.size:
            self._take(start)
        self._load()

    def _take(self, start: Paths) -> None:
        """Start from the paths of an earlier run: those that are still open, for the pairs that are still there."""
        problem = self.problem
        flow = start.flow
        if start.key is problem.key or np.array_equal(start.key, problem.key):
            self.path_start, self.link_start, self.path_links = start.path_start, start.link_start, start.links
        else:
            place = np.minimum(np.searchsorted(start.key, problem.key), start.key.size - 1)
            paths = np.where(start.key[place] == problem.key, np.diff(start.path_start)[place], 0)
            self.path_start = np.append(0, np.cumsum(paths))
            chosen = np.repeat(start.path_start[place] - self.path_start[:-1], paths) + np.arange(self.path_start[-1])
            length = np.diff(start.link_start)[chosen]
            self.link_start = np.append(0, np.cumsum(length))
            at = np.repeat(start.link_start[chosen] - self.link_start[:-1], length) + np.arange(self.link_start[-1])
            self.path_links, flow = start.links[at], flow[chosen]
        self.path_flow, self.path_fixed = np.empty(flow.size), np.empty(flow.size)
        self.complete, closed, self.most, self.longest = self.kernels.take(
            problem.tree_class, problem.pair_start, problem.pair_trips, problem.fixed, self.path_start, self.link_start,
            self.path_links, flow, self.path_flow, self.path_fixed,
        )  # fmt: skip
        if self.complete and closed:  # what is closed has no flow, and may get none
            self._rebuild(0, np.empty(0, dtype=np.uint32))

    def _load(self) -> None:
        self.cost = float(self.kernels.load_links(
            self.path_start, self.link_start, self.path_links, self.path_flow, self.path_fixed, self.volume, *self.delay,
            self.time, self.slope,
        ))  # fmt: skip

    def _grow(self) -> None:
        """Grow the trees at the costs of now; each part of them has its own thread."""
        p = self.problem
        cost = p.fixed + self.time

        def part(begin: int) -> None:
            self.trees.grow_trees(
                begin, self.parts, p.tree_origin, p.tree_class, p.first, p.tail, p.head, p.through, cost,
                p.pair_start, p.pair_node, p.pair_trips, self.before, self.order, self.reached, self.pair_cost,
                self.tree_cost,
                self.path_start, self.link_start, self.path_links, self.path_flow, self.path_fixed, self.time, self.worst,
                self.excess,
            )  # fmt: skip

        if self.pool is None:
            part(0)
        else:
            list(self.pool.map(part, range(self.parts)))

    def _renew(self, floor: float) -> None:
        """Add a cheaper path to every pair that has one, and drop those without flow."""
        self._rebuild(*self._find(floor))

    def _rebuild(self, new: int, found: npt.NDArray[np.uint32]) -> None:
        """Drop the paths without flow, and take the new ones in."""
        p = self.problem
        paths, size = self.path_flow.size + new, self.path_links.size + found.size
        path_start, link_start = np.empty_like(self.path_start), np.empty(paths + 1, dtype=np.int64)
        links, flow, fixed = np.empty(size, dtype=np.uint32), np.empty(paths), np.empty(paths)
        paths, size, self.most, self.longest = self.kernels.rebuild(
            p.tree_class, p.pair_start, p.pair_trips, p.fixed, self.wanted, found,
            self.path_start, self.link_start, self.path_links, self.path_flow, self.path_fixed,
            path_start, link_start, links, flow, fixed,
        )  # fmt: skip
        self.path_start, self.link_start, self.path_links = path_start, link_start[: paths + 1], links[:size]
        self.path_flow, self.path_fixed = flow[:paths], fixed[:paths]

    def _find(self, floor: float) -> tuple[int, npt.NDArray[np.uint32]]:
        """Return how many paths are new, and their links, pair by pair."""
        p = self.problem

        def part(number: int) -> tuple[int, npt.NDArray[np.uint32]]:
            while True:
                new, size = self.kernels.find_new(
                    self.bounds[number], self.bounds[number + 1], p.tree_origin, p.tree_class, p.pair_start, p.pair_node,
                    self.before, p.tail, p.head, self.time, p.fixed, self.path_start, self.link_start, self.path_links,
                    self.path_flow, self.worst, self.excess, floor, self.wanted, self.found[number],
                )  # fmt: skip
                if size <= self.found[number].size:
                    return int(new), self.found[number][:size]
                self.found[number] = np.empty(size + size // 4, dtype=np.uint32)

        if self.pool is None:
            return part(0)
        parts = list(self.pool.map(part, range(self.parts)))
        return sum(new for new, _ in parts), np.concatenate([links for _, links in parts])

    def go(self, gap: float, max_iterations: int, tell: Callable[[int, float], None] | None) -> Solution:
        """Grow trees, add paths, balance, until the gap is reached."""
        iterations, sweeps, best, idle = 0, 0, np.inf, 0
        share = RESTARTED_SHARE if self.complete else BALANCED_SHARE
        if self.complete:
            sweeps += self._settle(gap)
        else:  # some pairs have no path yet
            self._grow()
            self._refuse_unreachable()
            self._renew(0.0)
            self._load()
        while True:
            self._grow()
            sptt = float(np.add.reduce(self.tree_cost))
            if not math.isfinite(sptt):
                self._refuse_unreachable()
            iterations += 1
            tstt = self._total()
            now = (tstt - sptt) / tstt if tstt > 0.0 else 0.0
            if tell is not None:
                tell(iterations, now)
            best, idle = (now, 0) if now < 0.9 * best else (best, idle + 1)
            reason = self._reason(now, gap, iterations, max_iterations, idle)
            if reason:
                return self._solution(tstt, sptt, now, iterations, sweeps, reason)
            floor = self._floor(gap, tstt)
            self._renew(floor)
            sweeps += self._balance(floor, max(share * now, ENOUGH_SHARE * gap) * tstt)

    def _settle(self, gap: float) -> int:
        """Balance the paths of an earlier run: trees then see the costs that a change leads to, not those at which it hits."""
        tstt = self._total()
        return self._balance(self._floor(gap, tstt), ENOUGH_SHARE * gap * tstt, share=BALANCED_SHARE, joint=True)

    def _floor(self, gap: float, tstt: float) -> float:
        """Return the excess cost of a path below which it is left as it is."""
        return FLOOR_SHARE * gap * tstt / max(1, self.pair_cost.size)

    def _balance(self, floor: float, goal: float, *, share: float = 0.0, joint: bool = False) -> int:
        """Balance the path sets until the excess cost is down to a goal, or to a share of the first; return the sweeps made."""
        made, cost = self.shifts.balance(
            self.path_start, self.link_start, self.path_links, self.path_flow, self.path_fixed, self.most, self.longest,
            floor, goal, share, joint, self.complete, SWEEPS, self.volume, *self.delay, self.time, self.slope,
        )  # fmt: skip
        self.cost = float(cost)
        return int(made)

    @staticmethod
    def _reason(
        now: float, gap: float, iterations: int, most: int, idle: int
    ) -> Literal["gap", "rounding", "iterations"] | None:
        if now <= max(gap, FINEST_GAP):
            return "gap" if gap >= FINEST_GAP else "rounding"
        if idle >= STALLED_ROUNDS * (1 if now < ROUNDING_GAP else 10):
            return "rounding"
        return "iterations" if iterations >= most else None

    def _refuse_unreachable(self) -> None:
        lost = np.flatnonzero(~np.isfinite(self.pair_cost))
        if lost.size:
            if not np.isfinite(self.time).all():
                raise self._beyond()
            raise UnreachableError(lost)

    def _beyond(self) -> BeyondRangeError:
        """Return the error that names the links whose time is no number."""
        links = np.flatnonzero(~np.isfinite(self.time))
        return BeyondRangeError(self.problem.rank[links], self.volume[links])

    def _total(self) -> float:
        """Return the total cost, from path sets whose flows are those of the links."""
        if not math.isfinite(self.cost):
            raise self._beyond()
        return self.cost

    def _solution(
        self, tstt: float, sptt: float, now: float, iterations: int, sweeps: int,
        reason: Literal["gap", "rounding", "iterations"],
    ) -> Solution:  # fmt: skip
        p = self.problem
        volume, times = np.empty((2, self.volume.size))
        objective = self.kernels.in_order_given(
            p.rank, self.volume, self.time, p.free, p.power, p.marginal, self.path_flow, self.path_fixed, volume, times
        )
        trees = Trees(p.tree_origin, p.tree_class, self.before, self.order, self.reached)
        paths = Paths(p.key, self.path_start, self.link_start, self.path_links, self.path_flow,
                      trees if self.before.size <= KEPT_TREES else None)  # fmt: skip
        return Solution(
            volume, times, paths, objective, objective - (tstt - sptt), tstt, sptt, now, iterations,
            sweeps, reason,
        )  # fmt: skip
