"""Finding routes: the question, its search, and what stands in the way where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from karvan.case import Setting, meta_of
from karvan.errors import NoRouteError, RequestError, UnknownNameError
from karvan.network import MODES, ArcKind, State, build_network
from karvan.routes.alternatives import Alternatives
from karvan.routes.audit import audit_optimum, audit_route
from karvan.routes.cost import Commodity, arc_weights
from karvan.routes.legs import make_route
from karvan.routes.places import find_avoid, find_place
from karvan.routes.results import Routes
from karvan.routes.search import Graph

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from karvan.case import Case, Change
    from karvan.network import Arcs, Network
    from karvan.routes.cost import Measure
    from karvan.routes.places import Avoid, Place
    from karvan.routes.search import Bools, Path

#: Weight of a shut or unbuilt arc in the search for what cuts a route: above any real cost.
CUT_WEIGHT = 1e7
#: Most routes that one question may ask for.
MOST_ROUTES = 100


@lru_cache(maxsize=32)
def network_of(case: Case, setting: Setting) -> Network:
    """Return the network of a case under a setting; the latest few are kept."""
    return build_network(case.apply(setting))


@dataclass(frozen=True)
class _Question:
    origin: Place
    destination: Place
    commodity: Commodity
    modes: tuple[str, ...]
    by: Measure
    k: int
    avoid: tuple[Avoid, ...]
    via: tuple[Place, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was taken for granted about places."""
        return tuple(place.note for place in (self.origin, *self.via, self.destination) if place.note)


def find_routes(
    case: Case,
    origin: str,
    destination: str,
    *,
    commodity: str | None = None,
    modes: Iterable[str] = (),
    scenario: str | None = None,
    projects: Iterable[str] = (),
    year: int | None = None,
    changes: Iterable[Change | str] = (),
    k: int = 1,
    by: Measure = "generalised",
    avoid: Iterable[str] = (),
    via: Iterable[str] = (),
) -> Routes:
    """Find the best route of a tonne between two places, and alternatives that differ from it.

    Of the routes returned any two share at most the case's `max_shared_cost` (60 %) of the cheaper one's cost, or differ in
    crossings or modes. The first is the optimum.

    Parameters
    ----------
    case
        The corridor.
    origin, destination
        Nodes or zones, by id or name.
    commodity
        Row of commodity.csv; by default the case's own default.
    modes
        Modes of the links that may be used; empty is all of them. Transfers are never filtered.
    scenario, projects, year, changes
        The setting: see :class:`karvan.case.Setting`.
    k
        How many routes, 1 to 100.
    by
        What to minimise: ``generalised`` cost, ``time``, ``cost`` (the price) or ``co2e``.
    avoid
        Nodes, crossings, countries or links to keep clear of.
    via
        Places to pass, in order.

    Raises
    ------
    UnknownNameError
        A name is not there; the error has the nearest ones.
    NoRouteError
        Nothing leads there; the error says what cuts it.
    RequestError
        The question contradicts itself, or its year lies beyond the horizon of the case.
    """
    setting = Setting.of(year=year, scenario=scenario, projects=projects, changes=changes)
    case.refuse_beyond_horizon(year)
    network = network_of(case, setting)
    applied = network.applied
    question = _Question(
        origin=find_place(applied, origin),
        destination=find_place(applied, destination),
        commodity=Commodity.of(applied, commodity),
        modes=_check_modes(modes),
        by=by,
        k=_check_count(k),
        avoid=tuple(find_avoid(applied, text) for text in avoid),
        via=tuple(find_place(applied, text) for text in via),
    )
    return _answer(network, question)


@dataclass(frozen=True, eq=False)
class Trace:
    """The best route of a question as arcs of its network, for what looks below the legs.

    Attributes
    ----------
    network, arcs
        What was searched.
    commodity
        What travels.
    numbers
        The arcs of the route in order, without the free ones of zones.
    """

    network: Network
    arcs: Arcs
    commodity: Commodity
    numbers: tuple[int, ...]


def trace_route(
    network: Network,
    origin: str,
    destination: str,
    *,
    commodity: str | None = None,
    modes: Iterable[str] = (),
    via: Iterable[str] = (),
) -> Trace:
    """Return the best route by generalised cost as arcs.

    Parameters
    ----------
    network
        Of a case under a setting.
    origin, destination, commodity, modes, via
        As in :func:`find_routes`.

    Raises
    ------
    UnknownNameError, NoRouteError, RequestError
        As in :func:`find_routes`.
    """
    applied = network.applied
    question = _Question(
        origin=find_place(applied, origin),
        destination=find_place(applied, destination),
        commodity=Commodity.of(applied, commodity),
        modes=_check_modes(modes),
        by="generalised",
        k=1,
        avoid=(),
        via=tuple(find_place(applied, text) for text in via),
    )
    arcs, paths = _search(network, question)
    numbers = tuple(arc for arc in paths[0].arcs if arcs.kind[arc] != ArcKind.ZONE)
    return Trace(network, arcs, question.commodity, numbers)


def _check_modes(modes: Iterable[str]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(modes))
    for name in names:
        if name not in MODES:
            raise UnknownNameError("mode", name, MODES)
    return names


def _check_count(k: int) -> int:
    if not 1 <= k <= MOST_ROUTES:
        message = f"k is {k}. Ask for 1 to {MOST_ROUTES} routes."
        raise RequestError(message)
    return k


def _search(network: Network, question: _Question) -> tuple[Arcs, list[Path]]:
    """Return the network's arcs and the paths that answer a question; the first is proved."""
    applied = network.applied
    if (question.origin.kind, question.origin.id) == (question.destination.kind, question.destination.id):
        message = f"Origin and destination are both {question.origin.name}. Name two places."
        raise RequestError(message)
    arcs = network.arcs(question.commodity.form)
    weight = arc_weights(arcs, question.commodity, question.by)
    source, target = _end(network, question.origin, "out"), _end(network, question.destination, "in")
    via = [_via_states(network, place) for place in question.via]
    graph = Graph.of(arcs, weight, len(network.index), _allowed(network, arcs, question), via)
    goal = target + len(via) * len(network.index)
    crossings = {name: row["crossing_id"] for name, row in applied.rows("border").items()}
    finder = Alternatives(
        graph, arcs, [crossings.get(name, "") for name in arcs.border], source, goal, weight,
        applied.case.config.routes.max_shared_cost,
    )  # fmt: skip
    paths, tree = finder.find(question.k)
    if not paths:
        raise NoRouteError(question.origin.name, question.destination.name, _cuts(network, question))
    audit_optimum(graph.tail, graph.head, graph.weight, tree.distance, paths[0].weight, (source, goal))
    return arcs, paths


def _answer(network: Network, question: _Question) -> Routes:
    applied = network.applied
    arcs, paths = _search(network, question)
    stops = frozenset(node for place in question.via for node in _nodes(network, place))
    routes = tuple(
        make_route(network, arcs, question.commodity, path, rank, stops) for rank, path in enumerate(paths, start=1)
    )
    for route in routes:
        audit_route(network, route)
    return Routes(
        origin=question.origin.id,
        destination=question.destination.id,
        origin_name=question.origin.name,
        destination_name=question.destination.name,
        commodity=question.commodity.id,
        by=question.by,
        asked=question.k,
        routes=routes,
        notes=(*question.notes, *applied.notes, *_fewer(question.k, len(routes))),
        meta=meta_of(applied.case, applied.setting, _request(question)),
    )


def _request(question: _Question) -> dict[str, object]:
    return {
        "stage": "routes",
        "origin": question.origin.id,
        "destination": question.destination.id,
        "commodity": question.commodity.id,
        "modes": list(question.modes),
        "by": question.by,
        "k": question.k,
        "avoid": [f"{item.kind}:{item.id}" for item in question.avoid],
        "via": [place.id for place in question.via],
    }


def _fewer(asked: int, found: int) -> tuple[str, ...]:
    if found == asked:
        return ()
    verb = "differs" if found == 1 else "differ"
    return (f"{asked} routes were asked for; {found} {verb} enough to be called another route",)


def _end(network: Network, place: Place, way: str) -> int:
    kind = "zone" if place.kind == "zone" else "gate"
    return network.index.number[State(f"{kind}_{way}", place.id)]


def _nodes(network: Network, place: Place) -> tuple[str, ...]:
    if place.kind == "zone":
        gateways: tuple[str, ...] = network.applied.rows("zone")[place.id]["gateways"]
        return gateways
    return (place.id,)


def _via_states(network: Network, place: Place) -> Sequence[int]:
    return [number for node in _nodes(network, place) for number in network.index.at_node.get(node, ())]


def _allowed(network: Network, arcs: Arcs, question: _Question) -> Bools:
    """Return which arcs the question lets goods use."""
    allowed = np.ones(len(arcs), dtype=bool)
    if question.modes:
        allowed &= (arcs.kind != ArcKind.MOVE) | np.isin(arcs.mode.astype(str), question.modes)
    for item in question.avoid:
        allowed &= ~_avoided(network, arcs, item)
    return allowed


def _avoided(network: Network, arcs: Arcs, item: Avoid) -> Bools:
    if item.kind == "country":
        return np.asarray(arcs.country == item.id, dtype=bool)
    if item.kind == "link":
        return np.asarray(arcs.row == item.id, dtype=bool)
    if item.kind == "crossing":
        borders = network.applied.rows("border").items()
        return np.isin(arcs.border.astype(str), [name for name, row in borders if row["crossing_id"] == item.id])
    nodes = set(network.applied.rows("zone")[item.id]["gateways"]) if item.kind == "zone" else {item.id}
    inside = np.array(
        [state.place in nodes and state.kind in ("mode", "gate_out", "gate_in") for state in network.index.states]
    )
    flags: Bools = inside[arcs.tail] | inside[arcs.head]
    return flags


def _cuts(network: Network, question: _Question) -> list[str]:
    """Return what stands in the way: shut crossings and unbuilt links on the way that meets the fewest of them."""
    arcs = network.arcs(question.commodity.form, relaxed=True)
    cut = np.array([bool(text) for text in arcs.cut])
    weight = arc_weights(arcs, question.commodity, question.by) + np.where(cut, CUT_WEIGHT, 0.0)
    source, target = _end(network, question.origin, "out"), _end(network, question.destination, "in")
    via = [_via_states(network, place) for place in question.via]
    goal = target + len(via) * len(network.index)
    everything = np.ones(len(arcs), dtype=bool)
    asked = _allowed(network, arcs, question)
    for allowed, limits in ((asked, []), (everything, _limits(question))):
        graph = Graph.of(arcs, weight, len(network.index), allowed, via)
        tree = graph.search(source)
        if not np.isfinite(tree.distance[goal]):
            continue
        walk = [int(graph.origin[arc]) for arc in tree.walk(goal) if graph.origin[arc] >= 0]
        texts = [part for arc in walk for part in str(arcs.cut[arc]).split("; ") if part]
        return list(dict.fromkeys([*limits, *texts]))
    return []


def _limits(question: _Question) -> list[str]:
    limits = [f"only {' and '.join(question.modes)} may be used"] if question.modes else []
    return limits + [f"{item.id} is to be avoided" for item in question.avoid]
