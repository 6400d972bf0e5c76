"""Exogenous growth of demand, the same with and without any project.

    factor = ((1 + g_origin) (1 + g_destination))^((year - base year) / 2)

the geometric mean of the growth of the economies of both ends. In the base year nothing has grown; an end without an economy
of the case does not grow.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from karvan.case.model import AppliedCase

#: The column of economy.csv that holds the rate; beside it stand its low and high.
GROWTH = "growth_share_per_year"


def growth_factor(applied: AppliedCase, economies: Sequence[str], column: str = GROWTH) -> float:
    """Return by which factor demand between economies has grown since the base year.

    Parameters
    ----------
    applied
        The case under a setting.
    economies
        The economies of the ends; one that is none of the case does not grow.
    column
        Which rate: the middle, or its low or high; a blank end of the range is the middle.
    """
    year, base = applied.setting.year, applied.case.config.case.base_year
    if year is None or year == base or not economies:
        return 1.0
    rows = applied.rows("economy")
    factors = [1.0 + _rate(rows[name], column) if name in rows else 1.0 for name in economies]
    return float(math.prod(factors) ** ((year - base) / len(factors)))


def _rate(row: dict[str, float], column: str) -> float:
    rate = float(row[column])
    return float(row[GROWTH]) if math.isnan(rate) else rate
