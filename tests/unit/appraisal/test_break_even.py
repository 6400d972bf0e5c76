"""Where a value turns: at that cost, tonnage or share of time shut the accounts, drawn up anew, are worth nought."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from karvan.appraisal import OutcomeStore, appraise, open_rule_set, rule_set_names
from karvan.appraisal.closures import any_closure, closure_of_state
from karvan.appraisal.drivers import drivers_of
from karvan.appraisal.valuation import value_plan
from karvan.case import Setting
from karvan.report.turns import turns_of

if TYPE_CHECKING:
    from karvan.appraisal import Appraisal
    from karvan.appraisal.valuation import Valuation
    from karvan.case import Case

RULE_SETS = rule_set_names()


@pytest.fixture(scope="module")
def store() -> OutcomeStore:
    return OutcomeStore()


def drawn_up_anew(
    case: Case, found: Appraisal, store: OutcomeStore, *, cost: float, tonnes: float = 1.0, upkeep: float = 1.0
) -> Valuation:
    """Return the streams of an appraisal at another cost in all, with so many times the tonnes and the upkeep."""
    solved = {
        year: store.get(case, Setting(projects=found.plan.open_in(year), year=year, scenario="open"))
        for year in found.plan.solved_years()
    }
    names = ("benefit_musd", "transfer_musd", "tkm", "co2e_t")
    more = {year: replace(one, **{name: tonnes * getattr(one, name) for name in names}) for year, one in solved.items()}
    factor = cost / found.cost_musd
    plan = replace(
        found.plan, projects=tuple(replace(one, cost_musd=factor * one.cost_musd) for one in found.plan.projects),
        upkeep_pct=(upkeep * found.plan.upkeep_pct[0], 0.0, 0.0),
    )  # fmt: skip
    assert found.valuation is not None
    return value_plan(
        case, plan, more, found.rules, found.valuation.probability, found.valuation.states, found.valuation.usual
    )


@pytest.mark.parametrize("rule_set", RULE_SETS)
def test_accounts_at_the_break_even_cost_and_tonnage_are_worth_nought(
    textbook: Case, store: OutcomeStore, rule_set: str
) -> None:
    """By every rule set: residual values by remaining life grow with cost, those by net flows with tonnes and with upkeep."""
    found = appraise(textbook, "N1", rule_set=rule_set, store=store)
    for standing in found.standings:
        turns = next(row["break_even"] for row in found.to_dict()["by_standing"] if row["standing"] == standing.id)
        at_cost = drawn_up_anew(textbook, found, store, cost=turns["cost_musd"])
        assert at_cost.enpv([standing])[standing.id] == pytest.approx(0.0, abs=1e-9)
        times = turns["mt_per_year"] / turns["traffic_mt_per_year"]
        at_tonnes = drawn_up_anew(textbook, found, store, cost=found.cost_musd, tonnes=times)
        assert at_tonnes.enpv([standing])[standing.id] == pytest.approx(0.0, abs=1e-8)
        dear = drawn_up_anew(
            textbook, found, store, cost=1800.0,
            tonnes=turns["mt_per_year_at_high_cost"] / turns["traffic_mt_per_year"],
        )  # fmt: skip
        assert dear.enpv([standing])[standing.id] == pytest.approx(0.0, abs=1e-8)


@pytest.mark.parametrize("rule_set", RULE_SETS)
def test_drivers_of_cost_and_upkeep_are_what_the_accounts_say(
    textbook: Case, store: OutcomeStore, rule_set: str
) -> None:
    found = appraise(textbook, "N1", rule_set=rule_set, store=store)
    both = next(one for one in found.standings if one.id == found.headline)
    (cost,) = (one for one in drivers_of(found) if one.name == "cost of works")
    assert cost.value(1300.0) == pytest.approx(
        drawn_up_anew(textbook, found, store, cost=1300.0).enpv([both])["both"], rel=1e-9
    )
    assert found.valuation is not None
    wanted = drawn_up_anew(textbook, found, store, cost=found.cost_musd, upkeep=2.0).enpv([both])["both"]
    assert found.enpv_musd["both"] + found.valuation.works(both, [1000.0], upkeep_only=True) == pytest.approx(
        wanted, rel=1e-9
    )


@pytest.mark.parametrize("rule_set", RULE_SETS)
def test_other_drivers_are_what_the_accounts_say(textbook: Case, store: OutcomeStore, rule_set: str) -> None:
    """Gains of users, the price of CO2e and the discount rate moved in the rule set and the solved years themselves."""
    found = appraise(textbook, "N1", rule_set=rule_set, store=store)
    drivers = {one.name: one for one in drivers_of(found)}
    both = next(one for one in found.standings if one.id == found.headline)
    if "discount rate" in drivers:
        assert (
            (found.valuation.later_years > 0) == (found.rules.residual_value == "net_flows")
            if found.valuation
            else False
        )
        rate = drivers["discount rate"].high
        bands = (found.rules.discounting.bands[0].model_copy(update={"rate": rate}),)
        rules = found.rules.model_copy(
            update={"discounting": found.rules.discounting.model_copy(update={"bands": bands})}
        )
        wanted = appraise(textbook, "N1", rule_set=rules, store=store).enpv_musd["both"]
        assert drivers["discount rate"].value(rate) == pytest.approx(wanted, rel=1e-9)
    solved = {year: store.get(textbook, Setting(projects=found.plan.open_in(year), year=year, scenario="open"))
              for year in found.plan.solved_years()}  # fmt: skip
    more = {
        year: replace(
            one, benefit_musd=one.benefit_musd * [1.25 if row[0].startswith("user_") else 1.0 for row in one.rows]
        )
        for year, one in solved.items()
    }
    assert found.valuation is not None
    known = found.valuation
    dear = value_plan(textbook, found.plan, more, found.rules, known.probability, known.states, known.usual)
    assert drivers["gains of users"].value(1.25) == pytest.approx(dear.enpv([both])["both"], rel=1e-9)


@pytest.mark.parametrize("rule_set", RULE_SETS)
def test_the_value_without_a_price_of_co2e_is_that_of_the_rule_set_without_it(
    textbook: Case, store: OutcomeStore, rule_set: str
) -> None:
    found = appraise(textbook, "N1", rule_set=rule_set, store=store)
    rules = found.rules.model_copy(update={"carbon": None})
    wanted = appraise(textbook, "N1", rule_set=rules, store=store).enpv_musd["world"]
    assert found.enpv_by_carbon_musd["without"] == pytest.approx(wanted, rel=1e-9)


# closures ---------------------------------------------------------------------------------------------------------------


def test_closures_by_hand() -> None:
    """Two years, worth 10 open and -30 shut, shut half of the time: -10 a year; the value turns where a quarter is shut."""
    worth, half = np.array([[10.0, -30.0], [10.0, -30.0]]), np.full((2, 2), 0.5)
    running = np.array([True, True])
    found = any_closure(worth, half, usual=0, running=running)
    assert found is not None
    assert (found.share_expected, found.share, found.loss) == (0.5, pytest.approx(0.25), "above")
    assert (found.open_musd, found.shut_musd) == (20.0, -60.0)
    # what is worth something while the crossing is shut alone pays above that share
    bypass = any_closure(-worth, half, usual=0, running=running)
    assert bypass is not None
    assert (bypass.share, bypass.loss) == (pytest.approx(0.25), "below")


def test_where_nothing_is_shut_no_share_turns() -> None:
    worth, open_ = np.array([[10.0, -30.0]]), np.array([[1.0, 0.0]])
    assert any_closure(worth, open_, usual=0, running=np.array([True])) is None


def test_one_state_alone_leaves_the_others_in_proportion() -> None:
    """Open 0.6, one closure 0.3 worth -10, another 0.1 worth -40. Were the second x of the time, 1 - x would split 2 to 1."""
    worth, chances = np.array([[10.0, -10.0, -40.0]]), np.array([[0.6, 0.3, 0.1]])
    found = closure_of_state(worth, chances, "b", 2, usual=0, running=np.array([True]))
    # (1 - x) (2/3 x 10 - 1/3 x 10) - 40 x = 0
    assert found.share == pytest.approx((10 / 3) / (40 + 10 / 3))
    assert found.loss == "above"
    assert found.share_expected == pytest.approx(0.1)


@given(
    # to a thousandth of a dollar: shares of less than the least normal number are nought on one side and not on the other
    worth=arrays(float, (4, 3), elements=st.floats(-100, 100).map(lambda musd: round(musd, 9))),
    raw=arrays(float, (4, 3), elements=st.floats(0.01, 1)),
)
def test_at_the_share_found_the_value_is_nought(worth: np.ndarray, raw: np.ndarray) -> None:
    """Probabilities moved by hand to the share that was found: the value is nought, and a loss on the side that was named."""
    chances = raw / raw.sum(axis=1, keepdims=True)
    running = np.array([False, True, True, True])
    found = any_closure(worth, chances, usual=0, running=running)
    assert found is not None
    if found.share is None:
        own = float((chances * worth).sum())
        assert min(own, found.open_musd, found.shut_musd) >= 0 or max(own, found.open_musd, found.shut_musd) <= 0
        return
    assert 0 <= found.share <= 1

    def value(share: float) -> float:
        shut = 1.0 - chances[:, 0]
        now = float(shut[running].mean())
        moved = shut + (share - now) / (1 - now) * (1 - shut) if share >= now else share / now * shut
        mix = chances.copy()
        mix[:, 1:] *= (moved / shut)[:, None]
        mix[:, 0] = 1.0 - moved
        assert float(moved[running].mean()) == pytest.approx(share)
        return float((mix * worth).sum())

    assert value(found.share) == pytest.approx(0.0, abs=1e-8)


def test_reasons_are_given_where_nothing_turns(textbook: Case, store: OutcomeStore) -> None:
    post = appraise(textbook, "N2", store=store)
    turns = post.break_even
    assert turns.closure_share is None
    assert 0 < (turns.closure_share_expected or 0.0) < 1
    assert dict(turns.why_not) == {
        "closure_share": "it is worth USD \u221220.6 m where nothing is ever shut, and USD \u221222.7 m where something always is"
    }
    cora = {row["standing"]: row["break_even"] for row in post.to_dict()["by_standing"]}["cora"]
    assert cora["why_not"] == {
        "cost_musd": "no cost of works falls to Cora", "mt_per_year": "no cost of works falls to Cora",
        "closure_share": "it is worth USD 876,000 where nothing is ever shut, and USD 1,440 where something always is",
    }  # fmt: skip
    done = appraise(textbook, "N5", store=store)
    assert set(done.break_even.why_not) == {"cost_musd", "mt_per_year", "closure_share"}
    assert set(done.break_even.why_not.values()) == {done.why_not}
    assert turns_of(done) == []


def test_sentences_name_both_ends_of_the_cost_and_why_nothing_turns(textbook: Case, store: OutcomeStore) -> None:
    lines = turns_of(appraise(textbook, "N2", store=store))
    assert lines[0] == "It breaks even at a cost of USD 1.44 m."
    assert lines[1] == (
        "It breaks even at 4.12 Mt a year (3.71 Mt at the low end of its cost, 4.54 Mt at the high end) over its busiest part, "
        "were gains per tonne what they are; 0.297 Mt are expected."
    )
    assert lines[2] == (
        "No share of closures at which it breaks even: it is worth USD \u221220.6 m where nothing is ever shut, and "
        "USD \u221222.7 m where something always is."
    )
    post = replace(appraise(textbook, "N2", store=store), headline="cora")
    assert turns_of(post)[0] == "No cost and no tonnage at which it breaks even: no cost of works falls to Cora."


def test_a_value_that_closures_kill(textbook: Case, store: OutcomeStore) -> None:
    """N2 at its break-even cost with nothing changed else: a little cheaper, and it dies where the gate is shut for longer."""
    post = appraise(textbook, "N2", store=store)
    cheap = drawn_up_anew(textbook, post, store, cost=1.1 * (post.break_even.cost_musd or 0.0))
    worth = cheap.factors[:, None] * cheap.by_year_and_state(next(s for s in post.standings if s.id == "both"))
    running = np.asarray(post.years) >= 2028
    found = any_closure(worth, cheap.probability, usual=0, running=running)
    assert found is not None
    assert found.loss == "above"
    assert found.share is not None
    assert (
        found.share < found.share_expected
    )  # a tenth above the break-even cost: it needs fewer closures than are expected


def test_rule_sets_of_both_kinds_are_tried() -> None:
    assert {open_rule_set(name).residual_value for name in RULE_SETS} == {"remaining_life", "net_flows"}
