"""``karvan flows``: what runs where in a case."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer needs it at run time
from typing import TYPE_CHECKING, Annotated, Any

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
    from collections.abc import Sequence

    import pandas as pd

    from karvan.case import Case
    from karvan.flows.corridor_results import CorridorFlows

#: Rows of a table on the screen.
SHOWN_ROWS = 12
#: Tables that ``--out`` writes.
OUT_TABLES = (
    "table",
    "movements",
    "crossings",
    "terminals",
    "bottlenecks",
    "resources",
    "pairs",
    "modes",
    "screenlines",
    "constants",
)


def flows(
    context: typer.Context,
    case: CaseOption = None,
    scenario: ScenarioOption = None,
    project: ProjectOption = None,
    year: YearOption = None,
    change: ChangeOption = None,
    link: Annotated[
        str | None, typer.Option("--link", metavar="LINK", help="Who uses a link, from where to where.")
    ] = None,
    crossing: Annotated[
        str | None, typer.Option("--crossing", metavar="CROSSING", help="Who uses a crossing, from where to where.")
    ] = None,
    against: Annotated[
        list[str] | None,
        typer.Option(
            "--against",
            metavar="NAME",
            help="Show the difference to another scenario, or to other projects (`none`: without any); repeat or use commas.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write every table as Parquet; a former folder is replaced."),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="Draw the map of flows and bottlenecks, as .svg, .png or .pdf."),
    ] = None,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """Show what runs where: flows per link and crossing, bottlenecks and who pays, modelled against counted tonnes."""
    if context.invoked_subcommand is not None:
        return
    if json and csv:
        raise typer.BadParameter(BOTH_FORMATS)
    if link is not None and crossing is not None:
        message = "Choose one of --link and --crossing."
        raise typer.BadParameter(message)
    if against and (link or crossing):
        message = "--against shows links; leave out --link and --crossing."
        raise typer.BadParameter(message)
    from karvan.case import open_case
    from karvan.flows.corridor import assign_flows

    opened = open_case(case)
    setting: dict[str, Any] = {"scenario": scenario, "projects": split(project), "year": year, "changes": change or ()}
    _check_early(opened, link, crossing, plot)
    other = _other(opened, setting, split(against)) if against else None
    result = assign_flows(opened, **setting)
    compared = assign_flows(opened, **other) if other is not None else None
    for note in result.notes:
        say(f"Note: {note}.")
    _write(result, out, plot)
    table = _asked(result, compared, link, crossing)
    if csv:
        typer.echo((result.table if table is None else table).to_csv(index=False), nl=False)
    elif json:
        print_json(_data(result, compared, table, link, crossing))
    elif table is None:
        show(result)
    else:
        _show_asked(result, compared, table, link or crossing)


def _check_early(case: Case, link: str | None, crossing: str | None, plot: Path | None) -> None:
    """Tell a wrong name before the goods are assigned, which takes a while."""
    if link is not None or crossing is not None:
        from karvan.flows.corridor_results import rows_named

        rows_named(case, link=link, crossing=crossing)
    if plot is not None:
        from karvan.charts.svg import check_suffix

        check_suffix(plot.suffix)


def _other(case: Case, setting: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """Return the setting that is compared with: another scenario, or other projects."""
    scenarios = [name for name in names if name in case.rows("scenario")]
    projects = [name for name in names if name not in scenarios]
    if len(scenarios) > 1:
        message = f"--against names the scenarios {' and '.join(scenarios)}. Name one of them."
        raise typer.BadParameter(message)
    other = dict(setting)
    if scenarios:
        other["scenario"] = scenarios[0]
    if projects:
        other["projects"] = [name for name in projects if name != "none"]
    return other


def _asked(
    result: CorridorFlows, compared: CorridorFlows | None, link: str | None, crossing: str | None
) -> pd.DataFrame | None:
    if link is not None or crossing is not None:
        return result.users(link=link, crossing=crossing)
    return result.difference(compared) if compared is not None else None


def _data(
    result: CorridorFlows,
    compared: CorridorFlows | None,
    table: pd.DataFrame | None,
    link: str | None,
    crossing: str | None,
) -> dict[str, Any]:
    data = result.to_dict()
    if table is not None and compared is None:
        data["users"] = {"link": link, "crossing": crossing, "flows": table.to_dict("records")}
    if compared is not None and table is not None:
        meta = compared.meta.model_dump(mode="json")
        data["against"] = {"meta": meta, **compared.totals, "changes": table.to_dict("records")}
    return data


def _write(result: CorridorFlows, out: Path | None, plot: Path | None) -> None:
    if out is not None:
        say(f"Written to {write_tables(result, out)}")
    if plot is not None:
        from karvan.case.atomic import write_file
        from karvan.report.flows import flow_map_of

        say(f"Picture written to {write_file(plot, flow_map_of(result, suffix=plot.suffix))}")


def write_tables(result: CorridorFlows, folder: Path) -> Path:
    """Write every table of a result as Parquet files, all of them or nothing."""
    import json

    from karvan.case.atomic import write_folder
    from karvan.cli.options import without_nan

    marker = "flows.json"

    def fill(draft: Path) -> None:
        for name in OUT_TABLES:
            file = "links" if name == "table" else name
            getattr(result, name).to_parquet(draft / f"{file}.parquet", index=False)
        about = without_nan({"meta": result.meta.model_dump(mode="json"), **result.totals})
        (draft / marker).write_text(json.dumps(about, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")

    files = {marker, *(f"{'links' if name == 'table' else name}.parquet" for name in OUT_TABLES)}
    return write_folder(folder, fill, marker=marker, leftovers=frozenset(files))


# on the screen ----------------------------------------------------------------------------------------------------------


def show(result: CorridorFlows) -> None:
    """Show a result on one screen: the answer, bottlenecks, crossings, screenlines."""
    from karvan.charts import words

    totals, out = result.totals, console()
    share = totals["network_t_per_year"] / totals["demand_t_per_year"] if totals["demand_t_per_year"] else 0.0
    scenario = result.meta.setting["scenario"]
    costly = int((result.bottlenecks["cost_musd_per_year"] > 0).sum())
    out.print(
        f"{_mt(totals['network_t_per_year'])} Mt a year on the network ({scenario}), {words.percent(share)} of "
        f"{_mt(totals['demand_t_per_year'])} Mt; {words.number(totals['tkm_per_year'] / 1e9)} bn tkm; "
        f"{words.count(costly, 'bottleneck')} with a price or queue: rents of USD "
        f"{words.number(totals['rent_musd_per_year'])} m and queues of USD "
        f"{words.number(totals['queue_loss_musd_per_year'])} m a year.",
        style="bold",
    )
    _bottlenecks(result)
    _crossings(result)
    _screenlines(result)


def _mt(tonnes: float) -> str:
    from karvan.charts import words

    return words.number(tonnes / 1e6)


def _table(title: str, heads: Sequence[tuple[str, str]], rows: Sequence[tuple[str, ...]]) -> None:
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name, side in heads:
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*row)
    console().print(table)


def _bottlenecks(result: CorridorFlows) -> None:
    from karvan.charts import words

    rows = []
    for row in result.bottlenecks.head(SHOWN_ROWS).to_dict("records"):
        queued = row["clearing"] == "queue"
        rows.append((
            "{table} {row}{direction}".format_map(row), words.number(row["capacity_t_per_day"]),
            words.percent(row["utilisation"]),
            words.number(row["price_usd_per_t"]) if row["price_usd_per_t"] > 0 else "",
            words.days(row["queue_h"]) if row["queue_h"] > 0 else "",
            words.number(row["cost_musd_per_year"]) if row["cost_musd_per_year"] > 0 else "",
            "lost by its users" if queued else row["owner_name"],
        ))  # fmt: skip
    heads = (("bottleneck", "left"), ("t/day", "right"), ("used", "right"), ("USD/t", "right"), ("queue", "right"),
             ("USD m/year", "right"), ("to", "left"))  # fmt: skip
    _table(f"Bottlenecks, dearest first ({len(rows)} of {len(result.bottlenecks)})", heads, rows)


def _crossings(result: CorridorFlows) -> None:
    table = result.crossings[result.crossings["flow_t_per_year"] > 0]
    table = table.sort_values(["flow_t_per_year", "border_id"], ascending=[False, True]).head(SHOWN_ROWS)
    rows = [
        (
            str(row["name"]),
            row["mode"],
            row["from_country"] or "-",
            row["to_country"] or "-",
            _mt(row["flow_t_per_year"]),
        )
        for row in table.to_dict("records")
    ]
    heads = (("crossing", "left"), ("mode", "left"), ("from", "left"), ("to", "left"), ("Mt/year", "right"))
    _table("Busiest crossings and ports", heads, rows)


def _screenlines(result: CorridorFlows) -> None:
    from karvan.charts import words

    table = result.screenlines
    if table.empty:
        return
    constant = dict(zip(result.constants["count_id"], result.constants["constant_usd_per_t"], strict=True))
    rows = [
        (
            row["name"], row["use"], _mt(row["counted_t_per_year"]), _mt(row["modelled_t_per_year"]),
            words.number(row["ratio"], digits=2),
            words.number(constant[row["count_id"]], digits=2) if row["count_id"] in constant else "",
            "" if row["hit"] else f"beyond a factor {row['aim']:g}",
        )
        for row in table.sort_values(["hit", "counted_t_per_year"], ascending=[True, False]).head(SHOWN_ROWS).to_dict("records")
    ]  # fmt: skip
    heads = (
        ("screenline", "left"),
        ("use", "left"),
        ("counted Mt", "right"),
        ("modelled Mt", "right"),
        ("ratio", "right"),
        ("constant USD/t", "right"),
        ("", "left"),
    )
    _table(
        f"Modelled against counted: {int(table['hit'].sum())} of {len(table)} within the aim; misses first", heads, rows
    )


def _show_asked(result: CorridorFlows, compared: CorridorFlows | None, table: pd.DataFrame, name: str | None) -> None:
    from karvan.charts import words

    if compared is None:
        total = float(table["flow_t_per_year"].sum())
        console().print(f"{_mt(total)} Mt a year pass {name} ({result.meta.setting['scenario']}).", style="bold")
        rows = [
            (
                row["origin"],
                row["destination"],
                row["commodity"],
                words.number(row["flow_t_per_year"]),
                words.percent(row["flow_t_per_year"] / total),
            )
            for row in table.head(2 * SHOWN_ROWS).to_dict("records")
        ]
        heads = (("from", "left"), ("to", "left"), ("commodity", "left"), ("t/year", "right"), ("share", "right"))
        _table("Who uses it, largest first", heads, rows)
        return
    one, two = result.totals["network_t_per_year"], compared.totals["network_t_per_year"]
    console().print(f"{_mt(one)} Mt a year on the network against {_mt(two)} Mt.", style="bold")
    changes = [
        (
            row["link_id"],
            row["from_node_id"],
            row["to_node_id"],
            _mt(row["flow_t_per_year"]),
            _mt(row["against_t_per_year"]),
            _signed(row["change_t_per_year"]),
        )
        for row in table.head(2 * SHOWN_ROWS).to_dict("records")
    ]
    columns = [
        ("link", "left"),
        ("from", "left"),
        ("to", "left"),
        ("Mt/year", "right"),
        ("against", "right"),
        ("change", "right"),
    ]
    _table("Links by change, largest first", columns, changes)


def _signed(tonnes: float) -> str:
    text = _mt(abs(tonnes))
    return f"+{text}" if tonnes > 0 else f"\N{MINUS SIGN}{text}" if tonnes < 0 else text
