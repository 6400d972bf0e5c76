"""Appraisal: is it worth it, for whom, and where does that turn; one project at a time, and all of them as a league table.

A league table solves years of every project, so it is a run that tells how far it is. One project is answered by the process
beside the server; both keep solved years in one store.
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse

from karvan.app.answers import Answer, Source, sources_of
from karvan.app.asked import setting_of
from karvan.app.rooms import appraisal_draws
from karvan.app.rooms.case import TheCase, TheRuns, TheSetting
from karvan.app.runs import RunState, Tell
from karvan.app.work import TheWork, records
from karvan.case import Case, Setting, meta_of
from karvan.case.provenance import Meta
from karvan.errors import RequestError

if TYPE_CHECKING:
    from fastapi.responses import Response

    from karvan.appraisal import Appraisal, OutcomeStore, RuleSet

router = APIRouter()
router.include_router(appraisal_draws.router, prefix="/draws")
DEFAULT_RULE_SET = "adb_2017"
RuleSetName = Annotated[str, Query(description="Rule set, by name.")]


def has_data(case: Case) -> bool:
    """Return whether a case has projects, and goods that travel."""
    return len(case.tables["project"]) > 0 and len(case.tables["base_flow"]) > 0


# what there is to appraise ----------------------------------------------------------------------------------------------


class RuleSetChoice(Answer):
    """A rule set: its rate, and how long projects count under it."""

    id: str
    name: str
    rate: float
    horizon_years: float


class StandingChoice(Answer):
    """Whose gains may count; no countries is everybody."""

    id: str
    name: str
    countries: list[str]


class Candidate(Answer):
    """A project with its cost as its row has it, in money of that row's price year."""

    id: str
    name: str
    countries: list[str]
    cost_musd: float | None
    cost_low_musd: float | None
    cost_high_musd: float | None
    cost_basis: str
    effect_basis: str
    status: str


class AppraisalAnswer(Answer):
    """What can be appraised, and how."""

    meta: Meta
    rule_sets: list[RuleSetChoice]
    standings: list[StandingChoice]
    headline: str
    projects: list[Candidate]
    sources: list[Source]


@router.get("", response_model=AppraisalAnswer)
async def appraisal_answer(
    case: TheCase, asked: TheSetting, work: TheWork, request: Request, rule_set: RuleSetName = DEFAULT_RULE_SET
) -> Response:
    """Return what can be appraised, and how."""
    return await work.answer(request, "appraisal", setting_of(case, asked), of=None, rule_set=rule_set, store="")


def _rule_set(rules: RuleSet) -> RuleSetChoice:
    return RuleSetChoice(
        id=rules.id, name=rules.name, rate=rules.schedule().rate, horizon_years=rules.horizon_years.value
    )


# the league table -------------------------------------------------------------------------------------------------------


class LeagueRow(Answer):
    """A project in the league table: what it costs and is worth, by standing and by state of the crossings.

    Attributes
    ----------
    rank
        Place among those that can be compared; None for the others, which say why.
    enpv_musd
        By standing; None where it is not valued.
    enpv_low_musd, enpv_high_musd
        By standing: in the worst and the best state of the crossings, were it to last.
    p_negative
        Chance of a loss; None without draws.
    """

    rank: int | None
    id: str
    name: str
    countries: list[str]
    opening_year: int | None
    cost_musd: float | None
    cost_assumed: bool
    effect_assumed: bool
    enpv_musd: dict[str, float | None]
    enpv_low_musd: dict[str, float]
    enpv_high_musd: dict[str, float]
    eirr: float | None
    bcr: float | None
    p_negative: float | None
    break_even_cost_musd: float | None
    break_even_mt_per_year: float | None
    traffic_mt_per_year: float | None
    why_not: str


class LeagueAnswer(Answer):
    """Every project of a case appraised alone: those that can be compared by their worth, then the others."""

    meta: Meta
    rule_set: str
    headline: str
    horizon_year: int
    rows: list[LeagueRow]


@router.post("/runs")
def start_league(case: TheCase, asked: TheSetting, runs: TheRuns, rule_set: RuleSetName = DEFAULT_RULE_SET) -> RunState:
    """Start a league table in the scenario of a setting, unless the same one is there."""
    setting = setting_of(case, asked)
    case.apply(setting)
    return runs.start("appraisal", scenario=setting.scenario, rule_set=rule_set, store=str(runs.store))


@router.get("/runs")
def league_run(
    case: TheCase, asked: TheSetting, runs: TheRuns, rule_set: RuleSetName = DEFAULT_RULE_SET
) -> RunState | None:
    """Return how the latest league table of a question stands; null where there is none."""
    setting = setting_of(case, asked)
    return runs.latest("appraisal", scenario=setting.scenario, rule_set=rule_set, store=str(runs.store))


@router.get("/runs/{run}")
def league_state(runs: TheRuns, run: str) -> RunState:
    """Return how a league table stands."""
    return runs.state(run)


@router.delete("/runs/{run}")
def stop_league(runs: TheRuns, run: str) -> RunState:
    """Stop a league table; what it has solved is kept."""
    return runs.stop(run)


@router.get("/runs/{run}/answer", response_model=LeagueAnswer)
def league_answer(runs: TheRuns, run: str) -> Response:
    """Return a league table that is done."""
    return FileResponse(runs.answer(run), media_type="application/json")


def run_of(case: Case, *, tell: Tell, scenario: str | None, rule_set: str, store: str) -> LeagueAnswer:
    """Return the league table; in a process of its own."""
    from karvan.appraisal import OutcomeStore, league_table  # noqa: PLC0415 - heavy

    names = list(case.rows("project"))
    tell("appraisal", 0, len(names))
    found = league_table(
        case, scenario=scenario, rule_set=rule_set, store=OutcomeStore(store),
        progress=lambda done, of: tell("appraisal", done, of),
    )  # fmt: skip
    ranked = [one for one in found if one.ranked]
    return LeagueAnswer(
        meta=meta_of(case, Setting(scenario=scenario), {"stage": "appraisal", "rule_set": rule_set}),
        rule_set=rule_set,
        headline=found[0].headline,
        horizon_year=found[0].years[-1],
        rows=[_league_row(case, one, ranked.index(one) + 1 if one.ranked else None) for one in found],
    )


def _league_row(case: Case, found: Appraisal, rank: int | None) -> LeagueRow:
    row = case.rows("project")[found.asked[0]]
    states = list(found.enpv_by_state_musd.values())
    standings = [one.id for one in found.standings]
    turns = found.break_even
    return LeagueRow(
        rank=rank, id=found.asked[0], name=row["name"], countries=list(row["country"]),
        opening_year=found.plan.projects[0].opening if found.plan.projects else None,
        cost_musd=_known(found.cost_musd) if found.plan.projects else _known(row["cost_musd"]),
        cost_assumed=row["cost_basis"] == "assumed", effect_assumed=row["effect_basis"] == "assumed",
        enpv_musd={name: _known(found.enpv_musd[name]) for name in standings},
        enpv_low_musd={name: min(state[name] for state in states) for name in standings} if states else {},
        enpv_high_musd={name: max(state[name] for state in states) for name in standings} if states else {},
        eirr=found.eirr, bcr=found.bcr, p_negative=found.to_dict()["p_negative"],
        break_even_cost_musd=turns.cost_musd, break_even_mt_per_year=turns.mt_per_year,
        traffic_mt_per_year=turns.traffic_mt_per_year, why_not=found.why_not,
    )  # fmt: skip


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


# one project, or a set of them together -----------------------------------------------------------------------------------


class Planned(Answer):
    """A project as it is planned, with the evidence of its cost and effect."""

    id: str
    name: str
    opening_year: int
    cost_musd: float | None
    cost_low_musd: float | None
    cost_high_musd: float | None
    cost_basis: str
    effect_basis: str
    countries: list[str]


class Indicators(Answer):
    """What the accounts of a standing come to."""

    standing: str
    name: str
    enpv_musd: float | None
    eirr: float | None
    eirr_roots: list[float]
    mirr: float | None
    bcr: float | None
    bcr_denominator: str | None
    first_year_return: float | None
    payback_years: float | None


class Stream(Answer):
    """Expected gains of a standing by one effect, year by year; costs are below zero."""

    effect: str
    musd: list[float]


class Cash(Answer):
    """The streams of a standing, and the sum of its net flow so far at present value."""

    standing: str
    streams: list[Stream]
    net_musd: list[float]
    sum_pv_musd: list[float]


class StateWorth(Answer):
    """What it is worth were a state of the crossings to last, by standing, and how likely the state is in the long run."""

    state: str
    name: str
    probability: float
    enpv_musd: dict[str, float]


class PartyGain(Answer):
    """Present value of what a kind of party gains in a country: really, and by transfers from others."""

    country: str
    party: str
    benefit_musd: float
    transfer_musd: float


class DriverBar(Answer):
    """What a figure does to the headline's value over its range, and where the value turns."""

    name: str
    unit: str
    base: float
    low: float
    high: float
    enpv_low_musd: float
    enpv_high_musd: float
    switching_value: float | None
    switching_change: float | None


class Turning(Answer):
    """Where the headline's value is nought."""

    cost_musd: float | None
    mt_per_year: float | None
    traffic_mt_per_year: float | None
    closure_share: float | None


class Outlay(Answer):
    """Capital cost of a project in a year and country."""

    year: int
    project: str
    funder: str
    instrument: str
    country: str
    musd: float


class ProjectAnswer(Answer):
    """A project, or a set of projects together: what it costs and brings, to whom, and where that turns."""

    meta: Meta
    id: str
    projects: list[Planned]
    valued: bool
    ranked: bool
    why_not: str
    rule_set: str
    rate: float
    headline: str
    cost_musd: float | None
    years: list[int]
    indicators: list[Indicators]
    cash: list[Cash]
    states: list[StateWorth]
    gains: list[PartyGain]
    drivers: list[DriverBar]
    turning: Turning
    outlays: list[Outlay]
    notes: list[str]
    sources: list[Source]


@router.get("/set", response_model=ProjectAnswer)
async def project_answer(
    case: TheCase, asked: TheSetting, work: TheWork, runs: TheRuns, request: Request, of: str,
    rule_set: RuleSetName = DEFAULT_RULE_SET,
) -> Response:  # fmt: skip
    """Return what projects are worth together; ``of`` names them, with commas between."""
    setting = setting_of(case, asked)
    return await work.answer(request, "appraisal", setting, of=of, rule_set=rule_set, store=str(runs.store))


# in the process beside the server -------------------------------------------------------------------------------------


def answer_of(case: Case, setting: Setting, *, of: str | None, rule_set: str, store: str) -> Answer:
    """Return what projects are worth together, in the scenario and with the changes of a setting; or what there is."""
    if of is None:
        return _what_there_is(case, setting, rule_set)
    from karvan.appraisal import appraise  # noqa: PLC0415 - heavy

    names = [name.strip() for name in of.split(",") if name.strip()]
    if not names:
        message = "No project is named. Name one of the case's, or several with commas between."
        raise RequestError(message)
    found = appraise(
        case,
        names,
        scenario=setting.scenario,
        rule_set=rule_set,
        changes=setting.changes,
        store=_store(Path(store)),
        loans_must_fit=False,
    )
    return describe(case, found)


def _what_there_is(case: Case, setting: Setting, rule_set: str) -> AppraisalAnswer:
    from karvan.appraisal import open_rule_set, rule_set_names  # noqa: PLC0415 - heavy
    from karvan.appraisal.standings import standings_of  # noqa: PLC0415 - heavy

    applied, rules = case.apply(setting), open_rule_set(rule_set)
    standings, headline = standings_of(case)
    rows = case.rows("project")
    return AppraisalAnswer(
        meta=meta_of(case, applied.setting, {"stage": "appraisal", "rule_set": rules.id}),
        rule_sets=[_rule_set(open_rule_set(name)) for name in rule_set_names()],
        standings=[StandingChoice(id=one.id, name=one.name, countries=list(one.countries)) for one in standings],
        headline=headline,
        projects=[_candidate(name, row) for name, row in rows.items()],
        sources=sources_of(case, (name for row in rows.values() for name in row["source"])),
    )


def _candidate(name: str, row: dict[str, Any]) -> Candidate:
    return Candidate(
        id=name, name=row["name"], countries=list(row["country"]), cost_musd=_known(row["cost_musd"]),
        cost_low_musd=_known(row["cost_low_musd"]), cost_high_musd=_known(row["cost_high_musd"]),
        cost_basis=row["cost_basis"], effect_basis=row["effect_basis"], status=row["status"],
    )  # fmt: skip


@lru_cache(maxsize=2)
def _store(folder: Path) -> OutcomeStore:
    from karvan.appraisal import OutcomeStore  # noqa: PLC0415 - heavy

    return OutcomeStore(folder)


def describe(case: Case, found: Appraisal) -> ProjectAnswer:
    """Return an appraisal as the page has it."""
    cells = found.to_dict()
    rows = case.rows("project")
    turns = found.break_even
    scenarios = case.rows("scenario")
    sources = [name for project in found.plan.projects for name in rows[project.id]["source"]]
    return ProjectAnswer(
        meta=found.meta,
        id="+".join(found.asked),
        projects=[_planned(rows[row["id"]], row) for row in cells["projects"]],
        valued=found.valued,
        ranked=found.ranked,
        why_not=found.why_not,
        rule_set=found.rule_set,
        rate=found.rules.schedule().rate,
        headline=found.headline,
        cost_musd=_known(found.cost_musd),
        years=list(found.years),
        indicators=[
            Indicators(**{name: row[name] for name in Indicators.model_fields}) for row in cells["by_standing"]
        ],
        cash=_cash(found),
        states=_states(found, scenarios),
        gains=[PartyGain(**row) for row in records(found.who_gains)],
        drivers=_drivers(found),
        turning=Turning(**{name: getattr(turns, name) for name in Turning.model_fields}),
        outlays=[Outlay(**row) for row in records(found.outlays)],
        notes=list(found.notes),
        sources=sources_of(
            case, sources or (name for one in found.asked for name in rows[one.split("@")[0]]["source"])
        ),
    )


def _planned(row: dict[str, Any], cells: dict[str, Any]) -> Planned:
    return Planned.model_validate(
        cells | {f"cost_{end}_musd": _known(row[f"cost_{end}_musd"]) for end in ("low", "high")}
        | {"cost_musd": _known(cells["cost_musd"])}
    )  # fmt: skip


def _cash(found: Appraisal) -> list[Cash]:
    cash = []
    for standing in found.standings:
        accounts = found.accounts(standing.id)
        if accounts is None:
            continue
        table = accounts.table
        signs = [(item.name, -1.0 if item.kind == "cost" else 1.0) for item in accounts.accounts.items]
        streams = [Stream(effect=name, musd=[sign * value + 0.0 for value in table[name]]) for name, sign in signs]
        cash.append(
            Cash(
                standing=standing.id,
                streams=streams,
                net_musd=table["net"].tolist(),
                sum_pv_musd=table["net_pv_sum"].tolist(),
            )
        )
    return cash


def _states(found: Appraisal, scenarios: dict[str, dict[str, Any]]) -> list[StateWorth]:
    if found.valuation is None or not found.valued:
        return []
    last = found.probability.iloc[-1].to_dict()
    return [
        StateWorth(state=state, name=str(scenarios[state]["name"]), probability=float(last[state]), enpv_musd=worth)
        for state, worth in found.enpv_by_state_musd.items()
    ]


def _drivers(found: Appraisal) -> list[DriverBar]:
    return [
        DriverBar(
            name=one.name, unit=one.unit, base=one.base, low=one.low, high=one.high, enpv_low_musd=one.at_low,
            enpv_high_musd=one.at_high, switching_value=one.switch.value, switching_change=one.switch.change,
        )
        for one in getattr(found, "sensitivity", ())
    ]  # fmt: skip
