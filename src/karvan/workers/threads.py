"""How many cores a process may use."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
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


def in_threads(function: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Return what a function makes of each item, in their order; in as many threads as there are cores.

    It pays where most of the work is in kernels that let other threads run. What an item gives must not depend on the others.
    """
    count = min(cores(), len(items))
    if count <= 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(function, items))
