"""The equilibrium of a corridor: flows, delays, queues and prices that fit one another.

Goods choose by a nested logit at the costs that they meet. Unknown are the *controls*: a price where a full resource clears by
price, the hours of a queue where it clears by waiting, the hours of a delay curve, and the lean of pairs of directions whose
empties a price charges. They solve

* ``0 <= control, use <= capacity, control x (capacity - use) = 0`` for prices and queues, written as a Fischer-Burmeister
  equation in ``ln(capacity / use)``,
* ``control = curve(use)`` for delays,

by Newton's method with the exact derivative of the choice model and a line search. With prices alone this is the convex dual of
Fisk's problem (1980) with capacities, so that the flows are unique.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.errors import RequestError
from karvan.flows import corridor_kernels as kernels

if TYPE_CHECKING:
    from karvan.flows.problem import Bools, Floats, Ints, Problem, Resources, Usage

#: Conditions are met to this: relative use of capacity, hours of delay.
TOLERANCE = 1e-10
MOST_ITERATIONS = 60
#: Where Newton's method stalls, the kinks of empties are met blunt first, this many times as wide, then sharper.
BLUNT = (32.0, 16.0, 8.0, 4.0, 2.0, 1.0)
#: While they are blunt the conditions are met to this.
BLUNT_TOLERANCE = 1e-2
#: Delays whose own feedback (slope of the curve x fall of the flow) is smaller are set from the flow, without Newton's method.
WEAK_FEEDBACK = 0.01
#: A price so far above the mean cost of a tonne says that demand cannot be turned away.
HIGHEST_PRICE = 1e4
#: Least use in a logarithm, in tonnes a day.
LEAST_USE = 1e-9


@dataclass(frozen=True, eq=False)
class Controls:
    """What the goods meet besides the plain cost of their routes.

    Attributes
    ----------
    price_usd, queue_h
        Rent per tonne of capacity and hours of queue, per resource.
    delay_h
        Hours of delay of every group of resources with the same streams.
    lean
        Lean of every pair, as the prices charge it.
    """

    price_usd: Floats
    queue_h: Floats
    delay_h: Floats
    lean: Floats


@dataclass(frozen=True, eq=False)
class Start:
    """Where to begin: prices, queues and delays of every resource, and the lean of every pair of streams."""

    price_usd: Floats
    queue_h: Floats
    delay_h: Floats
    lean: Floats


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """The solved problem.

    Attributes
    ----------
    controls
        Prices, queues, delays.
    stream_usd, stream_h
        What they add to each stream: dollars per tonne, hours.
    route_flow, stream_flow, used
        Tonnes a day on routes and streams; use of the resources.
    delay_h
        Hours of delay of every resource.
    network_usd, overall_usd, on_network, nest_share
        Per class: expected least cost of the network and of all options (logsums), share on the network, shares of the ways of
        going within it.
    relative_gap
        Sum of the changes of route flows when delays are computed anew from the flows, over the sum of the flows.
    capacity_residual, complementarity_residual
        Largest use above capacity, as a share of it; largest product of a scaled price and the share of capacity left.
    iterations
        Steps taken.
    """

    controls: Controls
    stream_usd: Floats
    stream_h: Floats
    route_flow: Floats
    stream_flow: Floats
    used: Floats
    delay_h: Floats
    network_usd: Floats
    overall_usd: Floats
    on_network: Floats
    nest_share: Floats
    relative_gap: float
    capacity_residual: float
    complementarity_residual: float
    iterations: int


def solve_equilibrium(problem: Problem, start: Start | None = None, *, tolerance: float = TOLERANCE) -> Equilibrium:
    """Return the equilibrium of a corridor.

    Parameters
    ----------
    problem
        Classes, routes and resources.
    start
        Prices, queues and delays to begin with; without them everything is free.
    tolerance
        To which the conditions are met; coarser while what goes in is still to change.

    Raises
    ------
    RequestError
        Demand without a way round exceeds a capacity.
    """
    return _Solver(problem).run(start, tolerance)


@dataclass(frozen=True, eq=False)
class _Point:
    """Controls, and all that follows from them."""

    controls: Controls
    charge: tuple[Floats, Floats]
    flow: Floats
    steep: Floats
    streams: Floats
    usage: Usage
    curve: Floats
    slope: Floats
    levels: tuple[Any, ...]


class _Solver:
    """Newton's method on the controls."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        resources = problem.resources
        self.blunt = 1.0
        self.group, self.first = _groups(resources)
        self.groups = len(self.first)
        self.hard = _tightest(resources, self.group)
        self.by_price = self.hard & (resources.clearing == 0)
        self.by_queue = self.hard & (resources.clearing == 1)
        self.pair_order = np.argsort(resources.pair_resource, kind="stable")
        self.pair_ptr = np.searchsorted(resources.pair_resource[self.pair_order], np.arange(len(resources) + 1))
        classes = problem.classes
        weight = classes.demand_t_per_day / max(float(classes.demand_t_per_day.sum()), LEAST_USE)
        # a price moves choices when it is of the order of one over the scale
        self.usd = float((weight / np.where(classes.scale[:, 2] > 0, classes.scale[:, 2], 1.0)).sum()) or 1.0
        value = float((weight * classes.delay_usd).sum())
        self.hour = self.usd / value if value > 0 else 1.0
        self.arguments = (
            problem.routes.set_ptr, problem.routes.nest, problem.routes.price_usd, problem.routes.hours, problem.routes.log_size,
        )  # fmt: skip
        self.class_arguments = (
            classes.set, classes.demand_t_per_day, classes.hour_usd, classes.delay_usd, classes.outside_usd, classes.nest_usd,
            classes.scale,
        )  # fmt: skip

    def pairs(self, wanted: Ints) -> tuple[Ints, Ints]:
        """Return the pairs of some resources, one resource after the other, and how many each has."""
        begin = self.pair_ptr[wanted]
        sizes = self.pair_ptr[wanted + 1] - begin
        within = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return self.pair_order[np.repeat(begin, sizes) + within], sizes

    # evaluation -----------------------------------------------------------------------------------------------------------

    def stream_charges(self, controls: Controls) -> tuple[Floats, Floats]:
        """Return dollars and hours that the controls add to each stream."""
        resources, streams = self.problem.resources, self.problem.routes.streams
        there, back = resources.marginal(controls.lean)
        price = controls.price_usd[resources.pair_resource]
        usd = _spread(resources.pair_there, price * there, streams) + _spread(
            resources.pair_back, price * back, streams
        )
        hours = controls.queue_h.copy()
        hours[self.first] += controls.delay_h
        each = hours[resources.pair_resource]
        both = np.where(resources.pair_each, 0.0, each)
        return usd, _spread(resources.pair_there, each, streams) + _spread(resources.pair_back, both, streams)

    def at(self, controls: Controls) -> _Point:
        """Return what follows from the controls."""
        routes, resources = self.problem.routes, self.problem.resources
        usd, hours = self.stream_charges(controls)
        charge = (
            kernels.sum_on_routes(routes.route_ptr, routes.route_stream, usd),
            kernels.sum_on_routes(routes.route_ptr, routes.route_stream, hours),
        )
        flow, steep, *levels = kernels.load_classes(*self.arguments, *charge, *self.class_arguments)
        streams = kernels.sum_on_items(routes.route_ptr, routes.route_stream, flow, routes.streams)
        usage = resources.usage(streams, self.blunt)
        curve, slope = resources.delay(usage.used)
        return _Point(controls, charge, flow, steep, streams, usage, curve, slope, tuple(levels))

    def delays(self, point: _Point) -> Floats:
        """Return the hours of every group of delay curves at the flows of a point."""
        return np.bincount(self.group, point.curve, minlength=self.groups).astype(np.float64)

    def slack(self, point: _Point) -> Floats:
        """Return ln(capacity / use) of every resource; infinite where there is no limit."""
        with np.errstate(divide="ignore"):
            return np.log(self.problem.resources.capacity / np.maximum(point.usage.used, LEAST_USE))

    def residual(self, point: _Point) -> Floats:
        """Return the conditions: prices, queues, delays, leans; all zero at the equilibrium."""
        controls, slack = point.controls, self.slack(point)
        priced = _fischer(controls.price_usd[self.by_price] / self.usd, slack[self.by_price])
        queued = _fischer(controls.queue_h[self.by_queue] / self.hour, slack[self.by_queue])
        delayed = (controls.delay_h - self.delays(point)) / self.hour
        weight = controls.price_usd[self.problem.resources.pair_resource] / self.usd
        return np.concatenate([priced, queued, delayed, self.lean_error(point) * np.minimum(weight, 1.0)])

    def lean_error(self, point: _Point) -> Floats:
        """Return lean as charged less lean as it is, of the pairs that a price charges."""
        resources = self.problem.resources
        charged = (point.controls.price_usd[resources.pair_resource] > 0) & (resources.pair_empty > 0)
        return np.where(charged, point.controls.lean - point.usage.lean, 0.0)

    # iteration ------------------------------------------------------------------------------------------------------------

    def run(self, start: Start | None, tolerance: float) -> Equilibrium:
        """Iterate until every condition is met, or nothing improves."""
        point = self.at(self.begin(start))
        if start is None:
            point = self.at(self.explicit(point))
        point, iterations = self.iterate(point, tolerance)
        if _largest(self.residual(point)) > tolerance and (self.problem.resources.pair_empty > 0).any():
            point = self.at(self.begin(None))
            for blunt in BLUNT:
                self.blunt = blunt
                point, steps = self.iterate(
                    self.at(self.explicit(point)), tolerance if blunt == 1.0 else BLUNT_TOLERANCE
                )
                iterations += steps
        return self.finish(point, iterations)

    def iterate(self, point: _Point, tolerance: float) -> tuple[_Point, int]:
        """Take Newton steps until the conditions are met, or nothing improves."""
        error = self.residual(point)
        for iteration in range(MOST_ITERATIONS):
            if _largest(error) <= tolerance:
                return point, iteration
            point, error, moved = self.step(point, error)
            self.refuse_impossible(point)
            if not moved:
                return point, iteration + 1
        return point, MOST_ITERATIONS

    def begin(self, start: Start | None) -> Controls:
        """Return the controls to begin with; prices of what cannot be full are left out."""
        resources = self.problem.resources
        zero = np.zeros(len(resources))
        given = start or Start(zero, zero, zero, np.zeros(len(resources.pair_there)))
        return Controls(
            np.where(self.by_price, given.price_usd, 0.0), np.where(self.by_queue, given.queue_h, 0.0),
            np.bincount(self.group, given.delay_h, minlength=self.groups).astype(np.float64), given.lean,
        )  # fmt: skip

    def explicit(self, point: _Point) -> Controls:
        """Return controls with the leans of the flows."""
        return Controls(point.controls.price_usd, point.controls.queue_h, point.controls.delay_h, point.usage.lean)

    def step(self, point: _Point, error: Floats) -> tuple[_Point, Floats, bool]:
        """Take one Newton step, shortened until the conditions are met better; say whether anything moved."""
        newton = _Newton(self, point)
        merit = float(error @ error)
        share = 1.0
        while share > 1e-4:  # noqa: PLR2004 - thirteen halvings
            trial = self.at(newton.moved(share))
            fault = self.residual(trial)
            value = float(fault @ fault)
            if value < merit * (1 - 1e-4 * share):
                return trial, fault, True
            share *= 0.5
        return point, error, False

    def refuse_impossible(self, point: _Point) -> None:
        """Stop where a price rises beyond all bounds: the demand there has no way round."""
        for values, scale in ((point.controls.price_usd, self.usd), (point.controls.queue_h, self.hour)):
            worst = int(np.argmax(values)) if len(values) else 0
            if len(values) and values[worst] > HIGHEST_PRICE * scale:
                resources = self.problem.resources
                over = point.usage.used[worst] - resources.capacity[worst]
                message = (
                    f"{resources.names[worst]}: demand that has no other way exceeds the capacity of "
                    f"{resources.capacity[worst]:g} tonnes a day by {max(over, 0.0):.3g}. Give it an outside option, or raise "
                    "the capacity."
                )
                raise RequestError(message)

    def finish(self, point: _Point, iterations: int) -> Equilibrium:
        """Return the result with its measures of convergence."""
        resources, controls = self.problem.resources, point.controls
        renewed = self.at(Controls(controls.price_usd, controls.queue_h, self.delays(point), controls.lean))
        total = max(float(point.flow.sum()), LEAST_USE)
        with np.errstate(invalid="ignore"):
            share_left = np.where(np.isfinite(resources.capacity), 1 - point.usage.used / resources.capacity, 1.0)
        scaled = np.where(self.by_price, controls.price_usd / self.usd, controls.queue_h / self.hour)
        network, overall, on_network, nest_share = point.levels
        usd, hours = self.stream_charges(controls)
        return Equilibrium(
            controls=controls, stream_usd=usd, stream_h=hours,
            route_flow=point.flow, stream_flow=point.streams, used=point.usage.used, delay_h=point.curve,
            network_usd=network, overall_usd=overall, on_network=on_network, nest_share=nest_share,
            relative_gap=float(np.abs(renewed.flow - point.flow).sum()) / total,
            capacity_residual=float(np.max(-share_left[self.hard], initial=0.0)),
            complementarity_residual=float(np.max((scaled * np.abs(share_left))[self.hard], initial=0.0)),
            iterations=iterations,
        )  # fmt: skip


class _Newton:
    """The linear system of one step."""

    def __init__(self, solver: _Solver, point: _Point) -> None:
        self.solver, self.point = solver, point
        resources = solver.problem.resources
        slack = solver.slack(point)
        controls = point.controls
        near = slack < 0.05  # noqa: PLR2004 - within five per cent of full
        self.priced = np.flatnonzero(solver.by_price & (near | (controls.price_usd > 0)))
        self.queued = np.flatnonzero(solver.by_queue & (near | (controls.queue_h > 0)))
        self.delayed = self._strong_delays()
        charged = (controls.price_usd[resources.pair_resource] > 0) & (resources.pair_empty > 0)
        self.leaning = np.flatnonzero(charged)
        self.slack = slack
        self.change = self._solve()

    def _strong_delays(self) -> Ints:
        """Return the groups of delay curves whose flow reacts to their own delay."""
        solver, point = self.solver, self.point
        routes, resources = solver.problem.routes, solver.problem.resources
        falls = kernels.sum_on_items(routes.route_ptr, routes.route_stream, point.steep, routes.streams)
        slope = np.bincount(solver.group, point.slope, minlength=solver.groups)
        weight = (
            np.where(resources.pair_there >= 0, falls[np.maximum(resources.pair_there, 0)], 0.0) if len(falls) else 0.0
        )
        back = np.where(resources.pair_back >= 0, falls[np.maximum(resources.pair_back, 0)], 0.0) if len(falls) else 0.0
        reach = np.bincount(resources.pair_resource, resources.pair_weight * (weight + back), minlength=len(resources))
        strong: Ints = np.flatnonzero(slope * reach[solver.first] > WEAK_FEEDBACK)
        return strong

    def _solve(self) -> Floats:
        solver, point = self.solver, self.point
        routes = solver.problem.routes
        columns, hours = self._columns()
        if len(hours) == 0:
            return np.zeros(0)
        reaction = kernels.reactions(
            *solver.arguments, *point.charge, *solver.class_arguments, *solver.problem.set_class,
            routes.route_ptr, routes.route_stream, *self._rows().by_stream(routes.streams), *columns.by_stream(routes.streams),
            hours, len(hours),
        )  # fmt: skip
        matrix, right = self._conditions(reaction)
        change, regular = kernels.solve_dense(matrix, right)
        return change if regular else np.zeros(len(hours))

    def _columns(self) -> tuple[_Entries, Bools]:
        """Return what each control adds to the streams, and which are in hours."""
        solver, resources, controls = self.solver, self.solver.problem.resources, self.point.controls
        there, back = resources.marginal(controls.lean)
        both = np.where(resources.pair_each, 0.0, 1.0)
        waits = np.concatenate([self.queued, solver.first[self.delayed]])
        size = controls.price_usd[resources.pair_resource] * resources.pair_weight * resources.pair_empty
        size *= np.where(resources.pair_each, 0.5, 1.0)
        entries = _Entries(resources)
        entries.add(*solver.pairs(self.priced), there, back)
        entries.add(*solver.pairs(waits), np.ones(len(both)), both)
        entries.add(self.leaning, np.ones(len(self.leaning), dtype=np.int64), size, -size)
        return entries, np.repeat([False, True, False], [len(self.priced), len(waits), len(self.leaning)])

    def _rows(self) -> _Entries:
        """Return how each condition reads the streams: ln(use), hours of delay, lean."""
        solver, usage, resources = self.solver, self.point.usage, self.solver.problem.resources
        used = np.maximum(usage.used, LEAST_USE)[resources.pair_resource]
        slope = np.bincount(solver.group, self.point.slope, minlength=solver.groups)
        steep = slope[solver.group[resources.pair_resource]]
        entries = _Entries(resources)
        hard = np.concatenate([self.priced, self.queued])
        entries.add(*solver.pairs(hard), usage.by_there / used, usage.by_back / used)
        entries.add(*solver.pairs(solver.first[self.delayed]), steep * usage.by_there, steep * usage.by_back)
        entries.add(self.leaning, np.ones(len(self.leaning), dtype=np.int64), usage.lean_slope, -usage.lean_slope)
        return entries

    def _conditions(self, reaction: Floats) -> tuple[Floats, Floats]:
        """Return the matrix and right side: each condition's derivative, and what is missing."""
        solver, point = self.solver, self.point
        hard = np.concatenate([self.priced, self.queued]).astype(np.int64)
        control = np.concatenate(
            [point.controls.price_usd[self.priced] / solver.usd, point.controls.queue_h[self.queued] / solver.hour]
        )
        unit = np.concatenate([np.full(len(self.priced), solver.usd), np.full(len(self.queued), solver.hour)])
        slack = self.slack[hard]
        radius = np.maximum(np.hypot(control, slack), 1e-14)
        by_control, by_slack = 1 - control / radius, 1 - slack / radius
        n = len(hard)
        matrix = reaction.copy()
        matrix[:n] *= -by_slack[:, None]
        matrix[np.arange(n), np.arange(n)] += by_control / unit
        matrix[n:] *= -1.0
        rest = np.arange(n, len(matrix))
        matrix[rest, rest] += 1.0
        # a whisker on the diagonal where a full resource has no flow that could react
        matrix[np.arange(n), np.arange(n)] += 1e-12 / unit
        delay = solver.delays(point)[self.delayed] - point.controls.delay_h[self.delayed]
        lean = point.usage.lean[self.leaning] - point.controls.lean[self.leaning]
        return matrix, np.concatenate([-_fischer(control, slack), delay, lean])

    def moved(self, share: float) -> Controls:
        """Return the controls after a share of the step."""
        solver, point = self.solver, self.point
        old = point.controls
        a, b, c = np.cumsum([len(self.priced), len(self.queued), len(self.delayed)])
        price, queue = np.zeros_like(old.price_usd), np.zeros_like(old.queue_h)
        price[self.priced] = _bounded(old.price_usd[self.priced], share * self.change[:a], solver.usd)
        queue[self.queued] = _bounded(old.queue_h[self.queued], share * self.change[a:b], solver.hour)
        curves = solver.delays(point)
        delay = old.delay_h + share * (curves - old.delay_h)
        delay[self.delayed] = np.maximum(old.delay_h[self.delayed] + share * self.change[b:c], 0.0)
        lean = point.usage.lean.copy()
        lean[self.leaning] = np.clip(old.lean[self.leaning] + share * self.change[c:], -1.0, 1.0)
        return Controls(price, queue, delay, lean)


def _bounded(old: Floats, change: Floats, unit: float) -> Floats:
    """Return a price after a step: never below zero, and at most twice what it was or ten units up."""
    return np.clip(old + change, 0.0, np.maximum(3 * old, old + 10 * unit))


def _largest(error: Floats) -> float:
    return float(np.max(np.abs(error), initial=0.0))


def _fischer(control: Floats, slack: Floats) -> Floats:
    """Return the Fischer-Burmeister function: zero where both are not negative and one of them is zero."""
    bounded = np.minimum(slack, 1e6)
    return control + bounded - np.hypot(control, bounded)


def _spread(index: Ints, values: Floats, size: int) -> Floats:
    keep = index >= 0
    return np.bincount(index[keep], values[keep], minlength=size).astype(np.float64)


class _Entries:
    """Figures of conditions or controls on streams, by pairs."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources
        self.count = 0
        self.parts: list[tuple[Ints, Ints, Floats]] = []

    def add(self, pairs: Ints, sizes: Ints, there: Floats, back: Floats) -> None:
        """Add items that have so many pairs each, with the figures of every pair in both directions."""
        number = self.count + np.repeat(np.arange(len(sizes)), sizes)
        self.count += len(sizes)
        for streams, values in ((self.resources.pair_there, there), (self.resources.pair_back, back)):
            stream, value = streams[pairs], values[pairs]
            keep = (stream >= 0) & (value != 0.0)
            self.parts.append((stream[keep], number[keep], value[keep]))

    def by_stream(self, streams: int) -> tuple[Ints, Ints, Floats]:
        """Return where the items of every stream begin, the items, and their figures."""
        stream, number, value = (np.concatenate(column) for column in zip(*self.parts, strict=True))
        order = np.argsort(stream, kind="stable")
        return np.searchsorted(stream[order], np.arange(streams + 1)), number[order], value[order]


def _groups(resources: Resources) -> tuple[Ints, Ints]:
    """Return the group of every resource, those with the same pairs of streams being one, and the first of each group."""
    pairs: dict[int, list[tuple[Any, ...]]] = {j: [] for j in range(len(resources))}
    for k, j in enumerate(resources.pair_resource):
        pairs[int(j)].append(
            (
                int(resources.pair_there[k]), int(resources.pair_back[k]), float(resources.pair_weight[k]),
                float(resources.pair_empty[k]), bool(resources.pair_each[k]),
            )
        )  # fmt: skip
    known: dict[tuple[Any, ...], int] = {}
    group: Ints = np.empty(len(resources), dtype=np.int64)
    first: list[int] = []
    for j, theirs in pairs.items():
        key = tuple(theirs)
        if key not in known:
            known[key] = len(first)
            first.append(j)
        group[j] = known[key]
    return group, np.array(first, dtype=np.int64)


def _tightest(resources: Resources, group: Ints) -> Bools:
    """Return which resources can be full: of a group in a row the tightest, the first of equals."""
    hard: Bools = np.zeros(len(resources), dtype=bool)
    best: dict[int, int] = {}
    for j in range(len(resources)):
        if resources.clearing[j] == 2 or not np.isfinite(resources.capacity[j]):  # noqa: PLR2004 - a delay curve only
            continue
        room = resources.capacity[j] - resources.preload[j]
        g = int(group[j])
        if g not in best or room < resources.capacity[best[g]] - resources.preload[best[g]]:
            best[g] = j
    hard[list(best.values())] = True
    return hard
