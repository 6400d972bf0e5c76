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
    before, after, made = filled[one], filled[other], filled[new]
    for first in range(LAYERS):
        if not (before >> first) & 1:
            continue
        for second in range(LAYERS):
            if not (after >> second) & 1:
                continue
            layer = together(first, second)
            made |= np.uint8(1 << layer)
            for lane in range(LANES):
                through = cost[one, first, lane] + cost[other, second, lane]
                cost[new, layer, lane] = min(cost[new, layer, lane], through)
    filled[new] = made


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
    # a bit for every layer that some way has
    filled = np.zeros(count, dtype=np.uint8)
    for k in range(len(of_arc)):
        at = of_arc[k]
        if at >= 0 and np.isfinite(weight[k, 0]):
            filled[at] |= np.uint8(1 << layer[k])
            for lane in range(LANES):
                cost[at, layer[k], lane] = min(cost[at, layer[k], lane], weight[k, lane])
    for pair in range(len(joint)):
        one, other, new = joint[pair, 0], joint[pair, 1], joint[pair, 2]
        if filled[one] and filled[other]:
            _join(cost, filled, one, other, new)
    return cost


@njit(cache=True, nogil=True)
def arc_costs(price, hours, is_open, movement, first, usd, delay, value, delay_value, lanes):
    """Return the cost of every arc at some time values, at least nothing, infinite where it is not open; shape (arcs, lanes).

    Parameters
    ----------
    price, hours, is_open
        Price and hours of every arc, and whether it may be used.
    movement, first
        Movement of every arc (-1: none), and the number of the first.
    usd, delay
        Dollars and hours that every movement costs besides.
    value, delay_value
        Values of an hour, and of an hour of delay; lanes without one are infinite.
    lanes
        How many lanes there are.
    """
    cost = np.full((len(price), lanes), np.inf)
    for k in range(len(price)):
        if is_open[k]:
            own_usd, own_hours = 0.0, 0.0
            if movement[k] >= 0:
                own_usd, own_hours = usd[movement[k] + first], delay[movement[k] + first]
            for lane in range(len(value)):
                cost[k, lane] = max(price[k] + own_usd + value[lane] * hours[k] + delay_value[lane] * own_hours, 0.0)
    return cost


@njit(cache=True, nogil=True)
def known_costs(set_ptr, nest, arc_ptr, arcs, weight):
    """Return the least cost of the known routes of every set by way of going and lane.

    Parameters
    ----------
    set_ptr, nest, arc_ptr, arcs
        Where the routes of every set begin, the way of going of every route, where its arcs begin, and the arcs.
    weight
        Cost of every arc; shape (arcs, lanes).
    """
    least = np.full((len(set_ptr) - 1, LAYERS - 1, LANES), np.inf)
    for o in range(len(set_ptr) - 1):
        for r in range(set_ptr[o], set_ptr[o + 1]):
            # a variable for each of the lanes: an array of them would be slower by half
            one, two, three, four = 0.0, 0.0, 0.0, 0.0
            for k in range(arc_ptr[r], arc_ptr[r + 1]):
                theirs = weight[arcs[k]]
                one, two, three, four = one + theirs[0], two + theirs[1], three + theirs[2], four + theirs[3]
            own = least[o, nest[r]]
            own[0], own[1], own[2], own[3] = min(own[0], one), min(own[1], two), min(own[2], three), min(own[3], four)
    return least


@njit(cache=True, nogil=True)
def cheaper_ways(cost, wanted, known, share):
    """Return where elimination finds a way that costs less than a share of the least known: lane, pair, way of going of each.

    Parameters
    ----------
    cost, wanted
        As :func:`eliminate` returns it, and the place of every pair (-1: none).
    known
        Least cost known of every pair, by way of going and lane.
    share
        Of the least cost known.
    """
    found, size = np.empty((LANES * known.shape[0] * known.shape[1], 3), dtype=np.int64), 0
    for lane in range(LANES):
        for pair in range(known.shape[0]):
            if wanted[pair] < 0:
                continue
            # the first layer has not moved; the others stand in the order of the ways of going
            for nest in range(known.shape[1]):
                if cost[wanted[pair], nest + 1, lane] < known[pair, nest, lane] * share:
                    found[size, 0], found[size, 1], found[size, 2] = lane, pair, nest
                    size += 1
    return found[:size, 0].copy(), found[:size, 1].copy(), found[:size, 2].copy()


@njit(cache=True)
def _parts(at, layer, lane, cost, joint, made_ptr, made):
    """Return the pair of arcs, and the layers of both, that make an arc at its cost; -1 where it is one of the graph."""
    whole = cost[at, layer, lane]
    for k in range(made_ptr[at], made_ptr[at + 1]):
        one, other = joint[made[k], 0], joint[made[k], 1]
        for first in range(LAYERS):
            # no arc costs less than nothing
            if cost[one, first, lane] > whole:
                continue
            for second in range(LAYERS):
                if together(first, second) == layer and cost[one, first, lane] + cost[other, second, lane] == whole:
                    return made[k], first, second
    return -1, 0, 0


@njit(cache=True, nogil=True)
def simple_ways(
    places, layers, lanes, source, cost, joint, made_ptr, made, arc_ptr, arcs, weight, layer_of, head, states
):
    """Return the arcs of the cheapest ways of some places, layers and lanes, one after the other, and where each begins.

    A way that passes a state twice has none.

    Parameters
    ----------
    places, layers, lanes
        What is asked for; costs must be finite, and nowhere below nothing.
    source
        State where each begins.
    cost, joint
        As :func:`eliminate` and :func:`plan` return them.
    made_ptr, made
        The pairs of arcs that make each place: where they begin, and which they are.
    arc_ptr, arcs
        The arcs of the graph at each place: where they begin, and which they are.
    weight, layer_of, head
        Cost of every arc by lane, what it moves by, its head.
    states
        Number of states.
    """
    begin, path, size = np.zeros(len(places) + 1, dtype=np.int64), np.empty(1024, dtype=np.int64), 0
    seen = np.full(states, -1, dtype=np.int64)
    todo, todo_layer = np.empty(1024, dtype=np.int64), np.empty(1024, dtype=np.int64)
    for way in range(len(places)):
        begin[way] = size
        lane = lanes[way]
        seen[source[way]] = way
        todo[0], todo_layer[0], left, simple = places[way], layers[way], 1, True
        while left > 0 and simple:
            left -= 1
            at, layer = todo[left], todo_layer[left]
            taken = -1
            for k in range(arc_ptr[at], arc_ptr[at + 1]):
                if layer_of[arcs[k]] == layer and weight[arcs[k], lane] == cost[at, layer, lane]:
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
