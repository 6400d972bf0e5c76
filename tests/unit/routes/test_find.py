"""The question and its answer: places, filters, settings, and what stands in the way."""

from __future__ import annotations

import pytest

import karvan
from karvan.errors import NoRouteError, RequestError, UnknownNameError


@pytest.fixture(scope="module")
def case():
    return karvan.open_case("textbook")


@pytest.mark.parametrize("text", ["a_city", "Alba City", "alba city", "ALBA-CITY", "a city"])
def test_a_place_by_id_or_name(case, text):
    assert karvan.find_routes(case, text, "c_city").origin == "a_city"


def test_a_place_by_the_beginning_of_its_name_says_what_was_taken(case):
    routes = karvan.find_routes(case, "cora gate", "bela")
    assert routes.origin == "c_gate"
    assert routes.destination == "BBB"
    routes = karvan.find_routes(case, "c_gate", "a")
    assert routes.destination == "a_port"
    assert routes.notes == ("'a' is taken as Alba Port (a_port); also: a_city, a_gate",)


def test_an_unknown_place_has_its_nearest_names(case):
    with pytest.raises(UnknownNameError) as caught:
        karvan.find_routes(case, "Alba Citty", "c_city")
    assert str(caught.value) == "No place is called 'Alba Citty'. Did you mean Alba City, Bela City, Cora City?"


def test_modes_filter_links_and_never_transfers(case):
    routes = karvan.find_routes(case, "a_city", "c_city", modes=["rail"])
    assert routes.routes[0].modes == ("rail",)
    assert any(leg.kind == "transfer" for leg in routes.routes[0].legs)


def test_by_time_cost_and_co2e(case):
    best = {by: karvan.find_routes(case, "a_city", "c_city", by=by).routes[0] for by in ("time", "cost", "co2e")}
    assert best["time"].time_h.mean == min(route.time_h.mean for route in best.values())
    assert best["cost"].price_usd_per_t == min(route.price_usd_per_t for route in best.values())
    assert best["co2e"].co2e_kg_per_t == min(route.co2e_kg_per_t for route in best.values())
    assert best["time"].modes == ("road",)
    assert best["cost"].modes == ("rail",)


def test_avoiding_a_crossing_a_country_a_node_and_a_link(case):
    for text in ("ab", "BBB", "b_city", "Bela City"):
        route = karvan.find_routes(case, "a_city", "c_city", avoid=[text]).routes[0]
        assert route.borders == ("a_port", "c_port"), text
    route = karvan.find_routes(case, "a_city", "c_city", avoid=["a_city-a_gate.road"]).routes[0]
    assert "a_city-a_gate.road" not in {link for leg in route.legs for link in leg.links}


def test_by_way_of_a_place(case):
    route = karvan.find_routes(case, "a_city", "c_city", via=["c_port"]).routes[0]
    assert "c_port" in {leg.from_node for leg in route.legs}
    twice = karvan.find_routes(case, "a_city", "c_city", via=["b_city", "c_port"]).routes[0]
    nodes = [leg.to_node for leg in twice.legs]
    assert "c_port" in nodes
    assert set(twice.borders) >= {"ab", "bc"}


def test_a_shut_crossing_is_named(case):
    with pytest.raises(NoRouteError) as caught:
        karvan.find_routes(case, "a_city", "b_city", scenario="ab_shut", modes=["rail"], avoid=["c_port"])
    assert str(caught.value) == (
        "No route from Alba City to Bela City. What cuts it: "
        "crossing Alba Gate - Bela West is shut for rail (ab.rail.AAA-BBB)."
    )


def test_a_line_that_is_not_built_is_named(case):
    with pytest.raises(NoRouteError) as caught:
        karvan.find_routes(case, "a_city", "c_city", modes=["rail"], avoid=["ab"])
    assert str(caught.value) == (
        "No route from Alba City to Cora City. What cuts it: link a_city-c_city.rail is proposed (opens with project N1)."
    )


def test_what_the_question_itself_rules_out_is_named(case):
    with pytest.raises(NoRouteError) as caught:
        karvan.find_routes(case, "a_city", "b_city", modes=["ferry"])
    assert str(caught.value) == "No route from Alba City to Bela City. What cuts it: only ferry may be used."


def test_fewer_routes_than_asked_for_is_said(case):
    routes = karvan.find_routes(case, "c_city", "c_port", k=50)
    assert len(routes.routes) < 50
    assert routes.notes[-1].startswith("50 routes were asked for; ")


@pytest.mark.parametrize("k", [0, -1, 101])
def test_a_count_out_of_range(case, k):
    with pytest.raises(RequestError, match=rf"k is {k}\. Ask for 1 to 100 routes\."):
        karvan.find_routes(case, "a_city", "c_city", k=k)


def test_origin_and_destination_the_same(case):
    with pytest.raises(RequestError, match=r"Origin and destination are both Alba City\. Name two places\."):
        karvan.find_routes(case, "a_city", "Alba City")


def test_the_answer_depends_on_its_question_alone(case):
    first = karvan.find_routes(case, "a_city", "c_city", k=3).to_dict()
    karvan.find_routes(case, "a_port", "c_port", scenario="ab_shut", projects=["N1"], k=5)
    fresh = karvan.find_routes(karvan.open_case("textbook"), "a_city", "c_city", k=3).to_dict()
    assert first == fresh


def test_the_hash_knows_the_question(case):
    hashes = {
        karvan.find_routes(case, "a_city", "c_city", **question).meta.hash
        for question in ({}, {"k": 2}, {"by": "time"}, {"scenario": "ab_shut"}, {"modes": ["road"]}, {"avoid": ["ac"]})
    }
    assert len(hashes) == 6


def test_legs_join_up_and_cover_the_route(case):
    for route in karvan.find_routes(case, "AAA", "CCC", k=5).routes:
        for before, after in zip(route.legs, route.legs[1:], strict=False):
            assert before.to_node == after.from_node
            assert after.start_km == pytest.approx(before.start_km + before.distance_km)
            assert after.start_h == pytest.approx(before.start_h + before.time_h)
        assert route.legs[0].kind == "load"
        assert route.legs[-1].kind == "unload"


def test_an_assumption_is_marked(case):
    routes = karvan.find_routes(case, "a_city", "c_city", k=3)
    assert all(route.assumed_share == 0 for route in routes.routes)
