"""Kernels of the corridor solver: sums over routes.

Everything here works on plain arrays and adds in one fixed order on one thread, so that the same input gives the same bytes.
What the arrays mean stands in :mod:`karvan.flows.problem`.
"""

# kernels are typed by Numba; their arrays are checked by the dataclasses that hold them
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def sum_on_routes(route_ptr, route_item, values):
    """Return the sum of values over the items of every route."""
    total = np.zeros(len(route_ptr) - 1)
    for r in range(len(route_ptr) - 1):
        for k in range(route_ptr[r], route_ptr[r + 1]):
            total[r] += values[route_item[k]]
    return total


@njit(cache=True, nogil=True)
def sum_both_on_routes(route_ptr, route_item, first, second):
    """Return the sums of two columns over the items of every route."""
    one, other = np.zeros(len(route_ptr) - 1), np.zeros(len(route_ptr) - 1)
    for r in range(len(route_ptr) - 1):
        for k in range(route_ptr[r], route_ptr[r + 1]):
            one[r] += first[route_item[k]]
            other[r] += second[route_item[k]]
    return one, other


@njit(cache=True, nogil=True)
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
def sum_on_items(route_ptr, route_item, flow, items):
    """Return the flow over every item."""
    total = np.zeros(items)
    for r in range(len(route_ptr) - 1):
        if flow[r] != 0.0:
            for k in range(route_ptr[r], route_ptr[r + 1]):
                total[route_item[k]] += flow[r]
    return total
