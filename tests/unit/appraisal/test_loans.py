"""Loans: schedules followed by hand, fees, conversion, and terms that cannot be."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import pytest

from karvan.appraisal.loans import (
    Loan,
    audit_schedule,
    convert_schedule,
    grant_element,
    level_payment,
    schedule_loan,
)
from karvan.errors import AuditError, InputError


def test_a_loan_followed_by_hand():
    """100 drawn as 50, 30, 20; 5 % in the years of drawing is added; then 111.95625 in three equal parts."""
    loan = Loan(
        100, 0.05, 6, first_year=2026, grace_years=3, drawn=(0.5, 0.3, 0.2), capitalise=True, front_end_fee=0.01,
        commitment_fee=0.005, repayment="equal_principal",
    )  # fmt: skip
    found = schedule_loan(loan)
    assert found.years == tuple(range(2026, 2032))
    assert found.capitalised == pytest.approx((2.5, 4.125, 5.33125, 0, 0, 0))
    assert found.interest == pytest.approx((0, 0, 0, 5.5978125, 3.731875, 1.8659375))
    # a front-end fee of 1, and 0.5 % of the 50 and the 20 that are not drawn
    assert found.fees == pytest.approx((1.25, 0.1, 0, 0, 0, 0))
    assert found.principal == pytest.approx((0, 0, 0, 37.31875, 37.31875, 37.31875))
    assert found.owed == pytest.approx((52.5, 86.625, 111.95625, 74.6375, 37.31875, 0))
    assert found.table["service"].tolist() == pytest.approx([0, 0, 0, 42.9165625, 41.050625, 39.1846875])


def test_interest_in_grace_is_paid_where_it_is_not_added():
    found = schedule_loan(Loan(100, 0.05, 4, grace_years=2))
    assert found.interest[:2] == (5, 5)
    assert found.capitalised == (0, 0, 0, 0)
    # two equal payments of 100 at 5 %
    assert found.service[2:] == pytest.approx([53.780487804878] * 2)


def test_a_loan_without_interest():
    assert schedule_loan(Loan(90, 0.0, 3)).service == (30, 30, 30)
    assert level_payment(0, 3, 90) == 30


def test_another_currency_each_year_at_its_own_rate():
    converted = convert_schedule(
        schedule_loan(Loan(90, 0.0, 3, first_year=2026)), {2026: 280, 2027: 300, 2028: 320}, currency="PKR"
    )
    assert converted.service == (8400, 9000, 9600)
    assert converted.drawn == (25200, 0, 0)
    assert converted.currency == "PKR"


def test_every_missing_rate_of_exchange_is_named():
    with pytest.raises(InputError) as caught:
        convert_schedule(schedule_loan(Loan(90, 0.0, 3, first_year=2026)), {2027: 0.0, 2026: 280.0}, currency="PKR")
    assert str(caught.value) == (
        "Loan 'loan': 2 problems\n"
        "  USD in PKR, 2027: found 0.0; expected a rate above 0. Add it to the path.\n"
        "  USD in PKR, 2028: found no rate of exchange; expected a rate above 0. Add it to the path."
    )


def test_fees_lower_the_grant_element():
    plain = grant_element(schedule_loan(Loan(100, 0.02, 10)))
    # paid with the first drawing, as development banks ask for it when a loan becomes effective: no year of discount
    assert grant_element(schedule_loan(Loan(100, 0.02, 10, front_end_fee=0.01))) == pytest.approx(plain - 0.01)
    late = schedule_loan(Loan(100, 0.02, 10, grace_years=2, drawn=(0.4, 0.6), commitment_fee=0.01))
    free = schedule_loan(Loan(100, 0.02, 10, grace_years=2, drawn=(0.4, 0.6)))
    assert grant_element(free) - grant_element(late) == pytest.approx(0.6 / 1.05 / (40 + 60 / 1.05))
    both = schedule_loan(Loan(100, 0.02, 10, grace_years=2, drawn=(0.4, 0.6), front_end_fee=0.01, commitment_fee=0.01))
    assert both.paid_at_end == pytest.approx(late.paid_at_end)


def test_every_fault_of_the_terms_is_told_at_once():
    loan = Loan(
        -1, -1, 3, first_year=2026, grace_years=4, drawn=(0.5, 0.2), repayment="bullet", commitment_fee=2, name="A"
    )
    with pytest.raises(InputError) as caught:
        schedule_loan(loan, last_year=2027)
    assert str(caught.value) == (
        "Loan 'A': 7 problems\n"
        "  rate: found -1 (-100 %); expected more than -1, since at -100 % nothing is left to discount.\n"
        "  principal: found -1; expected more than 0.\n"
        "  grace_years: found 4; expected 0 to 2, fewer than the loan has.\n"
        "  repayment: found 'bullet'; expected one of annuity, equal_principal.\n"
        "  drawn: found shares [0.5, 0.2]; expected shares of 0 or more that sum to 1.\n"
        "  commitment_fee: found 2; expected a share from 0 to below 1.\n"
        "  years: found a last payment in 2028, after the horizon ends in 2027; expected one within it. "
        "Shorten the loan, or lengthen the horizon."
    )


def test_drawing_that_outlasts_grace():
    with pytest.raises(InputError) as caught:
        schedule_loan(Loan(100, 0.05, 6, grace_years=1, drawn=(0.5, 0.5)))
    assert caught.value.problems == (
        (
            "drawn: found 2 years of drawing; expected at most 1, so that nothing is repaid before all is drawn. "
            "Lengthen grace_years."
        ),
    )


@pytest.mark.parametrize(
    ("rate", "periods", "fault"),
    [
        (-1, 5, "rate: found -1"),
        (0.1, 2.5, r"periods: found 2\.5; expected 1 or more, whole\."),
        (0.1, 0, "periods: found 0; expected 1 or more, whole."),
    ],
)
def test_equal_payments_that_cannot_be(rate, periods, fault):
    with pytest.raises(InputError, match=fault):
        level_payment(rate, periods, 100)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"years": 2.5}, r"years: found 2\.5; expected a whole number"),
        ({"years": "5"}, "years: found '5'; expected a whole number"),
        ({"years": 5, "grace_years": 1.5}, r"grace_years: found 1\.5; expected a whole number"),
        ({"years": 5, "rate": "5%"}, "rate: found '5%'; expected a number. Write 9 % as 0.09"),
        ({"years": 5, "principal": "100"}, "principal: found '100'; expected a number"),
        ({"years": 5, "front_end_fee": None}, "front_end_fee: found None; expected a number"),
        ({"years": 5, "drawn": ("all",)}, r"drawn: found shares \['all'\]; expected numbers"),
        ({"years": 5, "grace_years": 2, "drawn": (float("nan"), 0.5)}, "drawn: found shares"),
    ],
)
def test_terms_that_are_no_numbers(terms, message):
    with pytest.raises(InputError, match=message):
        schedule_loan(Loan(**{"principal": 100, "rate": 0.05, **terms}))


@pytest.mark.parametrize(("rate", "years"), [(1.0, 25), (0.4, 50), (0.2, 100), (0.05, 400), (-0.02, 50)])
@pytest.mark.parametrize("repayment", ["annuity", "equal_principal"])
def test_dear_and_long_loans_are_repaid(rate, years, repayment):
    """Followed from the last payment back: before it, what is owed is what is paid, without a year's interest."""
    found = schedule_loan(Loan(100, rate, years, repayment=repayment))
    owed = Fraction(0)
    for service in found.service[::-1]:
        owed = (owed + Fraction(service)) / (1 + Fraction(rate))
    assert float(owed) == pytest.approx(100, rel=1e-9)
    assert sum(found.principal) == pytest.approx(100, rel=1e-9)
    assert found.owed[-1] == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda one: {"interest": (one.interest[0] + 1e-4, *one.interest[1:])},
            r"interest of loan 'loan' in 0 is 5\.0001, but 5\.0 at its rate",
        ),
        (lambda one: {"owed": (*one.owed[:1], 20.0, 0.0)}, "by its parts"),
        (
            lambda one: {"principal": (*one.principal[:2], 1.0), "owed": (*one.owed[:2], one.owed[1] - 1)},
            "is left after",
        ),
        (
            lambda _: {"principal": (30.0, 30.0, 40.0), "owed": (70.0, 40.0, 0.0), "interest": (5.0, 3.5, 2.0)},
            "and not equal",
        ),
    ],
)
def test_a_schedule_that_does_not_hold(change, message):
    sound = schedule_loan(Loan(100, 0.05, 3))
    audit_schedule(sound)
    with pytest.raises(AuditError, match=message):
        audit_schedule(replace(sound, **change(sound)))


@pytest.mark.parametrize("rate", [math.inf, math.nan, -1.0, "2"])
def test_a_rate_of_exchange_that_is_none(rate):
    own = schedule_loan(Loan(90, 0.0, 1, first_year=2026))
    with pytest.raises(InputError, match=f"USD in PKR, 2026: found {rate}; expected a rate above 0"):
        convert_schedule(own, {2026: rate}, currency="PKR")


def test_equal_payments_of_any_length():
    """Of 100 at 100 % for ever the interest alone; at a loss of 90 % a year next to nothing is left to repay."""
    assert level_payment(1.0, 5000, 100) == pytest.approx(100)
    assert level_payment(-0.9, 400, 100) == 0
    # 2 payments at 10 %: 1.1 + 1 times what is saved
    assert level_payment(0.1, 2, 0, final=21) == pytest.approx(10)
    assert level_payment(-0.1, 2, 0, final=19) == pytest.approx(10)


@pytest.mark.parametrize("rate", [-1, 5, float("nan")])
def test_a_grant_element_needs_a_rate(rate):
    with pytest.raises(InputError, match="Grant element of loan 'loan': rate: found"):
        grant_element(schedule_loan(Loan(100, 0.02, 5)), rate=rate)


@pytest.mark.parametrize(
    ("rate", "grace", "years", "discount"),
    [(0.02, 5, 25, 0.05), (0.0075, 10, 40, 0.10), (0.06, 0, 10, 0.05), (0, 3, 12, 0.05)],
)
def test_grant_element_by_the_formula_of_the_oecd(rate, grace, years, discount):
    """Equal principal, one payment a year: (1 - r/d) (1 - ((1 + d)^-G - (1 + d)^-M) / (d (M - G)))."""
    spread = ((1 + discount) ** -grace - (1 + discount) ** -years) / (discount * (years - grace))
    loan = schedule_loan(Loan(100, rate, years, grace_years=grace, repayment="equal_principal"))
    assert grant_element(loan, rate=discount) == pytest.approx((1 - rate / discount) * (1 - spread), rel=1e-12)
