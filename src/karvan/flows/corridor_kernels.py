"""Kernels of the corridor solver: nested logit over routes, its derivative, and a small linear solver.

Everything here works on plain arrays and adds in one fixed order on one thread, so that the same input gives the same bytes.
What the arrays mean stands in :mod:`karvan.flows.problem`. A kernel calls kernels of this file only, since a cached caller
does not notice that a callee in another file has changed.
"""

# kernels are typed by Numba; their arrays are checked by the dataclasses that hold them
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"
# ruff: noqa: ARG001

from __future__ import annotations

import numpy as np
from numba import njit

#: Ways of going: rail alone, road alone, rail and road, by water.
NESTS = 4
#: Shares below this weigh nothing.
TINY = 1e-300


# choice -----------------------------------------------------------------------------------------------------------------


@njit(cache=True)
def _class_choice(
    c, r0, r1, nest, price, hours, log_size, charge, delay, hour_value, delay_value, outside, nest_usd, scale, p, pm
):
    """Fill in the joint shares p and the shares within the nest pm; return the costs and shares of the upper levels."""
    mu_route, mu_mode, mu_out = scale[c, 0], scale[c, 1], scale[c, 2]
    cost = np.empty(r1 - r0)
    low = np.full(NESTS, np.inf)
    for r in range(r0, r1):
        g = price[r] + hour_value[c] * hours[r] + charge[r] + delay_value[c] * delay[r]
        cost[r - r0] = g
        m = nest[r]
        if np.isfinite(nest_usd[c, m]) and g < low[m]:
            low[m] = g
    total = np.zeros(NESTS)
    for r in range(r0, r1):
        m = nest[r]
        weight = 0.0
        if np.isfinite(nest_usd[c, m]):
            weight = np.exp(log_size[r] - mu_route * (cost[r - r0] - low[m]))
        pm[r - r0] = weight
        total[m] += weight
    nest_cost = np.full(NESTS, np.inf)
    best = np.inf
    for m in range(NESTS):
        if total[m] > 0.0:
            nest_cost[m] = low[m] - np.log(total[m]) / mu_route
            best = min(best, nest_cost[m] + nest_usd[c, m])
    share = np.zeros(NESTS)
    network = np.inf
    if np.isfinite(best):
        mass = 0.0
        for m in range(NESTS):
            if total[m] > 0.0:
                share[m] = np.exp(-mu_mode * (nest_cost[m] + nest_usd[c, m] - best))
                mass += share[m]
        for m in range(NESTS):
            share[m] /= mass
        network = best - np.log(mass) / mu_mode
    if not np.isfinite(network):
        on_network, overall = 0.0, outside[c]
    elif not np.isfinite(outside[c]):
        on_network, overall = 1.0, network
    else:
        base = min(network, outside[c])
        a = np.exp(-mu_out * (network - base))
        b = np.exp(-mu_out * (outside[c] - base))
        on_network = a / (a + b)
        overall = base - np.log(a + b) / mu_out
    for r in range(r0, r1):
        m = nest[r]
        if total[m] > 0.0:
            pm[r - r0] /= total[m]
        p[r - r0] = pm[r - r0] * share[m] * on_network
    return network, overall, on_network, share


@njit(cache=True)
def load_classes(
    set_ptr,
    nest,
    price,
    hours,
    log_size,
    charge,
    delay,
    class_set,
    demand,
    hour_value,
    delay_value,
    outside,
    nest_usd,
    scale,
):
    """Return flow per route, and per class the cost of the network, of all options, and the share on the network."""
    routes, classes = len(nest), len(class_set)
    flow = np.zeros(routes)
    network, overall, on_network = np.empty(classes), np.empty(classes), np.empty(classes)
    shares = np.zeros((classes, NESTS))
    widest = 0
    for o in range(len(set_ptr) - 1):
        widest = max(widest, set_ptr[o + 1] - set_ptr[o])
    p, pm = np.empty(widest), np.empty(widest)
    for c in range(classes):
        r0, r1 = set_ptr[class_set[c]], set_ptr[class_set[c] + 1]
        network[c], overall[c], on_network[c], shares[c] = _class_choice(
            c,
            r0,
            r1,
            nest,
            price,
            hours,
            log_size,
            charge,
            delay,
            hour_value,
            delay_value,
            outside,
            nest_usd,
            scale,
            p,
            pm,
        )
        for r in range(r0, r1):
            flow[r] += demand[c] * p[r - r0]
    return flow, network, overall, on_network, shares


@njit(cache=True)
def class_flows(
    set_ptr,
    nest,
    price,
    hours,
    log_size,
    charge,
    delay,
    class_set,
    demand,
    hour_value,
    delay_value,
    outside,
    nest_usd,
    scale,
):
    """Return the flow of every class on every route of its set, one after the other, and where each class begins."""
    classes = len(class_set)
    start = np.zeros(classes + 1, dtype=np.int64)
    widest = 0
    for c in range(classes):
        count = set_ptr[class_set[c] + 1] - set_ptr[class_set[c]]
        start[c + 1] = start[c] + count
        widest = max(widest, count)
    found = np.empty(start[classes])
    p, pm = np.empty(widest), np.empty(widest)
    for c in range(classes):
        r0, r1 = set_ptr[class_set[c]], set_ptr[class_set[c] + 1]
        _class_choice(
            c,
            r0,
            r1,
            nest,
            price,
            hours,
            log_size,
            charge,
            delay,
            hour_value,
            delay_value,
            outside,
            nest_usd,
            scale,
            p,
            pm,
        )
        for r in range(r0, r1):
            found[start[c] + r - r0] = demand[c] * p[r - r0]
    return start, found


@njit(cache=True)
def sum_on_routes(route_ptr, route_item, values):
    """Return the sum of values over the items of every route."""
    total = np.zeros(len(route_ptr) - 1)
    for r in range(len(route_ptr) - 1):
        for k in range(route_ptr[r], route_ptr[r + 1]):
            total[r] += values[route_item[k]]
    return total


@njit(cache=True)
def sum_on_items(route_ptr, route_item, flow, items):
    """Return the flow over every item."""
    total = np.zeros(items)
    for r in range(len(route_ptr) - 1):
        if flow[r] != 0.0:
            for k in range(route_ptr[r], route_ptr[r + 1]):
                total[route_item[k]] += flow[r]
    return total


@njit(cache=True)
def merge_items(route_ptr, route_item, merged, count):
    """Return the merged items of every route, each once, in order of first use."""
    pointer = np.zeros(len(route_ptr), dtype=np.int64)
    item = np.empty(len(route_item), dtype=np.int64)
    seen = np.full(count, -1, dtype=np.int64)
    size = 0
    for r in range(len(route_ptr) - 1):
        for k in range(route_ptr[r], route_ptr[r + 1]):
            new = merged[route_item[k]]
            if seen[new] != r:
                seen[new] = r
                item[size] = new
                size += 1
        pointer[r + 1] = size
    return pointer, item[:size].copy()


@njit(cache=True)
def steepness(
    set_ptr,
    nest,
    price,
    hours,
    log_size,
    charge,
    delay,
    class_set,
    demand,
    hour_value,
    delay_value,
    outside,
    nest_usd,
    scale,
):
    """Return per route the sum of flow x scale x value of a delayed hour: how fast its flow could fall, at most."""
    steep = np.zeros(len(nest))
    widest = 0
    for o in range(len(set_ptr) - 1):
        widest = max(widest, set_ptr[o + 1] - set_ptr[o])
    p, pm = np.empty(widest), np.empty(widest)
    for c in range(len(class_set)):
        r0, r1 = set_ptr[class_set[c]], set_ptr[class_set[c] + 1]
        _class_choice(
            c,
            r0,
            r1,
            nest,
            price,
            hours,
            log_size,
            charge,
            delay,
            hour_value,
            delay_value,
            outside,
            nest_usd,
            scale,
            p,
            pm,
        )
        for r in range(r0, r1):
            steep[r] += demand[c] * p[r - r0] * scale[c, 0] * delay_value[c]
    return steep


@njit(cache=True)
def sensitivity(
    set_ptr,
    nest,
    price,
    hours,
    log_size,
    charge,
    delay,
    class_set,
    demand,
    hour_value,
    delay_value,
    outside,
    nest_usd,
    scale,
    set_class_ptr,
    set_class,
    route_ptr,
    route_stream,
    active,
    actives,
):
    """Return how the flows of the active streams react to a dollar, and to an hour, on each of them.

    With the joint shares p, those within the nest q and those on the network n, the derivative of the nested logit is
    dp_r/dg_s = -p_r (mu_route (d_rs - q_s) + mu_mode (q_s - n_s) + mu_outside (n_s - p_s)), q_s being zero in other nests.
    """
    by_usd, by_hour = np.zeros((actives, actives)), np.zeros((actives, actives))
    widest = 0
    for o in range(len(set_ptr) - 1):
        widest = max(widest, set_ptr[o + 1] - set_ptr[o])
    p, pm = np.empty(widest), np.empty(widest)
    local_of = np.full(actives, -1, dtype=np.int64)
    for o in range(len(set_ptr) - 1):
        r0, r1 = set_ptr[o], set_ptr[o + 1]
        # the active streams that routes of the set use
        used = np.empty(actives, dtype=np.int64)
        count = 0
        for r in range(r0, r1):
            for k in range(route_ptr[r], route_ptr[r + 1]):
                a = active[route_stream[k]]
                if a >= 0 and local_of[a] < 0:
                    local_of[a] = count
                    used[count] = a
                    count += 1
        if count == 0:
            continue
        own_usd, own_hour = np.zeros(r1 - r0), np.zeros(r1 - r0)
        usd, hour = np.zeros((count, count)), np.zeros((count, count))
        mean_nest, mean_net = np.empty((NESTS, count)), np.empty(count)
        for position in range(set_class_ptr[o], set_class_ptr[o + 1]):
            c = set_class[position]
            if demand[c] == 0.0:
                continue
            _, _, on_network, share = _class_choice(
                c,
                r0,
                r1,
                nest,
                price,
                hours,
                log_size,
                charge,
                delay,
                hour_value,
                delay_value,
                outside,
                nest_usd,
                scale,
                p,
                pm,
            )
            if on_network == 0.0:
                continue
            mu_route, mu_mode, mu_out = scale[c, 0], scale[c, 1], scale[c, 2]
            mean_nest[:] = 0.0
            mean_net[:] = 0.0
            for r in range(r0, r1):
                weight = demand[c] * mu_route * p[r - r0]
                own_usd[r - r0] += weight
                own_hour[r - r0] += weight * delay_value[c]
                for k in range(route_ptr[r], route_ptr[r + 1]):
                    a = active[route_stream[k]]
                    if a >= 0:
                        mean_nest[nest[r], local_of[a]] += pm[r - r0]
            for m in range(NESTS):
                for i in range(count):
                    mean_net[i] += share[m] * mean_nest[m, i]
            for m in range(NESTS):
                if share[m] > 0.0:
                    weight = demand[c] * on_network * share[m] * (mu_mode - mu_route)
                    for i in range(count):
                        if mean_nest[m, i] != 0.0:
                            for j in range(count):
                                term = weight * mean_nest[m, i] * mean_nest[m, j]
                                usd[i, j] += term
                                hour[i, j] += term * delay_value[c]
            weight = demand[c] * on_network * ((mu_out - mu_mode) - mu_out * on_network)
            for i in range(count):
                if mean_net[i] != 0.0:
                    for j in range(count):
                        term = weight * mean_net[i] * mean_net[j]
                        usd[i, j] += term
                        hour[i, j] += term * delay_value[c]
        for r in range(r0, r1):
            if own_usd[r - r0] == 0.0:
                continue
            for k in range(route_ptr[r], route_ptr[r + 1]):
                a = active[route_stream[k]]
                if a < 0:
                    continue
                for h in range(route_ptr[r], route_ptr[r + 1]):
                    b = active[route_stream[h]]
                    if b >= 0:
                        usd[local_of[a], local_of[b]] += own_usd[r - r0]
                        hour[local_of[a], local_of[b]] += own_hour[r - r0]
        for i in range(count):
            for j in range(count):
                by_usd[used[i], used[j]] -= usd[i, j]
                by_hour[used[i], used[j]] -= hour[i, j]
        for i in range(count):
            local_of[used[i]] = -1
    return by_usd, by_hour


@njit(cache=True)
def solve_dense(matrix, right):
    """Return the solution of a small linear system (LU with partial pivoting), and whether it is regular."""
    n = len(right)
    a, x = matrix.copy(), right.copy()
    for k in range(n):
        pivot = k
        for i in range(k + 1, n):
            if abs(a[i, k]) > abs(a[pivot, k]):
                pivot = i
        if abs(a[pivot, k]) < TINY:
            return x, False
        if pivot != k:
            for j in range(n):
                a[k, j], a[pivot, j] = a[pivot, j], a[k, j]
            x[k], x[pivot] = x[pivot], x[k]
        for i in range(k + 1, n):
            factor = a[i, k] / a[k, k]
            if factor != 0.0:
                for j in range(k + 1, n):
                    a[i, j] -= factor * a[k, j]
                x[i] -= factor * x[k]
    for k in range(n - 1, -1, -1):
        for j in range(k + 1, n):
            x[k] -= a[k, j] * x[j]
        x[k] /= a[k, k]
    return x, True


@njit(cache=True)
def newton_matrix(
    row_ptr, row_stream, row_value, column_ptr, column_stream, column_value, column_hour, by_usd, by_hour
):
    """Return rows x sensitivity x columns: how each condition reacts to each control through the flows."""
    rows, columns = len(row_ptr) - 1, len(column_ptr) - 1
    matrix = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            total = 0.0
            for k in range(row_ptr[i], row_ptr[i + 1]):
                for h in range(column_ptr[j], column_ptr[j + 1]):
                    react = by_usd[row_stream[k], column_stream[h]]
                    if column_hour[j]:
                        react = by_hour[row_stream[k], column_stream[h]]
                    total += row_value[k] * react * column_value[h]
            matrix[i, j] = total
    return matrix
