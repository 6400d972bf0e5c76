"""How far the figures can be trusted, as tables of words: what results rest on, contradictions, old figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from karvan.charts import words
from karvan.report.tables import Cell, Table

if TYPE_CHECKING:
    from karvan.case.quality import Quality

#: How a conflict is carried, in words.
CARRIED = {
    "range": "as a range", "scenario": "as alternatives", "first": "the first", "second": "the second", "none": "not at all",
}  # fmt: skip


def results_table(quality: Quality) -> Table:
    """Return what results rest on."""
    rows = tuple(
        (
            Cell(f"{item.result}: {item.measure}"), Cell(f"{words.number(item.value)} {item.unit}", figure=True),
            Cell(words.percent(item.assumed_share), figure=True), Cell(words.percent(item.low_share), figure=True),
        )
        for item in quality.reliances
    )  # fmt: skip
    return Table("What results rest on", ("Result", "figure", "from assumptions", "or low confidence"), rows)


def assumptions_table(quality: Quality) -> Table:
    """Return the assumptions that touch the greatest part of a result."""
    rows = tuple(
        (Cell(row["row"]), Cell(words.percent(row["share"]), figure=True), Cell(row["of"]))
        for row in quality.largest.to_dict("records")
    )
    return Table("The largest assumptions", ("Row", "part", "of"), rows)


def conflicts_table(quality: Quality) -> Table:
    """Return the contradictions, with both sides."""
    rows = tuple(
        (
            Cell(row["name"]), Cell(_side(row["first"], row["unit"]), note=words.listed(row["first_source"])),
            Cell(_side(row["second"], row["unit"]), note=words.listed(row["second_source"])), Cell(CARRIED[row["carried"]]),
            Cell(row["note"]),
        )
        for row in quality.conflicts.to_dict("records")
    )  # fmt: skip
    return Table("Facts that contradict each other", ("About", "one says", "another says", "carried", "note"), rows)


def tables_table(quality: Quality) -> Table:
    """Return rows by confidence, assumption and age, per table."""
    heads = ("Table", "rows", "high", "medium", "low", "assumed", "stale", "undated", "sources")
    columns = ("rows", "high", "medium", "low", "assumed", "stale", "undated", "sources")
    rows = tuple(
        (Cell(row["table"]), *(Cell(words.count(int(row[column])), figure=True) for column in columns))
        for row in quality.tables.to_dict("records")
    )
    return Table("Rows by confidence and age", heads, rows)


def silent_table(quality: Quality) -> Table:
    """Return the projects that change nothing that the case models."""
    rows = tuple(
        (Cell(row["project"]), Cell(row["name"]), Cell(row["status"]), Cell(row["reason"]))
        for row in quality.silent_projects.to_dict("records")
    )
    return Table("Projects that change nothing here, and why", ("Project", "name", "status", "why"), rows)


def _side(text: str, unit: str) -> str:
    return f"{text} {unit}" if unit and text[-1:].isdigit() else text
