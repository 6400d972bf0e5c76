"""Terms of money that a case may name besides finance.csv: own money, taxes, inflation, exchange rates.

Rates of exchange by year stand in exchange_rate.csv, a country's own money in economy.csv. All else is parameters of the case,
each with its unit at the end of its name::

    cost_of_own_money_pct_per_year            of budgets, equity and what is open, in dollars of the day
    profit_tax_COUNTRY_pct                    on what operators of the country earn
    inflation_usd_pct_per_year                by which terms are brought to constant prices
    real_depreciation_COUNTRY_pct_per_year    how much more of the country's constant money a dollar costs each year
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from karvan.case.finance import DOLLAR
from karvan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from karvan.case import Case

#: Yearly inflation of the dollar, by which terms of loans are brought to constant prices: the longer-run goal of the Federal Open
#: Market Committee (Statement on Longer-Run Goals and Monetary Policy Strategy, January 2012 and since). An assumption.
INFLATION = 0.02
#: Names of the parameters: before and after the funder or country.
TAX, DEPRECIATION = ("profit_tax_", "_pct"), ("real_depreciation_", "_pct_per_year")
OWN_MONEY, INFLATION_NAME = "cost_of_own_money_pct_per_year", "inflation_usd_pct_per_year"


def is_term(name: str) -> bool:
    """Whether a parameter of this name is a tax or an exchange rate of a country."""
    return any(name.startswith(one) and name.endswith(two) for one, two in (TAX, DEPRECIATION))


@dataclass(frozen=True)
class MoneyTerms:
    """Terms of money of a case, as shares of one.

    Attributes
    ----------
    inflation
        Of the dollar, a year.
    own_money
        Cost of the owners' own money a year, in dollars of the day; None where the case does not say.
    taxes
        By country: on profits.
    depreciation
        By country: how much more of its constant money a dollar costs each year.
    gdp_musd
        By country: gross domestic product of its economy, in the year of trade.csv.
    currencies
        By country: its own money, where economy.csv names it.
    exchange
        By currency: dollars of the day for one unit, in the years that exchange_rate.csv has.
    """

    inflation: float = INFLATION
    own_money: float | None = None
    taxes: Mapping[str, float] = field(default_factory=dict)
    depreciation: Mapping[str, float] = field(default_factory=dict)
    gdp_musd: Mapping[str, float] = field(default_factory=dict)
    currencies: Mapping[str, str] = field(default_factory=dict)
    exchange: Mapping[str, Mapping[int, float]] = field(default_factory=dict)

    def dollar_in(self, countries: Sequence[str], years: Iterable[int], base: int) -> dict[int, float]:
        """Return what a dollar costs by year in constant money of some countries, on average: 1 in the base year."""
        rates = [self.depreciation.get(country, 0.0) for country in countries]
        return {year: sum((1.0 + rate) ** (year - base) for rate in rates) / len(rates) for year in years}

    def usd_per_unit(self, currency: str, years: Iterable[int]) -> dict[int, float]:
        """Return the dollars of the day that a unit costs: straight between the years of its path, none outside it."""
        if currency == DOLLAR:
            return dict.fromkeys(years, 1.0)
        path = sorted(self.exchange.get(currency, {}).items())
        found = {}
        for year in years:
            below = max((point for point in path if point[0] <= year), default=None)
            above = min((point for point in path if point[0] >= year), default=None)
            if below is None or above is None:
                continue
            gap = above[0] - below[0]
            found[year] = below[1] + (above[1] - below[1]) * ((year - below[0]) / gap if gap else 0.0)
        return found


def read_terms(case: Case) -> MoneyTerms:
    """Return the terms of money that a case names.

    Raises
    ------
    InputError
        A country is not there; every fault is listed. Shares are within their bounds where a case is open.
    """
    known = case.parameters
    faults: list[str] = []

    def share(name: str) -> float:
        return known[name] / 100.0

    countries = sorted({str(row["country"]) for row in case.rows("node").values()} - {"", "INT"})

    def named(ends: tuple[str, str]) -> dict[str, float]:
        found = {}
        for name in sorted(known):
            if name.startswith(ends[0]) and name.endswith(ends[1]):
                key = name.removeprefix(ends[0]).removesuffix(ends[1])
                if key in countries:
                    found[key] = share(name)
                else:
                    faults.append(f"{name}: found the country {key!r}; expected one of {', '.join(countries)}.")
        return found

    economies = case.rows("economy").values()
    terms = MoneyTerms(
        inflation=share(INFLATION_NAME) if INFLATION_NAME in known else INFLATION,
        own_money=share(OWN_MONEY) if OWN_MONEY in known else None,
        taxes=named(TAX),
        depreciation=named(DEPRECIATION),
        gdp_musd={country: float(row["gdp_musd"]) for row in economies if len(row["countries"]) == 1
                  for country in row["countries"]},
        currencies={country: str(row["currency"]) for row in economies if row["currency"] for country in row["countries"]},
        exchange=_paths(case),
    )  # fmt: skip
    if faults:
        raise InputError(faults, what="Terms of money")
    return terms


def _paths(case: Case) -> dict[str, dict[int, float]]:
    """Return the rates of exchange of a case by currency and year."""
    found: dict[str, dict[int, float]] = {}
    for row in case.rows("exchange_rate").values():
        found.setdefault(str(row["currency"]), {})[int(row["year"])] = float(row["rate_usd"])
    return found


def profit_tax(
    earnings: Sequence[float], works: Sequence[float], *, tax: float, life_years: float, opening: int
) -> list[float]:
    """Return the tax on profits by year: on earnings less depreciation, with losses carried forward without limit.

    Parameters
    ----------
    earnings
        Receipts less running costs, by year.
    works
        Capital cost by year.
    tax
        Rate, as a share.
    life_years
        Years over which works are written off, evenly.
    opening
        Place of the first year of operation; earlier works are written off from it on.
    """
    written, count = [0.0] * len(works), len(works)
    for place, cost in enumerate(works):
        first = max(place, opening)
        left, at = 1.0, first
        while left > 0 and at < count and cost:
            part = min(1.0 / life_years, left)
            written[at] += part * cost
            left, at = left - part, at + 1
    carried, due = 0.0, []
    for earned, off in zip(earnings, written, strict=True):
        profit = earned - off + carried
        carried = min(profit, 0.0)
        due.append(tax * max(profit, 0.0))
    return due
