"""The front end's own tests and types, run by the Node that compiles it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.app.conftest import ROOT, hatch_build, need

if TYPE_CHECKING:
    from collections.abc import Callable

WEB = ROOT / "web"
LIMIT_S = 600


@pytest.fixture(scope="module")
def node() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a program of web/node_modules."""
    for program in ("vitest/vitest.mjs", "typescript/bin/tsc"):
        reason = "the tools of the front end are not installed; run `make web-dev`, which needs the network"
        need((WEB / "node_modules" / program).is_file(), reason)
    hook = hatch_build()
    try:
        path, _ = hook.tools()
    except hook.CannotBuildError as error:
        need(condition=False, reason=str(error))
    else:
        return lambda program, *arguments: subprocess.run(
            [str(path), str(Path("node_modules") / program), *arguments],
            cwd=WEB, capture_output=True, text=True, encoding="utf-8", timeout=LIMIT_S, check=False,
        )  # fmt: skip
    raise AssertionError


def test_its_tests_pass(node: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = node("vitest/vitest.mjs", "run", "--reporter=dot")
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_types_hold(node: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = node("typescript/bin/tsc", "--noEmit")
    assert (done.returncode, done.stdout) == (0, "")
