"""Simulate a setting: network, routes, trade and flows at their fixed point. The one entry for everything to the right."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from karvan.case import Setting, meta_of
from karvan.case.remember import remembered
from karvan.chain.audit import ChainAudit, Claim, audit_base, audit_flows, audit_response, audit_weights
from karvan.chain.expectation import THETA_PARAMETER, elasticity_share, expected_states, likely_states
from karvan.chain.fixed_point import FIRST, meet
from karvan.chain.goods import ALONE, goods_of, matrix_of
from karvan.chain.results import Later, Outcome
from karvan.chain.sides import (
    Side,
    class_tonnes,
    flows_without,
    level_sides,
    on_goods,
    solve_side,
    solve_state,
    with_tonnes,
)
from karvan.errors import RequestError
from karvan.flows.again import level, sought_anew
from karvan.flows.class_costs import class_costs
from karvan.flows.corridor import describe_flows
from karvan.flows.equilibrium import TOLERANCE as EQUILIBRIUM
from karvan.flows.route_sets import reference_setting
from karvan.trade import TradeMatrix, describe_trade
from karvan.trade.effects import THETA, check_theta, equivalent_variation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from karvan.case import AppliedCase, Case, Change, Rows
    from karvan.chain.fixed_point import Meeting
    from karvan.chain.goods import Floats, Goods, Ints
    from karvan.chain.response import Response
    from karvan.flows import CorridorFlows
    from karvan.flows.corridor_solve import Solved
    from karvan.flows.demand import Stream
    from karvan.trade import TradeEffects


#: A first look reckons with the likeliest states that hold so much of the time, and with trade and flows that meet to this.
LIKELY_SHARE, ROUGHLY = 0.97, 0.01


@dataclass(frozen=True, eq=False)
class _Question:
    """What is compared with what.

    Attributes
    ----------
    case, after, before
        The case; the setting, and the one it is compared with.
    states, states_before
        What trade reckons with on both sides.
    compared_with
        In words.
    theta, share, margin
        Elasticity of the long run, the share of it that works, and other margins that add to the price.
    flows_too
        Whether the flows of the setting's own scenario will be asked for, and may be begun with the others.
    """

    case: Case
    after: Setting
    before: Setting
    states: dict[str, float]
    states_before: dict[str, float]
    compared_with: str
    theta: float
    share: float
    margin: float
    flows_too: bool = False


def simulate(
    case: Case,
    setting: Setting | None = None,
    *,
    scenario: str | None = None,
    projects: Iterable[str] = (),
    year: int | None = None,
    changes: Iterable[Change | str] = (),
    both: Iterable[Change | str] = (),
    theta: float | None = None,
    likely_share: float = 1.0,
) -> Outcome:
    """Return what a setting does, beside the same setting without its projects and changes.

    Trade follows what is expected over the states of the crossings; the flows are those of the setting's own scenario, and of
    every state. Without projects and changes trade and tonnes stand as the case has them. What runs where in the setting's own
    scenario is found, and audited, when it is first asked for.

    Parameters
    ----------
    case
        The corridor.
    setting
        Year, scenario, projects and changes; the other parameters may give them instead.
    scenario, projects, year, changes
        The setting in parts: see :class:`karvan.case.Setting`. The year may lie beyond the horizon of the case, where accounts go
        on: everything grows as before it.
    both
        Changes that hold on both sides of the comparison: the world in which a project is looked at.
    theta
        Elasticity of trade; by default the parameter ``trade_elasticity`` of the case, else 4.
    likely_share
        Above 0. Where it is less than 1, trade reckons with the likeliest states alone that hold so much of the time, and only
        these are solved.

    Raises
    ------
    RequestError
        The case has no demand, the elasticity or the share is none, or the setting cannot be.
    NotConvergedError
        Trade and flows do not meet.
    AuditError
        The result does not hold.
    """
    parts = Setting.of(year=year, scenario=scenario, projects=projects, changes=changes)
    _refuse_no_setting(setting)
    if setting is not None and parts != Setting():
        message = "Give a setting, or its parts, not both."
        raise RequestError(message)
    if not 0 < likely_share <= 1:
        message = (
            f"The share of the likeliest states is {likely_share:g}. Give a number above 0, up to 1 for all states."
        )
        raise RequestError(message)
    asked = setting if setting is not None else parts
    question = _with_and_without(case, asked, Setting.of(changes=both).changes, theta)
    if likely_share < 1.0:
        likely = likely_states(question.states, likely_share)
        question = replace(question, states=likely, states_before=likely)
    return _outcome(question)


def _refuse_no_setting(given: object) -> None:
    if given is not None and not isinstance(given, Setting):
        message = f"{given!r} is no setting. Give a karvan.Setting, or its parts by name: projects=..., year=...."
        raise RequestError(message)


def find_trade(
    case: Case,
    *,
    scenario: str | None = None,
    projects: Iterable[str] = (),
    year: int | None = None,
    changes: Iterable[Change | str] = (),
    theta: float | None = None,
) -> Outcome:
    """Return what trade follows from a setting.

    With projects or changes it is :func:`simulate`. A scenario alone is taken to last, and is compared with the scenario in which
    the trade of the case was made; without a scenario, what is expected over the states is compared with it: what closures take.

    Parameters
    ----------
    case, scenario, projects, year, changes, theta
        As :func:`simulate` has them.

    Raises
    ------
    RequestError
        The case has no trade or no demand, the elasticity is not above zero, or the year lies beyond the horizon of the case.
    NotConvergedError
        Trade and flows do not meet.
    AuditError
        The result does not hold.
    """
    case.refuse_beyond_horizon(year)
    return _outcome(
        _of_trade(case, Setting.of(year=year, scenario=scenario, projects=projects, changes=changes), theta)
    )


def first_look(case: Case, setting: Setting) -> TradeEffects | None:
    """Return about what :func:`find_trade` will, in a fraction of its time, for a page that shows it until that is there.

    Trade reckons with the likeliest states alone, and meets flows roughly; nothing is audited. What is solved for it
    :func:`find_trade` goes on with, and its result is the same with or without it.

    Returns
    -------
    TradeEffects or None
        None without projects and changes, where the answer itself is as near, and without trade.
    """
    question = _of_trade(case, setting, None)
    applied = case.apply(question.after)
    matrix = matrix_of(applied)
    if matrix is None or not (setting.projects or setting.changes):
        return None
    goods, states = goods_of(applied, matrix), likely_states(question.states, LIKELY_SHARE)
    before = solve_side(case, question.before, states)
    after = solve_side(case, question.after, states, tolerance=FIRST)
    met = meet(
        goods, matrix, before, after, theta=question.theta * question.share, margin=question.margin, tolerance=ROUGHLY
    )
    return _trade(question, applied, matrix, goods, met, met.multiplier)


def _of_trade(case: Case, asked: Setting, theta: float | None) -> _Question:
    """Return what a question for trade compares with what."""
    TradeMatrix.of(case.apply(asked))
    if asked.projects or asked.changes:
        return replace(_with_and_without(case, asked, (), theta), flows_too=True)
    named = _named(case, asked)
    known = str(reference_setting(case).scenario)
    before = named.model_copy(update={"scenario": known})
    states = {asked.scenario: 1.0} if asked.scenario is not None else expected_states(case, str(named.scenario))
    return _question(case, named, before, states, {known: 1.0}, f"scenario {known}", theta)


def _named(case: Case, setting: Setting) -> Setting:
    """Return a setting with its scenario filled in."""
    return case.apply(setting).setting


def _with_and_without(case: Case, asked: Setting, both: tuple[Change, ...], theta: float | None) -> _Question:
    """Return the question what a setting does, beside the same with the changes alone that hold on both sides."""
    named = _named(case, asked.model_copy(update={"changes": (*both, *asked.changes)}))
    without = named.model_copy(update={"projects": (), "changes": both})
    states = expected_states(case, str(named.scenario))
    return _question(case, named, without, states, states, "the same without projects and changes", theta)


def _question(
    case: Case, after: Setting, before: Setting, states: dict[str, float], states_before: dict[str, float], compared_with: str,
    theta: float | None,
) -> _Question:  # fmt: skip
    chosen = check_theta(case.parameters.get(THETA_PARAMETER, THETA) if theta is None else theta)
    if not len(case.tables["base_flow"]):
        message = (
            f"Case {case.id} has no demand: base_flow.csv has no rows. Add tonnes by origin, destination and commodity."
        )
        raise RequestError(message)
    share = elasticity_share(case, after)
    margin = case.parameters.get("trade_added_margin_share", 0.0)
    return _Question(case, after, before, states, states_before, compared_with, chosen, share, margin)


def _outcome(question: _Question) -> Outcome:
    case = question.case
    applied = case.apply(question.after)
    matrix = matrix_of(applied)
    goods = goods_of(applied, matrix)
    world = question.before.changes
    before = solve_side(case, question.before, question.states_before, world=world)
    still = question.after == question.before and question.states == question.states_before
    coarse = EQUILIBRIUM if matrix is None or still else FIRST
    own = str(question.after.scenario)
    beside = own if question.flows_too and own not in question.states else None
    first = solve_side(case, question.after, question.states, tolerance=coarse, beside=beside, world=world)
    met = None if matrix is None or still else meet(
        goods, matrix, _spread(before, question.states), first, theta=question.theta * question.share, margin=question.margin
    )  # fmt: skip
    multiplier = met.multiplier if met else np.ones(len(goods))
    side_before = met.before if met else _spread(before, question.states)
    if met is None:
        side_before, first = level_sides(side_before, first, question.states)
    runs = _OwnFlows(question, goods, first, met, side_before)
    audit = _audit(question, applied, goods, matrix, side_before, first, met)
    meta = meta_of(case, question.after, {"stage": "chain", "theta": question.theta, "against": question.compared_with})
    return Outcome(
        side=met.side if met else first,
        side_before=side_before,
        goods=goods,
        multiplier=multiplier,
        tau_hat=met.response.tau_hat if met else np.ones(len(goods)),
        convergence=met.convergence if met else None,
        audit=audit,
        meta=meta,
        later=Later(
            flows=runs.before if still else runs.after,
            flows_before=runs.before,
            trade=partial(_trade, question, applied, matrix, goods, met, multiplier),
            welfare_musd=partial(_welfare, question, matrix, goods, met),
            notes=partial(_notes, question, goods, met),
        ),
    )  # fmt: skip


def _spread(before: Side, states: dict[str, float]) -> Side:
    """Return the side to compare with, by the states of the other: one scenario stands for all of them."""
    if set(before.solved) == set(states):
        return before
    (only,) = before.solved.values()
    return Side(before.setting, states, dict.fromkeys(states, only))


@dataclass(frozen=True, eq=False)
class _OwnFlows:
    """The flows of the setting's own scenario, on both sides."""

    question: _Question
    goods: Goods
    first: Side
    met: Meeting | None
    side_before: Side

    def after(self) -> CorridorFlows:
        """Return what runs where with the tonnes of the fixed point, audited."""
        return describe_flows(self._solved[1])

    def before(self) -> CorridorFlows:
        """Return what runs where in what it is compared with, audited."""
        case, setting = self.question.case, self.question.before
        found = self._solved[0]
        return flows_without(case, setting) if _is_plain(case, setting, found) else describe_flows(found)

    @cached_property
    def _solved(self) -> tuple[Solved, Solved]:
        case, setting, met = self.question.case, self.question.after, self.met
        scenario = str(setting.scenario)
        side = self.first if met is None else met.side
        if scenario in side.solved and scenario == str(self.question.before.scenario):
            return self.side_before.solved[scenario], side.solved[scenario]
        world = self.question.before.changes
        if scenario in side.solved:
            own = side.solved[scenario]
        else:
            beside = self.first.beside
            own = beside if beside is not None else solve_state(case, setting, world=world)
            own = own if met is None else sought_anew(with_tonnes(own, own, self.goods, met.multiplier))
        return level(solve_state(case, self.question.before, world=world), own)


def _is_plain(case: Case, setting: Setting, found: Solved) -> bool:
    """Tell whether flows are those that a setting without projects and changes has by itself, which are audited once."""
    return not (setting.projects or setting.changes) and found is solve_state(case, setting)


def _trade(
    question: _Question, applied: AppliedCase, matrix: TradeMatrix | None, goods: Goods, met: Meeting | None,
    multiplier: Floats,
) -> TradeEffects | None:  # fmt: skip
    high = matrix_of(applied, high_domestic_sales=True)
    if matrix is None or high is None:
        return None
    response = _response(question, matrix, goods, met)
    known = response.commodity_known
    shape = matrix.share.shape
    return describe_trade(
        question.case, matrix, high, response.solved, (known, known, response.commodity_tau_hat),
        (goods.sums(goods.t_per_year, shape), goods.sums(goods.t_per_year * multiplier, shape)), theta=question.theta,
        elasticity_share=question.share, compared_with=question.compared_with, states=question.states, notes=(),
        meta=meta_of(question.case, question.after, {"stage": "trade", "theta": question.theta}),
    )  # fmt: skip


def _response(question: _Question, matrix: TradeMatrix, goods: Goods, met: Meeting | None) -> Response:
    from karvan.chain.response import answer  # noqa: PLC0415 - kept beside its only use

    nothing = np.zeros(len(goods))
    return met.response if met else answer(goods, matrix, nothing, nothing, theta=question.theta * question.share)


def _welfare(question: _Question, matrix: TradeMatrix | None, goods: Goods, met: Meeting | None) -> float:
    if matrix is None:
        return float("nan")
    return equivalent_variation(_response(question, matrix, goods, met).solved)


def _notes(question: _Question, goods: Goods, met: Meeting | None) -> list[str]:
    notes = []
    if len(question.states) > 1:
        notes.append(
            f"trade follows what is expected over {len(question.states)} states of the crossings, not the day's own"
        )
    elif question.compared_with.startswith("scenario"):
        notes.append(f"the scenario {next(iter(question.states))} is taken to last")
    if question.share < 1:
        notes.append(f"{100 * question.share:.0f} % of the long-run elasticity of trade works in {question.after.year}")
    if met is not None:
        tonnes = float(goods.t_per_year[met.response.bounded].sum())
        if tonnes > 0:
            notes.append(
                f"{tonnes:,.0f} tonnes a year gain more than their transport costs; trade takes it as free, not below"
            )
        unknown = float(goods.t_per_year[(goods.answer > 0) & np.isnan(met.logsum_usd) & _choosing(goods)].sum())
        if unknown > 0:
            notes.append(
                f"{unknown:,.0f} tonnes a year are not there on both sides of the comparison: they do not answer"
            )
    return notes


def _choosing(goods: Goods) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([key is not None for key in goods.keys], dtype=bool)


def _audit(
    question: _Question, applied: AppliedCase, goods: Goods, matrix: TradeMatrix | None, before: Side, first: Side,
    met: Meeting | None,
) -> ChainAudit:  # fmt: skip
    probability = np.array(list(question.states.values()))
    weights = audit_weights(probability)
    base = _base_error(goods, applied.rows("base_flow"), applied)
    if met is None or matrix is None:
        return ChainAudit(weights, base, 0.0, 0.0)
    flow_error = 0.0
    factors: dict[int, Floats] = {}
    for state, solved in first.solved.items():
        streams = id(solved.model.base)
        if streams not in factors:
            factors[streams] = _factor(solved, goods, met)
        one, two = class_tonnes(solved), class_tonnes(met.side.solved[state])
        names = solved.model.problem.classes.names
        flow_error = max(flow_error, audit_flows(names, {state: one}, {state: two}, factors[streams]))
    world = met.response.solved.after
    claim = Claim(
        names=[" ".join(ends) for ends in goods.ends], place=goods.ends, alone=goods.answer == ALONE, exporter=goods.exporter,
        importer=goods.importer, good=goods.good, t_per_year=goods.t_per_year, multiplier=met.multiplier,
        value_usd_per_t=goods.value_usd_per_t * (1 + question.margin), probability=probability,
        logsum_before=_by_state(goods, before), logsum_after=_by_state(goods, met.side),
        mean_before=np.array([
            on_goods(goods, solved, class_costs(solved).mean_usd_per_t) for solved in before.in_order(question.states)
        ]),
        theta=question.theta * question.share, value_musd=matrix.value_musd, wage_hat=world.wage_hat, after_musd=world.value[0],
    )  # fmt: skip
    return ChainAudit(weights, base, flow_error, audit_response(claim))


@remembered(8, unseen=1)
def _base_error(goods: Goods, base_flow: Rows, applied: AppliedCase) -> float:  # noqa: ARG001 - the setting stands for it
    """Hold goods against base_flow.csv; the same goods once."""
    return audit_base(applied, goods.ends, goods.t_per_year)


def _by_state(goods: Goods, side: Side) -> Floats:
    """Return the logsums of all goods in every state."""
    return np.array([on_goods(goods, solved, solved.equilibrium.overall_usd) for solved in side.in_order(side.states)])


def _factor(solved: Solved, goods: Goods, met: Meeting) -> Floats:
    """Return the tonnes of every class over its own, as the goods in it are multiplied."""
    parts = _parts(goods, solved.model.base)
    own, new = (
        np.bincount(parts.of_goods, tonnes, minlength=parts.numbers)
        for tonnes in (goods.t_per_year, goods.t_per_year * met.multiplier)
    )
    theirs = np.divide(
        parts.t_per_year * new[parts.place], own[parts.place], out=parts.t_per_year.copy(), where=own[parts.place] > 0
    )
    total = np.bincount(parts.of_class, theirs, minlength=len(parts.whole))
    return np.divide(total, parts.whole, out=np.ones(len(parts.whole)), where=parts.whole > 0)


class _Parts(NamedTuple):
    """Which goods make up which class, by kind of flow.

    Of all goods the number of their class and kind; how many there are; of every kind of every class that number, the class, and
    its tonnes; the tonnes of every class.
    """

    of_goods: Ints
    numbers: int
    place: Ints
    of_class: Ints
    t_per_year: Floats
    whole: Floats


@remembered(8)
def _parts(goods: Goods, streams: tuple[Stream, ...]) -> _Parts:
    number: dict[tuple[Any, str], int] = {}
    of_goods = [number.setdefault(key, len(number)) for key in zip(goods.keys, goods.kind, strict=True)]
    kinds = [
        (number.setdefault(((stream.origin, stream.destination, stream.commodity, stream.stays), kind), len(number)), c, tonnes)
        for c, stream in enumerate(streams) for kind, tonnes in stream.kinds.items()
    ]  # fmt: skip
    return _Parts(
        np.array(of_goods, dtype=np.int64), len(number), np.array([place for place, _, _ in kinds], dtype=np.int64),
        np.array([c for _, c, _ in kinds], dtype=np.int64), np.array([tonnes for _, _, tonnes in kinds], dtype=np.float64),
        np.array([stream.t_per_year for stream in streams], dtype=np.float64),
    )  # fmt: skip
