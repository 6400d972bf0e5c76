"""``karvan plan``: the main job."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer needs it at run time
from typing import TYPE_CHECKING, Annotated

import typer

from karvan.cli.options import CaseArgument, JsonOption, console, print_json, say

if TYPE_CHECKING:
    from karvan.pipeline import Run


def plan(
    case: CaseArgument = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Run folder [default: runs/CASE-HASH where you stand].")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Run every stage on a case and write a run folder with tables and a report."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from karvan.pipeline import STAGES
    from karvan.pipeline import plan as run_plan

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        task = progress.add_task("check", total=len(STAGES))

        def tell(stage: str, done: int) -> None:
            progress.update(task, description=stage, completed=done)

        run = run_plan(case, out=out, tell=tell)
    if json:
        print_json(run.to_dict())
    else:
        _show(run)
    say(f"Report: {run.folder / 'index.html'}")


def _show(run: Run) -> None:
    from karvan.report.headline import headlines

    out = console()
    for line in headlines(run.data):
        out.print(line)
