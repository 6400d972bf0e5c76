"""``karvan flows`` on the textbook case."""

from __future__ import annotations

import csv
import io
import json

import pandas as pd


def test_summary_answers_first(karvan):
    answer = karvan("flows", "--case", "textbook")
    assert answer.code == 0
    assert answer.out.startswith("0.53 Mt a year on the network (open), 90 % of 0.59 Mt;")
    for heading in ("Bottlenecks, dearest first", "Busiest crossings and ports", "Modelled against counted: 2 of 2"):
        assert heading in answer.out
    assert "Note: demand that may use the network" in answer.err


def test_json_and_csv(karvan):
    data = json.loads(karvan("flows", "--case", "textbook", "--json").out)
    assert data["meta"]["case"] == "textbook"
    assert data["relative_gap"] < 1e-8
    assert data["audit"]["missing_gain"] < 0.05
    assert {row["link_id"] for row in data["links"]} >= {"a_city-a_gate.rail"}
    rows = list(csv.DictReader(io.StringIO(karvan("flows", "--case", "textbook", "--csv").out)))
    assert len(rows) == len(data["links"])


def test_who_uses_a_link_and_a_crossing(karvan):
    answer = karvan("flows", "--case", "textbook", "--link", "b_city-b_east.rail")
    assert "Mt a year pass b_city-b_east.rail (open)." in answer.out
    data = json.loads(karvan("flows", "--case", "textbook", "--crossing", "ab", "--json").out)
    assert data["users"]["crossing"] == "ab"
    assert data["users"]["flows"][0]["commodity"] == "coal"


def test_difference_to_another_scenario_and_project(karvan):
    answer = karvan("flows", "--case", "textbook", "--scenario", "ab_shut", "--against", "open")
    assert "Mt a year on the network against 0.53 Mt." in answer.out
    data = json.loads(karvan("flows", "--case", "textbook", "--project", "N1", "--against", "none", "--json").out)
    assert data["against"]["meta"]["setting"]["projects"] == []
    assert data["against"]["changes"][0]["link_id"] == "a_city-c_city.rail"


def test_tables_are_written(karvan, tmp_path):
    answer = karvan("flows", "--case", "textbook", "--out", tmp_path / "flows")
    assert answer.code == 0
    assert len(pd.read_parquet(tmp_path / "flows" / "links.parquet")) > 10
    assert json.loads((tmp_path / "flows" / "flows.json").read_text(encoding="utf-8"))["network_t_per_year"] > 5e5


def test_nonsense(karvan):
    both = karvan("flows", "--case", "textbook", "--json", "--csv")
    assert (both.code, both.out) == (2, "")
    assert "Choose one of --json and --csv" in both.err
    two = karvan("flows", "--case", "textbook", "--link", "x", "--crossing", "y")
    assert "Choose one of --link and --crossing." in two.err
    none = karvan("flows", "--case", "textbook", "--link", "nowhere")
    assert (none.code, none.out) == (1, "")
    assert "No link is called 'nowhere'." in none.err
    many = karvan("flows", "--case", "textbook", "--against", "open,ab_shut")
    assert "--against names the scenarios open and ab_shut." in many.err


def test_the_map_is_drawn(karvan, tmp_path):
    answer = karvan("flows", "--case", "textbook", "--plot", tmp_path / "flows.svg")
    assert (answer.code, answer.err.splitlines()[-1]) == (0, f"Picture written to {tmp_path / 'flows.svg'}")
    assert (tmp_path / "flows.svg").read_text(encoding="utf-8").startswith("<?xml")
    other = karvan("flows", "--case", "textbook", "--plot", tmp_path / "flows.bmp")
    assert (other.code, other.out) == (1, "")
    assert "A figure cannot be written as '.bmp'. Choose .svg, .png, .pdf." in other.err


def test_a_wrong_name_is_told_before_goods_are_assigned(karvan, monkeypatch, tmp_path):
    from karvan.flows import corridor

    def too_late(*_, **__):
        message = "goods are assigned"
        raise AssertionError(message)

    monkeypatch.setattr(corridor, "assign_flows", too_late)
    for rest, says in (
        (("--link", "nowhere"), "No link is called 'nowhere'."),
        (("--crossing", "nowhere"), "No crossing is called 'nowhere'."),
        (("--plot", tmp_path / "map.txt"), "A figure cannot be written as '.txt'. Choose .svg, .png, .pdf."),
    ):
        answer = karvan("flows", "--case", "textbook", *rest)
        assert (answer.code, answer.out) == (1, "")
        assert says in answer.err
