"""Appraise projects of a case: with them and without, in every state of the crossings, year by year.

Without the projects stand existing works and committed ones at their dates, which the chain has on both sides; what was spent
before the base year is out.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from karvan.appraisal.appraisal import Appraisal
from karvan.appraisal.plans import plan_projects
from karvan.appraisal.project_loans import refuse_unfit_loans
from karvan.appraisal.rules import RuleSet, open_rule_set
from karvan.appraisal.standings import standings_of
from karvan.appraisal.store import OutcomeStore
from karvan.appraisal.valuation import value_plan
from karvan.case import Setting, meta_of
from karvan.case.futures import read_futures
from karvan.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from karvan.appraisal.outcomes import SolvedYear
    from karvan.appraisal.plans import Plan
    from karvan.appraisal.side_sums import Floats
    from karvan.case import Case, Change
    from karvan.case.futures import Futures

DEFAULT_RULE_SET = "adb_2017"


def appraise(
    case: Case,
    projects: Iterable[str] | str,
    *,
    scenario: str | None = None,
    rule_set: str | Path | RuleSet = DEFAULT_RULE_SET,
    changes: Iterable[Change | str] = (),
    store: OutcomeStore | None = None,
    horizon_year: int | None = None,
    loans_must_fit: bool = True,
) -> Appraisal:
    """Return what a set of projects is worth, together.

    Parameters
    ----------
    case
        The corridor.
    projects
        ``ID``, or ``ID@YEAR`` to name the year of opening.
    scenario
        By default the process of the closures decides how likely each state is in each year. A state of the crossings, or a
        future of another kind, is taken to last.
    rule_set
        Rule set, by name or file.
    changes
        Cells changed with and without the projects.
    store
        Where solved years are kept; by default nowhere.
    horizon_year
        Last year counted; by default the base year and the rule set's horizon after it, the same for all sets of projects.
    loans_must_fit
        Whether a loan that outlasts the accounts, or has a year without a rate of exchange, is an error. If not, the set has
        a value and no financial accounts: economic ones need no loans.

    Raises
    ------
    UnknownNameError
        A project, scenario or rule set is not there.
    RequestError
        The projects, or a change, cannot be.
    InputError
        Projects cannot stand together, a loan does not fit the accounts, or a price cannot be brought to the prices of the case.
    NotConvergedError
        Trade and flows do not meet.
    AuditError
        The result does not hold.
    """
    rules = open_rule_set(rule_set)
    if scenario is not None and scenario not in case.rows("scenario"):
        raise UnknownNameError("scenario", scenario, list(case.rows("scenario")))
    world = Setting.of(projects=projects, changes=changes)
    carrier = carrier_of(case, scenario)
    plan = plan_projects(case, projects, rules, horizon_year=horizon_year, scenario=carrier, changes=world.changes)
    case.apply(Setting(changes=world.changes))  # a change that cannot be made is refused where nothing is solved too
    if plan.why_not:
        return _appraisal(case, plan, rules, scenario, world, {})
    if loans_must_fit:
        refuse_unfit_loans(plan)
    keep = store if store is not None else OutcomeStore()
    solved = {
        year: keep.get(case, Setting(projects=plan.open_in(year), year=year, scenario=carrier, changes=world.changes))
        for year in plan.solved_years()
    }
    return _appraisal(case, plan, rules, scenario, world, solved)


@lru_cache(maxsize=8)
def _process(case: Case) -> Futures:
    """Return the process of the closures of a case, read once."""
    return read_futures(case)


def carrier_of(case: Case, scenario: str | None) -> str:
    """Return the scenario under which years are solved: a future of its own kind, else any state, since all are solved."""
    if scenario is not None and case.rows("scenario")[scenario]["kind"] == "future":
        return scenario
    long_run = _process(case).long_run
    return max(sorted(long_run), key=lambda state: long_run[state])


def _appraisal(
    case: Case, plan: Plan, rules: RuleSet, scenario: str | None, world: Setting, solved: dict[int, SolvedYear]
) -> Appraisal:  # fmt: skip
    standings, headline = standings_of(case)
    why, valuation = plan.why_not, None
    notes = [f"the worth of {item.id} leaves out {item.left_out}" for item in plan.projects if item.left_out]
    notes += plan.notes
    if solved:
        states = next(iter(solved.values())).states
        chances, more = probabilities(case, plan.years, states, scenario)
        notes += more
        usual = _usual(case, states)
        valuation = value_plan(case, plan, solved, rules, chances, states, usual)
        notes += [*valuation.notes, *(note for one in solved.values() for note in one.notes)]
        if all(one.changes_nothing for one in solved.values()):
            why = (
                "with and without it goods cost the same and go the same ways in every year and state: "
                "its traffic may not be in the demand"
            )
            valuation = None
        notes += _unconfirmed(rules)
    unknown = [project.id for project in plan.projects if math.isnan(project.cost_musd)]
    if not why and unknown:
        why = f"the cost of {', '.join(unknown)} is not known: see the cost at which it breaks even"
    valued = not why
    if valued and all(
        project.cost_basis == "assumed" and project.effect_basis == "assumed" for project in plan.projects
    ):
        why = "cost and effect are both assumed: it has no rank, see where it breaks even"
    setting = Setting(projects=plan.names or world.projects, scenario=scenario, changes=world.changes)
    request = {"stage": "appraisal", "rule_set": rules.model_dump(mode="json"), "horizon_year": plan.years[-1]}
    return Appraisal(
        case=case.id, asked=world.projects, plan=plan, rules=rules, scenario=scenario, valuation=valuation,
        standings=standings, headline=headline,
        valued=valued, ranked=valued and not why, why_not=why, notes=tuple(dict.fromkeys(notes)),
        meta=meta_of(case, setting, request),
    )  # fmt: skip


def _unconfirmed(rules: RuleSet) -> list[str]:
    """Return a note on figures of the rule set that are used here and were not found in their document."""
    unused = ("rate, ", "least WACC", "hurdle rate")
    used = [name for name in rules.unconfirmed() if not name.startswith(unused)]
    kinds = list(
        dict.fromkeys(name.partition(" a tonne of CO2e")[0] + " of CO2e" if "CO2e" in name else name for name in used)
    )
    return [f"unconfirmed in {rules.id}, that is, not yet found in its document: {'; '.join(kinds)}"] if kinds else []


def _usual(case: Case, states: tuple[str, ...]) -> str:
    """Return the state in which nothing is shut; the first where there is none."""
    rows = case.rows("scenario")
    return next((state for state in states if not rows[state]["shut_groups"]), states[0])


def probabilities(
    case: Case, years: tuple[int, ...], states: tuple[str, ...], scenario: str | None
) -> tuple[Floats, list[str]]:
    """Return the probability of the solved states by year, seen from the base year, and notes.

    A scenario that is a state, or a future of another kind, lasts. The state of today, where it is no state of the process,
    counts as the one in which the same is shut.
    """
    rows = case.rows("scenario")
    found = np.zeros((len(years), len(states)))
    if scenario is not None and rows[scenario]["kind"] != "today":
        found[:, states.index(_same(case, scenario, states))] = 1.0
        return found, [f"{rows[scenario]['name']} is taken to last"]
    futures = _process(case)
    place = {state: states.index(_same(case, state, states)) for state in futures.states}
    for n, year in enumerate(years):
        for state, chance in futures.probabilities(year).items():
            found[n, place[str(state)]] += chance
    return found, []


def _same(case: Case, state: str, states: tuple[str, ...]) -> str:
    """Return the solved state in which the same groups are shut."""
    if state in states:
        return state
    rows = case.rows("scenario")
    shut = set(rows[state]["shut_groups"])
    return next((one for one in states if set(rows[one]["shut_groups"]) == shut), states[0])
