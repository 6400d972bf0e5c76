"""Demand between solved years grows as it does in the world that is appraised: its scenario, its changes, drawn growth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from karvan.appraisal import OutcomeStore, appraise, how_sure, open_rule_set
from karvan.appraisal.appraise_projects import carrier_of
from karvan.appraisal.demand import base_demand, demand_of_years
from karvan.appraisal.draw_worth import DrawModel, _demand
from karvan.appraisal.plans import Plan, plan_projects
from karvan.appraisal.uncertain_drivers import find_drivers
from karvan.case import Setting
from karvan.flows.demand import growth_of
from karvan.portfolio.valuer import worth_of

if TYPE_CHECKING:
    from tests.conftest import CaseFiles

    from karvan.case import Case

ECONOMIES = ("AAA", "BBB", "CCC", "ROW")
FALLING = tuple(f"economy:{name}:growth_share_per_year=-0.03" for name in ECONOMIES)
YEARS = (2026, 2030, 2041)


@pytest.fixture(scope="module")
def store() -> OutcomeStore:
    return OutcomeStore()


def tonnes(case: Case, setting: Setting) -> float:
    """Return the tonnes of a year row by row, as the chain grows them."""
    applied = case.apply(setting)
    rows = applied.rows("base_flow").values()
    return sum(row["flow_t_per_year"] * growth_of(applied, row["origin"], row["destination"]) for row in rows)


def with_slump(files: CaseFiles) -> Case:
    """Return the textbook with a future in which Bela grows otherwise, and again from 2035 on, and one flow doubles."""
    files.add("scenario.csv", like="fuel_dear", scenario_id="slump", name="Slump")
    like = {"like": "fuel_dear.road", "owner": "slump", "table": "economy", "row": "BBB", "column": "growth_share_per_year",
            "low": "", "high": ""}  # fmt: skip
    files.add("effect.csv", **like, effect_id="slump.now", op="set", value="-0.01")
    files.add("effect.csv", **like, effect_id="slump.later", op="set", value="0.06", from_year="2035")
    flow = files.read("base_flow.csv")[1][0]
    more = {"table": "base_flow", "row": flow, "column": "flow_t_per_year", "op": "multiply", "value": "2"}
    files.add("effect.csv", **(like | more), effect_id="slump.flow")
    return files.open()


def test_it_is_that_of_the_chain_in_every_year(files: CaseFiles) -> None:
    case = with_slump(files)
    changes = Setting.of(
        changes=["economy:AAA:growth_share_per_year*=1.5", "economy:CCC:growth_share_per_year+=0.01"]
    ).changes
    for scenario in ("open", "slump"):
        wanted = [tonnes(case, Setting(year=year, scenario=scenario, changes=changes)) for year in YEARS]
        assert demand_of_years(case, YEARS, scenario=scenario, changes=changes) == pytest.approx(wanted, rel=1e-12)
    plain, slump = (demand_of_years(case, YEARS, scenario=one) for one in ("open", "slump"))
    assert np.all(slump != plain)


def test_a_plan_has_the_demand_of_its_world(files: CaseFiles) -> None:
    case = with_slump(files)
    found = appraise(case, "N2", scenario="slump").plan
    assert found.demand_t == pytest.approx(demand_of_years(case, found.years, scenario="slump"), rel=1e-12)


def test_a_year_between_solved_ones_is_near_its_own_solution(
    textbook: Case, store: OutcomeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Demand falls by 3 % a year, so that nothing is full and gains go with demand; the case's own growth would be off by 2.5 %.

    What is left, 6 parts in a million, is that groups of goods fall at rates that differ a little.
    """
    found = appraise(textbook, "N2", changes=FALLING, store=store)
    solved = Plan.solved_years
    monkeypatch.setattr(Plan, "solved_years", lambda self: tuple(sorted({*solved(self), 2046})))
    exact = appraise(textbook, "N2", changes=FALLING, store=store)
    one, two = (each.accounts("world") for each in (found, exact))
    assert one is not None
    assert two is not None
    place = found.years.index(2046)
    assert one.accounts.net[place] == pytest.approx(two.accounts.net[place], rel=1e-4)
    assert one.accounts.net[place] != two.accounts.net[place]


def test_what_is_kept_of_it_for_a_portfolio(textbook: Case, store: OutcomeStore) -> None:
    found = appraise(textbook, "N2", changes=FALLING, store=store)
    kept = worth_of(found).time.demand
    assert kept[1:] / kept[:-1] == pytest.approx(0.97, rel=1e-9)


@pytest.mark.parametrize(
    "given", [FALLING, ("economy:AAA:growth_share_per_year*=2", "economy:BBB:growth_share_per_year+=0.01")]
)
def test_draws_begin_at_the_appraisal_and_grow_as_the_chain_does(
    textbook: Case, store: OutcomeStore, given: tuple[str, ...]
) -> None:
    """The first is held by the audit of draws; a drawn growth is a change, made after what is set and before what adds."""
    how_sure(textbook, "N2", draws=16, only=["cost_N2", "delay"], changes=given, store=store)
    changes = Setting.of(changes=given).changes
    rules = open_rule_set("adb_2017")
    carrier = carrier_of(textbook, None)
    plan = plan_projects(textbook, "N2", rules, scenario=carrier, changes=changes)
    drivers = tuple(one for one in find_drivers(textbook, plan, rules) if one.name == "growth")
    model = DrawModel(textbook, plan, rules, (), (), np.zeros((0, 0)), None, (), drivers, carrier, changes)
    scores = np.array([[-1.6], [0.0], [0.7]])
    found = _demand(model, scores)
    for row, score in zip(found, scores[:, 0], strict=True):
        drawn = [figure.change(score) for figure in drivers[0].figures]
        world = (*changes, *(change for change in drawn if change is not None))
        for year in YEARS:
            wanted = tonnes(textbook, Setting(year=year, scenario=carrier, changes=world))
            assert row[year - plan.years[0]] == pytest.approx(wanted, rel=1e-9)


def test_a_case_without_flows_has_no_demand(textbook: Case) -> None:
    empty = base_demand(textbook, 2030)
    none = type(empty)((), np.zeros(0), empty.growth)
    assert none.after(5, lambda _name, rate: np.array([rate])).tolist() == [0.0]
