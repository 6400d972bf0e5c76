"""Threads where a process has the machine to itself, one where several share it out."""

from __future__ import annotations

import threading

import pytest

from karvan.workers import cores as package_cores
from karvan.workers import in_threads
from karvan.workers import map as run_map
from karvan.workers.threads import _Claim, claim_one_core, cores


def _count(_: int) -> int:
    return cores()


def test_a_process_that_shares_a_machine_has_one_core(monkeypatch):
    monkeypatch.setattr(_Claim, "one", False)
    assert package_cores() >= 1
    claim_one_core()
    assert cores() == 1
    assert [answer.value for answer in run_map(_count, [1, 2], workers=2)] == [1, 1]


@pytest.mark.parametrize("count", [1, 3])
def test_answers_come_in_the_order_of_the_items(monkeypatch, count):
    monkeypatch.setattr("karvan.workers.threads.cores", lambda: count)
    names = set()

    def work(item: int) -> int:
        names.add(threading.current_thread().name)
        return item * item

    assert in_threads(work, list(range(20))) == [item * item for item in range(20)]
    assert ("MainThread" in names) == (count == 1)


def test_the_first_error_is_raised(monkeypatch):
    monkeypatch.setattr("karvan.workers.threads.cores", lambda: 2)
    with pytest.raises(ZeroDivisionError):
        in_threads(lambda item: 1 // item, [1, 0, 2])
