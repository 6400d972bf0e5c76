"""The tables of the report, as rows of words: what the template shows and nothing that it would have to compute."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from karvan.charts import words
from karvan.report.headline import scenario_name, way_of

if TYPE_CHECKING:
    import pandas as pd

    from karvan.report.data import ReportData, RouteAnswer
    from karvan.report.headline import Pair
    from karvan.routes import Leg, Route

#: Crossings shown in the open; the others stand in the full table.
SLOWEST = 10


class Cell(NamedTuple):
    """A cell: its text, whether it is a figure (set to the right), whether it rests on an assumption, and its address."""

    text: str
    figure: bool = False
    assumed: bool = False
    href: str = ""
    note: str = ""


class Table(NamedTuple):
    """A table: its caption, its heads, and its rows, the first cell of each being its head."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def _figure(text: str, *, assumed: bool = False) -> Cell:
    return Cell(text, figure=True, assumed=assumed)


# network --------------------------------------------------------------------------------------------------------------


def links_table(data: ReportData) -> Table:
    """Return links and km by mode and gauge, standing and not."""
    table = data.summary.table
    rows = []
    for (mode, gauge), part in table.groupby(["mode", "gauge_mm"], sort=True):
        name = f"{mode}, {gauge} mm" if gauge else str(mode)
        cells = [Cell(name)]
        for built in (True, False):
            some = part[part["built"] == built]
            length = words.number(float(some["length_km"].sum())) if len(some) else ""
            cells += [_figure(words.count(some["links"].sum()) if len(some) else ""), _figure(length)]
        rows.append(tuple(cells))
    heads = ("Mode", "links that stand", "km", "planned or closed", "km")
    return Table("Links by mode and gauge", heads, tuple(rows))


def crossing_tables(data: ReportData) -> tuple[Table, Table]:
    """Return the shut and the slowest crossings, and all of them."""
    rows = _crossing_rows(data)
    ranked = sorted(rows, key=lambda row: (row[0], -row[1]))
    heads = ("Crossing", "mode", "from", "to", "status", "mean hours", "range", "USD/t")
    top = tuple(cells for _, _, cells in ranked[: max(SLOWEST, sum(row[0] == 0 for row in rows))])
    most = f"The {words.count(len(top), 'slowest formality', 'slowest formalities')}, those that are shut first"
    return Table(most, heads, top), Table("All crossings and ports", heads, tuple(cells for _, _, cells in rows))


def _crossing_rows(data: ReportData) -> list[tuple[int, float, tuple[Cell, ...]]]:
    """Return the crossings as (0 where shut, hours, cells); directions with the same figures stand in one row."""
    found: dict[tuple[Any, ...], list[Any]] = {}
    table = data.network.applied.tables["border"]
    for border, row in zip(table.index, table.to_dict("records"), strict=True):
        between = tuple(sorted((row["from_country"], row["to_country"])))
        key = (row["name"], row["mode"], between, row["status"], row["time_h"], row["price_usd_per_t"])
        found.setdefault(key, []).append((str(border), row))
    rows: list[tuple[int, float, tuple[Cell, ...]]] = []
    for (name, mode, _, status, hours, price), theirs in found.items():
        border, first = theirs[0]
        span = data.case.range_of("border", border, "time_h")
        # the range is that of the facts; a scenario that changes the hours moves it along
        factor = hours / span.value if span.value else 1.0
        ends = words.between(*(words.number(end * factor, digits=2) for end in (span.low, span.high)))
        way = " and back" if len(theirs) > 1 and first["from_country"] and first["to_country"] else ""
        cells = (
            Cell(str(name), assumed=any(data.case.is_assumption("border", name_) for name_, _ in theirs)),
            Cell(str(mode)), Cell(words.country(first["from_country"]) or "arrival"),
            Cell((words.country(first["to_country"]) or "departure") + way),
            Cell("shut" if status == "shut" else "open"), _figure(words.number(hours)), _figure(ends),
            _figure(words.number(price)),
        )  # fmt: skip
        rows.append((0 if status == "shut" else 1, float(hours), cells))
    return rows


# routes ---------------------------------------------------------------------------------------------------------------


def routes_table(data: ReportData, pair: Pair) -> Table:
    """Return the routes of a pair: all those in the default scenario, the best one in the others."""
    rows = [
        _route_row(data, answer, route) for answer in pair.answers if answer.routes for route in answer.routes.routes
    ]
    heads = (
        "Scenario", "rank", "way", "km", "time", "p10 to p90", "USD/t", "USD/FEU", "generalised USD/t", "kg CO₂e/t", "crossings",
        "gauge breaks", "standing", "assumed",
    )  # fmt: skip
    return Table(f"Routes, {pair.title}", heads, tuple(rows))


def _route_row(data: ReportData, answer: RouteAnswer, route: Route) -> tuple[Cell, ...]:
    time, _, span = words.spread(route.time_h.mean, route.time_h.p10, route.time_h.p90).partition(" (")
    crossings = dict.fromkeys(leg.name for leg in route.legs if leg.kind == "crossing")
    nodes = data.network.applied.tables["node"]["name"]
    breaks = [str(nodes[node]) for node in route.gauge_breaks]
    return (
        Cell(scenario_name(data, answer.scenario)), _figure(str(route.rank)), Cell(way_of(route)),
        _figure(words.number(route.distance_km)), _figure(time), _figure(span.removesuffix(")")),
        _figure(words.number(route.price_usd_per_t)), _figure(words.number(route.price_usd_per_feu)),
        _figure(words.number(route.generalised_usd_per_t)), _figure(words.number(route.co2e_kg_per_t)),
        Cell(", ".join(crossings) or "none"), Cell(", ".join(breaks) or "none"), _figure(words.percent(route.standing_share)),
        _figure(words.percent(route.assumed_share)),
    )  # fmt: skip


def legs_table(route: Route) -> Table:
    """Return the legs of a route."""
    heads = ("Leg", "where", "country", "km", "time", "standing", "USD/t", "kg CO₂e/t", "confidence")
    rows = tuple(_leg_row(leg) for leg in route.legs)
    return Table(f"Route {route.rank}, leg by leg", heads, rows)


def _leg_row(leg: Leg) -> tuple[Cell, ...]:
    kind = "break of gauge" if leg.gauge_break else leg.mode if leg.kind == "move" else leg.kind
    return (
        Cell(kind), Cell(leg.name, assumed=leg.assumed), Cell(words.country(leg.country)),
        _figure(words.number(leg.distance_km) if leg.kind == "move" else ""), _figure(words.days(leg.time_h)),
        _figure(words.hours(leg.standing_h) if leg.standing_h > 0 else ""), _figure(words.number(leg.price_usd_per_t)),
        _figure(words.number(leg.co2e_kg_per_t) if leg.co2e_kg_per_t else ""), Cell(leg.confidence),
    )  # fmt: skip


def skims_table(data: ReportData) -> Table | None:
    """Return the days between zones, origins down and destinations across; None where there are fewer than two zones."""
    table = data.skims.table
    if table.empty:
        return None
    names = data.case.tables["zone"]["name"].to_dict()
    hours_of = {(row["origin"], row["destination"]): float(row["time_h"]) for row in table.to_dict("records")}
    zones = list(dict.fromkeys(table["origin"]))
    rows = []
    for origin in zones:
        cells = [Cell(str(names.get(origin, origin)))]
        for destination in zones:
            hours = hours_of.get((origin, destination), math.nan)
            text = (
                "" if origin == destination else "no route" if math.isnan(hours) else words.number(hours / 24, digits=2)
            )
            cells.append(_figure(text))
        rows.append(tuple(cells))
    heads = ("From, to", *(str(names.get(zone, zone)) for zone in zones))
    return Table("Mean days between zones by the best route, default scenario", heads, tuple(rows))


# projects -------------------------------------------------------------------------------------------------------------


def projects_table(data: ReportData) -> Table:
    """Return the projects: candidates, then committed ones, then those that are done."""
    table = data.case.tables["project"]
    order = {"candidate": 0, "committed": 1, "done": 2}
    found = list(zip(table.index, table.to_dict("records"), strict=True))
    rows = []
    for project, row in sorted(found, key=lambda item: order[item[1]["status"]]):
        cost = words.musd_range(row["cost_musd"], row["cost_low_musd"], row["cost_high_musd"])
        opens = "" if math.isnan(row["open_year"]) else str(int(row["open_year"]))
        rows.append(
            (
                Cell(str(project)), Cell(row["name"], assumed=data.case.is_assumption("project", str(project))),
                Cell(", ".join(words.country(code) for code in row["country"])), Cell(row["kind"].replace("_", " ")),
                Cell(row["status"], note=row["stage"]), Cell(opens, figure=True), _figure(cost),
                Cell(row["cost_basis"], assumed=False), Cell(row["effect_basis"]),
            )
        )  # fmt: skip
    heads = ("Id", "project", "where", "kind", "status", "opens", "cost", "evidence of cost", "evidence of effect")
    return Table("Projects, with the class of evidence of cost and effect", heads, tuple(rows))


# programme ------------------------------------------------------------------------------------------------------------


def overdue_table(data: ReportData) -> Table | None:
    """Return the overdue commitments, the longest first; None where there are none."""
    if data.record is None or data.record.overdue.empty:
        return None
    rows = tuple(
        (
            Cell(str(row["id"])), Cell(row["title"], assumed=bool(row["assumed"])), Cell(", ".join(row["parties"])),
            Cell(words.when(row["date"])), Cell(words.when(row["due_on"])), _figure(words.count(row["overdue_days"])),
        )
        for row in data.record.overdue.to_dict("records")
    )  # fmt: skip
    day = words.when(data.record.on.isoformat())
    return Table(f"Overdue on {day}, the longest first", ("Id", "promised", "by", "on", "due", "days overdue"), rows)


def record_table(data: ReportData) -> Table | None:
    """Return the whole record, oldest first; None where there is none."""
    if data.record is None or data.record.table.empty:
        return None
    rows = tuple(
        (
            Cell(str(row["id"])), Cell(words.when(row["date"])), Cell(str(row["kind"]).replace("_", " ")),
            Cell(row["title"], assumed=bool(row["assumed"])), Cell(", ".join(row["parties"])),
            Cell(str(row["status"])), Cell(words.when(row["due_on"]) if row["due_on"] else ""),
            _figure("" if math.isnan(row["amount_musd"]) else words.musd(row["amount_musd"])),
        )
        for row in data.record.table.to_dict("records")
    )  # fmt: skip
    return Table("The record, oldest first", ("Id", "date", "kind", "what", "parties", "status", "due", "amount"), rows)


# data -----------------------------------------------------------------------------------------------------------------


def sources_table(data: ReportData) -> Table:
    """Return the sources; those with an address are linked."""
    table = data.case.tables["source"]
    rows = tuple(
        (
            Cell(str(name)), Cell(row["kind"]), Cell(row["title"], href=safe_address(row["url"])), Cell(row["publisher"]),
            Cell(words.when(row["date"]) if row["date"] else ""),
        )
        for name, row in zip(table.index, table.to_dict("records"), strict=True)
    )  # fmt: skip
    return Table("Sources", ("Id", "kind", "title", "publisher", "date"), rows)


def safe_address(url: str) -> str:
    """Return an address that a page may link to; nothing else than the web."""
    return url if url.startswith(("https://", "http://")) else ""


def assumed_share(data: ReportData) -> float:
    """Return the share of all rows with a confidence that rest on an assumption."""
    tables = {name: table for name, table in data.case.tables.items() if "confidence" in table.columns}
    rows = sum(len(table) for table in tables.values())
    assumed = sum(data.case.is_assumption(name, str(row)) for name, table in tables.items() for row in table.index)
    return assumed / rows if rows else math.nan


def status_counts(data: ReportData) -> str:
    """Return the projects by status in words."""
    counts: pd.Series[int] = data.case.tables["project"]["status"].value_counts()
    parts = [
        f"{words.count(int(counts[name]))} {name}" for name in ("candidate", "committed", "done") if name in counts
    ]
    return words.listed(parts)
