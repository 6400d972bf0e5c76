"""The page of a run: self-contained, deterministic, marked up for everyone, and safe with any name."""

from __future__ import annotations

import itertools
import re
import shutil
from html.parser import HTMLParser

import pytest

import karvan
from karvan.report import render_report
from karvan.report.headline import headlines


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return karvan.plan("textbook", out=tmp_path_factory.mktemp("runs") / "run", until="trade")


@pytest.fixture(scope="module")
def page(run):
    return (run.folder / "index.html").read_text(encoding="utf-8")


class Outline(HTMLParser):
    """Collects what the tests ask of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.loads: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        cells = dict(attrs)
        self.tags.append((tag, cells))
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag in ("script", "img", "iframe", "object", "embed", "link", "source", "video", "audio"):
            self.loads.append(tag)


def outline(text):
    parser = Outline()
    parser.feed(text)
    return parser


def test_nothing_is_fetched_from_elsewhere(page):
    assert outline(page).loads == []
    assert not re.search(r"@import|url\((?!#)", page)
    assert not re.search(r'\bsrc="', page)


def test_the_same_data_give_the_same_page(run, page):
    assert render_report(run.data) == page


def test_one_first_heading_and_none_left_out(page):
    levels = outline(page).headings
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_pictures_tables_and_language_are_marked_up(page):
    tags = outline(page).tags
    pictures = [cells for tag, cells in tags if tag == "svg"]
    assert pictures
    assert all(cells.get("role") == "img" and cells.get("aria-label") for cells in pictures)
    assert page.count("<figure") == page.count("<figcaption")
    assert all(cells.get("scope") in ("col", "row") for tag, cells in tags if tag == "th")
    assert next(cells for tag, cells in tags if tag == "html")["lang"] == "en"
    ids = [cells["id"] for _, cells in tags if "id" in cells]
    assert len(ids) == len(set(ids))


def test_the_answer_comes_first(run, page):
    first = page.index("46 h by road")
    assert first < page.index("<svg")
    assert headlines(run.data)[0].startswith("Alba City to Cora City: 46 h by road through BBB (36\u201357), USD 824")


def test_what_is_shut_and_what_is_assumed_is_said(page):
    assert "Alba Gate shut" in page
    assert "assumed" in page
    assert "238 days" in page or "238" in page


def test_no_route_is_said_with_what_cuts_it(tmp_path):
    folder = karvan.new_case(tmp_path / "island")
    borders = (folder / "border.csv").read_text(encoding="utf-8").replace(",open,", ",shut,")
    (folder / "border.csv").write_text(borders, encoding="utf-8")
    run = karvan.plan(folder, out=tmp_path / "run", until="trade")
    text = (run.folder / "index.html").read_text(encoding="utf-8")
    assert "no route" in text
    assert "Alba Gate - Bela West is shut" in text


def test_a_name_is_text_and_never_markup(tmp_path):
    folder = karvan.new_case(tmp_path / "case")
    config = folder / "case.toml"
    config.write_text(
        config.read_text(encoding="utf-8").replace('name = "Alba-Bela-Cora"', "name = '<script>alert(1)</script>'"),
        encoding="utf-8",
    )
    nodes = folder / "node.csv"
    nodes.write_text(nodes.read_text(encoding="utf-8").replace("Alba City", "<b>Alba & City</b>"), encoding="utf-8")
    text = (karvan.plan(folder, out=tmp_path / "run", until="trade").folder / "index.html").read_text(encoding="utf-8")
    assert "<script>" not in text
    assert "<b>Alba &" not in text
    assert "&lt;b&gt;Alba &amp; City&lt;/b&gt;" in text
    assert "&lt;script&gt;" in text


def test_a_case_without_a_record_has_no_programme(tmp_path):
    folder = karvan.new_case(tmp_path / "case")
    shutil.rmtree(folder / "programme")
    run = karvan.plan(folder, out=tmp_path / "run", until="trade")
    assert run.data.record is None
    assert 'href="#programme"' not in (run.folder / "index.html").read_text(encoding="utf-8")


def test_what_runs_where_is_shown_against_counts(run, page):
    totals = run.data.flows.totals
    assert '<h2 id="flows">Flows</h2>' in page
    assert f"{totals['network_t_per_year'] / 1e6:.2g}" in page
    assert "2 of 2 screenlines within a factor 1.5 (large) or 2 (small)" in page.replace("\n", " ")
    assert 'aria-label="Map of flows and bottlenecks"' in page


def test_a_run_that_leaves_off_early_has_no_flows(tmp_path):
    run = karvan.plan("textbook", out=tmp_path / "run", until="routes")
    page = (run.folder / "index.html").read_text(encoding="utf-8")
    assert run.data.flows is None
    assert 'href="#flows"' not in page
    assert 'href="#trade"' not in page
