"""``karvan trade``."""

from __future__ import annotations

import math
from pathlib import Path  # noqa: TC003 - typer needs it at run time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from karvan.cli.options import BOTH_FORMATS, CaseOption, CsvOption, JsonOption, console, print_json, say, split
from karvan.cli.trade_stage import trade

if TYPE_CHECKING:
    from karvan.trade import Counterfactual, Estimate

group = typer.Typer(
    name="trade",
    help="What trade follows: who gains, which pairs and goods grow; counterfactuals and gravity without a case.",
)

#: Countries that a summary shows.
SHOWN = 12


group.callback(invoke_without_command=True)(trade)


@group.command()
def counterfactual(
    trade: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Trade: exporter, importer, value, and commodity where there are several."),
    ] = None,
    tau: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Change of trade costs: exporter, importer, tau_hat.")
    ] = None,
    theta: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER|LIST|FILE", help="Elasticity of trade: one (default 4), NAME=NUMBER,..., or a file."
        ),
    ] = None,
    deficits: Annotated[str, typer.Option(help="additive, multiplicative or balanced.")] = "additive",
    new_deficits: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Deficits after the change: country, deficit.")
    ] = None,
    model: Annotated[str, typer.Option(help="armington, or caliendo-parro with --tables.")] = "armington",
    tables: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Shares, value added, inputs, tariffs and elasticities as CSV.")
    ] = None,
    missing: Annotated[
        str | None, typer.Option(help="Whether a pair without a row of trade is an error (default) or zero.")
    ] = None,
    pairs: Annotated[
        bool, typer.Option("--pairs", help="Show the pairs too; with --csv, instead of the countries.")
    ] = False,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """Say what a change of trade costs does to trade, prices, wages and real income."""
    from karvan.errors import UnknownNameError

    if json and csv:
        raise typer.BadParameter(BOTH_FORMATS)
    if model == "caliendo-parro":
        others = {"--trade": trade, "--theta": theta, "--new-deficits": new_deficits, "--missing": missing}
        found = _caliendo_parro(
            tau, tables, deficits, others=[name for name, given in others.items() if given is not None]
        )
    elif model == "armington":
        found = _armington(
            trade,
            tau,
            new_deficits,
            tables,
            theta="4" if theta is None else theta,
            deficits=deficits,
            missing=missing or "error",
        )
    else:
        raise UnknownNameError("model", model, ("armington", "caliendo-parro"))
    _print(found, pairs=pairs, as_json=json, as_csv=csv)


def _armington(
    trade: Path | None, tau: Path | None, new_deficits: Path | None, tables: Path | None, *, theta: str, deficits: str,
    missing: str,
) -> Counterfactual:  # fmt: skip
    from karvan.errors import RequestError, UnknownNameError
    from karvan.trade import CLOSURES
    from karvan.trade import counterfactual as solved

    closure = next((name for name in CLOSURES if name == deficits), None)
    if closure is None:
        raise UnknownNameError("form of deficits", deficits, CLOSURES)
    if missing not in ("error", "zero"):
        raise UnknownNameError("treatment of missing rows", missing, ("error", "zero"))
    if trade is None or tau is None:
        message = "Name both tables: --trade FILE and --tau FILE."
        raise RequestError(message)
    if tables is not None:
        message = "--tables goes with --model caliendo-parro."
        raise RequestError(message)
    return solved(
        trade, tau, theta=_elasticities(theta), deficits=closure, new_deficits=new_deficits,
        missing="zero" if missing == "zero" else "error",
    )  # fmt: skip


def _caliendo_parro(tau: Path | None, tables: Path | None, deficits: str, *, others: list[str]) -> Counterfactual:
    from karvan.errors import RequestError, UnknownNameError
    from karvan.trade import IO_CLOSURES, counterfactual_io

    if tables is None or others:
        message = (
            "--model caliendo-parro reads --tables DIR: trade.csv, elasticity.csv and deficit.csv in it take the place of "
            "--trade, --theta and --new-deficits, and every pair has a row."
        )
        if others:
            message += f" Leave out {', '.join(others)}."
        raise RequestError(message)
    closure = next((name for name in IO_CLOSURES if name == deficits), None)
    if closure is None:
        raise UnknownNameError("form of deficits", deficits, IO_CLOSURES)
    return counterfactual_io(tables, tau_hat=tau, deficits=closure)


def _elasticities(text: str) -> float | dict[str, float] | Path:
    """Return one elasticity, several by name, or the file they stand in."""
    from pathlib import Path

    from karvan.errors import RequestError

    try:
        return float(text)
    except ValueError:
        pass
    if "=" not in text:
        path = Path(text)
        if text.strip() and (path.suffix or path.exists()):
            return path
        message = (
            f"--theta {text!r} is no elasticity. Write a number such as 4, or NAME=NUMBER for each commodity, separated by "
            "commas, or name a file."
        )
        raise RequestError(message)
    parts = [part.partition("=") for part in text.split(",") if part.strip()]
    names = [name.strip() for name, _, _ in parts]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        message = f"--theta {text!r} names {', '.join(twice)} twice. Name each commodity once."
        raise RequestError(message)
    try:
        return {name: float(number) for name, (_, _, number) in zip(names, parts, strict=True)}
    except ValueError as error:
        message = (
            f"--theta {text!r} is no list of elasticities. Write NAME=NUMBER, separated by commas, or name a file."
        )
        raise RequestError(message) from error


def _print(found: Counterfactual, *, pairs: bool, as_json: bool, as_csv: bool) -> None:
    if as_json:
        print_json(found.to_dict(pairs=pairs))
        return
    for note in found.notes:
        say(f"Note: {note}.")
    if as_csv:
        table = found.pairs if pairs else found.table
        typer.echo(table.to_csv(index=False), nl=False)
        return
    _show(found, pairs=pairs)


def _show(found: Counterfactual, *, pairs: bool) -> None:
    from rich.table import Table

    from karvan.charts import words

    out = console()
    gain, half = found.world["equivalent_variation"], found.world["rule_of_half"]
    by_half = f"; by the rule of half {words.number(half)}" if half == half else ""  # noqa: PLR0124 - NaN is not itself
    out.print(f"Real income of the world: {words.number(gain)} in the unit of trade{by_half}.", style="bold")
    table = Table(box=None, pad_edge=False)
    for name in (
        "country",
        "real income %",
        "gain",
        "of it cost",
        "terms of trade",
        "volume",
        "exports %",
        "imports %",
    ):
        table.add_column(name, justify="left" if name == "country" else "right", no_wrap=True)
    order = found.table["equivalent_variation"].abs().sort_values(ascending=False, kind="stable").index
    for row in found.table.loc[order[:SHOWN]].to_dict("records"):
        table.add_row(
            str(row["id"]),
            words.number(100 * (row["real_income_hat"] - 1)),
            words.number(row["equivalent_variation"]),
            words.number(row["cost_part"]),
            words.number(row["terms_of_trade_part"]),
            words.number(row["volume_part"]),
            words.number(100 * (row["exports_hat"] - 1)),
            words.number(100 * (row["imports_hat"] - 1)),
        )
    out.print(table)
    if len(order) > SHOWN:
        out.print(f"{len(order) - SHOWN} more countries with --csv or --json.")
    if pairs:
        _show_pairs(found)
    made = found.convergence
    out.print(f"Solved in {made.iterations} steps ({made.method}); markets clear to {made.residual:.1g} of output.")


def _show_pairs(found: Counterfactual) -> None:
    """Print the pairs whose trade changes most, with their tariffs where there are any."""
    from rich.table import Table

    from karvan.charts import words

    goods = len(found.commodities) > 1
    tariffs = "tariff_before" in found.pairs
    names = {"from": "exporter", "to": "importer"} | ({"commodity": "commodity"} if goods else {})
    heads = ("trade cost %", *(("tariff %", "becomes") if tariffs else ()), "trade", "becomes", "change %")
    table = Table(box=None, pad_edge=False)
    for name in (*names, *heads):
        table.add_column(name, justify="left" if name in names else "right", no_wrap=True)
    size = (found.pairs["value_after"] - found.pairs["value"]).abs()
    order = size.sort_values(ascending=False, kind="stable").index
    for row in found.pairs.loc[order[:SHOWN]].to_dict("records"):
        levied = (100 * row["tariff_before"], 100 * row["tariff_after"]) if tariffs else ()
        figures = (*levied, row["value"], row["value_after"], 100 * (row["value_hat"] - 1))
        cost = "shut" if math.isinf(row["tau_hat"]) else words.number(100 * (row["tau_hat"] - 1))
        table.add_row(*(str(row[name]) for name in names.values()), cost, *(words.number(part) for part in figures))
    out = console()
    out.print(table)
    if len(order) > SHOWN:
        out.print(f"{len(order) - SHOWN} more pairs with --csv or --json.")


@group.command()
def estimate(
    data: Annotated[Path, typer.Option(metavar="FILE", help="One row per observation; CSV or Parquet.")],
    value: Annotated[str, typer.Option(metavar="COLUMN", help="Trade, in levels, zero or more.")],
    regressors: Annotated[list[str], typer.Option(metavar="LIST", help="Columns, or log(COLUMN).")],
    fixed: Annotated[
        list[str] | None, typer.Option(metavar="LIST", help="Sets of fixed effects, such as exporter^year.")
    ] = None,
    cluster: Annotated[
        list[str] | None, typer.Option(metavar="LIST", help="Columns within which errors may be correlated.")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(metavar="CONDITION", help="Such as exporter!=importer or year>=2000; repeat for more."),
    ] = None,
    correction: Annotated[str, typer.Option(help="Factor on the errors: stata, fixest or none.")] = "stata",
    separation: Annotated[str, typer.Option(help="Search for what has no finite fit: full, fixed or none.")] = "full",
    keep_singletons: Annotated[
        bool, typer.Option("--keep-singletons", help="Keep observations alone in a level.")
    ] = False,
    engine: Annotated[str, typer.Option(help="karvan or pyfixest.")] = "karvan",
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """Estimate gravity by Poisson pseudo-maximum likelihood, with fixed effects."""
    from typing import cast

    from karvan.trade import estimate as estimated

    if json and csv:
        raise typer.BadParameter(BOTH_FORMATS)
    found = estimated(
        data, value=value, regressors=split(regressors), fixed=split(fixed), cluster=split(cluster), where=where or (),
        correction=cast("Any", correction), separation=cast("Any", separation), singletons=keep_singletons,
        engine=cast("Any", engine),
    )  # fmt: skip
    if json:
        print_json(found.to_dict())
        return
    for note in found.notes:
        say(f"Note: {note}.")
    if csv:
        typer.echo(found.table.to_csv(index=False), nl=False)
    else:
        _show_estimate(found)


def _show_estimate(found: Estimate) -> None:
    from rich.table import Table

    from karvan.charts import words

    table = Table(box=None, pad_edge=False)
    for name in ("regressor", "estimate", "std. error", "z", "95 % from", "to"):
        table.add_column(name, justify="left" if name == "regressor" else "right", no_wrap=True)
    for row in found.table.to_dict("records"):
        figures = [
            f"{row[name]:.{digits}f}" if math.isfinite(row[name]) else words.NOT_KNOWN
            for name, digits in (("estimate", 6), ("std_error", 6), ("z", 2), ("low", 4), ("high", 4))
        ]
        table.add_row(str(row["name"]), *(figure.replace("-", "\u2212") for figure in figures))
    for name in found.collinear:
        table.add_row(name, "collinear")
    out = console()
    out.print(table)
    errors = found.errors
    kind = f"clustered by {', '.join(errors['cluster'])}" if errors["cluster"] else "robust"
    sets = ", ".join(f"{name} ({levels})" for name, levels in found.fixed) or "none"
    out.print(
        f"{found.observations} observations; fixed effects: {sets}; errors {kind}, factor {errors['correction']}."
    )
    out.print(f"Pseudo R2 {found.pseudo_r2:.4f}; {found.iterations} iterations ({found.engine}).")


@group.command()
def potential(
    case: CaseOption = None,
    pair: Annotated[
        list[str] | None, typer.Option(metavar="LIST", help="Two economies (default: the case's first two).")
    ] = None,
    target_musd: Annotated[
        float | None, typer.Option(metavar="NUMBER", help="Trade both ways to reach, USD m a year.")
    ] = None,
    theta: Annotated[float, typer.Option(metavar="NUMBER", help="Elasticity of trade.")] = 4.0,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """Say how far trade of a pair could go, and what cut of trade costs a target would need."""
    from karvan.case import open_case
    from karvan.errors import RequestError
    from karvan.trade import trade_potential

    if json and csv:
        raise typer.BadParameter(BOTH_FORMATS)
    names = split(pair)
    if names and len(names) != 2:  # noqa: PLR2004 - a pair
        message = f"{', '.join(names)} is no pair. Name two economies, such as --pair PAK,AZE."
        raise RequestError(message)
    found = trade_potential(
        open_case(case), pair=(names[0], names[1]) if names else None, target_musd=target_musd, theta=theta
    )
    if json:
        print_json(found.to_dict())
        return
    for note in found.notes:
        say(f"Note: {note}.")
    if csv:
        typer.echo(found.table.to_csv(index=False), nl=False)
        return
    from karvan.report.trade import potential_said

    for line in potential_said(found):
        console().print(line)
