"""Plain selection: at most one option of each group, within a budget, for the greatest value.

::

    max sum_o value_o x_o   subject to   sum_o cost_o x_o <= budget,   sum_{o in g} x_o <= 1,   x_o in {0, 1}

This is the multiple-choice knapsack problem (Kellerer, Pferschy and Pisinger, *Knapsack Problems*, Springer 2004, chapter
11). Figures are exact fractions; they become whole numbers by their common denominator, and :mod:`karvan.portfolio.knapsack`
solves the problem in these, so that nothing is lost to rounding. Of several best sets the cheapest is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import TYPE_CHECKING, Any

from karvan.errors import AuditError, InputError, RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from karvan.portfolio.options import Option


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
        No selection within the budget is worth more; the value itself where the selection is proven the best.
    """

    value: Fraction
    cost: Fraction
    chosen: tuple[Option, ...]
    budget: Fraction
    upper_bound: Fraction

    @property
    def proven(self) -> bool:
        """Whether no selection within the budget is worth more."""
        return self.value >= self.upper_bound

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
            "upper_bound": plain(self.upper_bound),
            "bound_kind": "relaxation",
            "proven": self.proven,
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
    The optimum, and of several the cheapest. Where so many selections are alike that the search has to leave some out, the best
    found, with what no selection is worth more than.

    Raises
    ------
    InputError
        The budget is negative or no number.
    RequestError
        The budget lies below the cost of every option.
    AuditError
        The answer breaks the budget or a group, or a single exchange makes it better.
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
    chosen, bound = _solve([item for item in options if item.value > 0 and item.cost <= limit], limit)
    value = sum((item.value for item in chosen), Fraction(0))
    cost = sum((item.cost for item in chosen), Fraction(0))
    selection = Selection(value, cost, chosen, limit, bound)
    _audit(selection, options)
    return selection


def _solve(options: Sequence[Option], limit: Fraction) -> tuple[tuple[Option, ...], Fraction]:
    """Return the best set, in the order given, and what no set is worth more than."""
    from karvan.portfolio.knapsack import Item, pack  # noqa: PLC0415 - heavy

    if not options:
        return (), Fraction(0)
    money, worth = _unit([item.cost for item in options]), _unit([item.value for item in options])
    groups: dict[str, list[Item]] = {}
    for number, item in enumerate(options):
        groups.setdefault(item.group, []).append(Item(int(item.cost / money), int(item.value / worth), number))
    # what all options together cost is as good as any higher limit
    most = min(limit, sum((item.cost for item in options), Fraction(0)))
    found = pack(list(groups.values()), int(most / money))
    return tuple(options[number] for number in sorted(found.numbers)), found.upper_bound * worth


def _unit(figures: Sequence[Fraction]) -> Fraction:
    """Return the largest unit of which every figure is a whole multiple."""
    below = lcm(*(figure.denominator for figure in figures))
    above = gcd(*(figure.numerator * (below // figure.denominator) for figure in figures))
    return Fraction(above or 1, below)


def _audit(selection: Selection, options: Sequence[Option]) -> None:
    """Hold the answer to its limits, and against every set that one exchange makes of it."""
    groups = {item.group: item for item in selection.chosen}
    if len(groups) < len(selection.chosen):
        message = "two options of one group were chosen"
        raise AuditError(message)
    if selection.cost > selection.budget:
        message = f"the selection costs {plain(selection.cost)}, above the budget of {plain(selection.budget)}"
        raise AuditError(message)
    if selection.value > selection.upper_bound:
        message = f"the selection is worth {plain(selection.value)}, its bound is {plain(selection.upper_bound)}"
        raise AuditError(message)
    room = selection.budget - selection.cost
    for item in options:
        old = groups.get(item.group)
        cost, value = (item.cost - old.cost, item.value - old.value) if old else (item.cost, item.value)
        if selection.proven and cost <= room and (value > 0 or (value == 0 and cost < 0)):
            message = f"the selection is worth {plain(selection.value)}; with {item.option} of group {item.group} it is better"
            raise AuditError(message)
