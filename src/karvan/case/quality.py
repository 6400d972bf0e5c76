"""How far a case can be trusted: rows by confidence, contradictions, old vintages, and what results rest on.

A row's **vintage** is the year of its own (``year``, ``cost_year``), else that of its newest dated source. It is stale where it
lies more than ``stale_after_years`` before the base year. What a **result** rests on is reported by the stage that makes it,
as :class:`Reliance`: the share of a figure that comes from rows that are assumptions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from karvan.case.cells import first_day
from karvan.case.provenance import Meta, meta_of
from karvan.case.schema import schemas
from karvan.case.setting import Setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from karvan.case.model import Case

LEVELS = ("high", "medium", "low")
#: Years after which a figure is stale, where the case has no parameter ``stale_after_years``: CPMM's yearly figures of 2020
#: are then the oldest that are not.
STALE_AFTER_YEARS = 5.0
#: Columns that say of which year a row is.
YEAR_COLUMNS = ("year", "cost_year")
#: Assumptions and conflicts of a result that are listed.
SHOWN = 15


@dataclass(frozen=True)
class Reliance:
    """What a figure of a result rests on.

    Attributes
    ----------
    result, measure
        Such as ``Karachi Port to Baku`` and ``time``.
    value, unit
        The figure.
    assumed_share
        Part of it that rests on an assumption.
    low_share
        Part of it that rests on a row of low confidence, or on an assumption.
    parts
        By row that is an assumption, as ``table:key``, the part of the figure that it touches.
    """

    result: str
    measure: str
    value: float
    unit: str
    assumed_share: float
    low_share: float
    parts: dict[str, float]

    @classmethod
    def of(
        cls, result: str, measure: str, unit: str, pieces: Iterable[tuple[float, bool, str, Sequence[str]]]
    ) -> Reliance:
        """Add up a figure.

        Parameters
        ----------
        result, measure, unit
            As the attributes.
        pieces
            Each a part of the figure, whether it rests on an assumption, its lowest confidence, and the rows assumed.
        """
        value = assumed = low = 0.0
        parts: dict[str, float] = {}
        for amount, is_assumed, confidence, rows in pieces:
            value += amount
            assumed += amount if is_assumed else 0.0
            low += amount if is_assumed or confidence == "low" else 0.0
            for row in rows:
                parts[row] = parts.get(row, 0.0) + amount
        whole = value or 1.0
        shares = {row: part / whole for row, part in parts.items()}
        return cls(result, measure, value, unit, assumed / whole, low / whole, shares)


@dataclass(frozen=True)
class Quality:
    """What a case holds, and how far to trust it.

    Attributes
    ----------
    tables
        One row per table: rows by confidence, assumed, stale and undated rows, and sources.
    conflicts
        Facts that contradict each other, both named.
    stale
        Rows older than the threshold, the oldest first.
    stale_after_years
        The threshold.
    capacities
        Existing rail links by the class of evidence of their capacity.
    silent_projects
        Projects that change nothing that the case models, and why.
    reliances
        What results rest on.
    meta
        Where it comes from.
    """

    tables: pd.DataFrame
    conflicts: pd.DataFrame
    stale: pd.DataFrame
    stale_after_years: float
    capacities: dict[str, int]
    silent_projects: pd.DataFrame
    reliances: tuple[Reliance, ...]
    meta: Meta

    @property
    def assumed_share(self) -> float:
        """Share of all rows that rest on an assumption."""
        rows = int(self.tables["rows"].sum())
        return float(self.tables["assumed"].sum()) / rows if rows else math.nan

    @property
    def unresolved(self) -> pd.DataFrame:
        """Conflicts that the case carries open: as a range, as scenarios, or not at all."""
        return self.conflicts[self.conflicts["carried"].isin(["range", "scenario", "none"])]

    @property
    def largest(self) -> pd.DataFrame:
        """Assumptions by the greatest part of a result that any of them touches."""
        best: dict[str, tuple[float, str]] = {}
        for reliance in self.reliances:
            for row, part in reliance.parts.items():
                if part > best.get(row, (0.0, ""))[0]:
                    best[row] = (part, f"{reliance.measure} of {reliance.result}")
        ranked = sorted(best.items(), key=lambda item: (-item[1][0], item[0]))[:SHOWN]
        lines = [{"row": row, "share": part, "of": of} for row, (part, of) in ranked]
        return pd.DataFrame(lines, columns=["row", "share", "of"])

    def to_dict(self) -> dict[str, Any]:
        """Return the quality as JSON can hold it."""
        return {
            "meta": self.meta.model_dump(mode="json"), "assumed_share": self.assumed_share,
            "tables": self.tables.to_dict("records"), "conflicts": self.conflicts.to_dict("records"),
            "stale_after_years": self.stale_after_years, "stale": self.stale.to_dict("records"),
            "rail_capacities": self.capacities,
            "silent_projects": self.silent_projects.to_dict("records"),
            "results": [
                {name: getattr(item, name) for name in ("result", "measure", "value", "unit", "assumed_share", "low_share")}
                for item in self.reliances
            ],
            "largest_assumptions": self.largest.to_dict("records"),
        }  # fmt: skip


def table_counts(case: Case) -> pd.DataFrame:
    """Return rows, rows by confidence, rows that rest on an assumption, and distinct sources, per table with rows."""
    rows = []
    for name in schemas():
        frame = case.tables[name]
        if frame.empty or "confidence" not in frame:
            continue
        levels = frame["confidence"].value_counts()
        assumed = sum(not case.assumption_sources.isdisjoint(cell) for cell in frame["source"])
        sources = {source for cell in frame["source"] for source in cell}
        counts = {level: int(levels.get(level, 0)) for level in LEVELS}
        rows.append({"table": name, "rows": len(frame), **counts, "assumed": assumed, "sources": len(sources)})
    return pd.DataFrame(rows, columns=["table", "rows", *LEVELS, "assumed", "sources"])


def assess(case: Case, reliances: Iterable[Reliance] = ()) -> Quality:
    """Return how far a case can be trusted.

    Parameters
    ----------
    case
        The case.
    reliances
        What results rest on, from the stages that made them.
    """
    after = case.parameters.get("stale_after_years", STALE_AFTER_YEARS)
    counts = table_counts(case)
    stale: list[dict[str, Any]] = []
    undated: dict[str, int] = {}
    for name in counts["table"]:
        years = {row: vintage(case, name, row) for row in case.rows(name)}
        undated[name] = sum(year is None for year in years.values())
        stale += [
            {"table": name, "row": row, "year": year, "confidence": case.rows(name)[row]["confidence"]}
            for row, year in years.items()
            if year is not None and case.config.case.base_year - year > after
        ]
    old = pd.DataFrame(stale, columns=["table", "row", "year", "confidence"])
    old = old.sort_values(["year", "table", "row"], ignore_index=True)
    of_table = old["table"].value_counts()
    counts["stale"] = [int(of_table.get(name, 0)) for name in counts["table"]]
    counts["undated"] = [undated[name] for name in counts["table"]]
    return Quality(
        tables=counts, conflicts=conflicts(case), stale=old, stale_after_years=after, silent_projects=silent_projects(case),
        capacities=rail_capacities(case),
        reliances=tuple(reliances), meta=meta_of(case, Setting(), {"stage": "quality"}),
    )  # fmt: skip


def vintage(case: Case, table: str, row: str) -> int | None:
    """Return the year that a row is of: its own, else that of its newest dated source; None where neither is known."""
    cells = case.rows(table)[row]
    for column in YEAR_COLUMNS:
        if column in cells and not math.isnan(cells[column]):
            return int(cells[column])
    dates = [case.rows("source")[name]["date"] for name in cells["source"]]
    years = [first_day(text).year for text in dates if text]
    return max(years) if years else None


def rail_capacities(case: Case) -> dict[str, int]:
    """Return how many existing rail links have a reported, an assumed and no capacity."""
    links = case.tables["link"]
    standing = links[(links["mode"] == "rail") & (links["status"] == "existing")]
    return {basis: int((standing["capacity_basis"] == basis).sum()) for basis in ("reported", "assumed", "none")}


def conflicts(case: Case) -> pd.DataFrame:
    """Return the contradictions, with both sides and their sources."""
    columns = [
        "conflict",
        "name",
        "where",
        "first",
        "first_source",
        "second",
        "second_source",
        "unit",
        "carried",
        "note",
    ]
    lines = []
    for name, row in case.rows("conflict").items():
        place = ":".join(part for part in (row["table"], row["row"], row["column"]) if part)
        lines.append(
            {
                "conflict": name, "name": row["name"], "where": place, "first": row["first"],
                "first_source": list(row["first_source"]), "second": row["second"],
                "second_source": list(row["second_source"]), "unit": row["unit"], "carried": row["carried"], "note": row["note"],
            }
        )  # fmt: skip
    return pd.DataFrame(lines, columns=columns)


def acting_projects(case: Case) -> frozenset[str]:
    """Return the projects that change something: by effects, by what they open, or through their parts."""
    acting = {row["owner"] for row in case.rows("effect").values()}
    acting |= {
        name for table in ("link", "terminal") for row in case.rows(table).values() for name in row["project_id"]
    }
    projects = case.rows("project")
    for _ in projects:  # a part may have parts
        acting |= {name for name, row in projects.items() if set(row["contains"]) & acting}
    return frozenset(acting & set(projects))


def silent_projects(case: Case) -> pd.DataFrame:
    """Return the projects that change nothing that the case models, and why."""
    acting = acting_projects(case)
    lines = [
        {"project": name, "name": row["name"], "status": row["status"], "reason": row["no_effect"]}
        for name, row in case.rows("project").items()
        if name not in acting
    ]
    return pd.DataFrame(lines, columns=["project", "name", "status", "reason"])
