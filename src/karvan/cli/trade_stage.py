"""``karvan trade`` on a case: what trade follows from a setting, trade and flows solved together."""

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
    import pandas as pd

    from karvan.chain import Outcome

#: Rows of a table of the summary.
SHOWN = 8


def trade(
    context: typer.Context,
    case: CaseOption = None,
    scenario: ScenarioOption = None,
    project: ProjectOption = None,
    year: YearOption = None,
    change: ChangeOption = None,
    theta: Annotated[
        float | None, typer.Option(metavar="NUMBER", help="Elasticity of trade (default: the case's own, else 4).")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw who gains, which pairs and goods grow (.svg, .png or .pdf)."),
    ] = None,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """Say what trade follows from a setting: who gains, which pairs and goods grow, and what passes through."""
    if context.invoked_subcommand is not None:
        if case or scenario or project or year is not None or change or theta is not None or plot or json or csv:
            message = f"options of {context.invoked_subcommand} stand after it"
            raise typer.BadParameter(message)
        return
    if json and csv:
        raise typer.BadParameter(BOTH_FORMATS)
    from karvan.case import open_case
    from karvan.chain import find_trade

    found = find_trade(
        open_case(case), scenario=scenario, projects=split(project), year=year, changes=change or (), theta=theta
    )
    assert found.trade is not None  # noqa: S101 - find_trade refuses a case without trade
    if plot is not None:
        from karvan.case.atomic import write_file
        from karvan.report.figures import trade_of

        say(f"Picture written to {write_file(plot, trade_of(found.trade, suffix=plot.suffix))}")
    if json:
        print_json(found.to_dict())
        return
    for note in found.notes:
        say(f"Note: {note}.")
    if csv:
        typer.echo(found.trade.pairs.to_csv(index=False), nl=False)
    else:
        _show(found)


def _show(found: Outcome) -> None:
    from karvan.report import trade as said

    out, effects = console(), found.trade
    assert effects is not None  # noqa: S101 - as above
    out.print(f"{said.gain_said(effects)}.", style="bold")
    for line in (said.pair_said(found), said.transit_said(found), said.goods_said(effects), said.years_said(effects)):
        if line:
            out.print(f"{line}.")
    gains = {"economy": "name", "gain USD m/year": "equivalent_variation_musd", "exports USD m": "exports_change_musd",
             "imports USD m": "imports_change_musd"}  # fmt: skip
    _print("Who gains", _largest(effects.table, "equivalent_variation_musd"), gains)
    pairs = effects.pairs.assign(
        pair=effects.pairs["exporter"] + " to " + effects.pairs["importer"], cut=100 * (effects.pairs["tau_hat"] - 1)
    )
    grow = {"pair": "pair", "trade cost %": "cut", "USD m/year": "value_musd", "becomes": "value_after_musd",
            "t/year": "flow_t_per_year", "becomes ": "flow_after_t_per_year"}  # fmt: skip
    _print("Which pairs grow", _largest(pairs, "change_musd"), grow)
    ways = found.pairs.assign(pair=found.pairs["economy"] + " and " + found.pairs["partner"])
    both = {"pair": "pair", "t/year there": "forward_t_per_year", "back": "backward_t_per_year",
            "trains/day there": "trains_forward_per_day", "back ": "trains_backward_per_day",
            "trucks/day there": "trucks_forward_per_day", "back  ": "trucks_backward_per_day"}  # fmt: skip
    _print(f"Both ways, in {found.meta.setting['scenario']}", ways.head(SHOWN), both)
    crossings = found.crossings.assign(
        way=found.crossings["name"] + ", " + found.crossings["from_country"] + " to " + found.crossings["to_country"]
    )
    stops = {"crossing": "way", "by": "mode", "t/year": "flow_t_per_year", "change": "flow_t_per_year_change",
             "of it transit": "transit_t_per_year", "loaded/day": "vehicles_per_day"}  # fmt: skip
    _print(
        f"What passes, in {found.meta.setting['scenario']}",
        crossings[crossings["flow_t_per_year"] > 0].head(SHOWN),
        stops,
    )


def _largest(table: pd.DataFrame, column: str) -> pd.DataFrame:
    size = table[column].abs()
    return table.loc[size[size > 0].sort_values(ascending=False, kind="stable").index[:SHOWN]]


def _print(title: str, rows: pd.DataFrame, columns: dict[str, str]) -> None:
    from rich.table import Table

    from karvan.charts import words

    if rows.empty:
        return
    table = Table(box=None, pad_edge=False, title=title, title_justify="left", title_style="bold")
    for number, name in enumerate(columns):
        table.add_column(name.strip(), justify="left" if number == 0 or name == "by" else "right", no_wrap=True)
    for row in rows.to_dict("records"):
        cells: list[Any] = [row[name] for name in columns.values()]
        # less than half a tonne is nothing
        cells = [
            round(cell) if "t_per_year" in name else cell for name, cell in zip(columns.values(), cells, strict=True)
        ]
        table.add_row(*(cell if isinstance(cell, str) else words.number(float(cell)) for cell in cells))
    console().print(table)
