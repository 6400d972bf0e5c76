"""Sharing a cost: published examples, enumeration, and who would rather stay out."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karvan.errors import InputError
from karvan.portfolio import shapley_shares, share_cost


def gloves(group):
    # one left glove and two right ones: a pair is worth one (Shapley's game of gloves, any textbook of cooperative games)
    return float("left" in group and len(group) > 1)


def test_the_game_of_gloves():
    shares = shapley_shares(["left", "right", "other"], gloves)
    assert shares == pytest.approx({"left": 2 / 3, "right": 1 / 6, "other": 1 / 6}, abs=1e-12)


def test_the_runway():
    # Littlechild and Owen 1973: the cost of a runway falls to each aeroplane in equal parts of the lengths that it needs
    need = {"small": 8.0, "medium": 11.0, "large": 13.0}
    shared = share_cost(dict.fromkeys(need, 100.0), lambda group: max((need[name] for name in group), default=0.0))
    expected = {"small": 8 / 3, "medium": 8 / 3 + 3 / 2, "large": 8 / 3 + 3 / 2 + 2}
    assert shared.cost_musd == pytest.approx(expected, abs=1e-12)
    assert shared.would_leave == ()


def test_separable_costs_and_remaining_benefits():
    # separable: small 0, medium 0, large 2; common 11; ceilings 8, 11, 13 leave 8, 11 and 11 of 30 to bear it
    need = {"small": 8.0, "medium": 11.0, "large": 13.0}
    shared = share_cost(
        dict.fromkeys(need, 100.0),
        lambda group: max((need[name] for name in group), default=0.0),
        rule="remaining_benefits",
    )
    expected = {"small": 11 * 8 / 30, "medium": 11 * 11 / 30, "large": 2 + 11 * 11 / 30}
    assert shared.cost_musd == pytest.approx(expected, abs=1e-12)


def test_a_party_that_would_rather_stay_out_is_named():
    # the small work is all that west needs; a common one that helps east alone makes west worse off
    shared = share_cost(
        {"east": 50.0, "west": 10.0},
        lambda group: {0: 0.0, 1: 70.0 if "east" in group else 2.0, 2: 56.0}[len(group)],
    )
    assert shared.net_musd == pytest.approx({"east": -2.0, "west": 6.0})
    assert shared.would_leave == ((("east",), 2.0), (("west",), 2.0))


@given(st.lists(st.floats(-50, 50), min_size=7, max_size=7))
def test_the_shapley_value_is_the_mean_over_all_orders(worths):
    parties = ["a", "b", "c"]
    groups = [("a",), ("b",), ("c",), ("a", "b"), ("a", "c"), ("b", "c"), ("a", "b", "c")]
    known = {frozenset(): 0.0} | {frozenset(group): worth for group, worth in zip(groups, worths, strict=True)}
    shares = shapley_shares(parties, known.__getitem__)
    expected = dict.fromkeys(parties, 0.0)
    for order in permutations(parties):
        for place, name in enumerate(order):
            before = frozenset(order[:place])
            expected[name] += (known[before | {name}] - known[before]) / 6
    assert shares == pytest.approx(expected, abs=1e-9)
    assert sum(shares.values()) == pytest.approx(known[frozenset(parties)], abs=1e-9)


@given(st.dictionaries(st.sampled_from("abcd"), st.floats(1, 100), min_size=2, max_size=4), st.floats(0.1, 200))
def test_the_whole_cost_is_shared(benefits, cost):
    for rule in ("shapley", "remaining_benefits"):
        shared = share_cost(benefits, lambda group: cost if group else 0.0, rule=rule)
        assert sum(shared.cost_musd.values()) == pytest.approx(cost, rel=1e-9)


@pytest.mark.parametrize(
    ("parties", "message"),
    [
        ([], "parties: none is given. Name at least one."),
        (["a", "b", "a"], "parties: a is named twice. Name it once."),
        (list("abcdefghijklm"), "parties: 13 are given; groups of more than 12 are too many. Join some."),
    ],
)
def test_parties_that_cannot_play(parties, message):
    with pytest.raises(InputError) as error:
        shapley_shares(parties, lambda _: 0.0)
    assert str(error.value) == message


def test_a_worth_without_anyone():
    with pytest.raises(InputError) as error:
        shapley_shares(["a"], lambda _: 1.0)
    assert str(error.value) == "worth: without any party it is 1; expected 0. Correct it."


def test_an_unknown_rule():
    with pytest.raises(InputError) as error:
        share_cost({"a": 1.0}, lambda _: 1.0, rule="equal")
    assert str(error.value) == "rule: found 'equal'; expected shapley or remaining_benefits. Name one."


def test_a_common_cost_without_a_bearer():
    with pytest.raises(InputError) as error:
        share_cost({"a": 0.0, "b": 0.0}, lambda group: 5.0 if group else 0.0, rule="remaining_benefits")
    assert str(error.value) == (
        "remaining_benefits: no party gains more than the cost that it adds, so the common cost has no bearer. "
        "Use the rule shapley."
    )
