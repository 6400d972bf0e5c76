"""Financial accounts, cost of capital, cover of debts, charges, residual values, and the fiscal page."""

from __future__ import annotations

import math

import numpy as np
import numpy_financial as npf
import pytest

from karvan.appraisal.discounting import Discounting
from karvan.appraisal.finance import (
    Capital,
    charges_for_target,
    cost_of_capital,
    debt_cover,
    financial_returns,
    residual_by_flows,
    residual_by_life,
)
from karvan.appraisal.fiscal import Guarantee, fiscal_page
from karvan.appraisal.loans import Loan, convert_schedule, schedule_loan
from karvan.errors import InputError

YEARS = range(2026, 2031)
FOUR = Discounting.at(0.04)
WORKS = {"investment": (100.0, 0, 0, 0, 0), "revenue": (0, 40.0, 40, 40, 40), "running_cost": (0, 10.0, 10, 10, 10)}


def test_investment_and_owners_money_followed_by_hand():
    loan = schedule_loan(Loan(60, 0.05, 3, first_year=2026, grace_years=1))
    found = financial_returns(YEARS, FOUR, **WORKS, grants=(20.0, 0, 0, 0, 0), equity=(23.0, 0, 0, 0, 0), loans=[loan])
    flows = [-100, 30, 30, 30, 30]
    assert found.fnpv_c == pytest.approx(sum(flow / 1.04**year for year, flow in enumerate(flows)))
    due = 60 * 0.05 / (1 - 1.05**-2)
    # drawn with the works, paid at the ends of the years: 2026 to 2028
    owners = [-100 + 20 + 60, 30 - 3, 30 - due, 30 - due, 30]
    assert found.fnpv_k == pytest.approx(sum(flow / 1.04**year for year, flow in enumerate(owners)))
    assert sum(flow * (1 + found.firr_k.single) ** -year for year, flow in enumerate(owners)) == pytest.approx(
        0, abs=1e-9
    )
    # 100 to pay and 3 of interest: 60 lent, 20 given, 23 paid in
    assert found.cash[0] == pytest.approx(0)
    assert found.short_years == (2027, 2028)
    assert not found.sustainable


@pytest.mark.parametrize("timing", ["start", "mid", "end"])
@pytest.mark.parametrize("repayment", ["annuity", "equal_principal"])
def test_a_loan_at_the_discount_rate_is_worth_nothing(timing, repayment):
    """Whoever pays for it what money is worth gains and loses nothing: the identity of Modigliani and Miller, without taxes."""
    terms = {"grace_years": 2, "repayment": repayment, "drawn": (0.7, 0.3), "capitalise": True}
    loan = schedule_loan(Loan(60, 0.04, 5, first_year=2026, **terms))
    schedule = Discounting.at(0.04, timing=timing)
    found = financial_returns(YEARS, schedule, **WORKS, loans=[loan])
    assert found.fnpv_k == pytest.approx(found.fnpv_c, abs=1e-9)
    # at every rate of return of the owners' money its value is nothing, wherever in their years flows fall
    assert found.firr_k.roots
    for rate in found.firr_k.roots:
        there = financial_returns(YEARS, Discounting.at(rate, timing=timing), **WORKS, loans=[loan])
        assert there.fnpv_k == pytest.approx(0.0, abs=1e-6)
    # the loan costs less than the investment returns
    assert max(found.firr_k.roots) > found.firr_c.single > 0.04


def test_owners_who_borrow_all_of_it_invest_nothing():
    """Works of 0.1 + 0.2, lent in full, leave no trace in the year of works; cash comes before what is owed."""
    loan = schedule_loan(Loan(0.3, 0.05, 3, first_year=2026, grace_years=1))
    works = WORKS | {
        "investment": (0.1 + 0.2, 0, 0, 0, 0),
        "revenue": (0, 0.2, 0.2, 0.2, 0.2),
        "running_cost": (0.0,) * 5,
    }
    found = financial_returns(YEARS, FOUR, **works, loans=[loan])
    assert found.firr_k.roots == ()
    assert found.firr_k.sign_changes == 0


def test_a_textbook_loan_by_two_libraries():
    """1,000 invested, 600 lent at 8 % and repaid in five equal payments at the ends of the years, 300 earned in each."""
    years = range(2026, 2032)
    loan = schedule_loan(Loan(600, 0.08, 5, first_year=2026))
    found = financial_returns(
        years, Discounting.at(0.1), investment=(1000.0, 0, 0, 0, 0, 0), revenue=(0, *[300.0] * 5), running_cost=(0.0,) * 6,
        loans=[loan],
    )  # fmt: skip
    payment = -float(npf.pmt(0.08, 5, 600))
    flows = [-400.0, *[300.0 - payment] * 5]
    assert found.fnpv_k == pytest.approx(float(npf.npv(0.1, flows)), rel=1e-12)
    assert found.firr_k.single == pytest.approx(float(npf.irr(flows)), rel=1e-9)


def test_without_debt_or_grant_the_two_are_the_same():
    found = financial_returns(YEARS, FOUR, **WORKS, equity=(100.0, 0, 0, 0, 0))
    assert found.fnpv_k == found.fnpv_c
    assert found.firr_k == found.firr_c
    assert found.sustainable


def test_a_residual_value_is_no_cash():
    found = financial_returns(YEARS, FOUR, **WORKS, residual_value=50)
    plain = financial_returns(YEARS, FOUR, **WORKS)
    assert found.fnpv_c == pytest.approx(plain.fnpv_c + 50 / 1.04**4)
    assert found.cash == plain.cash


def test_every_fault_of_financial_accounts_is_told_at_once():
    loan = schedule_loan(Loan(60, 0.05, 9, first_year=2026, name="ADB"))
    with pytest.raises(InputError) as caught:
        financial_returns(YEARS, FOUR, investment=(1.0,), revenue=(1.0, 2.0), running_cost=(0.0,) * 5, loans=[loan])
    assert str(caught.value) == (
        "Financial accounts: 3 problems\n"
        "  investment: found 1 values; expected 5, one for each year. Write 0 where nothing happens.\n"
        "  revenue: found 2 values; expected 5, one for each year. Write 0 where nothing happens.\n"
        "  loan 'ADB': found 2026 to 2034; expected within the horizon, 2026 to 2030. Shorten the loan, or lengthen the horizon."
    )


def test_the_cost_of_capital_in_real_terms():
    """60 % debt at 6 %, deductible at 20 %, 40 % equity at 12 %, inflation 2 %."""
    sources = [Capital("debt", 0.6, 0.06, deductible=True), Capital("equity", 0.4, 0.12)]
    found = cost_of_capital(sources, tax=0.2, inflation=0.02)
    assert found == pytest.approx(0.6 * (1.048 / 1.02 - 1) + 0.4 * (1.12 / 1.02 - 1))
    assert cost_of_capital(sources, tax=0.2, inflation=0.08, floor=0.04) == 0.04


def test_sources_in_money_of_other_inflation():
    """Dollars lent at 5 %, with 2 % inflation, and local money at 14 %, with 9 %."""
    sources = [Capital("loan in dollars", 0.7, 0.05, deductible=True, inflation=0.02), Capital("budget", 0.3, 0.14)]
    found = cost_of_capital(sources, tax=0.2, inflation=0.09)
    assert found == pytest.approx(0.7 * (1.04 / 1.02 - 1) + 0.3 * (1.14 / 1.09 - 1))
    with pytest.raises(InputError, match=r"loan, inflation: found 2 \(200 %\); expected a share of one"):
        cost_of_capital([Capital("loan", 1, 0.05, inflation=2)], tax=0.2, inflation=0.09)


def test_shares_of_capital_that_cannot_be():
    with pytest.raises(InputError) as caught:
        cost_of_capital([Capital("debt", 1.5, 0.06)], tax=1, inflation=-1)
    assert str(caught.value) == (
        "Cost of capital: 4 problems\n"
        "  debt: found a share of 1.5; expected 0 to 1.\n"
        "  shares: found a sum of 1.5; expected 1.\n"
        "  tax: found 1; expected a share from 0 to below 1.\n"
        "  inflation: found -1 (-100 %); expected more than -1, since at -100 % nothing is left to discount."
    )


def test_cover_of_a_debt():
    """An annuity of two payments of 53.78: 60 and 50 to pay them from."""
    loan = schedule_loan(Loan(100, 0.05, 2, first_year=2026))
    found = debt_cover({2026: 60, 2027: 50}, loan)
    payment = 100 * 0.05 / (1 - 1.05**-2)
    assert found.by_year == pytest.approx({2026: 60 / payment, 2027: 50 / payment})
    assert (found.least, found.average) == (pytest.approx(50 / payment), pytest.approx(55 / payment))
    assert found.loan_life == pytest.approx((60 / 1.05 + 50 / 1.05**2) / 100)


def test_cash_after_the_loan_covers_it_over_the_life_of_the_project():
    """100 at 10 % over 5 years: service 26.38; 40 of cash a year for 5 years of 8, so that PLCR counts three years more."""
    loan = schedule_loan(Loan(100, 0.1, 5, first_year=2026))
    found = debt_cover(dict.fromkeys(range(2025, 2034), 40.0), loan)
    assert (found.least, found.average) == (pytest.approx(40 / 26.3797481),) * 2
    assert found.loan_life == pytest.approx(0.4 * 3.7907868)  # present value of 1 a year for 5 years
    assert found.project_life == pytest.approx(0.4 * 5.3349262)  # and for 8
    with pytest.raises(InputError, match=r"2033: found cash of nan; expected a number"):
        debt_cover(dict.fromkeys(range(2026, 2033), 40.0) | {2033: math.nan}, loan)


def test_cash_that_equals_service_covers_it_once():
    loan = schedule_loan(Loan(100, 0.07, 8, first_year=2026, grace_years=3, drawn=(0.6, 0.4), capitalise=True))
    found = debt_cover(dict(zip(loan.years, loan.service, strict=True)), loan)
    assert (found.least, found.average, found.loan_life) == pytest.approx((1, 1, 1))


def test_cash_that_equals_service_covers_a_loan_drawn_over_years_once():
    """Interest is paid while money is drawn: the debt is what is owed by then and, at its value then, what is drawn later."""
    loan = schedule_loan(Loan(100, 0.07, 8, first_year=2026, grace_years=3, drawn=(0.2, 0.5, 0.3)))
    found = debt_cover(dict(zip(loan.years, loan.service, strict=True)), loan)
    assert (found.least, found.average, found.loan_life) == pytest.approx((1, 1, 1))


def test_a_year_of_service_without_cash():
    with pytest.raises(InputError) as caught:
        debt_cover({2026: 60}, schedule_loan(Loan(100, 0.05, 2, first_year=2026)))
    assert str(caught.value) == (
        "Cover of loan 'loan': 2027: found no cash; expected a figure for each year of service. Write 0 where there is none."
    )


def test_the_charge_that_reaches_a_target():
    """100 now, 5 a year of upkeep, 10 tonnes a year for two years, 1 a tonne to run: at 10 %."""
    found = charges_for_target([0, 10, 10], [-100, -5, -5], Discounting.at(0.1), cost_per_t=1)
    worth = 10 / 1.1 + 10 / 1.21
    needed = 100 + 5 / 1.1 + 5 / 1.21
    assert found == pytest.approx(
        {0.5: needed / (0.5 * worth) + 1, 0.75: needed / (0.75 * worth) + 1, 1.0: needed / worth + 1}
    )


def test_a_charge_without_traffic():
    with pytest.raises(InputError) as caught:
        charges_for_target([0, 0], [-1, 0], FOUR, uses=(0, 1))
    assert caught.value.problems == (
        "use: found 0; expected a share above 0, at most 2. Write 50 % as 0.5.",
        "tonnes: found none; expected some. Without traffic no charge can pay.",
    )


def test_residual_values_both_ways():
    assert residual_by_life([100, 50], [40, 20], [30, 25]) == 25
    assert residual_by_flows(10, 2, 0.1) == pytest.approx(10 / 1.1 + 10 / 1.21)
    assert residual_by_flows(10, 2, 0.1, growth=0.1) == pytest.approx(20)
    with pytest.raises(InputError, match="asset 1: found a life of 0 years"):
        residual_by_life([1], [0], [1])
    with pytest.raises(InputError, match="remaining years: found -1"):
        residual_by_flows(1, -1, 0.1)


def test_a_fiscal_page_followed_by_hand():
    own = convert_schedule(schedule_loan(Loan(10, 0.0, 2, first_year=2026)), {2026: 2, 2027: 2}, currency="AZN")
    backed = schedule_loan(Loan(30, 0.0, 3, first_year=2026, currency="AZN"))
    found = fiscal_page(
        [2026, 2027, 2028], loans=[own], guarantees=[Guarantee(backed, 0.5, 0.1)], outlay=[5, 0, 0], receipts=[0, 1, 1],
        purchases_abroad=[7, 0, 0], home_currency="AZN",
    )  # fmt: skip
    assert found.debt == (10, 0, 0)
    assert found.guaranteed == (10, 5, 0)
    assert found.service == (10, 10, 0)
    assert found.expected_calls == pytest.approx((0.5, 0.5, 0.5))
    assert found.foreign_exchange == (17, 10, 0)
    assert found.cost == pytest.approx((5 + 10 + 0.5 - 20, 10 + 0.5 - 1, 0.5 - 1))
    assert list(found.table.columns)[:2] == ["year", "debt"]


def test_a_fiscal_page_that_cannot_be():
    backed = schedule_loan(Loan(30, 0.0, 3, first_year=2026, name="port"))
    with pytest.raises(InputError) as caught:
        fiscal_page([2026], guarantees=[Guarantee(backed, 0.5, 1.1)], outlay=[1, 2], home_currency="USD")
    assert str(caught.value) == (
        "Fiscal page: 3 problems\n"
        "  outlay: found 2 values; expected 1, one for each year.\n"
        "  loan 'port': found 2026 to 2028; expected within the horizon, 2026 to 2026. "
        "Shorten the loan, or lengthen the horizon.\n"
        "  guarantee of 'port', probability: found 1.1; expected 0 to 1."
    )


def test_loans_are_in_the_currency_of_the_streams():
    dollars, euros = (
        schedule_loan(Loan(10, 0.05, 3, first_year=2026, currency=code, name=code)) for code in ("USD", "EUR")
    )
    with pytest.raises(InputError) as caught:
        financial_returns(YEARS, FOUR, **WORKS, loans=[dollars, euros])
    assert caught.value.problems == (
        "loan 'EUR': found sums in EUR; expected USD, as those of the first loan are. Convert its schedule.",
    )
    with pytest.raises(InputError, match="loan 'EUR': found sums in EUR; expected USD, as the streams are"):
        financial_returns(YEARS, FOUR, **WORKS, loans=[euros], currency="USD")
    both = [dollars, convert_schedule(euros, dict.fromkeys(YEARS, 1.1), currency="USD")]
    assert financial_returns(YEARS, FOUR, **WORKS, loans=both, currency="USD").cash


def test_streams_may_be_arrays():
    listed = financial_returns(YEARS, FOUR, **WORKS, grants=(20.0, 0, 0, 0, 0), equity=(23.0, 0, 0, 0, 0))
    arrays = {name: np.array(values) for name, values in WORKS.items()}
    found = financial_returns(
        YEARS, FOUR, **arrays, grants=np.array([20.0, 0, 0, 0, 0]), equity=np.array([23.0, 0, 0, 0, 0])
    )
    assert found == listed
    assert fiscal_page(YEARS, outlay=np.ones(5), home_currency="USD").cost == (1.0,) * 5


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"revenue": (0, math.nan, 40, 40, 40)}, "revenue, 2027: found nan; expected a number"),
        ({"residual_value": math.nan}, "residual_value: found nan; expected a number"),
        ({"years": (2026, 2027, 2028, 2029, 2031)}, "years: found 2031 after 2029; expected 2030 between them"),
        ({"years": (), "investment": (), "revenue": (), "running_cost": ()}, "years: found none"),
    ],
)
def test_financial_accounts_that_cannot_be(changed, message):
    given = {"years": YEARS, **WORKS, **changed}
    with pytest.raises(InputError, match=message):
        financial_returns(given.pop("years"), FOUR, **given)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: cost_of_capital([Capital("bond", 1, 9)], tax=0.2, inflation=0.02), r"bond, cost: found 9 \(900 %\)"),
        (lambda: cost_of_capital([Capital("bond", 1, math.nan)], tax=0.2, inflation=0.02), "bond, cost: found nan"),
        (lambda: cost_of_capital([Capital("bond", math.nan, 0.1)], tax=0.2, inflation=0.02), "found a sum of nan"),
        (
            lambda: debt_cover({2026: 50, 2027: math.nan}, schedule_loan(Loan(100, 0.05, 2, first_year=2026))),
            "2027: found no cash",
        ),
        (lambda: charges_for_target([0, math.nan], [-100, 0], FOUR), "streams: found a year without a number"),
        (lambda: cost_of_capital([Capital("bond", 1, 0.1)], tax=0.2, inflation=2), r"inflation: found 2 \(200 %\)"),
        (lambda: cost_of_capital([Capital("bond", 1, 0.1)], tax=0.2, inflation=math.inf), "inflation: found inf"),
        (
            lambda: cost_of_capital([Capital("bond", 1, 0.1)], tax=0.2, inflation=0, floor=4),
            r"floor: found 4 \(400 %\)",
        ),
        (lambda: cost_of_capital([Capital("bond", 1, 0.1)], tax=0.2, inflation=0, floor=math.nan), "floor: found nan"),
        (
            lambda: charges_for_target([1, 1], [-1, 0], FOUR, uses=(50,)),
            "use: found 50; expected a share above 0, at most 2",
        ),
        (
            lambda: charges_for_target([1, 1], [-1, 0], FOUR, cost_per_t=math.nan),
            "cost_per_t: found nan; expected a number",
        ),
        (lambda: charges_for_target([5, -1], [-1, 0], FOUR), "tonnes: found -1 in a year; expected 0 or more"),
        (lambda: residual_by_life([math.nan], [40], [3]), "asset 1: found a cost of nan; expected a number"),
        (lambda: residual_by_life([1], [math.inf], [math.inf]), "asset 1: found a life of inf years"),
        (lambda: residual_by_flows(math.inf, 5, 0.05), "last net flow: found inf; expected a number"),
        (lambda: residual_by_flows(10, 5, 0.05, growth=math.nan), "growth: found nan; expected a number"),
        (lambda: residual_by_flows(10, 5, 0.05, growth=3), r"growth: found 3 \(300 %\)"),
        (
            lambda: residual_by_flows(10, 20_000, 0.05),
            "remaining years: found 20000; expected a whole number, 0 to 1000",
        ),
        (
            lambda: residual_by_flows(10, 1000, -0.9, growth=1),
            "growth: found 1 at a rate of -0.9; expected flows that do not",
        ),
        (lambda: residual_by_flows(10, 5, -1), r"rate: found -1 \(-100 %\)"),
        (lambda: residual_by_flows(10, 2.5, 0.05), r"remaining years: found 2\.5; expected a whole number"),
        (lambda: residual_by_life([100], [40], [-3]), "asset 1: found an age of -3 years; expected 0 or more"),
        (
            lambda: fiscal_page(
                [2026, 2027], loans=[schedule_loan(Loan(100, 0.05, 3, first_year=2026))], home_currency="USD"
            ),
            "Fiscal page: loan 'loan': found 2026 to 2028; expected within the horizon, 2026 to 2027",
        ),
    ],
)
def test_figures_that_cannot_be(ask, message):
    with pytest.raises(InputError, match=message):
        ask()
