"""The portfolio as pictures and tables of a folder: frontier, phasing, who gains, robustness."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from karvan.charts import words
from karvan.charts.frontier import Step, draw_frontier
from karvan.charts.phasing import FunderOutlay, Works, draw_phasing
from karvan.charts.robustness import RobustRow, draw_robustness
from karvan.charts.svg import figure_bytes
from karvan.charts.who_gains import PartyGain, draw_who_gains

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from karvan.case import Case
    from karvan.portfolio import Portfolio
    from karvan.portfolio.worth import Party

#: Parties that are drawn: those that gain or lose the most; the others are one.
SHOWN_PARTIES = 14
UNIT = "USD m"
#: A sum smaller than this share of its parts is rounding.
ROUNDING_SHARE = 1e-9


def portfolio_figures(case: Case, found: Portfolio) -> dict[str, Figure]:
    """Return the pictures of a portfolio by name; what there is nothing to draw of is left out."""
    figures: dict[str, Figure] = {}
    if found.frontier:
        figures["frontier"] = frontier_figure(found)
    if found.choice.openings:
        figures["phasing"] = phasing_figure(found)
        figures["who_gains"] = gains_figure(found)
    if found.robustness.sets:
        figures["robustness"] = robustness_figure(case, found)
    return figures


def portfolio_files(case: Case, found: Portfolio) -> dict[str, bytes]:
    """Return pictures (SVG) and tables (CSV) of a portfolio by the name of their file."""
    files = {f"{name}.svg": figure_bytes(figure, ".svg") for name, figure in portfolio_figures(case, found).items()}
    tables = {"candidates": found.table, "outlays": found.outlays, "sets": found.sets, "frontier": found.frontier_table,
              "robustness": found.robustness.table}  # fmt: skip
    return files | {f"{name}.csv": table.to_csv(index=False).encode() for name, table in tables.items()}


def frontier_figure(found: Portfolio) -> Figure:
    """Draw the frontier."""
    own = found.choice.limits.total_musd
    steps = [Step(point.budget_musd, point.value_musd, point.added, point.left_out, asked=point.budget_musd == own)
             for point in found.frontier]  # fmt: skip
    return draw_frontier(steps, title="What a larger budget brings")


def phasing_figure(found: Portfolio) -> Figure:
    """Draw works and outlays."""
    of = found.choice.search.of
    works = [
        Works(f"{name} {of[name].name}", year - len(of[name].outlay_musd), year, words.musd(of[name].cost_musd))
        for name, year in sorted(found.choice.openings.items(), key=lambda item: (item[1], item[0]))
    ]
    outlays = [FunderOutlay(f"{item.name}, {item.instrument}" if item.country else item.name, item.by_year_musd)
               for item in found.fairness.funders]  # fmt: skip
    return draw_phasing(
        works, outlays, budget_by_year=found.choice.limits.yearly_musd, title="What is built when, and who pays"
    )


def gains_figure(found: Portfolio) -> Figure:
    """Draw who gains."""
    ranked = sorted(
        (_settled(item) for item in found.choice.worth.parties),
        key=lambda item: -abs(item.benefit_musd + item.transfer_musd),
    )
    kept, rest = ranked[:SHOWN_PARTIES], ranked[SHOWN_PARTIES:]
    parties = [PartyGain(words.country(item.country), item.party.replace("_", " "), item.benefit_musd, item.transfer_musd)
               for item in sorted(kept, key=lambda item: item.country)]  # fmt: skip
    if rest:
        parties.append(PartyGain("Others", f"{len(rest)} parties", sum(item.benefit_musd for item in rest),
                                 sum(item.transfer_musd for item in rest)))  # fmt: skip
    return draw_who_gains(parties, unit=UNIT, title="Who gains from the chosen set")


def _settled(party: Party) -> Party:
    """Return a party whose gain and payments cancel but for rounding as one in which they do."""
    net, size = party.benefit_musd + party.transfer_musd, abs(party.benefit_musd) + abs(party.transfer_musd)
    return replace(party, transfer_musd=-party.benefit_musd) if abs(net) <= ROUNDING_SHARE * size else party


def robustness_figure(case: Case, found: Portfolio) -> Figure:
    """Draw sets by states."""
    rows = case.rows("scenario")
    states = list(found.robustness.sets[0].by_state_musd)
    heads = ["as expected", *(str(rows[state]["name"]) if state in rows else state for state in states)]
    table = [
        RobustRow(
            " + ".join(sorted(item.openings)), (item.value_musd, *(item.by_state_musd[state] for state in states))
        )
        for item in found.robustness.sets
    ]
    return draw_robustness(heads, table, unit=UNIT, title="How the best sets stand up")
