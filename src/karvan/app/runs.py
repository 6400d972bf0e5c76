"""Long work: each run is a process of its own, which tells how far it is, can be stopped, and cannot take the app along.

The process is this module run as `python -m karvan.app.runs`; it writes one JSON object a line: `{"stage", "done", "of"}` while
it works, and at the end `{"folder"}` or `{"fault"}`. A run of the room ``case`` is `karvan plan` and ends in a report; one of
another room is its ``run_of`` and ends in an answer.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from karvan.app.answers import Answer, Fault
from karvan.app.parent import end_with_parent
from karvan.errors import KarvanError, RequestError, UnknownNameError

if TYPE_CHECKING:
    from karvan.case import Case

State = Literal["running", "done", "stopped", "failed"]
#: Called with the stage that begins, how many are done, and of how many.
Tell = Callable[[str, int, int], None]
#: The file in the folder of a run that holds its answer.
ANSWER = "answer.json"
#: The one that is the decision paper, where there is something to decide.
DECISION = "decision.html"
#: Runs that may work at the same time: a run takes a core.
MOST_RUNNING = 2


class RunState(Answer):
    """How a run stands.

    Attributes
    ----------
    id
        Its name.
    state
        ``running``, ``done``, ``stopped`` or ``failed``.
    stage, done, of
        The stage that it is in, the stages that are done, and all of them.
    seconds
        Since when.
    fault
        Why it failed.
    decision
        Whether it wrote a decision paper as well.
    """

    id: str
    state: State
    stage: str
    done: int
    of: int
    seconds: float
    fault: Fault | None
    decision: bool


@dataclass
class _Run:
    id: str
    question: tuple[str, str]
    folder: Path
    process: subprocess.Popen[str]
    begun: float = field(default_factory=time.monotonic)
    state: State = "running"
    stage: str = ""
    done: int = 0
    of: int = 0
    fault: Fault | None = None
    talk: list[str] = field(default_factory=list)
    readers: list[threading.Thread] = field(default_factory=list)

    def told(self) -> RunState:
        seconds = round(time.monotonic() - self.begun, 1)
        return RunState(
            id=self.id,
            state=self.state,
            stage=self.stage,
            done=self.done,
            of=self.of,
            seconds=seconds,
            fault=self.fault,
            decision=self.state == "done" and (self.folder / DECISION).is_file(),
        )


class Runs:
    """The runs of one server; their folders go when the server does.

    Parameters
    ----------
    case
        The case that they are about.
    store
        Where solved years are kept between servers; by default they go with this one.
    """

    def __init__(self, case: Case, store: Path | None = None) -> None:
        self.case = case
        self._store = store
        self._runs: dict[str, _Run] = {}
        self._lock = threading.Lock()
        self._home: tempfile.TemporaryDirectory[str] | None = None

    @property
    def home(self) -> Path:
        """The folder of this server."""
        with self._lock:
            if self._home is None:
                self._home = tempfile.TemporaryDirectory(prefix="karvan-runs-")
            return Path(self._home.name)

    @property
    def store(self) -> Path:
        """Where solved years are kept."""
        return self._store if self._store is not None else self.home / "solved"

    def start(self, room: str = "case", **options: object) -> RunState:
        """Start a run of a room: of ``case``, `karvan plan`; of another room an answer, which is not worked out twice.

        Raises
        ------
        RequestError
            As many runs as may be are working.
        """
        question = (room, json.dumps(options, ensure_ascii=False, sort_keys=True))
        home = self.home
        with self._lock:
            same = self._like(question)
            if room != "case" and same is not None and same.state in ("running", "done"):
                return same.told()
            if sum(run.state == "running" for run in self._runs.values()) >= MOST_RUNNING:
                message = "As many runs as may be are working already. Stop one, or wait for it."
                raise RequestError(message)
            name = str(len(self._runs) + 1)
            folder = home / name
            command = [sys.executable, "-m", "karvan.app.runs", str(self.case.folder), str(folder), *question]
            process = subprocess.Popen(  # noqa: S603 - our own module
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
            run = self._runs[name] = _Run(name, question, folder, process)
        run.readers = [threading.Thread(target=read, args=(run,), daemon=True) for read in (_drain, _follow)]
        for reader in run.readers:
            reader.start()
        return run.told()

    def latest(self, room: str, **options: object) -> RunState | None:
        """Return the latest run of a room with these options."""
        with self._lock:
            found = self._like((room, json.dumps(options, ensure_ascii=False, sort_keys=True)))
        return found.told() if found is not None else None

    def _like(self, question: tuple[str, str]) -> _Run | None:
        return next((run for run in reversed(self._runs.values()) if run.question == question), None)

    def state(self, name: str) -> RunState:
        """Return how a run stands."""
        return self._find(name).told()

    def stop(self, name: str) -> RunState:
        """Stop a run; one that is over stays as it is."""
        run = self._find(name)
        if run.state == "running":
            run.state = "stopped"
            run.process.terminate()
        return run.told()

    def page(self, name: str) -> Path:
        """Return the report of a finished run.

        Raises
        ------
        RequestError
            The run is not done.
        """
        return self._written(name, "index.html", "report")

    def decision(self, name: str) -> Path:
        """Return the decision paper of a finished run.

        Raises
        ------
        RequestError
            The run is not done, or there was nothing to decide.
        """
        return self._written(name, DECISION, "decision paper")

    def answer(self, name: str) -> Path:
        """Return the answer of a finished run.

        Raises
        ------
        RequestError
            The run is not done.
        """
        return self._written(name, ANSWER, "answer")

    def _written(self, name: str, file: str, what: str) -> Path:
        run = self._find(name)
        path = run.folder / file
        if run.state != "done" or not path.is_file():
            message = f"Run {name} is {run.state}: it has no {what}."
            raise RequestError(message)
        return path

    def close(self) -> None:
        """Stop what works and remove what was written."""
        for name in list(self._runs):
            self.stop(name)
            self._runs[name].process.wait()
            for reader in self._runs[name].readers:
                reader.join()
        if self._home is not None:
            self._home.cleanup()

    def _find(self, name: str) -> _Run:
        if name not in self._runs:
            raise UnknownNameError("run", name, list(self._runs))
        return self._runs[name]


def _drain(run: _Run) -> None:
    """Keep the last lines of a run's talk, so that it never waits for a reader."""
    assert run.process.stderr is not None  # noqa: S101 - it was asked for
    with run.process.stderr as talk:
        for line in talk:
            run.talk = [*run.talk[-20:], line.rstrip()]


def _follow(run: _Run) -> None:
    """Read what a run tells until its end, and judge how it ended."""
    assert run.process.stdout is not None  # noqa: S101 - it was asked for
    finished = False
    with run.process.stdout as lines:
        for line in lines:
            told: dict[str, Any] = json.loads(line)
            if "stage" in told:
                run.stage, run.done, run.of = told["stage"], told["done"], told["of"]
            elif "fault" in told:
                run.fault = Fault.model_validate(told["fault"])
            finished = finished or "folder" in told
    code = run.process.wait()
    if run.process.stdin is not None:
        run.process.stdin.close()
    if run.state == "stopped":
        return
    if finished and code == 0:
        run.done, run.state = run.of, "done"
        return
    if run.fault is None:
        last = f" Its last words: {run.talk[-1]}" if run.talk else ""
        message = f"The run ended in the middle of {run.stage or 'its start'} (exit code {code}).{last}"
        run.fault = Fault(kind="bug", message=message)
    run.state = "failed"


def _tell(**told: object) -> None:
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def main(case: str, folder: str, room: str, options: str) -> int:
    """Do the work of a run and tell how far it is; return the exit code."""
    from karvan.app.answers import fault_of  # noqa: PLC0415 - the app does not do such work itself

    end_with_parent()
    try:
        if room == "case":
            _plan(case, folder)
        else:
            _answer(case, Path(folder), room, json.loads(options))
    except KarvanError as error:
        _tell(fault=fault_of(error)[1].model_dump())
        return 1
    _tell(folder=folder)
    return 0


def _plan(case: str, folder: str) -> None:
    from karvan.pipeline import STAGES, plan  # noqa: PLC0415 - as above

    plan(case, out=folder, tell=lambda stage, done: _tell(stage=stage, done=done, of=len(STAGES)))


def _answer(case: str, folder: Path, room: str, options: dict[str, Any]) -> None:
    from karvan.case import open_case  # noqa: PLC0415 - as above
    from karvan.case.atomic import write_file  # noqa: PLC0415

    def tell(stage: str, done: int, of: int) -> None:
        _tell(stage=stage, done=done, of=of)

    run: Callable[..., Answer] = import_module(f"karvan.app.rooms.{room}").run_of
    found = run(open_case(case), tell=tell, **options)
    folder.mkdir(parents=True, exist_ok=True)
    write_file(folder / ANSWER, found.model_dump_json().encode())


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.exit(main(*sys.argv[1:]))
