"""Plain selection: at most one option of each group, within a budget, for the greatest value.

::

    max sum_o value_o x_o   subject to   sum_o cost_o x_o <= budget,   sum_{o in g} x_o <= 1,   x_o in {0, 1}

This is the multiple-choice knapsack problem (Kellerer, Pferschy and Pisinger, *Knapsack Problems*, Springer 2004, chapter
11), solved as a mixed-integer programme by HiGHS (Huangfu and Hall 2018). The solver works in floating point; its answer is
added up again in exact fractions. A set that exceeds the budget by less than the solver's tolerance is cut off and the
search goes on; the value found is held against the solver's own bound. Of several best sets the cheapest is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from karvan.errors import AuditError, InputError, NotConvergedError, RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from karvan.portfolio.options import Option

#: Sets that the solver may take for affordable, by its tolerance, before the search gives up.
MOST_CUTS = 200
#: How far the solver's bound may lie from the exact value, as a share: its own tolerance of optimality is 1e-6 of the
#: scaled objective.
BOUND_SHARE = 1e-6


@dataclass(frozen=True)
class Selection:
    """The best options within a budget.

    Attributes
    ----------
    value, cost
        Sums over the chosen options, exact.
    chosen
        The options, in the order given.
    budget
        The budget that they keep.
    upper_bound
        No selection within the budget is worth more; equal to the value within the solver's tolerance.
    """

    value: Fraction
    cost: Fraction
    chosen: tuple[Option, ...]
    budget: Fraction
    upper_bound: float

    def to_dict(self) -> dict[str, Any]:
        """Return the selection as JSON can hold it."""
        return {
            "value": plain(self.value),
            "cost": plain(self.cost),
            "budget": plain(self.budget),
            "chosen": [
                {"group": item.group, "option": item.option, "cost": plain(item.cost), "value": plain(item.value)}
                for item in self.chosen
            ],
            "upper_bound": self.upper_bound,
            "bound_kind": "relaxation",
            "proven": True,
        }


def plain(figure: Fraction) -> int | float:
    """Return an exact figure as an integer where it is one, else as the nearest float."""
    return figure.numerator if figure.denominator == 1 else float(figure)


def select_options(options: Sequence[Option], *, budget: float | Fraction) -> Selection:
    """Choose at most one option of each group for the greatest value within a budget.

    Parameters
    ----------
    options
        What may be chosen.
    budget
        Most that the chosen options may cost together.

    Returns
    -------
    The optimum, proven by the bound of the mixed-integer programme; of several the cheapest.

    Raises
    ------
    InputError
        The budget is negative or no number.
    RequestError
        The budget lies below the cost of every option.
    NotConvergedError
        The search ended without a proof.
    AuditError
        The answer breaks the budget or a group, or misses the solver's bound.
    """
    if not (budget >= 0 and budget < float("inf")):
        raise InputError([f"found {budget}; expected zero or more. Name another budget."], what="budget")
    limit = Fraction(budget)
    cheapest = min(options, key=lambda item: item.cost, default=None)
    if cheapest is None:
        raise InputError(["none is given. Give at least one."], what="options")
    if cheapest.cost > limit:
        message = (
            f"The budget of {plain(limit)} lies below the cost of every option; the cheapest is {cheapest.option} of group "
            f"{cheapest.group} at {plain(cheapest.cost)}. Raise the budget."
        )
        raise RequestError(message)
    worth = [item for item in options if item.value > 0 and item.cost <= limit]
    chosen, bound = _solve(worth, limit) if worth else ((), 0.0)
    value = sum((item.value for item in chosen), Fraction(0))
    cost = sum((item.cost for item in chosen), Fraction(0))
    selection = Selection(value, cost, chosen, limit, bound)
    _audit(selection)
    return selection


def _solve(options: list[Option], limit: Fraction) -> tuple[tuple[Option, ...], float]:
    """Return the best affordable set, and a bound on the value of any."""
    top = max(item.value for item in options)
    best, bound = _affordable(options, limit, [float(item.value / top) for item in options], [])
    value = sum((item.value for item in best), Fraction(0))
    upper = bound * float(top)
    # of several best sets the cheapest: a second programme, in which the value may not fall
    floor = [(tuple(float(item.value / top) for item in options), float(value / top) * (1 - BOUND_SHARE))]
    costs = [-float(item.cost / limit) if limit else 0.0 for item in options]
    cheaper, _ = _affordable(options, limit, costs, floor)
    if sum((item.value for item in cheaper), Fraction(0)) == value:
        best = cheaper
    return best, max(upper, float(value))


def _affordable(
    options: list[Option], limit: Fraction, weights: list[float], floors: list[tuple[tuple[float, ...], float]]
) -> tuple[tuple[Option, ...], float]:
    """Maximise a weighted sum over sets that keep the budget exactly; return the set and the solver's bound."""
    import numpy as np  # noqa: PLC0415 - heavy
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 - heavy

    groups = {name: number for number, name in enumerate(dict.fromkeys(item.group for item in options))}
    member = np.zeros((len(groups), len(options)))
    for column, item in enumerate(options):
        member[groups[item.group], column] = 1.0
    shares = np.array([[float(item.cost / limit) if limit else 0.0 for item in options]])
    constraints = [LinearConstraint(member, ub=1.0), LinearConstraint(shares, ub=1.0)]
    constraints += [LinearConstraint(np.array([row]), lb=low) for row, low in floors]
    for _ in range(MOST_CUTS):
        answer = milp(
            -np.array(weights), integrality=np.ones(len(options), dtype=np.int64), bounds=Bounds(0, 1), constraints=constraints,
            options={"mip_rel_gap": 0.0},
        )  # fmt: skip
        if answer.x is None:
            break
        picked = np.flatnonzero(np.round(answer.x) == 1)
        chosen = tuple(options[number] for number in picked)
        if sum((item.cost for item in chosen), Fraction(0)) <= limit:
            return chosen, -float(answer.mip_dual_bound)
        cut = np.zeros((1, len(options)))
        cut[0, picked] = 1.0
        constraints.append(LinearConstraint(cut, ub=float(len(picked) - 1)))
    message = f"No selection was proven the best: {answer.message}"
    raise NotConvergedError(message)


def _audit(selection: Selection) -> None:
    groups = [item.group for item in selection.chosen]
    if len(set(groups)) < len(groups):
        message = "two options of one group were chosen"
        raise AuditError(message)
    if selection.cost > selection.budget:
        message = f"the selection costs {plain(selection.cost)}, above the budget of {plain(selection.budget)}"
        raise AuditError(message)
    missing = selection.upper_bound - float(selection.value)
    if missing > BOUND_SHARE * max(1.0, abs(selection.upper_bound)):
        message = f"the selection is worth {float(selection.value)!r}, its bound is {selection.upper_bound!r}"
        raise AuditError(message)
