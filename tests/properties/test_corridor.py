"""What must hold for every corridor, whatever its figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from corridors import random_problem
from hypothesis import given, settings
from hypothesis import strategies as st

from karvan.flows.equilibrium import relative_gap, solve_equilibrium
from karvan.flows.problem import Problem

SEEDS = st.integers(0, 100_000)
#: The solver meets its conditions to 1e-10; what follows from them, to a thousand times that.
MET = 1e-7


def changed(problem, **columns):
    """Return a problem with other columns of its resources."""
    return replace(problem, resources=replace(problem.resources, **columns))


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_tonnes_are_kept_and_conditions_met(seed):
    problem = random_problem(seed)
    found = solve_equilibrium(problem)
    demand = problem.classes.demand_t_per_day
    assert np.isclose(found.route_flow.sum(), (demand * found.on_network).sum(), rtol=1e-12)
    assert (found.route_flow >= 0).all()
    assert relative_gap(problem, found) <= MET
    assert found.capacity_residual <= MET
    assert found.complementarity_residual <= MET
    assert ((found.on_network >= 0) & (found.on_network <= 1)).all()


@settings(deadline=None, max_examples=10)
@given(SEEDS, st.floats(1.05, 3.0))
def test_more_capacity_never_raises_its_own_price(seed, factor):
    problem = random_problem(seed, prices_only=True)
    before = solve_equilibrium(problem).controls.price_usd
    j = int(np.argmax(before))
    capacity = problem.resources.capacity.copy()
    capacity[j] *= factor
    after = solve_equilibrium(changed(problem, capacity=capacity)).controls.price_usd
    assert after[j] <= before[j] + MET * max(1.0, before[j])


@settings(deadline=None, max_examples=10)
@given(SEEDS, st.floats(0.1, 50.0))
def test_tonnes_and_capacities_scale_together(seed, factor):
    problem = random_problem(seed)
    one = solve_equilibrium(problem)
    classes = replace(problem.classes, demand_t_per_day=factor * problem.classes.demand_t_per_day)
    larger = changed(problem, capacity=factor * problem.resources.capacity, preload=factor * problem.resources.preload)
    other = solve_equilibrium(Problem(problem.routes, classes, larger.resources))
    assert np.allclose(other.route_flow, factor * one.route_flow, rtol=1e-5, atol=1e-6 * factor)
    assert np.allclose(other.network_usd, one.network_usd, rtol=1e-6)


@settings(deadline=None, max_examples=10)
@given(SEEDS)
def test_shutting_a_way_never_lowers_the_cost_where_nothing_is_scarce(seed):
    problem = random_problem(seed)
    free = Problem(problem.routes, problem.classes, problem.resources.without_limits())
    before = solve_equilibrium(free)
    nests = problem.classes.nest_usd.copy()
    nests[:, int(problem.routes.nest[0])] = np.inf
    shut = replace(problem.classes, nest_usd=nests)
    after = solve_equilibrium(Problem(problem.routes, shut, free.resources))
    assert (after.overall_usd >= before.overall_usd - 1e-9).all()
