"""The network: its shape once, and how it stands in each setting."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from fastapi.responses import Response

from karvan.app.ahead import written_once
from karvan.app.answers import Answer, Source, sources_of
from karvan.app.asked import crossing_rows, network_in, places_in, setting_of
from karvan.app.rooms.case import TheCase, TheSetting
from karvan.case import Case, meta_of
from karvan.case.provenance import Meta
from karvan.case.ranges import Z90, confidence_shares

if TYPE_CHECKING:
    from karvan.network import Network

router = APIRouter()


class Nodes(Answer):
    """The nodes as columns: one list each, in the order of the case."""

    id: list[str]
    name: list[str]
    x: list[float]
    y: list[float]
    kind: list[str]
    country: list[str]


class Links(Answer):
    """The links as columns; ``start`` and ``end`` are places in the columns of the nodes."""

    id: list[str]
    name: list[str]
    start: list[int]
    end: list[int]
    mode: list[str]
    crossing: list[str]
    confidence: list[str]
    assumed: list[bool]


class ShapeAnswer(Answer):
    """The shape of the network: what no setting changes."""

    digest: str
    nodes: Nodes
    links: Links


@router.get("/shape", response_model=ShapeAnswer)
def shape_answer(case: TheCase) -> Response:
    """Return the shape of the network."""
    return Response(shape_json(case), media_type="application/json")


@written_once
def shape_json(case: Case) -> ShapeAnswer:
    """Return the same, written out."""
    nodes, links = case.rows("node"), case.rows("link")
    place = {node: number for number, node in enumerate(nodes)}
    return ShapeAnswer(
        digest=case.digest,
        nodes=Nodes(
            id=list(nodes),
            **{name: [row[column] for row in nodes.values()] for name, column in (
                ("name", "name"), ("x", "x_coord"), ("y", "y_coord"), ("kind", "node_type"), ("country", "country"),
            )},
        ),
        links=Links(
            id=list(links),
            start=[place[row["from_node_id"]] for row in links.values()],
            end=[place[row["to_node_id"]] for row in links.values()],
            assumed=[case.is_assumption("link", name) for name in links],
            **{name: [row[column] for row in links.values()] for name, column in (
                ("name", "name"), ("mode", "mode"), ("crossing", "crossing_id"), ("confidence", "confidence"),
            )},
        ),
    )  # fmt: skip


class LinkStates(Answer):
    """How the links stand, as columns in the order of the shape.

    Attributes
    ----------
    status
        ``existing`` for all that stands in the setting, else ``under_construction``, ``proposed`` or ``defunct``.
    gauge_mm, length_km, capacity_t_per_day, capacity_shared
        As `karvan network --csv` has them; a blank is null.
    """

    status: list[str]
    gauge_mm: list[int | None]
    length_km: list[float]
    capacity_t_per_day: list[float | None]
    capacity_shared: list[bool]


class CrossingRow(Answer):
    """A row of border.csv in the setting, with the p10 and p90 of its hours."""

    id: str
    mode: str
    from_country: str
    to_country: str
    status: str
    time_h: float
    time_p10_h: float
    time_p90_h: float
    price_usd_per_t: float
    confidence: str
    assumed: bool
    sources: list[str]


class Crossing(Answer):
    """A crossing: ``open``, ``partly`` or ``shut``; the mean hours of its slowest mode; the port it is at, if it is one."""

    id: str
    name: str
    status: str
    time_h: float
    port: str
    rows: list[CrossingRow]


class Break(Answer):
    """A break of gauge: where wagons cannot go on."""

    id: str
    name: str
    node: str
    gauge_a_mm: int
    gauge_b_mm: int
    time_h: float
    built: bool


class ModeSum(Answer):
    """Links and length by mode, gauge (0 for none) and whether they stand."""

    mode: str
    gauge_mm: int
    built: bool
    links: int
    length_km: float


class NetworkAnswer(Answer):
    """The network in a setting; the sums are those of `karvan network --json`, the sources those of the crossings."""

    meta: Meta
    nodes: int
    uncapacitated_share: float
    assumption_share: float | None
    sums: list[ModeSum]
    links: LinkStates
    crossings: list[Crossing]
    breaks: list[Break]
    notes: list[str]
    sources: list[Source]


@router.get("")
def network_answer(case: TheCase, asked: TheSetting) -> NetworkAnswer:
    """Return how the network stands in a setting."""
    from karvan.network import summarise  # noqa: PLC0415 - heavy: the server answers before it is there

    network = places_in(case, setting_of(case, asked))
    summary = summarise(network, meta_of(case, network.applied.setting, {"stage": "network"}))
    share = summary.assumption_share
    return NetworkAnswer(
        meta=summary.meta,
        nodes=summary.nodes,
        uncapacitated_share=summary.uncapacitated_share,
        assumption_share=None if math.isnan(share) else share,
        sums=[ModeSum(**{str(name): cell for name, cell in row.items()}) for row in summary.table.to_dict("records")],
        links=_link_states(network),
        crossings=_crossings(case, network),
        breaks=_breaks(network),
        notes=list(summary.notes),
        sources=sources_of(case, (name for row in case.rows("border").values() for name in row["source"])),
    )


def _link_states(network: Network) -> LinkStates:
    table = network.table
    standing = table["built"].to_numpy()
    return LinkStates(
        status=["existing" if built else str(status) for built, status in zip(standing, table["status"], strict=True)],
        gauge_mm=[None if math.isnan(gauge) else int(gauge) for gauge in table["gauge_mm"]],
        length_km=table["length_km"].tolist(),
        capacity_t_per_day=[None if math.isnan(tonnes) else tonnes for tonnes in table["capacity_t_per_day"].tolist()],
        capacity_shared=table["capacity_shared"].tolist(),
    )


def _crossings(case: Case, network: Network) -> list[Crossing]:
    rows = network.applied.rows("border")
    parameters = {name: float(row["value"]) for name, row in network.applied.rows("parameter").items()}
    shares = confidence_shares(parameters)
    found = []
    for crossing, names in crossing_rows(case).items():
        theirs = {name: rows[name] for name in names}
        shut = sum(row["status"] == "shut" for row in theirs.values())
        hours: dict[str, list[float]] = {}
        for row in theirs.values():
            hours.setdefault(row["mode"], []).append(float(row["time_h"]))
        found.append(
            Crossing(
                id=crossing,
                name=str(next(iter(theirs.values()))["name"]),
                status="shut" if shut == len(names) else "partly" if shut else "open",
                time_h=max(sum(values) / len(values) for values in hours.values()),
                port=next((str(row["node_id"]) for row in theirs.values() if row["node_id"]), ""),
                rows=[_crossing_row(case, name, row, shares) for name, row in theirs.items()],
            )
        )
    return found


def _crossing_row(case: Case, name: str, row: dict[str, Any], shares: dict[str, float]) -> CrossingRow:
    from karvan.routes.spread import lognormal_spread  # noqa: PLC0415 - heavy: the server answers before it is there

    hours, own = float(row["time_h"]), float(row["time_sd_h"])
    spread = lognormal_spread(hours, (own if not math.isnan(own) else hours * shares[row["confidence"]] / Z90) ** 2)
    return CrossingRow(
        id=name, time_h=hours, time_p10_h=spread.p10, time_p90_h=spread.p90,
        assumed=case.is_assumption("border", name), sources=list(row["source"]),
        **{column: row[column] for column in ("mode", "from_country", "to_country", "status", "price_usd_per_t", "confidence")},
    )  # fmt: skip


def _breaks(network: Network) -> list[Break]:
    applied = network.applied
    return [
        Break(
            id=name, name=row["name"], node=row["node_id"], gauge_a_mm=int(row["gauge_a_mm"]), gauge_b_mm=int(row["gauge_b_mm"]),
            time_h=float(row["time_h"]), built=applied.is_built(row["status"], row["project_id"]),
        )
        for name, row in applied.rows("terminal").items()
        if row["mode_a"] == row["mode_b"] == "rail"
    ]  # fmt: skip


@router.get("/geojson", response_class=Response)
def network_file(case: TheCase, asked: TheSetting) -> Response:
    """Return the network as GeoJSON, as `karvan network --geojson` writes it."""
    from karvan.network import to_geojson  # noqa: PLC0415 - as above

    network = network_in(case, setting_of(case, asked))
    text = json.dumps(to_geojson(network), ensure_ascii=False, allow_nan=False) + "\n"
    headers = {"Content-Disposition": f'attachment; filename="{case.id}-network.geojson"'}
    return Response(text, media_type="application/geo+json", headers=headers)
