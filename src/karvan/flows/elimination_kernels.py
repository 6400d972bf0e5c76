"""Kernels that find the least costs between the ends of a graph by eliminating every other state.

To eliminate a state is to join each arc into it with each arc out of it. What is left are arcs between ends, which cost what the
cheapest way costs. The order, and what meets what, depend on the graph alone; with other costs only the additions are done again,
for several sets of costs at once. This is Gauss's elimination in the algebra of minimum and sum (Carre 1971), ordered as for
sparse matrices (Markowitz 1957); customizable contraction hierarchies (Dibbelt, Strasser and Wagner 2016) rest on the same.

As in :mod:`karvan.flows.route_kernels` a kernel calls kernels of this file only, and everything runs in one order on one thread.
"""

# kernels are typed by Numba; their arrays are checked by the dataclasses that hold them
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"
# ruff: noqa: PLR1714

from __future__ import annotations

import numpy as np
from numba import njit

#: Ways of moving that an arc can stand for: none, rail, road, both, water; as the layers of :mod:`karvan.flows.route_kernels`.
LAYERS = 5
#: Layer of whatever moves by water.
WATER = 4
#: Sets of costs that are looked at together.
LANES = 4


@njit(cache=True)
def _slots_of(tail, head, states):
    """Return the number of every pair of states that an arc joins, a table of pairs, and how many there are."""
    slot = np.full((states, states), -1, dtype=np.int32)
    count = 0
    of_arc = np.full(len(tail), -1, dtype=np.int64)
    for k in range(len(tail)):
        if tail[k] != head[k]:
            if slot[tail[k], head[k]] < 0:
                slot[tail[k], head[k]] = count
                count += 1
            of_arc[k] = slot[tail[k], head[k]]
    return of_arc, slot, count


@njit(cache=True)
def _neighbours(slot, state, alive, into, found):
    """Write the living states with an arc into a state, or out of it; return how many."""
    count = 0
    for other in range(len(slot)):
        if alive[other] and (slot[other, state] if into else slot[state, other]) >= 0:
            found[count] = other
            count += 1
    return count


@njit(cache=True)
def _cheapest(alive, kept, into, out):
    """Return the state whose elimination joins the fewest arcs; -1 where none is left."""
    best, least = -1, np.int64(1) << 60
    for state in range(len(alive)):
        if alive[state] and not kept[state] and into[state] * out[state] < least:
            best, least = state, into[state] * out[state]
    return best


@njit(cache=True, nogil=True)
def plan(tail, head, kept, states):
    """Return in which order states are eliminated, and what meets what.

    Parameters
    ----------
    tail, head
        Arcs.
    kept
        Which states are ends; no way goes through an end.
    states
        Number of states.

    Returns
    -------
    place of every arc (-1: it goes nowhere), a table of places by tail and head, how many there are; of every pair of arcs that
    meet, in the order in which they are joined, the places of the first, of the second, and of what they make
    """
    of_arc, slot, count = _slots_of(tail, head, states)
    alive = np.ones(states, dtype=np.bool_)
    into, out = np.zeros(states, dtype=np.int64), np.zeros(states, dtype=np.int64)
    for v in range(states):
        for w in range(states):
            if slot[v, w] >= 0:
                out[v] += 1
                into[w] += 1
    before, after = np.empty(states, dtype=np.int64), np.empty(states, dtype=np.int64)
    joint, size = np.empty((1024, 3), dtype=np.int32), 0
    while True:
        state = _cheapest(alive, kept, into, out)
        if state < 0:
            break
        alive[state] = False
        ins, outs = _neighbours(slot, state, alive, True, before), _neighbours(slot, state, alive, False, after)
        while len(joint) < size + ins * outs:
            joint = np.concatenate((joint, np.empty_like(joint)))
        for j in range(outs):
            into[after[j]] -= 1
        for i in range(ins):
            v = before[i]
            out[v] -= 1
            for j in range(outs):
                w = after[j]
                if v == w:
                    continue
                if slot[v, w] < 0:
                    slot[v, w] = count
                    count += 1
                    out[v] += 1
                    into[w] += 1
                joint[size, 0], joint[size, 1], joint[size, 2] = slot[v, state], slot[state, w], slot[v, w]
                size += 1
    return of_arc, slot, count, joint[:size].copy()


@njit(cache=True)
def together(first, second):
    """Return what two arcs that follow one another move by."""
    return WATER if first == WATER or second == WATER else first | second


@njit(cache=True)
def _join(cost, filled, one, other, new):
    """Let two arcs that follow one another make a third, unless it is cheaper already."""
    for first in range(LAYERS):
        if not filled[one, first]:
            continue
        for second in range(LAYERS):
            if not filled[other, second]:
                continue
            layer = together(first, second)
            filled[new, layer] = True
            for lane in range(LANES):
                through = cost[one, first, lane] + cost[other, second, lane]
                cost[new, layer, lane] = min(cost[new, layer, lane], through)


@njit(cache=True, nogil=True)
def eliminate(of_arc, count, joint, weight, layer):
    """Return the least cost of every place by the ways of moving used; shape (places, layers, lanes).

    Parameters
    ----------
    of_arc, count, joint
        As :func:`plan` returns them.
    weight
        Cost of every arc, infinite where it may not be used; shape (arcs, lanes).
    layer
        What every arc moves by.
    """
    cost = np.full((count, LAYERS, LANES), np.inf)
    filled = np.zeros((count, LAYERS), dtype=np.bool_)
    used = np.zeros(count, dtype=np.bool_)
    for k in range(len(of_arc)):
        at = of_arc[k]
        if at >= 0 and np.isfinite(weight[k, 0]):
            filled[at, layer[k]] = used[at] = True
            for lane in range(LANES):
                cost[at, layer[k], lane] = min(cost[at, layer[k], lane], weight[k, lane])
    for pair in range(len(joint)):
        one, other, new = joint[pair, 0], joint[pair, 1], joint[pair, 2]
        if used[one] and used[other]:
            used[new] = True
            _join(cost, filled, one, other, new)
    return cost


@njit(cache=True)
def _parts(at, layer, lane, cost, joint, made_ptr, made):
    """Return the pair of arcs, and the layers of both, that make an arc at its cost; -1 where it is one of the graph."""
    for k in range(made_ptr[at], made_ptr[at + 1]):
        one, other = joint[made[k], 0], joint[made[k], 1]
        for first in range(LAYERS):
            for second in range(LAYERS):
                if (
                    together(first, second) == layer
                    and cost[one, first, lane] + cost[other, second, lane] == cost[at, layer, lane]
                ):
                    return made[k], first, second
    return -1, 0, 0


@njit(cache=True, nogil=True)
def simple_ways(places, layers, lane, source, cost, joint, made_ptr, made, arc_ptr, arcs, weight, layer_of, head):
    """Return the arcs of the cheapest ways of some places and layers, one after the other, and where each begins.

    A way that passes a state twice has none.

    Parameters
    ----------
    places, layers, lane
        What is asked for; costs must be finite.
    source
        State where each begins.
    cost, joint
        As :func:`eliminate` and :func:`plan` return them.
    made_ptr, made
        The pairs of arcs that make each place: where they begin, and which they are.
    arc_ptr, arcs
        The arcs of the graph at each place: where they begin, and which they are.
    weight, layer_of, head
        Cost of every arc in the lane, what it moves by, its head.
    """
    begin, path, size = np.zeros(len(places) + 1, dtype=np.int64), np.empty(1024, dtype=np.int64), 0
    seen = np.full(head.max() + 1, -1, dtype=np.int64)
    todo, todo_layer = np.empty(1024, dtype=np.int64), np.empty(1024, dtype=np.int64)
    for way in range(len(places)):
        begin[way] = size
        seen[source[way]] = way
        todo[0], todo_layer[0], left, simple = places[way], layers[way], 1, True
        while left > 0 and simple:
            left -= 1
            at, layer = todo[left], todo_layer[left]
            taken = -1
            for k in range(arc_ptr[at], arc_ptr[at + 1]):
                if layer_of[arcs[k]] == layer and weight[arcs[k]] == cost[at, layer, lane]:
                    taken = arcs[k]
                    break
            if taken >= 0:
                if size == len(path):
                    path = np.concatenate((path, np.empty_like(path)))
                path[size] = taken
                size += 1
                simple = seen[head[taken]] != way
                seen[head[taken]] = way
                continue
            pair, first, second = _parts(at, layer, lane, cost, joint, made_ptr, made)
            if left + 2 > len(todo):
                todo, todo_layer = np.concatenate((todo, todo)), np.concatenate((todo_layer, todo_layer))
            todo[left], todo_layer[left] = joint[pair, 1], second
            todo[left + 1], todo_layer[left + 1] = joint[pair, 0], first
            left += 2
        if not simple:
            size = begin[way]
    begin[len(places)] = size
    return begin, path[:size].copy()
