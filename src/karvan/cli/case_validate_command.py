"""``karvan case validate``."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer needs it at run time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from karvan.cli.options import BOTH_FORMATS, CaseOption, CsvOption, JsonOption, console, print_json, say, split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from karvan.routes.validate import Validation

CLASSES = ("regular", "pilot", "plan", "claim")
USES = ("calibrate", "validate", "compare")


def validate(
    case: CaseOption = None,
    class_: Annotated[
        list[str] | None, typer.Option("--class", help="Classes to look at: regular, pilot, plan, claim.")
    ] = None,
    use: Annotated[list[str] | None, typer.Option(help="Uses to look at: calibrate, validate, compare.")] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw predicted against observed (.svg, .png or .pdf).")
    ] = None,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """Hold the network against observed journeys and prices, with a naive forecast beside it."""
    if json and csv:
        raise typer.BadParameter(BOTH_FORMATS)
    classes, uses = _known(split(class_), CLASSES, "class"), _known(split(use), USES, "use")
    from karvan.case import open_case
    from karvan.routes import validate as hold

    found = hold(open_case(case), classes=classes, uses=uses)
    if plot is not None:
        _plot(found, plot)
    if json:
        print_json(found.to_dict())
    elif csv:
        typer.echo(found.table.to_csv(index=False), nl=False)
    else:
        _show(found)


def _known(names: Sequence[str], known: tuple[str, ...], what: str) -> tuple[str, ...]:
    from karvan.errors import UnknownNameError

    for name in names:
        if name not in known:
            raise UnknownNameError(f"{what} of observations", name, known)
    return tuple(names)


def _plot(found: Validation, path: Path) -> None:
    from karvan.case.atomic import write_file
    from karvan.report.figures import validation_of

    say(f"Picture written to {write_file(path, validation_of(found, suffix=path.suffix))}")


def _show(found: Validation) -> None:
    out = console()
    if found.table.empty:
        out.print("No observations.")
        return
    out.print(_groups(found))
    out.print()
    out.print(_observations(found))
    left = found.table[found.table["predicted"].isna()]
    if len(left):
        out.print()
        out.print(f"Not predicted: {len(left)}")
        for row in left.itertuples(index=False):
            out.print(f"  {row.observed_id}: {row.why}")


def _groups(found: Validation) -> Any:  # noqa: ANN401 - rich is imported where it is used
    from rich.table import Table

    from karvan.charts import words

    table = Table(
        title="Predicted against observed: journeys and prices", title_justify="left", box=None, pad_edge=False
    )
    for name in ("", "n", "median error", "bias", "p90/p10", "width", "inside", "score", "naive error", "naive score"):
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    for row in found.groups.to_dict("records"):
        table.add_row(
            f"{row['kind']}, {row['class']}, {row['use']}", str(row["observations"]), words.percent(row["median_error"]),
            _signed(row["bias"]), f"{row['p90_to_p10']:.2f}", f"{row['width']:.2f}", words.percent(row["coverage"]),
            f"{row['score']:.2f}", words.percent(row["naive_median_error"]), f"{row['naive_score']:.2f}",
        )  # fmt: skip
    return table


def _signed(share: float) -> str:
    from karvan.charts.words import MINUS

    return f"{'+' if share >= 0 else MINUS}{abs(share):.0%}".replace("%", " %")


def _observations(found: Validation) -> Any:  # noqa: ANN401 - rich is imported where it is used
    from rich.table import Table

    from karvan.charts import words

    table = Table(box=None, pad_edge=False)
    for name, side in (("observation", "left"), ("class", "left"), ("use", "left"), ("extent", "left"), ("unit", "left"),
                       ("observed", "right"), ("predicted (p10-p90)", "right"), ("ratio", "right"), ("", "left")):  # fmt: skip
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    for row in found.table[found.table["predicted"].notna()].to_dict("records"):
        ends = f"{words.number(row['p10'])}{words.EN_DASH}{words.number(row['p90'])}"
        span = f"{words.number(row['predicted'])} ({ends})"
        table.add_row(
            row["observed_id"], row["class"], row["use"], row["extent"], row["unit"], words.number(row["observed"]), span,
            f"{row['ratio']:.2f}", "" if row["inside"] else "outside",
        )  # fmt: skip
    return table
