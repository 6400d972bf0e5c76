"""Skims: what the best route between every two zones takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from karvan.case import Setting, meta_of
from karvan.network import State
from karvan.routes.cost import Commodity, arc_weights, generalised_usd_per_t
from karvan.routes.find import network_of
from karvan.routes.search import NO_PREDECESSOR, Graph

if TYPE_CHECKING:
    from collections.abc import Iterable

    from karvan.case import Case, Change, Meta
    from karvan.network import Network
    from karvan.routes.cost import Floats, Measure
    from karvan.routes.search import Tree


@dataclass(frozen=True)
class Skims:
    """What the best routes between zones take.

    Attributes
    ----------
    table
        One row per origin and destination, with distance_km, time_h, price_usd_per_t, resource_usd_per_t,
        generalised_usd_per_t and co2e_kg_per_t; NaN where nothing leads there, and within a zone.
    commodity, by
        What travels, and what was minimised.
    meta
        Where it comes from.
    """

    table: pd.DataFrame
    commodity: str
    by: str
    meta: Meta


def skim_zones(
    case: Case,
    *,
    commodity: str | None = None,
    scenario: str | None = None,
    projects: Iterable[str] = (),
    year: int | None = None,
    changes: Iterable[Change | str] = (),
    by: Measure = "generalised",
) -> Skims:
    """Return the skims between all zones of a case.

    Parameters
    ----------
    case
        The corridor.
    commodity, by
        As in :func:`karvan.find_routes`.
    scenario, projects, year, changes
        The setting: see :class:`karvan.case.Setting`.
    """
    setting = Setting.of(year=year, scenario=scenario, projects=projects, changes=changes)
    network = network_of(case, setting)
    goods = Commodity.of(network.applied, commodity)
    arcs = network.arcs(goods.form)
    zones = list(network.applied.rows("zone"))
    graph = Graph.of(arcs, arc_weights(arcs, goods, by), len(network.index), np.ones(len(arcs), dtype=bool))
    columns = {
        "distance_km": arcs.length_km,
        "time_h": arcs.time_h,
        "price_usd_per_t": arcs.price_usd_per_t,
        "resource_usd_per_t": arcs.resource_usd_per_t,
        "generalised_usd_per_t": generalised_usd_per_t(arcs, goods),
        "co2e_kg_per_t": arcs.co2e_kg_per_t,
    }
    frames = [_from_zone(network, graph, zone, columns) for zone in zones]
    names = ["origin", "destination", *columns]
    table = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=names)
    request = {"stage": "skims", "commodity": goods.id, "by": by}
    return Skims(table, goods.id, by, meta_of(case, network.applied.setting, request))


def _from_zone(network: Network, graph: Graph, zone: str, columns: dict[str, Floats]) -> pd.DataFrame:
    zones = list(network.applied.rows("zone"))
    tree = graph.search(network.index.number[State("zone_out", zone)])
    ends = np.array([network.index.number[State("zone_in", other)] for other in zones])
    outside = np.isfinite(tree.distance[ends]) & (np.array(zones) != zone)
    sums = _along(tree, ends, {name: values[graph.origin] for name, values in columns.items()})
    values = {name: np.where(outside, total, np.nan) for name, total in sums.items()}
    return pd.DataFrame({"origin": zone, "destination": zones, **values})


def _along(
    tree: Tree, ends: np.ndarray[tuple[int], np.dtype[np.int64]], columns: dict[str, Floats]
) -> dict[str, Floats]:
    """Return the sums of columns along the tree's paths to some states, all paths in step."""
    graph = tree.graph
    sums: dict[str, Floats] = {name: np.zeros(len(ends)) for name in columns}
    here = ends.copy()
    while True:
        before = tree.predecessor[here].astype(np.int64)
        moving = before != NO_PREDECESSOR
        if not moving.any():
            return sums
        arc = tree.used[np.searchsorted(tree.keys, before[moving] * graph.states + here[moving])]
        for name, values in columns.items():
            sums[name][moving] += values[arc]
        here = np.where(moving, before, here)
