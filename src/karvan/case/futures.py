"""Futures as a process: which joint state of the crossings a year is in, from today's on.

States are the scenarios of kind *state*: every set of groups that may be shut together, each once. A year is in one state;
transition.csv says with which probability the next year is in each:

    p(t + 1) = p(t) M,    p(base year) = 1 at the start,    long run: p = p M

The start is the scenario of kind *today*. It has a row in M and no column: once left it does not come back, though a state
with the same crossings shut may.

The estimate of M stands in :mod:`karvan.case.futures_estimate`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from karvan.case.closures import HIGH, LOW, Exposure, group_records
from karvan.case.futures_estimate import draw_rates, start_of
from karvan.case.provenance import Meta, meta_of
from karvan.case.setting import Setting
from karvan.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from karvan.case.closures import GroupRecord, Spell
    from karvan.case.futures_estimate import RateDraws
    from karvan.case.model import Case

    Floats = NDArray[np.float64]

#: Low and high of what has no range.
NOT_KNOWN = (float("nan"), float("nan"))


@dataclass(frozen=True)
class Futures:
    """The process of the states of a case.

    Attributes
    ----------
    case
        Its name.
    base_year, horizon_year
        First year, in the start state, and last year.
    start
        State of the base year.
    states
        The start where it is no state itself, then the states.
    names
        What they are called.
    shut_groups
        Groups shut in each.
    matrix
        Probability of the state of the next year (column) by that of this year (row), in the order of `states`.
    long_run
        Share of years in each state in the long run.
    records
        What the record of closures says of each group; empty where the case has none.
    notes
        What a reader should know.
    meta
        Where it comes from.
    """

    case: str
    base_year: int
    horizon_year: int
    start: str
    states: tuple[str, ...]
    names: Mapping[str, str]
    shut_groups: Mapping[str, tuple[str, ...]]
    matrix: Floats = field(repr=False)
    long_run: Mapping[str, float]
    records: Mapping[str, GroupRecord] = field(repr=False)
    draws: RateDraws | None = field(repr=False)
    notes: tuple[str, ...]
    meta: Meta

    def probabilities(self, year: int) -> pd.Series:
        """Return the probability of each state in a year, seen from the base year.

        Raises
        ------
        RequestError
            The year lies before the base year.
        """
        return pd.Series(self._years(year)[-1], index=list(self.states), name="probability")

    def expected_years(self, year: int | None = None) -> pd.Series:
        """Return how many years, from the one after the base year to a year, are expected in each state.

        Parameters
        ----------
        year
            Last year counted; None is the horizon.
        """
        shares = self._years(self.horizon_year if year is None else year)[1:].sum(axis=0)
        return pd.Series(shares, index=list(self.states), name="years")

    def path(self, seed: int, year: int | None = None) -> tuple[str, ...]:
        """Return one course of events: the state of every year from the base year to a year.

        Parameters
        ----------
        seed
            Index of the draw; the same index gives the same course.
        year
            Last year; None is the horizon.
        """
        count = self._count(self.horizon_year if year is None else year)
        at = self.states.index(self.start)
        course = [at]
        # the last bound may fall short of one by rounding
        bounds = self.matrix.cumsum(axis=1)
        bounds[:, -1] = 1.0
        for figure in np.random.default_rng(seed).random(count):
            at = int(np.searchsorted(bounds[at], figure, side="right"))
            course.append(at)
        return tuple(self.states[place] for place in course)

    def drawn(self, index: int) -> Futures:
        """Return the process with rates drawn from what the record leaves open; the same index gives the same rates.

        Raises
        ------
        RequestError
            The case has no record to draw from.
        """
        if self.draws is None:
            message = f"{self.case} has no record of closures: there is nothing to draw from. Use the process as it is."
            raise RequestError(message)
        one = self.draws.one(index)
        rows = [
            [float(one.joint(self.shut_groups[a], self.shut_groups[b], 1)[0]) for b in self._targets]
            for a in self.states
        ]
        matrix = np.zeros_like(self.matrix)
        matrix[:, [self.states.index(state) for state in self._targets]] = rows
        shares = [float(one.joint((), self.shut_groups[state], None)[0]) for state in self._targets]
        return replace(self, matrix=matrix, long_run=dict(zip(self._targets, shares, strict=True)), draws=one)

    @property
    def _targets(self) -> tuple[str, ...]:
        """The states that a year may lead to: all but a start that is no state itself."""
        return tuple(state for state in self.states if state in self.long_run)

    def stay_years(self, state: str) -> float:
        """Return how many years in a row a state lasts on average, this one counted; infinite where it is never left."""
        stays = float(self.matrix[self.states.index(state), self.states.index(state)])
        return 1 / (1 - stays) if stays < 1 else float("inf")

    def ranges(self, year: int | None) -> dict[str, tuple[float, float]]:
        """Return P10 and P90 of the probability of each state in a year, or in the long run (None); empty without a record."""
        if self.draws is None:
            return {}
        count = None if year is None else self._count(year)
        start = self.shut_groups[self.start]
        if count == 0:
            return {state: (float(state == self.start),) * 2 for state in self.states}
        found = {}
        for state in self.states:
            figures = self.draws.joint(start, self.shut_groups[state], count)
            low, high = np.quantile(figures, [LOW, HIGH])
            leaves = state == self.start and self.matrix[:, self.states.index(state)].max() == 0
            found[state] = (0.0, 0.0) if leaves else (float(low), float(high))
        return found

    @cached_property
    def table(self) -> pd.DataFrame:
        """The states: probability in the base year, in ten years, at the horizon and in the long run, and years expected."""
        later = min(self.base_year + 10, self.horizon_year)
        years = list(dict.fromkeys([self.base_year, self.base_year + 1, later, self.horizon_year]))
        columns = {f"probability_{year}": self.probabilities(year) for year in years}
        frame = pd.DataFrame(columns, index=pd.Index(self.states, name="state"))
        frame["probability_long_run"] = [self.long_run.get(state, 0.0) for state in self.states]
        frame["expected_years"] = self.expected_years()
        frame["stay_years"] = [self.stay_years(state) for state in self.states]
        return frame.reset_index()

    def to_dict(self, year: int | None = None) -> dict[str, Any]:
        """Return the process as JSON can hold it, with the probabilities of a year, by default ten years on."""
        soon = self.base_year + 1
        then = min(self.base_year + 10, self.horizon_year) if year is None else year
        spans = {"next_year": self.ranges(soon), "year": self.ranges(then), "long_run": self.ranges(None)}
        shares = {
            "next_year": dict(self.probabilities(soon)), "year": dict(self.probabilities(then)), "long_run": self.long_run,
        }  # fmt: skip
        expected = self.expected_years()
        states: list[dict[str, Any]] = []
        for state in self.states:
            row: dict[str, Any] = {
                "state": state,
                "name": self.names[state],
                "shut_groups": list(self.shut_groups[state]),
            }
            for when, found in shares.items():
                low, high = spans[when].get(state, NOT_KNOWN) if state in self.long_run else NOT_KNOWN
                row[f"probability_{when}"] = float(found.get(state, 0.0))
                row |= {f"probability_{when}_low": low, f"probability_{when}_high": high}
            states.append(row | {"expected_years": float(expected[state]), "stay_years": self.stay_years(state)})
        return {
            "meta": self.meta.model_dump(mode="json"), "base_year": self.base_year, "horizon_year": self.horizon_year,
            "year": then, "start": self.start, "states": states, "transitions": self._moves(),
            "groups": [_group_dict(record) for record in self.records.values()], "notes": list(self.notes),
        }  # fmt: skip

    def _moves(self) -> list[dict[str, Any]]:
        return [
            {"from_state": before, "to_state": after, "probability": float(self.matrix[row, column])}
            for row, before in enumerate(self.states)
            for column, after in enumerate(self.states)
            if self.matrix[row, column] > 0
        ]

    def _count(self, year: int) -> int:
        if year < self.base_year:
            message = f"Year {year} lies before the base year {self.base_year} of {self.case}. Choose {self.base_year} or later."
            raise RequestError(message)
        return year - self.base_year

    def _years(self, year: int) -> Floats:
        rows = [np.eye(len(self.states))[self.states.index(self.start)]]
        for _ in range(self._count(year)):
            rows.append(rows[-1] @ self.matrix)
        return np.array(rows)


def _spell_dict(spell: Spell) -> dict[str, Any]:
    until = spell.end.isoformat() if spell.is_over else None
    return {"from_date": spell.start.isoformat(), "to_date": until, "days": spell.days}


def _group_dict(record: GroupRecord) -> dict[str, Any]:
    row: dict[str, Any] = {
        "group": record.group, "from_date": record.from_day.isoformat(), "to_date": record.to_day.isoformat(),
        **{name: getattr(record.exposure, name) for name in Exposure._fields},
        "spells": [_spell_dict(spell) for spell in record.spells],
    }  # fmt: skip
    for name in ("closures_per_year", "reopenings_per_year", "spell_years"):
        span = getattr(record, name)
        row |= {name: span.value, f"{name}_low": span.low, f"{name}_high": span.high}
    return row | {
        "spells_pooled": record.spells_pooled, "shut_share": record.shut_share,
        "capacity_shut_share": record.capacity_shut_share, "any_shut_share": record.any_shut_share,
        "years_with_closure": record.years_with_closure[0], "years": record.years_with_closure[1],
    }  # fmt: skip


# reading --------------------------------------------------------------------------------------------------------------


def read_futures(case: Case) -> Futures:
    """Return the process of the states of a case, as transition.csv has it.

    Without transition.csv each year is in a state by its probability in scenario.csv, whatever the year before. Without
    probabilities there is one future, the default scenario. Both are said in the notes.
    """
    rows = case.rows("scenario")
    start = start_of(case)
    kept = [name for name, row in rows.items() if row["kind"] == "state"]
    transitions = case.rows("transition")
    long_run = {name: float(rows[name]["probability"]) for name in kept if rows[name]["probability"] >= 0}
    notes: list[str] = []
    if transitions or long_run:
        states = tuple(dict.fromkeys([start, *kept]))
        matrix = np.zeros((len(states), len(states)))
        for row in transitions.values():
            matrix[states.index(row["from_state"]), states.index(row["to_state"])] += row["probability"]
        if not transitions:
            matrix[:] = [long_run.get(state, 0.0) for state in states]
            notes.append(
                "The case has no transition.csv: each year is drawn by the probabilities of scenario.csv alone."
            )
    else:
        states, matrix, long_run = (start,), np.ones((1, 1)), {start: 1.0}
        notes.append("The case has no probabilities: the default scenario is its only future.")
    if not long_run:
        long_run = dict(zip(states, stationary(matrix), strict=True))
    has_record = bool(len(case.tables["closure"])) and any(rows[state]["shut_groups"] for state in states)
    return Futures(
        case=case.id, base_year=case.config.case.base_year, horizon_year=case.config.case.horizon_year, start=start,
        states=states, names={state: rows[state]["name"] for state in states},
        shut_groups={state: rows[state]["shut_groups"] for state in states}, matrix=matrix, long_run=long_run,
        records=group_records(case) if has_record else {}, draws=draw_rates(case) if has_record else None,
        notes=tuple(notes), meta=meta_of(case, Setting(), {"stage": "futures"}),
    )  # fmt: skip


def stationary(matrix: Floats) -> Floats:
    """Return the share of years in each state in the long run: p = p M, and they sum to one."""
    count = len(matrix)
    system = np.vstack([matrix.T - np.eye(count), np.ones(count)])
    shares, *_ = np.linalg.lstsq(system, np.append(np.zeros(count), 1.0), rcond=None)
    found: Floats = np.clip(shares, 0.0, 1.0)
    return found
