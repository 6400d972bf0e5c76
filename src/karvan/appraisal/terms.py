"""Terms of money that a case may name besides finance.csv: fees, own money, taxes, inflation, exchange rates.

They are parameters of the case, each with its unit at the end of its name::

    front_end_fee_FUNDER_pct                  of the loan, in its first year
    commitment_fee_FUNDER_pct_per_year        of what is not drawn, in the years of works
    cost_of_own_money_pct_per_year            of budgets, equity and what is open, in dollars of the day
    profit_tax_COUNTRY_pct                    on what operators of the country earn
    inflation_usd_pct_per_year                by which terms are brought to constant prices
    real_depreciation_COUNTRY_pct_per_year    how much more of the country's constant money a dollar costs each year
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from karvan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from karvan.case import Case

#: Yearly inflation of the dollar, by which terms of loans are brought to constant prices: the longer-run goal of the Federal Open
#: Market Committee (Statement on Longer-Run Goals and Monetary Policy Strategy, January 2012 and since). An assumption.
INFLATION = 0.02
#: Names of the parameters: before and after the funder or country.
FRONT_END, COMMITMENT = ("front_end_fee_", "_pct"), ("commitment_fee_", "_pct_per_year")
TAX, DEPRECIATION = ("profit_tax_", "_pct"), ("real_depreciation_", "_pct_per_year")
OWN_MONEY, INFLATION_NAME = "cost_of_own_money_pct_per_year", "inflation_usd_pct_per_year"


def is_term(name: str) -> bool:
    """Whether a parameter of this name is a fee, a tax or an exchange rate of a funder or country."""
    return any(name.startswith(one) and name.endswith(two) for one, two in (FRONT_END, COMMITMENT, TAX, DEPRECIATION))


@dataclass(frozen=True)
class MoneyTerms:
    """Terms of money of a case, as shares of one.

    Attributes
    ----------
    inflation
        Of the dollar, a year.
    own_money
        Cost of the owners' own money a year, in dollars of the day; None where the case does not say.
    front_end_fees, commitment_fees
        By funder: of the loan, and of what is not drawn, a year.
    taxes
        By country: on profits.
    depreciation
        By country: how much more of its constant money a dollar costs each year.
    gdp_musd
        By country: gross domestic product of its economy, in the year of trade.csv.
    """

    inflation: float = INFLATION
    own_money: float | None = None
    front_end_fees: Mapping[str, float] = field(default_factory=dict)
    commitment_fees: Mapping[str, float] = field(default_factory=dict)
    taxes: Mapping[str, float] = field(default_factory=dict)
    depreciation: Mapping[str, float] = field(default_factory=dict)
    gdp_musd: Mapping[str, float] = field(default_factory=dict)

    def dollar_in(self, countries: Sequence[str], years: Iterable[int], base: int) -> dict[int, float]:
        """Return what a dollar costs by year in constant money of some countries, on average: 1 in the base year."""
        rates = [self.depreciation.get(country, 0.0) for country in countries]
        return {year: sum((1.0 + rate) ** (year - base) for rate in rates) / len(rates) for year in years}


def read_terms(case: Case) -> MoneyTerms:
    """Return the terms of money that a case names.

    Raises
    ------
    InputError
        A share lies outside what it can be, or a funder or country is not there; every fault is listed.
    """
    known = case.parameters
    faults: list[str] = []

    def share(name: str, low: float = 0.0) -> float:
        value = known[name]
        if not low <= value < 100:  # noqa: PLR2004 - per cent
            expected = "0 to below 100" if low == 0 else f"more than {low:.0f} and below 100"
            faults.append(f"{name}: found {value:g}; expected {expected}, in per cent.")
        return value / 100.0

    funders = sorted(case.rows("stakeholder"))
    countries = sorted({str(row["country"]) for row in case.rows("node").values()} - {"", "INT"})

    def named(ends: tuple[str, str], among: list[str], what: str, low: float = 0.0) -> dict[str, float]:
        found = {}
        for name in sorted(known):
            if name.startswith(ends[0]) and name.endswith(ends[1]):
                key = name.removeprefix(ends[0]).removesuffix(ends[1])
                if key in among:
                    found[key] = share(name, low)
                else:
                    faults.append(f"{name}: found {what} {key!r}; expected one of {', '.join(among)}.")
        return found

    economies = case.rows("economy").values()
    terms = MoneyTerms(
        inflation=share(INFLATION_NAME, -99.0) if INFLATION_NAME in known else INFLATION,
        own_money=share(OWN_MONEY) if OWN_MONEY in known else None,
        front_end_fees=named(FRONT_END, funders, "the funder"),
        commitment_fees=named(COMMITMENT, funders, "the funder"),
        taxes=named(TAX, countries, "the country"),
        depreciation=named(DEPRECIATION, countries, "the country", -99.0),
        gdp_musd={country: float(row["gdp_musd"]) for row in economies if len(row["countries"]) == 1
                  for country in row["countries"]},
    )  # fmt: skip
    if faults:
        raise InputError(faults, what="Terms of money")
    return terms


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
