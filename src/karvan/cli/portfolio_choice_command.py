"""``karvan portfolio``: which projects, in what order, within which limits, and who pays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path  # noqa: TC003 - typer needs it at run time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from karvan.cli.options import (
    BOTH_FORMATS,
    CaseOption,
    CsvOption,
    JsonOption,
    ScenarioOption,
    console,
    print_json,
    say,
    split,
)

if TYPE_CHECKING:
    from karvan.portfolio import Limits, Portfolio

#: How the rules of paying are said.
PAYS = {
    "shapley": "by the Shapley value",
    "remaining_benefits": "by remaining benefits",
    "named": "what its own funders are named for",
    "all": "for all",
}
#: Projects that are out and shown on the screen, the nearest to coming in first.
SHOWN_OUT = 12


def portfolio(
    context: typer.Context,
    budget: Annotated[
        float | None, typer.Option("--budget", metavar="MUSD", help="Most that all outlays may add up to, USD million.")
    ] = None,
    yearly: Annotated[
        str | None,
        typer.Option("--yearly", metavar="MUSD", help="Most in one year: an amount, or YEAR=AMOUNT with commas."),
    ] = None,
    funder: Annotated[
        list[str] | None,
        typer.Option(
            "--funder",
            metavar="ID=MUSD",
            help="Most of one funder (`open`: what nobody is named for); repeat for more.",
        ),
    ] = None,
    country_share: Annotated[
        list[str] | None,
        typer.Option(
            "--country-share", metavar="ISO=LOW[:HIGH]", help="Share of all outlays in a country, least and most."
        ),
    ] = None,
    service: Annotated[
        str | None,
        typer.Option(
            "--service", metavar="MUSD", help="Most debt service in one year: an amount, or YEAR=AMOUNT with commas."
        ),
    ] = None,
    works: Annotated[int | None, typer.Option("--works", metavar="N", help="Most works at one time.")] = None,
    aim: Annotated[
        str | None,
        typer.Option(
            "--aim", help="Whose worth counts: a standing, or STANDING:worst_state (default: the headline of the case)."
        ),
    ] = None,
    project: Annotated[
        list[str] | None, typer.Option("--project", help="Choose among these alone; repeat or use commas.")
    ] = None,
    require: Annotated[list[str] | None, typer.Option("--require", help="Projects that must be in.")] = None,
    exclude: Annotated[list[str] | None, typer.Option("--exclude", help="Projects that must not be in.")] = None,
    later: Annotated[int, typer.Option("--later", metavar="YEARS", help="Years by which a start may be put off.")] = 5,
    case: CaseOption = None,
    scenario: ScenarioOption = None,
    rule_set: Annotated[str, typer.Option("--rule-set", help="Rule set, by name or TOML file.")] = "adb_2017",
    workers: Annotated[
        int, typer.Option("--workers", metavar="N", help="Processes that appraise at the same time.")
    ] = 1,
    cluster: Annotated[
        str | None, typer.Option("--cluster", metavar="ADDRESS", help="Dask cluster to appraise on, tcp://HOST:PORT.")
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(
            "--store", metavar="DIR", help="Keep what is found here: a search that was cut off goes on from it."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write pictures (.svg) and tables (.csv) to a folder.")
    ] = None,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """Choose projects and their years within a budget; say how they stand up, who gains and pays, and why."""
    if context.invoked_subcommand is not None:
        return
    if json and csv:
        raise typer.BadParameter(BOTH_FORMATS)
    if budget is None:
        message = "Missing option '--budget'. USD 2 bn is --budget 2000."
        raise typer.BadParameter(message)
    from karvan.case import open_case
    from karvan.cli.flows_commands import make_ready
    from karvan.portfolio import find_portfolio

    opened = open_case(case)
    span = (opened.config.case.base_year, opened.config.case.horizon_year)
    limits = _limits(funder, country_share, works, split(require), split(exclude))
    limits = replace(
        limits, yearly_musd=_by_year(yearly, "--yearly", span), service_musd=_by_year(service, "--service", span)
    )
    make_ready()
    try:
        found = find_portfolio(
            opened, budget, limits=limits, aim=aim, projects=split(project) or None, scenario=scenario, rule_set=rule_set,
            later_years=later, workers=workers, cluster=cluster, store=store, progress=_progress, tell=say,
        )  # fmt: skip
    except KeyboardInterrupt:
        say(f"Cut off. What was found is kept in {store}: the same command goes on from it." if store else
            "Cut off. With --store DIR a search goes on where it stopped.")  # fmt: skip
        raise typer.Exit(130) from None
    if out is not None:
        _write(opened, found, out)
    if json:
        print_json(found.to_dict())
    elif csv:
        typer.echo(found.table.to_csv(index=False), nl=False)
    else:
        _show(found)


def _progress(done: int, of: int) -> None:
    if done == of or done % 10 == 0:
        say(f"{done} of {of} sets appraised")


def _by_year(text: str | None, option: str, span: tuple[int, int]) -> dict[int, float]:
    """Return amounts by year: one for every year of the case, or those that are named."""
    if text is None:
        return {}
    if "=" not in text:
        return dict.fromkeys(range(span[0], span[1] + 1), _number(text, option))
    found = {}
    for name, value in _pairs(split([text]), option).items():
        if not name.isdecimal():
            message = f"{name!r} is no year. Write YEAR=AMOUNT, such as 2028=400."
            raise typer.BadParameter(message, param_hint=option)
        if not span[0] <= int(name) <= span[1]:
            message = f"{name} is no year of the accounts, which run from {span[0]} to {span[1]}."
            raise typer.BadParameter(message, param_hint=option)
        found[int(name)] = _number(value, option)
    return found


def _limits(
    funder: list[str] | None, country_share: list[str] | None, works: int | None, require: list[str], exclude: list[str]
) -> Limits:
    from karvan.portfolio import Limits

    least, most = {}, {}
    for name, text in _pairs(split(country_share), "--country-share").items():
        low, colon, high = text.partition(":")
        least[name] = _number(low or "0", "--country-share")
        if colon:
            most[name] = _number(high, "--country-share")
    amounts = {name: _number(text, "--funder") for name, text in _pairs(split(funder), "--funder").items()}
    return Limits(
        funder_musd=amounts, least_country_share=least, most_country_share=most, works_at_once=works, required=frozenset(require),
        excluded=frozenset(exclude),
    )  # fmt: skip


def _pairs(texts: list[str], option: str) -> dict[str, str]:
    found = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not (name and sign and value):
            message = f"{text!r} is no NAME=VALUE."
            raise typer.BadParameter(message, param_hint=option)
        if name.strip() in found:
            message = f"{name.strip()} is given twice. Give it once."
            raise typer.BadParameter(message, param_hint=option)
        found[name.strip()] = value.strip()
    return found


def _number(text: str, option: str) -> float:
    from karvan.case.cells import NUMBER_PATTERN

    if not NUMBER_PATTERN.fullmatch(text.strip()):
        message = f"{text!r} is not a number."
        raise typer.BadParameter(message, param_hint=option)
    return float(text)


def _write(case: Any, found: Portfolio, out: Path) -> None:  # noqa: ANN401 - a Case
    from karvan.case.atomic import write_file
    from karvan.report.portfolio import portfolio_files

    for name, content in portfolio_files(case, found).items():
        write_file(out / name, content)
    say(f"{out} holds the pictures and tables.")


def _show(found: Portfolio) -> None:
    from karvan.charts import words

    choice, out = found.choice, console()
    budget = words.musd(choice.limits.total_musd) if choice.limits.total_musd is not None else "any budget"
    if choice.openings:
        out.print(
            f"Within {budget}: {words.listed(sorted(choice.openings))}, worth {words.musd(choice.value_musd)} "
            f"to {choice.aim.name}{choice.beyond}, for {words.musd(choice.worth.cost_musd)}; {_bound(found)}."
        )
    else:
        out.print(
            f"Within {budget} no set of projects is worth more than it costs to {choice.aim.name}; {_bound(found)}."
        )
    out.print(_chosen(found))
    if found.wait is not None:
        out.print(f"\n{_wait(found)}")
    _show_robust(found, out)
    _show_fair(found, out)
    _show_out(found, out)
    if found.frontier:
        out.print("\nOther budgets:")
        for point in found.frontier:
            names = words.listed(sorted(point.openings)) or "nothing"
            out.print(f"  {words.budget(point.budget_musd)}: {words.musd(point.value_musd)} by {names}")
    for note in [*choice.notes, *found.notes, *found.robustness.notes, *found.fairness.notes]:
        say(f"Note: {note.removesuffix('.')}.")


def _bound(found: Portfolio) -> str:
    from karvan.charts import words

    choice = found.choice
    if choice.proven:
        return f"proven: all {len(choice.sets)} plans that keep the limits were appraised"
    return (
        f"the pairwise model holds no other plan for more than {words.musd(choice.bound_musd)}; it was wrong by "
        f"{words.musd(choice.largest_error_musd)} at most on the {len(choice.sets)} sets appraised in full"
    )


def _grid(*columns: str) -> Any:  # noqa: ANN401 - rich is imported where it is used
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in columns:
        table.add_column(name, justify="right" if name[0] == ">" else "left", header_style="bold")
        table.columns[-1].header = name.lstrip(">")
    return table


def _chosen(found: Portfolio) -> Any:  # noqa: ANN401 - a table of rich
    from karvan.charts import words

    table = _grid("in", "project", ">works from", ">opens", ">cost", ">adds", ">alone", ">a dollar", ">ready", "why")
    for reason in found.reasons:
        if reason.chosen and reason.opening is not None:
            start = reason.opening - len(found.choice.search.of[reason.id].outlay_musd)
            table.add_row(reason.id, words.shortened(reason.name, 44), str(start), str(reason.opening),
            words.musd(reason.cost_musd),
                          words.musd(reason.adds_musd or 0.0), words.musd(reason.alone_musd or 0.0),
                          _dollar(reason.value_per_dollar), words.percent(found.readiness[reason.id].score),
                          reason.why)  # fmt: skip
    return table


def _wait(found: Portfolio) -> str:
    from karvan.charts import words

    wait = found.wait
    assert wait is not None  # noqa: S101 - who asks has looked
    if wait.build_now:
        return "Build now: no state that may come in the next years makes the set a loss worth waiting for."
    if not wait.trigger:
        return "Neither now nor in the next years is it worth more than nothing, whatever state comes."
    return (
        f"Wait until {wait.decide_year}, and begin where the state then is: {words.listed(wait.trigger)}. "
        f"Waiting is worth {words.musd(wait.option_musd)}."
    )


def _show_robust(found: Portfolio, out: Any) -> None:  # noqa: ANN401 - a console of rich
    from karvan.charts import words

    robust = found.robustness
    if not robust.sets:
        return
    first = robust.sets[0]
    core = words.listed(robust.core) or "no project"
    what = "" if found.choice.openings else f", {words.listed(sorted(first.openings))}, the best set that was found"
    out.print(
        f"\nOver courses of events{what}: {words.musd(first.expected_musd)} on average, "
        f"{words.musd(first.cvar_musd)} in the worst tenth, "
        f"largest regret {words.musd(first.worst_regret_musd)}, a loss in {words.percent(first.loss_share)} of them. "
        f"In nine tenths of the {robust.near} sets within 5 % of the best: {core}."
    )
    for failure in robust.failures:
        said = " and ".join(f"{name.replace('_', ' ')} {level}" for name, level in failure.conditions.items())
        out.print(f"  It fails with {said}: in {words.percent(failure.share)} of these futures.")


def _show_fair(found: Portfolio, out: Any) -> None:  # noqa: ANN401 - a console of rich
    from karvan.charts import words

    if not found.fairness.shares:
        return
    out.print("\nWho would pay, by rule:")
    for share in found.fairness.shares:
        parts = ", ".join(f"{name} {words.musd(cost)}" for name, cost in share.cost_musd.items())
        leave = (
            f"; would rather stay out: {', '.join('+'.join(group) for group, _ in share.would_leave[:3])}"
            if share.would_leave
            else ""
        )
        out.print(f"  {share.rule.replace('_', ' ')}: {parts}{leave}")
    out.print("\nWhat each would get for its own money:")
    for item in found.fairness.returns:
        if item.paid_musd > 0:
            irr = f", an own return of {words.rate(item.irr)}" if item.irr is not None else ", no return of its own"
            pays = f"{PAYS.get(item.rule, item.rule)} ({words.musd(item.paid_musd)})"
            worth = (
                f"the set is worth {_dollar(item.value_per_dollar)} to {found.choice.aim.name} for each of its dollars"
            )
            out.print(
                f"  {item.country}, were it to pay {pays}: gains of {words.musd(item.benefit_musd)}{irr}; {worth}"
            )


def _dollar(value: float | None) -> str:
    from karvan.charts import words

    return words.number(value, digits=3) if value is not None else ""


def _show_out(found: Portfolio, out: Any) -> None:  # noqa: ANN401 - a console of rich
    from karvan.charts import words

    table = _grid("out", "project", ">cost", ">alone", ">a dollar", ">comes in at", ">ready", "why")
    rest = [reason for reason in found.reasons if not reason.chosen]
    for reason in rest[:SHOWN_OUT]:
        cost_in = words.musd(reason.cost_in_musd) if reason.cost_in_musd is not None else "no cost"
        table.add_row(reason.id, words.shortened(reason.name, 44), words.musd(reason.cost_musd),
        words.musd(reason.alone_musd or 0.0), _dollar(reason.value_per_dollar),
                      cost_in, words.percent(found.readiness[reason.id].score), reason.why)  # fmt: skip
    if rest:
        out.print()
        out.print(table)
    if found.choice.apart:
        out.print("\nNot ranked:")
        for item in found.choice.apart:
            even = item.break_even.get("cost_musd")
            said = f"; breaks even at a cost of {words.musd(even)}" if isinstance(even, float) else ""
            out.print(f"  {item.id} {words.shortened(item.name, 50)}: {item.why}{said}")
