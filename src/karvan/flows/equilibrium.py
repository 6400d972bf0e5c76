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

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from karvan.case.remember import remembered
from karvan.errors import NotConvergedError, RequestError
from karvan.flows import corridor_kernels as kernels
from karvan.flows.newton import LEAST_USE, Controls, Point, factor_with, fischer
from karvan.flows.reactions import reactions_at
from karvan.flows.serial import WHISKER, Serial

if TYPE_CHECKING:
    from karvan.flows.problem import Classes, Floats, Ints, Problem, Resources, RouteSets
    from karvan.flows.reactions import Reactions

#: Conditions are met to this: relative use of capacity, hours of delay.
TOLERANCE = 1e-10
#: Prices that hardly anything determines are set where the conditions are met to this or closer.
SETTLED = 1e-8
MOST_ITERATIONS = 60
#: Where Newton's method stalls, the kinks of empties are met blunt first, this many times as wide, then sharper.
BLUNT = (32.0, 16.0, 8.0, 4.0, 2.0, 1.0)
#: While they are blunt the conditions are met to this.
BLUNT_TOLERANCE = 1e-2
#: New reactions cost about as much as so many steps.
WORTH = 6.0
#: The first of two steps may miss what is enough so many times over.
MOST_UPSET = 30.0
#: While they serve again, a price that they hardly determine is held by so much of the capacity per scaled price.
DAMPING = 1e-4
#: Reactions serve again as long as a step with them leaves at most this share of what is missing.
SERVES_AGAIN = 0.3
#: Conditions that are missed by more are not met: far below what the audit allows.
GOOD_ENOUGH = 1e-7
#: Times that the degrees by which capacities come down are halved.
MOST_HALVINGS = 30
#: A price so far above the mean cost of a tonne says that demand cannot be turned away.
HIGHEST_PRICE = 1e4


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
    capacity_residual, complementarity_residual
        Largest use above capacity, as a share of it; largest product of a scaled price and the share of capacity left.
    iterations
        Steps taken.
    reactions
        The last reactions of use to controls, which may serve again nearby; None where none were needed.
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
    capacity_residual: float
    complementarity_residual: float
    iterations: int
    reactions: Reactions | None = None


def solve_equilibrium(
    problem: Problem, start: Start | None = None, *, tolerance: float = TOLERANCE, reactions: Reactions | None = None
) -> Equilibrium:
    """Return the equilibrium of a corridor.

    Parameters
    ----------
    problem
        Classes, routes and resources.
    start
        Prices, queues and delays to begin with; without them everything is free.
    tolerance
        To which the conditions are met; coarser while what goes in is still to change.
    reactions
        Those of a solution nearby, which may serve again.

    Raises
    ------
    RequestError
        Demand without a way round exceeds a capacity.
    NotConvergedError
        No equilibrium was found.
    """
    return Solver(problem, reactions).run(start, tolerance)


def relative_gap(problem: Problem, found: Equilibrium) -> float:
    """Return the sum of the changes of route flows when delays are computed anew from the flows, over the sum of the flows."""
    routes, resources, classes = problem.routes, problem.resources, problem.classes
    wait = found.controls.queue_h + found.delay_h
    _, hours = resources.charges(np.zeros(len(wait)), wait, found.controls.lean, routes.streams)
    usd, hours = kernels.sum_both_on_routes(routes.route_ptr, routes.route_stream, found.stream_usd, hours)
    flow = kernels.load_classes(
        routes.nest_ptr, routes.price_usd, routes.hours, routes.log_size, usd, hours, *classes.arguments
    )[0]
    return float(np.abs(flow - found.route_flow).sum()) / max(float(found.route_flow.sum()), LEAST_USE)


@dataclass(frozen=True, eq=False)
class _Reduced:
    """Routes and resources with the streams alone that some resource counts.

    Attributes
    ----------
    routes, resources
        As in the problem, the streams numbered anew.
    kept
        Old numbers of the streams.
    serial
        Resources in a row.
    """

    routes: RouteSets
    resources: Resources
    kept: Ints
    serial: Serial


@remembered(32)
def _reduced(routes: RouteSets, resources: Resources) -> _Reduced:
    counted = np.zeros(routes.streams + 1, dtype=bool)
    counted[resources.pair_there] = counted[resources.pair_back] = True
    kept = np.flatnonzero(counted[:-1])
    number = np.full(routes.streams + 1, -1, dtype=np.int64)
    number[kept] = np.arange(len(kept))
    pointer, item = kernels.keep_items(routes.route_ptr, routes.route_stream, number)
    fewer = replace(routes, route_ptr=pointer, route_stream=item, streams=len(kept))
    renamed = replace(resources, pair_there=number[resources.pair_there], pair_back=number[resources.pair_back])
    return _Reduced(fewer, renamed, kept, Serial.of(renamed))


class _Parts(NamedTuple):
    """A reduced problem."""

    routes: RouteSets
    classes: Classes
    resources: Resources
    set_class: tuple[Ints, Ints]


#: A point and by how much it misses the conditions.
_Reached = tuple[Point, "Floats"]


class Solver:
    """Newton's method on the controls."""

    def __init__(self, problem: Problem, reactions: Reactions | None = None) -> None:
        self.whole = problem
        reduced = _reduced(problem.routes, problem.resources)
        self.problem = _Parts(reduced.routes, problem.classes, reduced.resources, problem.set_class)
        self.serial, self.kept = reduced.serial, reduced.kept
        self.blunt = 1.0
        resources, classes = reduced.resources, problem.classes
        self.by_price = self.serial.hard & (resources.clearing == 0)
        self.by_queue = self.serial.hard & (resources.clearing == 1)
        weight = classes.demand_t_per_day / max(float(classes.demand_t_per_day.sum()), LEAST_USE)
        # a price moves choices when it is of the order of one over the scale
        self.usd = float((weight / np.where(classes.scale[:, 2] > 0, classes.scale[:, 2], 1.0)).sum()) or 1.0
        value = float((weight * classes.delay_usd).sum())
        self.hour = self.usd / value if value > 0 else 1.0
        routes = reduced.routes
        self.arguments = (problem.routes.nest_ptr, routes.price_usd, routes.hours, routes.log_size)
        self.class_arguments = classes.arguments
        self.reactions = reactions.on(self) if reactions is not None else None

    # evaluation -----------------------------------------------------------------------------------------------------------

    def stream_charges(self, controls: Controls) -> tuple[Floats, Floats]:
        """Return dollars and hours that the controls add to each stream."""
        hours = controls.queue_h.copy()
        hours[self.serial.first] += controls.delay_h
        return self.problem.resources.charges(controls.price_usd, hours, controls.lean, self.problem.routes.streams)

    def at(self, controls: Controls) -> Point:
        """Return what follows from the controls."""
        routes, resources = self.problem.routes, self.problem.resources
        usd, hours = self.stream_charges(controls)
        charge: tuple[Floats, Floats] = kernels.sum_both_on_routes(routes.route_ptr, routes.route_stream, usd, hours)
        flow, *levels = kernels.load_classes(*self.arguments, charge[0], charge[1], *self.class_arguments)
        streams = kernels.sum_on_items(routes.route_ptr, routes.route_stream, flow, routes.streams)
        usage = resources.usage(streams, self.blunt)
        curve, slope = resources.delay(usage.used)
        return Point(controls, charge, flow, streams, usage, curve, slope, tuple(levels))

    def delays(self, point: Point) -> Floats:
        """Return the hours of every group of delay curves at the flows of a point."""
        return np.bincount(self.serial.group, point.curve, minlength=len(self.serial.first)).astype(np.float64)

    def slack(self, point: Point) -> Floats:
        """Return ln(capacity / use) of every resource; infinite where there is no limit."""
        with np.errstate(divide="ignore"):
            return np.log(self.problem.resources.capacity / np.maximum(point.usage.used, LEAST_USE))

    def residual(self, point: Point) -> Floats:
        """Return the conditions: prices, queues, delays, leans; all zero at the equilibrium."""
        controls, slack = point.controls, self.slack(point)
        price, queue = controls.price_usd[self.by_price] / self.usd, controls.queue_h[self.by_queue] / self.hour
        priced = fischer(price, slack[self.by_price] + WHISKER * price)
        queued = fischer(queue, slack[self.by_queue] + WHISKER * queue)
        delayed = (controls.delay_h - self.delays(point)) / self.hour
        weight = controls.price_usd[self.problem.resources.pair_resource] / self.usd
        return np.concatenate([priced, queued, delayed, self.lean_error(point) * np.minimum(weight, 1.0)])

    def lean_error(self, point: Point) -> Floats:
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
        if self.missed(point) > tolerance and (self.problem.resources.pair_empty > 0).any():
            point, steps = self.from_blunt(tolerance)
            iterations += steps
        if self.missed(point) > max(tolerance, GOOD_ENOUGH):
            point, steps = self.by_degrees(tolerance)
            iterations += steps
        if tolerance <= SETTLED:
            point = self.settled(point)
        return self.finish(point, iterations)

    def missed(self, point: Point) -> float:
        """Return by how much the conditions are missed."""
        return _largest(self.residual(point))

    def from_blunt(self, tolerance: float) -> tuple[Point, int]:
        """Solve from nothing with kinks of empties that are blunt first."""
        point, iterations = self.at(self.begin(None)), 0
        for blunt in BLUNT:
            self.blunt = blunt
            last = tolerance if blunt == 1.0 else BLUNT_TOLERANCE
            point, steps = self.iterate(self.at(self.explicit(point)), last)
            iterations += steps
        return point, iterations

    def by_degrees(self, tolerance: float) -> tuple[Point, int]:
        """Solve from nothing with capacities that nothing fills, and take them down to what they are by degrees.

        Raises
        ------
        NotConvergedError
            The last conditions are not met however small the degrees.
        """
        resources, iterations, sharp = self.problem.resources, 0, 0
        point = self.at(self.begin(None))
        bounded = np.isfinite(resources.capacity)
        full = float(np.max(point.usage.used[bounded] / resources.capacity[bounded], initial=1.0))
        above = step = float(np.log(full)) + 1.0
        while above > 0:
            below = max(above - step, 0.0)
            self.problem = self.problem._replace(
                resources=replace(resources, capacity=resources.capacity * np.exp(below)) if below > 0 else resources
            )
            trial, steps = self.iterate(self.at(self.explicit(point)), tolerance if below == 0.0 else GOOD_ENOUGH)
            iterations += steps
            if self.missed(trial) <= max(tolerance, GOOD_ENOUGH):
                point, above, step = trial, below, 1.5 * step
                continue
            sharp, step = sharp + 1, step / 2
            if sharp > MOST_HALVINGS:
                self.refuse_unmet(point, above)
        return point, iterations

    def refuse_unmet(self, point: Point, above: float) -> None:
        """Stop where capacities cannot come down to what they are; `point` is solved with all of them higher."""
        resources = self.whole.resources
        worst = int(np.argmax(np.where(self.serial.hard, point.usage.used / resources.capacity, 0.0)))
        message = (
            f"No equilibrium was found. With every capacity {np.expm1(above):.1%} higher there is one, in which "
            f"{resources.names[worst]} is used to {point.usage.used[worst] / resources.capacity[worst]:.1%} of what it has. "
            "Raise its capacity, or give the goods on it another way or an outside option."
        )
        raise NotConvergedError(message)

    def settled(self, point: Point) -> Point:
        """Return the point with prices that hardly anything determines set by the whisker: one more step."""
        factor = factor_with(self.reactions, self, point) if self.reactions is not None else None
        if factor is None or not factor.weak:
            return point
        trial = self.at(factor.moved(self, point, 1.0, factor.missing(self, point)))
        return trial if _largest(self.residual(trial)) <= max(_largest(self.residual(point)), TOLERANCE) else point

    def iterate(self, point: Point, tolerance: float) -> tuple[Point, int]:
        """Take steps until the conditions are met, or nothing improves; reactions serve as long as they do well."""
        error, serves = self.residual(point), self.reactions is not None
        for iteration in range(MOST_ITERATIONS):
            if _largest(error) <= tolerance:
                return point, iteration
            if serves and self.reactions is not None:
                found, _ = self.full_steps(self.reactions, point, error, DAMPING)
                if found is not None:
                    before, (point, error) = error, found
                    serves = _steps_left(before, error, tolerance) <= WORTH
                    continue
            self.reactions = new = reactions_at(self, point)
            found, first = self.full_steps(new, point, error, 0.0)
            serves = found is not None
            if found is not None:
                point, error = found
                continue
            point, error, moved = self.step(new, point, error, first)
            self.refuse_impossible(point)
            if not moved:
                return point, iteration + 1
        return point, MOST_ITERATIONS

    def begin(self, start: Start | None) -> Controls:
        """Return the controls to begin with; prices of what cannot be full are left out."""
        resources, serial = self.problem.resources, self.serial
        zero = np.zeros(len(resources))
        given = start or Start(zero, zero, zero, np.zeros(len(resources.pair_there)))
        return Controls(
            np.where(self.by_price, serial.gathered(given.price_usd), 0.0),
            np.where(self.by_queue, serial.gathered(given.queue_h), 0.0),
            np.bincount(serial.group, given.delay_h, minlength=len(serial.first)).astype(np.float64), given.lean,
        )  # fmt: skip

    def explicit(self, point: Point) -> Controls:
        """Return controls with the leans of the flows."""
        return Controls(point.controls.price_usd, point.controls.queue_h, point.controls.delay_h, point.usage.lean)

    def full_steps(
        self, reactions: Reactions, point: Point, error: Floats, damping: float
    ) -> tuple[_Reached | None, _Reached | None]:
        """Return where a full step leads, or two, None where that is not near enough; and where the first leads.

        Delays that hardly react to themselves are set from the flow; that may upset prices at first, which the next step mends.
        """
        enough = SERVES_AGAIN * float(np.linalg.norm(error))
        first = None
        for most in (MOST_UPSET, 1.0):
            factor = factor_with(reactions, self, point, damping)
            if factor is None or not factor.regular:
                break
            point = self.at(factor.moved(self, point, 1.0, factor.missing(self, point)))
            error = self.residual(point)
            first = first or (point, error)
            left = float(np.linalg.norm(error))
            if left <= enough:
                return (point, error), first
            if left > most * enough:
                break
        return None, first

    def step(
        self, reactions: Reactions, point: Point, error: Floats, full: _Reached | None
    ) -> tuple[Point, Floats, bool]:
        """Take one Newton step, shortened until the conditions are met better; say whether anything moved.

        `full` is where the full step leads, where that is known.
        """
        factor = factor_with(reactions, self, point)
        if factor is None:
            return point, error, False
        merit, right = float(error @ error), factor.missing(self, point)
        share = 1.0
        while share > 1e-4:  # noqa: PLR2004 - thirteen halvings
            if share < 1.0 or full is None:
                trial = self.at(factor.moved(self, point, share, right))
                fault = self.residual(trial)
            else:
                trial, fault = full
            if float(fault @ fault) < merit * (1 - 1e-4 * share):
                return trial, fault, True
            share *= 0.5
        return point, error, False

    def refuse_impossible(self, point: Point) -> None:
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

    def finish(self, point: Point, iterations: int) -> Equilibrium:
        """Return the result with its measures of convergence, for all streams."""
        resources, controls, serial = self.problem.resources, point.controls, self.serial
        with np.errstate(invalid="ignore"):
            share_left = np.where(np.isfinite(resources.capacity), 1 - point.usage.used / resources.capacity, 1.0)
        scaled = np.where(self.by_price, controls.price_usd / self.usd, controls.queue_h / self.hour)
        network, overall, on_network, nest_share = point.levels
        routes = self.whole.routes
        usd, hours = np.zeros(routes.streams), np.zeros(routes.streams)
        usd[self.kept], hours[self.kept] = self.stream_charges(controls)
        shared = replace(controls, price_usd=serial.shared(controls.price_usd), queue_h=serial.shared(controls.queue_h))
        return Equilibrium(
            controls=shared, stream_usd=usd, stream_h=hours, route_flow=point.flow,
            stream_flow=kernels.sum_on_items(routes.route_ptr, routes.route_stream, point.flow, routes.streams),
            used=point.usage.used, delay_h=point.curve,
            network_usd=network, overall_usd=overall, on_network=on_network, nest_share=nest_share,
            capacity_residual=float(np.max(-share_left[serial.hard], initial=0.0)),
            complementarity_residual=float(np.max((scaled * np.abs(share_left))[serial.hard], initial=0.0)),
            iterations=iterations, reactions=self.reactions,
        )  # fmt: skip


def _steps_left(before: Floats, after: Floats, tolerance: float) -> float:
    """Return how many more steps like the last one would take the conditions to the tolerance."""
    was, left = float(np.linalg.norm(before)), float(np.linalg.norm(after))
    if left <= tolerance:
        return 0.0
    return float(np.log(left / tolerance) / np.log(was / left)) if left < was else np.inf


def _largest(error: Floats) -> float:
    return float(np.max(np.abs(error), initial=0.0))
