"""The decision paper: what to build within a budget, what that stands on, and what would overturn it.

A few pages for those who decide. The chain stands in it in its order: routes today, bottlenecks, worth of each project, the set
that is recommended with its phasing and shares, then the evidence and what would change the answer.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from karvan.charts import words
from karvan.charts.diverging import Bar, Panel, draw_diverging
from karvan.charts.svg import inline_svg
from karvan.portfolio.entries import OPEN
from karvan.report import appraisal, figures, flows
from karvan.report.headline import answer_of, pairs_of
from karvan.report.page import environment, shown, style_sheet
from karvan.report.portfolio import portfolio_figures
from karvan.report.tables import Cell, Table, assumed_share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from karvan.portfolio import Portfolio
    from karvan.portfolio.robust import RobustSet
    from karvan.report.data import ReportData

TEMPLATE = "decision.html.j2"
#: Bottlenecks, projects, projects left out, and of these the nearest, that are shown.
SHOWN_BOTTLENECKS, SHOWN_PROJECTS, SHOWN_OUT, SHOWN_NEAR = 5, 12, 8, 3
#: Share of the worth from which what is received from others is said beside it.
LARGE_TRANSFER = 0.1
#: Names of the closures' dimensions, as the paper says them.
_DIMENSIONS = {"state": "crossings", "demand": "demand", "cost": "cost", "delay_years": "a delay in years of"}


def render_decision(data: ReportData) -> str:
    """Return the decision paper of a run as one self-contained HTML page.

    Parameters
    ----------
    data
        The finished stages, portfolio among them.
    """
    found = data.portfolio
    assert found is not None  # noqa: S101 - asked for where there is one
    return (
        environment()
        .get_template(TEMPLATE)
        .render(
            style=style_sheet(),
            case=data.case.config.case,
            meta=data.meta,
            question=_question(found),
            answer=answer(found),
            caveat=_caveat(found),
            received=_received(found),
            routes=[{"title": pair.title, "answer": answer_of(pair)} for pair in pairs_of(data)],
            flows=_flows(data),
            league=_league(data),
            pictures=_pictures(data, found),
            chosen=chosen_table(found),
            outlays=outlays_table(found),
            payers=payers_table(found),
            gains=_gains(found),
            shares=shares_table(found),
            would_leave=_would_leave(found),
            stands=_stands(data, found),
            frontier=frontier_table(found),
            overturn=_overturn(found),
            out=out_table(found),
            apart=len(found.choice.apart),
            remarks=[*found.choice.notes, *found.notes, *found.fairness.notes, *found.robustness.notes],
        )
    )


# the answer -------------------------------------------------------------------------------------------------------------


#: What the pictures say, by name; those of :func:`karvan.report.portfolio.portfolio_figures`.
_CAPTIONS = {
    "phasing": "When the works of the recommended set run, and who pays for them by year.",
    "frontier": "The best set that was found at each budget: what it adds to the one before, and what it leaves out.",
    "who_gains": "Present values by country and party: real gains, and what is received from others less what is paid to them.",
    "robustness": "The best sets, were each state of the crossings to hold for ever.",
}


def _pictures(data: ReportData, found: Portfolio) -> dict[str, dict[str, Any]]:
    drawn = portfolio_figures(data.case, found)
    return {
        name: shown(figures.Picture(inline_svg(figure, prefix=name, label=_CAPTIONS[name]), _CAPTIONS[name]))
        for name, figure in drawn.items()
    }


def _budget(found: Portfolio) -> str:
    total = found.choice.limits.total_musd
    return "without a limit" if total is None or math.isinf(total) else f"within {words.musd(total)}"


def _aim(found: Portfolio) -> str:
    return found.choice.aim.name.replace("_", " ").replace(":", ", in the ")


def _question(found: Portfolio) -> str:
    return f"What to build {_budget(found)}, for the greatest worth to {_aim(found)}?"


def _names(found: Portfolio, names: Mapping[str, int] | list[str] | tuple[str, ...]) -> str:
    of = found.choice.search.of
    return words.listed(f"{of[name].name} ({name})" for name in names)


def answer(found: Portfolio) -> str:
    """Return the answer in a sentence or two."""
    choice = found.choice
    if not choice.openings:
        return (
            f"Nothing. No set of projects {_budget(found)} is worth more than it costs to {_aim(found)}, as far as its worth "
            "can be reckoned. What would have to be otherwise stands below."
        )
    states = choice.worth.in_state(choice.aim.countries)
    low, high = min(states, key=lambda name: states[name]), max(states, key=lambda name: states[name])
    spread = (
        f" From {words.musd(states[low])} with the crossings as in “{low}” for ever to {words.musd(states[high])} as in “{high}”."
        if states[low] != states[high]
        else ""
    )
    return (
        f"Build {_names(found, choice.openings)}: {words.musd(choice.worth.cost_musd)} of outlay, expected net present value "
        f"{words.musd(choice.value_musd)} to {_aim(found)}{choice.beyond}.{spread}"
    )


def _caveat(found: Portfolio) -> str:
    choice = found.choice
    if choice.proven:
        return "Every plan within the limits was looked at: none is worth more."
    if choice.bound_kind == "none":
        return f"{words.count(len(choice.sets), 'set')} appraised in full; nothing bounds what was not."
    return (
        f"{words.count(len(choice.sets), 'set')} appraised in full. By the pairwise model, which erred by "
        f"{words.musd(choice.largest_error_musd)} at most on these, no other plan is worth more than "
        f"{words.musd(choice.bound_musd)}: an estimate, not a proof."
    )


def _received(found: Portfolio) -> str:
    """Return how much of the worth is taken from others rather than made; empty where that is little."""
    choice = found.choice
    whose = choice.aim.countries
    if not choice.openings or whose is None:
        return ""
    received = math.fsum(item.transfer_musd for item in choice.worth.parties if item.country in whose)
    if received <= LARGE_TRANSFER * abs(choice.value_musd):
        return ""
    return (
        f"{words.musd(received)} of this is received from others, as fees and as rents of lines that are full, and not made by "
        f"the projects: what {_aim(found)} gains so, others pay."
    )


def chosen_table(found: Portfolio) -> Table:
    """Return the recommended set with its phasing."""
    heads = (
        "Project",
        "works",
        "opens",
        "cost, USD m",
        "adds, USD m",
        "alone, a dollar of capital",
        "pays up to, USD m",
        "readiness",
        "build now or wait",
    )
    of, reasons = found.choice.search.of, {item.id: item for item in found.reasons}
    rows = []
    for name, year in sorted(found.choice.openings.items(), key=lambda item: (item[1], item[0])):
        entry, why, wait = of[name], reasons.get(name), found.waits.get(name)
        ready = found.readiness[name].score
        rows.append((
            Cell(f"{name} {entry.name}"), Cell(f"{year - len(entry.outlay_musd)}-{year - 1}", figure=True),
            Cell(str(year), figure=True), Cell(words.number(entry.cost_musd), figure=True),
            _maybe(why.adds_musd if why else None), _maybe(why.value_per_dollar if why else None),
            _maybe(why.cost_out_musd if why else None),
            Cell("" if math.isnan(ready) else words.percent(ready), figure=True),
            Cell(_wait_said(wait)),
        ))  # fmt: skip
    return Table("The recommended set", heads, tuple(rows))


def _wait_said(wait: Any) -> str:  # noqa: ANN401 - a Wait, or None
    if wait is None:
        return ""
    if wait.build_now:
        return "now"
    if not wait.trigger:
        return "adds nothing, now or later"
    return f"decide in {wait.decide_year}, if {words.listed(wait.trigger)}"


def _maybe(value: float | None) -> Cell:
    return Cell("" if value is None or math.isnan(value) else words.number(value), figure=True)


# money ------------------------------------------------------------------------------------------------------------------


def outlays_table(found: Portfolio) -> Table:
    """Return outlays by year and project."""
    table = found.outlays
    years = sorted(table["year"].unique()) if len(table) else []
    names = sorted(table["project"].unique()) if len(table) else []
    sums = {(row["project"], row["year"]): 0.0 for row in table.to_dict("records")}
    for row in table.to_dict("records"):
        sums[row["project"], row["year"]] += float(row["musd"])
    rows = [
        (Cell(str(year)), *(_maybe(sums.get((name, year))) for name in names),
         Cell(words.number(sum(sums.get((name, year), 0.0) for name in names)), figure=True))
        for year in years
    ]  # fmt: skip
    return Table("Outlays by year, USD m", ("Year", *names, "in all"), tuple(rows))


def payers_table(found: Portfolio) -> Table:
    """Return who pays, how, and how far that has come."""
    rows = []
    for item in sorted(found.fairness.funders, key=lambda item: (item.funder == OPEN, -item.outlay_musd, item.funder)):
        named = item.funder != OPEN
        rows.append((
            Cell(item.name if named else "Open: nobody is named yet"), Cell(item.instrument if named else ""),
            Cell(item.status if named else "open"), Cell(words.number(item.outlay_musd), figure=True),
        ))  # fmt: skip
    return Table("Who pays", ("Payer", "by", "how far", "USD m"), tuple(rows))


def _gains(found: Portfolio) -> dict[str, Any]:
    sides = sorted(found.fairness.countries, key=lambda item: (-item.net_musd, item.country))
    bars = [Bar(words.country(item.country), item.net_musd) for item in sides if abs(item.net_musd) > 0][:10]
    picture = None
    if bars:
        svg = inline_svg(
            draw_diverging([Panel("Gains less works on its own ground, present value, USD m", bars)]),
            prefix="gains",
            label="Who gains and who pays, by country",
        )
        picture = shown(
            figures.Picture(svg, "If each country paid for the works on its ground, and kept what falls to it.")
        )
    heads = ("Country", "pays by rule", "pays, USD m", "gains, USD m", "own return", "value a dollar")
    rows = [
        (Cell(words.country(item.country)), Cell(item.rule.replace("_", " ")), Cell(words.number(item.paid_musd), figure=True),
         Cell(words.number(item.benefit_musd), figure=True),
         Cell(words.rate(item.irr) if item.irr is not None else "none", figure=True), _maybe(item.value_per_dollar))
        for item in found.fairness.returns
    ]  # fmt: skip
    return {"picture": picture, "returns": Table("What each gets for its own money", heads, tuple(rows))}


def shares_table(found: Portfolio) -> Table:
    """Return the cost by each rule of sharing."""
    rules = [share.rule.replace("_", " ") for share in found.fairness.shares]
    sides = list(dict.fromkeys(name for share in found.fairness.shares for name in share.cost_musd))
    rows = [
        (Cell(words.country(side) if len(side) == 3 else side),  # noqa: PLR2004 - a country's code
         *(_maybe(share.cost_musd.get(side)) for share in found.fairness.shares))
        for side in sides
    ]  # fmt: skip
    return Table("How the cost could be shared, present value, USD m", ("Side", *rules), tuple(rows))


def _would_leave(found: Portfolio) -> list[str]:
    return [
        f"By {share.rule.replace('_', ' ')}, {words.listed(group)} would do {words.musd(gain)} better without the others."
        for share in found.fairness.shares
        for group, gain in share.would_leave
    ]


# evidence ---------------------------------------------------------------------------------------------------------------


def _flows(data: ReportData) -> dict[str, Any] | None:
    if data.flows is None:
        return None
    table = flows.bottlenecks_table(data.flows)
    return {"said": flows.flows_said(data.flows), "table": table._replace(rows=table.rows[:SHOWN_BOTTLENECKS])}


def _league(data: ReportData) -> dict[str, Any]:
    table = appraisal.league_table_of(data.appraisals)
    return {
        "said": appraisal.league_said(data.appraisals),
        "table": table._replace(rows=table.rows[:SHOWN_PROJECTS]),
        "more": max(0, len(table.rows) - SHOWN_PROJECTS),
    }


def _stands(data: ReportData, found: Portfolio) -> list[str]:
    lines = [f"{words.percent(assumed_share(data))} of the rows of the case rest on an assumption."]
    if data.counted is not None:
        lines.append(flows.counts_said(data.counted))
    robust, choice = found.robustness, found.choice
    if choice.openings:
        core = _names(found, list(robust.core)) if robust.core else "nothing"
        lines.append(f"In nine of ten of the {words.count(robust.near, 'set')} within 5 % of the best stands: {core}.")
    lines.extend(
        f"Over drawn futures of closures, demand, cost and delay{_of_what(found, item)}: "
        f"{words.musd(item.expected_musd)} on average, "
        f"{words.musd(item.cvar_musd)} in the worst tenth; a loss in {words.percent(item.loss_share)} of them."
        for item in robust.sets[:1]
    )
    return [line for line in lines if line]


def _of_what(found: Portfolio, item: RobustSet) -> str:
    """Return of which set figures are, where it is none that is recommended."""
    return "" if found.choice.openings else f", of the best set that was found, {_names(found, sorted(item.openings))}"


def _overturn(found: Portfolio) -> list[str]:
    """Return what would change the answer: futures in which it fails, costs, waiting."""
    robust, lines = found.robustness, []
    if found.choice.openings:
        many = words.count(len(robust.futures), "future")
        lines.append(f"It is worth less than nothing in {words.percent(robust.failing_share)} of {many} looked at.")
    for box in robust.failures:
        what = words.listed(f"{_DIMENSIONS.get(name, name)} {level}" for name, level in box.conditions.items())
        lines.append(
            f"It fails with {what}: in {words.percent(box.share)} of these futures, and these are "
            f"{words.percent(box.covers_share)} of all in which it fails."
        )
    lines += _costs_that_turn(found)
    wait = found.wait
    if wait is not None and not wait.build_now and wait.trigger:
        then = words.listed(wait.trigger)
        said = f"Waiting is worth {words.musd(wait.option_musd)}: decide in {wait.decide_year}"
        lines.append(f"{said}, and build if the crossings are then as in {then}.")
    elif wait is not None and not wait.build_now:
        lines.append(
            "Neither now nor in the next years is it worth more than nothing, whatever state of the crossings comes."
        )
    return lines


def _costs_that_turn(found: Portfolio) -> list[str]:
    lines = [
        f"{item.id} would fall out at a cost of {words.musd(item.cost_out_musd)} ({words.musd(item.cost_musd)} now)."
        for item in found.reasons if item.chosen and item.cost_out_musd is not None
    ]  # fmt: skip
    near = [
        (item.cost_in_musd, item) for item in found.reasons
        if not item.chosen and item.cost_in_musd is not None and item.cost_musd > 0
    ]  # fmt: skip
    near.sort(key=lambda pair: (-pair[0] / pair[1].cost_musd, pair[1].id))
    lines += [
        f"{item.id} {item.name} would come in at a cost of {words.musd(cost)} ({words.musd(item.cost_musd)} now)."
        for cost, item in near[:SHOWN_NEAR]
    ]
    return lines


def out_table(found: Portfolio) -> Table:
    """Return the ranked projects that are left out, and why."""
    rows = [
        (Cell(f"{item.id} {item.name}"), Cell(words.number(item.cost_musd), figure=True), _maybe(item.alone_musd),
         _maybe(item.value_per_dollar), _maybe(item.cost_in_musd), Cell(item.why))
        for item in found.reasons if not item.chosen
    ][:SHOWN_OUT]  # fmt: skip
    heads = ("Project", "cost, USD m", "worth alone", "a dollar of capital", "would come in at", "why it is out")
    return Table("Left out", heads, tuple(rows))


def frontier_table(found: Portfolio) -> Table:
    """Return the best set by budget."""
    rows = [
        (Cell(words.budget(point.budget_musd)), Cell(words.number(point.cost_musd), figure=True),
         Cell(words.number(point.value_musd), figure=True), Cell(words.listed(sorted(point.openings)) or "nothing"))
        for point in found.frontier
    ]  # fmt: skip
    return Table("The best set by budget", ("Budget", "spent, USD m", "worth, USD m", "projects"), tuple(rows))
