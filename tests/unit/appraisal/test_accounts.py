"""Accounts: their checks, their indicators, and their audit."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest

from karvan.appraisal.accounts import Accounts, Item, appraise_accounts
from karvan.appraisal.audit import audit_accounts, audit_rates
from karvan.appraisal.discounting import Band, Discounting
from karvan.appraisal.indicators import equivalent_yearly, modified_rate_of_return, payback, present_value
from karvan.appraisal.roots import as_written, rates_of_return
from karvan.appraisal.rules import open_rule_set
from karvan.errors import AuditError, InputError, UnknownNameError

TEN = Discounting.at(0.10)


def accounts(benefits, costs, *, capital=None, first=2026):
    items = [
        Item("benefit", "benefit", tuple(map(float, benefits))),
        Item("cost_upkeep", "cost", tuple(map(float, costs))),
    ]
    if capital:
        items.append(Item("cost_capital", "cost", tuple(map(float, capital)), capital=True))
    return Accounts.of(range(first, first + len(benefits)), items)


def test_a_stream_followed_by_hand():
    """100 spent, then 5 a year to run it and 60, 70, 10 earned; at 10 %."""
    found = appraise_accounts(accounts((0, 60, 70, 10), (0, 5, 5, 5), capital=(100, 0, 0, 0)), TEN)
    benefits = 60 / 1.1 + 70 / 1.21 + 10 / 1.331
    running = 5 / 1.1 + 5 / 1.21 + 5 / 1.331
    assert found.benefits_pv == pytest.approx(benefits, rel=1e-14)
    assert found.costs_pv == pytest.approx(100 + running, rel=1e-14)
    assert found.capital_pv == 100
    assert found.enpv == pytest.approx(benefits - running - 100, rel=1e-12)
    assert found.bcr_all_costs == pytest.approx(benefits / (100 + running))
    assert found.bcr_capital == pytest.approx((benefits - running) / 100)
    assert (found.bcr, found.bcr_denominator) == (found.bcr_all_costs, "all_costs")
    assert found.item_pv["cost_upkeep"] == pytest.approx(running)
    # 55 earned in 2027 on the 100 spent in 2026, which are worth 110 by then
    assert found.first_year_return == pytest.approx(0.5)
    assert found.opening_year == 2027
    # -100, -45, +20: 45 of the 65 of the second year
    assert found.payback_years == pytest.approx(1 + 45 / 65)
    assert found.mirr == pytest.approx(((55 * 1.21 + 65 * 1.1 + 5) / 100) ** (1 / 3) - 1)
    assert (
        pytest.approx(-100 + 55 / (1 + found.eirr) + 65 / (1 + found.eirr) ** 2 + 5 / (1 + found.eirr) ** 3, abs=1e-10)
        == 0
    )


def test_at_its_switching_value_a_stream_brings_value_to_zero():
    streams = accounts((0, 60, 70, 10), (0, 5, 5, 5), capital=(100, 0, 0, 0))
    for name, change in appraise_accounts(streams, TEN).switching.items():
        assert appraise_accounts(streams.scaled({name: 1 + change}), TEN).enpv == pytest.approx(0, abs=1e-12)
    assert appraise_accounts(accounts((1, 1), (0, 0)), TEN).switching == {"benefit": -1.0, "cost_upkeep": None}


def test_the_base_year_moves_value_and_nothing_else():
    streams = accounts((0, 60, 70), (100, 0, 0))
    here, before = appraise_accounts(streams, TEN), appraise_accounts(streams, TEN, base_year=2024)
    assert before.enpv == pytest.approx(here.enpv / 1.21)
    assert (before.eirr, before.bcr, before.mirr) == (here.eirr, pytest.approx(here.bcr), here.mirr)
    assert before.table["t"].tolist() == [2, 3, 4]


def test_timing_moves_value_by_half_a_year():
    streams = accounts((0, 60, 70), (100, 0, 0))
    start, mid, end = (
        appraise_accounts(streams, Discounting.at(0.1, timing=timing)).enpv for timing in ("start", "mid", "end")
    )
    assert mid == pytest.approx(start / math.sqrt(1.1))
    assert end == pytest.approx(start / 1.1)


def test_what_has_no_rate_of_return_says_so():
    found = appraise_accounts(accounts((5, 5), (0, 0)), TEN)
    assert (found.eirr, found.rates.verdict, found.mirr) == (None, "none", None)
    assert found.notes == ("the net stream never changes sign, so that no rate brings its value to zero",)
    assert found.bcr is None


def test_one_rate_of_a_stream_that_changes_sign_often_is_noted():
    found = appraise_accounts(accounts((0, 2200, 0), (1000, 0, 1210)), TEN)
    assert found.eirr == pytest.approx(0.1)
    assert found.notes == (
        "the net stream changes sign 2 times; it has one rate of return, but a higher discount rate need not lower its value",
    )


def test_a_stream_that_begins_with_a_gain_is_noted():
    """Lent first and paid back later: at 9 % it is a bad bargain, though its rate is 13 %."""
    found = appraise_accounts(accounts([0, 100, 0, 0], [0, 0, 60, 60]), Discounting.at(0.09))
    assert found.eirr == pytest.approx(0.1307, abs=5e-5)
    assert found.enpv < 0
    assert found.notes == (
        "the net stream begins with a gain: its rate of return is what that gain costs, and the lower it is, the better",
    )
    assert appraise_accounts(accounts([0, 0, 60, 60], [0, 100, 0, 0]), TEN).notes == ()


def test_a_ratio_over_capital_without_capital_is_noted():
    found = appraise_accounts(accounts((0, 60, 70), (100, 0, 0)), TEN, bcr_denominator="capital")
    assert found.bcr is None
    assert found.notes == (
        "there is no ratio over capital, since no stream is of it: the name of its column begins with cost_capital",
    )


def test_a_negative_cost_is_noted():
    found = appraise_accounts(accounts((0, 60, 70), (100, 0, -20)), TEN)
    assert found.notes == ("the cost is negative in 2028; it lowers the costs, and so moves the ratios",)


def test_costs_that_are_all_negative_are_noted():
    found = appraise_accounts(accounts((0, 60, 70), (-100, 0, -20)), TEN)
    assert found.notes[-1] == (
        "no cost is above zero, and those below count as gains: costs count up, an outlay of 300 is a cost of 300"
    )


def test_streams_of_more_years_than_a_thousand():
    with pytest.raises(
        InputError, match=r"years: found 1,001; expected at most 1,000\. Add up what falls in one year\."
    ):
        Accounts.of(range(1001), [Item("works", "cost", (1.0,) * 1001)])


def test_a_year_without_a_figure_is_told():
    with pytest.raises(
        InputError, match=r"tolls, 2027: found no number; expected one\. Write 0 where nothing happens\."
    ):
        Accounts.of([2026, 2027], [Item("tolls", "benefit", (1.0, None))])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bcr_denominator": "all"}, "Denominator of the ratio: found 'all'; expected one of all_costs, capital."),
        ({"base_year": 2025.5}, "Base year: found 2025.5; expected a whole number."),
    ],
)
def test_conventions_that_are_none(options, message):
    with pytest.raises(InputError, match=re.escape(message)):
        appraise_accounts(accounts((0, 60, 70), (100, 0, 0)), TEN, **options)


def test_never_paid_back():
    found = appraise_accounts(accounts((0, 60, 39), (100, 0, 0)), TEN)
    assert (found.payback_years, found.discounted_payback_years) == (None, None)


def test_every_fault_of_accounts_is_told_at_once():
    with pytest.raises(InputError) as caught:
        Accounts.of(
            [2026, 2026, 2029, 2028],
            [Item("tolls", "benefit", (1.0, math.nan)), Item("works", "cost", (1.0, 2.0, 3.0, 4.0, 5.0)),
             Item("works", "cost", (1.0, 2.0, 3.0, math.inf))],
        )  # fmt: skip
    assert str(caught.value) == (
        "Accounts: 8 problems\n"
        "  years: found 2026 twice; expected each year once. Add its rows up.\n"
        "  years: found 2029 after 2026; expected 2027 to 2028 between them. Write 0 where nothing happens.\n"
        "  years: found 2028 after 2029; expected ascending years. Sort the rows.\n"
        "  works: found twice; expected once. Give each stream a name of its own.\n"
        "  tolls: found 2 values; expected 4, one for each year. Write 0 where nothing happens.\n"
        "  tolls, 2026: found no number; expected one. Write 0 where nothing happens.\n"
        "  works: found 5 values; expected 4, one for each year. Write 0 where nothing happens.\n"
        "  works, 2028: found no number; expected one. Write 0 where nothing happens."
    )


def test_sums_and_rates_beyond_all_measure():
    with pytest.raises(InputError) as caught:
        accounts((1e308, 0), (0, -1e31))
    assert caught.value.problems == (
        "benefit, 2026: found 1e+308; expected at most 1e+30 in size.",
        "cost_upkeep, 2027: found -1e+31; expected at most 1e+30 in size.",
    )
    with pytest.raises(InputError) as caught:
        appraise_accounts(accounts([1.0] * 200, [0.0] * 200), Discounting.at(-0.99))
    assert str(caught.value) == (
        "Discounting: found rates so far below zero that a sum of 2225 grows beyond all measure; expected higher ones."
    )


def test_accounts_of_nothing():
    with pytest.raises(InputError) as caught:
        Accounts.of([], [])
    assert str(caught.value).splitlines()[1:] == [
        "  years: found none; expected one or more.",
        "  streams: found none; expected a benefit or a cost.",
    ]


def test_a_base_year_out_of_reach():
    with pytest.raises(InputError) as caught:
        appraise_accounts(accounts((0, 1), (1, 0)), TEN, base_year=0)
    assert str(caught.value) == (
        "Base year: found 0, 2026 years from the first year of the streams, 2026; expected at most 100. "
        "Name a year as the streams count them."
    )


def test_scaling_a_stream_by_name():
    streams = accounts((0, 60, 70), (100, 0, 0))
    assert streams.scaled({"cost_upkeep": 2}).item("cost_upkeep").values == (200, 0, 0)
    with pytest.raises(UnknownNameError, match=r"No stream is called 'cost'\. Did you mean cost_upkeep\?"):
        streams.scaled({"cost": 2})


def test_streams_and_factors_of_unequal_length():
    with pytest.raises(InputError) as caught:
        present_value([1, 2, 3], [1.0])
    assert str(caught.value) == (
        "Streams of unequal length: found 3 flows and 1 discount factors; expected as many of both."
    )


@pytest.mark.parametrize(
    ("flows", "years"), [((-100, 40, 40, 40), 2.5), ((0, 5), 0), ((-1, 2, -2, 2), 2.5), ((-1,), None)]
)
def test_payback(flows, years):
    assert payback(flows) == years


@pytest.mark.parametrize(
    ("flows", "years"),
    [((-0.3, 0.1, 0.2), 2.0), ((-0.1, -0.2, 0.3), 2.0), ((-1e6, 0.1, 999_999.9), 2.0), ((-1.0, 0.5), None)],
)
def test_what_comes_out_as_nothing_is_paid_back(flows, years):
    found = payback(flows)
    assert found == (years if years is None else pytest.approx(years, abs=1e-9))


def test_paid_back_at_the_discount_rate_itself():
    """A return of just the discount rate pays back at the end: 100 (1.1 / 1.1) is not short by a part in 10^16."""
    for rate in (0.03, 0.07, 0.09, 0.1, 0.12):
        flows = accounts([0, 0, 100 * (1 + rate) ** 2], [0, 0, 0], capital=[100, 0, 0])
        assert appraise_accounts(flows, Discounting.at(rate)).discounted_payback_years == pytest.approx(2.0)


def test_streams_that_cancel_in_a_year_leave_no_change_of_sign():
    """0.1 + 0.2 - 0.3 is nothing: what rounding leaves of it would be a receipt before the outlay, and a second rate of 10^18."""
    items = [
        Item("benefit_a", "benefit", (0.1, 0.0, 60.0)),
        Item("benefit_b", "benefit", (0.2, 0.0, 60.0)),
        Item("cost", "cost", (0.3, 100.0, 0.0)),
    ]
    found = appraise_accounts(Accounts.of(range(2026, 2029), items), TEN)
    assert found.accounts.net[0] != 0
    assert (found.rates.sign_changes, found.eirr) == (1, pytest.approx(0.2, abs=1e-12))


def test_years_before_the_first_flow_do_not_count():
    """Works that begin later are not paid back later, nor at another rate."""
    flows = [-100.0, 40.0, 40.0, 40.0]
    assert payback([0, 0, 0, *flows]) == payback(flows)
    assert modified_rate_of_return([0, 0, *flows], TEN) == pytest.approx(modified_rate_of_return(flows, TEN), rel=1e-12)
    assert payback([0, 0]) is None  # nothing is spent, and nothing comes back
    assert modified_rate_of_return([0, 0], TEN) is None


@pytest.mark.parametrize(("timing", "late"), [("start", 0), ("mid", 1), ("end", 1)])
def test_rates_by_bands_are_those_of_the_years(timing, late):
    """10 % up to year 2, then none: with the base year 2020 flows of 2026 on see no rate."""
    bands = Discounting.of([Band(0, 0.1), Band(2, 0.0)], timing=timing)
    streams = accounts((0, 50, 53), (100, 0, 0))
    found = appraise_accounts(streams, bands, base_year=2020)
    assert found.mirr == pytest.approx(1.03**0.5 - 1)
    assert found.first_year_return == pytest.approx(0.5)
    # from 2026 on the step into 2027 is at 10 %, from the middle half of it, and from the end none
    here = appraise_accounts(streams, bands)
    grown = {("start", 0): 1.1, ("mid", 1): 1.1**0.5, ("end", 1): 1.0}[timing, late]
    assert here.first_year_return == pytest.approx(0.5 / grown)


def test_rates_of_the_green_book_from_a_base_year_long_ago():
    """Year 70 and later are discounted at 3 %: ((50 x 1.03 + 53) / 100) ^ (1 / 2) - 1, and 50 / (100 x 1.03)."""
    found = appraise_accounts(
        accounts((0, 50, 53), (100, 0, 0)), open_rule_set("green_book_2026").schedule(), base_year=1956
    )
    assert found.mirr == pytest.approx(((50 * 1.03 + 53) / 100) ** 0.5 - 1)
    assert found.first_year_return == pytest.approx(50 / 103)


def test_works_that_go_on_in_the_first_year_are_spent_not_lost():
    """Of two parts one opens in 2028, while 200 more are built for the other: (50 - 4) / (100 x 1.21 + 100 x 1.1 + 200)."""
    items = [
        Item("benefit", "benefit", (0.0, 0.0, 50.0, 90.0)),
        Item("cost_capital", "cost", (100.0, 100.0, 200.0, 0.0), capital=True),
        Item("cost_upkeep", "cost", (0.0, 0.0, 4.0, 8.0)),
    ]
    found = appraise_accounts(Accounts.of(range(2026, 2030), items), TEN)
    assert found.opening_year == 2028
    assert found.first_year_return == pytest.approx(46 / (121 + 110 + 200))


def test_no_modified_rate_without_outlay_or_receipt():
    assert modified_rate_of_return([1, 2], TEN) is None
    assert modified_rate_of_return([-1, -2], TEN) is None
    assert modified_rate_of_return([-1], TEN) is None


def test_equal_yearly_sums():
    assert equivalent_yearly(100, 0.1, 2) == pytest.approx(100 / (1 / 1.1 + 1 / 1.21))
    assert equivalent_yearly(100, 0, 4) == 25
    with pytest.raises(InputError, match=r"^Equal yearly sums: years: found 0; expected 1 or more, whole\.$"):
        equivalent_yearly(100, 0.1, 0)


# the audit catches what is wrong ------------------------------------------------------------------------------------


@pytest.fixture
def sound():
    discounting = Discounting.of([Band(0, 0.1), Band(2, 0.05)], timing="mid")
    return appraise_accounts(
        accounts((0, 60, 70, 10), (0, 5, 5, 5), capital=(100, 0, 0, 0)), discounting, base_year=2024
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda found: {"enpv": found.enpv + 1e-6}, "ENPV is"),
        (lambda found: {"item_pv": {**found.item_pv, "benefit": 1.0}}, "the streams are worth"),
        (lambda found: {"factors": (*found.factors[:-1], 0.5)}, "the discount factor of 2029 does not follow"),
        (lambda found: {"rates": replace(found.rates, roots=(0.11,))}, "a rate of return of 0.11 leaves a value"),
        (lambda _: {"base_year": 2025}, "ENPV is"),
    ],
)
def test_a_result_that_does_not_hold(sound, change, message):
    audit_accounts(sound)
    with pytest.raises(AuditError, match=message):
        audit_accounts(replace(sound, **change(sound)))


@pytest.mark.parametrize(
    ("flows", "rates"),
    [
        ([-100.0, *[30.0] * 4, -1e-8], [-0.99999999967, 0.0771]),
        ([-100.0, *[9.0] * 58, -1e-5], [-0.9999988889, 0.0894]),
        ([-1e8, 1.0], [-0.99999999]),
        ([-1e20, 1e-5], [math.nextafter(-1.0, 0.0)]),
    ],
)
def test_rates_near_a_whole_loss_hold(flows, rates):
    """With y = 1 + r, the least root of the first is where -100 y^5 + 30 (y^4 + ... + y) is 1e-8: y is 1e-8 / 30."""
    found = rates_of_return(flows).roots
    assert found == pytest.approx(rates, abs=5e-5)
    assert [1 + rate for rate in found] == pytest.approx([1 + rate for rate in rates], rel=0.02)
    exact = [as_written(flow) for flow in flows]
    audit_rates(exact, found)
    for rate in found:
        # a million of its last digits off, or of those of 1 + r
        off = 1e6 * max(math.ulp(rate), 2.0**-52 * (1 + rate))
        with pytest.raises(AuditError, match="leaves a value"):
            audit_rates(exact, [rate + off])


def test_a_rate_at_which_value_touches_zero_holds():
    """-1, 2.2, -1.21 is worth -(1.1 / (1 + r) - 1)^2, nearly nothing near 10 %: a rate that is off is told by its square."""
    flows = [as_written(flow) for flow in (-1.0, 2.2, -1.21)]
    audit_rates(flows, rates_of_return(flows).roots)
    with pytest.raises(AuditError, match=r"a rate of return of 0\.100001 leaves a value"):
        audit_rates(flows, [0.100001])


def test_streams_that_nearly_cancel_have_the_rate_of_what_is_written():
    """5,000,000,000.1 less 5,000,000,000 and 0.2 is -0.1; a year later 0.11 comes back: 10 %."""
    items = [
        Item("benefit", "benefit", (5000000000.1, 5000000000.11)),
        Item("cost_a", "cost", (5000000000.0, 5000000000.0)),
        Item("cost_b", "cost", (0.2, 0.0)),
    ]
    found = appraise_accounts(Accounts.of([2020, 2021], items), TEN)
    assert found.eirr == pytest.approx(0.1, rel=1e-15)
    with pytest.raises(AuditError, match=r"a rate of return of 0\.1000001 leaves a value"):
        audit_accounts(replace(found, rates=replace(found.rates, roots=(0.1000001,))))


def test_a_rate_nearer_to_a_whole_loss_than_numbers_tell_is_noted():
    found = appraise_accounts(accounts((0, 1e-5), (1e20, 0)), TEN)
    assert found.eirr == math.nextafter(-1.0, 0.0)
    assert found.notes == (
        "a rate of return lies nearer to -100 % than numbers tell; it is given as the nearest above",
    )


def test_years_in_parts_and_unknown_kinds_are_refused():
    with pytest.raises(InputError, match=r"years: found 2026\.5; expected whole years"):
        Accounts.of([2026.5, 2027.5], [Item("time", "benefit", (1.0, 2.0))])
    with pytest.raises(InputError, match="time: found the kind 'Benefit'; expected benefit or cost"):
        Accounts.of([2026, 2027], [Item("time", "Benefit", (1.0, 2.0))])  # type: ignore[arg-type]


def test_equal_yearly_sums_are_of_whole_years():
    with pytest.raises(InputError, match=r"years: found 2\.5; expected 1 or more, whole"):
        equivalent_yearly(100, 0.1, 2.5)
    with pytest.raises(InputError, match="value: found nan; expected a number"):
        equivalent_yearly(math.nan, 0.1, 2)


def test_equal_yearly_sums_need_a_rate():
    with pytest.raises(InputError, match=r"rate: found -1 \(-100 %\)"):
        equivalent_yearly(100, -1, 5)
