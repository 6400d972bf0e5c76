"""``karvan programme``."""

from __future__ import annotations

import math
from datetime import datetime  # noqa: TC003 - typer needs it at run time
from typing import TYPE_CHECKING, Annotated

import typer

from karvan.cli.options import BOTH_FORMATS, CaseOption, CsvOption, JsonOption, console, print_json, split

if TYPE_CHECKING:
    from karvan.programme import Record


def programme(
    case: CaseOption = None,
    body: Annotated[str | None, typer.Option(help="Entries of one body.")] = None,
    party: Annotated[str | None, typer.Option(help="Entries of one party; a part of its name is enough.")] = None,
    topic: Annotated[str | None, typer.Option(help="Entries of one topic.")] = None,
    entry: Annotated[
        list[str] | None, typer.Option(help="Kinds of entries: body, event, commitment; repeat or use commas.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open commitments only.")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Overdue commitments only, the longest first.")] = False,
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day on which the record is read (default: the case's)."),
    ] = None,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """Read the record: bodies, agreements, commitments and events, and what is overdue."""
    if json and csv:
        raise typer.BadParameter(BOTH_FORMATS)
    from karvan.case import open_case
    from karvan.programme import read_record

    record = read_record(
        open_case(case), body=body, party=party, topic=topic, entries=split(entry) or ("body", "event", "commitment"),
        open_only=open_, overdue_only=overdue, on=on.date() if on else None,
    )  # fmt: skip
    if json:
        print_json(record.to_dict())
    elif csv:
        lists = ["parties", "topics", "project_id", "source"]
        flat = record.table.assign(**{name: record.table[name].map(";".join) for name in lists})
        typer.echo(flat.to_csv(index=False), nl=False)
    else:
        _show(record, overdue_only=overdue)


def _show(record: Record, *, overdue_only: bool) -> None:
    from rich.table import Table

    from karvan.charts import words

    late = record.overdue
    table = Table(box=None, pad_edge=False)
    table.add_column("date", no_wrap=True)
    table.add_column("id", no_wrap=True)
    table.add_column("what, by whom, source", ratio=1)
    table.add_column("status", max_width=28)
    for row in (late if overdue_only else record.table).to_dict("records"):
        facts = ["; ".join(row["parties"])]
        facts += [] if math.isnan(row["amount_musd"]) else [words.usd(row["amount_musd"] * 1e6)]
        facts += [", ".join(row["project_id"])] if row["project_id"] else []
        facts += [", ".join(row["source"]) + (" (assumed)" if row["assumed"] else "")]
        status = row["status"] + (f", due {row['due_on']}" if row["due_on"] else "")
        status += "" if math.isnan(row["overdue_days"]) else f", {row['overdue_days']:.0f} days late"
        table.add_row(row["date"], row["id"], row["title"] + "\n  " + " · ".join(facts), status)
    out = console()
    out.print(table)
    longest = (
        "" if late.empty else f"; the longest by {int(late.iloc[0]['overdue_days'])} days: {late.iloc[0]['title']}"
    )
    out.print(
        f"On {record.on}: {words.count(len(record.table), 'entry', 'entries')}, "
        f"{words.count(len(late), 'commitment')} overdue{longest}."
    )
