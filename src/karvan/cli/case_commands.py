"""``karvan check``, ``karvan new`` and ``karvan case``."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer needs it at run time
from typing import Annotated

import typer

from karvan.cli.options import CaseArgument, CaseOption, JsonOption, console, print_json, say

#: ``karvan case``: alone it shows what a case holds; its sub-commands look closer, one file each.
case_app = typer.Typer(add_completion=False)


def check(case: CaseArgument = None, json: JsonOption = False) -> None:
    """List everything that is wrong with a case, at once."""
    from karvan.case.reading import check_case, find_case

    folder = find_case(case)
    problems = check_case(case)
    if json:
        from dataclasses import asdict

        from karvan.case.provenance import meta_of_folder

        meta = meta_of_folder(folder, {"stage": "check"}).model_dump(mode="json")
        print_json({"meta": meta, "folder": str(folder), "problems": [asdict(problem) for problem in problems]})
    else:
        for problem in problems:
            typer.echo(str(problem))
        count = len(problems)
        say(f"{folder}: {'no problems' if not count else '1 problem' if count == 1 else f'{count} problems'}")
    if problems:
        raise typer.Exit(1)


def new(folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make.")]) -> None:
    """Start a corridor of your own from the textbook case."""
    from shlex import quote

    from karvan.case.new import new_case

    made = new_case(folder)
    say(f"{made} is ready: edit its tables, then run `karvan check {quote(str(made))}`.")


@case_app.callback(invoke_without_command=True)
def case(context: typer.Context, case_: CaseOption = None, json: JsonOption = False) -> None:
    """Show what a case holds: tables, rows, confidence and assumptions."""
    if context.invoked_subcommand is not None:
        if case_ is not None or json:
            message = f"options of {context.invoked_subcommand} stand after it"
            raise typer.BadParameter(message)
        return
    from karvan.case import Setting, meta_of, open_case
    from karvan.case.quality import table_counts

    opened = open_case(case_)
    counts = table_counts(opened)
    if json:
        config = opened.config.case.model_dump(mode="json")
        meta = meta_of(opened, Setting(), {"stage": "case"}).model_dump(mode="json")
        print_json({"meta": meta, "about": config, "tables": counts.to_dict("records")})
        return
    from rich.table import Table

    about = opened.config.case
    table = Table(box=None, pad_edge=False)
    for name, style in (("table", "left"), ("rows", "right"), ("high", "right"), ("medium", "right"), ("low", "right"),
                        ("assumed", "right"), ("sources", "right")):  # fmt: skip
        table.add_column(name, justify=style)  # type: ignore[arg-type]
    for row in counts.itertuples(index=False):
        table.add_row(*(str(cell) for cell in row))
    out = console()
    out.print(f"{about.name}: {about.description}")
    out.print(table)
