"""``karvan case quality``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from karvan.cli.options import BOTH_FORMATS, CaseOption, CsvOption, JsonOption, console, print_json

if TYPE_CHECKING:
    from karvan.case import Case
    from karvan.case.quality import Quality, Reliance


def quality(case: CaseOption = None, json: JsonOption = False, csv: CsvOption = False) -> None:
    """Show how far a case can be trusted: confidence, assumptions behind results, contradictions, old figures."""
    if json and csv:
        raise typer.BadParameter(BOTH_FORMATS)
    from karvan.case import open_case
    from karvan.case.quality import assess

    opened = open_case(case)
    found = assess(opened, _reliances(opened))
    if json:
        print_json(found.to_dict())
    elif csv:
        typer.echo(found.tables.to_csv(index=False), nl=False)
    else:
        _show(found)


def _reliances(case: Case) -> list[Reliance]:
    """Return what the results of the stages rest on; a stage to come adds its own here."""
    from karvan.errors import NoRouteError
    from karvan.routes import find_routes
    from karvan.routes.reliance import route_reliance

    answers = []
    for pair in case.config.routes.pairs:
        try:
            answers.append(find_routes(case, pair.origin, pair.destination))
        except NoRouteError:
            continue
    return route_reliance(case, answers)


def _show(found: Quality) -> None:
    from karvan.charts import words
    from karvan.cli.futures_command import table_of
    from karvan.report import quality

    out = console()
    out.print(
        f"{found.meta.case}: {words.percent(found.assumed_share)} of all rows rest on an assumption; "
        f"{words.count(len(found.stale), 'row')} older than {words.number(found.stale_after_years)} years, "
        f"{words.count(len(found.unresolved), 'conflict')} open of {len(found.conflicts)}."
    )
    counts = found.capacities
    out.print(
        f"Capacities of {sum(counts.values())} existing rail links: {counts['reported']} reported, "
        f"{counts['assumed']} estimated, {counts['none']} not known."
    )
    parts = (
        quality.tables_table,
        quality.results_table,
        quality.assumptions_table,
        quality.conflicts_table,
        quality.silent_table,
    )
    for part in parts:
        table = part(found)
        if table.rows:
            out.print(f"\n{table.caption}")
            out.print(table_of(table))
