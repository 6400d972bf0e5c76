"""How streams react to what others are charged: the derivative of the flows, whatever routes have in common."""

from __future__ import annotations

import numpy as np
import pytest
from corridors import random_problem

from karvan.flows.choice import choice_of
from karvan.flows.choice_kernels import load_classes
from karvan.flows.corridor_kernels import sum_on_items, sum_on_routes
from karvan.flows.reaction_kernels import reactions, stream_reactions

#: Central differences of this many dollars or hours have lost half their digits.
STEP = 1e-4


def sum_both_on_routes(pointer, stream, usd, hours):
    return sum_on_routes(pointer, stream, usd), sum_on_routes(pointer, stream, hours)


def twice_used(problem, draw):
    """Return the streams of routes where some are used more than once, some by the same routes, and some by none of a set."""
    routes = problem.routes
    own = [routes.route_stream[a:b] for a, b in zip(routes.route_ptr, routes.route_ptr[1:], strict=False)]
    own = [np.concatenate([one, one[:1], one[:1]]) if draw.random() < 0.3 else one for one in own]
    # a stream beside each of the first: what uses one uses both
    own = [np.concatenate([one, routes.streams + one]) for one in own]
    return np.cumsum([0, *(len(one) for one in own)]), np.concatenate(own), 2 * routes.streams


@pytest.mark.parametrize("seed", range(30))
def test_streams_react_as_their_flows_do(seed):
    problem, draw = random_problem(seed), np.random.default_rng(seed)
    choice = choice_of(problem)
    pointer, stream, streams = twice_used(problem, draw)
    usd, hours = draw.uniform(0, 3, streams), draw.uniform(0, 2, streams)

    def flows(dollars, waits):
        on_routes = sum_both_on_routes(pointer, stream, dollars, waits)
        return sum_on_items(pointer, stream, load_classes(choice, *on_routes)[0], streams)

    by_usd, by_hour = stream_reactions(
        choice, *sum_both_on_routes(pointer, stream, usd, hours), *problem.set_class, pointer, stream, streams
    )
    assert np.array_equal(by_usd, by_usd.T)
    for other in range(streams):
        step = np.zeros(streams)
        step[other] = STEP
        by_flow = (flows(usd + step, hours) - flows(usd - step, hours)) / (2 * STEP)
        assert by_usd[:, other] == pytest.approx(by_flow, rel=1e-5, abs=1e-5 * np.abs(by_usd).max())
        by_flow = (flows(usd, hours + step) - flows(usd, hours - step)) / (2 * STEP)
        assert by_hour[:, other] == pytest.approx(by_flow, rel=1e-5, abs=1e-5 * np.abs(by_hour).max())


@pytest.mark.parametrize("seed", range(10))
def test_conditions_read_streams_and_controls_charge_them(seed):
    """What a condition reads of all streams, times how they react, times what a control charges on them."""
    problem, draw = random_problem(seed), np.random.default_rng(seed)
    routes = problem.routes
    charged = sum_both_on_routes(
        routes.route_ptr, routes.route_stream, draw.uniform(0, 3, routes.streams), draw.uniform(0, 2, routes.streams)
    )
    given = (choice_of(problem), *charged, *problem.set_class, routes.route_ptr, routes.route_stream)
    read, paid = (
        draw.uniform(-1, 1, (count, routes.streams)) * (draw.random((count, routes.streams)) < 0.3) for count in (4, 6)
    )
    is_hour = np.arange(len(paid)) % 2 == 1
    found = reactions(*given, *by_stream(read), *by_stream(paid), is_hour, len(read))
    by_usd, by_hour = stream_reactions(*given, routes.streams)
    wanted = np.where(is_hour, read @ by_hour @ paid.T, read @ by_usd @ paid.T)
    assert found == pytest.approx(wanted, rel=1e-12, abs=1e-12 * np.abs(by_usd).max())


def by_stream(weight):
    stream, row = np.nonzero(weight.T)
    return np.searchsorted(stream, np.arange(weight.shape[1] + 1)), row, weight[row, stream]
