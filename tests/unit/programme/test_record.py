"""Reading the record, and counting what is overdue."""

from __future__ import annotations

import math
from datetime import date

import pytest

import karvan
from karvan.errors import UnknownNameError
from karvan.programme import overdue_days


@pytest.fixture(scope="module")
def case():
    return karvan.open_case("textbook")


def test_everything_in_order_of_date(case):
    table = karvan.read_record(case).table
    assert list(table["id"]) == ["jwg", "V1", "K2", "K3", "V2", "K1"]
    assert list(table["entry"]) == ["body", "event", "commitment", "commitment", "event", "commitment"]


def test_overdue_is_counted_from_the_day_of_the_record(case):
    late = karvan.read_record(case, overdue_only=True).table
    assert list(late["id"]) == ["K1"]
    assert late.at[0, "overdue_days"] == (date(2026, 11, 24) - date(2026, 3, 31)).days == 238


def test_another_day(case):
    assert karvan.read_record(case, overdue_only=True, on=date(2026, 3, 31)).table.empty
    assert list(karvan.read_record(case, on=date(2028, 1, 1)).overdue["id"]) == ["K1", "K2"]


@pytest.mark.parametrize(
    ("status", "made", "due", "day", "days"),
    [
        ("open", "2024-01-01", "2024-06", date(2024, 6, 30), math.nan),
        ("open", "2024-01-01", "2024-06", date(2024, 7, 1), 1),
        ("open", "2024-01-01", "2024-12", date(2025, 1, 2), 2),
        ("open", "2024-01-01", "2024", date(2025, 1, 1), 1),
        ("open", "2024-01-01", "2024-02", date(2024, 3, 1), 1),
        ("open", "2024-01-01", "", date(2030, 1, 1), math.nan),
        ("done", "2024-01-01", "2024-06", date(2030, 1, 1), math.nan),
        ("dropped", "2024-01-01", "2024-06", date(2030, 1, 1), math.nan),
        ("open", "2025-01-01", "2025-02", date(2024, 7, 1), math.nan),
    ],
)
def test_overdue_days(status, made, due, day, days):
    found = overdue_days(status, made, due, day)
    assert found == days or (math.isnan(found) and math.isnan(days))


def test_by_body_party_and_topic(case):
    assert set(karvan.read_record(case, body="jwg").table["id"]) == {"jwg", "V1", "K2", "K3", "V2", "K1"}
    assert set(karvan.read_record(case, topic="rail", entries=["commitment"]).table["id"]) == {"K1", "K3"}
    assert "K2" not in set(karvan.read_record(case, party="cora").table["id"])
    assert list(karvan.read_record(case, open_only=True).table["id"]) == ["K2", "K1"]


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"body": "jgw"}, "No body is called 'jgw'. Did you mean jwg?"),
        ({"party": "Gamma"}, "No party is called 'Gamma'. There are: Alba, Cora."),
        ({"topic": "rial"}, "No topic is called 'rial'. Did you mean rail?"),
        ({"entries": ["events"]}, "No kind of entry is called 'events'. Did you mean event?"),
    ],
)
def test_an_unknown_name(case, question, message):
    with pytest.raises(UnknownNameError) as caught:
        karvan.read_record(case, **question)
    assert str(caught.value) == message
