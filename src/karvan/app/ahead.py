"""What a first page asks for, made while the browser still loads its scripts."""

from __future__ import annotations

import contextlib
import threading
from functools import lru_cache
from typing import TYPE_CHECKING

from karvan.errors import KarvanError

if TYPE_CHECKING:
    from collections.abc import Callable

    from karvan.app.answers import Answer
    from karvan.case import Case


class Ahead:
    """Does once, and behind the first page, what the requests after it would wait for."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self._lock = threading.Lock()
        self._begun = False

    def start(self) -> None:
        """Begin, unless it has begun."""
        with self._lock:
            if not self._begun:
                self._begun = True
                threading.Thread(target=self._make, daemon=True).start()

    def _make(self) -> None:
        from karvan.app.asked import Asked, network_in, places_in, setting_of  # noqa: PLC0415 - behind the first page
        from karvan.app.rooms.case import case_json  # noqa: PLC0415 - as above
        from karvan.app.rooms.network import shape_json  # noqa: PLC0415 - as above

        case_json(self.case)
        # what is wrong is said to whoever asks
        with contextlib.suppress(KarvanError):
            places_in(self.case, setting_of(self.case, Asked()))
            shape_json(self.case)
            network_in(self.case, setting_of(self.case, Asked()))


def written_once(make: Callable[[Case], Answer]) -> Callable[[Case], bytes]:
    """Return a function that gives the JSON of an answer that depends on the case alone: it is made once, whoever asks first."""
    lock = threading.Lock()

    @lru_cache(maxsize=4)
    def write(case: Case) -> bytes:
        return make(case).model_dump_json().encode()

    def written(case: Case) -> bytes:
        with lock:
            return write(case)

    return written
