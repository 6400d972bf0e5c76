"""What is kept by identity: the same objects give the same result, equal ones are other objects."""

from __future__ import annotations

import numpy as np

from karvan.case.remember import remembered


def counted(most, unseen=0):
    calls = []

    @remembered(most, unseen=unseen)
    def add(one, other):
        calls.append((one, other))
        return object()

    return add, calls


def test_a_result_is_kept_for_the_same_objects_only():
    add, calls = counted(4)
    one, equal = np.ones(3), np.ones(3)
    first = add(one, 7)
    assert add(one, 7) is first
    assert add(equal, 7) is not first
    assert add(one, 8) is not first
    assert add(one, 7.0) is not first
    assert len(calls) == 4


def test_the_oldest_falls_out():
    add, calls = counted(2)
    rows = [{}, {}, {}]
    first = add(rows[0], "x")
    add(rows[1], "x")
    assert add(rows[0], "x") is first
    add(rows[2], "x")
    assert add(rows[0], "x") is not first
    assert len(calls) == 4


def test_an_argument_may_stand_for_others():
    add, calls = counted(2, unseen=1)
    rows = {}
    assert add(rows, {}) is add(rows, {})
    assert len(calls) == 1
