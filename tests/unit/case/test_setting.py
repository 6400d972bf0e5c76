"""A setting names year, scenario, projects and changes; what it means for the projects of the textbook case."""

from __future__ import annotations

import re

import numpy as np
import pytest
from pydantic import ValidationError

from karvan.case import Change, Setting
from karvan.errors import RequestError, UnknownNameError


def opened(case, **parts) -> set[str]:
    return set(case.apply(Setting.of(**parts)).open_projects)


def notes(case, **parts) -> tuple[str, ...]:
    return case.apply(Setting.of(**parts)).notes


# naming ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("projects", ["N2,N1", " N1 , N2 ,", ["N2", "N1"], ["N2,N1"], ["N1", "N2", "N1"], {"N1", "N2"}])
def test_projects_by_commas_or_one_by_one(projects):
    assert Setting.of(projects=projects).projects == ("N1", "N2")


def test_a_setting_is_a_name():
    assert Setting.of() == Setting()
    assert hash(Setting.of(projects="N1", year=2030)) == hash(Setting.of(projects=["N1"], year=2030))
    assert Setting.of(changes=["a:b:c=1"]) == Setting.of(changes=[Change.parse("a:b:c=1")])
    changed = Setting.of(changes=["a:b:c=1", "a:b:d=2"])
    assert hash(changed) == hash(Setting.of(changes=["a:b:c=1", "a:b:d=2"]))
    assert hash(changed) != hash(changed.model_copy(update={"changes": changed.changes[:1]}))
    assert {changed: 1}[changed.model_copy(update={"changes": changed.changes})] == 1
    with pytest.raises(ValidationError):
        Setting(seed=1)


def test_years_of_opening():
    assert Setting.of(projects="N1@2030,N2").project_years() == {"N1": 2030, "N2": None}


@pytest.mark.parametrize("year", ["soon", "30", "20300", "2030.5", ""])
def test_a_year_that_is_none(textbook, year):
    with pytest.raises(RequestError) as caught:
        textbook.apply(Setting.of(projects=f"N1@{year}"))
    assert str(caught.value) == f"'N1@{year}': {year!r} is no year of opening. Write N1@2030, or N1 alone."


@pytest.mark.parametrize("projects", ["N1,N1@2030", "N1@2030,N1@2031", "N1@2030,north@2031", "north,N1@2031"])
def test_a_project_with_two_years(textbook, projects):
    with pytest.raises(RequestError) as caught:
        textbook.apply(Setting.of(projects=projects))
    assert str(caught.value) == "Project N1 is named twice. Name it once."


# projects -------------------------------------------------------------------------------------------------------------


def test_nothing_is_open_in_the_base_year_but_what_is_named(textbook):
    assert opened(textbook) == set()
    assert opened(textbook, projects="N1") == {"N1"}
    assert opened(textbook, projects="north") == {"N1"}
    assert opened(textbook, projects="N1,north") == {"N1"}


def test_with_a_year_a_project_opens_at_its_year(textbook):
    """N2 takes two years from 2026, N3 three."""
    assert opened(textbook, projects="N2,N3", year=2027) == set()
    assert opened(textbook, projects="N2,N3", year=2028) == {"N2", "N5"}
    assert opened(textbook, projects="N2,N3", year=2029) == {"N2", "N3", "N5"}
    assert notes(textbook, projects="N2,N3", year=2028) == ("N3 opens in 2029, after 2028: it changes nothing here",)


def test_the_year_that_is_named_goes_before_the_row(textbook):
    assert opened(textbook, projects="N2@2027", year=2027) == {"N2"}
    assert opened(textbook, projects="N2@2035", year=2034) == {"N5"}
    assert opened(textbook, projects="N2@2035", year=2035) == {"N2", "N5"}
    assert notes(textbook, projects="N2@2030") == ("N2 opens in 2030, after 2026: it changes nothing here",)


def test_a_part_of_a_year_of_works_counts_as_a_year(files):
    files.set("project.csv", "N2", duration_years="1.2")
    case = files.open()
    assert opened(case, projects="N2", year=2027) == set()
    assert opened(case, projects="N2", year=2028) == {"N2", "N5"}


def test_a_project_without_a_year(files):
    files.set("project.csv", "N2", duration_years="")
    case = files.open()
    assert opened(case, projects="N2") == {"N2"}
    assert opened(case, projects="N2@2030", year=2030) == {"N2", "N5"}
    with pytest.raises(RequestError) as caught:
        case.apply(Setting.of(projects="N2", year=2030))
    assert str(caught.value) == "Project N2 has no year of opening. Name one: N2@2030."


@pytest.mark.parametrize("parts", [{}, {"year": 2027}])
def test_a_committed_project_opens_in_its_year_by_itself(files, parts):
    files.set("project.csv", "N2", status="committed", open_year="2027")
    assert opened(files.open(), **parts) == ({"N2"} if parts else set())


def test_a_finished_project_is_open_always(files):
    files.set("project.csv", "N2", status="done", open_year="2030")
    assert opened(files.open()) == {"N2"}
    assert opened(files.open(), projects="N2") == {"N2"}


def test_a_project_brings_its_parts(textbook):
    assert opened(textbook, projects="N4") == {"N4", "N2"}
    assert opened(textbook, projects="N4@2030", year=2030) == {"N4", "N2", "N5"}
    assert notes(textbook, projects="N4@2035", year=2034) == (
        "N4 opens in 2035, after 2034: it changes nothing here",
        "N2 opens in 2035, after 2034: it changes nothing here",
    )


def test_a_part_keeps_the_year_that_it_has_itself(textbook):
    assert opened(textbook, projects="N4@2030,N2@2035", year=2030) == {"N4", "N5"}


def test_parts_of_parts(files):
    files.set("project.csv", "N2", contains="N3")
    assert opened(files.open(), projects="N4") == {"N4", "N2", "N3"}


def test_a_missing_prerequisite_is_noted(textbook):
    assert notes(textbook, projects="N4") == ("N4 is open without its prerequisite N5",)
    assert notes(textbook, projects="N4,N5") == ()
    assert notes(textbook, projects="N4", year=2028) == ()


def test_alternatives_are_not_named_together(textbook):
    with pytest.raises(RequestError) as caught:
        textbook.apply(Setting.of(projects="N3,north"))
    assert str(caught.value) == "Projects N1 and N3 are alternatives. Name one of them."


def test_alternatives_are_not_named_together_as_parts_either(files):
    files.set("project.csv", "N4", contains="N3")
    with pytest.raises(RequestError) as caught:
        files.open().apply(Setting.of(projects="N4,N1"))
    assert str(caught.value) == "Projects N1 and N3 are alternatives. Name one of them."


# what is not there ----------------------------------------------------------------------------------------------------


def test_a_year_before_the_base_year(textbook):
    with pytest.raises(RequestError) as caught:
        textbook.apply(Setting.of(year=2025))
    assert str(caught.value) == "Year 2025 lies before the base year 2026 of textbook. Choose 2026 or later."


def test_a_project_that_would_have_opened_before_the_base_year(textbook):
    with pytest.raises(RequestError) as caught:
        textbook.apply(Setting.of(projects="N1@2025"))
    assert str(caught.value) == (
        "N1@2025: 2025 lies before the base year 2026 of textbook, when it does not stand. Name 2026 or later."
    )


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"projects": "nort"}, "No project is called 'nort'. Did you mean north?"),
        ({"projects": "railway"}, "No project is called 'railway'. There are: N1, N2, N3, N4, N5, north."),
        ({"scenario": "ab_open"}, "No scenario is called 'ab_open'. Did you mean open?"),
        ({"scenario": "war"}, "No scenario is called 'war'. There are: open, ab_shut, fuel_dear."),
        (
            {"changes": ["zone:AAA:name=Alba"]},
            (
                "No table to change is called 'zone'. There are: link, terminal, border, service, commodity, parameter, "
                "economy, base_flow, outside, background."
            ),
        ),
        ({"changes": ["links:a:b=1"]}, "No table to change is called 'links'. Did you mean link?"),
        ({"changes": ["service:road:speed_kmh=50"]}, "No row of service is called 'road'. Did you mean road.any?"),
        (
            {"changes": ["service:road.any:speed_kph=50"]},
            "No column of service to change is called 'speed_kph'. Did you mean speed_kmh?",
        ),
        (
            {"changes": ["parameter:reliability_ratio:note=high"]},
            "No column of parameter to change is called 'note'. There are: value, low, high, unit.",
        ),
    ],
)
def test_a_name_that_is_not_there(textbook, parts, message):
    with pytest.raises(UnknownNameError) as caught:
        textbook.apply(Setting.of(**parts))
    assert str(caught.value) == message


# changes --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("link:a-b.rail:tracks=2", ("link", "a-b.rail", "tracks", "set", "2")),
        ("link:a-b.rail:capacity_trains_per_day*=1.5", ("link", "a-b.rail", "capacity_trains_per_day", "multiply", "1.5")),
        ("terminal:x:time_h+=-6", ("terminal", "x", "time_h", "add", "-6")),
        ("service:x:payee=", ("service", "x", "payee", "set", "")),
        ("  link:x:tracks= 2 ", ("link", "x", "tracks", "set", "2")),
        ("terminal:x:method=a=b:c", ("terminal", "x", "method", "set", "a=b:c")),
    ],
)  # fmt: skip
def test_a_change_is_read_and_written(text, cells):
    change = Change.parse(text)
    assert (change.table, change.row, change.column, change.op, change.value) == cells
    assert Change.parse(str(change)) == change


def test_one_change_alone_is_one():
    text = "link:a-b.rail:tracks=2"
    assert Setting.of(changes=text) == Setting.of(changes=Change.parse(text)) == Setting.of(changes=[text])


def test_whole_numbers_of_any_kind_are_years():
    assert Setting.of(year=np.int64(2030)) == Setting.of(year=2030.0) == Setting.of(year=2030)


def test_parts_that_are_none_are_told_together():
    with pytest.raises(RequestError) as caught:
        Setting.of(year=2030.5, scenario="", projects=["N1", 5], changes=[None])
    assert str(caught.value).splitlines() == [
        "2030.5 is no year. Write a whole number, such as 2030.",
        "'' is no scenario. Name one, or none for the default of the case.",
        "5 is no project. Write ID or ID@YEAR.",
        "None is no change. Write TABLE:ROW:COLUMN=VALUE.",
    ]


@pytest.mark.parametrize("parts", [{"year": True}, {"year": "x"}, {"year": float("nan")}, {"scenario": ["open", "ab_shut"]},
                                   {"scenario": 5}, {"projects": None}, {"changes": 5}])  # fmt: skip
def test_a_part_of_another_kind(parts):
    ((name, given),) = parts.items()
    with pytest.raises(RequestError, match=f"^{re.escape(repr(given))} is no {name.removesuffix('s')}. "):
        Setting.of(**parts)


@pytest.mark.parametrize("text", ["", "link", "link:a", "link:a:tracks", "link:a b:tracks=2", "a:b:c-=1"])
def test_a_text_that_is_no_change(text):
    with pytest.raises(RequestError) as caught:
        Setting.of(changes=[text])
    assert str(caught.value) == (
        f"{text!r} is no change. Write TABLE:ROW:COLUMN=VALUE, for instance border:torkham.road.PAK-AFG:status=open; "
        "*= multiplies, += adds."
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            "border:ab.rail.AAA-BBB:status*=2",
            "border:ab.rail.AAA-BBB:status*=2: status holds no quantity. Use = to set it.",
        ),
        ("link:a_city-a_gate.rail:tracks+=1", "link:a_city-a_gate.rail:tracks+=1: tracks holds no quantity. Use = to set it."),
        (
            "border:ab.rail.AAA-BBB:time_h*=half",
            "border:ab.rail.AAA-BBB:time_h*=half: 'half' is no number. Write a factor or an increment.",
        ),
        (
            "border:ab.rail.AAA-BBB:time_h+=inf",
            "border:ab.rail.AAA-BBB:time_h+=inf: 'inf' is no number. Write a factor or an increment.",
        ),
        (
            "border:ab.rail.AAA-BBB:status=closed",
            ("border ab.rail.AAA-BBB status by the setting's change: found 'closed'; expected one of open, shut. "
            "Write one of them."),
        ),
        (
            "border:ab.rail.AAA-BBB:time_h=",
            "border ab.rail.AAA-BBB time_h by the setting's change: found ''; expected a value. Fill in time_h.",
        ),
        (
            "border:ab.rail.AAA-BBB:time_h+=-11",
            ("border ab.rail.AAA-BBB time_h by the setting's change: found -1 after all effects; expected at least 0. "
            "Check the unit (h)."),
        ),
        (
            "link:a_city-a_gate.rail:speed_kmh*=2",
            ("link a_city-a_gate.rail speed_kmh by the setting's change: found a blank cell; "
            "expected a figure to multiply or add to. Set it first, or fill in the cell."),
        ),
    ],
)  # fmt: skip
def test_a_change_that_cannot_be_made(textbook, change, message):
    with pytest.raises(RequestError) as caught:
        textbook.apply(Setting.of(changes=[change]))
    assert str(caught.value) == message


def test_two_changes_that_set_one_cell(textbook):
    change = "border:ab.rail.AAA-BBB:time_h"
    with pytest.raises(RequestError) as caught:
        textbook.apply(Setting.of(changes=[f"{change}=5", f"{change}=6"]))
    assert str(caught.value) == "Two changes set border:ab.rail.AAA-BBB:time_h. Set it once."
