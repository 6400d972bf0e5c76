"""The map of flows: widths are tonnes, edges say what is full, marks stand where it is scarce."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex

import karvan
from karvan.charts.flow_map import EDGE_PT, WIDEST_PT, draw_flow_map
from karvan.charts.palette import LIGHT
from karvan.charts.svg import figure_svg


@pytest.fixture(scope="module")
def network():
    return karvan.build_network(karvan.open_case("textbook").apply())


def the_map(network, flows, narrows=()):
    tables = network.applied.tables
    frame = pd.DataFrame(flows).T.rename(columns={0: "flow_t_per_year", 1: "utilisation"})
    return draw_flow_map(tables["node"], network.table, frame, narrows=narrows)


def widths_by_colour(figure):
    axes = figure.axes[1]
    found = {}
    for item in axes.collections:
        if isinstance(item, LineCollection):
            colours = [to_hex(colour) for colour in item.get_colors()]
            lines = item.get_segments()
            colours = colours * len(lines) if len(colours) == 1 else colours
            widths = list(item.get_linewidths())
            widths = widths * len(lines) if len(widths) == 1 else widths
            for colour, width in zip(colours, widths, strict=True):
                found.setdefault(colour, []).append(width)
    return found


def rails(network):
    table = network.table
    return [str(link) for link in table.index[(table["mode"] == "rail") & table["built"]]]


def test_lines_are_as_wide_as_what_they_carry(network):
    one, two, *_ = rails(network)
    found = widths_by_colour(the_map(network, {one: (8e6, 0.5), two: (4e6, 0.2)}))
    assert sorted(found[LIGHT.lapis]) == [WIDEST_PT / 2, WIDEST_PT]
    assert LIGHT.madder not in found


def test_what_is_full_has_a_red_edge(network):
    one, two, *_ = rails(network)
    found = widths_by_colour(the_map(network, {one: (8e6, 0.99), two: (4e6, 0.9)}))
    assert found[LIGHT.madder] == [WIDEST_PT + 2 * EDGE_PT]


def test_a_bottleneck_is_named_where_it_lies(network):
    one, *_ = rails(network)
    figure = the_map(network, {one: (8e6, 1.0)}, narrows=[(one, "Northern line, USD 3/t"), ("nowhere", "lost")])
    assert [text.get_text() for text in figure.axes[1].texts if "USD" in text.get_text()] == ["Northern line, USD 3/t"]
    assert "lost" not in figure_svg(figure)


def test_a_network_without_flows_is_drawn_grey(network):
    one, *_ = rails(network)
    found = widths_by_colour(the_map(network, {one: (0.0, 0.0)}))
    assert set(found) == {LIGHT.mist}
