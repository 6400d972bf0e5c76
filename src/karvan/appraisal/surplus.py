"""What users gain when moving goods becomes cheaper.

::

    existing    q0 (g0 - g1)                 on what moved before
    new         (q1 - q0) (g0 - g1) / 2      on what is diverted or generated: the rule of half
    logsum      q (1 / scale) (ln sum exp(-scale g1) - ln sum exp(-scale g0))

with g the generalised cost: price, time, unreliability and damage. The rule of half is exact for a straight demand curve, and
has no answer where an option did not exist before (g0 undefined); the logsum has one (Williams 1977; Small and Rosen 1981,
"Applied welfare economics with discrete choice models", *Econometrica* 49).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from karvan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class UserSurplus:
    """What users gain: those who moved before, those who come from other routes or modes, those who would not have moved."""

    existing: float
    diverted: float
    generated: float

    @property
    def total(self) -> float:
        """All three."""
        return math.fsum((self.existing, self.diverted, self.generated))


def rule_of_half(
    before: float, cost_before: float, cost_after: float, *, diverted: float = 0.0, generated: float = 0.0
) -> UserSurplus:
    """Return the surplus by the rule of half.

    Parameters
    ----------
    before
        Quantity that moved before; it stays.
    cost_before, cost_after
        Generalised cost per unit.
    diverted, generated
        Quantities that come from elsewhere, or anew; negative where they leave, and `before` is then what moved before.

    Raises
    ------
    InputError
        A quantity or a cost is no number; every fault is listed.
    """
    given = {
        "before": before,
        "cost_before": cost_before,
        "cost_after": cost_after,
        "diverted": diverted,
        "generated": generated,
    }
    faults = [f"{name}: found {value:g}; expected a number. For an option that was not there before, use the logsum."
              for name, value in given.items() if not math.isfinite(value)]  # fmt: skip
    if before < 0 or before + diverted + generated < 0:
        faults.append(
            f"quantities: found {before:g} before and {before + diverted + generated:g} after; expected 0 or more."
        )
    if faults:
        raise InputError(faults, what="Rule of half")
    gain = cost_before - cost_after
    return UserSurplus(before * gain, diverted * gain / 2, generated * gain / 2)


def logsum_surplus(
    costs_before: Sequence[float],
    costs_after: Sequence[float],
    *,
    scale: float,
    quantity: float,
    quantity_after: float | None = None,
) -> float:
    """Return the surplus of a choice among options by the change of its logsum.

    Parameters
    ----------
    costs_before, costs_after
        Generalised costs of the options; infinite where one is not there.
    scale
        Scale of the logit, per unit of cost.
    quantity, quantity_after
        What is moved in all; where it changes, its mean is taken.

    Raises
    ------
    InputError
        The scale is not above zero, a cost or a quantity is none, or no option is there; every fault is listed.
    """
    faults = [] if scale > 0 else [f"scale: found {scale:g}; expected more than 0."]
    for name, moves in (
        ("quantity", quantity),
        ("quantity_after", quantity if quantity_after is None else quantity_after),
    ):
        if not (math.isfinite(moves) and moves >= 0):
            faults.append(f"{name}: found {moves:g}; expected 0 or more.")
    for name, costs in (("before", costs_before), ("after", costs_after)):
        wrong = [cost for cost in costs if math.isnan(cost) or cost == -math.inf]
        faults += [
            f"costs {name}: found {cost:g}; expected a number, or inf where an option is not there." for cost in wrong
        ]
        if not wrong and not any(math.isfinite(cost) for cost in costs):
            faults.append(f"costs {name}: found no option with a cost; expected one at least, such as the one outside.")
    if faults:
        raise InputError(faults, what="Logsum")
    moved = quantity if quantity_after is None else (quantity + quantity_after) / 2
    return moved * (logsum_cost(costs_before, scale=scale) - logsum_cost(costs_after, scale=scale))


def logsum_cost(costs: Sequence[float], *, scale: float) -> float:
    """Return the cost that stands for a choice among options: -ln(sum exp(-scale cost)) / scale."""
    values = np.asarray(costs, dtype=float)
    least = float(values.min())
    return least - math.log(math.fsum(np.exp(-scale * (values - least)))) / scale
