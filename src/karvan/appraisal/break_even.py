"""Where a value turns: at which cost, which tonnage, which share of time in closures a set of projects is worth nothing.

::

    cost     = gains / what a dollar of works takes                   works: capital, upkeep, works built again, what is left
    tonnage  = expected tonnage x works / gains                       gains: all that is no works
    closures = shares of time shut, in proportion of the process      (:mod:`karvan.appraisal.closures`)

All three come from the accounts as they stand; nothing is solved anew. Gains of users, payees, neighbours and the climate scale
with tonnage; works and their upkeep scale with cost alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.appraisal.closures import ClosureTurn, any_closure, closure_of_state
from karvan.charts import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from karvan.appraisal.appraisal import Appraisal
    from karvan.appraisal.closures import Side
    from karvan.appraisal.gains import Standing


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
    closure_share, closure_share_expected
        Share of the years of operation in which something is shut at which it is nought, closures in the proportions of the
        process; and the share that the process has. The first is None where it never turns.
    closure_loss
        On which side of that share the value is below zero: ``above`` where closures kill the projects.
    closures
        The same for each state in which something is shut, the likeliest first, the others in proportion.
    why_not
        Why there is none, by the names of the figures above that are None.
    """

    standing: str
    cost_musd: float | None = None
    mt_per_year: float | None = None
    mt_per_year_at_low_cost: float | None = None
    mt_per_year_at_high_cost: float | None = None
    traffic_mt_per_year: float | None = None
    gain_usd_per_t: float | None = None
    closure_share: float | None = None
    closure_share_expected: float | None = None
    closure_loss: Side | None = None
    closures: tuple[ClosureTurn, ...] = ()
    why_not: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return vars(self) | {"closures": [one.to_dict() for one in self.closures], "why_not": dict(self.why_not)}


def break_even(appraisal: Appraisal, standing: str) -> BreakEven:
    """Return where the value of a standing turns."""
    found = appraisal.valuation
    if found is None:
        return BreakEven(
            standing, why_not=dict.fromkeys(("cost_musd", "mt_per_year", "closure_share"), appraisal.why_not)
        )
    whose = next(one for one in appraisal.standings if one.id == standing)
    costs, low, high = ([getattr(one, name) for one in appraisal.plan.projects]
                        for name in ("cost_musd", "cost_low_musd", "cost_high_musd"))  # fmt: skip
    gains = found.enpv([whose])[standing] - found.works(whose, costs)
    # what a dollar of cost takes from the standing, with its upkeep and less what is left of it
    per_usd = -found.works(whose, _proportions(costs))
    why = _no_cost(whose, gains, per_usd)
    reasons = {"cost_musd": why} if why else {}
    traffic = np.einsum("ys,ys->y", found.probability, found.traffic_t)
    running = traffic > 0
    moved_mt = float(found.factors[running] @ traffic[running]) / 1e6
    mean = moved_mt / float(found.factors[running].sum()) if running.any() else None
    if mean is None:
        reasons["mt_per_year"] = "no goods pass a link, crossing or terminal that it opens or changes"
    elif why:
        reasons["mt_per_year"] = why
    elif math.isnan(appraisal.cost_musd):
        reasons["mt_per_year"] = "its cost is not known"

    at_base, at_low, at_high = (
        None if mean is None or why or math.isnan(math.fsum(one)) else -mean * found.works(whose, one) / gains
        for one in (costs, low, high)
    )
    turn, closures, no_turn = _closures(appraisal, whose)
    if no_turn:
        reasons["closure_share"] = no_turn
    return BreakEven(
        standing, None if why else gains / per_usd, at_base, at_low, at_high, mean, gains / moved_mt if moved_mt > 0 else None,
        closure_share=turn.share if turn else None, closure_share_expected=turn.share_expected if turn else None,
        closure_loss=turn.loss if turn else None, closures=closures, why_not=reasons,
    )  # fmt: skip


def _no_cost(standing: Standing, gains: float, per_usd: float) -> str:
    """Return why no cost is low enough; empty where one is."""
    if not per_usd > 0:
        return f"no cost of works falls to {standing.name}"
    return "" if gains > 0 else f"it brings {standing.name} {words.musd(gains)} before any cost of works"


def _proportions(costs: Sequence[float]) -> list[float]:
    """Return the share of each project in their cost; equal ones where a cost is not known."""
    total = math.fsum(costs)
    return [cost / total for cost in costs] if total > 0 else [1.0 / len(costs)] * len(costs)


def _closures(appraisal: Appraisal, standing: Standing) -> tuple[ClosureTurn | None, tuple[ClosureTurn, ...], str]:
    """Return where the value turns by closures of any kind and of each; else why it does not."""
    found = appraisal.valuation
    if found is None or not appraisal.valued:
        return None, (), appraisal.why_not
    worth = found.factors[:, None] * found.by_year_and_state(standing)
    usual = found.states.index(found.usual)
    running = np.asarray(appraisal.years) >= appraisal.plan.openings[0]
    turn = any_closure(worth, found.probability, usual=usual, running=running)
    if turn is None:
        return None, (), "nothing is ever shut in what was appraised"
    each = [
        closure_of_state(worth, found.probability, state, place, usual=usual, running=running)
        for place, state in enumerate(found.states)
        if place != usual
    ]
    why = "" if turn.share is not None else (
        f"it is worth {words.musd(turn.open_musd)} where nothing is ever shut, and {words.musd(turn.shut_musd)} where something "
        "always is"
    )  # fmt: skip
    return turn, tuple(sorted(each, key=lambda one: (-one.share_expected, one.state))), why
