"""Whatever is wrong has its message and a way on; no page is ever blank."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.app.conftest import Server

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.app.conftest import Shown


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("/network?year=soon", "year: found 'soon'; expected a valid integer"),
        ("/network?year=1900", "Year 1900 lies before the base year 2026 of pakistan_azerbaijan."),
        ("/routes?scenario=peace", "No scenario is called 'peace'."),
        ("/network?project=P999", "No project is called 'P999'."),
        ("/case?change=faster", "'faster' is no change. Write TABLE:ROW:COLUMN=VALUE"),
        ("/network?shut=torkham&open=torkham", "Crossing torkham is to be both shut and open. Choose one."),
        ("/network?compare=1&b.shut=torkhm", "No crossing is called 'torkhm'. Did you mean torkham?"),
    ],
)
def test_a_nonsense_setting_has_its_message_and_leads_back(
    show: Callable[..., Shown], address: str, message: str
) -> None:
    shown = show(address)
    assert message in shown.text("main [role=alert]")
    shown.page.locator("main").get_by_role("button", name="Back to the case's own setting").click()
    shown.page.wait_for_selector("main [data-answer]")
    shown.settle()
    assert shown.page.locator("main [role=alert]").count() == 0


def test_a_misspelt_name_is_mended_with_one_press(show: Callable[..., Shown]) -> None:
    shown = show("/network?shut=torkhm")
    shown.page.locator("main").get_by_role("button", name="Use torkham").click()
    shown.page.wait_for_selector("main [data-answer]")
    assert "shut=torkham" in shown.search()


def test_a_misspelt_part_of_an_address_is_told_and_mended(show: Callable[..., Shown]) -> None:
    """It was passed over, and the setting shown was not the one that was meant."""
    shown = show("/network?projects=P26&weather=fine")
    told = shown.page.locator("[data-stray=projects][role=alert]")
    assert "The address says \u2018projects\u2019, which means nothing here" in told.inner_text()
    told.get_by_role("button", name="Use project").click()
    shown.settle()
    assert "project=P26" in shown.search()
    shown.page.locator("[data-stray=weather]").get_by_role("button", name="Leave it out").click()
    shown.settle()
    assert shown.search() == "?project=P26&map=svg"
    assert shown.page.locator("[data-stray]").count() == 0


def test_an_unknown_screen_says_so(show: Callable[..., Shown]) -> None:
    shown = show("/weather")
    assert "No screen is called weather." in shown.text("main [role=alert]")
    shown.page.locator("main").get_by_role("button", name="Network").click()
    shown.page.wait_for_selector("main [data-answer=network]")


def test_a_stage_that_is_not_there_is_left_out(show: Callable[..., Shown]) -> None:
    shown = show("/network")
    with_screens = shown.page.evaluate("async () => (await (await fetch('/api')).json()).rooms")
    names = shown.page.locator("header nav a").all_inner_texts()
    assert [name.lower() for name in names] == with_screens


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("/routes?origin=karachi_port&destination=bakoo", "No place is called 'bakoo'. Did you mean Baku"),
        ("/routes?origin=baku&destination=baku", "Origin and destination are both Baku. Name two places."),
        ("/routes?by=luck", "No measure is called 'luck'."),
        ("/routes?k=many", "k: found 'many'; expected a valid integer"),
        ("/case?table=nodes", "No table is called 'nodes'. Did you mean node?"),
        ("/network?pick=link:nowhere", "No row of link.csv is called 'nowhere'."),
        ("/network?pick=link:", "\u2018link:\u2019 is no row. Write TABLE:ROW"),
        (
            "/network?year=2300",
            "Year 2300 lies beyond the horizon 2056 of pakistan_azerbaijan. Choose 2056 or earlier.",
        ),
        ("/appraisal?of=P13&standing=nobody", "No standing is called \u2018nobody\u2019."),
        ("/portfolio?aim=nobody", "No aim is called 'nobody'."),
        ("/programme?about=P999", "No project is called \u2018P999\u2019."),
        ("/flows?scenario=peace", "No scenario is called 'peace'."),
        ("/flows?change=link:altynkol-khorgos_cn.rail:capacity_trains_per_day=0", "capacity"),
        ("/appraisal?of=P999", "No project is called 'P999'."),
        ("/appraisal?rules=adb", "No rule set is called 'adb'."),
        ("/portfolio?budget=lots", "budget: found 'lots'; expected a valid number"),
        ("/programme?body=nobody", "No body is called 'nobody'."),
        ("/programme?on=yesterday", "on: found 'yesterday'; expected a valid date"),
    ],
)
def test_a_nonsense_question_has_its_message(show: Callable[..., Shown], address: str, message: str) -> None:
    shown = show(address)
    shown.page.wait_for_selector("main [role=alert]")
    assert message in shown.text("main [role=alert]")
    assert shown.page.locator("header nav a").count() >= 4


def test_a_nonsense_question_leads_back_to_the_screen_as_it_opens(show: Callable[..., Shown]) -> None:
    shown = show("/routes?k=0&origin=karachi_port&destination=baku")
    assert "k is 0. Ask for 1 to 100 routes." in shown.text("main [role=alert]")
    shown.page.locator("main").get_by_role("button", name="Back to the screen as it opens").click()
    shown.page.wait_for_selector("main [data-answer=routes]")
    assert "k=" not in shown.search()
    assert "map=svg" in shown.search()


@pytest.mark.parametrize("budget", ["nan", "-5"])
def test_what_is_no_budget_is_not_taken_for_one(show: Callable[..., Shown], budget: str) -> None:
    shown = show(f"/portfolio?budget={budget}")
    shown.page.wait_for_selector("main [role=alert]")
    assert f"The budget is {budget}." in shown.text("main [role=alert]")
    assert "are worth the most to Both countries within a budget," in shown.text("[data-answer=portfolio]")


def test_where_no_route_leads_the_page_says_what_cuts_it(show: Callable[..., Shown]) -> None:
    shown = show("/routes?origin=karachi_port&destination=baku&mode=ferry")
    assert shown.text("[data-answer=routes]") == "In this setting there is no route."
    assert "only ferry may be used" in shown.text("main [data-fault=route]")
    assert shown.page.locator(".map").count() == 1


def test_a_run_that_fails_half_way_says_so_and_can_be_run_again(show: Callable[..., Shown]) -> None:
    shown = show("/case")
    fault = {
        "kind": "bug",
        "message": "The run ended in the middle of routes (exit code 3).",
        "given": "",
        "near": [],
        "lines": [],
    }
    run = {"id": "1", "state": "failed", "stage": "routes", "done": 2, "of": 5, "fault": fault}
    shown.page.route(
        "**/api/case/runs",
        lambda route: route.fulfill(content_type="application/json", body=json.dumps(run)),
    )
    report = shown.page.locator("section[data-run]")
    report.get_by_role("button", name="Run").click()
    shown.page.wait_for_selector("section[data-run=failed]")
    assert "in the middle of routes" in report.inner_text()
    assert report.get_by_role("button", name="Run again").is_visible()


def test_a_league_table_that_dies_half_way_says_so_and_can_be_run_again(show: Callable[..., Shown]) -> None:
    shown = show("/appraisal")
    message = "The run ended in the middle of appraisal (exit code -9)."
    fault = {"kind": "bug", "message": message, "given": "", "near": [], "lines": []}
    run = {"id": "1", "state": "failed", "stage": "appraisal", "done": 7, "of": 59, "seconds": 80.0, "fault": fault}
    shown.page.route(
        "**/api/appraisal/runs*", lambda route: route.fulfill(content_type="application/json", body=json.dumps(run))
    )
    league = shown.page.locator("section[data-run]")
    league.get_by_role("button", name="Run").click()
    shown.page.wait_for_selector("section[data-run=failed]")
    assert message in league.inner_text()
    assert league.get_by_role("button", name="Run again").is_visible()


def test_a_lost_connection_is_told_and_mended_by_itself(show: Callable[..., Shown]) -> None:
    own = Server("textbook")
    shown = show("/network", on=own)
    before = shown.text("[data-answer=network]")
    own.stop()
    shown.page.locator("[data-crossing]").first.click()
    shown.page.wait_for_selector("[data-connection=lost]")
    assert "The server does not answer." in shown.text("[data-connection=lost]")
    again = Server("textbook", port=own.port)
    try:
        shown.page.wait_for_selector("[data-connection=lost]", state="detached")
        shown.page.wait_for_selector("main [data-answer=network]")
        shown.settle()
        assert shown.text("[data-answer=network]") != before
    finally:
        again.stop()


def test_a_screen_whose_code_cannot_be_fetched_comes_with_the_connection(show: Callable[..., Shown]) -> None:
    """It was told to be a bug, and stayed one when the server was there again."""
    own = Server("textbook")
    shown = show("/network", on=own)
    own.stop()
    shown.page.get_by_role("link", name="Programme", exact=True).click()
    shown.page.wait_for_selector("[data-connection=lost]")
    assert shown.page.locator("main [role=alert]").count() == 0
    again = Server("textbook", port=own.port)
    try:
        shown.page.wait_for_selector("main [data-answer=programme]")
        assert shown.page.locator("[data-connection=lost]").count() == 0
        assert not [error for error in shown.errors if "dynamically imported" in error]
    finally:
        again.stop()


def test_what_was_shown_stays_while_the_connection_is_lost(show: Callable[..., Shown]) -> None:
    shown = show("/network")
    before = shown.text("[data-answer=network]")
    page = shown.page
    page.route("**/api**", lambda route: route.abort())
    page.locator("[data-crossing=taftan]").click()
    page.wait_for_selector("[data-connection=lost]")
    assert shown.text("[data-answer=network]") == before
    assert page.locator("main [role=alert]").count() == 0
    page.unroute("**/api**")
    page.wait_for_selector("[data-connection=lost]", state="detached")
    shown.settle()
    assert "Taftan-Mirjaveh" in shown.text("[data-answer=network]")


def test_work_that_is_stopped_says_so_and_can_be_asked_again(show: Callable[..., Shown]) -> None:
    shown = show("/case")
    fault = {"kind": "stopped", "message": "The work was stopped.", "given": "", "near": [], "lines": []}
    answer = {"status": 409, "content_type": "application/json", "body": json.dumps(fault)}
    for address in ("**/api/flows*", "**/api/flows"):
        shown.page.route(address, lambda route: route.fulfill(**answer))
    shown.page.get_by_role("link", name="Flows", exact=True).click()
    shown.page.wait_for_selector("main [data-fault=stopped]")
    shown.page.unroute("**/api/flows*")
    shown.page.unroute("**/api/flows")
    shown.page.locator("main").get_by_role("button", name="Try again").click()
    shown.page.wait_for_selector("main [data-answer=flows]")


def test_an_answer_that_cannot_be_read_is_a_message(show: Callable[..., Shown]) -> None:
    shown = show("/case")
    shown.page.route("**/api/network*", lambda route: route.fulfill(content_type="application/json", body="{"))
    shown.page.get_by_role("link", name="Network", exact=True).click()
    shown.page.wait_for_selector("main [role=alert]")
    assert "cannot be read" in shown.text("main [role=alert]")


def test_a_screen_that_fails_says_so_and_leaves_the_rest(show: Callable[..., Shown]) -> None:
    shown = show("/case")
    body = json.dumps(
        {"meta": {}, "links": {}, "crossings": [{}], "sums": [], "notes": [], "sources": [], "breaks": []}
    )
    shown.page.route("**/api/network*", lambda route: route.fulfill(content_type="application/json", body=body))
    shown.page.route("**/api/network", lambda route: route.fulfill(content_type="application/json", body=body))
    shown.page.get_by_role("link", name="Network", exact=True).click()
    shown.page.wait_for_selector("main [role=alert]")
    assert "This part of the page has failed" in shown.text("main [role=alert]")
    shown.page.get_by_role("link", name="Programme", exact=True).click()
    shown.page.wait_for_selector("main [data-answer=programme]")
