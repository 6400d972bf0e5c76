"""How the state of the crossings goes on from year to year, as the choice of sets needs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from karvan.case import Case
    from karvan.portfolio.worth import Timeline

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class StateProcess:
    """A chain of yearly states.

    Attributes
    ----------
    states, names
        Its states and what they are called, the start first.
    start
        State of the base year.
    matrix
        Chance of the state of the next year (column) by that of this year (row).
    column
        Which state of the worths each of them is: the start counts as the one in which the same is shut.
    """

    states: tuple[str, ...]
    names: tuple[str, ...]
    start: int
    matrix: Floats = field(repr=False)
    column: Ints = field(repr=False)

    def chances(self, years: int, state: int | None = None) -> Floats:
        """Return the chance of each of its states so many years after one of them, by default the start."""
        row = np.zeros(len(self.states))
        row[self.start if state is None else state] = 1.0
        found: Floats = row @ np.linalg.matrix_power(self.matrix, years)
        return found

    def from_state(self, time: Timeline, year: int, state: int) -> Floats:
        """Return the chances of the states of the worths by year, where a year of the timeline is in a state.

        Years before it are in no state: nothing may depend on them.
        """
        found = np.zeros((len(time.years), len(time.states)))
        row = np.zeros(len(self.states))
        row[state] = 1.0
        for place in range(year, len(time.years)):
            np.add.at(found[place], self.column, row)
            row = row @ self.matrix
        return found

    def course(self, time: Timeline, seed: int) -> Floats:
        """Return one course of events as chances of one and zero by year; the seed is the index of the draw."""
        bounds = self.matrix.cumsum(axis=1)
        bounds[:, -1] = 1.0
        found = np.zeros((len(time.years), len(time.states)))
        at = self.start
        for place, figure in enumerate(np.random.default_rng(seed).random(len(time.years))):
            if place:
                at = int(np.searchsorted(bounds[at], figure, side="right"))
            found[place, self.column[at]] = 1.0
        return found


def process_of(case: Case, time: Timeline) -> StateProcess:
    """Return the process of a case, on the states that its worths know."""
    from karvan.case.futures import read_futures  # noqa: PLC0415 - heavy

    futures = read_futures(case)
    rows = case.rows("scenario")
    column = []
    for state in futures.states:
        shut = set(rows[state]["shut_groups"])
        same = [number for number, name in enumerate(time.states) if name == state]
        same += [number for number, name in enumerate(time.states) if set(rows[name]["shut_groups"]) == shut]
        column.append(same[0] if same else 0)
    names = tuple(futures.names[state] for state in futures.states)
    return StateProcess(
        futures.states, names, futures.states.index(futures.start), np.asarray(futures.matrix), np.array(column)
    )
