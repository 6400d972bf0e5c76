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
    # so many threads meet here, or it fails
    together = threading.Barrier(count, timeout=30)

    def work(item: int) -> int:
        names.add(threading.current_thread().name)
        together.wait()
        return item * item

    assert in_threads(work, list(range(21))) == [item * item for item in range(21)]
    assert len(names) == count
    assert "MainThread" in names


def test_threads_within_threads(monkeypatch):
    """Threads that wait for each other's threads would wait for ever."""
    monkeypatch.setattr("karvan.workers.threads.cores", lambda: 2)
    found = in_threads(lambda item: in_threads(lambda other: 10 * item + other, [1, 2, 3]), [1, 2, 3, 4])
    assert found == [[10 * item + other for other in (1, 2, 3)] for item in (1, 2, 3, 4)]


def test_the_first_error_is_raised(monkeypatch):
    monkeypatch.setattr("karvan.workers.threads.cores", lambda: 2)
    tried = []

    def work(item: int) -> int:
        tried.append(item)
        if item % 3 == 1:
            message = f"item {item}"
            raise ValueError(message)
        return item

    for _ in range(20):
        with pytest.raises(ValueError, match=r"^item 1$"):
            in_threads(work, list(range(9)))
    assert sorted(tried) == sorted([*range(9)] * 20)


def test_whoever_breaks_off_leaves_nothing_to_be_done(monkeypatch):
    monkeypatch.setattr("karvan.workers.threads.cores", lambda: 2)
    tried = []
    broken = threading.Event()

    def work(item: int) -> None:
        tried.append(item)
        if threading.current_thread() is threading.main_thread():
            broken.set()
            raise KeyboardInterrupt
        assert broken.wait(30)

    with pytest.raises(KeyboardInterrupt):
        in_threads(work, list(range(50)))
    assert len(tried) < 50
    # and the threads serve again
    assert in_threads(lambda item: item, [1, 2, 3]) == [1, 2, 3]
