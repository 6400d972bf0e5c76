"""What if: the address holds the whole setting, every screen obeys it, and its figures are those of a fresh run."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from karvan.case import open_case

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.app.conftest import Shown

SWITCHES, SEED = 200, 8
#: Switches after which the figures are compared with a fresh run.
COMPARED = (100, 200)
#: Switches made without a pause.
BATCH = 20
#: Figures of the page and of the command line come from the same floating-point operations; JSON keeps all their digits.
TOLERANCE = 1e-9


def fresh(*arguments: str) -> Any:
    """What the command line says in a process that knows nothing of what was asked before."""
    command = [sys.executable, "-m", "karvan", *arguments, "--case", "pakistan_azerbaijan", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr


def options_of(shut: set[str], opened: set[str]) -> list[str]:
    """The same switches as changes of the command line."""
    rows = open_case("pakistan_azerbaijan").rows("border")
    return [
        part
        for name, row in rows.items()
        if row["crossing_id"] in shut | opened
        for part in ("--change", f"border:{name}:status={'shut' if row['crossing_id'] in shut else 'open'}")
    ]


def test_two_hundred_switches_end_in_the_figures_of_a_fresh_run(show: Callable[..., Shown]) -> None:
    shown = show("/routes?origin=lahore&destination=baku")
    crossings = sorted(
        str(name)
        for name in shown.page.locator("[data-crossing]").evaluate_all("all => all.map(one => one.dataset.crossing)")
    )
    chance = random.Random(SEED)  # noqa: S311 - a script of switches, no secret
    script = [chance.choice(crossings) for _ in range(SWITCHES)]
    for done in range(0, SWITCHES, BATCH):
        # as fast as a hand could never be: answers of settings that are past must not be shown
        shown.page.evaluate(
            """async (names) => {
                for (const name of names) {
                    document.querySelector(`[data-crossing='${name}']`).click();
                    await new Promise((done) => setTimeout(done, 15));
                }
            }""",
            script[done : done + BATCH],
        )
        shown.settle()
        if done + BATCH in COMPARED:
            compare(shown)


def test_switches_of_flows_end_in_the_figures_of_a_fresh_run(show: Callable[..., Shown]) -> None:
    shown = show("/flows?scenario=open")
    for name in ("taftan", "saryagash", "taftan"):
        shown.page.locator(f"[data-crossing={name}]").click()
    shown.settle()
    said = fresh("flows", "--scenario", "open", *options_of({"saryagash"}, {"taftan"}))
    answer = shown.page.locator("[data-answer=flows]")
    assert float(str(answer.get_attribute("data-t"))) == pytest.approx(said["network_t_per_year"], abs=TOLERANCE)
    cost = said["rent_musd_per_year"] + said["queue_loss_musd_per_year"]
    assert float(str(answer.get_attribute("data-musd"))) == pytest.approx(cost, abs=TOLERANCE)
    priced = [row for row in said["bottlenecks"] if row["cost_musd_per_year"] > 0]
    assert shown.page.locator("figure[data-figure=bottlenecks] svg.chart text[font-weight='600']").count() == min(
        12, len(priced)
    )


def test_trade_of_a_project_is_that_of_a_fresh_run(show: Callable[..., Shown]) -> None:
    shown = show("/trade?scenario=open")
    shown.page.locator("summary", has_text="Projects").click()
    shown.page.locator("[data-project=P13]").click()
    shown.settle()
    said = fresh("trade", "--scenario", "open", "--project", "P13")
    answer = shown.page.locator("[data-answer=trade]")
    world = said["world"]
    assert float(str(answer.get_attribute("data-musd"))) == pytest.approx(
        world["equivalent_variation_musd"], abs=TOLERANCE
    )
    trade = float(str(answer.get_attribute("data-trade")))
    assert trade == pytest.approx(world["trade_after_musd"], rel=TOLERANCE)


def test_two_runs_have_their_difference_on_a_map(show: Callable[..., Shown]) -> None:
    shown = show("/flows?compare=1&b.scenario=open")
    one, two = (fresh("flows", *options)["network_t_per_year"] for options in ((), ("--scenario", "open")))
    told = shown.page.locator("[data-difference]")
    assert float(str(told.get_attribute("data-difference"))) == pytest.approx(two - one, abs=TOLERANCE * two)
    tones = {str(key).split()[0] for key in shown.page.locator("figure[data-figure=difference] [data-band]").evaluate_all(
        "all => all.map(one => one.dataset.band)")}  # fmt: skip
    assert tones == {"up", "down"}


def compare(shown: Shown) -> None:
    shown.settle()
    address = shown.page.evaluate("() => [...new URLSearchParams(location.search)]")
    shut, opened = ({value for name, value in address if name == kind} for kind in ("shut", "open"))
    options = options_of(shut, opened)
    said = fresh("routes", "lahore", "baku", "-k", "3", *options)
    answer = shown.page.locator("[data-answer=routes]")
    if isinstance(said, str):
        assert answer.inner_text() == "In this setting there is no route."
        return
    best = said["routes"][0]
    assert float(str(answer.get_attribute("data-h"))) == pytest.approx(best["time_h"]["mean"], abs=TOLERANCE)
    assert float(str(answer.get_attribute("data-usd"))) == pytest.approx(best["price_usd_per_feu"], abs=TOLERANCE)
    rows = shown.page.locator("figure[data-figure=routes] tbody tr")
    assert rows.count() == len(said["routes"])
    network = fresh("network", *options)
    states: dict[str, set[str]] = {}
    border = open_case("pakistan_azerbaijan").rows("border")
    for row in network["crossings"]:
        states.setdefault(border[row["border_id"]]["crossing_id"], set()).add(row["status"])
    switched = shown.page.locator("[data-crossing]").evaluate_all(
        "all => Object.fromEntries(all.map(one => [one.dataset.crossing, one.getAttribute('aria-checked')]))"
    )
    expected = {
        name: "mixed" if len(statuses) > 1 else str(statuses == {"open"}).lower() for name, statuses in states.items()
    }
    assert switched == expected


def test_a_hand_that_rests_on_a_switch_has_its_answer_asked_for_once(show: Callable[..., Shown]) -> None:
    shown = show("/network")
    asked: list[str] = []
    shown.page.on("request", lambda request: asked.append(request.url) if "shut=gabd" in request.url else None)
    switch = shown.page.locator("[data-crossing=gabd]")
    with shown.page.expect_response(lambda reply: "/api/network?shut=gabd" in reply.url):
        switch.hover()
    ahead = [url.split("/api/")[1] for url in asked]
    assert sorted(ahead) == ["case/setting?shut=gabd", "network?shut=gabd"]
    # nothing is switched by it, and what was asked for is not asked again
    assert "gabd" not in shown.search()
    assert switch.get_attribute("aria-checked") == "true"
    switch.click()
    shown.settle()
    assert "gabd" in shown.search()
    assert switch.get_attribute("aria-checked") == "false"
    assert len(asked) == len(ahead)


def test_what_a_hand_leaves_is_left(show: Callable[..., Shown]) -> None:
    shown = show("/flows")
    held = "/api/flows?shut=gabd"
    shown.page.route(lambda url: held in url, lambda _route: None)
    with shown.page.expect_request(lambda request: held in request.url):
        shown.page.locator("[data-crossing=gabd]").hover()
    with shown.page.expect_event("requestfailed", lambda request: held in request.url):
        shown.page.mouse.move(0, 0)


def test_the_address_holds_the_setting_and_the_way_back(show: Callable[..., Shown]) -> None:
    shown = show("/routes?origin=karachi_port&destination=baku")
    today = shown.text("[data-answer=routes]")
    shown.page.get_by_label("Scenario").select_option("iran_shut")
    shown.settle()
    without = shown.text("[data-answer=routes]")
    assert without != today
    assert "scenario=iran_shut" in shown.search()
    again = show(f"/routes{shown.search().replace('&map=svg', '')}")
    assert again.text("[data-answer=routes]") == without
    assert "In the case's own setting: " in again.text(".answer")
    shown.page.go_back()
    shown.settle()
    assert shown.text("[data-answer=routes]") == today


def test_a_setting_goes_with_its_reader_from_screen_to_screen(show: Callable[..., Shown]) -> None:
    shown = show("/routes?scenario=open&shut=taftan")
    shown.page.get_by_role("link", name="Network", exact=True).click()
    shown.page.wait_for_selector("[data-answer=network]")
    shown.settle()
    assert "scenario=open" in shown.search()
    assert "shut: Taftan-Mirjaveh." in shown.text("[data-answer=network]")


def test_a_project_named_without_a_year_is_open(show: Callable[..., Shown]) -> None:
    shown = show("/network")
    shown.page.locator("summary", has_text="Projects").click()
    switch = shown.page.locator("[data-project=P26]")
    switch.click()
    shown.settle()
    assert "project=P26" in shown.search()
    assert switch.get_attribute("aria-checked") == "true"


def test_two_settings_stand_side_by_side_on_one_scale(show: Callable[..., Shown]) -> None:
    shown = show("/routes?origin=karachi_port&destination=baku&compare=1&b.scenario=iran_shut")
    answers = shown.page.locator("[data-answer=routes]").all_inner_texts()
    assert len(answers) == 2
    assert answers[0] != answers[1]
    charts = shown.page.locator("figure[data-figure=profile] svg.chart")
    assert charts.count() == 2
    # ticks of both charts, so one scale: names of routes and steps differ, axis figures do not
    axes = [
        [text for text in charts.nth(side).locator("text").all_text_contents() if text.replace(",", "").isdigit()]
        for side in (0, 1)
    ]
    assert axes[0] == axes[1]
    assert len(axes[0]) > 8
    rows = shown.page.locator("figure[data-figure=beside] tbody tr").all_inner_texts()
    assert [row.split("\t")[0] for row in rows][:2] == ["Time", "USD a container"]
    shown.page.get_by_role("button", name="Stop comparing").click()
    shown.settle()
    assert shown.page.locator("[data-answer=routes]").count() == 1


def test_two_tabs_in_different_states_keep_to_their_own(show: Callable[..., Shown]) -> None:
    one = show("/routes?origin=karachi_port&destination=baku")
    other = show("/routes?origin=karachi_port&destination=baku&scenario=iran_shut")
    texts = one.text("[data-answer=routes]"), other.text("[data-answer=routes]")
    assert texts[0] != texts[1]
    one.page.locator("[data-crossing=gabd]").click()
    one.settle()
    assert other.text("[data-answer=routes]") == texts[1]
    assert "gabd" not in other.search()


@pytest.mark.parametrize("room", ["trade", "flows"])
def test_a_first_look_is_shown_as_one_until_the_answer_is_there(show: Callable[..., Shown], room: str) -> None:
    """Figures that are still settling say so to eye and ear and are not handed out; the answer takes their place."""
    # no other test asks for that year: what the server has answered before needs no first look
    shown = show(f"/{room}?year=2034")
    page = shown.page
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    before = shown.text(f"[data-answer={room}]")
    assert page.locator("[data-provisional=true]").count() == 0
    page.route(lambda url: f"/api/{room}?" in url, hold)
    came: list[str] = []
    page.on("requestfinished", lambda request: came.append("look") if f"/api/{room}/look" in request.url else None)
    page.on("request", lambda request: came.append("answer") if f"/api/{room}?" in request.url else None)
    page.locator("[data-crossing=taftan]").click()
    page.wait_for_selector(f"html[data-provisional=true] [data-answer={room}][data-provisional=true]")
    first = shown.text(f"[data-answer={room}]")
    assert first != before
    # what takes longer is asked for once the first look is there, so that none waits behind its answer
    assert came[0] == "look"
    assert page.locator(f"[data-answer={room}]").get_attribute("aria-busy") == "true"
    assert shown.text(".settling[role=status]").startswith("First figures, settling")
    assert page.evaluate("() => document.documentElement.dataset.settled") == "false"
    figure = page.locator("figure[data-state=first]").first
    figure.get_by_role("button", name="Download").click()
    assert "still settling" in figure.locator(".opened").inner_text()
    assert figure.get_by_role("button", name="Table as CSV").count() == 0
    if room == "trade":
        # what a first look has not stands as it was, and says so
        assert "as before" in shown.text("figure[data-figure=transit] figcaption")
    for route in held:
        route.continue_()
    shown.settle()
    page.wait_for_selector("html[data-provisional=false]")
    assert page.locator("figure[data-state]").count() == 0
    assert shown.text(".settling[role=status]") == ""
    assert figure_count(shown) > 0
    said = fresh(room, "--year", "2034", *options_of({"taftan"}, set()))
    told = page.locator(f"[data-answer={room}]").get_attribute("data-t" if room == "flows" else "data-musd")
    final = said["network_t_per_year"] if room == "flows" else said["world"]["equivalent_variation_musd"]
    assert float(str(told)) == pytest.approx(final, abs=TOLERANCE)


def figure_count(shown: Shown) -> int:
    return shown.page.get_by_role("button", name="Download").count()
