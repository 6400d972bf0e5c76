"""The value of being able to wait or to leave: options on a project, on a binomial tree.

Cox, Ross and Rubinstein (1979, "Option pricing: a simplified approach", *Journal of Financial Economics* 7). The project's value
goes up or down by a factor in each step; the probability of up is the one at which it earns the riskless rate, less what it
pays out meanwhile (``income``) to whoever has built it: what waiting forgoes, and the only reason to take an option early.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from karvan.appraisal.discounting import is_whole
from karvan.errors import InputError


def option_value(
    value: float,
    exercise: float,
    *,
    up: float,
    down: float,
    rate: float,
    steps: int,
    step_years: float = 1.0,
    income: float = 0.0,
    kind: Literal["call", "put"] = "call",
    any_time: bool = False,
) -> float:
    """Return the value of an option.

    Parameters
    ----------
    value
        Value of the project today.
    exercise
        What it costs to take it (call: an option to wait), or what leaving it brings (put: an option to abandon).
    up, down
        Factors of a step.
    rate
        Riskless rate, continuous.
    steps, step_years
        Steps to the end, and their length.
    income
        What the project pays out a year to whoever has it, as a share of its value, continuous.
    kind
        ``call`` or ``put``.
    any_time
        Whether it can be exercised before the end (American) or at the end only (European).

    Raises
    ------
    InputError
        A figure is no number, the kind is none, the tree allows a sure gain, or there are no whole steps.
    """
    discount, growth = math.exp(-rate * step_years), math.exp((rate - income) * step_years)
    faults = [] if is_whole(steps) and steps >= 1 else [f"steps: found {steps}; expected 1 or more."]
    faults += [f"{name}: found {sum_:g}; expected a number." for name, sum_ in (("value", value), ("exercise", exercise))
               if not math.isfinite(sum_)]  # fmt: skip
    faults += [] if kind in ("call", "put") else [f"kind: found {kind!r}; expected call or put."]
    if not 0 < down < growth < up:
        faults.append(
            f"factors: found down {down:g}, riskless less income {growth:g}, up {up:g}; expected them in this order, "
            "or gains would be sure."
        )
    if faults:
        raise InputError(faults, what="Option")
    chance = (growth - down) / (up - down)
    sign = 1.0 if kind == "call" else -1.0
    ups = np.arange(steps + 1)
    worth = np.maximum(sign * (value * up**ups * down ** (steps - ups) - exercise), 0.0)
    for step in range(steps - 1, -1, -1):
        worth = (chance * worth[1:] + (1.0 - chance) * worth[:-1]) * discount
        if any_time:
            ups = np.arange(step + 1)
            worth = np.maximum(worth, sign * (value * up**ups * down ** (step - ups) - exercise))
    return float(worth[0])


def factors_of(volatility: float, step_years: float) -> tuple[float, float]:
    """Return the factors of a step for a yearly volatility: up is e^(volatility sqrt(step)), down its reciprocal.

    Raises
    ------
    InputError
        The volatility or the step is not above zero.
    """
    if not (volatility > 0 and step_years > 0):
        fault = f"found a volatility of {volatility:g} and a step of {step_years:g} years; expected both above 0."
        raise InputError([fault], what="Option")
    up = math.exp(volatility * math.sqrt(step_years))
    return up, 1.0 / up
