"""The command line in this very process."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from karvan.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable


class Answer(NamedTuple):
    """What a command left with."""

    code: int
    out: str
    err: str


@pytest.fixture
def karvan(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Run a command."""

    def run(*arguments: object) -> Answer:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Answer(int(left.value.code or 0), said.out, said.err)

    return run
