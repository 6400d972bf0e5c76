"""What must hold of a counterfactual whatever the figures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from karvan.trade.audit import audit_counterfactual
from karvan.trade.counterfactual import rule_of_half
from karvan.trade.hat import solve

SLOW = settings(max_examples=40, deadline=None)
#: What the solver's tolerance of 1e-12 leaves in wages and prices of a world of a few countries.
NEAR = 1e-9


@st.composite
def worlds(draw, *, goods=None, spread=2.0, balanced=False):
    """Trade of a few countries in a few goods, mostly at home, with some markets empty."""
    count = draw(st.integers(2, 6))
    number = draw(st.integers(1, 3)) if goods is None else goods
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    value = np.exp(rng.normal(0, spread, (number, count, count)))
    value[:, range(count), range(count)] *= 3 * count
    value[rng.uniform(size=value.shape) < draw(st.sampled_from([0.0, 0.2]))] = 0.0
    for place in range(count):
        value[0, place, place] = max(value[0, place, place], 1.0)
        value[0, place, (place + 1) % count] = max(value[0, place, (place + 1) % count], 0.1)
    # deficits of a few tenths of income at most, so that most can be carried through any change drawn here
    tilt = 0.0 if balanced else 0.3
    value = (1 - tilt) * (value + value.transpose(0, 2, 1)) / 2 + tilt * value
    theta = rng.uniform(1.5, 9.0, number)
    tau = np.exp(rng.normal(-0.02, draw(st.sampled_from([0.01, 0.1, 0.3])), value.shape))
    tau[:, range(count), range(count)] = 1.0
    return value, tau, theta


def spendable(value):
    """Whether deficits are small enough to be carried additively through any change that is drawn here."""
    earned, spent = value.sum(axis=(0, 2)), value.sum(axis=(0, 1))
    return bool((np.abs(spent / earned - 1) < 0.35).all())


@SLOW
@given(worlds(), st.sampled_from(["additive", "multiplicative"]))
def test_no_change_changes_nothing(world, deficits):
    value, tau, theta = world
    found = solve(value, np.ones_like(tau), theta, deficits=deficits)
    for hat in (found.wage_hat, found.price_hat, found.real_income_hat):
        assert hat == pytest.approx(1.0, abs=NEAR)
    assert found.value == pytest.approx(value, rel=NEAR)


@SLOW
@given(worlds(), st.sampled_from(["additive", "multiplicative"]))
def test_markets_clear_and_every_identity_of_the_audit_holds(world, deficits):
    value, tau, theta = world
    assume(deficits == "multiplicative" or spendable(value))
    found = solve(value, tau, theta, deficits=deficits)
    audit_counterfactual(
        value=value, tau_hat=tau, theta=theta, deficits=deficits, new_deficit=None, wage_hat=found.wage_hat,
        price_hat=found.price_hat, real_income_hat=found.real_income_hat, after=found.value,
        world_balance=found.world_balance, names=[str(place) for place in range(value.shape[1])],
    )  # fmt: skip


@SLOW
@given(worlds(goods=1))
def test_real_income_is_the_domestic_share_to_minus_one_over_theta(world):
    """Arkolakis, Costinot and Rodriguez-Clare (2012), equation 2: one good, deficits in proportion to income."""
    value, tau, theta = world
    assume((np.einsum("sii->i", value) > 0).all())
    found = solve(value, tau, theta, deficits="multiplicative")
    share = [np.einsum("sii->i", part) / part.sum(axis=(0, 1)) for part in (value, found.value)]
    assert found.real_income_hat == pytest.approx((share[1] / share[0]) ** (-1 / theta[0]), rel=NEAR)


@SLOW
@given(worlds(goods=1, balanced=True))
def test_the_same_with_balanced_trade_held_by_additive_deficits(world):
    value, tau, theta = world
    found = solve(value, tau, theta)
    share = [np.einsum("sii->i", part) / part.sum(axis=(0, 1)) for part in (value, found.value)]
    assert found.real_income_hat == pytest.approx((share[1] / share[0]) ** (-1 / theta[0]), rel=NEAR)


@SLOW
@given(worlds(balanced=True))
def test_autarky_costs_what_the_domestic_shares_say(world):
    """Costinot and Rodriguez-Clare (2014), equation 23 without intermediate goods."""
    value, _, theta = world
    assume((np.einsum("sii->si", value) > 0).all())
    shut = np.where(np.eye(value.shape[1], dtype=bool), 1.0, np.inf) + np.zeros_like(value)
    found = solve(value, shut, theta)
    bought = value.sum(axis=1)
    home = np.einsum("sii->si", value) / bought
    budget = bought / bought.sum(axis=0)
    # labour moves to where it is needed at home: real income is one over the price index, with wages the same everywhere
    assert found.real_income_hat == pytest.approx(np.prod(home ** (budget / theta[:, None]), axis=0), rel=NEAR)


@SLOW
@given(worlds(goods=1), st.integers(1, 6))
def test_parts_of_the_world_that_a_change_cuts_off_each_keep_a_balance_of_their_own(world, first):
    """Multiplicative deficits: whatever is left of trade, one good's real income follows from the domestic share."""
    value, tau, theta = world
    assume((np.einsum("sii->i", value) > 0).all())
    here = np.arange(value.shape[1]) < first
    cut = np.where(here[:, None] == here[None, :], tau, np.inf)
    found = solve(value, cut, theta, deficits="multiplicative")
    audit_counterfactual(
        value=value, tau_hat=cut, theta=theta, deficits="multiplicative", new_deficit=None, wage_hat=found.wage_hat,
        price_hat=found.price_hat, real_income_hat=found.real_income_hat, after=found.value,
        world_balance=found.world_balance, names=[str(place) for place in range(value.shape[1])],
    )  # fmt: skip
    share = [np.einsum("sii->i", part) / part.sum(axis=(0, 1)) for part in (value, found.value)]
    assert found.real_income_hat == pytest.approx((share[1] / share[0]) ** (-1 / theta[0]), rel=NEAR)


@SLOW
@given(worlds(), st.floats(1e-3, 1e6), st.sampled_from(["additive", "multiplicative"]))
def test_the_unit_of_money_does_not_matter(world, unit, deficits):
    value, tau, theta = world
    assume(deficits == "multiplicative" or spendable(value))
    one, other = (solve(scale * value, tau, theta, deficits=deficits) for scale in (1.0, unit))
    assert other.real_income_hat == pytest.approx(one.real_income_hat, rel=NEAR)
    assert other.value == pytest.approx(unit * one.value, rel=1e-8)


@SLOW
@given(worlds(goods=1))
def test_goods_with_one_elasticity_and_one_change_are_one_good(world):
    """Splitting all trade into goods in the same shares changes nothing."""
    value, tau, theta = world
    assume(spendable(value))
    parts = np.array([0.2, 0.5, 0.3])[:, None, None]
    whole = solve(value, tau, theta)
    split = solve(parts * value, np.repeat(tau, 3, axis=0), np.repeat(theta, 3))
    assert split.real_income_hat == pytest.approx(whole.real_income_hat, rel=NEAR)
    assert split.value.sum(axis=0) == pytest.approx(whole.value[0], rel=1e-8)


@SLOW
@given(worlds())
def test_two_countries_alike_are_one_of_their_size(world):
    """A country cut into two that differ in nothing, trade between the halves being as cheap as at home."""
    value, tau, theta = world
    assume(spendable(value))
    whole = solve(value, tau, theta)
    size = value.shape[1]
    twin = [*range(size), size - 1]
    weight = np.ones(size + 1)
    weight[-2:] = 0.5
    halves = solve(value[:, twin][:, :, twin] * weight[:, None] * weight, tau[:, twin][:, :, twin], theta)
    assert halves.real_income_hat == pytest.approx(whole.real_income_hat[twin], rel=NEAR)


@SLOW
@given(worlds(), st.integers(0, 2**16))
def test_where_the_search_starts_does_not_matter(world, seed):
    value, tau, theta = world
    assume(spendable(value))
    cold = solve(value, tau, theta)
    near = cold.wage_hat * np.exp(np.random.default_rng(seed).normal(0, 0.01, len(cold.wage_hat)))
    warm = solve(value, tau, theta, start=near)
    assert warm.wage_hat == pytest.approx(cold.wage_hat, rel=NEAR)


@SLOW
@given(worlds(), st.sampled_from([0.1, 0.03, 0.01]))
def test_the_worlds_gain_comes_near_the_rule_of_half(world, cut):
    """The nearer the smaller the cut; deficits are transfers, worth something else.

    Real trade comes within 6 % at a cut of a tenth (tests/against); of 6,000 worlds drawn as here, open by nine tenths or with
    countries a thousand times others, the worst was 6.6 % off.
    """
    value, _, theta = world
    value = (value + value.transpose(0, 2, 1)) / 2
    assume(float(theta.max()) <= 6)  # the rule of half is a chord: it strays as the elasticity times the cut grows
    tau = np.where(np.eye(value.shape[1], dtype=bool), 1.0, 1 - cut) + np.zeros_like(value)
    found = solve(value, tau, theta)
    gain = float(((found.real_income_hat - 1) * value.sum(axis=(0, 1))).sum())
    half = rule_of_half(value, found.value, tau, found.wage_hat)
    assert abs(gain / half - 1) < 0.7 * cut


@SLOW
@given(worlds())
def test_removing_deficits_leaves_none(world):
    value, tau, theta = world
    assume(spendable(value))
    found = solve(value, tau, theta, new_deficit=np.zeros(value.shape[1]))
    assert found.spending == pytest.approx(found.value.sum(axis=(0, 2)), rel=NEAR)
