"""Pictures from tables: the same table gives the same bytes, and the geometry says what the table says."""

from __future__ import annotations

import itertools
import math
import re
from datetime import date
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

import karvan
from karvan.charts.diverging import Bar, Panel, draw_diverging
from karvan.charts.intervals import Interval, draw_intervals
from karvan.charts.network_map import draw_network_map
from karvan.charts.palette import DARK, LIGHT
from karvan.charts.profile import ProfileLine, draw_profile, stretches
from karvan.charts.svg import figure_bytes, figure_svg, inline_svg
from karvan.charts.timeline import bars, day_of, draw_timeline
from karvan.errors import RequestError


@pytest.fixture(scope="module")
def case():
    return karvan.open_case("textbook")


@pytest.fixture(scope="module")
def line(case):
    routes = karvan.find_routes(case, "a_city", "c_city", modes=["rail"])
    route = routes.routes[0]
    return ProfileLine("rail", routes.legs_table, route.time_h.p10, route.time_h.p90)


def the_map(case, highlight=()):
    network = karvan.build_network(case.apply())
    tables = network.applied.tables
    return draw_network_map(tables["node"], network.table, tables["border"], highlight=highlight, title="Alba to Cora")


def figures(case, line):
    record = karvan.read_record(case)
    return {
        "map": lambda: the_map(case),
        "profile": lambda: draw_profile([line], title="Alba City to Cora City"),
        "timeline": lambda: draw_timeline(record.table, record.on),
        "intervals": lambda: draw_intervals([Interval("open", 45.8, 36, 57, 824, "road"),
                                             Interval("shut", math.nan, math.nan, math.nan, math.nan, "no route")]),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["map", "profile", "timeline", "intervals"])
def test_the_same_table_gives_the_same_svg(case, line, name):
    draw = figures(case, line)[name]
    one, two = figure_svg(draw()), figure_svg(draw())
    assert one == two
    ET.fromstring(one)  # noqa: S314 - our own text
    assert "<dc:date>" not in one


@pytest.mark.parametrize(
    ("suffix", "start"), [(".svg", b"<?xml"), (".png", b"\x89PNG"), (".pdf", b"%PDF"), (".SVG", b"<?xml")]
)
def test_a_picture_by_its_suffix(case, suffix, start):
    assert figure_bytes(the_map(case), suffix).startswith(start)


@pytest.mark.parametrize("suffix", [".jpeg", "", ".svgz"])
def test_an_unknown_suffix(case, suffix):
    with pytest.raises(RequestError, match=r"A figure cannot be written as .* Choose \.svg, \.png, \.pdf\."):
        figure_bytes(the_map(case), suffix)


def test_two_pictures_on_a_page_share_no_identifier(case, line):
    one = inline_svg(the_map(case), prefix="map", label="The network")
    two = inline_svg(draw_profile([line]), prefix="profile", label='Profile of "rail" & <road>')
    ids = [set(re.findall(r'\bid="([^"]+)"', text)) for text in (one, two)]
    assert ids[0]
    assert not ids[0] & ids[1]
    for text in (one, two):
        own = set(re.findall(r'\bid="([^"]+)"', text))
        assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', text)) <= own
        ET.fromstring(text)  # noqa: S314 - our own text
    assert 'role="img" aria-label="The network"' in one
    assert "&lt;road&gt;" in two


def test_texts_of_a_picture_are_texts(case):
    text = figure_svg(the_map(case))
    assert ">Alba City</text>" in text
    assert "DejaVu" not in text


def test_steps_are_the_standing_hours_and_slopes_the_moving_legs(line):
    parts = stretches(line)
    stops = line.legs[line.legs["kind"] != "move"]
    standing = sum(part.hours[1] - part.hours[0] for part in parts if part.stands)
    assert standing == pytest.approx(stops["time_h"].sum())
    assert all(part.km[0] == part.km[1] for part in parts if part.stands)
    slopes = [part for part in parts if not part.stands]
    assert sum(part.km[1] - part.km[0] for part in slopes) == pytest.approx(504)
    for before, after in itertools.pairwise(parts):
        assert after.hours[0] == pytest.approx(before.hours[1])
        assert after.km[0] == pytest.approx(before.km[1])
        assert after.usd[0] == pytest.approx(before.usd[1])
    assert parts[-1].hours[1] == pytest.approx(112.2)
    assert parts[-1].usd[1] == pytest.approx(24.08)


@pytest.mark.parametrize(
    ("name", "origin", "destination"),
    [("textbook", "a_city", "c_port"), ("pakistan_azerbaijan", "karachi_port", "tashkent"),
     ("pakistan_azerbaijan", "lahore", "baku"), ("pakistan_azerbaijan", "karachi_port", "almaty")],
)  # fmt: skip
def test_every_step_of_the_first_route_has_its_name(name, origin, destination):
    routes = karvan.find_routes(karvan.open_case(name), origin, destination, k=3)
    legs = routes.legs_table
    lines = [
        ProfileLine(f"route {route.rank}", legs[legs["rank"] == route.rank], route.time_h.p10, route.time_h.p90)
        for route in routes.routes
    ]
    for shown in (lines[:1], lines):
        texts = re.findall(r">([^<>]+)</text>", figure_svg(draw_profile(shown)))
        for part in stretches(lines[0]):
            if part.stands and part.hours[1] > part.hours[0]:
                start = part.name[:20]
                assert any(text.replace("&amp;", "&").startswith(start) for text in texts), part.name


def test_the_wait_for_a_sailing_is_a_step_before_it(case):
    routes = karvan.find_routes(case, "a_port", "c_port", modes=["ferry"])
    parts = stretches(ProfileLine("ferry", routes.legs_table, 1, 2))
    wait = next(part for part in parts if part.kind == "wait")
    assert wait.hours[1] - wait.hours[0] == pytest.approx(12)
    assert wait.stands


def test_commitments_become_bars_the_longest_overdue_first(case):
    found = bars(karvan.read_record(case).table)
    assert [bar.id for bar in found] == ["K1", "K2", "K3"]
    assert [bar.group for bar in found] == ["overdue", "open, due later", "done or dropped"]
    assert found[0].due == date(2026, 3, 31).toordinal()
    assert found[2].done == date(2024, 5, 10).toordinal()


@pytest.mark.parametrize(
    ("text", "last", "day"),
    [("2024-02", True, date(2024, 2, 29)), ("2024", True, date(2024, 12, 31)), ("2024", False, date(2024, 1, 1)),
     ("2024-12", True, date(2024, 12, 31)), ("2024-05-10", True, date(2024, 5, 10))],
)  # fmt: skip
def test_dates_of_a_timeline(text, last, day):
    assert day_of(text, last=last) == day.toordinal()


def test_an_empty_record_still_draws(case):
    empty = karvan.read_record(case).table.iloc[:0]
    assert isinstance(empty, pd.DataFrame)
    assert figure_svg(draw_timeline(empty, date(2026, 11, 24))).startswith("<?xml")


def test_a_highlighted_route_changes_the_map(case):
    assert figure_svg(the_map(case)) != figure_svg(the_map(case, ["a_city-a_gate.road", "a_gate-b_west.road"]))


def contrast(one, two):
    """Return the contrast ratio of two colours (WCAG 2.2, relative luminance)."""

    def luminance(color):
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read_on_its_ground(palette):
    assert contrast(palette.ink, palette.paper) >= 7
    assert contrast(palette.stone_ink, palette.paper) >= 4.5


def test_gains_run_right_and_losses_left():
    panels = [Panel("Who gains", [Bar("Alba", 3.0, 2.0, 4.0), Bar("Cora", -1.0, note="of 5")]), Panel("Nobody", [])]
    figure = draw_diverging(panels, title="Gains", foot="At elasticity 4.")
    assert len(figure.axes) == 1  # a panel without items is left out
    widths = [patch.get_width() for patch in figure.axes[0].patches]
    assert widths == [3.0, -1.0]
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts == ["Alba", "+3", "Cora", "\u22121  of 5"]
    assert figure_svg(draw_diverging(panels)) == figure_svg(draw_diverging(panels))
