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
    from collections.abc import Callable, Mapping

    from karvan.appraisal.appraisal import Appraisal
    from karvan.appraisal.side_sums import Floats

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
    total = math.fsum(float(found.factors @ values) for values in flows.values())
    schedule, last = appraisal.rules.schedule(), len(found.years) - 1
    # a dollar of the last year counts in later years too where they are the residual value
    later = float(schedule.factors(range(last + 1, last + 1 + found.later_years)).sum()) if found.later_years else 0.0
    drivers = []

    def worth(effects: Callable[[str], bool]) -> float:
        mine = (values for effect, values in flows.items() if effects(effect))
        return math.fsum(float(found.factors @ values) + later * float(values[-1]) for values in mine)

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
    add(
        "gains of users",
        worth(lambda effect: effect.startswith("user_")),
        (1.0, 1.0 - USERS_SHARE, 1.0 + USERS_SHARE),
        "x",
    )
    levels = 1.0, min(found.carbon_levels), max(found.carbon_levels)
    add("price of CO2e", worth(lambda effect: effect == "co2e"), levels, "x")
    others = {cost.effect for cost in appraisal.rules.external}
    add("costs to neighbours", worth(lambda effect: effect in others), found.neighbour_levels, "x")
    drivers += _rate(appraisal, flows, found.later_years)
    return drivers


def _rate(appraisal: Appraisal, flows: Mapping[str, Floats], later_years: int) -> list[Driver]:
    """Return the discount rate as a driver, where there is one rate."""
    schedule = appraisal.rules.schedule()
    if len(schedule.bands) > 1:
        return []
    moments = schedule.offsets([year - appraisal.years[0] for year in appraisal.years])
    # a residual value by net flows hangs on the rate itself
    left_out = ("residual_value",) if later_years else ()
    net = sum((values for effect, values in flows.items() if effect not in left_out), np.zeros(len(moments)))
    running = math.fsum(float(values[-1]) for effect, values in flows.items() if effect not in (*left_out, "capital"))
    later = moments[-1] + np.arange(1.0, later_years + 1.0)

    def value(rate: float) -> float:
        return math.fsum(net * (1.0 + rate) ** -moments) + running * math.fsum((1.0 + rate) ** -later)

    rate = schedule.rate
    # a rate is not moved below zero by the step, but may lie there
    low = min(rate, max(rate - RATE_STEP, 0.0))
    return [Driver("discount rate", rate, low, rate + RATE_STEP, value, (min(low, 0.0), 1.0), "share")]
