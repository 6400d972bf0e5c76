"""Kernels that call kernels of other files, without a stale cache.

Numba keeps what it compiles by the name of a function and by the time and size of the file in which it stands; that a function of
another file has changed, which was compiled into it, it does not see. A kernel that calls such functions therefore carries the
sources of their files in its name: where one changes, the name does, and the kernel is compiled anew.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

F = TypeVar("F", bound="Callable[..., object]")


def resting_on(*modules: ModuleType) -> Callable[[F], F]:
    """Return a decorator that names a kernel after the sources on which it rests.

    Parameters
    ----------
    modules
        The files of all kernels that it calls, and of those that they call.
    """
    sources = (Path(str(module.__file__)).read_bytes() for module in modules)
    digest = hashlib.sha256(b"\0".join(sources)).hexdigest()[:16]

    def named(kernel: F) -> F:
        kernel.__qualname__ = f"{kernel.__qualname__}_{digest}"
        return kernel

    return named
