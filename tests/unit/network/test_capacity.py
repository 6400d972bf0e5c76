"""Capacity in tonnes a day, and who shares it."""

from __future__ import annotations

import math

import pytest

import karvan
from karvan.network.services import headway_h, wait


@pytest.fixture(scope="module")
def table():
    return karvan.build_network(karvan.open_case("textbook").apply()).table


def test_trains_a_day_times_net_tonnes(table):
    assert table.at["a_city-a_gate.rail", "capacity_t_per_day"] == 10 * 1000


def test_million_tonnes_a_year(table):
    assert table.at["a_port-c_port.ferry", "capacity_t_per_day"] == pytest.approx(1e6 / 365)


def test_single_track_shares_and_double_track_does_not(table):
    assert table.at["a_city-a_gate.rail", "capacity_shared"]
    assert not table.at["a_port-a_city.rail", "capacity_shared"]


def test_blank_is_uncapacitated(table):
    assert math.isnan(table.at["a_port-a_city.road", "capacity_t_per_day"])


def test_second_track_stops_the_sharing_and_multiplies_the_trains():
    applied = karvan.open_case("textbook").apply(karvan.Setting.of(projects=["N3"]))
    table = karvan.build_network(applied).table
    assert table.at["a_city-a_gate.rail", "capacity_t_per_day"] == 30 * 1000
    assert not table.at["a_city-a_gate.rail", "capacity_shared"]


def test_the_smaller_of_two_figures_binds():
    change = "link:a_city-a_gate.rail:capacity_mt_per_year=0.365"
    applied = karvan.open_case("textbook").apply(karvan.Setting.of(changes=[change]))
    assert karvan.build_network(applied).table.at["a_city-a_gate.rail", "capacity_t_per_day"] == pytest.approx(1000)


def test_waiting_for_a_departure():
    assert headway_h(7) == 24
    assert headway_h(math.nan) == 0
    assert wait(24) == (12, pytest.approx(24 / math.sqrt(12)))
