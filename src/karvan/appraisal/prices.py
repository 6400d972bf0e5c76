"""Prices of other years and in other currencies, brought to the prices of a case: US dollars of its price year."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

from karvan.appraisal.streams import to_price_year
from karvan.errors import InputError

if TYPE_CHECKING:
    from karvan.case import Case


@lru_cache(maxsize=1)
def price_index() -> dict[int, float]:
    """Return the price index of the United States by year, with its source in ``price_index.toml``."""
    text = (resources.files("karvan.appraisal") / "price_index.toml").read_text(encoding="utf-8")
    return {int(year): float(value) for year, value in tomllib.loads(text)["index"].items()}


def price_factor(case: Case, price_year: int, *, what: str) -> float:
    """Return by what a sum in US dollars of a year is multiplied to be at the prices of the case's price year.

    A year after the last of the index counts as the last: its inflation is not known yet.

    Raises
    ------
    InputError
        The index does not reach back to one of the years.
    """
    index = price_index()
    last = max(index)
    return to_price_year(1.0, min(price_year, last), min(case.config.case.price_year, last), index=index, what=what)


def usd_factor(case: Case, currency: str, price_year: int, *, what: str) -> float:
    """Return by what a sum in a currency and at prices of a year is multiplied to be in US dollars at the case's prices.

    Raises
    ------
    InputError
        The case has no rate of exchange, or the price index does not reach the year.
    """
    rate = 1.0
    if currency != "USD":
        name = f"exchange_rate_usd_per_{currency.lower()}"
        if name not in case.parameters:
            fault = (
                f"{what}: found a sum in {currency}, and no rate of exchange; expected the parameter {name}. "
                "Add it to parameter.csv."
            )
            raise InputError([fault], what="Rate of exchange")
        rate = case.parameters[name]
    return rate * price_factor(case, price_year, what=what)
