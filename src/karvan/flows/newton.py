"""One linear system of Newton's method on the controls of a corridor, and how it moves them.

The matrix is the derivative of the conditions: of the Fischer-Burmeister equations of prices and queues, of delays on their
curves, of leans. It may serve again at points nearby, where finding it anew would cost more than the steps that it saves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.flows import corridor_kernels as kernels
from karvan.flows.serial import WHISKER

if TYPE_CHECKING:
    from karvan.flows.equilibrium import Solver
    from karvan.flows.problem import Bools, Floats, Ints, Resources, Usage

#: Delays whose own feedback (slope of the curve x fall of the flow) is smaller are set from the flow, without Newton's method.
WEAK_FEEDBACK = 0.01
#: Resources within this of full may have a price.
NEAR_FULL = 0.05
#: Pivots so much smaller than the others tell of prices that hardly anything but the whisker determines.
WEAK_PIVOT = 1e-6
#: Least use in a logarithm, in tonnes a day.
LEAST_USE = 1e-9


@dataclass(frozen=True, eq=False)
class Controls:
    """What the goods meet besides the plain cost of their routes.

    Attributes
    ----------
    price_usd, queue_h
        Rent per tonne of capacity and hours of queue, per resource.
    delay_h
        Hours of delay of every group of resources with the same streams.
    lean
        Lean of every pair, as the prices charge it.
    """

    price_usd: Floats
    queue_h: Floats
    delay_h: Floats
    lean: Floats


@dataclass(frozen=True, eq=False)
class Point:
    """Controls, and all that follows from them."""

    controls: Controls
    charge: tuple[Floats, Floats]
    flow: Floats
    steep: Floats
    streams: Floats
    usage: Usage
    curve: Floats
    slope: Floats
    levels: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Factor:
    """A matrix that has been factored, and the controls that it is of.

    Attributes
    ----------
    resources
        Whose controls they are.
    priced, queued, delayed, leaning
        Resources with a price, with a queue, groups of delay curves that react to themselves, pairs whose lean is charged.
    triangles, order
        The factors and the order of the rows.
    regular
        Whether the matrix can be inverted.
    """

    resources: Resources
    priced: Ints
    queued: Ints
    delayed: Ints
    leaning: Ints
    triangles: Floats
    order: Ints
    regular: bool

    @property
    def size(self) -> int:
        """Number of controls."""
        return len(self.order)

    @property
    def weak(self) -> bool:
        """Whether some control is hardly determined."""
        pivot = np.abs(np.diagonal(self.triangles))
        return bool(self.size and self.regular and pivot.min() < WEAK_PIVOT * np.median(pivot))

    def fits(self, solver: Solver, point: Point) -> bool:
        """Say whether the same controls matter at a point."""
        if self.resources is not solver.problem.resources or not self.regular:
            return False
        priced, queued, leaning = active_controls(solver, point)
        return all(
            np.array_equal(one, other)
            for one, other in ((priced, self.priced), (queued, self.queued), (leaning, self.leaning))
        )

    def moved(self, solver: Solver, point: Point, share: float, right: Floats) -> Controls:
        """Return the controls after a share of the step that meets the conditions."""
        change = kernels.solve_factored(self.triangles, self.order, right) if self.regular else np.zeros(self.size)
        old = point.controls
        a, b, c = np.cumsum([len(self.priced), len(self.queued), len(self.delayed)])
        price, queue = np.zeros_like(old.price_usd), np.zeros_like(old.queue_h)
        price[self.priced] = _bounded(old.price_usd[self.priced], share * change[:a], solver.usd)
        queue[self.queued] = _bounded(old.queue_h[self.queued], share * change[a:b], solver.hour)
        curves = solver.delays(point)
        delay = old.delay_h + share * (curves - old.delay_h)
        delay[self.delayed] = np.maximum(old.delay_h[self.delayed] + share * change[b:c], 0.0)
        lean = point.usage.lean.copy()
        lean[self.leaning] = np.clip(old.lean[self.leaning] + share * change[c:], -1.0, 1.0)
        return Controls(price, queue, delay, lean)

    def missing(self, solver: Solver, point: Point) -> Floats:
        """Return what is missing at a point from every condition."""
        controls = point.controls
        control, _, slack = _scaled(solver, point, self.priced, self.queued)
        delay = solver.delays(point)[self.delayed] - controls.delay_h[self.delayed]
        lean = point.usage.lean[self.leaning] - controls.lean[self.leaning]
        return np.concatenate([-fischer(control, slack), delay, lean])


def active_controls(solver: Solver, point: Point) -> tuple[Ints, Ints, Ints]:
    """Return the resources with a price and with a queue, or about to have one, and the pairs whose lean a price charges."""
    resources, controls = solver.problem.resources, point.controls
    near = solver.slack(point) < NEAR_FULL
    priced = np.flatnonzero(solver.by_price & (near | (controls.price_usd > 0)))
    queued = np.flatnonzero(solver.by_queue & (near | (controls.queue_h > 0)))
    charged = (controls.price_usd[resources.pair_resource] > 0) & (resources.pair_empty > 0)
    return priced, queued, np.flatnonzero(charged)


def factor_at(solver: Solver, point: Point) -> Factor:
    """Return the factored derivative of the conditions at a point."""
    priced, queued, leaning = active_controls(solver, point)
    delayed = _strong_delays(solver, point)
    routes = solver.problem.routes
    columns, hours = _columns(solver, point, priced, queued, delayed, leaning)
    if len(hours) == 0:
        none = np.zeros((0, 0))
        return Factor(
            solver.problem.resources, priced, queued, delayed, leaning, none, np.zeros(0, dtype=np.int64), True
        )
    rows = _rows(solver, point, np.concatenate([priced, queued]), delayed, leaning)
    # most streams meet no control that matters
    met = np.zeros(routes.streams, dtype=bool)
    met[rows.streams()] = met[columns.streams()] = True
    number = np.where(met, np.cumsum(met) - 1, -1)
    streams = int(met.sum())
    pointer, item = kernels.keep_items(routes.route_ptr, routes.route_stream, number)
    matrix = kernels.reactions(
        *solver.arguments, *point.charge, *solver.class_arguments, *solver.problem.set_class, pointer, item,
        *rows.by_stream(number, streams), *columns.by_stream(number, streams), hours, len(hours),
    )  # fmt: skip
    control, unit, slack = _scaled(solver, point, priced, queued)
    radius = np.maximum(np.hypot(control, slack), 1e-14)
    by_control, by_slack = 1 - control / radius, 1 - slack / radius
    n = len(control)
    matrix[:n] *= -by_slack[:, None]
    # the whisker holds where a full resource has no flow that could react, and shares prices in a row
    matrix[np.arange(n), np.arange(n)] += (by_control + WHISKER * np.maximum(by_slack, WHISKER)) / unit
    matrix[n:] *= -1.0
    rest = np.arange(n, len(matrix))
    matrix[rest, rest] += 1.0
    triangles, order, regular = kernels.factor_dense(matrix)
    return Factor(solver.problem.resources, priced, queued, delayed, leaning, triangles, order, bool(regular))


def _scaled(solver: Solver, point: Point, priced: Ints, queued: Ints) -> tuple[Floats, Floats, Floats]:
    """Return scaled prices and queues, their units, and the room that they leave."""
    control = np.concatenate(
        [point.controls.price_usd[priced] / solver.usd, point.controls.queue_h[queued] / solver.hour]
    )
    unit = np.concatenate([np.full(len(priced), solver.usd), np.full(len(queued), solver.hour)])
    return control, unit, solver.slack(point)[np.concatenate([priced, queued])] + WHISKER * control


def _strong_delays(solver: Solver, point: Point) -> Ints:
    """Return the groups of delay curves whose flow reacts to their own delay."""
    routes, resources, serial = solver.problem.routes, solver.problem.resources, solver.serial
    falls = np.append(kernels.sum_on_items(routes.route_ptr, routes.route_stream, point.steep, routes.streams), 0.0)
    slope = np.bincount(serial.group, point.slope, minlength=len(serial.first))
    both = falls[resources.pair_there] + falls[resources.pair_back]
    reach = np.bincount(resources.pair_resource, resources.pair_weight * both, minlength=len(resources))
    strong: Ints = np.flatnonzero(slope * reach[serial.first] > WEAK_FEEDBACK)
    return strong


def _columns(
    solver: Solver, point: Point, priced: Ints, queued: Ints, delayed: Ints, leaning: Ints
) -> tuple[_Entries, Bools]:
    """Return what each control adds to the streams, and which are in hours."""
    resources, controls = solver.problem.resources, point.controls
    there, back = resources.marginal(controls.lean)
    both = np.where(resources.pair_each, 0.0, 1.0)
    waits = np.concatenate([queued, solver.serial.first[delayed]])
    size = controls.price_usd[resources.pair_resource] * resources.pair_weight * resources.pair_empty
    size *= np.where(resources.pair_each, 0.5, 1.0)
    entries = _Entries(resources)
    entries.add(*solver.serial.pairs(priced), there, back)
    entries.add(*solver.serial.pairs(waits), np.ones(len(both)), both)
    entries.add(leaning, np.ones(len(leaning), dtype=np.int64), size, -size)
    return entries, np.repeat([False, True, False], [len(priced), len(waits), len(leaning)])


def _rows(solver: Solver, point: Point, hard: Ints, delayed: Ints, leaning: Ints) -> _Entries:
    """Return how each condition reads the streams: ln(use), hours of delay, lean."""
    usage, resources, serial = point.usage, solver.problem.resources, solver.serial
    used = np.maximum(usage.used, LEAST_USE)[resources.pair_resource]
    slope = np.bincount(serial.group, point.slope, minlength=len(serial.first))
    steep = slope[serial.group[resources.pair_resource]]
    entries = _Entries(resources)
    entries.add(*serial.pairs(hard), usage.by_there / used, usage.by_back / used)
    entries.add(*serial.pairs(serial.first[delayed]), steep * usage.by_there, steep * usage.by_back)
    entries.add(leaning, np.ones(len(leaning), dtype=np.int64), usage.lean_slope, -usage.lean_slope)
    return entries


def _bounded(old: Floats, change: Floats, unit: float) -> Floats:
    """Return a price after a step: never below zero, and at most twice what it was or ten units up."""
    return np.clip(old + change, 0.0, np.maximum(3 * old, old + 10 * unit))


def fischer(control: Floats, slack: Floats) -> Floats:
    """Return the Fischer-Burmeister function: zero where both are not negative and one of them is zero."""
    bounded = np.minimum(slack, 1e6)
    return control + bounded - np.hypot(control, bounded)


class _Entries:
    """Figures of conditions or controls on streams, by pairs."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources
        self.count = 0
        self.parts: list[tuple[Ints, Ints, Floats]] = []

    def add(self, pairs: Ints, sizes: Ints, there: Floats, back: Floats) -> None:
        """Add items that have so many pairs each, with the figures of every pair in both directions."""
        number = self.count + np.repeat(np.arange(len(sizes)), sizes)
        self.count += len(sizes)
        for streams, values in ((self.resources.pair_there, there), (self.resources.pair_back, back)):
            stream, value = streams[pairs], values[pairs]
            keep = (stream >= 0) & (value != 0.0)
            self.parts.append((stream[keep], number[keep], value[keep]))

    def streams(self) -> Ints:
        """Return the streams that have figures."""
        return np.concatenate([stream for stream, _, _ in self.parts])

    def by_stream(self, number: Ints, streams: int) -> tuple[Ints, Ints, Floats]:
        """Return where the items of every stream begin, by its new number, the items, and their figures."""
        stream, item, value = (np.concatenate(column) for column in zip(*self.parts, strict=True))
        stream = number[stream]
        order = np.argsort(stream, kind="stable")
        return np.searchsorted(stream[order], np.arange(streams + 1)), item[order], value[order]
