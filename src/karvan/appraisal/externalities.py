"""Costs to others: accidents, air, noise by the tonne-kilometre, and CO2e by the tonne, at the prices of a rule set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from karvan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from karvan.appraisal.rules import CarbonLevel, RuleSet


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


def external_costs(tkm: Mapping[str, float], rules: RuleSet) -> tuple[list[ExternalSum], list[str]]:
    """Return the damage of changes of tonne-kilometres by mode, and the modes for which the rule set has no unit cost.

    Climate is left out: CO2e has its own price, and would count twice.
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
