"""``karvan case futures``."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer needs it at run time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from karvan.cli.options import BOTH_FORMATS, CaseOption, CsvOption, JsonOption, console, print_json, say

if TYPE_CHECKING:
    from karvan.case import Case
    from karvan.case.futures import Futures
    from karvan.report.tables import Table


def futures(
    case: CaseOption = None,
    year: Annotated[int | None, typer.Option(help="A year to show besides (default: ten years on).")] = None,
    estimate: Annotated[
        bool,
        typer.Option(
            "--estimate", help="What the record of closures gives, instead of transition.csv; with --csv its rows."
        ),
    ] = False,
    plot: Annotated[
        Path | None, typer.Option(help="Write the record and the probabilities as a picture: .svg, .png or .pdf.")
    ] = None,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """Show the states of the crossings: how likely each is in a year and in the long run, and the record behind it."""
    if json and csv:
        raise typer.BadParameter(BOTH_FORMATS)
    from karvan.case import open_case
    from karvan.case.futures import read_futures
    from karvan.errors import RequestError

    opened = open_case(case)
    if estimate:
        _estimate(opened, json=json, csv=csv)
        return
    process = read_futures(opened)
    shown = year if year is not None else min(process.base_year + 10, process.horizon_year)
    process.probabilities(shown)  # a year before the base year is an error before anything is written
    if plot is not None:
        if not process.records:
            message = f"{opened.id} records no closure: there is nothing to draw. Add rows to closure.csv."
            raise RequestError(message)
        from karvan.case.atomic import write_file
        from karvan.report.futures import closures_plot

        say(f"{write_file(plot, closures_plot(opened, process, suffix=plot.suffix))} is written.")
    if json:
        print_json(process.to_dict(shown))
    elif csv:
        typer.echo(process.table.to_csv(index=False), nl=False)
    else:
        _show(process, shown)


def _estimate(case: Case, *, json: bool, csv: bool) -> None:
    from karvan.case import Setting, meta_of
    from karvan.case.futures_estimate import estimate_futures

    found = estimate_futures(case)
    if json:
        meta = meta_of(case, Setting(), {"stage": "futures", "estimate": True}).model_dump(mode="json")
        states = [{"state": state, "probability": share} for state, share in found.probabilities.items()]
        print_json({"meta": meta, "states": states, "transitions": found.transitions.to_dict("records")})
    elif csv:
        typer.echo(found.transitions.to_csv(index=False), nl=False)
    else:
        out = console()
        matrix = found.transitions.pivot_table(index="from_state", columns="to_state", values="probability", sort=False)
        out.print(
            "Probability of the state of the next year, by that of this year, and in the long run, from the record:"
        )
        heads = ["from", *(str(name) for name in matrix.columns)]
        rows = [
            [str(name), *(f"{cell:.4f}" for cell in row)]
            for name, row in zip(matrix.index, matrix.to_numpy(), strict=True)
        ]
        rows.append(["long run", *(f"{found.probabilities[str(name)]:.4f}" for name in matrix.columns)])
        out.print(_grid(heads, rows))


def _show(process: Futures, year: int) -> None:
    from karvan.report.futures import record_table, states_table

    out = console()
    out.print(f"{process.case}: states of the crossings from {process.base_year} on, {process.names[process.start]}")
    out.print(table_of(states_table(process, year)))
    if process.records:
        out.print()
        out.print(table_of(record_table(process)))
    for note in process.notes:
        out.print(note)


def table_of(table: Table) -> Any:  # noqa: ANN401 - rich is imported where it is used
    """Return a table of the report as one of the terminal; notes of cells follow in brackets."""
    lines = [[f"{cell.text} ({cell.note})" if cell.note else cell.text for cell in row] for row in table.rows]
    return _grid(list(table.heads), lines)


def _grid(heads: list[str], rows: list[list[str]]) -> Any:  # noqa: ANN401 - rich is imported where it is used
    from rich.table import Table as Grid

    grid = Grid(box=None, pad_edge=False)
    for number, head in enumerate(heads):
        is_text = not all(row[number][:1].isdigit() or row[number].startswith("under ") for row in rows if row[number])
        grid.add_column(head, justify="left" if is_text else "right")
    for row in rows:
        grid.add_row(*row)
    return grid
