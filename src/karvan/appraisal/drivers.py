"""What the value of a set of projects hangs on: cost of works, upkeep, gains of users, price of CO2e, discount rate.

Each driver moves one figure over its range with all others at their own values. Cost and upkeep have the ranges of their rows;
gains of users have a quarter either way, an assumption that stands until draws go through the chain.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from karvan.appraisal.sensitivity import Driver, Sensitivity, analyse_drivers

if TYPE_CHECKING:
    from collections.abc import Callable

    from karvan.appraisal.appraisal import Appraisal

#: Half-width of the range of what users gain, as a share of it; three points of the discount rate either way.
USERS_SHARE, RATE_STEP = 0.25, 0.03


def analyse(appraisal: Appraisal) -> list[Sensitivity]:
    """Return what each driver does to the headline's value, the strongest first; nothing where there is no value."""
    return analyse_drivers(drivers_of(appraisal)) if appraisal.valued else []


def drivers_of(appraisal: Appraisal) -> list[Driver]:
    """Return the drivers of the headline's value."""
    found = appraisal.valuation
    if found is None or not appraisal.valued:
        return []
    standing = next(one for one in appraisal.standings if one.id == appraisal.headline)
    flows = found.expected(standing)
    worth = {effect: float(found.factors @ values) for effect, values in flows.items()}
    total = math.fsum(worth.values())
    drivers = []

    def moved(part: float, base: float) -> Callable[[float], float]:
        return lambda value: total + part * (value / base - 1.0)

    def add(name: str, part: float, figures: tuple[float, float, float], unit: str) -> None:
        base, low, high = figures
        if base > 0 and low < high and part:
            limits = (0.0, max(10.0 * base, high))
            drivers.append(Driver(name, base, low, high, moved(part, base), limits, unit))

    plan = appraisal.plan
    costs = [project.cost_musd for project in plan.projects]
    for place, project in enumerate(plan.projects):
        alone = [cost if at == place else 0.0 for at, cost in enumerate(costs)]
        name = "cost of works" if len(costs) == 1 else f"cost of {project.id}"
        figures = (project.cost_musd, project.cost_low_musd, project.cost_high_musd)
        add(name, found.works(standing, alone), figures, "USD m")
    add("upkeep a year", found.works(standing, costs, upkeep_only=True), plan.upkeep_pct, "% of cost")
    users = math.fsum(part for effect, part in worth.items() if effect.startswith("user_"))
    add("gains of users", users, (1.0, 1.0 - USERS_SHARE, 1.0 + USERS_SHARE), "x")
    add("price of CO2e", worth.get("co2e", 0.0), found.carbon_levels, "x")
    drivers += _rate(appraisal, np.sum(list(flows.values()), axis=0))
    return drivers


def _rate(appraisal: Appraisal, net: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[Driver]:
    """Return the discount rate as a driver, where there is one rate."""
    schedule = appraisal.rules.schedule()
    if len(schedule.bands) > 1:
        return []
    moments = schedule.offsets([year - appraisal.years[0] for year in appraisal.years])

    def value(rate: float) -> float:
        return math.fsum(net * (1.0 + rate) ** -moments)

    rate = schedule.rate
    return [Driver("discount rate", rate, max(rate - RATE_STEP, 0.0), rate + RATE_STEP, value, (0.0, 1.0), "share")]
