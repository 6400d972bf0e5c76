"""The part of the report on appraisal: what each project is worth, to whom, and what stays out of the ranking and why."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from karvan.charts import words
from karvan.charts.diverging import Bar, Panel, draw_diverging
from karvan.charts.svg import inline_svg
from karvan.report.figures import Picture
from karvan.report.tables import Cell, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from karvan.appraisal import Appraisal

#: Projects in the picture.
SHOWN = 16


def league_picture(found: Sequence[Appraisal]) -> Picture | None:
    """Return the league table as a picture for the page; None where nothing is ranked."""
    panel = _panel(found)
    if not panel.bars:
        return None
    caption = (
        "Each project alone, against the network with committed works. The bar is the expectation over the states of the "
        "crossings through the years; the line runs from the worst to the best state, were it to hold for ever. Costs are the "
        "point estimates."
    )
    svg = inline_svg(draw_diverging([panel]), prefix="league", label="Net present value of each project")
    return Picture(svg, caption)


def _panel(found: Sequence[Appraisal]) -> Panel:
    ranked = [item for item in found if item.ranked and math.isfinite(_worth(item))]
    bars = [_bar(item) for item in ranked[:SHOWN]]
    whose = _whose(ranked[0]) if ranked else ""
    return Panel(f"Net present value, USD m, {whose}", bars)


def _bar(item: Appraisal) -> Bar:
    by_state = [values[item.headline] for values in item.enpv_by_state_musd.values()]
    low, high = (min(by_state), max(by_state)) if len(by_state) > 1 else (math.nan, math.nan)
    return Bar(words.shortened(name_of(item), 44), _worth(item), low, high, note=f"costs {_cost(item)}")


def _worth(item: Appraisal) -> float:
    return float(item.enpv_musd[item.headline])


def _whose(item: Appraisal) -> str:
    return next(standing.name for standing in item.standings if standing.id == item.headline)


def _cost(item: Appraisal) -> str:
    return "not known" if math.isnan(item.cost_musd) else words.musd(item.cost_musd)


def name_of(item: Appraisal) -> str:
    """Return the name of what was appraised: its projects with their ids."""
    if not item.plan.projects:
        return " + ".join(item.asked)
    return " + ".join(f"{project.id} {project.name}" for project in item.plan.projects)


def _left_out(item: Appraisal) -> str:
    """Return what the worth leaves out, for the cell of the name; empty where nothing is known of."""
    parts = list(dict.fromkeys(project.left_out for project in item.plan.projects if project.left_out))
    return f"leaves out {'; '.join(parts)}" if parts else ""


def league_said(found: Sequence[Appraisal]) -> str:
    """Return how many projects are worth their cost, in a sentence."""
    ranked = [item for item in found if item.ranked]
    paying = [item for item in ranked if _worth(item) > 0]
    apart = len(found) - len(ranked)
    if not ranked:
        return f"None of {words.count(len(found), 'project')} can be ranked."
    best = f"; the best is {name_of(paying[0])}, {words.musd(_worth(paying[0]))}" if paying else ""
    pays = "is worth more than it costs" if len(paying) == 1 else "are worth more than they cost"
    counts = f"Of {words.count(len(found), 'project')}, {words.count(len(ranked))} can be ranked"
    return (
        f"{counts}, and {words.count(len(paying))} {pays} to {_whose(ranked[0])} under the rules {ranked[0].rule_set}{best}. "
        f"{words.count(apart)} {'stays' if apart == 1 else 'stay'} apart: not valued, or cost and effect both assumed."
    )


def league_table_of(found: Sequence[Appraisal]) -> Table:
    """Return the ranked projects, best first."""
    ranked = [item for item in found if item.ranked]
    standings = ranked[0].standings if ranked else ()
    heads = (
        "Project",
        "cost, USD m",
        *(f"worth, {one.name}" for one in standings),
        "EIRR",
        "benefit-cost ratio",
        "opens",
    )
    rows = []
    for item in ranked:
        worth = [Cell(words.number(item.enpv_musd[one.id]), figure=True) for one in standings]
        opens = max((project.opening for project in item.plan.projects), default=0)
        rows.append((
            Cell(name_of(item), note=_left_out(item)), Cell(words.number(item.cost_musd), figure=True), *worth,
            Cell(words.rate(item.eirr) if item.eirr is not None else "none", figure=True),
            Cell(words.number(item.bcr, digits=2) if item.bcr is not None else "", figure=True), Cell(str(opens), figure=True),
        ))  # fmt: skip
    return Table("Projects by what they are worth alone, net present value in USD m", heads, tuple(rows))


def apart_table(found: Sequence[Appraisal]) -> Table:
    """Return the projects outside the ranking: why, and where they would break even."""
    heads = ("Project", "cost, USD m", "pays up to, USD m", "why it stays apart")
    rows = []
    for item in found:
        if item.ranked:
            continue
        entry = item.break_even.cost_musd
        rows.append((
            Cell(name_of(item)), Cell("" if math.isnan(item.cost_musd) else words.number(item.cost_musd), figure=True),
            Cell(words.number(entry) if entry is not None else "", figure=True), Cell(item.why_not),
        ))  # fmt: skip
    return Table("Not ranked", heads, tuple(rows))
