"""What every run of the corridor solver is held against before it is handed out.

The audit knows nothing of the solver and shares no code with it. From the tables of routes, classes and resources, and from the
final state alone, it finds anew: the cost of every route; the shares of every class, by its own nested logit; the flows
of routes, links and resources by adding up; that tonnes in are tonnes on the network and outside; that nothing is negative; that
no capacity is exceeded and no price is charged where there is room; that what movements are charged, with which missing routes
are sought, adds up to what routes are; and, with SciPy's Dijkstra, that no route is missing which is much cheaper than the best
of its pair.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.errors import AuditError
from karvan.flows.missing_audit import audit_missing

if TYPE_CHECKING:
    import numpy.typing as npt

    from karvan.flows.missing_audit import SearchTask
    from karvan.flows.problem import Problem

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

#: Sums of some thousand double-precision terms agree to this share; exponentials of costs to a hundred times as much.
ROUNDING = 1e-9
SHARE_ROUNDING = 1e-7
#: Conditions of the equilibrium hold to this share of capacity and flow.
EQUILIBRIUM = 1e-6
#: What of a state must be finite.
FIGURES = ("flow", "on_network", "stream_flow", "used", "price_usd", "queue_h", "delay_h", "move_usd", "move_h")


@dataclass(frozen=True)
class CorridorAudit:
    """What the audit found.

    Attributes
    ----------
    conservation
        Largest share of a class's tonnes that is neither on the network nor outside.
    share_error
        Largest difference between flows and those of the audit's own logit, as a share of the class's tonnes.
    link_error
        Largest difference between flows of streams and the sum of their routes, as a share of the largest.
    capacity_excess
        Largest use above a hard capacity, as a share of it.
    idle_price
        Largest share of the rents and queues that is charged where there is room.
    delay_error
        Largest difference in hours between delays charged and delays at the flows.
    charge_error
        Largest difference between what a route is charged and the sum over its movements, as a share of the largest charge.
    missing_gain
        Largest share by which a route that is not in the set is cheaper than the best of its pair.
    searches
        Number of searches for missing routes.
    """

    conservation: float
    share_error: float
    link_error: float
    capacity_excess: float
    idle_price: float
    delay_error: float
    charge_error: float
    missing_gain: float
    searches: int

    def to_dict(self) -> dict[str, Any]:
        """Return the findings as JSON can hold them."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class State:
    """The final state of a run, as the audit reads it.

    Attributes
    ----------
    class_number, route, flow
        Class, route and tonnes a day of every class on every route of its set.
    on_network
        Share of every class on the network.
    stream_flow, used
        Tonnes a day on every stream; use of every resource.
    price_usd, queue_h, delay_h
        Price, queue and delay of every resource.
    move_ptr, move_item, stream_of
        Where the movements of every route begin, and the movements; the stream of every movement, -1 where no route has it.
    move_usd, move_h
        Dollars and hours that every movement is charged where missing routes are sought.
    """

    class_number: Ints
    route: Ints
    flow: Floats
    on_network: Floats
    stream_flow: Floats
    used: Floats
    price_usd: Floats
    queue_h: Floats
    delay_h: Floats
    move_ptr: Ints
    move_item: Ints
    stream_of: Ints
    move_usd: Floats
    move_h: Floats


def audit_corridor(problem: Problem, state: State, tasks: list[SearchTask]) -> CorridorAudit:
    """Return what the audit finds.

    Raises
    ------
    AuditError
        The result does not hold.
    """
    demand = problem.classes.demand_t_per_day
    _audit_numbers(state)
    if float(np.min(state.flow, initial=0.0)) < 0:
        _fail(f"a route carries {float(state.flow.min()):g} tonnes a day")
    scale = np.maximum(demand, 1e-9)
    carried = np.bincount(state.class_number, state.flow, minlength=len(demand))
    conservation = float(np.max(np.abs(carried - demand * state.on_network) / scale, initial=0.0))
    if conservation > SHARE_ROUNDING:
        worst = int(np.argmax(np.abs(carried - demand * state.on_network) / scale))
        _fail(
            f"{problem.classes.names[worst]}: {carried[worst]:g} tonnes a day on routes and "
            f"{demand[worst] * (1 - state.on_network[worst]):g} outside are not {demand[worst]:g}"
        )
    link_error = _audit_sums(problem, state)
    excess, idle, delay = _audit_resources(problem, state)
    charged = route_costs(problem, state)
    share_error = _audit_shares(problem, state, charged)
    charge_error = _audit_charges(state, charged)
    missing = audit_missing(tasks)
    return CorridorAudit(
        conservation=conservation, share_error=share_error, link_error=link_error, capacity_excess=float(excess), idle_price=idle,
        delay_error=delay, charge_error=charge_error, missing_gain=missing, searches=len(tasks),
    )  # fmt: skip


def _fail(what: str) -> None:
    message = f"corridor flows: {what}"
    raise AuditError(message)


def _audit_numbers(state: State) -> None:
    """Check that every figure is a number: all comparisons of what is none come out as no."""
    for name in FIGURES:
        values = getattr(state, name)
        if not np.isfinite(values).all():
            _fail(
                f"{name} has {float(values[~np.isfinite(values)][0])!r} at place {int(np.argmin(np.isfinite(values)))}"
            )


def _audit_sums(problem: Problem, state: State) -> float:
    """Add the routes up again to streams, and to movements: one that a route has twice would be counted twice."""
    routes = problem.routes
    per_route = np.bincount(state.route, state.flow, minlength=len(routes.nest))
    count = np.diff(routes.route_ptr)
    again = np.bincount(routes.route_stream, np.repeat(per_route, count), minlength=routes.streams)
    most = max(float(np.max(np.abs(again), initial=0.0)), 1e-9)
    error = float(np.max(np.abs(again - state.stream_flow), initial=0.0)) / most
    if error > ROUNDING:
        worst = int(np.argmax(np.abs(again - state.stream_flow)))
        _fail(
            f"stream {worst} carries {state.stream_flow[worst]:g} tonnes a day, its routes add up to {again[worst]:g}"
        )
    moved = np.bincount(state.move_item, np.repeat(per_route, np.diff(state.move_ptr)), minlength=len(state.stream_of))
    off = np.where(state.stream_of >= 0, moved - state.stream_flow[state.stream_of], moved)
    if float(np.max(np.abs(off), initial=0.0)) / most > ROUNDING:
        worst = int(np.argmax(np.abs(off)))
        _fail(
            f"movement {worst} carries {moved[worst]:g} tonnes a day, {off[worst]:g} of them more than its stream does"
        )
    return error


def _pair_use(problem: Problem, state: State) -> tuple[Floats, Floats, Floats]:
    """Return the use of every resource, and what one more tonne uses there and back, from the definition."""
    resources = problem.resources
    padded = np.append(state.stream_flow, 0.0)
    there, back = padded[resources.pair_there], padded[resources.pair_back]
    lean = (there - back) / np.hypot(there - back, resources.kink)
    wide = np.hypot(there - back, resources.kink) - resources.kink
    each = resources.pair_each
    tonnes = np.where(
        each, there + resources.pair_empty * (wide - (there - back)) / 2, there + back + resources.pair_empty * wide
    )
    used = resources.preload + np.bincount(
        resources.pair_resource, resources.pair_weight * tonnes, minlength=len(resources)
    )
    more = resources.pair_weight * np.where(
        each, 1 - resources.pair_empty * (1 - lean) / 2, 1 + resources.pair_empty * lean
    )
    less = resources.pair_weight * np.where(
        each, resources.pair_empty * (1 - lean) / 2, 1 - resources.pair_empty * lean
    )
    return used, more, less


def _audit_resources(problem: Problem, state: State) -> tuple[float, float, float]:
    """Check capacities, complementarity and delay curves."""
    resources = problem.resources
    used, _, _ = _pair_use(problem, state)
    if float(np.max(np.abs(used - state.used) / np.maximum(np.abs(used), 1.0), initial=0.0)) > SHARE_ROUNDING:
        worst = int(np.argmax(np.abs(used - state.used)))
        _fail(
            f"{resources.names[worst]}: use is given as {state.used[worst]:g}, its streams come to {used[worst]:g} tonnes a day"
        )
    hard = np.isfinite(resources.capacity) & (resources.clearing < 2)  # noqa: PLR2004 - price or queue
    room = np.where(hard, 1 - used / np.where(hard, resources.capacity, 1.0), 0.0)
    excess = float(np.max(-room, initial=0.0))
    if excess > EQUILIBRIUM:
        worst = int(np.argmin(room))
        _fail(
            f"{resources.names[worst]}: {used[worst]:g} tonnes a day exceed the capacity of {resources.capacity[worst]:g}"
        )
    if min(float(np.min(state.price_usd, initial=0.0)), float(np.min(state.queue_h, initial=0.0))) < 0:
        _fail("a price or a queue is negative")
    idle = 0.0
    for values, kind in ((state.price_usd, 0), (state.queue_h, 1)):
        if float(np.max(values[resources.clearing != kind], initial=0.0)) > 0:
            _fail("a price is charged where a queue clears, or the reverse")
        most = float(np.max(values, initial=0.0))
        # where the largest is less than rounding, none is charged
        idle = max(idle, float(np.max(values * room, initial=0.0)) / max(most, ROUNDING))
    if idle > EQUILIBRIUM:
        _fail(f"a price is charged where there is room: {idle:g} of the largest")
    ratio = np.maximum(used, 0) / np.where(np.isfinite(resources.capacity), resources.capacity, np.inf)
    top = resources.free_h * resources.curve_a
    power = top * ratio ** np.where(resources.curve == 1, resources.curve_b, 1.0)
    base = np.exp(np.where(resources.curve == 2, resources.curve_b, 0.0) * np.minimum(ratio, 1.0))  # noqa: PLR2004
    steep = top * (base - 1 + np.where(resources.curve == 2, resources.curve_b, 0.0) * base * np.maximum(ratio - 1, 0))  # noqa: PLR2004
    hours = np.where(resources.curve == 1, power, np.where(resources.curve == 2, steep, 0.0))  # noqa: PLR2004
    delay = float(np.max(np.abs(hours - state.delay_h), initial=0.0))
    if delay > EQUILIBRIUM * max(1.0, float(np.max(hours, initial=0.0))):
        worst = int(np.argmax(np.abs(hours - state.delay_h)))
        _fail(
            f"{resources.names[worst]}: a delay of {state.delay_h[worst]:g} h is charged, its curve gives {hours[worst]:g} h"
        )
    return excess, idle, delay


def route_costs(problem: Problem, state: State) -> tuple[Floats, Floats]:
    """Return dollars and hours that prices, queues and delays add to every route, from the definition."""
    resources, routes = problem.resources, problem.routes
    _, more, less = _pair_use(problem, state)
    usd, hours = np.zeros(routes.streams + 1), np.zeros(routes.streams + 1)
    price = state.price_usd[resources.pair_resource]
    wait = (state.queue_h + state.delay_h)[resources.pair_resource]
    np.add.at(usd, resources.pair_there, price * more)
    np.add.at(usd, resources.pair_back, np.where(resources.pair_back >= 0, price * less, 0.0))
    np.add.at(hours, resources.pair_there, wait)
    np.add.at(hours, resources.pair_back, np.where(resources.pair_each, 0.0, wait))
    usd[-1] = hours[-1] = 0.0
    return _on_routes(usd, routes.route_ptr, routes.route_stream), _on_routes(
        hours, routes.route_ptr, routes.route_stream
    )


def _on_routes(each: Floats, pointer: Ints, item: Ints) -> Floats:
    """Add the figures of items up to routes, of which some may have none."""
    total, some = np.zeros(len(pointer) - 1), np.diff(pointer) > 0
    if some.any():
        total[some] = np.add.reduceat(each[item], pointer[:-1][some])
    return total


def _audit_charges(state: State, charged: tuple[Floats, Floats]) -> float:
    """Add what movements are charged up to routes, and hold it against what prices and waits add to them."""
    worst = 0.0
    both = zip(charged, (state.move_usd, state.move_h), ("dollars", "hours"), strict=True)
    for known, each, unit in both:
        again = _on_routes(each, state.move_ptr, state.move_item)
        error = np.abs(again - known) / max(float(np.max(np.abs(known), initial=0.0)), 1.0)
        worst = max(worst, float(np.max(error, initial=0.0)))
        if worst > EQUILIBRIUM:
            r = int(np.argmax(error))
            _fail(
                f"route {r} is charged {known[r]:g} {unit}, its movements {again[r]:g} where missing routes are sought"
            )
    return worst


def _audit_shares(problem: Problem, state: State, charged: tuple[Floats, Floats]) -> float:
    """Derive the shares of every class again, by logarithms of sums from the top of the tree down."""
    routes, classes = problem.routes, problem.classes
    usd, hours = charged
    starts = np.searchsorted(state.class_number, np.arange(len(classes) + 1))
    number = np.repeat(np.arange(len(classes)), np.diff(starts))
    route = routes.set_ptr[classes.set[number]] + np.arange(len(number)) - starts[number]
    cost = (
        routes.price_usd[route]
        + classes.hour_usd[number] * routes.hours[route]
        + usd[route]
        + classes.delay_usd[number] * hours[route]
    )
    demand = classes.demand_t_per_day
    wanted = demand[number] * _nested_shares(
        number, routes.nest[route], routes.log_size[route], cost, classes.nest_usd, classes.outside_usd, classes.scale
    )
    error = np.zeros(len(classes))
    np.maximum.at(error, number, np.abs(wanted - state.flow))
    error = np.divide(error, demand, out=np.zeros(len(classes)), where=demand > 0)
    worst = float(np.max(error, initial=0.0))
    if worst > EQUILIBRIUM:
        name = classes.names[int(np.argmax(error))]
        _fail(f"{name}: flows differ from the choice at their costs by {worst:g} of the tonnes")
    return worst


def _nested_shares(
    number: Ints, nest: Ints, log_size: Floats, cost: Floats, constant: Floats, outside: Floats, scale: Floats
) -> Floats:
    """Return the share of every class on each of its routes: class and way of going of every route are given."""
    by_route, by_mode, by_outside = (scale[:, level] for level in range(3))
    classes, ways = constant.shape
    group = number * ways + nest
    weight = np.where(np.isfinite(constant[number, nest]), log_size - by_route[number] * cost, -np.inf)
    value = (-_log_sums(group, weight, classes * ways).reshape(classes, ways)) / by_route[:, None]
    there = np.isfinite(value)
    total = np.where(there, value + np.where(there, constant, 0.0), np.inf)
    owner = np.repeat(np.arange(classes), ways)
    network = -_log_sums(owner, (-by_mode[:, None] * total).ravel(), classes) / by_mode
    some = np.isfinite(network)
    has_outside = np.isfinite(outside) & some
    near, far = np.where(some, -by_outside * network, 0.0), np.where(has_outside, -by_outside * outside, 0.0)
    top = np.where(has_outside, np.exp(near - np.logaddexp(near, far)), np.where(some, 1.0, 0.0))
    way = np.where(
        there, np.exp(-by_mode[:, None] * (np.where(there, total, 0.0) - np.where(some, network, 0.0)[:, None])), 0.0
    )
    inside = np.where(there, value, 0.0)[number, nest]
    within = np.where(
        np.isfinite(weight), np.exp(np.where(np.isfinite(weight), weight, 0.0) + by_route[number] * inside), 0.0
    )
    shares: Floats = top[number] * way[number, nest] * within
    return shares


def _log_sums(group: Ints, values: Floats, groups: int) -> Floats:
    """Return the logarithm of the sum of exponentials of every group; minus infinity where a group has none."""
    most = np.full(groups, -np.inf)
    np.maximum.at(most, group, values)
    some = np.isfinite(most)
    base = np.where(some, most, 0.0)
    sums = np.bincount(group, np.exp(values - base[group]), minlength=groups)
    return np.where(some, base + np.log(np.where(some, sums, 1.0)), -np.inf)
