"""Compiled kernels of the dense solver: one step of Newton's method in all swaps of flow at once.

A swap moves flow of a pair from its fullest path to another, or back: from the links that only the one has to those that only the
other has. Pairs whose paths part and meet at the same nodes have the same swap, and what counts is how much it moves in all: with
B the swaps by links, t the times and t' their derivatives, the step is B' x with

    B diag(t') B' x = -B t

which conjugate gradients solve (Hestenes and Stiefel 1952). Sweeps settle one pair after the other, and where swaps share links
they pass flow to and fro; this step settles them together. What it moves is shared out among the pairs by their room.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from karvan.flows import dense_kernels
from karvan.flows.dense_kernels import delay
from karvan.flows.resting import resting_on

#: Columns of what is known of the links, as in a sweep.
VOLUME, FREE, RISE, CAPACITY, POWER, KIND, SLOPE = 0, 1, 2, 3, 4, 5, 6
#: Columns of what is known of a swap: difference of times and of fixed costs, sum of slopes, room to move there and back.
LEAD, FIXED, STEEP, THERE, BACK, SWAP_COLUMNS = 0, 1, 2, 3, 4, 5
#: Conjugate gradients end when this share of the first (preconditioned, squared) residual is left, or after so many steps.
FORCED, MOST_GRADIENTS = 1e-2, 40
#: A direction along which the objective bends less than this share of its slope is flat.
FLAT = 1e-14
#: Times that the step is found: each but the first with those swaps held that have come to the end of their room.
PASSES = 3
#: A step may end where the objective rises by this share of how it fell at its beginning, and is taken back so often.
FAR, SHORTER = 0.5, 3
#: Steps at most from one writing down of swaps, each of which must leave no more than this share of the excess before it.
STEPS, GOOD = 4, 0.5
#: The same where most of the paths needed are there: steps are held back at first, and few sweeps are due between them.
STEPS_NEAR, GOOD_NEAR = 6, 0.7
#: Fixed costs of a swap are the same within this share of those of the path.
SAME = 1e-12

_RESTS = resting_on(dense_kernels)


@njit(cache=True, nogil=True, error_model="numpy")
@_RESTS
def _same(links, signs, one, other, size):
    """Tell whether two swaps are the same, 1, or the same the other way round, -1; 0 where they are neither.

    Links that are gained stand before those that are left; the other way round they change places.
    """
    gained = 0
    while gained < size and signs[other + gained] > 0.0:
        gained += 1
    same, turned = True, True
    for at in range(size):
        if links[one + at] != links[other + at] or signs[one + at] != signs[other + at]:
            same = False
        across = other + (at + gained if at < size - gained else at - (size - gained))
        if links[one + at] != links[across] or signs[one + at] == signs[across]:
            turned = False
        if not (same or turned):
            return 0.0
    return 1.0 if same else -1.0


@njit(cache=True, nogil=True, error_model="numpy")
@_RESTS
def _known(table, code, start, links, signs, first, end):
    """Return the place of a swap in a table, the number of one that is the same, -1 for none, and which way round it is."""
    place = code & (table.size - 1)
    while table[place] >= 0:
        number = table[place]
        if start[number + 1] - start[number] == end - first:
            way = _same(links, signs, start[number], first, end - first)
            if way != 0.0:
                return place, number, way
        place = (place + 1) & (table.size - 1)
    return place, -1, 1.0


@njit(cache=True, nogil=True, error_model="numpy")
@_RESTS
def _write(path_links, ones, ones_end, others, others_end, mark, own, other, stamp, links, signs, end):
    """Write the links that only one of two paths has, then those that only the other has; return where they end, and a code.

    Links of the second carry `own` in `mark`. The code is the same for both directions.
    """
    code = 0
    for place in range(ones, ones_end):
        link = path_links[place]
        other[link] = stamp
        if mark[link] != own:
            links[end], signs[end] = link, 1.0
            end += 1
            code += (int(link) + 1) * 0x2545F491
    for place in range(others, others_end):
        link = path_links[place]
        if other[link] != stamp:
            links[end], signs[end] = link, -1.0
            end += 1
            code += (int(link) + 1) * 0x2545F491
    return end, code ^ (code >> 15)


@njit(cache=True, nogil=True, error_model="numpy")
@_RESTS
def _describe(swaps, number, fixed, links, signs, begin, end, state, time):
    """Set what is known of a new swap; tell whether it bends the objective, neither not at all nor without bound."""
    lead, steep = fixed, 0.0
    for at in range(begin, end):
        lead += signs[at] * time[links[at]]
        steep += state[links[at], SLOPE]
    swaps[number, LEAD], swaps[number, FIXED], swaps[number, STEEP] = lead, fixed, steep
    swaps[number, THERE] = swaps[number, BACK] = 0.0
    return 0.0 < steep < np.inf


@njit(cache=True, nogil=True, error_model="numpy")
@_RESTS
def gather_swaps(
    pairs, path_start, link_start, path_links, path_flow, path_fixed, stamp, mark, other, state, time, cost, table,
    base, path_of, swap_of, turn, start, links, signs, swaps,
):  # fmt: skip
    """Write down the swaps that may lower the objective, each once, and who can make them.

    Return (parts: paths that can swap, swaps, excess cost of the pairs, whether all of it is theirs, stamp).
    """
    parts, count, end, excess, whole = 0, 0, 0, 0.0, True
    table[:] = -1
    start[0] = 0
    for index in range(pairs.size):
        begin, stop = path_start[pairs[index]], path_start[pairs[index] + 1]
        fullest, least = begin, np.inf
        for path in range(begin, stop):
            total = path_fixed[path]
            for place in range(link_start[path], link_start[path + 1]):
                total += time[path_links[place]]
            cost[path - begin] = total
            least = min(least, total)
            if path_flow[path] > path_flow[fullest]:
                fullest = path
        stamp += 1
        own = stamp
        for place in range(link_start[fullest], link_start[fullest + 1]):
            mark[path_links[place]] = own
        for path in range(begin, stop):
            excess += path_flow[path] * (cost[path - begin] - least)
            if path == fullest or (path_flow[path] <= 0.0 and cost[path - begin] >= cost[fullest - begin]):
                continue
            stamp += 1
            last, code = _write(
                path_links, link_start[path], link_start[path + 1], link_start[fullest], link_start[fullest + 1], mark, own,
                other, stamp, links, signs, end,
            )  # fmt: skip
            place, number, way = _known(table, code, start, links, signs, end, last)
            fixed = path_fixed[path] - path_fixed[fullest]
            if number >= 0 and abs(fixed - way * swaps[number, FIXED]) > SAME * path_fixed[path]:
                number, place = -1, -1  # its class pays otherwise: it stands by itself, and is not looked up
            if number < 0:
                if not _describe(swaps, count, fixed, links, signs, end, last, state, time):
                    whole = False
                    continue
                number, way, end = count, 1.0, last
                if place >= 0:
                    table[place] = number
                count += 1
                start[count] = end
            base[parts], path_of[parts], swap_of[parts], turn[parts] = fullest, path, number, way
            swaps[number, THERE if way > 0.0 else BACK] += path_flow[fullest]
            swaps[number, BACK if way > 0.0 else THERE] += path_flow[path]
            parts += 1
    return parts, count, excess, whole, stamp


@njit(cache=True, nogil=True, error_model="numpy")
@_RESTS
def _bend(count, start, links, signs, step, free, stiff, state, volume, out):
    """Set by how much the leads of swaps change with a step, stiffness included; return the sum of the products of both."""
    volume[:] = 0.0
    for swap in range(count):
        size = step[swap]
        if size != 0.0:
            for place in range(start[swap], start[swap + 1]):
                volume[links[place]] += signs[place] * size
    for link in range(volume.size):
        volume[link] *= state[link, SLOPE]
    total = 0.0
    for swap in range(count):
        if free[swap]:
            bend = stiff[swap] * step[swap]
            for place in range(start[swap], start[swap + 1]):
                bend += signs[place] * volume[links[place]]
            out[swap] = bend
            total += bend * step[swap]
    return total


@njit(cache=True, nogil=True, error_model="numpy")
@_RESTS
def _direction(count, start, links, signs, swaps, near, state, free, stiff, weight, step, rest, way, bend, volume):
    """Set by how much each swap moves: Newton's step, within the room that there is.

    Some swaps together hardly change a cost, so that the step would send each of them far beyond its room, and what is held
    there breaks up what belongs together. Near the end a swap is therefore the stiffer the less room it has for its lead; as the
    leads vanish, so does this (Coleman and Li 1996).
    """
    for swap in range(count):
        step[swap], free[swap], rest[swap] = 0.0, True, -swaps[swap, LEAD]
        # what has little room and far to go moves little, so that few come to the end of their room
        room, far = swaps[swap, BACK if swaps[swap, LEAD] > 0.0 else THERE], abs(swaps[swap, LEAD])
        stiff[swap] = far / room if near and room > 0.0 else 0.0
        weight[swap] = room / (swaps[swap, STEEP] * room + far) if room > 0.0 else 0.0
    first = 0.0
    for turn in range(PASSES):
        size = 0.0
        for swap in range(count):
            way[swap] = rest[swap] * weight[swap] if free[swap] else 0.0
            size += way[swap] * rest[swap]
        if turn == 0:
            first = size
        if size <= FORCED * first and turn > 0:
            break
        for _ in range(MOST_GRADIENTS):
            down = _bend(count, start, links, signs, way, free, stiff, state, volume, bend)
            if down <= FLAT * size:
                break
            far = size / down
            new = 0.0
            for swap in range(count):
                if free[swap]:
                    step[swap] += far * way[swap]
                    rest[swap] -= far * bend[swap]
                    new += rest[swap] * rest[swap] * weight[swap]
            if new <= FORCED * first:
                break
            for swap in range(count):
                if free[swap]:
                    way[swap] = rest[swap] * weight[swap] + new / size * way[swap]
            size = new
        held = 0
        for swap in range(count):
            if free[swap] and not -swaps[swap, BACK] <= step[swap] <= swaps[swap, THERE]:
                step[swap] = min(max(step[swap], -swaps[swap, BACK]), swaps[swap, THERE])
                free[swap] = False
                held += 1
        if held == 0 or turn == PASSES - 1:
            break
        _bend(count, start, links, signs, step, free, stiff, state, volume, bend)
        for swap in range(count):
            if free[swap]:
                rest[swap] = -swaps[swap, LEAD] - bend[swap]


@njit(cache=True, nogil=True, error_model="numpy")
@_RESTS
def _share_out(parts, base, path_of, swap_of, turn, swaps, path_flow, step, part_step):
    """Share what swaps move out among those who can make them, by their room, and set what each swap moves then.

    A path from which several swaps take gives each the same share of what it has.
    """
    first = 0
    while first < parts:
        taken, last = 0.0, first
        while last < parts and base[last] == base[first]:
            swap = swap_of[last]
            wanted = turn[last] * step[swap]
            room = swaps[swap, THERE if step[swap] > 0.0 else BACK]
            own = path_flow[base[first]] if wanted > 0.0 else path_flow[path_of[last]]
            part_step[last] = wanted * (own / room) if room > 0.0 else 0.0
            taken += max(0.0, part_step[last])
            last += 1
        if taken > path_flow[base[first]]:
            for part in range(first, last):
                if part_step[part] > 0.0:
                    part_step[part] *= path_flow[base[first]] / taken
        first = last
    step[:] = 0.0
    for part in range(parts):
        step[swap_of[part]] += turn[part] * part_step[part]


@njit(cache=True, nogil=True, error_model="numpy")
@_RESTS
def _length(constant, step_volume, before, trial_time, trial_slope, state, time):
    """Return how far to go along a step; nought where the objective does not fall that way."""
    share = 1.0
    for _ in range(SHORTER):
        after = constant
        for link in range(time.size):
            trial_time[link], trial_slope[link] = time[link], state[link, SLOPE]
            if step_volume[link] != 0.0:
                trial_time[link], trial_slope[link] = delay(
                    max(0.0, state[link, VOLUME] + share * step_volume[link]), state[link, FREE], state[link, RISE],
                    state[link, CAPACITY], state[link, POWER], int(state[link, KIND]),
                )  # fmt: skip
                after += trial_time[link] * step_volume[link]
        if after <= -FAR * before:
            return share
        share *= before / (before - after)
    return 0.0


@njit(cache=True, nogil=True, error_model="numpy")
@_RESTS
def _take_step(
    parts, count, base, path_of, swap_of, turn, start, links, signs, swaps, near, free, stiff, path_flow,
    weight, step, rest, way, bend, part_step, step_volume, trial_time, trial_slope, state, time,
):  # fmt: skip
    """Take Newton's step in all swaps at once, as far as the objective falls; return whether one was taken."""
    _direction(
        count, start, links, signs, swaps, near, state, free, stiff, weight, step[:count], rest, way, bend, step_volume
    )
    _share_out(parts, base, path_of, swap_of, turn, swaps, path_flow, step[:count], part_step)
    step_volume[:] = 0.0
    before, constant = 0.0, 0.0
    for swap in range(count):
        before += step[swap] * swaps[swap, LEAD]
        constant += step[swap] * swaps[swap, FIXED]
        for place in range(start[swap], start[swap + 1]):
            step_volume[links[place]] += signs[place] * step[swap]
    if not before < 0.0:
        return False
    share = _length(constant, step_volume, before, trial_time, trial_slope, state, time)
    if share <= 0.0:
        return False
    for link in range(time.size):
        state[link, VOLUME] = max(0.0, state[link, VOLUME] + share * step_volume[link])
        time[link], state[link, SLOPE] = trial_time[link], trial_slope[link]
    for part in range(parts):
        size = share * part_step[part]
        path_flow[path_of[part]] = max(0.0, path_flow[path_of[part]] + size)
        path_flow[base[part]] = max(0.0, path_flow[base[part]] - size)
    return True


@njit(cache=True, nogil=True, error_model="numpy")
@_RESTS
def _measure(parts, count, base, path_of, swap_of, turn, start, links, signs, swaps, path_flow, state, time):
    """Set anew what is known of swaps, at the times and flows of now; return the excess cost of those who make them."""
    for swap in range(count):
        lead, steep = swaps[swap, FIXED], 0.0
        for place in range(start[swap], start[swap + 1]):
            lead += signs[place] * time[links[place]]
            steep += state[links[place], SLOPE]
        swaps[swap, LEAD], swaps[swap, STEEP] = lead, steep
        swaps[swap, THERE] = swaps[swap, BACK] = 0.0
    first, excess = 0, 0.0
    while first < parts:
        # costs of the pair's paths above that of its base
        own, least, last = path_flow[base[first]], 0.0, first
        while last < parts and base[last] == base[first]:
            least = min(least, turn[last] * swaps[swap_of[last], LEAD])
            last += 1
        excess -= own * least
        for part in range(first, last):
            swap, flow = swap_of[part], path_flow[path_of[part]]
            excess += flow * (turn[part] * swaps[swap, LEAD] - least)
            swaps[swap, THERE if turn[part] > 0.0 else BACK] += own
            swaps[swap, BACK if turn[part] > 0.0 else THERE] += flow
        first = last
    return excess


@njit(cache=True, nogil=True, error_model="numpy")
@_RESTS
def joint_step(
    pairs, path_start, link_start, path_links, path_flow, path_fixed, longest, stamp, mark, other, cost, goal, near,
    state, time,
):  # fmt: skip
    """Settle the swaps of some pairs together, step after step, until their excess cost is down to `goal` or hardly falls.

    `near` says that most of the paths needed are there. Return (the excess before, that after of those who can swap, whether they
    are all, stamp).
    """
    most, room = 0, longest
    for pair in pairs:
        begin, end = path_start[pair], path_start[pair + 1]
        most += end - begin
        # no path is longer than all of the pair together
        room += (end - begin) * min(longest, link_start[end] - link_start[begin]) + link_start[end] - link_start[begin]
    size = 16
    while size < 2 * most:
        size *= 2
    table = np.empty(size, dtype=np.int64)
    base, path_of, swap_of = (
        np.empty(most, dtype=np.int64),
        np.empty(most, dtype=np.int64),
        np.empty(most, dtype=np.int64),
    )
    turn, part_step, start = np.empty(most), np.empty(most), np.empty(most + 1, dtype=np.int64)
    links, signs = np.empty(room, dtype=np.uint32), np.empty(room)
    swaps = np.empty((most, SWAP_COLUMNS))
    parts, count, excess, whole, stamp = gather_swaps(
        pairs, path_start, link_start, path_links, path_flow, path_fixed, stamp, mark, other, state, time, cost, table,
        base, path_of, swap_of, turn, start, links, signs, swaps,
    )  # fmt: skip
    before = excess
    if excess <= goal or count == 0:
        return before, excess, True, stamp
    free = np.empty(count, dtype=np.bool_)
    stiff, weight, step = np.empty(count), np.empty(count), np.empty(count)
    rest, way, bend = np.empty(count), np.empty(count), np.empty(count)
    step_volume, trial_time, trial_slope = np.empty(time.size), np.empty(time.size), np.empty(time.size)
    for _ in range(STEPS_NEAR if near else STEPS):
        if not _take_step(
            parts, count, base, path_of, swap_of, turn, start, links, signs, swaps, near, free, stiff, path_flow,
            weight, step, rest, way, bend, part_step, step_volume, trial_time, trial_slope, state, time,
        ):  # fmt: skip
            break
        last = excess
        excess = _measure(
            parts, count, base, path_of, swap_of, turn, start, links, signs, swaps, path_flow, state, time
        )
        if excess <= goal or excess > (GOOD_NEAR if near else GOOD) * last:
            break
    return before, excess, whole, stamp
