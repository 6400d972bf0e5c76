"""Constants of crossings and lines: what they are fitted to, that they are bounded, and that nobody pays them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import karvan
from karvan.flows import assign_flows
from karvan.flows.corridor_solve import reference_of
from karvan.flows.places import constants_of, places_of
from karvan.flows.screenlines import counted_rows, fixed_tonnes_per_day

PAGE = Path(__file__).resolve().parents[3] / "docs" / "methods" / "flows.md"


@pytest.fixture(scope="module")
def case():
    return karvan.open_case("textbook")


def counted(case, **tonnes):
    """Return the case with other counts."""
    table = case.tables["count"].copy()
    for name, value in tonnes.items():
        table.loc[name, "flow_t_per_year"] = value
    return replace(case, tables={**case.tables, "count": table})


def with_parameter(case, name, value):
    table = case.tables["parameter"]
    row = pd.DataFrame([dict.fromkeys(table.columns, "")], index=pd.Index([name], name=table.index.name))
    row["value"] = value
    return replace(case, tables={**case.tables, "parameter": pd.concat([table, row])})


def test_a_place_is_a_calibration_count_in_both_directions(case):
    [place] = places_of(case.apply())
    # K1 counts one direction of the rail crossing; its constant is of both. K2 is kept for validation, K3 is a plan.
    assert place.count_id == "K1"
    assert place.counted == {("border", "ab.rail.AAA-BBB", "")}
    assert place.rows == {("border", "ab.rail.AAA-BBB"), ("border", "ab.rail.BBB-AAA")}
    assert place.t_per_day == pytest.approx(290_000 / 365)
    assert place.tolerance == pytest.approx(np.log(2) / 2)


def test_a_count_draws_goods_and_nobody_pays(case):
    plain = assign_flows(with_parameter(case, "crossing_constant_most_usd_per_t", 0.0))
    assert plain.constants.empty
    fewer = assign_flows(counted(case, K1=145_000.0))
    [constant] = fewer.constants["constant_usd_per_t"]
    assert constant > 0
    seen = [run.screenlines.set_index("count_id").at["K1", "modelled_t_per_year"] for run in (fewer, plain)]
    assert 145_000 < seen[0] < seen[1]
    # goods that hardly have another way pay what they paid; only what choice sees has risen, by the constant
    keys = ["origin", "destination", "commodity", "stays"]
    one, two = (run.pairs.set_index(keys).loc[("AAA", "BBB", "coal", False)] for run in (fewer, plain))
    assert one["price_usd_per_t"] == pytest.approx(two["price_usd_per_t"], rel=1e-5)
    assert one["network_usd_per_t"] - two["network_usd_per_t"] == pytest.approx(constant, rel=0.05)


def test_the_fit_is_where_error_and_ridge_balance(case):
    # the more a constant may spread, the nearer the count; a ridge that is all but shut holds it at zero
    wide, narrow = (
        reference_of(with_parameter(counted(case, K1=200_000.0), "crossing_constant_spread_usd_per_t", spread))
        for spread in (10.0, 0.01)
    )
    assert wide.place_usd[0] > 1
    assert abs(narrow.place_usd[0]) < 0.01


def test_a_constant_is_bounded(case):
    bounded = with_parameter(counted(case, K1=10_000.0), "crossing_constant_most_usd_per_t", 2.0)
    flows = assign_flows(bounded)
    assert flows.constants["constant_usd_per_t"].tolist() == [2.0]
    assert flows.constants["at_bound"].tolist() == [True]


def test_a_validation_count_is_not_seen(case):
    usual, other = (reference_of(each).place_usd for each in (case, counted(case, K2=90_000.0)))
    assert usual == other


def test_constants_of_shared_rows_add_up(case):
    [place] = places_of(case.apply())
    other = replace(place, count_id="K9", rows=frozenset({("border", "ab.rail.AAA-BBB")}))
    found = constants_of([place, other], np.array([2.0, 3.0]))
    assert found == {("border", "ab.rail.AAA-BBB"): 5.0, ("border", "ab.rail.BBB-AAA"): 2.0}


def test_a_count_of_one_direction_of_an_inland_link(case):
    applied = case.apply()
    row = {**applied.rows("count")["K3"], "links": ("b_west-b_city.rail",), "crossings": (), "nodes": ()}
    found = {way: counted_rows(applied, {**row, "direction": way}) for way in ("both", "forward", "backward")}
    assert found["forward"] == {("link", "b_west-b_city.rail", "+")}
    assert found["backward"] == {("link", "b_west-b_city.rail", "-")}
    assert found["both"] == found["forward"] | found["backward"]
    # 500 t a day of freight that does not choose, one way
    fixed = {way: fixed_tonnes_per_day(applied, {**row, "direction": way}) for way in ("both", "forward", "backward")}
    assert fixed["both"] == fixed["forward"] + fixed["backward"] == 500


def test_the_page_tells_what_the_bundled_case_gives():
    flows = assign_flows(karvan.open_case("pakistan_azerbaijan"), scenario="open")
    table = flows.screenlines.set_index("count_id")
    told = dict(re.findall(r"^\| ([A-Z]\d+) \|.*\| ([0-9.]+) \| (?:yes|no) \|", PAGE.read_text("utf-8"), re.MULTILINE))
    assert set(told) == set(table.index)
    assert {name: f"{ratio:.2f}" for name, ratio in table["ratio"].items()} == told
    hits = table.groupby("use")["hit"].agg(["sum", "size"])
    said = re.search(
        r"\*\*(\d+) of (\d+)\*\* on which it was fitted and \*\*(\d+) of (\d+)\*\* kept out", PAGE.read_text("utf-8")
    )
    assert [int(part) for part in said.groups()] == [*hits.loc["calibrate"], *hits.loc["validate"]]
    # no constant has run away
    assert (flows.constants["constant_usd_per_t"].abs() <= 30).all()
