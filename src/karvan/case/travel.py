"""A case on its way to another process or machine: sent as bytes, and opened once for all tasks that bring it.

Much is remembered of a case by its identity, such as its reference and the settings without projects. A worker that opened it
anew for every task would do all of that again.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from karvan.case.model import Case

#: Cases that a worker keeps open.
MOST_OPEN = 2


@dataclass(frozen=True)
class PackedCase:
    """A case that can be sent.

    Attributes
    ----------
    digest
        Hash of its files.
    content
        Its bytes: a worker may know nothing of the files.
    """

    digest: str
    content: bytes = field(repr=False, compare=False, hash=False)

    @classmethod
    def of(cls, case: Case) -> PackedCase:
        """Pack a case."""
        return cls(case.digest, pickle.dumps(case))

    def open(self) -> Case:
        """Return the case: in one process the very same for every pack of the same files."""
        return _opened(self)


@lru_cache(maxsize=MOST_OPEN)
def _opened(packed: PackedCase) -> Case:
    case: Case = pickle.loads(packed.content)  # noqa: S301 - our own bytes
    return case
