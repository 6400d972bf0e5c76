"""Bad requests on the command line: each with its exact message; and lists by repetition or commas."""

from __future__ import annotations

import csv
import io
import json

import pytest

TEXTBOOK = ("--case", "textbook")


def ask(karvan, text: str, *more: str):
    return karvan(*text.split(), *TEXTBOOK, *more)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        # names that are not there
        ("routes a_citty c_city", "No place is called 'a_citty'. Did you mean a_city, c_city, b_city?"),
        ("routes a_city cora-port-2", "No place is called 'cora-port-2'. Did you mean Cora Port?"),
        (
            "routes a_city xqzw",
            ("No place is called 'xqzw'. There are: Alba Port, a_port, Alba City, a_city, Alba Gate, a_gate, Bela West, "
            "b_west, Bela City, b_city, Bela East, b_east, ...."),
        ),
        ("routes a_city c_city --via b_ciity", "No place is called 'b_ciity'. Did you mean b_city, c_city, a_city?"),
        ("routes a_city c_city --mode rail,rod", "No mode is called 'rod'. Did you mean road?"),
        ("routes a_city c_city --mode barge", "No mode is called 'barge'. There are: rail, road, sea, ferry."),
        ("routes a_city c_city --scenario abshut", "No scenario is called 'abshut'. Did you mean ab_shut?"),
        ("routes a_city c_city --project nort", "No project is called 'nort'. Did you mean north?"),
        ("routes a_city c_city --commodity cole", "No commodity is called 'cole'. Did you mean coal?"),
        ("routes a_city c_city --by times", "No measure is called 'times'. Did you mean time?"),
        ("routes a_city c_city --by euro", "No measure is called 'euro'. There are: generalised, time, cost, co2e."),
        (
            "routes a_city c_city --avoid bella-east",
            "No place, crossing, country or link is called 'bella-east'. Did you mean Bela East, Bela West, b_east?",
        ),
        (
            "routes a_city c_city --change border:ab:status=open",
            "No row of border is called 'ab'. Did you mean ab.rail.AAA-BBB, ab.rail.BBB-AAA, ab.road.AAA-BBB?",
        ),
        ("network --scenario fuel", "No scenario is called 'fuel'. Did you mean fuel_dear?"),
        ("network --project N1,N6", "No project is called 'N6'. There are: N1, N2, N3, N4, N5, north."),
        ("programme --body jw", "No body is called 'jw'. Did you mean jwg?"),
        ("programme --topic sea", "No topic is called 'sea'. There are: borders, rail."),
        ("programme --party Bela", "No party is called 'Bela'. There are: Alba, Cora."),
        ("programme --entry evnt", "No kind of entry is called 'evnt'. Did you mean event?"),
        # requests that contradict themselves
        ("routes a_city a_city", "Origin and destination are both Alba City. Name two places."),
        ("routes a_city c_city -k 0", "k is 0. Ask for 1 to 100 routes."),
        ("routes a_city c_city -k 101", "k is 101. Ask for 1 to 100 routes."),
        ("routes a_city c_city --project N1,N3", "Projects N1 and N3 are alternatives. Name one of them."),
        *(
            (f"{command} --year 2057", "Year 2057 lies beyond the horizon 2056 of textbook. Choose 2056 or earlier.")
            for command in ("network", "case demand", "routes a_city c_city", "flows", "trade")
        ),
        (
            "network --year 2020",
            "Year 2020 lies before the base year 2026 of textbook. Choose 2026 or later.",
        ),
        (
            "network --project N1@soon",
            "'N1@soon': 'soon' is no year of opening. Write N1@2030, or N1 alone.",
        ),
        (
            "network --change nonsense",
            ("'nonsense' is no change. Write TABLE:ROW:COLUMN=VALUE, for instance border:torkham.road.PAK-AFG:status=open; "
            "*= multiplies, += adds."),
        ),
        (
            "network --change border:ab.rail.AAA-BBB:status=closed",
            ("border ab.rail.AAA-BBB status by the setting's change: found 'closed'; expected one of open, shut. "
            "Write one of them."),
        ),
        # no route, and what cuts it
        (
            "routes a_city c_city --mode road --scenario ab_shut",
            ("No route from Alba City to Cora City. What cuts it: "
            "crossing Alba Gate - Bela West is shut for road (ab.road.AAA-BBB)."),
        ),
        (
            "routes a_city c_city --mode rail --avoid b_city",
            ("No route from Alba City to Cora City. What cuts it: "
            "link a_city-c_city.rail is proposed (opens with project N1)."),
        ),
        (
            "routes a_city c_city --mode sea",
            "No route from Alba City to Cora City. What cuts it: only sea may be used.",
        ),
        (
            "routes a_city c_city --mode road --avoid BBB",
            "No route from Alba City to Cora City. What cuts it: only road may be used; BBB is to be avoided.",
        ),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_met(karvan, command, message):
    assert ask(karvan, command) == (1, "", f"karvan: {message}\n")


def test_a_scenario_without_a_route_is_an_answer_beside_one_that_has_it(karvan):
    answer = ask(karvan, "routes a_city c_city --mode road --scenario open,ab_shut", "--json")
    assert answer.code == 0
    assert json.loads(answer.out)["meta"]["setting"]["scenario"] == "open"
    assert answer.err.startswith("Scenario ab_shut: No route from Alba City to Cora City. What cuts it: ")


@pytest.mark.parametrize("more", [("--json",), ("--csv",)])
def test_nothing_is_on_stdout_where_no_scenario_has_a_route(karvan, more):
    answer = ask(karvan, "routes a_city c_city --mode road --avoid BBB --scenario open,ab_shut", *more)
    assert (answer.code, answer.out) == (1, "")


@pytest.mark.parametrize("command", ["routes a_city c_city", "network", "programme"])
def test_two_formats_at_once(karvan, command):
    answer = ask(karvan, command, "--json", "--csv")
    assert (answer.code, answer.out) == (2, "")
    assert "Choose one of --json and --csv." in answer.err


def test_two_places_that_nothing_joins(karvan, files):
    files.add("node.csv", like="a_city", node_id="island", name="Island", x_coord="1", y_coord="5")
    files.add("node.csv", like="a_city", node_id="islet", name="Islet", x_coord="1", y_coord="5.01")
    files.add(
        "link.csv", like="a_port-a_city.road", link_id="island.road", from_node_id="island", to_node_id="islet"
    )  # fmt: skip
    assert karvan("routes", "a_city", "island", "--case", files.folder) == (
        1,
        "",
        (
            "karvan: No route from Alba City to Island. "
            "The network does not join the two places, even with everything open and built.\n"
        ),
    )


# lists ----------------------------------------------------------------------------------------------------------------


def test_lists_by_repetition_or_commas(karvan):
    command = "routes a_city c_city -k 3 --json"
    commas = "--mode rail,road --project N1,N2 --avoid c_gate,c_port --via a_gate,b_west"
    repeated = (
        "--mode rail --mode road --project N2 --project N1 --avoid c_gate --avoid c_port --via a_gate --via b_west"
    )
    first = ask(karvan, f"{command} {commas}")
    assert first == ask(karvan, f"{command} {repeated}")
    assert first.code == 0


def test_scenarios_by_repetition_or_commas(karvan):
    first = ask(karvan, "routes a_city c_city --json --scenario open,ab_shut")
    assert first == ask(karvan, "routes a_city c_city --json --scenario open --scenario ab_shut")
    found = json.loads(first.out)
    assert found["meta"]["setting"]["scenario"] == "open"
    assert [other["meta"]["setting"]["scenario"] for other in found["others"]] == ["ab_shut"]


def test_entries_by_repetition_or_commas(karvan):
    first = ask(karvan, "programme --entry event,body --json")
    assert first == ask(karvan, "programme --entry body --entry event --json")
    assert {entry["entry"] for entry in json.loads(first.out)["entries"]} == {"body", "event"}


def test_changes_are_repeated(karvan):
    """A value may hold a comma."""
    changes = ["border:ab.rail.AAA-BBB:time_h=1", "terminal:a_port.road-ferry:method=by hand, slowly"]
    answer = ask(karvan, "network --json", "--change", changes[0], "--change", changes[1])
    assert json.loads(answer.out)["meta"]["setting"]["changes"] == changes


# csv and tables -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["network", "routes a_city c_city -k 3", "programme"])
def test_csv_is_a_table(karvan, command):
    answer = ask(karvan, command, "--csv")
    assert answer.code == 0
    rows = list(csv.DictReader(io.StringIO(answer.out)))
    assert rows
    assert all(None not in row and None not in row.values() for row in rows)


@pytest.mark.parametrize("command", ["network", "routes a_city c_city -k 3", "programme"])
def test_what_people_read_is_plain_in_a_pipe(karvan, command):
    answer = ask(karvan, command)
    assert answer.code == 0
    assert answer.out
    assert "\x1b" not in answer.out


def test_notes_go_to_stderr(karvan):
    answer = ask(karvan, "routes a_city c_city --project N4")
    assert answer.code == 0
    assert answer.err == "Note: N4 is open without its prerequisite N5.\n"


def test_exports_are_said_on_stderr(karvan, tmp_path):
    folder, file = tmp_path / "gmns out", tmp_path / "map.geojson"
    answer = ask(karvan, "network --json", "--gmns", str(folder), "--geojson", str(file))
    assert answer.code == 0
    assert answer.err == f"GMNS written to {folder}\nGeoJSON written to {file}\n"
    assert json.loads(answer.out)["nodes"] == 9
    assert json.loads(file.read_text(encoding="utf-8"))["type"] == "FeatureCollection"
    again = karvan("network", "--from-gmns", folder, "--json")
    assert json.loads(again.out)["arcs"] == json.loads(answer.out)["arcs"]


# the record -----------------------------------------------------------------------------------------------------------


def test_what_is_overdue(karvan):
    found = json.loads(ask(karvan, "programme --overdue --json").out)
    assert found["on"] == "2026-11-24"
    assert [(entry["id"], entry["overdue_days"]) for entry in found["entries"]] == [("K1", 238)]
    text = ask(karvan, "programme --overdue").out
    assert text.splitlines()[-1] == (
        "On 2026-11-24: 1 entry, 1 commitment overdue; the longest by 238 days: "
        "Finish the feasibility study of the Northern line."
    )
    assert "K2" not in text


@pytest.mark.parametrize(
    ("day", "late"), [("2026-03-31", []), ("2026-04-01", ["K1"]), ("2027-12-31", ["K1"]), ("2028-01-01", ["K1", "K2"])]
)
def test_what_is_overdue_on_a_day(karvan, day, late):
    found = json.loads(ask(karvan, f"programme --overdue --json --on {day}").out)
    assert sorted(entry["id"] for entry in found["entries"]) == late


def test_a_record_without_a_day(karvan, files):
    files.replace("case.toml", "as_of = 2026-11-24", "")
    assert karvan("programme", "--case", files.folder) == (
        1,
        "",
        "karvan: The record has no day. Set as_of under [programme] in case.toml, or name a day.\n",
    )
    assert karvan("programme", "--case", files.folder, "--on", "2026-11-24").code == 0
