"""The process that :mod:`karvan.app.work` keeps: it opens the case once and answers questions of rooms one after another."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import traceback
from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO

from karvan.app.answers import Fault, fault_of
from karvan.app.parent import end_with_parent
from karvan.errors import KarvanError

if TYPE_CHECKING:
    from karvan.case import Case

#: Status of HTTP where the case's files are not those that the server has opened.
OTHER_CASE = 409


def main(folder: str, digest: str) -> int:
    """Answer questions until the server ends; return the exit code where the case cannot be opened."""
    # what a library prints belongs to the terminal, not among the answers
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    end_with_parent(lines.put)
    from karvan.case import open_case  # noqa: PLC0415 - the first words of the process come before its libraries

    try:
        case = open_case(folder)
    except KarvanError as error:
        status, fault = fault_of(error)
        _say(out, status=status, fault=fault.model_dump())
        return 1
    if case.digest != digest:
        message = "The case's files have changed since karvan serve was started. Start it again."
        _say(out, status=OTHER_CASE, fault=Fault(kind="case", message=message).model_dump())
        return 1
    _say(out, stage="preparing")
    prepare(case)
    _say(out, ready=True)
    while True:
        status, content = answer(case, json.loads(lines.get()))
        _say(out, status=status, bytes=len(content))
        out.write(content)
        out.flush()


def prepare(case: Case) -> None:
    """Do once what every setting of a case shares: its base network and its routes and constants."""
    if not len(case.tables["base_flow"]):
        return
    from karvan.flows.corridor_solve import reference_of  # noqa: PLC0415 - a case without demand needs none of it

    # what is wrong is said to whoever asks
    with contextlib.suppress(KarvanError):
        reference_of(case)


def answer(case: Case, asked: dict[str, Any]) -> tuple[int, bytes]:
    """Return the status of HTTP and the answer of a room in a setting, or its fault."""
    from karvan.case import Setting  # noqa: PLC0415 - as above

    room = import_module(f"karvan.app.rooms.{asked['room']}")
    try:
        found = room.answer_of(case, Setting.model_validate(asked["setting"]), **asked["options"])
    except Exception as error:  # noqa: BLE001 - whatever fails is told, and the next question answered
        if not isinstance(error, KarvanError):
            traceback.print_exception(error)
        status, fault = fault_of(error)
        return status, fault.model_dump_json().encode()
    content: bytes = found.model_dump_json().encode()
    return 200, content


def _say(out: BinaryIO, **told: object) -> None:
    out.write(json.dumps(told, ensure_ascii=False).encode() + b"\n")
    out.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
