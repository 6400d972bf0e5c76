"""The equilibrium of small corridors, by hand."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from corridors import classes, random_problem, resources, routes, two_routes

from karvan.errors import NotConvergedError, RequestError
from karvan.flows import equilibrium, newton_kernels
from karvan.flows.equilibrium import Solver, Start, relative_gap, solve_equilibrium, stream_flow
from karvan.flows.problem import KINK_SHARE, Problem
from karvan.flows.reactions import reactions_at
from karvan.flows.scarcity_kernels import Controls, alike


def test_two_routes_share_by_logit():
    # 100 t at scale 0.5, 10 against 12 USD: 1 / (1 + exp(-1))
    found = solve_equilibrium(two_routes())
    assert found.route_flow == pytest.approx([73.10585786300049, 26.894142136999512], rel=1e-12)
    assert relative_gap(two_routes(), found) == 0.0


def test_a_full_route_clears_by_price():
    # 40 of 100 t: ln(60/40) = 0.5 (10 + p - 12)
    found = solve_equilibrium(two_routes(scarce=[{"capacity": 40.0}]))
    assert found.controls.price_usd[0] == pytest.approx(2 + 2 * np.log(1.5), rel=1e-9)
    assert found.route_flow == pytest.approx([40.0, 60.0], rel=1e-9)


def test_a_full_route_clears_by_queue_at_the_value_of_an_hour():
    # the same loss, at 0.25 USD an hour
    found = solve_equilibrium(two_routes(rows=[{"delay": 0.25}], scarce=[{"capacity": 40.0, "clearing": 1}]))
    assert found.controls.queue_h[0] == pytest.approx((2 + 2 * np.log(1.5)) / 0.25, rel=1e-9)
    assert found.controls.price_usd[0] == 0.0


def test_room_costs_nothing():
    found = solve_equilibrium(two_routes(scarce=[{"capacity": 90.0}]))
    assert found.controls.price_usd[0] == 0.0
    assert found.used[0] == pytest.approx(73.10585786300049)


def test_of_two_in_a_row_the_tighter_has_the_price():
    found = solve_equilibrium(two_routes(scarce=[{"capacity": 45.0}, {"capacity": 40.0}]))
    assert found.controls.price_usd == pytest.approx([0.0, 2 + 2 * np.log(1.5)], rel=1e-9)


def test_of_two_alike_in_a_row_each_has_half_the_price():
    # only the sum of their prices is determined: 2 + 2 ln 1.5
    found = solve_equilibrium(two_routes(scarce=[{"capacity": 40.0}, {"capacity": 45.0}, {"capacity": 40.0}]))
    assert found.controls.price_usd == pytest.approx([1 + np.log(1.5), 0.0, 1 + np.log(1.5)], rel=1e-9)
    assert found.stream_usd == pytest.approx([2 + 2 * np.log(1.5), 0.0], rel=1e-9)
    again = solve_equilibrium(
        two_routes(scarce=[{"capacity": 40.0}, {"capacity": 45.0}, {"capacity": 40.0}]),
        found.start,
    )
    assert again.iterations == 0
    assert again.controls.price_usd.tolist() == found.controls.price_usd.tolist()


def test_a_trickle_between_two_alike_changes_next_to_nothing():
    """A stream of a billionth of the goods that joins between two links of one capacity leaves each about half the price."""
    sets = [[(0, 10.0, 0.0, 0.0, [0, 2]), (0, 12.0, 0.0, 0.0, [1])], [(0, 10.0, 0.0, 0.0, [2])]]
    people = [{"set": 0}, {"set": 1, "demand": 1e-12}]
    scarce = [{"capacity": 40.0, "there": 0}, {"capacity": 40.0, "there": 2}]
    found = solve_equilibrium(Problem(routes(sets, streams=3), classes(people), resources(scarce)))
    assert found.controls.price_usd == pytest.approx([1 + np.log(1.5)] * 2, rel=0.05)
    assert found.stream_usd[[0, 2]].sum() == pytest.approx(2 + 2 * np.log(1.5), rel=1e-9)


def test_where_newton_stalls_capacities_come_down_by_degrees():
    """On this problem Newton's method ends far off, from nothing and with blunt kinks alike."""
    problem = random_problem(6703)
    solver = equilibrium.Solver(problem)
    stalled, _ = solver.through_blunt(solver.at(solver.begin(None)), equilibrium.BLUNT_FINE, 1e-10)
    assert solver.missed(stalled) > 0.1
    found = solve_equilibrium(problem)
    assert relative_gap(problem, found) < 1e-9
    assert max(found.capacity_residual, found.complementarity_residual) < 1e-7


def test_what_is_not_solved_is_not_handed_out(monkeypatch):
    monkeypatch.setattr(equilibrium.Solver, "iterate", lambda _self, point, *_: (point, 0))
    with pytest.raises(NotConvergedError) as raised:
        solve_equilibrium(two_routes(scarce=[{"capacity": 40.0}]))
    assert str(raised.value) == (
        "No equilibrium was found. With every capacity 82.8% higher there is one, in which resource 0 is used to 182.8% of what "
        "it has. Raise its capacity, or give the goods on it another way or an outside option."
    )


def test_a_matrix_serves_again_for_other_tonnes():
    """From a solution, goods a thousandth more are solved with its matrix, to what a solution from nothing comes to."""
    problem = random_problem(5)
    before = solve_equilibrium(problem)
    more = replace(problem.classes, demand_t_per_day=1.001 * problem.classes.demand_t_per_day)
    other = Problem(problem.routes, more, problem.resources)
    start = before.start
    after = solve_equilibrium(other, start, reactions=before.reactions)
    assert after.reactions is before.reactions
    assert after.route_flow == pytest.approx(solve_equilibrium(other).route_flow, rel=1e-6, abs=1e-9)


def test_preload_takes_capacity():
    found = solve_equilibrium(two_routes(scarce=[{"capacity": 50.0, "preload": 10.0}]))
    assert found.route_flow[0] == pytest.approx(40.0, rel=1e-9)


def single_track(*, empty, capacity, demand=(100.0, 20.0)):
    """Return goods there and back over one track, each with a road of its own."""
    sets = [[(0, 10.0, 0, 0, [0]), (0, 12.0, 0, 0, [2])], [(0, 10.0, 0, 0, [1]), (0, 12.0, 0, 0, [3])]]
    people = [{"set": number, "demand": tonnes} for number, tonnes in enumerate(demand)]
    track = {"capacity": capacity, "there": 0, "back": 1, "empty": empty}
    return Problem(routes(sets, streams=4), classes(people), resources([track]))


def test_single_track_is_shared_by_both_directions():
    # without empties each direction pays p: (100 + 20) / (1 + exp(0.5 (10 + p - 12))) = 60, so p = 2
    problem = single_track(empty=0.0, capacity=60.0)
    found = solve_equilibrium(problem)
    assert found.controls.price_usd[0] == pytest.approx(2.0, rel=1e-9)
    assert stream_flow(problem, found)[:2] == pytest.approx([50.0, 10.0], rel=1e-9)


def test_empties_make_the_fuller_direction_pay():
    # all that goes there beyond what comes back returns empty: the track is full at 2 x 50 t there, whatever comes back
    problem = single_track(empty=1.0, capacity=100.0)
    found = solve_equilibrium(problem)
    there, back = found.stream_usd[:2]
    flow = stream_flow(problem, found)
    kink = KINK_SHARE * 100.0
    # there + back + sqrt(gap^2 + kink^2) - kink = capacity
    gap = flow[0] - flow[1]
    assert flow[0] + flow[1] + np.hypot(gap, kink) - kink == pytest.approx(100.0, rel=1e-9)
    lean = gap / np.hypot(gap, kink)
    price = found.controls.price_usd[0]
    assert there == pytest.approx(price * (1 + lean), rel=1e-9)
    assert back == pytest.approx(price * (1 - lean), rel=1e-9)
    # the way back is nearly free, the way there bears the price: 50 + 1 t there need 2 USD less the rounding of the kink
    assert there == pytest.approx(2 - 2 * np.log(flow[0] / (100 - flow[0])), rel=1e-9)
    assert back < 0.01 * there


def test_nests_weigh_ways_before_routes():
    # rail 10 and 10 (one route twice, path size one half each), road 11, outside 12: from the top of the tree down by hand
    sets = [[(0, 10, 0, np.log(0.5), [0]), (0, 10, 0, np.log(0.5), [1]), (1, 11, 0, 0, [2])]]
    people = [{"outside": 12.0, "nests": (0.0, 0.5, 0.0, 0.0), "scale": (0.5, 0.4, 0.3)}]
    found = solve_equilibrium(Problem(routes(sets, streams=3), classes(people), resources([])))
    rail, road = np.exp(-0.4 * 10.0), np.exp(-0.4 * 11.5)
    network = -np.log(rail + road) / 0.4
    top = np.exp(-0.3 * network) / (np.exp(-0.3 * network) + np.exp(-0.3 * 12))
    assert found.network_usd[0] == pytest.approx(network, rel=1e-12)
    assert found.on_network[0] == pytest.approx(top, rel=1e-12)
    assert found.overall_usd[0] == pytest.approx(-np.log(np.exp(-0.3 * network) + np.exp(-0.3 * 12)) / 0.3, rel=1e-12)
    assert found.route_flow[:2] == pytest.approx([50 * top * rail / (rail + road)] * 2, rel=1e-12)


def test_a_class_without_a_route_goes_outside():
    sets = [[(0, 10.0, 0, 0, [0])], []]
    people = [{"set": 0}, {"set": 1, "outside": 30.0}]
    found = solve_equilibrium(Problem(routes(sets, streams=1), classes(people), resources([])))
    assert found.on_network.tolist() == [1.0, 0.0]
    assert found.overall_usd[1] == 30.0


def test_where_it_begins_does_not_matter():
    problem = single_track(empty=1.0, capacity=80.0)
    cold = solve_equilibrium(problem)
    start = Start(np.array([7.0]), np.array([0.0]), np.array([0.0]), np.array([-1.0]))
    warm = solve_equilibrium(problem, start)
    assert warm.route_flow == pytest.approx(cold.route_flow, rel=1e-8)
    assert solve_equilibrium(problem).route_flow.tobytes() == cold.route_flow.tobytes()


@pytest.mark.parametrize("capacity", [60.0, 40.0, 20.0])
def test_steps_that_run_away_do_not_tell_of_demand_without_another_way(capacity, monkeypatch):
    """Steps from a price that is far too high lead beyond a bound of twice the true one: not where the equilibrium is."""
    problem = single_track(empty=1.0, capacity=capacity)
    cold = solve_equilibrium(problem)
    bound = 2.0 * float(cold.controls.price_usd.max()) / Solver(problem).usd
    monkeypatch.setattr(equilibrium, "HIGHEST_PRICE", bound)
    start = Start(np.array([30.0]), np.array([0.0]), np.array([0.0]), np.array([-1.0]))
    warm = solve_equilibrium(problem, start)
    assert warm.route_flow == pytest.approx(cold.route_flow, rel=1e-8)


def test_demand_that_cannot_turn_away_from_a_full_route():
    sets = [[(0, 10.0, 0, 0, [0])]]
    problem = Problem(routes(sets, streams=1), classes([{}]), resources([{"capacity": 40.0}]))
    with pytest.raises(NotConvergedError) as caught:
        solve_equilibrium(problem)
    assert str(caught.value) == (
        "resource 0: demand that has no other way exceeds the capacity of 40 tonnes a day by 60. Give it an outside option, or "
        "raise the capacity."
    )


FALLING = "They must not rise from routes to ways of going to network against outside, and be above 0."


def test_every_fault_of_a_problem_is_named_at_once():
    sets = [[(0, 10.0, 0, 0, [0])], []]
    people = [
        {"demand": -1.0}, {"demand": np.nan}, {"delay": np.nan}, {"set": 1, "demand": 5.0}, {"scale": (0.1, 0.4, 0.3)},
    ]  # fmt: skip
    scarce = [
        {"capacity": 0.0}, {"curve": 1, "a": 0.1}, {"capacity": 9.0, "curve": 1, "b": 0.5}, {"capacity": 9.0, "preload": -1.0},
        {"capacity": 9.0, "clearing": 1, "each": True, "empty": 1.0},
    ]  # fmt: skip
    with pytest.raises(RequestError) as caught:
        Problem(routes(sets, streams=1), classes(people), resources(scarce))
    assert str(caught.value).splitlines() == [
        "class 0: the demand is -1 tonnes a day. State a figure of 0 or more.",
        "class 1: the demand is nan tonnes a day. State a figure of 0 or more.",
        "class 2: a time value or logit scale is missing or negative. Every class needs a cost of its own.",
        f"class 4: the logit scales are 0.1, 0.4 and 0.3. {FALLING}",
        "class 3: 5 tonnes a day have no route and no outside option.",
        "resource 0: the capacity is 0 tonnes a day. Leave it blank where there is no limit.",
        "resource 1: a delay curve needs a capacity.",
        "resource 2: the power is 0.5. It must be 1 or more.",
        "resource 3: the preload is -1 tonnes a day. State a figure of 0 or more.",
        "resource 4: a queue of one direction cannot be filled by empties of the other. Let them share it, or leave empties out.",
    ]


@pytest.mark.parametrize("seed", range(40))
def test_the_matrix_is_the_derivative_of_the_conditions(seed):
    """Central differences, away from the solution, where prices charge leans that are not those of the flows."""
    problem, draw = random_problem(seed), np.random.default_rng(seed)
    solver = equilibrium.Solver(problem)
    scarcity = solver.scarcity
    controls = Controls(
        np.where(solver.by_price, draw.uniform(1, 3, len(solver.by_price)), 0.0) * solver.usd,
        np.where(solver.by_queue, draw.uniform(1, 3, len(solver.by_queue)), 0.0) * solver.hour,
        draw.uniform(0, 2, len(scarcity.first)), draw.uniform(-0.9, 0.9, len(scarcity.pair_resource)),
    )  # fmt: skip
    point = solver.at(controls)
    factor = solver.factor(reactions_at(solver, point), point)
    size = len(factor.order)
    lower, upper = np.tril(factor.triangles, -1) + np.eye(size), np.triu(factor.triangles)
    matrix = np.empty((size, size))
    matrix[factor.order] = lower @ upper
    places = [
        (field, place)
        for field, own in enumerate((factor.priced, factor.queued, factor.delayed, factor.leaning)) for place in own
    ]  # fmt: skip
    assert len(places) == size
    # of what nothing uses, a billionth of a tonne is rounding, and so is its logarithm's slope
    counted = np.array([field > 1 or point.used[place] > 1e-6 for field, place in places])

    def conditions(field, place, step):
        columns = [column.copy() for column in controls]
        columns[field][place] += step
        return -newton_kernels.missing(scarcity, factor, solver.at(Controls(*columns)))

    for column, (field, place) in enumerate(places):
        step = 1e-6 * (solver.usd, solver.hour, 1.0, 1.0)[field]
        slope = (conditions(field, place, step) - conditions(field, place, -step)) / (2 * step)
        # differences have lost half their digits
        near = pytest.approx(slope[counted], rel=1e-4, abs=1e-4 * np.abs(slope).max())
        assert matrix[counted, column] == near


@pytest.mark.parametrize("seed", range(30))
def test_resources_with_the_same_pairs_are_one_group(seed):
    """A dictionary of what tells them apart is the oracle."""
    random = np.random.default_rng(seed)
    pointer = np.cumsum([0, *random.integers(0, 3, random.integers(0, 25))])
    order = random.permutation(pointer[-1])
    there, back = random.integers(-1, 2, (2, pointer[-1]))
    figures = random.integers(0, 2, (pointer[-1], 3)) * random.choice([1.0, -0.0, 0.5])
    group, first = alike(pointer, order, there, back, figures)
    known = {}
    for j, (begin, end) in enumerate(itertools.pairwise(pointer)):
        own = tuple((there[p], back[p], *(figures[p] + 0.0)) for p in order[begin:end])
        assert group[j] == known.setdefault(own, len(known))
        assert first[group[j]] <= j
    assert len(first) == len(known)
    assert [group[j] for j in first] == list(range(len(first)))
