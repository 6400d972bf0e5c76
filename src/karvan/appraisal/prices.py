"""Prices of other years and in other currencies, brought to the prices of a case: US dollars of its price year."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from karvan.appraisal.streams import to_price_year
from karvan.errors import InputError

if TYPE_CHECKING:
    from karvan.case import Case


@lru_cache(maxsize=1)
def _file() -> dict[str, Any]:
    """Return the contents of ``price_index.toml``, which names its sources."""
    text = (resources.files("karvan.appraisal") / "price_index.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def price_index() -> dict[int, float]:
    """Return the price index of the United States by year."""
    return {int(year): float(value) for year, value in _file()["index"].items()}


def price_factor(case: Case, price_year: int, *, what: str) -> float:
    """Return by what a sum in US dollars of a year is multiplied to be at the prices of the case's price year.

    A year after the last of the index counts as the last: its inflation is not known yet (:func:`beyond_index` says so).

    Raises
    ------
    InputError
        The index does not reach back to one of the years.
    """
    index = price_index()
    last = max(index)
    return to_price_year(1.0, min(price_year, last), min(case.config.case.price_year, last), index=index, what=what)


def beyond_index(case: Case, price_year: int) -> list[str]:
    """Return a note where prices of a year, or those of the case, are later than the index and are not the same."""
    last, own = max(price_index()), case.config.case.price_year
    later = sorted({year for year in (price_year, own) if year > last})
    if price_year == own or not later:
        return []
    listed = " and ".join(map(str, later))
    return [f"the price index of the United States ends in {last}: prices of {listed} are taken to be those of {last}"]


def usd_factor(case: Case, currency: str, price_year: int, *, what: str) -> tuple[float, list[str]]:
    """Return by what a sum in a currency and at prices of a year is multiplied to be in US dollars at the case's prices.

    The rate of exchange is that of the sum's own year, and prices move with those of the United States after it. With it come
    notes where the rate was not found in its source yet, or prices are later than the index.

    Raises
    ------
    InputError
        There is no rate of exchange, or the price index does not reach the year.
    """
    rate, notes = 1.0, []
    if currency != "USD":
        known = _file()["exchange"].get(currency, {})
        name = f"exchange_rate_usd_per_{currency.lower()}"
        if str(price_year) in known:
            rate = float(known[str(price_year)])
            notes = [f"unconfirmed: USD {rate:g} for one {currency} in {price_year}"]
        elif name in case.parameters:
            rate = case.parameters[name]
        else:
            fault = (
                f"{what}: found a sum in {currency} of {price_year}, and no rate of exchange; expected the parameter {name}. "
                "Add it to parameter.csv."
            )
            raise InputError([fault], what="Rate of exchange")
    return rate * price_factor(case, price_year, what=what), [*notes, *beyond_index(case, price_year)]
