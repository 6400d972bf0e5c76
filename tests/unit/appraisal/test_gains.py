"""Who gains: payments net to zero, standings, users' surplus, and costs to others."""

from __future__ import annotations

import math

import pytest

from karvan.appraisal.externalities import carbon_cost, external_costs
from karvan.appraisal.gains import Gain, GainsMatrix, Standing, payment
from karvan.appraisal.rules import open_rule_set
from karvan.appraisal.surplus import logsum_cost, logsum_surplus, rule_of_half
from karvan.errors import AuditError, InputError

SHIPPERS, RAILWAY, TREASURY, PORT = ("PAK", "shipper"), ("PAK", "railway"), ("UZB", "treasury"), ("AZE", "port")
STANDINGS = [
    Standing("pakistan", "Pakistan", ("PAK",)),
    Standing("azerbaijan", "Azerbaijan", ("AZE",)),
    Standing("both", "both countries", ("PAK", "AZE")),
    Standing("corridor", "the corridor", ("PAK", "AFG", "UZB", "TKM", "AZE")),
    Standing("world", "the world"),
]


@pytest.fixture
def matrix():
    """Shippers save 100 in time and pay 30 to the railway, 20 to a foreign treasury and 10 to a port; hauliers abroad lose 5."""
    return GainsMatrix.of(
        [
            Gain(*SHIPPERS, "time", benefit_musd=100),
            Gain("IRN", "road_haulier", "operation", benefit_musd=-5),
            *payment("track charge", SHIPPERS, RAILWAY, 25),
            *payment("track charge", SHIPPERS, RAILWAY, 5),
            *payment("transit fee", SHIPPERS, TREASURY, 20),
            *payment("port dues", SHIPPERS, PORT, 10),
        ]
    )


def test_fees_paid_to_foreigners_are_a_cost_to_a_nation(matrix):
    assert matrix.totals(STANDINGS) == {"pakistan": 70, "azerbaijan": 10, "both": 80, "corridor": 100, "world": 95}


def test_entries_of_one_effect_are_added_up(matrix):
    charges = [entry for entry in matrix.entries if entry.effect == "track charge"]
    assert charges == [Gain(*RAILWAY, "track charge", 0, 30), Gain(*SHIPPERS, "track charge", 0, -30)]


def test_by_party_as_json_holds_it(matrix):
    assert matrix.to_list() == [
        {"country": "AZE", "party": "port", "benefit_musd": 0, "transfer_musd": 10},
        {"country": "IRN", "party": "road_haulier", "benefit_musd": -5, "transfer_musd": 0},
        {"country": "PAK", "party": "railway", "benefit_musd": 0, "transfer_musd": 30},
        {"country": "PAK", "party": "shipper", "benefit_musd": 100, "transfer_musd": -60},
        {"country": "UZB", "party": "treasury", "benefit_musd": 0, "transfer_musd": 20},
    ]
    assert matrix.table["gain_musd"].sum() == 95


def test_money_that_is_made_up_fails_the_audit():
    with pytest.raises(AuditError) as caught:
        GainsMatrix.of([Gain(*SHIPPERS, "toll", transfer_musd=-10), Gain(*RAILWAY, "toll", transfer_musd=11)])
    assert str(caught.value) == "transfers of 'toll' do not net to zero: USD 1 m of USD 21 m is lost or made up"


def test_two_effects_do_not_make_good_for_each_other():
    with pytest.raises(AuditError, match="USD 10 m of USD 10 m is lost or made up"):
        GainsMatrix.of([Gain(*SHIPPERS, "fee", transfer_musd=-10), Gain(*RAILWAY, "toll", transfer_musd=10)])


def test_every_fault_of_entries_is_told_at_once():
    with pytest.raises(InputError) as caught:
        GainsMatrix.of([Gain("", "shipper", "time", 1), Gain("PAK", "shipper", "time", math.nan, math.inf)])
    assert str(caught.value) == (
        "Who gains: 3 problems\n"
        "  entry 1, country: found nothing; expected a name.\n"
        "  entry 2 (PAK shipper, time), benefit_musd: found no number; expected one.\n"
        "  entry 2 (PAK shipper, time), transfer_musd: found no number; expected one."
    )


# users' surplus -----------------------------------------------------------------------------------------------------


def test_the_rule_of_half_by_hand():
    """10 moved at 50; at 40 three come from other routes and two anew."""
    found = rule_of_half(10, 50, 40, diverted=3, generated=2)
    assert (found.existing, found.diverted, found.generated, found.total) == (100, 15, 10, 125)


def test_the_rule_of_half_of_a_rise_mirrors_a_fall():
    there, back = rule_of_half(10, 50, 40, generated=5), rule_of_half(15, 40, 50, generated=-5)
    assert there.total == -back.total


def test_the_rule_of_half_has_no_answer_for_what_was_not_there():
    with pytest.raises(InputError) as caught:
        rule_of_half(0, math.inf, 40, diverted=-3)
    assert str(caught.value) == (
        "Rule of half: 2 problems\n"
        "  cost_before: found inf; expected a number. For an option that was not there before, use the logsum.\n"
        "  quantities: found 0 before and -3 after; expected 0 or more."
    )


def test_the_logsum_of_a_new_option():
    """A second option as good as the first is worth ln 2 over the scale, to each tonne."""
    assert logsum_surplus([50, math.inf], [50, 50], scale=0.1, quantity=7) == pytest.approx(7 * math.log(2) / 0.1)


def test_the_logsum_of_one_option_is_its_cost():
    assert logsum_cost([123.0], scale=0.3) == pytest.approx(123)
    assert logsum_surplus([50], [40], scale=0.1, quantity=10, quantity_after=14) == pytest.approx(120)


def test_the_logsum_and_the_rule_of_half_agree_on_a_small_change():
    """Two options, one of them a little cheaper: the logit's own shares before and after."""
    scale, before, after = 0.05, [60.0, 70.0], [59.0, 70.0]

    def share(costs):
        weights = [math.exp(-scale * cost) for cost in costs]
        return weights[0] / sum(weights)

    half = rule_of_half(100 * share(before), 60, 59, diverted=100 * (share(after) - share(before)))
    assert logsum_surplus(before, after, scale=scale, quantity=100) == pytest.approx(half.total, rel=1e-4)


def test_a_logsum_of_nothing():
    with pytest.raises(InputError) as caught:
        logsum_surplus([math.inf], [40], scale=0, quantity=1)
    assert caught.value.problems == (
        "scale: found 0; expected more than 0.",
        "costs before: found no option with a cost; expected one at least, such as the one outside.",
    )


# costs to others ----------------------------------------------------------------------------------------------------


def test_damage_by_the_tonne_kilometre():
    sums, missing = external_costs({"road": -1e9, "rail": 1e9, "sea": 0.0}, open_rule_set("eu_2021"))
    assert [(part.effect, part.amount) for part in sums] == [
        ("accidents", pytest.approx(-13e6)), ("air", pytest.approx(-7.6e6)), ("noise", pytest.approx(-5e6))
    ]  # fmt: skip
    assert {(part.currency, part.price_year, part.status) for part in sums} == {("EUR", 2016, "unconfirmed")}
    assert missing == ["rail"]


def test_damage_of_co2e():
    found = carbon_cost(1000, 2030, open_rule_set("world_bank_2016"), "high")
    assert (found.amount, found.currency, found.price_year, found.status) == (100_000, "USD", 2017, "read")


def test_a_rule_set_without_a_price_of_co2e():
    with pytest.raises(InputError) as caught:
        carbon_cost(1, 2030, open_rule_set("us_a94"))
    assert str(caught.value) == "us_a94: found no section carbon; expected one. Add it, or take another rule set."


@pytest.mark.parametrize(
    ("costs", "quantity", "message"),
    [
        ([50, math.nan], 1, "costs before: found nan; expected a number, or inf where an option is not there"),
        ([50, -math.inf], 1, "costs before: found -inf"),
        ([50, 60], -1, "quantity: found -1; expected 0 or more"),
        ([50, 60], math.nan, "quantity: found nan; expected 0 or more"),
    ],
)
def test_a_logsum_of_no_numbers_is_refused(costs, quantity, message):
    with pytest.raises(InputError, match=message):
        logsum_surplus(costs, [40, 40], scale=0.1, quantity=quantity)
