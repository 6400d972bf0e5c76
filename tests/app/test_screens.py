"""Every screen: an answer, its picture and its table, for everyone, from this machine alone."""

from __future__ import annotations

import gzip
import json
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from benchmarks.app import grid_case
from tests.app.conftest import ROOT, Server, need

from karvan.appraisal import how_sure
from karvan.case import open_case

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser
    from tests.app.conftest import Shown

SCREENS = ("case", "network", "routes", "trade", "flows", "appraisal", "portfolio", "programme")
#: Scripts before the first screen, compressed: what the app promises.
SCRIPT_LIMIT_BYTES = 600_000
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"


def serious(shown: Shown) -> list[str]:
    """What axe-core finds that is serious or critical, with the element."""
    need(AXE.is_file(), "axe-core is not installed; run `make web-dev`")
    shown.page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = shown.page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"][:3]
    ]


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_screen_answers_first_and_axe_finds_nothing_serious(
    show: Callable[..., Shown], screen: str, theme: str
) -> None:
    shown = show(f"/{screen}", color_scheme=theme)
    assert shown.errors == []
    assert shown.elsewhere == []
    answer = shown.page.locator("main [data-answer]")
    assert answer.count() == 1
    assert answer.inner_text().endswith(".")
    figures = shown.page.locator("figure[data-figure]")
    # a portfolio has its pictures once a choice is worked out
    assert figures.count() >= (0 if screen == "portfolio" else 2)
    for number in range(figures.count()):
        tools = figures.nth(number).locator(".tools").inner_text()
        assert "Download" in tools
        assert "Source" in tools
    assert shown.page.locator("html").get_attribute("data-theme") == theme
    assert serious(shown) == []


@pytest.mark.parametrize(
    "address",
    [
        "/routes?compare=1&b.scenario=iran_shut&pick=border:taftan.road.PAK-IRN",
        "/network?scenario=peace",
        "/case?table=project",
        "/flows?compare=1&b.scenario=open&pick=border:taftan.road.PAK-IRN",
    ],
    ids=["two settings and facts", "a fault", "a table", "two runs and who uses a crossing"],
)
def test_axe_finds_nothing_serious_off_the_usual_way(show: Callable[..., Shown], address: str) -> None:
    assert serious(show(address)) == []


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("size", [(820, 1180), (320, 640)], ids=["tablet", "narrow"])
def test_a_screen_fits_and_has_its_answer_before_what_if(
    show: Callable[..., Shown], screen: str, size: tuple[int, int]
) -> None:
    shown = show(f"/{screen}", viewport={"width": size[0], "height": size[1]})
    assert shown.page.evaluate("() => document.documentElement.scrollWidth") <= size[0]
    assert shown.page.locator(".what-if-body").is_hidden()
    shown.page.locator(".unfold").click()
    assert shown.page.locator(".what-if-body").is_visible()
    assert shown.page.evaluate("() => document.documentElement.scrollWidth") <= size[0]


#: Text of a chart that lies beyond it, and is cut off.
CUT_OFF = """() => [...document.querySelectorAll("svg.chart")].flatMap((chart) => {
  const within = chart.getBoundingClientRect();
  return [...chart.querySelectorAll("text")].filter((text) => {
    const box = text.getBoundingClientRect();
    return box.width > 0 && (box.left < within.left - 1 || box.right > within.right + 1);
  }).map((text) => `${chart.getAttribute("aria-label")}: ${text.textContent}`);
})"""
#: Gaps of the catalogue that nothing has filled, in what is read or heard.
UNFILLED = """() => (document.body.innerText
  + [...document.querySelectorAll("[aria-label], [title]")].map((one) => one.ariaLabel ?? one.title).join(" ")
).match(/\\{[a-z_]+\\}/gi) ?? []"""


@pytest.mark.parametrize("screen", [*SCREENS, "appraisal?of=N2"])
@pytest.mark.parametrize("width", [320, 1280])
def test_what_charts_say_is_whole(show: Callable[..., Shown], screen: str, width: int) -> None:
    own = Server("textbook") if "of=" in screen else None
    try:
        shown = show(f"/{screen}", on=own, viewport={"width": width, "height": 800})
        assert shown.page.evaluate(CUT_OFF) == []
        assert shown.page.evaluate(UNFILLED) == []
    finally:
        if own is not None:
            own.stop()


def test_a_league_table_is_worked_out_and_leads_to_a_project(show: Callable[..., Shown]) -> None:
    own = Server("textbook")
    try:
        shown = show("/appraisal", on=own)
        assert "The case has 5 projects" in shown.text("[data-answer=appraisal]")
        shown.page.get_by_role("button", name="Run").click()
        shown.page.wait_for_selector("[data-league=done]")
        shown.settle()
        ranks = shown.page.locator("figure[data-figure=league-table] tbody tr td:first-child").all_inner_texts()
        assert ranks == [str(place) for place in range(1, len(ranks) + 1)]
        assert "is committed" in shown.text("figure[data-figure=not-ranked]")
        assert serious(shown) == []
        shown.page.locator("figure[data-figure=league-table] tbody button").first.click()
        shown.page.wait_for_selector("[data-answer=appraisal][data-of]")
        shown.settle()
        drawn = shown.page.locator("figure[data-figure]")
        figures = [str(name) for name in drawn.evaluate_all("all => all.map(one => one.dataset.figure)")]
        assert {"cash-flow", "tornado", "who-gains", "states", "indicators", "outlays"} <= set(figures)
        assert serious(shown) == []
        assert shown.errors == []
        shown.page.get_by_role("button", name="All projects").click()
        shown.page.wait_for_selector("[data-league=done]")
    finally:
        own.stop()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_how_sure_a_value_is_is_drawn_when_asked_for(show: Callable[..., Shown], theme: str) -> None:
    own = Server("textbook")
    try:
        shown = show("/appraisal?of=N3", on=own, color_scheme=theme)
        page = shown.page
        assert page.locator("[data-figure=s-curve]").count() == 0
        # it can be stopped, and asked again
        page.get_by_label("What is drawn").select_option("all")
        shown.settle()
        page.get_by_role("button", name="Draw", exact=True).click()
        page.locator(".run[data-run=running] progress").wait_for()
        page.locator(".run").get_by_role("button", name="Stop").click()
        page.wait_for_selector(".run[data-run=stopped]")
        page.get_by_label("What is drawn").select_option("accounts")
        page.wait_for_selector(".run[data-run=none]")
        page.get_by_role("button", name="Draw", exact=True).click()
        page.wait_for_selector("[data-figure=s-curve] [data-line=s-curve]")
        shown.settle()
        drawn = page.locator("[data-draws=accounts]")
        found = how_sure(open_case("textbook"), "N3", draws=10_000, seed=1, solves=0)
        assert float(str(drawn.get_attribute("data-p50"))) == pytest.approx(found.distribution.p50, rel=1e-9)
        assert float(str(drawn.get_attribute("data-p-negative"))) == found.distribution.p_negative
        marks = page.locator("[data-figure=s-curve] svg.chart text").all_text_contents()
        assert [text.split()[0] for text in marks if text.startswith("P")] == ["P10", "P50", "P90"]
        assert serious(shown) == []
        assert shown.errors == []
    finally:
        own.stop()


def test_a_choice_is_worked_out_and_its_frontier_follows_the_slider(show: Callable[..., Shown]) -> None:
    own = Server("textbook")
    try:
        shown = show("/portfolio?budget=40&aim=cora", on=own)
        shown.page.get_by_role("button", name="Run").click()
        shown.page.wait_for_selector("[data-choice=done]")
        shown.settle()
        assert "the best choice for Cora is N2 Alba Gate border post" in shown.text("[data-answer=portfolio]")
        drawn = shown.page.locator("figure[data-figure]")
        figures = [str(name) for name in drawn.evaluate_all("all => all.map(one => one.dataset.figure)")]
        assert {"frontier", "phasing", "robustness", "countries", "cost-shares-shapley", "reasons", "sets"} <= set(
            figures
        )
        assert serious(shown) == []
        shown.page.get_by_role("slider", name="Budget").fill("600")
        shown.page.wait_for_selector("[data-choice=none]")
        assert "Within USD 600 m the frontier has N2 and N3" in shown.text("[data-answer=portfolio]")
        assert "budget=600" in shown.search()
        assert shown.errors == []
    finally:
        own.stop()


def test_the_map_is_drawn_with_webgl(show: Callable[..., Shown]) -> None:
    shown = show("/network", gl=True)
    assert shown.page.locator(".map canvas").count() == 1
    assert "imply no position" in shown.text(".map .credit")
    # land, water, lines and marks: a map that is blank has one colour
    picture = shown.page.locator(".map").screenshot()
    assert len(picture) > 20_000
    assert shown.errors == []
    assert shown.elsewhere == []


def test_without_webgl_the_map_is_drawn_as_svg(
    show: Callable[..., Shown], launch: Callable[..., Browser], server: Server
) -> None:
    shown = show("/network", gl=True, using=launch("--disable-3d-apis"))
    assert shown.page.locator(".map canvas").count() == 0
    assert shown.page.locator(".map svg.flat path").count() > 5
    assert "Drawn without WebGL." in shown.text(".map .credit")
    assert shown.errors == []


#: Where the last name on the map stands.
PLACE = "() => { const box = [...document.querySelectorAll('.flat text')].at(-1).getBoundingClientRect(); return [box.x, box.y] }"


#: How many pixels of the canvas have the colour of roads, and the canvas in short.
INKED = """() => {
    const sheet = document.querySelector('canvas.sheet');
    const { data } = sheet.getContext('2d').getImageData(0, 0, sheet.width, sheet.height);
    let count = 0;
    for (let i = 0; i < data.length; i += 4) count += data[i + 3] > 0 && data[i] > 200 && data[i + 2] < 160;
    return count;
}"""
PIXELS = "() => { const url = document.querySelector('canvas.sheet').toDataURL(); return url.length + url.slice(-400) }"


def test_the_map_follows_the_hand_and_stays_where_it_leaves_it(show: Callable[..., Shown]) -> None:
    follows_the_hand(show("/network"))


def test_a_map_of_many_lines_is_a_picture_that_is_moved_and_drawn_anew(
    show: Callable[..., Shown], front_end: None, tmp_path: Path
) -> None:
    """Its lines are on a canvas; names and marks above them move with it, and what is clicked has its facts."""
    own = Server(str(grid_case(tmp_path, 12_000)))
    try:
        shown = show("/network", on=own)
        sheet = shown.page.locator("canvas.sheet")
        assert shown.page.evaluate(INKED) > 1000
        before = shown.page.evaluate(PIXELS)
        follows_the_hand(shown)
        assert sheet.evaluate("one => one.style.transform") == ""
        assert shown.page.evaluate(PIXELS) != before
        box = shown.page.locator(".map").bounding_box()
        assert box is not None
        mouse = shown.page.mouse
        mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        mouse.wheel(0, -1200)
        shown.page.wait_for_function("() => document.querySelector('canvas.sheet').style.transform !== ''")
        shown.settle()
        assert sheet.evaluate("one => one.style.transform") == ""
        for off in range(0, 120, 6):
            mouse.click(box["x"] + box["width"] / 2 + off, box["y"] + box["height"] / 2)
            if "pick=" in shown.search():
                break
        shown.page.wait_for_selector("[data-facts^='link:g']")
        figure = shown.page.locator("figure[data-figure=network-map]")
        figure.get_by_role("button", name="Download").click()
        with shown.page.expect_download() as waiting:
            figure.get_by_role("button", name="Picture as SVG").click()
        picture = waiting.value.path().read_text(encoding="utf-8")
        assert 'href="data:image/png' in picture
        assert 'viewBox="0 0 ' in picture
        assert shown.errors == []
    finally:
        own.stop()


def follows_the_hand(shown: Shown) -> None:
    mouse, box = shown.page.mouse, shown.page.locator(".map").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before = shown.page.evaluate(PLACE)
    mouse.move(x, y)
    mouse.down()
    # several steps within one frame are as one
    mouse.move(x + 20, y + 8, steps=5)
    mouse.move(x + 31, y + 17)
    mouse.up()
    shown.settle()
    assert shown.page.evaluate(PLACE) == pytest.approx([before[0] + 31, before[1] + 17], abs=0.1)
    assert "pick=" not in shown.search()


def test_scripts_before_the_first_screen_keep_to_their_limit(show: Callable[..., Shown]) -> None:
    shown = show("/network", gl=True)
    total = 0
    for url in dict.fromkeys(shown.scripts):
        with urllib.request.urlopen(url, timeout=60) as answer:
            total += len(gzip.compress(answer.read(), 6))
    assert 0 < total <= SCRIPT_LIMIT_BYTES


def test_a_figure_has_its_table_download_and_source(show: Callable[..., Shown]) -> None:
    shown = show("/routes?origin=karachi_port&destination=baku")
    figure = shown.page.locator("figure[data-figure=profile]")
    figure.get_by_role("button", name="Table").click()
    assert figure.locator("tbody tr").count() > 5
    figure.get_by_role("button", name="Source").click()
    source = figure.locator(".opened").last.inner_text()
    assert "karvan routes karachi_port baku -k 3 --case pakistan_azerbaijan" in source
    assert "sources" in source
    figure.get_by_role("button", name="Download").click()
    with shown.page.expect_download() as waiting:
        figure.get_by_role("button", name="Answer as JSON").click()
    answer = json.loads(waiting.value.path().read_text(encoding="utf-8"))
    assert answer["origin"] == "karachi_port"
    with shown.page.expect_download() as waiting:
        figure.get_by_role("button", name="Table as CSV").click()
    lines = waiting.value.path().read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("rank,leg,kind,name")
    legs = [leg for route in answer["routes"] for leg in route["legs"]]
    assert len(lines) == 1 + len(legs)
    with shown.page.expect_download() as waiting:
        figure.get_by_role("button", name="Picture as SVG").click()
    picture = waiting.value.path().read_text(encoding="utf-8")
    assert picture.startswith("<svg")
    assert "var(--" not in picture


def test_what_is_clicked_shows_its_facts_with_sources(show: Callable[..., Shown]) -> None:
    shown = show("/network")
    figure = shown.page.locator("figure[data-figure=links]")
    figure.locator("tbody button").first.click()
    shown.page.wait_for_selector("[data-facts^='link:']")
    facts = shown.text(".facts")
    assert "length_km" in facts
    assert "source" in facts
    assert "pick=link" in shown.search()


def test_a_value_can_be_tried_from_its_facts(show: Callable[..., Shown]) -> None:
    shown = show("/network?pick=border:taftan.road.PAK-IRN")
    shown.page.get_by_label("Try another value for time_h", exact=True).fill("99")
    shown.page.get_by_label("Try another value for time_h", exact=True).press("Enter")
    shown.page.wait_for_function("() => document.querySelector('.facts')?.textContent.includes('in the case:')")
    assert "change=border:taftan.road.PAK-IRN:time_h%3D99" in shown.search()


def test_a_run_shows_its_progress_can_be_stopped_and_ends_in_a_report(show: Callable[..., Shown]) -> None:
    own = Server("textbook")
    try:
        shown = show("/case", on=own)
        report = shown.page.locator("section[data-run]")
        report.get_by_role("button", name="Run").click()
        shown.page.wait_for_selector("section[data-run=running] progress")
        report.get_by_role("button", name="Stop").click()
        shown.page.wait_for_selector("section[data-run=stopped]")
        assert "Nothing was written." in report.inner_text()
        report.get_by_role("button", name="Run again").click()
        shown.page.wait_for_selector("section[data-run=done]")
        link = report.get_by_role("link", name="Open the report").get_attribute("href")
        with urllib.request.urlopen(f"{shown.server.address}{link}", timeout=60) as answer:
            assert b"<html" in answer.read()
        paper = report.get_by_role("link", name="Open the decision paper").get_attribute("href")
        with urllib.request.urlopen(f"{shown.server.address}{paper}", timeout=60) as answer:
            assert "decision" in answer.read().decode("utf-8").lower()
    finally:
        own.stop()


def test_the_record_can_be_read_by_party_and_day(show: Callable[..., Shown]) -> None:
    shown = show("/programme?overdue=true")
    before = shown.text("[data-answer=programme]")
    assert before.startswith("On 24 November 2026, ")
    shown.page.get_by_label("Party").select_option("Iran")
    shown.settle()
    assert "party=Iran" in shown.search()
    rows = shown.page.locator("figure[data-figure=entries] tbody tr").all_inner_texts()
    assert rows
    assert all("Iran" in row for row in rows)


def test_charts_stand_as_they_are_where_the_page_runs_from_right_to_left(show: Callable[..., Shown]) -> None:
    """Names end where their bars begin, and figures begin where they end, whichever way the page is read."""
    shown = show("/trade?shut=taftan")
    shown.page.evaluate("() => { document.documentElement.dir = 'rtl'; }")
    sides = shown.page.locator("figure[data-figure=who-gains] svg.chart > g > text").evaluate_all(
        """all => all.map((one) => {
            const [box, svg] = [one.getBoundingClientRect(), one.ownerSVGElement.getBoundingClientRect()];
            const at = svg.left + Number(one.getAttribute('x'));
            return [one.getAttribute('text-anchor') ?? 'start', box.left - at, box.right - at];
        })"""
    )
    assert {side for side, *_ in sides} >= {"start", "end"}
    for side, left, right in sides:
        assert abs({"start": left, "end": right, "middle": left + right}[side]) < 3, (side, left, right)


def test_a_project_that_changes_nothing_shows_nothing(show: Callable[..., Shown]) -> None:
    """What the fixed point leaves of nothing is no gain."""
    shown = show("/trade?project=P13")
    assert shown.text("[data-answer=trade]") == "Nothing changes against the same without projects and changes."
    assert "Nothing changes here." in shown.text("figure[data-figure=who-gains]")
    assert "USD 0" in shown.text(".figures dd")


def test_keys_alone_reach_and_work_a_switch(show: Callable[..., Shown]) -> None:
    shown = show("/network")
    shown.page.keyboard.press("Tab")
    assert shown.page.evaluate("() => document.activeElement.className") == "skip"
    shown.page.locator("[data-crossing=taftan]").focus()
    shown.page.keyboard.press("Space")
    shown.settle()
    assert shown.page.locator("[data-crossing=taftan]").get_attribute("aria-checked") == "false"
    assert "shut=taftan" in shown.search()
