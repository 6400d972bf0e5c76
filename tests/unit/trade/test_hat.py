"""The solver of hat algebra, where countries hardly trade and wages may run away."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from karvan.errors import NotConvergedError
from karvan.trade.hat import TOLERANCE, solve

#: Trade, change of its costs, elasticity and form of deficits. Excess demand falls to nothing too where nobody trades.
CORNERS = [
    ([[491, 5], [4, 232]], [[1, 3.2], [1.8, 1]], 9.0, "multiplicative"),
    ([[213, 6], [7, 355]], [[1, 1.8], [2.4, 1]], 12.0, "multiplicative"),
    ([[250, 5, 2], [2, 353, 1], [0, 0, 335]], [[1, 0.71, 1.39], [1.44, 1, 1.93], [1.52, 1.69, 1]], 10.0, "multiplicative"),
    ([[460, 0, 0], [1, 299, 2], [0, 3, 277]], [[1, 2.5, 1.6], [3.6, 1, 0.5], [0.7, 0.4, 1]], 9.0, "additive"),
    ([[394, 3], [1, 358]], [[0.4, 3], [0.8, 0.4]], 6.0, "additive"),
]  # fmt: skip


def excess(value, tau, theta, deficits, wage):
    """Return excess demand as a share of output: written out anew, with wages whose world income is what it was."""
    income, spending = value.sum(axis=1), value.sum(axis=0)
    wage = wage * income.sum() / (wage @ income)
    spent = {
        "additive": wage * income + spending - income,
        "multiplicative": wage * spending * (wage @ income) / (wage @ spending),
    }[deficits]
    weight = value / spending * (tau * wage[:, None]) ** -theta
    return (weight / weight.sum(axis=0) * spent).sum(axis=1) / (wage * income) - 1


@pytest.mark.parametrize(("value", "tau", "theta", "deficits"), CORNERS)
def test_corners_where_nobody_trades_are_no_solution(value, tau, theta, deficits):
    value, tau = np.array(value, dtype=float), np.array(tau, dtype=float)
    found = solve(value[None], tau[None], np.array([theta]), deficits=deficits)
    assert np.abs(excess(value, tau, theta, deficits, found.wage_hat)).max() < 1e-11
    assert found.convergence.residual <= TOLERANCE
    if len(value) == 2:
        root = brentq(lambda x: excess(value, tau, theta, deficits, np.array([1.0, np.exp(x)]))[0], -3, 3, xtol=1e-14)
        assert np.log(found.wage_hat[1] / found.wage_hat[0]) == pytest.approx(root, abs=1e-9)


def test_a_country_that_sells_nothing_abroad_may_have_no_wage():
    """At whatever wage of a, what it and b may spend leaves a part of its output: 1.002 times 0.998 of it is bought at most."""
    value = np.array([[498.7, 0, 0], [0, 283.7, 4], [1, 1, 438.3]])
    tau = np.array([[2.94, 3.93, 3.05], [4.40, 4.34, 3.47], [2.58, 4.60, 0.68]])
    for level in np.geomspace(1e-6, 1e6, 25):
        wage = np.array([level, 1.0, 1.0])
        others = brentq(lambda x, w=wage: excess(value, tau, 3.0, "multiplicative", w * [1, np.exp(x), 1])[1], -9, 9)
        assert excess(value, tau, 3.0, "multiplicative", wage * [1, np.exp(others), 1])[0] < 0
    with pytest.raises(NotConvergedError) as caught:
        solve(value[None], tau[None], np.array([3.0]), deficits="multiplicative", names=["a", "b", "c"])
    assert str(caught.value).endswith(
        "Use a smaller shock or elasticity, or additive deficits: a trades one way alone, and in proportion to its income that "
        "may hold at no wage."
    )
    assert solve(value[None], tau[None], np.array([3.0]), deficits="additive").convergence.residual <= TOLERANCE


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**31), st.integers(2, 5), st.floats(2, 12), st.booleans())
def test_countries_that_hardly_trade_have_a_solution(seed, countries, theta, additive):
    """Domestic sales a hundred times the trade, and costs between a third and five times what they were.

    With deficits in proportion to income all trade both ways: who sells nothing abroad may find buyers for all at no wage.
    """
    draw = np.random.default_rng(seed)
    value = draw.integers(0 if additive else 1, 6, (countries, countries)).astype(float)
    value[np.diag_indices(countries)] = draw.uniform(50, 500, countries)
    tau = draw.uniform(0.3, 5, value.shape)
    deficits = "additive" if additive else "multiplicative"
    found = solve(value[None], tau[None], np.array([theta]), deficits=deficits)
    assert found.convergence.residual <= TOLERANCE
    assert (found.spending > 0).all()
