"""A real Dask cluster on loopback: the same bytes, and what becomes of a worker that dies or a cluster that is not there."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from karvan import workers
from karvan.errors import AuditError, InputError, RequestError, WorkerError
from karvan.workers import cluster as cluster_module

pytest.importorskip("distributed", reason="Dask is not installed: pip install 'karvan[dask]'")

from dask_cluster import local_cluster

HERE = str(Path(__file__).parent)


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    monkeypatch.syspath_prepend(HERE)


@pytest.fixture
def tasks():
    import tasks_of_workers

    return tasks_of_workers


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two workers, for the tests that leave them alive."""
    with local_cluster(tmp_path_factory.mktemp("pair"), 2, path=HERE) as found:
        yield found.address


def test_the_same_bytes_as_serial(tasks, pair):
    def digest(**how: object) -> str:
        return hashlib.sha256(
            np.concatenate(workers.values(workers.map(tasks.draws, range(7), **how))).tobytes()
        ).hexdigest()

    assert digest(cluster=pair) == digest()


def test_answers_come_in_order_from_more_than_one_worker(tasks, pair):
    seen = []
    found = workers.map(tasks.square_slowly, [9, 1, 4, 0], cluster=pair, progress=lambda *state: seen.append(state))
    assert workers.values(found) == [81, 1, 16, 0]
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert len(set(workers.values(workers.map(tasks.who, [0.2] * 4, cluster=pair)))) == 2


def test_an_error_is_the_answer_to_its_task(tasks, pair):
    found = workers.map(tasks.fail, ["input", "name", "audit", "bug", "fine"], cluster=pair)
    assert isinstance(found[0].error, InputError)
    assert found[0].error.problems == ("rate: found -1", "years: found none")
    assert str(found[1].error) == "No project is called 'P0'. Did you mean P01?"
    assert isinstance(found[2].error, AuditError)
    assert isinstance(found[3].error, ZeroDivisionError)
    assert found[4].value == "fine"


def test_what_cannot_travel_is_an_error_of_its_task(tasks, pair):
    (found,) = workers.map(tasks.not_for_the_post, [0], cluster=pair)
    assert found.value is None
    assert found.error is not None


def test_whoever_waits_leaves_the_machine_to_the_workers(pair, monkeypatch):
    """A look at the cluster every fifth of a second; a loop without a pause once took a core, and two workers were no faster."""
    looks = []
    own = cluster_module._Run._alive
    monkeypatch.setattr(cluster_module._Run, "_alive", lambda run: (looks.append(None), own(run))[1])
    assert workers.values(workers.map(time.sleep, [2.0, 2.0], cluster=pair)) == [None, None]
    # ten while they sleep, and a few when they are given out and fetched
    assert len(looks) <= 30


def test_nothing_to_do(pair):
    assert workers.map(abs, [], cluster=pair) == []


def test_a_cluster_that_loses_its_workers_one_by_one(tasks, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster_module, "WORKER_S", 1.0)
    monkeypatch.setattr(cluster_module, "ANSWER_S", 2.0)
    with local_cluster(tmp_path, 2, path=HERE) as found:
        answers = workers.map(tasks.die_on_two, [0, 1, 2, 3, 4], cluster=found.address)
        assert [answer.value for answer in answers] == [0, 1, None, 3, 4]
        assert isinstance(answers[2].error, WorkerError)
        assert str(answers[2].error).startswith("The worker of task 2 died (tcp://127.0.0.1:")
        assert str(answers[2].error).endswith("); the task has no result.")

        answers = workers.map(tasks.die_on_two, [0, 1, 2, 3], cluster=found.address)
        assert [answer.value for answer in answers] == [0, 1, None, None]
        assert str(answers[3].error) == f"The cluster at {found.address} has no worker left for task 3."

        with pytest.raises(WorkerError) as caught:
            workers.map(tasks.who, [0.0], cluster=found.address)
        expected = f"The Dask cluster at {found.address} has no worker. Start one with `dask worker {found.address}`."
        assert str(caught.value) == expected


def test_a_worker_killed_in_the_middle_and_one_that_comes(tasks, tmp_path):
    with local_cluster(tmp_path, 2, path=HERE) as found:
        victim = found.workers[0]
        done = []

        def kill_once_two_are_done(count, _of):
            done.append(count)
            if len(done) == 2:
                # in the middle of a task: between two of them nothing would be lost
                threading.Timer(0.2, os.kill, (victim.pid, signal.SIGKILL)).start()

        answers = workers.map(tasks.who, [0.4] * 8, cluster=found.address, progress=kill_once_two_are_done)
        lost = [answer for answer in answers if answer.error is not None]
        assert len(lost) == 1
        assert isinstance(lost[0].error, WorkerError)
        assert victim.pid in [answer.value for answer in answers]
        late = found.add_worker()
        assert late.pid in workers.values(workers.map(tasks.who, [0.4] * 4, cluster=found.address))


def test_the_scheduler_dies(tasks, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster_module, "WORKER_S", 1.0)
    with local_cluster(tmp_path, 1, path=HERE) as found:
        answers = workers.map(tasks.who, [0.4] * 8, cluster=found.address, progress=lambda *_: found.scheduler.kill())
    assert answers[0].value == found.workers[0].pid
    assert isinstance(answers[-1].error, WorkerError)


def test_a_worker_with_another_source_of_karvan(tasks, tmp_path):
    other = tmp_path / "other" / "karvan"
    (other / "workers").mkdir(parents=True)
    (other / "__init__.py").write_text("", encoding="utf-8")
    (other / "workers" / "__init__.py").write_text("", encoding="utf-8")
    (other / "workers" / "source.py").write_text("def package_digest():\n    return 'another'\n", encoding="utf-8")
    with local_cluster(tmp_path, 0) as found:
        found.add_worker(path=str(tmp_path / "other"))
        with pytest.raises(
            WorkerError, match="does not run this source of Karvan: its results would be others"
        ) as caught:
            workers.map(tasks.who, [0.0], cluster=found.address)
    assert str(caught.value).startswith("The worker at tcp://127.0.0.1:")


def test_a_cluster_that_does_not_answer(tasks):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    start = time.monotonic()
    with pytest.raises(WorkerError) as caught:
        workers.map(tasks.who, [0.0], cluster=f"tcp://127.0.0.1:{port}")
    assert time.monotonic() - start < 12  # bounded: twice what the message says
    expected = (
        f"No Dask scheduler answers at tcp://127.0.0.1:{port} within 5 s. "
        "Start one with `dask scheduler`, or leave the cluster out."
    )
    assert str(caught.value) == expected


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-Other\r\n"])
def test_something_else_answers(tasks, greeting, monkeypatch):
    monkeypatch.setattr(cluster_module, "ANSWER_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        held = []
        threading.Thread(
            target=lambda: (held.append(server.accept()[0]), held[0].sendall(greeting)), daemon=True
        ).start()
        with pytest.raises(WorkerError, match=f"No Dask scheduler answers at {address} within 1 s"):
            workers.map(tasks.who, [0.0], cluster=address)
        for line in held:
            line.close()


@pytest.mark.parametrize("address", ["somewhere", "http://127.0.0.1:8786", "tcp://127.0.0.1", "tcp://host:port"])
def test_no_address(tasks, address):
    with pytest.raises(RequestError) as caught:
        workers.map(tasks.who, [0.0], cluster=address)
    expected = f"{address!r} is no address of a cluster. Write tcp://HOST:PORT, such as tcp://127.0.0.1:8786."
    assert str(caught.value) == expected


def test_dask_without_a_cluster(tasks):
    with pytest.raises(
        RequestError, match=r"^The backend dask needs a cluster\. Name one, such as tcp://127\.0\.0\.1:8786\.$"
    ):
        workers.map(tasks.who, [0.0], backend="dask")


def test_without_the_extra(tasks, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(
        RequestError, match=r"^Work on a cluster needs Dask\. Install it: pip install 'karvan\[dask\]'\.$"
    ):
        workers.map(tasks.who, [0.0], cluster="tcp://127.0.0.1:8786")
