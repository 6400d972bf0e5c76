"""A selection is never beaten by trying every set."""

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
    best = max(
        sum((item.value for item in pick if item), Fraction(0))
        for pick in product(*([None, *[item for item in items if item.group == group]] for group in groups))
        if sum((item.cost for item in pick if item), Fraction(0)) <= budget
    )
    if all(item.cost > budget for item in items):
        with pytest.raises(RequestError, match="lies below the cost of every option"):
            select_options(items, budget=budget)
        return
    found = select_options(items, budget=budget)
    assert found.value == best
    assert found.cost <= budget
