"""Tasks that spawned processes can import by name."""

from __future__ import annotations

import os
import time

import numpy as np

from karvan.errors import AuditError, InputError, UnknownNameError


def square_slowly(number: int) -> int:
    time.sleep(0.02 * number)
    return number * number


def draws(seed: int) -> np.ndarray:
    return np.sin(np.random.default_rng(seed).standard_normal(1000)).cumsum()


def threads(_item: int) -> dict[str, str | None]:
    return {name: os.environ.get(name) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")}


def die_on_two(number: int) -> int:
    if number == 2:
        os._exit(7)
    return number


def fail(kind: str) -> str:
    if kind == "input":
        raise InputError(["rate: found -1", "years: found none"], what="accounts")
    if kind == "name":
        raise UnknownNameError("project", "P0", ["P01", "X"])
    if kind == "audit":
        message = "flow is lost"
        raise AuditError(message)
    if kind == "bug":
        return str(1 / 0)
    return kind


def who(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def not_for_the_post(_item: int) -> object:
    return lambda: 0
