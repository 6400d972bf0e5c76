"""Kernels of the corridor solver: sums over routes, and the derivative of the choice among them.

Everything here works on plain arrays and adds in one fixed order on one thread, so that the same input gives the same bytes.
What the arrays mean stands in :mod:`karvan.flows.problem`.
"""

# kernels are typed by Numba; their arrays are checked by the dataclasses that hold them
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np
from numba import njit

from karvan.flows import choice_kernels
from karvan.flows.choice_kernels import NESTS, choose
from karvan.flows.resting import resting_on

#: Routes whose flow reacts less than this share of the set's quickest are left out of Newton's matrix, never of the flows.
NEGLIGIBLE = 1e-7

_RESTS = resting_on(choice_kernels)


@njit(cache=True, nogil=True)
@_RESTS
def sum_on_routes(route_ptr, route_item, values):
    """Return the sum of values over the items of every route."""
    total = np.zeros(len(route_ptr) - 1)
    for r in range(len(route_ptr) - 1):
        for k in range(route_ptr[r], route_ptr[r + 1]):
            total[r] += values[route_item[k]]
    return total


@njit(cache=True, nogil=True)
@_RESTS
def sum_both_on_routes(route_ptr, route_item, first, second):
    """Return the sums of two columns over the items of every route."""
    one, other = np.zeros(len(route_ptr) - 1), np.zeros(len(route_ptr) - 1)
    for r in range(len(route_ptr) - 1):
        for k in range(route_ptr[r], route_ptr[r + 1]):
            one[r] += first[route_item[k]]
            other[r] += second[route_item[k]]
    return one, other


@njit(cache=True, nogil=True)
@_RESTS
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


@njit(cache=True, nogil=True)
@_RESTS
def sum_on_items(route_ptr, route_item, flow, items):
    """Return the flow over every item."""
    total = np.zeros(items)
    for r in range(len(route_ptr) - 1):
        if flow[r] != 0.0:
            for k in range(route_ptr[r], route_ptr[r + 1]):
                total[route_item[k]] += flow[r]
    return total


@njit(cache=True)
@_RESTS
def _most_items(nest_ptr, route_ptr, route_stream, ptr):
    """Return how many figures the routes of a set meet at most."""
    most = 0
    for o in range(len(nest_ptr)):
        size = 0
        for k in range(route_ptr[nest_ptr[o, 0]], route_ptr[nest_ptr[o, NESTS]]):
            size += ptr[route_stream[k] + 1] - ptr[route_stream[k]]
        most = max(most, size)
    return most


@njit(cache=True)
@_RESTS
def _gather(first, last, route_ptr, route_stream, ptr, of, value, place, used, begin, items, figures):
    """List the figures of a set's routes by the items that they meet; return how many items.

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
                items[size], figures[size] = place[of[i]], value[i]
                size += 1
    begin[last - first] = size
    for i in range(count):
        place[used[i]] = -1
    return count


@njit(cache=True)
@_RESTS
def _add_products(block, ones, others, count, rows, columns):
    """Add the products of pairs of lines to a block; four at a time, which is kinder to memory."""
    k = 0
    while k + 4 <= count:
        for i in range(rows):
            a0, a1, a2, a3 = ones[k, i], ones[k + 1, i], ones[k + 2, i], ones[k + 3, i]
            if a0 != 0.0 or a1 != 0.0 or a2 != 0.0 or a3 != 0.0:
                for j in range(columns):
                    block[i, j] += (
                        a0 * others[k, j] + a1 * others[k + 1, j] + a2 * others[k + 2, j] + a3 * others[k + 3, j]
                    )
        k += 4
    while k < count:
        for i in range(rows):
            times = ones[k, i]
            if times != 0.0:
                for j in range(columns):
                    block[i, j] += times * others[k, j]
        k += 1


@njit(cache=True)
@_RESTS
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
        ones[last, :rows] = 0.0
        others[last, :columns] = 0.0
        for r in range(own_ptr[m] - own_ptr[0], own_ptr[m + 1] - own_ptr[0]):
            within = weight[r] / total[m]
            if within > NEGLIGIBLE:
                for i in range(row_begin[r], row_begin[r + 1]):
                    ones[last, row_item[i]] += within * row_figure[i]
                for j in range(column_begin[r], column_begin[r + 1]):
                    others[last, column_item[j]] += within * column_figure[j]
        share_of[last - size] = share[m]
        last += 1
    ones[last, :rows] = 0.0
    others[last, :columns] = 0.0
    for k in range(size, last):
        times = demand * on_network * share_of[k - size] * (mu_route - mu_mode)
        for i in range(rows):
            ones[last, i] += share_of[k - size] * ones[k, i]
            ones[k, i] *= times
        for j in range(columns):
            if is_hour[j]:
                others[k, j] *= wait
            others[last, j] += share_of[k - size] * others[k, j]
    times = demand * on_network * (mu_mode - mu_out + mu_out * on_network)
    for i in range(rows):
        ones[last, i] *= times
    return last + 1


@njit(cache=True)
@_RESTS
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
@_RESTS
def reactions(
    choice, charge_usd, charge_h, set_class_ptr, set_class, route_ptr, route_stream, row_ptr, row_of, row_value, column_ptr,
    column_of, column_value, column_hour, rows,
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
    nest_ptr = choice.nest_ptr
    begin, weights, totals, _, _, on_network, shares = choose(choice, charge_usd, charge_h)
    widest, most = 0, 0
    for o in range(len(nest_ptr)):
        widest = max(widest, nest_ptr[o, NESTS] - nest_ptr[o, 0])
        most = max(most, set_class_ptr[o + 1] - set_class_ptr[o])
    own_usd, own_hour = np.empty(widest), np.empty(widest)
    row_begin, column_begin = np.zeros(widest + 1, dtype=np.int64), np.zeros(widest + 1, dtype=np.int64)
    row_size = _most_items(nest_ptr, route_ptr, route_stream, row_ptr)
    column_size = _most_items(nest_ptr, route_ptr, route_stream, column_ptr)
    row_item, row_figure = np.empty(row_size, dtype=np.int64), np.empty(row_size)
    column_item, column_figure = np.empty(column_size, dtype=np.int64), np.empty(column_size)
    ones, others = np.empty((most * (NESTS + 1), rows)), np.empty((most * (NESTS + 1), columns))
    block, is_hour = np.empty((rows, columns)), np.empty(columns, dtype=np.bool_)
    row_at, column_at = np.full(rows, -1, dtype=np.int64), np.full(columns, -1, dtype=np.int64)
    used_row, used_column = np.empty(rows, dtype=np.int64), np.empty(columns, dtype=np.int64)
    for o in range(len(nest_ptr)):
        r0, r1 = nest_ptr[o, 0], nest_ptr[o, NESTS]
        n_row = _gather(
            r0, r1, route_ptr, route_stream, row_ptr, row_of, row_value, row_at, used_row, row_begin, row_item, row_figure,
        )  # fmt: skip
        if n_row == 0:
            continue
        n_column = _gather(
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
            demand, wait = choice.demand[c], choice.delay_usd[c]
            if demand == 0.0 or on_network[c] == 0.0:
                continue
            weight, total, share = weights[begin[c] : begin[c + 1]], totals[c], shares[c]
            for m in range(NESTS):
                if total[m] > 0.0:
                    steep = demand * choice.mu_route[c] * on_network[c] * share[m] / total[m]
                    for r in range(nest_ptr[o, m] - r0, nest_ptr[o, m + 1] - r0):
                        own_usd[r] += steep * weight[r]
                        own_hour[r] += steep * weight[r] * wait
            size = _class_lines(
                demand, on_network[c], share, choice.mu_route[c], choice.mu_mode[c], choice.mu_outside[c], nest_ptr[o],
                weight, total, row_begin,
                row_item, row_figure, column_begin, column_item, column_figure, is_hour, wait, ones, others, size, n_row,
                n_column,
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
