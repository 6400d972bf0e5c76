"""How far the time and the price of a route may be from their mean, and why.

Two things add up. *Journeys differ*: time under way on one service varies as a whole, stops and waits vary independently.
*Means are not well known*: each row of the tables may be off by the range that it states or that its confidence leaves, rows
independently of each other; and what the model leaves out altogether is a share of the whole that calibration measured
(parameters ``time_discrepancy_share`` and ``price_discrepancy_share``; Kennedy and O'Hagan 2001). The sum is taken as
lognormal (Fenton 1960). Prices do not differ from journey to journey here.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from karvan.case.ranges import Z90
from karvan.network import ArcKind
from karvan.routes.results import Spread

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from karvan.case import AppliedCase
    from karvan.network import Arcs


def time_spread(applied: AppliedCase, arcs: Arcs, numbers: Sequence[int], *, departed: int | None = None) -> Spread:
    """Return the spread of the hours that some arcs of a route take together.

    Parameters
    ----------
    applied
        The case under a setting, for its parameters.
    arcs, numbers
        The network's arcs, and those that count.
    departed
        An arc on which goods have departed already, so that its wait does not count.
    """
    mean = float(arcs.time_h[list(numbers)].sum()) - (0.0 if departed is None else float(arcs.wait_h[departed]))
    variance = (discrepancy(applied, "time") * mean) ** 2
    under_way: list[tuple[Hashable, float]] = []
    known: list[tuple[Hashable, float]] = []
    for arc in numbers:
        spread = float(arcs.sd_h[arc])
        if arcs.kind[arc] == ArcKind.MOVE:
            under_way.append((str(arcs.service[arc]), spread))
        else:
            variance += spread**2
        if arc != departed:
            variance += float(arcs.wait_sd_h[arc]) ** 2
        known.append((_row_of_time(arcs, arc), float(arcs.mean_sd_h[arc])))
    return lognormal_spread(mean, variance + _together(under_way) + _together(known))


def price_spread(applied: AppliedCase, arcs: Arcs, numbers: Sequence[int]) -> Spread:
    """Return the spread of what some arcs of a route cost together, per tonne.

    Parameters
    ----------
    applied, arcs, numbers
        As in :func:`time_spread`.
    """
    mean = float(arcs.price_usd_per_t[list(numbers)].sum())
    known = [(_row_of_price(applied, arcs, arc), float(arcs.price_sd_usd_per_t[arc])) for arc in numbers]
    return lognormal_spread(mean, (discrepancy(applied, "price") * mean) ** 2 + _together(known))


def discrepancy(applied: AppliedCase, what: str) -> float:
    """Return the standard deviation, as a share of the whole, of what the model leaves out: of ``time`` or ``price``."""
    row = applied.rows("parameter").get(f"{what}_discrepancy_share")
    return float(row["value"]) if row else 0.0


def lognormal_spread(mean: float, variance: float) -> Spread:
    """Return the spread of a lognormal quantity with this mean and variance."""
    if mean <= 0 or variance <= 0:
        return Spread(mean, mean, mean)
    sigma_squared = math.log1p(variance / mean**2)
    mu, sigma = math.log(mean) - sigma_squared / 2, math.sqrt(sigma_squared)
    return Spread(mean, math.exp(mu - Z90 * sigma), math.exp(mu + Z90 * sigma))


def _together(parts: Iterable[tuple[Hashable, float]]) -> float:
    """Return the variance of a sum whose parts of one name vary as one, and parts of different names independently."""
    sums: dict[Hashable, float] = {}
    for name, spread in parts:
        sums[name] = sums.get(name, 0.0) + spread
    return sum(spread**2 for spread in sums.values())


def _row_of_time(arcs: Arcs, arc: int) -> Hashable:
    """Return the row that the mean hours of an arc rest on: a service under way, else the crossing, terminal or loading."""
    if arcs.kind[arc] == ArcKind.MOVE:
        return "under way", str(arcs.service[arc])
    return "stop", str(arcs.border[arc] or arcs.row[arc] or arcs.service[arc])


def _row_of_price(applied: AppliedCase, arcs: Arcs, arc: int) -> Hashable:
    """Return the row that the price of an arc rests on: a service, or a link with a fare, else as for the hours."""
    if arcs.kind[arc] != ArcKind.MOVE:
        return _row_of_time(arcs, arc)
    link = applied.rows("link")[str(arcs.row[arc])]
    fares = (link["fare_usd_per_t"], link["fare_bulk_usd_per_t"])
    return ("service", str(arcs.service[arc])) if all(map(math.isnan, fares)) else ("fare", str(arcs.row[arc]))
