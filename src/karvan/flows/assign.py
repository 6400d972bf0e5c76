"""Assign demand to a dense network: user equilibrium or system optimum, audited."""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.errors import RequestError
from karvan.flows.audit import Routes, audit_assignment, audit_figures, within_zones
from karvan.flows.classes import VehicleClass, demand_matrix, explain_cut, fixed_times, is_count, is_figure, refuse
from karvan.flows.dense import FINEST_GAP, BeyondRangeError, DenseProblem, UnreachableError, solve
from karvan.flows.results import Assignment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt
    import pandas as pd

    from karvan.flows.audit import Audit
    from karvan.flows.dense import Objective, Paths, Solution
    from karvan.flows.links import LinkTable

    Floats = npt.NDArray[np.float64]

OBJECTIVES = ("user_equilibrium", "system_optimum")
#: Pairs without a way that an error names before it counts the rest.
SHOWN_PAIRS = 5


def assign(
    links: LinkTable,
    demand: npt.ArrayLike | pd.DataFrame | None = None,
    *,
    classes: Sequence[VehicleClass] = (),
    objective: Objective = "user_equilibrium",
    gap: float = 1e-6,
    toll_factor: float = 0.0,
    distance_factor: float = 0.0,
    start: Assignment | None = None,
    max_iterations: int = 1000,
    threads: int | None = None,
    tell: Callable[[int, float], None] | None = None,
) -> Assignment:
    """Return the equilibrium of demand on a network whose links grow slower as they fill.

    Wardrop's (1952): no one can get there cheaper by another route; or the system optimum: no flows cost less in all.

    Parameters
    ----------
    links
        The network.
    demand
        Vehicles between zones, of one class; what stays within a zone is not assigned.
    classes
        In its place, several classes that share the links.
    objective
        ``user_equilibrium`` or ``system_optimum``.
    gap
        Relative gap to stop at.
    toll_factor, distance_factor
        Time per unit of toll and of length, added to every link's cost.
    start
        An earlier run on the same links to start from; the answer is the same within the gap.
    max_iterations
        Rounds of shortest-path trees, at most.
    threads
        Threads for the trees (default: the cores there are); the answer is the same.
    tell
        Called with each round and its gap.

    Raises
    ------
    InputError
        Demand or a class is wrong, or demand has no way out; all of it is listed.
    RequestError
        A setting is wrong.
    AuditError
        The result fails its audit.
    """
    begin = time.perf_counter()
    _check_settings(objective, gap, max_iterations, threads)
    delays = _checked(links)
    sharing = _classes(demand, classes)
    wanted, fixed = _figures(links, sharing, toll_factor, distance_factor)
    _check_start(start, links)
    problem = _problem(links, delays, wanted, fixed, objective, start.problem if start is not None else None)
    try:
        found = solve(
            problem, gap=gap, start=start.start if start is not None else None, max_iterations=max_iterations,
            threads=threads, tell=tell,
        )  # fmt: skip
    except UnreachableError as error:
        raise _no_way_out(links, sharing, problem, fixed, error.pairs) from None
    except BeyondRangeError as error:
        raise _beyond_range(links, error) from None
    routes = _routes(problem, found.paths)
    flow = _class_flows(len(links), len(sharing), routes)
    marginal = objective == "system_optimum"
    audit = audit_assignment(
        links, demand=wanted, fixed=fixed, flow=flow, routes=routes, marginal=marginal, relative_gap=found.relative_gap
    )
    tstt = float(_kernels().total_cost(flow, found.time, fixed))
    audit_figures(
        links, fixed=fixed, flow=flow, marginal=marginal, time=found.time, objective=found.objective, tstt=tstt
    )
    request = {
        "stage": "flows assign", "objective": objective, "gap": gap, "toll_factor": toll_factor,
        "distance_factor": distance_factor, "max_iterations": max_iterations, "warm": start is not None,
    }  # fmt: skip
    tables = _tables(links, sharing, wanted, fixed)
    notes = tuple(_notes(links, wanted, audit, found, gap))
    seconds = time.perf_counter() - begin
    return Assignment(
        links, sharing, objective, found.objective, found.bound, tstt, audit.relative_gap, found.iterations,
        found.reason == "gap", seconds, audit, notes, tables, request, flow, found.time, fixed, routes, found.paths, problem,
    )  # fmt: skip


@cache
def _kernels() -> Any:  # noqa: ANN401 - Numba infers types
    from karvan.flows import table_kernels  # noqa: PLC0415 - compiles, or loads what was compiled

    return table_kernels


def _checked(links: LinkTable) -> tuple[Floats, ...]:
    """Check the figures of links; return those that their times follow from."""
    delays = _plain(links.free_flow_time), _plain(links.b), _plain(links.power), _plain(links.capacity)
    if not _kernels().are_plain(*delays, _plain(links.length), _plain(links.toll)):
        links.check()
    return delays


def _plain(values: Floats) -> Floats:
    """Return figures as the kernels take them."""
    return np.ascontiguousarray(values, float)


def _check_settings(objective: str, gap: float, max_iterations: int, threads: int | None) -> None:
    problems = []
    if objective not in OBJECTIVES:
        problems.append(f"objective is {objective!r}; expected one of {', '.join(OBJECTIVES)}.")
    if not (is_figure(gap) and gap >= 0):
        problems.append(f"gap is {gap!r}; give zero or more, such as 1e-6.")
    for name, count in (("max_iterations", max_iterations), ("threads", threads)):
        if count is not None and not is_count(count):
            problems.append(f"{name} is {count!r}; give one or more.")
    refuse(problems, "assign")


def _classes(demand: Any, classes: Sequence[VehicleClass]) -> tuple[VehicleClass, ...]:  # noqa: ANN401 - as in assign
    if (demand is None) == (not classes):
        message = "Give demand, or classes that each have their own; one of the two."
        raise RequestError(message)
    if not classes:
        return (VehicleClass("all", demand),)
    names = [each.name for each in classes]
    refuse([f"two classes are called {name!r}." for name in dict.fromkeys(names) if names.count(name) > 1], "assign")
    return tuple(classes)


def _figures(
    links: LinkTable, classes: Sequence[VehicleClass], toll_factor: float, distance_factor: float
) -> tuple[Floats, Floats]:
    """Return demand in vehicle equivalents and fixed cost in time, of every class."""
    fixed, problems = fixed_times(links, classes, toll_factor=toll_factor, distance_factor=distance_factor)
    wanted = np.empty((len(classes), links.zones, links.zones))
    for each, own in zip(classes, wanted, strict=True):
        matrix, wrong = demand_matrix(links, each.demand, each.name if len(classes) > 1 else "demand")
        problems += wrong
        if not problems:
            np.multiply(matrix, each.vehicle_equivalents, out=own)
    refuse(problems, links.name)
    return wanted, fixed


def _check_start(start: Assignment | None, links: LinkTable) -> None:
    """Check that the run to start from is on the same links, as it was laid out itself: its tables may have changed since."""
    if start is None:
        return
    known = start.problem
    same = start.links.nodes == links.nodes and _kernels().same_network(
        known.rank, known.tail, known.head, known.through, links.from_node, links.to_node, links.through
    )
    if not same:
        message = "The run to start from is not on the same links in the same order. Leave `start` out."
        raise RequestError(message)


def _problem(
    links: LinkTable, delays: tuple[Floats, ...], wanted: Floats, fixed: Floats, objective: Objective,
    earlier: DenseProblem | None,
) -> DenseProblem:  # fmt: skip
    """Return the problem: with the order of links and the pairs of an earlier one, where they are those of the tables."""
    known = earlier is not None and _kernels().same_demand(earlier.nodes, earlier.key, earlier.pair_trips, wanted)
    rank = earlier.rank if earlier is not None and known else np.arange(len(links))
    figures = np.empty((4, len(links)))
    _kernels().delay_figures(rank, *delays, figures)
    free, rise, capacity, power = figures
    if earlier is not None and known:
        return earlier.laid(free, rise, capacity, power, fixed.take(rank, axis=1), objective)
    return DenseProblem.of(
        nodes=len(links.nodes), tail=links.from_node, head=links.to_node, through=links.through, demand=list(wanted),
        free=free, rise=rise, capacity=capacity, power=power, fixed=fixed, objective=objective,
    )  # fmt: skip


def _routes(problem: DenseProblem, paths: Paths) -> Routes:
    """Return the routes that carry flow, in terms of the raw link table."""
    number, origin, destination = np.empty((3, problem.pair_node.size), dtype=np.int64)
    route_start, link_start = np.empty_like(paths.path_start), np.empty_like(paths.link_start)
    links, flow = np.empty(paths.links.size, dtype=np.int64), np.empty_like(paths.flow)
    count, size = _kernels().routes_of(
        problem.rank, problem.tree_class, problem.tree_origin, problem.pair_start, problem.pair_node, paths.path_start,
        paths.link_start, paths.links, paths.flow, number, origin, destination, route_start, link_start, links, flow,
    )  # fmt: skip
    return Routes(number, origin, destination, route_start, link_start[: count + 1], links[:size], flow[:count])


def _class_flows(links: int, classes: int, routes: Routes) -> Floats:
    """Return the flow of every class on every link, added up from the routes in their order."""
    flow = np.zeros((classes, links))
    _kernels().class_flows(routes.class_number, routes.route_start, routes.link_start, routes.links, routes.flow, flow)
    return flow


def _no_way_out(
    links: LinkTable,
    classes: Sequence[VehicleClass],
    problem: DenseProblem,
    fixed: Floats,
    pairs: npt.NDArray[np.int64],
) -> RequestError:
    """Return the error that names demand without a way, and what is cut."""
    from karvan.errors import InputError  # noqa: PLC0415 - named where it is made

    nodes, problems = problem.nodes, []
    for pair in pairs[:SHOWN_PAIRS]:
        key = int(problem.key[pair])
        number, origin, destination = key // (nodes * nodes), key // nodes % nodes, key % nodes
        trips = problem.pair_trips[pair] / classes[number].vehicle_equivalents
        of = f" of class {classes[number].name!r}" if len(classes) > 1 else ""
        why = explain_cut(links, fixed[number], origin, destination)
        problems.append(
            f"{trips:.6g} vehicles{of} from {links.nodes[origin]} to {links.nodes[destination]} have no way: {why}."
        )
    if pairs.size > SHOWN_PAIRS:
        rest = float(problem.pair_trips[pairs[SHOWN_PAIRS:]].sum())
        problems.append(f"{pairs.size - SHOWN_PAIRS} more pairs with {rest:.6g} vehicles have no way.")
    return InputError(problems, what=links.name)


def _beyond_range(links: LinkTable, error: BeyondRangeError) -> RequestError:
    """Return the error that names the links whose times are beyond floating point."""
    from karvan.errors import InputError  # noqa: PLC0415 - named where it is made

    problems = [
        f"{links.name_of(link)}: its time at a flow of {flow:.6g} is beyond floating point (capacity {links.capacity[link]:.6g}, "
        f"b {links.b[link]:.6g}, power {links.power[link]:.6g}). Look at these figures, and at the units of the trips."
        for link, flow in zip(error.links[:SHOWN_PAIRS].tolist(), error.flow[:SHOWN_PAIRS].tolist(), strict=True)
    ]
    if error.links.size > SHOWN_PAIRS:
        problems.append(f"{error.links.size - SHOWN_PAIRS} more links of this kind.")
    return InputError(problems or ["the total cost is beyond floating point. Give trips or times in larger units."],
                      what=links.name)  # fmt: skip


def _notes(links: LinkTable, wanted: Floats, audit: Audit, found: Solution, gap: float) -> list[str]:
    notes = []
    within = float(np.add.reduce(within_zones(wanted), axis=None))
    if within > 0:
        notes.append(f"{within:.6g} vehicles stay within their zone and are not assigned")
    if links.duplicates:
        notes.append(f"{links.duplicates} links join the same nodes as another; each is a link of its own")
    if not audit.demand > 0:
        notes.append("no demand between zones")
    if found.reason == "rounding":
        notes.append(f"a gap of {gap:g} is beyond double-precision arithmetic on this network; "
                     f"{max(found.relative_gap, FINEST_GAP):.2g} is what can be reached")  # fmt: skip
    if found.reason == "iterations":
        notes.append(f"stopped after {found.iterations} iterations at a gap of {found.relative_gap:.3g}, above {gap:g}")
    return notes


def _tables(links: LinkTable, classes: Sequence[VehicleClass], wanted: Floats, fixed: Floats) -> tuple[bytes, ...]:
    """Return the tables as they are now."""
    figures = (links.from_node, links.to_node, links.capacity, links.length, links.free_flow_time, links.b, links.power,
               links.toll, links.through, wanted, fixed)  # fmt: skip
    names = "\n".join([links.name, *links.nodes]).encode()
    sharing = repr([(each.name, each.vehicle_equivalents) for each in classes]).encode()
    return (names, *[figure.tobytes() for figure in figures], sharing)
