"""Which service row holds for a mode, a country and a form of cargo, and what a kilometre takes on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from karvan.case.ranges import DEFAULT_SHARES, Z90
from karvan.case.remember import remembered
from karvan.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from karvan.case import Rows

HOURS_PER_WEEK = 168.0
HOURS_PER_DAY = 24.0


@dataclass(frozen=True)
class Service:
    """A row of service.csv as numbers."""

    id: str
    speed_kmh: float
    moving_h_per_day: float
    time_cv: float
    load_h: float
    load_usd_per_t: float
    price_usd_per_tkm: float
    resource_share: float
    headway_h: float
    vehicle_net_t: float
    diesel_kg_per_tkm: float
    electric_kg_per_tkm: float
    mean_cv: float
    load_mean_cv: float
    price_sd_usd_per_tkm: float

    @classmethod
    def of(cls, name: str, row: Mapping[str, Any], shares: Mapping[str, float] = DEFAULT_SHARES) -> Service:
        """Read a row of the service table.

        Parameters
        ----------
        name, row
            Key and cells.
        shares
            Half-width of the range of a figure by confidence, where the row has none of its own.
        """
        share = shares[row["confidence"]]
        price, low, high = (row[f"price_{end}usd_per_tkm"] for end in ("", "low_", "high_"))
        below = price * (1 - share) if math.isnan(low) else low
        above = price * (1 + share) if math.isnan(high) else high
        known = row["time_range_share"]
        return cls(
            id=name,
            speed_kmh=row["speed_kmh"],
            moving_h_per_day=row["moving_h_per_day"],
            time_cv=row["time_cv"],
            load_h=row["load_h"],
            load_usd_per_t=row["load_usd_per_t"],
            price_usd_per_tkm=row["price_usd_per_tkm"],
            resource_share=row["resource_share"],
            headway_h=headway_h(row["frequency_per_week"]),
            vehicle_net_t=row["vehicle_net_t"],
            diesel_kg_per_tkm=(row["co2e_ttw_g_per_tkm"] + row["co2e_wtt_g_per_tkm"]) / 1000,
            electric_kg_per_tkm=row["electric_kwh_per_tkm"] * row["grid_g_per_kwh"] / 1000,
            mean_cv=(share if math.isnan(known) else known) / Z90,
            load_mean_cv=share / Z90,
            price_sd_usd_per_tkm=(above - below) / (2 * Z90),
        )

    def co2e_kg_per_tkm(self, *, electrified: bool) -> float:
        """Return emissions well to wheel, in kg per tonne-km.

        Raises
        ------
        RequestError
            The link is electrified, and the service has no figures of electricity.
        """
        if electrified and math.isnan(self.electric_kg_per_tkm):
            message = (
                f"Service {self.id} has no electricity figures, and an electrified link needs them. "
                f"Fill in electric_kwh_per_tkm and grid_g_per_kwh."
            )
            raise RequestError(message)
        return self.electric_kg_per_tkm if electrified else self.diesel_kg_per_tkm


def headway_h(frequency_per_week: float) -> float:
    """Return the hours between two departures; zero for a service on demand (NaN)."""
    return 0.0 if math.isnan(frequency_per_week) else HOURS_PER_WEEK / frequency_per_week


def wait(headway: float) -> tuple[float, float]:
    """Return mean and standard deviation of the wait for a departure, goods arriving at any time (uniform), in hours."""
    return headway / 2, headway / math.sqrt(12)


class ServiceIndex:
    """Looks up the service of a mode and country: a row of the very country before ``*``, the very form before ``any``."""

    def __init__(self, rows: Rows, shares: Mapping[str, float] = DEFAULT_SHARES) -> None:
        self._rows: dict[tuple[str, str, str], Service] = {
            (row["mode"], row["country"], row["form"]): Service.of(name, row, shares) for name, row in rows.items()
        }
        self.find = lru_cache(maxsize=None)(self._find)

    def _find(self, mode: str, country: str, form: str) -> Service:
        for place in (country, "*"):
            for kind in (form, "any"):
                row = self._rows.get((mode, place, kind))
                if row is not None:
                    return row
        message = f"service.csv has no row for {mode} in {country} and {form}"
        raise LookupError(message)


@remembered(8)
def service_index(rows: Rows, shares: tuple[tuple[str, float], ...] = tuple(DEFAULT_SHARES.items())) -> ServiceIndex:
    """Return the index of some rows, the same for the same rows."""
    return ServiceIndex(rows, dict(shares))
