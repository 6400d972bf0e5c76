"""The record of closures, and the rates that it supports.

A group of crossings alternates between open and shut. Times in both are taken as exponential, so that counts and exposures
say all that the record knows: with n closures in T years open, and m reopenings in S years shut, the rates have the
posteriors ``Gamma(n + 1/2, T)`` and ``Gamma(m + 1/2, S)`` (Jeffreys' prior of a Poisson rate). A spell that is still on
adds to S and not to m; so the present closure counts for as long as it has lasted.

Source: Bernardo and Smith, *Bayesian Theory* (1994), Poisson model; Cox, *Renewal Theory* (1962), alternating renewal.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from karvan.case.cells import first_day, last_day
from karvan.case.ranges import Range
from karvan.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from karvan.case.model import Case

DAYS_PER_YEAR = 365.25
#: Jeffreys' prior of a Poisson rate: half an event, no exposure.
PRIOR_EVENTS = 0.5
#: Quantiles that a range stands for.
LOW, HIGH = 0.1, 0.9
#: A closure counts where more than this share of its group is shut, and for at least so many days; replaced by parameters
#: of the case of the same names. Two weeks are also what the case's figure of some closure in a year counts.
DEFAULTS = {"closure_counts_above_share": 0.5, "closure_counts_from_days": 14.0}


class Closure(NamedTuple):
    """A row of closure.csv, its last day filled in where it is still on."""

    id: str
    group: str
    start: date
    end: date
    is_over: bool
    share_shut: float
    crossings: tuple[str, ...]
    cause: str


class Spell(NamedTuple):
    """A time in which a group counts as shut: one closure, or several that touch."""

    start: date
    end: date
    is_over: bool

    @property
    def days(self) -> int:
        """Days, first and last included."""
        return (self.end - self.start).days + 1


class Exposure(NamedTuple):
    """What a window of the record holds of a group: closures and years open, reopenings and years shut."""

    closures: int
    open_years: float
    reopenings: int
    shut_years: float


@dataclass(frozen=True)
class GroupRecord:
    """What is known of a group, and the rates that follow.

    Attributes
    ----------
    group
        The group of crossings.
    from_day, to_day
        Window of the record.
    spells
        Times in which the group counts as shut.
    exposure
        Counts and years of the window.
    closures_per_year, reopenings_per_year
        Rates: posterior mean, P10 and P90.
    spell_years
        Mean length of a closure, from the rate of reopening.
    spells_pooled
        Whether the rate of reopening is that of all groups together, since the group has no spell of its own.
    shut_share
        Share of the window in which the group counts as shut.
    capacity_shut_share
        Share of the group's capacity that was shut over the window, closures of single crossings and short ones included.
    any_shut_share
        Share of the window in which something of the group was shut.
    years_with_closure
        Calendar years of the window in which something was shut for long enough to count, and all years of it.
    """

    group: str
    from_day: date
    to_day: date
    spells: tuple[Spell, ...]
    exposure: Exposure
    closures_per_year: Range
    reopenings_per_year: Range
    spell_years: Range
    spells_pooled: bool
    shut_share: float
    capacity_shut_share: float
    any_shut_share: float
    years_with_closure: tuple[int, int]


# the record -----------------------------------------------------------------------------------------------------------


def read_closures(case: Case, *, on: date | None = None) -> list[Closure]:
    """Return the closures that had begun by a day, by group and first day; what is still on ends on that day for now."""
    day = on or record_day(case)
    found = []
    for name, row in case.rows("closure").items():
        start, end = first_day(row["from_date"]), last_day(row["to_date"]) if row["to_date"] else day
        if start <= day:
            is_over = bool(row["to_date"]) and end <= day
            share = float(row["share_shut"])
            found.append(
                Closure(name, row["group"], start, min(end, day), is_over, share, row["crossings"], row["cause"])
            )
    return sorted(found, key=lambda closure: (closure.group, closure.start, closure.id))


def record_day(case: Case) -> date:
    """Return the day on which the record is read: that of the programme, else the last of the base year."""
    return case.config.programme.as_of or date(case.config.case.base_year, 12, 31)


def closure_groups(case: Case) -> tuple[str, ...]:
    """Return the groups of the record, in the order in which closure.csv and the states name them first."""
    named = [group for row in case.rows("scenario").values() for group in row["shut_groups"]]
    return tuple(dict.fromkeys([*named, *(row["group"] for row in case.rows("closure").values())]))


def spells_of(closures: Sequence[Closure], *, above_share: float, from_days: float) -> list[Spell]:
    """Return the times in which more than a share of a group was shut, and for so many days; what touches is one spell."""
    days: Counter[date] = Counter()
    for closure in closures:
        for number in range((closure.end - closure.start).days + 1):
            days[closure.start + timedelta(number)] += closure.share_shut  # type: ignore[assignment]
    running = {closure.end for closure in closures if not closure.is_over}
    shut = sorted(day for day, share in days.items() if share > above_share)
    spells: list[list[date]] = []
    for day in shut:
        if spells and day - spells[-1][1] == timedelta(1):
            spells[-1][1] = day
        else:
            spells.append([day, day])
    found = [Spell(start, end, end not in running) for start, end in spells]
    return [spell for spell in found if spell.days >= from_days]


def exposure_of(spells: Sequence[Spell], from_day: date, to_day: date) -> Exposure:
    """Return counts and years of a window; a spell already on at its start adds years and no closure."""
    inside = [spell for spell in spells if spell.end >= from_day]
    shut_days = sum((spell.end - max(spell.start, from_day)).days + 1 for spell in inside)
    all_days = (to_day - from_day).days + 1
    return Exposure(
        closures=sum(spell.start >= from_day for spell in inside),
        open_years=(all_days - shut_days) / DAYS_PER_YEAR,
        reopenings=sum(spell.is_over for spell in inside),
        shut_years=shut_days / DAYS_PER_YEAR,
    )


# what follows from it -------------------------------------------------------------------------------------------------


def group_records(case: Case) -> dict[str, GroupRecord]:
    """Return what the record holds of each group, and its rates.

    Raises
    ------
    RequestError
        The case has no closures, a group has no window, or no group was ever shut long enough to tell how long it lasts.
    """
    closures = read_closures(case)
    if not closures:
        message = f"{case.id} records no closure. Add rows to closure.csv, or write transition.csv by hand."
        raise RequestError(message)
    day = record_day(case)
    settings = {name: case.parameters.get(name, value) for name, value in DEFAULTS.items()}
    above, least = settings["closure_counts_above_share"], settings["closure_counts_from_days"]
    spells, exposures, windows = {}, {}, {}
    for group in closure_groups(case):
        theirs = [closure for closure in closures if closure.group == group]
        windows[group] = window_start(case, group)
        spells[group] = spells_of(theirs, above_share=above, from_days=least)
        exposures[group] = exposure_of(spells[group], windows[group], day)
    pooled = pool(exposures)
    if pooled.shut_years <= 0:
        message = (
            f"{case.id}: no closure counts (above {above:g} of a group, {least:g} days or more), so no length is known."
        )
        raise RequestError(message)
    records = {}
    for group, exposure in exposures.items():
        theirs = [closure for closure in closures if closure.group == group]
        records[group] = _record(group, windows[group], day, spells[group], exposure, pooled, theirs, least)
    return records


def window_start(case: Case, group: str, end: str = "value") -> date:
    """Return the first day of a group's window: parameter ``closure_record_GROUP_from_year``, else the first closure's year.

    Parameters
    ----------
    case, group
        The group of the case.
    end
        ``value``, or ``low`` or ``high`` for the widest and the shortest window that the parameter allows.
    """
    row = case.rows("parameter").get(f"closure_record_{group}_from_year")
    if row is not None:
        year = row[end] if not math.isnan(row[end]) else row["value"]
        return date(int(year), 1, 1)
    starts = [first_day(cells["from_date"]) for cells in case.rows("closure").values() if cells["group"] == group]
    return date(min(starts).year, 1, 1) if starts else date(case.config.case.base_year, 1, 1)


def pool(exposures: Mapping[str, Exposure]) -> Exposure:
    """Return the exposures of all groups together."""
    return Exposure(*(sum(figures) for figures in zip(*exposures.values(), strict=True)))


def rate(events: int, years: float) -> Range:
    """Return a rate per year: mean, P10 and P90 of its posterior."""
    from scipy.stats import gamma  # noqa: PLC0415 - heavy

    shape = events + PRIOR_EVENTS
    low, high = (float(gamma.ppf(share, shape, scale=1 / years)) for share in (LOW, HIGH))
    return Range(low, shape / years, high, "record")


def _record(
    group: str, start: date, day: date, spells: Sequence[Spell], exposure: Exposure, pooled: Exposure,
    closures: Sequence[Closure], least: float,
) -> GroupRecord:  # fmt: skip
    inside = tuple(spell for spell in spells if spell.end >= start)
    is_pooled = not inside
    shut = pooled if is_pooled else exposure
    closing, opening = rate(exposure.closures, exposure.open_years), rate(shut.reopenings, shut.shut_years)
    all_days = (day - start).days + 1
    shares: Counter[date] = Counter()
    years: set[int] = set()
    for closure in closures:
        first = max(closure.start, start)
        for number in range((closure.end - first).days + 1):
            shares[first + timedelta(number)] += closure.share_shut  # type: ignore[assignment]
        if closure.end >= first and (closure.end - closure.start).days + 1 >= least:
            years |= set(range(first.year, closure.end.year + 1))
    return GroupRecord(
        group=group, from_day=start, to_day=day, spells=tuple(spells), exposure=exposure,
        closures_per_year=closing, reopenings_per_year=opening,
        spell_years=Range(1 / opening.high, 1 / opening.value, 1 / opening.low, "record"),
        spells_pooled=is_pooled,
        shut_share=sum((spell.end - max(spell.start, start)).days + 1 for spell in inside) / all_days,
        capacity_shut_share=sum(min(1.0, share) for share in shares.values()) / all_days,
        any_shut_share=len(shares) / all_days,
        years_with_closure=(len(years), day.year - start.year + 1),
    )  # fmt: skip
