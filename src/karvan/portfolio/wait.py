"""Build now, or wait and see: a model of two stages on the process of the closures.

In the first stage a set is begun, or not. In the second, n years later, the state of the crossings is known, and what was not
begun may be::

    now      = E[worth]
    wait(n)  = sum_k P(state k in n years) max(0, E[worth, begun n years later | state k then])
    option   = max_n wait(n) - max(now, 0)

(Dixit and Pindyck 1994, chapter 2.) The trigger is the states in which it would then be begun. Waiting costs the gains of
the years between and saves the capital's interest; it pays where a state makes the set a loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from karvan.portfolio.process import StateProcess
    from karvan.portfolio.worth import Worth

#: Years that one may wait.
MOST_YEARS = 5


@dataclass(frozen=True)
class Wait:
    """Whether to build now or to wait.

    Attributes
    ----------
    now_musd
        Expected worth if it is begun as planned.
    wait_musd
        Expected worth of waiting so long as is best, at today's value.
    option_musd
        What the possibility to wait is worth beyond deciding today.
    decide_year
        Year in which to decide; the base year where it is best to build now.
    trigger
        States in which it is begun then; empty where it is built now.
    by_state_musd
        Expected worth by the state of that year.
    by_year_musd
        Expected worth of waiting by year of decision.
    """

    now_musd: float
    wait_musd: float
    option_musd: float
    decide_year: int
    trigger: tuple[str, ...]
    by_state_musd: Mapping[str, float]
    by_year_musd: Mapping[int, float]

    @property
    def build_now(self) -> bool:
        """Whether nothing is gained by waiting."""
        return not self.option_musd > 0 and self.now_musd >= 0

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON can hold it."""
        return {
            "build_now": self.build_now, "now_musd": self.now_musd, "wait_musd": self.wait_musd, "option_musd": self.option_musd,
            "decide_year": self.decide_year, "trigger": list(self.trigger), "by_state": [{"state": state,
            "worth_musd": worth} for state, worth in self.by_state_musd.items()],
            "by_year": [{"year": year, "worth_musd": worth} for year, worth in self.by_year_musd.items()],
        }  # fmt: skip


def value_waiting(
    worth: Worth, process: StateProcess, countries: Sequence[str] | None, *, most_years: int = MOST_YEARS
) -> Wait:
    """Return what it is worth to wait with a set, or with what it adds to another.

    Parameters
    ----------
    worth
        The set, begun as planned.
    process
        How the state goes on.
    countries
        Whose worth counts; None is the world.
    most_years
        Years that one may wait.
    """
    base = worth.time.years[0]
    now = worth.value(countries, probability=process.from_state(worth.time, 0, process.start))
    by_year, by_state = {}, {}
    for years in range(1, most_years + 1):
        later = worth.later(years)
        chances = process.chances(years)
        states = {
            process.names[state]: later.value(countries, probability=process.from_state(worth.time, years, state))
            for state in range(len(process.states)) if chances[state] > 0
        }  # fmt: skip
        total = sum(chances[process.names.index(name)] * max(0.0, value) for name, value in states.items())
        by_year[base + years], by_state[base + years] = float(total), states
    best = max(by_year, key=lambda year: (by_year[year], -year))
    option = by_year[best] - max(now, 0.0)
    waits = option > 0
    trigger = tuple(name for name, value in by_state[best].items() if value > 0) if waits else ()
    return Wait(now, by_year[best], max(option, 0.0), best if waits else base, trigger, by_state[best], by_year)
