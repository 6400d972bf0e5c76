"""One map, whichever runs it: order, errors, and a process that dies."""

from __future__ import annotations

import errno
import hashlib
import multiprocessing
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from karvan import workers
from karvan.errors import AuditError, InputError, RequestError, UnknownNameError, WorkerError
from karvan.workers import processes

# Spawned processes find this module by name; pytest, which imports it from its file, has put its folder nowhere.
HERE = str(Path(__file__).parent)


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    monkeypatch.syspath_prepend(HERE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([HERE, os.environ.get("PYTHONPATH", "")]))


@pytest.fixture
def tasks():
    import tasks_of_workers

    return tasks_of_workers


def test_answers_come_in_the_order_of_the_items(tasks):
    items = [3, 1, 2, 0]
    found = workers.map(tasks.square_slowly, items, workers=2)
    assert workers.values(found) == [9, 1, 4, 0]


def test_the_same_bytes_on_one_two_and_three_workers(tasks):
    def digest(count: int, backend: str | None = None) -> str:
        blocks = workers.values(workers.map(tasks.draws, range(7), workers=count, backend=backend))
        return hashlib.sha256(np.concatenate(blocks).tobytes()).hexdigest()

    assert len({digest(1), digest(1, "processes"), digest(2), digest(3)}) == 1


def test_each_process_has_one_thread(tasks):
    (found,) = workers.values(workers.map(tasks.threads, [0], backend="processes"))
    assert found == {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}


def test_starting_processes_leaves_the_environment_alone(tasks, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    workers.map(tasks.square_slowly, [1], backend="processes")
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MKL_NUM_THREADS" not in os.environ


@pytest.mark.parametrize("count", [1, 2])
def test_a_process_that_dies_costs_its_task_only(tasks, count):
    found = workers.map(tasks.die_on_two, [0, 1, 2, 3, 4], workers=count, backend="processes")
    assert [answer.value for answer in found] == [0, 1, None, 3, 4]
    assert isinstance(found[2].error, WorkerError)
    assert str(found[2].error) == "The worker process of task 2 died (exit code 7); the task has no result."
    with pytest.raises(WorkerError):
        workers.values(found)


@pytest.mark.parametrize("backend", ["serial", "processes"])
def test_an_error_is_the_answer_to_its_task(tasks, backend):
    found = workers.map(tasks.fail, ["input", "name", "audit", "bug", "fine"], workers=2, backend=backend)
    kinds = [type(answer.error) for answer in found]
    assert kinds[0] is InputError
    assert found[0].error.problems == ("rate: found -1", "years: found none")
    assert isinstance(found[1].error, RequestError)
    assert str(found[1].error) == "No project is called 'P0'. Did you mean P01?"
    assert kinds[2] is AuditError
    assert kinds[3] is ZeroDivisionError
    assert found[4].value == "fine"
    with pytest.raises(InputError, match="2 problems"):
        workers.values(found)


@pytest.mark.parametrize(("count", "backend"), [(1, None), (2, None)])
def test_progress_counts_every_task(tasks, count, backend):
    seen = []
    workers.map(
        tasks.square_slowly, [1, 2, 3], workers=count, backend=backend, progress=lambda *state: seen.append(state)
    )
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_nothing_to_do():
    assert workers.map(abs, [], workers=3) == []


def test_no_workers():
    with pytest.raises(RequestError, match=r"^0 workers cannot work\. Name 1 or more\.$"):
        workers.map(abs, [1], workers=0)


def test_an_unknown_backend():
    with pytest.raises(UnknownNameError, match=r"No backend is called 'process'\. Did you mean processes\?"):
        workers.map(abs, [1], backend="process")


def test_a_script_without_a_guard_is_told_so(tmp_path):
    import subprocess

    script = tmp_path / "unguarded.py"
    script.write_text("from karvan import workers\nworkers.map(abs, [-1, -2], workers=2)\n", encoding="utf-8")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert 'must keep its work under `if __name__ == "__main__":`' in done.stderr


def test_a_crew_stays_for_several_maps_and_outlives_a_death(tasks):
    with workers.ProcessCrew(2) as crew:
        first = workers.values(workers.map(tasks.who, [0.1] * 4, workers=2, crew=crew))
        again = workers.values(workers.map(tasks.who, [0.1] * 4, workers=2, crew=crew))
        assert set(first) == set(again)
        lost = workers.map(tasks.die_on_two, [1, 2, 3], workers=2, crew=crew)
        assert [answer.value for answer in lost] == [1, None, 3]
        assert workers.values(workers.map(tasks.square_slowly, [2, 1], workers=2, crew=crew)) == [4, 1]


def test_answers_are_heard_as_they_come(tasks):
    heard = {}
    found = workers.map(tasks.fail, ["input", "fine"], workers=2, heard=heard.__setitem__)
    assert heard == dict(enumerate(found))


def test_whoever_leaves_before_a_process_stands_hears_no_complaint(monkeypatch):
    monkeypatch.setattr(processes, "claim_one_core", lambda: None)
    near, far = multiprocessing.Pipe()
    near.close()
    with far:
        assert processes._serve(far) is None


def test_whoever_leaves_in_the_middle_hears_no_complaint(tasks, capfd):
    """A full disk ends a map while others work: their processes end without a word on their pipes."""

    def full(_number, _answer):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left on device"):
        workers.map(tasks.square_slowly, [1, 15, 20, 3], workers=3, heard=full)
    assert capfd.readouterr().err == ""
