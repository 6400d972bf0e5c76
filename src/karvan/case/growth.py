"""Exogenous growth of demand, the same with and without any project."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from karvan.case.model import AppliedCase


def growth_factor(applied: AppliedCase, economies: Iterable[str]) -> float:
    """Return by which factor demand between economies has grown since the base year: at the mean of their rates.

    Parameters
    ----------
    applied
        The case under a setting; in the base year nothing has grown.
    economies
        The economies at both ends; names that are none of the case are passed over.
    """
    year, base = applied.setting.year, applied.case.config.case.base_year
    if year is None or year == base:
        return 1.0
    rows = applied.rows("economy")
    rates = [float(rows[name]["growth_share_per_year"]) for name in economies if name in rows]
    return float((1.0 + sum(rates) / len(rates)) ** (year - base)) if rates else 1.0
