"""All rates of return of a stream."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest

from karvan.appraisal.roots import rate_of_return, rates_by_date, rates_of_return
from karvan.errors import InputError


def stream(*rates: float) -> list[float]:
    """Whole numbers whose rates of return are these, in per cent: the product of (100 x - (100 + rate))."""
    flows = np.array([1], dtype=object)
    for rate in rates:
        flows = np.convolve(flows, np.array([100, -(100 + rate)], dtype=object))
    return [float(flow) for flow in flows]


@pytest.mark.parametrize(
    "rates",
    [(10,), (-50, 10), (5, 10, 15), (-90, -10, 0, 20), (1, 2, 3, 4, 5), (10, 900), (0, 1)],
)
def test_every_rate_is_found(rates):
    found = rates_of_return(stream(*rates))
    assert found.roots == pytest.approx(sorted(rate / 100 for rate in rates), rel=1e-13, abs=1e-15)
    assert found.proven


@pytest.mark.parametrize("rates", [(10, 10), (10, 10, 10), (5, 10, 10), (-20, -20, 30, 30)])
def test_a_rate_at_which_the_value_touches_zero_is_found_once(rates):
    assert rates_of_return(stream(*rates)).roots == pytest.approx(sorted({rate / 100 for rate in rates}), rel=1e-13)


@pytest.mark.parametrize(
    ("flows", "rates"),
    [
        ((-1.0, 2.2, -1.21), (0.10,)),  # 10 % twice; as binary fractions there would be two rates beside it
        ((-0.3, 0.1, 0.2), (0.0,)),
        ((0.1, -0.33, 0.3630000, -0.1331), (0.10,)),  # 10 % three times
        ((-0.07, 0.0021, 0.0679), (0.0,)),
    ],
)
def test_flows_are_the_decimals_that_they_are_written_in(flows, rates):
    assert rates_of_return(flows).roots == pytest.approx(rates, abs=1e-15)


@pytest.mark.parametrize("exponent", [3, 12, 20, 27])
def test_a_rate_beyond_measure_is_still_exact(exponent):
    """100 paid, 5 x 10^n received a year later; and the other way round, a rate just above -100 %."""
    (found,) = rates_of_return([-100.0, 5 * 10.0**exponent]).roots
    assert found == pytest.approx(5 * 10.0 ** (exponent - 2) - 1, rel=1e-14)
    (back,) = rates_of_return([5 * 10.0**exponent, -100.0]).roots
    assert back == pytest.approx(20 * 10.0**-exponent - 1, rel=1e-14)


def test_two_rates_a_millionth_apart_are_told_apart():
    one, two = 1.1, 1.1000001
    found = rates_of_return([1.0, -(one + two), one * two])
    assert found.roots == pytest.approx([0.1, 0.1000001], abs=1e-9)
    assert len(found.roots) == 2


@pytest.mark.parametrize(
    ("flows", "reason"),
    [
        ([5, 5, 5], "the net stream never changes sign, so that no rate brings its value to zero"),
        ([-5], "the net stream never changes sign, so that no rate brings its value to zero"),
        ([0, 0], "the net stream is nothing all along, so that every rate brings its value to zero"),
        ([], "the net stream is nothing all along, so that every rate brings its value to zero"),
        ([1, -2, 2], "the net stream changes sign 2 times, yet its value is zero at no real rate"),
    ],
)
def test_none_is_said_plainly(flows, reason):
    found = rates_of_return(flows)
    assert (found.verdict, found.roots, found.single) == ("none", (), None)
    assert found.reason == reason
    with pytest.raises(InputError) as caught:
        rate_of_return(flows)
    assert str(caught.value) == f"No single rate of return: {reason}."


def test_several_are_said_plainly():
    with pytest.raises(InputError) as caught:
        rate_of_return([-1000, 2300, -1320])
    assert str(caught.value) == (
        "No single rate of return: the net stream changes sign 2 times and has 2 rates of return; "
        "none of them ranks a project, so look at ENPV and MIRR."
    )


def test_zeros_at_the_ends_have_no_say():
    assert rates_of_return([0, 0, -100, 0, 121, 0]).roots == pytest.approx([0.1], rel=1e-14)


def test_a_long_stream_of_ups_and_downs():
    """Two hundred years: numerical roots of such a polynomial are not to be trusted, exact isolation is."""
    flows = np.random.default_rng(7).normal(size=200)
    found = rates_of_return(flows)
    assert found.sign_changes > 90
    assert len(found.roots) % 2 == (found.sign_changes % 2)  # Descartes: they differ by an even number
    for rate in found.roots:
        weights = (1 + rate) ** -np.arange(200.0)
        assert abs(flows @ weights) < 1e-9 * (abs(flows) @ weights)


def test_rates_by_date_with_several_changes_of_sign_are_not_proven():
    days = [date(2026, 1, 1), date(2027, 1, 1), date(2028, 1, 1)]
    found = rates_by_date(days, [-1000, 2300, -1320])
    assert found.roots == pytest.approx([0.1, 0.2], rel=1e-10)
    assert not found.proven


def test_dates_may_come_in_any_order():
    days = [date(2027, 1, 1), date(2026, 1, 1)]
    assert rates_by_date(days, [110, -100]).single == pytest.approx(0.1, rel=1e-12)


def test_dates_and_flows_of_unequal_number():
    with pytest.raises(InputError) as caught:
        rates_by_date([date(2026, 1, 1)], [1.0, -1.0])
    assert str(caught.value) == "Flows by date: found 1 dates and 2 flows; expected a date for each flow."


@pytest.mark.parametrize("flow", [float("nan"), float("inf")])
def test_a_flow_that_is_no_number_is_told_by_its_place(flow):
    with pytest.raises(InputError, match=rf"flow 2: found {flow}; expected a number"):
        rates_of_return([-100, flow, 60])


# flows by date ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "gain", "rate"),
    [
        (date(2027, 1, 1), 20_000.0, 199.0),  # above the grid, which ends at 10,000 %
        (date(2027, 1, 1), 0.5, -0.995),  # and below it
        (date(2027, 1, 1), 1e-30, math.nextafter(-1.0, 0.0)),
        (date(2026, 1, 2), 110.0, 1.1**365 - 1),
        (date(2426, 1, 1), 1e6, 1e4 ** (365 / 146_097) - 1),
    ],
)
def test_the_one_rate_of_dates_is_found_wherever_it_lies(day, gain, rate):
    found = rates_by_date([date(2026, 1, 1), day], [-100.0, gain])
    assert found.single == pytest.approx(rate, rel=1e-10)
    assert found.proven


def test_rates_beyond_the_grid_of_several_changes():
    days = [date(2026, 1, 1), date(2027, 1, 1), date(2028, 1, 1)]
    # 10 % and 29,900 %: 300 x 1.1
    found = rates_by_date(days, [-1.0, 301.1, -330.0])
    assert found.roots == pytest.approx([0.1, 299.0], rel=1e-9)
    assert not found.proven


def test_flows_of_one_day_have_no_rate():
    day = date(2026, 1, 1)
    found = rates_by_date([day] * 3, [-100.0, 150.0, -20.0])
    assert (found.roots, found.reason) == ((), "all flows fall on one day, so that no rate changes their value")
    assert rates_by_date([day] * 3, [0.1, 0.2, -0.3]).empty
    # what is added up on a day is one flow: here 110 after a year
    assert rates_by_date([day, date(2027, 1, 1), date(2027, 1, 1)], [-100.0, 300.0, -190.0]).single == pytest.approx(
        0.1
    )


def test_dates_without_a_rate_say_what_was_searched():
    days = [date(2026, 1, 1), date(2027, 1, 1), date(2028, 1, 1)]
    assert rates_by_date(days, [-10.0, 1.0, -10.0]).reason == (
        "the net stream changes sign 2 times, and no rate was found on the grid that was searched"
    )


def test_a_rate_of_dates_beyond_the_range_of_numbers():
    with pytest.raises(InputError, match="Flows by date: found a rate beyond the range of numbers"):
        rates_by_date([date(2026, 1, 1), date(2026, 1, 2)], [-1.0, 1e6])


def test_dates_and_flows_that_cannot_be():
    with pytest.raises(InputError) as caught:
        rates_by_date([date(2026, 1, 1)], [math.nan, math.inf])
    assert caught.value.problems == (
        "flow 1: found nan; expected a number.",
        "flow 2: found inf; expected a number.",
        "found 1 dates and 2 flows; expected a date for each flow.",
    )
    with pytest.raises(InputError, match="dates: found none; expected one or more"):
        rates_by_date([], [])


def test_flows_may_come_one_by_one_and_one_that_is_missing_is_told():
    assert rates_of_return(flow for flow in (-100, 110)).roots == (0.1,)
    with pytest.raises(InputError, match=r"flow 2: found None; expected a number\. Write 0 where nothing happens\."):
        rates_of_return((-100, None, 110))  # type: ignore[arg-type]
