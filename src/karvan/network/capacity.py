"""What a link can carry, in tonnes a day.

``trains a day x net tonnes a train`` and ``million tonnes a year / operating days``; the smaller binds where both are given.
On a single track the figure is shared by both directions, on two or more it holds for each, unless the row says otherwise.
A blank means uncapacitated, which is an assumption.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from karvan.network.services import service_index

if TYPE_CHECKING:
    from collections.abc import Mapping

    from karvan.case import AppliedCase
    from karvan.network.services import ServiceIndex

#: Days of operation a year, where the case has no parameter ``operating_days_per_year``.
OPERATING_DAYS_PER_YEAR = 365.0


def link_capacities(applied: AppliedCase) -> pd.DataFrame:
    """Return capacity and scope per link.

    Returns
    -------
    DataFrame by link with ``capacity_t_per_day`` (NaN: uncapacitated) and ``capacity_shared`` (True: the sum of both
    directions).
    """
    services = service_index(applied.rows("service"))
    country = {node: row["country"] for node, row in applied.rows("node").items()}
    days = operating_days(applied)
    found = [link_capacity(row, services, country, days) for row in applied.rows("link").values()]
    columns = {
        "capacity_t_per_day": [tonnes for tonnes, _ in found],
        "capacity_shared": [shared for _, shared in found],
    }
    return pd.DataFrame(columns, index=applied.tables["link"].index)


def link_capacity(
    row: Mapping[str, Any], services: ServiceIndex, country: Mapping[str, str], days: float
) -> tuple[float, bool]:
    """Return the capacity of a link in tonnes a day, NaN without one, and whether both directions share it.

    Parameters
    ----------
    row
        The link.
    services, country, days
        Services; country of every node; days of operation a year.
    """
    found = []
    if not math.isnan(row["capacity_trains_per_day"]):
        service = services.find(row["mode"], country[row["from_node_id"]], "container")
        found.append(row["capacity_trains_per_day"] * service.vehicle_net_t)
    if not math.isnan(row["capacity_mt_per_year"]):
        found.append(row["capacity_mt_per_year"] * 1e6 / days)
    known = [figure for figure in found if not math.isnan(figure)]
    shared = row["capacity_scope"] == "both" or (row["capacity_scope"] == "" and row["tracks"] == 1)
    return (min(known) if known else math.nan), shared


def operating_days(applied: AppliedCase) -> float:
    """Return the days of operation a year."""
    given = applied.rows("parameter").get("operating_days_per_year")
    return float(given["value"]) if given else OPERATING_DAYS_PER_YEAR
