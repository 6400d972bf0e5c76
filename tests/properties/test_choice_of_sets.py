"""The search against trying every set: proven where it enumerates, and exact where pairs are all there is."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_worths import SyntheticValuer, entry

from karvan.portfolio import Limits, choose_among
from karvan.portfolio.aims import Aim

NAMES = ("a", "b", "c", "d", "e")
gain = st.integers(-4, 12).map(float)


@st.composite
def games(draw):
    """Five entries that meet at one place, with gains alone, in pairs and in triples, and a budget."""
    costs = [float(draw(st.integers(1, 60))) for _ in NAMES]
    needs = draw(st.sampled_from([(), ("a",), ("b",)]))
    rival = draw(st.sampled_from([(), ("c",)]))
    entries = [
        entry(
            name,
            cost,
            touches=frozenset({"x"}),
            prerequisites=needs if name == "e" else (),
            alternatives=rival if name == "d" else (),
        )
        for name, cost in zip(NAMES, costs, strict=True)
    ]
    gains = {(name,): draw(gain) for name in NAMES}
    gains |= {pair: draw(gain) for pair in draw(st.sets(st.sampled_from(list(combinations(NAMES, 2))), max_size=3))}
    triples = {
        triple: draw(gain) for triple in draw(st.sets(st.sampled_from(list(combinations(NAMES, 3))), max_size=1))
    }
    return entries, gains, triples, float(draw(st.integers(60, 200)))


def best_by_hand(entries, gains, total):
    """Return the largest worth of a set at the earliest years that keeps budget, prerequisites and alternatives."""
    valuer = SyntheticValuer(entries, gains)
    best = 0.0
    for size in range(1, len(entries) + 1):
        for chosen in combinations(entries, size):
            names = {item.id for item in chosen}
            if sum(item.cost_musd for item in chosen) > total or any(
                set(item.prerequisites) - names for item in chosen
            ):
                continue
            if any(set(item.alternatives) & names for item in chosen):
                continue
            (worth,) = valuer.worths([{item.id: item.opening for item in chosen}])
            best = max(best, worth.value(("AAA", "BBB")))
    return best


def ask(entries, gains, total, most_plans):
    valuer = SyntheticValuer(entries, gains)
    aim = Aim.of(None, valuer.standings, valuer.headline)
    return choose_among(entries, valuer, Limits(total), aim, later_years=0, most_plans=most_plans)


@settings(max_examples=40, deadline=None)
@given(games())
def test_enumeration_is_never_beaten(game):
    entries, gains, triples, total = game
    found = ask(entries, gains | triples, total, 64)
    assert found.proven
    assert found.value_musd == pytest.approx(best_by_hand(entries, gains | triples, total), abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(games())
def test_with_pairs_alone_the_surrogate_is_never_beaten(game):
    entries, gains, _, total = game
    found = ask(entries, gains, total, 0)
    assert found.bound_kind == "surrogate"
    assert found.largest_error_musd == pytest.approx(0.0, abs=1e-6)
    assert found.value_musd == pytest.approx(best_by_hand(entries, gains, total), abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(games())
def test_no_set_that_was_appraised_is_better_than_the_choice(game):
    entries, gains, triples, total = game
    found = ask(entries, gains | triples, total, 0)
    assert found.value_musd == max(item.value_musd for item in found.sets)
    assert found.bound_musd >= found.value_musd
    assert found.worth.cost_musd <= total
