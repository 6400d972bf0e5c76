"""A selection is never beaten by trying every set, nor by one of the same worth that costs less."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from karvan.errors import RequestError
from karvan.portfolio import Option, select_options

figures = st.decimals(0, 50, places=2).map(Fraction)
options = st.lists(st.tuples(st.sampled_from("abcd"), figures, figures), min_size=1, max_size=9)


@settings(deadline=None, max_examples=150)
@given(options, figures)
def test_selection_against_enumeration(rows, budget):
    items = [Option(group, str(number), cost, value) for number, (group, cost, value) in enumerate(rows)]
    groups = sorted({item.group for item in items})
    best, cost = max(
        (sum((item.value for item in pick if item), Fraction(0)), -spent)
        for pick in product(*([None, *[item for item in items if item.group == group]] for group in groups))
        if (spent := sum((item.cost for item in pick if item), Fraction(0))) <= budget
    )
    if all(item.cost > budget for item in items):
        with pytest.raises(RequestError, match="lies below the cost of every option"):
            select_options(items, budget=budget)
        return
    found = select_options(items, budget=budget)
    assert (found.value, -found.cost) == (best, cost)
    assert found.proven


def by_tables(items: list[Option], budget: int) -> tuple[int, int]:
    """Return value and cost of the best selection by a table over every whole cost."""

    def add(before: tuple[int, int], cost: int, value: int) -> tuple[int, int]:
        return before[0] + value, before[1] - cost

    best = [(0, 0)] * (budget + 1)
    for group in sorted({item.group for item in items}):
        own = [(int(item.cost), int(item.value)) for item in items if item.group == group]
        best = [
            max([best[limit], *(add(best[limit - cost], cost, value) for cost, value in own if cost <= limit)])
            for limit in range(budget + 1)
        ]
    return best[budget][0], -best[budget][1]


@settings(deadline=None, max_examples=60)
@given(st.data(), st.sampled_from(["free", "alike", "equal"]), st.sampled_from([1, 10**7]))
def test_selection_against_a_table(data, kind, scale):
    """Thirty options: costs and values of no kin, values that are costs and a little more, and values that are costs."""
    costs = data.draw(st.lists(st.integers(0, 40), min_size=1, max_size=30))
    more = {"free": st.integers(0, 60), "alike": st.just(5), "equal": st.just(0)}[kind]
    items = [
        Option(str(data.draw(st.integers(0, 12))), str(number), Fraction(cost),
               Fraction(scale * (data.draw(more) + (0 if kind == "free" else cost)) + number % 2))
        for number, cost in enumerate(costs)
    ]  # fmt: skip
    budget = data.draw(st.integers(min(costs), sum(costs) + 1))
    found = select_options(items, budget=budget)
    assert (found.value, found.cost) == by_tables(items, budget)
    assert found.proven
