"""In which order the kernels of choice go through routes changes nothing that they find."""

from __future__ import annotations

import numpy as np
import pytest
from corridors import random_problem

from karvan.flows.choice import choice_of
from karvan.flows.choice_kernels import NESTS, choose, load_classes, load_routes


@pytest.mark.parametrize("seed", range(20))
def test_every_nest_has_its_routes_and_they_stand_by_size(seed):
    choice = choice_of(random_problem(seed))
    classes, at, seen = len(choice.class_set), 0, set()
    for size in range(1, len(choice.size_ptr) - 1):
        for nest in range(choice.size_ptr[size], choice.size_ptr[size + 1]):
            m, c = divmod(int(choice.nest_at[nest]), classes)
            o = choice.class_set[c]
            assert c == choice.nest_class[nest]
            routes = range(choice.nest_ptr[o, m], choice.nest_ptr[o, m + 1])
            assert choice.item_route[at : at + size].tolist() == list(routes)
            # one class after the other they stand where the routes of its set do
            first = choice.begin[c] - choice.nest_ptr[o, 0]
            assert choice.item_at[at : at + size].tolist() == [first + r for r in routes]
            seen.add((c, m))
            at += size
    assert at == choice.begin[-1] == len(choice.item_route)
    wanted = {(c, m) for c, o in enumerate(choice.class_set) for m in range(NESTS) if np.diff(choice.nest_ptr[o])[m]}
    assert seen == wanted


@pytest.mark.parametrize("seed", range(20))
def test_goods_choose_as_a_nested_logit_written_out(seed):
    """Class by class, with library functions: docs/methods/flows.md."""
    problem, draw = random_problem(seed), np.random.default_rng(seed)
    choice, routes, classes = choice_of(problem), problem.routes, problem.classes
    usd, hours = draw.uniform(0, 9, len(routes.nest)), draw.uniform(0, 5, len(routes.nest))
    flow, network, overall, on_network, share, begin, each = load_classes(choice, usd, hours)
    total = np.zeros(len(routes.nest))
    for c in range(len(classes)):
        own = slice(routes.set_ptr[classes.set[c]], routes.set_ptr[classes.set[c] + 1])
        mu_route, mu_mode, mu_outside = classes.scale[c]
        cost = (
            routes.price_usd[own]
            + classes.hour_usd[c] * routes.hours[own]
            + usd[own]
            + classes.delay_usd[c] * hours[own]
        )
        weight = np.exp(routes.log_size[own] - mu_route * cost)
        with np.errstate(divide="ignore"):
            mass = np.bincount(routes.nest[own], weight, minlength=NESTS)
            ways = np.exp(-mu_mode * (classes.nest_usd[c] - np.log(mass) / mu_route))
            both = np.exp(-mu_outside * np.array([-np.log(ways.sum()) / mu_mode, classes.outside_usd[c]]))
        assert network[c] == pytest.approx(-np.log(ways.sum()) / mu_mode if ways.sum() > 0 else np.inf, rel=1e-12)
        assert overall[c] == pytest.approx(-np.log(both.sum()) / mu_outside, rel=1e-12)
        on = both[0] / both.sum()
        assert on_network[c] == pytest.approx(on, rel=1e-12, abs=1e-15)
        if on > 0:
            assert share[c] == pytest.approx(ways / ways.sum(), rel=1e-12, abs=1e-15)
            within = np.divide(share[c], mass, out=np.zeros(NESTS), where=mass > 0)[routes.nest[own]] * weight
            mine = classes.demand_t_per_day[c] * on * within
            assert each[begin[c] : begin[c + 1]] == pytest.approx(mine, rel=1e-11, abs=1e-12)
            total[own] += mine
    assert flow == pytest.approx(total, rel=1e-11, abs=1e-12)
    # what is told route by route, nest by nest and class by class is one
    assert np.array_equal(load_routes(choice, usd, hours)[0], flow)
    assert np.array_equal(load_routes(choice, usd, hours)[1], each[choice.item_at])
    weights, sums = choose(choice, usd, hours)[1:3]
    for c in range(len(classes)):
        own = slice(routes.set_ptr[classes.set[c]], routes.set_ptr[classes.set[c] + 1])
        mass = np.bincount(routes.nest[own], weights[begin[c] : begin[c + 1]], minlength=NESTS)
        assert sums[c] == pytest.approx(np.where(np.isfinite(classes.nest_usd[c]), mass, 0.0), rel=1e-14)
