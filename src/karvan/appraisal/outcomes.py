"""What accounts need of an outcome: gains by effect, country and party in every state of the crossings, with less without.

An outcome of the chain is large. This is what is left of it once it is solved: a few small arrays, which a store can keep.

::

    users      half (q0 + q1) (L0 - L1) per class, L the logsum of its choices: existing, diverted and generated goods
    payees     change of what is paid to them, less change of the cost of resources
    transfers  what users pay more, payees receive more: nothing is lost between them

Existing goods keep their way of going and gain its change of cost; generated goods gain half the change of the logsum; diverted
goods gain the rest. What users pay is inside their surplus: it is a transfer to the payee, and a gain of the goods moved for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from karvan.appraisal.side_sums import PARTS, PUBLIC, Floats, SideSums, parties_of, sum_side
from karvan.case.apply import resolve_project

if TYPE_CHECKING:
    from collections.abc import Callable

    from karvan.appraisal.side_sums import Parties
    from karvan.case import Case
    from karvan.chain import Outcome
    from karvan.flows.corridor_solve import Solved

#: Effect, country and kind of party of a row of the accounts.
Row = tuple[str, str, str]
#: Gains of users by what their goods did before.
USER_EFFECTS = ("user_existing", "user_diverted", "user_generated")
#: What is paid to bodies that run something, to public bodies, to public bodies for goods in transit, and for what is full.
OPERATOR, TREASURY, TRANSIT, RENT = "operator", "treasury", "transit_fee", "rent"
USERS = "shipper"
#: Dollars a tonne, and shares of a class, by which a setting that changes nothing may differ from the one without it: ten times
#: the tolerance to which trade and flows meet.
NOTHING = 1e-5


@dataclass(frozen=True, eq=False)
class SolvedYear:
    """Gains of a year, with less without, as if each state held all year; USD m.

    Attributes
    ----------
    year
        The year.
    states
        States of the crossings.
    rows
        Effect, country and kind of party.
    benefit_musd, transfer_musd
        By state and row: real gains; received less paid.
    moves, tkm
        Country and mode; change of tonne-kilometres by state and these.
    co2e_t
        Change of emissions by state.
    half_musd, half_share
        By state: users' surplus by the rule of half over ways of going, and the share of tonnes that it can speak of.
    parts_musd
        By state and part (:data:`PARTS`, then ``choice``): what users' surplus consists of.
    tonnes, tonnes_before
        Tonnes on the network by state, with and without.
    traffic_t
        By state: tonnes over the busiest link, crossing or terminal that the projects open or change.
    moved_share, cost_change_usd
        Largest share of a class that goes another way, and largest change of a logsum per tonne of goods that are sent, over
        all states.
    notes
        What the reader should know.
    trade_welfare_musd
        What real income of all economies gains by the answer of trade, expected over the states; NaN where the case has no trade.
        Another measure of what users gain, never to be added to it.
    """

    year: int
    states: tuple[str, ...]
    rows: tuple[Row, ...]
    benefit_musd: Floats
    transfer_musd: Floats
    moves: tuple[tuple[str, str], ...]
    tkm: Floats
    co2e_t: Floats
    half_musd: Floats
    half_share: Floats
    parts_musd: Floats
    tonnes: Floats
    tonnes_before: Floats
    traffic_t: Floats
    moved_share: float
    cost_change_usd: float
    notes: tuple[str, ...] = ()
    trade_welfare_musd: float = float("nan")

    @property
    def changes_nothing(self) -> bool:
        """Whether no goods cost less or go another way with the projects than without."""
        return self.moved_share <= NOTHING and self.cost_change_usd <= NOTHING


@lru_cache(maxsize=32)
def _sum_without(case: Case, solved: Solved) -> SideSums:
    """Return the sums of a side without projects, which many settings are compared with."""
    return sum_side(solved, parties_of(case))


def sum_outcome(case: Case, outcome: Outcome, year: int) -> SolvedYear:
    """Return what accounts need of an outcome.

    Parameters
    ----------
    case, outcome
        The case, and a setting of it beside the same without projects.
    year
        The year that it stands for.
    """
    parties = parties_of(case)
    states = tuple(outcome.side.solved)
    touched = _touched(case, next(iter(outcome.side.solved.values())))
    found, traffic = [], []
    for state, solved in outcome.side.solved.items():
        with_it = sum_side(solved, parties)
        found.append(_compare(_sum_without(case, outcome.side_before.solved[state]), with_it, parties))
        traffic.append(max((with_it.row_tonnes.get(place, 0.0) for place in touched), default=0.0))
    rows = sorted({row for one in found for row in one.gains})
    benefit, transfer = (
        np.array([[one.gains.get(row, (0.0, 0.0))[side] for row in rows] for one in found]).reshape(len(found), -1)
        for side in (0, 1)
    )

    def column(read: Callable[[_Comparison], float]) -> Floats:
        return np.array([read(one) for one in found])

    tkm = np.array([one.tkm for one in found])
    used = np.abs(tkm).max(axis=0) > 0
    return SolvedYear(
        year=year, states=states, rows=tuple(rows), benefit_musd=benefit, transfer_musd=transfer,
        moves=tuple(move for move, kept in zip(found[0].moves, used, strict=True) if kept), tkm=tkm[:, used],
        co2e_t=column(lambda one: one.co2e_t), half_musd=column(lambda one: one.half_musd),
        half_share=column(lambda one: one.half_share), parts_musd=np.array([one.parts_musd for one in found]),
        tonnes=column(lambda one: one.tonnes), tonnes_before=column(lambda one: one.tonnes_before),
        traffic_t=np.array(traffic),
        moved_share=max(one.moved_share for one in found), cost_change_usd=max(one.cost_change_usd for one in found),
        notes=next(iter(outcome.side.solved.values())).model.network.applied.notes,
        trade_welfare_musd=outcome.welfare_musd,
    )  # fmt: skip


def _touched(case: Case, solved: Solved) -> list[tuple[str, str]]:
    """Return table and row of what the projects of a setting open or change, parts of projects among them."""
    applied = solved.model.network.applied
    named = {resolve_project(case, name) for name in applied.setting.project_years()}
    projects = case.rows("project")
    waiting = list(named)
    while waiting:
        new = set(projects[waiting.pop()]["contains"]) - named
        named |= new
        waiting += new
    mine = named & applied.open_projects
    found = {("link", name) for name, row in case.rows("link").items() if mine & set(row["project_id"])}
    found |= {
        (row["table"], row["row"])
        for row in case.rows("effect").values()
        if row["owner"] in mine and row["table"] in ("link", "border", "terminal")
    }
    return sorted(found)


@dataclass(frozen=True, eq=False)
class _Comparison:
    """One state, with less without."""

    gains: dict[Row, tuple[float, float]]
    moves: tuple[tuple[str, str], ...]
    tkm: Floats
    co2e_t: float
    half_musd: float
    half_share: float
    parts_musd: Floats
    tonnes: float
    tonnes_before: float
    moved_share: float
    cost_change_usd: float


def _compare(before: SideSums, after: SideSums, parties: Parties) -> _Comparison:
    before = _in_order(before, after)
    gains: dict[Row, tuple[float, float]] = {}
    users = _users(before, after)
    for effect, values in zip(USER_EFFECTS, users, strict=True):
        for country, value in enumerate(_by_country(values, after, len(parties.countries))):
            _add(gains, (effect, parties.countries[country], USERS), value, 0.0)
    _payments(gains, before, after, parties)
    half, share = _rule_of_half(before, after)
    mean = 0.5 * (before.tonnes + after.tonnes)
    parts = (mean[:, None] * (before.parts_usd - after.parts_usd)).sum(axis=0) / 1e6
    total = float(sum(values.sum() for values in users))
    shares = [side.way_tonnes / np.maximum(side.tonnes, 1e-9)[:, None] for side in (before, after)]
    moved = 0.5 * np.abs(shares[1] - shares[0]).sum(axis=1)
    # what nobody sends has a cost that no equilibrium holds: it says nothing of the projects
    dearer = np.where(before.tonnes + after.tonnes > 0, np.abs(after.logsum_usd - before.logsum_usd), 0.0)
    return _Comparison(
        gains, after.moves, after.tkm - before.tkm, after.co2e_t - before.co2e_t, half, share,
        np.append(parts, total - parts.sum()), float(after.way_tonnes[:, :-1].sum()), float(before.way_tonnes[:, :-1].sum()),
        float(moved.max(initial=0.0)), float(dearer.max(initial=0.0)),
    )  # fmt: skip


def _in_order(before: SideSums, after: SideSums) -> SideSums:
    """Return the side without, its classes in the order of the side with; one that is missing has no tonnes and the same cost."""
    if before.keys == after.keys:
        return before
    place = {key: number for number, key in enumerate(before.keys)}
    at = np.array([place.get(key, -1) for key in after.keys], dtype=np.int64)
    known = at >= 0

    def taken(values: Floats, blank: Floats) -> Floats:
        shaped = known if values.ndim == 1 else known[:, None]
        found: Floats = np.where(shaped, values[at], blank)
        return found

    nothing, nowhere = np.zeros_like(after.tonnes), np.full_like(after.way_usd, np.nan)
    return SideSums(
        after.keys, after.origin, after.destination, taken(before.tonnes, nothing),
        taken(before.logsum_usd, after.logsum_usd), taken(before.way_tonnes, np.zeros_like(after.way_tonnes)),
        taken(before.way_usd, nowhere), taken(before.parts_usd, after.parts_usd), before.paid_usd, before.cost_usd,
        before.rent_usd, before.moves, before.tkm, before.co2e_t, before.row_tonnes,
    )  # fmt: skip


def _users(before: SideSums, after: SideSums) -> tuple[Floats, Floats, Floats]:
    """Return what users of every class gain on existing, diverted and generated goods, USD m."""
    fall = before.logsum_usd - after.logsum_usd
    kept = np.minimum(before.tonnes, after.tonnes)
    stays = np.minimum(before.way_tonnes, after.way_tonnes)
    with np.errstate(invalid="ignore"):
        cheaper = np.where(stays > 0, stays * (before.way_usd - after.way_usd), 0.0)
    existing: Floats = cheaper.sum(axis=1) / 1e6
    generated: Floats = 0.5 * np.abs(after.tonnes - before.tonnes) * fall / 1e6
    diverted: Floats = kept * fall / 1e6 - existing
    return existing, diverted, generated


def _rule_of_half(before: SideSums, after: SideSums) -> tuple[float, float]:
    """Return users' surplus by the rule of half over the ways that are gone on both sides, and their share of the tonnes."""
    both = (before.way_tonnes > 0) & (after.way_tonnes > 0)
    mean = 0.5 * (before.way_tonnes + after.way_tonnes)
    gain = np.where(both, mean * (np.nan_to_num(before.way_usd) - np.nan_to_num(after.way_usd)), 0.0)
    return float(gain.sum()) / 1e6, float(mean[both].sum() / max(mean.sum(), 1e-300))


def _by_country(values: Floats, side: SideSums, countries: int) -> list[float]:
    """Return figures of the classes by country, half to either end."""
    half = 0.5 * values
    one, two = (np.bincount(end, half, minlength=countries) for end in (side.origin, side.destination))
    return [float(value) for value in one + two]


def _payments(gains: dict[Row, tuple[float, float]], before: SideSums, after: SideSums, parties: Parties) -> None:
    """Add what payees receive and spend more, and what users pay more for it."""
    paid, cost = (after.paid_usd - before.paid_usd) / 1e6, (after.cost_usd - before.cost_usd) / 1e6
    rent = (after.rent_usd - before.rent_usd) / 1e6
    for p, (country, party) in enumerate(parties.payees):
        for passes in (0, 1):
            effect = (TRANSIT if passes else TREASURY) if party in PUBLIC else OPERATOR
            _pay(gains, effect, (country, party), paid[p, passes], float(cost[p, passes]), parties)
        _pay(gains, RENT, (country, party), rent[p], 0.0, parties)


def _pay(
    gains: dict[Row, tuple[float, float]], effect: str, payee: tuple[str, str], paid: Floats, cost: float, parties: Parties
) -> None:  # fmt: skip
    for u in np.flatnonzero(paid).tolist():
        sum_paid = float(paid[u])
        _add(gains, (effect, parties.countries[u], USERS), sum_paid, -sum_paid)
        _add(gains, (effect, *payee), 0.0, sum_paid)
    if cost:
        _add(gains, (effect, *payee), -cost, 0.0)


def _add(gains: dict[Row, tuple[float, float]], row: Row, benefit: float, transfer: float) -> None:
    if benefit or transfer:
        one, two = gains.get(row, (0.0, 0.0))
        gains[row] = one + benefit, two + transfer


#: Names of the parts of users' surplus.
PART_NAMES = (*PARTS, "choice")
