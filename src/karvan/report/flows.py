"""The part of the report on flows: what runs where, what is full and who earns its price, modelled against counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from karvan.charts import words
from karvan.charts.flow_map import draw_flow_map
from karvan.charts.map_labels import short_name
from karvan.charts.svg import figure_bytes, inline_svg
from karvan.report.figures import Picture
from karvan.report.tables import Cell, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

    from karvan.flows import CorridorFlows

#: Bottlenecks named on the map, and rows of the tables.
NAMED, SHOWN = 7, 12
_MILLION = 1e6


def flow_map_of(found: CorridorFlows, *, suffix: str) -> bytes:
    """Return the map of flows as the bytes of a file.

    Parameters
    ----------
    found
        What runs where.
    suffix
        ``.svg``, ``.png`` or ``.pdf``.

    Raises
    ------
    RequestError
        The suffix is another.
    """
    title = f"What runs where: {', '.join(found.meta.setting['projects']) or found.meta.setting['scenario']}"
    return figure_bytes(_figure(found, title=title), suffix)


def flow_picture(found: CorridorFlows) -> Picture:
    """Return the map of flows for the page."""
    caption = (
        "Tonnes a year of both directions, as wide as they are; a red edge says that a line is full, a diamond a bottleneck with "
        "its price (paid to its owner) or its queue (lost). Grey lines carry nothing that the tables know of. Lines run straight "
        "from node to node; nothing here says where a border runs. Sailings round a continent are left out."
    )
    return Picture(inline_svg(_figure(found), prefix="flows", label="Map of flows and bottlenecks"), caption)


def _figure(found: CorridorFlows, *, title: str = "") -> Figure:
    applied = found.model.network.applied
    both = found.table.groupby("link_id").agg({"flow_t_per_year": "sum", "utilisation": "max"})
    return draw_flow_map(
        applied.tables["node"], found.model.network.table, both, narrows=_narrows(found), title=title,
        labels=[gate for row in applied.rows("zone").values() for gate in row["gateways"] if gate in applied.rows("node")],
    )  # fmt: skip


def _narrows(found: CorridorFlows) -> list[tuple[str, str]]:
    """Return the dearest bottlenecks: where they are, and what the map says of them."""
    applied = found.model.network.applied
    places = []
    for row in found.bottlenecks.head(NAMED).to_dict("records"):
        if not row["cost_musd_per_year"] > 0:
            continue
        said = words.usd(row["price_usd_per_t"]) + "/t" if row["price_usd_per_t"] > 0 else words.days(row["queue_h"])
        places.append((_place(applied.rows(row["table"])[row["row"]], row), f"{_called(found, row)}, {said}"))
    return places


def _called(found: CorridorFlows, row: Mapping[Any, Any]) -> str:
    """Return what a bottleneck is called: a link by its ends, since one name often stands for a whole line."""
    if row["table"] != "link":
        return str(row["name"]) or str(row["row"])
    applied = found.model.network.applied
    cells, nodes = applied.rows("link")[row["row"]], applied.rows("node")
    ends = (short_name(str(nodes[cells[name]]["name"])) for name in ("from_node_id", "to_node_id"))
    return words.EN_DASH.join(ends)


def _place(cells: Mapping[Any, Any], row: Mapping[Any, Any]) -> str:
    """Return the link or node at which a bottleneck lies."""
    if row["table"] == "link":
        return str(row["row"])
    return str(cells.get("node_id") or cells.get("crossing_id") or "")


def flows_said(found: CorridorFlows) -> str:
    """Return what runs on the network, and what its bottlenecks come to."""
    totals = found.totals
    share = totals["network_t_per_year"] / totals["demand_t_per_year"] if totals["demand_t_per_year"] else 0.0
    dear = int((found.bottlenecks["cost_musd_per_year"] > 0).sum())
    cost = (
        f"{words.count(dear, 'bottleneck')}: rents of {words.musd(totals['rent_musd_per_year'])} and queues of "
        f"{words.musd(totals['queue_loss_musd_per_year'])} a year"
    )
    return (
        f"{words.mt(totals['network_t_per_year'] / _MILLION)} a year on the network, {words.percent(share)} of "
        f"{words.mt(totals['demand_t_per_year'] / _MILLION)} that go; {words.number(totals['tkm_per_year'] / 1e9)} bn tonne-km. "
        f"{cost if dear else 'Nothing is full'}; delays of {words.musd(totals['delay_loss_musd_per_year'])} a year."
    )


def counts_said(found: CorridorFlows) -> str:
    """Return how the model does against counts, in a sentence; empty where nothing is counted."""
    counts = found.screenlines
    if counts.empty:
        return ""
    return (
        f"Against counts, with the crossings as they were when the counts were taken: {int(counts['hit'].sum())} of "
        f"{words.count(len(counts), 'screenline')} within a factor 1.5 (large) or 2 (small). Where it misses, trust the order of "
        "magnitude at most."
    )


def bottlenecks_table(found: CorridorFlows) -> Table:
    """Return the bottlenecks, dearest first, and who earns or loses by them."""
    heads = ("Bottleneck", "used", "USD a tonne", "queue", "USD m a year", "to")
    rows = []
    for row in found.bottlenecks.head(SHOWN).to_dict("records"):
        price, queue, cost = (float(row[name]) for name in ("price_usd_per_t", "queue_h", "cost_musd_per_year"))
        rows.append((
            Cell(_called(found, row), note=f"{row['table']} {row['row']}{row['direction']}"),
            Cell(words.percent(row["utilisation"]), figure=True),
            Cell(words.number(price) if price > 0 else "", figure=True),
            Cell(words.days(queue) if queue > 0 else "", figure=True),
            Cell(words.number(cost) if cost > 0 else "", figure=True),
            Cell("lost by its users" if row["clearing"] == "queue" else str(row["owner_name"])),
        ))  # fmt: skip
    return Table("What is full or nearly so, dearest first", heads, tuple(rows))


def screenlines_table(found: CorridorFlows) -> Table:
    """Return modelled against counted tonnes, misses first."""
    heads = ("Screenline", "counted, Mt a year", "modelled", "ratio", "seen by the fit", "")
    ordered = found.screenlines.sort_values(["hit", "counted_t_per_year"], ascending=[True, False], kind="stable")
    rows = [
        (
            Cell(str(row["name"])), Cell(words.number(row["counted_t_per_year"] / _MILLION), figure=True),
            Cell(words.number(row["modelled_t_per_year"] / _MILLION), figure=True),
            Cell(words.number(row["ratio"], digits=2), figure=True), Cell("yes" if row["use"] == "calibrate" else "no"),
            Cell("" if row["hit"] else f"beyond a factor {row['aim']:g}"),
        )
        for row in ordered.to_dict("records")
    ]  # fmt: skip
    return Table("Modelled against counted tonnes, misses first", heads, tuple(rows))
