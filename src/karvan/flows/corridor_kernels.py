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
#: Routes whose flow reacts less than this share of the set's quickest are left out of Newton's matrix, never of the flows.
NEGLIGIBLE = 1e-7


# choice -----------------------------------------------------------------------------------------------------------------


@njit(cache=True)
def _nest_weights(first, last, price, hours, log_size, charge, delay, hour, wait, mu_route, weight, at):
    """Write the weights of the routes of one way of going, from `at` on; return their sum and the cost of the way."""
    low = np.inf
    for r in range(first, last):
        g = price[r] + hour * hours[r] + charge[r] + wait * delay[r]
        weight[at + r - first] = g
        low = min(low, g)
    total = 0.0
    for r in range(first, last):
        w = np.exp(log_size[r] - mu_route * (weight[at + r - first] - low))
        weight[at + r - first] = w
        total += w
    return total, low - np.log(total) / mu_route


@njit(cache=True)
def _class_choice(
    c, o, nest_ptr, price, hours, log_size, charge, delay, hour_value, delay_value, outside, nest_usd, scale, weight, total,
    cost, share,
):  # fmt: skip
    """Return the cost of the network, that of all options, and the share on the network of a class of set `o`.

    Filled in are the weights of its routes, and by way of going the sums of the weights, the costs, and the shares; a way that
    the class may not take has no weight.
    """
    mu_route, mu_mode, mu_out = scale[c, 0], scale[c, 1], scale[c, 2]
    best = np.inf
    for m in range(NESTS):
        first, last = nest_ptr[o, m], nest_ptr[o, m + 1]
        total[m], cost[m], share[m] = 0.0, np.inf, 0.0
        if first < last and np.isfinite(nest_usd[c, m]):
            total[m], cost[m] = _nest_weights(
                first, last, price, hours, log_size, charge, delay, hour_value[c], delay_value[c], mu_route, weight,
                first - nest_ptr[o, 0],
            )  # fmt: skip
            best = min(best, cost[m] + nest_usd[c, m])
    network = np.inf
    if np.isfinite(best):
        mass = 0.0
        for m in range(NESTS):
            if total[m] > 0.0:
                share[m] = np.exp(-mu_mode * (cost[m] + nest_usd[c, m] - best))
                mass += share[m]
        for m in range(NESTS):
            share[m] /= mass
        network = best - np.log(mass) / mu_mode
    if not np.isfinite(network):
        return network, outside[c], 0.0
    if not np.isfinite(outside[c]):
        return network, network, 1.0
    base = min(network, outside[c])
    a = np.exp(-mu_out * (network - base))
    b = np.exp(-mu_out * (outside[c] - base))
    return network, base - np.log(a + b) / mu_out, a / (a + b)


@njit(cache=True)
def _widest(nest_ptr):
    """Return the largest number of routes of a set."""
    widest = 0
    for o in range(len(nest_ptr)):
        widest = max(widest, nest_ptr[o, NESTS] - nest_ptr[o, 0])
    return widest


@njit(cache=True, nogil=True)
def load_classes(
    nest_ptr, price, hours, log_size, charge, delay, class_set, demand, hour_value, delay_value, outside, nest_usd, scale
):  # fmt: skip
    """Return per route its flow; per class the costs of the network and of all options, the share on the network, and the
    shares of the ways of going.
    """  # noqa: D205
    classes = len(class_set)
    flow = np.zeros(len(price))
    network, overall, on_network = np.empty(classes), np.empty(classes), np.empty(classes)
    shares = np.zeros((classes, NESTS))
    weight, total, cost = np.empty(_widest(nest_ptr)), np.empty(NESTS), np.empty(NESTS)
    for c in range(classes):
        o, share = class_set[c], shares[c]
        network[c], overall[c], on_network[c] = _class_choice(
            c, o, nest_ptr, price, hours, log_size, charge, delay, hour_value, delay_value, outside, nest_usd, scale, weight,
            total, cost, share,
        )  # fmt: skip
        for m in range(NESTS):
            if total[m] > 0.0:
                each = demand[c] * on_network[c] * share[m] / total[m]
                for r in range(nest_ptr[o, m], nest_ptr[o, m + 1]):
                    flow[r] += each * weight[r - nest_ptr[o, 0]]
    return flow, network, overall, on_network, shares


@njit(cache=True)
def class_flows(
    nest_ptr, price, hours, log_size, charge, delay, class_set, demand, hour_value, delay_value, outside, nest_usd, scale
):  # fmt: skip
    """Return the flow of every class on every route of its set, one after the other, and where each class begins."""
    classes = len(class_set)
    start = np.zeros(classes + 1, dtype=np.int64)
    for c in range(classes):
        start[c + 1] = start[c] + nest_ptr[class_set[c], NESTS] - nest_ptr[class_set[c], 0]
    found = np.zeros(start[classes])
    weight, total, cost, share = np.empty(_widest(nest_ptr)), np.empty(NESTS), np.empty(NESTS), np.empty(NESTS)
    for c in range(classes):
        o = class_set[c]
        _, _, on_network = _class_choice(
            c, o, nest_ptr, price, hours, log_size, charge, delay, hour_value, delay_value, outside, nest_usd, scale, weight,
            total, cost, share,
        )  # fmt: skip
        for m in range(NESTS):
            if total[m] > 0.0:
                each = demand[c] * on_network * share[m] / total[m]
                for r in range(nest_ptr[o, m] - nest_ptr[o, 0], nest_ptr[o, m + 1] - nest_ptr[o, 0]):
                    found[start[c] + r] = each * weight[r]
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
def sum_both_on_routes(route_ptr, route_item, first, second):
    """Return the sums of two columns over the items of every route."""
    one, other = np.zeros(len(route_ptr) - 1), np.zeros(len(route_ptr) - 1)
    for r in range(len(route_ptr) - 1):
        for k in range(route_ptr[r], route_ptr[r + 1]):
            one[r] += first[route_item[k]]
            other[r] += second[route_item[k]]
    return one, other


@njit(cache=True)
def keep_items(route_ptr, route_item, number):
    """Return the items of every route that have a new number, by it; -1 is none."""
    pointer = np.zeros(len(route_ptr), dtype=np.int64)
    item = np.empty(len(route_item), dtype=np.int64)
    size = 0
    for r in range(len(route_ptr) - 1):
        for k in range(route_ptr[r], route_ptr[r + 1]):
            if number[route_item[k]] >= 0:
                item[size] = number[route_item[k]]
                size += 1
        pointer[r + 1] = size
    return pointer, item[:size].copy()


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
def _gather(first, last, route_ptr, route_stream, ptr, of, value, place, used, begin, items, figures):
    """List the figures of a set's routes by the items that they meet; return how many items, and room for the figures.

    Of every route, `items` and `figures` stand from `begin` on, an item as often as the route meets it; items are numbered anew,
    their old numbers stand in `used`.
    """
    count, size = 0, 0
    for r in range(first, last):
        begin[r - first] = size
        for k in range(route_ptr[r], route_ptr[r + 1]):
            stream = route_stream[k]
            for i in range(ptr[stream], ptr[stream + 1]):
                if place[of[i]] < 0:
                    place[of[i]] = count
                    used[count] = of[i]
                    count += 1
                if size == len(items):
                    items = np.concatenate((items, np.empty(size, dtype=np.int64)))
                    figures = np.concatenate((figures, np.empty(size)))
                items[size], figures[size] = place[of[i]], value[i]
                size += 1
    begin[last - first] = size
    for i in range(count):
        place[used[i]] = -1
    return count, items, figures


@njit(cache=True)
def _add_products(block, ones, others, count, rows, columns):
    """Add the products of pairs of lines to a block; four at a time, which is kinder to memory."""
    k = 0
    while k + 4 <= count:
        b0, b1, b2, b3 = others[k], others[k + 1], others[k + 2], others[k + 3]
        for i in range(rows):
            a0, a1, a2, a3 = ones[k, i], ones[k + 1, i], ones[k + 2, i], ones[k + 3, i]
            if a0 != 0.0 or a1 != 0.0 or a2 != 0.0 or a3 != 0.0:
                line = block[i]
                for j in range(columns):
                    line[j] += a0 * b0[j] + a1 * b1[j] + a2 * b2[j] + a3 * b3[j]
        k += 4
    while k < count:
        b0 = others[k]
        for i in range(rows):
            if ones[k, i] != 0.0:
                line, times = block[i], ones[k, i]
                for j in range(columns):
                    line[j] += times * b0[j]
        k += 1


@njit(cache=True)
def _class_lines(
    demand, on_network, share, mu_route, mu_mode, mu_out, own_ptr, weight, total, row_begin, row_item, row_figure,
    column_begin, column_item, column_figure, is_hour, wait, ones, others, size, rows, columns,
):  # fmt: skip
    """Append the lines whose products are what one class reacts by through the means of its ways and of the network."""
    last = size
    share_of = np.empty(NESTS)
    for m in range(NESTS):
        if share[m] <= NEGLIGIBLE:
            continue
        read, charge = ones[last], others[last]
        read[:rows] = 0.0
        charge[:columns] = 0.0
        for r in range(own_ptr[m] - own_ptr[0], own_ptr[m + 1] - own_ptr[0]):
            within = weight[r] / total[m]
            if within > NEGLIGIBLE:
                for i in range(row_begin[r], row_begin[r + 1]):
                    read[row_item[i]] += within * row_figure[i]
                for j in range(column_begin[r], column_begin[r + 1]):
                    charge[column_item[j]] += within * column_figure[j]
        share_of[last - size] = share[m]
        last += 1
    read, charge = ones[last], others[last]
    read[:rows] = 0.0
    charge[:columns] = 0.0
    for k in range(size, last):
        times = demand * on_network * share_of[k - size] * (mu_route - mu_mode)
        for i in range(rows):
            read[i] += share_of[k - size] * ones[k, i]
            ones[k, i] *= times
        for j in range(columns):
            if is_hour[j]:
                others[k, j] *= wait
            charge[j] += share_of[k - size] * others[k, j]
    times = demand * on_network * (mu_mode - mu_out + mu_out * on_network)
    for i in range(rows):
        read[i] *= times
    return last + 1


@njit(cache=True)
def _subtract_own(
    block, routes, own_usd, own_hour, is_hour, row_begin, row_item, row_figure, column_begin, column_item, column_figure,
):  # fmt: skip
    """Take what each route reacts to its own cost from a block: the diagonal."""
    for r in range(routes):
        for i in range(row_begin[r], row_begin[r + 1]):
            line = block[row_item[i]]
            for j in range(column_begin[r], column_begin[r + 1]):
                steep = own_hour[r] if is_hour[column_item[j]] else own_usd[r]
                line[column_item[j]] -= row_figure[i] * column_figure[j] * steep


@njit(cache=True, nogil=True)
def reactions(
    nest_ptr, price, hours, log_size, charge, delay, class_set, demand, hour_value, delay_value, outside, nest_usd, scale,
    set_class_ptr, set_class, route_ptr, route_stream, row_ptr, row_of, row_value, column_ptr, column_of, column_value,
    column_hour, rows,
):  # fmt: skip
    """Return how each condition (row) reacts to each control (column) through the flows.

    With the joint shares p, those within the nest q and those on the network n, the derivative of the nested logit is
    dp_r/dg_s = -p_r (mu_route (d_rs - q_s) + mu_mode (q_s - n_s) + mu_outside (n_s - p_s)), q_s being zero in other nests: a
    diagonal, and products of means, which are taken over what rows and columns read of the routes of a set.

    Parameters
    ----------
    row_ptr, row_of, row_value
        The conditions that read each stream, and by how much.
    column_ptr, column_of, column_value, column_hour
        The controls that are charged on each stream, and how much; which of them are hours.
    rows
        Number of conditions.
    """
    columns = len(column_hour)
    matrix = np.zeros((rows, columns))
    widest, most = _widest(nest_ptr), 0
    for o in range(len(nest_ptr)):
        most = max(most, set_class_ptr[o + 1] - set_class_ptr[o])
    weight, total, cost, share = np.empty(widest), np.empty(NESTS), np.empty(NESTS), np.empty(NESTS)
    own_usd, own_hour = np.empty(widest), np.empty(widest)
    row_begin, column_begin = np.zeros(widest + 1, dtype=np.int64), np.zeros(widest + 1, dtype=np.int64)
    row_item, column_item = np.empty(64, dtype=np.int64), np.empty(64, dtype=np.int64)
    row_figure, column_figure = np.empty(64), np.empty(64)
    ones, others = np.empty((most * (NESTS + 1), rows)), np.empty((most * (NESTS + 1), columns))
    block, is_hour = np.empty((rows, columns)), np.empty(columns, dtype=np.bool_)
    row_at, column_at = np.full(rows, -1, dtype=np.int64), np.full(columns, -1, dtype=np.int64)
    used_row, used_column = np.empty(rows, dtype=np.int64), np.empty(columns, dtype=np.int64)
    for o in range(len(nest_ptr)):
        r0, r1 = nest_ptr[o, 0], nest_ptr[o, NESTS]
        n_row, row_item, row_figure = _gather(
            r0, r1, route_ptr, route_stream, row_ptr, row_of, row_value, row_at, used_row, row_begin, row_item, row_figure,
        )  # fmt: skip
        if n_row == 0:
            continue
        n_column, column_item, column_figure = _gather(
            r0, r1, route_ptr, route_stream, column_ptr, column_of, column_value, column_at, used_column, column_begin,
            column_item, column_figure,
        )  # fmt: skip
        if n_column == 0:
            continue
        for j in range(n_column):
            is_hour[j] = column_hour[used_column[j]]
        own_usd[: r1 - r0] = 0.0
        own_hour[: r1 - r0] = 0.0
        size = 0
        for position in range(set_class_ptr[o], set_class_ptr[o + 1]):
            c = set_class[position]
            if demand[c] == 0.0:
                continue
            _, _, on_network = _class_choice(
                c, o, nest_ptr, price, hours, log_size, charge, delay, hour_value, delay_value, outside, nest_usd, scale,
                weight, total, cost, share,
            )  # fmt: skip
            if on_network == 0.0:
                continue
            for m in range(NESTS):
                if total[m] > 0.0:
                    steep = demand[c] * scale[c, 0] * on_network * share[m] / total[m]
                    for r in range(nest_ptr[o, m] - r0, nest_ptr[o, m + 1] - r0):
                        own_usd[r] += steep * weight[r]
                        own_hour[r] += steep * weight[r] * delay_value[c]
            size = _class_lines(
                demand[c], on_network, share, scale[c, 0], scale[c, 1], scale[c, 2], nest_ptr[o], weight, total, row_begin,
                row_item, row_figure, column_begin, column_item, column_figure, is_hour, delay_value[c], ones, others, size,
                n_row, n_column,
            )  # fmt: skip
        block[:n_row, :n_column] = 0.0
        _add_products(block, ones, others, size, n_row, n_column)
        _subtract_own(
            block, r1 - r0, own_usd, own_hour, is_hour, row_begin, row_item, row_figure, column_begin, column_item, column_figure,
        )  # fmt: skip
        for i in range(n_row):
            for j in range(n_column):
                matrix[used_row[i], used_column[j]] += block[i, j]
    return matrix


@njit(cache=True)
def factor_dense(matrix):
    """Return the triangles of a small matrix (LU with partial pivoting), the order of its rows, and whether it is regular."""
    n = len(matrix)
    a, order = matrix.copy(), np.arange(n)
    for k in range(n):
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
                for j in range(k + 1, n):
                    a[i, j] -= factor * a[k, j]
    return a, order, True


@njit(cache=True)
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
