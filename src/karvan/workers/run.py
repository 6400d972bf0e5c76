"""The map itself: what an answer is, which backends there are, and how one is chosen.

A task is a function of a module and an item, both of which can be pickled. Answers come back in the order of the items. What
a task raises, or the death of the process that runs it, is the answer to that task alone. A task must not depend on the
number of threads, so that its bytes are the same in each backend: no floating-point sum is shared out among threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from karvan.errors import RequestError, UnknownNameError
from karvan.workers.cluster import run_on_cluster
from karvan.workers.processes import ProcessCrew, run_in_processes

Item = TypeVar("Item")
Value = TypeVar("Value")
#: Called after each task with how many are done, and of how many.
Progress = Callable[[int, int], None]
#: Called after each task with its number, its value, and the error that it ended with.
Told = Callable[[int, Any, Exception | None], None]


@dataclass(frozen=True)
class Answer(Generic[Value]):
    """What became of one task: its value, or the error that it ended with."""

    value: Value | None
    error: Exception | None = None


def _run_here(
    function: Callable[[Any], Any], items: Sequence[Any], workers: int, cluster: str | None, told: Told
) -> None:
    del workers, cluster  # there is one, and it is here
    for number, item in enumerate(items):
        try:
            value = function(item)
        except Exception as fault:  # noqa: BLE001 - it is the task's answer
            told(number, None, fault)
        else:
            told(number, value, None)


#: Ways to run tasks, by name; a further one takes its place here.
BACKENDS: dict[str, Callable[[Callable[[Any], Any], Sequence[Any], int, str | None, Told], None]] = {
    "serial": _run_here,
    "processes": run_in_processes,
    "dask": run_on_cluster,
}


def map(  # noqa: A001 - it is map, for tasks that take long
    function: Callable[[Item], Value],
    items: Sequence[Item],
    *,
    workers: int = 1,
    backend: str | None = None,
    cluster: str | None = None,
    progress: Progress | None = None,
    heard: Callable[[int, Answer[Value]], None] | None = None,
    crew: ProcessCrew | None = None,
) -> list[Answer[Value]]:
    """Run a function on each item.

    Parameters
    ----------
    function
        A function of a module; for processes and a cluster it must be importable there.
    items
        What it is called with, one at a time.
    workers
        How many tasks run at once; a cluster has its own number.
    backend
        One of :data:`BACKENDS`; by default ``dask`` with a cluster, ``serial`` with one worker and ``processes`` with more.
    cluster
        Address of the scheduler of a Dask cluster, such as ``tcp://127.0.0.1:8786``.
    progress
        Called after each task.
    heard
        Called with the number and the answer of each task as soon as it ends, in whatever order they do.
    crew
        Processes that stay for several maps; they take the place of the backend ``processes``.

    Returns
    -------
    Answers in the order of the items.

    Raises
    ------
    RequestError
        The number of workers is below one, there is no such backend, or the cluster's address is none.
    WorkerError
        Worker processes cannot start, or the cluster does not answer, has no worker, or runs another source of Karvan.
    """
    if workers < 1:
        message = f"{workers} workers cannot work. Name 1 or more."
        raise RequestError(message)
    name = backend or ("dask" if cluster is not None else "serial" if workers == 1 else "processes")
    if name not in BACKENDS:
        raise UnknownNameError("backend", name, list(BACKENDS))
    answers: dict[int, Answer[Value]] = {}

    def told(number: int, value: Any, error: Exception | None) -> None:  # noqa: ANN401 - a task returns anything
        answers[number] = Answer(value, error)
        if heard is not None:
            heard(number, answers[number])
        if progress is not None:
            progress(len(answers), len(items))

    if crew is not None and name == "processes":
        crew.run(function, items, told)
    else:
        BACKENDS[name](function, items, workers, cluster, told)
    return [answers[number] for number in range(len(items))]


def values(answers: Sequence[Answer[Value]]) -> list[Value]:
    """Return the values of answers, in order; raise the first error where a task ended with one."""
    found: list[Value] = []
    for answer in answers:
        if answer.error is not None:
            raise answer.error
        found.append(answer.value)  # type: ignore[arg-type]
    return found
