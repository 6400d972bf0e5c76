"""``karvan appraisal PROJECT...``: what projects of a case are worth, to whom, and where that turns; bare, the league table."""

from __future__ import annotations

import math
from pathlib import Path  # noqa: TC003 - typer needs it at run time
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from karvan.cli.appraisal_draws import DrawsAsked, check_request, draw_projects, show_draws, write_s_curve
from karvan.cli.options import (
    BOTH_FORMATS,
    CaseOption,
    ChangeOption,
    CsvOption,
    JsonOption,
    ScenarioOption,
    console,
    print_json,
    progress_bar,
    say,
    split,
)
from karvan.cli.outputs import check_outputs

if TYPE_CHECKING:
    from karvan.appraisal import Appraisal, OutcomeStore, Uncertainty
    from karvan.case import Case

#: The command that a question without a command's name is for.
DEFAULT = "projects"
#: Parties and drivers that a summary shows.
SHOWN = 8
#: Sums below this share of their parts are what rounding leaves.
ROUNDING = 1e-9


class ProjectsByDefault(TyperGroup):
    """A group whose first word is a project where it is no command: ``karvan appraisal P13`` is ``... projects P13``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - the class of click that typer brings
        """Put the name of the default command before a question without one."""
        if not args or (args[0] not in self.commands and args[0] not in ("-h", "--help")):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)


def projects(
    project: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PROJECT...", help="Projects, ID or ID@YEAR of opening (default: all, as a league table)."
        ),
    ] = None,
    case: CaseOption = None,
    together: Annotated[
        bool, typer.Option("--together", help="Appraise the projects as one set, rather than each alone.")
    ] = False,
    rule_set: Annotated[str, typer.Option(metavar="NAME", help="Rule set, by name or TOML file.")] = "adb_2017",
    scenario: ScenarioOption = None,
    change: ChangeOption = None,
    horizon_year: Annotated[
        int | None,
        typer.Option(
            metavar="YEAR", help="Last year counted (default: the base year and the rule set's horizon after it)."
        ),
    ] = None,
    store: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep solved years here, and use those that are kept.")
    ] = None,
    workers: Annotated[int, typer.Option(metavar="N", help="Processes that solve at the same time.")] = 1,
    draws: Annotated[
        int | None, typer.Option(metavar="N", help="Draw what is uncertain so often: how sure is the value?")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="S", help="The same seed gives the same draws.")] = 1,
    exact: Annotated[
        bool, typer.Option("--exact", help="Solve trade and flows in full for every draw, without an emulator.")
    ] = False,
    solves: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Full solves that the emulator rests on, with no draw solved in full (default: what it takes of both); "
            "0: none, draw the accounts alone.",
        ),
    ] = None,
    checks: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Fresh full solves that values are held against (default: 100, fewer where the case is large).",
        ),
    ] = None,
    s_curve: Annotated[
        Path | None, typer.Option("--s-curve", metavar="FILE", help="Draw how likely each value is (.svg, .png, .pdf).")
    ] = None,
    workbook: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a workbook (.xlsx) with live formulas; for one project or set."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw who gains (.svg, .png or .pdf); for one project or set.")
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write a page (.html) with assumptions, years, pictures and sources; for one."
        ),
    ] = None,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """Say what projects are worth, to whom, and where that turns; without a project, rank them all."""
    if json and csv:
        raise typer.BadParameter(BOTH_FORMATS)
    from karvan.appraisal import OutcomeStore
    from karvan.case import open_case
    from karvan.case.apply import resolve_project
    from karvan.errors import RequestError

    opened, names = open_case(case), split(project)
    for name in names:  # before the first is solved, which may take a while
        resolve_project(opened, name.partition("@")[0])
    asked = [names] if together else [[name] for name in names]
    if (workbook is not None or plot is not None or page is not None) and len(asked) != 1:
        message = "A workbook, picture or page is of one project or set. Name one, or several with --together."
        raise RequestError(message)
    if not names and (change or horizon_year is not None or together):
        message = "The league table has no --change, --horizon-year or --together. Name projects."
        raise RequestError(message)
    wanted = DrawsAsked(draws, seed, exact, solves, checks, workers)
    check_request(wanted, s_curve, asked if names else [])
    check_outputs(workbook=workbook, page=page, figures=(plot, s_curve))
    keep = OutcomeStore(store)
    found = _league(opened, rule_set, scenario, keep, workers) if not names else _each(
        opened, asked, rule_set, scenario, tuple(change or ()), horizon_year, keep
    )  # fmt: skip
    setting = {"scenario": scenario, "rule_set": rule_set, "changes": tuple(change or ()), "horizon_year": horizon_year}
    _work_out(found if names else ())
    drawn = draw_projects(opened, found, setting, wanted, keep)
    _write_files(opened, found[0], drawn[0], workbook, plot, page)
    write_s_curve(drawn[0], s_curve)
    if json:
        print_json(_as_dict(opened, found, drawn, rule_set, scenario))
    elif csv:
        _print_csv(found, drawn, league=not names)
    elif names:
        for one, outlook in zip(found, drawn, strict=True):
            _show(one)
            if outlook is not None:
                show_draws(outlook, next(item.name for item in one.standings if item.id == outlook.standing))
    else:
        _show_league(found, drawn)


def _league(
    case: Case, rule_set: str, scenario: str | None, store: OutcomeStore, workers: int
) -> tuple[Appraisal, ...]:  # fmt: skip
    from karvan.appraisal import league_table

    with progress_bar() as progress:
        task = progress.add_task("projects", total=None)

        def tell(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        return league_table(case, scenario=scenario, rule_set=rule_set, workers=workers, progress=tell, store=store)


def _each(
    case: Case, asked: list[list[str]], rule_set: str, scenario: str | None, changes: tuple[str, ...],
    horizon_year: int | None, store: OutcomeStore,
) -> tuple[Appraisal, ...]:  # fmt: skip
    from karvan.appraisal import appraise

    found = []
    with progress_bar() as progress:
        task = progress.add_task("projects", total=len(asked))
        for names in asked:
            progress.update(task, description=" + ".join(names))
            found.append(
                appraise(
                    case,
                    names,
                    scenario=scenario,
                    rule_set=rule_set,
                    changes=changes,
                    store=store,
                    horizon_year=horizon_year,
                )
            )
            progress.advance(task)
    return tuple(found)


def _work_out(found: tuple[Appraisal, ...]) -> None:
    """Work out all that is shown later, so that nothing is printed or written where a part of it fails."""
    for one in found:
        _ = (one.sensitivity, one.gains, one.users, one.finance)
        for standing in one.standings:
            one.break_even_of(standing.id)
            one.accounts(standing.id)


def _as_dict(
    case: Case, found: tuple[Appraisal, ...], drawn: tuple[Uncertainty | None, ...], rule_set: str, scenario: str | None
) -> dict[str, Any]:  # fmt: skip
    from karvan.appraisal import open_rule_set
    from karvan.case import Setting, meta_of

    rules = open_rule_set(rule_set)
    names = tuple(sorted({name for one in found for name in one.asked}))
    meta = meta_of(case, Setting(projects=names, scenario=scenario), {"stage": "appraisal", "rule_set": rules.id})
    only = found[0].meta if len(found) == 1 else meta
    return {
        "meta": only.model_dump(mode="json"),
        "rule_set": rules.id,
        "discount_rate": rules.schedule().rate,
        "price_year": case.config.case.price_year,
        "base_year": case.config.case.base_year,
        "horizon_year": found[0].years[-1],
        "projects": [one.to_dict(outlook) for one, outlook in zip(found, drawn, strict=True)],
    }


def _print_csv(found: tuple[Appraisal, ...], drawn: tuple[Uncertainty | None, ...], *, league: bool) -> None:
    import pandas as pd

    if league:
        rows = [
            {"id": "+".join(one.asked), "ranked": one.ranked, "cost_musd": one.cost_musd, **{
                f"enpv_{standing}_musd": worth for standing, worth in one.enpv_musd.items()},
             "eirr": one.eirr, "bcr": one.bcr, **_turning_cells(one), **_drawn_cells(outlook), "why_not": one.why_not}
            for one, outlook in zip(found, drawn, strict=True)
        ]  # fmt: skip
        table = pd.DataFrame(rows)
    else:
        table = pd.concat([one.streams.assign(id="+".join(one.asked)) for one in found], ignore_index=True)
        table = table[["id", *(name for name in table.columns if name != "id")]]
    typer.echo(table.to_csv(index=False), nl=False)


def _turning_cells(found: Appraisal) -> dict[str, float | None]:
    """Return where a value turns, as cells of the league table."""
    turns = found.break_even
    return {
        "break_even_cost_musd": turns.cost_musd,
        "break_even_mt_per_year": turns.mt_per_year,
        "break_even_closure_share": turns.closure_share,
    }


def _drawn_cells(drawn: Uncertainty | None) -> dict[str, float | None]:
    """Return what draws say of a value, as cells of the league table; blank without draws."""
    spread = drawn.distribution if drawn is not None else None
    return {
        "p_negative": spread.p_negative if spread else None,
        "enpv_p10_musd": spread.p10_low if spread else None,
        "enpv_p90_musd": spread.p90_high if spread else None,
    }


def _write_files(
    case: Case, found: Appraisal, drawn: Uncertainty | None, workbook: Path | None, plot: Path | None, page: Path | None
) -> None:  # fmt: skip
    if workbook is not None:
        _write_workbook(found, workbook)
    if plot is not None:
        _plot(found, plot)
    if page is not None:
        _write_page(case, found, drawn, page)


def _write_workbook(found: Appraisal, path: Path) -> None:
    from karvan.appraisal.workbook import workbook_bytes
    from karvan.case.atomic import write_file
    from karvan.errors import RequestError

    accounts = found.accounts()
    if accounts is None:
        message = f"{'+'.join(found.asked)} has no accounts: {found.why_not}. Choose another project."
        raise RequestError(message)
    say(f"Workbook written to {write_file(path, workbook_bytes(accounts, project=found))}")


def _write_page(case: Case, found: Appraisal, drawn: Uncertainty | None, path: Path) -> None:
    from karvan.case.atomic import write_file
    from karvan.report.project import render_project

    say(f"Page written to {write_file(path, render_project(case, found, drawn))}")


def _plot(found: Appraisal, path: Path) -> None:
    from karvan.case.atomic import write_file
    from karvan.charts.svg import figure_bytes
    from karvan.errors import RequestError
    from karvan.report.project import draw_gains

    if found.who_gains.empty:
        message = f"{'+'.join(found.asked)} has no gains to draw: {found.why_not}. Choose another project."
        raise RequestError(message)
    figure = draw_gains(found, title=f"{'+'.join(found.asked)}: who gains, present values")
    say(f"Who gains written to {write_file(path, figure_bytes(figure, path.suffix))}")


# words ------------------------------------------------------------------------------------------------------------------


def _show_league(found: tuple[Appraisal, ...], drawn: tuple[Uncertainty | None, ...]) -> None:
    from rich.table import Table

    from karvan.charts import words
    from karvan.report.draws import left_out_of

    out = console()
    ranked = [one for one in found if one.ranked]
    worth = sum(one.enpv_musd[one.headline] > 0 for one in ranked)
    name = next(standing.name for standing in found[0].standings if standing.id == found[0].headline)
    out.print(
        f"{worth} of {len(ranked)} ranked projects are worth more to {name} than they cost, by {found[0].rule_set}.",
        style="bold",
    )
    table = Table(box=None, pad_edge=False)
    headings = ("project", "cost, USD m", f"ENPV, USD m: {name}", "corridor", "world", "EIRR", "BCR", "may cost")
    outlooks = {"+".join(one.asked): outlook for one, outlook in zip(found, drawn, strict=True) if outlook is not None}
    for heading in (*headings, *(("P10 to P90", "loss") if outlooks else ())):
        table.add_column(heading, justify="left" if heading == "project" else "right")
    for one in ranked:
        values, entry = one.enpv_musd, one.break_even.cost_musd
        shown = [words.number(values[key], digits=4) for key in (one.headline, "corridor", "world")]
        table.add_row(
            f"{one.asked[0]} {one.plan.projects[0].name}", words.number(one.cost_musd, digits=4), *shown,
            "none" if one.eirr is None else words.rate(one.eirr), "none" if one.bcr is None else words.number(one.bcr),
            "-" if entry is None else words.number(entry), *_drawn_words(outlooks.get("+".join(one.asked)), drawn=bool(outlooks)),
        )  # fmt: skip
    out.print(table)
    left_out = dict.fromkeys(name for outlook in outlooks.values() for name in outlook.left_out)
    if left_out:
        out.print(left_out_of(left_out))
    for note in dict.fromkeys(note for outlook in outlooks.values() for note in outlook.notes):
        say(f"Note: {note}.")
    others = [one for one in found if not one.ranked]
    if others:
        out.print("\nNot ranked", style="bold")
        for one in others:
            value = f" (ENPV {words.number(one.enpv_musd[one.headline])})" if one.valued else ""
            name = one.asked[0]
            out.print(f"{name}{value}: {one.why_not.removeprefix(f'{name}: ').removeprefix(f'{name} ')}.")


def _drawn_words(outlook: Uncertainty | None, *, drawn: bool) -> tuple[str, ...]:
    """Return the interval and the chance of a loss in words; nothing where nothing was drawn."""
    from karvan.charts import words

    if not drawn:
        return ()
    if outlook is None:
        return ("-", "-")
    spread = outlook.distribution
    low, high = (words.number(value) for value in (spread.p10_low, spread.p90_high))
    return words.between(low, high), words.percent(spread.p_negative)


def _show(found: Appraisal) -> None:
    from karvan.charts import words
    from karvan.report.money import money_of

    out = console()
    title = " + ".join(f"{project.id} {project.name}" for project in found.plan.projects) or ", ".join(found.asked)
    if not found.valued:
        why = found.why_not.removeprefix(f"{title}: ").removeprefix(f"{title} ")
        out.print(f"{title}: not valued: {why}.", style="bold")
    else:
        name = next(standing.name for standing in found.standings if standing.id == found.headline)
        worth = found.enpv_musd[found.headline]
        verdict = "worth more than it costs" if worth > 0 else "not worth what it costs"
        rate = "none" if found.eirr is None else words.rate(found.eirr)
        out.print(f"{title}: {verdict} to {name}. ENPV {words.musd(worth)}, EIRR {rate}.", style="bold")
        if not found.ranked:
            out.print(f"No rank: {found.why_not}.")
    if found.valuation is None:
        return
    opening = ", ".join(f"{project.id} opens in {project.opening}" for project in found.plan.projects)
    cost = f"cost {words.musd(found.cost_musd)}" if math.isfinite(found.cost_musd) else "cost not known"
    out.print(f"By {found.rule_set}, {found.years[0]} to {found.years[-1]}; {opening}; {cost}.")
    _show_standings(found)
    _show_gains(found)
    _show_turns(found)
    for line in money_of(found):
        out.print(line)
    for note in (*found.notes, *(found.finance.notes if found.finance else ())):
        say(f"Note: {note}.")


def _show_standings(found: Appraisal) -> None:
    from rich.table import Table

    from karvan.charts import words

    if not found.valued:
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("whose gains count", "ENPV, USD m", "EIRR", "BCR", "first year", "may cost", "pays at, Mt/y"):
        table.add_column(heading, justify="left" if heading.startswith("whose") else "right")
    for standing in found.standings:
        accounts = found.accounts(standing.id)
        if accounts is None:
            continue
        shares = [found.eirr_of(standing.id), accounts.first_year_return]
        eirr, first = ("none" if share is None else words.rate(share) for share in shares)
        bcr = "none" if accounts.bcr is None else words.number(accounts.bcr)
        turns = found.break_even_of(standing.id)
        may, at = ("-" if one is None else words.number(one) for one in (turns.cost_musd, turns.mt_per_year))
        table.add_row(standing.name, words.number(found.enpv_musd[standing.id], digits=4), eirr, bcr, first, may, at)
    console().print(table)


def _show_gains(found: Appraisal) -> None:
    from rich.table import Table

    from karvan.charts import words

    gains = found.who_gains
    gains = gains.assign(gain=gains["benefit_musd"] + gains["transfer_musd"])
    gains = gains.loc[gains["gain"].abs().sort_values(ascending=False, kind="stable").index][:SHOWN]
    table = Table(box=None, pad_edge=False, title="Who gains, present values in USD m", title_justify="left")
    for heading in ("country", "party", "real gain", "received less paid", "together"):
        table.add_column(heading, justify="left" if heading in ("country", "party") else "right")
    for row in gains.to_dict("records"):
        least = ROUNDING * (abs(row["benefit_musd"]) + abs(row["transfer_musd"]))
        sums = [
            words.number(row[name] if abs(row[name]) > least else 0.0, digits=4)
            for name in ("benefit_musd", "transfer_musd", "gain")
        ]
        table.add_row(row["country"], row["party"].replace("_", " "), *sums)
    console().print(table)


def _show_turns(found: Appraisal) -> None:
    from karvan.charts import words
    from karvan.report.turns import turns_of

    out = console()
    for line in turns_of(found):
        out.print(line)
    for one in found.sensitivity[:SHOWN]:
        at = "" if one.switch.value is None else f"; nought at {_figure(one.switch.value, one.unit)}"
        ends = f"{_figure(one.low, one.unit)} to {_figure(one.high, one.unit)}"
        out.print(f"{one.name}, {ends}: ENPV {words.musd(one.at_low)} to {words.musd(one.at_high)}{at}.")


def _figure(value: float, unit: str) -> str:
    """Return a driver's figure in words."""
    from karvan.charts import words

    if unit == "share":
        return words.rate(value)
    return words.musd(value) if unit == "USD m" else f"{words.number(value)} {'times' if unit == 'x' else unit}"
