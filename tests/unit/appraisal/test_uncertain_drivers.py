"""What is uncertain in a case: drivers, their figures, and the worlds that scores make of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from karvan.appraisal.plans import plan_projects
from karvan.appraisal.rules import open_rule_set
from karvan.appraisal.uncertain import draw_figures
from karvan.appraisal.uncertain_drivers import Figure, demand_correlations, find_drivers, world_of
from karvan.appraisal.uncertainty import how_sure
from karvan.case import Setting, open_case
from karvan.case.ranges import Z90


@pytest.fixture(scope="module")
def case():
    return open_case("textbook")


def drivers_of(case, projects, rules="adb_2017"):
    opened = open_rule_set(rules)
    return {driver.name: driver for driver in find_drivers(case, plan_projects(case, projects, opened), opened)}


def test_low_middle_and_high_are_met_at_p10_p50_and_p90():
    price = Figure("service", "road.any", "price_usd_per_tkm", 0.04, 0.05, 0.07)
    assert price.at(np.array([-Z90, 0.0, Z90])) == pytest.approx([0.04, 0.05, 0.07])
    # by ratios above zero: twice the score, twice the ratio in logarithms
    assert float(price.at(Z90 * 1.5)) == pytest.approx(0.05 * (0.07 / 0.05) ** 1.5)
    growth = Figure("economy", "BBB", "growth_share_per_year", 0.0, 0.02, 0.04, -0.2, 0.3)
    assert growth.at(np.array([-Z90, Z90, 2.0])) == pytest.approx([0.0, 0.04, 0.02 + 0.02 * 2.0 / Z90])
    # held at the hundredth on either side, and within what the format allows
    assert float(growth.at(9.0)) == float(growth.at(stats.norm.ppf(0.99)))
    assert float(Figure("x", "y", "z", 0.5, 0.9, 0.99, 0.0, 1.0).at(2.3)) == 1.0


def test_a_change_is_a_factor_or_an_increment():
    price = Figure("service", "road.any", "price_usd_per_tkm", 0.04, 0.05, 0.07)
    assert str(price.change(Z90)).startswith("service:road.any:price_usd_per_tkm*=1.4")
    assert price.change(0.0) is None
    added = Figure("terminal", "b_city.rail1520-rail1435", "time_h", -8.0, -6.0, -4.0, adds=True)
    assert str(added.change(Z90)).startswith("terminal:b_city.rail1520-rail1435:time_h+=")
    assert float(added.change(Z90).value) == pytest.approx(2.0)


def test_the_drivers_of_the_textbook(case):
    found = drivers_of(case, "N2")
    assert [name for name, one in found.items() if not one.in_chain] == [
        "cost_N2", "overrun_N2", "delay", "upkeep", "closures", "asset_life"
    ]  # fmt: skip
    assert [name for name, one in found.items() if one.in_chain] == [
        "effect_N2", "growth", "demand_trade", "demand_transit", "demand_domestic", "demand_hinterland", "price_rail",
        "price_road", "price_ferry", "crossing_hours", "transfer_hours", "crossing_fees", "outside_price", "time_value",
        "elasticity",
    ]  # fmt: skip
    # cost 20 of high confidence: a tenth either way; a border post is standard civil works, 44 % over and 20 % late at most
    assert (found["cost_N2"].number.low, found["cost_N2"].number.high) == pytest.approx((0.9, 1.1))
    assert found["cost_N2"].assumed
    assert (found["overrun_N2"].number.low, found["overrun_N2"].number.high) == pytest.approx((1.0, 1.44))
    assert found["delay"].number.high == pytest.approx(0.20)
    # four cells of effect.csv with a range of their own
    assert len(found["effect_N2"].figures) == 4
    assert not found["effect_N2"].assumed
    assert found["time_value"].basis == "1 ranges and 1 confidences of commodity.csv"
    assert found["price_road"].basis == "low and high of 1 figures of service.csv"
    # the elasticity between the ends of published estimates, 4 in the middle
    assert [float(one) for one in found["elasticity"].figures[0].at(np.array([-Z90, 0.0, Z90]))] == pytest.approx(
        [1.75, 4.0, 8.28]
    )


def test_rail_has_its_own_class_and_paths_of_carbon_are_drawn_where_they_are(case):
    found = drivers_of(case, "N1", "world_bank_2016")
    assert found["overrun_N1"].number.middle == pytest.approx(1.45)  # Flyvbjerg and others 2003: rail, 45 %
    assert found["delay"].number.high == pytest.approx(0.25)  # Mott MacDonald 2002: non-standard civil works
    assert (found["cost_N1"].number.low, found["cost_N1"].number.high) == pytest.approx((0.9, 1.8))
    assert not found["cost_N1"].assumed
    assert "carbon" in found
    assert "carbon" not in drivers_of(case, "N1")


def test_a_world_changes_what_its_scores_say_and_nothing_else(case):
    found = drivers_of(case, "N2")
    assert world_of(found.values(), {}).changes == ()
    world = world_of(found.values(), {"price_road": Z90, "effect_N2": -Z90, "elasticity": Z90, "cost_N2": 1.3})
    assert [change.row for change in world.changes] == ["road.any"]
    assert world.theta == pytest.approx(8.28)
    assert {effect.project for effect in world.effects} == {"N2"}
    changes = tuple(effect.change for effect in world.effects)
    # 0.5 of the hours at the crossing becomes 0.4: a factor of 0.8 with the project
    assert {change.value for change in changes} == {repr(0.4 / 0.5)} or all(
        math.isclose(float(change.value), 0.8) for change in changes
    )
    opened = case.apply(Setting(projects=("N2",), changes=changes))
    assert opened.rows("border")["ab.rail.AAA-BBB"]["time_h"] == pytest.approx(10 * 0.4)


def test_a_cell_that_is_set_again_later_is_drawn_once_in_every_year(files):
    for year, value in (("", "5"), ("2035", "15"), ("2040", "20")):
        files.add("effect.csv", like="N3.a_city-a_gate.rail", effect_id=f"N3.mt{year}", column="capacity_mt_per_year",
                  value=value, low="3", high="30", from_year=year)  # fmt: skip
    figures = drivers_of(files.open(), "N3")["effect_N3"].figures
    found = [(one.first, one.until) for one in figures if one.column == "capacity_mt_per_year"]
    assert found == [(-math.inf, 2035.0), (2035.0, 2040.0), (2040.0, math.inf)]


def test_the_correlation_of_demand_is_honoured(case):
    found = tuple(drivers_of(case, "N2").values())
    ranks = demand_correlations(case, found)
    assert len(ranks) == 6  # pairs of four kinds of traffic
    assert set(ranks.values()) == {0.5}
    drawn = draw_figures([one.number for one in found], 4000, seed=1, correlations=ranks)
    names = [one.name for one in found]
    columns = [names.index(name) for name in names if name.startswith("demand_")]
    rank, _ = stats.spearmanr(drawn[:, columns])
    assert rank[np.triu_indices(4, 1)] == pytest.approx(0.5, abs=0.01)  # what 4,000 draws leave
    other, _ = stats.spearmanr(drawn[:, names.index("growth")], drawn[:, columns[0]])
    assert abs(other) < 0.03


def test_costs_and_upkeep_are_never_below_nothing(files):
    """A low end of nothing has a normal side, which would go on below it in a tenth of the draws."""
    files.set("project.csv", "N2", cost_musd="20", cost_low_musd="0", cost_high_musd="60")
    files.add("parameter.csv", like="reliability_ratio", parameter_id="upkeep_rail_infrastructure_pct_per_year", value="2",
              low="0", high="4")  # fmt: skip
    found = drivers_of(files.open(), "N2")
    drawn = draw_figures([found["cost_N2"].number, found["upkeep"].number], 1000, seed=1)
    assert drawn.min(axis=0).tolist() == [0.0, 0.0]
    assert (drawn == 0).mean(axis=0) == pytest.approx([0.1, 0.1], abs=0.005)
    assert np.quantile(drawn, 0.9, axis=0) == pytest.approx([3.0, 2.0], rel=0.02)


@pytest.mark.parametrize("ends", [("", ""), ("0", "1")])
def test_upkeep_of_nothing_is_not_drawn(files, ends):
    files.add("parameter.csv", like="reliability_ratio", parameter_id="upkeep_rail_infrastructure_pct_per_year", value="0",
              low=ends[0], high=ends[1])  # fmt: skip
    assert "upkeep" not in drivers_of(files.open(), "N2")


def test_an_estimate_of_nothing_is_not_drawn(files):
    files.set("project.csv", "N2", cost_musd="0", cost_low_musd="0", cost_high_musd="10")
    case = files.open()
    assert not {"cost_N2", "overrun_N2"} & set(drivers_of(case, "N2"))
    drawn = how_sure(case, "N2", draws=200, seed=1, solves=0)
    assert "N2 is estimated to cost nothing: neither its range nor an overrun is drawn" in drawn.notes
