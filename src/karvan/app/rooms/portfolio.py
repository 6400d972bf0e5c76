"""Portfolio: which projects within a budget and in which years, how that stands up, who gains and pays, and why.

A choice appraises many sets of projects, so it is a run that tells how far it is. What it solves is kept in the store of the
app, so that another budget is found sooner.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse

from karvan.app.answers import Answer, Source, sources_of
from karvan.app.asked import setting_of
from karvan.app.rooms.appraisal import DEFAULT_RULE_SET, RuleSetName
from karvan.app.rooms.appraisal import has_data as has_projects
from karvan.app.rooms.case import TheCase, TheRuns, TheSetting
from karvan.app.runs import RunState, Tell
from karvan.case import Case
from karvan.case.provenance import Meta
from karvan.errors import RequestError

if TYPE_CHECKING:
    from fastapi.responses import Response

router = APIRouter()
Budget = Annotated[float, Query(description="Most that all outlays may add up to, USD million.")]
AimName = Annotated[str | None, Query(description="Whose worth counts: a standing, or STANDING:worst_state.")]


def has_data(case: Case) -> bool:
    """Return whether a case has projects, and goods that travel."""
    return has_projects(case)


# what a run answers ------------------------------------------------------------------------------------------------------


class Chosen(Answer):
    """A project that is chosen, with the years of its works."""

    project: str
    name: str
    kind: str
    countries: list[str]
    start_year: int
    opening_year: int
    cost_musd: float


class StandingWorth(Answer):
    """What the chosen set is worth to a standing."""

    standing: str
    enpv_musd: float


class FunderOutlay(Answer):
    """What a funder lays out for a project in a year."""

    year: int
    project: str
    funder: str
    funder_name: str
    country: str
    instrument: str
    status: str
    musd: float


class SetWorth(Answer):
    """A set that was appraised in full, and what the pairwise model holds it for."""

    projects: list[str]
    value_musd: float
    model_musd: float | None
    cost_musd: float


class Dependence(Answer):
    """A project with which another is worth more, or less, than by itself."""

    project: str
    pair_musd: float


class Criterion(Answer):
    """How far a project has come by one criterion: 1 met, 0.5 under way, 0 missing, None not reported."""

    criterion: str
    level: float | None
    words: str


class Readiness(Answer):
    """How far a project has come."""

    score: float | None
    reported: int
    criteria: list[Criterion]


class Reason(Answer):
    """Why a project of the ranking is in or out; the fields are those of `karvan portfolio --json`."""

    id: str
    name: str
    kind: str
    chosen: bool
    opening_year: int | None
    cost_musd: float | None
    alone_musd: float | None
    value_per_dollar: float | None
    why: str
    adds_musd: float | None
    cost_out_musd: float | None
    cost_in_musd: float | None
    loss_musd: float | None
    instead_of: list[str]
    depends_on: list[Dependence]
    readiness: Readiness


class Apart(Answer):
    """A project that stays out of the ranking, and why."""

    id: str
    name: str
    kind: str
    cost_musd: float | None
    why: str
    readiness: Readiness


class FrontierPoint(Answer):
    """The best set under a budget, and what is added to or left out of that of the budget before."""

    budget_musd: float
    cost_musd: float
    value_musd: float
    projects: list[str]
    added: list[str]
    left_out: list[str]


class StateValue(Answer):
    """What a set is worth in a state of the crossings."""

    state: str
    worth_musd: float


class TestedSet(Answer):
    """How a set stands up over courses of events."""

    projects: list[str]
    value_musd: float
    expected_musd: float
    cvar_musd: float
    worst_regret_musd: float
    loss_share: float
    by_state: list[StateValue]


class Condition(Answer):
    """A level of a dimension of the futures."""

    dimension: str
    level: str


class Failing(Answer):
    """A box of futures in which the chosen set is mostly worth less than nothing."""

    conditions: list[Condition]
    failing_share: float
    covers_share: float


class Robust(Answer):
    """How the sets near the best stand up."""

    core: list[str]
    near_sets: int
    sets: list[TestedSet]
    futures_count: int
    failing_share: float
    failures: list[Failing]
    robust_notes: list[str]


class YearWorth(Answer):
    """What waiting until a year is worth."""

    year: int
    worth_musd: float


class Waiting(Answer):
    """Whether to build now or to wait."""

    build_now: bool
    now_musd: float
    wait_musd: float
    option_musd: float
    decide_year: int
    trigger: list[str]
    by_state: list[StateValue]
    by_year: list[YearWorth]


class CountryNet(Answer):
    """What a country gains before works are paid for, what is spent there, and the difference."""

    country: str
    benefit_musd: float
    capital_musd: float
    net_musd: float


class SideShare(Answer):
    """What a side bears under a rule of sharing, and is left with."""

    side: str
    benefit_musd: float
    cost_musd: float
    net_musd: float


class Leaving(Answer):
    """A group that would rather stay out, and what it would gain by that."""

    group: list[str]
    gain_musd: float


class CostSharing(Answer):
    """Cost shares by one rule."""

    rule: str
    sides: list[SideShare]
    would_leave: list[Leaving]


class Fair(Answer):
    """Who gains and who pays."""

    countries: list[CountryNet]
    cost_shares: list[CostSharing]
    fair_notes: list[str]


class PortfolioAnswer(Answer):
    """What to choose within a budget, how it stands up, who gains and pays, and why."""

    meta: Meta | None
    budget_musd: float
    aim: str
    rule_set: str
    value_musd: float
    cost_musd: float
    bound_kind: str
    proven: bool
    bound_musd: float | None
    gap: float | None
    largest_error_musd: float | None
    sets_appraised: int
    chosen: list[Chosen]
    standings: list[StandingWorth]
    outlays: list[FunderOutlay]
    sets: list[SetWorth]
    candidates: list[Reason]
    apart: list[Apart]
    frontier: list[FrontierPoint]
    robustness: Robust
    wait: Waiting | None
    fairness: Fair
    notes: list[str]
    sources: list[Source]


# asking ------------------------------------------------------------------------------------------------------------------


def _options(
    case: Case, asked: TheSetting, store: str, budget: float, aim: str | None, rule_set: str
) -> dict[str, Any]:
    """Return what a run is asked, checked as far as that is quick.

    Raises
    ------
    RequestError
        The budget is no sum.
    UnknownNameError
        A name of the setting, or the aim, is not there.
    """
    from karvan.appraisal.standings import standings_of  # noqa: PLC0415 - heavy
    from karvan.portfolio.aims import Aim  # noqa: PLC0415 - as above

    if not (math.isfinite(budget) and budget >= 0):
        message = f"The budget is {budget:g}. Give USD million, such as 2000 for USD 2 bn."
        raise RequestError(message)
    setting = setting_of(case, asked)
    case.apply(setting)
    standings, headline = standings_of(case)
    Aim.of(aim, {one.id: one.countries for one in standings}, headline)
    return {"scenario": setting.scenario, "budget": budget, "aim": aim, "rule_set": rule_set, "store": store}


@router.post("/runs")
def start_choice(
    case: TheCase, asked: TheSetting, runs: TheRuns, budget: Budget, aim: AimName = None,
    rule_set: RuleSetName = DEFAULT_RULE_SET,
) -> RunState:  # fmt: skip
    """Start a choice in the scenario of a setting, unless the same one is there."""
    return runs.start("portfolio", **_options(case, asked, str(runs.store), budget, aim, rule_set))


@router.get("/runs")
def choice_run(
    case: TheCase, asked: TheSetting, runs: TheRuns, budget: Budget, aim: AimName = None,
    rule_set: RuleSetName = DEFAULT_RULE_SET,
) -> RunState | None:  # fmt: skip
    """Return how the latest choice of a question stands; null where there is none."""
    return runs.latest("portfolio", **_options(case, asked, str(runs.store), budget, aim, rule_set))


@router.get("/runs/{run}")
def choice_state(runs: TheRuns, run: str) -> RunState:
    """Return how a choice stands."""
    return runs.state(run)


@router.delete("/runs/{run}")
def stop_choice(runs: TheRuns, run: str) -> RunState:
    """Stop a choice; what it has solved is kept."""
    return runs.stop(run)


@router.get("/runs/{run}/answer", response_model=PortfolioAnswer)
def choice_answer(runs: TheRuns, run: str) -> Response:
    """Return a choice that is done."""
    return FileResponse(runs.answer(run), media_type="application/json")


# in a process of its own -------------------------------------------------------------------------------------------------


def run_of(
    case: Case, *, tell: Tell, scenario: str | None, budget: float, aim: str | None, rule_set: str, store: str
) -> PortfolioAnswer:
    """Return what to choose within a budget, as `karvan portfolio` finds it."""
    from karvan.portfolio import find_portfolio  # noqa: PLC0415 - heavy

    said = ""

    def say(text: str) -> None:
        nonlocal said
        said = text
        tell(text, 0, 0)

    found = find_portfolio(
        case, budget, aim=aim, scenario=scenario, rule_set=rule_set, store=store,
        progress=lambda done, of: tell(said, done, of), tell=say,
    )  # fmt: skip
    cells = found.to_dict()
    rows = case.rows("project")
    names = [str(row[key]) for key, kind in (("project", "chosen"), ("id", "candidates")) for row in cells[kind]]
    sources = sources_of(case, (name for project in dict.fromkeys(names) for name in rows[project]["source"]))
    return PortfolioAnswer.model_validate(_known(cells) | {"rule_set": rule_set, "sources": sources})


def _known(cells: Any) -> Any:  # noqa: ANN401 - JSON
    """Return JSON with None in place of what is no number."""
    if isinstance(cells, dict):
        return {name: _known(value) for name, value in cells.items()}
    if isinstance(cells, (list, tuple)):
        return [_known(value) for value in cells]
    return None if isinstance(cells, float) and not math.isfinite(cells) else cells
