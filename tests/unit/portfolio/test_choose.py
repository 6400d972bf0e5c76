"""Choosing sets: against enumeration by hand, with pairs worth more and less than their parts, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from synthetic_worths import SyntheticValuer, entry

from karvan.case import open_case
from karvan.charts import words
from karvan.errors import InputError, RequestError, UnknownNameError
from karvan.portfolio.aims import Aim
from karvan.portfolio.candidates import Limits
from karvan.portfolio.choice import choose, choose_among
from karvan.portfolio.entries import rivals
from karvan.portfolio.model import ConflictError


def ask(entries, gains, limits, *, aim="both", **how):
    valuer = SyntheticValuer(entries, gains, **{name: how.pop(name) for name in ("only_open", "shut") if name in how})
    return choose_among(entries, valuer, limits, Aim.of(aim, valuer.standings, valuer.headline), **how)


def by_hand(entries, gains, total, **how):
    """Return the best set at the earliest years, every one appraised."""
    valuer = SyntheticValuer(entries, gains, **how)
    best = (0.0, frozenset())
    for size in range(1, len(entries) + 1):
        for chosen in combinations(entries, size):
            names = {item.id for item in chosen}
            if sum(item.cost_musd for item in chosen) > total or any(rivals(a, b) for a, b in combinations(chosen, 2)):
                continue
            if any(set(item.prerequisites) - names for item in chosen):
                continue
            (worth,) = valuer.worths([{item.id: item.opening for item in chosen}])
            best = max(best, (worth.value(("AAA", "BBB")), frozenset(names)), key=lambda item: item[0])
    return best


LINE_AND_POST = ([entry("line", 60.0), entry("post", 5.0), entry("road", 50.0)],
                 {("line",): 1.0, ("post",): 0.1, ("line", "post"): 9.0, ("road",): 6.0})  # fmt: skip


def test_a_pair_worth_more_than_its_parts():
    found = ask(*LINE_AND_POST, Limits(70.0), later_years=0)
    assert found.best.projects == {"line", "post"}
    assert found.bound_kind == "enumeration"
    assert found.proven
    assert found.gap == 0
    assert found.value_musd == pytest.approx(by_hand(*LINE_AND_POST, 70.0)[0])
    # neither pays alone
    assert all(found.search.aim.of_worth(found.search.singles[name]) < 0 for name in ("line", "post"))


def test_a_pair_worth_less_than_its_parts():
    entries = [entry("north", 40.0), entry("south", 40.0), entry("port", 40.0)]
    gains = {("north",): 9.0, ("south",): 8.0, ("north", "south"): -8.0, ("port",): 5.0}
    found = ask(entries, gains, Limits(80.0), later_years=0)
    assert found.best.projects == {"north", "port"}


def test_the_surrogate_finds_what_enumeration_finds_and_states_its_error():
    entries = [entry(f"p{number}", 10.0 + 3 * number) for number in range(9)]
    gains = {(f"p{number}",): 1.0 + 0.7 * ((number * 5) % 4) for number in range(9)}
    gains |= {("p0", "p3"): 2.0, ("p1", "p2"): -2.5, ("p4", "p5"): 1.5, ("p0", "p3", "p4"): -1.0}
    found = ask(entries, gains, Limits(70.0), later_years=0, most_plans=10)
    assert found.bound_kind == "surrogate"
    assert not found.proven
    value, chosen = by_hand(entries, gains, 70.0)
    assert found.best.projects == chosen
    assert found.value_musd == pytest.approx(value)
    errors = [abs(item.value_musd - found.search.model_of(item.openings)) for item in found.sets]
    assert found.largest_error_musd == max(errors)
    assert found.bound_musd >= found.value_musd


def test_with_pairs_alone_the_surrogate_is_exact():
    entries = [entry(f"p{number}", 10.0 + number) for number in range(7)]
    gains = {(f"p{number}",): 2.0 for number in range(7)} | {("p0", "p1"): 1.0, ("p2", "p3"): -1.5}
    found = ask(entries, gains, Limits(40.0), later_years=0, most_plans=1)
    assert found.largest_error_musd == pytest.approx(0.0, abs=1e-9)
    assert found.value_musd == pytest.approx(by_hand(entries, gains, 40.0)[0])


def test_a_start_is_put_off_where_a_year_is_short_of_money():
    entries = [entry("a", 30.0, 30.0), entry("b", 30.0, 30.0)]
    gains = {("a",): 12.0, ("b",): 10.0}
    yearly = dict.fromkeys(range(2026, 2040), 30.0)
    found = ask(entries, gains, Limits(120.0, yearly_musd=yearly), later_years=3)
    assert found.openings == {"a": 2028, "b": 2030}
    assert found.bound_kind == "enumeration"
    spent = {}
    for item in found.worth.outlays:
        spent[item.year] = spent.get(item.year, 0.0) + item.musd
    assert max(spent.values()) == 30.0


def test_nothing_is_chosen_where_nothing_pays():
    found = ask([entry("a", 100.0), entry("b", 90.0)], {("a",): 1.0}, Limits(500.0), later_years=1, most_plans=1)
    assert found.openings == {}
    assert found.value_musd == 0.0
    assert "no set is worth more than nothing: nothing is chosen" in found.notes


def test_the_aim_changes_the_choice():
    entries = [entry("fair", 40.0), entry("foul", 40.0)]
    gains = {("fair",): 8.0, ("foul",): 9.0}
    found = ask(entries, gains, Limits(40.0), later_years=0, only_open=["foul"], shut=0.05)
    assert found.best.projects == {"foul"}
    found = ask(entries, gains, Limits(40.0), later_years=0, only_open=["foul"], shut=0.05, aim="both:worst_state")
    assert found.best.projects == {"fair"}


def test_what_the_set_is_worth_to_the_world_is_said_beside_the_aim():
    """A reader of the first line must not take what two gain for what all gain."""
    entries = [entry("a", 10.0)]
    found = ask(entries, {("a",): 5.0}, Limits(40.0), later_years=0)
    assert found.beyond == f", {words.musd(found.worth.value(None))} to the world"
    alone = replace(found, aim=replace(found.aim, countries=None))
    assert alone.beyond == ""
    # a set whose works others pay for
    worse = replace(found, best=replace(found.best, worth=_Losing()))
    assert worse.beyond == f", {words.musd(-7.0)} to the world, since others lose more than that"


class _Losing:
    """A worth that is below nothing to the world."""

    def value(self, _countries: object) -> float:
        return -7.0


def test_what_cannot_be_valued_stays_apart_with_its_break_even():
    entries = [entry("a", 10.0), entry("eTIR", 2.0, why_apart="cost and effect are both assumed"),
               entry("pipe", 5.0, why_apart="a pipeline", has_value=False)]  # fmt: skip
    found = ask(entries, {("a",): 5.0, ("eTIR",): 50.0}, Limits(100.0))
    assert found.best.projects == {"a"}
    assert [(item.id, item.why, dict(item.break_even)) for item in found.apart] == [
        ("eTIR", "cost and effect are both assumed", {"cost_musd": 7.0}), ("pipe", "a pipeline", {})]  # fmt: skip


def test_one_that_pays_only_beside_a_pair_is_not_screened_out():
    """c loses 11.4 by itself, and with a, whose cost it does not carry, 0.9; beside a and b, which pay, it gains 0.1."""
    meet = frozenset({"x"})
    entries = [entry("a", 1.0, touches=meet), entry("b", 1.0, touches=meet), entry("c", 12.0, touches=meet)]
    gains = {("a",): 0.0, ("b",): 0.0, ("c",): 0.0, ("a", "b"): 1.0, ("a", "c"): 1.0}
    found = ask(entries, gains, Limits(60.0), later_years=0, most_plans=0)
    assert found.bound_kind == "surrogate"
    assert found.best.projects == {"a", "b", "c"}


def test_screening_says_why():
    entries = [entry(f"p{number}", 10.0) for number in range(6)] + [entry("bad", 50.0), entry("dear", 900.0)]
    entries += [entry("needy", 5.0, prerequisites=("bad",))]
    found = ask(entries, {(f"p{number}",): 3.0 for number in range(6)}, Limits(60.0), later_years=0, most_plans=1)
    assert found.dropped["dear"] == "it costs USD 900 m, more than the budget of USD 60 m"
    assert (
        found.dropped["bad"]
        == "whenever it starts, it would lose USD 47.6 m or more by itself, and what it adds to others "
        "does not make up for it"
    )
    assert "needy" in found.dropped


def test_a_prerequisite_that_costs_more_than_it_brings_is_built_for_what_needs_it():
    entries = [entry(f"p{number}", 10.0) for number in range(6)] + [
        entry("base", 20.0),
        entry("top", 5.0, prerequisites=("base",)),
    ]
    gains = {(f"p{number}",): 1.5 for number in range(6)} | {("top",): 6.0}
    found = ask(entries, gains, Limits(45.0), later_years=0, most_plans=1)
    assert {"base", "top"} <= found.best.projects


# refused ----------------------------------------------------------------------------------------------------------------


def refused(entries, limits, error, **how):
    with pytest.raises(error) as caught:
        ask(entries, {}, limits, **how)
    return str(caught.value)


def test_a_budget_below_every_project():
    text = refused([entry("a", 30.0), entry("b", 20.0)], Limits(10.0), RequestError)
    expected = (
        "The budget of USD 10 m lies below the cost of every project; the cheapest is b at USD 20 m. Raise the budget."
    )
    assert text == expected


def test_limits_that_contradict_each_other():
    entries = [entry("a", 30.0), entry("b", 20.0, alternatives=("a",)), entry("c", 5.0)]
    limits = Limits(100.0, required=frozenset({"a", "b"}), works_at_once=2)
    text = refused(entries, limits, ConflictError)
    assert text == (
        "No portfolio keeps all limits. These contradict each other: a is required; b is an alternative to a; b is required. "
        "Loosen one of them."
    )


def test_prerequisites_in_a_circle():
    entries = [entry("a", prerequisites=("b",)), entry("b", prerequisites=("c",)), entry("c", prerequisites=("a",))]
    text = refused(entries, Limits(100.0), InputError)
    assert text.startswith("portfolio: prerequisites run in a circle: ")
    assert text.endswith(". Take one of them out.")
    assert sorted(text.split(": ")[2].split(". ")[0].split(" needs ")[:3]) == ["a", "b", "c"]


def test_an_unknown_project():
    text = refused([entry("alpha", 5.0)], Limits(10.0, required=frozenset({"alpah"})), InputError)
    assert text == "portfolio: limits require alpah, which is no candidate. Did you mean alpha?"


def test_a_negative_budget():
    assert refused([entry("a", 5.0)], Limits(-1.0), InputError) == (
        "portfolio: limit on total: found -1; expected zero or more. Correct it."
    )


def test_a_required_project_that_stays_apart():
    text = refused(
        [entry("a", 5.0, why_apart="its cost is not known"), entry("b")],
        Limits(50.0, required=frozenset("a")),
        RequestError,
    )
    assert text == (
        "a is required, but stays out of the ranking: its cost is not known. Leave it out of what is required."
    )


def test_no_candidate():
    text = refused([entry("a", 5.0, why_apart="a study", has_value=False)], Limits(50.0), InputError)
    assert text == "Candidates: found none that can be valued; expected one or more. Name others."


def test_an_unknown_aim():
    text = refused([entry("a", 5.0)], Limits(50.0), UnknownNameError, aim="albaa")
    assert text == "No aim is called 'albaa'. Did you mean alba?"


def test_nothing_is_solved_before_a_request_is_refused():
    entries = [entry("a", 30.0)]
    valuer = SyntheticValuer(entries, {})
    with pytest.raises(RequestError):
        choose_among(entries, valuer, Limits(10.0), Aim.of(None, valuer.standings, "both"))
    assert valuer.asked == []


def test_a_required_project_that_needs_what_cannot_be_chosen():
    entries = [entry("a", 10.0), entry("top", 5.0, prerequisites=("base",)), entry("base", 900.0)]
    valuer = SyntheticValuer(entries, {("a",): 3.0})
    limits = Limits(50.0, required=frozenset({"top"}))
    with pytest.raises(ConflictError, match="top needs base; top is required; total of USD 50 m"):
        choose_among(entries, valuer, limits, Aim.of(None, valuer.standings, "both"))


class NoWorth(SyntheticValuer):
    """A valuer that cannot appraise an entry."""

    def worths(self, sets, *, changes=()):
        return [replace(item, valued=False, why_not="trade and flows do not meet") if "lost" in item.openings else item
                for item in super().worths(sets, changes=changes)]  # fmt: skip


def test_a_required_project_that_cannot_be_appraised():
    entries = [entry("a", 10.0), entry("lost", 5.0)]
    valuer = NoWorth(entries, {("a",): 3.0})
    aim = Aim.of(None, valuer.standings, "both")
    assert choose_among(entries, valuer, Limits(50.0), aim).dropped == {"lost": "trade and flows do not meet"}
    with pytest.raises(RequestError) as caught:
        choose_among(entries, valuer, Limits(50.0, required=frozenset({"lost"})), aim)
    assert str(caught.value) == (
        "lost is required, but cannot be chosen: trade and flows do not meet. Leave it out of what is required."
    )


def test_years_that_cannot_be():
    assert refused([entry("a", 5.0)], Limits(50.0), InputError, later_years=40) == (
        "Years by which a start may be put off: found 40; expected 0 to 15. Name another number."
    )


# ties, and what tries the surrogate ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("most_plans", [64, 0])
def test_nothing_is_built_without_what_it_needs(most_plans):
    """The base is too dear for the budget: whichever way the search goes, what needs it stays out."""
    entries = [entry("a", 10.0), entry("top", 5.0, prerequisites=("base",)), entry("base", 900.0)]
    found = ask(entries, {("a",): 3.0, ("top",): 50.0}, Limits(50.0), later_years=0, most_plans=most_plans)
    assert found.best.projects == {"a"}
    assert found.dropped["top"] == "it needs base, which cannot be chosen"


def test_nothing_can_be_chosen_where_all_need_what_is_too_dear():
    entries = [entry("top", 5.0, prerequisites=("base",)), entry("base", 900.0)]
    found = ask(entries, {("top",): 50.0}, Limits(50.0), later_years=0)
    assert (found.openings, found.value_musd, found.bound_musd) == ({}, 0.0, 0.0)


@pytest.mark.parametrize("most_plans", [64, 0])
def test_a_whole_brings_what_needs_its_part(most_plans):
    """The port needs the second half of the line; the whole line holds it."""
    entries = [entry("first", 30.0), entry("second", 30.0, prerequisites=("first",)),
               entry("line", 50.0, contains=("first", "second")), entry("port", 5.0, prerequisites=("second",))]  # fmt: skip
    gains = {("first",): 2.0, ("second",): 2.0, ("line",): 8.0, ("port",): 3.0}
    found = ask(entries, gains, Limits(60.0), later_years=0, most_plans=most_plans)
    assert found.best.projects == {"line", "port"}
    # without either half nothing brings the port
    found = ask(entries, gains, Limits(20.0), later_years=0, most_plans=most_plans)
    assert found.openings == {}


def test_the_surrogate_is_tried_on_what_it_is_not_made_of():
    """Three together lose what no pair shows, and no proposal holds three: the error is stated even so."""
    entries = [entry(name, 10.0) for name in "abc"]
    gains = {("a",): 1.0, ("b",): 1.0, ("c",): 0.0, ("a", "b", "c"): -4.0}
    found = ask(entries, gains, Limits(60.0), later_years=1, most_plans=0)
    assert found.best.projects == {"a", "b"}
    assert any(item.projects == {"a", "b", "c"} for item in found.sets)
    assert any(item.openings == {"a": 2029, "b": 2029} for item in found.sets)
    # the model puts c off, which loses less: the three are there from 2029 on
    annuity = sum(1.05**-year for year in range(3, 21))
    assert found.largest_error_musd == pytest.approx(4.0 * annuity)


def test_a_gap_above_nothing():
    found = ask([entry("a", 100.0)], {("a",): 1.0}, Limits(500.0), later_years=0)
    assert (found.value_musd, found.gap) == (0.0, 0.0)
    assert replace(found, bound_musd=2.0).gap == float("inf")


def test_an_unknown_scenario():
    with pytest.raises(UnknownNameError) as caught:
        choose(open_case("textbook"), 500.0, scenario="opne")
    assert str(caught.value).startswith("No scenario is called 'opne'. Did you mean open?")


def test_shares_of_a_country_that_cannot_both_hold():
    limits = Limits(50.0, least_country_share={"AAA": 0.9}, most_country_share={"AAA": 0.1})
    assert refused([entry("a", 5.0)], limits, InputError) == (
        "portfolio: share of AAA: at least 0.9 and at most 0.1 cannot both hold. Correct one of them."
    )


def test_the_surrogate_is_tried_where_nothing_pays():
    entries = [entry("a", 100.0), entry("b", 90.0, alternatives=("a",))]
    found = ask(entries, {("a",): 1.0, ("b",): 0.5}, Limits(500.0), later_years=1, most_plans=0)
    assert found.openings == {}
    assert [item.openings for item in found.sets] == [{}, {"b": 2029}]
