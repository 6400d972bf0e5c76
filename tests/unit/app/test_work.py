"""The process beside the server: its answers are those of the command line, and it survives being stopped."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from karvan.app import worker
from karvan.app.work import CALM_LOOK_S
from karvan.appraisal import OutcomeStore, appraise, how_sure, league_table
from karvan.case import open_case
from karvan.chain import find_trade
from karvan.flows.corridor import assign_flows
from karvan.portfolio import find_portfolio

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.app.conftest import Client

    from karvan.app.work import Work
    from karvan.case import Case

#: The process answers in seconds; a machine that is busy takes longer.
PATIENCE_S = 120


def test_flows_are_those_of_the_function(ask: Client, textbook: Case) -> None:
    said = ask("/api/flows?scenario=open").json
    found = assign_flows(textbook, scenario="open")
    assert said["totals"] == found.totals
    assert said["meta"]["hash"] == found.meta.hash
    links = list(textbook.rows("link"))
    ways = zip(said["links"]["forward_t_per_year"], said["links"]["backward_t_per_year"], strict=True)
    flows = dict(zip(links, ways, strict=True))
    for row in found.table.to_dict("records"):
        assert flows[row["link_id"]][row["direction"] == "-"] == row["flow_t_per_year"]
    # goods were counted in one setting, and modelled stands against counted in that alone
    reference = textbook.config.flows.reference_scenario or textbook.config.case.default_scenario
    assert said["reference"] == reference
    assert said["is_reference"] is (reference == "open")
    for changed in ("year=2030", "project=N1", "shut=ab"):
        assert not ask(f"/api/flows?scenario={reference}&{changed}").json["is_reference"]
    assert ask(f"/api/flows?scenario={reference}&year={textbook.config.case.base_year}").json["is_reference"]
    assert sum(map(sum, flows.values())) == pytest.approx(float(found.table["flow_t_per_year"].sum()), rel=1e-12)


def test_a_first_look_is_the_part_of_an_answer_that_it_has(ask: Client) -> None:
    """The same fields, figures near the final ones, another hash; where there is nothing to look at first it is null."""
    for room, headline in (("flows", "totals"), ("trade", "world")):
        look, final = ask(f"/api/{room}/look?project=N2").json, ask(f"/api/{room}?project=N2").json
        assert set(look) <= set(final)
        assert look[headline] == pytest.approx(final[headline], rel=0.05, abs=0.01)
        assert look["meta"]["hash"] != final["meta"]["hash"]
        # the answer is there: nobody needs to look first
        assert ask(f"/api/{room}/look?project=N2").json is None
    assert ask("/api/trade/look?scenario=open").json is None
    assert ask("/api/trade/look?project=P99").status == 404


def test_a_first_look_goes_before_what_takes_longer(ask: Client) -> None:
    """Asked together, whichever comes first, the look is there before the answers that were not begun."""
    work: Work = ask.app.state.work
    ask("/api/trade?scenario=open")
    came: list[str] = []

    def fetch(address: str) -> None:
        ask(address)
        came.append(address)

    addresses = [
        "/api/trade?project=N3&year=2031",
        "/api/trade?project=N3&year=2032",
        "/api/trade/look?project=N3&year=2032",
    ]
    threads = [threading.Thread(target=fetch, args=(address,)) for address in addresses]
    with work._change:
        for thread in threads:
            thread.start()
            time.sleep(0.3)
    for thread in threads:
        thread.join(PATIENCE_S)
    assert came.index(addresses[2]) < came.index(addresses[1])


def test_trade_is_that_of_the_function(ask: Client, textbook: Case) -> None:
    said = ask("/api/trade?project=N1").json
    found = find_trade(textbook, projects=["N1"])
    assert found.trade is not None
    assert said["meta"]["hash"] == found.meta.hash
    assert said["world"] == found.trade.world
    gains = [row["equivalent_variation_musd"] for row in said["economies"]]
    assert gains == found.trade.table["equivalent_variation_musd"].tolist()
    # the bars of who gains net to the one above them
    assert sum(gains) == pytest.approx(said["world"]["equivalent_variation_musd"], rel=1e-9)
    assert sum(row["probability"] for row in said["states"]) == pytest.approx(1, abs=1e-12)
    assert said["pair"] == ["AAA", "BBB"]


def test_a_project_is_worth_what_the_function_says(ask: Client, textbook: Case) -> None:
    said = ask("/api/appraisal/set?of=N1&project=N2&year=2040").json
    found = appraise(textbook, "N1", store=OutcomeStore())
    assert said["meta"]["hash"] == found.meta.hash
    assert {row["standing"]: row["enpv_musd"] for row in said["indicators"]} == found.enpv_musd
    assert said["turning"]["cost_musd"] == found.break_even.cost_musd
    assert [row["musd"] for row in said["outlays"]] == found.outlays["musd"].tolist()
    cash = next(one for one in said["cash"] if one["standing"] == said["headline"])
    # streams add up to the net flow, and its sum ends in the net present value
    sums = [sum(values) for values in zip(*(stream["musd"] for stream in cash["streams"]), strict=True)]
    assert sums == pytest.approx(cash["net_musd"], abs=1e-9)
    assert cash["sum_pv_musd"][-1] == pytest.approx(found.enpv_musd[said["headline"]], rel=1e-9)
    gains = sum(row["benefit_musd"] + row["transfer_musd"] for row in said["gains"])
    assert gains == pytest.approx(found.enpv_musd["world"], rel=1e-9)


def test_an_unknown_project_or_rule_set_is_told(ask: Client) -> None:
    reply = ask("/api/appraisal/set?of=N77")
    assert (reply.status, reply.json["kind"], reply.json["given"]) == (404, "unknown", "N77")
    assert ask("/api/appraisal/set?of=,").json["message"] == (
        "No project is named. Name one of the case's, or several with commas between."
    )
    assert ask("/api/appraisal?rule_set=adb").status == 404


def test_a_league_table_is_a_run_that_is_not_done_twice(ask: Client, textbook: Case) -> None:
    assert ask("/api/appraisal/runs?scenario=open").json is None
    started = ask("/api/appraisal/runs?scenario=open", method="POST").json
    assert started["state"] == "running"
    assert ask("/api/appraisal/runs?scenario=open", method="POST").json["id"] == started["id"]
    address = f"/api/appraisal/runs/{started['id']}"
    assert ask(f"{address}/answer").status in (200, 422)
    end = time.monotonic() + PATIENCE_S
    while (now := ask(address).json)["state"] == "running" and time.monotonic() < end:
        time.sleep(0.1)
    assert (now["state"], now["done"], now["of"]) == (
        "done",
        len(textbook.rows("project")),
        len(textbook.rows("project")),
    )
    said = ask(f"{address}/answer").json
    found = league_table(textbook, scenario="open")
    assert [row["id"] for row in said["rows"]] == [one.asked[0] for one in found]
    for row, one in zip(said["rows"], found, strict=True):
        worth = {name: None if math.isnan(value) else value for name, value in one.enpv_musd.items()}
        assert (row["enpv_musd"], row["why_not"]) == (worth, one.why_not)
        assert (row["rank"] is not None) == one.ranked
    assert ask("/api/appraisal/runs?scenario=open", method="POST").json["id"] == started["id"]


def test_draws_are_those_of_the_function_and_are_not_made_twice(ask: Client, textbook: Case) -> None:
    question = "/api/appraisal/draws?of=N1,N2&rule_set=adb_2017&drawn=accounts&scenario=open"
    assert ask(question).json is None
    started = ask(question, method="POST").json
    address = f"/api/appraisal/draws/{started['id']}"
    end = time.monotonic() + PATIENCE_S
    while (now := ask(address).json)["state"] == "running" and time.monotonic() < end:
        time.sleep(0.1)
    assert (now["state"], now["fault"]) == ("done", None)
    said = ask(f"{address}/answer").json
    found = how_sure(textbook, ["N1", "N2"], scenario="open", draws=10_000, seed=1, solves=0)
    cells = json.loads(json.dumps(found.to_dict()))
    assert said["meta"]["hash"] == found.meta.hash
    assert said["spread"] == found.distribution.to_dict()
    for name in ("draws", "seed", "standing", "base_musd", "s_curve", "by_state", "by_standing", "p_below_hurdle"):
        assert said[name] == cells[name], name
    assert [row["total_order"] for row in said["drivers"]] == [row["total_order"] for row in cells["drivers"]]
    assert said["emulator"] is None
    assert ask(question, method="POST").json["id"] == started["id"]
    assert ask(question.replace("drawn=accounts", "drawn=all")).json is None


@pytest.mark.parametrize(
    ("question", "status", "message"),
    [
        ("of=,&drawn=all", 422, "No project is named. Name one of the case's, or several with commas between."),
        ("of=N1&drawn=half", 422, "drawn: found 'half'; expected 'accounts' or 'all'."),
        ("of=N1&drawn=all&scenario=peace", 404, None),
        ("of=N77&drawn=all", 404, None),
    ],
)
def test_draws_that_cannot_be_are_told(ask: Client, question: str, status: int, message: str | None) -> None:
    reply = ask(f"/api/appraisal/draws?rule_set=adb_2017&{question}", method="POST")
    assert reply.status == status
    assert message is None or reply.json["message"] == message


def test_a_choice_is_that_of_the_function(ask: Client, textbook: Case) -> None:
    question = "/api/portfolio/runs?budget=40&aim=cora"
    assert ask(question).json is None
    started = ask(question, method="POST").json
    end = time.monotonic() + PATIENCE_S
    while (now := ask(f"/api/portfolio/runs/{started['id']}").json)["state"] == "running" and time.monotonic() < end:
        time.sleep(0.1)
    assert (now["state"], now["fault"]) == ("done", None)
    said = ask(f"/api/portfolio/runs/{started['id']}/answer").json
    found = find_portfolio(textbook, 40.0, aim="cora").to_dict()
    assert said["meta"]["hash"] == found["meta"]["hash"]
    for name in ("value_musd", "cost_musd", "proven", "chosen", "outlays", "frontier", "robustness", "sets"):
        assert said[name] == json.loads(json.dumps(found[name])), name
    assert [row["id"] for row in said["candidates"]] == [row["id"] for row in found["candidates"]]
    assert ask(question).json["id"] == started["id"]


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        ("lots", "budget: found 'lots'; expected a valid number, unable to parse string as a number."),
        ("-5", "The budget is -5. Give USD million, such as 2000 for USD 2 bn."),
        ("inf", "The budget is inf. Give USD million, such as 2000 for USD 2 bn."),
    ],
)
def test_a_budget_that_is_no_sum_is_told(ask: Client, budget: str, message: str) -> None:
    reply = ask(f"/api/portfolio/runs?budget={budget}", method="POST")
    assert (reply.status, reply.json["message"]) == (422, message)


def test_a_league_table_that_cannot_be_fails_with_the_reason(ask: Client) -> None:
    assert ask("/api/appraisal/runs?scenario=peace", method="POST").status == 404
    started = ask("/api/appraisal/runs?rule_set=adb", method="POST").json
    end = time.monotonic() + PATIENCE_S
    while (now := ask(f"/api/appraisal/runs/{started['id']}").json)["state"] == "running" and time.monotonic() < end:
        time.sleep(0.1)
    assert (now["state"], now["fault"]["kind"], now["fault"]["given"]) == ("failed", "unknown", "adb")


def test_who_uses_a_crossing_adds_up_to_what_passes_it(ask: Client) -> None:
    said = ask("/api/flows/users?crossing=ab&scenario=open").json
    passing = sum(
        row["flow_t_per_year"]
        for row in ask("/api/flows?scenario=open").json["crossings"]
        if row["crossing_id"] == "ab"
    )
    # users of less than half a tonne a year are not listed
    assert sum(row["flow_t_per_year"] for row in said["flows"]) == pytest.approx(passing, abs=0.5 * len(said["flows"]))


def test_a_name_that_is_not_there_is_told_as_elsewhere(ask: Client) -> None:
    reply = ask("/api/flows/users?crossing=abb")
    assert (reply.status, reply.json["kind"], reply.json["given"]) == (404, "unknown", "abb")
    assert ask("/api/flows?year=soon").status == 422


def test_what_fails_on_purpose_and_by_accident_is_told_and_the_next_question_answered(
    textbook: Case, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = {"room": "flows", "setting": {"scenario": "peace"}, "options": {}}
    status, content = worker.answer(textbook, asked)
    assert (status, json.loads(content)["kind"]) == (404, "unknown")
    monkeypatch.setattr("karvan.app.rooms.flows.describe", lambda *_: 1 / 0)
    status, content = worker.answer(textbook, {**asked, "setting": {}})
    assert (status, json.loads(content)["kind"]) == (500, "bug")
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_an_answer_is_kept_and_a_fault_is_not(textbook: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    worker._ANSWERS.kept.clear()
    asked = {"room": "flows", "setting": {"scenario": "open"}, "options": {}}
    with monkeypatch.context() as patched:
        patched.setattr("karvan.app.rooms.flows.describe", lambda *_: 1 / 0)
        assert worker.answer(textbook, asked)[0] == 500
    status, content = worker.answer(textbook, asked)
    assert status == 200
    monkeypatch.setattr("karvan.app.rooms.flows.describe", lambda *_: 1 / 0)
    assert worker.answer(textbook, asked) == (200, content)
    assert worker.answer(textbook, {**asked, "setting": {"scenario": "open", "year": 2030}})[0] == 500


def test_a_process_that_dies_is_told_and_starts_anew(ask: Client) -> None:
    ask("/api/flows")
    work: Work = ask.app.state.work
    assert work._process is not None
    os.kill(work._process.pid, signal.SIGKILL)
    # its end of the pipe is closed: a question can no longer be handed over
    work._process.wait(PATIENCE_S)
    replies = [ask("/api/flows") for _ in range(2)]
    assert replies[-1].status == 200
    assert replies[0].status == 200 or "has ended (exit code -9)" in replies[0].json["message"]


def test_a_question_is_left_in_its_midst_by_its_number_and_no_other_is(
    textbook: Case, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    desk = worker.Desk()
    before = signal.signal(signal.SIGINT, desk._leave)
    try:
        heard: list[str] = []

        def work(_case: Case, asked: dict[str, object]) -> tuple[int, bytes]:
            for number in (6, 8):
                desk.hear(json.dumps({"pass": number}).encode())
            heard.append("others were passed over")
            if asked["number"] == 7 and not heard[1:]:
                desk.hear(b'{"pass": 7}')
                for _ in range(1000):
                    time.sleep(0.001)
                heard.append("it was not left")
            return 200, b"{}"

        monkeypatch.setattr(worker, "answer", work)
        status, content = desk.answer(textbook, {"number": 7})
        assert (status, json.loads(content)["message"]) == (409, "Nobody waits for this any more.")
        assert heard == ["others were passed over"]
        assert desk.answer(textbook, {"number": 9}) == (200, b"{}")
        # what is imported is imported whole, and the question left after that
        (tmp_path / "imported_slowly.py").write_text(
            "import time\nfor _ in range(50):\n    time.sleep(0.01)\n", encoding="utf-8"
        )
        monkeypatch.syspath_prepend(str(tmp_path))

        def importing(_case: Case, _asked: dict[str, object]) -> tuple[int, bytes]:
            desk.hear(b'{"pass": 11}')
            import imported_slowly  # type: ignore[import-not-found]

            heard.append(imported_slowly.__name__)
            for _ in range(1000):
                time.sleep(0.001)
            return 200, b"{}"

        with monkeypatch.context() as patched:
            patched.setattr(worker, "answer", importing)
            # the word comes while the module is being imported
            real = desk.hear
            patched.setattr(desk, "hear", lambda line: threading.Timer(0.1, real, args=(line,)).start())
            assert desk.answer(textbook, {"number": 11})[0] == 409
        assert heard[2:] == ["imported_slowly"]
        # word that comes too late changes nothing
        desk.hear(b'{"pass": 9}')
        assert desk.answer(textbook, {"number": 10}) == (200, b"{}")
    finally:
        signal.signal(signal.SIGINT, before)


def test_what_nobody_waits_for_is_left_and_the_next_answer_is_as_ever(
    serve_case: Callable[[Case], Client], textbook: Case
) -> None:
    own: Client = serve_case(textbook)
    flows = own("/api/flows?scenario=open").json
    work: Work = own.app.state.work
    assert work._process is not None
    pid = work._process.pid

    def status_when_nobody_waits(year: int) -> int:
        with socket.create_connection(("127.0.0.1", own.port)) as asking:
            asked = f"GET /api/appraisal/set?of=N2@{year},N3 HTTP/1.1\r\nHost: 127.0.0.1:{own.port}\r\n\r\n"
            asking.sendall(asked.encode())
            end = time.monotonic() + PATIENCE_S
            while work._at is None and time.monotonic() < end:
                time.sleep(0.002)
            left = work._at
        assert left is not None
        assert left.room == "appraisal"
        status: int = left.reply.result(timeout=PATIENCE_S)[0]
        return status

    # one that is answered before the word of it arrives says nothing, and another is asked
    assert any(status_when_nobody_waits(year) == 409 for year in range(2028, 2040))
    assert own("/api/flows?scenario=open").json == flows
    found = appraise(textbook, ["N2", "N3"], store=OutcomeStore())
    said = own("/api/appraisal/set?of=N2,N3").json
    assert said["meta"]["hash"] == found.meta.hash
    assert {row["standing"]: row["enpv_musd"] for row in said["indicators"]} == found.enpv_musd
    assert work._process.pid == pid


def test_the_process_starts_by_itself_once_a_page_has_what_it_asked_for(
    serve_case: Callable[[Case], Client], textbook: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("karvan.app.work.QUIET_S", 0.0)
    own: Client = serve_case(textbook)
    work: Work = own.app.state.work
    work.start_when_quiet()
    # nobody has asked for anything: there is no page
    time.sleep(3 * CALM_LOOK_S)
    assert work.state().state == "asleep"
    own("/api")
    end = time.monotonic() + PATIENCE_S
    while work.state().state == "asleep" and time.monotonic() < end:
        time.sleep(0.01)
    assert work.state().state != "asleep"


def test_work_can_be_stopped_and_asked_again(serve_case: Callable[[Case], Client], textbook: Case) -> None:
    own: Client = serve_case(textbook)
    replies: list[int] = []
    asking = threading.Thread(target=lambda: replies.append(own("/api/flows").status))
    asking.start()
    end = time.monotonic() + PATIENCE_S
    while own("/api/work").json["state"] not in ("starting", "preparing") and time.monotonic() < end:
        time.sleep(0.005)
    own("/api/work", method="DELETE")
    asking.join(PATIENCE_S)
    assert replies == [409]
    assert own("/api/flows").status == 200
    assert own("/api/work").json["state"] == "idle"


def test_work_can_be_stopped_while_its_process_is_being_started(
    serve_case: Callable[[Case], Client], textbook: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    own: Client = serve_case(textbook)
    work: Work = own.app.state.work
    start = subprocess.Popen

    def slow(*command: Any, **options: Any) -> Any:
        # the reader stops before there is a process that could be ended
        assert work.state().state == "starting"
        work.stop()
        return start(*command, **options)

    with monkeypatch.context() as patched:
        patched.setattr("karvan.app.work.subprocess.Popen", slow)
        assert own("/api/flows").status == 409
    assert own("/api/flows").status == 200


def test_a_case_that_has_changed_since_is_not_answered_for(
    serve_case: Callable[[Case], Client], textbook: Case, tmp_path: Path
) -> None:
    folder = tmp_path / "case"
    shutil.copytree(textbook.folder, folder)
    own: Client = serve_case(open_case(folder))
    with (folder / "node.csv").open("a", encoding="utf-8") as handle:
        handle.write("\n")
    reply = own("/api/flows")
    assert reply.status == 409
    assert reply.json["message"] == "The case's files have changed since karvan serve was started. Start it again."


def test_a_case_without_goods_has_no_such_screen(ask: Client, bare: Client) -> None:
    assert "flows" in ask("/api").json["rooms"]
    assert "trade" in ask("/api").json["rooms"]
    assert {"flows", "trade", "appraisal", "portfolio"}.isdisjoint(bare("/api").json["rooms"])


@pytest.fixture
def bare(serve_case: Callable[[Case], Client], textbook: Case, tmp_path: Path) -> Client:
    """The textbook without demand."""
    folder = tmp_path / "bare"
    shutil.copytree(textbook.folder, folder)
    for name in ("base_flow.csv", "count.csv", "trade.csv", "trade_share.csv"):
        path = folder / name
        if path.is_file():
            path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    return serve_case(open_case(folder))
