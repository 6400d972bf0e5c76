"""The decision paper: says what to build and what would overturn it, and says so where nothing pays."""

from __future__ import annotations

import csv
import re
import shutil

import pytest

import karvan
from karvan.errors import UnknownNameError
from karvan.pipeline import RUN_FILES
from karvan.report import render_decision
from karvan.report.decision import answer


@pytest.fixture(scope="module")
def cheap(tmp_path_factory):
    """The textbook with works so cheap that two of them pay."""
    folder = tmp_path_factory.mktemp("cases") / "cheap"
    shutil.copytree(karvan.open_case("textbook").folder, folder)
    path = folder / "project.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    place = rows[0].index("cost_musd")
    for row in rows[1:]:
        row[place] = {"N2": "1", "N3": "0.2"}.get(row[0], row[place])
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return karvan.open_case(folder)


@pytest.fixture(scope="module")
def run(cheap, tmp_path_factory):
    return karvan.plan(cheap, out=tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture(scope="module")
def paper(run):
    return (run.folder / "decision.html").read_text(encoding="utf-8")


def plain(text):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text.replace("\u00a0", " ")))


def test_a_run_ends_in_a_paper(run, paper):
    assert {path.name for path in run.folder.iterdir()} == RUN_FILES
    assert render_decision(run.data) == paper
    assert 'href="decision.html"' in (run.folder / "index.html").read_text(encoding="utf-8")


def test_the_answer_names_the_set_its_cost_and_its_worth(run, paper):
    said = answer(run.data.portfolio)
    assert set(run.data.portfolio.choice.openings) == {"N2", "N3"}
    assert said.startswith(
        "Build Alba Gate border post (N2) and Second track Alba City - Bela City (N3): USD 1.2 m of outlay, "
        "expected net present value"
    )
    assert said in plain(paper)


def test_every_part_of_the_chain_stands_in_it(paper):
    heads = re.findall(r"<h2[^>]*>(.*?)</h2>", paper)
    assert heads == [
        "The answer", "Routes and bottlenecks today", "What each project is worth alone", "The recommended set",
        "Who pays, who gains", "What it stands on", "What would overturn it",
    ]  # fmt: skip
    text = plain(paper)
    assert "Treasury of Alba budget agreed 1" in text  # finance.csv: N2 is paid by the treasury
    assert "N2 would fall out at a cost of" in text
    assert "Open: nobody is named yet" in text  # N3 has no row in finance.csv
    assert "a dollar of capital" in text
    assert "2 of 2 screenlines" in text


def test_outlays_add_up_to_the_cost(run):
    outlays, choice = run.data.portfolio.outlays, run.data.portfolio.choice
    assert outlays["musd"].sum() == pytest.approx(choice.worth.cost_musd, rel=1e-12)


def test_where_nothing_pays_the_paper_says_so(tmp_path):
    run = karvan.plan("textbook", out=tmp_path / "run")
    assert answer(run.data.portfolio).startswith(
        "Nothing. No set of projects within USD 500 m is worth more than it costs to both"
    )
    text = plain((run.folder / "decision.html").read_text(encoding="utf-8"))
    assert "Nothing is recommended." in text
    assert "Over drawn futures of closures, demand, cost and delay, of the best set that was found, " in text


def test_a_stage_that_is_none_is_refused(tmp_path):
    with pytest.raises(UnknownNameError, match=r"No stage is called 'porfolio'\. Did you mean portfolio\?"):
        karvan.plan("textbook", out=tmp_path / "run", until="porfolio")
