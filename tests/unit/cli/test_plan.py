"""``karvan plan`` and ``--plot``: what they write, and that they write all of it or nothing."""

from __future__ import annotations

import json

import pytest

from karvan.pipeline import RUN_FILES


@pytest.fixture
def there(tmp_path, monkeypatch):
    """A folder to stand in."""
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "there")
    return tmp_path / "there"


def test_a_plan_writes_a_run_folder(karvan, there):
    answer = karvan("plan", "textbook", "--until", "trade", "--json")
    assert answer.code == 0
    found = json.loads(answer.out)
    assert set(found["meta"]) == {"karvan", "case", "setting", "seed", "hash"}
    folder = there / "runs" / f"textbook-{found['meta']['hash'][:12]}"
    assert (there / found["folder"]) == folder
    assert {path.name for path in folder.iterdir()} == set(found["files"]) == RUN_FILES - {"decision.html"}
    assert json.loads((folder / "run.json").read_text(encoding="utf-8"))["meta"] == found["meta"]
    assert answer.err.splitlines()[-2:] == [
        f"Report: {folder.relative_to(there) / 'index.html'}",
        "Left off at trade. For the decision paper go on with --until portfolio, which may take minutes.",
    ]


def test_the_same_plan_gives_the_same_bytes(karvan, there):
    assert karvan("plan", "textbook", "--until", "trade", "--out", "one run").code == 0
    first = {path.name: path.read_bytes() for path in (there / "one run").iterdir()}
    assert karvan("plan", "textbook", "--until", "trade", "--out", "one run").code == 0
    assert {path.name: path.read_bytes() for path in (there / "one run").iterdir()} == first


def test_a_plan_leaves_the_folder_of_somebody_else_alone(karvan, there):
    (there / "mine").mkdir()
    (there / "mine" / "thesis.doc").write_text("mine", encoding="utf-8")
    answer = karvan("plan", "textbook", "--until", "trade", "--out", "mine")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.lstrip() == (
        "karvan: mine holds something else (no run.json). Name another folder, or empty this one.\n"
    )
    assert [path.name for path in (there / "mine").iterdir()] == ["thesis.doc"]


def test_a_profile_is_drawn(karvan, there):
    answer = karvan("routes", "a_city", "c_city", "--case", "textbook", "--plot", "my profile.svg")
    assert (answer.code, answer.err) == (0, "Profile written to my profile.svg\n")
    assert "<svg" in (there / "my profile.svg").read_text(encoding="utf-8")
