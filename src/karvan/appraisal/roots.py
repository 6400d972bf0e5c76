"""All rates of return of a stream, found with proof.

A rate of return r solves NPV(r) = 0. With x = 1 / (1 + r) this is a polynomial in x, and every real rate above -100 % is one
of its positive roots. Their number is not guessed: the coefficients are taken as the decimals that they are written in, exactly,
so that -1, 2.2, -1.21 has the one rate of 10 %; roots are kept apart by the bisection of Vincent, Collins and Akritas (Collins
and Akritas 1976, "Polynomial real root isolation using Descartes' rule of signs"), and each is then narrowed down by exact
bisection. So a stream with two or three rates gives all of them, and a rate at which NPV touches zero without crossing is found
too.

Streams by date have real exponents. Descartes' rule holds for them as well (Laguerre 1883): with one change of sign there is
one rate, found wherever it lies. With more, rates are looked for on a grid, and the answer says so.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import gcd
from typing import TYPE_CHECKING

import numpy as np

from karvan.appraisal.discounting import date_offsets, is_number
from karvan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from karvan.appraisal.discounting import Floats

#: An interval as narrow as this share of where it lies is narrower than the spacing of floating-point numbers.
_NARROW = Fraction(1, 2**60)
#: A rate that is nearer to -100 % than floating-point numbers tell is given as the nearest of them above it.
JUST_ABOVE_LOSS = math.nextafter(-1.0, 0.0)
#: A prime below 2^61: roots are simple for certain where they are simple modulo it.
_PRIME = 2305843009213693951
#: ln(1 + r) of the largest rate that is a number.
_LARGEST_GROWTH = math.log(sys.float_info.max)
#: Grid of rates on which streams by date with several changes of sign are searched.
_GRID_LOW, _GRID_HIGH, _GRID_POINTS = -0.99, 100.0, 4000


@dataclass(frozen=True)
class RatesOfReturn:
    """The rates of return of a stream.

    Attributes
    ----------
    roots
        Every real rate above -100 %, ascending; one nearer to it than numbers tell is the nearest of them above it.
    sign_changes
        Changes of sign along the stream, which bound the number of rates.
    proven
        Whether there are certainly no others.
    empty
        Whether the stream is nothing all along.
    one_day
        Whether all flows fall on one day.
    """

    roots: tuple[float, ...]
    sign_changes: int
    proven: bool = True
    empty: bool = False
    one_day: bool = False

    @property
    def verdict(self) -> str:
        """``one``, ``none`` or ``multiple``."""
        return {0: "none", 1: "one"}.get(len(self.roots), "multiple")

    @property
    def single(self) -> float | None:
        """The rate, where there is just one."""
        return self.roots[0] if len(self.roots) == 1 else None

    @property
    def reason(self) -> str:
        """In words, why there is no single rate; empty where there is one."""
        if self.verdict == "one":
            return ""
        if self.verdict == "multiple":
            return (
                f"the net stream changes sign {self.sign_changes} times and has {len(self.roots)} rates of return; "
                "none of them ranks a project, so look at ENPV and MIRR"
            )
        return self._why_none

    @property
    def _why_none(self) -> str:
        if self.empty:
            return "the net stream is nothing all along, so that every rate brings its value to zero"
        if self.one_day:
            return "all flows fall on one day, so that no rate changes their value"
        if self.sign_changes == 0:
            return "the net stream never changes sign, so that no rate brings its value to zero"
        if not self.proven:
            return f"the net stream changes sign {self.sign_changes} times, and no rate was found on the grid that was searched"
        return f"the net stream changes sign {self.sign_changes} times, yet its value is zero at no real rate"


def rates_of_return(flows: Iterable[float | Fraction]) -> RatesOfReturn:
    """Return every rate of return of a stream of yearly flows.

    Raises
    ------
    InputError
        A flow is no number, every one is listed; or a rate lies beyond the range of floating-point numbers.
    """
    given = list(flows)
    faults = [f"flow {place}: found {flow}; expected a number. Write 0 where nothing happens."
              for place, flow in enumerate(given, 1) if not is_number(flow)]  # fmt: skip
    if faults:
        raise InputError(faults, what="Rates of return")
    values = [flow if isinstance(flow, Fraction) else as_written(flow) for flow in given]
    changes = sign_changes(values)
    if changes == 0:
        return RatesOfReturn((), 0, empty=not any(values))
    try:
        roots = sorted(max(float(1 / x - 1), JUST_ABOVE_LOSS) for x in _positive_roots(_integers(values)))
    except OverflowError:
        fault = "found a rate beyond the range of numbers; expected flows that do not differ so much in size. Mend the smallest."
        raise InputError([fault], what="Rates of return") from None
    return RatesOfReturn(tuple(roots), changes)


def as_written(value: float) -> Fraction:
    """Return a floating-point number as the shortest decimal that it stands for, exactly."""
    return Fraction(repr(float(value)))


def rate_of_return(flows: Iterable[float]) -> float:
    """Return the rate of return of a stream that has just one.

    Raises
    ------
    InputError
        It has none or several.
    """
    found = rates_of_return(flows)
    if found.single is None:
        raise InputError([f"{found.reason}."], what="No single rate of return")
    return found.single


def rates_by_date(dates: Sequence[date], flows: Sequence[float]) -> RatesOfReturn:
    """Return the rates of return of flows on dates, by days over 365 from the first.

    Flows of one day are added up first.

    Raises
    ------
    InputError
        Dates and flows differ in number, there are none, a flow is no number, or a rate lies beyond the range of floating-point
        numbers.
    """
    faults = [f"flow {place}: found {flow}; expected a number." for place, flow in enumerate(flows, 1)
              if not math.isfinite(flow)]  # fmt: skip
    if len(dates) != len(flows):
        faults.append(f"found {len(dates)} dates and {len(flows)} flows; expected a date for each flow.")
    faults += [] if len(dates) else ["dates: found none; expected one or more."]
    if faults:
        raise InputError(faults, what="Flows by date")
    by_day: dict[date, Fraction] = dict.fromkeys(sorted(dates), Fraction(0))
    for day, flow in zip(dates, flows, strict=True):
        by_day[day] += as_written(flow)
    kept = {day: float(flow) for day, flow in by_day.items() if flow}
    changes = sign_changes(list(kept.values()))
    if changes == 0:
        return RatesOfReturn((), 0, empty=not kept, one_day=len(kept) == 1)
    values, offsets = np.array(list(kept.values())), date_offsets(list(kept))
    grown = _grown_roots(values, offsets)
    if grown and grown[-1] > _LARGEST_GROWTH:
        fault = (
            "found a rate beyond the range of numbers; expected flows that differ less in size, or lie farther apart."
        )
        raise InputError([fault], what="Flows by date")
    roots = tuple(max(math.expm1(growth), JUST_ABOVE_LOSS) for growth in grown)
    return RatesOfReturn(roots, changes, proven=changes == 1)


def _grown_roots(values: Floats, offsets: Floats) -> list[float]:
    """Return where value is zero, as ln(1 + r): on the grid, and beyond either end of it where the sign there tells of a root."""
    from scipy.optimize import brentq  # noqa: PLC0415 - heavy

    def value(growth: float) -> float:
        # in shares of the largest factor, so that none overflows
        powers = -growth * offsets
        return math.fsum(values * np.exp(powers - powers.max()))

    grid = np.linspace(math.log1p(_GRID_LOW), math.log1p(_GRID_HIGH), _GRID_POINTS).tolist()
    # far down the last flow decides, far up the first
    for end, flow in ((0, values[-1]), (-1, values[0])):
        far = grid[end]
        while value(far) * flow <= 0:
            far *= 2.0
        if far != grid[end]:
            grid.insert(0 if end == 0 else len(grid), far)
    found = [value(growth) for growth in grid]
    roots = [growth for growth, here in zip(grid, found, strict=True) if here == 0]
    for (left, here), (right, there) in pairwise(zip(grid, found, strict=True)):
        if here * there < 0:
            roots.append(float(brentq(value, left, right, xtol=1e-15, rtol=8.9e-16)))
    return sorted(roots)


def sign_changes(values: Sequence[float] | Sequence[int] | Sequence[Fraction]) -> int:
    """Return how often the sign changes along values, zeros left out."""
    signs = [value > 0 for value in values if value != 0]
    return sum(one != two for one, two in pairwise(signs))


def _integers(values: Sequence[Fraction]) -> list[int]:
    """Return whole numbers in the proportion of fractions; zeros at either end have no say and go."""
    fractions = list(values)
    while fractions[0] == 0:
        fractions.pop(0)
    while fractions[-1] == 0:
        fractions.pop()
    scale = math.lcm(*(fraction.denominator for fraction in fractions))
    whole = [int(fraction * scale) for fraction in fractions]
    common = math.gcd(*whole)
    return [number // common for number in whole]


def _positive_roots(polynomial: list[int]) -> list[Fraction]:
    """Return the distinct positive roots of a polynomial, its constant first, narrower than floating-point numbers tell."""
    simple = _square_free(polynomial)
    # every root lies below 2^scale (bound of Cauchy)
    largest = max(abs(number) for number in simple[:-1])
    scale = max(1, (largest // abs(simple[-1]) + 2).bit_length())
    stretched = [number << (scale * power) for power, number in enumerate(simple)]
    roots: list[Fraction] = []
    # each entry is a polynomial whose roots in (0, 1) are those of ours in (start, start + width)
    todo = [(stretched, Fraction(0), Fraction(1))]
    while todo:
        part, start, width = todo.pop()
        if part[0] == 0:
            roots.append(start)
            part = part[1:]
        count = _variations(part)
        if count == 0:
            continue
        if count == 1:
            roots.append(_narrowed(stretched, start, start + width))
            continue
        halved = [number << (len(part) - 1 - power) for power, number in enumerate(part)]
        half = width / 2
        todo.append((_shifted(halved), start + half, half))
        todo.append((halved, start, half))
    return [root * (1 << scale) for root in roots if root > 0]


def _variations(polynomial: list[int]) -> int:
    """Return the changes of sign that bound the number of roots in (0, 1), and tell it where they are none or one."""
    return sign_changes(_shifted(polynomial[::-1]))


def _shifted(polynomial: list[int]) -> list[int]:
    """Return the polynomial with x + 1 in place of x."""
    shifted = list(polynomial)
    for low in range(len(shifted) - 1):
        for power in range(len(shifted) - 2, low - 1, -1):
            shifted[power] += shifted[power + 1]
    return shifted


def _narrowed(polynomial: list[int], low: Fraction, high: Fraction) -> Fraction:
    """Return the one root inside an interval, narrowed down by exact bisection."""
    # an end may be a root of its own, with a sign of zero: the sign just inside is that of the derivative there
    sign_low = _sign(polynomial, low) or _sign(_derivative(polynomial), low)
    left, right = low, high
    # by share of where it lies: a root far below one, of a rate beyond measure, takes more halvings
    while right - left > left * _NARROW:
        middle = (left + right) / 2
        sign = _sign(polynomial, middle)
        if sign == 0:
            return middle
        if sign == sign_low:
            left = middle
        else:
            right = middle
    return (left + right) / 2


def _sign(polynomial: list[int], at: Fraction) -> int:
    """Return the sign of a polynomial at a fraction."""
    above, below = at.numerator, at.denominator
    total, power = 0, 1
    for number in reversed(polynomial):
        total = total * above + number * power
        power *= below
    return (total > 0) - (total < 0)


def _derivative(polynomial: list[int]) -> list[int]:
    return [power * number for power, number in enumerate(polynomial)][1:]


def _square_free(polynomial: list[int]) -> list[int]:
    """Return a polynomial with the same roots, each of them simple."""
    if len(polynomial) <= 2 or _coprime_by_prime(polynomial, _derivative(polynomial)):  # noqa: PLR2004 - of first degree
        return polynomial
    common = _common_divisor(polynomial, _derivative(polynomial))
    return _quotient(polynomial, common)


def _coprime_by_prime(one: list[int], two: list[int]) -> bool:
    """Whether two polynomials share no root, proved modulo a prime; where it fails nothing is proved."""
    a, b = [number % _PRIME for number in one], [number % _PRIME for number in two]
    if a[-1] == 0 or b[-1] == 0:
        return False
    while len(b) > 1:
        inverse = pow(b[-1], -1, _PRIME)
        while len(a) >= len(b):
            factor, shift = a[-1] * inverse % _PRIME, len(a) - len(b)
            for power, number in enumerate(b):
                a[power + shift] = (a[power + shift] - factor * number) % _PRIME
            while a and a[-1] == 0:
                a.pop()
        if not a:
            return False
        a, b = b, a
    return True


def _common_divisor(one: list[int], two: list[int]) -> list[int]:
    """Return the greatest common divisor of two polynomials, by pseudo-division."""
    a, b = _primitive(one), _primitive(two)
    while b:
        while len(a) >= len(b):
            factor_a, factor_b, shift = b[-1], a[-1], len(a) - len(b)
            common = gcd(factor_a, factor_b)
            factor_a, factor_b = factor_a // common, factor_b // common
            a = [number * factor_a for number in a]
            for power, number in enumerate(b):
                a[power + shift] -= factor_b * number
            while a and a[-1] == 0:
                a.pop()
        a, b = b, _primitive(a)
    return a


def _primitive(polynomial: list[int]) -> list[int]:
    common = gcd(*polynomial) if polynomial else 1
    return [number // common for number in polynomial] if common else []


def _quotient(polynomial: list[int], divisor: list[int]) -> list[int]:
    """Return the quotient of a polynomial and one that divides it, as whole numbers in proportion."""
    rest = [Fraction(number) for number in polynomial]
    found = [Fraction(0)] * (len(rest) - len(divisor) + 1)
    for place in range(len(found) - 1, -1, -1):
        factor = rest[place + len(divisor) - 1] / divisor[-1]
        found[place] = factor
        for power, number in enumerate(divisor):
            rest[place + power] -= factor * number
    scale = math.lcm(*(fraction.denominator for fraction in found))
    return _primitive([int(fraction * scale) for fraction in found])
