"""Demand of every year whatever is built: what figures between solved years are straight in.

::

    tonnes(y) = sum over pairs of economies of   tonnes of base_flow.csv x ((1 + g_one) (1 + g_two))^((y - base year) / 2)

Both are those of the world that is appraised, as the chain has them: calibrated, and under its scenario and changes in that year.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.case import Setting
from karvan.case.growth import GROWTH
from karvan.case.remember import remembered

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from karvan.case import Case, Change

Floats = np.ndarray[Any, np.dtype[np.float64]]
#: From an economy and its growth to other growths of it, one for each draw.
Moved = Callable[[str, float], Floats]


@dataclass(frozen=True, eq=False)
class BaseDemand:
    """Tonnes of the base year as a setting has them, and how they grow.

    Attributes
    ----------
    pairs, tonnes
        Economies of the ends, blank where an end has none, and tonnes a year between them.
    growth
        Growth a year by economy, as a share.
    """

    pairs: tuple[tuple[str, str], ...]
    tonnes: Floats
    growth: Mapping[str, float]

    def after(self, years: float, moved: Moved) -> Floats:
        """Return the tonnes after so many years of growth, one figure for each draw."""
        logs = {name: np.log1p(moved(name, rate)) for name, rate in self.growth.items()}
        still = np.zeros(1)
        means = [0.5 * (logs.get(one, still) + logs.get(two, still)) for one, two in self.pairs]
        if not means:
            return still
        found: Floats = np.exp(years * np.stack(np.broadcast_arrays(*means), axis=1)) @ self.tonnes
        return found


def base_demand(case: Case, year: int, scenario: str | None = None, changes: Iterable[Change] = ()) -> BaseDemand:
    """Return the demand that grows to a year, under a scenario and changes as they are in it."""
    applied = case.apply(Setting(year=year, scenario=scenario, changes=tuple(changes)))
    return _summed(applied.rows("base_flow"), applied.rows("zone"), applied.rows("economy"))


@remembered(16)
def _summed(
    base_flow: dict[str, dict[str, Any]], zones: dict[str, dict[str, Any]], economies: dict[str, dict[str, Any]]
) -> BaseDemand:
    """Return the demand of some tables; the years of a world share most of them, as the very same objects."""
    sums: dict[tuple[str, str], float] = {}
    for row in base_flow.values():
        one, two = sorted(str(zones[row[end]]["economy"]) for end in ("origin", "destination"))
        sums[one, two] = sums.get((one, two), 0.0) + float(row["flow_t_per_year"])
    growth = {name: float(row[GROWTH]) for name, row in economies.items()}
    return BaseDemand(tuple(sums), np.array(list(sums.values())), growth)


def demand_of_years(
    case: Case, years: Sequence[int], *, scenario: str | None = None, changes: Iterable[Change] = ()
) -> Floats:
    """Return the tonnes of base_flow.csv in every year, grown with the economies of their ends.

    Parameters
    ----------
    case, years
        The corridor, and the years.
    scenario, changes
        Under which it grows.
    """
    base, given = case.config.case.base_year, tuple(changes)
    demands = [base_demand(case, year, scenario, given) for year in years]
    found = [one.after(year - base, _unmoved)[0] for year, one in zip(years, demands, strict=True)]
    return np.array(found)


def _unmoved(_name: str, rate: float) -> Floats:
    return np.array([rate])
