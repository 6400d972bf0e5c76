"""Compiled kernels of the dense solver: shortest-path trees, grown from nothing or mended.

A cached kernel calls only kernels of this file: a change to one that lived elsewhere would leave the old one in the cache.
A tree is grown by one thread alone.
"""

from __future__ import annotations

import numpy as np
from numba import njit

#: In the place of a path: the pair has none with flow; none of its paths is dearer than the tree.
NO_PATH, NOTHING_DEARER = -1, -2
#: Share of a cost by which another must be lower to count: below it lies the rounding of a sum of a few hundred terms.
TIE = 4e-16
#: Share of the nodes that a repaired tree may touch again before the next one is grown from nothing.
REPAIRED_SHARE = 0.25


@njit(cache=True, nogil=True, error_model="numpy")
def _push(keys, nodes, size, key, node):
    place = size
    while place > 0:
        parent = (place - 1) >> 2
        if keys[parent] <= key:
            break
        keys[place] = keys[parent]
        nodes[place] = nodes[parent]
        place = parent
    keys[place] = key
    nodes[place] = node


@njit(cache=True, nogil=True, error_model="numpy")
def _pop(keys, nodes, size):
    """Take the first of a heap of four branches away; `size` is what is left."""
    key = keys[size]
    node = nodes[size]
    place = 0
    while True:
        child = 4 * place + 1
        if child >= size:
            break
        best = child
        for other in range(child + 1, min(child + 4, size)):
            if keys[other] < keys[best]:
                best = other
        if keys[best] >= key:
            break
        keys[place] = keys[best]
        nodes[place] = nodes[best]
        place = best
    keys[place] = key
    nodes[place] = node


@njit(cache=True, nogil=True, error_model="numpy")
def _settle(origin, first, head, cost, through, distance, before, order, keys, nodes, size):
    """Take the nodes of a heap up, nearest first, until none is left (Dijkstra 1959); return how many were."""
    settled = 0
    while size > 0:
        key = keys[0]
        node = nodes[0]
        size -= 1
        _pop(keys, nodes, size)
        if key > distance[node]:
            continue
        if settled < order.size:
            order[settled] = node
        settled += 1
        if node != origin and not through[node]:
            continue
        for link in range(first[node], first[node + 1]):
            reach = key + cost[link]
            if reach < distance[head[link]]:
                distance[head[link]] = reach
                before[head[link]] = link
                _push(keys, nodes, size, reach, head[link])
                size += 1
    return settled


@njit(cache=True, nogil=True, error_model="numpy")
def _repair(origin, first, tail, head, cost, through, distance, before, order, reached, keys, nodes):
    """Measure the last tree at the new costs, then mend it where a link offers a shorter way.

    Return the number of nodes that had to be taken up again. A node that stands before its parent in the order of the
    last tree is measured as out of reach, and found by the mending.
    """
    distance[:] = np.inf
    distance[origin] = 0.0
    for turn in range(1, reached):
        node = order[turn]
        link = before[node]
        distance[node] = distance[tail[link]] + cost[link]
    size = 0
    for node in range(through.size):
        here = distance[node]
        if here == np.inf or not (through[node] or node == origin):
            continue
        for link in range(first[node], first[node + 1]):
            reach = here + cost[link]
            if reach < distance[head[link]]:
                distance[head[link]] = reach
                before[head[link]] = link
                _push(keys, nodes, size, reach, head[link])
                size += 1
    return _settle(origin, first, head, cost, through, distance, before, order[:0], keys, nodes, size)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _worst(begin, end, link_start, path_links, path_flow, path_fixed, time, target):
    """Return the path with the most excess cost over `target`, and that excess."""
    least = np.inf
    worst, over = NO_PATH, -1.0
    for path in range(begin, end):
        if path_flow[path] <= 0.0:
            continue
        cost = path_fixed[path]
        for place in range(link_start[path], link_start[path + 1]):
            cost += time[path_links[place]]
        least = min(least, cost)
        if path_flow[path] * (cost - target) > over:
            worst, over = path, path_flow[path] * (cost - target)
    if worst >= 0 and least - target <= TIE * least:
        worst = NOTHING_DEARER
    return worst, over


@njit(cache=True, nogil=True, error_model="numpy")
def grow_trees(
    begin, step, tree_origin, tree_class, first, tail, head, through, cost, pair_start, pair_node, pair_trips,
    before, order, reached, pair_cost, tree_cost,
    path_start, link_start, path_links, path_flow, path_fixed, time, worst, excess,
):  # fmt: skip
    """Grow every `step`-th shortest-path tree from `begin` on; links are in the order of their tails.

    `before`, `order` and `reached` hold the last trees (`reached` 0: none) and take the new ones. `pair_cost` takes the
    cost of each pair of places, `tree_cost` the sum over the pairs of a tree, each weighted by its trips. `worst` takes the
    path of each pair with the most excess cost over the tree: NO_PATH where it has none, NOTHING_DEARER where its cheapest
    path is as cheap as the tree; `excess` takes that excess.
    """
    count = through.size
    distance = np.empty(count)
    keys = np.empty(2 * head.size + 2)
    nodes = np.empty(2 * head.size + 2, dtype=np.int32)
    for tree in range(begin, tree_origin.size, step):
        weight = cost[tree_class[tree]]
        origin = tree_origin[tree]
        if reached[tree] > 0:
            touched = _repair(
                origin, first, tail, head, weight, through, distance, before[tree], order[tree], reached[tree], keys,
                nodes,
            )  # fmt: skip
            if touched > REPAIRED_SHARE * count:
                reached[tree] = 0
        else:
            distance[:] = np.inf
            before[tree, :] = -1
            distance[origin] = 0.0
            keys[0] = 0.0
            nodes[0] = origin
            reached[tree] = _settle(
                origin, first, head, weight, through, distance, before[tree], order[tree], keys, nodes, 1
            )
        total = 0.0
        for pair in range(pair_start[tree], pair_start[tree + 1]):
            pair_cost[pair] = distance[pair_node[pair]]
            total += pair_cost[pair] * pair_trips[pair]
            worst[pair], excess[pair] = _worst(
                path_start[pair],
                path_start[pair + 1],
                link_start,
                path_links,
                path_flow,
                path_fixed,
                time,
                pair_cost[pair],
            )
        tree_cost[tree] = total
