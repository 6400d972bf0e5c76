"""Flows: what runs where in a setting, what is scarce and who is paid for it, and how that fits what was counted."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request

from karvan.app.answers import Answer, Source, sources_of
from karvan.app.asked import setting_of
from karvan.app.rooms.case import TheCase, TheSetting
from karvan.app.work import TheWork, records
from karvan.case import Case, Setting
from karvan.case.provenance import Meta

if TYPE_CHECKING:
    import pandas as pd
    from fastapi.responses import Response

    from karvan.flows import CorridorFlows

router = APIRouter()
#: Results kept by the process that finds them: who uses a link is asked of one that is there.
KEPT = 4


def has_data(case: Case) -> bool:
    """Return whether a case has goods that travel."""
    return len(case.tables["base_flow"]) > 0


class FlowTotals(Answer):
    """What it all comes to in a year; the fields are those of `karvan flows --json`."""

    demand_t_per_year: float
    network_t_per_year: float
    outside_t_per_year: float
    tkm_per_year: float
    mean_time_h: float
    co2e_t_per_year: float
    rent_musd_per_year: float
    queue_loss_musd_per_year: float
    delay_loss_musd_per_year: float


class LinkFlows(Answer):
    """The links as columns in the order of the shape; a link that carries nothing has zeros, one without a limit no use.

    Attributes
    ----------
    forward_t_per_year, backward_t_per_year
        From the start of the link to its end, and back.
    utilisation, price_usd_per_t, queue_h, delay_h
        Of the fuller direction, where each has its own.
    """

    forward_t_per_year: list[float]
    backward_t_per_year: list[float]
    vehicles_per_day: list[float]
    empties_per_day: list[float]
    capacity_t_per_day: list[float | None]
    used_t_per_day: list[float | None]
    utilisation: list[float | None]
    price_usd_per_t: list[float]
    queue_h: list[float]
    delay_h: list[float]


class Bottleneck(Answer):
    """What is full or nearly so; the fields are those of `karvan flows --json`, and whether its capacity is an assumption."""

    resource: str
    table: str
    row: str
    direction: str
    name: str
    mode: str
    capacity_t_per_day: float
    preload_t_per_day: float
    used_t_per_day: float
    utilisation: float
    clearing: str
    price_usd_per_t: float
    queue_h: float
    delay_h: float
    rent_musd_per_year: float
    queue_loss_musd_per_year: float
    delay_loss_musd_per_year: float
    owner: str
    owner_name: str
    cost_musd_per_year: float
    assumed: bool


class CrossingFlow(Answer):
    """What passes a row of border.csv."""

    border_id: str
    crossing_id: str
    name: str
    mode: str
    from_country: str
    to_country: str
    status: str
    flow_t_per_year: float
    capacity_t_per_day: float | None
    utilisation: float | None
    price_usd_per_t: float | None
    queue_h: float | None


class Screenline(Answer):
    """Modelled against counted tonnes; ``ratio`` is the one over the other, ``aim`` the factor aimed at."""

    count_id: str
    name: str
    kind: str
    use: str
    period: str
    counted_t_per_year: float
    counted_low_t_per_year: float | None
    counted_high_t_per_year: float | None
    modelled_t_per_year: float
    ratio: float | None
    aim: float
    hit: bool
    constant_usd_per_t: float | None


class ModeFlow(Answer):
    """Tonne-km by mode, and what empties run."""

    mode: str
    tkm_per_year: float
    vehicle_km_per_year: float
    empty_km_per_year: float
    empty_resource_usd_per_year: float
    empty_co2e_t_per_year: float


class FlowsAnswer(Answer):
    """What runs where in a setting, with the rows of source.csv behind demand, counts and what is scarce.

    Attributes
    ----------
    reference
        Scenario in which goods were counted: modelled stands against counted in the base year of it, without projects or changes.
    is_reference, has_counts
        Whether that is the setting; whether there are counts. ``screenlines`` are of the reference alone.
    """

    meta: Meta
    reference: str
    is_reference: bool
    has_counts: bool
    totals: FlowTotals
    relative_gap: float
    iterations: int
    links: LinkFlows
    bottlenecks: list[Bottleneck]
    crossings: list[CrossingFlow]
    screenlines: list[Screenline]
    modes: list[ModeFlow]
    notes: list[str]
    sources: list[Source]


class Use(Answer):
    """Tonnes of one commodity from one zone to another over a link or crossing."""

    origin: str
    destination: str
    commodity: str
    flow_t_per_year: float


class UsersAnswer(Answer):
    """Who uses a link or a crossing, the largest first."""

    meta: Meta
    link: str | None
    crossing: str | None
    flows: list[Use]


@router.get("", response_model=FlowsAnswer)
async def flows_answer(case: TheCase, asked: TheSetting, work: TheWork, request: Request) -> Response:
    """Return what runs where in a setting."""
    return await work.answer(request, "flows", setting_of(case, asked))


@router.get("/look", response_model=FlowsAnswer | None)
async def flows_look(case: TheCase, asked: TheSetting, work: TheWork, request: Request) -> Response:
    """Return a first look at what runs where in a setting: its figures are provisional, met roughly and not audited.

    It is null where the answer itself is there.
    """
    return await work.answer(request, "flows", setting_of(case, asked), look=True)


@router.get("/users", response_model=UsersAnswer)
async def users_answer(
    case: TheCase,
    asked: TheSetting,
    work: TheWork,
    request: Request,
    link: str | None = None,
    crossing: str | None = None,
) -> Response:
    """Return who uses a link or a crossing in a setting."""
    return await work.answer(request, "flows", setting_of(case, asked), users=True, link=link, crossing=crossing)


# in the process beside the server -------------------------------------------------------------------------------------


def answer_of(
    case: Case, setting: Setting, *, users: bool = False, link: str | None = None, crossing: str | None = None
) -> Answer:
    """Return what runs where in a setting, or who uses a link or crossing."""
    found = flows_in(case, setting)
    if not users:
        return describe(case, found)
    table = found.users(link=link, crossing=crossing)
    zones = {name: str(row["name"]) for name, row in case.rows("zone").items()}
    for side in ("origin", "destination"):
        table[side] = [zones.get(name, name) for name in table[side]]
    rows = [Use(**row) for row in records(table)]
    return UsersAnswer(meta=found.meta, link=link, crossing=crossing, flows=rows)


def look_of(case: Case, setting: Setting) -> FlowsAnswer:
    """Return a first look at what runs where in a setting."""
    from karvan.flows.corridor import look_at_flows  # noqa: PLC0415 - the server itself assigns nothing

    return describe(case, look_at_flows(case, setting))


@lru_cache(maxsize=KEPT)
def flows_in(case: Case, setting: Setting) -> CorridorFlows:
    """Return the flows of a setting; the latest few are kept."""
    from karvan.flows.corridor import assign_flows  # noqa: PLC0415 - the server itself assigns nothing

    return assign_flows(
        case, scenario=setting.scenario, projects=setting.projects, year=setting.year, changes=setting.changes
    )


def describe(case: Case, found: CorridorFlows) -> FlowsAnswer:
    """Return flows as the page has them."""
    bottlenecks = records(found.bottlenecks)
    reference = reference_scenario(case)
    is_reference = _is_reference(case, reference, found.meta.setting)
    return FlowsAnswer(
        meta=found.meta,
        reference=reference,
        is_reference=is_reference,
        has_counts=len(case.tables["count"]) > 0,
        totals=FlowTotals(**found.totals),
        relative_gap=found.relative_gap,
        iterations=found.solved.equilibrium.iterations,
        links=_links(case, found.table),
        bottlenecks=[Bottleneck(assumed=_assumed(case, row["table"], row["row"]), **row) for row in bottlenecks],
        crossings=[
            CrossingFlow(**{name: row[name] for name in CrossingFlow.model_fields}) for row in records(found.crossings)
        ],
        screenlines=_screenlines(found) if is_reference else [],
        modes=[ModeFlow(**row) for row in records(found.modes)],
        notes=list(found.notes),
        sources=sources_of(case, _sources(case, bottlenecks)),
    )


def _screenlines(found: CorridorFlows) -> list[Screenline]:
    constant = dict(zip(found.constants["count_id"], found.constants["constant_usd_per_t"], strict=True))
    return [Screenline(constant_usd_per_t=constant.get(row["count_id"]), **row) for row in records(found.screenlines)]


def reference_scenario(case: Case) -> str:
    """Return the scenario in which goods were counted."""
    from karvan.flows.route_sets import reference_setting  # noqa: PLC0415 - as above

    return reference_setting(case).scenario or case.config.case.default_scenario


def _is_reference(case: Case, reference: str, setting: dict[str, Any]) -> bool:
    plain = not setting["projects"] and not setting["changes"]
    return plain and setting["scenario"] == reference and setting["year"] in (None, case.config.case.base_year)


def _assumed(case: Case, table: str, name: str) -> bool:
    return case.is_assumption(table, name) or case.rows(table)[name].get("capacity_basis") == "assumed"


def _links(case: Case, table: pd.DataFrame) -> LinkFlows:
    """Return both directions of every link in one place: their tonnes apart, all else of both or of the fuller one."""
    import numpy as np  # noqa: PLC0415 - as above

    place = {name: number for number, name in enumerate(case.rows("link"))}
    at = np.array([place[name] for name in table["link_id"].tolist()], dtype=np.int64)
    there = np.array([way == "+" for way in table["direction"].tolist()], dtype=bool)

    def both(name: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        figures = table[name].to_numpy(dtype=np.float64)
        found = np.full((2, len(place)), np.nan)
        for row, chosen in zip(found, (there, ~there), strict=True):
            row[at[chosen]] = figures[chosen]
        return found[0], found[1]

    def summed(name: str) -> list[float]:
        one, other = both(name)
        sums: list[float] = (np.nan_to_num(one) + np.nan_to_num(other)).tolist()
        return sums

    def fuller(name: str) -> list[float | None]:
        return [None if cell != cell else cell for cell in np.fmax(*both(name)).tolist()]  # noqa: PLR0124 - NaN is not itself

    def used(name: str) -> list[float | None]:
        one, other = both(name)
        # both directions of a shared capacity have the use of both
        sums = np.where(one == other, one, np.where(np.isnan(one + other), np.fmax(one, other), one + other))
        return [None if cell != cell else cell for cell in sums.tolist()]  # noqa: PLR0124 - as above

    forward, backward = (np.nan_to_num(side).tolist() for side in both("flow_t_per_year"))
    return LinkFlows(
        forward_t_per_year=forward,
        backward_t_per_year=backward,
        vehicles_per_day=summed("vehicles_per_day"),
        empties_per_day=summed("empties_per_day"),
        capacity_t_per_day=fuller("capacity_t_per_day"),
        used_t_per_day=used("used_t_per_day"),
        utilisation=fuller("utilisation"),
        price_usd_per_t=np.nan_to_num(np.fmax(*both("price_usd_per_t"))).tolist(),
        queue_h=np.nan_to_num(np.fmax(*both("queue_h"))).tolist(),
        delay_h=np.nan_to_num(np.fmax(*both("delay_h"))).tolist(),
    )


def _sources(case: Case, bottlenecks: list[dict[str, Any]]) -> list[str]:
    """Return the sources of what is scarce, of the counts and of the demand, in this order."""
    names = [name for row in bottlenecks for name in case.rows(row["table"])[row["row"]]["source"]]
    return [*names, *_sources_of_demand(case)]


@lru_cache(maxsize=KEPT)
def _sources_of_demand(case: Case) -> tuple[str, ...]:
    rows = (row for table in ("count", "base_flow") for row in case.rows(table).values())
    return tuple(dict.fromkeys(name for row in rows for name in row["source"]))
