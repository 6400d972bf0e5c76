"""From solved years to yearly streams, and which projects stand together."""

from __future__ import annotations

import math

import pytest

from karvan.appraisal.projects import check_changes_something, check_together
from karvan.appraisal.streams import (
    even_shares,
    expect_over_states,
    fill_years,
    phase_cost,
    ramp_up,
    require_price_year,
    to_price_year,
)
from karvan.errors import InputError


def problems(call, *arguments, **named) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        call(*arguments, **named)
    return caught.value.problems


def test_straight_between_model_years_and_growing_after_the_last():
    found = fill_years({2030: 100, 2035: 200}, range(2030, 2038), growth=0.1)
    assert found == pytest.approx([100, 120, 140, 160, 180, 200, 220, 242])
    assert fill_years({2030: 5}, [2030, 2040]).tolist() == [5, 5]


def test_years_before_the_first_model_year():
    assert problems(fill_years, {2030: math.nan}, [2028, 2029]) == (
        "2030: found no number; expected one.",
        "years: found 2028 before the first model year 2030; expected none. Solve an earlier year.",
    )
    assert problems(fill_years, {}, [2028]) == ("model years: found none; expected one or more.",)


def test_traffic_ramps_up_after_opening():
    assert ramp_up(range(2028, 2034), 2030, [0.4, 0.8]).tolist() == [0, 0, 0.4, 0.8, 1, 1]
    assert problems(ramp_up, [2030], 2030, [1.2]) == ("share 1: found 1.2; expected 0 to 1.",)


def test_capital_cost_by_year_with_contingency():
    found = phase_cost(1000, range(2026, 2031), first_year=2027, shares=[0.3, 0.5, 0.2], contingency=0.1)
    assert found == pytest.approx([0, 330, 550, 220, 0])


@pytest.mark.parametrize(
    ("growth", "years", "fault"),
    [
        (
            -2,
            [2030, 2040],
            "growth: found -2 (-200 %); expected more than -1, since at -100 % nothing is left to discount.",
        ),
        (math.inf, [2030], "growth: found inf; expected a number. Write 9 % as 0.09."),
        (1, [2030, 9999], "growth: found 1 over 7969 years; expected values that do not grow beyond all measure."),
    ],
)
def test_growth_that_cannot_be(growth, years, fault):
    assert problems(fill_years, {2030: 5}, years, growth=growth) == (fault,)


@pytest.mark.parametrize("contingency", [20, math.inf, math.nan])
def test_a_contingency_in_per_cent(contingency):
    assert problems(phase_cost, 1, [2026], first_year=2026, shares=[1.0], contingency=contingency) == (
        f"contingency: found {contingency:g}; expected a share from 0 to 2. Write 20 % as 0.2.",
    )


def test_every_fault_of_phasing_is_told_at_once():
    assert problems(phase_cost, -1, [2026, 2027], first_year=2027, shares=[0.5, 0.4], contingency=-0.1) == (
        "cost: found -1; expected 0 or more.",
        "shares: found [0.5, 0.4]; expected shares of 0 or more that sum to 1.",
        "works: found 2027 to 2028; expected within the horizon. Move the works, or lengthen the horizon.",
        "contingency: found -0.1; expected a share from 0 to 2. Write 20 % as 0.2.",
    )


def test_equal_shares_of_works():
    assert even_shares(2.5) == pytest.approx((0.4, 0.4, 0.2))
    assert even_shares(3) == pytest.approx((1 / 3,) * 3)
    assert problems(even_shares, 0) == ("duration: found 0 years; expected more than 0.",)


def test_states_are_weighted_by_each_years_probabilities():
    found = expect_over_states({"open": [100, 200], "shut": [10, 20]}, {"open": [0.7, 0.5], "shut": [0.3, 0.5]})
    assert found == pytest.approx([73, 110])


def test_every_fault_of_states_is_told_at_once():
    assert problems(expect_over_states, {"open": [1, 2], "iran": [1]}, {"open": [0.5, 1.5], "shut": [0.5, 0.5]}) == (
        "state shut: found no stream; expected one. Solve it.",
        "state iran: found no probabilities; expected one for each year.",
        "streams: found lengths [1, 2]; expected one value for each year in all of them.",
        "state open: found a probability of 1.5; expected 0 to 1.",
    )
    assert problems(expect_over_states, {"open": [1, 2]}, {"open": [1, 0.9]}) == (
        "year 2: found probabilities that sum to 0.9; expected 1.",
    )
    assert problems(expect_over_states, {}, {}) == ("states: found none; expected one or more.",)


def test_prices_of_another_year():
    index = {2016: 100.0, 2026: 130.0}
    assert to_price_year(50, 2016, 2026, index=index, what="air") == 65
    assert to_price_year(50, 2026, 2026, index={}, what="air") == 50
    assert problems(to_price_year, 50, 2016, 2025, index=index, what="air") == (
        (
            "air: found prices of 2016, and no price index for 2025; expected prices of 2025. "
            "Give the sum at the right prices, or a price index for both years."
        ),
    )


def test_sums_at_different_prices_are_not_added_up():
    require_price_year({"cost": 2026, "upkeep": 2026}, 2026)
    assert problems(require_price_year, {"cost": 2023, "upkeep": 2026, "time": 2021}, 2026) == (
        "cost: found prices of 2023; expected prices of 2026. Convert it first.",
        "time: found prices of 2021; expected prices of 2026. Convert it first.",
    )


def test_projects_that_cannot_stand_together():
    contains = {"P02": ["P01", "P03"], "P18": ["P17", "P19"], "P30": ["P18"]}
    alternatives = {"P05": ["P06"], "P06": ["P05"]}
    check_together(["P01", "P03", "P05"], contains=contains, alternatives=alternatives)
    found = problems(
        check_together, ["P02", "P03", "P30", "P17", "P05", "P06", "P05"], contains=contains, alternatives=alternatives
    )
    assert found == (
        "P05: found twice; expected once.",
        "P02: found together with P03, which is part of it; expected one of them. P03 would count twice.",
        "P05: found together with P06, its alternative; expected one of them.",
        "P30: found together with P17, which is part of it; expected one of them. P17 would count twice.",
    )


def test_a_project_that_changes_nothing():
    same = {"link": [5.0, 7.0]}
    check_changes_something("P1", same, {"link": [5.0, 7.1]})
    check_changes_something("P1", same, {"link": [5.0, 7.0], "new": [1.0]})
    assert problems(check_changes_something, "P1", same, {"link": [5.0, 7.0]}) == (
        (
            "P1: found the same outcome with and without it; expected a difference. "
            "Its traffic may not be in the demand, or its effects may be missing: it is not valued."
        ),
    )
