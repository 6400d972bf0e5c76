"""``karvan network``."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer needs it at run time
from typing import TYPE_CHECKING, Annotated

import typer

from karvan.cli.options import (
    BOTH_FORMATS,
    CaseOption,
    ChangeOption,
    CsvOption,
    JsonOption,
    ProjectOption,
    ScenarioOption,
    YearOption,
    console,
    print_json,
    say,
    split,
)

if TYPE_CHECKING:
    from karvan.network import NetworkSummary


def network(
    case: CaseOption = None,
    scenario: ScenarioOption = None,
    project: ProjectOption = None,
    year: YearOption = None,
    change: ChangeOption = None,
    gmns: Annotated[Path | None, typer.Option("--gmns", metavar="DIR", help="Export as GMNS 0.96.")] = None,
    geojson: Annotated[Path | None, typer.Option("--geojson", metavar="FILE", help="Export as GeoJSON.")] = None,
    from_gmns: Annotated[
        Path | None,
        typer.Option("--from-gmns", metavar="DIR", help="Read a network that --gmns wrote, instead of a case."),
    ] = None,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """Show the network: what connects to what, and its crossings; export it."""
    from karvan.case import Setting, meta_of, open_case
    from karvan.network import build_network, flat, read_gmns, summarise

    if json and csv:
        raise typer.BadParameter(BOTH_FORMATS)
    if from_gmns is not None:
        if case or scenario or project or year is not None or change:
            message = (
                "--from-gmns reads a finished network: leave out --case, --scenario, --project, --year and --change."
            )
            raise typer.BadParameter(message)
        applied = read_gmns(from_gmns)
    else:
        setting = Setting.of(year=year, scenario=scenario, projects=split(project), changes=change or ())
        opened = open_case(case)
        opened.refuse_beyond_horizon(year)
        applied = opened.apply(setting)
    built = build_network(applied)
    summary = summarise(built, meta_of(applied.case, applied.setting, {"stage": "network"}))
    if gmns is not None:
        from karvan.network import export_gmns

        say(f"GMNS written to {export_gmns(applied, gmns, built=built.built)}")
    if geojson is not None:
        from karvan.case.atomic import write_file
        from karvan.network import to_geojson

        say(f"GeoJSON written to {write_file(geojson, json_text(to_geojson(built)))}")
    if csv:
        typer.echo(flat(built.table.reset_index()).to_csv(index=False), nl=False)
    elif json:
        print_json(summary_dict(summary))
    else:
        show_summary(summary)


def json_text(data: object) -> str:
    """Return compact JSON text."""
    import json

    return json.dumps(data, ensure_ascii=False, allow_nan=False) + "\n"


def summary_dict(summary: NetworkSummary) -> dict[str, object]:
    """Return a network summary as JSON can hold it."""
    return {
        "meta": summary.meta.model_dump(mode="json"),
        "nodes": summary.nodes,
        "states": summary.states,
        "arcs": summary.arcs,
        "links": summary.table.to_dict("records"),
        "crossings": summary.crossings.reset_index().to_dict("records"),
        "uncapacitated_share": summary.uncapacitated_share,
        "assumption_share": summary.assumption_share,
        "notes": list(summary.notes),
    }


def show_summary(summary: NetworkSummary) -> None:
    """Print a network summary on one screen."""
    from rich.table import Table

    from karvan.charts import words

    table = Table(box=None, pad_edge=False)
    table.add_column("mode")
    table.add_column("gauge", justify="right")
    for name in ("links", "km", "not built", "km"):
        table.add_column(name, justify="right")
    for (mode, gauge), rows in summary.table.groupby(["mode", "gauge_mm"]):
        cells = []
        for flag in (True, False):
            part = rows[rows["built"] == flag]
            length = words.km(float(part["length_km"].sum())).removesuffix(" km") if len(part) else "-"
            cells += [str(int(part["links"].sum())) if len(part) else "-", length]
        table.add_row(str(mode), str(gauge) if gauge else "", *cells)
    out = console()
    out.print(table)
    open_rows = summary.crossings[summary.crossings["status"] == "open"]
    shut = summary.crossings[summary.crossings["status"] == "shut"]
    out.print(f"{summary.nodes} nodes, {summary.states} states, {summary.arcs} arcs for a container.")
    out.print(f"Crossings: {len(open_rows)} rows open, {len(shut)} shut" + (
        ": " + ", ".join(dict.fromkeys(shut["name"])) if len(shut) else "") + ".")  # fmt: skip
    out.print(
        f"Of the standing links {words.percent(summary.uncapacitated_share)} have no capacity and "
        f"{words.percent(summary.assumption_share)} rest on an assumption."
    )
    for note in summary.notes:
        out.print(f"Note: {note}.")
