"""Compiled kernels of the dense solver: shifts of flow between the paths of each pair, in turn and all together."""

from __future__ import annotations

import numpy as np
from numba import njit

from karvan.flows import dense_kernels, swap_kernels
from karvan.flows.dense_kernels import delay, load_links
from karvan.flows.resting import resting_on
from karvan.flows.swap_kernels import joint_step

#: Passes of a root search within one shift; each narrows the bracket of a convex function, so that few are needed.
ROOT_STEPS = 8
#: Passes until something has moved: from there on the bracket is halved. A path that is new and soon steep needs them: its
#: slope at no flow is nought, so that the first step goes all the way, and Newton's come back by a quarter each.
MOST_STEPS = 64
#: A shift is good enough when it leaves this share of the difference of costs; the next sweep takes the rest.
ROOT_SHARE = 0.25
#: Columns of what a sweep knows of the links, side by side: a shift touches one place of memory for each link, and few
#: arrays go from kernel to kernel (each that does is counted in and out).
VOLUME, FREE, RISE, CAPACITY, POWER, KIND, SLOPE, COLUMNS = 0, 1, 2, 3, 4, 5, 6, 8
#: A path whose excess cost is below this share of the last sweep's, per pair, waits for a later sweep.
WAITING_SHARE = 0.1
#: All swaps are settled at once where a sweep has left this share of the excess of the one before.
SLOW = 0.5
#: That was worth it where it leaves this share of the excess; if not, so many sweeps come first, then twice as many.
WON, PAUSE = 0.5, 2
_RESTS = resting_on(dense_kernels, swap_kernels)


@njit(cache=True, nogil=True, error_model="numpy")
@_RESTS
def _move(links, count, step, state, time):
    """Add `step` to the volume of some links; return the sum of their times and of the derivatives."""
    cost = 0.0
    steep = 0.0
    for place in range(count):
        link = links[place]
        volume = state[link, VOLUME] + step
        state[link, VOLUME] = volume
        kind = int(state[link, KIND])
        if kind != 0:
            time[link], state[link, SLOPE] = delay(
                volume, state[link, FREE], state[link, RISE], state[link, CAPACITY], state[link, POWER], kind
            )
        cost += time[link]
        steep += state[link, SLOPE]
    return cost, steep


@njit(cache=True, nogil=True, error_model="numpy")
@_RESTS
def _step(up, ups, down, downs, at, extra, state, time):
    """Move flow from the links `up` to the links `down`; return the difference of cost that is left, and its slope.

    It has one way out, so that no array is counted in and out of it.
    """
    costs, slopes = _move(up, ups, -at, state, time)
    cost, steep = _move(down, downs, at, state, time)
    return costs - cost + extra, steep + slopes


@njit(cache=True, nogil=True, error_model="numpy")
@_RESTS
def _search(up, ups, down, downs, most, gap, at, now, steep, extra, state, time):
    """Move flow until the costs meet, or all of `most` has moved, from a first step that was too far or too short; return it.

    Newton's steps, and where the function bends too much for them, false position within the bracket (the difference of
    two increasing functions has one root), and halving where that is slow as well.
    """
    low, low_gap = 0.0, gap
    high, high_gap = most, -np.inf
    moved = at
    for step in range(1, MOST_STEPS):
        if now > 0.0:
            low, low_gap = at, now
        else:
            high, high_gap = at, now
        newton = at + now / steep if steep > 0.0 and steep < np.inf else np.inf
        if step >= ROOT_STEPS:
            if low > 0.0:
                break
            at = 0.5 * high
        elif low < newton < high:
            at = newton
        elif high_gap > -np.inf:
            at = low + (high - low) * min(0.9, max(0.1, low_gap / (low_gap - high_gap)))
        else:
            at = high
        now, steep = _step(up, ups, down, downs, at - moved, extra, state, time)
        moved = at
        if abs(now) <= ROOT_SHARE * gap or (moved == most and now >= 0.0):
            break
    if now < -ROOT_SHARE * gap:  # still too far: what lies this side of the root is sure to lower the objective
        _step(up, ups, down, downs, low - moved, extra, state, time)
        moved = low
    return moved


@njit(cache=True, nogil=True, error_model="numpy")
@_RESTS
def _part(link_start, path_links, path, rival, mark, stamp, other, turn, state, time, up, down):
    """Find the links that only one of two paths has; return their numbers, the difference of cost, and its slope."""
    ups, downs, gap, steep = 0, 0, 0.0, 0.0
    for place in range(link_start[rival], link_start[rival + 1]):
        link = path_links[place]
        other[link] = turn
        if mark[link] != stamp:
            down[downs] = link
            downs += 1
            gap -= time[link]
            steep += state[link, SLOPE]
    for place in range(link_start[path], link_start[path + 1]):
        link = path_links[place]
        if other[link] != turn:
            up[ups] = link
            ups += 1
            gap += time[link]
            steep += state[link, SLOPE]
    return ups, downs, gap, steep


@njit(cache=True, nogil=True, error_model="numpy")
@_RESTS
def sweep(
    pairs, path_start, link_start, path_links, path_flow, path_fixed, floor, stamp, mark, other, up, down, cost, state, time
):  # fmt: skip
    """Shift flow of each pair, in turn, from its dearer paths to cheaper ones.

    Of several cheaper paths the one is taken that lowers the objective most: two paths that differ in one place only are
    balanced without a stir elsewhere. Return the excess cost found on the way, how many paths were left empty, and the
    stamp that `mark` and `other` have come to; `floor` is an excess not worth a shift.
    """
    excess, emptied = 0.0, 0
    for index in range(pairs.size):
        pair = pairs[index]
        begin, end = path_start[pair], path_start[pair + 1]
        least = np.inf
        for path in range(begin, end):
            total = path_fixed[path]
            for place in range(link_start[path], link_start[path + 1]):
                total += time[path_links[place]]
            cost[path - begin] = total
            least = min(least, total)
        for path in range(begin, end):
            over = path_flow[path] * (cost[path - begin] - least)
            if over <= 0.0:
                continue
            excess += over
            if over <= floor:
                continue
            stamp += 1
            own = stamp
            for place in range(link_start[path], link_start[path + 1]):
                mark[path_links[place]] = own
            target, score, last = -1, 0.0, -1
            ups, downs, gap, steep, extra = 0, 0, 0.0, 0.0, 0.0
            for rival in range(begin, end):
                if rival == path or cost[rival - begin] >= cost[path - begin]:
                    continue
                stamp += 1
                ups, downs, gap, steep = _part(
                    link_start, path_links, path, rival, mark, own, other, stamp, state, time, up, down
                )
                last = rival
                gap += path_fixed[path] - path_fixed[rival]
                if gap <= 0.0:  # what moved before has turned it
                    continue
                step = path_flow[path]
                if steep == np.inf:  # a power below one, at no flow
                    gain = 0.5 * step * gap
                else:
                    if gap < steep * step:
                        step = gap / steep
                    gain = step * (gap - 0.5 * steep * step)
                if gain > score:
                    target, score = rival, gain
            if target < 0:
                continue
            if last != target:
                stamp += 1
                ups, downs, gap, steep = _part(
                    link_start, path_links, path, target, mark, own, other, stamp, state, time, up, down
                )
                gap += path_fixed[path] - path_fixed[target]
            extra = path_fixed[path] - path_fixed[target]
            most = path_flow[path]
            moved = gap / steep if steep < np.inf and gap < steep * most else most
            now, steep = _step(up, ups, down, downs, moved, extra, state, time)
            # seldom: Newton's step is nearly always enough
            if abs(now) > ROOT_SHARE * gap and (now < 0.0 or moved < most):
                moved = _search(up, ups, down, downs, most, gap, moved, now, steep, extra, state, time)
            path_flow[target] += moved
            if moved >= path_flow[path]:
                path_flow[path] = 0.0
                emptied += 1
            else:
                path_flow[path] -= moved
    return excess, emptied, stamp


@njit(cache=True, nogil=True, error_model="numpy")
@_RESTS
def _gather(volume, free, rise, capacity, power, kind, slope, state):
    """Lay what a sweep knows of the links side by side."""
    for link in range(volume.size):
        state[link, VOLUME], state[link, FREE], state[link, RISE] = volume[link], free[link], rise[link]
        state[link, CAPACITY], state[link, POWER], state[link, KIND] = capacity[link], power[link], kind[link]
        state[link, SLOPE] = slope[link]


@njit(cache=True, nogil=True, error_model="numpy")
@_RESTS
def balance(
    path_start, link_start, path_links, path_flow, path_fixed, most, longest, floor, goal, share, joint, near, sweeps,
    volume, free, rise, capacity, power, kind, time, slope,
):  # fmt: skip
    """Sweep over the pairs that have a choice until the excess cost is down to `goal`, or to a `share` of that found first.

    `joint` begins with a joint step, which is good where no path is new; `near` tells that most of the paths needed are there, so
    that such steps soon end, and come after each sweep. Return (sweeps made, no more than `sweeps`; total cost).
    """
    pairs = np.empty(path_start.size - 1, dtype=np.int64)
    count = 0
    for pair in range(path_start.size - 1):
        if path_start[pair + 1] - path_start[pair] > 1:
            pairs[count] = pair
            count += 1
    pairs = pairs[:count]
    mark = np.zeros(volume.size, dtype=np.int64)
    other = np.zeros(volume.size, dtype=np.int64)
    up = np.empty(longest, dtype=np.uint32)
    down = np.empty(longest, dtype=np.uint32)
    cost = np.empty(most)
    state = np.empty((volume.size, COLUMNS))
    _gather(volume, free, rise, capacity, power, kind, slope, state)
    stamp, last, made, new = 0, np.inf, 0, not joint
    small = floor
    wait, pause = 0, PAUSE
    while pairs.size > 0 and made < sweeps:
        if joint:
            before, excess, whole, stamp = joint_step(
                pairs, path_start, link_start, path_links, path_flow, path_fixed, longest, stamp, mark, other, cost, goal,
                near, state, time,
            )  # fmt: skip
            goal, share = max(goal, share * before), 0.0
            # where paths are new a sweep follows, which empties those that they replace
            if whole and excess <= goal and (not new or (near and made > 0)):
                break
            if excess > WON * before:
                wait, pause = pause, 2 * pause
        made += 1
        excess, emptied, stamp = sweep(
            pairs, path_start, link_start, path_links, path_flow, path_fixed, small, stamp, mark, other, up, down, cost,
            state, time,
        )  # fmt: skip
        if excess <= goal and (made > 1 or not new):
            break
        goal, share = max(goal, share * excess), 0.0
        small = max(floor, WAITING_SHARE * excess / pairs.size)
        joint = wait == 0 and (near or (emptied == 0 and excess > SLOW * last))
        wait = max(0, wait - 1)
        last = excess
    # the links anew from their paths: shifts leave rounding behind, and it may be negative
    total = load_links(
        path_start,
        link_start,
        path_links,
        path_flow,
        path_fixed,
        volume,
        free,
        rise,
        capacity,
        power,
        kind,
        time,
        slope,
    )
    return made, total
