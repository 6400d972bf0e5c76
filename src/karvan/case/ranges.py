"""The range of a figure: its own low and high, or what its confidence leaves.

A range is read as P10 to P90 of what the figure may be. Where a row has no low and high of its own, the half-width is a
share of the figure that depends on the row's confidence (parameters ``range_*_confidence_share``).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Half-width of the range as a share of the figure; assumptions, replaced by the case's parameters of the same name.
DEFAULT_SHARES = {"high": 0.10, "medium": 0.25, "low": 0.50}
#: Standard deviations between the median of a normal distribution and its P90.
Z90 = 1.2815515655446004


class Range(NamedTuple):
    """A figure with its low and high, and where they come from (``own`` or ``confidence``)."""

    low: float
    value: float
    high: float
    basis: str


def confidence_shares(parameters: Mapping[str, float]) -> dict[str, float]:
    """Return the half-width per confidence, from the case's parameters where it has them."""
    return {level: parameters.get(f"range_{level}_confidence_share", share) for level, share in DEFAULT_SHARES.items()}


def figure_range(value: float, low: float, high: float, share: float) -> Range:
    """Return the range of a figure; blank ends (NaN) come from the confidence share."""
    own = not (math.isnan(low) and math.isnan(high))
    below = low if not math.isnan(low) else value - abs(value) * share
    above = high if not math.isnan(high) else value + abs(value) * share
    return Range(below, value, above, "own" if own else "confidence")
