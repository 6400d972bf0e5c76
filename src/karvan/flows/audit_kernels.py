"""Compiled sums of the audit of dense networks: routes followed link by link, what they carry, and what links take.

They know nothing of the solver and share no code with it. Nothing is read before it is known to lie within its table.
"""

from __future__ import annotations

import numpy as np
from numba import njit

#: What following the routes came to.
SOUND, OUTSIDE, EMPTY, BROKEN, BLOCKED, LOST = 0, 1, 2, 3, 4, 5
#: What is said of each.
WRONG = (
    "", "routes name links, zones or classes that are not there", "has no links", "breaks off",
    "passes through a node that may not be passed through", "does not join its zones",
)  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def least(values):
    """Return the smallest of some values, zero where none is below it; NaN where one is no finite number."""
    smallest = 0.0
    for value in values:
        if not np.isfinite(value):
            return np.nan
        smallest = min(smallest, value)
    return smallest


@njit(cache=True, nogil=True, error_model="numpy")
def _outside(begins, count):
    """Tell whether places at which parts begin are not in order from the first to the last of `count`."""
    if begins.size == 0 or begins[0] != 0 or begins[begins.size - 1] != count:
        return True
    return bool(np.any(begins[1:] < begins[:-1]))


@njit(cache=True, nogil=True, error_model="numpy")
def _inside(shape, class_number, origin, destination, route_start, link_start, links, flow, from_node):
    """Tell whether everything that routes name is there."""
    pairs = origin.size
    if class_number.size != pairs or destination.size != pairs or route_start.size != pairs + 1:
        return False
    if link_start.size != flow.size + 1 or _outside(route_start, flow.size) or _outside(link_start, links.size):
        return False
    for pair in range(pairs):
        zones = 0 <= origin[pair] < shape[1] and 0 <= destination[pair] < shape[2]
        if not (zones and 0 <= class_number[pair] < shape[0]):
            return False
    return links.size == 0 or (links.min() >= 0 and links.max() < from_node.size)


@njit(cache=True, nogil=True, error_model="numpy")
def follow(shape, class_number, origin, destination, route_start, link_start, links, flow, from_node, to_node, through):
    """Follow every route from its origin to its destination; return what they come to, and the pair where one does not hold.

    `shape` is that of the demand: classes, zones, zones.
    """
    if not _inside(shape, class_number, origin, destination, route_start, link_start, links, flow, from_node):
        return OUTSIDE, -1
    for pair in range(origin.size):
        for route in range(route_start[pair], route_start[pair + 1]):
            first, last = link_start[route], link_start[route + 1]
            if last == first:
                return EMPTY, pair
            at = origin[pair]
            for place in range(first, last):
                link = links[place]
                if from_node[link] != at:
                    return (BROKEN if place > first else LOST), pair
                if place > first and not through[at]:
                    return BLOCKED, pair
                at = to_node[link]
            if at != destination[pair]:
                return LOST, pair
    return SOUND, -1


@njit(cache=True, nogil=True, error_model="numpy")
def demand_carried(wanted, class_number, origin, destination, route_start, flow, share):
    """Add up what the routes carry, class by origin by destination, and hold it against what is wanted.

    Return (sum, place that is off by more than a share of what is wanted, or -1, what is carried there).
    """
    whole = np.zeros(wanted.shape)
    for pair in range(origin.size):
        for route in range(route_start[pair], route_start[pair + 1]):
            whole[class_number[pair], origin[pair], destination[pair]] += flow[route]
    said, known = whole.ravel(), wanted.ravel()
    total, place, most = 0.0, -1, 0.0
    for at in range(known.size):
        total += said[at]
        off = abs(said[at] - known[at]) - share * known[at]
        if not off <= most:
            place, most = at, off
    return total, place, said[place] if place >= 0 else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def links_loaded(load, class_number, route_start, link_start, links, flow, share):
    """Add up what the routes put on the links, class by link, and hold it against what these carry.

    Return (place that is off by more than a share of it, or -1, what the routes come to there).
    """
    again = np.zeros(load.shape)
    for pair in range(class_number.size):
        for route in range(route_start[pair], route_start[pair + 1]):
            for place in range(link_start[route], link_start[route + 1]):
                again[class_number[pair], links[place]] += flow[route]
    said, known = load.ravel(), again.ravel()
    worst, most = -1, 0.0
    for at in range(known.size):
        off = abs(said[at] - known[at]) - share * known[at]
        if not off <= most:
            worst, most = at, off
    return worst, known[worst] if worst >= 0 else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def nodes_balanced(nodes, wanted, flow, from_node, to_node, share):
    """Hold what leaves and ends at every node against what comes in and begins, class by class.

    Return (largest difference, node that is off by more than a share, or -1, by how much it is).
    """
    worst, node, most, missed = 0.0, -1, 0.0, 0.0
    for number in range(flow.shape[0]):
        come, gone = np.zeros(nodes), np.zeros(nodes)
        for link in range(flow.shape[1]):
            come[to_node[link]] += flow[number, link]
            gone[from_node[link]] += flow[number, link]
        for origin in range(wanted.shape[1]):
            for destination in range(wanted.shape[2]):
                come[origin] += wanted[number, origin, destination]
                gone[destination] += wanted[number, origin, destination]
        for at in range(nodes):
            off = abs(come[at] - gone[at])
            worst = max(worst, off)
            if not off - share * come[at] <= most:
                node, most, missed = at, off - share * come[at], off
    return worst, node, missed


@njit(cache=True, nogil=True, error_model="numpy")
def holds(
    zones, wanted, class_flow, class_number, origin, destination, route_start, link_start, links, flow, from_node, to_node,
    through, share,
):  # fmt: skip
    """Check flows by all of the above at once, in one call where nothing is wrong.

    Return (whether all holds, the smallest flow, what is served, the largest imbalance of a node).
    """
    lows = min(least(class_flow.ravel()), least(flow))
    alike = class_flow.shape == (wanted.shape[0], from_node.size) and wanted.shape[1] == zones == wanted.shape[2]
    if not (alike and lows >= 0.0):
        return False, 0.0, 0.0, 0.0
    found, _ = follow(
        wanted.shape,
        class_number,
        origin,
        destination,
        route_start,
        link_start,
        links,
        flow,
        from_node,
        to_node,
        through,
    )
    if found != SOUND:
        return False, 0.0, 0.0, 0.0
    served, off, _ = demand_carried(wanted, class_number, origin, destination, route_start, flow, share)
    overloaded, _ = links_loaded(class_flow, class_number, route_start, link_start, links, flow, share)
    worst, node, _ = nodes_balanced(through.size, wanted, class_flow, from_node, to_node, share)
    return off < 0 and overloaded < 0 and node < 0, lows, served, worst


@njit(cache=True, nogil=True, error_model="numpy")
def link_times(free_flow_time, b, power, capacity, flow):
    """Return the flow of every link over all classes, its time, and the part of it that grows with its flow."""
    links = free_flow_time.size
    volume, time, rise = np.zeros(links), np.empty(links), np.zeros(links)
    for number in range(flow.shape[0]):
        for link in range(links):
            volume[link] += flow[number, link]
    for link in range(links):
        free = free_flow_time[link]
        limited = np.isfinite(capacity[link])
        time[link] = free
        if limited and power[link] == 0.0:
            time[link] = free * (1.0 + b[link])
        elif limited and free > 0.0 and b[link] > 0.0:
            rise[link] = free * b[link] * (volume[link] / capacity[link]) ** power[link]
            time[link] += rise[link]
    return volume, time, rise


@njit(cache=True, nogil=True, error_model="numpy")
def class_costs(free_flow_time, b, power, capacity, marginal, fixed, flow, cost):
    """Set the cost of every link to every class; return what they pay in all, and a link that one uses and may not, or -1."""
    _, time, rise = link_times(free_flow_time, b, power, capacity, flow)
    total, barred = 0.0, -1
    for number in range(flow.shape[0]):
        paid = 0.0
        for link in range(time.size):
            each = time[link] + fixed[number, link]
            if marginal:
                each += power[link] * rise[link]
            cost[number, link] = each
            if flow[number, link] > 0.0:
                paid += each * flow[number, link]
                if np.isinf(fixed[number, link]) and barred < 0:
                    barred = link
        total += paid
    return total, barred


@njit(cache=True, nogil=True, error_model="numpy")
def find_origins(wanted, origins):
    """Set where some demand begins; return how many there are."""
    count = 0
    for origin in range(wanted.shape[0]):
        if wanted[origin].any():
            origins[count] = origin
            count += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def wanted_total(least, wanted, origins):
    """Return what demand costs at the least costs from some origins, one row each."""
    total = 0.0
    for row in range(origins.size):
        for destination in range(wanted.shape[1]):
            if wanted[origins[row], destination] > 0.0:
                total += least[row, destination] * wanted[origins[row], destination]
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def known_figures(free_flow_time, b, power, capacity, fixed, flow, time, share):
    """Return a link whose time is not its own within a share, or -1; what is its own; total cost, and the sum of Beckmann."""
    volume, again, rise = link_times(free_flow_time, b, power, capacity, flow)
    off, should, total, integral, paid = -1, 0.0, 0.0, 0.0, 0.0
    for link in range(time.size):
        if not abs(again[link] - time[link]) <= share * again[link] and off < 0:
            off, should = link, again[link]
        total += volume[link] * again[link]
        integral += volume[link] * (again[link] - rise[link] * power[link] / (1.0 + power[link]))
        for number in range(flow.shape[0]):
            if flow[number, link] > 0.0:
                paid += flow[number, link] * fixed[number, link]
    return off, should, total + paid, integral + paid
