"""What must hold for any stream: value is linear, a rate of return is a zero of value, signs and scales have no say in rates."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from karvan.appraisal.accounts import Accounts, Item, appraise_accounts
from karvan.appraisal.discounting import TIMINGS, Band, Discounting
from karvan.appraisal.indicators import present_value
from karvan.appraisal.roots import rates_of_return, sign_changes

sums = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))
flows = st.lists(sums, min_size=2, max_size=25)
rates = st.floats(-0.5, 1.0)


@st.composite
def discountings(draw):
    years = sorted(draw(st.sets(st.integers(1, 40), max_size=3)))
    bands = [Band(0, draw(rates)), *(Band(year, draw(rates)) for year in years)]
    return Discounting.of(bands, timing=draw(st.sampled_from(TIMINGS)))


@given(st.lists(st.tuples(sums, sums), min_size=1, max_size=25), st.floats(-3, 3), discountings())
@settings(deadline=None)
def test_value_is_linear(pairs, factor, discounting):
    one, two = (np.array(values) for values in zip(*pairs, strict=True))
    factors = discounting.factors(range(len(one)))
    together = present_value(one + factor * two, factors)
    apart = present_value(one, factors) + factor * present_value(two, factors)
    scale = math.fsum((abs(one) + abs(factor * two)) * factors)
    assert abs(together - apart) <= 1e-12 * scale + 1e-300


@given(flows)
@settings(max_examples=60, deadline=None)
def test_a_rate_of_return_is_a_zero_of_value(values):
    found = rates_of_return(values)
    assert len(found.roots) <= found.sign_changes
    if found.sign_changes % 2:
        assert found.roots  # the value is of opposite sign at both ends
    for rate in found.roots:
        # divided by the largest weight, so that nothing overflows
        logs = -math.log1p(rate) * np.arange(len(values))
        weights = np.exp(logs - logs.max())
        assert abs(np.dot(values, weights)) <= 1e-9 * np.dot(np.abs(values), weights)


@given(flows, st.sampled_from([-1.0, 0.25, -8.0, 1024.0]))
@settings(max_examples=60, deadline=None)
def test_sign_and_scale_have_no_say_in_rates(values, factor):
    """Factors of two, so that the scaled stream is the same to the last digit."""
    assert rates_of_return([value * factor for value in values]) == rates_of_return(values)


@given(flows)
@settings(max_examples=60, deadline=None)
def test_a_stream_read_backwards_has_the_reciprocal_rates(values):
    there = [1 + rate for rate in rates_of_return(values).roots]
    back = sorted(1 / (1 + rate) for rate in rates_of_return(values[::-1]).roots)
    assert len(back) == len(there)
    for found, factor in zip(back, there, strict=True):
        # a rate near -100 % is one less a small factor: that loses as many digits as the factor is small
        assert found == pytest.approx(factor, rel=1e-9 + 4 * np.finfo(float).eps * max(factor, 1 / factor))


@given(st.lists(st.integers(1, 100), min_size=1, max_size=10), st.lists(st.integers(1, 100), min_size=1, max_size=10))
@settings(deadline=None)
def test_outlays_before_receipts_have_one_rate_and_value_falls_through_it(outlays, receipts):
    values = [-float(value) for value in outlays] + [float(value) for value in receipts]
    found = rates_of_return(values)
    assert (sign_changes(values), found.verdict) == (1, "one")
    for step, sign in ((-1e-4, 1), (1e-4, -1)):
        near = np.array(values) * (1.0 + found.single + step * (1 + found.single)) ** -np.arange(float(len(values)))
        assert math.copysign(1, math.fsum(near)) == sign


@given(st.lists(st.tuples(sums, sums), min_size=1, max_size=15), discountings(), st.integers(-20, 20))
@settings(max_examples=60, deadline=None)
def test_accounts_of_any_shape_pass_their_audit(pairs, discounting, shift):
    benefits, costs = (tuple(values) for values in zip(*pairs, strict=True))
    items = [Item("benefit", "benefit", benefits), Item("cost", "cost", costs)]
    found = appraise_accounts(Accounts.of(range(2026, 2026 + len(pairs)), items), discounting, base_year=2026 + shift)
    assert found.enpv == pytest.approx(
        found.benefits_pv - found.costs_pv, rel=1e-9, abs=1e-9 * (1 + abs(found.costs_pv))
    )
