"""What must hold whatever the figures are: random what-ifs on the textbook case."""

from __future__ import annotations

import tempfile
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import karvan
from karvan.errors import NoRouteError
from karvan.network import FORMS
from karvan.network.arcs import Arc

CASE = karvan.open_case("textbook")
PLACES = [*CASE.rows("node"), *CASE.rows("zone")]
#: Columns that may change, and within which bounds.
COLUMNS = {
    "link": {"speed_kmh": (5, 100), "fare_usd_per_t": (0, 100), "frequency_per_week": (1, 50)},
    "border": {"time_h": (0, 200), "price_usd_per_t": (0, 50), "time_sd_h": (0, 50), "resource_share": (0, 1)},
    "terminal": {"time_h": (0, 200), "price_usd_per_t": (0, 50)},
    "service": {"moving_h_per_day": (4, 24), "price_usd_per_tkm": (0.001, 0.3), "time_cv": (0, 1), "load_h": (0, 40)},
}


@st.composite
def what_ifs(draw):
    """Return changes of cells, each cell once."""
    found = {}
    for _ in range(draw(st.integers(0, 8))):
        table = draw(st.sampled_from(sorted(COLUMNS)))
        row = draw(st.sampled_from(sorted(CASE.rows(table))))
        column = draw(st.sampled_from(sorted(COLUMNS[table])))
        low, high = COLUMNS[table][column]
        found[table, row, column] = draw(st.floats(low, high).map(lambda value: round(value, 3)))
    return [f"{table}:{row}:{column}={value}" for (table, row, column), value in found.items()]


pairs = st.lists(st.sampled_from(PLACES), min_size=2, max_size=2, unique=True)
projects = st.sampled_from([(), ("N1",), ("N2",), ("N3",), ("N4",), ("N1", "N2")])


def cost(origin, destination, **question):
    """Return the generalised cost of the best route, infinite where there is none."""
    try:
        return karvan.find_routes(CASE, origin, destination, **question).routes[0].generalised_usd_per_t
    except NoRouteError:
        return float("inf")


@given(what_ifs(), pairs, st.sampled_from(["ab", "bc", "a_port", "c_port"]))
@settings(max_examples=40, deadline=None)
def test_shutting_a_crossing_never_makes_a_route_cheaper(changes, pair, crossing):
    shut = [f"border:{name}:status=shut" for name, row in CASE.rows("border").items() if row["crossing_id"] == crossing]
    before = cost(*pair, changes=changes)
    assert cost(*pair, changes=[*changes, *shut]) >= before - 1e-9 * max(1.0, before)


@given(what_ifs(), pairs, st.sampled_from(["N1", "N2", "N5"]))
@settings(max_examples=40, deadline=None)
def test_opening_a_line_or_easing_a_crossing_never_makes_a_route_dearer(changes, pair, project):
    before = cost(*pair, changes=changes)
    assert cost(*pair, changes=changes, projects=[project]) <= before * (1 + 1e-9)


@given(what_ifs(), pairs, projects)
@settings(max_examples=40, deadline=None)
def test_each_measure_is_least_in_its_own_search(changes, pair, opened):
    measures = {"generalised": "generalised_usd_per_t", "cost": "price_usd_per_t", "co2e": "co2e_kg_per_t"}
    try:
        found = {
            by: karvan.find_routes(CASE, *pair, changes=changes, projects=opened, by=by).routes[0] for by in measures
        }
    except NoRouteError:
        return
    for by, name in measures.items():
        assert getattr(found[by], name) <= min(getattr(route, name) for route in found.values()) + 1e-6


@given(what_ifs(), pairs, projects, st.integers(1, 6))
@settings(max_examples=40, deadline=None)
def test_the_same_question_has_the_same_answer_whatever_was_asked_between(changes, pair, opened, k):
    def ask():
        try:
            return karvan.find_routes(CASE, *pair, changes=changes, projects=opened, k=k).to_dict()
        except NoRouteError as error:
            return str(error)

    first = ask()
    cost(*pair, scenario="ab_shut")
    cost("a_port", "c_port", projects=["N1"], changes=changes)
    assert ask() == first


@given(what_ifs(), projects)
@settings(max_examples=25, deadline=None)
def test_skims_are_routes(changes, opened):
    table = karvan.skim_zones(CASE, changes=changes, projects=opened).table
    for row in table.to_dict("records"):
        if row["origin"] != row["destination"]:
            best = cost(row["origin"], row["destination"], changes=changes, projects=opened)
            assert row["generalised_usd_per_t"] == pytest.approx(best, rel=1e-9)


@given(what_ifs(), projects, st.sampled_from(["open", "ab_shut", "fuel_dear"]))
@settings(max_examples=25, deadline=None)
def test_gmns_reads_back_to_the_same_network(changes, opened, scenario):
    applied = CASE.apply(karvan.Setting.of(scenario=scenario, projects=opened, changes=changes))
    network = karvan.build_network(applied)
    with tempfile.TemporaryDirectory() as folder:
        karvan.export_gmns(applied, Path(folder) / "out", built=network.built)
        other = karvan.build_network(karvan.read_gmns(Path(folder) / "out"))
    assert other.index == network.index
    for form in FORMS:
        for item in fields(Arc):
            assert np.array_equal(getattr(network.arcs(form), item.name), getattr(other.arcs(form), item.name))


@given(pairs, st.sampled_from(["open", "ab_shut"]), st.lists(st.sampled_from(["rail", "road", "ferry"]), unique=True))
@settings(max_examples=60, deadline=None)
def test_what_cuts_a_route_is_really_in_the_way(pair, scenario, modes):
    try:
        karvan.find_routes(CASE, *pair, scenario=scenario, modes=modes)
    except NoRouteError as error:
        borders = {row["name"] for row in CASE.rows("border").values() if row["crossing_id"] == "ab"}
        for cut in error.cuts:
            shut = scenario == "ab_shut" and any(f"crossing {name} is shut" in cut for name in borders)
            unbuilt = "N1" in cut and "is proposed" in cut
            assert shut or unbuilt or (modes and cut == f"only {' and '.join(modes)} may be used"), cut
