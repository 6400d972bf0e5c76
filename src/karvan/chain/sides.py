"""One side of a comparison: a setting solved in every state that is expected, and what its goods pay on the mean of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from karvan.case.remember import remembered
from karvan.flows.again import kind_tonnes, level, solve_again, sought_anew
from karvan.flows.class_costs import class_costs, keys_of
from karvan.flows.corridor import describe_flows
from karvan.flows.corridor_solve import prepare, solve_setting
from karvan.flows.equilibrium import TOLERANCE
from karvan.workers.threads import in_threads

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from karvan.case import Case, Change, Setting
    from karvan.chain.goods import Floats, Goods, Ints
    from karvan.flows import CorridorFlows
    from karvan.flows.corridor_solve import Solved
    from karvan.flows.demand import Stream


@dataclass(frozen=True, eq=False)
class Side:
    """A setting in every state that is expected.

    Attributes
    ----------
    setting
        Year, projects and changes; its scenario is that of its own flows.
    states
        Probability of every state.
    solved
        The flows of every state.
    beside
        Those of another scenario that were asked for; or None.
    """

    setting: Setting
    states: Mapping[str, float]
    solved: Mapping[str, Solved]
    beside: Solved | None = None

    def in_order(self, states: Iterable[str]) -> list[Solved]:
        """Return the flows of some states, in their order."""
        return [self.solved[state] for state in states]

    def again(
        self, goods: Goods, multiplier: Floats, last: Side, states: Iterable[str], *, tolerance: float,
        seek: bool = True,
    ) -> Side:  # fmt: skip
        """Return another solution of the side with some of its states solved with tonnes multiplied, begun where they stand.

        Where what routes are charged has moved, those that are missing are sought anew, unless `seek` is false.
        """

        def solve(state: str) -> Solved:
            found = with_tonnes(self.solved[state], last.solved[state], goods, multiplier, tolerance=tolerance)
            return sought_anew(found, tolerance=tolerance) if seek else found

        again = list(states)
        new = dict(zip(again, in_threads(solve, again), strict=True))
        return Side(self.setting, self.states, {**last.solved, **new})

    def with_solved(self, new: Mapping[str, Solved]) -> Side:
        """Return the side with other flows in some states; the very same where they are the same."""
        if all(self.solved[state] is found for state, found in new.items()):
            return self
        return Side(self.setting, self.states, {**self.solved, **new}, self.beside)


@lru_cache(maxsize=64)
def solved_without(case: Case, setting: Setting) -> Solved:
    """Return the flows of a setting without projects and changes, solved once; the latest few dozen are kept."""
    return solve_setting(case, setting)


@lru_cache(maxsize=32)
def _solved_changed(case: Case, setting: Setting) -> Solved:
    """Return the flows of a setting with changes; the states of the latest few are kept.

    The way leads by the same without changes; in a state with closures by the same changes where fewer are shut, with the routes
    that the state without changes has found: what changes bring is mostly the same whatever else is shut.
    """
    plain = solved_without(case, setting.model_copy(update={"changes": ()}))
    fewer = _with_fewer_shut(case, str(setting.scenario))
    if fewer is None:
        return solve_setting(case, setting, plain)
    first = _solved_changed(case, setting.model_copy(update={"scenario": fewer}))
    forms = plain.model.forms
    chosen = {form: routes.plus_open(plain.chosen[form], forms[form].open) for form, routes in first.chosen.items()}
    return solve_setting(case, setting, replace(first, chosen=chosen))


def _with_fewer_shut(case: Case, scenario: str) -> str | None:
    """Return the state of the crossings in which only some of the closures of another hold, and most rows; or None."""
    rows = case.rows("scenario")
    shut = {name: frozenset(row["shut_groups"]) for name, row in rows.items() if row["kind"] == "state"}
    within = [name for name, groups in shut.items() if scenario in shut and groups < shut[scenario]]
    return max(within, key=lambda name: len(case.effects.get(name, ())), default=None)


def _waves(case: Case, scenarios: Iterable[str]) -> list[list[str]]:
    """Return scenarios, and those from which they are solved, so that each comes after the one from which it is."""
    waves: list[list[str]] = []
    for scenario in scenarios:
        chain = [scenario]
        while (fewer := _with_fewer_shut(case, chain[-1])) is not None:
            chain.append(fewer)
        for wave, name in enumerate(reversed(chain)):
            if wave == len(waves):
                waves.append([])
            if name not in waves[wave]:
                waves[wave].append(name)
    return waves


@lru_cache(maxsize=8)
def _solved_roughly(case: Case, setting: Setting, world: tuple[Change, ...], tolerance: float) -> Solved:
    """Return the flows of a setting with projects or changes, met roughly; a first look and the answer share them."""
    return solve_setting(case, setting, _near(case, setting, world), tolerance=tolerance)


def _near(case: Case, setting: Setting, world: tuple[Change, ...]) -> Solved:
    """Return where the way to a setting with projects or changes leads by."""
    near = _nearest(setting, world)
    return _solved_changed(case, near) if near.changes else solved_without(case, near)


def _nearest(setting: Setting, world: tuple[Change, ...]) -> Setting:
    """Return the setting there: that of the world, else that with the changes alone, else the plain one."""
    changes = world or (setting.changes if setting.projects else ())
    return setting.model_copy(update={"projects": (), "changes": changes})


@lru_cache(maxsize=16)
def _level(before: Solved, after: Solved, tolerance: float) -> tuple[Solved, Solved]:
    """Return both free to choose from the same routes; a first look and the answer share the latest."""
    return level(before, after, tolerance=tolerance)


@lru_cache(maxsize=16)
def flows_without(case: Case, setting: Setting) -> CorridorFlows:
    """Return the same as a result, audited once."""
    return describe_flows(solved_without(case, setting))


def solve_state(
    case: Case, setting: Setting, *, tolerance: float = TOLERANCE, world: tuple[Change, ...] = ()
) -> Solved:  # fmt: skip
    """Return the flows of a setting, from the reference of the case.

    The way leads by the same without projects and changes; where there are both, from there by that with the changes alone, which
    is what projects are mostly compared with. Where some of the changes are those of a world in which it is compared, it leads by
    these.
    """
    if not (setting.projects or setting.changes):
        return solved_without(case, setting)
    closely = tolerance <= TOLERANCE
    if not setting.projects and (setting.changes == world or (closely and not world)):
        return _solved_changed(case, setting)
    if closely:
        return solve_setting(case, setting, _near(case, setting, world))
    return _solved_roughly(case, setting, world, tolerance)


def solve_side(
    case: Case,
    setting: Setting,
    states: Mapping[str, float],
    *,
    tolerance: float = TOLERANCE,
    beside: str | None = None,
    world: tuple[Change, ...] = (),
) -> Side:
    """Return a setting solved in every state, from the reference of the case.

    Parameters
    ----------
    case, setting
        What is solved.
    states
        Probability of every state.
    tolerance
        To which the conditions are met where the setting has projects or changes; coarser where the tonnes are still to change.
    beside
        Another scenario to be solved with them, as closely as ever.
    world
        The changes of the world in which it is compared: :func:`solve_state`.
    """

    def solve(state: str) -> Solved:
        closely = TOLERANCE if state == beside else tolerance
        return solve_state(case, setting.model_copy(update={"scenario": state}), tolerance=closely, world=world)

    asked = [*states] if beside is None else [beside, *states]
    # what all states begin with is made once, not by every thread
    prepare(case, setting.model_copy(update={"scenario": asked[0]}))
    near = _nearest(setting, world)
    if near.changes:
        for wave in _waves(case, asked):
            in_threads(lambda state: _solved_changed(case, near.model_copy(update={"scenario": state})), wave)
    found = dict(zip(asked, in_threads(solve, asked), strict=True))
    return Side(setting, states, {state: found[state] for state in states}, None if beside is None else found[beside])


def level_sides(
    before: Side, after: Side, states: Iterable[str], *, tolerance: float = TOLERANCE
) -> tuple[Side, Side]:  # fmt: skip
    """Return two sides, in some states free to choose from the routes of each other; the very same where they are.

    Parameters
    ----------
    before, after
        The sides.
    states
        Where one of them may have found ways that the other lacks.
    tolerance
        To which the conditions of the equilibrium are met in the second.
    """
    again = list(states)
    pairs = in_threads(lambda state: _level(before.solved[state], after.solved[state], tolerance), again)
    one, other = ({state: pair[place] for state, pair in zip(again, pairs, strict=True)} for place in (0, 1))
    return before.with_solved(one), after.with_solved(other)


def with_tonnes(
    first: Solved, last: Solved, goods: Goods, multiplier: Floats, *, tolerance: float = TOLERANCE
) -> Solved:
    """Return the flows of a setting with its tonnes multiplied.

    Parameters
    ----------
    first
        The setting with its own tonnes.
    last
        The same with others, where the search begins.
    goods, multiplier
        Tonnes over the setting's own, of all goods.
    tolerance
        To which the conditions of the equilibrium are met.
    """
    kinds, outside = _factors(goods, first.model.base, multiplier)
    return solve_again(last, kinds, first.model.outside_t_per_year * outside, tolerance=tolerance)


@remembered(8)
def _factors(goods: Goods, streams: tuple[Stream, ...], multiplier: Floats) -> tuple[dict[str, Floats], float]:
    """Return by how much the tonnes of every class are multiplied, by kind of flow; and what stays outside."""
    places = _places(goods, streams)
    own = np.bincount(places.group, goods.t_per_year, minlength=places.groups)
    new = np.bincount(places.group, goods.t_per_year * multiplier, minlength=places.groups)
    factor = np.divide(new, own, out=np.ones(places.groups), where=own > 0)
    return dict(zip(places.kinds, factor[:-1].reshape(len(places.kinds), -1), strict=True)), float(factor[-1])


@dataclass(frozen=True, eq=False)
class _Places:
    """Where goods are among the classes of the flows.

    Attributes
    ----------
    at
        Class of all goods; -1 where they stay outside.
    kinds
        Kinds of flow.
    group, groups
        Of all goods the place of their kind and class, the last being that of what stays outside; how many there are.
    """

    at: Ints
    kinds: tuple[str, ...]
    group: Ints
    groups: int


@remembered(4)
def _places(goods: Goods, streams: tuple[Stream, ...]) -> _Places:
    number = {key: c for c, key in enumerate(keys_of(streams))}
    at = np.array([-1 if key is None else number.get(key, -1) for key in goods.keys], dtype=np.int64)
    kinds = tuple(kind_tonnes(streams))
    last = len(kinds) * len(streams)
    # goods of a kind that no class of the flows has are not there
    kind = np.array([kinds.index(name) if name in kinds else -1 for name in goods.kind], dtype=np.int64)
    group = np.where((at >= 0) & (kind >= 0), kind * len(streams) + at, last)
    return _Places(at, kinds, group, last + 1)


def on_goods(goods: Goods, solved: Solved, figures: Floats) -> Floats:
    """Return a figure of the classes as one of the goods; NaN where a class is not there or the goods stay outside."""
    at = _places(goods, solved.model.base).at
    found: Floats = np.where(at >= 0, figures[at], np.nan)
    return found


def expected_logsum(goods: Goods, side: Side) -> Floats:
    """Return the logsum of all goods, on the mean of the states."""
    logsum = np.zeros(len(goods))
    for state, probability in side.states.items():
        found = side.solved[state]
        logsum += probability * on_goods(goods, found, found.equilibrium.overall_usd)
    return logsum


def expected_level(goods: Goods, side: Side) -> Floats:
    """Return the mean generalised cost of all goods, on the mean of the states."""
    costs = in_threads(class_costs, side.in_order(side.states))
    mean = np.zeros(len(goods))
    for (state, probability), cost in zip(side.states.items(), costs, strict=True):
        mean += probability * on_goods(goods, side.solved[state], cost.mean_usd_per_t)
    return mean


def class_tonnes(solved: Solved) -> Floats:
    """Return the tonnes a year of every class."""
    tonnes: Floats = solved.model.problem.classes.demand_t_per_day * solved.model.days
    return tonnes
