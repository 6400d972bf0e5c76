"""Options that several commands share, and how they print."""

from __future__ import annotations

import csv
import json
import math
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console
    from rich.progress import Progress

CaseOption = Annotated[
    str | None,
    typer.Option("--case", metavar="CASE", help="Case folder or name of a bundled case (default: the folder you stand in, "
                 "else pakistan_azerbaijan)."),
]  # fmt: skip
CaseArgument = Annotated[
    str | None,
    typer.Argument(metavar="CASE", help="Case folder or name of a bundled case (default: the folder you stand in, else "
                   "pakistan_azerbaijan).", show_default=False),
]  # fmt: skip
ScenarioOption = Annotated[str | None, typer.Option("--scenario", help="Scenario (default: the case's own).")]
ProjectOption = Annotated[
    list[str] | None,
    typer.Option("--project", help="Projects that are open, ID or ID@YEAR; repeat or use commas."),
]
YearOption = Annotated[int | None, typer.Option("--year", help="Year of the network (default: the base year).")]
ChangeOption = Annotated[
    list[str] | None,
    typer.Option("--change", help="TABLE:ROW:COLUMN=VALUE, *=FACTOR or +=INCREMENT; repeat for more."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="Print CSV.")]


#: What is wrong with asking for both.
BOTH_FORMATS = "Choose one of --json and --csv."
#: Columns of a table that goes into a file or another program.
PIPED_WIDTH = 140


def split(values: Iterable[str] | None) -> list[str]:
    """Return a list option's values: repeated, or separated by commas; one with a comma stands in double quotes, as in CSV."""
    return [part.strip() for value in values or () for part in _parts(value) if part.strip()]


def _parts(value: str) -> list[str]:
    if '"' not in value:
        return value.split(",")
    try:
        return next(csv.reader([value], skipinitialspace=True, strict=True))
    except csv.Error as error:
        message = f'{value} has a double quote that does not end, or text beside it. Write "A, B",C for two names.'
        raise typer.BadParameter(message) from error


def print_json(data: dict[str, Any]) -> None:
    """Print one JSON object to stdout, NaN as null."""
    sys.stdout.write(json.dumps(without_nan(data), ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def without_nan(value: Any) -> Any:  # noqa: ANN401 - anything JSON can hold
    """Return a value with every NaN and infinity replaced by None."""
    if isinstance(value, dict):
        return {str(name): without_nan(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nan(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def console(*, stderr: bool = False) -> Console:
    """Return a console that is plain when it is piped."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPED_WIDTH
    return Console(stderr=stderr, highlight=False, width=width)


def progress_bar() -> Progress:
    """Return a bar on stderr that goes when it is done; nothing where that is piped."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    out = console(stderr=True)
    return Progress(*columns, console=out, transient=True, disable=not out.is_terminal)


def say(message: str) -> None:
    """Say something to the user, apart from the data."""
    print(message, file=sys.stderr)  # noqa: T201 - stderr is where talk goes
