"""Where the value of a project turns, in sentences: its cost, its tonnage, closures of the crossings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from karvan.charts import words

if TYPE_CHECKING:
    from karvan.appraisal import Appraisal

#: What has no break-even, in words.
_NAMED = {"cost_musd": "no cost", "mt_per_year": "no tonnage", "closure_share": "no share of closures"}


def turns_of(found: Appraisal) -> list[str]:
    """Return where the headline's value turns, and why where it does not."""
    lines = [*_cost(found), *_tonnage(found), *_closures(found)]
    if found.valued:
        why: dict[str, list[str]] = {}
        for name, reason in found.break_even.why_not.items():
            why.setdefault(reason, []).append(_NAMED[name])
        lines += [f"N{words.listed(names)[1:]} at which it breaks even: {reason}." for reason, names in why.items()]
    return lines


def _cost(found: Appraisal) -> list[str]:
    cost = found.break_even.cost_musd
    return [] if cost is None else [f"It breaks even at a cost of {words.musd(cost)}."]


def _tonnage(found: Appraisal) -> list[str]:
    turns = found.break_even
    if turns.mt_per_year is None or turns.traffic_mt_per_year is None:
        return []
    low, high = turns.mt_per_year_at_low_cost, turns.mt_per_year_at_high_cost
    ends = "" if low is None or high is None or math.isclose(low, high) else (
        f" ({words.mt(low)} at the low end of its cost, {words.mt(high)} at the high end)"
    )  # fmt: skip
    said = (
        f"It breaks even at {words.mt(turns.mt_per_year)} a year{ends} over its busiest part, were gains per tonne what they "
        f"are; {words.mt(turns.traffic_mt_per_year)} are expected."
    )
    return [said]


def _closures(found: Appraisal) -> list[str]:
    turns = found.break_even
    if turns.closure_share is None or turns.closure_share_expected is None:
        return []
    side = "more" if turns.closure_loss == "above" else "less"
    said = (
        f"It is worth less than it costs where something is shut {side} than {words.percent(turns.closure_share)} of the time; "
        f"{words.percent(turns.closure_share_expected)} is expected."
    )
    return [said]
