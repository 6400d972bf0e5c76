"""The whole answer: its tables and its JSON, whose every field the page on commands names; readiness and debt service."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from synthetic_worths import SyntheticValuer, entry

import karvan
from karvan.charts import words
from karvan.cli import portfolio_choice_command
from karvan.portfolio import Limits, Portfolio, choose_among, explain, find_fairness, find_frontier, find_robustness
from karvan.portfolio.aims import Aim
from karvan.portfolio.demands import Demand
from karvan.portfolio.entries import Payer, entries_of
from karvan.portfolio.process import StateProcess
from karvan.portfolio.readiness import Readiness, read_readiness
from karvan.portfolio.wait import value_waiting
from karvan.report.portfolio import portfolio_figures, portfolio_files

PROCESS = StateProcess(("open", "shut"), ("Open", "Shut"), 0, np.array([[0.75, 0.25], [0.75, 0.25]]), np.array([0, 1]))
PAGE = Path(__file__).resolve().parents[3] / "docs" / "cli.md"


@pytest.fixture(scope="module")
def found():
    payers = (
        Payer("bank", "A bank", "AAA", "loan", "agreed", 0.6),
        Payer("open", "open: nobody named", "", "unknown", "open", 0.4),
    )
    entries = [
        entry("line", 60.0, payers=payers), entry("post", 5.0), entry("road", 50.0, 10.0), entry("gate", 30.0),
        entry("rival", 50.0, alternatives=("line",)), entry("eTIR", 2.0, why_apart="cost and effect are both assumed"),
    ]  # fmt: skip
    gains = {("line",): 1.0, ("post",): 0.1, ("line", "post"): 11.0, ("road",): 6.0, ("rival",): 5.0, ("gate",): 3.2}
    valuer = SyntheticValuer(entries, gains, only_open=["gate"])
    choice = choose_among(entries, valuer, Limits(100.0), Aim.of(None, valuer.standings, "both"), later_years=1)
    waits = {
        name: value_waiting(choice.search.singles[name], PROCESS, choice.aim.countries) for name in choice.openings
    }
    ready = Readiness(0.5, {"finance": 0.5, "land": None}, {"finance": "offered"})
    demands = [Demand("half", ("half",)), Demand("double", ("double",))]
    return Portfolio(
        choice, find_robustness(choice, PROCESS, demands, draws=40), find_fairness(choice),
        value_waiting(choice.worth, PROCESS, choice.aim.countries), waits, explain(choice), find_frontier(choice, [50.0, 200.0]),
        {item.id: ready for item in entries},
    )  # fmt: skip


def keys(value):
    if isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from keys(item)
    elif isinstance(value, list):
        for item in value:
            yield from keys(item)


def test_the_page_names_every_field(found):
    answer = json.loads(json.dumps(found.to_dict()))
    text = re.split(
        r"^## ", PAGE.read_text(encoding="utf-8").split("\n## portfolio\n")[1], maxsplit=1, flags=re.MULTILINE
    )[0]
    known = set(keys({name: value for name, value in answer.items() if name not in ("meta", "apart")}))
    assert not [name for name in sorted(known) if f"`{name}`" not in text]
    assert answer["chosen"]
    assert answer["apart"][0]["break_even"] == {"cost_musd": 7.0}


def test_sums_agree_between_tables(found):
    answer = found.to_dict()
    assert answer["cost_musd"] == pytest.approx(sum(item["cost_musd"] for item in answer["chosen"]))
    assert answer["cost_musd"] == pytest.approx(found.outlays["musd"].sum())
    assert answer["cost_musd"] == pytest.approx(sum(item["outlay_musd"] for item in answer["fairness"]["funders"]))
    headline = {item["standing"]: item["enpv_musd"] for item in answer["standings"]}
    assert headline["both"] == pytest.approx(answer["value_musd"])
    assert headline["alba"] + headline["bela"] == pytest.approx(headline["both"])
    assert set(found.table["id"]) == {"line", "post", "road", "gate", "rival"}
    assert list(found.sets["value_musd"]) == sorted(found.sets["value_musd"], reverse=True)
    assert len(found.robustness.table) == len(found.robustness.sets) * len(found.robustness.futures)


def test_pictures_and_tables_become_files(found):
    case = karvan.open_case("textbook")
    assert set(portfolio_figures(case, found)) == {"frontier", "phasing", "who_gains", "robustness"}
    files = portfolio_files(case, found)
    assert files["frontier.svg"].startswith(b"<?xml")
    assert files["outlays.csv"].startswith(b"year,project,funder,funder_name,country,instrument,status,musd")


def test_the_screen_says_who_gets_what_for_a_dollar(found, capsys):
    portfolio_choice_command._show(found)
    said = " ".join(capsys.readouterr().out.split())
    assert "What each would get for its own money: AAA, were it to pay by the Shapley value (USD " in said
    own = next(item for item in found.fairness.returns if (item.country, item.rule) == ("BBB", "all"))
    assert (
        f"an own return of {words.rate(own.irr)}; the set is worth {own.value_per_dollar:.3g} to both for each of its"
        in said
    )
    assert "in project works from opens cost adds alone a dollar ready why" in said
    assert "out project cost alone a dollar comes in at ready why" in said


# readiness, debt service, futures of demand -----------------------------------------------------------------------------


def test_readiness_is_what_is_reported():
    case = karvan.open_case("pakistan_azerbaijan")
    ready = read_readiness(case, "P06")
    assert ready.criteria["finance"] == 1.0  # a loan that is agreed
    assert ready.criteria["approval"] == 1.0
    assert ready.words["approval"] == "vetted"
    assert ready.criteria["security"] == 0.0
    known = [level for level in ready.criteria.values() if level is not None]
    assert ready.score == pytest.approx(sum(known) / len(known))
    assert read_readiness(case, "P08").criteria["feasibility"] == 0.0
    assert read_readiness(case, "P47").criteria["finance"] == 1.0
    assert all(math.isnan(item.score) or 0 <= item.score <= 1 for item in
               (read_readiness(case, name) for name in case.rows("project")))  # fmt: skip


def test_debt_service_is_that_of_the_known_terms():
    case = karvan.open_case("pakistan_azerbaijan")
    of = {item.id: item for item in entries_of(case, rule_set="adb_2017", only=["P01", "P06", "P47"])}
    # P06: all of it lent at 6.4 %, and due in the year after three years of works
    cost = of["P06"].cost_musd
    third = cost / 3
    assert of["P06"].service_musd == pytest.approx([0.064 * third, 0.064 * 2 * third, 0.064 * cost, 1.064 * cost])
    # P01: 60 % at 4.6 %, 25 years with 5 of grace, equal parts of the principal; no terms of the rest are known
    lent = 0.6 * of["P01"].cost_musd
    assert len(of["P01"].service_musd) == 25
    assert of["P01"].service_musd[5] == pytest.approx(lent / 20 + 0.046 * lent)
    assert of["P47"].service_musd == ()
    assert {payer.funder for payer in of["P47"].payers} == {"S38", "S27", "open"}
