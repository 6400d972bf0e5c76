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
_E2, _E3, _E4, _E5, _E6, _E7, _E8, _E9, _E10, _E11, _E12, _E13 = (1.0 / math.factorial(n) for n in range(2, 14))


class Choice(NamedTuple):
    """Who chooses, and from what: routes by set and way of going, and classes."""

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
    scale: Any


@njit(cache=True)
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


@njit(cache=True)
def _spread(choice, charge_usd, charge_h, begin, weight, low):
    """Write the weights of the routes of every class, the cheapest of a way of going being one times its size, and the costs of
    those.
    """  # noqa: D205
    for c in range(len(choice.class_set)):
        o, at = choice.class_set[c], begin[c]
        hour, wait, mu = choice.hour_usd[c], choice.delay_usd[c], choice.scale[c, 0]
        first = choice.nest_ptr[o, 0]
        for i in range(begin[c + 1] - at):
            r = first + i
            weight[at + i] = choice.price_usd[r] + hour * choice.hours[r] + charge_usd[r] + wait * charge_h[r]
        for m in range(NESTS):
            cheapest = np.inf
            for i in range(at + choice.nest_ptr[o, m] - first, at + choice.nest_ptr[o, m + 1] - first):
                cheapest = min(cheapest, weight[i])
            low[c, m] = cheapest
            for r in range(choice.nest_ptr[o, m], choice.nest_ptr[o, m + 1]):
                i = at + r - first
                weight[i] = choice.log_size[r] - mu * (weight[i] - cheapest)
    for i in range(len(weight)):
        weight[i] = exponential(weight[i])


@njit(cache=True)
def _ways(c, total, cost, share, nest_usd, scale, outside):
    """Return the cost of the network, that of all options, and the share on the network of a class; write its shares."""
    mu_route, mu_mode, mu_out = scale[c, 0], scale[c, 1], scale[c, 2]
    best = np.inf
    for m in range(NESTS):
        if total[m] > 0.0:
            cost[m] += nest_usd[c, m] - np.log(total[m]) / mu_route
            best = min(best, cost[m])
    network = np.inf
    if best < np.inf:
        mass = 0.0
        for m in range(NESTS):
            if total[m] > 0.0:
                share[m] = exponential(-mu_mode * (cost[m] - best))
                mass += share[m]
        for m in range(NESTS):
            share[m] /= mass
        network = best - np.log(mass) / mu_mode
    if not np.isfinite(network):
        return network, outside[c], 0.0
    if not np.isfinite(outside[c]):
        return network, network, 1.0
    base = min(network, outside[c])
    a = exponential(-mu_out * (network - base))
    b = exponential(-mu_out * (outside[c] - base))
    return network, base - np.log(a + b) / mu_out, a / (a + b)


@njit(cache=True, nogil=True)
def choose(choice, charge_usd, charge_h):
    """Return how every class chooses, as charges on the routes have it.

    Returns
    -------
    tuple
        Where the routes of each class begin, and their weights, one class after the other; the sum of the weights by class and
        way of going, nought where the class may not take it; per class the costs of the network and of all options, the share on
        the network, and the shares of the ways of going.
    """
    classes = len(choice.class_set)
    begin = np.zeros(classes + 1, dtype=np.int64)
    for c in range(classes):
        o = choice.class_set[c]
        begin[c + 1] = begin[c] + choice.nest_ptr[o, NESTS] - choice.nest_ptr[o, 0]
    weight, cost = np.empty(begin[classes]), np.empty((classes, NESTS))
    _spread(choice, charge_usd, charge_h, begin, weight, cost)
    total, share = np.zeros((classes, NESTS)), np.zeros((classes, NESTS))
    network, overall, on_network = np.empty(classes), np.empty(classes), np.empty(classes)
    for c in range(classes):
        o, at = choice.class_set[c], begin[c]
        first = choice.nest_ptr[o, 0]
        for m in range(NESTS):
            if np.isfinite(choice.nest_usd[c, m]):
                for i in range(at + choice.nest_ptr[o, m] - first, at + choice.nest_ptr[o, m + 1] - first):
                    total[c, m] += weight[i]
        network[c], overall[c], on_network[c] = _ways(
            c, total[c], cost[c], share[c], choice.nest_usd, choice.scale, choice.outside_usd
        )
    return begin, weight, total, network, overall, on_network, share


@njit(cache=True, nogil=True)
def load_classes(choice, charge_usd, charge_h):
    """Return per route its flow; per class the costs of the network and of all options, the share on the network, and the
    shares of the ways of going; where the routes of each class begin, and its flow on each of them.
    """  # noqa: D205
    begin, each, total, network, overall, on_network, share = choose(choice, charge_usd, charge_h)
    flow = np.zeros(len(choice.price_usd))
    for c in range(len(choice.class_set)):
        o = choice.class_set[c]
        to_class = begin[c] - choice.nest_ptr[o, 0]
        for m in range(NESTS):
            times = 0.0
            if total[c, m] > 0.0:
                times = choice.demand[c] * on_network[c] * share[c, m] / total[c, m]
            for r in range(choice.nest_ptr[o, m], choice.nest_ptr[o, m + 1]):
                each[to_class + r] *= times
                flow[r] += each[to_class + r]
    return flow, network, overall, on_network, share, begin, each
