"""Robustness and waiting, against sums done by hand."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic_worths import RATE, YEARS, SyntheticValuer, entry

from karvan.portfolio.aims import Aim
from karvan.portfolio.candidates import Limits
from karvan.portfolio.choice import choose_among
from karvan.portfolio.demands import Demand
from karvan.portfolio.process import StateProcess
from karvan.portfolio.robust import Future, failing_boxes, find_robustness
from karvan.portfolio.wait import value_waiting

STAYS, COMES = 0.6, 0.1
PROCESS = StateProcess(
    ("today", "open", "shut"), ("Today", "Open", "Shut"), 0,
    np.array([[0.0, 1 - STAYS, STAYS], [0.0, 1 - COMES, COMES], [0.0, 1 - STAYS, STAYS]]), np.array([1, 0, 1]),
)  # fmt: skip


def chosen(entries, gains, total=100.0, **how):
    valuer = SyntheticValuer(entries, gains, **how)
    return choose_among(entries, valuer, Limits(total), Aim.of(None, valuer.standings, valuer.headline), later_years=0)


@pytest.fixture
def choice():
    entries = [entry("firm", 40.0), entry("bold", 40.0, cost_low_share=0.8, cost_high_share=1.5), entry("own", 5.0)]
    return chosen(entries, {("firm",): 6.0, ("bold",): 8.0, ("own",): 3.0}, 50.0, only_open=["bold"])


def test_the_core_is_in_the_sets_near_the_best(choice):
    found = find_robustness(choice, PROCESS, draws=50)
    assert set(choice.openings) == set(found.sets[0].openings)
    assert "own" in found.core
    near = [item for item in choice.sets if item.value_musd >= 0.95 * choice.value_musd]
    assert found.near == len({item.projects for item in near})
    assert len({frozenset(item.openings) for item in found.sets}) == len(found.sets)
    for name in found.core:
        assert np.mean([name in item.openings for item in near]) >= 0.9


def test_sets_near_the_best_that_only_the_model_knows():
    """Six alike and small beside one large: nearly every set with the large one lies near the best, few are appraised."""
    entries = [entry("large", 40.0), *(entry(f"p{number}", 1.0) for number in range(6))]
    gains = {("large",): 30.0} | {(f"p{number}",): 0.1 + number / 100 for number in range(6)}
    valuer = SyntheticValuer(entries, gains)
    choice = choose_among(
        entries, valuer, Limits(50.0), Aim.of(None, valuer.standings, "both"), later_years=0, most_plans=0
    )
    found = find_robustness(choice, PROCESS, draws=20)
    assert found.core == ("large",)
    assert choice.bound_kind == "surrogate"
    # every set with the large one: what the six add is less than a twentieth of it
    assert found.near + 4 >= 2**6 >= found.near
    assert found.near_by_model >= 50
    said = f"by the pairwise model alone: {found.near_by_model} sets of the {found.near} within 5 % of the best"
    assert any(note.startswith(said) for note in found.notes)


def test_draws_have_their_mean_tail_and_regret(choice):
    found = find_robustness(choice, PROCESS, draws=400)
    assert find_robustness(choice, PROCESS, draws=400).to_dict() == found.to_dict()
    bold = next(item for item in found.sets if set(item.openings) == {"bold", "own"})
    firm = next(item for item in found.sets if set(item.openings) == {"firm", "own"})
    for item in found.sets:
        assert item.cvar_musd <= item.expected_musd
        assert item.worst_regret_musd >= 0
    # what earns in one state alone has the longer tail, and the more to regret
    assert bold.expected_musd - bold.cvar_musd > firm.expected_musd - firm.cvar_musd
    assert bold.by_state_musd["shut"] < firm.by_state_musd["shut"]


def test_one_set_without_chance_is_its_own_expectation():
    choice = chosen([entry("a", 10.0)], {("a",): 2.0})
    found = find_robustness(choice, PROCESS, draws=20)
    (only,) = [item for item in found.sets if item.openings]
    assert only.expected_musd == pytest.approx(only.value_musd)
    assert only.cvar_musd == pytest.approx(only.value_musd)
    assert only.worst_regret_musd == 0.0


def test_demand_cost_and_delay_in_the_table(choice):
    found = find_robustness(choice, PROCESS, [Demand("half", ("half",)), Demand("double", ("double",))], draws=10)
    row = next(n for n, item in enumerate(found.sets) if set(item.openings) == {"bold", "own"})
    (scored,) = [item for item in choice.sets if item.projects == {"bold", "own"}]
    at = {future: found.table_musd[row, n] for n, future in enumerate(found.futures)}
    both = ("AAA", "BBB")
    plain = at[Future("process", "base", "middle", 0)]
    assert plain == pytest.approx(scored.value_musd)
    # the cost of the set: 40 from 0.8 to 1.5 of it, and 5 that is certain; spent in 2027
    capital = scored.worth.capital_pv_musd(both)
    assert capital == pytest.approx(45.0 / (1 + RATE))
    assert at[Future("process", "base", "high", 0)] == pytest.approx(plain - (40 * 1.5 + 5 - 45) / (1 + RATE))
    assert at[Future("process", "half", "middle", 0)] == pytest.approx((plain + capital) / 2 - capital)
    assert at[Future("process", "double", "middle", 0)] == pytest.approx((plain + capital) * 2 - capital)
    assert at[Future("open", "base", "middle", 0)] == pytest.approx(scored.worth.in_state(both)["open"])
    # a year later: one year of discounting, and one year less of gains at the end
    late = at[Future("process", "base", "middle", 1)]
    last = (3.0 + 8.0 * 0.75) / (1 + RATE) ** (len(YEARS) - 1)
    assert late == pytest.approx((plain - last) / (1 + RATE))


def test_where_a_set_fails():
    futures = [Future(state, "base", cost, delay) for state in ("process", "open", "shut") for cost in ("low", "high")
               for delay in (0, 1)]  # fmt: skip
    fails = np.array(
        [future.state == "shut" or (future.cost == "high" and future.state == "process") for future in futures]
    )
    found = failing_boxes(futures, fails)
    assert [dict(item.conditions) for item in found] == [{"state": "shut"}, {"state": "process", "cost": "high"}]
    assert [item.share for item in found] == [1.0, 1.0]
    assert sum(item.covers_share for item in found) == pytest.approx(1.0)
    assert failing_boxes(futures, np.zeros(len(futures), dtype=bool)) == ()


# waiting ----------------------------------------------------------------------------------------------------------------


def stay_or_go(process, gain):
    """Return a set of USD 60 m that earns in the open state alone, and what waiting with it is worth."""
    choice = chosen([entry("gate", 60.0)], {("gate",): gain}, only_open=["gate"])
    return value_waiting(choice.search.singles["gate"], process, ("AAA", "BBB"))


def test_waiting_pays_where_a_state_makes_it_a_loss():
    half = StateProcess(
        ("today", "open", "shut"), ("Today", "Open", "Shut"), 0, np.array([[0, 0.5, 0.5], [0, 1.0, 0], [0, 0, 1.0]]),
        np.array([0, 0, 1]),
    )  # fmt: skip
    found = stay_or_go(half, 10.0)
    # in a year it is known for ever: half the time open, and then worth what it is when opened in 2029
    gains = 10.0 * sum((1 + RATE) ** -(year - YEARS[0]) for year in range(2029, YEARS[-1] + 1))
    cost = 60.0 * (1 + RATE) ** -2
    assert found.by_year_musd[2027] == pytest.approx(0.5 * (gains - cost))
    now = 0.5 * 10.0 * sum((1 + RATE) ** -(year - YEARS[0]) for year in range(2028, YEARS[-1] + 1)) - 60.0 / (1 + RATE)
    assert found.now_musd == pytest.approx(now)
    assert now < 0.5 * (gains - cost)
    assert found.decide_year == 2027
    assert found.trigger == ("Open",)
    assert found.option_musd == pytest.approx(0.5 * (gains - cost) - max(0.0, now))
    assert not found.build_now


def test_nothing_is_gained_by_waiting_where_no_state_makes_it_a_loss():
    choice = chosen([entry("sure", 10.0)], {("sure",): 5.0})
    found = value_waiting(choice.search.singles["sure"], PROCESS, ("AAA", "BBB"))
    assert found.build_now
    assert found.option_musd == 0.0
    assert found.trigger == ()
    assert found.decide_year == YEARS[0]


def test_a_process_that_knows_today_apart():
    time = chosen([entry("a", 10.0)], {("a",): 2.0}).worth.time
    assert PROCESS.chances(1) == pytest.approx([0.0, 1 - STAYS, STAYS])
    since = PROCESS.from_state(time, 0, 0)
    assert since[0] == pytest.approx([0.0, 1.0])
    assert since[1] == pytest.approx([1 - STAYS, STAYS])
    courses = np.mean([PROCESS.course(time, seed) for seed in range(2000)], axis=0)
    assert courses[1] == pytest.approx([1 - STAYS, STAYS], abs=0.04)  # 2,000 draws: a standard error of 0.011
    assert courses[0] == pytest.approx([0.0, 1.0])


def test_a_set_with_several_years_counts_once():
    valuer = SyntheticValuer([entry("a", 10.0), entry("b", 10.0)], {("a",): 5.0, ("b",): 5.0})
    choice = choose_among(
        list(valuer.of.values()), valuer, Limits(30.0), Aim.of(None, valuer.standings, "both"), later_years=1
    )
    assert len(choice.sets) > 4
    found = find_robustness(choice, PROCESS, draws=5)
    assert [set(item.openings) for item in found.sets].count({"a", "b"}) == 1
    assert dict(found.sets[0].openings) == choice.openings
