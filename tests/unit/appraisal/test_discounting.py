"""Discount factors: timing, bands, and rates that are none."""

from __future__ import annotations

import math
from datetime import date

import pytest

from karvan.appraisal.discounting import Band, Discounting, date_factors
from karvan.errors import InputError

BANDS = (Band(0, 0.05), Band(3, 0.02), Band(5, 0.10))


def by_hand(timing: str) -> list[float]:
    """Year by year: into years 1 and 2 at 5 %, into 3 and 4 at 2 %, from then on at 10 %."""
    steps = [1.05, 1.05, 1.02, 1.02, 1.10, 1.10, 1.10]
    starts = [math.prod(steps[:year]) ** -1 for year in range(7)]
    ends = starts[1:]
    if timing == "start":
        return starts[:6]
    return ends if timing == "end" else [math.sqrt(one * two) for one, two in zip(starts[:-1], ends, strict=True)]


@pytest.mark.parametrize("timing", ["start", "mid", "end"])
def test_factors_step_by_step(timing):
    assert Discounting.of(BANDS, timing=timing).factors(range(6)) == pytest.approx(by_hand(timing), rel=1e-14)


def test_before_the_base_year_the_first_rate_compounds():
    assert Discounting.of(BANDS).factors([-2]) == pytest.approx([1.05**2], rel=1e-14)


def test_a_rate_of_zero_discounts_nothing():
    assert Discounting.at(0, timing="end").factors([0, 40]).tolist() == [1, 1]


def test_dates_are_discounted_by_days_over_365():
    days = [date(2026, 1, 1), date(2027, 1, 1), date(2028, 12, 31)]
    assert date_factors(days, 0.1).tolist() == pytest.approx([1, 1 / 1.1, 1.1 ** -(1095 / 365)], rel=1e-14)
    assert date_factors(days, 0.1, base=date(2025, 1, 1))[0] == pytest.approx(1 / 1.1, rel=1e-14)


@pytest.mark.parametrize(
    ("rate", "message"),
    [
        (
            -1,
            "rate from year 0: found -1 (-100 %); expected more than -1, since at -100 % nothing is left to discount.",
        ),
        (
            -1.5,
            "rate from year 0: found -1.5 (-150 %); expected more than -1, since at -100 % nothing is left to discount.",
        ),
        (9, "rate from year 0: found 9 (900 %); expected a share of one, at most 1 (100 %). Write 9 % as 0.09."),
        (math.nan, "rate from year 0: found nan; expected a number. Write 9 % as 0.09."),
        (math.inf, "rate from year 0: found inf; expected a number. Write 9 % as 0.09."),
    ],
)
def test_a_rate_that_is_none(rate, message):
    with pytest.raises(InputError) as caught:
        Discounting.at(rate)
    assert str(caught.value) == f"Discounting: {message}"


def test_every_fault_of_bands_is_told_at_once():
    with pytest.raises(InputError) as caught:
        Discounting.of([Band(1, -1), Band(1, 12)], timing="noon")
    assert len(caught.value.problems) == 4
    assert str(caught.value).splitlines()[3:] == [
        "  bands: found years [1, 1]; expected years that ascend from 0. Begin with year 0.",
        "  timing: found 'noon'; expected one of start, mid, end.",
    ]


def test_no_dates():
    with pytest.raises(InputError, match=r"dates: found none; expected one or more\."):
        date_factors([], 0.1)
