"""The program as a whole: help at once, exit codes, and nothing on stdout where something is wrong."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from karvan import routes
from karvan.errors import AuditError, OutputError

HEAVY = ("xlsxwriter", "numpy", "pandas", "scipy", "matplotlib", "numba", "pyarrow", "jinja2", "pydantic")
COMMANDS = (
    "plan",
    "check",
    "new",
    "case",
    "network",
    "routes",
    "trade",
    "flows",
    "appraisal",
    "portfolio",
    "programme",
    "serve",
)
ROUTES = ("routes", "a_city", "c_city", "--case", "textbook")


def test_help_brings_in_nothing_heavy():
    code = f"import sys, karvan.cli; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_program_runs_as_a_module(run_karvan):
    done = run_karvan("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Find, prove, choose and follow the investments" in done.stdout


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_names_every_command(karvan, option):
    answer = karvan(option)
    assert answer.code == 0
    assert [name for name in COMMANDS if not re.search(rf"\b{name}\b", answer.out)] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(karvan, command):
    answer = karvan(command, "--help")
    assert (answer.code, answer.err) == (0, "")
    assert "Usage:" in answer.out


def test_the_version(karvan):
    answer = karvan("--version")
    assert answer.code == 0
    assert re.fullmatch(r"karvan \d\S*\n", answer.out)


# exit codes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("fly",),
        ("routes",),
        ("routes", "a_city"),
        (*ROUTES, "--speed", "9"),
        (*ROUTES, "--year", "soon"),
        (*ROUTES, "-k", "many"),
        ("new",),
        ("check", "textbook", "textbook"),
        ("programme", "--case", "textbook", "--on", "yesterday"),
        ("network", "--case"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_two(karvan, arguments):
    answer = karvan(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert "Error" in answer.err


def test_a_request_that_is_wrong_is_one(karvan):
    answer = karvan("case", "--case", "nowhere")
    assert answer == (1, "", "karvan: No case is called 'nowhere'. There are: pakistan_azerbaijan, textbook.\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("case", "--case"),
        ("network", "--json", "--case"),
        ("routes", "a_city", "c_city", "--json", "--case"),
        ("programme", "--csv", "--case"),
        ("plan",),
    ],
    ids=" ".join,
)
def test_a_case_that_is_wrong_is_one(karvan, files, arguments):
    files.set("link.csv", "a_port-a_city.rail", length_km="far")
    files.set("node.csv", "c_port", country="")
    answer = karvan(*arguments, files.folder)
    assert (answer.code, answer.out) == (1, "")
    # what shows the progress of a plan may leave an empty line
    assert answer.err.lstrip() == (
        f"karvan: {files.folder}: 2 problems\n"
        "  link.csv, line 2, length_km: found 'far'; expected a number. "
        "Write length_km as a plain number, remarks in note.\n"
        "  node.csv, line 10, country: found a blank cell; expected a value. Fill in country.\n"
    )


def test_a_result_that_cannot_be_written_is_one(karvan, tmp_path):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    target = tmp_path / "file" / "network.geojson"
    answer = karvan("network", "--case", "textbook", "--geojson", target)
    assert answer.code == 1
    assert answer.out == ""
    assert answer.err == f"karvan: {target} cannot be written: File exists. Choose another place, or free this one.\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full on this system")
@pytest.mark.parametrize("how", [["--json"], ["--csv"], []])
def test_a_full_disk_behind_stdout_is_one(tmp_path, how):
    options = tmp_path / "options.csv"
    options.write_text("group,option,cost,value\na,b,1,2\n", encoding="utf-8")
    command = [sys.executable, "-m", "karvan", "portfolio", "select", "--options", str(options), "--budget", "3", *how]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        1, "karvan: the output cannot be written: No space left on device. Send it to another place, or free this one.\n"
    )  # fmt: skip


def failing(error: Exception):
    def fail(*_args, **_kwargs):
        raise error

    return fail


def test_an_audit_that_fails_is_three(karvan, monkeypatch):
    monkeypatch.setattr(routes, "find_routes", failing(AuditError("flow is lost")))
    assert karvan(*ROUTES) == (
        3,
        "",
        "karvan: audit failed: flow is lost. This is a bug in Karvan; please report it.\n",
    )


def test_a_bug_is_three_and_shows_where(karvan, monkeypatch):
    monkeypatch.setattr(routes, "find_routes", failing(KeyError("rail")))
    answer = karvan(*ROUTES)
    assert (answer.code, answer.out) == (3, "")
    assert answer.err.startswith("Traceback (most recent call last):\n")
    assert answer.err.endswith(
        "KeyError: 'rail'\nkarvan: this is a bug in Karvan; please report it with the lines above.\n"
    )


def test_an_error_on_purpose_shows_no_traceback(karvan, monkeypatch):
    monkeypatch.setattr(routes, "find_routes", failing(OutputError("the disk is full")))
    assert karvan(*ROUTES) == (1, "", "karvan: the disk is full\n")


def test_a_reader_that_has_gone_is_no_bug(run_karvan):
    """As `karvan ... | head -1` leaves it; the shell closes the pipe before the table is out."""
    command = f"{sys.executable} -m karvan network --case textbook --csv | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == ""


# JSON -----------------------------------------------------------------------------------------------------------------


def strict(text: str) -> dict:
    def none(word):
        raise AssertionError(word)

    return json.loads(text, parse_constant=none)


@pytest.mark.parametrize(
    ("arguments", "keys"),
    [
        (("check", "textbook"), {"folder", "problems"}),
        (("case", "--case", "textbook"), {"about", "tables"}),
        (
            ("network", "--case", "textbook"),
            {"nodes", "states", "arcs", "links", "crossings", "uncapacitated_share", "assumption_share", "notes"},
        ),
        ((*ROUTES, "-k", "3"), None),
        (("programme", "--case", "textbook"), {"on", "entries"}),
    ],
    ids=["check", "case", "network", "routes", "programme"],
)
def test_json_is_one_object_that_says_where_it_comes_from(karvan, arguments, keys):
    answer = karvan(*arguments, "--json")
    assert answer.code == 0
    found = strict(answer.out)
    assert set(found["meta"]) == {"karvan", "case", "setting", "seed", "hash"}
    assert set(found["meta"]["setting"]) == {"year", "scenario", "projects", "changes"}
    assert found["meta"]["case"] == "textbook"
    assert found["meta"]["seed"] is None
    assert re.fullmatch(r"[0-9a-f]{64}", found["meta"]["hash"])
    assert keys is None or set(found) == {"meta", *keys}
    assert karvan(*arguments, "--json").out == answer.out


def test_json_of_a_case_with_problems(karvan, files):
    files.set("link.csv", "a_port-a_city.rail", length_km="far")
    answer = karvan("check", files.folder, "--json")
    assert answer.code == 1
    found = strict(answer.out)
    assert found["meta"]["case"] == "textbook"
    assert found["folder"] == str(files.folder)
    assert found["problems"] == [
        {
            "file": "link.csv",
            "row": 2,
            "column": "length_km",
            "found": "'far'",
            "expected": "a number",
            "todo": "Write length_km as a plain number, remarks in note.",
            "rule": "bad-cell",
        }
    ]
