"""From a few solved years to a stream of every year: what the accounts of a project are made of.

A model is solved for some years and states of the world. Between model years a stream runs straight; after the last it holds or
grows at a stated rate. Traffic ramps up after opening. Capital cost is phased over the works, with a contingency. States are
weighted by their probabilities of each year, after each has been solved: never the other way round.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.appraisal.discounting import rate_faults
from karvan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Floats = np.ndarray[Any, np.dtype[np.float64]]

_ROUNDING = 1e-9
#: The highest upper bound of optimism bias in capital cost, 200 % (Mott MacDonald 2002); more was most likely meant in per cent.
_MOST_CONTINGENCY = 2.0


def fill_years(values: Mapping[int, float], years: Sequence[int], *, growth: float = 0.0) -> Floats:
    """Return a stream through the values of model years: straight between them, growing after the last, none before the first.

    Raises
    ------
    InputError
        There are no model years, a value or the growth is no number, years lie before the first of them, or values grow beyond
        all measure.
    """
    faults = [] if values else ["model years: found none; expected one or more."]
    faults += [f"{year}: found no number; expected one." for year, value in values.items() if not math.isfinite(value)]
    faults += rate_faults(growth, "growth")
    early = [year for year in years if values and year < min(values)]
    if early:
        faults.append(
            f"years: found {min(early)} before the first model year {min(values)}; expected none. Solve an earlier year."
        )
    if faults:
        raise InputError(faults, what="Stream of model years")
    known = sorted(values)
    stream = np.interp(np.asarray(years, float), np.asarray(known, float), np.array([values[year] for year in known]))
    beyond = np.maximum(np.asarray(years, float) - known[-1], 0.0)
    with np.errstate(over="ignore", invalid="ignore"):
        grown: Floats = stream * (1.0 + growth) ** beyond
    if not np.isfinite(grown).all():
        fault = f"growth: found {growth:g} over {beyond.max():g} years; expected values that do not grow beyond all measure."
        raise InputError([fault], what="Stream of model years")
    return grown


def ramp_up(years: Sequence[int], opening_year: int, shares: Sequence[float]) -> Floats:
    """Return the share of full traffic by year: none before opening, then the shares, then all.

    Raises
    ------
    InputError
        A share lies outside 0 to 1.
    """
    faults = [f"share {number}: found {share:g}; expected 0 to 1." for number, share in enumerate(shares, 1)
              if not 0 <= share <= 1]  # fmt: skip
    if faults:
        raise InputError(faults, what="Ramp-up")

    def share_of(year: int) -> float:
        place = year - opening_year
        return 0.0 if place < 0 else float(shares[place]) if place < len(shares) else 1.0

    return np.array([share_of(year) for year in years])


def phase_cost(
    cost: float, years: Sequence[int], *, first_year: int, shares: Sequence[float], contingency: float = 0.0
) -> Floats:
    """Return a capital cost by year: its shares of the works' years, with a contingency on top.

    Raises
    ------
    InputError
        Shares do not sum to one, the works lie outside the years, or the contingency is none or above two; every fault is listed.
    """
    faults = [] if math.isfinite(cost) and cost >= 0 else [f"cost: found {cost:g}; expected 0 or more."]
    if not shares or min(shares) < 0 or not abs(math.fsum(shares) - 1) <= _ROUNDING:
        faults.append(f"shares: found {list(shares)}; expected shares of 0 or more that sum to 1.")
    last = first_year + len(shares) - 1
    if not years or first_year < min(years) or last > max(years):
        faults.append(
            f"works: found {first_year} to {last}; expected within the horizon. Move the works, or lengthen the horizon."
        )
    if not 0 <= contingency <= _MOST_CONTINGENCY:
        faults.append(
            f"contingency: found {contingency:g}; expected a share from 0 to {_MOST_CONTINGENCY:g}. Write 20 % as 0.2."
        )
    if faults:
        raise InputError(faults, what="Phasing of cost")
    by_year = {first_year + place: cost * (1.0 + contingency) * share for place, share in enumerate(shares)}
    return np.array([by_year.get(year, 0.0) for year in years])


def even_shares(duration_years: float) -> tuple[float, ...]:
    """Return equal shares for works of a duration; what is left of the last year gets its part.

    Raises
    ------
    InputError
        The duration is not above zero.
    """
    if not (math.isfinite(duration_years) and duration_years > 0):
        raise InputError([f"duration: found {duration_years:g} years; expected more than 0."], what="Phasing of cost")
    whole = math.ceil(duration_years - _ROUNDING)
    parts = [min(1.0, duration_years - place) for place in range(whole)]
    return tuple(part / math.fsum(parts) for part in parts)


def expect_over_states(
    streams: Mapping[str, Sequence[float] | Floats], weights: Mapping[str, Sequence[float] | Floats]
) -> Floats:
    """Return the expected stream over states of the world, each year by that year's probabilities.

    Raises
    ------
    InputError
        A state has no stream or no weights, lengths differ, or probabilities are none; every fault is listed.
    """
    faults = [
        f"state {state}: found no stream; expected one. Solve it." for state in sorted(set(weights) - set(streams))
    ]
    faults += [
        f"state {state}: found no probabilities; expected one for each year."
        for state in sorted(set(streams) - set(weights))
    ]
    lengths = {len(values) for values in (*streams.values(), *weights.values())}
    if len(lengths) > 1:
        faults.append(f"streams: found lengths {sorted(lengths)}; expected one value for each year in all of them.")
    for state, chances in sorted(weights.items()):
        bad = [chance for chance in chances if not 0 <= chance <= 1]
        if bad:
            faults.append(f"state {state}: found a probability of {bad[0]:g}; expected 0 to 1.")
    if not faults and streams:
        sums = np.sum([np.asarray(weights[state], float) for state in sorted(streams)], axis=0)
        place = int(np.argmax(np.abs(sums - 1)))
        if abs(sums[place] - 1) > _ROUNDING:
            faults.append(f"year {place + 1}: found probabilities that sum to {sums[place]:g}; expected 1.")
    if faults or not streams:
        raise InputError(faults or ["states: found none; expected one or more."], what="States of the world")
    parts = [np.asarray(streams[state], float) * np.asarray(weights[state], float) for state in sorted(streams)]
    expected: Floats = np.sum(parts, axis=0)
    return expected


def to_price_year(value: float, price_year: int, wanted: int, *, index: Mapping[int, float], what: str) -> float:
    """Return a sum at the prices of another year, by a price index.

    Raises
    ------
    InputError
        The index lacks one of the years, or is not above zero there.
    """
    if price_year == wanted:
        return value
    faults = [
        f"{what}: found prices of {price_year}, and {index.get(year, 'no price index')} for {year}; "
        f"expected prices of {wanted}. Give the sum at the right prices, or a price index for both years."
        for year in (price_year, wanted)
        if not index.get(year, 0.0) > 0
    ]
    if faults:
        raise InputError(faults, what="Price year")
    return value * index[wanted] / index[price_year]


def require_price_year(price_years: Mapping[str, int], wanted: int) -> None:
    """Refuse to add up sums at prices of different years.

    Raises
    ------
    InputError
        A sum is at other prices; every one is listed.
    """
    faults = [f"{name}: found prices of {year}; expected prices of {wanted}. Convert it first."
              for name, year in sorted(price_years.items()) if year != wanted]  # fmt: skip
    if faults:
        raise InputError(faults, what="Price year")
