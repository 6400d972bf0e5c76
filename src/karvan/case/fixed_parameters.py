"""Parameters that are read from the case itself, so that no change, scenario or project may alter them.

Accounts, terms of money, expectations, ranges and records take them from ``parameter.csv``, whatever the setting: a change of one
would be passed over. It is refused instead. A test compares this list with what the package reads.
"""

from __future__ import annotations

import re

#: By name; ``*`` stands for a country, currency, pair, group or confidence.
FIXED_PARAMETERS = (
    # accounts
    "asset_life_rail_years", "contingency_share", "ramp_up_years", "standard_conversion_factor_works",
    "upkeep_rail_infrastructure_pct_per_year",
    # terms of money
    "cost_of_own_money_pct_per_year", "exchange_rate_usd_per_*", "inflation_usd_pct_per_year", "profit_tax_*_pct",
    "real_depreciation_*_pct_per_year",
    # trade
    "gravity_fitted_*_musd", "trade_added_margin_share", "trade_adjustment_years", "trade_elasticity",
    "trade_first_year_share",
    # ranges
    "demand_rank_correlation", "range_*_confidence_share",
    # records
    "closure_counts_above_share", "closure_counts_from_days", "closure_record_*_from_year", "stale_after_years",
)  # fmt: skip

_FIXED = re.compile("|".join(re.escape(name).replace(r"\*", ".+") for name in FIXED_PARAMETERS))


def is_fixed_parameter(table: str, row: str) -> bool:
    """Whether a row of a table is a parameter that is read from the case itself, whatever the setting."""
    return table == "parameter" and _FIXED.fullmatch(row) is not None
