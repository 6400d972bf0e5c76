"""The audit of corridor flows catches what it is there for: each fault is put into a sound result, and the audit must fail."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import karvan
from karvan.errors import AuditError
from karvan.flows.corridor import search_tasks, state_of
from karvan.flows.corridor_audit import FIGURES, _audit_resources, audit_corridor
from karvan.flows.corridor_solve import solve_setting


@pytest.fixture(scope="module")
def sound():
    case = karvan.open_case("textbook")
    changes = [
        "link:b_city-b_east.rail:capacity_trains_per_day=0.25",
        "terminal:b_city.rail1520-rail1435:capacity_t_per_day=100",
    ]
    solved = solve_setting(case, karvan.Setting.of(changes=changes))
    return solved.model.problem, state_of(solved), search_tasks(solved)


def test_a_sound_result_passes(sound):
    found = audit_corridor(*sound)
    assert found.conservation < 1e-12
    assert found.share_error < 1e-9
    assert found.charge_error < 1e-9
    assert found.missing_gain < 0.01
    assert found.searches > 0


def test_one_tonne_dropped(sound):
    problem, state, tasks = sound
    flow = state.flow.copy()
    flow[np.argmax(flow)] -= 1.0
    with pytest.raises(AuditError, match=r"tonnes a day on routes and .* outside are not"):
        audit_corridor(problem, replace(state, flow=flow), tasks)


def test_one_sign_flipped(sound):
    problem, state, tasks = sound
    flow = state.flow.copy()
    flow[np.argmax(flow)] *= -1
    with pytest.raises(AuditError, match=r"a route carries -.* tonnes a day"):
        audit_corridor(problem, replace(state, flow=flow), tasks)


def test_two_links_swapped(sound):
    problem, state, tasks = sound
    streams = state.stream_flow.copy()
    first, second = np.argsort(streams)[-2:]
    streams[first], streams[second] = streams[second], streams[first]
    with pytest.raises(AuditError, match=r"stream .* its routes add up to"):
        audit_corridor(problem, replace(state, stream_flow=streams), tasks)


def test_a_tonne_on_another_route(sound):
    problem, state, tasks = sound
    flow = state.flow.copy()
    number = state.class_number[np.argmax(flow)]
    mine = np.flatnonzero(state.class_number == number)
    flow[mine[np.argmax(flow[mine])]] -= 1.0
    flow[mine[np.argmin(flow[mine])]] += 1.0
    with pytest.raises(AuditError, match="its routes add up to"):
        audit_corridor(problem, replace(state, flow=flow), tasks)


def test_a_price_where_there_is_room(sound):
    problem, state, tasks = sound
    price = state.price_usd.copy()
    idle = np.flatnonzero((problem.resources.clearing == 0) & (state.used < 0.5 * problem.resources.capacity))[0]
    price[idle] = 1.0
    with pytest.raises(AuditError, match="a price is charged where there is room"):
        audit_corridor(problem, replace(state, price_usd=price), tasks)


def test_a_price_that_is_rounding_is_none(sound):
    problem, state, _ = sound
    idle = np.flatnonzero((problem.resources.clearing == 0) & (state.used < 0.5 * problem.resources.capacity))[0]
    # where nothing else is full, what is left of a price on its way to nothing is the largest of all
    rest = np.zeros_like(state.price_usd)
    rest[idle] = 3e-18
    _, idle_share, _ = _audit_resources(problem, replace(state, price_usd=rest))
    assert idle_share < 1e-8


def test_a_capacity_exceeded(sound):
    problem, state, tasks = sound
    # the terminal is the last resource; the rounding of empties on lines would move with their capacity
    full = int(np.argmax(state.queue_h))
    capacity = problem.resources.capacity.copy()
    capacity[full] *= 0.99
    assert problem.resources.pair_empty[problem.resources.pair_resource == full].max() == 0
    smaller = replace(problem, resources=replace(problem.resources, capacity=capacity))
    with pytest.raises(AuditError, match=r"b_city.rail1520-rail1435: 100 tonnes a day exceed the capacity of 99"):
        audit_corridor(smaller, state, tasks)


def test_a_price_that_nobody_would_pay(sound):
    problem, state, tasks = sound
    with pytest.raises(AuditError, match="flows differ from the choice at their costs by"):
        audit_corridor(problem, replace(state, price_usd=state.price_usd * 1.01), tasks)


def test_a_delay_that_is_not_that_of_the_flow(sound):
    problem, state, tasks = sound
    delay = state.delay_h.copy()
    delay[np.argmax(delay)] += 0.1
    with pytest.raises(AuditError, match=r"h is charged, its curve gives"):
        audit_corridor(problem, replace(state, delay_h=delay), tasks)


def test_a_route_that_is_missing(sound):
    problem, state, tasks = sound
    dear = replace(tasks[0], best=tasks[0].best * 1.2)
    with pytest.raises(AuditError, match="a route is missing that is cheaper than the best known by"):
        audit_corridor(problem, state, [dear, *tasks[1:]])


def test_a_movement_that_is_charged_for_others(sound):
    """What a stream is charged is the sum over its movements; a way that uses one of them must not be charged for all."""
    problem, state, tasks = sound
    usd = state.move_usd.copy()
    usd[np.argmax(usd)] *= 2
    with pytest.raises(AuditError, match=r"is charged .* dollars, its movements .* where missing routes are sought"):
        audit_corridor(problem, replace(state, move_usd=usd), tasks)
    hours = state.move_h.copy()
    hours[np.argmax(hours)] = 0.0
    with pytest.raises(AuditError, match=r"is charged .* hours, its movements .* where missing routes are sought"):
        audit_corridor(problem, replace(state, move_h=hours), tasks)


def test_movements_are_charged_what_their_routes_are():
    case = karvan.open_case("textbook")
    solved = solve_setting(case, karvan.Setting.of(changes=["link:b_city-b_east.rail:capacity_trains_per_day=0.25"]))
    laid, found = solved.model.laid, solved.equilibrium
    used = laid.stream_of[laid.stream_of >= 0]
    several = np.bincount(used, minlength=len(found.stream_usd)) > 1
    assert (several & (found.stream_usd > 0)).any()
    assert (several & (found.stream_h > 0)).any()
    state = state_of(solved)
    for of_movement, of_stream in ((state.move_usd, found.stream_usd), (state.move_h, found.stream_h)):
        again = np.bincount(used, of_movement[laid.stream_of >= 0], minlength=len(of_stream))
        np.testing.assert_allclose(again, of_stream, rtol=1e-9, atol=1e-9)


def test_a_route_that_has_a_movement_twice(sound):
    problem, state, tasks = sound
    busy = int(np.argmax(np.bincount(state.route, state.flow)))
    at = int(state.move_ptr[busy])
    twice = np.insert(state.move_item, at, state.move_item[at])
    later = np.where(np.arange(len(state.move_ptr)) > busy, state.move_ptr + 1, state.move_ptr)
    with pytest.raises(AuditError, match=r"movement .* tonnes a day, .* of them more than its stream does"):
        audit_corridor(problem, replace(state, move_item=twice, move_ptr=later), tasks)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_that_is_no_number(sound, name):
    problem, state, tasks = sound
    values = getattr(state, name).copy()
    values[-1] = np.nan
    with pytest.raises(AuditError, match=rf"corridor flows: {name} has nan at place {len(values) - 1}$"):
        audit_corridor(problem, replace(state, **{name: values}), tasks)


def test_a_search_whose_costs_are_no_numbers(sound):
    problem, state, tasks = sound
    for what in ("weight", "best"):
        values = getattr(tasks[0], what).copy()
        values[0] = np.nan
        with pytest.raises(AuditError, match="a cost with which missing routes are sought is no number"):
            audit_corridor(problem, state, [replace(tasks[0], **{what: values})])
