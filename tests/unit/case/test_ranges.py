"""The range of a figure: the row's own, or what its confidence leaves."""

from __future__ import annotations

import math

import pytest

from karvan.case import Range
from karvan.case.ranges import DEFAULT_SHARES, confidence_shares, figure_range
from karvan.case.schema import range_columns, schemas
from karvan.errors import UnknownNameError

NAN = math.nan


@pytest.mark.parametrize(
    ("value", "low", "high", "share", "expected"),
    [
        (100.0, NAN, NAN, 0.1, Range(90.0, 100.0, 110.0, "confidence")),
        (100.0, 50.0, 300.0, 0.1, Range(50.0, 100.0, 300.0, "own")),
        (100.0, 50.0, NAN, 0.5, Range(50.0, 100.0, 150.0, "own")),
        (100.0, NAN, 300.0, 0.5, Range(50.0, 100.0, 300.0, "own")),
        (0.0, NAN, NAN, 0.5, Range(0.0, 0.0, 0.0, "confidence")),
        (-6.0, NAN, NAN, 0.5, Range(-9.0, -6.0, -3.0, "confidence")),
    ],
)
def test_blank_ends_come_from_the_confidence(value, low, high, share, expected):
    assert figure_range(value, low, high, share) == expected


@pytest.mark.parametrize(
    ("table", "row", "column", "expected"),
    [
        ("commodity", "container", "value_usd_per_t", (2000.0, 3000.0, 5000.0, "own")),
        ("commodity", "coal", "value_usd_per_t", (90.0, 100.0, 110.0, "confidence")),
        ("service", "road.any", "price_usd_per_tkm", (0.04, 0.05, 0.07, "own")),
        ("project", "N1", "cost_musd", (900.0, 1000.0, 1800.0, "own")),
        ("parameter", "reliability_ratio", "value", (0.0, 0.5, 1.2, "own")),
        ("observed", "O1", "value", (40.0, 48.0, 60.0, "own")),
        ("border", "ab.rail.AAA-BBB", "time_h", (9.0, 10.0, 11.0, "confidence")),
    ],
)
def test_ranges_of_the_textbook(textbook, table, row, column, expected):
    found = textbook.range_of(table, row, column)
    assert found[:3] == pytest.approx(expected[:3])
    assert found.basis == expected[3]


@pytest.mark.parametrize(("level", "share"), [("high", 0.1), ("medium", 0.25), ("low", 0.5)])
def test_the_confidence_of_the_row_sets_the_width(files, level, share):
    files.set("border.csv", "ab.rail.AAA-BBB", confidence=level)
    found = files.open().range_of("border", "ab.rail.AAA-BBB", "time_h")
    assert found[:3] == pytest.approx((10 * (1 - share), 10, 10 * (1 + share)))


def test_the_case_sets_the_width_of_a_confidence(files):
    files.set("parameter.csv", "range_high_confidence_share", value="0.2")
    assert files.open().range_of("border", "ab.rail.AAA-BBB", "time_h")[:3] == pytest.approx((8, 10, 12))


def test_shares_that_the_case_does_not_set():
    assert confidence_shares({}) == DEFAULT_SHARES == {"high": 0.1, "medium": 0.25, "low": 0.5}
    assert confidence_shares({"range_low_confidence_share": 0.7})["low"] == 0.7


def test_a_column_that_is_not_there(textbook):
    with pytest.raises(UnknownNameError) as caught:
        textbook.range_of("border", "ab.rail.AAA-BBB", "time")
    assert str(caught.value).startswith("No column is called 'time'. Did you mean time_h")


def test_which_columns_are_the_range_of_which():
    pairs = {
        (name, field.name): range_columns(field, schema)
        for name, schema in schemas().items()
        for field in schema.fields
        if range_columns(field, schema)
    }
    assert pairs == {
        ("service", "price_usd_per_tkm"): ("price_low_usd_per_tkm", "price_high_usd_per_tkm"),
        ("commodity", "value_usd_per_t"): ("value_low_usd_per_t", "value_high_usd_per_t"),
        ("commodity", "time_value_usd_per_t_day"): ("time_value_low_usd_per_t_day", "time_value_high_usd_per_t_day"),
        ("economy", "domestic_sales_musd"): ("domestic_sales_low_musd", "domestic_sales_high_musd"),
        ("economy", "growth_share_per_year"): ("growth_low_share_per_year", "growth_high_share_per_year"),
        ("trade", "value_musd"): ("value_low_musd", "value_high_musd"),
        ("trade", "off_network_share"): ("off_network_low_share", "off_network_high_share"),
        ("trade_share", "share"): ("share_low", "share_high"),
        ("trade_share", "value_usd_per_t"): ("value_low_usd_per_t", "value_high_usd_per_t"),
        ("base_flow", "flow_t_per_year"): ("flow_low_t_per_year", "flow_high_t_per_year"),
        ("outside", "price_usd_per_t"): ("price_low_usd_per_t", "price_high_usd_per_t"),
        ("count", "value"): ("low", "high"),
        ("count", "flow_t_per_year"): ("flow_low_t_per_year", "flow_high_t_per_year"),
        ("transition", "probability"): ("probability_low", "probability_high"),
        ("project", "cost_musd"): ("cost_low_musd", "cost_high_musd"),
        ("effect", "value"): ("low", "high"),
        ("parameter", "value"): ("low", "high"),
        ("observed", "value"): ("low", "high"),
        ("calibration", "factor"): ("factor_low", "factor_high"),
        ("finance", "share"): ("share_low", "share_high"),
        ("finance", "amount_musd"): ("amount_low_musd", "amount_high_musd"),
        ("exchange_rate", "rate_usd"): ("rate_low_usd", "rate_high_usd"),
        ("finance", "rate_pct_per_year"): ("rate_low_pct_per_year", "rate_high_pct_per_year"),
    }
