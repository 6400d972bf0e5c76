"""``karvan case demand``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from karvan.cli.options import (
    BOTH_FORMATS,
    CaseOption,
    ChangeOption,
    CsvOption,
    JsonOption,
    ProjectOption,
    ScenarioOption,
    YearOption,
    console,
    print_json,
    say,
)
from karvan.errors import RequestError

if TYPE_CHECKING:
    import pandas as pd

    from karvan.case.demand import Demand

#: Rows that people read; all are in the JSON and the CSV.
SHOWN_ROWS = 25
TONNES_PER_MT = 1e6

ByOption = Annotated[
    str, typer.Option("--by", help="What to sum by: pair, zone, commodity, corridor, mode or kind.", show_default=True)
]


def demand(
    case_: CaseOption = None,
    by: ByOption = "corridor",
    scenario: ScenarioOption = None,
    project: ProjectOption = None,
    year: YearOption = None,
    change: ChangeOption = None,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """Show the base flows: tonnes with their range, what is counted and what is assumed, and published totals."""
    if json and csv:
        raise RequestError(BOTH_FORMATS)
    from karvan.case import Setting, meta_of, open_case
    from karvan.case.demand import demand as demand_of

    case = open_case(case_)
    case.refuse_beyond_horizon(year)
    applied = case.apply(Setting.of(year=year, scenario=scenario, projects=project or (), changes=change or ()))
    found = demand_of(applied)
    sums = found.by(by)
    if csv:
        sums.to_csv(sys.stdout, index=False, lineterminator="\n")
    elif json:
        meta = meta_of(case, applied.setting, {"stage": "case", "command": "demand", "by": by}).model_dump(mode="json")
        flows, totals = sums.to_dict("records"), found.totals.to_dict("records")
        print_json({"meta": meta, "by": by, "flows": flows, "totals": totals, "notes": list(found.notes)})
    else:
        _show(found, sums, by)
    for note in () if json else found.notes:
        say(f"note: {note}")


def _show(found: Demand, sums: pd.DataFrame, by: str) -> None:
    from rich.table import Table

    from karvan.case.demand import BASES, GROUPINGS

    out = console()
    names = GROUPINGS[by]
    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(name.replace("_", " "))
    for name in ("Mt/year", "low", "high", "outside", "may choose", *BASES):
        table.add_column(name, justify="right")
    for row in sums.head(SHOWN_ROWS).to_dict("records"):
        figures = (
            "flow_t_per_year",
            "flow_low_t_per_year",
            "flow_high_t_per_year",
            "outside_t_per_year",
            "contestable_t_per_year",
        )
        table.add_row(
            *(str(row[name]) for name in names),
            *(_mt(row[name]) for name in figures),
            *(_percent(row[f"{basis}_share"]) for basis in BASES),
        )
    out.print(table)
    if len(sums) > SHOWN_ROWS:
        say(f"{len(sums) - SHOWN_ROWS} smaller rows are not shown; --csv has them all")
    if len(found.totals):
        out.print(
            "\nPublished totals, and the flows of that mode that start or end in the country (transit is not in them):"
        )
        for row in found.totals.to_dict("records"):
            ours, published = _mt(row["flow_t_per_year"]), _mt(row["published_t_per_year"])
            out.print(
                f"  {row['country']} {ours:>7} of {published:>7} Mt  {row['name']}, {row['period']} ({row['count_id']})"
            )


def _mt(tonnes: float) -> str:
    from karvan.charts.words import number

    return number(tonnes / TONNES_PER_MT, digits=3)


def _percent(share: float) -> str:
    return "" if share != share or share == 0 else f"{share:.0%}"  # noqa: PLR0124 - NaN is not equal to itself
