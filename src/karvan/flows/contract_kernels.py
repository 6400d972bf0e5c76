"""Kernels that contract a graph: states at which nothing branches fall away, so that searches on it are short.

As in :mod:`karvan.flows.route_kernels` a kernel calls kernels of this file only, and everything runs in one order on one thread.
"""

# kernels are typed by Numba; their arrays are checked by the dataclasses that hold them
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"
# ruff: noqa: PLR1714

from __future__ import annotations

import numpy as np
from numba import njit

#: Bit of a move by water, as :mod:`karvan.flows.route_kernels` has it.
WATER_BIT = 4


@njit(cache=True)
def _next_layer(layer, bit):
    if layer == WATER_BIT or bit == WATER_BIT:
        return WATER_BIT
    return layer | bit


@njit(cache=True)
def _spread_from(start, other, arc, is_open, seeds, states):
    """Say which states can be reached from some over open arcs."""
    reached = np.zeros(states, dtype=np.bool_)
    waiting = np.empty(states, dtype=np.int64)
    count = 0
    for seed in seeds:
        if not reached[seed]:
            reached[seed] = True
            waiting[count] = seed
            count += 1
    while count > 0:
        count -= 1
        state = waiting[count]
        for k in range(start[state], start[state + 1]):
            if is_open[arc[k]] and not reached[other[k]]:
                reached[other[k]] = True
                waiting[count] = other[k]
                count += 1
    return reached


@njit(cache=True)
def _count_ways(start, other, arc, is_open, alive, state, known, size):
    """Add the living neighbours of a state to those known, at most three; say how many, and whether one is double."""
    double = False
    before = size
    for k in range(start[state], start[state + 1]):
        if not is_open[arc[k]] or not alive[other[k]]:
            continue
        old = False
        for i in range(size):
            if known[i] == other[k]:
                old = True
        for h in range(start[state], k):
            if is_open[arc[h]] and other[h] == other[k]:
                double = True
        if not old and size < 3:
            known[size] = other[k]
            size += 1
    return max(size, before), double


@njit(cache=True)
def _onward(start, head, arc, is_open, alive, here, before):
    """Return the place of the arc by which a way goes on at a state with two neighbours; -1 where it ends."""
    onward = -1
    for k in range(start[here], start[here + 1]):
        if is_open[arc[k]] and alive[head[k]] and head[k] != before:
            onward = k
    return onward


@njit(cache=True)
def _states_kept(out_start, out_head, out_arc, in_start, in_tail, in_arc, is_open, alive, sources, targets):
    """Return the states that stay: ends, and those at which ways branch or may not be turned round."""
    states = len(alive)
    ends = np.zeros(states, dtype=np.bool_)
    for state in sources:
        ends[state] = True
    for state in targets:
        ends[state] = True
    known = np.empty(3, dtype=np.int64)
    kept = np.zeros(states, dtype=np.bool_)
    for state in range(states):
        if alive[state]:
            size, one = _count_ways(out_start, out_head, out_arc, is_open, alive, state, known, 0)
            size, two = _count_ways(in_start, in_tail, in_arc, is_open, alive, state, known, size)
            kept[state] = ends[state] or size > 2 or one or two
    return kept


@njit(cache=True)
def _states_of_turns(out_start, out_head, out_arc, bit, is_open, alive, kept):
    """Return the states at which a way along those that fall away first moves by another mode."""
    states = len(alive)
    turns = np.zeros(states, dtype=np.bool_)
    for state in range(states):
        if not kept[state]:
            continue
        for k in range(out_start[state], out_start[state + 1]):
            before, here, last, bits = state, out_head[k], out_arc[k], 0
            while is_open[last] and alive[here] and not kept[here]:
                more = _next_layer(bits, bit[last])
                turns[here] |= more != bits
                onward = _onward(out_start, out_head, out_arc, is_open, alive, here, before)
                if onward < 0:
                    break
                bits, before, here, last = more, here, out_head[onward], out_arc[onward]
    return turns


@njit(cache=True)
def _write_ways(out_start, out_head, out_arc, bit, is_open, alive, number, count):
    """Return where the arcs of each new state begin, their heads and bits, where the old arcs of each begin, the old arcs."""
    states = len(alive)
    room = len(out_arc) + 1
    start, head, layer_bit = (
        np.zeros(count + 1, dtype=np.int64),
        np.empty(room, dtype=np.int64),
        np.empty(room, dtype=np.int64),
    )
    pointer = np.zeros(room + 1, dtype=np.int64)
    arcs = np.empty(4 * room, dtype=np.int64)
    size, total = 0, 0
    for state in range(states):
        if number[state] < 0:
            continue
        for k in range(out_start[state], out_start[state + 1]):
            if not is_open[out_arc[k]] or not alive[out_head[k]]:
                continue
            before, here, last, bits, begin = state, out_head[k], out_arc[k], 0, total
            stuck = False
            while True:
                if total == len(arcs):
                    arcs = np.concatenate((arcs, np.empty(total, dtype=np.int64)))
                arcs[total] = last
                total += 1
                bits = _next_layer(bits, bit[last])
                if number[here] >= 0:
                    break
                onward = _onward(out_start, out_head, out_arc, is_open, alive, here, before)
                if onward < 0:
                    stuck = True
                    break
                before, here, last = here, out_head[onward], out_arc[onward]
            if stuck:
                total = begin
                continue
            head[size], layer_bit[size] = number[here], bits
            size += 1
            pointer[size] = total
        start[number[state] + 1] = size
    return start, head[:size].copy(), layer_bit[:size].copy(), pointer[: size + 1].copy(), arcs[:total].copy()


@njit(cache=True)
def contract(out_start, out_head, out_arc, in_start, in_tail, in_arc, bit, is_open, sources, targets, states):
    """Return the same graph for searches from sources to targets, with arcs that follow one another as one.

    States that no way from a source to a target passes fall away. At a state with two neighbours a way goes on: turning round is
    never cheaper, unless it was only to have moved by another mode. Where a way along them first moves by another mode, the
    state is therefore kept.

    Returns
    -------
    new number of every state (-1: none), how many there are, where the arcs of each begin, their heads, their bits, where the
    old arcs of each begin, the old arcs
    """
    alive = _spread_from(out_start, out_head, out_arc, is_open, sources, states)
    alive &= _spread_from(in_start, in_tail, in_arc, is_open, targets, states)
    kept = _states_kept(out_start, out_head, out_arc, in_start, in_tail, in_arc, is_open, alive, sources, targets)
    kept |= _states_of_turns(out_start, out_head, out_arc, bit, is_open, alive, kept)
    number = np.full(states, -1, dtype=np.int64)
    count = 0
    for state in range(states):
        if kept[state]:
            number[state] = count
            count += 1
    start, heads, bits, pointer, arcs = _write_ways(out_start, out_head, out_arc, bit, is_open, alive, number, count)
    return number, count, start, heads, bits, pointer, arcs
