"""Kernels of what is scarce: what controls charge to streams, what streams use, how long delay curves hold them up.

What the arrays mean stands in :mod:`karvan.flows.problem`.
"""

# kernels are typed by Numba; their arrays are checked by the dataclasses that hold them
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

#: Delay curves: none, power of the utilisation (BPR), exponential.
NO_CURVE, POWER_CURVE, EXPONENTIAL_CURVE = 0, 1, 2


class Scarcity(NamedTuple):
    """What is scarce, and where it stands on the routes.

    Routes stand in the order of how many streams they have: `length_ptr` says where those of every number begin, `route` which
    they are, `route_stream` their streams. `by_price` and `by_queue` say what may be full; `group` and `first` are the groups of
    resources with the same streams; `usd` and `hour` are the units in which prices and waits move choices.
    """

    length_ptr: Any
    route: Any
    route_stream: Any
    streams: Any
    preload: Any
    capacity: Any
    by_price: Any
    by_queue: Any
    curve: Any
    free_h: Any
    curve_a: Any
    curve_b: Any
    pair_resource: Any
    pair_there: Any
    pair_back: Any
    pair_weight: Any
    pair_empty: Any
    pair_each: Any
    kink: Any
    group: Any
    first: Any
    usd: Any
    hour: Any


class Controls(NamedTuple):
    """What the goods meet besides the plain cost of their routes.

    Attributes
    ----------
    price_usd, queue_h
        Rent per tonne of capacity and hours of queue, per resource.
    delay_h
        Hours of delay of every group of resources with the same streams.
    lean
        Lean of every pair, as the prices charge it.
    """

    price_usd: Any
    queue_h: Any
    delay_h: Any
    lean: Any


@njit(cache=True, error_model="numpy")
def _one_more(weight, empty, each, there_only, lean):
    """Return what one more tonne there, and one more back, uses."""
    if each:
        there, back = 1.0 + 0.5 * empty * (lean - 1.0), 0.5 * empty * (1.0 - lean)
    else:
        there, back = 1.0 + empty * lean, 1.0 - empty * lean
    return weight * there, 0.0 if there_only else weight * back


@njit(cache=True, error_model="numpy")
def marginal(pair_back, pair_weight, pair_empty, pair_each, lean):
    """Return what one more tonne there, and one more back, uses, of every pair."""
    there, back = np.empty(len(lean)), np.empty(len(lean))
    for k in range(len(lean)):
        there[k], back[k] = _one_more(pair_weight[k], pair_empty[k], pair_each[k], pair_back[k] < 0, lean[k])
    return there, back


@njit(cache=True, error_model="numpy")
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


@njit(cache=True, error_model="numpy")
def usage(preload, pair_resource, pair_there, pair_back, pair_weight, pair_empty, pair_each, kink, flow, blunt):
    """Return the use of every resource, the lean of every pair and its slope."""
    count = len(pair_resource)
    used = preload.copy()
    lean, slope = np.empty(count), np.empty(count)
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
    return used, lean, slope


@njit(cache=True, error_model="numpy")
def delay(curve, capacity, free_h, curve_a, curve_b, used):
    """Return the hours of delay of every resource at a use, and their derivative.

    Power curve: ``free_h x a x (use / capacity)^b`` (Bureau of Public Roads 1964); exponential curve:
    ``free_h x a x (exp(b use / capacity) - 1)``, after Krueger (1999), straight on above the capacity.
    """
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


@njit(cache=True, nogil=True)
def alike(pointer, order, there, back, figures):
    """Return the group of every resource, those with the same pairs of streams being one, and the first of every group.

    Parameters
    ----------
    pointer, order
        Where the pairs of every resource begin, and the pairs.
    there, back, figures
        Streams of every pair, and what else tells them apart; shape (pairs, figures).
    """
    count, size = len(pointer) - 1, 1
    while size < 4 * count:
        size *= 2
    # where groups stand that are looked for by a number mixed from their streams
    slot = np.full(size, -1, dtype=np.int64)
    group, first, groups = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64), 0
    for j in range(count):
        mixed = np.uint64(pointer[j + 1] - pointer[j])
        for k in range(pointer[j], pointer[j + 1]):
            mixed = (mixed ^ np.uint64(there[order[k]] + 1)) * np.uint64(0x9E3779B97F4A7C15)
            mixed = (mixed ^ np.uint64(back[order[k]] + 1)) * np.uint64(0xBF58476D1CE4E5B9)
            mixed ^= mixed >> np.uint64(31)
        at = np.int64(mixed & np.uint64(size - 1))
        while slot[at] >= 0:
            other = first[slot[at]]
            same = pointer[other + 1] - pointer[other] == pointer[j + 1] - pointer[j]
            for k in range(pointer[j + 1] - pointer[j] if same else 0):
                p, q = order[pointer[j] + k], order[pointer[other] + k]
                same = same and there[p] == there[q] and back[p] == back[q]
                for f in range(figures.shape[1]):
                    same = same and figures[p, f] == figures[q, f]
            if same:
                break
            at = (at + 1) & (size - 1)
        if slot[at] < 0:
            slot[at], first[groups] = groups, j
            groups += 1
        group[j] = slot[at]
    return group, first[:groups].copy()


@njit(cache=True, error_model="numpy")
def charges_of(scarcity, controls):
    """Return dollars and hours that controls add to each stream."""
    hours = controls.queue_h.copy()
    for g in range(len(scarcity.first)):
        hours[scarcity.first[g]] += controls.delay_h[g]
    return stream_charges(
        scarcity.pair_resource, scarcity.pair_there, scarcity.pair_back, scarcity.pair_weight, scarcity.pair_empty,
        scarcity.pair_each, controls.price_usd, hours, controls.lean, scarcity.streams,
    )  # fmt: skip
