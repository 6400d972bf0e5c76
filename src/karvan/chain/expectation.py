"""What traders expect: the states of the crossings and their probabilities, and how much of a change they have adjusted to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from karvan.case.apply import opening_year, resolve_project
from karvan.case.futures import read_futures
from karvan.case.remember import remembered
from karvan.trade.cost import ADJUSTMENT_YEARS, FIRST_YEAR_SHARE, adjustment_share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from karvan.case import Case, Setting

#: Parameters of a case that replace the defaults.
THETA_PARAMETER = "trade_elasticity"
FIRST_YEAR_PARAMETER = "trade_first_year_share"
YEARS_PARAMETER = "trade_adjustment_years"


def expected_states(case: Case, scenario: str) -> dict[str, float]:
    """Return the states that trade reckons with under a scenario, and their probabilities, which sum to one.

    Closures come and go, so that trade follows the long run of the states whichever of them the crossings are in. A future of
    another kind, such as dear fuel, is taken to last.
    """
    if case.rows("scenario")[scenario]["kind"] == "future":
        return {scenario: 1.0}
    chances = {state: share for state, share in _long_run(case).items() if share > 0}
    total = sum(chances.values())
    return {state: share / total for state, share in chances.items()}


def likely_states(states: Mapping[str, float], share: float) -> dict[str, float]:
    """Return the likeliest states that hold some share of the time, in their order, with probabilities that sum to one."""
    found: dict[str, float] = {}
    for state in sorted(states, key=lambda name: -states[name]):
        if sum(found.values()) >= share:
            break
        found[state] = states[state]
    total = sum(found.values())
    return {name: chance / total for name, chance in states.items() if name in found}


@remembered(8)
def _long_run(case: Case) -> dict[str, float]:
    return dict(read_futures(case).long_run)


def elasticity_share(case: Case, setting: Setting) -> float:
    """Return which share of the long-run elasticity works in a setting.

    In a year it is that of the project of the setting that opened last; without a year, and for changes, all of it.
    """
    if setting.year is None:
        return 1.0
    years = []
    for name, given in setting.project_years().items():
        opens = given if given is not None else opening_year(case, resolve_project(case, name))
        if opens is not None and opens <= setting.year:
            years.append(opens)
    if not years:
        return 1.0
    first = case.parameters.get(FIRST_YEAR_PARAMETER, FIRST_YEAR_SHARE)
    until = case.parameters.get(YEARS_PARAMETER, ADJUSTMENT_YEARS)
    return float(adjustment_share(float(setting.year - max(years) + 1), first=first, until=until))
