"""Futures as a process: against matrix powers, the closed form of two states, and a simulation in continuous time."""

from __future__ import annotations

import csv
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm

import karvan
from karvan.case.futures import read_futures, stationary
from karvan.case.futures_estimate import draw_rates, estimate_futures, group_range, shut_probability, to_one, yearly
from karvan.errors import RequestError


@pytest.fixture(scope="module")
def case():
    return karvan.open_case("pakistan_azerbaijan")


@pytest.fixture(scope="module")
def futures(case):
    return read_futures(case)


# the textbook, by hand ------------------------------------------------------------------------------------------------


def test_the_textbook_by_hand(textbook):
    """0.1 shut after open, 0.4 open after shut: after two years 0.1 x 0.6 + 0.9 x 0.1 = 0.15; in the long run a fifth."""
    found = read_futures(textbook)
    assert found.start == "open"
    assert found.probabilities(2026).to_dict() == {"open": 1.0, "ab_shut": 0.0}
    assert found.probabilities(2027)["ab_shut"] == pytest.approx(0.1)
    assert found.probabilities(2028)["ab_shut"] == pytest.approx(0.15)
    assert found.probabilities(2126)["ab_shut"] == pytest.approx(0.2)
    assert dict(found.long_run) == {"open": 0.8, "ab_shut": 0.2}
    assert found.expected_years(2028)["ab_shut"] == pytest.approx(0.25)
    assert (found.stay_years("open"), found.stay_years("ab_shut")) == pytest.approx((10, 2.5))


def test_a_year_before_the_base_year(textbook):
    with pytest.raises(RequestError) as error:
        read_futures(textbook).probabilities(2025)
    assert str(error.value) == "Year 2025 lies before the base year 2026 of textbook. Choose 2026 or later."


def test_without_transitions_each_year_is_drawn_apart(files):
    files.write("transition.csv", files.read("transition.csv")[:1])
    found = read_futures(files.open())
    assert found.probabilities(2027).to_dict() == {"open": 0.8, "ab_shut": 0.2}
    assert found.notes == (
        "The case has no transition.csv: each year is drawn by the probabilities of scenario.csv alone.",
    )


def test_without_probabilities_there_is_one_future(files):
    files.write("transition.csv", files.read("transition.csv")[:1])
    for state in ("open", "ab_shut"):
        files.set("scenario.csv", state, probability="")
    found = read_futures(files.open())
    assert found.probabilities(2050).to_dict() == {"open": 1.0}
    assert found.notes == ("The case has no probabilities: the default scenario is its only future.",)


# the bundled case -----------------------------------------------------------------------------------------------------


def test_what_is_committed_is_what_the_record_gives(case):
    found = estimate_futures(case)
    rows = case.rows("transition")
    assert list(rows) == list(found.transitions["transition_id"])
    for row in found.transitions.to_dict("records"):
        written = rows[row["transition_id"]]
        for column in ("from_state", "to_state", "probability", "probability_low", "probability_high"):
            assert written[column] == row[column], row["transition_id"]
    states = {name: row["probability"] for name, row in case.rows("scenario").items() if row["kind"] == "state"}
    assert states == found.probabilities


def test_states_are_every_set_of_groups_once(case, futures):
    shut = [frozenset(row["shut_groups"]) for row in case.rows("scenario").values() if row["kind"] == "state"]
    assert len(set(shut)) == len(shut) == 2**3
    assert futures.start == "today"
    assert futures.matrix[:, 0].max() == 0  # today is left and does not come back
    assert sum(futures.long_run.values()) == pytest.approx(1, abs=1e-9)


def test_probabilities_of_a_year_are_powers_of_the_matrix(futures):
    for year in (2026, 2027, 2031, 2056):
        power = np.linalg.matrix_power(futures.matrix, year - 2026)[0]
        assert futures.probabilities(year).to_numpy() == pytest.approx(power, abs=1e-12)
        assert futures.probabilities(year).sum() == pytest.approx(1, abs=1e-9)
    assert futures.probabilities(2056)[1:].to_dict() == pytest.approx(dict(futures.long_run), abs=5e-4)
    assert futures.expected_years().sum() == pytest.approx(30)


def test_a_state_effects_are_those_of_its_groups(case):
    """A state shuts just what the states of its groups shut: none leaks, none is forgotten."""
    rows = case.rows("scenario")

    def shut(scenario):
        return {(e["table"], e["row"]) for e in case.rows("effect").values()
                if e["owner"] == scenario and (e["column"], e["value"]) == ("status", "shut")}  # fmt: skip

    one = {"afghan_crossings": shut("afghanistan_shut"), "iran": shut("iran_shut"), "hormuz": shut("hormuz_shut")}
    for name, row in rows.items():
        if row["kind"] in ("state", "today"):
            assert shut(name) == set().union(*(one[group] for group in row["shut_groups"])), name


def test_a_path_is_that_of_its_seed(futures):
    assert futures.path(7) == futures.path(7)
    assert futures.path(7)[:6] == futures.path(7, 2031)
    assert futures.path(7) != futures.path(8)
    assert {path[0] for path in (futures.path(seed) for seed in range(20))} == {"today"}


def test_paths_are_distributed_as_the_probabilities(futures):
    """4,000 paths: a share has a standard error of at most 0.8 points, so 3 points are nearly four of them."""
    seen = Counter(futures.path(seed, 2030)[-1] for seed in range(4000))
    for state, share in futures.probabilities(2030).items():
        assert seen[state] / 4000 == pytest.approx(share, abs=0.03)


def test_a_draw_is_that_of_its_index(futures):
    one, again, other = futures.drawn(3), futures.drawn(3), futures.drawn(4)
    assert (one.matrix == again.matrix).all()
    assert (one.matrix != other.matrix).any()
    assert one.matrix.sum(axis=1) == pytest.approx(np.ones(9))
    assert dict(one.long_run) == pytest.approx(
        dict(zip(one.states[1:], stationary(one.matrix)[1:], strict=True)), abs=1e-9
    )


def test_draws_lie_about_the_process(futures):
    drawn = [futures.drawn(index).probabilities(2027)["afghanistan_shut"] for index in range(200)]
    assert np.mean(drawn) == pytest.approx(futures.probabilities(2027)["afghanistan_shut"], abs=0.01)
    low, high = futures.ranges(2027)["afghanistan_shut"]
    assert np.mean([low <= share <= high for share in drawn]) == pytest.approx(0.8, abs=0.06)


# the estimator --------------------------------------------------------------------------------------------------------


@given(st.floats(0.01, 5), st.floats(0.01, 20), st.booleans(), st.integers(0, 40))
def test_two_states_are_the_exponential_of_their_generator(closing, opening, was_shut, years):
    generator = np.array([[-closing, closing], [opening, -opening]]) * years
    assert shut_probability(closing, opening, was_shut, years) == pytest.approx(
        expm(generator)[int(was_shut), 1], abs=1e-9
    )


def test_the_long_run_is_the_share_of_time_of_a_simulation():
    """An alternating process simulated in continuous time for 200,000 years."""
    numbers = np.random.default_rng(1)
    opened, shut = numbers.exponential(1 / 0.4, 70_000), numbers.exponential(1 / 1.8, 70_000)
    assert shut_probability(0.4, 1.8, True, None) == pytest.approx(shut.sum() / (opened.sum() + shut.sum()), rel=0.01)


def test_more_draws_move_no_range(case, monkeypatch):
    first = {
        group: group_range(draw_rates(case), group, 1, was_shut=True)
        for group in ("afghan_crossings", "iran", "hormuz")
    }
    monkeypatch.setattr("karvan.case.futures_estimate.DRAWS", 2047)
    second = {group: group_range(draw_rates(case), group, 1, was_shut=True) for group in first}
    for group, span in first.items():
        assert span[:3] == pytest.approx(second[group][:3], abs=0.006)


def test_the_mean_over_draws_is_the_posterior_predictive(case):
    """Shut through a whole year, reopenings alone: the mean of exp(-b) under Gamma(2.5, S) is (S / (S + 1)) ** 2.5."""
    draws = draw_rates(case)
    shut_years = (33 + 62 + 409) / 365.25
    assert np.exp(-draws.opening["afghan_crossings"]).mean() == pytest.approx(
        (shut_years / (shut_years + 1)) ** 2.5, abs=0.002
    )
    assert 0 < yearly(draws, "afghan_crossings").where_open < yearly(draws, "afghan_crossings").where_shut < 1


@given(st.lists(st.floats(1e-9, 1), min_size=1, max_size=64))
def test_rounded_probabilities_keep_their_sum(figures):
    found = to_one(figures)
    assert sum(round(figure * 10_000) for figure in found) == 10_000
    assert found == pytest.approx([figure / sum(figures) for figure in figures], abs=1.0001e-4)


def test_states_without_groups_cannot_be_estimated(files):
    files.drop_column("scenario.csv", "shut_groups")
    with pytest.raises(RequestError) as error:
        estimate_futures(files.open())
    assert str(error.value) == ("textbook: no state names the groups shut in it. Fill in shut_groups of scenario.csv.")


def test_the_estimate_of_the_textbook_can_be_its_matrix(files, run_karvan):
    """What --estimate writes is a transition.csv that passes every check, once the probabilities are its long run."""
    done = run_karvan("case", "futures", "--case", str(files.folder), "--estimate", "--csv")
    for state, share in estimate_futures(files.open()).probabilities.items():
        files.set("scenario.csv", state, probability=str(share))
    lines = list(csv.reader(done.stdout.splitlines()))
    files.write(
        "transition.csv", [[*lines[0], "source", "confidence"], *([*line, "textbook", "low"] for line in lines[1:])]
    )
    assert files.problems() == []
