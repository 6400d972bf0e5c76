"""One linear system of Newton's method on the controls of a corridor, and how it moves them.

The matrix is the derivative of the conditions: of the Fischer-Burmeister equations of prices and queues, of delays on their
curves, of leans. It is made anew at every point, from reactions that may have been found at another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.flows import corridor_kernels as kernels
from karvan.flows.serial import WHISKER

if TYPE_CHECKING:
    from karvan.flows.equilibrium import Solver
    from karvan.flows.problem import Floats, Ints, Usage
    from karvan.flows.reactions import Reactions

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
    priced, queued, delayed, leaning
        Resources with a price, with a queue, groups of delay curves that react to themselves, pairs whose lean is charged.
    triangles, order
        The factors and the order of the rows.
    regular
        Whether the matrix can be inverted.
    """

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


def factor_with(reactions: Reactions, solver: Solver, point: Point, damping: float = 0.0) -> Factor | None:
    """Return the factored derivative of the conditions at a point; None where the reactions lack a control that matters.

    Damping holds still what the reactions hardly determine, where they are those of another point.
    """
    priced, queued, leaning = active_controls(solver, point)
    at = reactions.places(priced, queued, leaning)
    if at is None:
        return None
    resources, serial, usage = solver.problem.resources, solver.serial, point.usage
    delayed = serial.group[reactions.delayed]
    if len(at) == 0:
        none = np.zeros((0, 0))
        return Factor(priced, queued, delayed, leaning, none, np.zeros(0, dtype=np.int64), True)
    matrix = reactions.at_lean(solver, usage.lean, point.controls.lean)[np.ix_(at, at)]
    control, unit, slack = _scaled(solver, point, priced, queued)
    radius = np.maximum(np.hypot(control, slack), 1e-14)
    by_control, by_slack = 1 - control / radius, 1 - slack / radius
    n, curves, hard = len(control), len(delayed), np.concatenate([priced, queued])
    # a lean is charged by its price
    matrix[:, n + curves :] *= point.controls.price_usd[resources.pair_resource[leaning]]
    matrix[:n] *= -(by_slack / np.maximum(usage.used[hard], LEAST_USE))[:, None]
    # the whisker holds where a full resource has no flow that could react, and shares prices in a row
    matrix[np.arange(n), np.arange(n)] += (by_control + (WHISKER + damping) * np.maximum(by_slack, WHISKER)) / unit
    slope = np.bincount(serial.group, point.slope, minlength=len(serial.first))
    matrix[n : n + curves] *= -slope[delayed, None]
    matrix[n + curves :] *= -usage.lean_slope[leaning, None]
    rest = np.arange(n, len(matrix))
    matrix[rest, rest] += 1.0
    triangles, order, regular = kernels.factor_dense(matrix)
    return Factor(priced, queued, delayed, leaning, triangles, order, bool(regular))


def _scaled(solver: Solver, point: Point, priced: Ints, queued: Ints) -> tuple[Floats, Floats, Floats]:
    """Return scaled prices and queues, their units, and the room that they leave."""
    control = np.concatenate(
        [point.controls.price_usd[priced] / solver.usd, point.controls.queue_h[queued] / solver.hour]
    )
    unit = np.concatenate([np.full(len(priced), solver.usd), np.full(len(queued), solver.hour)])
    return control, unit, solver.slack(point)[np.concatenate([priced, queued])] + WHISKER * control


def _bounded(old: Floats, change: Floats, unit: float) -> Floats:
    """Return a price after a step: never below zero, and at most twice what it was or ten units up."""
    return np.clip(old + change, 0.0, np.maximum(3 * old, old + 10 * unit))


def fischer(control: Floats, slack: Floats) -> Floats:
    """Return the Fischer-Burmeister function: zero where both are not negative and one of them is zero."""
    bounded = np.minimum(slack, 1e6)
    return control + bounded - np.hypot(control, bounded)
