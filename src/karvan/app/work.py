"""A second process that answers what takes a while, so that a page in front of it stays quick.

It opens the case, prepares what all settings share, and then answers one question after another; a question that nobody waits
for any more is passed over, also in the midst of it. The process is :mod:`karvan.app.worker`. What it says is lines of JSON, an
answer as its length in a line and then its bytes, which go to the page as they are.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import subprocess
import sys
import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Depends, Request
from fastapi.responses import Response

from karvan.app.answers import Answer, Fault

if TYPE_CHECKING:
    import pandas as pd

    from karvan.case import Case, Setting

#: Seconds without a request after which the process starts by itself: what the first page asks for comes first.
QUIET_S = 2.0
#: Seconds between two looks whether it is quiet.
CALM_LOOK_S = 0.25
#: Status of HTTP where the process was stopped, or has ended.
STOPPED, ENDED = 409, 500
#: What those who wait are told where the process has ended on another's question: it starts anew for them.
NOTHING = (0, b"")

State = Literal["asleep", "starting", "preparing", "idle", "working"]


class WorkState(Answer):
    """What the process does: its state, since how many seconds, and the room it works for."""

    state: State
    seconds: float
    room: str


@dataclass(eq=False)
class _Question:
    number: int
    line: bytes
    room: str
    reply: Future[tuple[int, bytes]] = field(default_factory=Future)


class Work:
    """The process beside one server, started when it is first needed."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self._waiting: deque[_Question] = deque()
        self._change = threading.Condition()
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper: threading.Thread | None = None
        self._state: State = "asleep"
        self._since = time.monotonic()
        self._room = ""
        self._closed = threading.Event()
        self._stopping = False
        self._heard: float | None = None
        self._numbers = itertools.count(1)
        self._at: _Question | None = None

    # from the server ------------------------------------------------------------------------------------------------------

    def state(self) -> WorkState:
        """Return what the process does."""
        return WorkState(state=self._state, seconds=round(time.monotonic() - self._since, 1), room=self._room)

    def start(self) -> None:
        """Start the process, unless it is there."""
        with self._change:
            if self._keeper is None and not self._closed.is_set():
                self._keeper = threading.Thread(target=self._keep, daemon=True)
                self._keeper.start()

    def hear(self) -> None:
        """Note that something was asked of the server."""
        self._heard = time.monotonic()

    def start_when_quiet(self) -> None:
        """Start the process once a first page is there and has what it asked for."""

        def look() -> None:
            while not self._closed.wait(CALM_LOOK_S):
                if self._heard is not None and time.monotonic() - self._heard > QUIET_S:
                    self.start()
                    return

        threading.Thread(target=look, daemon=True).start()

    async def answer(self, request: Request, room: str, setting: Setting, **options: object) -> Response:
        """Return the answer of a room's ``answer_of`` in a setting, or its fault; with ``look`` that of its ``look_of``."""
        number = next(self._numbers)
        asked = {"number": number, "room": room, "setting": setting.model_dump(mode="json"), "options": options}
        question = _Question(number, json.dumps(asked, ensure_ascii=False).encode() + b"\n", room)
        with self._change:
            # a first look is of use only before the answer
            put = self._waiting.appendleft if options.get("look") else self._waiting.append
            put(question)
            self._change.notify_all()
        self.start()
        reply = asyncio.wrap_future(question.reply)
        gone = asyncio.ensure_future(_disconnected(request))
        try:
            waited: set[asyncio.Future[Any]] = {reply, gone}
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
        if not reply.done():
            if not question.reply.cancel():
                self.pass_over(question)
            # whoever still reads this is there: it is the server that leaves
            message = "The server is ending. Start karvan serve again; the page then asks by itself."
            content = Fault(kind="stopped", message=message).model_dump_json().encode()
            return Response(content, status_code=STOPPED, media_type="application/json")
        status, content = reply.result()
        return Response(content, status_code=status, media_type="application/json")

    def pass_over(self, question: _Question) -> None:
        """Have the process leave a question that nobody waits for any more, if that is what it works on."""
        with self._change:
            if self._at is question and self._process is not None and self._process.stdin is not None:
                # where the process has ended whoever keeps it finds out
                with contextlib.suppress(OSError, ValueError):
                    self._process.stdin.write(json.dumps({"pass": question.number}).encode() + b"\n")
                    self._process.stdin.flush()

    def stop(self) -> None:
        """Stop what is worked on; the process starts anew."""
        with self._change:
            if self._state in ("asleep", "idle"):
                return
            # one that is still being started is stopped once it is there
            self._stopping = True
            if self._process is not None:
                self._process.kill()

    def close(self) -> None:
        """End the process."""
        with self._change:
            self._closed.set()
            if self._process is not None:
                self._process.kill()
            self._change.notify_all()
        if self._keeper is not None:
            self._keeper.join()

    # the thread that keeps the process ------------------------------------------------------------------------------------

    def _keep(self) -> None:
        while not self._closed.is_set():
            self._say("starting")
            command = [sys.executable, "-m", "karvan.app.worker", str(self.case.folder), self.case.digest]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own module
            with self._change:
                self._process = process
                if self._closed.is_set() or self._stopping:
                    process.kill()
            fault = self._talk(process)
            process.kill()
            code = process.wait()
            for pipe in (process.stdin, process.stdout):
                # what could not be written any more is written nowhere
                with contextlib.suppress(OSError):
                    if pipe is not None:
                        pipe.close()
            if fault is None and not self._closed.is_set():
                fault = _ended(code)
            # whoever waits is told; the next question starts it anew
            if fault is not NOTHING:
                self._tell_all(fault)
            with self._change:
                self._say("asleep")
                self._stopping = False
            self._wait()

    def _talk(self, process: subprocess.Popen[bytes]) -> tuple[int, bytes] | None:
        """Pass questions and answers on until the process ends; return what those who wait are told, or `NOTHING`."""
        assert process.stdin is not None  # noqa: S101 - asked for
        assert process.stdout is not None  # noqa: S101 - asked for
        try:
            while "ready" not in (told := _line(process.stdout)):
                if "status" in told:
                    return int(told["status"]), json.dumps(told["fault"]).encode()
                if "stage" not in told:
                    return self._why()
                self._say(told["stage"])
            with self._change:
                stopping = self._stopping
                if not stopping:
                    self._say("idle")
            if stopping:
                return self._why()
            while True:
                question = self._next()
                if question is None:
                    return None
                self._say("working", question.room)
                answer = self._ask(process.stdin, process.stdout, question)
                if answer is None:
                    fault = self._why()
                    question.reply.set_result(fault or _ended(process.wait()))
                    # others may have another answer from the next process
                    return fault or NOTHING
                question.reply.set_result(answer)
        except OSError:
            return self._why()

    def _ask(self, to: IO[bytes], said: IO[bytes], question: _Question) -> tuple[int, bytes] | None:
        """Return the answer of the process; None where it ends instead."""
        answer: tuple[int, bytes] | None = None
        with contextlib.suppress(OSError):
            with self._change:
                self._at = question
                to.write(question.line)
                to.flush()
            told = _line(said)
            answer = (told["status"], said.read(told["bytes"])) if "bytes" in told else None
        with self._change:
            self._at = None
            if answer is None or self._stopping:
                return None
            # said before the answer goes out: whoever has it finds the process idle, and a stop no longer ends it
            self._say("idle")
        return answer

    def _why(self) -> tuple[int, bytes] | None:
        if not self._stopping:
            return None
        self._stopping = False
        return STOPPED, Fault(
            kind="stopped", message="The work was stopped. Ask again to start it anew."
        ).model_dump_json().encode()

    def _say(self, state: State, room: str = "") -> None:
        self._state, self._room, self._since = state, room, time.monotonic()

    def _wait(self) -> None:
        with self._change:
            while not self._closed.is_set() and not any(not one.reply.cancelled() for one in self._waiting):
                self._waiting.clear()
                self._change.wait()

    def _next(self) -> _Question | None:
        """Return the next question that someone waits for; None where the server ends."""
        while not self._closed.is_set():
            self._wait()
            with self._change:
                while self._waiting:
                    question = self._waiting.popleft()
                    if question.reply.set_running_or_notify_cancel():
                        return question
        return None

    def _tell_all(self, fault: tuple[int, bytes] | None) -> None:
        with self._change:
            while self._waiting:
                question = self._waiting.popleft()
                if fault is not None and question.reply.set_running_or_notify_cancel():
                    question.reply.set_result(fault)


async def _disconnected(request: Request) -> None:
    """Return once nobody waits for the answer of a request any more."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _line(said: IO[bytes]) -> dict[str, Any]:
    """Return what the process says next; nothing where it has ended, or says what nobody understands."""
    try:
        told = json.loads(said.readline() or b"{}")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _ended(code: int) -> tuple[int, bytes]:
    message = f"The process that does the work has ended (exit code {code}); the terminal shows why. It starts anew when asked."
    return ENDED, Fault(kind="bug", message=message).model_dump_json().encode()


def work_of(request: Request) -> Work:
    """Return the process beside the server."""
    found: Work = request.app.state.work
    return found


TheWork = Annotated[Work, Depends(work_of)]


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table with None where a figure is blank."""
    names = [str(name) for name in table.columns]
    # column by column: pandas takes several times as long row by row
    columns = [
        [None if cell != cell else cell for cell in table[name].tolist()]  # noqa: PLR0124 - NaN is not itself
        for name in table.columns
    ]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
