"""Whose goods pass: transit, imports, exports and domestic goods of every country and crossing, and vehicles by direction.

Goods are in transit in a country that they pass without beginning or ending there. Over a crossing, goods are trade of its two
sides where they begin on one and end on the other; else they are transit.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from karvan.case.remember import remembered
from karvan.network import FORMS, ArcKind
from karvan.network.services import service_index
from karvan.network.states import SEA_MODES

if TYPE_CHECKING:
    from karvan.flows.corridor_results import CorridorFlows
    from karvan.flows.problem import Floats, Ints


@remembered(4)
def by_country(flows: CorridorFlows) -> pd.DataFrame:
    """Return tonnes a year of every country that goods pass: domestic, export, import, transit, and tonne-km on its soil.

    Domestic goods begin and end in the country; they may pass another on their way.
    """
    countries, ends = _ends(flows)
    number, route, flow = flows.class_flows
    tonnes = flow * flows.model.days
    passes, length = _soil(flows, countries)
    rows = []
    for c, country in enumerate(countries):
        here = passes[route, c] > 0
        begins, stops = ends[number, 0] == c, ends[number, 1] == c
        parts = {
            "domestic": begins & stops, "export": begins & ~stops, "import": stops & ~begins, "transit": ~begins & ~stops,
        }  # fmt: skip
        sums = {f"{name}_t_per_year": float(tonnes[here & mask].sum()) for name, mask in parts.items()}
        km = tonnes * length[route, c]
        transit_tkm = float(km[here & parts["transit"]].sum())
        if any(sums.values()):
            rows.append(
                {"country": country, **sums, "tkm_per_year": float(km.sum()), "transit_tkm_per_year": transit_tkm}
            )
    table = pd.DataFrame(rows, columns=["country", "domestic_t_per_year", "export_t_per_year", "import_t_per_year",
                                        "transit_t_per_year", "tkm_per_year", "transit_tkm_per_year"])  # fmt: skip
    return table.sort_values("transit_t_per_year", ascending=False, kind="stable").reset_index(drop=True)


@remembered(4)
def by_crossing(flows: CorridorFlows) -> pd.DataFrame:
    """Return what passes every crossing between two countries, by mode and direction.

    Tonnes a year, of them trade of the two sides and transit; loaded vehicles a day, those that run (both directions run as
    many as the fuller one) and the share of them that is empty.
    """
    applied, days = flows.model.network.applied, flows.model.days
    services = service_index(applied.rows("service"))
    sums: dict[tuple[str, ...], dict[str, float]] = defaultdict(
        lambda: dict.fromkeys(("flow", "trade", "vehicles"), 0.0)
    )
    for (form, border), (total, own) in _border_flows(flows).items():
        row = applied.rows("border")[border]
        if not (row["from_country"] and row["to_country"]):
            continue
        net = services.find(row["mode"], row["from_country"], form).vehicle_net_t
        place = sums[row["crossing_id"], row["name"], row["mode"], row["from_country"], row["to_country"]]
        place["flow"] += total
        place["trade"] += own
        place["vehicles"] += total / days / net if net > 0 else 0.0
    rows = []
    for (crossing, name, mode, one, two), place in sums.items():
        back = next((other["vehicles"] for (c, _, m, a, b), other in sums.items()
                     if (c, m, a, b) == (crossing, mode, two, one)), 0.0)  # fmt: skip
        run = max(place["vehicles"], back)
        rows.append({
            "crossing_id": crossing, "name": name, "mode": mode, "from_country": one, "to_country": two,
            "flow_t_per_year": place["flow"], "trade_t_per_year": place["trade"],
            "transit_t_per_year": place["flow"] - place["trade"], "vehicles_per_day": place["vehicles"],
            "run_per_day": run, "empty_share": 1 - place["vehicles"] / run if run > 0 else 0.0,
        })  # fmt: skip
    table = pd.DataFrame(rows, columns=_CROSSING_COLUMNS)
    keys = ["flow_t_per_year", "crossing_id", "mode", "from_country"]
    return table.sort_values(keys, ascending=[False, True, True, True]).reset_index(drop=True)


_CROSSING_COLUMNS = [
    "crossing_id", "name", "mode", "from_country", "to_country", "flow_t_per_year", "trade_t_per_year", "transit_t_per_year",
    "vehicles_per_day", "run_per_day", "empty_share",
]  # fmt: skip


def _ends(flows: CorridorFlows) -> tuple[list[str], Ints]:
    """Return the countries, and those of both ends of every class."""
    applied = flows.model.network.applied
    zones = {name: str(row["country"]) for name, row in applied.rows("zone").items()}
    countries = sorted({*zones.values(), *(str(row["country"]) for row in applied.rows("node").values())} - {""})
    place = {country: number for number, country in enumerate(countries)}
    ends = np.array(
        [[place[zones[stream.origin]], place[zones[stream.destination]]] for stream in flows.model.base],
        dtype=np.int64,
    ).reshape(-1, 2)
    return countries, ends


def _soil(flows: CorridorFlows, countries: list[str]) -> tuple[Floats, Floats]:
    """Return how often every route touches a country on land, and its kilometres there."""
    laid = flows.model.laid
    touches, lengths = [], []
    for form in FORMS:
        arcs = flows.model.forms[form].arcs
        pointer, mine = laid.standing[form].arcs
        moves = arcs.kind == ArcKind.MOVE
        place = {country: number for number, country in enumerate(countries)}
        here = np.array([place.get(country, -1) for country in arcs.country.tolist()], dtype=np.int64)
        at = np.flatnonzero(moves & (here >= 0))
        shape = (len(arcs), len(countries))
        uses = csr_array((np.ones(len(mine)), mine, pointer), shape=(len(pointer) - 1, len(arcs)))
        touches.append((uses @ csr_array((np.ones(len(at)), (at, here[at])), shape=shape)).toarray())
        # the sea is nobody's soil, though its arcs bear the country that they leave
        land = at[~np.isin(arcs.mode[at], list(SEA_MODES))]
        lengths.append((uses @ csr_array((arcs.length_km[land], (land, here[land])), shape=shape)).toarray())
    return np.vstack(touches), np.vstack(lengths)


def _border_flows(flows: CorridorFlows) -> dict[tuple[str, str], tuple[float, float]]:
    """Return tonnes a year over every border row by form, and those between its two sides."""
    laid, applied = flows.model.laid, flows.model.network.applied
    countries, ends = _ends(flows)
    number, route, flow = flows.class_flows
    borders = [m for m, key in enumerate(laid.movement_keys) if key[1] == "border"]
    routes, (pointer, moves) = len(laid.sets.nest), laid.moves
    uses = csr_array((np.ones(len(moves)), moves, pointer), shape=(routes, len(laid.movement_keys)))
    pair = ends[number, 0] * len(countries) + ends[number, 1]
    carried = csr_array((flow * flows.model.days, (pair, route)), shape=(len(countries) ** 2, routes)) @ uses
    dense = carried[:, borders].toarray() if borders else np.zeros((len(countries) ** 2, 0))
    found = {}
    for column, m in enumerate(borders):
        row = applied.rows("border")[laid.movement_keys[m][2]]
        own = 0.0
        if row["from_country"] in countries and row["to_country"] in countries:
            own = float(
                dense[
                    countries.index(row["from_country"]) * len(countries) + countries.index(row["to_country"]), column
                ]
            )
        found[laid.movement_keys[m][0], laid.movement_keys[m][2]] = (float(dense[:, column].sum()), own)
    return found
