"""``karvan case futures``."""

from __future__ import annotations

import csv
import io
import json

import pytest

FUTURES = ("case", "futures", "--case", "textbook")


def test_what_it_says(karvan):
    answer = karvan(*FUTURES)
    assert (answer.code, answer.err) == (0, "")
    lines = [line.split() for line in answer.out.splitlines()]
    assert lines[0] == ["textbook:", "states", "of", "the", "crossings", "from", "2026", "on,", "All", "open"]
    assert lines[1] == ["State", "shut", "2026", "2027", "range", "2036", "long", "run", "range", "years", "to", "2056"]
    assert lines[2][:6] == ["All", "open", "nothing", "100", "%", "90"]
    assert lines[3][-1] == "5.8"
    assert lines[6][:3] == ["Ab", "2019", "2"]


def test_as_json(karvan):
    found = json.loads(karvan(*FUTURES, "--json", "--year", "2028").out)
    assert set(found) == {
        "meta",
        "base_year",
        "horizon_year",
        "year",
        "start",
        "states",
        "transitions",
        "groups",
        "notes",
    }
    assert (found["year"], found["start"]) == (2028, "open")
    shut = found["states"][1]
    assert shut["probability_next_year"] == 0.1
    assert shut["probability_year"] == pytest.approx(0.15)
    assert shut["probability_year_low"] < 0.15 < shut["probability_year_high"]
    assert found["transitions"][1] == {"from_state": "open", "to_state": "ab_shut", "probability": 0.1}
    assert found["groups"][0]["spells"][0] == {"from_date": "2019-01-01", "to_date": "2019-03-31", "days": 90}


def test_as_csv(karvan):
    rows = list(csv.DictReader(io.StringIO(karvan(*FUTURES, "--csv").out)))
    assert [row["state"] for row in rows] == ["open", "ab_shut"]
    assert float(rows[1]["probability_long_run"]) == 0.2


def test_the_estimate(karvan):
    answer = karvan(*FUTURES, "--estimate")
    assert answer.out.splitlines()[0] == (
        "Probability of the state of the next year, by that of this year, and in the long run, from the record:"
    )
    found = json.loads(karvan(*FUTURES, "--estimate", "--json").out)
    assert sum(state["probability"] for state in found["states"]) == pytest.approx(1)
    rows = list(csv.DictReader(io.StringIO(karvan(*FUTURES, "--estimate", "--csv").out)))
    assert [float(row["probability"]) for row in rows] == [row["probability"] for row in found["transitions"]]


def test_a_picture(karvan, tmp_path):
    target = tmp_path / "futures.svg"
    answer = karvan(*FUTURES, "--plot", target)
    assert (answer.code, answer.err) == (0, f"{target} is written.\n")
    assert "probability of being shut" in target.read_text(encoding="utf-8")


def test_a_picture_of_another_kind(karvan, tmp_path):
    answer = karvan(*FUTURES, "--plot", tmp_path / "futures.gif")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == "karvan: A figure cannot be written as '.gif'. Choose .svg, .png, .pdf.\n"


def test_nothing_to_draw(karvan, files):
    files.write("closure.csv", files.read("closure.csv")[:1])
    files.set("scenario.csv", "ab_shut", shut_groups="")
    answer = karvan("case", "futures", "--case", files.folder, "--plot", "x.svg")
    assert (answer.code, answer.out, answer.err) == (
        1, "", "karvan: textbook records no closure: there is nothing to draw. Add rows to closure.csv.\n"
    )  # fmt: skip


def test_a_year_that_is_over(karvan):
    assert karvan(*FUTURES, "--year", "1999") == (
        1, "", "karvan: Year 1999 lies before the base year 2026 of textbook. Choose 2026 or later.\n"
    )  # fmt: skip


def test_both_formats(karvan):
    answer = karvan(*FUTURES, "--json", "--csv")
    assert answer.code == 2
    assert "Choose one of --json and --csv." in answer.err
