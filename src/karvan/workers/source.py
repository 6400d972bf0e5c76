"""The package's own source as a digest, so that a result, and a worker far away, knows the code it comes from."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@cache
def package_digest() -> str:
    """Return the SHA-256 of the package's own source, so that a result knows the code it comes from."""
    root = _root()
    return _digest([*root.rglob("*.py"), *root.glob("case/schema/*.csv"), *root.glob("appraisal/**/*.toml")])


def rooms_digest(rooms: Sequence[str], modules: Sequence[str] = ()) -> str:
    """Return the SHA-256 of the source of some rooms and of some modules besides, which are named from the package on."""
    files = [path for room in rooms for path in (_root() / room).rglob("*") if path.suffix in (".py", ".csv")]
    return _digest([*files, *(_root() / name for name in modules)])


def _root() -> Path:
    return Path(str(resources.files("karvan")))


def _digest(files: Sequence[Path]) -> str:
    root, digest = _root(), hashlib.sha256()
    for path in sorted(files):
        content = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
