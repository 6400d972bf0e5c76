"""A run: what it writes, and what becomes of it when the disk, the home or another run is in the way."""

from __future__ import annotations

import errno
import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

import karvan
from karvan.errors import OutputError
from karvan.pipeline import RUN_FILES, STAGES


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def start(*arguments, **environment):
    command = [sys.executable, "-m", "karvan", *arguments]
    return subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_a_run_folder_holds_what_it_says(tmp_path):
    told = []
    run = karvan.plan(
        "textbook", out=tmp_path / "run", until="trade", tell=lambda stage, done: told.append((stage, done))
    )
    assert {path.name for path in run.folder.iterdir()} == RUN_FILES - {"decision.html"}
    manifest = json.loads((run.folder / "run.json").read_text(encoding="utf-8"))
    assert manifest["meta"]["case"] == "textbook"
    assert manifest["meta"]["setting"]["scenario"] == "open"
    assert manifest["stages"] == ["check", "network", "routes", "flows", "trade", "programme", "report"]
    assert sorted(manifest["files"]) == sorted(RUN_FILES - {"decision.html"})
    assert [stage for stage, _ in told] == [*STAGES, "done"]
    assert [done for _, done in told] == list(range(len(STAGES) + 1))
    routes = pd.read_parquet(run.folder / "routes.parquet")
    assert set(routes["scenario"]) == {"open", "ab_shut"}
    assert len(pd.read_parquet(run.folder / "links.parquet")) == len(karvan.open_case("textbook").rows("link"))


def test_runs_that_end_elsewhere_or_decide_within_another_budget_are_other_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folders = {karvan.plan("textbook", until=until, budget_musd=budget).folder
               for until, budget in (("routes", None), ("flows", None), ("flows", 5.0), ("flows", math.inf))}  # fmt: skip
    assert len(folders) == 4
    assert karvan.plan("textbook", until="routes").folder in folders


def test_the_same_run_gives_the_same_bytes(tmp_path):
    one = files_of(karvan.plan("textbook", out=tmp_path / "one", until="trade").folder)
    two = files_of(karvan.plan("textbook", out=tmp_path / "two", until="trade").folder)
    assert one == two


def test_a_half_written_run_is_replaced(tmp_path):
    whole = files_of(karvan.plan("textbook", out=tmp_path / "run", until="trade").folder)
    (tmp_path / "run" / "run.json").unlink()
    (tmp_path / "run" / "routes.parquet").write_bytes(b"half")
    assert files_of(karvan.plan("textbook", out=tmp_path / "run", until="trade").folder) == whole


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("precious", encoding="utf-8")
    with pytest.raises(OutputError, match=r"holds something else \(no run\.json\)"):
        karvan.plan("textbook", out=tmp_path / "run", until="trade")
    assert files_of(tmp_path / "run") == {"thesis.txt": b"precious"}


@pytest.mark.parametrize("code", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_a_disk_that_is_full_or_read_only_loses_nothing(tmp_path, monkeypatch, code):
    # the tests may run as root, whom permissions do not stop: the system call itself fails
    run = karvan.plan("textbook", out=tmp_path / "run", until="trade")
    before = files_of(run.folder)

    def fail(*_arguments, **_options):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(pd.DataFrame, "to_parquet", fail)
    with pytest.raises(OutputError, match=rf"cannot be written: {os.strerror(code)}\. Choose another place"):
        karvan.plan("textbook", out=tmp_path / "run", until="trade")
    assert files_of(run.folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_file_in_the_way_of_the_folder(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match=r"is a file\. Name a folder\."):
        karvan.plan("textbook", out=tmp_path / "file", until="trade")
    with pytest.raises(OutputError, match="cannot be written"):
        karvan.plan("textbook", out=tmp_path / "file" / "run", until="trade")


def test_a_home_that_cannot_be_written_and_a_path_with_a_space(tmp_path):
    out = tmp_path / "a folder" / "Прогон"
    command = ("plan", "textbook", "--until", "trade", "--out", str(out))
    process = start(*command, HOME="/proc/nowhere", XDG_CONFIG_HOME="", XDG_CACHE_HOME="")
    _, talk = process.communicate(timeout=60)
    assert process.returncode == 0, talk
    assert {path.name for path in out.iterdir()} == RUN_FILES - {"decision.html"}
    assert "Traceback" not in talk


def test_two_runs_at_the_same_time_leave_one_whole_run(tmp_path):
    out = tmp_path / "run"
    processes = [start("plan", "textbook", "--until", "trade", "--out", str(out)) for _ in range(2)]
    codes = [process.wait(timeout=90) for process in processes]
    talks = [process.communicate()[1] for process in processes]
    assert 0 in codes, talks
    assert set(codes) <= {0, 1}, talks
    assert {path.name for path in out.iterdir()} == RUN_FILES - {"decision.html"}
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_killed_run_leaves_no_half_result(tmp_path):
    out = tmp_path / "run"
    process = start("plan", "textbook", "--until", "trade", "--out", str(out))
    time.sleep(1.2)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    assert not out.exists() or {path.name for path in out.iterdir()} == RUN_FILES - {"decision.html"}
    whole = karvan.plan("textbook", out=out, until="trade").folder
    assert {path.name for path in whole.iterdir()} == RUN_FILES - {"decision.html"}


def test_the_default_folder_carries_case_and_hash(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = karvan.plan("textbook", until="trade")
    assert run.folder == Path("runs") / f"textbook-{run.data.meta.hash[:12]}"
    assert (tmp_path / run.folder / "index.html").is_file()
