"""The audit of accounts: sums added up again by other means than those by which they were found.

Value is found by Horner's scheme from the last year back, in exact fractions; every rate of return is put into the stream, in
whole numbers; what the items are worth must add up to the whole. A result that fails is a bug, never a warning.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from karvan.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from karvan.appraisal.accounts import Appraised

#: Floating-point sums of a few hundred products agree to this share of the sum of their sizes.
TOLERANCE = 1e-9
#: Rates are put into the stream in units of 2^-80: finer than floating-point numbers near one tell apart.
_BITS = 80
#: A rate is known to the spacing of floating-point numbers where it lies, or to that of its growth, 1 + r.
_SPACING = 2.0**-52


def audit_accounts(found: Appraised) -> None:
    """Check a result.

    Raises
    ------
    AuditError
        It does not hold.
    """
    net = [float(value) for value in found.accounts.net]
    size = math.fsum(abs(value) * factor for value, factor in zip(net, found.factors, strict=True))
    spread = math.fsum(abs(pv) for pv in found.item_pv.values()) + abs(found.benefits_pv) + abs(found.costs_pv)
    again = _by_horner(found, net)
    if abs(again - found.enpv) > TOLERANCE * max(size, 1e-300):
        raise AuditError(f"ENPV is {found.enpv}, but {again} when it is added up from the last year back")
    signs = {"benefit": 1.0, "cost": -1.0}
    items = math.fsum(signs[item.kind] * found.item_pv[item.name] for item in found.accounts.items)
    if abs(items - found.enpv) > TOLERANCE * max(spread, 1e-300):
        raise AuditError(f"the streams are worth {items} together, but ENPV is {found.enpv}")
    audit_rates(found.accounts.net_as_written, found.rates.roots)


def audit_rates(flows: Sequence[Fraction], rates: Sequence[float]) -> None:
    """Check that each rate brings the value of a stream to zero, to the last digit that the rate has.

    With y = 1 + r the value at the end of the last year is the sum of f y^k, k years after the flow f. Whole numbers alone are
    added up, so that nothing cancels or overflows, however near -100 % a rate lies. Were the true rate off by less than a last
    digit w, no more could be left than w times the steepest that the sum is there, the sum of k |f| (y + w)^(k - 1).

    Raises
    ------
    AuditError
        More is left.
    """
    scale = math.lcm(*(flow.denominator for flow in flows))
    whole = [int(flow * scale) for flow in flows]
    while whole and not whole[-1]:
        whole.pop()
    for rate in rates:
        digit = max(math.ulp(rate), (1.0 + rate) * _SPACING)
        grown, off = round((1 + Fraction(rate)) * 2**_BITS), math.ceil(Fraction(digit) * 2**_BITS)
        left = size = steepest = 0
        for place, flow in enumerate(whole):
            # in units of 2^-80 to the power of the years so far
            unit = flow << (_BITS * place)
            steepest = steepest * (grown + off) + size
            size = size * (grown + off) + abs(unit)
            left = left * grown + unit
        if abs(left) > off * steepest:
            raise AuditError(
                f"a rate of return of {rate} leaves a value, {float(Fraction(abs(left), size)):.2g} of the sums"
            )


def _by_horner(found: Appraised, net: list[float]) -> float:
    """Return the value of the stream, from the last year back: each year's sum, and a step of discounting before it."""
    value = Fraction(0)
    first = found.accounts.years[0] - found.base_year
    for place in range(len(net) - 1, -1, -1):
        value += Fraction(net[place])
        if place:
            # the step from the year before, at the rate of each part of it
            step = float(found.factors[place]) / float(found.factors[place - 1])
            known = _step(found, first + place)
            if abs(step - known) > TOLERANCE * known:
                raise AuditError(
                    f"the discount factor of {found.accounts.years[place]} does not follow from the one before"
                )
            value *= Fraction(known)
    return float(value * Fraction(_first_factor(found, first)))


def _rate(found: Appraised, year: int) -> float:
    """Return the rate of the step into a year."""
    return [band.rate for band in found.discounting.bands if band.from_year <= max(year, 0)][-1]


def _step(found: Appraised, year: int) -> float:
    """Return by how much the factor of a year is below that of the year before."""
    here, there = _rate(found, year), _rate(found, year + 1)
    if found.discounting.timing == "start":
        return 1.0 / (1.0 + here)
    if found.discounting.timing == "end":
        return 1.0 / (1.0 + there)
    return 1.0 / math.sqrt((1.0 + here) * (1.0 + there))


def _first_factor(found: Appraised, first: int) -> float:
    """Return the factor of the first year, step by step from the date of valuation."""
    parts = {"start": 0.0, "mid": 0.5, "end": 1.0}
    factor = math.exp(-parts[found.discounting.timing] * math.log1p(_rate(found, 1)))
    for year in range(1, first + 1):
        factor *= _step(found, year)
    for year in range(0, first, -1):
        factor /= _step(found, year)
    return factor
