"""Compiled passage between the tables of a dense network and the arrays of its solver, there and back."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def are_plain(free_flow_time, b, power, capacity, length, toll):
    """Tell whether figures of links are such that nothing can be wrong with them; a blank capacity is sound."""
    links = free_flow_time.size
    if not links == b.size == power.size == capacity.size == length.size == toll.size:
        return False
    for link in range(links):
        for figure in (free_flow_time[link], b[link], power[link], length[link], toll[link]):
            if not 0.0 <= figure < np.inf:
                return False
        if capacity[link] <= 0.0:
            return False
    return links > 0


@njit(cache=True, nogil=True, error_model="numpy")
def are_counts(matrix):
    """Tell whether all figures of a matrix are numbers of zero or more."""
    for row in range(matrix.shape[0]):
        for column in range(matrix.shape[1]):
            if not 0.0 <= matrix[row, column] < np.inf:
                return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def delay_figures(rank, free_flow_time, b, power, capacity, figures):
    """Set free, rise, capacity and power of links in the order of `rank`: time = free + rise (volume / capacity)^power."""
    free, rise, capacity_, power_ = figures[0], figures[1], figures[2], figures[3]
    for place in range(rank.size):
        link = rank[place]
        limited = np.isfinite(capacity[link])
        free[place] = free_flow_time[link] * (1.0 + (b[link] if limited and power[link] == 0.0 else 0.0))
        rise[place], power_[place], capacity_[place] = 0.0, 1.0, 1.0
        if limited and free_flow_time[link] > 0.0 and b[link] > 0.0 and power[link] > 0.0:
            rise[place] = free_flow_time[link] * b[link]
            power_[place], capacity_[place] = power[link], capacity[link]


@njit(cache=True, nogil=True, error_model="numpy")
def same_network(rank, tail, head, passed, from_node, to_node, through):
    """Tell whether links are those that were laid out in the order of their tails."""
    if from_node.size != rank.size or to_node.size != rank.size or through.size != passed.size:
        return False
    for place in range(rank.size):
        if from_node[rank[place]] != tail[place] or to_node[rank[place]] != head[place]:
            return False
    return np.array_equal(passed, through)


@njit(cache=True, nogil=True, error_model="numpy")
def same_demand(nodes, key, trips, wanted):
    """Tell whether demand, class by origin by destination, is that of some pairs, which stand in that order."""
    pair = 0
    for number in range(wanted.shape[0]):
        for origin in range(wanted.shape[1]):
            for destination in range(wanted.shape[2]):
                flow = wanted[number, origin, destination]
                if flow == 0.0 or origin == destination:
                    continue
                if (
                    pair == key.size
                    or key[pair] != (number * nodes + origin) * nodes + destination
                    or trips[pair] != flow
                ):
                    return False
                pair += 1
    return pair == key.size


@njit(cache=True, nogil=True, error_model="numpy")
def routes_of(
    rank, tree_class, tree_origin, pair_start, pair_node, path_start, link_start, path_links, path_flow,
    number, origin, destination, starts, begins, links, flow,
):  # fmt: skip
    """Set the paths that carry flow: class, origin and destination of every pair; where its paths, and their links, begin.

    Links are places in the table. Return (paths, links of them).
    """
    paths, size = 0, 0
    starts[0] = begins[0] = 0
    for tree in range(tree_class.size):
        for pair in range(pair_start[tree], pair_start[tree + 1]):
            number[pair], origin[pair], destination[pair] = tree_class[tree], tree_origin[tree], pair_node[pair]
            for path in range(path_start[pair], path_start[pair + 1]):
                if path_flow[path] > 0.0:
                    for place in range(link_start[path], link_start[path + 1]):
                        links[size] = rank[path_links[place]]
                        size += 1
                    flow[paths] = path_flow[path]
                    paths += 1
                    begins[paths] = size
            starts[pair + 1] = paths
    return paths, size


@njit(cache=True, nogil=True, error_model="numpy")
def class_flows(class_number, route_start, link_start, route_links, route_flow, flow):
    """Add the routes up in their order to the flow of every class on every link."""
    for pair in range(class_number.size):
        for route in range(route_start[pair], route_start[pair + 1]):
            for place in range(link_start[route], link_start[route + 1]):
                flow[class_number[pair], route_links[place]] += route_flow[route]


@njit(cache=True, nogil=True, error_model="numpy")
def total_cost(flow, time, fixed):
    """Return what all classes pay on all links; a fixed cost where none of the class goes does not count."""
    total = 0.0
    for number in range(flow.shape[0]):
        for link in range(flow.shape[1]):
            if flow[number, link] > 0.0:
                total += flow[number, link] * (time[link] + fixed[number, link])
    return total
