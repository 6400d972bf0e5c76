"""Network design: Braess by hand, a search cut short, and requests that cannot be met."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from karvan.cli import main
from karvan.errors import InputError, NotConvergedError, RequestError
from karvan.flows.links import LinkTable
from karvan.flows.tntp import read_candidates
from karvan.portfolio import design as design_module
from karvan.portfolio.design import design_network

NET = """<NUMBER OF ZONES> 2
<NUMBER OF NODES> 4
<FIRST THRU NODE> 1
<NUMBER OF LINKS> 4
<NUMBER OF NEW LINKS> 1
<END OF METADATA>
~ init term capacity length fft b power speed toll type cost ;
1 3 1 0 1e-8 1e9 1 0 0 1 0 ;
1 4 1 0 50 0.02 1 0 0 1 0 ;
3 2 1 0 50 0.02 1 0 0 1 0 ;
4 2 1 0 1e-8 1e9 1 0 0 1 0 ;
3 4 1 0 10 0.1 1 0 0 1 7.5 ;
"""
TRIPS = np.array([[0.0, 6.0], [0.0, 0.0]])


@pytest.fixture
def braess(tmp_path):
    path = tmp_path / "braess.tntp"
    path.write_text(NET, encoding="utf-8")
    links, cost = read_candidates(path)
    return links, [Fraction(repr(float(item))) for item in cost]


def test_a_link_that_makes_all_worse_off_is_not_built(braess):
    # Braess 1968: six travellers take 83 each without the link and 92 with it
    links, cost = braess
    found = design_network(links, TRIPS, cost, budget=Fraction(100))
    assert (found.built, found.cost, found.proven) == ((), 0, True)
    assert found.tstt == pytest.approx(6 * 83, rel=1e-7)


def test_what_is_said_of_a_design(braess):
    links, cost = braess
    # free travel on the new link, and the paradox is gone
    links = LinkTable.of(
        pd.DataFrame({"from_node": list("13143"), "to_node": list("32424"), "free_flow_time": [1, 9, 9, 1, 1],
                      "capacity": [10.0] * 5, "b": [0.1] * 5, "power": [1.0] * 5}),
        zones=["1", "2"],
    )  # fmt: skip
    found = design_network(links, TRIPS, cost, budget=Fraction(100))
    answer = found.to_dict()
    assert answer["built"] == [{"from": "3", "to": "4", "link": 5, "cost": 7.5}]
    assert (answer["cost"], answer["budget"], answer["gap"], answer["proven"]) == (7.5, 100.0, 0.0, True)
    assert answer["bound_kind"] == "relaxation"


def test_a_search_without_time_says_what_it_knows(braess):
    links, cost = braess
    found = design_network(links, TRIPS, cost, budget=Fraction(100), seconds=0.0)
    assert not found.proven
    assert 0 < found.lower_bound < found.tstt
    assert found.gap == pytest.approx(1 - found.lower_bound / found.tstt)


@pytest.mark.parametrize(
    ("change", "budget", "message"),
    [
        (
            {},
            5,
            "network design: the budget of 5 lies below the cost of every candidate; the cheapest is 7.5. Raise it.",
        ),
        ({}, -1, "network design: the budget is -1; expected zero or more."),
        (
            {4: 0},
            5,
            "network design: no link has a cost, so that there is nothing to choose. Give the candidates their costs.",
        ),
        ({0: -2}, 9, "network design: link 1: cost -2; expected zero or more."),
    ],
)
def test_requests_that_cannot_be_met(braess, change, budget, message):
    links, cost = braess
    for place, item in change.items():
        cost[place] = Fraction(item)
    with pytest.raises(InputError) as error:
        design_network(links, TRIPS, cost, budget=Fraction(budget))
    assert str(error.value) == message


def test_costs_for_other_links(braess):
    links, cost = braess
    with pytest.raises(InputError, match=r"4 costs for 5 links\. Give one a link, zero where it stands\."):
        design_network(links, TRIPS, cost[:4], budget=Fraction(9))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            " 1 7.5 ;",
            " 1 ;",
            "line 12: found 10 figures; expected 11: init_node, term_node, capacity, length, free_flow_time, ",
        ),
        ("LINKS> 1", "LINKS> 3", "holds 5. The file ends early, or the count is wrong."),
    ],
)
def test_a_file_that_does_not_hold_what_it_says(tmp_path, old, new, message):
    path = tmp_path / "net.tntp"
    path.write_text(NET.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_candidates(path)
    assert message in str(error.value)


def test_the_count_may_be_that_of_all_links(tmp_path):
    path = tmp_path / "net.tntp"
    path.write_text(NET.replace("LINKS> 4", "LINKS> 5"), encoding="utf-8")
    assert len(read_candidates(path)[0]) == 5


def test_an_equilibrium_that_is_none_is_refused(braess, monkeypatch):
    links, cost = braess
    solve = design_module.solve
    monkeypatch.setattr(
        design_module, "solve", lambda *args, **kwargs: replace(solve(*args, **kwargs), relative_gap=0.3)
    )
    with pytest.raises(NotConvergedError) as error:
        design_network(links, TRIPS, cost, budget=Fraction(100))
    assert str(error.value) == "The equilibrium of a design was reached to a relative gap of 3.0e-01 only."


SPLIT = pd.DataFrame(
    {"from_node": list("1341"), "to_node": list("3224"), "free_flow_time": [1.0, 1.0, 1.0, 1.0], "capacity": [10.0] * 4,
     "b": [0.1] * 4, "power": [1.0] * 4}
)  # fmt: skip


def test_a_design_that_must_join_what_is_apart():
    """Nothing stands but the first link: 3-2 joins the two zones, or 1-4 with 4-2; one of the latter alone joins nothing."""
    links = LinkTable.of(SPLIT, zones=["1", "2"])
    cost = [Fraction(0), Fraction(9), Fraction(4), Fraction(4)]
    found = design_network(links, TRIPS, cost, budget=Fraction(8))
    assert (found.built, found.cost, found.proven) == ((2, 3), 8, True)
    found = design_network(links, TRIPS, cost, budget=Fraction(9))
    assert found.proven
    assert found.tstt == pytest.approx(6 * 2 * (1 + 0.1 * 0.6))
    # all: three go either way
    found = design_network(links, TRIPS, cost, budget=Fraction(17))
    assert found.tstt == pytest.approx(6 * 2 * (1 + 0.1 * 0.3))


def test_no_design_joins_what_is_apart():
    links = LinkTable.of(SPLIT, zones=["1", "2"])
    cost = [Fraction(0), Fraction(9), Fraction(4), Fraction(4)]
    with pytest.raises(RequestError) as error:
        design_network(links, TRIPS, cost, budget=Fraction(7))
    assert str(error.value) == (
        "No design within the budget of 7 leads everybody to a destination: the last one looked at leaves 1 pairs without a way. "
        "Raise the budget."
    )
    backwards = TRIPS.T
    with pytest.raises(RequestError, match="1 pairs have demand and no way that leads there"):
        design_network(links, backwards, cost, budget=Fraction(7))


@pytest.mark.parametrize(
    ("trips", "seconds", "fault"),
    [
        (-TRIPS, 1.0, "demand holds what is below zero or no number; expected zero or more for each pair."),
        (TRIPS * np.nan, 1.0, "demand holds what is below zero or no number; expected zero or more for each pair."),
        (TRIPS[:1], 1.0, "demand of (1, 2) for 2 zones. Give one figure for each pair of them."),
        (TRIPS, float("nan"), "the time of the search is nan s; expected zero or more."),
        (TRIPS, -1.0, "the time of the search is -1 s; expected zero or more."),
    ],
)
def test_demand_and_time_that_are_none(braess, trips, seconds, fault):
    links, cost = braess
    with pytest.raises(InputError) as error:
        design_network(links, trips, cost, budget=Fraction(100), seconds=seconds)
    assert str(error.value) == f"network design: {fault}"


@pytest.mark.parametrize("cost", ["nan", "inf"])
def test_a_cost_that_is_no_number(tmp_path, cost):
    path = tmp_path / "net.tntp"
    path.write_text(NET.replace("7.5", cost), encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_candidates(path)
    assert str(error.value) == f"{path}: link 5, cost: found {cost}; expected a number."


@pytest.mark.parametrize("factor", ["-1", "0", "nan", "inf"])
def test_a_factor_on_demand_that_is_none(capsys, factor):
    with pytest.raises(SystemExit) as left:
        main(["portfolio", "design", "--net", "a", "--trips", "b", "--budget", "1", "--demand-factor", factor])
    said = capsys.readouterr()
    assert (left.value.code, said.out) == (2, "")
    assert f"{factor} is no factor on demand. Name one above zero." in " ".join(said.err.replace("│", " ").split())


def test_a_link_that_nobody_takes_is_not_built():
    """The second new link leads away from where all go: with it the total is the same, and it costs."""
    table = pd.concat(
        [SPLIT, pd.DataFrame([("2", "3", 1.0, 10.0, 0.1, 1.0)], columns=SPLIT.columns)], ignore_index=True
    )
    links = LinkTable.of(table, zones=["1", "2"])
    cost = [Fraction(item) for item in (0, 0, 0, 4, 3)]
    found = design_network(links, TRIPS, cost, budget=Fraction(50))
    assert (found.built, found.cost, found.proven) == ((3,), 4, True)
