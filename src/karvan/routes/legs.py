"""From the arcs of a path to a route with its legs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from karvan.network import ArcKind
from karvan.routes.cost import generalised_usd_per_t
from karvan.routes.results import Leg, Route, lowest_confidence
from karvan.routes.spread import price_spread, time_spread

if TYPE_CHECKING:
    from karvan.network import Arcs, Network
    from karvan.routes.cost import Commodity
    from karvan.routes.search import Path

_LEG_KINDS = {
    ArcKind.LOAD: "load",
    ArcKind.MOVE: "move",
    ArcKind.BORDER: "crossing",
    ArcKind.TRANSFER: "transfer",
    ArcKind.UNLOAD: "unload",
}


@dataclass
class Totals:
    """What has added up so far along a route."""

    km: float = 0.0
    hours: float = 0.0
    usd_per_t: float = 0.0


def make_route(
    network: Network, arcs: Arcs, commodity: Commodity, path: Path, rank: int, stops: frozenset[str] = frozenset()
) -> Route:
    """Return the route of a path.

    Parameters
    ----------
    network, arcs, commodity, path, rank
        What was searched, and what was found.
    stops
        Nodes at which a leg ends although goods go on.
    """
    numbers = [arc for arc in path.arcs if arcs.kind[arc] != ArcKind.ZONE]
    totals = Totals()
    legs = _mark_breaks(
        network, [_leg(network, arcs, group, totals) for group in _groups(network, arcs, numbers, stops)]
    )
    time_h = float(arcs.time_h[numbers].sum())
    price = float(arcs.price_usd_per_t[numbers].sum())
    moves = [leg for leg in legs if leg.kind == "move"]
    assumed = sum(leg.time_h for leg in legs if leg.assumed)
    return Route(
        rank=rank,
        distance_km=float(arcs.length_km[numbers].sum()),
        time_h=time_spread(network.applied, arcs, numbers),
        price_usd_per_t=price,
        price_usd_per_feu=price * commodity.payload_t_per_feu,
        price_range_usd_per_t=price_spread(network.applied, arcs, numbers),
        resource_usd_per_t=float(arcs.resource_usd_per_t[numbers].sum()),
        generalised_usd_per_t=float(generalised_usd_per_t(arcs, commodity)[numbers].sum()),
        standing_share=float(arcs.standing_h[numbers].sum()) / time_h if time_h > 0 else 0.0,
        co2e_kg_per_t=float(arcs.co2e_kg_per_t[numbers].sum()),
        modes=tuple(mode for mode, _ in groupby(leg.mode for leg in moves)),
        borders=tuple(leg.crossing for leg in legs if leg.kind == "crossing"),
        gauge_breaks=tuple(leg.from_node for leg in legs if leg.gauge_break),
        assumed_share=assumed / time_h if time_h > 0 else 0.0,
        legs=legs,
    )


def _groups(network: Network, arcs: Arcs, numbers: list[int], stops: frozenset[str]) -> list[list[int]]:
    """Return the arcs leg by leg: a stretch is what runs on one mode in one country; each sailing is a leg of its own."""
    groups: list[list[int]] = []
    for arc in numbers:
        last = groups[-1][-1] if groups else None
        same = (
            last is not None
            and arcs.kind[arc] == arcs.kind[last] == ArcKind.MOVE
            and arcs.mode[arc] == arcs.mode[last]
            and arcs.country[arc] == arcs.country[last]
            and arcs.wait_h[arc] == 0.0
            and network.index.states[int(arcs.tail[arc])].place not in stops
        )
        if same:
            groups[-1].append(arc)
        else:
            groups.append([arc])
    return groups


def _leg(network: Network, arcs: Arcs, group: list[int], totals: Totals) -> Leg:
    first, last = group[0], group[-1]
    kind = ArcKind(int(arcs.kind[first]))
    origin, destination = _node(network, int(arcs.tail[first])), _node(network, int(arcs.head[last]))
    rows = _rows(arcs, group, kind)
    case = network.applied.case
    under_way = float(arcs.sd_h[group].sum())
    leg = Leg(
        kind=_LEG_KINDS[kind],
        name=_name(network, arcs, group, kind),
        mode=str(arcs.mode[first]),
        country=str(arcs.country[first]),
        from_node=origin,
        to_node=destination,
        start_km=totals.km,
        start_h=totals.hours,
        start_usd_per_t=totals.usd_per_t,
        distance_km=float(arcs.length_km[group].sum()),
        time_h=float(arcs.time_h[group].sum()),
        moving_h=float(arcs.move_h[group].sum()),
        wait_h=float(arcs.wait_h[group].sum()),
        sd_h=float(np.hypot(under_way, np.sqrt((arcs.wait_sd_h[group] ** 2).sum()))),
        price_usd_per_t=float(arcs.price_usd_per_t[group].sum()),
        resource_usd_per_t=float(arcs.resource_usd_per_t[group].sum()),
        co2e_kg_per_t=float(arcs.co2e_kg_per_t[group].sum()),
        gauge_break=False,
        crossing=_crossing(network, arcs, first) if kind is ArcKind.BORDER else "",
        links=tuple(dict.fromkeys(str(arcs.row[arc]) for arc in group)) if kind is ArcKind.MOVE else (),
        rows=tuple(f"{table}:{row}" for table, row in rows),
        confidence=lowest_confidence(case.rows(table)[row]["confidence"] for table, row in rows),
        assumed=any(case.is_assumption(table, row) for table, row in rows),
        sources=tuple(dict.fromkeys(name for table, row in rows for name in case.rows(table)[row]["source"])),
    )
    totals.km += leg.distance_km
    totals.hours += leg.time_h
    totals.usd_per_t += leg.price_usd_per_t
    return leg


def _rows(arcs: Arcs, group: list[int], kind: ArcKind) -> list[tuple[str, str]]:
    """Return the rows that a leg rests on."""
    found: dict[tuple[str, str], None] = {}
    for arc in group:
        if kind is ArcKind.MOVE:
            found["link", str(arcs.row[arc])] = None
        elif kind is ArcKind.BORDER:
            found["border", str(arcs.border[arc])] = None
        elif arcs.row[arc]:
            found["terminal", str(arcs.row[arc])] = None
        if arcs.service[arc]:
            found["service", str(arcs.service[arc])] = None
    return list(found)


def _node(network: Network, number: int) -> str:
    """Return the node of a state; before a border the node on the near side, after it the one on the far side."""
    state = network.index.states[number]
    if state.kind not in ("before", "after"):
        return state.place
    link = network.applied.rows("link")[state.place]
    near, far = (link["from_node_id"], link["to_node_id"])[:: 1 if state.mode == "+" else -1]
    return str(near if state.kind == "before" else far)


def _mark_breaks(network: Network, legs: list[Leg]) -> tuple[Leg, ...]:
    """Mark the transfer at which goods go from one gauge to another, by a terminal of its own or by way of the yard."""
    gauges = network.applied.rows("link")
    marked = list(legs)
    gauge, transfer = 0.0, -1
    for number, leg in enumerate(legs):
        if leg.kind == "transfer" and transfer < 0:
            transfer = number
        if leg.kind != "move":
            continue
        now = float(gauges[leg.links[0]]["gauge_mm"]) if leg.mode == "rail" else 0.0
        if gauge and now and gauge != now and transfer >= 0:
            marked[transfer] = replace(legs[transfer], gauge_break=True)
        gauge, transfer = now, -1
    return tuple(marked)


def _crossing(network: Network, arcs: Arcs, arc: int) -> str:
    return str(network.applied.rows("border")[arcs.border[arc]]["crossing_id"])


def _name(network: Network, arcs: Arcs, group: list[int], kind: ArcKind) -> str:
    rows = network.applied.rows
    first = group[0]
    if kind is ArcKind.BORDER:
        return str(rows("border")[arcs.border[first]]["name"])
    if kind is ArcKind.MOVE:
        names = dict.fromkeys(str(rows("link")[arcs.row[arc]]["name"]) for arc in group)
        known = [name for name in names if name]
        return known[0] if len(known) == 1 else f"{arcs.mode[first]} in {arcs.country[first]}"
    state = network.index.states[int(arcs.head[first] if kind is not ArcKind.UNLOAD else arcs.tail[first])]
    place = str(rows("node")[state.place]["name"])
    if kind is ArcKind.TRANSFER:
        before = network.index.states[int(arcs.tail[first])]
        if before.mode == state.mode == "rail":
            return f"{place}: {before.gauge_mm} to {state.gauge_mm} mm"
        return f"{place}: {before.mode} to {state.mode}"
    return f"{place}: {'load' if kind is ArcKind.LOAD else 'unload'} ({state.mode})"
