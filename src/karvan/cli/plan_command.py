"""``karvan plan``: the main job."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer needs it at run time
from typing import TYPE_CHECKING, Annotated

import typer

from karvan.cli.options import CaseArgument, JsonOption, console, print_json, progress_bar, say

if TYPE_CHECKING:
    from karvan.pipeline import Run


def plan(
    case: CaseArgument = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Run folder (default: runs/CASE-HASH where you stand).")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="STAGE", help="Last stage of the chain: routes, flows, trade, appraisal or portfolio."),
    ] = None,
    budget: Annotated[
        float | None, typer.Option(metavar="MUSD", help="Most that projects may cost together, in USD million.", min=0)
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Processes that appraise at the same time (default: the cores)."),
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep solved years there, so that a run that was cut off goes on."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Run every stage on a case and write a run folder with tables and a report."""
    from karvan.pipeline import CHAIN, STAGES
    from karvan.pipeline import plan as run_plan
    from karvan.workers import cores

    with progress_bar() as progress:
        task = progress.add_task("check", total=len(STAGES))

        def tell(stage: str, done: int) -> None:
            progress.update(task, description=f"{stage:<40}"[:72], completed=done)

        run = run_plan(
            case, out=out, until=until, budget_musd=budget, workers=workers or cores(), store=store, tell=tell
        )
    if json:
        print_json(run.to_dict())
    else:
        _show(run)
    say(f"Report: {run.folder / 'index.html'}")
    if run.data.portfolio is not None:
        say(f"Decision paper: {run.folder / 'decision.html'}")
    elif (last := until or run.data.case.config.plan.until) != CHAIN[-1]:
        say(f"Left off at {last}. For the decision paper go on with --until {CHAIN[-1]}, which may take minutes.")


def _show(run: Run) -> None:
    """Print the run on one screen: the answer first, then what it stands on, then what is overdue."""
    from karvan.charts import words
    from karvan.report.headline import answer_of, futures_of, pairs_of

    out, data = console(), run.data
    about = data.case.config.case
    out.print(f"{about.name}, {about.base_year}, scenario {about.default_scenario}", style="bold")
    for pair in pairs_of(data):
        out.print(f"\n{pair.title}: {answer_of(pair)}", style="bold")
        for names, says in futures_of(data, pair):
            out.print(f"  {names}: {says}.")
    crossings = data.summary.crossings
    shut = words.listed(dict.fromkeys(crossings[crossings["status"] == "shut"]["name"]))
    out.print(
        f"\nNetwork: {words.count(data.summary.nodes, 'node')}, {words.count(data.summary.arcs, 'arc')}; "
        f"shut: {shut or 'nothing'}."
    )
    out.print(
        f"Of the standing links {words.percent(data.summary.assumption_share)} rest on an assumption, and "
        f"{words.percent(data.summary.uncapacitated_share)} have no known capacity."
    )
    if data.appraisals:
        from karvan.report.appraisal import league_said

        out.print(f"\n{league_said(data.appraisals)}")
    if data.portfolio is not None:
        from karvan.report.decision import answer

        out.print(f"\n{answer(data.portfolio)}", style="bold")
    if data.record is not None:
        late = data.record.overdue
        out.print(f"Programme on {data.record.on}: {words.count(len(late), 'commitment')} overdue.")
        for row in late.head(3).to_dict("records"):
            out.print(f"  {row['overdue_days']:.0f} days: {row['title']} ({'; '.join(row['parties'])})")
