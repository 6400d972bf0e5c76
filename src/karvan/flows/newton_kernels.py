"""Kernels of Newton's method on the controls of a corridor: its conditions, one linear system, and steps with it.

What the steps are for stands in :mod:`karvan.flows.equilibrium`.
"""

# kernels are typed by Numba; their arrays are checked by the dataclasses that hold them
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from karvan.flows import choice_kernels, scarcity_kernels
from karvan.flows.choice_kernels import load_routes
from karvan.flows.resting import resting_on
from karvan.flows.scarcity_kernels import Controls, charges_of, delay, usage

#: Pivots below this are none.
TINY = 1e-300
#: Least use in a logarithm, in tonnes a day.
LEAST_USE = 1e-9
#: Resources within this of full may have a price.
NEAR_FULL = 0.05
#: A price of one scale unit lets use exceed the capacity by this share, far below what the audit allows.
WHISKER = 1e-11
#: Slack above this is plenty.
PLENTY = 1e6
#: New reactions cost about as much as so many steps.
WORTH = 8.0
#: The first of two steps may miss what is enough so many times over.
MOST_UPSET = 30.0
#: Reactions serve again as long as a step with them leaves at most this share of what is missing.
SERVES_AGAIN = 0.3
#: Or as long as no more than so many such steps are left.
FEW_STEPS = 5.0
#: Delays and leans whose own feedback (slope x what it changes in the flow) is smaller are set from the flow, without a line of
#: the matrix.
WEAK_FEEDBACK = 0.01
#: Lines by which a matrix is factored at a time.
_BLOCK = 8
#: What a matrix came to: reactions to some control are not known, it cannot be inverted, it has been factored.
LACKING, SINGULAR, REGULAR = 0, 1, 2

_RESTS = resting_on(choice_kernels, scarcity_kernels)


class Point(NamedTuple):
    """Controls, and all that follows from them.

    Attributes
    ----------
    controls
        What the goods meet.
    stream_usd, stream_h, charge_usd, charge_h
        What that adds to streams and routes.
    flow, streams
        Tonnes a day on routes and streams.
    used, lean, lean_slope
        Use of every resource; lean of every pair and its derivative.
    curve_h, slope
        Delay of every resource, and its derivative.
    network_usd, overall_usd, on_network, nest_share
        Per class: costs of the network and of all options, share on the network, shares of the ways of going within it.
    """

    controls: Any
    stream_usd: Any
    stream_h: Any
    charge_usd: Any
    charge_h: Any
    flow: Any
    streams: Any
    used: Any
    lean: Any
    lean_slope: Any
    curve_h: Any
    slope: Any
    network_usd: Any
    overall_usd: Any
    on_network: Any
    nest_share: Any


class Known(NamedTuple):
    """Known reactions: where those of each resource and pair stand among them, -1 being nowhere; what turns with which lean."""

    raw: Any
    price_at: Any
    queue_at: Any
    delayed: Any
    delayed_at: Any
    lean_at: Any
    row: Any
    row_lean: Any
    row_pair: Any
    column: Any
    column_lean: Any
    column_pair: Any


class Factor(NamedTuple):
    """A matrix that has been factored, and the controls that it is of.

    Attributes
    ----------
    status
        One of :data:`LACKING`, :data:`SINGULAR`, :data:`REGULAR`.
    priced, queued, delayed, leaning
        Resources with a price, with a queue, groups of delay curves that react to themselves, pairs whose lean is charged.
    triangles, order
        The factors and the order of the rows.
    """

    status: Any
    priced: Any
    queued: Any
    delayed: Any
    leaning: Any
    triangles: Any
    order: Any


# where controls lead --------------------------------------------------------------------------------------------------


@njit(cache=True, error_model="numpy", nogil=True)
@_RESTS
def on_routes(scarcity, usd, hours):
    """Return what the streams of every route are charged."""
    both = np.empty((len(usd), 2))
    for s in range(len(usd)):
        both[s, 0], both[s, 1] = usd[s], hours[s]
    route_usd, route_h = np.empty(len(scarcity.route)), np.empty(len(scarcity.route))
    at = 0
    for length in range(len(scarcity.length_ptr) - 1):
        for place in range(scarcity.length_ptr[length], scarcity.length_ptr[length + 1]):
            one, other = 0.0, 0.0
            for k in range(at, at + length):
                s = scarcity.route_stream[k]
                one += both[s, 0]
                other += both[s, 1]
            r = scarcity.route[place]
            route_usd[r], route_h[r] = one, other
            at += length
    return route_usd, route_h


@njit(cache=True, error_model="numpy", nogil=True)
@_RESTS
def on_streams(scarcity, flow):
    """Return the flow on every stream."""
    total = np.zeros(scarcity.streams)
    at = 0
    for length in range(len(scarcity.length_ptr) - 1):
        for place in range(scarcity.length_ptr[length], scarcity.length_ptr[length + 1]):
            tonnes = flow[scarcity.route[place]]
            for k in range(at, at + length):
                total[scarcity.route_stream[k]] += tonnes
            at += length
    return total


@njit(cache=True, error_model="numpy", nogil=True)
@_RESTS
def point_at(choice, scarcity, controls, blunt):
    """Return what follows from controls, with kinks of empties so many times as wide."""
    usd, hours = charges_of(scarcity, controls)
    charge_usd, charge_h = on_routes(scarcity, usd, hours)
    flow, _, network, overall, on_network, share = load_routes(choice, charge_usd, charge_h)
    streams = on_streams(scarcity, flow)
    used, lean, lean_slope = usage(
        scarcity.preload, scarcity.pair_resource, scarcity.pair_there, scarcity.pair_back, scarcity.pair_weight,
        scarcity.pair_empty, scarcity.pair_each, scarcity.kink, streams, blunt,
    )  # fmt: skip
    curve_h, slope = delay(scarcity.curve, scarcity.capacity, scarcity.free_h, scarcity.curve_a, scarcity.curve_b, used)
    return Point(
        controls, usd, hours, charge_usd, charge_h, flow, streams, used, lean, lean_slope, curve_h, slope, network, overall,
        on_network, share,
    )  # fmt: skip


# conditions -----------------------------------------------------------------------------------------------------------


@njit(cache=True, error_model="numpy")
@_RESTS
def fischer(control, slack):
    """Return the Fischer-Burmeister function: zero where both are not negative and one of them is zero."""
    bounded = min(slack, PLENTY)
    return control + bounded - np.sqrt(control * control + bounded * bounded)


@njit(cache=True, error_model="numpy")
@_RESTS
def slack_of(capacity, used):
    """Return ln(capacity / use); infinite where there is no limit."""
    return np.log(capacity / max(used, LEAST_USE))


@njit(cache=True, error_model="numpy")
@_RESTS
def _by_group(scarcity, figures):
    """Return the sum of a figure of resources over every group."""
    total = np.zeros(len(scarcity.first))
    for j in range(len(figures)):
        total[scarcity.group[j]] += figures[j]
    return total


@njit(cache=True, error_model="numpy")
@_RESTS
def _price_fault(scarcity, point, j):
    control = point.controls.price_usd[j] / scarcity.usd
    return fischer(control, slack_of(scarcity.capacity[j], point.used[j]) + WHISKER * control)


@njit(cache=True, error_model="numpy")
@_RESTS
def _queue_fault(scarcity, point, j):
    control = point.controls.queue_h[j] / scarcity.hour
    return fischer(control, slack_of(scarcity.capacity[j], point.used[j]) + WHISKER * control)


@njit(cache=True, error_model="numpy", nogil=True)
@_RESTS
def residual(scarcity, point):
    """Return the conditions: prices, queues, delays, leans; all zero at the equilibrium."""
    resources, groups, pairs = len(scarcity.capacity), len(scarcity.first), len(scarcity.pair_resource)
    error = np.empty(2 * resources + groups + pairs)
    size = 0
    for j in range(resources):
        if scarcity.by_price[j]:
            error[size] = _price_fault(scarcity, point, j)
            size += 1
    for j in range(resources):
        if scarcity.by_queue[j]:
            error[size] = _queue_fault(scarcity, point, j)
            size += 1
    curves = _by_group(scarcity, point.curve_h)
    for g in range(groups):
        error[size + g] = (point.controls.delay_h[g] - curves[g]) / scarcity.hour
    size += groups
    for k in range(pairs):
        price = point.controls.price_usd[scarcity.pair_resource[k]]
        # the lean matters where a price charges it
        charged = price > 0.0 and scarcity.pair_empty[k] > 0.0
        off = point.controls.lean[k] - point.lean[k] if charged else 0.0
        error[size + k] = off * min(price / scarcity.usd, 1.0)
    return error[: size + pairs].copy()


@njit(cache=True, error_model="numpy")
@_RESTS
def largest(error):
    """Return by how much the conditions are missed at most."""
    most = 0.0
    for fault in error:
        if not abs(fault) <= most:
            most = abs(fault)
    return most


@njit(cache=True, error_model="numpy")
@_RESTS
def length(error):
    """Return the root of the sum of the squares."""
    total = 0.0
    for fault in error:
        total += fault * fault
    return np.sqrt(total)


# one linear system ----------------------------------------------------------------------------------------------------


@njit(cache=True, error_model="numpy")
@_RESTS
def _take_block(a, begin, end):
    """Take so many lines of a block from all below it: eight at a time, which is kinder to memory than one by one."""
    u = a[begin:end, end:].copy()
    for i in range(end, len(a)):
        line, target = a[i, begin:end], a[i, end:]
        f0, f1, f2, f3, f4, f5, f6, f7 = line[0], line[1], line[2], line[3], line[4], line[5], line[6], line[7]
        if f0 == 0.0 and f1 == 0.0 and f2 == 0.0 and f3 == 0.0 and f4 == 0.0 and f5 == 0.0 and f6 == 0.0 and f7 == 0.0:
            continue
        for j in range(len(target)):
            target[j] -= ((f0 * u[0, j] + f1 * u[1, j]) + (f2 * u[2, j] + f3 * u[3, j])) + (
                (f4 * u[4, j] + f5 * u[5, j]) + (f6 * u[6, j] + f7 * u[7, j])
            )


@njit(cache=True, error_model="numpy", nogil=True)
@_RESTS
def factor_dense(matrix):
    """Return the triangles of a small matrix (LU with partial pivoting), the order of its rows, and whether it is regular."""
    n = len(matrix)
    a, order = matrix.copy(), np.arange(n)
    for begin in range(0, n, _BLOCK):
        end = min(begin + _BLOCK, n)
        for k in range(begin, end):
            pivot = k
            for i in range(k + 1, n):
                if abs(a[i, k]) > abs(a[pivot, k]):
                    pivot = i
            if abs(a[pivot, k]) < TINY:
                return a, order, False
            if pivot != k:
                for j in range(n):
                    a[k, j], a[pivot, j] = a[pivot, j], a[k, j]
                order[k], order[pivot] = order[pivot], order[k]
            for i in range(k + 1, n):
                if a[i, k] != 0.0:
                    a[i, k] /= a[k, k]
                    factor = a[i, k]
                    for j in range(k + 1, end):
                        a[i, j] -= factor * a[k, j]
        for k in range(begin, end):
            for i in range(k + 1, end):
                factor = a[i, k]
                for j in range(end, n):
                    a[i, j] -= factor * a[k, j]
        if end < n:
            _take_block(a, begin, end)
    return a, order, True


@njit(cache=True, error_model="numpy", nogil=True)
@_RESTS
def solve_factored(triangles, order, right):
    """Return the solution of a linear system whose matrix has been factored."""
    n = len(order)
    x = right[order]
    for i in range(n):
        for j in range(i):
            x[i] -= triangles[i, j] * x[j]
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            x[i] -= triangles[i, j] * x[j]
        x[i] /= triangles[i, i]
    return x


@njit(cache=True, error_model="numpy")
@_RESTS
def _active(scarcity, point):
    """Return the resources with a price and with a queue, or about to have one, and the pairs whose lean a price charges."""
    resources, pairs = len(scarcity.capacity), len(scarcity.pair_resource)
    priced, queued = np.empty(resources, dtype=np.int64), np.empty(resources, dtype=np.int64)
    leaning = np.empty(pairs, dtype=np.int64)
    prices, queues, leans = 0, 0, 0
    for j in range(resources):
        if not (scarcity.by_price[j] or scarcity.by_queue[j]):
            continue
        near = slack_of(scarcity.capacity[j], point.used[j]) < NEAR_FULL
        if scarcity.by_price[j] and (near or point.controls.price_usd[j] > 0.0):
            priced[prices] = j
            prices += 1
        if scarcity.by_queue[j] and (near or point.controls.queue_h[j] > 0.0):
            queued[queues] = j
            queues += 1
    for k in range(pairs):
        if scarcity.pair_empty[k] > 0.0 and point.controls.price_usd[scarcity.pair_resource[k]] > 0.0:
            leaning[leans] = k
            leans += 1
    return priced[:prices].copy(), queued[:queues].copy(), leaning[:leans].copy()


@njit(cache=True, error_model="numpy")
@_RESTS
def turned(known, scarcity, use, charge):
    """Return reactions where a tonne uses with one lean of every pair, and pays with another."""
    matrix = known.raw.copy()
    for k in range(len(known.row)):
        pair = known.row_pair[k]
        times = use[pair] * _swing(scarcity, pair)
        for j in range(matrix.shape[1]):
            matrix[known.row[k], j] += times * known.raw[known.row_lean[k], j]
    for k in range(len(known.column)):
        pair = known.column_pair[k]
        times = charge[pair]
        for i in range(len(matrix)):
            matrix[i, known.column[k]] += times * matrix[i, known.column_lean[k]]
    return matrix


@njit(cache=True, error_model="numpy")
@_RESTS
def _swing(scarcity, pair):
    """Return by how much more a tonne uses where a pair leans its way."""
    return scarcity.pair_weight[pair] * scarcity.pair_empty[pair] * (0.5 if scarcity.pair_each[pair] else 1.0)


@njit(cache=True, error_model="numpy")
@_RESTS
def _strong(scarcity, known, point, leaning):
    """Return the groups of delay curves, and the pairs of those whose lean is charged, that react to themselves.

    The others are set from the flow.
    """
    slope = _by_group(scarcity, point.slope)
    delayed, delays = np.empty(len(known.delayed), dtype=np.int64), 0
    for i in range(len(known.delayed)):
        at, group = known.delayed_at + i, scarcity.group[known.delayed[i]]
        if abs(slope[group] * known.raw[at, at]) > WEAK_FEEDBACK:
            delayed[delays] = i
            delays += 1
    strong, leans = np.empty(len(leaning), dtype=np.int64), 0
    for pair in leaning:
        at, price = known.lean_at[pair], point.controls.price_usd[scarcity.pair_resource[pair]]
        if at < 0 or abs(point.lean_slope[pair] * price * known.raw[at, at]) > WEAK_FEEDBACK:
            strong[leans] = pair
            leans += 1
    return delayed[:delays].copy(), strong[:leans].copy()


@njit(cache=True, error_model="numpy")
@_RESTS
def _places(known, priced, queued, delayed, leaning):
    """Return where controls stand among known reactions; -1 where one of them is not known."""
    a, b, c = len(priced), len(priced) + len(queued), len(priced) + len(queued) + len(delayed)
    at = np.empty(c + len(leaning), dtype=np.int64)
    for i in range(a):
        at[i] = known.price_at[priced[i]]
    for i in range(a, b):
        at[i] = known.queue_at[queued[i - a]]
    for i in range(b, c):
        at[i] = known.delayed_at + delayed[i - b]
    for i in range(c, len(at)):
        at[i] = known.lean_at[leaning[i - c]]
    return at


@njit(cache=True, error_model="numpy")
@_RESTS
def _hard_row(line, size, i, control, unit, slack, used, damping):
    """Turn a line of reactions into the derivative of the condition of a price or a queue."""
    bounded = slack + WHISKER * control
    radius = max(np.sqrt(control * control + bounded * bounded), 1e-14)
    by_control, by_slack = 1.0 - control / radius, 1.0 - bounded / radius
    times = -(by_slack / max(used, LEAST_USE))
    for j in range(size):
        line[j] *= times
    # the whisker holds where a full resource has no flow that could react, and shares prices in a row
    line[i] += (by_control + (WHISKER + damping) * max(by_slack, WHISKER)) / unit


@njit(cache=True, error_model="numpy", nogil=True)
@_RESTS
def factor_with(scarcity, known, point, damping):
    """Return the factored derivative of the conditions at a point, from reactions that may be those of another.

    Damping holds still what the reactions hardly determine, where they are those of another point.
    """
    priced, queued, leaning = _active(scarcity, point)
    of_delays, leaning = _strong(scarcity, known, point, leaning)
    delayed = scarcity.group[known.delayed[of_delays]]
    at = _places(known, priced, queued, of_delays, leaning)
    n, b, c, size = len(priced), len(priced) + len(queued), len(at) - len(leaning), len(at)
    for i in range(size):
        if at[i] < 0:
            return Factor(LACKING, priced, queued, delayed, leaning, np.empty((0, 0)), np.empty(0, dtype=np.int64))
    whole = turned(known, scarcity, point.lean, point.controls.lean)
    matrix = np.empty((size, size))
    for i in range(size):
        for j in range(size):
            matrix[i, j] = whole[at[i], at[j]]
        # a lean is charged by its price
        for j in range(c, size):
            matrix[i, j] *= point.controls.price_usd[scarcity.pair_resource[leaning[j - c]]]
    for i in range(b):
        hard = priced[i] if i < n else queued[i - n]
        unit = scarcity.usd if i < n else scarcity.hour
        control = (point.controls.price_usd[hard] if i < n else point.controls.queue_h[hard]) / unit
        slack = slack_of(scarcity.capacity[hard], point.used[hard])
        _hard_row(matrix[i], size, i, control, unit, slack, point.used[hard], damping)
    slope = _by_group(scarcity, point.slope)
    for i in range(b, size):
        times = slope[delayed[i - b]] if i < c else point.lean_slope[leaning[i - c]]
        for j in range(size):
            matrix[i, j] *= -times
        matrix[i, i] += 1.0
    triangles, order, regular = factor_dense(matrix)
    return Factor(REGULAR if regular else SINGULAR, priced, queued, delayed, leaning, triangles, order)


@njit(cache=True, error_model="numpy", nogil=True)
@_RESTS
def missing(scarcity, factor, point):
    """Return what is missing at a point from every condition of a matrix."""
    right = np.empty(len(factor.order))
    size = 0
    for j in factor.priced:
        right[size] = -_price_fault(scarcity, point, j)
        size += 1
    for j in factor.queued:
        right[size] = -_queue_fault(scarcity, point, j)
        size += 1
    curves = _by_group(scarcity, point.curve_h)
    for g in factor.delayed:
        right[size] = curves[g] - point.controls.delay_h[g]
        size += 1
    for k in factor.leaning:
        right[size] = point.lean[k] - point.controls.lean[k]
        size += 1
    return right


@njit(cache=True, error_model="numpy")
@_RESTS
def _bounded(old, change, unit):
    """Return a price after a step: never below zero, and at most twice what it was or ten units up."""
    return min(max(old + change, 0.0), max(3.0 * old, old + 10.0 * unit))


@njit(cache=True, error_model="numpy", nogil=True)
@_RESTS
def moved(scarcity, factor, point, share, right):
    """Return the controls after a share of the step that meets the conditions."""
    old = point.controls
    change = np.zeros(len(factor.order))
    if factor.status == REGULAR:
        change = solve_factored(factor.triangles, factor.order, right)
    price, queue = np.zeros(len(old.price_usd)), np.zeros(len(old.queue_h))
    size = 0
    for j in factor.priced:
        price[j] = _bounded(old.price_usd[j], share * change[size], scarcity.usd)
        size += 1
    for j in factor.queued:
        queue[j] = _bounded(old.queue_h[j], share * change[size], scarcity.hour)
        size += 1
    curves = _by_group(scarcity, point.curve_h)
    delays = old.delay_h + share * (curves - old.delay_h)
    for g in factor.delayed:
        delays[g] = max(old.delay_h[g] + share * change[size], 0.0)
        size += 1
    lean = point.lean.copy()
    for k in factor.leaning:
        lean[k] = min(max(old.lean[k] + share * change[size], -1.0), 1.0)
        size += 1
    return Controls(price, queue, delays, lean)


# steps ----------------------------------------------------------------------------------------------------------------


@njit(cache=True, error_model="numpy")
@_RESTS
def steps_left(was, left, tolerance):
    """Return how many more steps like the last one would take the conditions to the tolerance."""
    if left <= tolerance:
        return 0.0
    return np.log(left / tolerance) / np.log(was / left) if left < was else np.inf


@njit(cache=True, error_model="numpy", nogil=True)
@_RESTS
def serve(choice, scarcity, known, point, error, tolerance, damping, blunt, most):
    """Take full steps with the same reactions until the conditions are met, or they serve no more, or `most` have been taken.

    A step that does not lead near enough is followed by another before the reactions are given up: delays that hardly react to
    themselves are set from the flow, which may upset prices at first, and the next step mends that.

    Returns
    -------
    tuple
        Point and conditions, steps taken, whether the reactions still serve; where they do not, whether a step led anywhere, and
        the point and conditions to which the first one led.
    """
    for count in range(most):
        if largest(error) <= tolerance:
            return point, error, count, True, False, point, error
        was, near, tried = length(error), False, False
        there, fault, first, first_fault = point, error, point, error
        for limit in (MOST_UPSET, 1.0):
            factor = factor_with(scarcity, known, there, damping)
            if factor.status != REGULAR:
                break
            right = missing(scarcity, factor, there)
            there = point_at(choice, scarcity, moved(scarcity, factor, there, 1.0, right), blunt)
            fault = residual(scarcity, there)
            if not tried:
                first, first_fault, tried = there, fault, True
            left = length(fault)
            near = left <= SERVES_AGAIN * was or steps_left(was, left, tolerance) <= FEW_STEPS
            if near or not left <= limit * SERVES_AGAIN * was:
                break
        if not near:
            return point, error, count, False, tried, first, first_fault
        point, error = there, fault
        if steps_left(was, length(error), tolerance) > WORTH:
            return point, error, count + 1, False, False, point, error
    return point, error, most, True, False, point, error
