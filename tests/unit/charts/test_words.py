"""Numbers as people say them."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest

from karvan.charts import words

NAN = math.nan


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (1, "1"), (41.2, "41.2"), (3904.6, "3,900"), (0.01234, "0.0123"), (-0.25, "\u22120.25"), (999.6, "1,000"),
        (1e-320, "0.00000000"), (NAN, "not known"), (math.inf, "not known"),
    ],
)  # fmt: skip
def test_three_significant_figures_and_a_real_minus(value, text):
    assert words.number(value).startswith(text)


@pytest.mark.parametrize(
    ("hours", "text"),
    [(4.2, "4.2 h"), (31.4, "31 h"), (47.9, "48 h"), (48, "2.0 days"), (225.6, "9.4 days"), (2400, "100 days"),
     (NAN, "not known"), (0, "0 h"), (-31, "\u221231 h")],
)  # fmt: skip
def test_hours_below_two_days_and_days_above(hours, text):
    assert words.days(hours) == text


def test_a_duration_with_its_range():
    assert words.spread(225.6, 187.2, 290.4) == "9.4 days (7.8\u201312.1)"
    assert words.spread(31, 20, 40) == "31 h (20\u201340)"
    assert words.spread(NAN, 1, 2) == "not known"
    assert words.spread(31, NAN, 2) == "31 h (range not known)"


@pytest.mark.parametrize(
    ("value", "text"),
    [(3904, "USD 3,900"), (390e6, "USD 390 m"), (2e9, "USD 2.0 bn"), (999.6e6, "USD 1.0 bn"), (0, "USD 0"),
     (-5e6, "USD \u22125 m"), (NAN, "not known")],
)  # fmt: skip
def test_dollars(value, text):
    assert words.usd(value) == text


@pytest.mark.parametrize(
    ("figures", "text"),
    [((4600, NAN, 8200), "USD 4.6 bn (4.6\u20138.2 bn)"), ((NAN, NAN, NAN), "no cost known"),
     ((NAN, NAN, 60), "at most USD 60 m"), ((NAN, 550, 4850), "USD 550 m\u20134.85 bn"), ((642, 642, 642), "USD 642 m"),
     ((-120, -122, -116), "USD \u2212120 m (\u2212122 to \u2212116 m)")],
)  # fmt: skip
def test_a_cost_with_its_range(figures, text):
    assert words.musd_range(*figures) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (1, "100 %"), (0.618, "62 %"), (0.0562, "5.6 %"), (0.9999, "over 99 %"), (0.0001, "under 0.1 %"),
     (NAN, "not known")],
)  # fmt: skip
def test_shares(share, text):
    assert words.percent(share) == text


def test_lists_dates_and_counts():
    assert words.listed([]) == ""
    assert words.listed(["rail"]) == "rail"
    assert words.listed(["rail", "road", "sea"]) == "rail, road and sea"
    assert words.when("2026-03-01") == "1 March 2026"
    assert words.when("2026-03") == "March 2026"
    assert words.when("2026") == "2026"
    assert words.count(1, "link") == "1 link"
    assert words.count(1204, "link") == "1,204 links"
    assert words.count(2, "entry", "entries") == "2 entries"


def test_it_costs_the_standard_library_only():
    code = "import sys, karvan.charts.words; print(sorted({'numpy', 'pandas', 'matplotlib'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
