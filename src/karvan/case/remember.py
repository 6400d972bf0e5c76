"""Results kept by the identity of what they were made from.

Settings of a case share most of their tables and arrays, as the very same objects. What was made from some of them holds for
every setting that has them; nothing that may be altered is kept. A result is the same whether it was kept or made anew.
"""

from __future__ import annotations

import threading
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")
#: What is compared by value.
_PLAIN = (int, float, str, bytes, tuple, frozenset, type(None))


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
        kept: tuple[tuple[tuple[object, ...], R], ...] = ()
        altering = threading.Lock()

        def known(seen: tuple[object, ...]) -> tuple[tuple[object, ...], R] | None:
            for item in kept:
                for one, given in zip(item[0], seen, strict=False):
                    if one is not given and not _equal(one, given):
                        break
                else:
                    return item
            return None

        def keep(new: tuple[tuple[object, ...], R]) -> None:
            nonlocal kept
            kept = (new, *(item for item in kept if item is not new))[:most]

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            seen: tuple[object, ...] = args[:-unseen] if unseen else args
            found = known(seen)
            if found is None:
                made = (seen, function(*args, **kwargs))
                with altering:
                    # where another thread has made it meanwhile, all go on with that one: it is known by its identity
                    found = known(seen) or made
                    keep(found)
            elif found is not kept[0]:
                with altering:
                    keep(found)
            return found[1]

        return call

    return decorate


def _equal(one: object, other: object) -> bool:
    return isinstance(one, _PLAIN) and type(one) is type(other) and one == other
