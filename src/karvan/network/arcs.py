"""Arcs of the network: everything that can happen to goods between two states, with its time, price and emissions."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


class ArcKind(IntEnum):
    """What an arc stands for."""

    LOAD = 0
    MOVE = 1
    BORDER = 2
    TRANSFER = 3
    UNLOAD = 4
    ZONE = 5


@dataclass
class Arc:
    """One arc while the network is being built.

    Attributes
    ----------
    tail, head
        Numbers of the states that it joins.
    kind
        What it stands for.
    mode
        Mode that goods are on, or that they board.
    row
        Key of the link that it belongs to, or of the terminal; empty for loading by the service's own means.
    border
        Key of the border row, for formalities.
    service
        Key of the service row whose speed and price hold.
    country
        Country in which it happens.
    length_km, move_h, rest_h, wait_h, stop_h
        Distance; hours in motion, at rest on the way, waiting for a departure, in handling or formalities.
    sd_h, wait_sd_h
        Standard deviations of the hours under way or stopped, and of the wait, from journey to journey.
    mean_sd_h, price_sd_usd_per_t
        Standard deviations of what the mean hours and the price may be: how well they are known.
    price_usd_per_t, resource_usd_per_t, co2e_kg_per_t
        Price, the part of it that is a cost of resources, and emissions well to wheel.
    cut
        Why the arc is not there in this setting; empty where it is. Only relaxed networks have such arcs.
    """

    tail: int
    head: int
    kind: ArcKind
    mode: str = ""
    row: str = ""
    border: str = ""
    service: str = ""
    country: str = ""
    length_km: float = 0.0
    move_h: float = 0.0
    rest_h: float = 0.0
    wait_h: float = 0.0
    stop_h: float = 0.0
    sd_h: float = 0.0
    wait_sd_h: float = 0.0
    mean_sd_h: float = 0.0
    price_sd_usd_per_t: float = 0.0
    price_usd_per_t: float = 0.0
    resource_usd_per_t: float = 0.0
    co2e_kg_per_t: float = 0.0
    cut: str = ""


_INT_COLUMNS = ("tail", "head", "kind")
_TEXT_COLUMNS = ("mode", "row", "border", "service", "country", "cut")


@dataclass(frozen=True, eq=False)
class Arcs:
    """Arcs as columns; the fields are those of :class:`Arc`, one array each, in the order in which they were built."""

    tail: np.ndarray[Any, np.dtype[np.int64]]
    head: np.ndarray[Any, np.dtype[np.int64]]
    kind: np.ndarray[Any, np.dtype[np.int64]]
    mode: np.ndarray[Any, np.dtype[np.object_]]
    row: np.ndarray[Any, np.dtype[np.object_]]
    border: np.ndarray[Any, np.dtype[np.object_]]
    service: np.ndarray[Any, np.dtype[np.object_]]
    country: np.ndarray[Any, np.dtype[np.object_]]
    length_km: np.ndarray[Any, np.dtype[np.float64]]
    move_h: np.ndarray[Any, np.dtype[np.float64]]
    rest_h: np.ndarray[Any, np.dtype[np.float64]]
    wait_h: np.ndarray[Any, np.dtype[np.float64]]
    stop_h: np.ndarray[Any, np.dtype[np.float64]]
    sd_h: np.ndarray[Any, np.dtype[np.float64]]
    wait_sd_h: np.ndarray[Any, np.dtype[np.float64]]
    mean_sd_h: np.ndarray[Any, np.dtype[np.float64]]
    price_sd_usd_per_t: np.ndarray[Any, np.dtype[np.float64]]
    price_usd_per_t: np.ndarray[Any, np.dtype[np.float64]]
    resource_usd_per_t: np.ndarray[Any, np.dtype[np.float64]]
    co2e_kg_per_t: np.ndarray[Any, np.dtype[np.float64]]
    cut: np.ndarray[Any, np.dtype[np.object_]]

    @classmethod
    def of(cls, arcs: Sequence[Arc]) -> Arcs:
        """Return a list of arcs as columns."""
        columns: dict[str, Any] = {}
        for item in fields(Arc):
            values = [getattr(arc, item.name) for arc in arcs]
            if item.name in _TEXT_COLUMNS:
                column = np.empty(len(values), dtype=object)
                column[:] = values
            else:
                column = np.array(values, dtype=np.int64 if item.name in _INT_COLUMNS else np.float64)
            columns[item.name] = column
        return cls(**columns)

    def __len__(self) -> int:
        return len(self.tail)

    def where(self, kept: np.ndarray[Any, np.dtype[np.bool_]]) -> Arcs:
        """Return those of the arcs that are kept, in their order."""
        return Arcs(**{item.name: getattr(self, item.name)[kept] for item in fields(Arc)})

    @cached_property
    def time_h(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Mean hours in all."""
        hours: np.ndarray[Any, np.dtype[np.float64]] = self.move_h + self.rest_h + self.wait_h + self.stop_h
        return hours

    @cached_property
    def standing_h(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Mean hours in which the goods stand still."""
        hours: np.ndarray[Any, np.dtype[np.float64]] = self.rest_h + self.wait_h + self.stop_h
        return hours
