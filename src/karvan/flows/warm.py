"""Compile what the solvers need, so that the first run need not: ``python -m karvan.flows.warm``."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from karvan.errors import WorkerError

if TYPE_CHECKING:
    from karvan.flows.problem import Ints


def is_compiled() -> bool:
    """Tell whether the dense solver's kernels have been compiled for this source and machine's user before.

    Numba keeps them beside the source, or in the user's cache where that folder cannot be written. The question is only
    whether to say that compiling takes a while; whether a cached kernel is fit for use, Numba decides itself.
    """
    source = Path(__file__).with_name("shift_kernels.py")
    named = os.environ.get("NUMBA_CACHE_DIR")
    places = [Path(named)] if named else [source.parent / "__pycache__", Path.home() / ".cache" / "numba"]
    newest = max((entry.stat().st_mtime for place in places for entry in place.rglob("shift_kernels.balance_*.nbi")),
                 default=0.0)  # fmt: skip
    return newest >= source.stat().st_mtime


def warm_dense() -> None:
    """Assign the smallest network that needs every kernel of the dense solver and of its audit, cold and warm."""
    from karvan.flows.assign import assign  # noqa: PLC0415 - heavy
    from karvan.flows.links import LinkTable  # noqa: PLC0415 - heavy

    tail, head = np.array([0, 0, 2, 2, 3]), np.array([2, 3, 1, 3, 1])
    free, slow, zero = np.array([0.1, 50.0, 50.0, 10.0, 0.1]), np.array([100.0, 0.02, 0.02, 0.1, 100.0]), np.zeros(5)
    links = LinkTable(
        "warm",
        ("a", "b", "c", "d"),
        2,
        np.ones(4, dtype=bool),
        tail,
        head,
        np.ones(5),
        zero,
        free,
        slow,
        np.ones(5),
        zero,
    )
    start = None
    for threads in (1, 2):
        start = assign(links, np.array([[0.0, 6.0], [0.0, 0.0]]), gap=1e-9, start=start, threads=threads)


def warm_equilibrium() -> None:
    """Solve the smallest corridor that needs every kernel of equilibria: two routes, of which one is full."""
    from karvan.flows.equilibrium import Solver, solve_equilibrium, stream_flow  # noqa: PLC0415 - heavy
    from karvan.flows.problem import Classes, Problem, Resources, RouteSets  # noqa: PLC0415 - heavy

    zero, one, number = np.zeros(1), np.ones(1), np.zeros(1, dtype=np.int64)
    two = np.arange(2)
    # as narrow as routes that are laid have them
    streams = cast("Ints", two.astype(np.uint32))
    routes = RouteSets(two * 2, two * 0, np.array([10.0, 12.0]), np.zeros(2), np.zeros(2), np.arange(3), streams, 2)
    classes = Classes(["goods"], number, one * 100, one, one, one * np.inf, np.zeros((1, 4)), np.full((1, 3), 0.5))
    resources = Resources(
        ["line"], one * 40, zero, number, number, zero, zero, zero, number, number, number - 1, one, zero,
        np.zeros(1, dtype=bool),
    )  # fmt: skip
    problem = Problem(routes, classes, resources)
    found = solve_equilibrium(problem)
    start = found.start
    stream_flow(problem, found)
    solve_equilibrium(
        replace(problem, classes=replace(classes, demand_t_per_day=one * 90)), start, reactions=found.reactions
    )
    # a step by itself
    solver = Solver(problem, found.reactions)
    point = solver.at(solver.begin(None))
    if solver.reactions is not None:
        solver.step(solver.reactions, point, solver.residual(point), None)


def warm_routes() -> None:
    """Find the routes of the textbook case, and lay them out."""
    from karvan.case import open_case  # noqa: PLC0415 - heavy
    from karvan.flows.corridor_solve import reference_costs  # noqa: PLC0415 - compiles
    from karvan.flows.route_sets import reference_setting, routes_of_case  # noqa: PLC0415 - compiles
    from karvan.routes import network_of  # noqa: PLC0415 - heavy

    case = open_case("textbook")
    reference_costs(network_of(case, reference_setting(case)), routes_of_case(case))


def warm_missing() -> None:
    """Seek routes that are missing in the textbook case, where nothing is scarce yet and nothing is solved."""
    from karvan.case import open_case  # noqa: PLC0415 - heavy
    from karvan.flows import corridor_kernels as kernels  # noqa: PLC0415 - compiles
    from karvan.flows.corridor_model import build_model  # noqa: PLC0415 - compiles
    from karvan.flows.corridor_solve import reference_costs  # noqa: PLC0415 - compiles
    from karvan.flows.missing import with_missing  # noqa: PLC0415 - compiles
    from karvan.flows.route_sets import reference_setting, routes_of_case  # noqa: PLC0415 - compiles
    from karvan.routes import network_of  # noqa: PLC0415 - heavy

    case = open_case("textbook")
    chosen, network = routes_of_case(case), network_of(case, reference_setting(case))
    tastes = reference_costs(network, chosen)
    model = build_model(network, chosen, tastes)
    nothing = np.zeros(len(model.laid.stream_of))
    with_missing(model.ways, (nothing, nothing), chosen)
    more = {}
    for form, standing in model.laid.standing.items():
        kernels.sum_on_routes(*standing.arcs, model.forms[form].arcs.length_km)
        routes = chosen[form]
        first, one = routes.flat.arc_ptr[:2], np.zeros(1, dtype=np.int64)
        more[form] = routes.plus(one, routes.flat.nest[:1], first, routes.flat.arcs[: first[1]])
        routes.plus_open(more[form], model.forms[form].open)
    build_model(network, more, tastes, model.forms, known=model.known)


def warm_corridor() -> None:
    """Assign the goods of the textbook case, each project in each scenario, which needs every kernel of the corridor solver."""
    from karvan.case import open_case  # noqa: PLC0415 - heavy
    from karvan.flows.corridor import assign_flows  # noqa: PLC0415 - compiles

    case = open_case("textbook")
    for scenario in case.rows("scenario"):
        for projects in ((), *([one] for one in case.rows("project"))):
            assign_flows(case, scenario=scenario, projects=projects)


def _warm_beside() -> None:
    """Compile the other half: when equilibria are done, the kernels that find routes have come from the first half."""
    warm_equilibrium()
    warm_missing()


def warm_all() -> None:
    """Compile the kernels of both solvers, in two halves that take as long: two processes.

    Raises
    ------
    WorkerError
        That process failed.
    """
    other = multiprocessing.get_context("spawn").Process(target=_warm_beside)
    other.start()
    warm_routes()
    warm_dense()
    other.join()
    if other.exitcode:
        message = "The kernels of equilibria could not be compiled; what went wrong stands above."
        raise WorkerError(message)
    # with these from the cache, little is left
    warm_corridor()


def main() -> None:
    """Compile everything, and say so."""
    begin = time.perf_counter()
    print("compiling the kernels of flows (once, about a minute) ...", file=sys.stderr, flush=True)  # noqa: T201
    warm_all()
    print(f"compiled in {time.perf_counter() - begin:.0f} s", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
