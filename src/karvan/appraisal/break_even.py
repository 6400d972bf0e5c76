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
    """Where the value of a standing turns.

    Attributes
    ----------
    standing
        Whose value.
    cost_musd
        Capital cost, in money, at which it is nought: what the projects may cost at most; None where that standing bears no
        cost of works, or no cost is low enough.
    mt_per_year, mt_per_year_at_low_cost, mt_per_year_at_high_cost
        Million tonnes a year over the busiest row of the projects at which it would be nought, were gains per tonne what they
        are; and the same at the ends of the range of the cost. None where a tonne brings no gain, or no cost is borne.
    traffic_mt_per_year, gain_usd_per_t
        Tonnes that are expected, and what each of them brings. Means over the years of operation, discounted.
    closure, closure_share
        Likeliest closure, and the share of time in it from which the value is below zero; None where it is never crossed.
    """

    standing: str
    cost_musd: float | None = None
    mt_per_year: float | None = None
    mt_per_year_at_low_cost: float | None = None
    mt_per_year_at_high_cost: float | None = None
    traffic_mt_per_year: float | None = None
    gain_usd_per_t: float | None = None
    closure: str | None = None
    closure_share: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return dict(vars(self))


def break_even(appraisal: Appraisal, standing: str) -> BreakEven:
    """Return where the value of a standing turns."""
    found, costs = appraisal.valuation, _costs(appraisal)
    if found is None:
        return BreakEven(standing)
    whose = next(one for one in appraisal.standings if one.id == standing)
    sums = {effect: float(found.factors @ values) for effect, values in found.expected(whose).items()}
    scaled = {*WORKS, *appraisal.residual_effects}
    gains = math.fsum(value for effect, value in sums.items() if effect not in scaled)
    # what a dollar of cost takes from the standing, with its upkeep and less what is left of it
    per_usd = -found.works_pv_per_musd(whose)
    traffic = np.einsum("ys,ys->y", found.probability, found.traffic_t)
    running = traffic > 0
    moved_mt = float(found.factors[running] @ traffic[running]) / 1e6
    mean = moved_mt / float(found.factors[running].sum()) if running.any() else None
    per_tonne = gains / moved_mt if moved_mt > 0 else None

    def tonnage(cost: float) -> float | None:
        if mean is None or not (per_usd > 0 and gains > 0) or math.isnan(cost):
            return None
        return mean * cost * per_usd / gains

    closure, share = _closure(appraisal, standing)
    at_base, at_low, at_high = (tonnage(cost) for cost in costs)
    entry = gains / per_usd if per_usd > 0 and gains > 0 else None
    return BreakEven(standing, entry, at_base, at_low, at_high, mean, per_tonne, closure, share)


def _costs(appraisal: Appraisal) -> tuple[float, float, float]:
    """Return the cost of works and its range."""
    projects = appraisal.plan.projects
    cost, low, high = (
        math.fsum(getattr(one, name) for one in projects) for name in ("cost_musd", "cost_low_musd", "cost_high_musd")
    )
    return cost, low, high


def _closure(appraisal: Appraisal, standing: str) -> tuple[str | None, float | None]:
    """Return the likeliest state in which something is shut, and the share of time in it at which the value turns."""
    found, values = appraisal.valuation, appraisal.enpv_by_state_musd
    if found is None or found.states == (found.usual,) or not values:
        return None, None
    mean = found.probability.mean(axis=0)
    order = sorted(range(len(found.states)), key=lambda n: (-mean[n], found.states[n]))
    closed = next(found.states[n] for n in order if found.states[n] != found.usual)
    one, two = (values[state][standing] for state in (found.usual, closed))
    if one == two or not 0 <= one / (one - two) <= 1:
        return closed, None
    return closed, one / (one - two)
