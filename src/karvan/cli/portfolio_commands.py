"""``karvan portfolio``: which investments, in what order, and how to share the cost."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer needs it at run time
from typing import TYPE_CHECKING, Annotated

import typer

from karvan.cli.flows_commands import make_ready
from karvan.cli.options import BOTH_FORMATS, CsvOption, JsonOption, console, print_json, say
from karvan.cli.portfolio_choice_command import portfolio

if TYPE_CHECKING:
    from fractions import Fraction

    from karvan.portfolio import Selection
    from karvan.portfolio.design import Design

app = typer.Typer()
app.callback(invoke_without_command=True)(portfolio)


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
    from karvan.case.provenance import meta_without_case
    from karvan.portfolio import read_options, select_options

    if json and csv:
        raise typer.BadParameter(BOTH_FORMATS)
    limit = _exact(budget, "--budget")
    found = select_options(read_options(options), budget=limit)
    if json:
        meta = meta_without_case(options.read_bytes(), {"stage": "portfolio select", "budget": str(found.budget)})
        print_json({"meta": meta.model_dump(mode="json")} | found.to_dict())
    elif csv:
        _print_csv(found)
    else:
        _show(found)


@app.command("design")
def design(
    net: Annotated[
        Path,
        typer.Option("--net", metavar="FILE", help="TNTP network with one more figure a row: the cost of the link."),
    ],
    trips: Annotated[Path, typer.Option("--trips", metavar="FILE", help="Trips, in the TNTP format.")],
    budget: Annotated[
        str | None, typer.Option("--budget", metavar="N", help="Most that the links built may cost together.")
    ] = None,
    budget_share: Annotated[
        str | None,
        typer.Option("--budget-share", metavar="SHARE", help="The same, as a share of the cost of all candidates."),
    ] = None,
    demand_factor: Annotated[float, typer.Option("--demand-factor", help="Factor on all trips.")] = 1.0,
    seconds: Annotated[
        float, typer.Option("--seconds", help="Time after which the best design so far is given, with its bound.")
    ] = 600.0,
    json: JsonOption = False,
) -> None:
    """Choose the links to build for the least total travel time of an equilibrium, with a proof."""
    from fractions import Fraction

    from karvan.case.provenance import meta_without_case
    from karvan.flows.tntp import read_candidates, read_trips
    from karvan.portfolio.design import design_network

    if (budget is None) == (budget_share is None):
        message = "Give one of --budget and --budget-share."
        raise typer.BadParameter(message)
    if not 0 < demand_factor < float("inf"):
        message = f"{demand_factor:g} is no factor on demand. Name one above zero."
        raise typer.BadParameter(message, param_hint="--demand-factor")
    links, costs = read_candidates(net)
    demand, notes = read_trips(trips, links.zones)
    cost = [Fraction(repr(float(item))) for item in costs]
    limit = (
        _exact(budget, "--budget") if budget is not None else _exact(str(budget_share), "--budget-share") * sum(cost)
    )
    make_ready()
    for note in notes:
        say(f"Note: {note.removesuffix('.')}.")
    found = design_network(links, demand * demand_factor, cost, budget=limit, seconds=seconds, tell=_tell)
    if json:
        request = {"stage": "portfolio design", "budget": str(limit), "demand_factor": demand_factor}
        meta = meta_without_case(net.read_bytes() + trips.read_bytes(), request)
        print_json({"meta": meta.model_dump(mode="json")} | found.to_dict())
    else:
        _show_design(found)


def _tell(nodes: int, best: float, bound: float) -> None:
    gap = f"gap {(best - bound) / best:.2%}" if 0 < best < float("inf") else "no design yet"
    say(f"{nodes} nodes: best {best:.8g}, bound {bound:.8g}, {gap}")


def _exact(text: str, option: str) -> Fraction:
    from karvan.portfolio.options import read_figure

    try:
        return read_figure(text)
    except ValueError as expected:
        message = f"{text!r} is not {expected}."
        raise typer.BadParameter(message, param_hint=option) from None


def _show_design(found: Design) -> None:
    from rich.table import Table

    out = console()
    proof = "proven the best" if found.proven else f"no design lies more than {found.gap:.2%} below"
    money = f"{float(found.cost):,g} of {float(found.budget):,g}"
    out.print(
        f"Total travel time {found.tstt:,.10g} for {money}; {proof} ({found.nodes} nodes, {found.seconds:.3g} s)."
    )
    table = Table(box=None, pad_edge=False)
    for name, side in (("link", "right"), ("from", "left"), ("to", "left"), ("cost", "right")):
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    for row in found.links:
        table.add_row(str(row["link"]), row["from"], row["to"], f"{row['cost']:,g}")
    out.print(table)


def _print_csv(found: Selection) -> None:
    import pandas as pd

    typer.echo(pd.DataFrame(found.to_dict()["chosen"]).to_csv(index=False), nl=False)


def _show(found: Selection) -> None:
    from rich.table import Table

    answer = found.to_dict()
    out = console()
    proof = "" if found.proven else f" than {answer['upper_bound']:,}"
    out.print(
        f"Worth {answer['value']:,} for {answer['cost']:,} of {answer['budget']:,}; no selection is worth more{proof}."
    )
    table = Table(box=None, pad_edge=False)
    for name, side in (("group", "left"), ("option", "left"), ("cost", "right"), ("value", "right")):
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    for row in answer["chosen"]:
        table.add_row(row["group"], row["option"], f"{row['cost']:,}", f"{row['value']:,}")
    out.print(table)
