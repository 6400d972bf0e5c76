"""The record of closures: spells, exposures and rates, against sums by hand and against the distributions of scipy."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import chi2, gamma, poisson, weibull_min

import karvan
from karvan.case.closures import (
    DAYS_PER_YEAR,
    Closure,
    Exposure,
    exposure_of,
    group_records,
    rate,
    read_closures,
    spells_of,
)
from karvan.errors import RequestError


def closure(start: str, end: str, share: float = 1.0, *, is_over: bool = True) -> Closure:
    return Closure("x", "g", date.fromisoformat(start), date.fromisoformat(end), is_over, share, (), "")


@pytest.fixture(scope="module")
def records():
    return group_records(karvan.open_case("pakistan_azerbaijan"))


def days(spells):
    return [(spell.days, spell.is_over) for spell in spells]


def test_closures_that_touch_are_one_spell():
    two = [closure("2020-03-16", "2020-04-09"), closure("2020-04-10", "2020-05-16", 0.57)]
    assert days(spells_of(two, above_share=0.5, from_days=14)) == [(25 + 37, True)]


def test_two_halves_at_once_are_the_whole():
    halves = [closure("2020-01-01", "2020-01-31", 0.5), closure("2020-01-11", "2020-02-10", 0.5)]
    assert days(spells_of(halves, above_share=0.5, from_days=14)) == [(21, True)]
    assert spells_of(halves, above_share=0.5, from_days=22) == []


def test_what_is_still_on_has_no_end():
    assert days(spells_of([closure("2025-10-12", "2026-11-24", is_over=False)], above_share=0.5, from_days=14)) == [
        (409, False)
    ]


def test_a_spell_from_before_the_window_adds_years_and_no_closure():
    spells = spells_of(
        [closure("2019-12-02", "2020-01-31"), closure("2020-06-01", "2020-06-30")], above_share=0.5, from_days=14
    )
    found = exposure_of(spells, date(2020, 1, 1), date(2020, 12, 31))
    assert found == Exposure(1, (366 - 61) / DAYS_PER_YEAR, 2, 61 / DAYS_PER_YEAR)


def test_the_posterior_of_a_rate_is_that_of_bayes_rule():
    """On a grid: prior 1/sqrt(rate) times the Poisson likelihood, the definition of Jeffreys' prior of a rate."""
    grid = np.linspace(1e-5, 8, 400_001)
    density = poisson.pmf(3, grid * 9.52) / np.sqrt(grid)
    mass = np.cumsum(density) / density.sum()
    found = rate(3, 9.52)
    assert found.value == pytest.approx((grid * density).sum() / density.sum(), rel=1e-3)
    assert (found.low, found.high) == pytest.approx(tuple(np.interp([0.1, 0.9], mass, grid)), rel=1e-3)


def test_rates_of_the_bundled_record(records):
    afghan = records["afghan_crossings"]
    assert days(afghan.spells) == [(33, True), (62, True), (409, False)]
    assert afghan.exposure.closures == 3
    assert afghan.exposure.reopenings == 2
    assert afghan.exposure.shut_years == pytest.approx((33 + 62 + 409) / DAYS_PER_YEAR)
    assert afghan.closures_per_year.value == pytest.approx(3.5 / afghan.exposure.open_years)
    assert afghan.reopenings_per_year.low == pytest.approx(gamma.ppf(0.1, 2.5, scale=1 / afghan.exposure.shut_years))
    assert afghan.spell_years.value == pytest.approx(afghan.exposure.shut_years / 2.5)


def test_a_group_never_shut_takes_the_lengths_of_all(records):
    iran = records["iran"]
    assert iran.spells == ()
    assert iran.spells_pooled
    assert iran.reopenings_per_year.value == pytest.approx((2 + 1 + 0.5) / ((33 + 62 + 409 + 113) / DAYS_PER_YEAR))


def test_some_closure_in_a_year_is_not_the_share_of_time(records):
    """F061 puts the chance of some closure of two weeks or more in a year at 0.7, 0.4 to 0.9: 8 of the 11 years had one."""
    afghan = records["afghan_crossings"]
    with_closure, years = afghan.years_with_closure
    assert (with_closure, years) == (8, 11)
    assert 0.4 <= with_closure / years <= 0.9
    assert afghan.shut_share < afghan.capacity_shut_share < afghan.any_shut_share < 0.25


def test_the_facts_share_of_time_depends_on_its_window():
    """D031: at least 135 closed days in about 870 (16 %); the same to November 2026, when the last closure is 409 days old."""
    closures = [
        row for row in read_closures(karvan.open_case("pakistan_azerbaijan")) if row.group == "afghan_crossings"
    ]
    facts = [row for row in closures if row.id in ("torkham-2023-09", "torkham-2025-02", "afghan-2025-10")]
    closed = sum((row.end - row.start).days + 1 for row in facts)
    assert pytest.approx(0.16, abs=0.005) == (9 + 26 + 100) / 870
    assert closed / (date(2026, 11, 24) - date(2023, 9, 1)).days == pytest.approx(0.37, abs=0.01)


def weibull(done, running):
    """Return shape and the likelihood ratio against an exponential, by scipy's own density and survival function."""

    def misfit(shape, scale):
        law = weibull_min(shape, scale=scale)
        return -law.logpdf(done).sum() - law.logsf(running).sum()

    best = minimize(lambda p: misfit(*np.exp(p)), [0.0, 5.0], method="Nelder-Mead")
    plain = misfit(1.0, (sum(done) + sum(running)) / len(done))
    return float(np.exp(best.x[0])), float(chi2.sf(2 * (plain - best.fun), 1))


def test_an_exponential_law_is_not_refuted_by_the_spells_that_count_but_by_all_of_them(records):
    """Why short closures and those of one crossing stay out of the states: with them lengths are more unequal than that."""
    spells = [spell for record in records.values() for spell in record.spells]
    _, p_value = weibull(
        [spell.days for spell in spells if spell.is_over], [spell.days for spell in spells if not spell.is_over]
    )
    assert p_value > 0.3
    every = [row for row in read_closures(karvan.open_case("pakistan_azerbaijan")) if row.group == "afghan_crossings"]
    lengths = [((row.end - row.start).days + 1, row.is_over) for row in every]
    shape, p_all = weibull([d for d, over in lengths if over], [d for d, over in lengths if not over])
    assert shape < 0.85
    assert p_all < 0.05


def test_a_case_without_closures(files):
    files.write("closure.csv", files.read("closure.csv")[:1])
    files.set("scenario.csv", "ab_shut", shut_groups="")
    with pytest.raises(RequestError) as error:
        group_records(files.open())
    assert str(error.value) == "textbook records no closure. Add rows to closure.csv, or write transition.csv by hand."


def test_a_record_of_short_closures_only(files):
    files.write("closure.csv", files.read("closure.csv")[:1])
    files.add(
        "closure.csv",
        closure_id="a",
        group="ab",
        from_date="2024-01-01",
        to_date="2024-01-09",
        share_shut="1",
        source="textbook",
        confidence="high",
    )
    with pytest.raises(RequestError) as error:
        group_records(files.open())
    assert (
        str(error.value)
        == "textbook: no closure counts (above 0.5 of a group, 14 days or more), so no length is known."
    )
