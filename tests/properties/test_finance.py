"""What must hold for any loan and any set of gains."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from karvan.appraisal.gains import Gain, GainsMatrix, Standing, payment
from karvan.appraisal.loans import Loan, grant_element, schedule_loan
from karvan.appraisal.surplus import logsum_cost, logsum_surplus


@st.composite
def loans(draw):
    grace = draw(st.integers(0, 6))
    parts = draw(st.lists(st.floats(0.1, 1), min_size=1, max_size=max(grace, 1)))
    whole = math.fsum(parts)
    return Loan(
        principal=draw(st.floats(0.01, 1e6)),
        rate=draw(st.floats(0, 0.3)),
        years=grace + draw(st.integers(1, 40)),
        first_year=2026,
        grace_years=grace,
        repayment=draw(st.sampled_from(["annuity", "equal_principal"])),
        drawn=tuple(part / whole for part in parts),
        capitalise=draw(st.booleans()),
    )


@given(loans())
@settings(deadline=None)
def test_a_loan_is_repaid_and_worth_what_was_drawn_at_its_own_rate(loan):
    found = schedule_loan(loan)
    assert found.owed[-1] == 0
    assert math.fsum(found.principal) == pytest.approx(loan.principal + math.fsum(found.capitalised), rel=1e-9)
    places = np.arange(len(found.years))
    paid = math.fsum(np.array(found.service) * (1 + loan.rate) ** -(places + 1.0))
    drawn = math.fsum(np.array(found.drawn) * (1 + loan.rate) ** -places.astype(float))
    assert paid == pytest.approx(drawn, rel=1e-9)
    assert grant_element(found, rate=loan.rate) == pytest.approx(0, abs=1e-9)


@given(loans())
@settings(deadline=None)
def test_an_annuity_pays_the_same_each_year_and_equal_principal_repays_the_same(loan):
    found = schedule_loan(loan)
    same = found.service if loan.repayment == "annuity" else found.principal
    due = same[loan.grace_years :]
    assert due == pytest.approx([due[0]] * len(due), rel=1e-9)


parties = st.tuples(st.sampled_from(["PAK", "AZE", "IRN", "INT"]), st.sampled_from(["shipper", "railway", "treasury"]))


@given(
    st.lists(st.tuples(st.sampled_from(["toll", "fee", "rent"]), parties, parties, st.floats(-1e6, 1e6)), max_size=30),
    st.lists(st.tuples(parties, st.floats(-1e6, 1e6)), max_size=10),
)
@settings(deadline=None)
def test_transfers_net_to_zero_so_that_the_world_gains_the_real_benefits(payments, benefits):
    entries = [entry for effect, payer, payee, amount in payments for entry in payment(effect, payer, payee, amount)]
    entries += [Gain(*party, "time", benefit_musd=amount) for party, amount in benefits]
    matrix = GainsMatrix.of(entries)
    size = math.fsum(abs(amount) for *_, amount in payments) + math.fsum(abs(amount) for _, amount in benefits)
    assert matrix.total(Standing("world", "the world")) == pytest.approx(
        math.fsum(amount for _, amount in benefits), abs=1e-12 * size + 1e-12
    )
    apart = [matrix.total(Standing(code, code, (code,))) for code in ("PAK", "AZE", "IRN", "INT")]
    assert math.fsum(apart) == pytest.approx(matrix.total(Standing("all", "all")), abs=1e-12 * size + 1e-12)


costs = st.lists(st.floats(0, 500), min_size=1, max_size=6)


@given(costs, st.floats(0.001, 1), st.floats(0, 200))
@settings(deadline=None)
def test_the_logsum_lies_below_the_cheapest_and_moves_with_all(options, scale, rise):
    found = logsum_cost(options, scale=scale)
    assert min(options) - math.log(len(options)) / scale - 1e-9 <= found <= min(options) + 1e-9
    dearer = [cost + rise for cost in options]
    assert logsum_surplus(options, dearer, scale=scale, quantity=2) == pytest.approx(-2 * rise, abs=1e-6)
