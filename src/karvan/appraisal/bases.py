"""What appraisals are compared with, solved once before many of them run side by side.

Sets of projects that open in the same years are compared with the same settings without projects. Workers that begin with a set
each would each solve them; so they are solved first, one a task, and kept where every worker of the machine finds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from karvan import workers as pool
from karvan.appraisal.appraise_projects import carrier_of
from karvan.appraisal.plans import plan_projects
from karvan.case import PackedCase, Setting
from karvan.chain.expectation import expected_states
from karvan.chain.sides import solved_without
from karvan.errors import KarvanError
from karvan.flows.kept import is_missing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from karvan.appraisal.rules import RuleSet
    from karvan.case import Case
    from karvan.workers.processes import ProcessCrew


@dataclass(frozen=True)
class _Task:
    case: PackedCase
    setting: Setting


def missing_bases(
    case: Case, sets: Iterable[Sequence[str]], rules: RuleSet, *, scenario: str | None = None
) -> list[Setting]:
    """Return the settings without projects that appraisals of some sets need and that are not kept, the hardest first.

    Parameters
    ----------
    case
        The corridor.
    sets
        Projects of each, as :func:`karvan.appraisal.appraise` takes them; those that cannot stand are left to it.
    rules, scenario
        As :func:`karvan.appraisal.appraise` has them.
    """
    years: set[int] = set()
    for projects in sets:
        try:
            plan = plan_projects(case, projects, rules)
        except KarvanError:
            continue
        years.update(() if plan.why_not else plan.solved_years())
    states = expected_states(case, carrier_of(case, scenario))
    # goods grow, and full lines are what takes time
    wanted = [Setting(year=year, scenario=state) for year in sorted(years, reverse=True) for state in states]
    return [setting for setting in wanted if is_missing(case, setting)]


def solve_bases(
    packed: PackedCase, settings: Sequence[Setting], *, workers: int, cluster: str | None = None,
    crew: ProcessCrew | None = None,
) -> None:  # fmt: skip
    """Solve settings without projects, so that they are kept. What fails is left to the appraisal that needs it.

    Parameters
    ----------
    packed
        The corridor.
    settings
        Year and scenario of each.
    workers, cluster, crew
        As :func:`karvan.workers.map` has them.
    """
    pool.map(_solve, [_Task(packed, setting) for setting in settings], workers=workers, cluster=cluster, crew=crew)


def _solve(task: _Task) -> None:
    solved_without(task.case.open(), task.setting)
