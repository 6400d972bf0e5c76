"""A solved setting with other tonnes: the same network, routes and constants, solved again from where it stands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from karvan.case.remember import remembered
from karvan.flows.corridor_solve import Solved
from karvan.flows.equilibrium import TOLERANCE, Start, solve_equilibrium
from karvan.flows.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from karvan.flows.demand import Stream
    from karvan.flows.problem import Floats


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
    model = solved.model
    year = _tonnes(model.base, multiplier)
    classes = replace(model.problem.classes, demand_t_per_day=year / model.days)
    problem = Problem(model.problem.routes, classes, model.problem.resources)
    found = solved.equilibrium
    start = Start(found.controls.price_usd, found.controls.queue_h, found.delay_h, found.controls.lean)
    other = replace(model, problem=problem, outside_t_per_year=outside_t_per_year, multiplier=multiplier)
    return Solved(
        other, solve_equilibrium(problem, start, tolerance=tolerance, reactions=found.reactions), solved.chosen
    )


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
