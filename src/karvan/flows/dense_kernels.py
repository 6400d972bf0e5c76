"""Compiled kernels of the dense solver: delay, path sets and shifts of flow.

A cached kernel calls only kernels of this file: a change to one that lived elsewhere would leave the old one in the cache.
No fastmath, and no sum that crosses threads: a tree is grown by one thread alone, and whatever is summed over trees is
summed by one.
"""

from __future__ import annotations

import numpy as np
from numba import njit

#: Passes of a root search within one shift; each narrows the bracket of a convex function, so that few are needed.
ROOT_STEPS = 8
#: Passes until something has moved: from there on the bracket is halved. A path that is new and soon steep needs them: its
#: slope at no flow is nought, so that the first step goes all the way, and Newton's come back by a quarter each.
MOST_STEPS = 64
#: A shift is good enough when it leaves this share of the difference of costs; the next sweep takes the rest.
ROOT_SHARE = 0.25
#: In the place of a path: none of the pair's is dearer than the tree; as the trees say.
NOTHING_DEARER = -2
#: Two stretches are taken as equally dear where they differ by less than this share of what the whole path would save.
SAME_SHARE = 0.1
#: Every so many sweeps the way they went is followed further.
STRETCH_EVERY = 4
#: How many times as far as the last sweep a stretch may go.
STRETCH = 64.0
#: Columns of what a sweep knows of the links, side by side: a shift touches one place of memory for each link, and few
#: arrays go from kernel to kernel (each that does is counted in and out).
VOLUME, FREE, RISE, CAPACITY, POWER, KIND, SLOPE, COLUMNS = 0, 1, 2, 3, 4, 5, 6, 8
#: Products that are added up plainly, between two sums that keep what rounding loses.
BLOCK = 64
#: A path whose excess cost is below this share of the last sweep's, per pair, waits for a later sweep.
WAITING_SHARE = 0.1


@njit(cache=True, nogil=True, error_model="numpy")
def delay(volume: float, free: float, rise: float, capacity: float, power: float, kind: int) -> tuple[float, float]:
    """Return the time of a link and its derivative: free + rise (volume / capacity)^power.

    `kind` is 0 where the time is constant, else the power where that is a whole number up to 32, else -1.
    """
    if kind == 0:
        return free, 0.0
    if volume <= 0.0:
        if power == 1.0:
            return free, rise / capacity
        return free, (0.0 if power > 1.0 else np.inf)
    ratio = volume / capacity
    if kind > 0:
        lower = 1.0
        square = ratio
        exponent = kind - 1
        while exponent > 0:
            if exponent & 1:
                lower *= square
            square *= square
            exponent >>= 1
    else:
        lower = ratio ** (power - 1.0)
    return free + rise * lower * ratio, rise * power * lower / capacity


@njit(cache=True, nogil=True, error_model="numpy")
def delays(volume, free, rise, capacity, power, kind, time, slope):
    """Set the time and its derivative on every link."""
    for link in range(volume.size):
        time[link], slope[link] = delay(volume[link], free[link], rise[link], capacity[link], power[link], kind[link])


@njit(cache=True, nogil=True, error_model="numpy")
def dot(one, two):
    """Return the sum of products, added up in one order whatever the machine, and what rounding loses with it (Neumaier 1974)."""
    total, lost = 0.0, 0.0
    for begin in range(0, one.size, BLOCK):
        part = 0.0
        for place in range(begin, min(begin + BLOCK, one.size)):
            part += one[place] * two[place]
        new = total + part
        lost += (total - new) + part if abs(total) >= abs(part) else (part - new) + total
        total = new
    return total + lost


# path sets ------------------------------------------------------------------------------------------------------------


@njit(cache=True, nogil=True, error_model="numpy")
def _cost(path_links, begin, end, time, row):
    """Return the cost of some links."""
    cost = 0.0
    for place in range(begin, end):
        cost += time[path_links[place]] + row[path_links[place]]
    return cost


@njit(cache=True, nogil=True, error_model="numpy")
def _branch(before, tail, origin, node, seen, stamp, links):
    """Write the tree's path to a node into `links`, and where each node stands on it into `seen`; return its length."""
    length = 0
    at = node
    while at != origin:
        length += 1
        at = tail[before[at]]
    place = length
    at = node
    while at != origin:
        seen[at] = stamp + place
        place -= 1
        links[place] = before[at]
        at = tail[before[at]]
    seen[origin] = stamp
    return length


@njit(cache=True, nogil=True, error_model="numpy")
def _blend(path_links, begin, end, branch, length, head, seen, stamp, time, row, saving, out):
    """Write a path into `out`: the tree's where it is cheaper, the old one's where the two cost about the same.

    Two paths that differ in several places are so parted into the places that matter: flow that moves because of one
    does not disturb the others. Return its length, 0 where the two meet in another order.
    """
    size, last, mark = 0, 0, begin
    for place in range(begin, end):
        where = seen[head[path_links[place]]] - stamp
        if where < 0 or where > length:
            continue
        if where <= last:
            return 0
        old = _cost(path_links, mark, place + 1, time, row)
        new = _cost(branch, last, where, time, row)
        if old - new > SAME_SHARE * saving:
            for step in range(last, where):
                out[size] = branch[step]
                size += 1
        else:
            for step in range(mark, place + 1):
                out[size] = path_links[step]
                size += 1
        last, mark = where, place + 1
    return size


@njit(cache=True, nogil=True, error_model="numpy")
def _has(path_links, link_start, begin, end, links, length):
    """Tell whether a path is among those of a pair."""
    for path in range(begin, end):
        if link_start[path + 1] - link_start[path] != length:
            continue
        same = True
        for place in range(length):
            if path_links[link_start[path] + place] != links[place]:
                same = False
                break
        if same:
            return True
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def find_new(
    tree_begin, tree_end, tree_origin, tree_class, pair_start, pair_node, before, tail, head, time, fixed,
    path_start, link_start, path_links, path_flow, worst, excess, floor, wanted, found,
):  # fmt: skip
    """Find, for every pair of some trees that is cheaper by its tree than by its paths, one to add; write its links into `found`.

    `wanted` takes the number of its links, 0 where none is added. `floor` is the excess cost of a path below which it is
    left as it is. Return (paths new, links of them): where the latter is more than `found` holds, nothing beyond was written.
    """
    new, new_links = 0, 0
    nodes = before.shape[1]
    seen = np.full(nodes, -1, dtype=np.int64)
    branch = np.empty(nodes, dtype=np.uint32)
    blend = np.empty(2 * nodes, dtype=np.uint32)
    stamp = 0
    for tree in range(tree_begin, tree_end):
        origin = tree_origin[tree]
        row = fixed[tree_class[tree]]
        for pair in range(pair_start[tree], pair_start[tree + 1]):
            wanted[pair] = 0
            old = worst[pair]
            if old == NOTHING_DEARER or (old >= 0 and excess[pair] <= floor):
                continue
            length = _branch(before[tree], tail, origin, pair_node[pair], seen, stamp, branch)
            size = 0
            if old >= 0:
                size = _blend(path_links, link_start[old], link_start[old + 1], branch, length, head, seen, stamp,
                              time, row, excess[pair] / path_flow[old], blend)  # fmt: skip
            stamp += nodes + 1
            if size == 0 or _has(path_links, link_start, path_start[pair], path_start[pair + 1], blend, size):
                size = length
                blend[:length] = branch[:length]
                if _has(path_links, link_start, path_start[pair], path_start[pair + 1], blend, size):
                    continue
            if new_links + size <= found.size:
                found[new_links : new_links + size] = blend[:size]
            wanted[pair] = size
            new += 1
            new_links += size
    return new, new_links


@njit(cache=True, nogil=True, error_model="numpy")
def rebuild(
    tree_class, pair_start, pair_trips, fixed, wanted, found,
    path_start, link_start, path_links, path_flow, path_fixed,
    new_path_start, new_link_start, new_path_links, new_path_flow, new_path_fixed,
):  # fmt: skip
    """Write the path sets anew: those with flow, then what was found.

    Return (the largest number of paths of a pair, the longest path).
    """
    path_end, link_end, found_end = 0, 0, 0
    most, longest = 0, 0
    new_link_start[0] = 0
    for tree in range(tree_class.size):
        row = fixed[tree_class[tree]]
        for pair in range(pair_start[tree], pair_start[tree + 1]):
            new_path_start[pair] = path_end
            largest = -1
            others = 0.0
            for path in range(path_start[pair], path_start[pair + 1]):
                if path_flow[path] <= 0.0:
                    continue
                for place in range(link_start[path], link_start[path + 1]):
                    new_path_links[link_end] = path_links[place]
                    link_end += 1
                new_path_flow[path_end] = path_flow[path]
                new_path_fixed[path_end] = path_fixed[path]
                if largest < 0 or path_flow[path] > new_path_flow[largest]:
                    largest = path_end
                path_end += 1
                new_link_start[path_end] = link_end
            if wanted[pair] > 0:
                extra = 0.0
                for _ in range(wanted[pair]):
                    link = found[found_end]
                    found_end += 1
                    new_path_links[link_end] = link
                    link_end += 1
                    extra += row[link]
                new_path_fixed[path_end] = extra
                new_path_flow[path_end] = 0.0 if largest >= 0 else pair_trips[pair]
                path_end += 1
                new_link_start[path_end] = link_end
            for path in range(new_path_start[pair], path_end):
                longest = max(longest, new_link_start[path + 1] - new_link_start[path])
                if path != largest:
                    others += new_path_flow[path]
            if largest >= 0:  # what rounding has lost or won goes to the largest, so that the demand is served exactly
                new_path_flow[largest] = pair_trips[pair] - others
            most = max(most, path_end - new_path_start[pair])
    new_path_start[pair_trips.size] = path_end
    return most, longest


@njit(cache=True, nogil=True, error_model="numpy")
def take(tree_class, pair_start, pair_trips, fixed, path_start, link_start, path_links, flow, new_flow, path_fixed):
    """Set the fixed cost of paths of an earlier run, and their flow: scaled to the demand, none where they are closed now.

    Return whether every pair has a path that is open.
    """
    complete = True
    for tree in range(tree_class.size):
        row = fixed[tree_class[tree]]
        for pair in range(pair_start[tree], pair_start[tree + 1]):
            whole = 0.0
            for path in range(path_start[pair], path_start[pair + 1]):
                cost = 0.0
                for place in range(link_start[path], link_start[path + 1]):
                    cost += row[path_links[place]]
                path_fixed[path], new_flow[path] = (cost, flow[path]) if cost < np.inf else (0.0, 0.0)
                whole += new_flow[path]
            if whole <= 0.0:
                complete = False
                continue
            for path in range(path_start[pair], path_start[pair + 1]):
                new_flow[path] *= pair_trips[pair] / whole
    return complete


@njit(cache=True, nogil=True, error_model="numpy")
def used(link_start, path_flow):
    """Return how many paths have flow, and how many links these have."""
    paths, links = 0, 0
    for path in range(path_flow.size):
        if path_flow[path] > 0.0:
            paths += 1
            links += link_start[path + 1] - link_start[path]
    return paths, links


@njit(cache=True, nogil=True, error_model="numpy")
def load(path_start, link_start, path_links, path_flow, pair_begin, pair_end, volume):
    """Add the flow of the paths of some pairs up on the links."""
    for pair in range(pair_begin, pair_end):
        for path in range(path_start[pair], path_start[pair + 1]):
            flow = path_flow[path]
            if flow > 0.0:
                for place in range(link_start[path], link_start[path + 1]):
                    volume[path_links[place]] += flow


# shifts ---------------------------------------------------------------------------------------------------------------


@njit(cache=True, nogil=True, error_model="numpy")
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
def _step(up, ups, down, downs, at, extra, state, time):
    """Move flow from the links `up` to the links `down`; return the difference of cost that is left, and its slope.

    It has one way out, so that no array is counted in and out of it.
    """
    costs, slopes = _move(up, ups, -at, state, time)
    cost, steep = _move(down, downs, at, state, time)
    return costs - cost + extra, steep + slopes


@njit(cache=True, nogil=True, error_model="numpy")
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
def sweep(
    pairs, path_start, link_start, path_links, path_flow, path_fixed, floor, stamp, mark, other, up, down, cost, state, time
):  # fmt: skip
    """Shift flow of each pair, in turn, from its dearer paths to cheaper ones.

    Of several cheaper paths the one is taken that lowers the objective most: two paths that differ in one place only are
    balanced without a stir elsewhere. Return the excess cost found on the way, and the stamp that `mark` and `other`
    have come to; `floor` is an excess not worth a shift.
    """
    excess = 0.0
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
            path_flow[path] = 0.0 if moved >= path_flow[path] else path_flow[path] - moved
    return excess, stamp


@njit(cache=True, nogil=True, error_model="numpy")
def stretch(
    path_start, link_start, path_links, path_flow, path_fixed, last_flow, last_volume, trial_flow, trial_volume,
    volume, free, rise, capacity, power, kind, time, slope,
):  # fmt: skip
    """Go on in the direction of the last sweep as far as the objective falls; return whether anything moved.

    Sweeps settle one pair at a time, and where two share a stretch they can pass flow to and fro in ever smaller steps; the
    whole of their steps points the way (partan). A pair whose path would go below zero stops there.
    """
    links = volume.size
    constant = 0.0
    for path in range(path_flow.size):
        constant += path_fixed[path] * (path_flow[path] - last_flow[path])
    low, high, at = 0.0, STRETCH, 1.0
    for _ in range(ROOT_STEPS):
        lead, bend = constant, 0.0
        for link in range(links):
            step = volume[link] - last_volume[link]
            if step != 0.0:
                cost, steep = delay(
                    max(0.0, volume[link] + at * step), free[link], rise[link], capacity[link], power[link], kind[link]
                )
                lead += cost * step
                bend += steep * step * step
        if lead < 0.0:
            low = at
        else:
            high = at
        newton = at - lead / bend if bend > 0.0 else STRETCH
        at = newton if low < newton < high else 0.5 * (low + high)
        if high - low < 0.1 * high:
            break
    at = low
    if at <= 0.0:
        return False
    for pair in range(path_start.size - 1):
        begin, end = path_start[pair], path_start[pair + 1]
        reach = at
        for path in range(begin, end):
            step = path_flow[path] - last_flow[path]
            if step < 0.0:
                reach = min(reach, path_flow[path] / -step)
        for path in range(begin, end):
            trial_flow[path] = max(0.0, path_flow[path] + reach * (path_flow[path] - last_flow[path]))
    trial_volume[:] = 0.0
    load(path_start, link_start, path_links, trial_flow, 0, path_start.size - 1, trial_volume)
    lead = 0.0
    for path in range(path_flow.size):
        lead += path_fixed[path] * (trial_flow[path] - path_flow[path])
    for link in range(links):
        cost, steep = delay(trial_volume[link], free[link], rise[link], capacity[link], power[link], kind[link])
        lead += cost * (trial_volume[link] - volume[link])
    if lead >= 0.0:  # the objective is convex: while its slope along the step falls at the end, it fell all the way
        return False
    path_flow[:] = trial_flow
    volume[:] = trial_volume
    delays(volume, free, rise, capacity, power, kind, time, slope)
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _gather(volume, free, rise, capacity, power, kind, slope, state):
    """Lay what a sweep knows of the links side by side."""
    for link in range(volume.size):
        state[link, VOLUME], state[link, FREE], state[link, RISE] = volume[link], free[link], rise[link]
        state[link, CAPACITY], state[link, POWER], state[link, KIND] = capacity[link], power[link], kind[link]
        state[link, SLOPE] = slope[link]


@njit(cache=True, nogil=True, error_model="numpy")
def balance(
    path_start, link_start, path_links, path_flow, path_fixed, most, longest, floor, goal, sweeps,
    volume, free, rise, capacity, power, kind, time, slope,
):  # fmt: skip
    """Sweep over the pairs that have a choice until the excess cost is down to `goal`, or `sweeps` times.

    Return (sweeps made, excess at the last).
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
    last_flow = np.empty(path_flow.size)
    trial_flow = np.empty(path_flow.size)
    last_volume = np.empty(volume.size)
    trial_volume = np.empty(volume.size)
    state = np.empty((volume.size, COLUMNS))
    _gather(volume, free, rise, capacity, power, kind, slope, state)
    stamp, excess, made = 0, 0.0, 0
    small = floor
    while count > 0 and made < sweeps:
        made += 1
        ahead = made % STRETCH_EVERY == 0
        if ahead:
            last_flow[:] = path_flow
            last_volume[:] = state[:, VOLUME]
        excess, stamp = sweep(
            pairs, path_start, link_start, path_links, path_flow, path_fixed, small, stamp, mark, other, up, down, cost,
            state, time,
        )  # fmt: skip
        small = max(floor, WAITING_SHARE * excess / count)
        if ahead:
            volume[:] = state[:, VOLUME]
            if stretch(
                path_start, link_start, path_links, path_flow, path_fixed, last_flow, last_volume, trial_flow,
                trial_volume, volume, free, rise, capacity, power, kind, time, slope,
            ):  # fmt: skip
                _gather(volume, free, rise, capacity, power, kind, slope, state)
        if made > 1 and excess <= goal:
            break
    return made, excess
