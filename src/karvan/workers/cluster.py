"""Tasks on the workers of a Dask cluster, one at a time on each.

A task is bound to the worker that it is given to, and a worker has one task at a time, so that when a worker dies it is known
which task it takes along; the others go on with the workers that are left, or that come. A value is fetched as soon as it is
there: a worker that dies later takes nothing along. Every worker must run the same source of Karvan, since another would give
other bytes without a word.
"""

from __future__ import annotations

import contextlib
import pickle
import re
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from karvan.errors import RequestError, WorkerError
from karvan.workers.processes import portable
from karvan.workers.source import package_digest
from karvan.workers.threads import claim_one_core

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from distributed import Client, Future

    from karvan.workers.run import Told

#: Seconds that a scheduler has to answer, and that a cluster without a worker is waited for.
ANSWER_S, WORKER_S = 5.0, 15.0
#: Seconds between two looks at who is still there.
LOOK_S = 0.2
_ADDRESS = re.compile(r"tcp://(?P<host>\[[0-9a-fA-F:]+\]|[^:/\s]+):(?P<port>[0-9]{1,5})")
#: A greeting is some hundred bytes; text read as a length is many times more.
_GREETING_BYTES = 2**20


def run_on_cluster(
    function: Callable[[Any], Any], items: Sequence[Any], workers: int, cluster: str | None, told: Told
) -> None:
    """Run a function on each item on the workers of a cluster, as many as it has; tell value and error of each."""
    del workers  # the cluster has its own
    if cluster is None:
        message = "The backend dask needs a cluster. Name one, such as tcp://127.0.0.1:8786."
        raise RequestError(message)
    with _connected(cluster) as client:
        _Run(client, cluster, function, items, told).go()


@contextlib.contextmanager
def _connected(cluster: str) -> Iterator[Client]:
    """Connect with a scheduler, for as long as tasks run.

    Raises
    ------
    RequestError
        The extra is missing, or the address is none.
    WorkerError
        Nobody answers.
    """
    try:
        from distributed import Client  # noqa: PLC0415 - heavy, and an extra
    except ImportError as error:
        message = "Work on a cluster needs Dask. Install it: pip install 'karvan[dask]'."
        raise RequestError(message) from error
    match = _ADDRESS.fullmatch(cluster)
    if match is None:
        message = f"{cluster!r} is no address of a cluster. Write tcp://HOST:PORT, such as tcp://127.0.0.1:8786."
        raise RequestError(message)
    try:
        _listen(match["host"].strip("[]"), int(match["port"]))
        client = Client(cluster, timeout=ANSWER_S, set_as_default=False)
    except (OSError, TimeoutError, OverflowError) as error:
        message = (
            f"No Dask scheduler answers at {cluster} within {ANSWER_S:g} s. Start one with `dask scheduler`, "
            "or leave the cluster out."
        )
        raise WorkerError(message) from error
    try:
        yield client
    finally:
        with contextlib.suppress(Exception):
            client.close(timeout=ANSWER_S)


def _listen(host: str, port: int) -> None:
    """Hear whether it is a scheduler that listens there, which speaks first: the client of Dask would wait for ever for others.

    Raises
    ------
    OSError
        It is none: its first eight bytes are not the length of a greeting.
    """
    with socket.create_connection((host, port), timeout=ANSWER_S) as line:
        length = int.from_bytes(line.recv(8), "little")
    if not 0 < length < _GREETING_BYTES:
        raise OSError


@dataclass(eq=False)
class _Run:
    """One map on a cluster: what waits, what runs where, and what is answered."""

    client: Client
    cluster: str
    function: Callable[[Any], Any]
    items: Sequence[Any]
    told: Told
    running: dict[str, tuple[Future[Any], int]] = field(default_factory=dict)
    trusted: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    heard_at: float = field(default_factory=time.monotonic)

    def go(self) -> None:
        """Hand out tasks until every one is answered."""
        self.answered: set[int] = set()
        waiting = list(range(len(self.items)))[::-1]
        self._await_first()
        idle_since = time.monotonic()
        while len(self.answered) < len(self.items):
            alive = self._alive()
            self._drop_lost(alive)
            for address in sorted(alive - self.running.keys()):
                if waiting:
                    self._give(address, waiting.pop())
            if self.running:
                idle_since = time.monotonic()
                self._collect()
            elif waiting and time.monotonic() - idle_since > WORKER_S:
                for task in waiting:
                    self._answer(
                        task, None, WorkerError(f"The cluster at {self.cluster} has no worker left for task {task}.")
                    )
            else:
                time.sleep(LOOK_S)

    def _await_first(self) -> None:
        """Wait until there is a worker that can be trusted.

        Raises
        ------
        WorkerError
            There is none, or one runs another source.
        """
        until = time.monotonic() + ANSWER_S
        while not (self._alive() or time.monotonic() > until):
            time.sleep(LOOK_S)
        strange = sorted(self.seen - self.trusted)
        if strange:
            message = (
                f"The worker at {strange[0]} does not run this source of Karvan: its results would be others. "
                "Install the same version there."
            )
            raise WorkerError(message)
        if not self.trusted:
            message = f"The Dask cluster at {self.cluster} has no worker. Start one with `dask worker {self.cluster}`."
            raise WorkerError(message)

    def _alive(self) -> set[str]:
        """Return the addresses of workers that are there and run this source.

        A scheduler that says nothing for a moment may be busy; where it is silent for longer it is gone, and all with it.
        """
        try:
            there = set(self.client.nthreads())
            fresh = sorted(there - self.seen)
            told = self.client.run(package_digest, workers=fresh, on_error="return") if fresh else {}
        except Exception:  # noqa: BLE001 - whatever it is, nobody answers
            if time.monotonic() - self.heard_at > ANSWER_S:
                self.known = set()
            return self.known
        self.heard_at = time.monotonic()
        self.seen |= set(told)
        self.trusted |= {address for address, digest in told.items() if digest == package_digest()}
        self.known = there & self.trusted
        return self.known

    def _give(self, address: str, task: int) -> None:
        future = self.client.submit(
            _work, self.function, self.items[task], workers=[address], allow_other_workers=False, pure=False, retries=0
        )
        self.running[address] = (future, task)

    def _drop_lost(self, alive: set[str]) -> None:
        for address in sorted(self.running.keys() - alive):
            future, task = self.running.pop(address)
            with contextlib.suppress(Exception):
                future.cancel()
            self._answer(
                task, None, WorkerError(f"The worker of task {task} died ({address}); the task has no result.")
            )

    def _collect(self) -> None:
        """Wait a little for the first task that ends, and fetch what has ended."""
        from distributed import wait  # noqa: PLC0415 - heavy, and an extra

        try:
            with self.client.as_current():
                wait([future for future, _ in self.running.values()], timeout=LOOK_S, return_when="FIRST_COMPLETED")
        except TimeoutError:
            pass
        except Exception:  # noqa: BLE001 - the next look tells who is lost; never look without a pause
            time.sleep(LOOK_S)
        for address, (future, task) in list(self.running.items()):
            if not future.done():
                continue
            try:
                value, error = pickle.loads(future.result(timeout=ANSWER_S))  # noqa: S301 - bytes of our own task
            except TimeoutError:
                continue  # the worker may have died on its last word: the next look will tell
            except Exception as fault:  # noqa: BLE001 - whatever the cluster says is the answer to this task
                value, error = None, WorkerError(f"The cluster lost task {task}: {type(fault).__name__}: {fault}")
            del self.running[address]
            self._answer(task, value, error)

    def _answer(self, task: int, value: Any, error: Exception | None) -> None:  # noqa: ANN401 - a task returns anything
        self.answered.add(task)
        self.told(task, value, error)


def _work(function: Callable[[Any], Any], item: Any) -> bytes:  # noqa: ANN401 - a task takes anything
    """Run one task with one thread for its numbers; return value and error as bytes."""
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 - needed where tasks run

    claim_one_core()
    with threadpool_limits(1):
        try:
            return pickle.dumps((function(item), None))
        except Exception as error:  # noqa: BLE001 - it is the task's answer
            return pickle.dumps((None, portable(error)))
