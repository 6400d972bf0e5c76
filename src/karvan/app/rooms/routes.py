"""Routes between two places in a setting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query

from karvan.app.answers import Answer, Source, sources_of
from karvan.app.asked import network_in, setting_of
from karvan.app.rooms.case import TheCase, TheSetting
from karvan.case.provenance import Meta
from karvan.errors import UnknownNameError

if TYPE_CHECKING:
    from karvan.routes import Measure, Route

router = APIRouter()


class Spread(Answer):
    """A figure with its range: mean, p10 and p90."""

    mean: float
    p10: float
    p90: float


class LegAnswer(Answer):
    """A stretch or a stop of a route; the fields are those of `karvan routes --json`."""

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
    standing_h: float
    wait_h: float
    sd_h: float
    price_usd_per_t: float
    resource_usd_per_t: float
    co2e_kg_per_t: float
    gauge_break: bool
    crossing: str
    links: list[str]
    rows: list[str]
    confidence: str
    assumed: bool
    sources: list[str]


class RouteAnswer(Answer):
    """A route; the fields are those of `karvan routes --json`, and its way in parts: modes, and countries passed through."""

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
    modes: list[str]
    borders: list[str]
    gauge_breaks: list[str]
    assumed_share: float
    way_modes: list[str]
    way_countries: list[str]
    legs: list[LegAnswer]


class RoutesAnswer(Answer):
    """The routes of one question, with the rows of source.csv that they rest on."""

    meta: Meta
    origin: str
    destination: str
    origin_name: str
    destination_name: str
    commodity: str
    by: str
    asked: int
    notes: list[str]
    routes: list[RouteAnswer]
    sources: list[Source]


@router.get("")
def routes_answer(
    case: TheCase,
    asked: TheSetting,
    origin: str,
    destination: str,
    commodity: str | None = None,
    by: str = "generalised",
    k: int = 3,
    mode: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI copies it
    avoid: Annotated[list[str], Query()] = [],  # noqa: B006
    via: Annotated[list[str], Query()] = [],  # noqa: B006
) -> RoutesAnswer:
    """Return the routes between two places, best first."""
    from karvan.routes import find_routes  # noqa: PLC0415 - heavy: the server answers before it is there
    from karvan.routes.way import way_parts  # noqa: PLC0415 - as above

    setting = setting_of(case, asked)
    network_in(case, setting)
    found = find_routes(
        case, origin, destination, commodity=commodity, modes=mode, scenario=setting.scenario, projects=setting.projects,
        year=setting.year, changes=setting.changes, k=k, by=_measure(by), avoid=avoid, via=via,
    )  # fmt: skip
    cells: dict[str, Any] = found.to_dict()
    ways = [way_parts(route) for route in found.routes]
    cells["routes"] = [
        row | {"way_modes": modes, "way_countries": countries}
        for row, (modes, countries) in zip(cells["routes"], ways, strict=True)
    ]
    sources = sources_of(case, (name for route in found.routes for name in _sources(route)))
    return RoutesAnswer(
        origin_name=found.origin_name, destination_name=found.destination_name, sources=sources, **cells
    )


def _measure(by: str) -> Measure:
    from karvan.routes import MEASURES  # noqa: PLC0415 - as above

    measure = next((name for name in MEASURES if name == by), None)
    if measure is None:
        raise UnknownNameError("measure", by, MEASURES)
    return measure


def _sources(route: Route) -> list[str]:
    return [name for leg in route.legs for name in leg.sources]
