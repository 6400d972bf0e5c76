"""Futures of demand: written as changes, and solved in every state of the crossings."""

from __future__ import annotations

import pytest

import karvan
from karvan.appraisal import appraise
from karvan.portfolio import Limits, choose, find_robustness, process_of
from karvan.portfolio.demands import Demand, demands_of
from karvan.portfolio.robust import Future

SLOW, FAST = {"AAA": 0.01, "BBB": 0.0}, {"AAA": 0.05, "BBB": 0.04}


def set_growth(rates):
    return tuple(f"economy:{name}:growth_share_per_year={rate:g}" for name, rate in rates.items())


@pytest.fixture
def grown(files):
    """The textbook case with a future of low growth and one of high growth."""
    for future, rates in (("slow", SLOW), ("fast", FAST)):
        files.add("scenario.csv", like="fuel_dear", scenario_id=future, name=future)
        for name, rate in rates.items():
            files.add(
                "effect.csv", like="fuel_dear.road", effect_id=f"{future}.{name}", owner=future, table="economy", row=name,
                column="growth_share_per_year", op="set", value=f"{rate:g}", low="", high="",
            )  # fmt: skip
    return files


def test_futures_of_demand_are_those_that_set_growth(grown):
    slow, fast = demands_of(grown.open())
    assert slow == Demand("slow", set_growth(SLOW))
    assert fast == Demand("fast", set_growth(FAST))
    assert demands_of(karvan.open_case("textbook")) == ()
    found = demands_of(karvan.open_case("pakistan_azerbaijan"))
    assert [(item.id, item.why_not) for item in found] == [("growth_low", ""), ("growth_high", "")]
    assert "economy:PAK:growth_share_per_year=0.055" in found[1].changes


def test_what_is_asked_for_overrules_a_future(grown):
    case = grown.open()
    for change in ("economy:AAA:growth_share_per_year=0.02", "service:road.any:price_usd_per_tkm*=2"):
        slow = demands_of(case, [change])[0]
        assert slow.changes == set_growth({"BBB": 0.0} if "AAA" in change else SLOW)
    # what is multiplied by a change is first set by the future, as in a setting
    assert demands_of(case, ["economy:AAA:growth_share_per_year*=2"])[0].changes == set_growth(SLOW)
    both = [f"economy:{name}:growth_share_per_year=0.02" for name in SLOW]
    assert demands_of(case, both)[0] == Demand("slow", why_not="the changes asked for set all that it sets")


@pytest.mark.parametrize(
    ("cells", "changes", "why"),
    [
        (
            {"from_year": "2030"}, (),
            "its effect on economy:AAA:growth_share_per_year begins in a year, and a change holds in every year",
        ),
        ({"owner": "ab_shut"}, (), "a state of the crossings has an effect on economy:AAA:growth_share_per_year too"),
        (
            {"op": "multiply"}, ("economy:AAA:growth_share_per_year*=2",),
            "the changes asked for have another effect on economy:AAA:growth_share_per_year than to set it",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_written_as_changes_says_why(grown, cells, changes, why):
    if "owner" in cells:
        grown.add("effect.csv", like="slow.AAA", effect_id="more", **cells)
    else:
        grown.set("effect.csv", "slow.AAA", **cells)
    slow = next(item for item in demands_of(grown.open(), changes) if item.id == "slow")
    assert slow == Demand("slow", why_not=why)


def test_demand_enters_a_case_with_closures(grown):
    case = grown.open()
    choice = choose(case, 100.0, limits=Limits(required=frozenset({"N2"})), projects=["N2"], later_years=0)
    demands = [*demands_of(case), Demand("odd", why_not="it is odd")]
    found = find_robustness(choice, process_of(case, choice.worth.time), demands, draws=20)
    assert found.notes == (
        "delays are drawn evenly from none to 25% of the longest works, rounded to years",
        "demand of odd is left out: it is odd",
    )
    at = {future: found.table_musd[0, place] for place, future in enumerate(found.futures)}
    for demand, rates in (("slow", SLOW), ("base", {}), ("fast", FAST)):
        told = appraise(case, ["N2@2028"], changes=set_growth(rates))
        assert at[Future("process", demand, "middle", 0)] == pytest.approx(told.enpv_musd["both"], abs=1e-6)
        for state, worths in told.enpv_by_state_musd.items():
            assert at[Future(state, demand, "middle", 0)] == pytest.approx(worths["both"], abs=1e-6)
    worths = [at[Future("process", demand, "middle", 0)] for demand in ("slow", "base", "fast")]
    assert worths == sorted(worths)
    assert worths[0] < worths[2]
