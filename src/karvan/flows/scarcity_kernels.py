"""Kernels of what is scarce: what controls charge to streams, what streams use, how long delay curves hold them up.

What the arrays mean stands in :mod:`karvan.flows.problem`. A kernel calls kernels of this file only, since a cached caller does
not notice that a callee in another file has changed.
"""

# kernels are typed by Numba; their arrays are checked by the dataclasses that hold them
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np
from numba import njit

#: Delay curves: none, power of the utilisation (BPR), exponential.
NO_CURVE, POWER_CURVE, EXPONENTIAL_CURVE = 0, 1, 2


@njit(cache=True)
def _one_more(weight, empty, each, there_only, lean):
    """Return what one more tonne there, and one more back, uses."""
    if each:
        there, back = 1.0 + 0.5 * empty * (lean - 1.0), 0.5 * empty * (1.0 - lean)
    else:
        there, back = 1.0 + empty * lean, 1.0 - empty * lean
    return weight * there, 0.0 if there_only else weight * back


@njit(cache=True)
def marginal(pair_back, pair_weight, pair_empty, pair_each, lean):
    """Return what one more tonne there, and one more back, uses, of every pair."""
    there, back = np.empty(len(lean)), np.empty(len(lean))
    for k in range(len(lean)):
        there[k], back[k] = _one_more(pair_weight[k], pair_empty[k], pair_each[k], pair_back[k] < 0, lean[k])
    return there, back


@njit(cache=True)
def stream_charges(
    pair_resource, pair_there, pair_back, pair_weight, pair_empty, pair_each, price, wait, lean, streams
):  # fmt: skip
    """Return dollars and hours that prices and waits of resources add to each stream."""
    usd, hours = np.zeros(streams), np.zeros(streams)
    for k in range(len(pair_resource)):
        j = pair_resource[k]
        if price[j] == 0.0 and wait[j] == 0.0:
            continue
        there, back = _one_more(pair_weight[k], pair_empty[k], pair_each[k], pair_back[k] < 0, lean[k])
        if pair_there[k] >= 0:
            usd[pair_there[k]] += price[j] * there
            hours[pair_there[k]] += wait[j]
        if pair_back[k] >= 0:
            usd[pair_back[k]] += price[j] * back
            if not pair_each[k]:
                hours[pair_back[k]] += wait[j]
    return usd, hours


@njit(cache=True)
def usage(preload, pair_resource, pair_there, pair_back, pair_weight, pair_empty, pair_each, kink, flow, blunt):
    """Return the use of every resource, the lean of every pair and its slope, and what one more tonne of every pair uses."""
    count = len(pair_resource)
    used = preload.copy()
    lean, slope, by_there, by_back = np.empty(count), np.empty(count), np.empty(count), np.empty(count)
    for k in range(count):
        there = flow[pair_there[k]] if pair_there[k] >= 0 else 0.0
        back = flow[pair_back[k]] if pair_back[k] >= 0 else 0.0
        gap, width = there - back, kink[k] * blunt
        root = np.sqrt(gap * gap + width * width)
        lean[k] = gap / root
        slope[k] = width * width / (root * root * root)
        empties = 0.5 * (root - width - gap) if pair_each[k] else root - width
        loaded = there if pair_each[k] else there + back
        used[pair_resource[k]] += pair_weight[k] * (loaded + pair_empty[k] * empties)
        by_there[k], by_back[k] = _one_more(pair_weight[k], pair_empty[k], pair_each[k], pair_back[k] < 0, lean[k])
    return used, lean, slope, by_there, by_back


@njit(cache=True)
def delay(curve, capacity, free_h, curve_a, curve_b, used):
    """Return the hours of delay of every resource at a use, and their derivative."""
    hours, slope = np.zeros(len(used)), np.zeros(len(used))
    for j in range(len(used)):
        if curve[j] == NO_CURVE:
            continue
        top, ratio = free_h[j] * curve_a[j], max(used[j], 0.0) / capacity[j]
        if curve[j] == POWER_CURVE:
            hours[j] = top * ratio ** curve_b[j]
            slope[j] = top * curve_b[j] * ratio ** (curve_b[j] - 1.0) / capacity[j]
        else:
            # above a hard limit the exponential goes on as a straight line: no flow ends there
            grown = np.exp(curve_b[j] * min(ratio, 1.0))
            hours[j] = top * (grown - 1.0 + curve_b[j] * grown * max(ratio - 1.0, 0.0))
            slope[j] = top * curve_b[j] * grown / capacity[j]
    return hours, slope


@njit(cache=True)
def turned(raw, row, row_lean, row_pair, column, column_lean, column_pair, size, use, charge):
    """Return reactions where a tonne uses with one lean of every pair, and pays with another.

    Each item of `row` turns a line by the lean of a pair, whose gap is line `row_lean`; columns likewise.
    """
    matrix = raw.copy()
    for k in range(len(row)):
        times = size[row_pair[k]] * use[row_pair[k]]
        for j in range(matrix.shape[1]):
            matrix[row[k], j] += times * raw[row_lean[k], j]
    for k in range(len(column)):
        for i in range(len(matrix)):
            matrix[i, column[k]] += charge[column_pair[k]] * matrix[i, column_lean[k]]
    return matrix
