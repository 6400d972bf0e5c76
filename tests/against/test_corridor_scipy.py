"""The corridor's equilibrium against SciPy: Fisk's problem with capacities by SLSQP, queues and delays by root-finding."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from corridors import random_problem, two_routes
from scipy.optimize import brentq, least_squares, minimize
from scipy.special import expit, logsumexp

from karvan.flows.equilibrium import solve_equilibrium

#: SLSQP meets its conditions to about this.
FLOW_SHARE, PRICE_SHARE = 2e-4, 2e-3


def usage(resources, flow):
    """Return the use of every resource, and what one more tonne there and back uses of every pair, by the page's formula."""
    end = np.append(flow, 0.0)
    there, back = end[resources.pair_there], end[resources.pair_back]
    weight, empty, each, kink = resources.pair_weight, resources.pair_empty, resources.pair_each, resources.kink
    gap = there - back
    root = np.hypot(gap, kink)
    both = there + back + empty * (root - kink)
    one_way = there + empty * 0.5 * (root - kink - gap)
    used = resources.preload + np.bincount(
        resources.pair_resource, weight * np.where(each, one_way, both), minlength=len(resources)
    )
    lean = gap / root
    by_there = weight * np.where(each, 1 + 0.5 * empty * (lean - 1), 1 + empty * lean)
    by_back = weight * np.where(each, 0.5 * empty * (1 - lean), 1 - empty * lean)
    return used, by_there, by_back


class Fisk:
    """Nested entropy plus cost, over the flow of every class on every route and outside: minimised by the equilibrium."""

    def __init__(self, problem):
        self.problem = problem
        routes, classes = problem.routes, problem.classes
        self.cells = [
            (c, r)
            for c in range(len(classes))
            for r in range(routes.set_ptr[classes.set[c]], routes.set_ptr[classes.set[c] + 1])
        ]
        self.owner = np.array([c for c, _ in self.cells])
        self.route = np.array([r for _, r in self.cells])
        self.many = len(classes)
        self.nest = routes.nest[self.route] + 4 * self.owner
        self.cost = (
            routes.price_usd[self.route] + classes.hour_usd[self.owner] * routes.hours[self.route]
            + classes.nest_usd[self.owner, routes.nest[self.route]]
        )  # fmt: skip

    def parts(self, x):
        flow, out = x[: len(self.cells)], x[len(self.cells) :]
        nest = np.bincount(self.nest, flow, minlength=4 * self.many)
        return flow, out, nest, np.bincount(self.owner, flow, minlength=self.many)

    def value(self, x):
        classes = self.problem.classes
        flow, out, nest, net = self.parts(x)
        route, mode, top = classes.scale.T
        owner_of_nest = np.arange(4 * self.many) // 4
        used = nest > 0
        total = (flow * self.cost).sum() + (out * classes.outside_usd).sum()
        total += (
            flow * (np.log(flow / nest[self.nest]) - self.problem.routes.log_size[self.route]) / route[self.owner]
        ).sum()
        total += (nest[used] * np.log(nest[used] / net[owner_of_nest[used]]) / mode[owner_of_nest[used]]).sum()
        return (
            total
            + (
                (net * np.log(net / classes.demand_t_per_day) + out * np.log(out / classes.demand_t_per_day)) / top
            ).sum()
        )

    def slope(self, x):
        classes = self.problem.classes
        flow, out, nest, net = self.parts(x)
        route, mode, top = classes.scale[self.owner].T
        inner = (np.log(flow / nest[self.nest]) - self.problem.routes.log_size[self.route]) / route
        middle = np.log(nest[self.nest] / net[self.owner]) / mode
        outer = np.log(net / classes.demand_t_per_day)[self.owner] / top
        beyond = classes.outside_usd + (np.log(out / classes.demand_t_per_day)) / classes.scale[:, 2]
        return np.concatenate([self.cost + inner + middle + outer, beyond])

    def streams(self):
        routes = self.problem.routes
        table = np.zeros((routes.streams, len(self.cells) + self.many))
        for k, r in enumerate(self.route):
            table[routes.route_stream[routes.route_ptr[r] : routes.route_ptr[r + 1]], k] = 1.0
        return table

    def solve(self):
        classes, resources, table = self.problem.classes, self.problem.resources, self.streams()
        balance = np.zeros((self.many, len(self.cells) + self.many))
        balance[self.owner, np.arange(len(self.cells))] = 1.0
        balance[np.arange(self.many), len(self.cells) + np.arange(self.many)] = 1.0

        def use(x):
            return usage(resources, table @ x)[0]

        def jacobian(x):
            _, by_there, by_back = usage(resources, table @ x)
            rows = np.zeros((len(resources), table.shape[1]))
            for k, j in enumerate(resources.pair_resource):
                rows[j] += by_there[k] * table[resources.pair_there[k]]
                if resources.pair_back[k] >= 0:
                    rows[j] += by_back[k] * table[resources.pair_back[k]]
            return rows

        share = np.array([1.0 / (1 + (self.owner == c).sum()) for c in range(self.many)]) * classes.demand_t_per_day
        start = np.concatenate([share[self.owner], share])
        found = minimize(
            self.value, start, jac=self.slope, method="SLSQP", bounds=[(1e-9, None)] * len(start),
            constraints=[
                {"type": "eq", "fun": lambda x: balance @ x - classes.demand_t_per_day, "jac": lambda _: balance},
                {"type": "ineq", "fun": lambda x: resources.capacity - use(x), "jac": lambda x: -jacobian(x)},
            ],
            options={"ftol": 1e-14, "maxiter": 2000},
        )  # fmt: skip
        # at the least, slope + prices x use' + a constant per class is nought: prices of what is full by least squares
        full = np.flatnonzero(use(found.x) > resources.capacity * (1 - 1e-6))
        columns = np.concatenate([jacobian(found.x)[full], balance]).T
        prices = np.zeros(len(resources))
        weight = np.minimum(found.x, 1.0)
        prices[full] = np.linalg.lstsq(columns * weight[:, None], -self.slope(found.x) * weight, rcond=None)[0][
            : len(full)
        ]
        return found.x, prices


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_prices_and_flows_solve_fisks_problem_with_capacities(seed):
    problem = random_problem(seed, sets=2, per_set=3, streams=4, many=3, prices_only=True)
    ours = solve_equilibrium(problem)
    assert (ours.controls.price_usd > 0.01).any()
    fisk = Fisk(problem)
    theirs, prices = fisk.solve()
    per_route = np.bincount(fisk.route, theirs[: len(fisk.cells)], minlength=len(problem.routes.nest))
    scale = ours.route_flow.sum()
    assert np.abs(per_route - ours.route_flow).max() <= FLOW_SHARE * scale
    # the multiplier of a capacity is its price
    assert np.abs(prices - ours.controls.price_usd).max() <= PRICE_SHARE * max(1.0, prices.max())


def test_a_queue_of_two_classes_by_root_finding():
    # both want the cheaper route; an hour costs them 0.2 and 1.5 USD
    rows = [{"demand": 80.0, "delay": 0.2}, {"demand": 60.0, "delay": 1.5}]
    ours = solve_equilibrium(two_routes(rows=rows, scarce=[{"capacity": 50.0, "clearing": 1}]))

    def over(hours):
        return sum(row["demand"] / (1 + np.exp(0.5 * (10 + row["delay"] * hours - 12))) for row in rows) - 50.0

    assert ours.controls.queue_h[0] == pytest.approx(brentq(over, 0, 400, xtol=1e-13), rel=1e-9)


@pytest.mark.parametrize(("curve", "b"), [(1, 4.0), (2, 3.0)])
def test_a_delay_curve_by_root_finding(curve, b):
    scarce = {"capacity": 70.0, "clearing": 2, "curve": curve, "free_h": 12.0, "a": 0.15, "b": b}
    ours = solve_equilibrium(two_routes(scarce=[scarce]))

    def fault(hours):
        flow = 100.0 / (1 + np.exp(0.5 * (10 + hours - 12)))
        ratio = flow / 70.0
        wanted = 12.0 * 0.15 * (ratio**b if curve == 1 else np.exp(b * min(ratio, 1)) * (1 + b * max(ratio - 1, 0)) - 1)
        return hours - wanted

    assert ours.delay_h[0] == pytest.approx(brentq(fault, 0, 100, xtol=1e-13), rel=1e-9)


class Page:
    """The equilibrium as docs/methods/flows.md states it: residuals of prices or queues, delays, and leans of pairs."""

    def __init__(self, problem):
        self.problem = problem
        self.many = len(problem.resources)
        self.routes_of = [
            problem.routes.route_stream[begin:end] for begin, end in pairwise(problem.routes.route_ptr.tolist())
        ]

    def streams(self, usd, hours):
        """Return the tonnes of every stream: the nested logit, class by class."""
        routes, classes, flow = self.problem.routes, self.problem.classes, np.zeros(self.problem.routes.streams)
        for c, own in enumerate(classes.set):
            mine = range(routes.set_ptr[own], routes.set_ptr[own + 1])
            by_route, by_mode, by_outside = classes.scale[c]
            cost = np.array([
                routes.price_usd[r] + classes.hour_usd[c] * routes.hours[r]
                + (usd[self.routes_of[r]] + classes.delay_usd[c] * hours[self.routes_of[r]]).sum()
                for r in mine
            ])  # fmt: skip
            weight = routes.log_size[mine] - by_route * cost
            way = routes.nest[mine]
            value = {m: -logsumexp(weight[way == m]) / by_route for m in set(way.tolist())}
            total = {m: value[m] + classes.nest_usd[c, m] for m in value}
            network = -logsumexp([-by_mode * cost for cost in total.values()]) / by_mode
            inside = classes.demand_t_per_day[c] * expit(by_outside * (classes.outside_usd[c] - network))
            for r, m, w in zip(mine, way.tolist(), weight, strict=True):
                share = np.exp(-by_mode * (total[m] - network) + w + by_route * value[m])
                np.add.at(flow, self.routes_of[r], inside * share)
        return flow

    def residuals(self, x):
        resources = self.problem.resources
        multiplier, delay, lean = x.reshape(3, -1)
        price = np.where(resources.clearing == 0, multiplier, 0.0)[resources.pair_resource]
        wait = (np.where(resources.clearing == 1, multiplier, 0.0) + delay)[resources.pair_resource]
        weight, empty, each = resources.pair_weight, resources.pair_empty, resources.pair_each
        usd, hours = np.zeros(self.problem.routes.streams + 1), np.zeros(self.problem.routes.streams + 1)
        np.add.at(
            usd, resources.pair_there, price * weight * np.where(each, 1 - empty * (1 - lean) / 2, 1 + empty * lean)
        )
        np.add.at(usd, resources.pair_back, price * weight * np.where(each, empty * (1 - lean) / 2, 1 - empty * lean))
        np.add.at(hours, resources.pair_there, wait)
        np.add.at(hours, resources.pair_back, np.where(each, 0.0, wait))
        flow = self.streams(usd[:-1], hours[:-1])
        used = usage(resources, flow)[0]
        end = np.append(flow, 0.0)
        apart = end[resources.pair_there] - end[resources.pair_back]
        room = np.log(resources.capacity / used)
        hard = np.where(resources.clearing < 2, multiplier / 10 + room - np.hypot(multiplier / 10, room), multiplier)
        return np.concatenate([hard, delay - self.delays(used), lean - apart / np.hypot(apart, resources.kink)])

    def delays(self, used):
        resources = self.problem.resources
        u, b, top = used / resources.capacity, resources.curve_b, resources.free_h * resources.curve_a
        steep = np.exp(b * np.minimum(u, 1)) * (1 + b * np.maximum(u - 1, 0)) - 1
        return top * np.select([resources.curve == 1, resources.curve == 2], [u**b, steep], 0.0)

    def solve(self):
        """Return prices or queues, and delays; from no scarcity at all."""
        found = least_squares(
            self.residuals, np.zeros(3 * self.many), xtol=1e-15, ftol=1e-15, gtol=1e-15, x_scale="jac"
        )
        assert found.cost < 1e-20
        return found.x.reshape(3, -1)[:2]


@pytest.mark.parametrize("seed", [1, 3, 7, 11, 19, 21, 25])
def test_queues_prices_delays_and_empties_together(seed):
    problem = random_problem(seed, sets=2, per_set=3, streams=4, many=3)
    ours = solve_equilibrium(problem)
    multiplier, delay = Page(problem).solve()
    mine = np.where(problem.resources.clearing == 0, ours.controls.price_usd, ours.controls.queue_h)
    assert (mine > 0.01).any()
    # SciPy's differences leave about the square root of its rounding in a multiplier of some hundreds
    assert np.abs(mine - multiplier).max() <= 1e-6 * max(1.0, mine.max())
    assert np.abs(np.where(problem.resources.curve > 0, ours.delay_h, 0.0) - delay).max() <= 1e-6


def test_prices_are_what_capacity_is_worth():
    """Raise a capacity a little: the least of Fisk's problem falls by the price (envelope theorem), by finite differences."""
    # without empties, whose rounded kink is a share of the capacity and would move with it
    problem = random_problem(5, sets=2, per_set=3, streams=4, many=3, prices_only=True, empties=False)
    ours = solve_equilibrium(problem)
    j = int(np.argmax(ours.controls.price_usd))
    values = []
    for step in (-1e-3, 1e-3):
        resources = problem.resources
        capacity = resources.capacity.copy()
        capacity[j] *= 1 + step
        changed = replace(problem, resources=replace(resources, capacity=capacity))
        found = solve_equilibrium(changed)
        fisk = Fisk(changed)
        flows = class_flow(changed, found)
        x = np.concatenate([flows, changed.classes.demand_t_per_day * (1 - found.on_network)])
        values.append(fisk.value(x))
    worth = -(values[1] - values[0]) / (2e-3 * problem.resources.capacity[j])
    # central differences over 0.2 % of the capacity
    assert worth == pytest.approx(ours.controls.price_usd[j], rel=1e-4)


def class_flow(problem, found):
    """Return the flow of every class on every route of its set."""
    from karvan.flows import corridor_kernels as kernels
    from karvan.flows.choice import choice_of
    from karvan.flows.choice_kernels import load_classes

    routes = problem.routes
    usd, hours = (
        kernels.sum_on_routes(routes.route_ptr, routes.route_stream, values)
        for values in (found.stream_usd, found.stream_h)
    )
    return load_classes(choice_of(problem), usd, hours)[-1]
