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
def _layers(of_arc, count, joint, layer):
    """Return of every place, a bit each, what ways of moving there can be."""
    filled = np.zeros(count, dtype=np.uint8)
    for k in range(len(of_arc)):
        if of_arc[k] >= 0:
            filled[of_arc[k]] |= np.uint8(1 << layer[k])
    for pair in range(len(joint)):
        one, other, new = joint[pair, 0], joint[pair, 1], joint[pair, 2]
        for first in range(LAYERS):
            for second in range(LAYERS):
                if (filled[one] >> first) & 1 and (filled[other] >> second) & 1:
                    filled[new] |= np.uint8(1 << together(first, second))
    return filled


@njit(cache=True)
def _joins(joint, filled):
    """Return what meets what by ways of moving: place times LAYERS plus layer of the first, of the second, of what they make."""
    found, size = np.empty((1024, 3), dtype=np.int32), 0
    for pair in range(len(joint)):
        one, other, new = joint[pair, 0], joint[pair, 1], joint[pair, 2]
        if len(found) < size + LAYERS * LAYERS:
            found = np.concatenate((found, np.empty_like(found)))
        for first in range(LAYERS):
            for second in range(LAYERS):
                if (filled[one] >> first) & 1 and (filled[other] >> second) & 1:
                    found[size, 0], found[size, 1] = one * LAYERS + first, other * LAYERS + second
                    found[size, 2] = new * LAYERS + together(first, second)
                    size += 1
    return found[:size]


@njit(cache=True, nogil=True)
def by_layers(of_arc, count, joint, layer, wanted):
    """Return a plan by the ways of moving, with what is needed for some places alone.

    A *stretch* is a place with the ways of moving used on it.

    Parameters
    ----------
    of_arc, count, joint
        As :func:`plan` returns them.
    layer
        What every arc moves by.
    wanted
        The places whose costs are asked for (-1: none).

    Returns
    -------
    stretch of every arc (-1: it is not needed), and how many there are; of all that meet, in the order in which they are joined,
    the stretches of the first, of the second, and of what they make; stretch of every wanted place by layer (-1: there is none)
    """
    filled = _layers(of_arc, count, joint, layer)
    joins = _joins(joint, filled)
    number = np.full(count * LAYERS, -1, dtype=np.int32)
    for place in wanted:
        for way in range(LAYERS):
            if place >= 0 and (filled[place] >> way) & 1:
                number[place * LAYERS + way] = 0
    needed = 0
    for j in range(len(joins) - 1, -1, -1):
        if number[joins[j, 2]] == 0:
            number[joins[j, 0]] = number[joins[j, 1]] = 0
            needed += 1
    size = 0
    for at in range(len(number)):
        if number[at] == 0:
            number[at] = size
            size += 1
    kept, n = np.empty((needed, 3), dtype=np.uint32), 0
    for j in range(len(joins)):
        if number[joins[j, 2]] >= 0:
            kept[n, 0], kept[n, 1], kept[n, 2] = number[joins[j, 0]], number[joins[j, 1]], number[joins[j, 2]]
            n += 1
    of_arcs = np.full(len(of_arc), -1, dtype=np.int64)
    for k in range(len(of_arc)):
        if of_arc[k] >= 0:
            of_arcs[k] = number[of_arc[k] * LAYERS + layer[k]]
    asked = np.full((len(wanted), LAYERS), -1, dtype=np.int64)
    for pair in range(len(wanted)):
        for way in range(LAYERS):
            if wanted[pair] >= 0:
                asked[pair, way] = number[wanted[pair] * LAYERS + way]
    return of_arcs, size, kept, asked


@njit(cache=True, nogil=True)
def eliminate(of_arc, count, joins, weight):
    """Return the least cost of every stretch; shape (stretches, lanes).

    Parameters
    ----------
    of_arc, count, joins
        As :func:`by_layers` returns them.
    weight
        Cost of every arc, infinite where it may not be used; shape (arcs, lanes).
    """
    cost = np.full((count, LANES), np.inf)
    for k in range(len(of_arc)):
        if of_arc[k] >= 0:
            own = cost[of_arc[k]]
            for lane in range(LANES):
                own[lane] = min(own[lane], weight[k, lane])
    # hundreds of thousands: by numbers without a sign, and not by `min`, which heeds what is no number
    flat, lanes, a, b, c = cost.reshape(-1), np.uint64(LANES), np.uint64(1), np.uint64(2), np.uint64(3)
    for j in range(len(joins)):
        one, other, new = lanes * joins[j, 0], lanes * joins[j, 1], lanes * joins[j, 2]
        w, x = flat[one] + flat[other], flat[one + a] + flat[other + a]
        y, z = flat[one + b] + flat[other + b], flat[one + c] + flat[other + c]
        flat[new] = w if w < flat[new] else flat[new]  # noqa: FURB136
        flat[new + a] = x if x < flat[new + a] else flat[new + a]  # noqa: FURB136
        flat[new + b] = y if y < flat[new + b] else flat[new + b]  # noqa: FURB136
        flat[new + c] = z if z < flat[new + c] else flat[new + c]  # noqa: FURB136
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
def known_costs(set_ptr, nest, kept, arc_ptr, arcs, weight):
    """Return the least cost of the known routes of every set by way of going and lane.

    Parameters
    ----------
    set_ptr, nest, kept
        Where the routes of every set begin, the way of going of every route, and its number among all.
    arc_ptr, arcs
        Where the arcs of each of all routes begin, and the arcs.
    weight
        Cost of every arc; shape (arcs, lanes).
    """
    least = np.full((len(set_ptr) - 1, LAYERS - 1, LANES), np.inf)
    for o in range(len(set_ptr) - 1):
        for r in range(set_ptr[o], set_ptr[o + 1]):
            # a variable for each of the lanes: an array of them would be slower by half
            one, two, three, four = 0.0, 0.0, 0.0, 0.0
            for k in range(arc_ptr[kept[r]], arc_ptr[kept[r] + 1]):
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
        As :func:`eliminate` returns it, and the stretch of every pair by way of going (-1: none).
    known
        Least cost known of every pair, by way of going and lane.
    share
        Of the least cost known.
    """
    found, size = np.empty((LANES * known.shape[0] * known.shape[1], 3), dtype=np.int64), 0
    for lane in range(LANES):
        for pair in range(known.shape[0]):
            for nest in range(known.shape[1]):
                at = wanted[pair, nest]
                if at >= 0 and cost[at, lane] < known[pair, nest, lane] * share:
                    found[size, 0], found[size, 1], found[size, 2] = lane, pair, nest
                    size += 1
    return found[:size, 0].copy(), found[:size, 1].copy(), found[:size, 2].copy()


@njit(cache=True, nogil=True)
def _unfold(first, lane, way, cost, joins, made_ptr, made, arc_ptr, arcs, weight, head, seen, todo, path, size):
    """Write the arcs of one way into `path` from `size` on; return where they end, -1 where it passes a state twice.

    What a stretch is made of was joined before it, so that no more stretches wait in `todo` than there are states, and one.
    """
    todo[0], left = first, 1
    while left > 0:
        left -= 1
        at, taken = todo[left], -1
        for k in range(arc_ptr[at], arc_ptr[at + 1]):
            if weight[arcs[k], lane] == cost[at, lane]:
                taken = arcs[k]
                break
        if taken >= 0:
            path[size] = taken
            size += 1
            if seen[head[taken]] == way:
                return -1
            seen[head[taken]] = way
            continue
        for k in range(made_ptr[at], made_ptr[at + 1]):
            one, other = joins[made[k], 0], joins[made[k], 1]
            if cost[one, lane] + cost[other, lane] == cost[at, lane]:
                todo[left], todo[left + 1] = other, one
                left += 2
                break
    return size


@njit(cache=True, nogil=True)
def simple_ways(wanted, lanes, source, cost, joins, made_ptr, made, arc_ptr, arcs, weight, head, states):
    """Return the arcs of the cheapest ways of some stretches and lanes, one after the other, and where each begins.

    A way that passes a state twice has none.

    Parameters
    ----------
    wanted, lanes
        What is asked for; costs must be finite.
    source
        State where each begins.
    cost, joins
        As :func:`eliminate` and :func:`by_layers` return them.
    made_ptr, made
        The joins that make each stretch: where they begin, and which they are.
    arc_ptr, arcs
        The arcs of the graph at each stretch: where they begin, and which they are.
    weight, head
        Cost of every arc by lane, its head.
    states
        Number of states.
    """
    begin, path, size = np.zeros(len(wanted) + 1, dtype=np.int64), np.empty(1024, dtype=np.int64), 0
    seen = np.full(states, -1, dtype=np.int64)
    todo = np.empty(states + 2, dtype=np.int64)
    for way in range(len(wanted)):
        begin[way] = size
        seen[source[way]] = way
        if size + states > len(path):  # a way takes no more arcs than there are states before it meets one twice
            longer = np.empty(2 * len(path) + states, dtype=np.int64)
            longer[:size] = path[:size]
            path = longer
        end = _unfold(
            wanted[way],
            lanes[way],
            way,
            cost,
            joins,
            made_ptr,
            made,
            arc_ptr,
            arcs,
            weight,
            head,
            seen,
            todo,
            path,
            size,
        )
        if end >= 0:
            size = end
    begin[len(wanted)] = size
    return begin, path[:size].copy()


@njit(cache=True, nogil=True)
def distinct_ways(pair, begin, path, pairs):
    """Return which ways are there, and the same as none before them: as :func:`simple_ways` returns them, of so many pairs."""
    last, before = np.full(pairs, -1, dtype=np.int64), np.empty(len(pair), dtype=np.int64)
    found, count = np.empty(len(pair), dtype=np.int64), 0
    for way in range(len(pair)):
        first, size = begin[way], begin[way + 1] - begin[way]
        if size == 0:
            continue
        other = last[pair[way]]
        while other >= 0:
            at = begin[other]
            same = begin[other + 1] - at == size
            for k in range(size if same else 0):
                if path[at + k] != path[first + k]:
                    same = False
                    break
            if same:
                break
            other = before[other]
        if other < 0:
            before[way], last[pair[way]] = last[pair[way]], way
            found[count] = way
            count += 1
    return found[:count].copy()
