"""The railway through Afghanistan screened by hand, and a project of the textbook case reckoned by hand.

Screening: costs of USD 4.6 bn (ministry of transport of Uzbekistan) and 8.2 bn (ministry of railways of Pakistan) for the
Afghan part, USD 642 m for Kohat-Kharlachi (all in project.csv); USD 60 saved by each tonne, 9 %, 30 years, upkeep of 2 % a year:
it pays from about 10 and 17 million tonnes a year.
"""

from __future__ import annotations

import numpy as np
import pytest

from karvan.appraisal import Accounts, Discounting, Item, appraise_accounts, open_rule_set
from karvan.appraisal.indicators import equivalent_yearly
from karvan.appraisal.outcomes import SolvedYear
from karvan.appraisal.plans import plan_projects
from karvan.appraisal.standings import standings_of
from karvan.appraisal.valuation import value_plan
from karvan.case import open_case

#: USD m; USD per tonne; rate; years; upkeep as a share of cost a year.
KHARLACHI, SAVING, RATE, YEARS, UPKEEP = 642.0, 60.0, 0.09, 30, 0.02


@pytest.mark.parametrize(("afghan_musd", "mt", "said"), [(4600.0, 10.25, "about 10"), (8200.0, 17.29, "17")])
def test_tonnage_at_which_the_line_pays(afghan_musd, mt, said):
    """Annuity factor of 30 years at 9 %: (1 - 1.09^-30) / 0.09 = 10.2737. 5,242 / 10.2737 + 104.84 = 615.1; / 60 = 10.25."""
    cost = afghan_musd + KHARLACHI
    needed = equivalent_yearly(cost, RATE, YEARS) + UPKEEP * cost
    assert needed / SAVING == pytest.approx(mt, abs=0.005)
    # the accounts say the same: at this tonnage the value is nought and the rate of return is the discount rate
    gain = needed / SAVING * SAVING
    accounts = Accounts.of(
        range(YEARS + 1),
        [
            Item("saving", "benefit", (0.0, *[gain] * YEARS)),
            Item("capital", "cost", (cost, *[0.0] * YEARS), capital=True),
            Item("upkeep", "cost", (0.0, *[UPKEEP * cost] * YEARS)),
        ],
    )
    found = appraise_accounts(accounts, Discounting.at(RATE))
    assert found.enpv == pytest.approx(0.0, abs=1e-9 * cost)
    assert found.eirr == pytest.approx(RATE, abs=1e-12)
    assert round(mt) == int(said.removeprefix("about "))


def solved(year: int, gains: dict[str, float]) -> SolvedYear:
    """Return a solved year with one gain by state: USD m to shippers of Cora, who pay a railway of Bela 2."""
    rows = (("operator", "BBB", "railway"), ("operator", "CCC", "shipper"), ("user_existing", "CCC", "shipper"))
    states = tuple(gains)
    benefit = np.array([[0.0, 2.0, gains[state]] for state in states])
    transfer = np.array([[2.0, -2.0, 0.0] for _ in states])
    nothing = np.zeros(len(states))
    return SolvedYear(
        year, states, rows, benefit, transfer, (), np.zeros((len(states), 0)), nothing, nothing, nothing + 1,
        np.zeros((len(states), 6)), nothing, nothing, nothing + 1e6, 0.1, 1.0,
    )  # fmt: skip


def test_a_project_by_hand():
    """N2 of the textbook: USD 20 m over 2026 and 2027, opens in 2028; a third of its effect in its first year, then two thirds.

    Users gain 10 where all is open and 4 where the gate is shut, in every year; half the years are open. The railway earns 2.
    """
    case = open_case("textbook")
    rules = open_rule_set("adb_2017")
    plan = plan_projects(case, "N2", rules)
    years = {year: solved(year, {"open": 10.0, "ab_shut": 4.0}) for year in plan.solved_years()}
    half = np.full((len(plan.years), 2), 0.5)
    found = value_plan(case, plan, years, rules, half, ("open", "ab_shut"), "open")
    factor = [1.09**-t for t in range(31)]
    ramp = [0.0, 0.0, 1 / 3, 2 / 3, *[1.0] * 27]
    users = sum(f * r * 7.0 for f, r in zip(factor, ramp, strict=True))
    railway = sum(f * r * 2.0 for f, r in zip(factor, ramp, strict=True))
    works = -10.0 * (factor[0] + factor[1]) - 0.4 * sum(factor[2:]) + 20.0 * (1 - 29 / 35) * factor[30]
    worth = found.enpv(standings_of(case)[0])
    assert worth["cora"] == pytest.approx(users, rel=1e-12)
    assert worth["alba"] == pytest.approx(works, rel=1e-12)
    assert worth["corridor"] == pytest.approx(users + railway + works, rel=1e-12)
    assert found.enpv_by_state(standings_of(case)[0])["ab_shut"]["cora"] == pytest.approx(users * 4 / 7, rel=1e-12)
    by_party = {(gain.country, gain.party): gain for gain in found.gains.by_party()}
    assert by_party["CCC", "shipper"].transfer_musd == pytest.approx(-railway)
    assert by_party["BBB", "railway"].transfer_musd == pytest.approx(railway)
