"""How sure the value of a project is, on its page: the S-curve, what it hangs on, and the states of the crossings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from karvan.charts import words
from karvan.charts.s_curve import draw_s_curve
from karvan.charts.svg import inline_svg
from karvan.charts.tornado import TornadoBar, draw_tornado
from karvan.report.tables import Cell, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.figure import Figure

    from karvan.appraisal import Appraisal, Uncertainty
    from karvan.appraisal.uncertainty_results import Distribution, DriverEffect, EmulatorCheck

#: Drivers in the picture; the table has them all.
SHOWN = 12
#: Drivers whose number says something by itself: factors, shares and years. Others are scores of many figures.
OWN_NUMBERS = ("cost", "overrun", "delay", "upkeep", "life")
_BLANK = ("draws_said", "s_curve", "drawn_tornado", "drawn_drivers", "drawn_states")


def draws_of(found: Appraisal, drawn: Uncertainty | None) -> dict[str, Any]:
    """Return what a page shows of draws; nothing where there are none."""
    if drawn is None:
        return dict.fromkeys(_BLANK)
    name = next(one.name for one in found.standings if one.id == drawn.standing)
    return {
        "draws_said": _said(drawn, name),
        "s_curve": _shown(
            draw_s_curve(drawn.values.tolist(), unit="USD m"), "s-curve",
            f"How likely the value to {name} lies below each sum, over {words.count(drawn.draws, 'draw')}.",
        ),
        "drawn_tornado": _shown(
            draw_tornado([_bar(one) for one in drawn.drivers[:SHOWN]], drawn.base_musd, unit="USD m"), "drawn-tornado",
            f"The value to {name} at P10 and P90 of what is uncertain, one at a time"
            f"{', on the accounts alone' if drawn.left_out else ', by full solves'}.",
        ),
        "drawn_drivers": _drivers(drawn),
        "drawn_states": _states(drawn),
    }  # fmt: skip


def _said(drawn: Uncertainty, name: str) -> list[str]:
    spread = drawn.distribution
    first = (
        f"The value to {name} is {words.musd(spread.p50)} in the middle of {words.count(drawn.draws, 'draw')} "
        f"(seed {drawn.seed}), and {words.musd(spread.p10_low)} to {words.musd(spread.p90_high)} in eight of ten. "
        f"Chance of a loss: {words.percent(spread.p_negative)}; of a return under {words.rate(drawn.hurdle)}: "
        f"{words.percent(drawn.p_below_hurdle)}. Mean of the worst tenth: {words.musd(spread.cvar)}."
    )
    lines = [first]
    lines += [left_out_of(drawn.left_out)] if drawn.left_out else []
    lines += [solved_of(drawn.check)] if drawn.check is not None and drawn.check.error_share is not None else []
    lines += [f"{drawn.unsolved.said[0].upper()}{drawn.unsolved.said[1:]}."] if drawn.unsolved.worlds else []
    return lines


def solved_of(check: EmulatorCheck) -> str:
    """Return what of the draws is solved and what is emulated, and how far that is off, in sentences."""
    off = (
        f"on {check.checks} fresh solves it is off by {words.percent(check.error_share or 0.0)} of the spread, "
        f"{words.musd(check.worst_musd)} at most"
    )
    if not check.worlds:
        return (
            f"Emulated from {check.solves} full solves, with {check.full} of the draws solved in full; {off}, by which the "
            "interval is widened."
        )
    return (
        f"Each draw lies in one of {check.worlds} worlds that are solved, {check.likely} of them in the likeliest states of the "
        f"crossings alone. What follows for the others is emulated; {off}. Since worlds are so few, the mean has a standard "
        f"error of {words.musd(check.sampling_musd or 0.0)}. The interval is wider by both."
    )


def left_out_of(names: Iterable[str]) -> str:
    """Return what was not drawn, in a sentence."""
    return (
        "Trade and flows are as the appraisal has them in every draw: the range leaves out what would change them, which is "
        f"{words.listed(names)}."
    )


def _bar(one: DriverEffect) -> TornadoBar:
    ends = (words.number(one.low), words.number(one.high)) if one.acts in OWN_NUMBERS else ("low", "high")
    turns = "within its range" if one.at_low_musd * one.at_high_musd < 0 else "not in its range"
    return TornadoBar(one.label, *ends, one.at_low_musd, one.at_high_musd, turns)


def _drivers(drawn: Uncertainty) -> Table:
    rows = [
        (Cell(one.label, note=one.basis, assumed=one.assumed), _sum(one.at_low_musd), _sum(one.at_high_musd),
         _share(one.first_order), _share(one.total_order))
        for one in drawn.drivers
    ]  # fmt: skip
    heads = ("What is uncertain", "ENPV at its P10, USD m", "at its P90", "share of the variance alone", "with others")
    return Table("What the value hangs on", heads, tuple(rows))


def _states(drawn: Uncertainty) -> Table:
    whole: list[tuple[str, str, Distribution]] = [("As closures come and go", "", drawn.distribution)]
    whole += [(one.name, words.percent(one.probability), one.distribution) for one in drawn.by_state]
    rows = [
        (Cell(label), Cell(chance, figure=True), _sum(one.p10), _sum(one.p50), _sum(one.p90), _share(one.p_negative))
        for label, chance, one in whole
    ]
    heads = ("Were a state to hold for ever", "mean chance", "P10, USD m", "P50", "P90", "chance of a loss")
    return Table("Value over draws, by state of the crossings", heads, tuple(rows))


def _sum(value: float) -> Cell:
    return Cell(words.number(value, digits=4), figure=True)


def _share(value: float | None) -> Cell:
    return Cell("-" if value is None else words.percent(max(value, 0.0)), figure=True)


def _shown(figure: Figure, name: str, caption: str) -> dict[str, Any]:
    # the element was written by matplotlib, which escapes the texts in it
    return {"svg": Markup(inline_svg(figure, prefix=name, label=caption)), "caption": caption}  # noqa: S704
