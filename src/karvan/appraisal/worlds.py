"""Full solves of drawn worlds: what a plan gains in every solved year and state, to each standing.

A world may be solved in the likeliest states alone: the others hold so rarely that they hardly move a value, and take most of the
time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan import workers as pool
from karvan.appraisal.externalities import unit_costs
from karvan.appraisal.outcomes import SolvedYear, sum_outcome
from karvan.appraisal.uncertain_drivers import World, world_of
from karvan.case import PackedCase, Setting
from karvan.chain.expectation import expected_states
from karvan.errors import NotConvergedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from karvan.appraisal.gains import Standing
    from karvan.appraisal.plans import Plan
    from karvan.appraisal.rules import RuleSet
    from karvan.appraisal.store import OutcomeStore
    from karvan.appraisal.uncertain import Floats
    from karvan.appraisal.uncertain_drivers import UncertainDriver
    from karvan.case import Case, Change
    from karvan.workers.run import Progress

    #: States, gains by solved year, state and standing, tonnes of CO2e by solved year and state.
    _Found = tuple[tuple[str, ...], Floats, Floats]

Flags = np.ndarray[Any, np.dtype[np.bool_]]
#: Share of the time that the states hold in which a world is solved that is not solved in all of them.
LIKELY_SHARE = 0.95


@dataclass(frozen=True, eq=False)
class Question:
    """What is solved in every world.

    Attributes
    ----------
    plan, rules
        The projects, and how they are appraised.
    carrier
        Scenario under which years are solved.
    standings
        Whose gains are summed.
    drivers
        The drivers of the chain, in the order of the scores.
    changes
        Cells changed in every world, with and without the projects.
    """

    plan: Plan
    rules: RuleSet
    carrier: str
    standings: tuple[Standing, ...]
    drivers: tuple[UncertainDriver, ...]
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, eq=False)
class SolvedWorlds:
    """What a plan gains in worlds, as if each state held all year.

    Attributes
    ----------
    states
        States of the crossings.
    gains_musd
        By world, solved year, state and standing, all but climate.
    co2e_t
        By world, solved year and state.
    why_not
        Why worlds have no solution, in their order; their figures are NaN. So are those of states in which a world is not solved.
    """

    states: tuple[str, ...]
    gains_musd: Floats
    co2e_t: Floats
    why_not: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.gains_musd)

    @property
    def solved(self) -> Flags:
        """Whether each world has a solution."""
        return np.array([np.isfinite(row).any() for row in self.flat], dtype=np.bool_)

    @property
    def whole(self) -> Flags:
        """Whether each world is solved in every state."""
        return np.array([np.isfinite(row).all() for row in self.flat], dtype=np.bool_)

    @property
    def flat(self) -> Floats:
        """All figures of a world in a row."""
        count = len(self)
        return np.hstack([self.gains_musd.reshape(count, -1), self.co2e_t.reshape(count, -1)])

    def unflat(self, rows: Floats) -> SolvedWorlds:
        """Return rows of figures as worlds."""
        cut = int(np.prod(self.gains_musd.shape[1:]))
        return SolvedWorlds(
            self.states, rows[:, :cut].reshape(-1, *self.gains_musd.shape[1:]),
            rows[:, cut:].reshape(-1, *self.co2e_t.shape[1:]),
        )  # fmt: skip

    def filled(self) -> SolvedWorlds:
        """Return the worlds with figures of states in which some are not solved.

        They follow those of the likelier states of the same year, standing by standing, as a line, by least squares, does in the
        worlds that are solved in all states, and lie between the least and the greatest there.
        """
        whole, part = self.whole, self.solved & ~self.whole
        if not part.any():
            return self
        known = np.isfinite(self.co2e_t[part]).all(axis=(0, 1))
        # gains of all standings, and tonnes beside them
        figures = np.concatenate([self.gains_musd, self.co2e_t[..., None]], axis=-1)
        for year, what in np.ndindex(figures.shape[1], figures.shape[3]):
            own = figures[:, year, :, what]
            terms = np.column_stack([np.ones(len(own)), own[:, known]])
            weights = np.linalg.lstsq(terms[whole], own[whole][:, ~known], rcond=None)[0]
            least, most = own[whole][:, ~known].min(axis=0), own[whole][:, ~known].max(axis=0)
            own[np.ix_(part, ~known)] = np.clip(terms[part] @ weights, least, most)
        return SolvedWorlds(self.states, figures[..., :-1], figures[..., -1], self.why_not)

    def joined(self, other: SolvedWorlds) -> SolvedWorlds:
        """Return these worlds and others."""
        return SolvedWorlds(
            self.states, np.concatenate([self.gains_musd, other.gains_musd]),
            np.concatenate([self.co2e_t, other.co2e_t]),
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Task:
    case: PackedCase
    question: Question
    scores: tuple[float, ...]
    share: float


def solve_worlds(
    case: Case, question: Question, scores: Floats, *, likely: Flags | None = None, workers: int = 1,
    progress: Progress | None = None,
) -> SolvedWorlds:  # fmt: skip
    """Return worlds solved in full, in the order of their scores; one whose trade and flows do not meet is NaN, and says why.

    Parameters
    ----------
    case, question
        What is solved.
    scores
        Of the drivers of the chain, an array (worlds, drivers).
    likely
        Whether a world is solved in the likeliest states alone; the figures of the others are NaN. By default none is.
    workers
        Processes that solve at the same time; the answer is the same for any number of them.
    progress
        Called after each world.

    Raises
    ------
    NotConvergedError
        Trade and flows meet in no world at all.
    WorkerError
        A process died, or cannot start.
    """
    shares = np.ones(len(scores)) if likely is None else np.where(likely, LIKELY_SHARE, 1.0)
    rows = [(tuple(row), share) for row, share in zip(scores.tolist(), shares.tolist(), strict=True)]
    if workers == 1:
        found = []
        for place, row in enumerate(rows, 1):
            found.append(_tried(case, question, *row))
            if progress is not None:
                progress(place, len(rows))
    else:
        packed = PackedCase.of(case)
        tasks = [_Task(packed, question, *row) for row in rows]
        found = pool.values(pool.map(_run, tasks, workers=workers, progress=progress))
    why_not = tuple(one for one in found if isinstance(one, str))
    if len(why_not) == len(found):
        raise NotConvergedError(why_not[0])
    states = tuple(expected_states(case, question.carrier))
    gains = np.full((len(found), len(question.plan.solved_years()), len(states), len(question.standings)), np.nan)
    co2e = np.full(gains.shape[:3], np.nan)
    for world, one in enumerate(found):
        if not isinstance(one, str):
            own = [states.index(state) for state in one[0]]
            gains[world, :, own], co2e[world, :, own] = np.swapaxes(one[1], 0, 1), one[2].T
    return SolvedWorlds(states, gains, co2e, why_not)


def base_world(case: Case, question: Question, store: OutcomeStore) -> SolvedWorlds:
    """Return the world in which nothing is drawn, from solved years that are kept.

    Raises
    ------
    NotConvergedError
        Trade and flows of a year that is not kept do not meet.
    """
    plan = question.plan
    solved = [
        store.get(
            case, Setting(projects=plan.open_in(year), year=year, scenario=question.carrier, changes=question.changes)
        )
        for year in plan.solved_years()
    ]
    gains = [sum_standings(case, one, question.rules, question.standings) for one in solved]
    return SolvedWorlds(solved[0].states, np.stack(gains)[None], np.stack([one.co2e_t for one in solved])[None])


def _run(task: _Task) -> _Found | str:
    return _tried(task.case.open(), task.question, task.scores, task.share)


def _tried(case: Case, question: Question, scores: Sequence[float], share: float) -> _Found | str:
    """Return what a world gains, or why it has no solution."""
    try:
        return _solve(case, question, scores, share)
    except NotConvergedError as error:
        return str(error)


def _solve(case: Case, question: Question, scores: Sequence[float], share: float) -> _Found:
    names = [driver.name for driver in question.drivers]
    world = world_of(question.drivers, dict(zip(names, scores, strict=True)))
    world = replace(world, changes=(*question.changes, *world.changes))
    gains, co2e = [], []
    states: tuple[str, ...] = ()
    for year in question.plan.solved_years():
        found = solve_year(case, question.plan, question.carrier, year, world, likely_share=share)
        states = found.states
        gains.append(sum_standings(case, found, question.rules, question.standings))
        co2e.append(found.co2e_t)
    return states, np.stack(gains), np.stack(co2e)


def solve_year(
    case: Case, plan: Plan, carrier: str, year: int, world: World, *, likely_share: float = 1.0
) -> SolvedYear:  # fmt: skip
    """Return a year of a plan in a world, solved by the chain; in the likeliest states alone that hold some share of the time.

    Raises
    ------
    NotConvergedError
        Trade and flows do not meet.
    """
    from karvan.chain import simulate  # noqa: PLC0415 - heavy

    open_now = plan.open_in(year)
    here = {name.partition("@")[0] for name in open_now}
    effects = tuple(one.change for one in world.effects if one.project in here and one.first <= year < one.until)
    setting = Setting(projects=open_now, year=year, scenario=carrier, changes=effects)
    try:
        outcome = simulate(case, setting, both=world.changes, theta=world.theta, likely_share=likely_share)
    except NotConvergedError as error:
        message = f"{', '.join(open_now)} in {year}, in a drawn world: {error}"
        raise NotConvergedError(message) from error
    return sum_outcome(case, outcome, year)


def sum_standings(case: Case, found: SolvedYear, rules: RuleSet, standings: Sequence[Standing]) -> Floats:
    """Return what each standing gains in a solved year by state, with costs to neighbours and without climate."""
    total = found.benefit_musd + found.transfer_musd
    costs = [_neighbour_cost(case, rules, country, mode) for country, mode in found.moves]
    sums = np.zeros((len(found.states), len(standings)))
    for place, standing in enumerate(standings):
        mine = np.array([standing.counts(country) for _, country, _ in found.rows], dtype=bool)
        sums[:, place] = total[:, mine].sum(axis=1)
        for number, (country, _) in enumerate(found.moves):
            if standing.counts(country):
                sums[:, place] -= found.tkm[:, number] * costs[number] / 1e6
    return sums


def _neighbour_cost(case: Case, rules: RuleSet, country: str, mode: str) -> float:
    """Return accidents, air and noise of a tonne-kilometre of a mode in a country, in dollars at the prices of the case."""
    return sum(cost.usd_per_tkm for cost in unit_costs(case, rules, country)[0] if cost.mode == mode)
