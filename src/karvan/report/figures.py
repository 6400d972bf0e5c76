"""The pictures of the report, drawn from results by the rooms of :mod:`karvan.charts`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from karvan.charts import words
from karvan.charts.diverging import Bar, Panel, draw_diverging
from karvan.charts.intervals import Interval, draw_intervals
from karvan.charts.network_map import draw_network_map
from karvan.charts.profile import ProfileLine, draw_profile
from karvan.charts.svg import figure_bytes, inline_svg
from karvan.charts.timeline import draw_timeline
from karvan.charts.validation import Compared, draw_validation
from karvan.report.headline import best_of, scenario_name, way_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from karvan.report.data import ReportData
    from karvan.report.headline import Pair
    from karvan.routes import Route, Routes, Validation
    from karvan.trade import TradeEffects


@dataclass(frozen=True)
class Picture:
    """A figure of the page: its SVG element and its caption."""

    svg: str
    caption: str


def profile_of(found: Sequence[Routes], *, suffix: str) -> bytes:
    """Return the time and price profile of one or more answers as the bytes of a file.

    Parameters
    ----------
    found
        Answers, such as one question under several scenarios; every route of theirs becomes a line.
    suffix
        ``.svg``, ``.png`` or ``.pdf``.

    Raises
    ------
    RequestError
        The suffix is another.
    """
    lines = []
    for answer in found:
        scenario = str(answer.meta.setting["scenario"])
        mark = scenario if len({item.meta.setting["scenario"] for item in found}) > 1 else ""
        lines += profile_lines(answer, answer.routes, mark=mark)
    numbered = _numbered(lines)
    title = f"{found[0].origin_name} to {found[0].destination_name}" if found else ""
    return figure_bytes(draw_profile(numbered, title=title), suffix)


def trade_of(found: TradeEffects, *, suffix: str) -> bytes:
    """Return who gains and which pairs and goods grow, as the bytes of a file.

    Parameters
    ----------
    found
        What trade follows from a setting.
    suffix
        ``.svg``, ``.png`` or ``.pdf``.

    Raises
    ------
    RequestError
        The suffix is another.
    """
    title = "What trade follows: " + (", ".join(found.meta.setting["projects"]) or str(found.meta.setting["scenario"]))
    return figure_bytes(draw_diverging(_trade_panels(found), title=title, foot=_trade_foot(found)), suffix)


def trade_picture(found: TradeEffects) -> Picture | None:
    """Return who gains and which pairs and goods grow, for the page; None where nothing changes."""
    panels = _trade_panels(found)
    if not any(panel.bars for panel in panels):
        return None
    caption = (
        "Real income, trade of pairs, and goods on the network: the largest changes. The lines on the first bars are the range "
        "over other elasticities of trade and larger sales at home, not over what is not known of costs and shares. "
        f"{_trade_foot(found)}"
    )
    figure = draw_diverging(panels)
    return Picture(inline_svg(figure, prefix="trade", label="Who gains, which pairs and goods grow"), caption)


def _trade_panels(found: TradeEffects) -> list[Panel]:
    gains = _largest(found.table, "equivalent_variation_musd", 8)
    pairs = _largest(found.pairs, "change_musd", 8)
    goods = _largest(found.commodities, "change_musd", 6)
    return [
        Panel("Who gains: real income, USD m a year",
              [Bar(str(row["name"]), float(row["equivalent_variation_musd"]),
                   float(row["equivalent_variation_low_musd"]), float(row["equivalent_variation_high_musd"]))
               for row in gains]),
        Panel("Which pairs grow: trade, USD m a year",
              [Bar(f"{row['exporter']} to {row['importer']}", float(row["change_musd"]), note=_of(row))
               for row in pairs]),
        Panel("Which goods grow: trade on the network, USD m a year",
              [Bar(str(row["commodity"]).replace("_", " "), float(row["change_musd"]), note=_of(row))
               for row in goods]),
    ]  # fmt: skip


def _trade_foot(found: TradeEffects) -> str:
    spread = found.sensitivity["equivalent_variation_musd"]
    gain = words.musd_range(found.world["equivalent_variation_musd"], float(spread.min()), float(spread.max()))
    others = f"{gain.removesuffix(')')} at other elasticities)" if gain.endswith(")") else gain
    return f"Against {found.compared_with}; elasticity of trade {found.theta:g}. All economies a year: {others}."


def _of(row: dict[Any, Any]) -> str:
    return f"of {words.number(row['value_musd'])}"


def _largest(table: pd.DataFrame, column: str, count: int) -> list[dict[Any, Any]]:
    """Return the rows with the largest changes, gains first."""
    size = table[column].abs()
    rows = table.loc[size[size > 0].sort_values(ascending=False, kind="stable").index[:count]]
    return rows.sort_values(column, ascending=False, kind="stable").to_dict("records")


def profile_lines(answer: Routes, routes: Iterable[Route], *, mark: str = "") -> list[ProfileLine]:
    """Return routes as lines of a profile, each named by its way, and by its scenario where that is given."""
    table = answer.legs_table
    return [
        ProfileLine(
            label=f"{mark}: {way_of(route)}" if mark else way_of(route),
            legs=table[table["rank"] == route.rank],
            p10_h=route.time_h.p10,
            p90_h=route.time_h.p90,
            note=f"{words.usd(route.price_usd_per_feu)} a FEU",
        )
        for route in routes
    ]


def _numbered(lines: Sequence[ProfileLine]) -> list[ProfileLine]:
    """Return lines whose names begin with the numbers that the picture writes on them."""
    if len(lines) < 2:  # noqa: PLR2004 - nothing to tell apart
        return list(lines)
    return [
        ProfileLine(f"{number}: {line.label}", line.legs, line.p10_h, line.p90_h, line.note)
        for number, line in enumerate(lines, start=1)
    ]


def map_picture(data: ReportData) -> Picture:
    """Return the map of the network."""
    tables = data.network.applied.tables
    figure = draw_network_map(tables["node"], data.network.table, tables["border"], labels=_first_labels(data))
    scenario = scenario_name(data, str(data.network.applied.setting.scenario))
    caption = (
        f"The network in the scenario “{scenario}”. Lines run straight from node to node; no coasts and no borders of countries "
        "are drawn, and nothing here says where a border runs. A bar across a line is a crossing, its length the hours that "
        "formalities and waiting cost there on average, of the slower mode; filled, it is shut. Sailings that go round a "
        "continent leave the map with an arrow."
    )
    return Picture(inline_svg(figure, prefix="map", label=f"Map of the network, {scenario}"), caption)


def _first_labels(data: ReportData) -> list[str]:
    """Return the nodes that the map names first: ends of the pairs, then gateways of zones."""
    tables = data.network.applied.tables
    nodes = [node for pair in data.case.config.routes.pairs for node in (pair.origin, pair.destination)]
    nodes += [str(gateway) for gateways in tables["zone"]["gateways"] for gateway in gateways]
    return [node for node in dict.fromkeys(nodes) if node in tables["node"].index]


def route_map_picture(data: ReportData, pair: Pair, number: int) -> Picture | None:
    """Return the map on which the best route of a pair lights up; None where there is none."""
    best = best_of(pair.default)
    if best is None:
        return None
    tables = data.network.applied.tables
    links = [link for leg in best.legs for link in leg.links]
    ends = [best.legs[0].from_node, best.legs[-1].to_node]
    stops = [leg.from_node for leg in best.legs if leg.kind == "transfer"]
    figure = draw_network_map(
        tables["node"],
        data.network.table,
        tables["border"],
        highlight=links,
        labels=list(dict.fromkeys([*ends, *stops])),
    )
    label = f"Map of the best route from {pair.title}: {way_of(best)}"
    caption = f"The best route, by {way_of(best)}; crossings on the way with their mean hours. Drawn as the map above."
    return Picture(inline_svg(figure, prefix=f"way{number}", label=label), caption)


def profile_picture(pair: Pair, number: int) -> Picture | None:
    """Return the profile of the routes of a pair in the default scenario; None where there are none."""
    answer = pair.default.routes
    if answer is None or not answer.routes:
        return None
    figure = draw_profile(_numbered(profile_lines(answer, answer.routes)))
    ways = "; ".join(f"{route.rank}: {_times(route)} by {way_of(route)}" for route in answer.routes)
    caption = (
        "Time and price against distance. Slopes are movement, with the rest of drivers on the way; steps are standing still. "
        f"Shaded: the hours in which goods of {'route 1' if len(answer.routes) > 1 else 'the route'} stand still, "
        f"{words.percent(answer.routes[0].standing_share)} of its time with rest and waits. Slopes are coloured by mode (rail "
        "blue, road saffron, sea and ferry turquoise), steps at crossings red, a diamond marks a break of gauge; the bars at "
        "the end are p10 to p90 of single journeys."
    )
    return Picture(
        inline_svg(figure, prefix=f"profile{number}", label=f"Time and price profile, {pair.title}. {ways}"), caption
    )


def _times(route: Route) -> str:
    return words.spread(route.time_h.mean, route.time_h.p10, route.time_h.p90)


def interval_picture(data: ReportData, pair: Pair, number: int) -> Picture | None:
    """Return the ranges of the best route over the scenarios; None where there is one scenario only."""
    if not pair.others:
        return None
    items = []
    for answer in pair.answers:
        best = best_of(answer)
        name = scenario_name(data, answer.scenario)
        if best is None:
            items.append(Interval(name, math.nan, math.nan, math.nan, math.nan, answer.why_not))
        else:
            items.append(
                Interval(name, best.time_h.mean, best.time_h.p10, best.time_h.p90, best.price_usd_per_feu, way_of(best))
            )
    said = "; ".join(f"{item.label}: {words.spread(item.mean_h, item.p10_h, item.p90_h)}" for item in items)
    svg = inline_svg(
        draw_intervals(items), prefix=f"futures{number}", label=f"Best route by scenario, {pair.title}. {said}"
    )
    caption = (
        "The best route of each scenario: mean time and p10 to p90 of single journeys, its price, and the way it takes."
    )
    return Picture(svg, caption)


def timeline_picture(data: ReportData) -> Picture | None:
    """Return the timeline of the record; None where nothing in it has a date."""
    if data.record is None:
        return None
    table = data.record.table
    table = table[table["entry"].isin(["event", "commitment"]) & (table["date"] != "")]
    if table.empty:
        return None
    done = data.case.tables["programme_commitment"]["done_on"]
    table = table.assign(done_on=[str(done.get(name, "") or "") for name in table["id"]])
    figure = draw_timeline(table, data.record.on)
    caption = (
        f"The record as of {words.when(data.record.on.isoformat())}. Above, what happened, by kind; lines across are shocks. "
        "Below, what was promised: solid to the day it fell due, hatched for as long as it is overdue, dotted where no day was "
        "named; a diamond marks what was done, a cross what was dropped."
    )
    late = len(data.record.overdue)
    label = f"Timeline of the programme: {words.count(len(table), 'entry', 'entries')}, {words.count(late, 'commitment')} overdue"
    return Picture(inline_svg(figure, prefix="record", label=label), caption)


def validation_of(found: Validation, *, suffix: str) -> bytes:
    """Return predicted against observed as the bytes of a file.

    Parameters
    ----------
    found
        What :func:`karvan.routes.validate` returns.
    suffix
        ``.svg``, ``.png`` or ``.pdf``.
    """
    return figure_bytes(draw_validation(validation_panels(found), title="Predicted against observed"), suffix)


def validation_panels(found: Validation) -> list[tuple[str, str, list[Compared]]]:
    """Return the panels of predicted against observed: hours of journeys, and prices in USD per tonne.

    What an input rests on, and what is an assumption, is left out: it would lie on the diagonal and prove nothing.
    """
    table = found.table
    table = table[table["predicted"].notna() & table["extent"].isin(["gate", "line"])]
    table = table[(table["class"] != "regular") | (table["use"] != "compare")]
    panels = []
    for kind, heading, unit in (("time", "Journeys", "hours"), ("price", "Prices", "USD a tonne")):
        items = [
            Compared(
                name=str(row["observed_id"]).replace("_", " ").removesuffix(f" {kind}"),
                observed=row["observed"] / row["per_t"], predicted=row["predicted"] / row["per_t"],
                p10=row["p10"] / row["per_t"], p90=row["p90"] / row["per_t"], group=str(row["class"]),
                seen=row["use"] == "calibrate",
            )
            for row in table[table["kind"] == kind].to_dict("records")
        ]  # fmt: skip
        panels.append((heading, unit, items))
    return panels
