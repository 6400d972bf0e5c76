"""Published worked examples of discounting and rates of return.

Status of each figure: *read* in a public source, *computed* from such figures, or *arithmetic*: remembered figures that are
internally exact, which check the arithmetic and nothing else.
"""

from __future__ import annotations

from datetime import date

import pytest

from karvan.appraisal.accounts import Accounts, Item, appraise_accounts
from karvan.appraisal.discounting import Discounting, date_factors
from karvan.appraisal.indicators import equivalent_yearly, modified_rate_of_return, present_value
from karvan.appraisal.roots import rate_of_return, rates_by_date, rates_of_return
from karvan.appraisal.rules import open_rule_set

#: HM Treasury, Discounting, supplementary guidance to the Green Book, February 2026, Annex A, table A.1 (3.5 %). Read.
GREEN_BOOK = (
    1, 0.9662, 0.9335, 0.9019, 0.8714, 0.8420, 0.8135, 0.7860, 0.7594, 0.7337, 0.7089, 0.6849, 0.6618, 0.6394, 0.6178, 0.5969,
    0.5767, 0.5572, 0.5384, 0.5202, 0.5026, 0.4856, 0.4692, 0.4533, 0.4380, 0.4231, 0.4088, 0.3950, 0.3817, 0.3687, 0.3563,
)  # fmt: skip


def rounded(value: float, digits: int):
    """What a source prints with so many decimals."""
    return pytest.approx(value, abs=0.5000001 * 10**-digits)


def test_green_book_table_a1():
    factors = open_rule_set("green_book_2026").schedule().factors(range(31))
    assert [rounded(wanted, 4) == found for wanted, found in zip(GREEN_BOOK, factors, strict=True)] == [True] * 31


@pytest.mark.parametrize(("year", "factor"), [(10, 0.8617), (20, 0.7425), (30, 0.6398)])
def test_green_book_table_a2_health(year, factor):
    """Table A.2 (1.5 %). Read."""
    rate = open_rule_set("green_book_2026").alternative_rates["health"].value
    assert Discounting.at(rate).factors([year])[0] == rounded(factor, 4)


@pytest.mark.parametrize(
    ("year", "factor"), [(31, 0.3459), (50, 0.1973), (60, 0.1468), (75, 0.0942), (100, 0.0508), (125, 0.0274)]
)
def test_green_book_bands_beyond_the_table(year, factor):
    """Computed from the bands."""
    assert open_rule_set("green_book_2026").schedule().factors([year])[0] == rounded(factor, 4)


COSTS = (10, 20, 30, 30, 20, 10, 5, 5, 5, 5)
BENEFITS = (0, 0, 5, 10, 30, 40, 40, 40, 40, 25)


def test_the_sample_format_of_circular_a94():
    """OMB Circular A-94, appendix B, sample format, 7 %, end of year. Arithmetic: the figures are remembered, and exact."""
    items = [Item("benefit", "benefit", tuple(map(float, BENEFITS))), Item("cost", "cost", tuple(map(float, COSTS)))]
    found = appraise_accounts(Accounts.of(range(1, 11), items), open_rule_set("us_a94").schedule())
    assert found.costs_pv == rounded(106.40, 2)
    assert found.benefits_pv == rounded(142.41, 2)
    assert found.enpv == rounded(36.01, 2)
    costs = (9.35, 17.47, 24.49, 22.89, 14.26, 6.66, 3.11, 2.91, 2.72, 2.54)
    benefits = (0, 0, 4.08, 7.63, 21.39, 26.65, 24.91, 23.28, 21.76, 12.71)
    assert [rounded(wanted, 2) == pv for wanted, pv in zip(costs, found.table["cost_pv"], strict=True)] == [True] * 10
    assert [rounded(wanted, 2) == pv for wanted, pv in zip(benefits, found.table["benefit_pv"], strict=True)] == [
        True
    ] * 10


# Documentation of Microsoft Excel's financial functions. Computed: two libraries agree.


def test_npv_of_a_spreadsheet():
    """NPV discounts its first value by one year."""
    factors = Discounting.at(0.10, timing="end").factors(range(4))
    assert present_value((-10000, 3000, 4200, 6800), factors) == rounded(1188.44, 2)


@pytest.mark.parametrize(
    ("flows", "percent", "digits"),
    [((-70000, 12000, 15000, 18000, 21000, 26000), 8.66, 2), ((-70000, 12000, 15000, 18000, 21000), -2.12, 2)],
)
def test_irr_of_a_spreadsheet(flows, percent, digits):
    assert rate_of_return(flows) * 100 == rounded(percent, digits)


def test_mirr_of_a_spreadsheet():
    flows = (-120000, 39000, 30000, 21000, 37000, 46000)
    found = modified_rate_of_return(flows, Discounting.at(0.10), reinvested=Discounting.at(0.12))
    assert found * 100 == rounded(12.61, 2)


DATES = (date(2008, 1, 1), date(2008, 3, 1), date(2008, 10, 30), date(2009, 2, 15), date(2009, 4, 1))
FLOWS = (-10000.0, 2750.0, 4250.0, 3250.0, 2750.0)


def test_xirr_of_a_spreadsheet():
    found = rates_by_date(DATES, FLOWS)
    assert found.proven
    assert found.single == rounded(0.373362535, 8)


def test_xnpv_of_a_spreadsheet():
    assert present_value(FLOWS, date_factors(DATES, 0.09)) == rounded(2086.647602, 6)


def test_two_rates_where_libraries_name_one():
    """-1000, 2300, -1320 = -1000 (x - 1.1) (x - 1.2) in 1 + r. Computed: pyxirr names 20 %, numpy-financial 10 %."""
    found = rates_of_return((-1000, 2300, -1320))
    assert found.roots == (0.1, 0.2)
    assert found.verdict == "multiple"


#: Textbooks, by name: flows, and their rates in per cent with so many decimals. Arithmetic.
SEVERAL_RATES = {
    # J. H. Lorie and L. J. Savage, "Three problems in rationing capital", Journal of Business 28(4), 1955: the oil pump
    "pump": ((-1600, 10000, -10000), (25, 400), 9),
    # S. A. Ross, R. W. Westerfield and J. Jaffe, Corporate Finance: 1/4, 1/3, 3/7 and 2/3
    "four": ((-252, 1431, -3035, 2850, -1000), (25, 100 / 3, 300 / 7, 200 / 3), 9),
    # R. A. Brealey, S. C. Myers and F. Allen, Principles of Corporate Finance: a mine that has to be filled up in the end
    "mine": ((-3, *[1] * 9, -6.5), (3.5, 19.54), 2),
    "no rate": ((1000, -3000, 2500), (), 9),
}


@pytest.mark.parametrize("name", SEVERAL_RATES)
def test_several_rates_of_textbooks(name):
    flows, percent, digits = SEVERAL_RATES[name]
    assert [rounded(wanted, digits) for wanted in percent] == [rate * 100 for rate in rates_of_return(flows).roots]


# values and rates that other programs hold themselves to. Read, in their tests ----------------------------------------------


def test_a_value_of_another_program():
    """github.com/lmp/croovy_finance, test of NPV: the first flow a year after the date of valuation, as in a spreadsheet."""
    flows = (-100_000, -54_672, -39_161, 3_054, 7_128, 25_927, 28_838, 46_088, 77_076, 46_726, 76_852, 132_332, 166_047)
    worth = present_value(flows, Discounting.at(0.1, timing="end").factors(range(13)))
    assert worth == pytest.approx(59_832.766488911, abs=1e-9)


def test_a_rate_of_another_program():
    """github.com/orcaman/financial, fin_test.go: IRR, and NPV with the first flow at the date of valuation."""
    flows = (-100, 39, 59, 55, 20)
    assert rate_of_return(flows) == rounded(0.28095, 5)
    assert present_value(flows, Discounting.at(0.281).factors(range(5))) == rounded(-0.00848, 5)


# projects of unequal lives ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("costs", "worth", "yearly"), [((15, 5, 5, 5), 28.37, 10.61), ((10, 6, 6), 21.00, 11.45)])
def test_machines_that_last_differently(costs, worth, yearly):
    """R. A. Brealey, S. C. Myers and F. Allen, Principles of Corporate Finance: equivalent annual cost at 6 %. Arithmetic."""
    value = present_value(costs, Discounting.at(0.06).factors(range(len(costs))))
    assert value == rounded(worth, 2)
    assert equivalent_yearly(value, 0.06, len(costs) - 1) == rounded(yearly, 2)


# paths of the price of a tonne of CO2e ------------------------------------------------------------------------------


@pytest.mark.parametrize(("year", "usd"), [(2024, 42.53), (2026, 44.25), (2030, 47.90), (2040, 58.39), (2050, 71.17)])
def test_the_carbon_path_of_adb(year, usd):
    """USD 36.30 in 2016, 2 % a year. Computed."""
    assert open_rule_set("adb_2017").carbon.price(year) == rounded(usd, 2)


@pytest.mark.parametrize(
    ("year", "low", "high", "digits"),
    [(2020, 40, 80, 2), (2030, 50, 100, 2), (2022, 41.8, 83.7, 1), (2050, 78, 156, 0)],
)
def test_the_carbon_path_of_the_world_bank(year, low, high, digits):
    """USD 40-80 in 2020 and 50-100 in 2030: read. Beyond: computed at 2.25 % a year."""
    path = open_rule_set("world_bank_2016").carbon
    assert (path.price(year, "low"), path.price(year, "high")) == (rounded(low, digits), rounded(high, digits))


@pytest.mark.parametrize(
    ("year", "low", "central", "high"), [(2020, 126.60, 253.19, 379.79), (2030, 147.25, 294.50, 441.75)]
)
def test_the_carbon_values_of_the_green_book(year, low, central, high):
    """Pounds of 2022, values of November 2023. Read."""
    path = open_rule_set("green_book_2026").carbon
    assert (path.currency, path.price_year) == ("GBP", 2022)
    assert [path.price(year, level) for level in ("low", "central", "high")] == [low, central, high]


@pytest.mark.parametrize(("year", "euro"), [(2030, 250), (2050, 800)])
def test_the_carbon_path_of_the_european_investment_bank(year, euro):
    """Read, in a report of others; the points between are remembered, and marked so."""
    path = open_rule_set("eu_2021").carbon
    assert (path.currency, path.price(year)) == ("EUR", euro)
    assert [point.year for point in path.points if point.status == "read"] == [2030, 2050]
