"""Who is paid what for the goods that move, and what it costs: by payee, country, mode and purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from karvan.flows import corridor_kernels as kernels
from karvan.network import FORMS, ArcKind

if TYPE_CHECKING:
    from karvan.case import AppliedCase
    from karvan.flows.corridor_model import CorridorModel
    from karvan.flows.corridor_results import CorridorFlows
    from karvan.flows.problem import Floats

#: What is paid for, by kind of arc.
PURPOSE = {
    ArcKind.LOAD: "loading", ArcKind.MOVE: "moving", ArcKind.BORDER: "crossing", ArcKind.TRANSFER: "transfer",
    ArcKind.UNLOAD: "loading",
}  # fmt: skip
KEYS = ["payee", "country", "mode", "purpose"]
FIGURES = ["paid_usd", "resource_usd", "co2e_t", "tkm"]


def payments(flows: CorridorFlows) -> pd.DataFrame:
    """Return what a year of goods pays and costs.

    Parameters
    ----------
    flows
        The flows of a setting.

    Returns
    -------
    DataFrame with one row per payee, country, mode and purpose (moving, loading, transfer, crossing; rent of what is full;
    outside; empty for vehicles on their way back): paid_musd_per_year, the part of it that is a cost of resources, CO2e and
    tonne-km. What is paid less the cost of resources stays with the payee
    """
    model = flows.model
    parts = [_on_arcs(flows, form) for form in FORMS]
    parts += [_rents(flows), _outside(flows), _empties(flows)]
    # where nothing moves no part has rows
    there = [part for part in parts if len(part)] or parts
    sums = pd.concat(there, ignore_index=True).groupby(KEYS, sort=True)[FIGURES].sum()
    sums = sums[(sums != 0).any(axis=1)].reset_index()
    names = {name: row["name"] for name, row in model.network.applied.rows("stakeholder").items()}
    return pd.DataFrame({
        "payee": sums["payee"], "payee_name": [names.get(name, name) for name in sums["payee"]],
        "country": sums["country"], "mode": sums["mode"], "purpose": sums["purpose"],
        "paid_musd_per_year": sums["paid_usd"] / 1e6, "resource_musd_per_year": sums["resource_usd"] / 1e6,
        "co2e_t_per_year": sums["co2e_t"], "tkm_per_year": sums["tkm"],
    })  # fmt: skip


def arc_flows(flows: CorridorFlows, form: str) -> Floats:
    """Return tonnes a year over every arc of a form's network."""
    model = flows.model
    laid, routes = model.laid, model.problem.routes
    _, route, flow = flows.class_flows
    carried = np.bincount(route, flow, minlength=len(routes.nest))[laid.routes_of(form)] * model.days
    found: Floats = kernels.sum_on_items(*laid.standing[form].arcs, carried, len(model.forms[form].arcs))
    return found


def _on_arcs(flows: CorridorFlows, form: str) -> pd.DataFrame:
    applied, arcs = flows.model.network.applied, flows.model.forms[form].arcs
    tonnes = arc_flows(flows, form)
    services, borders, terminals = (applied.rows(table) for table in ("service", "border", "terminal"))
    rows: list[dict[str, Any]] = []
    for a in np.flatnonzero(tonnes > 0).tolist():
        kind = ArcKind(int(arcs.kind[a]))
        if kind not in PURPOSE:
            continue
        if kind == ArcKind.BORDER:
            payee = borders[arcs.border[a]]["payee"]
        elif arcs.row[a] in terminals and kind != ArcKind.MOVE:
            payee = terminals[arcs.row[a]]["payee"]
        else:
            payee = services[arcs.service[a]]["payee"] if arcs.service[a] else ""
        rows.append({
            "payee": payee, "country": arcs.country[a], "mode": arcs.mode[a], "purpose": PURPOSE[kind],
            "paid_usd": tonnes[a] * arcs.price_usd_per_t[a], "resource_usd": tonnes[a] * arcs.resource_usd_per_t[a],
            "co2e_t": tonnes[a] * arcs.co2e_kg_per_t[a] / 1000, "tkm": tonnes[a] * arcs.length_km[a],
        })  # fmt: skip
    return pd.DataFrame(rows, columns=[*KEYS, *FIGURES])


def _rents(flows: CorridorFlows) -> pd.DataFrame:
    table, applied = flows.resources, flows.model.network.applied
    paid = table[table["rent_musd_per_year"] != 0]
    return pd.DataFrame({
        "payee": paid["owner"], "country": [_country(applied, row["table"], row["row"]) for row in paid.to_dict("records")],
        "mode": paid["mode"], "purpose": "rent", "paid_usd": paid["rent_musd_per_year"] * 1e6, "resource_usd": 0.0,
        "co2e_t": 0.0, "tkm": 0.0,
    })  # fmt: skip


def _country(applied: AppliedCase, table: str, row: str) -> str:
    """Return the country in which a scarce row stands; a link's is that of its first node."""
    cells, nodes = applied.rows(table)[row], applied.rows("node")
    if table == "border":
        return str(cells["to_country"] or cells["from_country"])
    return str(nodes[cells["from_node_id" if table == "link" else "node_id"]]["country"])


def _outside(flows: CorridorFlows) -> pd.DataFrame:
    """Return what the goods pay that go outside by their own choice."""
    model: CorridorModel = flows.model
    applied = model.network.applied
    goods = applied.rows("commodity")
    best: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in applied.rows("outside").values():
        for form in FORMS:
            key = (row["origin"], row["destination"], form)
            if row["form"] == form or (row["form"] == "any" and key not in best):
                best[key] = row
    rows = []
    for pair in flows.pairs[["origin", "destination", "commodity", "outside_t_per_year"]].to_dict("records"):
        way = best.get((pair["origin"], pair["destination"], goods[pair["commodity"]]["form"]))
        tonnes = pair["outside_t_per_year"]
        if way is None or not tonnes > 0:
            continue
        paid = tonnes * way["price_usd_per_t"]
        rows.append({
            "payee": way["payee"], "country": "", "mode": "outside", "purpose": "outside", "paid_usd": paid,
            "resource_usd": paid * way["resource_share"], "co2e_t": tonnes * way["co2e_kg_per_t"] / 1000, "tkm": 0.0,
        })  # fmt: skip
    return pd.DataFrame(rows, columns=[*KEYS, *FIGURES])


def _empties(flows: CorridorFlows) -> pd.DataFrame:
    """Return what vehicles cost on their way back; the price of the goods contains it already."""
    applied, table = flows.model.network.applied, flows.vehicles
    links, nodes, days = applied.rows("link"), applied.rows("node"), flows.model.days
    return pd.DataFrame({
        "payee": "", "country": [str(nodes[links[link]["from_node_id"]]["country"]) for link in table["link_id"]],
        "mode": table["mode"], "purpose": "empty", "paid_usd": 0.0,
        "resource_usd": table["empty_resource_usd_per_day"] * days, "co2e_t": table["empty_co2e_t_per_day"] * days,
        "tkm": 0.0,
    })  # fmt: skip
