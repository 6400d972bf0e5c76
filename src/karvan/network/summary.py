"""What a network consists of, counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from karvan.case import Meta
    from karvan.network.model import Network


@dataclass(frozen=True)
class NetworkSummary:
    """Counts and lengths of a network.

    Attributes
    ----------
    table
        Links and length in km by mode, gauge and whether they stand.
    crossings
        The rows of border.csv with hours, price and status.
    nodes
        How many there are.
    uncapacitated_share
        Share of the standing links without a capacity: an assumption.
    assumption_share
        Share of the standing links that rest on an assumption.
    notes
        Notes of the setting.
    meta
        Where it comes from.
    network
        What is counted.
    """

    table: pd.DataFrame
    crossings: pd.DataFrame
    nodes: int
    uncapacitated_share: float
    assumption_share: float
    notes: tuple[str, ...]
    meta: Meta
    network: Network

    @property
    def states(self) -> int:
        """How many states there are."""
        return len(self.network.index)

    @property
    def arcs(self) -> int:
        """How many arcs containers have; they are made when they are first asked for."""
        return len(self.network.arcs("container"))


def summarise(network: Network, meta: Meta) -> NetworkSummary:
    """Return the summary of a network."""
    links = network.table
    groups = links.assign(gauge_mm=links["gauge_mm"].fillna(0).astype(int)).groupby(["mode", "gauge_mm", "built"])
    table = groups.agg(links=("length_km", "size"), length_km=("length_km", "sum")).reset_index()
    borders = network.applied.tables["border"]
    shown = ["name", "mode", "from_country", "to_country", "status", "time_h", "price_usd_per_t", "confidence"]
    standing = links[links["built"]]
    return NetworkSummary(
        table=table,
        crossings=borders[shown].copy(),
        nodes=len(network.applied.tables["node"]),
        uncapacitated_share=float(standing["capacity_t_per_day"].isna().mean()) if len(standing) else 0.0,
        assumption_share=network.assumption_share,
        notes=network.applied.notes,
        meta=meta,
        network=network,
    )


def flat(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its lists written out, as files hold them."""
    columns = {}
    for name in frame.columns:
        values = frame[name]
        lists = any(isinstance(value, tuple) for value in values)
        columns[name] = [";".join(value) for value in values] if lists else values
    return pd.DataFrame(columns)
