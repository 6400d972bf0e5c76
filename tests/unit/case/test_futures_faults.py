"""Faults of closures, states and transitions: each with its whole message, and nothing else is said."""

from __future__ import annotations

import pytest


def closure(files, name, group="ab", crossings="ab", from_date="2020-01-01", to_date="2020-02-01", **cells):
    return files.add(
        "closure.csv", closure_id=name, group=group, crossings=crossings, from_date=from_date, to_date=to_date,
        share_shut="1", source="textbook", confidence="high", **cells,
    )  # fmt: skip


def test_a_closure_that_ends_before_it_starts(files):
    line = files.line_of("closure.csv", "ab-2019")
    files.set("closure.csv", "ab-2019", to_date="2018-12-31")
    assert files.problems() == [
        (
            f"closure.csv, line {line}, to_date: found 2018-12-31; expected a day after from_date, 2019-01-01. "
            "Mend one of the dates."
        )
    ]


def test_a_closure_of_a_day_named_by_its_month_ends_within_it(files):
    files.set("closure.csv", "ab-2019", from_date="2019-03-31", to_date="2019-03")
    assert files.problems() == []


def test_closures_of_a_group_that_overlap(files):
    line = closure(files, "again", from_date="2019-03-31", to_date="2019-06-30")
    assert files.problems() == [
        (
            f"closure.csv, line {line}, from_date: found 2019-03-31, within ab-2019 of ab (line 2, 2019-01-01 to 2019-03-31); "
            "expected closures of a group that do not overlap. Join the two rows, or name the crossings of each."
        )
    ]


def test_a_closure_of_the_whole_group_overlaps_one_of_a_crossing(files):
    line = closure(files, "all", crossings="", from_date="2019-02", to_date="")
    found = files.problems()
    assert found[1] == (
        f"closure.csv, line {line}, from_date: found 2019-02, within ab-2019 (line 2, 2019-01-01 to 2019-03-31); "
        "expected closures of a group that do not overlap. Join the two rows, or name the crossings of each."
    )
    assert len(found) == 2  # and the closure of 2023 within one that is still on
    assert "found 2023-05, within all (line 4, 2019-02 to now)" in found[0]


def test_closures_of_other_crossings_or_other_times_do_not_overlap(files):
    closure(files, "bc", crossings="bc", from_date="2019-02-01", to_date="2019-04-30")
    closure(files, "after", from_date="2019-04-01", to_date="2019-04-30")
    assert files.problems() == []


def test_an_unknown_crossing(files):
    files.set("closure.csv", "ab-2019", crossings="abb")
    assert files.problems() == [
        "closure.csv, line 2, crossings: found 'abb'; expected a crossing_id of border.csv. Did you mean ab?"
    ]


def test_a_group_that_no_state_names(files):
    line = closure(files, "bc-2020", group="bc", crossings="bc")
    assert files.problems() == [
        (
            f"closure.csv, line {line}, group: found 'bc'; expected a group that scenario.csv names in shut_groups. "
            "Choose one of ab, or add it to the states."
        )
    ]


def test_a_group_without_a_record(files):
    line = files.set("scenario.csv", "fuel_dear", shut_groups="sea")
    assert files.problems() == [
        (
            f"scenario.csv, line {line}, shut_groups: found 'sea'; expected a group of closure.csv. "
            "Choose one of ab, or record its closures."
        )
    ]


def test_states_that_do_not_exclude_each_other(files):
    line = files.set("scenario.csv", "open", shut_groups="ab")
    second = files.line_of("scenario.csv", "ab_shut")
    assert files.problems() == [
        (
            "scenario.csv, shut_groups: found no state with nothing shut; expected a state for every set of groups. "
            "Add the state, with its effects and its probability."
        ),
        (
            f"scenario.csv, line {second}, shut_groups: found ab shut, as in open (line {line}); "
            "expected states that exclude each other. Change one of the two, or make it a future."
        ),
    ]


def test_states_that_do_not_exhaust_what_may_be(copy_case):
    files = copy_case("pakistan_azerbaijan")
    files.set("scenario.csv", "iran_hormuz_shut", kind="future", probability="")
    found = files.problems()
    assert (
        "scenario.csv, shut_groups: found no state with hormuz and iran shut; expected a state for every set of groups. "
        "Add the state, with its effects and its probability."
    ) in found


@pytest.mark.parametrize("end", ["from", "to"])
def test_a_state_missing_from_the_matrix(files, end):
    kept = [row for row in files.read("transition.csv") if row[{"from": 1, "to": 2}[end]] != "ab_shut"]
    if end == "to":
        for row in kept[1:]:
            row[kept[0].index("probability")] = "1"
    files.write("transition.csv", kept)
    assert files.problems()[0] == (
        f"transition.csv, {end}_state: found no row {end} ab_shut; expected every state of scenario.csv in {end}_state. "
        f"Add the rows {end} ab_shut; `karvan case futures --estimate --csv` writes them from the record."
    )


def test_the_start_must_be_in_the_matrix_too(copy_case):
    files = copy_case("pakistan_azerbaijan")
    files.write("transition.csv", [row for row in files.read("transition.csv") if row[1] != "today"])
    assert files.problems() == [
        (
            "transition.csv, from_state: found no row from today; expected every state of scenario.csv in from_state. "
            "Add the rows from today; `karvan case futures --estimate --csv` writes them from the record."
        )
    ]


def test_transitions_that_do_not_sum_to_one(files):
    files.set("transition.csv", "ab_shut.open", probability="0.5")
    assert files.problems()[-1] == (
        "transition.csv, probability: found a sum of 1.1 from ab_shut; expected 1. Correct the probabilities from ab_shut."
    )


def test_a_transition_to_no_state(files):
    line = files.add("transition.csv", transition_id="x", from_state="open", to_state="fuel_dear", probability="0", source="textbook", confidence="high")  # fmt: skip  # noqa: E501
    assert files.problems() == [
        (
            f"transition.csv, line {line}, to_state: found 'fuel_dear' of kind future; expected a scenario of kind state. "
            "Name a state, or change the kind of the scenario."
        )
    ]


def test_a_transition_twice(files):
    first = files.line_of("transition.csv", "open.open")
    line = files.add("transition.csv", like="open.open", transition_id="x", probability="0")
    assert files.problems() == [
        (
            f"transition.csv, line {line}, to_state: found open to open a second time; "
            f"expected one row (the first is line {first}). "
            "Remove one of the two."
        )
    ]


def test_probabilities_that_are_not_the_long_run(files):
    files.set("scenario.csv", "open", probability="0.7")
    line = files.set("scenario.csv", "ab_shut", probability="0.3")
    found = files.problems()
    assert found[-1] == (
        f"scenario.csv, line {line}, probability: found 0.3; expected about 0.25, what a year of transition.csv makes of the "
        "probabilities. Take the long run of the transitions: `karvan case futures --estimate --json` gives it from the record."
    )
    assert len(found) == 2


def test_an_unknown_state(files):
    line = files.set("transition.csv", "open.open", to_state="opne")
    assert files.problems() == [
        f"transition.csv, line {line}, to_state: found 'opne'; expected a scenario_id of scenario.csv. Did you mean open?"
    ]
