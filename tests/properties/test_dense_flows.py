"""On random networks: the solver against convex solvers that share nothing with it, and what must hold whatever the figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from karvan.flows import LinkTable, VehicleClass, assign
from karvan.flows.audit import shortest_costs

POWERS = (0.0, 0.5, 1.0, 2.0, 3.3, 4.0)


@st.composite
def networks(draw, zones=3, nodes=7, powers=POWERS, most=12):
    """Draw a strongly connected network: a ring both ways, and links across it."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    ring = [(node, (node + 1) % nodes) for node in range(nodes)]
    across = [tuple(pair) for pair in rng.integers(0, nodes, (draw(st.integers(1, most)), 2)) if pair[0] != pair[1]]
    ends = np.array(ring + [(b, a) for a, b in ring] + across)
    count = len(ends)
    frame = pd.DataFrame({
        "from_node": ends[:, 0], "to_node": ends[:, 1], "free_flow_time": rng.uniform(0, 10, count).round(1),
        "b": rng.uniform(0, 2, count), "capacity": rng.uniform(5, 50, count), "power": rng.choice(powers, count),
        "toll": rng.uniform(0, 5, count),
    })  # fmt: skip
    trips = rng.uniform(0, 60, (zones, zones)) * (rng.random((zones, zones)) < 0.8)
    return LinkTable.of(frame, zones=range(zones)), trips


def simple_paths(links, origin, destination):
    """Return every path without a node twice, as lists of links."""
    found, stack = [], [(origin, [], {origin})]
    while stack:
        node, path, seen = stack.pop()
        if node == destination:
            found.append(path)
            continue
        for link in np.flatnonzero(links.from_node == node):
            head = int(links.to_node[link])
            if head not in seen:
                stack.append((head, [*path, int(link)], seen | {head}))
    return found


def best_by_slsqp(links, trips, *, marginal):
    """Return the minimum over all path flows, with SciPy's sequential quadratic programming and integrals of our own."""
    pairs = [(o, d) for o in range(3) for d in range(3) if o != d and trips[o, d] > 0]
    paths = [simple_paths(links, *pair) for pair in pairs]
    uses = np.zeros((sum(map(len, paths)), len(links)))
    for row, path in enumerate(path for some in paths for path in some):
        uses[row, path] = 1
    owner = np.repeat(np.arange(len(pairs)), [len(some) for some in paths])
    trip = np.array([trips[pair] for pair in pairs])

    def parts(share):
        volume = np.maximum((share * trip[owner]) @ uses, 0)
        bent = links.b * (volume / links.capacity) ** links.power
        factor = 1 + links.power if marginal else 1.0
        total = links.free_flow_time * volume * (1 + bent * factor / (1 + links.power))
        return total.sum(), links.free_flow_time * (1 + factor * bent)

    start = 1 / np.bincount(owner)[owner]
    unit = parts(start)[0] or 1.0
    equal = {"type": "eq", "fun": lambda share: np.bincount(owner, share, len(pairs)) - 1,
             "jac": lambda _: (owner == np.arange(len(pairs))[:, None]).astype(float)}  # fmt: skip
    found = minimize(lambda share: parts(share)[0] / unit, start, method="SLSQP", bounds=[(0, 1)] * len(owner),
                     jac=lambda share: trip[owner] * (uses @ parts(share)[1]) / unit, constraints=[equal],
                     options={"maxiter": 1000, "ftol": 1e-13})  # fmt: skip
    return unit * found.fun


@pytest.mark.parametrize("objective", ["user_equilibrium", "system_optimum"])
@given(drawn=networks(nodes=5, powers=(0.0, 1.0, 2.0, 3.3, 4.0), most=4))
@settings(max_examples=10, deadline=None)
def test_the_minimum_is_that_of_a_general_convex_solver(objective, drawn):
    links, trips = drawn
    result = assign(links, trips, gap=1e-11, objective=objective)
    general = best_by_slsqp(links, trips, marginal=objective == "system_optimum")
    # SLSQP stops short of the minimum by as much; never below it by more than the rounding of its constraints
    assert result.objective == pytest.approx(general, rel=1e-5, abs=1e-6)
    assert result.objective <= general * (1 + 1e-8) + 1e-8


@given(drawn=networks())
@settings(max_examples=25, deadline=None)
def test_no_used_route_is_dearer_than_the_cheapest(drawn):
    links, trips = drawn
    result = assign(links, trips, gap=1e-12)
    cost = result.time
    shortest = shortest_costs(links, cost, np.arange(3))
    routes = result.routes
    along = np.bincount(routes.route, cost[routes.links], routes.flow.size)
    least = shortest[routes.origin, routes.destination][routes.pair]
    # a route may be dearer only as far as its flow's excess fits into the gap
    assert np.all((along - least) * routes.flow <= 2e-12 * max(result.tstt, 1) + 1e-9)


@given(drawn=networks())
@settings(max_examples=15, deadline=None)
def test_frank_wolfe_never_gets_below_the_minimum_nor_our_bound_above_it(drawn):
    links, trips = drawn
    trips = trips.copy()
    np.fill_diagonal(trips, 0)
    rough = assign(links, trips, gap=1e-2)
    fine = assign(links, trips, gap=1e-11)
    assert rough.lower_bound <= fine.objective * (1 + 1e-12) <= rough.objective * (1 + 1e-12)
    assert np.isfinite(fine.objective)
    volume = all_or_nothing(links, trips, links.free_flow_time)
    for step in range(1, 60):
        target = all_or_nothing(links, trips, times(links, volume))
        volume += (target - volume) * 2 / (step + 2)
        assert beckmann(links, volume) >= fine.objective * (1 - 1e-9) - 1e-9


def times(links, volume):
    return links.free_flow_time * (1 + links.b * (volume / links.capacity) ** links.power)


def beckmann(links, volume):
    ratio = volume / links.capacity
    return float((links.free_flow_time * volume * (1 + links.b * ratio**links.power / (links.power + 1))).sum())


def all_or_nothing(links, trips, cost):
    """Put the demand on shortest paths found by relaxing every link until nothing changes (Bellman and Ford)."""
    volume = np.zeros(len(links))
    for origin in range(3):
        reach, by = np.full(len(links.nodes), np.inf), np.full(len(links.nodes), -1)
        reach[origin] = 0
        for _ in links.nodes:
            for link in range(len(links)):
                end = links.to_node[link]
                if reach[links.from_node[link]] + cost[link] < reach[end] - 1e-15:
                    reach[end], by[end] = reach[links.from_node[link]] + cost[link], link
        for end in range(3):
            node = end
            while node != origin and trips[origin, end] > 0:
                volume[by[node]] += trips[origin, end]
                node = links.from_node[by[node]]
    return volume


@given(drawn=networks(), seed=st.integers(0, 2**16))
@settings(max_examples=15, deadline=None)
def test_the_order_of_links_and_the_units_of_demand_do_not_matter(drawn, seed):
    links, trips = drawn
    result = assign(links, trips, gap=1e-11)
    order = np.random.default_rng(seed).permutation(len(links))
    figures = ("from_node", "to_node", "capacity", "length", "free_flow_time", "b", "power", "toll")
    shuffled = replace(links, **{name: getattr(links, name)[order] for name in figures})
    assert assign(shuffled, trips, gap=1e-11).objective == pytest.approx(result.objective, rel=1e-9, abs=1e-9)
    hundreds = replace(links, capacity=links.capacity / 100)
    assert assign(hundreds, trips / 100, gap=1e-11).objective == pytest.approx(
        result.objective / 100, rel=1e-9, abs=1e-9
    )


@given(drawn=networks(), share=st.floats(0.1, 0.9), size=st.floats(0.5, 4))
@settings(max_examples=15, deadline=None)
def test_two_classes_with_one_cost_are_one(drawn, share, size):
    links, trips = drawn
    whole = assign(links, trips, gap=1e-11, toll_factor=0.5)
    toll = links.toll
    parts = [
        VehicleClass("cars", trips * share, fixed_cost=toll, value_of_time=2.0),
        VehicleClass(
            "trucks", trips * (1 - share) / size, vehicle_equivalents=size, fixed_cost=3 * toll, value_of_time=6.0
        ),
    ]
    split = assign(links, classes=parts, gap=1e-11)
    assert split.objective == pytest.approx(whole.objective, rel=1e-9, abs=1e-9)
    assert split.tstt == pytest.approx(whole.tstt, rel=1e-4, abs=1e-9)


@given(drawn=networks())
@settings(max_examples=10, deadline=None)
def test_a_warm_start_from_anywhere_gives_the_same(drawn):
    links, trips = drawn
    elsewhere = assign(replace(links, capacity=links.capacity[::-1].copy()), trips[::-1, ::-1], gap=1e-3)
    warm, cold = assign(links, trips, gap=1e-11, start=elsewhere), assign(links, trips, gap=1e-11)
    assert warm.objective == pytest.approx(cold.objective, rel=1e-9, abs=1e-9)
