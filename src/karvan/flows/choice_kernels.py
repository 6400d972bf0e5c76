"""Kernels of choice: nested logit of classes over ways of going and routes.

They add in one fixed order on one thread, so that the same input gives the same bytes; other threads run meanwhile. What the
arrays mean stands in :mod:`karvan.flows.problem`.
"""

# kernels are typed by Numba; their arrays are checked by the dataclasses that hold them
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

#: Ways of going: rail alone, road alone, rail and road, by water.
NESTS = 4
_INVERSE_LN2 = 1.4426950408889634
#: The logarithm of two in two parts, of which the first has few digits (Cody and Waite 1980).
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_LEAST_POWER = -1022
_POWERS = np.ldexp(1.0, np.arange(_LEAST_POWER, 1024))
_MANTISSA, _ONE, _ROOT2, _LEAST = (1 << 52) - 1, 1023 << 52, math.sqrt(2.0), 1e-300
_E2, _E3, _E4, _E5, _E6, _E7, _E8, _E9, _E10, _E11, _E12, _E13 = (1.0 / math.factorial(n) for n in range(2, 14))
_L3, _L5, _L7, _L9, _L11, _L13, _L15, _L17, _L19, _L21 = (1.0 / n for n in range(3, 22, 2))


class Choice(NamedTuple):
    """Who chooses, and from what: routes by set and way of going, and classes; constants by way of going, then class.

    `begin` says where the routes of each class begin, one class after the other. Kernels go through them in another order, nest
    by nest (a class and a way of going), those of few routes first: loops of one length follow each other, whose ends a processor
    foresees. `size_ptr` says where the nests of each number of routes begin, `nest_at` and `nest_class` which they are (way of
    going x classes + class, and class), `item_route` which routes they have, `item_at` where these stand class by class.
    """

    begin: Any
    size_ptr: Any
    nest_at: Any
    nest_class: Any
    item_route: Any
    item_at: Any
    nest_ptr: Any
    price_usd: Any
    hours: Any
    log_size: Any
    class_set: Any
    demand: Any
    hour_usd: Any
    delay_usd: Any
    outside_usd: Any
    nest_usd: Any
    mu_route: Any
    mu_mode: Any
    mu_outside: Any


@njit(cache=True, error_model="numpy")
def exponential(x):
    """Return e^x to the last digit or two, nought where it is below 1e-304; unlike the library's it can be done by fours."""
    bounded = min(max(x, -700.0), 709.0)
    n = np.floor(bounded * _INVERSE_LN2 + 0.5)
    r = bounded - n * _LN2_HIGH - n * _LN2_LOW
    s = r * r
    series = 1.0 + r + s * (
        (_E2 + r * _E3) + s * ((_E4 + r * _E5) + s * ((_E6 + r * _E7) + s * (
            (_E8 + r * _E9) + s * ((_E10 + r * _E11) + s * (_E12 + r * _E13))
        )))
    )  # fmt: skip
    power = _POWERS[np.int64(n) - _LEAST_POWER]
    return series * power if x > -700.0 else 0.0


@njit(cache=True, error_model="numpy")
def _spread(choice, charge_usd, charge_h, weight, low):
    """Write the weights of the routes of every nest, the cheapest being one times its size, and the costs of those."""
    at = 0
    for size in range(1, len(choice.size_ptr) - 1):
        for nest in range(choice.size_ptr[size], choice.size_ptr[size + 1]):
            c = choice.nest_class[nest]
            hour, wait, mu = choice.hour_usd[c], choice.delay_usd[c], choice.mu_route[c]
            cheapest = np.inf
            for i in range(at, at + size):
                r = choice.item_route[i]
                cost = choice.price_usd[r] + hour * choice.hours[r] + charge_usd[r] + wait * charge_h[r]
                weight[i] = cost
                cheapest = min(cheapest, cost)
            low[choice.nest_at[nest]] = cheapest
            for i in range(at, at + size):
                weight[i] = choice.log_size[choice.item_route[i]] - mu * (weight[i] - cheapest)
            at += size
    for i in range(len(weight)):
        weight[i] = exponential(weight[i])


@njit(cache=True, error_model="numpy")
def _add_up(choice, weight, total):
    """Write the sum of the weights of every nest that its class may take."""
    nest_usd = choice.nest_usd.reshape(-1)
    at = 0
    for size in range(1, len(choice.size_ptr) - 1):
        for nest in range(choice.size_ptr[size], choice.size_ptr[size + 1]):
            mass = 0.0
            for i in range(at, at + size):
                mass += weight[i]
            place = choice.nest_at[nest]
            total[place] = mass if nest_usd[place] < np.inf else 0.0
            at += size


@njit(cache=True, error_model="numpy")
def logarithms(x):
    """Return ln(x) of positive figures to the last digit or two; unlike the library's it can be done by fours."""
    bits = x.view(np.int64)
    found = np.empty(len(x))
    mantissa = np.empty(len(x), dtype=np.int64)
    for i in range(len(x)):
        found[i] = (bits[i] >> 52) - 1023
        mantissa[i] = (bits[i] & _MANTISSA) | _ONE
    number = mantissa.view(np.float64)
    for i in range(len(x)):
        # between the root of a half and the root of two, where ln(m) = 2 artanh((m - 1) / (m + 1))
        above = number[i] > _ROOT2
        m = 0.5 * number[i] if above else number[i]
        n = found[i] + 1.0 if above else found[i]
        q = (m - 1.0) / (m + 1.0)
        s = q * q
        series = s * (
            (_L3 + s * _L5) + s * s * ((_L7 + s * _L9) + s * s * ((_L11 + s * _L13) + s * s * (
                (_L15 + s * _L17) + s * s * (_L19 + s * _L21)
            )))
        )  # fmt: skip
        found[i] = n * _LN2_HIGH + (2.0 * q + (2.0 * q * series + n * _LN2_LOW))
    return found


@njit(cache=True, error_model="numpy")
def _weigh_ways(total, cost, nest_usd, mu_route, mu_mode, network, share):
    """Add constants and logsums to the costs of the ways of going; write their shares and the cost of the network."""
    classes = len(network)
    logs = logarithms(total.reshape(-1)).reshape(total.shape)
    network[:] = np.inf
    for m in range(NESTS):
        for c in range(classes):
            there = total[m, c] > 0.0
            cost[m, c] = cost[m, c] + nest_usd[m, c] - logs[m, c] / mu_route[c] if there else np.inf
            network[c] = min(network[c], cost[m, c])
    mass = np.zeros(classes)
    for m in range(NESTS):
        for c in range(classes):
            there = total[m, c] > 0.0
            share[m, c] = exponential(-mu_mode[c] * (cost[m, c] - network[c])) if there else 0.0
            mass[c] += share[m, c]
    for c in range(classes):
        mass[c] = max(mass[c], _LEAST)
    logs = logarithms(mass)
    for c in range(classes):
        network[c] -= logs[c] / mu_mode[c] if network[c] < np.inf else 0.0
    for m in range(NESTS):
        for c in range(classes):
            share[m, c] /= mass[c]


@njit(cache=True, error_model="numpy")
def _weigh_outside(outside, mu_outside, network, overall, on_network):
    """Write the costs of all options and the shares on the network."""
    sums = np.empty(len(network))
    for c in range(len(network)):
        base = min(network[c], outside[c])
        a = exponential(-mu_outside[c] * (network[c] - base)) if network[c] < np.inf else 0.0
        b = exponential(-mu_outside[c] * (outside[c] - base)) if outside[c] < np.inf else 0.0
        sums[c] = max(a + b, _LEAST)
        on_network[c] = a / sums[c]
        overall[c] = base
    logs = logarithms(sums)
    for c in range(len(network)):
        overall[c] -= logs[c] / mu_outside[c] if overall[c] < np.inf else 0.0


@njit(cache=True, error_model="numpy")
def _weigh(choice, charge_usd, charge_h):
    """Return the weights of routes, nest by nest, and their sums; costs and shares as :func:`choose` has them."""
    classes = len(choice.class_set)
    weight, cost = np.empty(len(choice.item_route)), np.empty((NESTS, classes))
    cost[:] = np.inf
    _spread(choice, charge_usd, charge_h, weight, cost.reshape(-1))
    total, share = np.zeros((NESTS, classes)), np.empty((NESTS, classes))
    _add_up(choice, weight, total.reshape(-1))
    network, overall, on_network = np.empty(classes), np.empty(classes), np.empty(classes)
    _weigh_ways(total, cost, choice.nest_usd, choice.mu_route, choice.mu_mode, network, share)
    _weigh_outside(choice.outside_usd, choice.mu_outside, network, overall, on_network)
    return weight, total, network, overall, on_network, share


@njit(cache=True, error_model="numpy")
def _by_class(choice, values):
    """Return figures of routes, nest by nest, as they stand one class after the other."""
    each = np.empty(len(values))
    for i in range(len(values)):
        each[choice.item_at[i]] = values[i]
    return each


@njit(cache=True, error_model="numpy", nogil=True)
def choose(choice, charge_usd, charge_h):
    """Return how every class chooses, as charges on the routes have it.

    Returns
    -------
    tuple
        Where the routes of each class begin, and their weights, one class after the other; the sum of the weights by class and
        way of going, nought where the class may not take it; per class the costs of the network and of all options, the share on
        the network, and the shares of the ways of going.
    """
    weight, total, network, overall, on_network, share = _weigh(choice, charge_usd, charge_h)
    return choice.begin, _by_class(choice, weight), total.T.copy(), network, overall, on_network, share.T.copy()


@njit(cache=True, error_model="numpy", nogil=True)
def load_routes(choice, charge_usd, charge_h):
    """Return the flow of every route, and of every nest on its routes, nest by nest; per class the costs of the network and of
    all options, the share on the network, and the shares of the ways of going.
    """  # noqa: D205
    weight, total, network, overall, on_network, share = _weigh(choice, charge_usd, charge_h)
    totals, shares = total.reshape(-1), share.reshape(-1)
    flow = np.zeros(len(choice.price_usd))
    at = 0
    for size in range(1, len(choice.size_ptr) - 1):
        for nest in range(choice.size_ptr[size], choice.size_ptr[size + 1]):
            place, c = choice.nest_at[nest], choice.nest_class[nest]
            taken = choice.demand[c] * on_network[c] * shares[place]
            times = taken / totals[place] if totals[place] > 0.0 else 0.0
            for i in range(at, at + size):
                weight[i] *= times
                flow[choice.item_route[i]] += weight[i]
            at += size
    return flow, weight, network, overall, on_network, share.T.copy()


@njit(cache=True, error_model="numpy", nogil=True)
def load_classes(choice, charge_usd, charge_h):
    """Return per route its flow; per class the costs of the network and of all options, the share on the network, and the
    shares of the ways of going; where the routes of each class begin, and its flow on each of them.
    """  # noqa: D205
    flow, weight, network, overall, on_network, share = load_routes(choice, charge_usd, charge_h)
    return flow, network, overall, on_network, share, choice.begin, _by_class(choice, weight)
