"""``karvan routes``."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer needs it at run time
from typing import TYPE_CHECKING, Annotated

import typer

from karvan.cli.options import (
    BOTH_FORMATS,
    CaseOption,
    ChangeOption,
    CsvOption,
    JsonOption,
    ProjectOption,
    YearOption,
    console,
    print_json,
    say,
    split,
)

if TYPE_CHECKING:
    from karvan.routes import Route, Routes


def routes(
    origin: Annotated[str, typer.Argument(metavar="ORIGIN", help="Node or zone, by id or name.")],
    destination: Annotated[str, typer.Argument(metavar="DESTINATION", help="Node or zone, by id or name.")],
    case: CaseOption = None,
    commodity: Annotated[str | None, typer.Option(help="What travels (default: the case's own).")] = None,
    mode: Annotated[
        list[str] | None, typer.Option(help="Modes of the links that may be used; repeat or use commas.")
    ] = None,
    scenario: Annotated[
        list[str] | None, typer.Option(help="Scenario (default: the case's own); with several, --plot overlays them.")
    ] = None,
    project: ProjectOption = None,
    year: YearOption = None,
    change: ChangeOption = None,
    k: Annotated[int, typer.Option("-k", "--count", help="How many routes, 1 to 100.")] = 1,
    by: Annotated[str, typer.Option(help="What to minimise: generalised, time, cost or co2e.")] = "generalised",
    avoid: Annotated[
        list[str] | None, typer.Option(help="Nodes, crossings, countries or links to keep clear of.")
    ] = None,
    via: Annotated[list[str] | None, typer.Option(help="Places to pass, in order.")] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the time/cost-distance profile (.svg, .png or .pdf).")
    ] = None,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """Find routes between two places: time, price, emissions, and every stop on the way."""
    from karvan.case import open_case
    from karvan.errors import NoRouteError, UnknownNameError
    from karvan.routes import MEASURES, find_routes

    measure = next((name for name in MEASURES if name == by), None)
    if measure is None:
        raise UnknownNameError("measure", by, MEASURES)
    if json and csv:
        raise typer.BadParameter(BOTH_FORMATS)
    opened = open_case(case)
    names: list[str | None] = [*split(scenario)] or [None]
    found: list[Routes] = []
    missing: list[NoRouteError] = []
    for name in names:
        try:
            found.append(
                find_routes(
                    opened, origin, destination, commodity=commodity, modes=split(mode), scenario=name,
                    projects=split(project), year=year, changes=change or (), k=k, by=measure, avoid=split(avoid),
                    via=split(via),
                )
            )  # fmt: skip
        except NoRouteError as error:
            # with several scenarios, one without a route is an answer too
            missing.append(error)
            if len(names) > 1:
                say(f"Scenario {name}: {error}")
    if not found:
        raise missing[0]
    if plot is not None:
        _plot(found, plot)
    _print(found, as_json=json, as_csv=csv)


def _print(found: list[Routes], *, as_json: bool, as_csv: bool) -> None:
    if as_json:
        first = found[0].to_dict()
        others = {"others": [other.to_dict() for other in found[1:]]} if len(found) > 1 else {}
        print_json(first | others)
        return
    for note in dict.fromkeys(note for answer in found for note in answer.notes):
        say(f"Note: {note}.")
    if as_csv:
        import pandas as pd

        tables = [answer.table.assign(scenario=answer.meta.setting["scenario"]) for answer in found]
        typer.echo(pd.concat(tables).to_csv(index=False), nl=False)
        return
    for answer in found:
        _show(answer)


def _plot(found: list[Routes], path: Path) -> None:
    from karvan.case.atomic import write_file
    from karvan.report.figures import profile_of

    say(f"Profile written to {write_file(path, profile_of(found, suffix=path.suffix))}")


def _show(answer: Routes) -> None:
    from rich.table import Table

    from karvan.charts import words
    from karvan.report.headline import said

    out = console()
    where = f"{answer.origin_name} to {answer.destination_name} ({answer.meta.setting['scenario']})"
    out.print(f"{where}: {said(answer.routes[0])}.", style="bold")
    table = Table(box=None, pad_edge=False)
    for name in ("", "km", "time (p10-p90)", "USD/t", "USD/FEU", "gen. USD/t", "kg CO2e/t", "still", "assumed"):
        table.add_column(name, justify="right", no_wrap=True)
    for route in answer.routes:
        table.add_row(
            str(route.rank),
            words.km(route.distance_km).removesuffix(" km"),
            words.spread(route.time_h.mean, route.time_h.p10, route.time_h.p90),
            words.number(route.price_usd_per_t),
            words.number(route.price_usd_per_feu),
            words.number(route.generalised_usd_per_t),
            words.number(route.co2e_kg_per_t),
            words.percent(route.standing_share),
            words.percent(route.assumed_share),
        )
    out.print(table)
    for route in answer.routes:
        out.print(f"{route.rank}  {_way(route)}")
    out.print()
    _show_legs(answer.routes[0])


def _way(route: Route) -> str:
    parts = [" > ".join(route.modes), f"crossings {' > '.join(route.borders)}" if route.borders else "no crossing"]
    if route.gauge_breaks:
        parts.append(f"gauge breaks {', '.join(route.gauge_breaks)}")
    return "; ".join(parts)


def _show_legs(route: Route) -> None:
    from rich.table import Table

    from karvan.charts import words

    table = Table(title="Route 1, leg by leg", title_justify="left", box=None, pad_edge=False)
    for name, side in (("", "left"), ("where", "left"), ("from km", "right"), ("km", "right"), ("time", "right"),
                       ("USD/t", "right"), ("confidence", "left")):  # fmt: skip
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    for leg in route.legs:
        moved = words.km(leg.distance_km).removesuffix(" km") if leg.kind == "move" else ""
        where = f"{leg.name}: {leg.from_node} to {leg.to_node}" if leg.kind == "move" else leg.name
        trust = leg.confidence + (", assumed" if leg.assumed else "")
        table.add_row(
            leg.kind, where, words.km(leg.start_km).removesuffix(" km"), moved, words.days(leg.time_h),
            words.number(leg.price_usd_per_t), trust,
        )  # fmt: skip
    console().print(table)
