"""The package's own source as a digest, so that a result, and a worker far away, knows the code it comes from."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from pathlib import Path


@cache
def package_digest() -> str:
    """Return the SHA-256 of the package's own source, so that a result knows the code it comes from."""
    root = Path(str(resources.files("karvan")))
    digest = hashlib.sha256()
    for path in sorted([*root.rglob("*.py"), *root.glob("case/schema/*.csv"), *root.glob("appraisal/**/*.toml")]):
        content = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
