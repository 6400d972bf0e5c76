"""Kernels of the corridor's routes: searches by mode, different routes between two states, and how far routes overlap.

Everything here works on plain arrays in one fixed order on one thread, so that the same input gives the same bytes. A kernel
calls kernels of this file only, since a cached caller does not notice that a callee in another file has changed.
"""

# kernels are typed by Numba; their arrays are checked by the dataclasses that hold them
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"
# ruff: noqa: PLR1714

from __future__ import annotations

import numpy as np
from numba import njit

#: Ways of going: rail alone, road alone, rail and road, by water; as in the choice.
NESTS = 4
#: Layers of the search by mode: nothing yet, rail, road, rail and road, sea or ferry.
LAYERS = 5
#: Bits that a move sets.
RAIL_BIT, ROAD_BIT, WATER_BIT = 1, 2, 4
#: Most candidates of one way of going that are looked at closely per pair and search.
MOST_TRIED = 40


@njit(cache=True)
def _next_layer(layer, bit):
    if layer == WATER_BIT or bit == WATER_BIT:
        return WATER_BIT
    return layer | bit


@njit(cache=True)
def _nest_of(layer):
    if layer == RAIL_BIT:
        return 0
    if layer == ROAD_BIT:
        return 1
    if layer == RAIL_BIT + ROAD_BIT:
        return 2
    return 3


@njit(cache=True)
def _push(heap_cost, heap_label, size, cost, label):
    """Put a label on a heap of some size."""
    i = size
    while i > 0:
        parent = (i - 1) // 2
        if cost < heap_cost[parent] or (cost == heap_cost[parent] and label < heap_label[parent]):
            heap_cost[i], heap_label[i] = heap_cost[parent], heap_label[parent]
            i = parent
        else:
            break
    heap_cost[i], heap_label[i] = cost, label


@njit(cache=True)
def _pop(heap_cost, heap_label, size):
    """Take the first label off a heap that keeps so many."""
    last_cost, last_label = heap_cost[size], heap_label[size]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        if child + 1 < size and (
            heap_cost[child + 1] < heap_cost[child]
            or (heap_cost[child + 1] == heap_cost[child] and heap_label[child + 1] < heap_label[child])
        ):
            child += 1
        if heap_cost[child] < last_cost or (heap_cost[child] == last_cost and heap_label[child] < last_label):
            heap_cost[i], heap_label[i] = heap_cost[child], heap_label[child]
            i = child
        else:
            break
    heap_cost[i], heap_label[i] = last_cost, last_label


@njit(cache=True, nogil=True)
def search_by_mode(start, head, arc, weight, bit, states, source):
    """Return the cheapest cost from a state to every state by the modes used, and the arc and state that come before.

    Labels are ``layer x states + state``; a move by rail, road or water takes goods to another layer (Dijkstra 1959).

    Parameters
    ----------
    start, head, arc
        Arcs leaving each state: where they begin in the list, their heads, their numbers.
    weight, bit
        Cost of every arc, infinite where it may not be used; the mode bit of every arc.
    states, source
        Number of states; where to begin.
    """
    labels = LAYERS * states
    cost = np.full(labels, np.inf)
    before = np.full(labels, -1, dtype=np.int64)
    by = np.full(labels, -1, dtype=np.int64)
    done = np.zeros(labels, dtype=np.bool_)
    heap_cost = np.empty(LAYERS * len(head) + 1)
    heap_label = np.empty(LAYERS * len(head) + 1, dtype=np.int64)
    cost[source] = 0.0
    heap_cost[0], heap_label[0] = 0.0, source
    size = 1
    while size > 0:
        label, top = heap_label[0], heap_cost[0]
        size -= 1
        _pop(heap_cost, heap_label, size)
        if done[label] or top > cost[label]:
            continue
        done[label] = True
        layer, state = label // states, label % states
        for k in range(start[state], start[state + 1]):
            a = arc[k]
            if not np.isfinite(weight[a]):
                continue
            there = _next_layer(layer, bit[a]) * states + head[k]
            new = cost[label] + weight[a]
            if new < cost[there] and not done[there]:
                cost[there], before[there], by[there] = new, label, a
                _push(heap_cost, heap_label, size, new, there)
                size += 1
    return cost, before, by


@njit(cache=True)
def _candidates(forward, backward, target, tail, head, weight, bit, via, states, slack):
    """Return cost, arc, layers at its ends and way of going of the cheapest way over each arc and pair of layers."""
    best = np.full(NESTS, np.inf)
    for layer in range(1, LAYERS):
        m = _nest_of(layer)
        best[m] = min(best[m], forward[layer * states + target])
    limit = best * (1.0 + slack)
    top = 0.0
    for m in range(NESTS):
        if np.isfinite(limit[m]):
            top = max(top, limit[m])
    # most arcs lie too far off whatever the layers
    near_out, near_in = np.full(states, np.inf), np.full(states, np.inf)
    for layer in range(LAYERS):
        for state in range(states):
            near_out[state] = min(near_out[state], forward[layer * states + state])
            near_in[state] = min(near_in[state], backward[layer * states + state])
    room, count = 1024, 0
    cost_of, place_of = np.empty(room), np.empty((room, 4), dtype=np.int64)
    for position in range(len(via)):
        a = via[position]
        if not near_out[tail[a]] + weight[a] + near_in[head[a]] <= top:
            continue
        for first in range(LAYERS):
            out = forward[first * states + tail[a]]
            if out + weight[a] > top:
                continue
            middle = _next_layer(first, bit[a])
            for second in range(LAYERS):
                cost = out + weight[a] + backward[second * states + head[a]]
                if cost > top:
                    continue
                m = _nest_of(_next_layer(middle, second))
                if cost > limit[m]:
                    continue
                if count == room:
                    room *= 2
                    cost_of = np.concatenate((cost_of, np.empty(count)))
                    place_of = np.concatenate((place_of, np.empty((count, 4), dtype=np.int64)))
                cost_of[count] = cost
                place_of[count, 0], place_of[count, 1], place_of[count, 2], place_of[count, 3] = a, first, second, m
                count += 1
    return cost_of[:count], place_of[:count]


@njit(cache=True)
def _walk(path, arc, out_label, in_label, forward_before, forward_by, backward_before, backward_by):
    """Put the arcs of a route into `path`: back from an arc to the source, then on to the target; return how many."""
    size = 0
    label = out_label
    while forward_by[label] >= 0:
        path[size] = forward_by[label]
        size += 1
        label = forward_before[label]
    for i in range(size // 2):
        path[i], path[size - 1 - i] = path[size - 1 - i], path[i]
    path[size] = arc
    size += 1
    label = in_label
    while backward_by[label] >= 0:
        path[size] = backward_by[label]
        size += 1
        label = backward_before[label]
    return size


@njit(cache=True)
def _is_simple(path, size, head, source, seen, stamp):
    """Tell whether a route passes no state twice."""
    seen[source] = stamp
    for i in range(size):
        state = head[path[i]]
        if seen[state] == stamp:
            return False
        seen[state] = stamp
    return True


@njit(cache=True)
def _is_other(path, size, m, length, overlap, found, starts, nests, mark):
    """Tell whether a route shares little enough of its length with each one taken of its way of going."""
    total = 0.0
    for i in range(size):
        mark[path[i]] = True
        total += length[path[i]]
    other_enough = True
    for r in range(len(nests)):
        if nests[r] != m:
            continue
        shared, other = 0.0, 0.0
        for i in range(starts[r], starts[r + 1]):
            other += length[found[i]]
            if mark[found[i]]:
                shared += length[found[i]]
        if shared > overlap * max(min(total, other), 1e-9):
            other_enough = False
            break
    for i in range(size):
        mark[path[i]] = False
    return other_enough


@njit(cache=True, nogil=True)
def via_routes(
    forward, forward_before, forward_by, backward, backward_before, backward_by, target, source, tail, head, weight, bit,
    via, length, states, most, slack, overlap,
):  # fmt: skip
    """Return different routes between two states, by the cheapest way over each arc (single-via paths).

    Routes of one way of going are taken in order of cost as long as they cost at most ``1 + slack`` times its cheapest, pass no
    state twice, and share at most `overlap` of their length with each one taken before; `most` of each way of going.

    Returns
    -------
    arcs of the routes one after the other, where each begins, the way of going of each
    """
    cost_of, place_of = _candidates(forward, backward, target, tail, head, weight, bit, via, states, slack)
    found, starts, nests = np.empty(0, dtype=np.int64), np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.int64)
    taken, tried = np.zeros(NESTS, dtype=np.int64), np.zeros(NESTS, dtype=np.int64)
    last = np.full(NESTS, -1.0)
    path = np.empty(2 * states, dtype=np.int64)
    seen, mark = np.zeros(states, dtype=np.int64), np.zeros(len(tail), dtype=np.bool_)
    stamp = 0
    for k in np.argsort(cost_of, kind="mergesort"):
        arc, first, second, m = place_of[k, 0], place_of[k, 1], place_of[k, 2], place_of[k, 3]
        if taken[m] >= most or tried[m] >= MOST_TRIED or abs(cost_of[k] - last[m]) <= 1e-9 * max(1.0, cost_of[k]):
            continue
        tried[m] += 1
        size = _walk(
            path, arc, first * states + tail[arc], second * states + head[arc], forward_before, forward_by, backward_before,
            backward_by,
        )  # fmt: skip
        stamp += 1
        if not _is_simple(path, size, head, source, seen, stamp):
            continue
        last[m] = cost_of[k]
        if not _is_other(path, size, m, length, overlap, found, starts, nests, mark):
            continue
        found = np.concatenate((found, path[:size].copy()))
        starts = np.concatenate((starts, np.array([len(found)], dtype=np.int64)))
        nests = np.concatenate((nests, np.array([m], dtype=np.int64)))
        taken[m] += 1
    return found, starts, nests
