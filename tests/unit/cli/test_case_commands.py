"""``karvan check``, ``karvan new`` and ``karvan case``."""

from __future__ import annotations

import json

from karvan.case import check_case, open_case


def test_a_sound_case_has_nothing_to_say(karvan, files):
    assert karvan("check", files.folder) == (0, "", f"{files.folder}: no problems\n")


def test_two_faults_are_two_lines(karvan, files):
    files.set("border.csv", "ab.rail.AAA-BBB", time_h="-1")
    files.set("zone.csv", "AAA", gateways="a_citi")
    assert karvan("check", files.folder) == (
        1,
        (
            "border.csv, line 2, time_h: found '-1'; expected at least 0. Check the unit (h).\n"
            "zone.csv, line 2, gateways: found 'a_citi'; expected a node_id of node.csv. Did you mean a_city?\n"
        ),
        f"{files.folder}: 2 problems\n",
    )


def test_one_fault_is_one_problem(karvan, files):
    (files.folder / "node.csv").unlink()
    answer = karvan("check", files.folder)
    assert answer == (
        1,
        "node.csv: found no such file; expected the file. Add node.csv.\n",
        f"{files.folder}: 1 problem\n",
    )


def test_the_folder_one_stands_in(run_karvan, files):
    done = run_karvan("check", cwd=files.folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"{files.folder}: no problems\n")


def test_a_new_case_in_a_path_with_a_space(karvan, tmp_path):
    folder = tmp_path / "my corridors" / "silk road"
    answer = karvan("new", folder)
    assert answer == (0, "", f"{folder} is ready: edit its tables, then run `karvan check '{folder}'`.\n")
    assert check_case(folder) == []
    assert open_case(folder).id == "silk_road"


def test_a_new_case_in_the_folder_one_stands_in(run_karvan, tmp_path):
    folder = tmp_path / "mine"
    done = run_karvan("new", ".", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"{folder} is ready: edit its tables, then run `karvan check {folder}`.\n"
    assert check_case(folder) == []


def test_a_new_case_where_something_is(karvan, files):
    assert karvan("new", files.folder) == (
        1,
        "",
        f"karvan: {files.folder} is there already. Name a folder that does not exist, or an empty one.\n",
    )


def test_what_a_case_holds(karvan):
    answer = karvan("case", "--case", "textbook")
    assert (answer.code, answer.err) == (0, "")
    lines = [line.split() for line in answer.out.splitlines()]
    assert lines[0][0] == "Alba-Bela-Cora:"
    assert lines[1] == ["table", "rows", "high", "medium", "low", "assumed", "sources"]
    assert ["node", "9", "9", "0", "0", "0", "1"] in lines
    assert ["project", "5", "4", "0", "1", "1", "2"] in lines


def test_what_a_case_holds_as_json(karvan):
    found = json.loads(karvan("case", "--case", "textbook", "--json").out)
    assert found["about"]["base_year"] == 2026
    tables = {row["table"]: row for row in found["tables"]}
    assert tables["project"] == {
        "table": "project", "rows": 5, "high": 4, "medium": 0, "low": 1, "assumed": 1, "sources": 2,
    }  # fmt: skip
