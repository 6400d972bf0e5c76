"""From the network to trade on the textbook case, by hand where that can be, and the pieces on arrays."""

from __future__ import annotations

import numpy as np
import pytest

import karvan
from karvan.errors import RequestError, UnknownNameError
from karvan.trade.cost import adjustment_share, expected_factor, generalised, pair_tau_hat, tau_hat
from karvan.trade.effects import trade_effects
from karvan.trade.matrix import TradeMatrix
from karvan.trade.tonnes import tonnes, trains


@pytest.fixture(scope="module")
def case():
    return karvan.open_case("textbook")


# cost -----------------------------------------------------------------------------------------------------------------


def test_the_change_of_trade_cost_by_hand():
    """A tonne worth 1000 with a day at 0.5 %: 100 + 20 days x 5 = 200 before, 80 + 10 x 5 = 130 after."""
    value = np.array([1000.0])
    before = generalised(np.array([100.0]), np.array([20.0]), value, 0.005)
    after = generalised(np.array([80.0]), np.array([10.0]), value, 0.005)
    factors = [expected_factor(cost[None], value, [1.0]) for cost in (before, after)]
    assert tau_hat(*factors) == pytest.approx([1.13 / 1.2])


def test_a_bulk_good_feels_a_day_by_its_capital_alone():
    """At 12 % a year a day is 0.033 % of value; at the rate for manufactures ten days would weigh thirty times as much."""
    value = np.array([300.0])
    bulk = generalised(np.array([50.0]), np.array([10.0]), value, 0.12 / 365)
    assert bulk == pytest.approx([50 + 300 * 0.12 / 365 * 10])


def test_states_are_solved_apart_and_their_factors_weighted():
    """Open four fifths of the time at 100, shut at 400: 1 + 160/1000, not the factor of either."""
    costs = np.array([[100.0], [400.0]])
    assert expected_factor(costs, np.array([1000.0]), [0.8, 0.2]) == pytest.approx([1.16])


def test_margins_multiply_and_cancel_or_add_and_dampen():
    value, costs = np.array([1000.0]), [np.array([[200.0]]), np.array([[100.0]])]
    plain = tau_hat(*(expected_factor(cost, value, [1.0]) for cost in costs))
    added = tau_hat(*(expected_factor(cost, value, [1.0], margin=0.5) for cost in costs))
    assert plain == pytest.approx([1.1 / 1.2])
    assert added == pytest.approx([1.6 / 1.7])


def test_a_cost_that_is_not_known_does_not_change():
    assert list(tau_hat(np.array([np.nan, 1.2]), np.array([1.1, 1.2]))) == [1.0, 1.0]


def test_a_pair_is_the_index_of_its_commodities():
    """Half off the network; of the rest half becomes a tenth cheaper: (0.5 + 0.25 + 0.25 x 0.9^-4)^(-1/4)."""
    share, change = np.array([[[0.5]], [[0.5]]]), np.array([[[0.9]], [[1.0]]])
    found = pair_tau_hat(share, change, np.array([[0.5]]), 4.0)
    assert found == pytest.approx(np.array([[(0.75 + 0.25 * 0.9**-4) ** -0.25]]))
    assert pair_tau_hat(0 * share, change, np.array([[0.0]]), 4.0) == pytest.approx(np.ones((1, 1)))


def test_the_path_rises_from_two_fifths_to_one():
    assert adjustment_share(np.array([0.0, 1, 4.5, 8, 30])) == pytest.approx([0, 0.4, 0.7, 1, 1])
    assert adjustment_share(10.0, until=10.0) == pytest.approx(1)
    assert adjustment_share(9.0, until=10.0) < 1


# tonnes ---------------------------------------------------------------------------------------------------------------


def test_dollars_become_tonnes_less_what_never_rides():
    """10 m, two fifths of it electricity, a quarter of the rest coal at 100 and the others at 3000."""
    found = tonnes(
        np.array([[10.0]]), np.array([[0.4]]), np.array([[[0.25]], [[0.75]]]), np.array([[[100.0]], [[3000.0]]])
    )
    assert found.ravel() == pytest.approx([15_000, 1_500])


def test_trains_come_back_empty():
    """2.19 Mt out and 0.73 Mt back in trains of 2000 t: three loaded out, one back, three run each way, two of them empty."""
    found = trains(2_190_000.0, 730_000.0, t_per_train=2000.0)
    assert (found.forward_per_day, found.backward_per_day) == pytest.approx((3, 1))
    assert (found.run_per_day, found.empty_per_day, found.imbalance_share) == pytest.approx((3, 2, 2 / 3))
    assert trains(0.0, 0.0, t_per_train=2000.0).imbalance_share == 0


# the case -------------------------------------------------------------------------------------------------------------


def test_the_matrix_of_the_case(case):
    matrix = TradeMatrix.of(case.apply())
    i, j = matrix.economies.index("AAA"), matrix.economies.index("BBB")
    assert matrix.value_musd[i, j] == 12
    assert matrix.value_musd[i, i] == 818
    assert matrix.off_network[j, i] == pytest.approx(0.4)
    assert matrix.off_network[i, matrix.economies.index("ROW")] == 1  # it trades outside the network
    coal = matrix.commodities.index("coal")
    assert matrix.share[coal, i, j] == pytest.approx(0.25)
    high = TradeMatrix.of(case.apply(), high_domestic_sales=True)
    assert high.value_musd[i, i] == 1636


def test_no_change_of_cost_moves_nothing(case):
    matrix = TradeMatrix.of(case.apply())
    factor = np.full(matrix.share.shape, 1.2)
    solved = trade_effects(matrix, factor, factor, factor)
    assert solved.after.value[0] == pytest.approx(matrix.value_musd)
    assert solved.share_after == pytest.approx(np.where(matrix.off_network < 1, matrix.share, solved.share_after))


def test_two_steps_are_one(case):
    """Exact hat algebra composes: by way of another world, or straight."""
    matrix = TradeMatrix.of(case.apply())
    rng = np.random.default_rng(1)
    one, two, three = (1 + rng.uniform(0.05, 0.4, matrix.share.shape) for _ in range(3))
    straight = trade_effects(matrix, one, one, three)
    by_way = trade_effects(matrix, one, two, three)
    assert by_way.after.value == pytest.approx(straight.after.value, rel=1e-9)
    assert by_way.share_after == pytest.approx(straight.share_after, rel=1e-9)


def test_a_start_moves_nothing(case):
    matrix = TradeMatrix.of(case.apply())
    one, two = (np.full(matrix.share.shape, factor) for factor in (1.3, 1.2))
    cold = trade_effects(matrix, one, one, two)
    warm = trade_effects(matrix, one, one, two, start=cold.after.wage_hat)
    assert warm.after.value == pytest.approx(cold.after.value, rel=1e-10)


def test_potential(case, files):
    found = karvan.trade_potential(case, target_musd=40)
    row = found.table.iloc[0]
    assert (row["baseline"], row["trade_musd"]) == ("observed", 22)
    # a pair so small beside its ends moves as the power of the elasticity, nearly
    assert row["needed_tau_hat"] == pytest.approx((22 / 40) ** (1 / 4), rel=0.02)
    assert found.notes[0].startswith("no potential: parameter.csv lacks gravity_fitted_AAA_BBB_musd")
    files.add(
        "parameter.csv", "reliability_ratio", parameter_id="gravity_fitted_AAA_BBB_musd", value="30", low="", high=""
    )
    files.add(
        "parameter.csv", "reliability_ratio", parameter_id="gravity_fitted_BBB_AAA_musd", value="20", low="", high=""
    )
    both = karvan.trade_potential(files.open(), target_musd=40).table.set_index("baseline")
    assert both.loc["potential", "trade_musd"] == 50
    assert both.loc["potential", "needed_tau_hat"] > 1


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (
            lambda case: karvan.trade_potential(case, pair=("AAA", "XXX")),
            UnknownNameError,
            "No economy is called 'XXX'",
        ),
        (lambda case: karvan.trade_potential(case, pair=("AAA", "AAA")), RequestError, "AAA, AAA is no pair"),
        (lambda case: karvan.trade_potential(case, pair=("CCC", "ROW")), RequestError, "CCC and ROW do not trade"),
        (lambda case: karvan.trade_potential(case, target_musd=-1), RequestError, "The target is USD -1 m"),
        (
            lambda case: karvan.trade_potential(case, target_musd=1e9),
            RequestError,
            "No change of trade cost makes the trade of AAA",
        ),
    ],
)
def test_wrong_requests(case, ask, error, message):
    with pytest.raises(error, match=message):
        ask(case)
