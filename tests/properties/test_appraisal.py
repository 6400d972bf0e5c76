"""Accounts of projects: what nets to zero in the solved years does so in all, whatever they hold; standings add up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from karvan.appraisal import open_rule_set
from karvan.appraisal.outcomes import SolvedYear
from karvan.appraisal.plans import between, plan_projects
from karvan.appraisal.standings import standings_of
from karvan.appraisal.valuation import value_plan
from karvan.case import open_case

CASE = open_case("textbook")
RULES = open_rule_set("adb_2017")
STATES = ("open", "ab_shut")
COUNTRIES = ("AAA", "BBB", "CCC", "INT")
MONEY = st.floats(-1e4, 1e4, allow_nan=False, allow_infinity=False, width=32)


@st.composite
def solved_years(draw, years):
    """Draw solved years whose transfers net to zero: users of every country pay one payee."""
    rows = tuple(sorted([*(("operator", country, "shipper") for country in COUNTRIES[:3]), ("operator", "BBB", "railway"),
                         *(("user_diverted", country, "shipper") for country in COUNTRIES[:3])]))  # fmt: skip
    found = {}
    for year in years:
        benefit = np.array([[draw(MONEY) for _ in rows] for _ in STATES])
        transfer = np.zeros((len(STATES), len(rows)))
        for s in range(len(STATES)):
            for n, (effect, _, party) in enumerate(rows):
                if effect == "operator" and party == "shipper":
                    transfer[s, n] = draw(MONEY)
            transfer[s, rows.index(("operator", "BBB", "railway"))] = -transfer[s].sum()
        figures = np.array([draw(MONEY) for _ in STATES])
        found[year] = SolvedYear(
            year, STATES, rows, benefit, transfer, (("BBB", "rail"),), figures[:, None] * 1e3, figures, figures, figures,
            np.zeros((len(STATES), 6)), figures, figures, np.abs(figures), 0.5, 1.0,
        )  # fmt: skip
    return found


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from(["N1", "N2@2031", "N1@2034,N2@2030", "N4@2040"]), st.floats(0, 1))
def test_transfers_net_to_zero_and_standings_add_up(data, projects, share):
    plan = plan_projects(CASE, projects, RULES)
    solved = data.draw(solved_years(plan.solved_years()))
    chances = np.tile([share, 1 - share], (len(plan.years), 1))
    # the audit of transfers runs inside, in every year and state
    found = value_plan(CASE, plan, solved, RULES, chances, STATES, "open")
    worth = found.enpv(standings_of(CASE)[0])
    size = max(float(np.abs(found.benefit_musd).sum() + np.abs(found.transfer_musd).sum()), 1.0)
    assert worth["alba"] + worth["cora"] == pytest.approx(worth["both"], abs=1e-12 * size)
    gains = found.gains.by_party()
    by_country = {c: sum(g.benefit_musd + g.transfer_musd for g in gains if g.country == c) for c in COUNTRIES}
    assert sum(by_country.values()) == pytest.approx(worth["world"], abs=1e-12 * size)
    assert worth["corridor"] + by_country["INT"] == pytest.approx(worth["world"], abs=1e-12 * size)
    by_state = found.enpv_by_state(standings_of(CASE)[0])
    mean = share * by_state["open"]["world"] + (1 - share) * by_state["ab_shut"]["world"]
    assert mean == pytest.approx(worth["world"], abs=1e-12 * size)


@settings(max_examples=60, deadline=None)
@given(st.lists(MONEY, min_size=3, max_size=3), st.floats(0.5, 2), MONEY)
def test_filling_years_is_linear_and_hits_the_solved_years(values, factor, other):
    years = list(range(2026, 2057))
    demand = 1.03 ** np.arange(31.0)
    one = {year: np.array([value]) for year, value in zip((2030, 2037, 2056), values, strict=True)}
    two = {year: factor * value + other for year, value in one.items()}
    first, second = between(years, one, demand, 2030), between(years, two, demand, 2030)
    size = max(abs(other), *map(abs, values), 1.0)
    assert second[4:] == pytest.approx(factor * first[4:] + other, abs=1e-9 * size)
    assert [float(first[year - 2026, 0]) for year in one] == pytest.approx(values, abs=1e-9 * size)
    assert not first[:4].any()
