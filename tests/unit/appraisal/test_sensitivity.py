"""What a result hangs on: indicators, switching values by formula and by search, break-evens."""

from __future__ import annotations

import pytest

from karvan.appraisal.accounts import Accounts, Item, appraise_accounts
from karvan.appraisal.discounting import Discounting
from karvan.appraisal.sensitivity import (
    Driver,
    account_drivers,
    analyse_drivers,
    break_even,
    sensitivity_indicator,
    switching_change,
    switching_value,
)
from karvan.errors import InputError


@pytest.fixture
def accounts():
    return Accounts.of(
        range(2026, 2029),
        [Item("works", "cost", (100.0, 0, 0), capital=True), Item("saved", "benefit", (0, 66.0, 72.6))],
    )


def test_streams_of_accounts(accounts):
    """Worth 120 saved and 100 spent at 10 %: zero at 1.2 times the works, or five sixths of what is saved."""
    saved, works = analyse_drivers(account_drivers(accounts, Discounting.at(0.1), ranges={"works": (0.9, 1.4)}))[::-1]
    assert (works.name, saved.name) == ("works", "saved")
    assert (works.at_low, works.at_base, works.at_high) == pytest.approx((30, 20, -20))
    assert works.switch.found_by == "formula"
    assert (works.switch.value, works.switch.change) == pytest.approx((1.2, 0.2))
    assert saved.switch.value == pytest.approx(100 / 120)
    # 10 % less saved is 12 less of 20: 60 % for 10 %
    assert saved.indicator == pytest.approx(6)
    assert works.indicator == pytest.approx(-5)


def test_the_strongest_comes_first(accounts):
    found = analyse_drivers(account_drivers(accounts, Discounting.at(0.1), ranges={"works": (0.999, 1.001)}))
    assert [item.name for item in found] == ["saved", "works"]
    assert found[0].span == pytest.approx(24)


def test_where_it_is_not_linear_the_root_is_searched_for():
    found = switching_value(Driver("tonnes", 10.0, 5.0, 15.0, lambda x: x**2 - 36, limits=(0.0, 30.0)))
    assert found.found_by == "search"
    assert found.value == pytest.approx(6)
    assert found.change == pytest.approx(-0.4)


def test_of_several_roots_the_nearest():
    found = switching_value(Driver("x", 3.9, 3.0, 4.0, lambda x: (x - 1) * (x - 4) * (x - 9), limits=(0.0, 10.0)))
    assert found.value == pytest.approx(4)


@pytest.mark.parametrize(
    "value", [lambda _: 5.0, lambda x: 5.0 + x**2, lambda x: 100 + x], ids=["flat", "curved", "beyond its limits"]
)
def test_where_there_is_none_it_says_so(value):
    found = switching_value(Driver("x", 1.0, 0.5, 1.5, value, limits=(0.0, 3.0)))
    assert (found.value, found.change, found.found_by) == (None, None, "none")


def test_a_small_cost_turns_the_value_at_many_times_its_size():
    """The value is 3,362, upkeep 8.68 of it: it may grow to 388 times, as the accounts themselves say."""
    accounts = Accounts.of(
        range(3),
        [
            Item("tolls", "benefit", (0.0, 2000.0, 2000.0)),
            Item("works", "cost", (100.0, 0.0, 0.0)),
            Item("upkeep", "cost", (0.0, 5.0, 5.0)),
        ],
    )
    found = analyse_drivers(account_drivers(accounts, Discounting.at(0.1)))
    known = appraise_accounts(accounts, Discounting.at(0.1)).switching
    assert {bar.name: bar.switch.change for bar in found} == pytest.approx(known)
    assert {bar.switch.found_by for bar in found} == {"formula"}


def test_without_limits_it_looks_as_far_as_four_times_the_figure():
    assert switching_value(Driver("x", 2.0, 1.0, 3.0, lambda x: 9.0 - x)).value == pytest.approx(9)
    assert switching_value(Driver("x", 2.0, 1.0, 3.0, lambda x: 11.0 - x)).value is None


def test_indicators_that_say_nothing():
    assert sensitivity_indicator(0, 5, 1, 2) is None
    assert sensitivity_indicator(5, 5, 0, 2) is None
    assert switching_change(5, 5, 1, 2) is None


def test_a_range_that_does_not_hold_its_base():
    with pytest.raises(InputError) as caught:
        analyse_drivers([Driver("x", 1.0, 2.0, 3.0, float), Driver("y", 1.0, 0.0, 0.5, float)])
    assert str(caught.value) == (
        "Sensitivity: 2 problems\n"
        "  x: found 2, 1, 3; expected low, base and high in this order.\n"
        "  y: found 0, 1, 0.5; expected low, base and high in this order."
    )


def test_a_break_even():
    """A line of 4,600 with 2 % upkeep over 30 years at 9 %: the tonnage at which USD 60 a tonne pays for it."""
    annuity = (1 - 1.09**-30) / 0.09
    found = break_even(lambda mt: 60 * mt * annuity - 4600 - 0.02 * 4600 * annuity, 0, 50, what="tonnage")
    assert found == pytest.approx((4600 / annuity + 92) / 60)
    assert found == pytest.approx(9.0, abs=0.05)
    assert break_even(lambda mt: mt + 1, 0, 50, what="tonnage") is None
    with pytest.raises(InputError, match="Break-even of tonnage: found limits 5 to 5; expected ascending ones"):
        break_even(float, 5, 5, what="tonnage")
