"""The futures as the report and the command line show them: the picture of the record, and tables of words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from karvan.case.closures import read_closures
from karvan.case.futures_estimate import group_range
from karvan.charts import words
from karvan.charts.closures import ClosureBar, Lane, draw_closures, percent_range
from karvan.charts.svg import figure_bytes, inline_svg
from karvan.report.figures import Picture
from karvan.report.tables import Cell, Table

if TYPE_CHECKING:
    from datetime import date

    from matplotlib.figure import Figure

    from karvan.case import Case
    from karvan.case.closures import GroupRecord
    from karvan.case.futures import Futures

#: Years ahead that the picture shows: the probabilities have settled long before.
YEARS_AHEAD = 10
STEPS_A_YEAR = 4
DAYS_PER_YEAR = 365.25


def closures_plot(case: Case, futures: Futures, *, suffix: str) -> bytes:
    """Return the picture of record and probabilities as the bytes of a file.

    Raises
    ------
    RequestError
        The suffix is none of those that a figure may have.
    """
    return figure_bytes(_figure(case, futures), suffix)


def closures_picture(case: Case, futures: Futures) -> Picture | None:
    """Return the picture of record and probabilities; None where the case records no closure."""
    if not futures.records:
        return None
    said = "; ".join(f"{group_name(group)}: {_record_note(record)}" for group, record in futures.records.items())
    caption = (
        "Left of the line, the record: the share of each group of crossings that was shut; filled where it counts as shut, "
        "hatched where a single crossing or a few days were concerned. Right of it, the probability that the group is shut, "
        "seen from today, with its range: few closures are known, so the range is wide."
    )
    return Picture(
        inline_svg(_figure(case, futures), prefix="closures", label=f"Closures and what may follow. {said}"), caption
    )


def _figure(case: Case, futures: Futures) -> Figure:
    closures = read_closures(case)
    today = _decimal(next(iter(futures.records.values())).to_day)
    lanes = []
    for group, record in futures.records.items():
        bars = [
            ClosureBar(
                _decimal(closure.start), _decimal(closure.end), closure.share_shut,
                counts=any(spell.start <= closure.start <= spell.end for spell in record.spells),
            )
            for closure in closures
            if closure.group == group
        ]  # fmt: skip
        assert futures.draws is not None  # noqa: S101 - there are records
        ahead = [number / STEPS_A_YEAR for number in range(YEARS_AHEAD * STEPS_A_YEAR + 1)]
        was_shut = group in futures.shut_groups[futures.start]
        spans = [group_range(futures.draws, group, years, was_shut=was_shut) for years in ahead]
        lanes.append(
            Lane(
                group_name(group), _record_note(record), bars, [today + years for years in ahead],
                [span.value for span in spans], [span.low for span in spans], [span.high for span in spans],
            )
        )  # fmt: skip
    return draw_closures(lanes, today)


def group_name(group: str) -> str:
    """Return the name of a group as a word."""
    return group.replace("_", " ").capitalize()


def _record_note(record: GroupRecord) -> str:
    count = words.count(record.exposure.closures, "closure") if record.exposure.closures else "no closure"
    return f"since {record.from_day.year}: {count} of most of it, shut {words.percent(record.shut_share)} of the time"


def _decimal(day: date) -> float:
    return day.year + (day.timetuple().tm_yday - 1) / DAYS_PER_YEAR


# tables ---------------------------------------------------------------------------------------------------------------


def states_table(futures: Futures, year: int | None = None) -> Table:
    """Return the states with their probabilities: now, next year, in another (by default ten years on), in the long run."""
    next_year = futures.base_year + 1
    later = min(futures.base_year + YEARS_AHEAD, futures.horizon_year) if year is None else year
    heads = ("State", "shut", str(futures.base_year), str(next_year), "range", str(later), "long run", "range",
             f"years to {futures.horizon_year}")  # fmt: skip
    ahead, long_run = futures.ranges(next_year), futures.ranges(None)
    now, soon, then = (futures.probabilities(year) for year in (futures.base_year, next_year, later))
    years = futures.expected_years()
    rows = []
    for state in futures.states:
        shut = ", ".join(group_name(group) for group in futures.shut_groups[state]) or "nothing"
        in_long_run = state in futures.long_run
        cells = [
            words.percent(float(now[state])), words.percent(float(soon[state])), _ends(ahead.get(state), shown=in_long_run),
            words.percent(float(then[state])), words.percent(futures.long_run[state]) if in_long_run else "",
            _ends(long_run.get(state), shown=in_long_run), words.number(round(float(years[state]), 2)),
        ]  # fmt: skip
        rows.append((Cell(futures.names[state]), Cell(shut), *(Cell(text, figure=True) for text in cells)))
    return Table("States of the crossings, and the probability that a year is in each", heads, tuple(rows))


def record_table(futures: Futures) -> Table:
    """Return what the record holds of each group."""
    heads = ("Group", "since", "closures", "mean length", "range", "shut of the time", "of its capacity", "something shut",
             "years with a closure")  # fmt: skip
    rows = []
    for group, record in futures.records.items():
        length = record.spell_years
        with_closure, years = record.years_with_closure
        cells = [
            str(record.from_day.year), str(record.exposure.closures),
            years_text(length.value) + ("*" if record.spells_pooled else ""),
            f"{years_text(length.low)} to {years_text(length.high)}", words.percent(record.shut_share),
            words.percent(record.capacity_shut_share), words.percent(record.any_shut_share), f"{with_closure} of {years}",
        ]  # fmt: skip
        rows.append((Cell(group_name(group)), *(Cell(text, figure=True) for text in cells)))
    pooled = any(record.spells_pooled for record in futures.records.values())
    note = "; * length of all groups together, since this one was never shut" if pooled else ""
    return Table(f"The record of closures, by group{note}", heads, tuple(rows))


def _ends(pair: tuple[float, float] | None, *, shown: bool) -> str:
    return percent_range(*pair) if pair and shown else ""


def years_text(years: float) -> str:
    """Return a length of time in months below two years, in years from there on."""
    return f"{12 * years:.2g} months" if years < 2 else f"{years:.2g} years"  # noqa: PLR2004 - as the docstring says
