"""How many cores a process may use."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")
R = TypeVar("R")


class _Claim:
    """What this process said of itself."""

    one = False


def claim_one_core() -> None:
    """Say that this process is one of several that share a machine: it runs its tasks on one thread."""
    _Claim.one = True


def cores() -> int:
    """Return the number of cores that this process may use."""
    if _Claim.one:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _helpers(count: int) -> ThreadPoolExecutor:
    """Return threads that wait for work: to start them anew each time takes longer than many a task."""
    return ThreadPoolExecutor(count, "karvan")


def in_threads(function: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Return what a function makes of each item, in their order; in as many threads as there are cores.

    It pays where most of the work is in kernels that let other threads run. What an item gives must not depend on the others.
    Where some fail, all are tried, and the fault of the first of them is raised. The calling thread takes its share, so that a
    function may use threads as well.
    """
    count = min(cores(), len(items))
    if count <= 1:
        return [function(item) for item in items]
    found: dict[int, R] = {}
    faults: dict[int, Exception] = {}
    waiting = deque(range(len(items)))

    def work() -> None:
        while waiting:
            try:
                place = waiting.popleft()
            except IndexError:
                return
            try:
                found[place] = function(items[place])
            except Exception as fault:  # noqa: BLE001 - raised below, in order
                faults[place] = fault

    helping = [_helpers(count - 1).submit(work) for _ in range(count - 1)]
    try:
        work()
    finally:
        # whoever breaks off leaves nothing to be done
        waiting.clear()
        for helper in helping:
            if not helper.cancel():
                helper.result()
    if faults:
        raise faults[min(faults)]
    return [found[place] for place in range(len(items))]
