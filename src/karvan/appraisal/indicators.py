"""Indicators of a stream: net present value, ratios, modified rate of return, payback, switching.

Conventions are those of :mod:`karvan.appraisal.discounting`. Sums are exact to the last digit (``math.fsum``), so that the
order of rows has no say.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from karvan.appraisal.discounting import annuity_share, is_number, is_whole, rate_faults
from karvan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from karvan.appraisal.discounting import Discounting, Floats


#: Sums come out as nothing but for this share of the sizes added up.
_ROUNDING = 1e-12


def present_value(flows: Sequence[float] | Floats, factors: Sequence[float] | Floats) -> float:
    """Return the sum of flows times their discount factors.

    Raises
    ------
    InputError
        Flows and factors differ in number.
    """
    if len(flows) != len(factors):
        fault = f"found {len(flows)} flows and {len(factors)} discount factors; expected as many of both."
        raise InputError([fault], what="Streams of unequal length")
    return math.fsum(float(flow) * float(factor) for flow, factor in zip(flows, factors, strict=True))


def benefit_cost_ratio(benefits_pv: float, costs_pv: float) -> float | None:
    """Return present benefits over present costs; None where costs are zero or below, and a ratio says nothing."""
    return benefits_pv / costs_pv if costs_pv > 0 else None


def modified_rate_of_return(
    flows: Sequence[float], discounting: Discounting, *, reinvested: Discounting | None = None, first_t: int = 0
) -> float | None:
    """Return the modified rate of return (MIRR) of yearly flows.

    Outlays are financed at one schedule of rates and receipts are reinvested to the last year at another (by default the
    same): ``(future value of receipts / present value of outlays) ^ (1 / n) - 1`` with n years from the first flow to the last
    year; outlays are brought to the year of the first. Both have the rates of their years, counted from the base year: first_t
    is the year t of the first of the flows.

    Returns
    -------
    The rate, or None where there are no outlays, no receipts, or one year only.
    """
    values = np.asarray(flows, dtype=float)
    idle = len(values) - len(np.trim_zeros(values, "f"))
    if idle == len(values):
        return None
    years = len(values) - 1 - idle
    moments = np.arange(len(values), dtype=float) + first_t
    factors = discounting.factors(moments)
    outlays = -math.fsum(np.minimum(values, 0.0) * factors) / float(factors[idle])
    growing = (reinvested or discounting).factors(moments)
    receipts = math.fsum(np.maximum(values, 0.0) * growing) / float(growing[-1])
    if years < 1 or outlays <= 0 or receipts <= 0:
        return None
    return float((receipts / outlays) ** (1.0 / years) - 1.0)


def first_year_return(
    benefits: Sequence[float],
    costs: Sequence[float],
    discounting: Discounting,
    *,
    capital: Sequence[float],
    first_t: int = 0,
) -> tuple[float | None, int | None]:
    """Return the first-year rate of return, and the place of the year that it is of.

    The net benefit of the first year with a benefit, over the costs of all years before it, compounded to that year
    (Overseas Road Note 5, 2005, Transport Research Laboratory). Below the discount rate, opening later would be better.
    Works that go on in that year, as of what opens later, are a part of what is spent, not of what the year brings: capital is
    the part of the costs that is of the investment. The rates are those of the years, counted from the base year: first_t is the
    year t of the first of the flows.

    Returns
    -------
    The return, or None where nothing was spent before the first benefit; the place of that year, or None where there is none.
    """
    opening = next((place for place, benefit in enumerate(benefits) if benefit > 0), None)
    if opening is None:
        return None, None
    factors = discounting.factors(np.arange(opening + 1, dtype=float) + first_t)
    spent = math.fsum(float(cost) * float(factors[place]) for place, cost in enumerate(costs[:opening]))
    if spent <= 0:
        return None, opening
    compounded = spent / float(factors[opening]) + capital[opening]
    return (benefits[opening] - (costs[opening] - capital[opening])) / compounded, opening


def payback(flows: Sequence[float] | Floats) -> float | None:
    """Return the years from the first flow after which the running sum is never negative again.

    None where it ends negative, or there is no flow.

    Within a year the sum is taken to grow evenly.
    """
    values = np.trim_zeros(np.asarray(flows, dtype=float), "f")
    if not len(values):
        return None
    sums = np.cumsum(values)
    # what is left of sums that come out as nothing is rounding
    below = np.flatnonzero(sums < -_ROUNDING * np.cumsum(np.abs(values)))
    if not len(below):
        return 0.0
    last = int(below[-1])
    if last == len(sums) - 1:
        return None
    return last + float(-sums[last] / (sums[last + 1] - sums[last]))


def equivalent_yearly(value: float, rate: float, years: int) -> float:
    """Return the equal sums at the end of so many years that are worth a present value.

    Raises
    ------
    InputError
        The value or the rate is none, or the number of years is below one or not whole.
    """
    faults = rate_faults(rate, "rate")
    faults += [] if is_number(value) else [f"value: found {value}; expected a number."]
    faults += [] if is_whole(years) and years >= 1 else [f"years: found {years}; expected 1 or more, whole."]
    if faults:
        raise InputError(faults, what="Equal yearly sums")
    return value * annuity_share(rate, years)
