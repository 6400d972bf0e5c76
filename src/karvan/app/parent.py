"""Ending with the server: a process that it has started leaves when it does, also where it was killed and could not say so."""

from __future__ import annotations

import io
import os
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def end_with_parent(hear: Callable[[bytes], object] = len) -> None:
    """Hand each line that the parent says to ``hear``; end this process once the parent can say no more.

    The parent holds the other end of stdin, which closes with it, however it ends. What is written here is written whole or
    not at all, so that leaving in the midst of it harms nothing.
    """

    def listen() -> None:
        # without a buffer: Python would wait for its lock on the way out
        for line in io.FileIO(sys.stdin.fileno(), closefd=False):
            hear(line)
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
