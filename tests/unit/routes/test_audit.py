"""The audit catches what it is there for: each fault below is put into a sound result, and the audit must fail."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import karvan
from karvan.errors import AuditError
from karvan.routes import network_of
from karvan.routes.audit import audit_optimum, audit_route


@pytest.fixture(scope="module")
def sound():
    case = karvan.open_case("textbook")
    routes = karvan.find_routes(case, "a_city", "c_city", modes=["rail"])
    return network_of(case, karvan.Setting.of()), routes.routes[0]


def test_sound_route_passes(sound):
    audit_route(*sound)


@pytest.mark.parametrize("name", ["distance_km", "price_usd_per_t", "resource_usd_per_t", "co2e_kg_per_t"])
def test_a_total_that_is_not_the_sum_of_its_legs(sound, name):
    network, route = sound
    wrong = replace(route, **{name: getattr(route, name) * 1.001})
    with pytest.raises(AuditError, match=rf"route 1: {name} is .*, its legs add up to"):
        audit_route(network, wrong)


def test_a_leg_left_out(sound):
    network, route = sound
    wrong = replace(route, legs=route.legs[:3] + route.legs[4:])
    with pytest.raises(AuditError, match="its legs add up to"):
        audit_route(network, wrong)


def test_two_legs_swapped(sound):
    network, route = sound
    legs = list(route.legs)
    legs[1], legs[3] = legs[3], legs[1]
    with pytest.raises(AuditError, match=r"ends at .*, the next begins at"):
        audit_route(network, replace(route, legs=tuple(legs)))


def test_resources_above_the_price(sound):
    network, route = sound
    legs = tuple(replace(leg, resource_usd_per_t=leg.resource_usd_per_t * 3) for leg in route.legs)
    wrong = replace(route, legs=legs, resource_usd_per_t=route.resource_usd_per_t * 3)
    with pytest.raises(AuditError, match="resources cost more than the price"):
        audit_route(network, wrong)


def test_a_crossing_that_is_shut(sound):
    _, route = sound
    shut = network_of(karvan.open_case("textbook"), karvan.Setting.of(scenario="ab_shut"))
    with pytest.raises(
        AuditError, match=r"route 1: crossing ab is shut for rail in this setting \(ab\.rail\.AAA-BBB\)"
    ):
        audit_route(shut, route)


def test_a_link_that_is_not_built():
    case = karvan.open_case("textbook")
    route = karvan.find_routes(case, "a_city", "c_city", modes=["rail"], projects=["N1"]).routes[0]
    with pytest.raises(AuditError, match=r"link a_city-c_city\.rail is not built in this setting"):
        audit_route(network_of(case, karvan.Setting.of()), route)


def test_optimum_is_proved_and_a_dearer_route_is_not():
    tail, head = np.array([0, 1, 0]), np.array([1, 2, 2])
    weight, potential = np.array([1.0, 1.0, 3.0]), np.array([0.0, 1.0, 2.0])
    audit_optimum(tail, head, weight, potential, 2.0, (0, 2))
    with pytest.raises(AuditError, match=r"the best route costs 3\.0, its bound is 2\.0"):
        audit_optimum(tail, head, weight, potential, 3.0, (0, 2))
    with pytest.raises(AuditError, match="the tree of shortest paths is wrong: an arc is shorter by 1"):
        audit_optimum(tail, head, weight, np.array([0.0, 1.0, 3.0]), 3.0, (0, 2))
