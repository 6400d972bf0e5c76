"""A solved setting with other tonnes: the same network, routes and constants, solved again from where it stands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from karvan.case.remember import remembered
from karvan.flows.corridor_model import build_model
from karvan.flows.corridor_solve import ADDING_ROUNDS, Solved, carried, reference_of
from karvan.flows.equilibrium import TOLERANCE, on_routes, solve_equilibrium
from karvan.flows.missing import movement_charges, with_missing
from karvan.flows.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from karvan.flows.corridor_model import CorridorModel
    from karvan.flows.demand import Stream
    from karvan.flows.problem import Floats
    from karvan.flows.route_sets import FormRoutes

#: Routes are sought anew where what some route is charged has moved by more than this share of its price.
MOVED = 0.01


def solve_again(
    solved: Solved, multiplier: Mapping[str, Floats], outside_t_per_year: float, *, tolerance: float = TOLERANCE
) -> Solved:
    """Return a solved setting with other tonnes of every class.

    Parameters
    ----------
    solved
        The setting as it stands; its prices and delays are where the search begins.
    multiplier
        By which the setting's own tonnes of every class are multiplied, by kind of flow.
    outside_t_per_year
        Tonnes a year that stay outside whatever happens.
    tolerance
        To which the conditions of the equilibrium are met.
    """
    other = _loaded(solved.model, multiplier, outside_t_per_year)
    found = solve_equilibrium(
        other.problem, solved.equilibrium.start, tolerance=tolerance, reactions=solved.equilibrium.reactions
    )
    return Solved(other, found, solved.chosen, solved.sought)


def look_again(solved: Solved, *, tolerance: float = TOLERANCE) -> Solved:
    """Return a solved setting with the routes that are missing at its costs, and its own tonnes."""
    model, charges = solved.model, movement_charges(solved.model, solved.equilibrium.start)
    chosen = with_missing(model.ways, charges, solved.chosen)
    if chosen is solved.chosen:
        return replace(solved, sought=charges)
    return _with_more(solved, chosen, charges, tolerance)


def level(before: Solved, after: Solved, *, tolerance: float = TOLERANCE) -> tuple[Solved, Solved]:
    """Return two settings to be compared, each free to choose from the routes of the other as well, with their own tonnes.

    What one side has found beyond the other would else count as a gain. They are the very same where neither has more that stand
    in the other.

    Parameters
    ----------
    before, after
        The settings.
    tolerance
        To which the conditions of the equilibrium are met in the second.
    """
    while True:
        was = before, after
        before = _with_routes_of(before, after, TOLERANCE)
        after = _with_routes_of(after, before, tolerance)
        # with more ways others may have been missing
        if all(now.sought is then.sought for now, then in zip((before, after), was, strict=True)):
            return before, after


def _with_routes_of(solved: Solved, other: Solved, tolerance: float) -> Solved:
    """Return a setting free to choose from the routes of another that stand in it."""
    chosen = {
        form: routes.plus_open(other.chosen[form], solved.model.forms[form].open)
        for form, routes in solved.chosen.items()
    }
    if all(chosen[form] is routes for form, routes in solved.chosen.items()):
        return solved
    return sought_anew(_with_more(solved, chosen, solved.sought, tolerance), tolerance=tolerance)


def _with_more(
    solved: Solved, chosen: Mapping[str, FormRoutes], sought: tuple[Floats, Floats] | None, tolerance: float
) -> Solved:  # fmt: skip
    """Return a solved setting with more routes."""
    model, network = solved.model, solved.model.network
    tastes = reference_of(network.applied.case).tastes
    more = build_model(network, chosen, tastes, model.forms, known=model.known)
    if model.multiplier is not None:
        more = _loaded(more, model.multiplier, model.outside_t_per_year)
    found = solve_equilibrium(
        more.problem, carried(solved, more), tolerance=tolerance, reactions=solved.equilibrium.reactions
    )
    return Solved(more, found, chosen, sought)


def has_moved(solved: Solved) -> bool:
    """Tell whether some route is charged so much more or less than when routes were sought last that others may be missing."""
    if solved.sought is None:
        return True
    routes, classes, stream = solved.model.problem.routes, solved.model.problem.classes, solved.model.laid.stream_of
    used = stream >= 0
    changes = zip(movement_charges(solved.model, solved.equilibrium.start), solved.sought, strict=True)
    usd, hours = (
        np.abs(np.bincount(stream[used], (now - then)[used], minlength=routes.streams)) for now, then in changes
    )
    value, least = float(classes.delay_usd.max(initial=0.0)), MOVED * np.maximum(routes.price_usd, 1.0)
    # no route is charged more than all streams together
    if float(usd.sum() + value * hours.sum()) <= least.min(initial=np.inf):
        return False
    usd, hours = on_routes(solved.model.problem, usd, hours)
    return bool((usd + value * hours > least).any())


def sought_anew(solved: Solved, *, tolerance: float = TOLERANCE) -> Solved:
    """Return a solution with its routes sought anew where it has moved since they were sought, until it does not."""
    for _ in range(ADDING_ROUNDS):
        if not has_moved(solved):
            break
        solved = look_again(solved, tolerance=tolerance)
    return solved


def _loaded(model: CorridorModel, multiplier: Mapping[str, Floats], outside_t_per_year: float) -> CorridorModel:
    """Return a model with the tonnes of every class multiplied by kind of flow."""
    year = _tonnes(model.base, multiplier)
    classes = replace(model.problem.classes, demand_t_per_day=year / model.days)
    problem = Problem(model.problem.routes, classes, model.problem.resources)
    return replace(model, problem=problem, outside_t_per_year=outside_t_per_year, multiplier=multiplier)


@remembered(8)
def _tonnes(streams: tuple[Stream, ...], multiplier: Mapping[str, Floats]) -> Floats:
    """Return the tonnes a year of every class, multiplied by kind of flow."""
    year = np.zeros(len(streams))
    for kind, values in kind_tonnes(streams).items():
        year += values * multiplier[kind]
    return year


@remembered(8)
def kind_tonnes(streams: tuple[Stream, ...]) -> dict[str, Floats]:
    """Return the tonnes a year of every class by kind of flow."""
    kinds = sorted({kind for stream in streams for kind in stream.kinds})
    return {kind: np.array([stream.kinds.get(kind, 0.0) for stream in streams]) for kind in kinds}
