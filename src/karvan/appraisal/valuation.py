"""From solved years to streams and present values, in arrays: year by state by row of the accounts.

::

    gain in a year  = ramp (straight in demand between solved years)        by state, as if it held all year
    expected        = sum over states of probability in that year x gain    states are solved first and weighted after
    ENPV            = sum over years of discount factor x expected
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from karvan.appraisal.discounting import Discounting  # noqa: TC001 - a field
from karvan.appraisal.externalities import carbon_cost, unit_costs
from karvan.appraisal.gains import TOLERANCE, Gain, GainsMatrix
from karvan.appraisal.plans import (
    LIFE_PARAMETER,
    LIFE_YEARS,
    RAMP_PARAMETER,
    RAMP_YEARS,
    WORKS_PARAMETER,
    between,
    capital_stream,
    ramp_share,
)
from karvan.appraisal.prices import usd_factor
from karvan.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from karvan.appraisal.gains import Standing
    from karvan.appraisal.outcomes import Row, SolvedYear
    from karvan.appraisal.plans import Plan
    from karvan.appraisal.rules import RuleSet
    from karvan.case import Case

Floats = np.ndarray[Any, np.dtype[np.float64]]

#: What is transferred in a year counts as no less than this share of what is in any year.
ROUNDING = 1e-5
#: Paths of prices of CO2e.
_LEVELS: tuple[Literal["low", "central", "high"], ...] = ("low", "central", "high")
#: Parties of the accounts that no table names: who pays for works, who owns them, who lives beside them, everybody's climate.
FUNDER, OWNER, NEIGHBOURS, CLIMATE = "funder", "owner", "neighbours", "climate"


@dataclass(frozen=True, eq=False)
class Valuation:
    """The streams of a plan.

    Attributes
    ----------
    years, states, usual
        Years of the accounts, and states of the crossings; the one in which nothing is shut.
    rows
        Effect, country and kind of party.
    benefit_musd, transfer_musd
        By year, state and row.
    probability
        By year and state.
    factors
        Discount factor of each year.
    traffic_t, half_musd, half_share, parts_musd, co2e_t
        By year and state: tonnes on the busiest row that the projects open or change; users' surplus by the rule of half over
        ways of going, and the share of tonnes that it can speak of in the last solved year; parts of users' surplus; change of
        emissions.
    trade_welfare_musd
        By year: what real income of all economies gains, expected over the long run of the states; NaN where there is no trade.
    carbon_levels
        Price of CO2e as a share of itself, and its low and high; 1 where the rule set has one path.
    neighbour_levels
        The same of accidents, air and noise, over the range of their income elasticity, for the countries and modes in question.
    works_pv, upkeep_pv
        By project and country: what it gains, at present value, for each USD m of capital cost: by works, their upkeep and what
        is left of them; and by upkeep alone. In general losses.
    residual_pv_musd
        Present values of both kinds of residual value, for the world; the rule set's kind is in the rows.
    later_years
        Years after the accounts for which the flows of the last year count as a residual value; none by remaining life.
    notes
        What the reader should know.
    """

    years: tuple[int, ...]
    states: tuple[str, ...]
    usual: str
    rows: tuple[Row, ...]
    benefit_musd: Floats
    transfer_musd: Floats
    probability: Floats
    factors: Floats
    traffic_t: Floats
    half_musd: Floats
    half_share: Floats
    parts_musd: Floats
    co2e_t: Floats
    trade_welfare_musd: Floats
    carbon_levels: tuple[float, float, float]
    neighbour_levels: tuple[float, float, float]
    works_pv: tuple[Mapping[str, float], ...]
    upkeep_pv: tuple[Mapping[str, float], ...]
    residual_pv_musd: Mapping[str, float]
    later_years: int
    notes: tuple[str, ...]

    @cached_property
    def _pv(self) -> tuple[Floats, Floats]:
        """Present values of the rows by state as if it held for ever, and expected."""
        total = self.benefit_musd + self.transfer_musd
        return (
            np.einsum("y,ysr->sr", self.factors, total),
            np.einsum("y,ys,ysr->r", self.factors, self.probability, total),
        )

    def _counts(self, standing: Standing) -> np.ndarray[Any, np.dtype[np.bool_]]:
        return np.array([standing.counts(country) for _, country, _ in self.rows], dtype=bool)

    def enpv(self, standings: Sequence[Standing]) -> dict[str, float]:
        """Return the net present value of every standing."""
        return {standing.id: float(self._pv[1][self._counts(standing)].sum()) for standing in standings}

    def enpv_by_state(self, standings: Sequence[Standing]) -> dict[str, dict[str, float]]:
        """Return the net present value of every standing, were a state to hold for ever."""
        return {
            state: {standing.id: float(values[self._counts(standing)].sum()) for standing in standings}
            for state, values in zip(self.states, self._pv[0], strict=True)
        }

    def expected(self, standing: Standing) -> dict[str, Floats]:
        """Return the expected gains of a standing by effect, year by year."""
        mine = self._counts(standing)
        total = np.einsum("ys,ysr->yr", self.probability, self.benefit_musd + self.transfer_musd)
        effects = sorted({row[0] for row, kept in zip(self.rows, mine, strict=True) if kept})
        place = np.array([effects.index(row[0]) if kept else -1 for row, kept in zip(self.rows, mine, strict=True)])
        return {effect: total[:, place == n].sum(axis=1) for n, effect in enumerate(effects)}

    def by_year_and_state(self, standing: Standing) -> Floats:
        """Return the gains of a standing by year and state, as if each state held all year."""
        mine = self._counts(standing)
        total: Floats = (self.benefit_musd[:, :, mine] + self.transfer_musd[:, :, mine]).sum(axis=2)
        return total

    def works(self, standing: Standing, costs_musd: Sequence[float], *, upkeep_only: bool = False) -> float:
        """Return what a standing gains by works, their upkeep and what is left of them, at a cost of each project.

        In general a loss. A cost that is not known counts for nothing.
        """
        return math.fsum(
            cost * value
            for cost, by_country in zip(costs_musd, self.upkeep_pv if upkeep_only else self.works_pv, strict=True)
            for country, value in by_country.items()
            if standing.counts(country) and not math.isnan(cost)
        )

    @cached_property
    def gains(self) -> GainsMatrix:
        """Present values by country, party and effect; the transfers of each effect net to zero, else it is an error."""
        benefit, transfer = (
            np.einsum("y,ys,ysr->r", self.factors, self.probability, values)
            for values in (self.benefit_musd, self.transfer_musd)
        )
        return GainsMatrix.of(
            Gain(country, party, effect, float(one), float(two))
            for (effect, country, party), one, two in zip(self.rows, benefit, transfer, strict=True)
        )

    def audit(self) -> None:
        """Check that transfers of every effect net to zero in every year and state, and probabilities sum to one.

        Raises
        ------
        AuditError
            They do not.
        """
        sums = self.probability.sum(axis=1)
        if float(np.abs(sums - 1.0).max(initial=0.0)) > TOLERANCE or float(self.probability.min(initial=0.0)) < 0:
            year = self.years[int(np.abs(sums - 1.0).argmax())]
            message = (
                f"probabilities of the states do not sum to one in {year}: {float(sums[year - self.years[0]]):.12g}"
            )
            raise AuditError(message)
        effects = sorted({row[0] for row in self.rows})
        for effect in effects:
            mine = self.transfer_musd[:, :, [row[0] == effect for row in self.rows]]
            net, size = mine.sum(axis=2), np.abs(mine).sum(axis=2)
            # a year between two that are solved may be next to nothing, and has the rounding of what they are
            allowed = TOLERANCE * np.maximum(size, max(TOLERANCE, ROUNDING * float(size.max(initial=0.0))))
            if (np.abs(net) > allowed).any():
                y, s = np.unravel_index(int((np.abs(net) - allowed).argmax()), net.shape)
                message = (
                    f"transfers of {effect!r} do not net to zero in {self.years[int(y)]}, {self.states[int(s)]}: "
                    f"USD {float(net[y, s]):g} m of USD {float(size[y, s]):g} m is lost or made up"
                )
                raise AuditError(message)


# building ---------------------------------------------------------------------------------------------------------------


class _Ledger:
    """Rows of the accounts while they are being drawn up."""

    def __init__(self, years: int, states: int) -> None:
        self.shape = (years, states)
        self.found: dict[Row, tuple[Floats, Floats]] = {}

    def add(self, row: Row, benefit: Floats | float = 0.0, transfer: Floats | float = 0.0) -> None:
        """Add gains by year, or by year and state."""
        one, two = self.found.setdefault(row, (np.zeros(self.shape), np.zeros(self.shape)))
        for kept, values in ((one, benefit), (two, transfer)):
            given = np.asarray(values, dtype=np.float64)
            np.add(kept, given[:, None] if given.ndim == 1 else given, out=kept)

    def arrays(self) -> tuple[tuple[Row, ...], Floats, Floats]:
        """Return the rows in order, with their gains by year, state and row."""
        rows = tuple(sorted(self.found))
        if not rows:
            return rows, np.zeros((*self.shape, 0)), np.zeros((*self.shape, 0))
        benefit, transfer = (np.stack([self.found[row][side] for row in rows], axis=2) for side in (0, 1))
        return rows, benefit, transfer


def value_plan(
    case: Case, plan: Plan, solved: Mapping[int, SolvedYear], rules: RuleSet, probability: Floats, states: tuple[str, ...],
    usual: str,
) -> Valuation:  # fmt: skip
    """Return the streams of a plan from its solved years, audited.

    Parameters
    ----------
    case, plan, rules
        What is appraised, and how.
    solved
        The solved years, all with the same states.
    probability
        By year and state.
    states, usual
        The states, in the order of the columns, and the one in which nothing is shut.

    Raises
    ------
    InputError
        A price cannot be brought to the prices of the case.
    AuditError
        Transfers do not net to zero.
    """
    years, notes = plan.years, []
    ledger = _Ledger(len(years), len(states))
    figures = _streams(case, plan, solved, states)
    for row, (benefit, transfer) in figures.rows.items():
        ledger.add(row, benefit, transfer)
    notes += _climate(ledger, case, plan, rules, figures.co2e_t)
    neighbour_levels, more = _neighbours(ledger, case, rules, figures.tkm)
    notes += more
    _works(ledger, case, plan, rules, upkeep_only=True)
    factors = rules.schedule().factors([year - years[0] for year in years])
    kinds = {
        "remaining_life": _by_life(case, plan, rules, len(states)),
        "net_flows": _by_flows(ledger, case, plan, rules),
    }
    end, at_end = np.zeros(len(years)), factors[-1] * probability[-1]
    end[-1] = 1.0
    for row, (one, two) in kinds[rules.residual_value].items():
        ledger.add(row, end[:, None] * one[None, :], end[:, None] * two[None, :])
    _works(ledger, case, plan, rules, upkeep_only=False)
    rows, benefit_musd, transfer_musd = ledger.arrays()
    later = _later_years(case, plan) if rules.residual_value == "net_flows" else 0
    emitted = factors * np.einsum("ys,ys->y", probability, figures.co2e_t)
    emitted[-1] *= 1.0 + worth_at_end(rules, years, later)
    found = Valuation(
        years, states, usual, rows, benefit_musd, transfer_musd, probability, factors, figures.traffic_t, figures.half_musd,
        figures.half_share, figures.parts_musd, figures.co2e_t, figures.trade_welfare_musd, _carbon_levels(rules, years, emitted),
        neighbour_levels, _works_pv(case, plan, rules, factors), _works_pv(case, plan, rules, factors, upkeep_only=True),
        {kind: float(sum(float((one + two) @ at_end) for one, two in theirs.values())) for kind, theirs in kinds.items()},
        later, tuple(notes),
    )  # fmt: skip
    found.audit()
    return found


@dataclass(frozen=True, eq=False)
class _Figures:
    """Figures of every year and state that follow from the solved years."""

    rows: dict[Row, tuple[Floats, Floats]]
    tkm: dict[tuple[str, str], Floats]
    co2e_t: Floats
    half_musd: Floats
    half_share: Floats
    parts_musd: Floats
    traffic_t: Floats
    trade_welfare_musd: Floats


def _streams(case: Case, plan: Plan, solved: Mapping[int, SolvedYear], states: tuple[str, ...]) -> _Figures:
    rows = sorted({row for one in solved.values() for row in one.rows})
    moves = sorted({move for one in solved.values() for move in one.moves})
    parts = next(iter(solved.values())).parts_musd.shape[1]
    stacked: dict[int, Floats] = {}
    for year, one in solved.items():
        at = [one.states.index(state) for state in states]
        columns = [
            _spread(one.benefit_musd, one.rows, rows), _spread(one.transfer_musd, one.rows, rows),
            _spread(one.tkm, one.moves, moves), one.co2e_t[:, None], one.half_musd[:, None],
            np.full((len(one.states), 1), one.trade_welfare_musd), one.parts_musd,
        ]  # fmt: skip
        stacked[year] = np.hstack(columns)[at]
    demand = np.array(plan.demand_t)
    ramp_years = case.parameters.get(RAMP_PARAMETER, RAMP_YEARS)
    gains = np.zeros((len(plan.years), *next(iter(stacked.values())).shape))
    traffic = np.zeros((len(plan.years), len(states), 1))
    starts, before, traffic_before = plan.starts, np.zeros_like(gains), np.zeros_like(traffic)
    for place, (first, opening) in enumerate(starts):
        until = starts[place + 1][0] if place + 1 < len(starts) else math.inf
        # what begins in this year ramps up; what began before it goes on as it would have
        ramp = ramp_share(plan.years, opening, ramp_years, first=first)[:, None, None]
        own = {year: values for year, values in stacked.items() if first <= year < until}
        line = between(plan.years, own, demand, first)
        gains += ramp * (line - before)
        tonnes = {year: solved[year].traffic_t[[solved[year].states.index(s) for s in states], None] for year in own}
        traffic_line = between(plan.years, tonnes, demand, first)
        traffic += ramp * (traffic_line - traffic_before)
        before, traffic_before = line, traffic_line
    n, m = len(rows), len(moves)
    # sums over a view may run in another order than over the same figures laid out anew, as a process gets them from another
    own_rows = np.ascontiguousarray(gains.transpose(2, 0, 1))
    return _Figures(
        {row: (own_rows[k], own_rows[n + k]) for k, row in enumerate(rows)},
        {move: own_rows[2 * n + k] for k, move in enumerate(moves)}, own_rows[2 * n + m], own_rows[2 * n + m + 1],
        _last_share(solved, states), np.ascontiguousarray(gains[:, :, -parts:]), np.ascontiguousarray(traffic[:, :, 0]),
        np.ascontiguousarray(own_rows[2 * n + m + 2][:, 0]),
    )  # fmt: skip


def _last_share(solved: Mapping[int, SolvedYear], states: tuple[str, ...]) -> Floats:
    last = solved[max(solved)]
    found: Floats = last.half_share[[last.states.index(state) for state in states]]
    return found


def _spread(values: Floats, names: Sequence[Any], wanted: Sequence[Any]) -> Floats:
    """Return columns in another order, with nothing where there is none."""
    found = np.zeros((len(values), len(wanted)))
    place = {name: number for number, name in enumerate(wanted)}
    found[:, [place[name] for name in names]] = values
    return found


# other rows -------------------------------------------------------------------------------------------------------------


def _climate(ledger: _Ledger, case: Case, plan: Plan, rules: RuleSet, co2e_t: Floats) -> list[str]:
    """Add the damage of emissions; it is everybody's, and so of no country."""
    if rules.carbon is None:
        return [f"{rules.id} prices no CO2e: emissions are counted in tonnes alone"]
    last = rules.carbon.points[-1].year if rules.carbon.growth_after is None else plan.years[-1]
    factor, notes = usd_factor(case, rules.carbon.currency, rules.carbon.price_year, what="price of CO2e")
    prices = np.array([carbon_cost(1.0, year, rules).amount * factor for year in _priced_years(rules, plan.years)])
    ledger.add(("co2e", "INT", CLIMATE), -co2e_t * prices[:, None] / 1e6)
    return [
        *notes,
        *([f"prices of CO2e of {rules.id} end in {last}; they are held there"] if last < plan.years[-1] else []),
    ]


def _priced_years(rules: RuleSet, years: Sequence[int]) -> list[int]:
    """Return the years whose prices of CO2e hold in some years: the nearest that the path knows."""
    if rules.carbon is None:
        return []
    points = rules.carbon.points
    last = points[-1].year if rules.carbon.growth_after is None else years[-1]
    return [max(min(year, last), points[0].year) for year in years]


def _carbon_levels(rules: RuleSet, years: Sequence[int], emitted_t: Floats) -> tuple[float, float, float]:
    """Return the damage at the low and high path of prices of CO2e over that at the central one.

    Parameters
    ----------
    rules, years
        The paths, and the years.
    emitted_t
        Emissions of each year, discounted. More in some years and less in others may turn low and high round.
    """
    if rules.carbon is None or not {"low", "high"} <= set(rules.carbon.levels):
        return 1.0, 1.0, 1.0
    prices = [[rules.carbon.price(year, level) for year in _priced_years(rules, years)] for level in _LEVELS]
    weights = emitted_t if float(emitted_t @ np.array(prices[1])) else np.ones(len(years))
    low, central, high = (float(weights @ np.array(path)) for path in prices)
    return 1.0, low / central, high / central


def _neighbours(
    ledger: _Ledger, case: Case, rules: RuleSet, tkm: Mapping[tuple[str, str], Floats]
) -> tuple[tuple[float, float, float], list[str]]:
    """Add accidents, air and noise, borne where goods pass; return by what they are multiplied at least and at most."""
    if not rules.external:
        return (1.0, 1.0, 1.0), [f"{rules.id} has no unit costs of accidents, air and noise: they are left out"]
    notes: list[str] = []
    known = {cost.mode for cost in rules.external}
    missing = {mode for _, mode in tkm if mode not in known}
    costs = {}
    for country in dict.fromkeys(country for country, _ in tkm):
        costs[country], more = unit_costs(case, rules, country)
        notes += more
    total = np.zeros(3)
    for (country, mode), moved in tkm.items():
        for cost in costs[country]:
            if cost.mode == mode:
                ledger.add((cost.effect, country, NEIGHBOURS), -moved * cost.usd_per_tkm / 1e6)
                total += float(np.abs(moved).sum()) * np.array(cost[2:])
    notes += [f"{rules.id} has no unit costs of {', '.join(sorted(missing))}: they are left out"] if missing else []
    levels = (1.0, float(total[1] / total[0]), float(total[2] / total[0])) if total[0] > 0 else (1.0, 1.0, 1.0)
    return levels, list(dict.fromkeys(notes))


def renewals(case: Case, opening: int, last: int) -> list[int]:
    """Return the years up to the last in which works that opened in a year are built again, at the end of their life."""
    life = max(round(case.parameters.get(LIFE_PARAMETER, LIFE_YEARS)), 1)
    return list(range(opening + life, last + 1, life))


def works_factor(case: Case, rules: RuleSet) -> float:
    """Return the economic over the financial price of works: the rule set's own, else the case's; one at market prices."""
    if "works" in rules.shadow_factors:
        return rules.shadow_factors["works"].value
    return case.parameters.get(WORKS_PARAMETER, 1.0) if rules.net_of_taxes else 1.0


def _works(ledger: _Ledger, case: Case, plan: Plan, rules: RuleSet, *, upkeep_only: bool) -> None:
    """Add capital cost, or upkeep: taxes in it go to the treasury where it is built."""
    real = works_factor(case, rules)
    pct = plan.upkeep_pct[0]
    years = np.asarray(plan.years)
    for project in plan.projects:
        cost = 0.0 if math.isnan(project.cost_musd) else project.cost_musd
        if upkeep_only:
            effect, party = "upkeep", OWNER
            stream = np.where(years >= project.opening, cost * pct / 100.0, 0.0)
        else:
            effect, party = "capital", FUNDER
            stream = capital_stream(project, plan.years) if cost else np.zeros(len(years))
            # what wears out within the accounts is built again
            stream[np.isin(years, renewals(case, project.opening, plan.years[-1]))] += cost
        here = {country: 1.0 / len(project.countries) for country in project.countries}
        for country, share in (here if upkeep_only else project.bearers).items():
            ledger.add((effect, country, party), -real * share * stream, -(1.0 - real) * share * stream)
        for country, share in here.items():
            if real != 1.0:
                ledger.add((effect, country, "treasury"), 0.0, (1.0 - real) * share * stream)


def _works_pv(
    case: Case, plan: Plan, rules: RuleSet, factors: Floats, *, upkeep_only: bool = False
) -> tuple[dict[str, float], ...]:  # fmt: skip
    """Return what each country gains for each USD m of each project: by works, upkeep and what is left, or by upkeep alone."""
    found = []
    end = np.zeros(len(plan.years))
    end[-1] = 1.0
    for project in plan.projects:
        alone = replace(plan, projects=(replace(project, cost_musd=1.0),))
        ledger = _Ledger(len(plan.years), 1)
        _works(ledger, case, alone, rules, upkeep_only=True)
        left: dict[Row, tuple[Floats, Floats]] = {}
        if rules.residual_value == "net_flows":
            left = _by_flows(ledger, case, plan, rules)
        elif not upkeep_only:
            left = _by_life(case, alone, rules, 1)
        for row, (one, two) in left.items():
            ledger.add(row, end[:, None] * one[None, :], end[:, None] * two[None, :])
        if not upkeep_only:
            _works(ledger, case, alone, rules, upkeep_only=False)
        sums: dict[str, float] = {}
        for (_, country, _), (one, two) in ledger.found.items():
            sums[country] = sums.get(country, 0.0) + float(factors @ (one + two)[:, 0])
        found.append(sums)
    return tuple(found)


def _by_life(case: Case, plan: Plan, rules: RuleSet, states: int) -> dict[Row, tuple[Floats, Floats]]:
    """Return residual values as the share of life that remains times the cost, to the owner."""
    life = case.parameters.get(LIFE_PARAMETER, LIFE_YEARS)
    real = works_factor(case, rules)
    found: dict[Row, tuple[Floats, Floats]] = {}
    for project in plan.projects:
        if math.isnan(project.cost_musd):
            continue
        since = max([project.opening, *renewals(case, project.opening, plan.years[-1])])
        left = max(0.0, 1.0 - (plan.years[-1] - since + 1) / life)
        for country in project.countries:
            row = ("residual_value", country, OWNER)
            before = found[row][0] if row in found else np.zeros(states)
            found[row] = (before + real * project.cost_musd * left / len(project.countries), np.zeros(states))
    return found


def _later_years(case: Case, plan: Plan) -> int:
    """Return how many years of life remain to the works after the accounts, a mean over the cost of the projects."""
    life = case.parameters.get(LIFE_PARAMETER, LIFE_YEARS)
    sizes = np.array([project.cost_musd for project in plan.projects])
    sizes = np.where(np.isnan(sizes), 0.0, sizes)
    end = plan.years[-1]
    ages = np.array([end - max([one.opening, *renewals(case, one.opening, end)]) + 1.0 for one in plan.projects])
    weights = sizes / sizes.sum() if sizes.sum() > 0 else np.full(len(sizes), 1.0 / len(sizes))
    return max(0, round(life - float(weights @ ages)))


def worth_at_end(rules: RuleSet, years: tuple[int, ...], later_years: int) -> float:
    """Return what a dollar a year is worth in the last year of the accounts, if it goes on for so many years after it."""
    last = years[-1] - years[0]
    schedule: Discounting = rules.schedule()
    later = schedule.factors([last + step for step in range(1, later_years + 1)])
    return float(later.sum()) / float(schedule.factors([last])[0])


def _by_flows(ledger: _Ledger, case: Case, plan: Plan, rules: RuleSet) -> dict[Row, tuple[Floats, Floats]]:
    """Return residual values as the flows of the last year over the years of life that remain, to whom they accrue."""
    worth = worth_at_end(rules, plan.years, _later_years(case, plan))
    found: dict[Row, tuple[Floats, Floats]] = {}
    for (_, country, party), (benefit, transfer) in ledger.found.items():
        row = ("residual_value", country, party)
        one, two = found.get(row, (np.zeros(ledger.shape[1]), np.zeros(ledger.shape[1])))
        found[row] = (one + worth * benefit[-1], two + worth * transfer[-1])
    return found
