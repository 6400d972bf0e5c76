"""The yearly transitions that the record of closures gives.

Each group is an alternating process with rates a of
closing and b of reopening; after k years it is shut with the probability

    s + (x - s) exp(-(a + b) k),    s = a / (a + b),    x = 1 where it was shut, else 0

and groups are taken as independent, so that a joint probability is a product. The rates are not known: a yearly probability
is its mean over draws of the rates from their posteriors, and of the first year of the record between its low and high. A
range is P10 to P90 of the same draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from karvan.case.closures import HIGH, LOW, PRIOR_EVENTS, exposure_of, group_records, pool, window_start
from karvan.case.ranges import Range
from karvan.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from karvan.case.model import Case

    Floats = NDArray[np.float64]

#: Draws behind a range: the tenths of 1,023 points move by less than their third figure when the number is doubled.
DRAWS = 1023
#: Probabilities are written with so many decimals: more would not be read, fewer would hide rare states.
DECIMALS = 4


def start_of(case: Case) -> str:
    """Return the state of the base year: the scenario of kind today, else the default scenario."""
    todays = [name for name, row in case.rows("scenario").items() if row["kind"] == "today"]
    return todays[0] if todays else case.config.case.default_scenario


class Estimate(NamedTuple):
    """What the record gives: rows of transition.csv, and the probability of each state in the long run."""

    transitions: pd.DataFrame
    probabilities: dict[str, float]


@dataclass(frozen=True)
class RateDraws:
    """Draws of the rates of each group per year: closing and reopening, arrays of one length."""

    closing: Mapping[str, Floats]
    opening: Mapping[str, Floats]

    def one(self, index: int) -> RateDraws:
        """Return a single draw; indices beyond the last begin again."""
        place = index % len(next(iter(self.closing.values())))
        return RateDraws(
            *({group: rates[[place]] for group, rates in side.items()} for side in (self.closing, self.opening))
        )

    def joint(self, before: Sequence[str], after: Sequence[str], years: int | None) -> Floats:
        """Return the probability that just the groups `after` are shut when those `before` were, so many years ago."""
        found = np.ones(len(next(iter(self.closing.values()))))
        for group in self.closing:
            shut = shut_probability(self.closing[group], self.opening[group], group in before, years)
            found = found * (shut if group in after else 1 - shut)
        return found


def shut_probability(closing: Any, opening: Any, was_shut: bool, years: float | None) -> Any:  # noqa: ANN401, FBT001 - a figure or an array
    """Return the probability that a group is shut some years on; None is the long run."""
    share = closing / (closing + opening)
    return share if years is None else share + (was_shut - share) * np.exp(-(closing + opening) * years)


def draw_rates(case: Case) -> RateDraws:
    """Return draws of the rates from what the record holds: low-discrepancy points through the posteriors, no chance in it."""
    from scipy.stats import gamma, qmc  # noqa: PLC0415 - heavy

    records = group_records(case)
    points = qmc.Halton(d=3 * len(records), scramble=False)
    points.fast_forward(1)  # the first point is the origin, where a rate is zero
    drawn = points.random(DRAWS)
    closing: dict[str, Floats] = {}
    opening: dict[str, Floats] = {}
    pooled = pool({name: record.exposure for name, record in records.items()})
    for number, (name, record) in enumerate(records.items()):
        one, two, three = drawn[:, 3 * number : 3 * number + 3].T
        first, last = window_start(case, name, "low").year, window_start(case, name, "high").year
        counts = {}
        for year in range(first, last + 1):
            counts[year] = exposure_of(record.spells, record.from_day.replace(year=year, month=1, day=1), record.to_day)
        years = first + np.floor(three * (last - first + 1)).astype(int)
        events = np.array([counts[year].closures for year in years]) + PRIOR_EVENTS
        exposure = np.array([counts[year].open_years for year in years])
        closing[name] = gamma.ppf(one, events) / exposure
        shut = pooled if record.spells_pooled else record.exposure
        opening[name] = gamma.ppf(two, shut.reopenings + PRIOR_EVENTS) / shut.shut_years
    return RateDraws(closing, opening)


def estimate_futures(case: Case) -> Estimate:
    """Return the transitions and the long-run probabilities that the record of closures gives.

    Raises
    ------
    RequestError
        The case has no closures, or its states name no groups.
    """
    rows = case.rows("scenario")
    states = [name for name, row in rows.items() if row["kind"] == "state"]
    if not any(rows[state]["shut_groups"] for state in states):
        message = f"{case.id}: no state names the groups shut in it. Fill in shut_groups of scenario.csv."
        raise RequestError(message)
    draws = draw_rates(case)
    start = start_of(case)
    groups = {group: yearly(draws, group) for group in draws.closing}
    lines = []
    for before in dict.fromkeys([start, *states]):
        was = rows[before]["shut_groups"]
        figures = [_joint(groups, was, rows[after]["shut_groups"]) for after in states]
        spans = [np.quantile(draws.joint(was, rows[after]["shut_groups"], 1), [LOW, HIGH]) for after in states]
        lines += [
            {
                "transition_id": f"{before}.{after}", "from_state": before, "to_state": after, "probability": figure,
                "probability_low": min(figure, round(float(low), DECIMALS)),
                "probability_high": max(figure, round(float(high), DECIMALS)),
            }
            for after, figure, (low, high) in zip(states, to_one(figures), spans, strict=True)
        ]  # fmt: skip
    long_run = to_one([_joint(groups, None, rows[state]["shut_groups"]) for state in states])
    return Estimate(pd.DataFrame(lines), dict(zip(states, long_run, strict=True)))


class Yearly(NamedTuple):
    """Probability that a group is shut in the next year, where it is open and where it is shut in this one; in the long run."""

    where_open: float
    where_shut: float
    long_run: float


def yearly(draws: RateDraws, group: str) -> Yearly:
    """Return the yearly probabilities of a group: means over the draws, since the rates themselves are not known."""
    rates = draws.closing[group], draws.opening[group]
    where_open, where_shut = (float(shut_probability(*rates, was_shut, 1).mean()) for was_shut in (False, True))
    return Yearly(where_open, where_shut, where_open / (1 + where_open - where_shut))


def _joint(groups: Mapping[str, Yearly], before: Sequence[str] | None, after: Sequence[str]) -> float:
    """Return the probability that just the groups `after` are shut in a year after `before` were; None: in the long run."""
    found = 1.0
    for name, group in groups.items():
        shut = group.long_run if before is None else group.where_shut if name in before else group.where_open
        found *= shut if name in after else 1 - shut
    return found


def to_one(figures: Sequence[float]) -> list[float]:
    """Return probabilities rounded so that their sum stays one: the largest remainders are rounded up."""
    unit = 10**DECIMALS
    scaled = [figure / sum(figures) * unit for figure in figures]
    whole = [int(figure) for figure in scaled]
    order = sorted(range(len(figures)), key=lambda item: (whole[item] - scaled[item], item))
    for item in order[: unit - sum(whole)]:
        whole[item] += 1
    return [figure / unit for figure in whole]


def group_range(draws: RateDraws, group: str, years: float | None, *, was_shut: bool) -> Range:
    """Return the probability that a group is shut some years on (None: in the long run), with its P10 and P90."""
    one = yearly(draws, group)
    value = one.long_run
    if years is not None:
        value += (was_shut - one.long_run) * (one.where_shut - one.where_open) ** years
    low, high = np.quantile(shut_probability(draws.closing[group], draws.opening[group], was_shut, years), [LOW, HIGH])
    return Range(min(value, float(low)), value, max(value, float(high)), "record")
