"""Who gains and pays, why a project is in or out, and the frontier, against sums by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from synthetic_worths import RATE, YEARS, SyntheticValuer, entry

from karvan.charts import words
from karvan.portfolio.aims import Aim
from karvan.portfolio.candidates import Limits
from karvan.portfolio.choice import choose_among
from karvan.portfolio.entries import Payer
from karvan.portfolio.explain import explain, find_frontier
from karvan.portfolio.fair import find_fairness

BOTH = ("AAA", "BBB")
#: Present value of USD 1 m a year from 2028 to the end.
ANNUITY = sum((1 + RATE) ** -(year - YEARS[0]) for year in range(2028, YEARS[-1] + 1))


def chosen(entries, gains, total=100.0, **how):
    valuer = SyntheticValuer(entries, gains, **how)
    return choose_among(entries, valuer, Limits(total), Aim.of(None, valuer.standings, valuer.headline), later_years=0)


# fair -------------------------------------------------------------------------------------------------------------------


def test_countries_add_up_to_the_set():
    payers = (Payer("bank", "A bank", "INT", "loan", "agreed", 0.6), Payer("open", "open", "", "unknown", "open", 0.4))
    choice = chosen(
        [entry("a", 40.0, payers=payers), entry("b", 20.0, countries=BOTH)], {("a",): 9.0, ("b",): 4.0}, share_of_a=0.25
    )
    found = find_fairness(choice)
    assert sum(item.net_musd for item in found.countries) == pytest.approx(choice.value_musd)
    aaa = next(item for item in found.countries if item.country == "AAA")
    assert aaa.benefit_musd == pytest.approx(0.25 * 13.0 * ANNUITY)
    assert aaa.capital_musd == pytest.approx(50.0 / (1 + RATE))
    assert [(item.funder, item.outlay_musd, dict(item.by_year_musd)) for item in found.funders] == [
        ("bank", pytest.approx(24.0), {2027: pytest.approx(24.0)}),
        ("open", pytest.approx(20.0), {2027: pytest.approx(20.0)}),
        ("open", pytest.approx(16.0), {2027: pytest.approx(16.0)}),
    ]
    assert "finance.csv does not say who pays for all: what is open is of nobody named" in found.notes


def test_shares_pay_the_whole_cost_and_nobody_leaves_a_fair_one():
    choice = chosen([entry("bridge", 60.0, countries=BOTH)], {("bridge",): 10.0}, share_of_a=0.5)
    found = find_fairness(choice)
    capital = choice.worth.capital_pv_musd(None)
    for share in found.shares:
        assert sum(share.cost_musd.values()) == pytest.approx(capital)
        # they gain alike, so that they pay alike
        assert share.cost_musd["AAA"] == pytest.approx(share.cost_musd["BBB"])
        assert share.would_leave == ()


def test_what_a_side_could_do_alone_counts():
    # A gains nearly all: it would build alone, and keeps what it would have had
    choice = chosen([entry("road", 40.0)], {("road",): 10.0}, share_of_a=0.9)
    (shapley, _) = find_fairness(choice).shares
    gain_a, gain_b, cost = 9.0 * ANNUITY, 1.0 * ANNUITY, 40.0 / (1 + RATE)
    alone_a, alone_b, both = gain_a - cost, max(0.0, gain_b - cost), gain_a + gain_b - cost
    expected = 0.5 * (alone_a + both - alone_b)
    assert shapley.net_musd["AAA"] == pytest.approx(expected)
    assert shapley.net_musd["AAA"] >= alone_a - 1e-9


def test_the_own_return_of_a_country():
    choice = chosen([entry("road", 40.0)], {("road",): 10.0})
    found = find_fairness(choice)
    own = {(item.country, item.rule): item for item in found.returns}
    everything = own["BBB", "all"]
    assert everything.paid_musd == pytest.approx(40.0 / (1 + RATE))
    assert everything.value_per_dollar == pytest.approx(choice.value_musd / everything.paid_musd)
    # 40 in 2027, 5 a year from 2028 to 2046: the rate at which they balance
    years = YEARS[-1] - 2027
    balance = -40.0 + 5.0 * (1 - (1 + everything.irr) ** -years) / everything.irr
    assert balance == pytest.approx(0.0, abs=1e-6)


# explained --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def told():
    entries = [
        entry("line", 60.0),
        entry("post", 5.0),
        entry("road", 50.0),
        entry("rival", 50.0, alternatives=("line",)),
    ]
    gains = {("line",): 1.0, ("post",): 0.1, ("line", "post"): 11.0, ("road",): 6.0, ("rival",): 5.0}
    choice = chosen(entries, gains, 70.0)
    return choice, {item.id: item for item in explain(choice)}


def test_why_it_is_in(told):
    choice, reasons = told
    assert choice.best.projects == {"line", "post"}
    line = reasons["line"]
    post_alone = 0.1 * ANNUITY - 5.0 / (1 + RATE)
    assert line.adds_musd == pytest.approx(choice.value_musd - post_alone)
    assert line.why == f"the set is worth {words.musd(line.adds_musd)} more with it; by itself it would not pay"
    assert line.depends_on == (("post", pytest.approx(11.0 * ANNUITY)),)
    # at this cost it would add nothing
    capital = 60.0 / (1 + RATE)
    assert line.cost_out_musd == pytest.approx(60.0 * (1 + line.adds_musd / capital))


def test_why_it_is_out_and_what_cost_would_bring_it_in(told):
    choice, reasons = told
    road = reasons["road"]
    assert road.instead_of == ("line",) or "line" in road.instead_of
    assert road.why.startswith("it would displace line")
    # with 5 m left it would be taken beside the two: that is the cost at which it comes in
    assert road.cost_in_musd == pytest.approx(5.0, rel=0.05)
    assert road.loss_musd > 0
    assert reasons["rival"].why == "line is chosen, and the two cannot stand together"
    assert choice.search.model_of(choice.openings) == pytest.approx(choice.value_musd)


def test_a_ranking_on_one_scale(told):
    _, reasons = told
    assert reasons["road"].value_per_dollar == pytest.approx((6.0 * ANNUITY * (1 + RATE) - 50.0) / 50.0)


def test_the_frontier_rises_and_names_what_comes_next(told):
    choice, _ = told
    found = find_frontier(choice, [5.0, 50.0, 120.0])
    assert [point.budget_musd for point in found] == [5.0, 50.0, 70.0, 120.0]
    values = [point.value_musd for point in found]
    assert values == sorted(values)
    assert found[0].openings == {}
    assert found[1].added == ("road",)
    assert (found[2].added, found[2].left_out) == (("line", "post"), ("road",))
    assert set(found[3].openings) == {"line", "post", "road"}
    assert all(point.cost_musd <= point.budget_musd for point in found)


def test_the_frontier_keeps_what_is_required():
    """Below the cost of what is required there is no set; above it, none without it."""
    entries = [entry("must", 40.0), entry("line", 60.0), entry("road", 50.0)]
    valuer = SyntheticValuer(entries, {("must",): 1.0, ("line",): 9.0, ("road",): 8.0})
    limits = Limits(100.0, required=frozenset({"must"}))
    choice = choose_among(entries, valuer, limits, Aim.of(None, valuer.standings, "both"), later_years=0)
    found = find_frontier(choice, [10.0, 39.0, 90.0, 200.0])
    assert [point.budget_musd for point in found] == [90.0, 100.0, 200.0]
    assert [set(point.openings) for point in found] == [{"must", "road"}, {"must", "line"}, {"must", "line", "road"}]


def test_a_frontier_without_any_set():
    entries = [entry("must", 40.0)]
    valuer = SyntheticValuer(entries, {("must",): 1.0})
    limits = Limits(50.0, required=frozenset({"must"}))
    choice = choose_among(entries, valuer, limits, Aim.of(None, valuer.standings, "both"), later_years=0)
    assert [point.budget_musd for point in find_frontier(choice, [10.0, 20.0])] == [50.0]


def test_what_another_budget_finds_is_chosen_where_it_is_better():
    choice = chosen([entry("a", 10.0), entry("b", 10.0)], {("a",): 3.0, ("b",): 2.0}, 25.0)
    assert choice.best.projects == {"a", "b"}
    both = choice.best
    choice.search.scored = {key: item for key, item in choice.search.scored.items() if len(key) < 2}
    poorer = replace(choice, best=choice.search.best, sets=tuple(choice.search.scored.values()))
    assert poorer.best.projects == {"a"}
    assert poorer.knowing([both]).best.projects == {"a", "b"}
    dearer = replace(poorer, limits=Limits(15.0))
    assert dearer.knowing([both]).best.projects == {"a"}


def test_the_own_return_whatever_the_aim():
    """What a country gets for its dollar is asked also where the aim is the world, or the other country."""
    entries = [entry("road", 40.0, countries=("BBB",))]
    valuer = SyntheticValuer(entries, {("road",): 10.0}, share_of_a=0.99)
    for aim in ("world", "alba", "both"):
        choice = choose_among(entries, valuer, Limits(50.0), Aim.of(aim, valuer.standings, "both"), later_years=0)
        found = find_fairness(choice)
        rules = {"shapley", "remaining_benefits", "named", "all"}
        assert {(item.country, item.rule) for item in found.returns} == {
            (name, rule) for name in BOTH for rule in rules
        }


def test_the_cost_that_adds_nothing_counts_upkeep():
    class Kept(SyntheticValuer):
        def worths(self, sets, *, changes=()):
            # upkeep as large as the capital, in the year of opening
            return [
                replace(item, upkeep_musd=np.roll(item.capital_musd, 1, axis=0))
                for item in super().worths(sets, changes=changes)
            ]

    entries = [entry("road", 40.0)]
    valuer = Kept(entries, {("road",): 10.0})
    choice = choose_among(entries, valuer, Limits(50.0), Aim.of(None, valuer.standings, "both"), later_years=0)
    (road,) = explain(choice)
    works = 40.0 / (1 + RATE) + 40.0 / (1 + RATE) ** 2
    assert road.cost_out_musd == pytest.approx(40.0 * 10.0 * ANNUITY / works)


def test_what_is_required_says_so():
    entries = [entry("must", 40.0), entry("line", 60.0)]
    valuer = SyntheticValuer(entries, {("must",): 1.0, ("line",): 9.0})
    limits = Limits(100.0, required=frozenset({"must"}))
    choice = choose_among(entries, valuer, limits, Aim.of(None, valuer.standings, "both"), later_years=0)
    must = next(item for item in explain(choice) if item.id == "must")
    assert must.why == f"it is required; the set is worth {words.musd(must.adds_musd)} more with it"
