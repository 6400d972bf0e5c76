"""Bounds of the parameters that the package reads from ``parameter.csv``.

A value beyond them has no meaning: days of operation a year of none, a share of two. A test compares the list with what the
package reads.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from karvan.case.cells import number_text


class Bounds(NamedTuple):
    """The least and the largest value, and whether the least itself is one."""

    least: float = 0.0
    largest: float = math.inf
    with_least: bool = True

    def hold(self, value: float) -> bool:
        """Tell whether they have a value among them."""
        return (self.least <= value if self.with_least else self.least < value) and value <= self.largest

    @property
    def text(self) -> str:
        """What is expected."""
        least = f"{number_text(self.least)} or more" if self.with_least else f"a number above {number_text(self.least)}"
        if math.isinf(self.largest):
            return least
        largest = number_text(self.largest)
        return f"{number_text(self.least)} to {largest}" if self.with_least else f"{least}, up to {largest}"


_SHARE, _ABOVE_NOTHING = Bounds(0.0, 1.0), Bounds(0.0, with_least=False)
_PCT_OF_A_PRICE = Bounds(-99.0, 99.0)

#: By name; ``*`` stands for a country, currency, pair, group, mode or confidence.
PARAMETER_BOUNDS = {
    # accounts
    "asset_life_rail_years": Bounds(1.0, 200.0),
    "contingency_share": Bounds(0.0, 2.0),
    "ramp_up_years": Bounds(1.0, 100.0),
    "standard_conversion_factor_works": Bounds(0.0, 2.0, with_least=False),
    "upkeep_rail_infrastructure_pct_per_year": Bounds(0.0, 100.0),
    # terms of money
    "cost_of_own_money_pct_per_year": Bounds(0.0, 99.0),
    "exchange_rate_usd_per_*": _ABOVE_NOTHING,
    "inflation_usd_pct_per_year": _PCT_OF_A_PRICE,
    "profit_tax_*_pct": Bounds(0.0, 99.0),
    "real_depreciation_*_pct_per_year": _PCT_OF_A_PRICE,
    # trade
    "gravity_fitted_*_musd": _ABOVE_NOTHING,
    "trade_added_margin_share": Bounds(0.0, 100.0),
    "trade_adjustment_years": Bounds(1.0, 100.0),
    # far below any that has been estimated: mean costs of many goods are powers of 1/theta, which lose their digits; beyond the
    # largest, 65 for petroleum (Caliendo and Parro, Review of Economic Studies 82(1), 2015): trade jumps between all and nothing
    "trade_elasticity": Bounds(1e-3, 100.0),
    "trade_first_year_share": Bounds(1e-3, 1.0),
    # ranges
    "demand_rank_correlation": Bounds(-1.0, 1.0),
    "price_discrepancy_share": Bounds(0.0, 10.0),
    "range_*_confidence_share": _SHARE,
    "time_discrepancy_share": Bounds(0.0, 10.0),
    # records
    "closure_counts_above_share": _SHARE,
    "closure_counts_from_days": Bounds(0.0, 36600.0),
    "closure_record_*_from_year": Bounds(1900.0, 2200.0),
    "stale_after_years": Bounds(0.0, 1000.0),
    # routes and flows
    "crossing_constant_most_usd_per_t": Bounds(0.0),
    "crossing_constant_spread_usd_per_t": _ABOVE_NOTHING,
    "empty_cost_share": _SHARE,
    "empty_return_*_share": _SHARE,
    "feu_per_teu_price": _ABOVE_NOTHING,
    "mode_scale": _ABOVE_NOTHING,
    "operating_days_per_year": Bounds(1.0, 366.0),
    "outside_scale": _ABOVE_NOTHING,
    "rail_delay_rate": Bounds(0.0, 100.0, with_least=False),
    "rail_delay_share": Bounds(0.0, 1000.0),
    "reliability_ratio": Bounds(0.0, 100.0),
    "road_delay_power": Bounds(1.0, 100.0),
    "road_delay_share": Bounds(0.0, 1000.0),
    "route_scale": _ABOVE_NOTHING,
    "standing_usd_per_t_day": Bounds(0.0),
}

_PATTERNS = {re.compile(re.escape(name).replace(r"\*", ".+")): bounds for name, bounds in PARAMETER_BOUNDS.items()}


def bounds_of(name: str) -> Bounds | None:
    """Return the bounds of a parameter; None where the package does not read it."""
    return next((bounds for pattern, bounds in _PATTERNS.items() if pattern.fullmatch(name)), None)
