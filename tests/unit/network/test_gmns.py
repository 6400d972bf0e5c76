"""What is exported as GMNS reads back to the same network."""

from __future__ import annotations

import csv
from dataclasses import fields

import numpy as np
import pytest

import karvan
from karvan.errors import CaseError, OutputError
from karvan.network import FORMS
from karvan.network.arcs import Arc
from karvan.network.gmns import GMNS_COLUMNS


def same(one, two):
    """Whether two networks have the same states and arcs."""
    assert one.index == two.index
    for form in FORMS:
        for item in fields(Arc):
            left, right = getattr(one.arcs(form), item.name), getattr(two.arcs(form), item.name)
            assert np.array_equal(left, right), (form, item.name)


@pytest.mark.parametrize("name", ["textbook", "pakistan_azerbaijan"])
@pytest.mark.parametrize("projects", [(), "all"])
def test_round_trip(tmp_path, name, projects):
    case = karvan.open_case(name)
    if projects == "all":
        rows = case.rows("project")
        chosen: list[str] = []
        for project, row in rows.items():
            if not set(row["alternatives"]) & set(chosen):
                parts = [part for part in row["contains"] if set(rows[part]["alternatives"]) & set(chosen)]
                chosen += [] if parts else [project]
        projects = chosen
    applied = case.apply(karvan.Setting.of(projects=projects))
    network = karvan.build_network(applied)
    folder = karvan.export_gmns(applied, tmp_path / "out", built=network.built)
    same(network, karvan.build_network(karvan.read_gmns(folder)))


def test_columns_of_the_specification_come_first_and_in_order(tmp_path):
    applied = karvan.open_case("textbook").apply()
    folder = karvan.export_gmns(applied, tmp_path / "out", built=karvan.build_network(applied).built)
    for name, columns in GMNS_COLUMNS.items():
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
            header = next(csv.reader(handle))
        assert tuple(header[: len(columns)]) == columns
    with (folder / "link.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert {row["capacity"] for row in rows} == {""}
    assert rows[0]["length"] == rows[0]["length_km"] == "120"
    assert rows[0]["geometry"] == "LINESTRING (0 0, 1 0.2)"
    with (folder / "config.csv").open(encoding="utf-8", newline="") as handle:
        config = next(csv.DictReader(handle))
    assert (config["version_number"], config["crs"], config["long_length"], config["id_type"]) == (
        "0.96", "EPSG:4326", "km", "string",
    )  # fmt: skip


def test_export_replaces_an_export_and_nothing_else(tmp_path):
    applied = karvan.open_case("textbook").apply()
    built = karvan.build_network(applied).built
    folder = karvan.export_gmns(applied, tmp_path / "out", built=built)
    karvan.export_gmns(applied, folder, built=built)
    other = tmp_path / "mine"
    other.mkdir()
    (other / "thesis.txt").write_text("precious", encoding="utf-8")
    with pytest.raises(OutputError, match="holds something else"):
        karvan.export_gmns(applied, other, built=built)
    assert (other / "thesis.txt").read_text(encoding="utf-8") == "precious"


def test_reading_a_folder_without_a_network(tmp_path):
    with pytest.raises(CaseError, match=r"node\.csv: found no such file"):
        karvan.read_gmns(tmp_path)
