"""Who chooses, and from what, as the kernels of choice want it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from karvan.case.remember import remembered
from karvan.flows.choice_kernels import Choice, nests_by_size

if TYPE_CHECKING:
    from karvan.flows.problem import Floats, Ints, Problem


def choice_of(problem: Problem) -> Choice:
    """Return the routes and classes of a problem as kernels want them."""
    routes, classes = problem.routes, problem.classes
    return Choice(
        *_nests_by_size(routes.nest_ptr, classes.set), routes.nest_ptr, routes.price_usd, routes.hours, routes.log_size,
        classes.set, classes.demand_t_per_day, classes.hour_usd, classes.delay_usd, classes.outside_usd,
        *_by_column(classes.nest_usd, classes.scale),
    )  # fmt: skip


@remembered(32)
def _nests_by_size(nest_ptr: Ints, class_set: Ints) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints]:
    found: tuple[Ints, Ints, Ints, Ints, Ints, Ints] = nests_by_size(nest_ptr, class_set)
    return found


@remembered(16)
def _by_column(nest_usd: Floats, scale: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the constants and scales of classes one column after the other; all problems of the same classes share them."""
    route, mode, outside = np.ascontiguousarray(scale.T)
    return np.ascontiguousarray(nest_usd.T), route, mode, outside
