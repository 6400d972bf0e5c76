"""Costs to others: accidents, air, noise by the tonne-kilometre, and CO2e by the tonne, at the prices of a rule set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from karvan.appraisal.prices import usd_factor
from karvan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from karvan.appraisal.rules import CarbonLevel, RuleSet
    from karvan.case import Case


@dataclass(frozen=True)
class ExternalSum:
    """A sum of damage, with what it rests on.

    Attributes
    ----------
    effect, mode
        What, and of which mode; ``all`` for CO2e.
    amount
        Damage: positive is a cost.
    currency, price_year
        What it is in.
    status
        Status of the unit cost: ``read``, ``computed`` or ``unconfirmed``.
    """

    effect: str
    mode: str
    amount: float
    currency: str
    price_year: int
    status: str


class UnitCost(NamedTuple):
    """What moving a tonne over a kilometre costs others in a country: dollars at the prices of the case, least and most."""

    effect: str
    mode: str
    usd_per_tkm: float
    low_usd_per_tkm: float
    high_usd_per_tkm: float


def income_per_head_usd(case: Case, country: str) -> float | None:
    """Return the product of the economy of a country over its people; None where the case does not tell."""
    for row in case.rows("economy").values():
        if country in row["countries"]:
            people = row["population_million"]
            return float(row["gdp_musd"] / people) if people > 0 else None
    return None


def unit_costs(case: Case, rules: RuleSet, country: str) -> tuple[list[UnitCost], list[str]]:
    """Return the unit costs of accidents, air and noise in a country, and what the reader should know of them.

    Where the rule set transfers them by income, a country whose income the case does not tell has none.

    Raises
    ------
    InputError
        A unit cost cannot be brought to the prices of the case.
    """
    times, notes = (1.0, 1.0, 1.0), []
    if rules.external and rules.income_transfer is not None:
        income = income_per_head_usd(case, country)
        if income is None:
            return [], [f"accidents, air and noise in {country} are left out: economy.csv does not tell its population"]
        times = rules.income_transfer.times(income)
    found = []
    for cost in rules.external:
        factor, more = usd_factor(case, cost.unit[:3], cost.price_year, what=f"{cost.effect} of {cost.mode}")
        notes += more
        found.append(UnitCost(cost.effect, cost.mode, *(cost.value * factor * share for share in times)))
    return found, notes


def external_costs(tkm: Mapping[str, float], rules: RuleSet) -> tuple[list[ExternalSum], list[str]]:
    """Return the damage of changes of tonne-kilometres by mode, and the modes for which the rule set has no unit cost.

    The unit costs are as the rule set states them, before any transfer by income (:func:`unit_costs`). Climate is left out: CO2e
    has its own price, and would count twice.
    """
    sums = [
        ExternalSum(cost.effect, cost.mode, tkm[cost.mode] * cost.value, cost.unit[:3], cost.price_year, cost.status)
        for cost in rules.external
        if cost.mode in tkm
    ]
    known = {cost.mode for cost in rules.external}
    return sums, sorted(mode for mode, moved in tkm.items() if moved and mode not in known)


def carbon_cost(co2e_t: float, year: int, rules: RuleSet, level: CarbonLevel = "central") -> ExternalSum:
    """Return the damage of tonnes of CO2e in a year.

    Raises
    ------
    InputError
        The rule set prices no CO2e, or not in that year.
    """
    if rules.carbon is None:
        raise InputError(["found no section carbon; expected one. Add it, or take another rule set."], what=rules.id)
    status = max((point.status for point in rules.carbon.points), key=("read", "computed", "unconfirmed").index)
    price = rules.carbon.price(year, level)
    return ExternalSum("co2e", "all", co2e_t * price, rules.carbon.currency, rules.carbon.price_year, status)
