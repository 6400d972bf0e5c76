"""How far a case can be trusted, counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from karvan.case.schema import schemas

if TYPE_CHECKING:
    from karvan.case.model import Case

LEVELS = ("high", "medium", "low")


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
