"""Results kept by the identity of what they were made from.

Settings of a case share most of their tables and arrays, as the very same objects. What was made from some of them holds for
every setting that has them; nothing that may be altered is kept. A result is the same whether it was kept or made anew.
"""

from __future__ import annotations

from collections import deque
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")
#: What is compared by value.
_PLAIN = (int, float, str, bytes, tuple, type(None))


def remembered(most: int, *, unseen: int = 0) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that keeps the latest results of a function of positional arguments.

    Plain values and tuples are compared by value, everything else by identity; the arguments are kept too, so that an identity
    cannot pass to another object.

    Parameters
    ----------
    most
        How many results are kept.
    unseen
        So many arguments at the end do not count: they stand for those before them.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        kept: deque[tuple[tuple[object, ...], R]] = deque(maxlen=most)

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            seen = args[: len(args) - unseen]
            for known, result in tuple(kept):
                if all(map(_same, known, seen)):
                    return result
            result = function(*args, **kwargs)
            kept.appendleft((seen, result))
            return result

        return call

    return decorate


def _same(one: object, other: object) -> bool:
    return one is other or (isinstance(one, _PLAIN) and type(one) is type(other) and one == other)
