"""The league table: every project of a case appraised alone, those that can be compared in order of their worth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from karvan import workers as pool
from karvan.appraisal.appraise_projects import DEFAULT_RULE_SET, _appraisal, appraise
from karvan.appraisal.bases import missing_bases, solve_bases
from karvan.appraisal.plans import Plan
from karvan.appraisal.rules import RuleSet, open_rule_set
from karvan.appraisal.store import OutcomeStore, store_at
from karvan.case import PackedCase, Setting
from karvan.case.apply import opening_year
from karvan.errors import AuditError, KarvanError

if TYPE_CHECKING:
    from pathlib import Path

    from karvan.appraisal.appraisal import Appraisal
    from karvan.case import Case
    from karvan.workers.run import Progress


@dataclass(frozen=True)
class _Task:
    case: PackedCase
    project: str
    scenario: str | None
    rules: RuleSet
    store: Path | None


def league_table(
    case: Case,
    *,
    scenario: str | None = None,
    rule_set: str | Path | RuleSet = DEFAULT_RULE_SET,
    workers: int = 1,
    progress: Progress | None = None,
    store: OutcomeStore | None = None,
) -> tuple[Appraisal, ...]:
    """Return every project of a case, appraised alone: the ranked ones by worth, then the others.

    A project that cannot be appraised is not valued, and says why; one that stands with and without a decision says so.

    Parameters
    ----------
    case, scenario, rule_set, store
        As :func:`karvan.appraisal.appraise` has them.
    workers
        Processes that solve at the same time; the answer is the same for any number of them.
    progress
        Called after each project.

    Raises
    ------
    AuditError
        A result does not hold.
    WorkerError
        A process died, or cannot start.
    """
    rules = open_rule_set(rule_set)
    # projects of one year are solved against the same without them, which is kept for a while
    names = sorted(case.rows("project"), key=lambda name: (opening_year(case, name) or 0, name))
    keep = store if store is not None else OutcomeStore()
    if workers == 1:
        found = []
        for place, name in enumerate(names, 1):
            found.append(_appraised(case, name, scenario, rules, keep))
            if progress is not None:
                progress(place, len(names))
    else:
        packed = PackedCase.of(case)
        tasks = [_Task(packed, name, scenario, rules, keep.folder) for name in names]
        missing = missing_bases(case, [(name,) for name in names], rules, scenario=scenario)
        with pool.ProcessCrew(workers) as crew:
            solve_bases(packed, missing, workers=workers, crew=crew)
            found = pool.values(pool.map(_run, tasks, workers=workers, progress=progress, crew=crew))
    return tuple(sorted(found, key=_order))


def _run(task: _Task) -> Appraisal:
    return _appraised(task.case.open(), task.project, task.scenario, task.rules, store_at(task.store))


def _appraised(case: Case, name: str, scenario: str | None, rules: RuleSet, store: OutcomeStore) -> Appraisal:
    try:
        return appraise(case, name, scenario=scenario, rule_set=rules, store=store, loans_must_fit=False)
    except AuditError:
        raise
    except KarvanError as error:
        base = case.config.case.base_year
        years = tuple(range(base, base + round(rules.horizon_years.value) + 1))
        return _appraisal(case, Plan((), years, why_not=str(error)), rules, scenario, Setting(projects=(name,)), {})


def _order(appraisal: Appraisal) -> tuple[int, float, str]:
    worth = appraisal.enpv_musd[appraisal.headline]
    group = 0 if appraisal.ranked else 1 if appraisal.valued else 2
    return group, -worth if math.isfinite(worth) else 0.0, "+".join(appraisal.asked)
