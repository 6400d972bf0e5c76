"""A solved setting with other tonnes: the same network, routes and constants, solved again from where it stands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from karvan.flows.corridor_solve import Solved
from karvan.flows.equilibrium import TOLERANCE, Start, solve_equilibrium
from karvan.flows.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def solve_again(
    solved: Solved, kinds: Sequence[Mapping[str, float]], outside_t_per_year: float, *, tolerance: float = TOLERANCE
) -> Solved:
    """Return a solved setting with other tonnes of every class.

    Parameters
    ----------
    solved
        The setting as it stands; its prices and delays are where the search begins.
    kinds
        Tonnes a year of every class, by kind of flow.
    outside_t_per_year
        Tonnes a year that stay outside whatever happens.
    tolerance
        To which the conditions of the equilibrium are met.
    """
    model = solved.model
    streams = tuple(stream.with_kinds(theirs) for stream, theirs in zip(model.streams, kinds, strict=True))
    demand = np.array([stream.t_per_year for stream in streams]) / model.days
    classes = replace(model.problem.classes, demand_t_per_day=demand)
    problem = Problem(model.problem.routes, classes, model.problem.resources)
    found = solved.equilibrium
    start = Start(found.controls.price_usd, found.controls.queue_h, found.delay_h, found.controls.lean)
    other = replace(model, streams=streams, problem=problem, outside_t_per_year=outside_t_per_year)
    return Solved(other, solve_equilibrium(problem, start, tolerance=tolerance, factor=found.factor), solved.chosen)
