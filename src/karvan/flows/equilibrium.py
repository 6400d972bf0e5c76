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
from karvan.errors import NotConvergedError
from karvan.flows import corridor_kernels as kernels
from karvan.flows import newton_kernels as newton
from karvan.flows.choice import choice_of
from karvan.flows.choice_kernels import load_routes
from karvan.flows.newton_kernels import LEAST_USE, Point, largest, point_at
from karvan.flows.reactions import reactions_at
from karvan.flows.scarcity_kernels import Controls, Scarcity
from karvan.flows.serial import Serial

if TYPE_CHECKING:
    from collections.abc import Sequence

    from karvan.flows.newton_kernels import Factor
    from karvan.flows.problem import Bools, Floats, Ints, Problem, Resources, RouteSets
    from karvan.flows.reactions import Reactions

#: Conditions are met to this: relative use of capacity, hours of delay.
TOLERANCE = 1e-10
#: Prices that hardly anything determines are set where the conditions are met to this or closer.
SETTLED = 1e-8
MOST_ITERATIONS = 60
#: Where full steps with new reactions lead away so often, Newton's method is about to stall at a kink of empties.
MOST_SHORTENED = 3
#: So near, shortened steps are not repeated where more of them would be tried than new reactions are worth, and do not count.
CLOSE = 0.1
#: Where it begins so far off, it is not tried.
FAR = 1.5
#: Kinks are then met blunt first, this many times as wide, then sharper; from nothing in finer steps where that fails.
BLUNT, BLUNT_FINE = (32.0, 8.0, 2.0, 1.0), (32.0, 16.0, 8.0, 4.0, 2.0, 1.0)
#: While they are blunt the conditions are met to this.
BLUNT_TOLERANCE = 1e-2
#: While they serve again, a price that they hardly determine is held by so much of the capacity per scaled price.
DAMPING = 1e-4
#: So are shortened steps repeated as long as each leaves at most this share.
STEP_AGAIN = 0.9
#: Conditions that are missed by more are not met: far below what the audit allows.
GOOD_ENOUGH = 1e-7
#: Times that the degrees by which capacities come down are halved.
MOST_HALVINGS = 30
#: Pivots so much smaller than the others tell of prices that hardly anything but the whisker determines.
WEAK_PIVOT = 1e-6
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
    route_flow, used
        Tonnes a day on routes; use of the resources.
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

    @property
    def start(self) -> Start:
        """Where it stands, for a search that begins there."""
        return Start(self.controls.price_usd, self.controls.queue_h, self.delay_h, self.controls.lean)


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


def stream_flow(problem: Problem, found: Equilibrium) -> Floats:
    """Return the tonnes a day on every stream."""
    routes = problem.routes
    flow: Floats = kernels.sum_on_items(routes.route_ptr, routes.route_stream, found.route_flow, routes.streams)
    return flow


def on_routes(problem: Problem, usd: Floats, hours: Floats) -> tuple[Floats, Floats]:
    """Return dollars and hours on every route that streams are charged by resources; by no others they are."""
    reduced = _reduced(problem.routes, problem.resources)
    found: tuple[Floats, Floats] = newton.on_routes(reduced.scarcity, usd[reduced.kept], hours[reduced.kept])
    return found


def relative_gap(problem: Problem, found: Equilibrium) -> float:
    """Return the sum of the changes of route flows when delays are computed anew from the flows, over the sum of the flows."""
    routes, resources = problem.routes, problem.resources
    wait = found.controls.queue_h + found.delay_h
    _, hours = resources.charges(np.zeros(len(wait)), wait, found.controls.lean, routes.streams)
    flow = load_routes(choice_of(problem), *on_routes(problem, found.stream_usd, hours))[0]
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
    by_price, by_queue
        Which resources may be full, and clear by price or by queue.
    scarcity
        All of it as kernels want it, in units of one dollar and one hour.
    """

    routes: RouteSets
    resources: Resources
    kept: Ints
    serial: Serial
    by_price: Bools
    by_queue: Bools
    scarcity: Scarcity


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
    serial = Serial.of(renamed)
    by_price, by_queue = serial.hard & (resources.clearing == 0), serial.hard & (resources.clearing == 1)
    # streams by narrow numbers without a sign
    length_ptr, route, route_stream = kernels.by_length(pointer, item.astype(np.uint32, copy=False))
    scarcity = Scarcity(
        length_ptr, route, route_stream, len(kept), renamed.preload, renamed.capacity, by_price, by_queue, renamed.curve,
        renamed.free_h, renamed.curve_a, renamed.curve_b, renamed.pair_resource, renamed.pair_there, renamed.pair_back,
        renamed.pair_weight, renamed.pair_empty, renamed.pair_each, renamed.kink, serial.group, serial.first, 1.0, 1.0,
    )  # fmt: skip
    return _Reduced(fewer, renamed, kept, serial, by_price, by_queue, scarcity)


class _Parts(NamedTuple):
    """A reduced problem."""

    routes: RouteSets
    resources: Resources


#: A point and by how much it misses the conditions.
_Reached = tuple[Point, "Floats"]


class Solver:
    """Newton's method on the controls."""

    def __init__(self, problem: Problem, reactions: Reactions | None = None) -> None:
        self.whole, self.choice = problem, choice_of(problem)
        reduced = _reduced(problem.routes, problem.resources)
        self.problem = _Parts(reduced.routes, reduced.resources)
        self.serial, self.kept, self.by_price, self.by_queue = (
            reduced.serial, reduced.kept, reduced.by_price, reduced.by_queue,
        )  # fmt: skip
        self.blunt = 1.0
        classes = problem.classes
        weight = classes.demand_t_per_day / max(float(classes.demand_t_per_day.sum()), LEAST_USE)
        # a price moves choices when it is of the order of one over the scale
        self.usd = float((weight / np.where(classes.scale[:, 2] > 0, classes.scale[:, 2], 1.0)).sum()) or 1.0
        value = float((weight * classes.delay_usd).sum())
        self.hour = self.usd / value if value > 0 else 1.0
        self.scarcity = reduced.scarcity._replace(usd=self.usd, hour=self.hour)
        self.reactions = reactions.on(self) if reactions is not None else None

    # evaluation -----------------------------------------------------------------------------------------------------------

    @property
    def set_class(self) -> tuple[Ints, Ints]:
        """Where the classes of every set begin, and the classes in order of their sets."""
        return self.whole.set_class

    def at(self, controls: Controls) -> Point:
        """Return what follows from the controls."""
        found: Point = point_at(self.choice, self.scarcity, controls, self.blunt)
        return found

    def slack(self, point: Point) -> Floats:
        """Return ln(capacity / use) of every resource; infinite where there is no limit."""
        with np.errstate(divide="ignore"):
            slack: Floats = np.log(self.scarcity.capacity / np.maximum(point.used, LEAST_USE))
        return slack

    def residual(self, point: Point) -> Floats:
        """Return the conditions: prices, queues, delays, leans; all zero at the equilibrium."""
        found: Floats = newton.residual(self.scarcity, point)
        return found

    def bounded_to(self, resources: Resources) -> None:
        """Take the capacities of other resources."""
        self.problem = self.problem._replace(resources=resources)
        self.scarcity = self.scarcity._replace(capacity=resources.capacity, kink=resources.kink)

    # iteration ------------------------------------------------------------------------------------------------------------

    def run(self, start: Start | None, tolerance: float) -> Equilibrium:
        """Iterate until every condition is met, or nothing improves."""
        point = self.at(self.begin(start))
        if start is None:
            point = self.at(self.explicit(point))
        kinked, iterations = bool((self.problem.resources.pair_empty > 0).any()), 0
        if not kinked or self.missed(point) <= FAR:
            point, iterations = self.iterate(point, tolerance, MOST_SHORTENED if kinked else MOST_ITERATIONS)
        if kinked and self.missed(point) > tolerance:
            point, steps = self.through_blunt(point, BLUNT, tolerance)
            iterations += steps
        if kinked and self.missed(point) > tolerance:
            point, steps = self.through_blunt(self.at(self.begin(None)), BLUNT_FINE, tolerance)
            iterations += steps
        if self.missed(point) > max(tolerance, GOOD_ENOUGH):
            point, steps = self.by_degrees(tolerance)
            iterations += steps
        if tolerance <= SETTLED:
            point = self.settled(point)
        return self.finish(point, iterations)

    def missed(self, point: Point) -> float:
        """Return by how much the conditions are missed."""
        return float(largest(self.residual(point)))

    def through_blunt(self, point: Point, widths: Sequence[float], tolerance: float) -> tuple[Point, int]:
        """Solve from a point with kinks of empties that are blunt first."""
        iterations = 0
        for blunt in widths:
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
        full = float(np.max(point.used[bounded] / resources.capacity[bounded], initial=1.0))
        above = step = float(np.log(full)) + 1.0
        while above > 0:
            below = max(above - step, 0.0)
            self.bounded_to(replace(resources, capacity=resources.capacity * np.exp(below)) if below > 0 else resources)
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
        worst = int(np.argmax(np.where(self.serial.hard, point.used / resources.capacity, 0.0)))
        message = (
            f"No equilibrium was found. With every capacity {np.expm1(above):.1%} higher there is one, in which "
            f"{resources.names[worst]} is used to {point.used[worst] / resources.capacity[worst]:.1%} of what it has. "
            "Raise its capacity, or give the goods on it another way or an outside option."
        )
        raise NotConvergedError(message)

    def settled(self, point: Point) -> Point:
        """Return the point with prices that hardly anything determines set by the whisker: one more step."""
        factor = self.factor(self.reactions, point) if self.reactions is not None else None
        if factor is None or not _is_weak(factor):
            return point
        trial = self.at(newton.moved(self.scarcity, factor, point, 1.0, newton.missing(self.scarcity, factor, point)))
        return trial if self.missed(trial) <= max(self.missed(point), TOLERANCE) else point

    def factor(self, reactions: Reactions, point: Point) -> Factor | None:
        """Return the factored derivative of the conditions at a point; None where the reactions lack a control that matters."""
        found: Factor = newton.factor_with(self.scarcity, reactions.known, point, 0.0)
        return None if found.status == newton.LACKING else found

    def iterate(self, point: Point, tolerance: float, shortened: int = MOST_ITERATIONS) -> tuple[Point, int]:
        """Take steps until the conditions are met, or nothing improves, or full ones with new reactions lead away too often.

        Reactions serve as long as they do well.
        """
        error, serves, taken = self.residual(point), self.reactions is not None, 0
        while taken < MOST_ITERATIONS:
            if serves and self.reactions is not None:
                point, error, steps, serves, *_ = self.serve(
                    self.reactions, point, error, tolerance, DAMPING, MOST_ITERATIONS - taken
                )
                taken += steps
            if taken >= MOST_ITERATIONS or shortened <= 0 or largest(error) <= tolerance:
                return point, taken
            self.reactions = new = reactions_at(self, point)
            point, error, steps, _, tried, first, first_error = self.serve(new, point, error, tolerance, 0.0, 1)
            taken, serves = taken + 1, steps > 0
            if serves:
                continue
            point, error, steps, close = self.steps(
                new, point, error, tolerance, (first, first_error) if tried else None, MOST_ITERATIONS - taken + 1
            )
            if not steps:
                return point, taken
            taken, shortened = taken + steps - 1, shortened if close else shortened - 1
        return point, MOST_ITERATIONS

    def steps(
        self, reactions: Reactions, point: Point, error: Floats, tolerance: float, full: _Reached | None, most: int
    ) -> tuple[Point, Floats, int, bool]:
        """Take shortened steps with the same reactions as long as they do well.

        `full` is where the first one leads in full, where that is known. Returned are the point and its conditions, how many
        steps led anywhere, and whether new reactions would lead on faster.
        """
        for count in range(most):
            was = float(np.linalg.norm(error))
            before, missed = point, error
            point, error, share = self.step(reactions, point, error, None if count else full)
            if self.runs_away(point):
                return before, missed, count, False
            if share == 0.0:
                return point, error, count, False
            left = float(np.linalg.norm(error))
            if largest(error) <= tolerance or left > STEP_AGAIN * was:
                return point, error, count + 1, False
            # each is tried in full, by a half, a quarter and so on
            tries = (1 - np.log2(share)) * newton.steps_left(was, left, tolerance)
            if share < 1.0 and left < CLOSE and tries > newton.WORTH:
                return point, error, count + 1, True
        return point, error, most, False

    def serve(
        self, reactions: Reactions, point: Point, error: Floats, tolerance: float, damping: float, most: int
    ) -> tuple[Point, Floats, int, bool, bool, Point, Floats]:
        """Take full steps with the same reactions: :func:`karvan.flows.newton_kernels.serve`."""
        found: tuple[Point, Floats, int, bool, bool, Point, Floats] = newton.serve(
            self.choice, self.scarcity, reactions.known, point, error, tolerance, damping, self.blunt, most
        )
        return found

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
        return Controls(point.controls.price_usd, point.controls.queue_h, point.controls.delay_h, point.lean)

    def step(
        self, reactions: Reactions, point: Point, error: Floats, full: _Reached | None
    ) -> tuple[Point, Floats, float]:
        """Take one Newton step, shortened until the conditions are met better; return its share too, nought where nothing moved.

        `full` is where the full step leads, where that is known.
        """
        factor = self.factor(reactions, point)
        if factor is None:
            return point, error, 0.0
        merit, right = float(error @ error), newton.missing(self.scarcity, factor, point)
        share = 1.0
        while share > 1e-4:  # noqa: PLR2004 - thirteen halvings
            if share < 1.0 or full is None:
                trial = self.at(newton.moved(self.scarcity, factor, point, share, right))
                fault = self.residual(trial)
            else:
                trial, fault = full
            if float(fault @ fault) < merit * (1 - 1e-4 * share):
                return trial, fault, share
            share *= 0.5
        return point, error, 0.0

    def runs_away(self, point: Point) -> bool:
        """Tell whether a price has risen beyond all bounds, which leads nowhere.

        Raises
        ------
        NotConvergedError
            It must: demand there has no way round, at whatever price.
        """
        priced = (
            (point.controls.price_usd, self.usd, self.by_price),
            (point.controls.queue_h, self.hour, self.by_queue),
        )
        found = False
        for place, (values, scale, hard) in enumerate(priced):
            worst = int(np.argmax(values)) if hard.any() else 0
            if hard.any() and values[worst] > HIGHEST_PRICE * scale:
                self.refuse_captive(worst, HIGHEST_PRICE * scale, by_price=not place)
                found = True
        return found

    def refuse_captive(self, worst: int, price: float, *, by_price: bool) -> None:
        """Stop where demand exceeds a capacity though nothing else asks a price, and that capacity one beyond all bounds."""
        resources, none = self.whole.resources, self.begin(None)
        dear = np.zeros(len(resources))
        dear[worst] = price
        controls = none._replace(price_usd=dear) if by_price else none._replace(queue_h=dear)
        over = float(self.at(controls).used[worst] - resources.capacity[worst])
        if over > 0:
            message = (
                f"{resources.names[worst]}: demand that has no other way exceeds the capacity of "
                f"{resources.capacity[worst]:g} tonnes a day by {over:.3g}. Give it an outside option, or raise the capacity."
            )
            raise NotConvergedError(message)

    def finish(self, point: Point, iterations: int) -> Equilibrium:
        """Return the result with its measures of convergence, for all streams."""
        resources, controls, serial = self.problem.resources, point.controls, self.serial
        with np.errstate(invalid="ignore"):
            share_left = np.where(np.isfinite(resources.capacity), 1 - point.used / resources.capacity, 1.0)
        scaled = np.where(self.by_price, controls.price_usd / self.usd, controls.queue_h / self.hour)
        routes = self.whole.routes
        usd, hours = np.zeros(routes.streams), np.zeros(routes.streams)
        usd[self.kept], hours[self.kept] = point.stream_usd, point.stream_h
        shared = controls._replace(price_usd=serial.shared(controls.price_usd), queue_h=serial.shared(controls.queue_h))
        return Equilibrium(
            controls=shared, stream_usd=usd, stream_h=hours, route_flow=point.flow,
            used=point.used, delay_h=point.curve_h,
            network_usd=point.network_usd, overall_usd=point.overall_usd, on_network=point.on_network,
            nest_share=point.nest_share,
            capacity_residual=float(np.max(-share_left[serial.hard], initial=0.0)),
            complementarity_residual=float(np.max((scaled * np.abs(share_left))[serial.hard], initial=0.0)),
            iterations=iterations, reactions=self.reactions,
        )  # fmt: skip


def _is_weak(factor: Factor) -> bool:
    """Tell whether some control is hardly determined."""
    pivot = np.abs(np.diagonal(factor.triangles))
    return bool(len(pivot) and factor.status == newton.REGULAR and pivot.min() < WEAK_PIVOT * np.median(pivot))
