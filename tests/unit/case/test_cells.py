"""What cells say, and how far a date is known."""

from __future__ import annotations

from datetime import date

import pytest

from karvan.case import first_day, great_circle_km, last_day, schemas
from karvan.case.cells import number_text, parse_cell, plain_number
from karvan.case.quality import table_counts


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2025-02", date(2025, 2, 1), date(2025, 2, 28)),
        ("2025-12", date(2025, 12, 1), date(2025, 12, 31)),
        ("2025-04-30", date(2025, 4, 30), date(2025, 4, 30)),
        ("9999-12", date(9999, 12, 1), date(9999, 12, 31)),
    ],
)
def test_a_date_lasts_as_long_as_it_is_vague(text, first, last):
    assert (first_day(text), last_day(text)) == (first, last)


@pytest.mark.parametrize(
    ("text", "value"), [("1", 1), ("-1.50", -1.5), (".5", 0.5), ("5.", 5), ("+2", 2), ("1e3", 1000), ("2E-2", 0.02)]
)
def test_plain_numbers(text, value):
    assert plain_number(text) == value


@pytest.mark.parametrize("text", ["", "-", ".", "e3", "1,5", "1_000", "0x1", "nan", "inf", "1e999", "1 000", "½", "٣"])
def test_what_is_no_plain_number(text):
    assert plain_number(text) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(5.0, "5"), (0.1 + 0.2, "0.3"), (10000000.0, "10000000"), (1234567.25, "1234567.25"), (-6.0, "-6")],
)
def test_numbers_in_messages(value, text):
    assert number_text(value) == text


@pytest.mark.parametrize(
    ("table", "column", "text", "value"),
    [
        ("link", "directed", "", False),
        ("link", "electrified", "true", True),
        ("link", "gauge_mm", "1520.0", 1520),
        ("zone", "gateways", "a; b ;;c;", ("a", "b", "c")),
        ("link", "project_id", " ; ", ()),
        ("border", "sides", "", "both"),
        ("observed", "unit", " h ", "h"),
    ],
)
def test_what_a_cell_says(table, column, text, value):
    field = schemas()[table].field(column)
    assert field is not None
    found = parse_cell(field, text)
    assert found == value
    assert type(found) in {type(value), float}


def test_straight_lines_on_the_sphere():
    """A quarter of the equator, a pole, and the line where the days change."""
    assert great_circle_km(0, 0, 90, 0) == pytest.approx(6371.0088 * 3.141592653589793 / 2)
    assert great_circle_km(0, 90, 123, 90) == pytest.approx(0, abs=1e-9)
    assert great_circle_km(179.5, 0, -179.5, 0) == pytest.approx(great_circle_km(0, 0, 1, 0))


def test_how_far_a_case_can_be_trusted(textbook):
    counts = table_counts(textbook).set_index("table")
    assert counts.loc["effect"].to_dict() == {"rows": 16, "high": 15, "medium": 0, "low": 1, "assumed": 1, "sources": 2}
    assert "source" not in counts.index, "sources have no confidence"
    assert (counts["high"] + counts["medium"] + counts["low"] == counts["rows"]).all()
