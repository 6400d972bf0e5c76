"""How the use of scarce things reacts to their prices, queues and delays, through the choices of all goods.

This derivative of the choice model is what costs most in Newton's method, and what changes least: it serves at points nearby,
with other tonnes, and in other settings of a case. What changes fast stands beside it: use against capacity, slopes of delay
curves, and what one more tonne uses as the lean of a pair of directions turns.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from karvan.flows import corridor_kernels as kernels
from karvan.flows import newton_kernels, reaction_kernels
from karvan.flows.choice_kernels import load_routes
from karvan.flows.newton_kernels import WEAK_FEEDBACK, Known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from karvan.flows.equilibrium import Solver
    from karvan.flows.newton_kernels import Point
    from karvan.flows.problem import Bools, Floats, Ints, Resources

#: Resources within this of full get their reactions: farther on than where they may have a price, so that they serve longer.
NEARLY_FULL = 0.15


@dataclass(frozen=True, eq=False)
class Reactions:
    """Reactions to controls at some point.

    Attributes
    ----------
    names
        Names of the resources.
    ordinal
        Of every pair, which of the pairs of its resource it is.
    priced, queued
        The controls: resources with a price, and with a queue.
    delayed
        The first resources of groups of delay curves.
    leaning
        Pairs with empties, of the resources with a price.
    lean_resource
        The resource of every one of these pairs.
    raw
        Rows: by how much the use of resources with a price or queue, the use of the first of every group, and the gap between
        there and back of every pair change. Columns: with a dollar of price, an hour of queue, an hour of delay, and with a lean
        of one at a price of one dollar. A tonne uses and pays what it does where these pairs lean to neither side.
    """

    names: Sequence[str]
    ordinal: Ints
    priced: Ints
    queued: Ints
    delayed: Ints
    leaning: Ints
    lean_resource: Ints
    raw: Floats

    def on(self, solver: Solver) -> Reactions:
        """Return the same as a solver's problem numbers it, less the controls that it does not have."""
        new = solver.problem.resources
        if self.names is new.names:
            return self
        place = numbers_of(self.names, new.names)
        ordinal = ordinals(new)
        lean_resource = place[self.lean_resource]
        leaning = _pairs_of(new, lean_resource, self.ordinal[self.leaning])
        first = solver.serial.first
        delayed = place[self.delayed]
        delayed[delayed >= 0] = np.where(np.isin(delayed, first), delayed, -1)[delayed >= 0]
        blocks = [_kept(place[self.priced], solver.by_price), _kept(place[self.queued], solver.by_queue), delayed]
        blocks.append(np.where(np.isin(lean_resource, blocks[0][blocks[0] >= 0]), leaning, -1))
        orders = [np.argsort(block, kind="stable") for block in blocks]
        orders = [order[block[order] >= 0] for order, block in zip(orders, blocks, strict=True)]
        begin = np.cumsum([0, *(len(block) for block in blocks)])
        at = np.concatenate([order + first for order, first in zip(orders, begin.tolist(), strict=False)])
        priced, queued, delayed, leaning = (block[order] for order, block in zip(orders, blocks, strict=True))
        return Reactions(
            new.names,
            ordinal,
            priced,
            queued,
            delayed,
            leaning,
            lean_resource[orders[3]],
            np.ascontiguousarray(self.raw[np.ix_(at, at)]),
        )

    @cached_property
    def known(self) -> Known:
        """The same as kernels want it."""
        parts = np.cumsum([0, len(self.priced), len(self.queued), len(self.delayed)])
        of_resource, pairs = len(self.names), len(self.ordinal)
        return Known(
            self.raw, _numbered(self.priced, int(parts[0]), of_resource), _numbered(self.queued, int(parts[1]), of_resource),
            self.delayed, int(parts[2]), _numbered(self.leaning, int(parts[3]), pairs), *self._turns,
        )  # fmt: skip

    @cached_property
    def _turns(self) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints]:
        """Which lines, and which columns, turn with the lean of which pairs: line, line of the gap, pair; the same of columns."""
        first = len(self.raw) - len(self.leaning)
        of_row = np.concatenate([self.priced, self.queued, self.delayed])
        lean, row = np.nonzero(self.lean_resource[:, None] == of_row[None, :])
        every = np.arange(len(self.leaning))
        column = np.searchsorted(self.priced, self.lean_resource)
        # a contiguous array is a type of its own to a kernel
        return np.ascontiguousarray(row), first + lean, self.leaning[lean], column, first + every, self.leaning


def _numbered(items: Ints, begin: int, count: int) -> Ints:
    """Return the numbers of items from `begin` on, of `count` in all; -1 where one is not among them."""
    number = np.full(count, -1, dtype=np.int64)
    number[items] = begin + np.arange(len(items))
    return number


def _kept(place: Ints, allowed: Bools) -> Ints:
    kept: Ints = np.where((place >= 0) & allowed[place], place, -1)
    return kept


def numbers_of(names: Sequence[str], others: Sequence[str]) -> Ints:
    """Return the number of every name among others; -1 where it is not there."""
    if names == others:
        return np.arange(len(names))
    number = {name: j for j, name in enumerate(others)}
    return np.array([number.get(name, -1) for name in names], dtype=np.int64)


def _pairs_of(resources: Resources, resource: Ints, ordinal: Ints) -> Ints:
    """Return which pair is that of a resource, by which of its pairs it is; -1 where there is none."""
    order = np.argsort(resources.pair_resource, kind="stable")
    ends = np.searchsorted(resources.pair_resource[order], np.arange(len(resources) + 1))
    at = ends[resource] + ordinal
    there = (resource >= 0) & (at < ends[resource + 1])
    found: Ints = np.where(there, np.append(order, -1)[np.where(there, at, -1)], -1)
    return found


def ordinals(resources: Resources) -> Ints:
    """Return of every pair which of the pairs of its resource it is."""
    order = np.argsort(resources.pair_resource, kind="stable")
    begin = np.searchsorted(resources.pair_resource[order], np.arange(len(resources)))
    found = np.empty(len(order), dtype=np.int64)
    found[order] = np.arange(len(order)) - begin[resources.pair_resource[order]]
    return found


def reactions_at(solver: Solver, point: Point) -> Reactions:
    """Return the reactions at a point, to the controls that matter there or nearly do."""
    resources, controls = solver.problem.resources, point.controls
    near = solver.slack(point) < NEARLY_FULL
    priced = np.flatnonzero(solver.by_price & (near | (controls.price_usd > 0)))
    queued = np.flatnonzero(solver.by_queue & (near | (controls.queue_h > 0)))
    has_price = np.zeros(len(resources), dtype=bool)
    has_price[priced] = True
    leaning = np.flatnonzero(has_price[resources.pair_resource] & (resources.pair_empty > 0))
    delayed = _strong_delays(solver, point)
    upright = np.zeros(len(resources.pair_resource), dtype=bool)
    upright[leaning] = True
    columns, hours = _columns(solver, point, priced, np.concatenate([queued, delayed]), leaning, upright)
    rows = _rows(solver, point, np.concatenate([priced, queued, delayed]), leaning, upright)
    raw = _matrix(solver, point, rows, columns, hours) if len(hours) else np.zeros((0, 0))
    return Reactions(
        resources.names, ordinals(resources), priced, queued, delayed, leaning, resources.pair_resource[leaning], raw
    )


def _matrix(solver: Solver, point: Point, rows: _Entries, columns: _Entries, hours: Bools) -> Floats:
    routes = solver.problem.routes
    # most streams meet no control that matters
    met = np.zeros(routes.streams, dtype=bool)
    met[rows.streams()] = met[columns.streams()] = True
    number = np.where(met, np.cumsum(met) - 1, -1)
    streams = int(met.sum())
    pointer, item = kernels.keep_items(routes.route_ptr, routes.route_stream, number)
    found: Floats = reaction_kernels.reactions(
        solver.choice, point.charge_usd, point.charge_h, *solver.set_class, pointer, item, *rows.by_stream(number, streams),
        *columns.by_stream(number, streams), hours, len(hours),
    )  # fmt: skip
    return found


def _strong_delays(solver: Solver, point: Point) -> Ints:
    """Return the first resources of the groups of delay curves whose flow reacts to their own delay."""
    resources, serial, choice = solver.problem.resources, solver.serial, solver.choice
    # how fast each flow could fall at most: flow x scale x value of a delayed hour, summed over classes
    weighted = choice._replace(demand=choice.demand * choice.mu_route * choice.delay_usd)
    steep = load_routes(weighted, point.charge_usd, point.charge_h)[0]
    falls = np.append(newton_kernels.on_streams(solver.scarcity, steep), 0.0)
    slope = np.bincount(serial.group, point.slope, minlength=len(serial.first))
    both = falls[resources.pair_there] + falls[resources.pair_back]
    reach = np.bincount(resources.pair_resource, resources.pair_weight * both, minlength=len(resources))
    strong: Ints = serial.first[slope * reach[serial.first] > WEAK_FEEDBACK]
    return strong


def _columns(
    solver: Solver, point: Point, priced: Ints, waits: Ints, leaning: Ints, upright: Bools
) -> tuple[_Entries, Bools]:
    """Return what each control adds to the streams, and which are in hours."""
    resources, serial = solver.problem.resources, solver.serial
    there, back = resources.marginal(np.where(upright, 0.0, point.controls.lean))
    both = np.where(resources.pair_each, 0.0, 1.0)
    size = resources.pair_weight * resources.pair_empty * np.where(resources.pair_each, 0.5, 1.0)
    entries = _Entries(resources)
    entries.add(*serial.pairs(priced), there, back)
    entries.add(*serial.pairs(waits), np.ones(len(both)), both)
    entries.add(leaning, np.ones(len(leaning), dtype=np.int64), size, -size)
    return entries, np.repeat([False, True, False], [len(priced), len(waits), len(leaning)])


def _rows(solver: Solver, point: Point, used: Ints, leaning: Ints, upright: Bools) -> _Entries:
    """Return how use, and the gap between there and back, read the streams."""
    resources = solver.problem.resources
    there, back = resources.marginal(np.where(upright, 0.0, point.lean))
    entries = _Entries(resources)
    entries.add(*solver.serial.pairs(used), there, back)
    one = np.ones(len(upright))
    entries.add(leaning, np.ones(len(leaning), dtype=np.int64), one, -one)
    return entries


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
