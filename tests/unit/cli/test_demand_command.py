"""``karvan case demand``, and the group that it stands in."""

from __future__ import annotations

import csv
import io
import json

import pytest

TEXTBOOK = ("--case", "textbook")


def test_the_answer_for_people(karvan):
    answer = karvan("case", "demand", "--by", "kind", *TEXTBOOK)
    assert answer.code == 0
    lines = [line.split() for line in answer.out.splitlines()]
    assert lines[0] == [
        "kind",
        "Mt/year",
        "low",
        "high",
        "outside",
        "may",
        "choose",
        "counted",
        "raked",
        "derived",
        "assumed",
    ]
    assert lines[1][:6] == ["trade", "0.39", "0.35", "0.43", "0.06", "0.36"]
    assert answer.err == "note: low and high are sums of the rows' ends, as if all erred together\n"


def test_json(karvan):
    found = json.loads(karvan("case", "demand", "--by", "pair", "--year", "2036", "--json", *TEXTBOOK).out)
    assert found["meta"]["setting"]["year"] == 2036
    assert found["by"] == "pair"
    first = found["flows"][0]
    assert (first["from_economy"], first["to_economy"]) == ("AAA", "CCC")
    assert first["flow_t_per_year"] == pytest.approx(330_000 * 1.03**10)
    assert found["totals"] == []
    assert "growth of 10 years is assumed, the same with and without a project" in found["notes"]


def test_csv(karvan):
    answer = karvan("case", "demand", "--by", "commodity", "--csv", *TEXTBOOK)
    rows = {row["commodity"]: row for row in csv.DictReader(io.StringIO(answer.out))}
    assert float(rows["coal"]["flow_t_per_year"]) == 30_000 + 240_000 + 60_000 + 50_000 + 100_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--by", "modes"), "No grouping is called 'modes'. Did you mean mode?"),
        (("--json", "--csv"), "Choose one of --json and --csv."),
        (("--scenario", "shut"), "No scenario is called 'shut'. Did you mean ab_shut?"),
        (
            ("--change", "base_flow:AAA-BBB.coal.rail:mode=road"),
            (
                "No column of base_flow to change is called 'mode'. There are: flow_t_per_year, flow_low_t_per_year, "
                "flow_high_t_per_year, contestable_share."
            ),
        ),
    ],
)
def test_a_bad_request(karvan, arguments, message):
    answer = karvan("case", "demand", *arguments, *TEXTBOOK)
    assert answer == (1, "", f"karvan: {message}\n")


def test_options_before_a_sub_command(karvan):
    answer = karvan("case", *TEXTBOOK, "demand")
    assert (answer.code, answer.out) == (2, "")
    assert "options of demand stand after it" in answer.err


def test_the_bare_group_still_shows_the_tables(karvan):
    assert "base_flow" in karvan("case", *TEXTBOOK).out
