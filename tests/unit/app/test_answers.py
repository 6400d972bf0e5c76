"""The app answers what the command line answers, and says what is wrong in the same words."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from karvan.app.asked import Asked, network_in, options_of, setting_of, switches
from karvan.errors import RequestError, UnknownNameError
from karvan.network import build_network
from karvan.routes import network_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.app.conftest import Client

    from karvan.case import Case


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    from karvan.cli import main

    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    assert not left.value.code
    return json.loads(capsys.readouterr().out)


SETTINGS = [
    ("", []),
    ("scenario=ab_shut", ["--scenario", "ab_shut"]),
    ("project=N1", ["--project", "N1"]),
    ("year=2040&project=N1%402030", ["--year", "2040", "--project", "N1@2030"]),
    ("change=service%3Arail_a%3Aspeed_kmh%3D30", ["--change", "service:rail_a:speed_kmh=30"]),
]


@pytest.fixture
def settings(textbook: Case) -> list[tuple[str, list[str]]]:
    """Settings that the textbook case has, as an address and as options."""
    service = next(name for name, row in textbook.rows("service").items() if row["mode"] == "rail")
    change = f"service:{service}:speed_kmh=30"
    return [*SETTINGS[:4], (f"change={change.replace('=', '%3D')}", ["--change", change])]


def test_the_greeting_names_the_rooms_in_the_order_of_the_chain(ask: Client, textbook: Case) -> None:
    greeting = ask("/api").json
    assert greeting["case"] == "textbook"
    assert greeting["digest"] == textbook.digest
    assert [room for room in ("case", "network", "routes", "programme") if room in greeting["rooms"]] == [
        "case", "network", "routes", "programme",
    ]  # fmt: skip


def test_routes_are_those_of_the_command_line(
    ask: Client, settings: list[tuple[str, list[str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    for address, options in settings:
        told = ask(f"/api/routes?origin=a_city&destination=c_city&k=3&{address}").json
        said = printed(capsys, "routes", "a_city", "c_city", "--case", "textbook", "-k", "3", "--json", *options)
        routes = [
            {name: cell for name, cell in route.items() if name not in ("way_modes", "way_countries")}
            for route in told["routes"]
        ]
        assert routes == said["routes"]
        assert told["meta"] == said["meta"]
        assert told["notes"] == said["notes"]


def test_the_network_is_that_of_the_command_line(
    ask: Client, settings: list[tuple[str, list[str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    for address, options in settings:
        told = ask(f"/api/network?{address}").json
        said = printed(capsys, "network", "--case", "textbook", "--json", *options)
        assert told["sums"] == said["links"]
        assert told["nodes"] == said["nodes"]
        assert (told["uncapacitated_share"], told["assumption_share"]) == (
            said["uncapacitated_share"], said["assumption_share"],
        )  # fmt: skip
        rows = {row["id"]: row for crossing in told["crossings"] for row in crossing["rows"]}
        for row in said["crossings"]:
            shown = rows[row["border_id"]]
            assert {name: shown[name] for name in ("mode", "status", "time_h", "price_usd_per_t")} == {
                name: row[name] for name in ("mode", "status", "time_h", "price_usd_per_t")
            }


def test_the_record_is_that_of_the_command_line(ask: Client, capsys: pytest.CaptureFixture[str]) -> None:
    said = printed(capsys, "programme", "--case", "textbook", "--json", "--overdue")
    told = ask("/api/programme?overdue=true").json
    assert told["entries"] == said["entries"]
    assert told["on"] == said["on"]


def test_tables_are_those_of_the_case(ask: Client, textbook: Case, capsys: pytest.CaptureFixture[str]) -> None:
    said = printed(capsys, "case", "--case", "textbook", "--json")
    told = ask("/api/case").json
    assert [{name: cell for name, cell in row.items() if name != "file"} for row in told["tables"]] == said["tables"]
    table = ask("/api/case/tables/link").json
    assert [row[0] for row in table["rows"]] == list(textbook.rows("link"))
    assert table["columns"][0]["name"] == "link_id"
    file = ask("/api/case/files/link.csv")
    assert file.body == (textbook.folder / "link.csv").read_bytes()
    assert file.headers["content-type"] == "text/csv; charset=utf-8"


# switches -------------------------------------------------------------------------------------------------------------


def test_a_switch_of_a_crossing_changes_every_row_of_it(ask: Client, textbook: Case) -> None:
    crossing = next(iter(textbook.rows("border").values()))["crossing_id"]
    rows = [name for name, row in textbook.rows("border").items() if row["crossing_id"] == crossing]
    told = ask(f"/api/case/setting?shut={crossing}").json
    assert told["meta"]["setting"]["changes"] == [f"border:{row}:status=shut" for row in rows]
    assert told["is_default"] is False
    state = next(item for item in told["crossings"] if item["id"] == crossing)
    assert state == {"id": crossing, "status": "shut", "switched": True}
    network = ask(f"/api/network?shut={crossing}").json
    assert next(item["status"] for item in network["crossings"] if item["id"] == crossing) == "shut"


def test_options_of_a_setting_give_the_same_setting_on_the_command_line(
    ask: Client, textbook: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    crossing = next(iter(textbook.rows("border").values()))["crossing_id"]
    told = ask(f"/api/case/setting?shut={crossing}&project=N1&scenario=ab_shut").json
    said = printed(capsys, "network", "--case", "textbook", "--json", *told["options"])
    assert said["meta"]["setting"] == told["meta"]["setting"]


def test_options_are_ready_for_a_shell(textbook: Case) -> None:
    setting = setting_of(textbook, Asked(change=["service:road_a:price_usd_per_tkm*=1.5"], year=2030))
    assert options_of(setting) == ["--year", "2030", "--change", "'service:road_a:price_usd_per_tkm*=1.5'"]


def test_a_crossing_cannot_be_both_shut_and_open(textbook: Case) -> None:
    crossing = next(iter(textbook.rows("border").values()))["crossing_id"]
    with pytest.raises(RequestError) as caught:
        switches(textbook, [crossing], [crossing])
    assert str(caught.value) == f"Crossing {crossing} is to be both shut and open. Choose one."


def test_an_unknown_crossing_is_named_with_its_nearest(textbook: Case) -> None:
    crossing = next(iter(textbook.rows("border").values()))["crossing_id"]
    with pytest.raises(UnknownNameError) as caught:
        switches(textbook, [f"{crossing}x"], [])
    assert caught.value.near[0] == crossing


def test_a_network_that_two_ask_for_at_once_is_built_once(textbook: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[object] = []

    def build(applied: Any) -> Any:
        built.append(applied.setting)
        time.sleep(0.1)
        return build_network(applied)

    monkeypatch.setattr("karvan.routes.find.build_network", build)
    setting = setting_of(textbook, Asked(year=2033))
    with ThreadPoolExecutor(2) as readers:
        one, other = readers.map(lambda _: network_in(textbook, setting), range(2))
    assert one is other
    assert len(built) == 1


# facts ----------------------------------------------------------------------------------------------------------------


def test_a_fact_says_what_the_case_has_and_what_the_setting_makes_of_it(ask: Client, textbook: Case) -> None:
    name, row = next(iter(textbook.rows("border").items()))
    told = ask(f"/api/case/rows/border/{name}?change=border:{name}:time_h%3D99").json
    hours = next(fact for fact in told["facts"] if fact["column"] == "time_h")
    assert (hours["value"], hours["before"], hours["changed"]) == (99.0, row["time_h"], True)
    assert (hours["low"], hours["high"]) == (None, None)
    assert [source["id"] for source in told["sources"]] == list(row["source"])
    plain = ask(f"/api/case/rows/border/{name}").json
    hours = next(fact for fact in plain["facts"] if fact["column"] == "time_h")
    span = textbook.range_of("border", name, "time_h")
    assert (hours["low"], hours["high"]) == (span.low, span.high)


def test_the_geojson_is_that_of_the_command_line(ask: Client, tmp_path: Any, run_karvan: Callable[..., Any]) -> None:
    done = run_karvan("network", "--case", "textbook", "--geojson", "out.geojson", cwd=tmp_path)
    assert done.returncode == 0
    assert ask("/api/network/geojson").body == (tmp_path / "out.geojson").read_bytes()


def test_the_hours_of_a_crossing_have_the_range_that_a_route_gives_them(ask: Client, textbook: Case) -> None:
    told = ask("/api/network").json
    arcs = network_of(textbook, setting_of(textbook, Asked())).arcs("container")
    spread = {str(name): float(sd) for name, sd in zip(arcs.border, arcs.sd_h, strict=True) if name}
    from karvan.routes.spread import lognormal_spread

    for crossing in told["crossings"]:
        for row in crossing["rows"]:
            if row["id"] in spread:
                expected = lognormal_spread(row["time_h"], spread[row["id"]] ** 2)
                assert (row["time_p10_h"], row["time_p90_h"]) == (expected.p10, expected.p90)


# faults ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "status", "kind", "message"),
    [
        ("/api/nowhere", 404, "usage", "/api/nowhere is no address of the app."),
        (
            "/api/network?year=soon", 422, "usage",
            "year: found 'soon'; expected a valid integer, unable to parse string as an integer.",
        ),
        ("/api/network?scenario=open_al", 404, "unknown", "No scenario is called 'open_al'."),
        ("/api/network?year=1900", 422, "request", "Year 1900 lies before the base year"),
        ("/api/trade?year=2300", 422, "request", "Year 2300 lies beyond the horizon"),
        ("/api/portfolio/runs?budget=10&aim=nobody", 404, "unknown", "No aim is called 'nobody'."),
        ("/api/routes?origin=a_city&destination=a_city", 422, "request", "Origin and destination are both"),
        ("/api/routes?origin=a_city&destination=c_cty", 404, "unknown", "No place is called 'c_cty'. Did you mean"),
        ("/api/routes?origin=a_city&destination=c_city&by=luck", 404, "unknown", "No measure is called 'luck'."),
        ("/api/routes?origin=a_city", 422, "usage", "destination: found None; expected field required."),
        ("/api/routes?origin=a_city&destination=c_city&k=0", 422, "request", "k is 0. Ask for 1 to 100 routes."),
        ("/api/case/setting?project=N9", 404, "unknown", "No project is called 'N9'."),
        ("/api/case/setting?change=nonsense", 422, "request", "'nonsense' is no change. Write TABLE:ROW:COLUMN=VALUE"),
        ("/api/case/tables/links", 404, "unknown", "No table is called 'links'. Did you mean link?"),
        ("/api/case/rows/link/x", 404, "unknown", "No row of link.csv is called 'x'."),
        ("/api/case/runs/7", 404, "unknown", "No run is called '7'."),
        ("/api/programme?on=yesterday", 422, "usage", "on: found 'yesterday'; expected a valid date"),
        ("/api/programme?body=nobody", 404, "unknown", "No body is called 'nobody'."),
    ],
)  # fmt: skip
def test_what_is_no_answer_says_why_and_what_to_do(
    ask: Client, address: str, status: int, kind: str, message: str
) -> None:
    reply = ask(address)
    assert reply.status == status
    assert reply.headers["content-type"] == "application/json"
    assert reply.json["kind"] == kind
    assert reply.json["message"].startswith(message)


def test_a_route_that_is_cut_names_what_cuts_it(ask: Client) -> None:
    reply = ask("/api/routes?origin=a_city&destination=c_city&mode=ferry")
    assert reply.status == 422
    assert reply.json["kind"] == "route"
    assert reply.json["lines"][0] == "only ferry may be used"


def test_a_bug_is_a_fault_and_its_lines_go_to_the_terminal(
    ask: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise ZeroDivisionError("the inside of the program")

    monkeypatch.setattr("karvan.routes.find_routes", fail)
    reply = ask("/api/routes?origin=a_city&destination=c_city")
    assert reply.status == 500
    assert reply.json["kind"] == "bug"
    assert reply.json["message"] == (
        "ZeroDivisionError. This is a bug in Karvan; please report it with what the terminal shows."
    )
    assert "the inside" not in reply.body.decode()
    assert "the inside of the program" in capsys.readouterr().err


def test_a_failed_audit_says_so(ask: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from karvan.errors import AuditError

    def fail(*_arguments: object, **_options: object) -> None:
        raise AuditError("the legs do not add up")

    monkeypatch.setattr("karvan.routes.find_routes", fail)
    reply = ask("/api/routes?origin=a_city&destination=c_city")
    assert reply.status == 500
    assert reply.json["message"] == ("audit failed: the legs do not add up. This is a bug in Karvan; please report it.")
