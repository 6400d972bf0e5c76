"""The way of a route in short: by which modes it goes, and through which countries."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from karvan.routes.results import Route

#: A mode with less of the distance than this is access, not the way.
LEAST_SHARE = 0.03


def way_parts(route: Route) -> tuple[list[str], list[str]]:
    """Return the modes that carry a route, and the countries between its ends that it runs through on land, in order."""
    moves = [leg for leg in route.legs if leg.kind == "move"]
    by_mode: dict[str, float] = {}
    for leg in moves:
        by_mode[leg.mode] = by_mode.get(leg.mode, 0.0) + leg.distance_km
    modes = [mode for mode, km in by_mode.items() if km >= LEAST_SHARE * route.distance_km]
    ends = {route.legs[0].country, route.legs[-1].country} if route.legs else set()
    land = [leg.country for leg in moves if leg.mode in ("rail", "road") and leg.country not in ends]
    return modes, list(dict.fromkeys(land))
