"""What every assignment on a dense network is held against before it is handed out.

The audit knows nothing of the solver. It takes the raw link table, the demand, and the flows, and finds anew: that every
route is a way from its origin to its destination which passes through no node it may not; that the routes carry the demand;
that the links carry the routes; that at every node as much goes out as comes in and begins; that nothing is negative; and the
relative gap, with times of its own and with SciPy's Dijkstra on the raw link table.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from karvan.errors import AuditError

if TYPE_CHECKING:
    import numpy.typing as npt

    from karvan.flows.links import LinkTable

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

#: Sums of some 100,000 double-precision terms of one sign agree to this share.
ROUNDING = 1e-9
#: Total costs are sums of products that each round once; their difference may be off by this share of them.
GAP_ROUNDING = 1e-12
#: Two reckonings of one gap agree to this share of it.
GAP_SHARE = 1e-6
#: Trees grown at once; a hundred rows of distances stay small.
ROWS = 100


@dataclass(frozen=True, eq=False)
class Routes:
    """The routes of an assignment: those of each pair, with their links and flow.

    Attributes
    ----------
    class_number, origin, destination
        Of each pair: number of its class, and zones as numbers of nodes.
    route_start
        Where the routes of each pair begin.
    link_start
        Where the links of each route begin.
    links
        Rows of the link table.
    flow
        Flow of each route in vehicle equivalents.
    """

    class_number: Ints
    origin: Ints
    destination: Ints
    route_start: Ints
    link_start: Ints
    links: Ints
    flow: Floats

    @cached_property
    def pair(self) -> Ints:
        """Pair of each route."""
        return np.repeat(np.arange(self.origin.size), np.diff(self.route_start))

    @cached_property
    def route(self) -> Ints:
        """Route of each of `links`."""
        return np.repeat(np.arange(self.flow.size), np.diff(self.link_start))


@dataclass(frozen=True)
class Audit:
    """What the audit found; everything within its tolerance.

    Attributes
    ----------
    relative_gap
        (tstt - sptt) / tstt, zero where rounding made it negative.
    tstt, sptt
        Total cost, and total cost if all took the shortest paths; of marginal costs for a system optimum.
    largest_imbalance
        Largest difference of what leaves a node and what comes in and begins there, over all nodes and classes.
    smallest_flow
        Smallest flow of a link and class.
    demand, served
        Vehicle equivalents that want to go from one zone to another, and that arrive.
    """

    relative_gap: float
    tstt: float
    sptt: float
    largest_imbalance: float
    smallest_flow: float
    demand: float
    served: float

    def to_dict(self) -> dict[str, Any]:
        """Return the audit as JSON can hold it."""
        return asdict(self)


def audit_assignment(
    links: LinkTable,
    *,
    demand: Floats,
    fixed: Floats,
    flow: Floats,
    routes: Routes,
    marginal: bool,
    relative_gap: float,
) -> Audit:
    """Audit an assignment.

    Parameters
    ----------
    links
        The raw link table.
    demand
        Class by origin by destination, in vehicle equivalents.
    fixed
        Fixed cost, class by link, in units of time; infinite where a class may not go.
    flow
        Flow, class by link, in vehicle equivalents.
    routes
        The routes that make it up.
    marginal
        Whether the gap is one of marginal costs.
    relative_gap
        The gap that the solver claims.

    Raises
    ------
    AuditError
        Something does not hold.
    """
    if not (np.all(np.isfinite(flow)) and np.all(np.isfinite(routes.flow))):
        message = "a flow is not a number"
        raise AuditError(message)
    smallest = min(float(flow.min(initial=0.0)), float(routes.flow.min(initial=0.0)))
    if smallest < 0.0:
        message = f"a flow is negative: {smallest!r}"
        raise AuditError(message)
    _audit_ways(links, routes)
    wanted = demand.copy()
    wanted[:, np.arange(links.zones), np.arange(links.zones)] = 0.0
    served = _audit_demand(links, wanted, routes)
    _audit_loads(links, flow, routes)
    imbalance = _audit_nodes(links, wanted, flow)
    tstt, sptt = _totals(links, wanted, fixed, flow, marginal=marginal)
    if not (np.isfinite(tstt) and np.isfinite(sptt)):
        message = f"the total cost is {tstt!r}, and {sptt!r} on the shortest paths; neither may be but a number"
        raise AuditError(message)
    gap = (tstt - sptt) / tstt if tstt > 0.0 else 0.0
    if gap < -GAP_ROUNDING:
        message = f"the relative gap is negative: {gap:.3e}; the flows cost less than the shortest paths of the demand"
        raise AuditError(message)
    if not abs(gap - relative_gap) <= GAP_ROUNDING + GAP_SHARE * abs(gap):
        message = f"the relative gap is {gap:.6e}, the solver says {relative_gap:.6e}"
        raise AuditError(message)
    return Audit(max(gap, 0.0), tstt, sptt, imbalance, smallest, float(wanted.sum()), served)


def _audit_ways(links: LinkTable, routes: Routes) -> None:
    """Check that every route leads from its origin to its destination, link by link."""
    begin, end = routes.link_start[:-1], routes.link_start[1:]
    if not routes.flow.size:
        return
    if np.any(end <= begin):
        message = "a route has no links"
        raise AuditError(message)
    tail, head = links.from_node[routes.links], links.to_node[routes.links]
    pair = routes.pair
    inner = np.ones(tail.size, dtype=bool)
    inner[begin] = False
    broken = inner.copy()
    broken[1:] &= head[:-1] != tail[1:]
    blocked = inner & ~links.through[tail]
    for wrong, what in ((broken, "breaks off"), (blocked, "passes through a node that may not be passed through")):
        if wrong.any():
            route = int(routes.route[np.argmax(wrong)])
            raise AuditError(_named(links, routes, int(pair[route]), what))
    lost = (tail[begin] != routes.origin[pair]) | (head[end - 1] != routes.destination[pair])
    if lost.any():
        raise AuditError(_named(links, routes, int(pair[np.argmax(lost)]), "does not join its zones"))


def _named(links: LinkTable, routes: Routes, pair: int, what: str) -> str:
    return f"a route from {links.nodes[routes.origin[pair]]} to {links.nodes[routes.destination[pair]]} {what}"


def _audit_demand(links: LinkTable, wanted: Floats, routes: Routes) -> float:
    """Check that the routes of every pair carry its demand."""
    whole = np.bincount(routes.pair, routes.flow, routes.origin.size)
    place = np.ravel_multi_index((routes.class_number, routes.origin, routes.destination), wanted.shape)
    carried = np.bincount(place, whole, wanted.size).reshape(wanted.shape)
    off = np.abs(carried - wanted)
    worst = np.unravel_index(int(off.argmax()), off.shape) if off.size else None
    if worst is not None and off[worst] > ROUNDING * float(wanted[worst]):
        message = (f"demand from {links.nodes[int(worst[1])]} to {links.nodes[int(worst[2])]} is "
                   f"{float(wanted[worst])!r}, its routes carry {float(carried[worst])!r}")  # fmt: skip
        raise AuditError(message)
    return float(carried.sum())


def _audit_loads(links: LinkTable, flow: Floats, routes: Routes) -> None:
    """Check that the links carry the routes."""
    weight = routes.flow[routes.route]
    number = routes.class_number[routes.pair][routes.route]
    load = np.bincount(number * len(links) + routes.links, weight, flow.size).reshape(flow.shape)
    off = np.abs(load - flow) - ROUNDING * load
    if off.size and off.max() > 0.0:
        where, link = divmod(int(off.argmax()), len(links))
        message = f"{links.name_of(link)} carries {float(flow[where, link])!r}, the routes over it {float(load[where, link])!r}"
        raise AuditError(message)


def _audit_nodes(links: LinkTable, wanted: Floats, flow: Floats) -> float:
    """Check that flow is conserved at every node."""
    nodes, worst = len(links.nodes), 0.0
    for number in range(flow.shape[0]):
        out = np.bincount(links.from_node, flow[number], nodes)
        come = np.bincount(links.to_node, flow[number], nodes)
        begun, ended = np.zeros(nodes), np.zeros(nodes)
        begun[: links.zones], ended[: links.zones] = wanted[number].sum(axis=1), wanted[number].sum(axis=0)
        off = np.abs(come + begun - out - ended)
        over = off - ROUNDING * (come + begun)
        if over.max() > 0.0:
            node = int(over.argmax())
            message = f"flow is not conserved at node {links.nodes[node]}: {off[node]:.6g} too much or too little"
            raise AuditError(message)
        worst = max(worst, float(off.max()))
    return worst


def audit_figures(
    links: LinkTable, *, fixed: Floats, flow: Floats, marginal: bool, time: Floats, objective: float, tstt: float
) -> None:
    """Hold the figures of a result against those of the raw link table: times, objective and total cost.

    Parameters
    ----------
    links, fixed, flow, marginal
        As in :func:`audit_assignment`.
    time
        Time of every link.
    objective, tstt
        What was minimised, and the total cost.

    Raises
    ------
    AuditError
        One is another.
    """
    volume = flow.sum(axis=0)
    again, rise = _times(links, volume)
    off = ~(np.abs(again - time) <= ROUNDING * again)
    if off.any():
        link = int(np.flatnonzero(off)[0])
        message = (
            f"the time of {links.name_of(link)} is {float(time[link])!r}, at its flow it is {float(again[link])!r}"
        )
        raise AuditError(message)
    paid = float((flow * np.where(flow > 0.0, fixed, 0.0)).sum())
    total = float((volume * again).sum()) + paid
    integral = float((volume * (again - rise * links.power / (1.0 + links.power))).sum()) + paid
    for what, said, known in (("total cost", tstt, total), ("objective", objective, total if marginal else integral)):
        if not abs(said - known) <= ROUNDING * known:
            message = f"the {what} is given as {said!r}, the flows come to {known!r}"
            raise AuditError(message)


def _times(links: LinkTable, volume: Floats) -> tuple[Floats, Floats]:
    """Return the time of every link, and the part of it that grows with its flow."""
    varies = links.varies
    ratio = np.where(varies, volume / np.where(varies, links.capacity, 1.0), 0.0)
    bent = np.where(varies, ratio ** np.where(varies, links.power, 1.0), 0.0)
    level = np.where((links.power == 0) & np.isfinite(links.capacity), links.b, 0.0)
    rise = links.free_flow_time * links.b * bent
    return links.free_flow_time * (1.0 + level) + rise, rise


def _totals(links: LinkTable, wanted: Floats, fixed: Floats, flow: Floats, *, marginal: bool) -> tuple[float, float]:
    """Return the total cost, and what it would be if all took the shortest paths at the same link costs."""
    time, rise = _times(links, flow.sum(axis=0))
    if marginal:
        time = time + links.power * rise
    tstt = sptt = 0.0
    for number in range(flow.shape[0]):
        cost = time + fixed[number]
        used = flow[number] > 0.0
        if np.any(np.isinf(fixed[number][used])):
            link = int(np.flatnonzero(used & np.isinf(fixed[number]))[0])
            message = f"{links.name_of(link)} carries a class that may not go there"
            raise AuditError(message)
        tstt += float((cost[used] * flow[number][used]).sum())
        sptt += _shortest_total(links, cost, wanted[number])
    return tstt, sptt


def shortest_costs(links: LinkTable, cost: Floats, origins: Ints) -> Floats:
    """Return the cost of the shortest path from some zones to every zone, with SciPy's Dijkstra.

    A node that may not be passed through is split: what begins there leaves from a copy, and what arrives stays.
    """
    nodes = len(links.nodes)
    leaves = np.where(links.through, np.arange(nodes), nodes + np.arange(nodes))
    tail, usable = leaves[links.from_node], np.isfinite(cost)
    order = np.lexsort((cost, links.to_node, tail))
    order = order[usable[order]]
    tail, head, weight = tail[order], links.to_node[order], cost[order]
    cheapest = np.ones(tail.size, dtype=bool)  # of links that join the same nodes
    cheapest[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    begin = np.searchsorted(tail[cheapest], np.arange(2 * nodes + 1))
    graph: csr_array[np.float64, tuple[int, int]] = csr_array(
        (weight[cheapest], head[cheapest], begin), shape=(2 * nodes, 2 * nodes)
    )
    return np.asarray(dijkstra(graph, indices=leaves[origins]))[:, : links.zones]


def _shortest_total(links: LinkTable, cost: Floats, wanted: Floats) -> float:
    total = 0.0
    origins = np.flatnonzero(wanted.any(axis=1))
    for begin in range(0, origins.size, ROWS):
        some = origins[begin : begin + ROWS]
        trips = wanted[some]
        asked = trips > 0
        total += float((shortest_costs(links, cost, some)[asked] * trips[asked]).sum())
    return total
