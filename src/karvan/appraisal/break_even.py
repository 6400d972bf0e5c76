"""Where a value turns: at which cost, which tonnage, which share of time in a closure a set of projects is worth nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from karvan.appraisal.appraisal import Appraisal

#: Effects that grow with the cost of works, besides a residual value by remaining life.
WORKS = ("capital", "upkeep")


@dataclass(frozen=True)
class BreakEven:
    """Where the headline's value turns.

    Attributes
    ----------
    standing
        Whose value.
    cost_musd
        Capital cost, in money, at which it is nought: what the projects may cost at most; None where that standing bears no
        cost of works, or no cost is low enough.
    mt_per_year, traffic_mt_per_year
        Million tonnes a year over the busiest row of the projects at which it would be nought, were gains per tonne what they
        are; and the tonnes that are expected. Means over the years of operation, discounted.
    closure, closure_share
        Likeliest closure, and the share of time in it from which the value is below zero; None where it is never crossed.
    """

    standing: str
    cost_musd: float | None
    mt_per_year: float | None
    traffic_mt_per_year: float | None
    closure: str | None
    closure_share: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return dict(vars(self))


def break_even(appraisal: Appraisal) -> BreakEven:
    """Return where the headline's value turns."""
    found = appraisal.valuation
    key = appraisal.headline
    if found is None:
        return BreakEven(key, None, None, None, None, None)
    standing = next(one for one in appraisal.standings if one.id == key)
    sums = {effect: float(found.factors @ values) for effect, values in found.expected(standing).items()}
    scaled = {*WORKS, *appraisal.residual_effects}
    works = -math.fsum(value for effect, value in sums.items() if effect in scaled)
    gains = math.fsum(value for effect, value in sums.items() if effect not in scaled)
    cost = appraisal.cost_musd
    known = not math.isnan(cost) and works > 0
    entry = cost * gains / works if known and gains > 0 else None
    traffic = np.einsum("ys,ys->y", found.probability, found.traffic_t)
    running = traffic > 0
    mean = (
        float(found.factors[running] @ traffic[running] / found.factors[running].sum()) / 1e6 if running.any() else None
    )
    wanted = mean * works / gains if mean is not None and known and gains > 0 else None
    closure, share = _closure(appraisal)
    return BreakEven(key, entry, wanted, mean, closure, share)


def _closure(appraisal: Appraisal) -> tuple[str | None, float | None]:
    """Return the likeliest state in which something is shut, and the share of time in it at which the value turns."""
    found, values = appraisal.valuation, appraisal.enpv_by_state_musd
    if found is None or found.states == (found.usual,) or not values:
        return None, None
    mean = found.probability.mean(axis=0)
    order = sorted(range(len(found.states)), key=lambda n: (-mean[n], found.states[n]))
    closed = next(found.states[n] for n in order if found.states[n] != found.usual)
    one, two = (values[state][appraisal.headline] for state in (found.usual, closed))
    if one == two or not 0 <= one / (one - two) <= 1:
        return closed, None
    return closed, one / (one - two)
