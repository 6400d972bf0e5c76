"""The corridor problem as arrays: who wants to go, by which routes, and what is scarce on the way.

A *class* is a stream of goods between two zones. Its routes are those of its *set*; a set is shared by all commodities of one
form between two zones. Routes run over *movements*: one direction of a link, a terminal, a crossing, for one form of cargo.
Movements that the same routes use carry the same flow; each group of them is a *stream*, and all that happens on a route happens
on its streams. A *resource* is something with a capacity or a delay curve. It is used by pairs of streams, there and back:

``usage = preload + sum over pairs of weight x (there + back + empty x |there - back|)``      both directions share it
``usage = preload + sum over pairs of weight x (there + empty x max(0, back - there))``       each direction has its own

The absolute value is rounded off at the kink, ``sqrt(d^2 + eps^2) - eps``, eps being a fiftieth of the capacity, so that the
problem stays smooth and convex. Method: docs/methods/flows.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.case.remember import remembered
from karvan.errors import RequestError
from karvan.flows import scarcity_kernels as kernels
from karvan.flows.scarcity_kernels import NO_CURVE, POWER_CURVE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

#: Ways of going.
NESTS = 4
#: How a full resource clears: by a rent, by waiting, or not at all (a delay curve without a hard limit).
CLEARINGS = ("price", "queue", "delay")
#: The kink of empties is rounded off over this share of the capacity.
KINK_SHARE = 0.02


@dataclass(frozen=True, eq=False)
class RouteSets:
    """Routes by set, with what they cost before anything is scarce.

    Attributes
    ----------
    set_ptr
        Where the routes of each set begin.
    nest
        Way of going of each route: 0 rail, 1 road, 2 rail and road, 3 sea or ferry; in this order within a set.
    price_usd, hours, log_size
        Price per tonne with the constants of crossings; hours that the goods' time value counts; logarithm of the path size.
    route_ptr, route_stream
        The streams of each route, one after the other.
    streams
        Number of streams.
    """

    set_ptr: Ints
    nest: Ints
    price_usd: Floats
    hours: Floats
    log_size: Floats
    route_ptr: Ints
    route_stream: Ints
    streams: int

    @cached_property
    def nest_ptr(self) -> Ints:
        """Where the routes of every way of going of every set begin and the last end; shape (sets, 5)."""
        owner = np.repeat(np.arange(len(self.set_ptr) - 1), np.diff(self.set_ptr))
        size = len(self.set_ptr) - 1
        count = np.bincount(owner * (NESTS + 1) + self.nest + 1, minlength=size * (NESTS + 1)).reshape(size, NESTS + 1)
        count[:, 0] = self.set_ptr[:-1]
        pointer: Ints = np.cumsum(count, axis=1)
        return pointer


@dataclass(frozen=True, eq=False)
class Classes:
    """Streams of goods between two zones.

    Attributes
    ----------
    names
        What each is called in messages.
    set
        Set of routes.
    demand_t_per_day
        Tonnes a day, on the network or outside.
    hour_usd, delay_usd
        Value of an hour under way, and of an hour of delay, per tonne.
    outside_usd
        Generalised cost of the option outside the network; infinite where there is none.
    nest_usd
        Constant of each way of going, in dollars per tonne; infinite where the class may not take it.
    scale
        Logit scales of routes, ways of going, and network against outside, per dollar.
    """

    names: Sequence[str]
    set: Ints
    demand_t_per_day: Floats
    hour_usd: Floats
    delay_usd: Floats
    outside_usd: Floats
    nest_usd: Floats
    scale: Floats

    def __len__(self) -> int:
        return len(self.set)


@dataclass(frozen=True, eq=False)
class Resources:
    """What is scarce.

    Attributes
    ----------
    names
        What each is called in messages.
    capacity, preload
        Tonnes a day; infinite where there is no limit.
    clearing
        How it clears when it is full: an index into :data:`CLEARINGS`.
    curve, free_h, curve_a, curve_b
        Delay curve: its form, the hours it multiplies, and its two figures.
    pair_resource, pair_there, pair_back, pair_weight, pair_empty, pair_each
        The pairs of streams that use it: resource, streams (-1: none), tonnes of capacity per tonne, empties, and whether only
        the direction there counts.
    """

    names: Sequence[str]
    capacity: Floats
    preload: Floats
    clearing: Ints
    curve: Ints
    free_h: Floats
    curve_a: Floats
    curve_b: Floats
    pair_resource: Ints
    pair_there: Ints
    pair_back: Ints
    pair_weight: Floats
    pair_empty: Floats
    pair_each: Bools

    def __len__(self) -> int:
        return len(self.capacity)

    @cached_property
    def kink(self) -> Floats:
        """Width of the rounding of each pair, in tonnes a day."""
        capacity = self.capacity[self.pair_resource]
        return np.where(np.isfinite(capacity), KINK_SHARE * capacity, 1.0)

    def without_limits(self) -> Resources:
        """Return the same resources with nothing scarce: no limits, no delay."""
        free = np.full(len(self), NO_CURVE, dtype=np.int64)
        return replace(self, capacity=np.full(len(self), np.inf), curve=free, preload=np.zeros(len(self)))

    def without_walls(self) -> Resources:
        """Return the same resources with delays but without hard limits."""
        return replace(self, clearing=np.full(len(self), CLEARINGS.index("delay"), dtype=np.int64))

    def marginal(self, lean: Floats) -> tuple[Floats, Floats]:
        """Return what one more tonne there, and one more tonne back, uses; `lean` is 1 where all goods go there."""
        found: tuple[Floats, Floats] = kernels.marginal(
            self.pair_back, self.pair_weight, self.pair_empty, self.pair_each, lean
        )
        return found

    def charges(self, price_usd: Floats, wait_h: Floats, lean: Floats, streams: int) -> tuple[Floats, Floats]:
        """Return dollars and hours that prices and waits add to each stream, as the pairs lean."""
        found: tuple[Floats, Floats] = kernels.stream_charges(
            self.pair_resource, self.pair_there, self.pair_back, self.pair_weight, self.pair_empty, self.pair_each, price_usd,
            wait_h, lean, streams,
        )  # fmt: skip
        return found


@dataclass(frozen=True, eq=False)
class Problem:
    """Classes, routes and resources; checked when it is made.

    Raises
    ------
    RequestError
        A class, route or resource cannot be: every fault at once.
    """

    routes: RouteSets
    classes: Classes
    resources: Resources

    def __post_init__(self) -> None:
        routes = self.routes
        faults = [
            *_route_faults(routes.set_ptr, routes.nest), *_class_faults(self), *_resource_faults(self.resources),
        ]  # fmt: skip
        if faults:
            raise RequestError("\n".join(faults))

    @cached_property
    def set_class(self) -> tuple[Ints, Ints]:
        """Where the classes of every set begin, and the classes in order of their sets."""
        order = np.argsort(self.classes.set, kind="stable")
        sets = len(self.routes.set_ptr) - 1
        return np.searchsorted(self.classes.set[order], np.arange(sets + 1)), order


@remembered(32)
def _route_faults(set_ptr: Ints, nest: Ints) -> list[str]:
    owner = np.repeat(np.arange(len(set_ptr) - 1), np.diff(set_ptr))
    mixed = np.unique(owner[1:][(np.diff(nest) < 0) & (np.diff(owner) == 0)])
    return [f"Set {o}: its routes do not stand in the order of their ways of going. Sort them." for o in mixed.tolist()]


def _class_faults(problem: Problem) -> list[str]:
    classes, routes = problem.classes, problem.routes
    demand, names = classes.demand_t_per_day, classes.names
    bad = ~np.isfinite(demand) | (demand < 0)
    faults = [
        f"{names[c]}: the demand is {demand[c]:g} tonnes a day. State a figure of 0 or more."
        for c in np.flatnonzero(bad).tolist()
    ]
    faults += _cost_faults(names, classes.hour_usd, classes.delay_usd, classes.scale)
    stuck = _stuck(routes.set_ptr, routes.nest, classes.set, classes.nest_usd, classes.outside_usd)
    faults += [
        f"{names[c]}: {demand[c]:g} tonnes a day have no route and no outside option."
        for c in stuck[~bad[stuck] & (demand[stuck] > 0)].tolist()
    ]
    return faults


@remembered(32)
def _cost_faults(names: Sequence[str], hour_usd: Floats, delay_usd: Floats, scale: Floats) -> list[str]:
    """Return what is wrong with classes whatever their demand."""
    values = np.column_stack([hour_usd, delay_usd, scale])
    costless = ~(np.isfinite(values) & (values >= 0)).all(axis=1)
    faults = [
        f"{names[c]}: a time value or logit scale is missing or negative. Every class needs a cost of its own."
        for c in np.flatnonzero(costless).tolist()
    ]
    ordered = (scale[:, 0] >= scale[:, 1]) & (scale[:, 1] >= scale[:, 2]) & (scale[:, 2] > 0)
    faults += [
        f"{names[c]}: the logit scales are {scale[c, 0]:g}, {scale[c, 1]:g} and {scale[c, 2]:g}. They must not rise from routes "
        "to ways of going to network against outside, and be above 0."
        for c in np.flatnonzero(~costless & ~ordered).tolist()
    ]
    return faults


@remembered(32)
def _stuck(set_ptr: Ints, nest: Ints, class_set: Ints, nest_usd: Floats, outside_usd: Floats) -> Ints:
    """Return the classes that have neither a route nor an outside option."""
    ways = np.zeros((len(set_ptr) - 1, nest_usd.shape[1]), dtype=bool)
    ways[np.repeat(np.arange(len(ways)), np.diff(set_ptr)), nest] = True
    return np.flatnonzero(~(ways[class_set] & np.isfinite(nest_usd)).any(axis=1) & ~np.isfinite(outside_usd))


@remembered(32)
def _resource_faults(resources: Resources) -> list[str]:
    capacity, curve, preload = resources.capacity, resources.curve, resources.preload
    curved = curve != NO_CURVE
    weak = (curve == POWER_CURVE) & ~(resources.curve_b >= 1)
    wrong = ~(capacity > 0) | (curved & ~np.isfinite(capacity)) | weak | ~(preload >= 0)
    faults = [fault for number in np.flatnonzero(wrong).tolist() for fault in _faults_of(resources, number)]
    queued = (resources.clearing[resources.pair_resource] == CLEARINGS.index("queue")) & resources.pair_each
    for k in np.flatnonzero(queued & (resources.pair_empty > 0)):
        name = resources.names[resources.pair_resource[k]]
        faults.append(
            f"{name}: a queue of one direction cannot be filled by empties of the other. Let them share it, or leave empties out."
        )
    return faults


def _faults_of(resources: Resources, number: int) -> Iterator[str]:
    name, capacity, preload = resources.names[number], resources.capacity[number], resources.preload[number]
    if np.isnan(capacity) or capacity <= 0:
        yield f"{name}: the capacity is {capacity:g} tonnes a day. Leave it blank where there is no limit."
    if resources.curve[number] != NO_CURVE and not np.isfinite(capacity):
        yield f"{name}: a delay curve needs a capacity."
    if resources.curve[number] == POWER_CURVE and resources.curve_b[number] < 1:
        yield f"{name}: the power is {resources.curve_b[number]:g}. It must be 1 or more."
    if not preload >= 0:
        yield f"{name}: the preload is {preload:g} tonnes a day. State a figure of 0 or more."
