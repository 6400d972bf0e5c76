"""Candidates, limits and the model: what is said where they cannot be, and pairs that are worth more or less."""

from __future__ import annotations

from itertools import pairwise

import pytest

from karvan.errors import InputError, NotConvergedError
from karvan.portfolio.candidates import Candidate, Limits, check_candidates
from karvan.portfolio.model import ConflictError, PortfolioModel


def simple(name, value, cost, **more):
    return Candidate(name, {2027: value}, (cost,), **more)


def test_a_pair_worth_more_than_its_parts():
    # a line without its border post earns little: apart neither pays, together both do
    made = [simple("line", -5.0, 10.0), simple("post", -1.0, 2.0), simple("road", 3.0, 10.0)]
    assert PortfolioModel(made, Limits(total_musd=12)).best().chosen == {"road"}
    best = PortfolioModel(made, Limits(total_musd=12), {("line", "post"): {2027: 12.0}}).best()
    assert (best.chosen, best.value_musd) == ({"line", "post"}, 6.0)


def test_a_pair_worth_less_than_its_parts():
    # rivals share their traffic
    made = [simple("kharlachi", 8.0, 5.0), simple("torkham", 7.0, 5.0), simple("port", 2.0, 5.0)]
    best = PortfolioModel(made, Limits(total_musd=10), {("kharlachi", "torkham"): {2027: -6.0}}).best()
    assert (best.chosen, best.value_musd) == ({"kharlachi", "port"}, 10.0)


def test_yearly_outlays_put_starts_apart():
    made = [Candidate(name, {2027: 10.0, 2028: 9.0}, (6.0, 6.0)) for name in ("one", "two")]
    best = PortfolioModel(made, Limits(yearly_musd={2027: 6.0, 2028: 12.0, 2029: 6.0})).best()
    assert (sorted(best.starts.values()), best.value_musd) == ([2027, 2028], 19.0)


def test_an_irreducible_conflict_is_named():
    made = [simple("line", 1.0, 30.0, prerequisites=("post",)), simple("post", 1.0, 5.0), simple("port", 1.0, 1.0)]
    limits = Limits(total_musd=32.0, works_at_once=2, required=frozenset({"line", "port"}))
    with pytest.raises(ConflictError) as error:
        PortfolioModel(made, limits).best()
    assert str(error.value) == (
        "No portfolio keeps all limits. These contradict each other: line needs post; line is required; "
        "total of USD 32 m. Loosen one of them."
    )


def test_a_funder_that_may_not():
    made = [simple("line", 1.0, 30.0, funder_share={"bank": 0.6, "state": 0.4})]
    limits = Limits(ineligible={"bank": frozenset({"line"})}, required=frozenset({"line"}))
    with pytest.raises(ConflictError, match="contradict each other: bank may not fund line; line is required"):
        PortfolioModel(made, limits).best()


def test_no_further_set():
    model = PortfolioModel([simple("line", 1.0, 1.0)], Limits())
    with pytest.raises(NotConvergedError) as error:
        model.best(without=[frozenset({"line"}), frozenset()])
    assert str(error.value) == "No further set keeps the limits beyond the 2 looked at."


def test_a_circle_of_prerequisites():
    made = [
        simple("line", 1.0, 1.0, prerequisites=("post",)),
        simple("post", 1.0, 1.0, prerequisites=("road",)),
        simple("road", 1.0, 1.0, prerequisites=("line",)),
        simple("port", 1.0, 1.0, prerequisites=("road",)),
    ]
    with pytest.raises(InputError) as error:
        check_candidates(made, Limits())
    chain = (
        str(error.value)
        .removeprefix("portfolio: prerequisites run in a circle: ")
        .removesuffix(". Take one of them out.")
    )
    names = chain.split(" needs ")
    needs = {item.id: item.prerequisites for item in made}
    assert len(names) == 4
    assert all(following in needs[name] for name, following in pairwise(names))
    assert names[0] == names[-1]


def test_every_fault_at_once():
    made = [
        simple("line", 1.0, -1.0, prerequisites=("pots",)),
        simple("post", 1.0, 1.0, funder_share={"bank": 0.5, "state": 0.4}),
        simple("post", 1.0, 1.0),
        Candidate("road", {}, (1.0,)),
    ]
    limits = Limits(
        total_musd=-1.0, funder_musd={"bank": -2.0}, least_country_share={"PAK": 1.5}, required=frozenset({"harbour"})
    )
    with pytest.raises(InputError) as error:
        check_candidates(made, limits)
    assert error.value.problems == (
        "candidate post is given twice. Give it once.",
        "candidate line has a negative or missing outlay or debt service. Give zero or more.",
        "candidate post: shares of funders add up to 0.9; expected 1. Correct them.",
        "candidate road has no year of start. Give it a value by year.",
        "candidate line names pots, which is no candidate. Did you mean post?",
        "limits require harbour, which is no candidate. Give it as a candidate, or leave it out.",
        "limit on total: found -1; expected zero or more. Correct it.",
        "limit on outlay of bank: found -2; expected zero or more. Correct it.",
        "share of PAK: found 1.5; expected 0 to 1. Correct it.",
    )


def test_no_candidate():
    with pytest.raises(InputError) as error:
        PortfolioModel([], Limits())
    assert str(error.value) == "portfolio: no candidate is given. Name at least one."
