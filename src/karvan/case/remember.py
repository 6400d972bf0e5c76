"""Results kept by the identity of what they were made from.

Settings of a case share most of their tables and arrays, as the very same objects. What was made from some of them holds for
every setting that has them; nothing that may be altered is kept. A result is the same whether it was kept or made anew.
"""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass
from functools import wraps
from operator import attrgetter
from typing import TYPE_CHECKING, Generic, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")
#: What is compared by value.
_PLAIN = (int, float, str, bytes, tuple, frozenset, type(None))
#: Which result was asked for later.
_TIMES = itertools.count()


def remembered(most: int, *, unseen: int = 0) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that keeps the latest results of a function of positional arguments.

    Plain values, tuples and frozen sets are compared by value, everything else by identity; the arguments are kept too, so that
    an identity cannot pass to another object. What was asked for longest ago falls out.

    Parameters
    ----------
    most
        How many results are kept.
    unseen
        So many arguments at the end do not count: they stand for those before them.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        memory: _Memory[R] = _Memory(most)

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            seen: tuple[object, ...] = args[:-unseen] if unseen else args
            found = memory.known(seen)
            if found is None:
                found = memory.keep(seen, function(*args, **kwargs))
            return found.ask()

        return call

    return decorate


@dataclass(slots=True)
class _Kept(Generic[R]):
    """What a function was given and what it returned, and when it was asked for last; what is kept cannot lose its identity."""

    seen: tuple[object, ...]
    result: R
    key: tuple[int, ...]
    asked: int = 0

    def ask(self) -> R:
        """Return the result."""
        self.asked = next(_TIMES)
        return self.result


class _Memory(Generic[R]):
    """The latest results of one function."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.kept: dict[tuple[int, ...], _Kept[R]] = {}
        #: The same by the identities of what is not plain.
        self.alike: dict[tuple[int, ...], tuple[_Kept[R], ...]] = {}
        self.altering = threading.Lock()

    def known(self, seen: tuple[object, ...]) -> _Kept[R] | None:
        """Return what is kept of some arguments, or None."""
        found = self.kept.get(tuple(map(id, seen)))
        if found is not None:
            return found
        alike = self.alike.get(_identities(seen), ())
        return next((item for item in alike if _are_equal(item.seen, seen)), None)

    def keep(self, seen: tuple[object, ...], result: R) -> _Kept[R]:
        """Keep a result, and return what all go on with."""
        with self.altering:
            # where another thread has made it meanwhile it is that one: it is known by its identity
            found = self.known(seen)
            if found is None:
                found = _Kept(seen, result, tuple(map(id, seen)), next(_TIMES))
                # others may be looking through what is there
                more = {**self.kept, found.key: found}
                alike, own = dict(self.alike), _identities(seen)
                alike[own] = (*alike.get(own, ()), found)
                if len(more) > self.most:
                    oldest = more.pop(min(self.kept.values(), key=attrgetter("asked")).key)
                    theirs = _identities(oldest.seen)
                    alike[theirs] = tuple(item for item in alike[theirs] if item is not oldest)
                    if not alike[theirs]:
                        del alike[theirs]
                self.kept, self.alike = more, alike
        return found


def _identities(seen: tuple[object, ...]) -> tuple[int, ...]:
    """Return the identities of arguments, nought where they are plain."""
    return tuple([0 if isinstance(given, _PLAIN) else id(given) for given in seen])


def _are_equal(seen: tuple[object, ...], given: tuple[object, ...]) -> bool:
    """Tell whether arguments are the same, or equal; where they are not plain they are the same already."""
    return all(
        one is other or (type(one) is type(other) and one == other) for one, other in zip(seen, given, strict=True)
    )
