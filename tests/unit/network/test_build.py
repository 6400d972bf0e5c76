"""States and arcs: what is there, what is shut, and what it takes."""

from __future__ import annotations

import numpy as np
import pytest

import karvan
from karvan.network import ArcKind, State


def network(**setting):
    return karvan.build_network(karvan.open_case("textbook").apply(karvan.Setting.of(**setting)))


def test_a_node_has_a_state_per_mode_and_gauge():
    index = network().index
    found = {index.states[number] for number in index.at_node["b_city"]}
    assert found == {
        State("mode", "b_city", "rail", 1520),
        State("mode", "b_city", "rail", 1435),
        State("mode", "b_city", "road", 0),
    }


def test_settings_share_the_numbers_of_states():
    assert network().index == network(projects=["N1"], scenario="ab_shut", year=2040).index


def test_nothing_passes_through_a_gate_or_a_zone():
    built = network()
    arcs = built.arcs("container")
    kinds = [state.kind for state in built.index.states]
    for tail, head in zip(arcs.tail.tolist(), arcs.head.tolist(), strict=True):
        assert kinds[tail] not in ("gate_in", "zone_in") or kinds[head] == "zone_in"
        assert kinds[head] not in ("gate_out", "zone_out") or kinds[tail] == "zone_out"


def test_a_shut_crossing_has_no_arcs_and_a_relaxed_network_says_why():
    shut = network(scenario="ab_shut")
    arcs = shut.arcs("container")
    assert not [name for name in arcs.border if name.startswith("ab.")]
    relaxed = shut.arcs("container", relaxed=True)
    why = {text for text in relaxed.cut if text}
    assert "crossing Alba Gate - Bela West is shut for road (ab.road.AAA-BBB)" in why
    assert "link a_city-c_city.rail is proposed (opens with project N1)" in why
    assert "terminal c_city.rail1520-rail1435 is proposed (opens with project N1)" in why


def test_directions_of_a_crossing_are_apart():
    built = network(changes=["border:ab.road.BBB-AAA:time_h=99"])
    arcs = built.arcs("container")
    hours = {str(name): float(arcs.stop_h[number]) for number, name in enumerate(arcs.border) if name}
    assert hours["ab.road.BBB-AAA"] == 99
    assert hours["ab.road.AAA-BBB"] == 20


def test_a_directed_link_goes_one_way():
    case = karvan.open_case("textbook")
    both = karvan.build_network(case.apply()).arcs("container")
    assert (both.row == "a_city-a_gate.road").sum() == 2


def test_half_of_a_link_between_countries_runs_under_either_service():
    built = network(changes=["service:rail.BBB:price_usd_per_tkm=0.04"])
    arcs = built.arcs("container")
    halves = np.flatnonzero((arcs.row == "a_gate-b_west.rail") & (arcs.kind == ArcKind.MOVE))
    prices = sorted({round(float(arcs.price_usd_per_t[arc]), 9) for arc in halves})
    assert prices == [pytest.approx(6 * 0.02), pytest.approx(6 * 0.04)]
    assert all(arcs.length_km[arc] == 6 for arc in halves)


def test_a_boarding_waits_and_an_unloading_does_not():
    arcs = network().arcs("container")
    rail = arcs.mode == "rail"
    assert set(arcs.wait_h[rail & (arcs.kind == ArcKind.LOAD)]) == {12.0}
    assert set(arcs.wait_h[rail & (arcs.kind == ArcKind.TRANSFER)]) == {12.0}
    assert set(arcs.wait_h[arcs.kind == ArcKind.UNLOAD]) == {0.0}


def test_an_unknown_form():
    with pytest.raises(ValueError, match="form is 'liquid'; it is one of container, bulk"):
        network().arcs("liquid")


def test_a_closed_port_shuts_the_ferry_too():
    change = ["border:c_port.ferry.in:status=shut"]
    with pytest.raises(karvan.errors.NoRouteError, match=r"crossing Cora Port is shut for ferry \(c_port.ferry.in\)"):
        karvan.find_routes(karvan.open_case("textbook"), "a_port", "c_port", modes=["ferry"], changes=change)


def test_a_port_is_no_cheaper_way_out_of_a_truck_than_its_own():
    """Where trucks drive on board nothing is handled: goods on the road went over the ramp to the gate, and never sailed."""
    built = karvan.build_network(karvan.open_case("pakistan_azerbaijan").apply(karvan.Setting()))
    for form in ("container", "bulk"):
        arcs, states = built.arcs(form, relaxed=True), built.index.states
        gates = [a for a, kind in enumerate(arcs.kind) if kind == ArcKind.UNLOAD]
        on_land, at_sea = {}, {}
        for a in gates:
            tail = states[arcs.tail[a]]
            (at_sea if tail.mode in ("sea", "ferry") else on_land).setdefault((tail.place, tail.mode), a)
        for (place, _), a in at_sea.items():
            if (place, "road") in on_land:
                truck = on_land[place, "road"]
                assert arcs.price_usd_per_t[a] >= arcs.price_usd_per_t[truck], place
                assert arcs.stop_h[a] >= arcs.stop_h[truck], place
        assert ("makhachkala", "ferry") in at_sea
        assert ("makhachkala", "road") in on_land


def test_no_route_of_the_bundled_case_has_a_movement_twice():
    flows = karvan.assign_flows(karvan.open_case("pakistan_azerbaijan"), scenario="open")
    pointer, moves = flows.model.laid.moves
    route = np.repeat(np.arange(len(pointer) - 1), np.diff(pointer))
    both = np.stack([route, moves], axis=1)
    assert len(np.unique(both, axis=0)) == len(both)
