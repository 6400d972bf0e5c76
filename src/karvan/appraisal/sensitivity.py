"""Which figures a result hangs on: sensitivity indicators, switching values and the bars of a tornado.

::

    SI = ((NPVb - NPV1) / NPVb) / ((Xb - X1) / Xb)
    SV = 100 NPVb / (NPVb - NPV1) (Xb - X1) / Xb        per cent of change at which the value is zero

These are the forms of the Asian Development Bank (Guidelines for the Economic Analysis of Projects, 1997, appendix 21). For a
rate of return, NPVb becomes IRRb - d and NPVb - NPV1 becomes IRRb - IRR1, with d the discount rate. The formula for the
switching value is exact where the value is linear in the figure; where it is not, the root is searched for, and said to be.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np

from karvan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from karvan.appraisal.accounts import Accounts
    from karvan.appraisal.discounting import Discounting

#: A value is linear in a figure where it departs from a line by less than this share: rounding.
_LINEAR = 1e-9
#: Places at which a figure is tried between its limits before a root is looked for between two of them.
_TRIALS = 65
#: The factor up to which a stream is followed at least, and at most: beyond, it is nothing beside the others.
_FAR_FACTOR, _MOST_FACTOR = 10.0, 1e9


@dataclass(frozen=True)
class Driver:
    """A figure that a result depends on.

    Attributes
    ----------
    name
        What it is.
    base, low, high
        Its value and its range.
    value
        The result at another value of it.
    limits
        Between what it can lie at all, where a switching value is looked for; None: as far as four times its own size.
    unit
        What it is in.
    """

    name: str
    base: float
    low: float
    high: float
    value: Callable[[float], float]
    limits: tuple[float, float] | None = None
    unit: str = ""


@dataclass(frozen=True)
class Switch:
    """A value of a figure at which the result is zero, and how it was found.

    Attributes
    ----------
    value
        The figure there; None where there is none within its limits.
    change
        Change from the base as a share of it; None without a value, or where the base is zero.
    found_by
        ``formula`` where the result is linear in the figure, ``search`` where it is not, ``none`` where there is none.
    """

    value: float | None
    change: float | None
    found_by: Literal["formula", "search", "none"]


@dataclass(frozen=True)
class Sensitivity:
    """What one figure does to a result.

    Attributes
    ----------
    name, unit, base, low, high
        The figure.
    at_base, at_low, at_high
        The result at these values.
    indicator
        Share of change of the result per share of change of the figure; None where one of them is zero.
    switch
        Where the result is zero.
    """

    name: str
    unit: str
    base: float
    low: float
    high: float
    at_base: float
    at_low: float
    at_high: float
    indicator: float | None
    switch: Switch

    @property
    def span(self) -> float:
        """How far the result moves over the range."""
        values = (self.at_base, self.at_low, self.at_high)
        return max(values) - min(values)


def sensitivity_indicator(
    base_result: float, changed_result: float, base_x: float, changed_x: float, *, threshold: float = 0.0
) -> float | None:
    """Return the sensitivity indicator of ADB; for a rate of return, the threshold is the discount rate."""
    above = base_result - threshold
    if above == 0 or base_x in (0, changed_x):
        return None
    return ((base_result - changed_result) / above) / ((base_x - changed_x) / base_x)


def switching_change(
    base_result: float, changed_result: float, base_x: float, changed_x: float, *, threshold: float = 0.0
) -> float | None:
    """Return the share of change of a figure at which the result reaches the threshold, by the formula of ADB.

    It is by how much the figure falls, and below zero by how much it rises: 0.149 means 14.9 % less, -0.075 means 7.5 % more.
    """
    fall = base_result - changed_result
    if fall == 0 or base_x == 0:
        return None
    return (base_result - threshold) / fall * (base_x - changed_x) / base_x


def analyse_drivers(drivers: Iterable[Driver]) -> list[Sensitivity]:
    """Return what each figure does to the result, the strongest first.

    Raises
    ------
    InputError
        A range does not hold its base; every fault is listed.
    """
    listed = list(drivers)
    faults = [
        f"{driver.name}: found {driver.low:g}, {driver.base:g}, {driver.high:g}; expected low, base and high in this order."
        for driver in listed
        if not driver.low <= driver.base <= driver.high
    ]
    if faults:
        raise InputError(faults, what="Sensitivity")
    found = [_analyse(driver) for driver in listed]
    return sorted(found, key=lambda item: (-item.span, item.name))


def _analyse(driver: Driver) -> Sensitivity:
    base, low, high = (driver.value(x) for x in (driver.base, driver.low, driver.high))
    changed_x, changed = (driver.low, low) if driver.low < driver.base else (driver.high, high)
    return Sensitivity(
        name=driver.name,
        unit=driver.unit,
        base=driver.base,
        low=driver.low,
        high=driver.high,
        at_base=base,
        at_low=low,
        at_high=high,
        indicator=sensitivity_indicator(base, changed, driver.base, changed_x),
        switch=switching_value(driver),
    )


def switching_value(driver: Driver) -> Switch:
    """Return the value of a figure at which the result is zero, the nearest to the base where there are several."""
    low, high = driver.limits or _far(driver)
    base = driver.value(driver.base)
    far = high if high != driver.base else low
    other, halfway = driver.value(far), driver.value((driver.base + far) / 2)
    near = low if far == high else high
    opposite = driver.value(near)
    scale = max(abs(base), abs(other), abs(opposite), 1e-300)
    line = base + (other - base) * (near - driver.base) / (far - driver.base) if far != driver.base else base
    linear = abs(halfway - (base + other) / 2) <= _LINEAR * scale and abs(opposite - line) <= _LINEAR * scale
    if linear:
        if abs(other - base) <= _LINEAR * scale:
            return Switch(None, None, "none")
        value = driver.base + base / (base - other) * (far - driver.base)
        inside = low <= value <= high
        return Switch(value, _change(driver, value), "formula") if inside else Switch(None, None, "none")
    roots = _roots(driver.value, low, high)
    if not roots:
        return Switch(None, None, "none")
    value = min(roots, key=lambda root: abs(root - driver.base))
    return Switch(value, _change(driver, value), "search")


def _far(driver: Driver) -> tuple[float, float]:
    reach = max(4.0 * abs(driver.base), 4.0 * (driver.high - driver.low), 1.0)
    return driver.base - reach, driver.base + reach


def _change(driver: Driver, value: float) -> float | None:
    return (value - driver.base) / abs(driver.base) if driver.base else None


def _roots(function: Callable[[float], float], low: float, high: float) -> list[float]:
    from scipy.optimize import brentq  # noqa: PLC0415 - heavy

    places = np.linspace(low, high, _TRIALS)
    values = [function(float(place)) for place in places]
    roots = [float(place) for place, value in zip(places, values, strict=True) if value == 0]
    roots += [
        float(brentq(function, left, right, xtol=1e-12, rtol=1e-14))
        for (left, here), (right, there) in pairwise(zip(places, values, strict=True))
        if here * there < 0
    ]
    return sorted(roots)


def account_drivers(
    accounts: Accounts,
    discounting: Discounting,
    *,
    ranges: dict[str, tuple[float, float]] | None = None,
    share: float = 0.1,
) -> list[Driver]:
    """Return a driver for each stream of accounts: a factor on it, 1 in the base, from nothing to whatever turns the value.

    Parameters
    ----------
    accounts
        The streams.
    discounting
        Rates and timing; t counts from the first year.
    ranges
        Low and high factor by stream.
    share
        Half-width of the range of streams without one.
    """
    factors = discounting.factors(range(len(accounts.years)))
    worth = {item.name: math.fsum(np.array(item.values) * factors) for item in accounts.items}
    signs = {item.name: 1.0 if item.kind == "benefit" else -1.0 for item in accounts.items}
    total = math.fsum(signs[name] * pv for name, pv in worth.items())

    def value_of(name: str) -> Callable[[float], float]:
        return lambda factor: total + signs[name] * worth[name] * (factor - 1.0)

    def most(name: str) -> float:
        turns = 1.0 - signs[name] * total / worth[name] if worth[name] else 1.0
        return min(max(_FAR_FACTOR, 2.0 * turns), _MOST_FACTOR)

    return [
        Driver(item.name, 1.0, *(ranges or {}).get(item.name, (1.0 - share, 1.0 + share)), value=value_of(item.name),
               limits=(0.0, most(item.name)))
        for item in accounts.items
    ]  # fmt: skip


def break_even(value: Callable[[float], float], low: float, high: float, *, what: str) -> float | None:
    """Return the lowest value of a figure within limits at which a result is zero, such as the tonnage at which a line pays.

    Raises
    ------
    InputError
        The limits do not ascend.
    """
    if not low < high:
        raise InputError([f"found limits {low:g} to {high:g}; expected ascending ones."], what=f"Break-even of {what}")
    roots = _roots(value, low, high)
    return roots[0] if roots else None
