"""A run works apart: it tells how far it is, can be stopped, and fails without taking the app along."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from karvan.app import runs
from karvan.app.runs import Runs
from karvan.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import CaseFiles
    from tests.unit.app.conftest import Client

    from karvan.case import Case

#: A run of the textbook case takes a few seconds; on a machine that does much else, many more.
PATIENCE_S = 300


def until(state: Callable[[], Any], wanted: Callable[[Any], bool]) -> Any:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        now = state()
        if wanted(now):
            return now
        time.sleep(0.05)
    raise AssertionError(f"still {now}")


@pytest.fixture
def own_runs(textbook: Case) -> Iterator[Runs]:
    own = Runs(textbook)
    yield own
    own.close()


def test_a_run_goes_through_its_stages_and_ends_in_a_report(ask: Client) -> None:
    started = ask("/api/case/runs", method="POST").json
    assert (started["id"], started["state"]) == ("1", "running")
    early = ask("/api/case/runs/1/report")
    assert (early.status, early.json["message"]) == (422, "Run 1 is running: it has no report.")
    done = until(lambda: ask("/api/case/runs/1").json, lambda run: run["state"] != "running")
    assert (done["state"], done["fault"]) == ("done", None)
    assert done["done"] == done["of"] > 0
    report = ask("/api/case/runs/1/report")
    assert report.headers["content-type"] == "text/html; charset=utf-8"
    assert b"<html" in report.body
    assert done["decision"]
    assert b"<html" in ask("/api/case/runs/1/decision").body


def test_a_run_can_be_stopped(own_runs: Runs) -> None:
    run = own_runs.start()
    assert own_runs.stop(run.id).state == "stopped"
    own_runs._runs[run.id].process.wait(timeout=PATIENCE_S)
    time.sleep(0.2)
    assert own_runs.state(run.id).state == "stopped"
    assert not (own_runs._runs[run.id].folder / "run.json").exists()


def test_a_run_that_dies_half_way_says_where(own_runs: Runs) -> None:
    run = own_runs.start()
    until(lambda: own_runs.state(run.id), lambda now: now.stage != "" or now.state != "running")
    own_runs._runs[run.id].process.kill()
    failed = until(lambda: own_runs.state(run.id), lambda now: now.state != "running")
    assert failed.state == "failed"
    assert failed.fault is not None
    assert failed.fault.message.startswith("The run ended in the middle of ")
    assert "(exit code -9)" in failed.fault.message


def test_a_case_that_has_got_a_problem_fails_with_the_problem(files: CaseFiles) -> None:
    own = Runs(files.open())
    files.set("link.csv", files.read("link.csv")[1][0], length_km="long")
    try:
        run = own.start()
        failed = until(lambda: own.state(run.id), lambda now: now.state != "running")
        assert failed.state == "failed"
        assert failed.fault is not None
        assert failed.fault.kind == "case"
        assert "link.csv, line 2, length_km: found 'long'" in failed.fault.lines[0]
    finally:
        own.close()


def test_only_so_many_runs_work_at_once(own_runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MOST_RUNNING", 1)
    own_runs.start()
    with pytest.raises(RequestError) as caught:
        own_runs.start()
    assert str(caught.value) == "As many runs as may be are working already. Stop one, or wait for it."
