"""Modelled against counted tonnes, per screenline of count.csv."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from karvan.case import AppliedCase

#: What count.csv calls the directions of a link.
_DIRECTIONS = {"+": "forward", "-": "backward"}
_WAYS = {"both": {"+", "-"}, "forward": {"+"}, "backward": {"-"}}
#: A screenline is large from so many counted tonnes a year.
LARGE_T_PER_YEAR = 1e6
#: Factor between modelled and counted tonnes that is aimed at on large and on small screenlines.
LARGE_FACTOR, SMALL_FACTOR = 1.5, 2.0


def compare_counts(applied: AppliedCase, movements: pd.DataFrame, days: float) -> pd.DataFrame:
    """Return modelled and counted tonnes a year of every count that is a screenline.

    Parameters
    ----------
    applied
        The case under a setting.
    movements
        Tonnes a year by table, row, direction and commodity.
    days
        Days of operation a year, for freight that is preload.

    Returns
    -------
    DataFrame with ratio (modelled over counted), aim (the factor aimed at) and hit (within it)
    """
    by_goods: dict[tuple[str, str, str], dict[str, float]] = {}
    columns = (movements[name].tolist() for name in ("table", "row", "direction", "commodity", "flow_t_per_year"))
    for *movement, goods, tonnes in zip(*columns, strict=True):
        own = by_goods.setdefault((movement[0], movement[1], movement[2]), {})
        own[goods] = own.get(goods, 0.0) + tonnes
    rows = []
    for name, row in applied.rows("count").items():
        counted, aim = counted_tonnes(row)
        if not row["screenline"] or math.isnan(counted):
            continue
        wanted = counted_rows(applied, row)
        # in one order, so that the sum is the same whatever was found first
        modelled = sum(
            tonnes for movement in sorted(wanted) for goods, tonnes in sorted(by_goods.get(movement, {}).items())
            if row["commodity"] in ("", goods)
        )  # fmt: skip
        if not row["commodity"]:
            modelled += fixed_tonnes_per_day(applied, row) * days
        ratio = modelled / counted if counted > 0 else math.nan
        rows.append({
            "count_id": name, "name": row["name"], "kind": row["kind"], "use": row["use"], "period": row["period"],
            "counted_t_per_year": counted, "counted_low_t_per_year": float(row["flow_low_t_per_year"]),
            "counted_high_t_per_year": float(row["flow_high_t_per_year"]), "modelled_t_per_year": modelled, "ratio": ratio,
            "aim": aim, "hit": bool(1 / aim <= ratio <= aim),
        })  # fmt: skip
    return pd.DataFrame(rows, columns=list(_COLUMNS))


_COLUMNS = (
    "count_id", "name", "kind", "use", "period", "counted_t_per_year", "counted_low_t_per_year", "counted_high_t_per_year",
    "modelled_t_per_year", "ratio", "aim", "hit",
)  # fmt: skip


def counted_tonnes(row: Mapping[str, Any]) -> tuple[float, float]:
    """Return the tonnes a year of a count, and the factor within which the model should be."""
    counted = float(row["flow_t_per_year"])
    return counted, LARGE_FACTOR if counted >= LARGE_T_PER_YEAR else SMALL_FACTOR


def counted_rows(applied: AppliedCase, row: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    """Return the movements that a count covers: table, row and direction."""
    country = {node: cells["country"] for node, cells in applied.rows("node").items()}
    modes = set(row["mode"])
    one, two = row["from_country"], row["to_country"]
    found: set[tuple[str, str, str]] = set()
    for link in row["links"]:
        cells = applied.rows("link")[link]
        ends = (country[cells["from_node_id"]], country[cells["to_node_id"]])
        for way, (here, there) in (("+", ends), ("-", ends[::-1])):
            if row["direction"] not in ("both", _DIRECTIONS[way]):
                continue
            inland = here == there
            if inland or ((not one or one == here) and (not two or two == there)):
                found.add(("link", link, way))
    for name, cells in applied.rows("border").items():
        if modes and cells["mode"] not in modes:
            continue
        here, there = cells["from_country"], cells["to_country"]
        if row["links"] or (cells["crossing_id"] not in row["crossings"] and cells["node_id"] not in row["nodes"]):
            continue
        # a port's row names one country only
        if (not one or not here or one == here) and (not two or not there or two == there):
            found.add(("border", name, ""))
    return found


def fixed_tonnes_per_day(applied: AppliedCase, row: Mapping[str, Any]) -> float:
    """Return the freight a day that is preload on the links of a count, in the directions that it counts."""
    total = 0.0
    for cells in applied.rows("background").values():
        if cells["link_id"] in row["links"] and cells["kind"] == "freight" and not math.isnan(cells["t_per_day"]):
            here, there = (_WAYS[item["direction"]] for item in (row, cells))
            total += cells["t_per_day"] * len(here & there)
    return total
