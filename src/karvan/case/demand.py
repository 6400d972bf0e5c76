"""Demand: the base flows of a setting's year, summed, and set against what was published.

A flow grows with the economies of both its ends (:mod:`karvan.case.growth`). In the base year nothing is added: counts of the
years before it stand for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from karvan.case.growth import GROWTH, growth_factor
from karvan.errors import AuditError, UnknownNameError

if TYPE_CHECKING:
    from karvan.case.model import AppliedCase

#: What flows can be summed by, and the columns that a sum is of.
GROUPINGS: dict[str, tuple[str, ...]] = {
    "pair": ("from_economy", "to_economy"),
    "zone": ("origin", "destination"),
    "commodity": ("commodity",),
    "corridor": ("corridor",),
    "mode": ("mode",),
    "kind": ("kind",),
}
BASES = ("counted", "raked", "derived", "assumed")
FIGURES = ("flow_t_per_year", "flow_low_t_per_year", "flow_high_t_per_year")
#: Relative slack of a sum over some two thousand figures.
SUM_SLACK = 1e-9


@dataclass(frozen=True, eq=False)
class Demand:
    """The flows of a setting.

    Attributes
    ----------
    table
        One row per flow, indexed by flow_id: origin, destination, from_economy, to_economy, commodity, mode, kind, corridor,
        flow_t_per_year with its low and high, contestable_t_per_year, growth_factor, basis, trade_id, confidence.
    totals
        Published totals of countries beside the flows of that mode that start or end there.
    notes
        What the reader should know.
    """

    table: pd.DataFrame = field(repr=False)
    totals: pd.DataFrame = field(repr=False)
    notes: tuple[str, ...]

    def by(self, grouping: str) -> pd.DataFrame:
        """Return the flows summed, largest first.

        Parameters
        ----------
        grouping
            ``pair`` (economies), ``zone``, ``commodity``, ``corridor``, ``mode`` or ``kind``.

        Returns
        -------
        pd.DataFrame
            Tonnes on the network and beside it, the ends of the range summed as if all erred together, the part that may
            choose, and the shares of the tonnes by basis.

        Raises
        ------
        UnknownNameError
            There is no such grouping.
        AuditError
            The sums do not add up to the flows.
        """
        if grouping not in GROUPINGS:
            raise UnknownNameError("grouping", grouping, list(GROUPINGS))
        columns = list(GROUPINGS[grouping])
        table = self.table.assign(
            outside_t_per_year=self.table["flow_t_per_year"].where(self.table["mode"] == "outside", 0.0),
            **{
                f"{basis}_share": self.table["flow_t_per_year"].where(self.table["basis"] == basis, 0.0)
                for basis in BASES
            },
        )
        shares = [f"{basis}_share" for basis in BASES]
        sums = table.groupby(columns)[[*FIGURES, "outside_t_per_year", "contestable_t_per_year", *shares]].sum()
        if not math.isclose(sums["flow_t_per_year"].sum(), self.table["flow_t_per_year"].sum(), rel_tol=SUM_SLACK):
            message = f"flows by {grouping} do not add up to the flows"
            raise AuditError(message)
        sums[shares] = sums[shares].div(sums["flow_t_per_year"].where(sums["flow_t_per_year"] > 0), axis=0)
        return sums.reset_index().sort_values(
            ["flow_t_per_year", *columns], ascending=[False, *(True for _ in columns)]
        )


def demand(applied: AppliedCase) -> Demand:
    """Return the flows of a setting's year, with every effect on them.

    A case without base flows has an empty table.
    """
    base_year = applied.case.config.case.base_year
    year = base_year if applied.setting.year is None else applied.setting.year
    rows = [_flow(applied, name, row) for name, row in applied.rows("base_flow").items()]
    table = pd.DataFrame(rows, columns=list(_COLUMNS)).set_index("flow_id")
    return Demand(table, _totals(applied, table), _notes(applied, table, year, base_year))


_COLUMNS = (
    "flow_id", "origin", "destination", "from_economy", "to_economy", "commodity", "mode", "kind", "corridor", *FIGURES,
    "contestable_t_per_year", "growth_factor", "basis", "trade_id", "confidence",
)  # fmt: skip


def _flow(applied: AppliedCase, name: str, row: dict[str, Any]) -> dict[str, Any]:
    zones = applied.rows("zone")
    ends = [str(zones[row[end]]["economy"]) for end in ("origin", "destination")]
    factor, low, high = (
        growth_factor(applied, ends, column)
        for column in (GROWTH, "growth_low_share_per_year", "growth_high_share_per_year")
    )
    middle = float(row["flow_t_per_year"])
    below, above = (float(row[column]) for column in FIGURES[1:])
    # a project that sets a flow above its old ends leaves no range of its own
    below = min(middle if math.isnan(below) else below, middle)
    above = max(middle if math.isnan(above) else above, middle)
    kept = {column: row[column] for column in ("origin", "destination", "commodity", "mode", "kind", "corridor")}
    return {
        "flow_id": name, **kept, "from_economy": ends[0], "to_economy": ends[1], "flow_t_per_year": middle * factor,
        "flow_low_t_per_year": below * low, "flow_high_t_per_year": above * high,
        "contestable_t_per_year": middle * factor * float(row["contestable_share"]), "growth_factor": factor,
        "basis": row["basis"], "trade_id": row["trade_id"], "confidence": row["confidence"],
    }  # fmt: skip


def _totals(applied: AppliedCase, table: pd.DataFrame) -> pd.DataFrame:
    """Return the published totals of a country and mode beside the flows that start or end there."""
    zones = applied.rows("zone")
    rows = []
    for name, row in applied.case.rows("count").items():
        country, flow = row["from_country"], float(row["flow_t_per_year"])
        if row["kind"] != "country" or not country or country != row["to_country"] or math.isnan(flow):
            continue
        here = [
            zones[one]["country"] == country or zones[two]["country"] == country
            for one, two in zip(table["origin"], table["destination"], strict=True)
        ]
        modes = table["mode"].isin(row["mode"]) if row["mode"] else table["mode"] != "outside"
        ours = float(table.loc[modes & pd.Series(here, index=table.index, dtype=bool), "flow_t_per_year"].sum())
        rows.append({
            "count_id": name, "name": row["name"], "country": country, "period": row["period"], "published_t_per_year": flow,
            "flow_t_per_year": ours, "flow_share": ours / flow if flow else math.nan,
        })  # fmt: skip
    columns = ["count_id", "name", "country", "period", "published_t_per_year", "flow_t_per_year", "flow_share"]
    return pd.DataFrame(rows, columns=columns).sort_values(["country", "period", "count_id"])


def _notes(applied: AppliedCase, table: pd.DataFrame, year: int, base_year: int) -> tuple[str, ...]:
    if table.empty:
        return (*applied.notes, f"{applied.case.id} has no base flows")
    notes = ["low and high are sums of the rows' ends, as if all erred together"]
    if year > base_year:
        notes.append(f"growth of {year - base_year} years is assumed, the same with and without a project")
    names = sorted(name for name, row in applied.rows("base_flow").items() if row["flow_t_per_year"] == 0)
    if names:
        notes.append(f"flows of zero until a project sets them: {', '.join(names)}")
    return (*applied.notes, *notes)
