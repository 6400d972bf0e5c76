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
def keep_items(route_ptr, route_item, number):
    """Return the items of every route that have a new number, by it; -1 is none."""
    pointer = np.zeros(len(route_ptr), dtype=np.int64)
    item = np.empty_like(route_item)
    size = 0
    for r in range(len(route_ptr) - 1):
        for k in range(route_ptr[r], route_ptr[r + 1]):
            # written in any case, and over where it is none: no branch to guess
            item[size] = number[route_item[k]]
            size += 1 if number[route_item[k]] >= 0 else 0
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


@njit(cache=True, nogil=True)
def by_length(route_ptr, route_item):
    """Return routes in the order of how many items they have, so that loops of one length follow each other.

    Returns
    -------
    tuple
        Where the routes of every number of items begin, the routes, and their items, route by route.
    """
    routes, most = len(route_ptr) - 1, 0
    for r in range(routes):
        most = max(most, route_ptr[r + 1] - route_ptr[r])
    length_ptr = np.zeros(most + 2, dtype=np.int64)
    for r in range(routes):
        length_ptr[route_ptr[r + 1] - route_ptr[r] + 1] += 1
    first = np.zeros(most + 1, dtype=np.int64)
    for n in range(1, most + 1):
        first[n] = first[n - 1] + (n - 1) * (length_ptr[n] - length_ptr[n - 1])
        length_ptr[n + 1] += length_ptr[n]
    order, item = np.empty(routes, dtype=np.uint32), np.empty_like(route_item)
    place = length_ptr.copy()
    for r in range(routes):
        n = route_ptr[r + 1] - route_ptr[r]
        order[place[n]] = r
        at = first[n] + n * (place[n] - length_ptr[n])
        for k in range(n):
            item[at + k] = route_item[route_ptr[r] + k]
        place[n] += 1
    return length_ptr, order, item
