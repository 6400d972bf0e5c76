"""The railway through Afghanistan screened by hand, and a project of the textbook case reckoned by hand.

Screening: costs of USD 4.6 bn (ministry of transport of Uzbekistan) and 8.2 bn (ministry of railways of Pakistan) for the
Afghan part, USD 642 m for Kohat-Kharlachi (all in project.csv); USD 60 saved by each tonne, 9 %, 30 years, upkeep of 2 % a year:
it pays from about 10 and 17 million tonnes a year.
"""

from __future__ import annotations

import numpy as np
import pytest

from karvan.appraisal import Accounts, Discounting, Item, appraise_accounts, open_rule_set
from karvan.appraisal.appraise_projects import _appraisal
from karvan.appraisal.indicators import equivalent_yearly
from karvan.appraisal.outcomes import SolvedYear
from karvan.appraisal.plans import plan_projects
from karvan.appraisal.standings import standings_of
from karvan.appraisal.valuation import value_plan
from karvan.case import Setting, open_case

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


def test_the_accounts_of_the_model_at_the_gain_of_the_hand():
    """The line and its Pakistani leg (P14, P13) were each tonne to gain USD 60: 10.7 Mt at USD 4.6 bn and 17.9 at 8.2 bn.

    By hand: works of P13 over 2026-27 and of P14 over 2026-30 cost 0.87 of their price, upkeep 2 % of that a year, and
    at the end of 2056 are left 35 less 29 and 35 less 26 of 35 years; P14 has a third of its effect in 2031, two thirds in 2032.
    """
    case = open_case("pakistan_azerbaijan")
    rules = open_rule_set("adb_2017")
    plan = plan_projects(case, "P13,P14", rules)
    mt = {year: 1.0 if year >= 2031 else 0.0 for year in plan.solved_years()}
    nothing, one = np.zeros(1), np.ones((1, 1))
    years = {
        year: SolvedYear(
            year, ("open",), (("user_existing", "PAK", "shipper"),), SAVING * moved * one, 0 * one, (), np.zeros((1, 0)), nothing,
            nothing, nothing + 1, np.zeros((1, 6)), nothing, nothing, nothing + 1e6 * moved, 0.1, 1.0,
        )
        for year, moved in mt.items()
    }  # fmt: skip
    found = _appraisal(case, plan, rules, "open", Setting.of(projects="P13,P14"), years)
    turns = found.break_even_of("world")
    factor = [1.09**-t for t in range(31)]
    upkeep = case.parameters["upkeep_rail_infrastructure_pct_per_year"] / 100
    real = case.parameters["standard_conversion_factor_works"]
    life = case.parameters["asset_life_rail_years"]

    def works(cost: float, first: int, years_of_works: int) -> float:
        built = sum(factor[first : first + years_of_works]) / years_of_works
        opened = first + years_of_works
        return real * cost * (built + upkeep * sum(factor[opened:]) - (1 - (31 - opened) / life) * factor[30])

    def tonnage(afghan_musd: float) -> float:
        # traffic and gains grow alike and ramp up alike: the mean over the years of operation is tonnes over years, discounted
        total = (works(KHARLACHI, 0, 2) + works(afghan_musd, 0, 5)) / SAVING
        return total / sum(factor[5:])

    assert turns.gain_usd_per_t == pytest.approx(SAVING, rel=1e-12)
    assert turns.mt_per_year == pytest.approx(tonnage(4600.0), rel=1e-6)
    assert turns.mt_per_year_at_high_cost == pytest.approx(tonnage(8200.0), rel=1e-6)
    assert turns.mt_per_year == pytest.approx(10.7, abs=0.05)
    assert turns.mt_per_year_at_high_cost == pytest.approx(17.9, abs=0.05)


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
