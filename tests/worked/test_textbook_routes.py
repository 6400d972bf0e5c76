"""The textbook case by hand: every figure below was added up from the tables with pencil and paper."""

from __future__ import annotations

import math

import pytest

import karvan

#: Waiting for a daily departure: half a day, uniform over 24 h.
DAILY_WAIT_H = 12.0
DAILY_WAIT_SD_H = 24 / math.sqrt(12)


@pytest.fixture(scope="module")
def case():
    return karvan.open_case("textbook")


def test_rail_from_city_to_city(case):
    route = karvan.find_routes(case, "a_city", "c_city", modes=["rail"]).routes[0]
    # 120 km at 40 km/h, 12 of 24 hours: 6 h; 12 km: 0.6 h. Load 12 h + wait 12 h, crossing 10 h, gauge change 24 h + wait 12 h,
    # crossing 5 h, unload 12 h.
    moving = 4 * 120 / 40 + 2 * 12 / 40
    elapsed = moving * 2
    stops = 12 + DAILY_WAIT_H + 10 + 24 + DAILY_WAIT_H + 5 + 12
    assert route.time_h.mean == pytest.approx(elapsed + stops, rel=1e-12)
    assert route.time_h.mean == pytest.approx(112.2, rel=1e-12)
    assert route.distance_km == pytest.approx(504)
    # load 2, 504 km at 0.02, crossings 5 and 2, gauge change 3, unload 2
    assert route.price_usd_per_t == pytest.approx(2 + 504 * 0.02 + 5 + 3 + 2 + 2, rel=1e-12)
    assert route.price_usd_per_t == pytest.approx(24.08, rel=1e-12)
    assert route.price_usd_per_feu == pytest.approx(24.08 * 20, rel=1e-12)
    # resources: rail and loading 75 %, crossing ab 20 %, bc 50 %, transfer all
    assert route.resource_usd_per_t == pytest.approx(0.75 * (4 + 10.08) + 0.2 * 5 + 0.5 * 2 + 3, rel=1e-12)
    # 25 g/tkm on diesel, 10 Wh x 500 g/kWh = 5 g/tkm on the electrified 120 km
    assert route.co2e_kg_per_t == pytest.approx((384 * 25 + 120 * 5) / 1000, rel=1e-12)
    assert route.standing_share == pytest.approx(1 - moving / 112.2, rel=1e-12)
    assert route.modes == ("rail",)
    assert route.borders == ("ab", "bc")
    assert route.gauge_breaks == ("b_city",)
    # 12 USD per tonne-day; half an hour of mean time for an hour of standard deviation
    deviations = 4 + 2 + 2 * DAILY_WAIT_SD_H
    assert route.generalised_usd_per_t == pytest.approx(24.08 + 0.5 * (112.2 + 0.5 * deviations), rel=1e-12)


def test_spread_of_rail(case):
    route = karvan.find_routes(case, "a_city", "c_city", modes=["rail"]).routes[0]
    # journeys differ: stops and waits vary independently, crossings by 4 and 2 h, two waits; time under way does not vary here
    variance = 4**2 + 2**2 + 2 * DAILY_WAIT_SD_H**2
    # means are known to 10 %, P10 to P90, in rows of high confidence: 120 + 24 + 120 km on rail.any and 12 + 120 + ... on
    # rail.BBB vary each as a whole, so do loading at both ends; a gauge change of 24 h and crossings of 10 and 5 h alone
    share = 0.10 / 1.2815515655446004
    abroad = 2 * (120 + 6 + 12 + 120 - 6) / 40
    assert abroad == pytest.approx(12.6)
    home = 25.2 - abroad
    variance += share**2 * (home**2 + abroad**2 + 24**2 + 24**2 + 10**2 + 5**2)
    sigma = math.sqrt(math.log1p(variance / 112.2**2))
    mu = math.log(112.2) - sigma**2 / 2
    assert route.time_h.p10 == pytest.approx(math.exp(mu - 1.2815515655446004 * sigma), rel=1e-12)
    assert route.time_h.p90 == pytest.approx(math.exp(mu + 1.2815515655446004 * sigma), rel=1e-12)


def test_road_from_city_to_city(case):
    route = karvan.find_routes(case, "a_city", "c_city", modes=["road"]).routes[0]
    assert route.time_h.mean == pytest.approx(2 + 4 * 4 + 2 * 0.4 + 20 + 5 + 2, rel=1e-12)
    assert route.price_usd_per_t == pytest.approx(1 + 504 * 0.05 + 10 + 4 + 1, rel=1e-12)
    assert route.gauge_breaks == ()


def test_ferry_pays_formalities_and_waits_at_both_ports(case):
    route = karvan.find_routes(case, "a_port", "c_port", modes=["ferry"]).routes[0]
    # handling 10 + 10 h, formalities 2 out + 3 in, daily sailing 12 h, 720 km at 20 km/h
    assert route.time_h.mean == pytest.approx(10 + 2 + DAILY_WAIT_H + 36 + 3 + 10, rel=1e-12)
    assert route.price_usd_per_t == pytest.approx(4 + 1 + 30 + 1 + 4, rel=1e-12)
    assert route.borders == ("a_port", "c_port")


def test_bulk_pays_the_bulk_fare_on_the_ferry(case):
    route = karvan.find_routes(case, "a_port", "c_port", modes=["ferry"], commodity="coal").routes[0]
    assert route.price_usd_per_t == pytest.approx(4 + 1 + 10 + 1 + 4, rel=1e-12)
    assert route.price_usd_per_feu == pytest.approx(20 * 25, rel=1e-12)


def test_project_opens_its_line_and_its_terminal(case):
    route = karvan.find_routes(case, "a_city", "c_city", modes=["rail"], projects=["N1"]).routes[0]
    assert route.borders == ("ac",)
    assert route.time_h.mean == pytest.approx(12 + 12 + 480 / 40 * 2 + 6 + 12, rel=1e-12)
    assert route.price_usd_per_t == pytest.approx(2 + 9.6 + 2 + 2, rel=1e-12)
    onward = karvan.find_routes(case, "a_city", "c_port", modes=["rail"], projects=["N1"]).routes[0]
    assert onward.gauge_breaks == ("c_city",)


def test_project_halves_the_hours_of_a_crossing(case):
    before = karvan.find_routes(case, "a_city", "b_city", modes=["road"]).routes[0]
    after = karvan.find_routes(case, "a_city", "b_city", modes=["road"], projects=["N2"]).routes[0]
    assert before.time_h.mean - after.time_h.mean == pytest.approx(10, rel=1e-12)


def test_shut_crossing_leaves_the_ferry(case):
    route = karvan.find_routes(case, "a_city", "c_city", scenario="ab_shut").routes[0]
    assert "ferry" in route.modes
    assert "ab" not in route.borders


def test_skims_are_the_routes_between_zones(case):
    table = karvan.skim_zones(case).table.set_index(["origin", "destination"])
    for pair in (("AAA", "BBB"), ("AAA", "CCC"), ("CCC", "AAA")):
        route = karvan.find_routes(case, *pair).routes[0]
        row = table.loc[pair]
        assert row["time_h"] == pytest.approx(route.time_h.mean, rel=1e-12)
        assert row["price_usd_per_t"] == pytest.approx(route.price_usd_per_t, rel=1e-12)
        assert row["generalised_usd_per_t"] == pytest.approx(route.generalised_usd_per_t, rel=1e-12)
        assert row["distance_km"] == pytest.approx(route.distance_km, rel=1e-12)
        assert row["co2e_kg_per_t"] == pytest.approx(route.co2e_kg_per_t, rel=1e-12)
    assert table.loc[("AAA", "AAA")].isna().all()
