"""What a compiled solver prints: data go to stdout, and a line of HiGHS among them would break a JSON object.

HiGHS writes some lines past its own switch for talk (``transformNewIntegerFeasibleSolution``), into the stream of C. While a
solver runs, that stream leads to stderr.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: File descriptors of the streams.
STDOUT, STDERR = 1, 2


class _Users:
    """How many solvers run in this process, and where stdout leads when none does."""

    lock = threading.Lock()
    count = 0
    saved: int | None = None


@contextlib.contextmanager
def talk_to_stderr() -> Iterator[None]:
    """Have all that compiled code prints to stdout go to stderr; several threads may ask for it at once."""
    with _Users.lock:
        _Users.count += 1
        if _Users.count == 1:
            _Users.saved = _turn()
    try:
        yield
    finally:
        with _Users.lock:
            _Users.count -= 1
            if _Users.count == 0 and _Users.saved is not None:
                _flush()
                os.dup2(_Users.saved, STDOUT)
                os.close(_Users.saved)
                _Users.saved = None


def _turn() -> int | None:
    """Lead stdout to stderr; return where it led, or None where one of them is shut."""
    _flush()
    try:
        saved = os.dup(STDOUT)
        os.dup2(STDERR, STDOUT)
    except OSError:
        return None
    return saved


def _flush() -> None:
    """Write out what waits, Python's own and that of C: it was meant for where the stream leads now."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stdout.flush()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).fflush(None)
