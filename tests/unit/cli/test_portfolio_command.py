"""``karvan portfolio``: what it prints and writes, and what it refuses."""

from __future__ import annotations

import csv
import io
import json

import pytest

from karvan.cli import main

ASK = "portfolio --case textbook --budget 320 --project N2,N3 --later 0"


def run(capsys, command):
    try:
        main(command.split())
        code = 0
    except SystemExit as left:
        code = int(left.code or 0)
    return code, *capsys.readouterr()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A folder that keeps worths between the tests."""
    return tmp_path_factory.mktemp("store")


def test_the_answer_comes_first_and_notes_go_to_stderr(capsys, store, tmp_path):
    code, out, err = run(capsys, f"{ASK} --store {store} --out {tmp_path}/out")
    assert code == 0
    assert out.startswith(
        "Within USD 320 m no set of projects is worth more than it costs to both; proven: all 4 plans"
    )
    assert "the best set that was found: USD " in " ".join(out.split())
    assert "Note: no set is worth more than nothing: nothing is chosen." in err
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"candidates.csv", "outlays.csv", "sets.csv", "frontier.csv", "robustness.csv", "frontier.svg"} <= names


def test_the_same_question_from_its_store_gives_the_same_bytes(capsys, store):
    _, first, _ = run(capsys, f"{ASK} --store {store} --json")
    _, again, err = run(capsys, f"{ASK} --store {store} --json")
    assert first == again
    assert "sets appraised" not in err
    answer = json.loads(first)
    assert answer["proven"]
    assert {item["id"] for item in answer["candidates"]} == {"N2", "N3"}
    assert answer["meta"]["case"] == "textbook"


def test_a_row_a_project(capsys, store):
    _, out, _ = run(capsys, f"{ASK} --store {store} --csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["id"] for row in rows} == {"N2", "N3"}
    assert all(row["why"] for row in rows)


@pytest.mark.parametrize(
    ("more", "code", "text"),
    [
        ("--budget 10", 1, "The budget of USD 10 m lies below the cost of every project; the cheapest is N2 at USD 20 m."),
        ("--require N2,N3 --exclude N3", 1, "These contradict each other: N3 is required; N3 is excluded. Loosen one of them."),
        ("--require N77", 1, "No project is called 'N77'."),
        ("--aim bot", 1, "No aim is called 'bot'."),
        ("--yearly 2027=x", 2, "'x' is not a number"),
        ("--yearly soon=4", 2, "'soon' is no year"),
        ("--yearly 2027=4,2027=5", 2, "2027 is given twice. Give it once."),
        ("--service 1999=4", 2, "1999 is no year of the accounts, which run from"),
        ("--scenario nowhere", 1, "No scenario is called 'nowhere'."),
        ("--funder S1", 2, "'S1' is no NAME=VALUE"),
        ("--cluster here", 1, "'here' is no address of a cluster. Write tcp://HOST:PORT, such as tcp://127.0.0.1:8786."),
        ("--workers 0", 1, "0 workers cannot work. Name 1 or more."),
        ("--json --csv", 2, "Choose one of --json and --csv."),
    ],
)  # fmt: skip
def test_refused(capsys, more, code, text):
    found, out, err = run(capsys, f"{ASK} {more}")
    assert (found, out) == (code, "")
    assert text in " ".join(err.replace("│", " ").split())


def test_no_budget(capsys):
    code, _, err = run(capsys, "portfolio --case textbook")
    assert code == 2
    assert "Missing option '--budget'. USD 2 bn is --budget 2000." in " ".join(err.replace("│", " ").split())
