"""The multiple-choice knapsack in whole numbers: at most one item a group, within a limit, for the greatest value.

Dynamic programming over the groups, with bounds (Pisinger 1995, "A minimal algorithm for the multiple-choice knapsack
problem", *European Journal of Operational Research* 83, 394-410). The relaxation, in which items may be taken in part, is
solved first: from nothing, the steps to dearer items of a group are taken in order of what they bring for their cost. It
leaves each group with one item. The groups are then opened one by one, those first whose next step brings nearly as much as
the last one taken; a state is what the opened groups cost and are worth beyond the relaxation's items::

    bound of a state  =  its value + (what is left of the limit) x (the best step that an unopened group still has)
                         its value - (what is over the limit) x (the cheapest step back)

A state that cannot beat the best selection is dropped, and one that another is no worse than in both. Where nothing is left
the selection is proven. The bounds are reckoned in floating point and widened by more than its error, so that no state is
lost to rounding; costs and values themselves are whole numbers of any size.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    #: Whole numbers of the machine, or of Python.
    Whole = npt.NDArray[Any]

#: States kept in turn: a narrow search finds a good selection, with which a wide one has little to look at.
WIDTHS = (500, 20_000, 1_000_000)
#: States looked at in all by one search; then it goes on as narrow as the first.
MOST_STATES = 100_000_000
#: Bounds are sums of two or three products in floating point: each is wrong by some parts in 10^16.
ROUNDING = 1e-14
#: Whole numbers up to here are reckoned with by the machine, larger ones by Python.
MACHINE = 2**61


@dataclass(frozen=True)
class Item:
    """An item of a group: its cost and value, and the number that the caller knows it by; None is to take nothing."""

    cost: int
    value: int
    number: int | None


@dataclass(frozen=True)
class Packed:
    """The best selection found: the numbers of its items, and what no selection is worth more than."""

    numbers: tuple[int, ...]
    value: int
    cost: int
    upper_bound: int

    @property
    def proven(self) -> bool:
        """Whether no selection is worth more."""
        return self.value >= self.upper_bound


def pack(groups: Sequence[Sequence[Item]], limit: int, *, widths: Sequence[int] = WIDTHS) -> Packed:
    """Return the most valuable selection within a limit, and of several the cheapest.

    Parameters
    ----------
    groups
        The items of each group; none is worth less than nothing, and none costs less than nothing.
    limit
        Most that the selection may cost.
    widths
        Most states of the searches, in turn; the next is tried where the one before had to leave some out.
    """
    search = _Search([_undominated(items, limit) for items in groups], limit)
    for width in widths:
        if search.go(width):
            break
    return search.packed()


def _undominated(items: Sequence[Item], limit: int) -> list[Item]:
    """Return the items that none is better than, the cheapest first; the first costs nothing."""
    kept: list[Item] = []
    for item in sorted([Item(0, 0, None), *items], key=lambda one: (one.cost, -one.value)):
        if item.cost <= limit and (not kept or item.value > kept[-1].value):
            kept.append(item)
    return kept


def _hull(items: Sequence[Item]) -> list[int]:
    """Return the places of the items that the relaxation may end at: each step brings less for its cost than the one before."""
    hull: list[int] = []
    for place, item in enumerate(items):
        while len(hull) > 1:
            last, before = items[hull[-1]], items[hull[-2]]
            if (item.value - last.value) * (last.cost - before.cost) < (last.value - before.value) * (
                item.cost - last.cost
            ):
                break
            hull.pop()
        hull.append(place)
    return hull


@dataclass(eq=False)
class _Group:
    """A group as the relaxation leaves it: its item, what the others cost and bring beyond it, and its next steps."""

    items: list[Item]
    at: int
    up: float
    down: float
    extra: list[tuple[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        here = self.items[self.at]
        self.extra = [(item.cost - here.cost, item.value - here.value) for item in self.items]


class _Search:
    """What is known of a problem: its relaxation, and the best selection so far."""

    def __init__(self, groups: list[list[Item]], limit: int) -> None:
        self.limit = limit
        self.cost = self.value = 0
        self.slope = Fraction(0)
        self.groups = self._relax(groups)
        self.room = limit - self.cost
        self.relaxation = self.value + int(self.room * self.slope)
        middle = float(self.slope)
        order = sorted(
            (min(middle - group.up, group.down - middle), number) for number, group in enumerate(self.groups)
        )
        self.order = [number for _, number in order if len(groups[number]) > 1]
        # beyond the relaxation's items
        self.best_value, self.best_cost = 0, 0
        self.best_choice: dict[int, int] = {}
        self.left_out = 0
        size = sum(items[-1].cost for items in groups) + limit, sum(items[-1].value for items in groups)
        self.kind: Any = np.int64 if max(size) < MACHINE else object

    def _relax(self, groups: list[list[Item]]) -> list[_Group]:
        """Take steps to dearer items in order of what they bring for their cost, up to the first that the limit does not pay."""
        hulls = [_hull(items) for items in groups]
        steps = sorted(
            (-Fraction(items[two].value - items[one].value, items[two].cost - items[one].cost), number, place)
            for number, (items, hull) in enumerate(zip(groups, hulls, strict=True))
            for place, (one, two) in enumerate(pairwise(hull))
        )
        self.cost = sum(items[0].cost for items in groups)
        self.value = sum(items[0].value for items in groups)
        taken = [0] * len(groups)
        up, down = [0.0] * len(groups), [float("inf")] * len(groups)
        broken = False
        for minus_slope, number, place in steps:
            one, two = (groups[number][hulls[number][place + more]] for more in (0, 1))
            if not broken and self.cost + two.cost - one.cost <= self.limit:
                self.cost, self.value = self.cost + two.cost - one.cost, self.value + two.value - one.value
                taken[number], down[number] = place + 1, float(-minus_slope)
                continue
            if not broken:
                broken, self.slope = True, -minus_slope
            if taken[number] == place:
                up[number] = float(-minus_slope)
        return [
            _Group(items, hull[place], *ends)
            for items, hull, place, *ends in zip(groups, hulls, taken, up, down, strict=True)
        ]

    def packed(self) -> Packed:
        """Return the best selection found."""
        numbers = [
            group.items[self.best_choice.get(number, group.at)].number for number, group in enumerate(self.groups)
        ]
        value = self.value + self.best_value
        return Packed(
            tuple(number for number in numbers if number is not None), value, self.cost + self.best_cost,
            max(value, min(self.relaxation, self.left_out)),
        )  # fmt: skip

    def go(self, width: int) -> bool:
        """Search with no more states than a width; return whether none had to be left out."""
        self.left_out = 0
        costs = values = np.zeros(1, dtype=self.kind)
        ups, downs = self._steps_ahead()
        trail: list[tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]] = []
        complete, seen, mark = True, 0, None
        for turn, number in enumerate(self.order):
            ends = ups[turn + 1], downs[turn + 1]
            costs, values, parents, picks = self._open(number, costs, values, ends)
            seen += len(costs)
            trail.append((parents, picks))
            better = self._best_of(costs, values)
            if better is not None:
                self.best_value, self.best_cost, mark = int(values[better]), int(costs[better]), (turn, better)
            keep = self._hopeful(costs, values, *ends)
            allowed = width if seen < MOST_STATES else min(width, WIDTHS[0])
            if int(keep.sum()) > allowed:
                complete = False
                keep = self._narrow(costs, values, keep, ends, allowed)
            costs, values = costs[keep], values[keep]
            trail[-1] = parents[keep], picks[keep]
            if mark is not None and mark[0] == turn:
                self._remember(trail, parents[mark[1]], picks[mark[1]])
            if not len(costs):
                break
        return complete

    def _steps_ahead(self) -> tuple[list[float], list[float]]:
        """Return the best step up and the cheapest step back of the groups that are still to be opened, by turn."""
        ups, downs = [0.0], [float("inf")]
        for number in reversed(self.order):
            group = self.groups[number]
            ups.append(max(ups[-1], group.up))
            downs.append(min(downs[-1], group.down))
        return ups[::-1], downs[::-1]

    def _open(
        self,
        number: int,
        costs: Whole,
        values: Whole,
        ends: tuple[float, float],
    ) -> tuple[Whole, Whole, npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Return the states with a group opened, those that cannot beat the best, or that another beats, left out."""
        found = []
        for pick, (cost, value) in enumerate(self.groups[number].extra):
            if not self._may(cost, value):
                continue
            more_costs, more_values = costs + cost, values + value
            keep = np.flatnonzero(self._hopeful(more_costs, more_values, *ends))
            found.append(
                (more_costs[keep], more_values[keep], keep.astype(np.int32), np.full(len(keep), pick, np.int32))
            )
        if not found:
            none = np.zeros(0, dtype=np.int32)
            return costs[:0], values[:0], none, none
        joined = [np.concatenate([part[place] for part in found]) for place in range(4)]
        order = np.lexsort((-joined[1], joined[0]))
        ranked = joined[1][order]
        top = np.maximum.accumulate(ranked) if len(ranked) else ranked
        first = np.ones(len(ranked), dtype=bool)
        first[1:] = (ranked[1:] > top[:-1]).astype(bool)
        kept = order[first]
        return joined[0][kept], joined[1][kept], joined[2][kept], joined[3][kept]

    def _may(self, cost: int, value: int) -> bool:
        """Whether an item can stand in a selection that beats the best, by the relaxation's price of the limit."""
        return self.room * self.slope + value - cost * self.slope >= self.best_value

    def _bounds(self, costs: Whole, values: Whole, up: float, down: float) -> tuple[Floats, Floats]:
        """Return what each state may still be worth, and the error of that."""
        worth = np.asarray(values, dtype=float)
        left = float(self.room) - np.asarray(costs, dtype=float)
        step = np.where(left >= 0, left * up, left * down if np.isfinite(down) else -np.inf)
        step = np.where(left == 0, 0.0, step)
        size = (
            np.abs(worth)
            + np.abs(np.where(np.isfinite(step), step, 0.0))
            + max(up, self._finite(down)) * float(self.limit)
        )
        return worth + step, ROUNDING * size

    @staticmethod
    def _finite(figure: float) -> float:
        return figure if np.isfinite(figure) else 0.0

    def _hopeful(self, costs: Whole, values: Whole, up: float, down: float) -> npt.NDArray[np.bool_]:
        """Whether each state may become worth more than the best, or as much for less."""
        bound, error = self._bounds(costs, values, up, down)
        better = bound >= self.best_value + 1 - error
        lacking = float(self.best_value) - np.asarray(values, dtype=float)
        with np.errstate(divide="ignore", invalid="ignore"):
            rise = lacking / up if up > 0 else np.where(lacking > 0, np.inf, 0.0)
            fall = lacking / down if np.isfinite(down) else np.zeros(len(lacking))
        least = np.asarray(costs, dtype=float) + np.where(lacking > 0, rise, fall)
        slack = ROUNDING * (
            np.abs(np.where(np.isfinite(least), least, 0.0)) + float(self.limit) + abs(float(self.cost))
        )
        as_good = (bound >= self.best_value - error) & (least <= self.best_cost - 1 + slack + 0.5)
        found: npt.NDArray[np.bool_] = better | as_good
        return found

    def _best_of(self, costs: Whole, values: Whole) -> int | None:
        """Return the place of the best state within the limit, where it beats the best so far."""
        able = np.flatnonzero(costs <= self.room)
        if not len(able):
            return None
        # costs rise, and with them values: the last is the most valuable, and the cheapest of its value
        place = int(able[-1])
        new, old = (int(values[place]), -int(costs[place])), (self.best_value, -self.best_cost)
        return place if new > old else None

    def _narrow(
        self,
        costs: Whole,
        values: Whole,
        keep: npt.NDArray[np.bool_],
        ends: tuple[float, float],
        width: int,
    ) -> npt.NDArray[np.bool_]:
        """Keep the most hopeful states, and note what those left out may be worth at most."""
        bound, error = self._bounds(costs, values, *ends)
        # of those alike in that the ones that come nearest to the limit: with them it may yet be met exactly
        off = np.abs(np.asarray(costs, dtype=float) - float(self.room))
        ranked = np.lexsort((off, np.where(keep, -bound, np.inf)))
        lost = ranked[width : int(keep.sum())]
        self.left_out = max(self.left_out, self.value + int(np.floor((bound + error)[lost].max())))
        narrow = np.zeros_like(keep)
        narrow[ranked[:width]] = True
        return narrow

    def _remember(self, trail: list[Any], parent: int, pick: int) -> None:
        """Follow the best selection back through the groups opened."""
        self.best_choice = {self.order[len(trail) - 1]: int(pick)}
        place = int(parent)
        for turn in range(len(trail) - 2, -1, -1):
            parents, picks = trail[turn]
            self.best_choice[self.order[turn]] = int(picks[place])
            place = int(parents[place])
