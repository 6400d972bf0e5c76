"""The process that :mod:`karvan.app.work` keeps: it opens the case once and answers questions of rooms one after another."""

from __future__ import annotations

import _thread
import contextlib
import json
import os
import queue
import signal
import sys
import threading
import traceback
from collections import OrderedDict
from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO

from karvan.app.answers import Fault, fault_of
from karvan.app.parent import end_with_parent
from karvan.errors import KarvanError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from karvan.case import Case

#: Status of HTTP where the case's files are not those that the server has opened, and where a question is passed over.
OTHER_CASE = PASSED = 409


#: How much lower than usual the priority of what is done ahead is: Linux's own scale, up to 19.
GENTLE = 5
#: Answers that are kept, a few hundred kB each.
KEPT = 40
#: Seconds until a question that cannot be left just now is tried again.
KNOCK_S = 0.05


class PassedOver(BaseException):
    """Leaves a question in its midst. It is no Exception, so that nothing takes it for a failure and goes on."""


class Desk:
    """What is asked, in order, and which question is at work; one that is passed over is left at once.

    A question is left between two steps of Python, never within compiled code, nor while something is imported or compiled. What
    questions share is kept whole or not at all: caches take what is finished.
    """

    def __init__(self) -> None:
        self._lines: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._at: int | None = None
        self._passed: int | None = None

    def hear(self, line: bytes) -> None:
        """Take a question, or word that one is passed over; in a thread that listens."""
        told = json.loads(line)
        if "pass" not in told:
            self._lines.put(told)
            return
        self._passed = told["pass"]
        self._knock()

    def _knock(self) -> None:
        if self._at is not None and self._at == self._passed:
            _thread.interrupt_main(signal.SIGINT)

    def listen(self) -> None:
        """Begin to hear; what is left is left by way of this signal, which does nothing else here."""
        signal.signal(signal.SIGINT, self._leave)
        end_with_parent(self.hear)

    def _leave(self, _signal: int, frame: FrameType | None) -> None:
        # by its number, so that no other question is meant
        if self._at is None or self._at != self._passed:
            return
        if _is_making(frame):
            again = threading.Timer(KNOCK_S, self._knock)
            again.daemon = True
            again.start()
            return
        self._at = None
        raise PassedOver

    def next(self) -> dict[str, Any]:
        """Return the next question, when there is one."""
        return self._lines.get()

    def answer(self, case: Case, asked: dict[str, Any]) -> tuple[int, bytes]:
        """Return the status of HTTP and the answer of a question, or that it was passed over."""
        try:
            self._at = asked["number"]
            found = answer(case, asked)
            self._at = None
        except PassedOver:
            return PASSED, Fault(kind="stopped", message="Nobody waits for this any more.").model_dump_json().encode()
        return found


def _is_making(frame: FrameType | None) -> bool:
    """Whether something is being imported or compiled, which must not be left half done."""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib") or f"{os.sep}numba{os.sep}" in name:
            return True
        frame = frame.f_back
    return False


def main(folder: str, digest: str) -> int:
    """Answer questions until the server ends; return the exit code where the case cannot be opened."""
    # what a library prints belongs to the terminal, not among the answers
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    desk = Desk()
    desk.listen()
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
    _gently(lambda: prepare(case))
    _say(out, ready=True)
    while True:
        status, content = desk.answer(case, desk.next())
        _say(out, status=status, bytes=len(content))
        out.write(content)
        out.flush()


def _gently(task: Callable[[], None]) -> None:
    """Do a task so that page and server go before it where they want the same cores; what is asked is answered as usual."""
    if sys.platform != "linux":  # elsewhere a thread has no priority of its own
        task()
        return
    failed: list[BaseException] = []

    def work() -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), GENTLE)
        try:
            task()
        except BaseException as error:  # noqa: BLE001 - told below, where it belongs
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


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
    try:
        return 200, _ANSWERS.written(case, asked["room"], json.dumps(asked["setting"]), asked["options"])
    except Exception as error:  # noqa: BLE001 - whatever fails is told, and the next question answered
        if not isinstance(error, KarvanError):
            traceback.print_exception(error)
        status, fault = fault_of(error)
        return status, fault.model_dump_json().encode()


class _Answers:
    """Answers as they were written; the latest are kept, for a page that is loaded anew and for another one."""

    def __init__(self) -> None:
        self.kept: OrderedDict[tuple[Case, str, str, str], bytes] = OrderedDict()

    def written(self, case: Case, room: str, setting: str, options: dict[str, Any]) -> bytes:
        """Return an answer; null in place of a first look where the answer itself is there."""
        key = (case, room, setting, json.dumps(options))
        if options.get("look") and (case, room, setting, "{}") in self.kept:
            return b"null"
        content = self.kept.get(key)
        if content is None:
            content = _write(case, room, setting, options)
        self.kept[key] = content
        self.kept.move_to_end(key)
        if len(self.kept) > KEPT:
            self.kept.popitem(last=False)
        return content


_ANSWERS = _Answers()


def _write(case: Case, room: str, text: str, options: dict[str, Any]) -> bytes:
    from karvan.case import Setting  # noqa: PLC0415 - the first words of the process come before its libraries

    rooms, setting = import_module(f"karvan.app.rooms.{room}"), Setting.model_validate_json(text)
    found = rooms.look_of(case, setting) if options.get("look") else rooms.answer_of(case, setting, **options)
    return b"null" if found is None else found.model_dump_json().encode()


def _say(out: BinaryIO, **told: object) -> None:
    out.write(json.dumps(told, ensure_ascii=False).encode() + b"\n")
    out.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
