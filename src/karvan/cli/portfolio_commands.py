"""``karvan portfolio``: which investments, in what order, and how to share the cost."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer needs it at run time
from typing import TYPE_CHECKING, Annotated

import typer

from karvan.cli.options import BOTH_FORMATS, CsvOption, JsonOption, console, print_json

if TYPE_CHECKING:
    from karvan.portfolio import Selection

app = typer.Typer(help="Choose investments: which, in what order, and who pays.", no_args_is_help=True)


@app.command("select")
def select(
    options: Annotated[
        Path, typer.Option("--options", metavar="FILE", help="CSV with the columns group, option, cost and value.")
    ],
    budget: Annotated[
        str, typer.Option("--budget", metavar="N", help="Most that the chosen options may cost together.")
    ],
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """Choose at most one option of each group, within a budget, for the greatest value."""
    from fractions import Fraction

    from karvan.case.cells import NUMBER_PATTERN
    from karvan.case.provenance import meta_without_case
    from karvan.portfolio import read_options, select_options

    if json and csv:
        raise typer.BadParameter(BOTH_FORMATS)
    if not NUMBER_PATTERN.fullmatch(budget.strip()):
        message = f"{budget!r} is not a number."
        raise typer.BadParameter(message, param_hint="--budget")
    found = select_options(read_options(options), budget=Fraction(budget.strip()))
    if json:
        meta = meta_without_case(options.read_bytes(), {"stage": "portfolio select", "budget": str(found.budget)})
        print_json({"meta": meta.model_dump(mode="json")} | found.to_dict())
    elif csv:
        _print_csv(found)
    else:
        _show(found)


def _print_csv(found: Selection) -> None:
    import pandas as pd

    typer.echo(pd.DataFrame(found.to_dict()["chosen"]).to_csv(index=False), nl=False)


def _show(found: Selection) -> None:
    from rich.table import Table

    answer = found.to_dict()
    out = console()
    out.print(f"Worth {answer['value']:,} for {answer['cost']:,} of {answer['budget']:,}; no selection is worth more.")
    table = Table(box=None, pad_edge=False)
    for name, side in (("group", "left"), ("option", "left"), ("cost", "right"), ("value", "right")):
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    for row in answer["chosen"]:
        table.add_row(row["group"], row["option"], f"{row['cost']:,}", f"{row['value']:,}")
    out.print(table)
