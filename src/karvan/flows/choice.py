"""Who chooses, and from what, as the kernels of choice want it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from karvan.case.remember import remembered
from karvan.flows.choice_kernels import NESTS, Choice
from karvan.flows.corridor_kernels import by_length
from karvan.flows.route_sets import pointer_of

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
    """Return the order in which kernels go through the routes of classes: the first six fields of :class:`Choice`."""
    ends = nest_ptr[class_set]
    sizes = np.diff(ends, axis=1).ravel()
    pointer = pointer_of(sizes)
    size_ptr, nest, item_at = by_length(pointer, np.arange(pointer[-1], dtype=np.uint32))
    # of every nest how far its routes stand from where it stands class by class
    apart = np.repeat(ends[:, :-1].ravel() - pointer[:-1], sizes)
    nest_class = nest // NESTS
    nest_at = nest % NESTS * len(class_set) + nest_class
    begin = np.ascontiguousarray(pointer[::NESTS])
    return begin, size_ptr, nest_at, nest_class, (item_at + apart[item_at]).astype(np.uint32), item_at


@remembered(16)
def _by_column(nest_usd: Floats, scale: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the constants and scales of classes one column after the other; all problems of the same classes share them."""
    route, mode, outside = np.ascontiguousarray(scale.T)
    return np.ascontiguousarray(nest_usd.T), route, mode, outside
