"""What every assignment on a dense network is held against before it is handed out.

The audit knows nothing of the solver. It takes the raw link table, the demand, and the flows, and finds anew: that every
route is a way from its origin to its destination which passes through no node it may not; that the routes carry the demand;
that the links carry the routes; that at every node as much goes out as comes in and begins; that nothing is negative; and the
relative gap, with times of its own and with SciPy's Dijkstra on the raw link table.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import cache, cached_property, lru_cache
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
#: Networks whose places in a sparse matrix are kept, by their content.
KEPT = 4


@cache
def _kernels() -> Any:  # noqa: ANN401 - Numba infers types
    from karvan.flows import audit_kernels  # noqa: PLC0415 - compiles, or loads what was compiled

    return audit_kernels


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
    wanted = demand.copy()
    within_zones(wanted)[:] = 0.0
    smallest, served, imbalance = _audit_flows(links, wanted, flow, routes)
    tstt, sptt = _totals(links, wanted, fixed, flow, marginal=marginal)
    if not (math.isfinite(tstt) and math.isfinite(sptt)):
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


def within_zones(demand: Floats) -> Floats:
    """Return demand within zones, one row per class: a view of demand that lies in one piece."""
    classes, zones, _ = demand.shape
    return demand.reshape(classes, zones * zones)[:, :: zones + 1]


def _audit_flows(links: LinkTable, wanted: Floats, flow: Floats, routes: Routes) -> tuple[float, float, float]:
    """Check flows and routes; return the smallest flow, what is served, and the largest imbalance of a node."""
    sound, smallest, served, imbalance = _kernels().holds(
        links.zones, wanted, flow, routes.class_number, routes.origin, routes.destination, routes.route_start,
        routes.link_start, routes.links, routes.flow, links.from_node, links.to_node, links.through, ROUNDING,
    )  # fmt: skip
    if not sound:  # one by one, to say what is wrong
        smallest = _audit_signs(links, wanted, flow, routes)
        _audit_ways(links, wanted, routes)
        served = _audit_demand(links, wanted, routes)
        _audit_loads(links, flow, routes)
        imbalance = _audit_nodes(links, wanted, flow)
    return float(smallest), float(served), float(imbalance)


def _audit_signs(links: LinkTable, wanted: Floats, flow: Floats, routes: Routes) -> float:
    """Check that every flow is a number, and none negative; return the smallest."""
    if flow.shape != (wanted.shape[0], len(links)) or wanted.shape[1:] != (links.zones, links.zones):
        message = f"flows of shape {flow.shape} and demand of shape {wanted.shape} are not of one network"
        raise AuditError(message)
    lows = [float(_kernels().least(each)) for each in (flow.ravel(), routes.flow)]
    if not all(map(math.isfinite, lows)):
        message = "a flow is not a number"
        raise AuditError(message)
    if min(lows) < 0.0:
        message = f"a flow is negative: {min(lows)!r}"
        raise AuditError(message)
    return min(lows)


def _audit_ways(links: LinkTable, wanted: Floats, routes: Routes) -> None:
    """Check that every route leads from its origin to its destination, link by link."""
    found, pair = _kernels().follow(
        wanted.shape, routes.class_number, routes.origin, routes.destination, routes.route_start, routes.link_start,
        routes.links, routes.flow, links.from_node, links.to_node, links.through,
    )  # fmt: skip
    if found:
        what = _kernels().WRONG[found]
        raise AuditError(what if pair < 0 else _named(links, routes, pair, what))


def _named(links: LinkTable, routes: Routes, pair: int, what: str) -> str:
    return f"a route from {links.nodes[routes.origin[pair]]} to {links.nodes[routes.destination[pair]]} {what}"


def _audit_demand(links: LinkTable, wanted: Floats, routes: Routes) -> float:
    """Check that the routes of every pair carry its demand."""
    served, place, carried = _kernels().demand_carried(
        wanted, routes.class_number, routes.origin, routes.destination, routes.route_start, routes.flow, ROUNDING
    )
    if place >= 0:
        number, origin, destination = np.unravel_index(place, wanted.shape)
        message = (f"demand from {links.nodes[origin]} to {links.nodes[destination]} is "
                   f"{float(wanted[number, origin, destination])!r}, its routes carry {carried!r}")  # fmt: skip
        raise AuditError(message)
    return float(served)


def _audit_loads(links: LinkTable, flow: Floats, routes: Routes) -> None:
    """Check that the links carry the routes."""
    place, load = _kernels().links_loaded(
        flow, routes.class_number, routes.route_start, routes.link_start, routes.links, routes.flow, ROUNDING
    )
    if place >= 0:
        where, link = divmod(place, len(links))
        message = f"{links.name_of(link)} carries {float(flow[where, link])!r}, the routes over it {load!r}"
        raise AuditError(message)


def _audit_nodes(links: LinkTable, wanted: Floats, flow: Floats) -> float:
    """Check that flow is conserved at every node."""
    worst, node, off = _kernels().nodes_balanced(
        len(links.nodes), wanted, flow, links.from_node, links.to_node, ROUNDING
    )
    if node >= 0:
        message = f"flow is not conserved at node {links.nodes[node]}: {off:.6g} too much or too little"
        raise AuditError(message)
    return float(worst)


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
    link, again, total, integral = _kernels().known_figures(*_delays(links), fixed, flow, time, ROUNDING)
    if link >= 0:
        message = f"the time of {links.name_of(link)} is {float(time[link])!r}, at its flow it is {float(again)!r}"
        raise AuditError(message)
    for what, said, known in (("total cost", tstt, total), ("objective", objective, total if marginal else integral)):
        if not abs(said - known) <= ROUNDING * known:
            message = f"the {what} is given as {said!r}, the flows come to {known!r}"
            raise AuditError(message)


def _delays(links: LinkTable) -> tuple[Floats, ...]:
    """Return what the times of links follow from, as the kernels take it."""
    plain = np.ascontiguousarray
    return (plain(links.free_flow_time, float), plain(links.b, float), plain(links.power, float),
            plain(links.capacity, float))  # fmt: skip


def _totals(links: LinkTable, wanted: Floats, fixed: Floats, flow: Floats, *, marginal: bool) -> tuple[float, float]:
    """Return the total cost, and what it would be if all took the shortest paths at the same link costs."""
    cost = np.empty(flow.shape)
    tstt, barred = _kernels().class_costs(*_delays(links), marginal, fixed, flow, cost)
    if barred >= 0:
        message = f"{links.name_of(barred)} carries a class that may not go there"
        raise AuditError(message)
    return float(tstt), sum((_shortest_total(links, *each) for each in zip(cost, wanted, strict=True)), 0.0)


@dataclass(frozen=True, eq=False)
class _Places:
    """Where links stand in a sparse matrix, one place for those that join the same nodes.

    Attributes
    ----------
    leaves
        Where each node is left from: itself, or a copy where it may not be passed through.
    order, first
        The links in order of their places, and where each place begins among them; None where no two share one.
    template
        The matrix, without costs.
    """

    leaves: Ints
    order: Ints
    first: Ints | None
    template: csr_array[np.float64, tuple[int, int]]

    def graph(self, cost: Floats) -> csr_array[np.float64, tuple[int, int]]:
        """Return the links at some costs as SciPy wants them, the cheapest of those that join the same nodes."""
        least = np.fmin(cost, np.inf)[self.order]  # what is no number is no way
        if self.first is not None:
            least = np.minimum.reduceat(least, self.first)
        graph = csr_array.__new__(csr_array)  # as a copy is made, without what a copy asks before
        vars(graph).update(vars(self.template), data=least)
        return graph


@lru_cache(maxsize=KEPT)
def _places(nodes: int, from_node: bytes, to_node: bytes, through: bytes) -> _Places:
    """Return the places of links, from the bytes of their ends: equal bytes have equal places.

    A node that may not be passed through is split: what begins there leaves from a copy, and what arrives stays.
    """
    tail, head = (np.frombuffer(ends, dtype=np.int64) for ends in (from_node, to_node))
    free = np.frombuffer(through, dtype=bool)
    leaves = np.where(free, np.arange(nodes), nodes + np.cumsum(~free) - 1)
    states = nodes + int((~free).sum())
    place = leaves[tail] * states + head
    order = np.argsort(place, kind="stable")
    first = np.flatnonzero(np.diff(place[order], prepend=-1))
    at = place[order][first]
    row = np.searchsorted(at // states, np.arange(states + 1)).astype(np.int32)
    template = csr_array((np.empty(at.size), (at % states).astype(np.int32), row), shape=(states, states))
    return _Places(leaves, order, first if first.size < order.size else None, template)


def _places_of(links: LinkTable) -> _Places:
    ends = (np.asarray(links.from_node, dtype=np.int64), np.asarray(links.to_node, dtype=np.int64))
    return _places(len(links.nodes), *(each.tobytes() for each in ends), links.through.tobytes())


def shortest_costs(links: LinkTable, cost: Floats, origins: Ints) -> Floats:
    """Return the cost of the shortest path from some zones to every zone, with SciPy's Dijkstra; infinite: no way."""
    places = _places_of(links)
    return np.asarray(dijkstra(places.graph(cost), indices=places.leaves[origins]))[:, : links.zones]


def _shortest_total(links: LinkTable, cost: Floats, wanted: Floats) -> float:
    places, total = _places_of(links), 0.0
    graph, origins = places.graph(cost), np.empty(len(wanted), dtype=np.int64)
    origins = origins[: _kernels().find_origins(wanted, origins)]
    for begin in range(0, origins.size, ROWS):
        some = origins[begin : begin + ROWS]
        # where all begin somewhere it need not be told which do
        chosen = places.leaves[some] if some.size < graph.shape[0] else None
        total += float(_kernels().wanted_total(dijkstra(graph, indices=chosen), wanted, some))
    return total
