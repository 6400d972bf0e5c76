"""Discount factors: what a sum of a later year is worth at the date of valuation.

The date of valuation is the start of the base year, t = 0. A flow of the year t falls on its start, its middle or its end::

    factor(t) = prod over years s <= tau of 1 / (1 + r_s)      tau = t, t + 1/2, t + 1 for start, mid, end

Rates stand in bands: the rate of a band holds for the steps into its years, so that a rate of 3.0 % from year 31 on discounts
the step from year 30 to year 31 first (HM Treasury, *Discounting*, supplementary guidance to the Green Book, 2026). Before
the base year the first rate compounds. Dates are discounted by days over 365, as spreadsheets do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from karvan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

Timing = Literal["start", "mid", "end"]
TIMINGS: tuple[Timing, ...] = get_args(Timing)
Floats = np.ndarray[Any, np.dtype[np.float64]]

#: Years from the start of a year to its flow.
SHIFTS: dict[Timing, float] = {"start": 0.0, "mid": 0.5, "end": 1.0}
#: Days of a year when dates are discounted; the convention of spreadsheets.
DAYS_PER_YEAR = 365.0
#: A rate above this was most likely meant in per cent.
HIGHEST_RATE = 1.0


@dataclass(frozen=True)
class Band:
    """A rate, and the first year t from which it discounts."""

    from_year: int
    rate: float


@dataclass(frozen=True)
class Discounting:
    """How flows are discounted.

    Attributes
    ----------
    bands
        Rates, the first from year 0 on.
    timing
        Where in its year a flow falls.
    """

    bands: tuple[Band, ...]
    timing: Timing = "start"

    @classmethod
    def at(cls, rate: float, *, timing: Timing = "start") -> Discounting:
        """Return discounting at one rate.

        Raises
        ------
        InputError
            The rate is no rate.
        """
        return cls.of([Band(0, rate)], timing=timing)

    @classmethod
    def of(cls, bands: Iterable[Band], *, timing: Timing = "start") -> Discounting:
        """Return discounting by bands.

        Raises
        ------
        InputError
            A rate is none, the bands do not ascend from year 0, or the timing is none; every fault is named.
        """
        listed = tuple(bands)
        faults = [fault for band in listed for fault in rate_faults(band.rate, f"rate from year {band.from_year}")]
        years = [band.from_year for band in listed]
        if not years or years[0] != 0 or years != sorted(set(years)):
            faults.append(f"bands: found years {years}; expected years that ascend from 0. Begin with year 0.")
        if timing not in TIMINGS:
            faults.append(f"timing: found {timing!r}; expected one of {', '.join(TIMINGS)}.")
        if faults:
            raise InputError(faults, what="Discounting")
        return cls(listed, timing)

    @property
    def rate(self) -> float:
        """The rate of the first band."""
        return self.bands[0].rate

    def offsets(self, years_from_base: Sequence[float] | Floats) -> Floats:
        """Return the years from the date of valuation to the flows of years t."""
        return np.asarray(years_from_base, dtype=float) + SHIFTS[self.timing]

    def factors(self, years_from_base: Sequence[float] | Floats) -> Floats:
        """Return the discount factors of the flows of years t."""
        return self.factors_at(self.offsets(years_from_base))

    def factors_at(self, offsets: Sequence[float] | Floats) -> Floats:
        """Return the discount factors of flows so many years after the date of valuation."""
        moments = np.asarray(offsets, dtype=float)
        found = np.ones_like(moments)
        for number, band in enumerate(self.bands):
            # the steps into the years from_year, ..., next - 1 span the time from from_year - 1 to next - 1
            begins = -math.inf if number == 0 else band.from_year - 1.0
            ends = self.bands[number + 1].from_year - 1.0 if number + 1 < len(self.bands) else math.inf
            start = 0.0 if number == 0 else begins
            spent = np.clip(moments, begins, ends) - start
            with np.errstate(over="ignore"):  # whoever uses a factor sees that it is infinite
                found = found * (1.0 + band.rate) ** -spent
        return found


def is_whole(value: object) -> bool:
    """Whether a value can count years, steps or draws."""
    return isinstance(value, Integral)


def _shown(value: object) -> str:
    return str(value) if isinstance(value, Real) else repr(value)


def is_number(value: object) -> bool:
    """Whether a value is a finite number."""
    return isinstance(value, Real) and math.isfinite(value)


def annuity_share(rate: float, periods: int) -> float:
    """Return the equal payment at the end of each period that a debt of one asks for."""
    if rate == 0:
        return 1.0 / periods
    # expm1 and log1p keep their digits at rates near zero; neither form overflows at its sign of the rate
    growth = periods * math.log1p(rate)
    if rate > 0:
        return rate / -math.expm1(-growth)
    return rate * math.exp(growth) / math.expm1(growth)


def rate_faults(rate: float, name: str) -> list[str]:
    """Return what is wrong with a rate as a share of one: nothing, or one sentence."""
    if not is_number(rate):
        return [f"{name}: found {_shown(rate)}; expected a number. Write 9 % as 0.09."]
    if rate <= -1:
        return [
            f"{name}: found {rate:g} ({rate * 100:g} %); expected more than -1, since at -100 % nothing is left to discount."
        ]
    if rate > HIGHEST_RATE:
        return [
            f"{name}: found {rate:g} ({rate * 100:g} %); expected a share of one, at most 1 (100 %). Write 9 % as 0.09."
        ]
    return []


def date_factors(dates: Sequence[date], rate: float, *, base: date | None = None) -> Floats:
    """Return the discount factors of dates, by days over 365 from the base date (default: the first).

    Raises
    ------
    InputError
        The rate is no rate, or there is no date.
    """
    faults = rate_faults(rate, "rate")
    faults += [] if dates else ["dates: found none; expected one or more."]
    if faults:
        raise InputError(faults, what="Discounting")
    return (1.0 + rate) ** -date_offsets(dates, base=base)


def date_offsets(dates: Sequence[date], *, base: date | None = None) -> Floats:
    """Return the years from the base date (default: the first) to dates, by days over 365."""
    start = base or dates[0]
    return np.array([(day - start).days / DAYS_PER_YEAR for day in dates])
