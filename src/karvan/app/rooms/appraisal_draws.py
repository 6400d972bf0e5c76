"""How sure the value of a project is: draws, as `karvan appraisal PROJECT --draws` makes them; a run, since they take long."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse

from karvan.app.answers import Answer
from karvan.app.asked import Asked, setting_of
from karvan.app.rooms.case import TheCase, TheRuns, TheSetting
from karvan.app.runs import RunState, Tell
from karvan.case import Case
from karvan.case.provenance import Meta
from karvan.errors import RequestError, UnknownNameError

if TYPE_CHECKING:
    from fastapi.responses import Response

    from karvan.appraisal import Uncertainty

router = APIRouter()
#: The room of the runs: this module.
ROOM = "appraisal_draws"
#: As the command has them by default.
DRAWS, SEED = 10_000, 1
#: What is drawn: the accounts alone, which takes seconds, or also what trade and flows make of it, by full solves.
Drawn = Literal["accounts", "all"]


class DrawnWorth(Answer):
    """A value over draws, USD m; the fields are those of `karvan appraisal --draws`."""

    mean_musd: float
    sd_musd: float
    p10_musd: float
    p50_musd: float
    p90_musd: float
    p10_low_musd: float
    p90_high_musd: float
    cvar_musd: float
    p_negative: float
    p_negative_low: float
    p_negative_high: float


class StandingDrawn(DrawnWorth):
    """The same for a standing, and how far its emulated values are off, as a share of their spread; null where none are."""

    standing: str
    error_share: float | None


class StateDrawn(DrawnWorth):
    """The same, were a state of the crossings to hold for ever."""

    state: str
    name: str
    probability: float


class DrawnDriver(Answer):
    """What one driver does to the value; ``low`` and ``high`` are its P10 and P90."""

    name: str
    label: str
    basis: str
    assumed: bool
    figures: int
    low: float
    high: float
    at_low_musd: float
    at_high_musd: float
    rank_correlation: float | None
    total_order: float | None


class CurvePoint(Answer):
    """A share of the draws, and the value below which they lie."""

    share: float
    enpv_musd: float


class EmulatorOff(Answer):
    """How far the emulator is off on full solves that it has not seen."""

    solves: int
    worlds: int
    likely: int
    checks: int
    error_musd: float
    error_share: float | None
    worst_musd: float
    sampling_musd: float | None


class DrawsAnswer(Answer):
    """What projects may be worth together, over draws.

    Attributes
    ----------
    drawn
        What is drawn: ``accounts``, or ``all``.
    standing
        Whose value is meant.
    base_musd
        The value as the appraisal has it.
    """

    meta: Meta
    id: str
    drawn: Drawn
    draws: int
    seed: int
    standing: str
    base_musd: float
    spread: DrawnWorth
    hurdle: float
    p_below_hurdle: float
    s_curve: list[CurvePoint]
    drivers: list[DrawnDriver]
    by_standing: list[StandingDrawn]
    by_state: list[StateDrawn]
    emulator: EmulatorOff | None
    notes: list[str]


OfProjects = Annotated[str, Query(description="Projects, with commas between.")]
RuleSetOf = Annotated[str, Query(description="Rule set, by name.")]
WhatIsDrawn = Annotated[Drawn, Query(description="The accounts alone, or also what trade and flows make of it.")]


def _question(case: Case, asked: Asked, runs: TheRuns, of: str, rule_set: str, drawn: Drawn) -> dict[str, object]:
    """Return the options of a run, in the scenario and with the changes of a setting."""
    setting = setting_of(case, asked)
    case.apply(setting)
    names = [name.strip() for name in of.split(",") if name.strip()]
    if not names:
        message = "No project is named. Name one of the case's, or several with commas between."
        raise RequestError(message)
    for name in names:
        if name.partition("@")[0] not in case.rows("project"):
            raise UnknownNameError("project", name.partition("@")[0], list(case.rows("project")))
    return {
        "of": names, "scenario": setting.scenario, "changes": [str(change) for change in setting.changes],
        "rule_set": rule_set, "drawn": drawn, "store": str(runs.store),
    }  # fmt: skip


@router.post("")
def start_draws(
    case: TheCase, asked: TheSetting, runs: TheRuns, of: OfProjects, rule_set: RuleSetOf, drawn: WhatIsDrawn
) -> RunState:
    """Start the draws of projects together, unless the same ones are there."""
    return runs.start(ROOM, **_question(case, asked, runs, of, rule_set, drawn))


@router.get("")
def draws_run(
    case: TheCase, asked: TheSetting, runs: TheRuns, of: OfProjects, rule_set: RuleSetOf, drawn: WhatIsDrawn
) -> RunState | None:
    """Return how the latest draws of a question stand; null where there are none."""
    return runs.latest(ROOM, **_question(case, asked, runs, of, rule_set, drawn))


@router.get("/{run}")
def draws_state(runs: TheRuns, run: str) -> RunState:
    """Return how draws stand."""
    return runs.state(run)


@router.delete("/{run}")
def stop_draws(runs: TheRuns, run: str) -> RunState:
    """Stop draws; what has been solved is kept."""
    return runs.stop(run)


@router.get("/{run}/answer", response_model=DrawsAnswer)
def draws_answer(runs: TheRuns, run: str) -> Response:
    """Return draws that are done."""
    return FileResponse(runs.answer(run), media_type="application/json")


# in a process of its own ----------------------------------------------------------------------------------------------


def run_of(
    case: Case, *, tell: Tell, of: list[str], scenario: str | None, changes: list[str], rule_set: str, drawn: Drawn,
    store: str,
) -> DrawsAnswer:  # fmt: skip
    """Return what projects may be worth together."""
    from karvan.appraisal import OutcomeStore, how_sure  # noqa: PLC0415 - heavy

    tell("draws", 0, 0)
    found = how_sure(
        case, of, scenario=scenario, rule_set=rule_set, changes=changes, draws=DRAWS, seed=SEED,
        solves=0 if drawn == "accounts" else None, store=OutcomeStore(store),
        progress=lambda done, all_: tell("draws", done, all_),
    )  # fmt: skip
    return describe(found, of, drawn)


def describe(found: Uncertainty, of: list[str], drawn: Drawn) -> DrawsAnswer:
    """Return draws as the page has them."""
    cells = found.to_dict()
    emulator = cells.pop("emulator")
    rows = [row | {"rank_correlation": _known(row["rank_correlation"])} for row in cells.pop("drivers")]
    return DrawsAnswer(
        **{name: cells[name] for name in ("draws", "seed", "standing", "base_musd", "hurdle", "p_below_hurdle", "notes")},
        meta=found.meta,
        id="+".join(of),
        drawn=drawn,
        spread=DrawnWorth(**found.distribution.to_dict()),
        s_curve=[CurvePoint(**row) for row in cells["s_curve"]],
        drivers=[DrawnDriver(**{name: row[name] for name in DrawnDriver.model_fields}) for row in rows],
        by_standing=[StandingDrawn(**row) for row in cells["by_standing"]],
        by_state=[StateDrawn(**row) for row in cells["by_state"]],
        emulator=EmulatorOff(**{name: emulator[name] for name in EmulatorOff.model_fields}) if emulator else None,
    )  # fmt: skip


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
