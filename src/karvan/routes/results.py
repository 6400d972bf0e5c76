"""Routes as results: what a route takes, costs and emits, in all and leg by leg."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from karvan.case import Meta


@dataclass(frozen=True)
class Spread:
    """A quantity that varies or is not well known: its mean, and the tenth and ninetieth of a hundred."""

    mean: float
    p10: float
    p90: float


@dataclass(frozen=True)
class Leg:
    """A stretch or a stop of a route.

    Attributes
    ----------
    kind
        ``load``, ``move``, ``crossing``, ``transfer`` or ``unload``.
    name
        What people call it.
    mode, country
        Mode that goods are on, or that they board; country in which it happens.
    from_node, to_node
        Nodes at its ends; the same at a stop, and where a stretch ends half-way at a border.
    start_km, start_h, start_usd_per_t
        Distance, mean time and price before it.
    distance_km, time_h, moving_h, wait_h, sd_h
        Distance; mean hours in all, in motion, and waiting for a departure; standard deviation of the hours.
    price_usd_per_t, resource_usd_per_t, co2e_kg_per_t
        Price, cost of resources, emissions well to wheel.
    gauge_break
        Whether goods change gauge here.
    crossing
        Crossing, empty elsewhere.
    links
        Links run over.
    rows
        Rows that the leg rests on, each as ``table:key``.
    confidence
        The lowest confidence of the rows it rests on.
    assumed
        Whether any of them is an assumption.
    sources
        Sources of these rows.
    """

    kind: str
    name: str
    mode: str
    country: str
    from_node: str
    to_node: str
    start_km: float
    start_h: float
    start_usd_per_t: float
    distance_km: float
    time_h: float
    moving_h: float
    wait_h: float
    sd_h: float
    price_usd_per_t: float
    resource_usd_per_t: float
    co2e_kg_per_t: float
    gauge_break: bool
    crossing: str
    links: tuple[str, ...]
    rows: tuple[str, ...]
    confidence: str
    assumed: bool
    sources: tuple[str, ...]

    @property
    def standing_h(self) -> float:
        """Mean hours in which goods stand still."""
        return self.time_h - self.moving_h


@dataclass(frozen=True)
class Route:
    """One way for a tonne from an origin to a destination.

    Attributes
    ----------
    rank
        1 for the best.
    distance_km
        Length of the links run over.
    time_h
        Hours from gate to gate: mean, p10 and p90 of a single journey, with what is not known of the means.
    price_usd_per_t, price_usd_per_feu
        What the shipper pays, per tonne and per 40-foot container.
    price_range_usd_per_t
        The price per tonne again, with its p10 and p90: how well it is known.
    resource_usd_per_t
        The part of it that is a cost of resources; the rest is a transfer.
    generalised_usd_per_t
        Price, time and unreliability in money.
    standing_share
        Share of the mean time in which goods stand still.
    co2e_kg_per_t
        Emissions well to wheel.
    modes, borders, gauge_breaks
        Modes in order, crossings in order, nodes at which goods change gauge.
    assumed_share
        Share of the mean time that rests on assumptions.
    legs
        The route leg by leg.
    """

    rank: int
    distance_km: float
    time_h: Spread
    price_usd_per_t: float
    price_usd_per_feu: float
    price_range_usd_per_t: Spread
    resource_usd_per_t: float
    generalised_usd_per_t: float
    standing_share: float
    co2e_kg_per_t: float
    modes: tuple[str, ...]
    borders: tuple[str, ...]
    gauge_breaks: tuple[str, ...]
    assumed_share: float
    legs: tuple[Leg, ...]


@dataclass(frozen=True)
class Routes:
    """The routes of one question.

    Attributes
    ----------
    origin, destination
        Places, by id.
    origin_name, destination_name
        Their names.
    commodity, by
        What travels, and what was minimised.
    asked
        How many routes were asked for.
    routes
        The routes, best first; fewer than asked for where there are no more that differ.
    notes
        What the reader should know.
    meta
        Where it comes from.
    """

    origin: str
    destination: str
    origin_name: str
    destination_name: str
    commodity: str
    by: str
    asked: int
    routes: tuple[Route, ...]
    notes: tuple[str, ...]
    meta: Meta

    @property
    def table(self) -> pd.DataFrame:
        """The routes, one row each."""
        return pd.DataFrame([_route_row(route) for route in self.routes], columns=list(_ROUTE_COLUMNS))

    @property
    def legs_table(self) -> pd.DataFrame:
        """The legs of every route, one row each."""
        rows = [{"rank": route.rank, "leg": number} | leg_cells(leg)
                for route in self.routes for number, leg in enumerate(route.legs, start=1)]  # fmt: skip
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON can hold it."""
        return {
            "meta": self.meta.model_dump(mode="json"),
            "origin": self.origin,
            "destination": self.destination,
            "commodity": self.commodity,
            "by": self.by,
            "asked": self.asked,
            "notes": list(self.notes),
            "routes": [_route_cells(route) for route in self.routes],
        }


_LEG_LISTS = ("links", "rows", "sources")
_ROUTE_COLUMNS = (
    "rank", "distance_km", "time_h", "time_p10_h", "time_p90_h", "price_usd_per_t", "price_p10_usd_per_t",
    "price_p90_usd_per_t", "price_usd_per_feu", "resource_usd_per_t", "generalised_usd_per_t", "standing_share",
    "co2e_kg_per_t", "modes", "borders", "gauge_breaks", "assumed_share",
)  # fmt: skip


_RANGES = ("time_h", "time_p10_h", "time_p90_h", "price_p10_usd_per_t", "price_p90_usd_per_t")


def _route_row(route: Route) -> dict[str, Any]:
    lists = {name: " > ".join(getattr(route, name)) for name in ("modes", "borders", "gauge_breaks")}
    time, price = route.time_h, route.price_range_usd_per_t
    ranges = dict(zip(_RANGES, (time.mean, time.p10, time.p90, price.p10, price.p90), strict=True))
    return {name: getattr(route, name, None) for name in _ROUTE_COLUMNS} | ranges | lists


def _route_cells(route: Route) -> dict[str, Any]:
    cells = {name: getattr(route, name) for name in _ROUTE_COLUMNS if name not in _RANGES}
    lists = {name: list(cells[name]) for name in ("modes", "borders", "gauge_breaks")}
    legs = [leg_cells(leg) | {name: list(getattr(leg, name)) for name in _LEG_LISTS} for leg in route.legs]
    ranges = {"time_h": asdict(route.time_h), "price_range_usd_per_t": asdict(route.price_range_usd_per_t)}
    return cells | lists | ranges | {"legs": legs}


def leg_cells(leg: Leg) -> dict[str, Any]:
    """Return a leg as a row of a table."""
    names = [name for name in Leg.__dataclass_fields__ if name not in _LEG_LISTS]
    cells = {name: getattr(leg, name) for name in names} | {"standing_h": leg.standing_h}
    return cells | {name: ";".join(getattr(leg, name)) for name in _LEG_LISTS}


def lowest_confidence(levels: Iterable[str]) -> str:
    """Return the lowest of some confidences; high of none."""
    order = ("low", "medium", "high")
    return min(levels, key=order.index, default="high")
