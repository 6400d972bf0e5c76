"""What many appraisals are compared with is solved once, before them."""

from __future__ import annotations

import os

import pytest

import karvan
from karvan.appraisal.bases import missing_bases, solve_bases
from karvan.appraisal.rules import open_rule_set
from karvan.case import PackedCase
from karvan.chain.expectation import expected_states
from karvan.flows import corridor_solve


@pytest.fixture
def case(tmp_path, monkeypatch):
    monkeypatch.setenv("KARVAN_CACHE", str(tmp_path / "not" / "yet"))
    return karvan.open_case("textbook")


def test_they_are_solved_once_and_found_by_whoever_needs_them(case, monkeypatch):
    rules = open_rule_set("adb_2017")
    missing = missing_bases(case, [("N1@2028",), ("N2@2028",)], rules)
    years = karvan.appraise(case, "N1@2028").plan.solved_years()
    states = expected_states(case, str(case.apply(karvan.Setting()).setting.scenario))
    assert [(one.year, one.scenario) for one in missing if one.year != years[0]] == [
        (year, state) for year in years[:0:-1] for state in states
    ]
    assert not any(one.projects or one.changes for one in missing)
    solve_bases(PackedCase.of(case), missing, workers=2)
    assert missing_bases(case, [("N1@2028",), ("N2@2028",)], rules) == []
    # a process that begins finds them all
    again = karvan.open_case("textbook")
    solved = []
    plain = corridor_solve._solve
    monkeypatch.setattr(corridor_solve, "_solve", lambda *given: solved.append(given[1]) or plain(*given))
    karvan.appraise(again, "N2@2028")
    assert solved
    assert all(setting.projects for setting in solved)


def test_sets_that_cannot_stand_have_none(case):
    assert missing_bases(case, [("N9",), ("N1@soon",)], open_rule_set("adb_2017")) == []


def test_none_is_missing_where_none_can_be_kept(case, tmp_path, monkeypatch):
    rules = open_rule_set("adb_2017")
    monkeypatch.setenv("KARVAN_CACHE", "off")
    assert missing_bases(case, [("N1",)], rules) == []
    monkeypatch.setenv("KARVAN_CACHE", str(tmp_path / "cache"))
    assert missing_bases(case, [("N1",)], rules)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert missing_bases(case, [("N1",)], rules) == []
