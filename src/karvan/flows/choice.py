"""Who chooses, and from what, as the kernels of choice want it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from karvan.flows.choice_kernels import Choice

if TYPE_CHECKING:
    from karvan.flows.problem import Problem


def choice_of(problem: Problem) -> Choice:
    """Return the routes and classes of a problem as kernels want them."""
    routes, classes = problem.routes, problem.classes
    return Choice(
        routes.nest_ptr, routes.price_usd, routes.hours, routes.log_size, classes.set, classes.demand_t_per_day,
        classes.hour_usd, classes.delay_usd, classes.outside_usd, np.ascontiguousarray(classes.nest_usd.T),
        *np.ascontiguousarray(classes.scale.T),
    )  # fmt: skip
