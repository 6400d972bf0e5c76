"""Compiled kernels of the dense solver: delay and path sets.

A cached kernel calls only kernels of this file: a change to one that lived elsewhere would leave the old one in the cache.
No fastmath, and no sum that crosses threads: a tree is grown by one thread alone, and whatever is summed over trees is
summed by one.
"""

from __future__ import annotations

import numpy as np
from numba import njit

#: Powers up to this that are whole numbers are multiplied out.
SMALL_POWERS = 32
#: In the place of a path: none of the pair's is dearer than the tree; as the trees say.
NOTHING_DEARER = -2
#: Two stretches are taken as equally dear where they differ by less than this share of what the whole path would save.
SAME_SHARE = 0.1
#: Products that are added up plainly, between two sums that keep what rounding loses.
BLOCK = 64


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
    if kind == 4:  # the usual one: what follows, written out
        lower = ratio * (ratio * ratio)
    elif kind > 0:
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
def kinds(rise, power, kind):
    """Set the kind of each link's delay: 0 constant, a small whole power, or -1 for any other."""
    for link in range(rise.size):
        whole = power[link] == np.rint(power[link]) and 1.0 <= power[link] <= SMALL_POWERS
        kind[link] = 0 if rise[link] == 0.0 or power[link] == 0.0 else (int(power[link]) if whole else -1)


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


@njit(cache=True, nogil=True, error_model="numpy")
def in_order_given(rank, volume, time, free, power, marginal, path_flow, path_fixed, volumes, times):
    """Set flow and real time of the links in the order given; return the objective."""
    mean = np.empty(time.size)
    for link in range(time.size):
        # the integral of a time, and the real one of a marginal time
        mean[link] = free[link] + (time[link] - free[link]) / (1.0 + power[link])
        volumes[rank[link]] = volume[link]
        times[rank[link]] = mean[link] if marginal else time[link]
    return dot(volume, mean) + dot(path_flow, path_fixed)


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
    tree_class, pair_start, pair_trips, fixed, wanted, found, path_start, link_start, path_links, path_flow, path_fixed,
    new_path_start, new_link_start, new_path_links, new_path_flow, new_path_fixed,
):  # fmt: skip
    """Set the path sets anew: those with flow, then the new ones that were found.

    Return (paths, links of them, largest number of paths of a pair, length of the longest path).
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
    return path_end, link_end, most, longest


@njit(cache=True, nogil=True, error_model="numpy")
def take(tree_class, pair_start, pair_trips, fixed, path_start, link_start, path_links, flow, new_flow, path_fixed):
    """Set the fixed cost of paths of an earlier run, and their flow: scaled to the demand, none where they are closed now.

    Return (whether every pair has a path that is open, whether some are closed, largest number of paths of a pair, length of the
    longest path).
    """
    complete, closed, most, longest = True, False, 0, 0
    for tree in range(tree_class.size):
        row = fixed[tree_class[tree]]
        for pair in range(pair_start[tree], pair_start[tree + 1]):
            whole = 0.0
            most = max(most, path_start[pair + 1] - path_start[pair])
            for path in range(path_start[pair], path_start[pair + 1]):
                cost = 0.0
                longest = max(longest, link_start[path + 1] - link_start[path])
                for place in range(link_start[path], link_start[path + 1]):
                    cost += row[path_links[place]]
                path_fixed[path], new_flow[path] = (cost, flow[path]) if cost < np.inf else (0.0, 0.0)
                closed |= cost == np.inf
                whole += new_flow[path]
            if whole <= 0.0:
                complete = False
                continue
            for path in range(path_start[pair], path_start[pair + 1]):
                new_flow[path] *= pair_trips[pair] / whole
    return complete, closed, most, longest


@njit(cache=True, nogil=True, error_model="numpy")
def load(path_start, link_start, path_links, path_flow, pair_begin, pair_end, volume):
    """Add the flow of the paths of some pairs up on the links."""
    for pair in range(pair_begin, pair_end):
        for path in range(path_start[pair], path_start[pair + 1]):
            flow = path_flow[path]
            if flow > 0.0:
                for place in range(link_start[path], link_start[path + 1]):
                    volume[path_links[place]] += flow


@njit(cache=True, nogil=True, error_model="numpy")
def load_links(
    path_start, link_start, path_links, path_flow, path_fixed, volume, free, rise, capacity, power, kind, time, slope
):  # fmt: skip
    """Set the flow of the links from that of the paths, and their times; return the total cost."""
    volume[:] = 0.0
    load(path_start, link_start, path_links, path_flow, 0, path_start.size - 1, volume)
    delays(volume, free, rise, capacity, power, kind, time, slope)
    return dot(volume, time) + dot(path_flow, path_fixed)
