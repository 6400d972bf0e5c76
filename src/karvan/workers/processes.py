"""Tasks in spawned processes, each with one thread for its numbers.

Processes are spawned, never forked: a fork of a process that has run OpenMP can hang. Each has a pipe of its own and one
task at a time, so that when a process dies it is known which task it takes along, and a new process takes its place.
"""

from __future__ import annotations

import os
import pickle
import traceback
from contextlib import contextmanager
from multiprocessing import connection, get_context
from typing import TYPE_CHECKING, Any, Self

from karvan.errors import AuditError, KarvanError, RequestError, WorkerError
from karvan.workers.threads import claim_one_core

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

    from karvan.workers.run import Told

#: Libraries read these once, when they are loaded: they must stand in the environment in which a process starts.
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)
_READY = "ready"


class _Worker:
    """A process, its pipe, and the number of the task that it holds."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self.pipe, far_end = context.Pipe()
        self.process: SpawnProcess = context.Process(target=_serve, args=(far_end,), daemon=True)
        with _environment(_ONE_THREAD):
            self.process.start()
        # with our copy of its end shut, the death of the process is the end of the pipe
        far_end.close()
        self.ready = False
        self.task: int | None = None

    def stop(self) -> None:
        self.pipe.close()
        self.process.join(timeout=1)
        if self.process.is_alive():
            self.process.terminate()
            self.process.join()


def run_in_processes(
    function: Callable[[Any], Any], items: Sequence[Any], workers: int, cluster: str | None, told: Told
) -> None:
    """Run a function on each item in spawned processes; tell value and error of each."""
    del cluster  # they are of this machine
    with ProcessCrew(workers) as crew:
        crew.run(function, items, told)


class ProcessCrew:
    """Processes that stay for several maps, so that what they remember is not lost between them.

    Parameters
    ----------
    workers
        How many there are at most; they start when the first tasks come.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._crew: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop the processes; more tasks would start others."""
        for worker in self._crew:
            worker.stop()
        self._crew = []

    def run(self, function: Callable[[Any], Any], items: Sequence[Any], told: Told) -> None:
        """Run a function on each item; tell value and error of each.

        Raises
        ------
        WorkerError
            The processes cannot start.
        """
        waiting = list(range(len(items)))[::-1]
        self._fill(len(items))
        try:
            for worker in self._crew:
                if worker.ready and waiting:
                    _give(worker, waiting, function, items)
            done = 0
            while done < len(items):
                done += self._round(waiting, function, items, told)
        except BaseException:
            # a process may be amid a task: none may answer the next map with it
            self.stop()
            raise

    def _fill(self, tasks: int) -> None:
        """Have as many processes as there may be, and tasks for; those that have died meanwhile are replaced."""
        for worker in [one for one in self._crew if not one.process.is_alive()]:
            self._crew.remove(worker)
            worker.stop()
        while len(self._crew) < min(self.workers, tasks):
            self._crew.append(_Worker())

    def _round(self, waiting: list[int], function: Callable[[Any], Any], items: Sequence[Any], told: Told) -> int:
        """Hear everyone who has something to say, and hand out the next tasks; return how many tasks have ended."""
        done = 0
        pipes = {worker.pipe: worker for worker in self._crew}
        for pipe in connection.wait(list(pipes)):
            worker = pipes[pipe]  # type: ignore[index]
            is_told, answer = _listen(worker)
            if is_told:
                done += 1
                told(worker.task or 0, *answer)
            worker.task = None
            if not worker.process.is_alive() and not worker.ready:
                self._crew.remove(worker)
                worker.stop()
                if waiting:
                    self._crew.append(_Worker())
            elif waiting:
                _give(worker, waiting, function, items)
        return done


def _give(worker: _Worker, waiting: list[int], function: Callable[[Any], Any], items: Sequence[Any]) -> None:
    """Hand the next task to a worker; where it has died meanwhile, the end of its pipe will tell."""
    worker.task = waiting.pop()
    try:
        worker.pipe.send((function, items[worker.task]))
    except BrokenPipeError:
        return


def _listen(worker: _Worker) -> tuple[bool, tuple[Any, Exception | None]]:
    """Return whether a worker tells the end of its task, and value and error of it."""
    try:
        message = worker.pipe.recv()
    except (EOFError, ConnectionResetError):
        worker.process.join()
        if not worker.ready:
            message = (
                f"Worker processes cannot start (exit code {worker.process.exitcode}). "
                'A script that uses them must keep its work under `if __name__ == "__main__":`.'
            )
            raise WorkerError(message) from None
        worker.ready = False
        if worker.task is None:
            return False, (None, None)
        message = f"The worker process of task {worker.task} died (exit code {worker.process.exitcode}); the task has no result."
        return True, (None, WorkerError(message))
    if message == _READY:
        worker.ready = True
        return False, (None, None)
    return True, message


def _serve(pipe: Connection) -> None:
    """Work in a process of its own until the pipe is shut."""
    claim_one_core()
    try:
        pipe.send(_READY)
    except OSError:  # whoever asked has gone before this process stood
        return
    while True:
        try:
            content = pipe.recv_bytes()
        except (EOFError, OSError):
            # whoever asked has gone, it may be with the answer before still unread
            return
        answer: tuple[Any, Exception | None]
        try:
            function, item = pickle.loads(content)  # noqa: S301 - our own bytes
            answer = (function(item), None)
        except Exception as error:  # noqa: BLE001 - it is the task's answer
            answer = (None, portable(error))
        try:
            pipe.send(answer)
        except OSError:
            return
        except Exception as error:  # noqa: BLE001 - what cannot be pickled cannot travel
            pipe.send((None, portable(error)))


def portable(error: Exception) -> Exception:
    """Return an error that survives the way to another process, with the same words and the same place in the tree."""
    if not isinstance(error, KarvanError):
        error.add_note(traceback.format_exc())
    try:
        copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:  # noqa: BLE001 - whatever it is, it cannot travel
        copy = None
    if isinstance(copy, type(error)) and str(copy) == str(error):
        return error
    for kind in (AuditError, RequestError, WorkerError, KarvanError):
        if isinstance(error, kind):
            return kind(str(error))
    return RuntimeError(f"{type(error).__name__}: {error}\n{traceback.format_exc()}")


@contextmanager
def _environment(wanted: dict[str, str]) -> Iterator[None]:
    """Have names stand in the environment for as long as a process starts."""
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
