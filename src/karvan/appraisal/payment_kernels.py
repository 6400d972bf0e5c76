"""Sums over the arcs of routes: what goods pay to whom, what it costs, and what it emits."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def pay_on_arcs(
    arc_ptr, arcs, flow, origin, destination, price, resource, payee, payee_country, move, length, co2e, shape
):  # fmt: skip
    """Return payments by payee, whether in transit, and country of the users; cost of resources; tonne-km; emissions.

    Parameters
    ----------
    arc_ptr, arcs
        Where the arcs of every route begin, and the arcs.
    flow
        Tonnes a year on every route.
    origin, destination
        Countries of the ends of every route's goods; each stands for half of the users.
    price, resource, length, co2e
        Of every arc, per tonne.
    payee, payee_country
        Number of the payee of every arc, -1 where nothing is paid, and the country of every payee.
    move
        Number of the kind of movement of every arc, -1 where it is none.
    shape
        Payees, countries, kinds of movement.
    """
    payees, countries, moves = shape
    paid = np.zeros((payees, 2, countries))
    cost = np.zeros((payees, 2))
    tkm = np.zeros(moves)
    emitted = 0.0
    for r in range(len(arc_ptr) - 1):
        tonnes = flow[r]
        if tonnes == 0.0:
            continue
        one, two = origin[r], destination[r]
        for k in range(arc_ptr[r], arc_ptr[r + 1]):
            a = arcs[k]
            emitted += tonnes * co2e[a]
            if move[a] >= 0:
                tkm[move[a]] += tonnes * length[a]
            p = payee[a]
            if p >= 0:
                passes = 1 if payee_country[p] != one and payee_country[p] != two else 0
                half = 0.5 * tonnes * price[a]
                paid[p, passes, one] += half
                paid[p, passes, two] += half
                cost[p, passes] += tonnes * resource[a]
    return paid, cost, tkm, emitted


@njit(cache=True)
def sum_by_country(pointer, items, flow, origin, destination, count, countries):
    """Return tonnes over every item by country of the users, half to either end."""
    total = np.zeros((count, countries))
    for r in range(len(pointer) - 1):
        half = 0.5 * flow[r]
        if half == 0.0:
            continue
        for k in range(pointer[r], pointer[r + 1]):
            total[items[k], origin[r]] += half
            total[items[k], destination[r]] += half
    return total
