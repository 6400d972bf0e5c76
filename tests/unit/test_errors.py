"""Errors say what is wrong, all of it, and survive the way between processes."""

from __future__ import annotations

import pickle

from karvan.errors import InputError


def test_one_problem_stands_on_the_line_of_what_it_concerns():
    assert str(InputError(["rate is -1. Give a rate above -1."], what="flows.csv")) == (
        "flows.csv: rate is -1. Give a rate above -1."
    )


def test_several_problems_are_listed_at_once():
    error = InputError(["line 2: no year. Fill it in.", "line 3: no cost. Fill it in."], what="flows.csv")
    assert str(error) == "flows.csv: 2 problems\n  line 2: no year. Fill it in.\n  line 3: no cost. Fill it in."


def test_it_can_be_sent_to_another_process():
    error = InputError(["a", "b"], what="flows.csv")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(again), again.problems, str(again)) == (InputError, error.problems, str(error))
