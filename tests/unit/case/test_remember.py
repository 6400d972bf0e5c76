"""What is kept by identity: the same objects give the same result, equal ones are other objects."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

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


def test_what_was_asked_for_longest_ago_falls_out():
    add, calls = counted(2)
    rows = [{}, {}, {}]
    first, second = add(rows[0], "x"), add(rows[1], "x")
    assert add(rows[0], "x") is first
    add(rows[2], "x")
    assert add(rows[0], "x") is first
    assert add(rows[1], "x") is not second
    assert len(calls) == 4


def test_sets_are_compared_by_value():
    add, calls = counted(2)
    assert add(frozenset("ab"), ("a", 1)) is add(frozenset("ba"), ("a", 1))
    assert add(frozenset("ab"), ("a", 1)) is not add(frozenset("a"), ("a", 1))
    assert len(calls) == 2


def test_threads_may_ask_at_once():
    add, _ = counted(4)
    rows = [{} for _ in range(8)]
    add(rows[0], 0)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda k: add(rows[k % 8], 0) is not None, range(400)))
    assert all(found)
    assert add(rows[0], 0) is add(rows[0], 0)


def test_an_argument_may_stand_for_others():
    add, calls = counted(2, unseen=1)
    rows = {}
    assert add(rows, {}) is add(rows, {})
    assert len(calls) == 1


def test_threads_that_make_the_same_go_on_with_one_of_them():
    """What is made from a result is known by its identity: two equal ones would be told apart for ever."""
    together = threading.Barrier(2)

    @remembered(4)
    def made(_name: str) -> list[int]:
        together.wait(timeout=10)
        return []

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(made, ["a", "a"])
    assert one is other
    assert made("a") is one
