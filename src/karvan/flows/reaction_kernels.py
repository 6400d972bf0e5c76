"""Kernels of reactions: how the use of what is scarce changes with what it is charged, through the choice among routes.

With the joint shares p, those within the nest q and those on the network n, the derivative of the nested logit is
dp_r/dg_s = -p_r (mu_route (d_rs - q_s) + mu_mode (q_s - n_s) + mu_outside (n_s - p_s)), q_s being zero in other nests: a
diagonal, and products of means. So the flow of one stream falls with the cost of another as much as the other's with its own, and
half of the figures do. Streams that the same routes of a set use are one there; sets add theirs up over all streams, and what
conditions read of these, and controls charge on them, is taken last.
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
def reactions(
    choice, charge_usd, charge_h, set_class_ptr, set_class, route_ptr, route_stream, row_ptr, row_of, row_value, column_ptr,
    column_of, column_value, column_hour, rows,
):  # fmt: skip
    """Return how each condition (row) reacts to each control (column) through the flows.

    Parameters
    ----------
    choice, charge_usd, charge_h
        Who chooses, and what routes are charged.
    set_class_ptr, set_class
        Where the classes of every set begin, and the classes in the order of their sets.
    route_ptr, route_stream
        The streams of every route.
    row_ptr, row_of, row_value
        The conditions that read each stream, and by how much.
    column_ptr, column_of, column_value, column_hour
        The controls that are charged on each stream, and how much; which of them are hours.
    rows
        Number of conditions.
    """
    by_usd, by_hour = stream_reactions(
        choice, charge_usd, charge_h, set_class_ptr, set_class, route_ptr, route_stream, len(row_ptr) - 1
    )
    columns = len(column_hour)
    matrix, line = np.zeros((rows, columns)), np.empty(columns)
    for s in range(len(by_usd)):
        if row_ptr[s] == row_ptr[s + 1]:
            continue
        line[:] = 0.0
        for t in range(len(by_usd)):
            usd, hour = by_usd[s, t], by_hour[s, t]
            if usd != 0.0:
                for k in range(column_ptr[t], column_ptr[t + 1]):
                    line[column_of[k]] += column_value[k] * (hour if column_hour[column_of[k]] else usd)
        for k in range(row_ptr[s], row_ptr[s + 1]):
            target, value = matrix[row_of[k]], row_value[k]
            for j in range(columns):
                target[j] += value * line[j]
    return matrix


@njit(cache=True, nogil=True)
@_RESTS
def stream_reactions(choice, charge_usd, charge_h, set_class_ptr, set_class, route_ptr, route_stream, streams):
    """Return how the flow of every stream changes with a dollar, and with an hour of delay, on every other."""
    both = np.zeros((streams, streams, 2))
    nest_ptr = choice.nest_ptr
    begin, weights, totals, _, _, on_network, shares = choose(choice, charge_usd, charge_h)
    routes, items, classes = _widest(nest_ptr, route_ptr, set_class_ptr)
    widest = min(items, streams)
    # of every class one of each way and one of the network; three more to make their number even
    lines = classes * (NESTS + 1) + 3
    own_usd, own_hour = np.empty(routes), np.empty(routes)
    at, own, of = (
        np.full(streams, -1, dtype=np.int64),
        np.empty(widest, dtype=np.int64),
        np.empty(widest, dtype=np.int64),
    )
    item_ptr, item = np.empty(routes + 1, dtype=np.int64), np.empty(items + 1, dtype=np.int64)
    line, usd, hour = np.empty((lines, widest)), np.empty(lines), np.empty(lines)
    block_usd, block_hour = np.empty((widest, widest)), np.empty((widest, widest))
    for o in range(len(nest_ptr)):
        r0, r1 = nest_ptr[o, 0], nest_ptr[o, NESTS]
        met, groups = _gather(r0, r1, route_ptr, route_stream, at, own, of, item_ptr, item)
        if met == 0:
            continue
        own_usd[: r1 - r0] = 0.0
        own_hour[: r1 - r0] = 0.0
        size = 0
        for position in range(set_class_ptr[o], set_class_ptr[o + 1]):
            c = set_class[position]
            if choice.demand[c] == 0.0 or on_network[c] == 0.0:
                continue
            weight, total, share = weights[begin[c] : begin[c + 1]], totals[c], shares[c]
            flow, wait = choice.demand[c] * on_network[c], choice.delay_usd[c]
            for m in range(NESTS):
                if total[m] > 0.0:
                    steep = flow * choice.mu_route[c] * share[m] / total[m]
                    for r in range(nest_ptr[o, m] - r0, nest_ptr[o, m + 1] - r0):
                        own_usd[r] += steep * weight[r]
                        own_hour[r] += steep * weight[r] * wait
            last = _means(
                flow, on_network[c], share, choice.mu_route[c], choice.mu_mode[c], choice.mu_outside[c], nest_ptr[o], weight,
                total, item_ptr, item, groups, line, usd, size,
            )  # fmt: skip
            for k in range(size, last):
                hour[k] = usd[k] * wait
            size = last
        _products(block_usd, block_hour, line, usd, hour, size, groups)
        _subtract_own(block_usd, block_hour, own_usd, own_hour, item_ptr, item, r1 - r0)
        _add_on_streams(both, block_usd, block_hour, own, of, met, groups)
    return _mirrored(both)


@njit(cache=True)
@_RESTS
def _add_on_streams(both, block_usd, block_hour, own, of, met, groups):
    """Add what groups of streams react to every pair of their streams, in one of both orders; a stream with itself half."""
    for i in range(groups):
        for j in range(i):
            block_usd[j, i] = block_usd[i, j]
            block_hour[j, i] = block_hour[i, j]
    for i in range(met):
        target, usd, hour = both[own[i]], block_usd[of[i]], block_hour[of[i]]
        for j in range(i):
            target[own[j], 0] += usd[of[j]]
            target[own[j], 1] += hour[of[j]]
        target[own[i], 0] += 0.5 * usd[of[i]]
        target[own[i], 1] += 0.5 * hour[of[i]]


@njit(cache=True)
@_RESTS
def _mirrored(both):
    """Return the reactions of all pairs of streams in both orders."""
    by_usd, by_hour = np.empty(both.shape[:2]), np.empty(both.shape[:2])
    for s in range(len(both)):
        for t in range(s + 1):
            by_usd[s, t] = by_usd[t, s] = both[s, t, 0] + both[t, s, 0]
            by_hour[s, t] = by_hour[t, s] = both[s, t, 1] + both[t, s, 1]
    return by_usd, by_hour


@njit(cache=True)
@_RESTS
def _widest(nest_ptr, route_ptr, set_class_ptr):
    """Return how many routes and items of routes a set has at most, and how many classes."""
    routes, items, classes = 0, 0, 0
    for o in range(len(nest_ptr)):
        r0, r1 = nest_ptr[o, 0], nest_ptr[o, NESTS]
        routes, items = max(routes, r1 - r0), max(items, route_ptr[r1] - route_ptr[r0])
        classes = max(classes, set_class_ptr[o + 1] - set_class_ptr[o])
    return routes, items, classes


@njit(cache=True)
@_RESTS
def _gather(first, last, route_ptr, route_stream, at, own, of, item_ptr, item):
    """List the streams of a set, and its routes by groups of streams that the same of them use; return how many of both.

    Of every stream, its number stands in `own` and its group in `of`; of every route, its groups stand in `item`.
    """
    met, words = 0, (last - first + 63) // 64
    # which routes use a stream, a bit each; and whether one does more than once
    most = min(len(own), route_ptr[last] - route_ptr[first])
    uses, twice = np.zeros((most, words), dtype=np.uint64), np.zeros(most, dtype=np.bool_)
    for r in range(first, last):
        word, bit = (r - first) // 64, np.uint64(1) << np.uint64((r - first) % 64)
        for k in range(route_ptr[r], route_ptr[r + 1]):
            i = at[route_stream[k]]
            if i < 0:
                i = at[route_stream[k]] = met
                own[met] = route_stream[k]
                met += 1
            twice[i] |= uses[i, word] & bit != 0
            uses[i, word] |= bit
    groups, leader = 0, np.empty(met, dtype=np.int64)
    for i in range(met):
        of[i] = groups
        for g in range(groups):
            # what a route uses more than once is a group of its own
            same = not (twice[i] or twice[leader[g]])
            for word in range(words):
                same = same and uses[i, word] == uses[leader[g], word]
            if same:
                of[i] = g
                break
        if of[i] == groups:
            leader[groups] = i
            groups += 1
    count = 0
    for r in range(first, last):
        item_ptr[r - first] = count
        for k in range(route_ptr[r], route_ptr[r + 1]):
            i = at[route_stream[k]]
            # written in any case, and over where it is none
            item[count] = of[i]
            count += 1 if leader[of[i]] == i else 0
    item_ptr[last - first] = count
    for i in range(met):
        at[own[i]] = -1
    return met, groups


@njit(cache=True)
@_RESTS
def _means(
    flow, on_network, share, mu_route, mu_mode, mu_out, own_ptr, weight, total, item_ptr, item, groups, line, times, size
):  # fmt: skip
    """Append the lines whose squares are what one class reacts by through the means of its ways and of the network.

    Returns how many lines there are now; how often the square of each counts stands in `times`.
    """
    last = size
    for m in range(NESTS):
        if share[m] <= NEGLIGIBLE:
            continue
        line[last, :groups] = 0.0
        for r in range(own_ptr[m] - own_ptr[0], own_ptr[m + 1] - own_ptr[0]):
            within = weight[r] / total[m]
            if within > NEGLIGIBLE:
                for k in range(item_ptr[r], item_ptr[r + 1]):
                    line[last, item[k]] += within
        times[last] = share[m]
        last += 1
    line[last, :groups] = 0.0
    for k in range(size, last):
        for g in range(groups):
            line[last, g] += times[k] * line[k, g]
        times[k] *= flow * (mu_route - mu_mode)
    times[last] = flow * (mu_mode - mu_out + mu_out * on_network)
    return last + 1


@njit(cache=True)
@_RESTS
def _products(block_usd, block_hour, line, usd, hour, count, groups):
    """Write the sums of squares of lines, so many times each; the lower half; four at a time, which is kinder to memory."""
    for i in range(groups):
        block_usd[i, : i + 1] = 0.0
        block_hour[i, : i + 1] = 0.0
    # lines of nought make the number even
    full = -(-count // 4) * 4
    for k in range(count, full):
        line[k, :groups] = 0.0
        usd[k] = hour[k] = 0.0
    for k in range(0, full, 4):
        for i in range(groups):
            a0, a1, a2, a3 = line[k, i], line[k + 1, i], line[k + 2, i], line[k + 3, i]
            if a0 == 0.0 and a1 == 0.0 and a2 == 0.0 and a3 == 0.0:
                continue
            h0, h1, h2, h3 = a0 * hour[k], a1 * hour[k + 1], a2 * hour[k + 2], a3 * hour[k + 3]
            a0, a1, a2, a3 = a0 * usd[k], a1 * usd[k + 1], a2 * usd[k + 2], a3 * usd[k + 3]
            for j in range(i + 1):
                b0, b1, b2, b3 = line[k, j], line[k + 1, j], line[k + 2, j], line[k + 3, j]
                block_usd[i, j] += a0 * b0 + a1 * b1 + a2 * b2 + a3 * b3
                block_hour[i, j] += h0 * b0 + h1 * b1 + h2 * b2 + h3 * b3


@njit(cache=True)
@_RESTS
def _subtract_own(block_usd, block_hour, own_usd, own_hour, item_ptr, item, routes):
    """Take what each route reacts to its own cost from both blocks: the diagonal."""
    for r in range(routes):
        for k in range(item_ptr[r], item_ptr[r + 1]):
            i = item[k]
            block_usd[i, i] -= own_usd[r]
            block_hour[i, i] -= own_hour[r]
            for n in range(k + 1, item_ptr[r + 1]):
                high, low = max(i, item[n]), min(i, item[n])
                # of a pair one order stands for both; what stands twice meets itself in both
                times = 2.0 if high == low else 1.0
                block_usd[high, low] -= times * own_usd[r]
                block_hour[high, low] -= times * own_hour[r]
