"""The page of a run: one HTML file that needs nothing else, the answer first, then the chain in its order."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from karvan.case.futures import read_futures
from karvan.case.quality import assess
from karvan.charts import words
from karvan.charts.palette import DARK, LIGHT
from karvan.report import appraisal, figures, flows, futures, quality, tables, trade
from karvan.report.headline import answer_of, best_of, cut_by, futures_of, pairs_of, scenario_name
from karvan.routes.reliance import route_reliance

if TYPE_CHECKING:
    from karvan.charts.palette import Palette
    from karvan.report.data import ReportData
    from karvan.report.headline import Pair

TEMPLATE, STYLE_SHEET = "template.html.j2", "style.css"
#: A space at which a line may not break, between a figure and its unit.
_NO_BREAK = "\u00a0"


def render_report(data: ReportData) -> str:
    """Return the report of a run as one self-contained HTML page; the same data give the same text.

    Parameters
    ----------
    data
        The finished stages.
    """
    return (
        environment()
        .get_template(TEMPLATE)
        .render(
            style=style_sheet(),
            case=data.case.config.case,
            meta=data.meta,
            scenario=scenario_name(data, data.case.config.case.default_scenario),
            pairs=[_pair(data, pair, number) for number, pair in enumerate(pairs_of(data), start=1)],
            network=_network(data),
            skims=tables.skims_table(data),
            projects=tables.projects_table(data),
            projects_said=tables.status_counts(data),
            programme=_programme(data),
            futures=_futures(data),
            flows=_flows(data),
            trade=_trade(data),
            appraisal=_appraisal(data),
            decided=data.portfolio is not None,
            quality=_quality(data),
            assumed_share=words.percent(tables.assumed_share(data)),
            sources=tables.sources_table(data),
            setting=_setting(data),
        )
    )


def environment() -> Environment:
    """Return the environment of the templates of this room."""
    found = Environment(
        loader=PackageLoader("karvan.report", ""), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    found.filters["unbroken"] = unbroken
    return found


def style_sheet() -> Markup:
    """Return the style sheet with the palette: our own text, not the case's."""
    style = (files("karvan.report") / STYLE_SHEET).read_text(encoding="utf-8")
    return Markup(f"{palette_properties()}\n{style}")  # noqa: S704


def _pair(data: ReportData, pair: Pair, number: int) -> dict[str, Any]:
    """Return what the page shows of a pair."""
    routes = pair.default.routes
    drawn = (
        figures.route_map_picture(data, pair, number),
        figures.profile_picture(pair, number),
        figures.interval_picture(data, pair, number),
    )
    return {
        "id": f"pair{number}",
        "title": pair.title,
        "answer": answer_of(pair),
        "futures": futures_of(data, pair),
        "pictures": [shown(picture) for picture in drawn if picture is not None],
        "table": tables.routes_table(data, pair),
        "missing": [
            (scenario_name(data, answer.scenario), cut_by(answer)) for answer in pair.answers if best_of(answer) is None
        ],
        "legs": [tables.legs_table(route) for route in routes.routes] if routes else [],
        "notes": list(routes.notes) if routes else [],
    }


def _network(data: ReportData) -> dict[str, Any]:
    summary = data.summary
    top, every = tables.crossing_tables(data)
    return {
        "nodes": words.count(summary.nodes, "node"),
        "links": words.count(int(data.network.built.sum()), "link"),
        "uncapacitated": words.percent(summary.uncapacitated_share),
        "assumed": words.percent(summary.assumption_share),
        "map": shown(figures.map_picture(data)),
        "modes": tables.links_table(data),
        "crossings": top,
        "all_crossings": every,
        "notes": list(summary.notes),
    }


def _futures(data: ReportData) -> dict[str, Any] | None:
    process = read_futures(data.case)
    if len(process.states) == 1:
        return None
    picture = futures.closures_picture(data.case, process)
    return {
        "pictures": [shown(picture)] if picture else [],
        "states": futures.states_table(process),
        "record": futures.record_table(process) if process.records else None,
        "notes": list(process.notes),
    }


def _flows(data: ReportData) -> dict[str, Any] | None:
    if data.flows is None or data.counted is None:
        return None
    counts = flows.screenlines_table(data.counted)
    return {
        "said": [line for line in (flows.flows_said(data.flows), flows.counts_said(data.counted)) if line],
        "pictures": [shown(flows.flow_picture(data.flows))],
        "bottlenecks": flows.bottlenecks_table(data.flows),
        "screenlines": counts if counts.rows else None,
        "notes": list(data.flows.notes),
    }


def _trade(data: ReportData) -> dict[str, Any] | None:
    found = data.trade
    if found is None or found.trade is None:
        return None
    picture = figures.trade_picture(found.trade)
    said = [
        trade.gain_said(found.trade),
        trade.pair_said(found),
        trade.goods_said(found.trade),
        trade.transit_said(found),
    ]
    return {
        "said": [f"{line}." for line in said if line],
        "potential": trade.potential_said(data.potential) if data.potential is not None else [],
        "pictures": [shown(picture)] if picture else [],
        "economies": trade.economies_table(found.trade),
        "directions": trade.directions_table(found),
        "countries": trade.countries_table(found),
        "crossings": trade.crossings_table(found),
        "notes": list(found.notes),
    }


def _appraisal(data: ReportData) -> dict[str, Any] | None:
    if not data.appraisals:
        return None
    picture = appraisal.league_picture(data.appraisals)
    return {
        "said": appraisal.league_said(data.appraisals),
        "pictures": [shown(picture)] if picture else [],
        "league": appraisal.league_table_of(data.appraisals),
        "apart": appraisal.apart_table(data.appraisals),
    }


def _quality(data: ReportData) -> dict[str, Any]:
    default = data.case.config.case.default_scenario
    answers = [answer.routes for answer in data.answers if answer.routes is not None and answer.scenario == default]
    found = assess(data.case, route_reliance(data.case, answers))
    parts = (quality.results_table, quality.assumptions_table, quality.conflicts_table, quality.silent_table)
    return {
        "tables": quality.tables_table(found),
        "parts": [table for table in (part(found) for part in parts) if table.rows],
        "stale": words.count(len(found.stale), "row"),
        "years": words.number(found.stale_after_years),
    }


def _programme(data: ReportData) -> dict[str, Any] | None:
    if data.record is None or data.record.table.empty:
        return None
    picture = figures.timeline_picture(data)
    table = data.record.table
    promised = table[table["entry"] == "commitment"]
    still_open = words.count(int((promised["status"] == "open").sum()))
    late, day = words.count(len(data.record.overdue)), words.when(data.record.on.isoformat())
    return {
        "said": f"{words.count(len(promised), 'commitment')}: {still_open} still open, {late} of them overdue on {day}.",
        "pictures": [shown(picture)] if picture else [],
        "overdue": tables.overdue_table(data),
        "record": tables.record_table(data),
    }


def shown(picture: figures.Picture) -> dict[str, Any]:
    """Return a picture as the templates want it."""
    # the element was written by matplotlib, which escapes the texts in it
    return {"svg": Markup(picture.svg), "caption": picture.caption}  # noqa: S704


def palette_properties() -> str:
    """Return the palette as custom properties, light and dark."""
    dark = _rule(DARK)
    return f":root {{{_rule(LIGHT)}}}\n@media screen and (prefers-color-scheme: dark) {{:root {{{dark}}}}}"


def _rule(palette: Palette) -> str:
    return " ".join(f"--{name.replace('_', '-')}: {color};" for name, color in palette.names().items())


def _setting(data: ReportData) -> str:
    """Return the setting in words: what differs from the plain case."""
    shown = data.meta.setting
    parts = [f"scenario {shown['scenario']}"]
    parts += [f"year {shown['year']}"] if shown.get("year") else []
    parts += [f"projects {words.listed(shown['projects'])}"] if shown.get("projects") else []
    parts += [f"changes {words.listed(shown['changes'])}"] if shown.get("changes") else []
    return ", ".join(parts)


def unbroken(text: str) -> str:
    """Return a figure with its unit so that no line breaks between them."""
    return text.replace(" ", _NO_BREAK)
