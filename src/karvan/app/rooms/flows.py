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
#: Columns of links that are sums of both directions, and those of which the fuller direction counts.
SUMMED = ("used_t_per_day", "vehicles_per_day", "empties_per_day")
FULLER = ("utilisation", "price_usd_per_t", "queue_h", "delay_h")


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
    place = {name: number for number, name in enumerate(case.rows("link"))}
    names = ["link_id", "direction", "flow_t_per_year", *SUMMED, *FULLER, "capacity_t_per_day"]
    columns: dict[str, list[Any]] = {name: [None] * len(place) for name in (*names[2:], "forward", "backward")}
    for link, way, tonnes, used, *cells in zip(*(table[name].tolist() for name in names), strict=True):
        at = place[link]
        columns["forward" if way == "+" else "backward"][at] = tonnes
        before = columns["used_t_per_day"][at]
        # both directions of a shared capacity have the use of both
        columns["used_t_per_day"][at] = used if before in (None, used) else before + used
        for name, cell in zip(names[4:], cells, strict=True):
            known = columns[name][at]
            summed = name in SUMMED
            columns[name][at] = cell if known is None else known + cell if summed else max(known, cell)

    def column(name: str, blank: float | None) -> list[Any]:
        return [blank if cell is None or cell != cell else cell for cell in columns[name]]  # noqa: PLR0124 - NaN is not itself

    return LinkFlows(
        forward_t_per_year=column("forward", 0.0),
        backward_t_per_year=column("backward", 0.0),
        vehicles_per_day=column("vehicles_per_day", 0.0),
        empties_per_day=column("empties_per_day", 0.0),
        capacity_t_per_day=column("capacity_t_per_day", None),
        used_t_per_day=column("used_t_per_day", None),
        utilisation=column("utilisation", None),
        price_usd_per_t=column("price_usd_per_t", 0.0),
        queue_h=column("queue_h", 0.0),
        delay_h=column("delay_h", 0.0),
    )


def _sources(case: Case, bottlenecks: list[dict[str, Any]]) -> list[str]:
    """Return the sources of what is scarce, of the counts and of the demand, in this order."""
    names = [name for row in bottlenecks for name in case.rows(row["table"])[row["row"]]["source"]]
    for table in ("count", "base_flow"):
        names += [name for row in case.rows(table).values() for name in row["source"]]
    return names
