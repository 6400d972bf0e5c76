"""Write the exact versions that `make` installs: lock/run.txt, lock/test.txt and lock/dev.txt.

The locks are universal: markers choose what a platform or Python version needs. Each is a superset of the one before.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GROUPS = {"run": ["build"], "test": ["build", "test"], "dev": ["build", "test", "lint", "docs"]}
HEADER = "# Written by tools/lock.py; do not edit. Exact versions of what `make` installs.\n"


def main() -> None:
    """Resolve every group with uv, and write the locks."""
    before: list[str] = []
    for name, groups in GROUPS.items():
        command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--universal", "--quiet"]
        command += ["--python-version", "3.11", "--no-header", "--no-annotate", "--no-emit-index-url"]
        command += [part for group in groups for part in ("--group", group)]
        command += [part for lock in before for part in ("--constraint", lock)]
        result = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        path = ROOT / "lock" / f"{name}.txt"
        path.write_text(HEADER + result.stdout, encoding="utf-8")
        before = [str(path)]


if __name__ == "__main__":
    main()
