"""What draws are worth: drawn worlds and drawn accounts put together, all draws at once.

::

    ENPV = sum over years y, solved years k and states s of   f_y P_ys W_yk (G_ks - c_y E_ks)   - works + residual value

f discount factors, P the probability of the states (closures), W how a year stands between the solved ones, ramped up from an
opening that may be late (growth, delay), G gains and E emissions of a solved year (the chain), c the price of CO2e. States are
solved first and weighted after. Draws are worked in blocks of one size; nothing is added up across blocks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from karvan.appraisal.demand import base_demand
from karvan.appraisal.outcomes import PART_NAMES, SolvedYear
from karvan.appraisal.plans import (
    LIFE_PARAMETER,
    LIFE_YEARS,
    RAMP_PARAMETER,
    RAMP_YEARS,
    ramp_share,
)
from karvan.appraisal.prices import usd_factor
from karvan.appraisal.streams import even_shares
from karvan.appraisal.uncertain_drivers import LIMIT, Figure
from karvan.appraisal.valuation import renewals, value_plan, works_factor
from karvan.case.growth import GROWTH
from karvan.case.ranges import Z90

if TYPE_CHECKING:
    from collections.abc import Sequence

    from karvan.appraisal.demand import BaseDemand, Moved
    from karvan.appraisal.discounting import Discounting
    from karvan.appraisal.gains import Standing
    from karvan.appraisal.plans import Plan, PlannedProject
    from karvan.appraisal.rules import RuleSet
    from karvan.appraisal.uncertain import Floats
    from karvan.appraisal.uncertain_drivers import UncertainDriver
    from karvan.appraisal.worlds import SolvedWorlds
    from karvan.case import Case, Change
    from karvan.case.futures import Futures

#: Draws of a block: a matter of memory only.
BLOCK = 2_000


@dataclass(frozen=True, eq=False)
class DrawModel:
    """What every draw of a plan has in common.

    Attributes
    ----------
    case, plan, rules, standings
        What is appraised, how, and for whom.
    states, probability
        States that are solved; their probability by year, where it is not drawn.
    futures, places
        The process of the closures, and the place of its states among the solved ones; None where a scenario is taken to last.
    drivers
        Everything that is uncertain, in the order of the columns of draws.
    carrier, changes
        Scenario and changes under which years are solved and demand grows.
    """

    case: Case
    plan: Plan
    rules: RuleSet
    standings: tuple[Standing, ...]
    states: tuple[str, ...]
    probability: Floats
    futures: Futures | None
    places: tuple[int, ...]
    drivers: tuple[UncertainDriver, ...]
    carrier: str
    changes: tuple[Change, ...] = ()

    @property
    def middle(self) -> Floats:
        """The numbers of all drivers as the appraisal has them: estimates as published, nothing late."""
        known = {"cost": 1.0, "overrun": 1.0, "upkeep": 1.0, "life": self.life_years}
        return np.array([known.get(driver.acts, 0.0) for driver in self.drivers])

    @property
    def life_years(self) -> float:
        """Life of the works, as the appraisal has it."""
        return self.case.parameters.get(LIFE_PARAMETER, LIFE_YEARS)

    def columns(self, acts: str) -> list[int]:
        """Return the columns of draws of the drivers of a kind."""
        return [place for place, driver in enumerate(self.drivers) if driver.acts == acts]

    def worth(self, numbers: Floats, worlds: SolvedWorlds, discounting: Discounting | None = None) -> Worth:
        """Return the worth of draws.

        Parameters
        ----------
        numbers
            Of all drivers, an array (draws, drivers).
        worlds
            What the chain finds in every draw; a single world serves for all.
        discounting
            Rates and timing; by default those of the rule set.
        """
        schedule = discounting or self.rules.schedule()
        alone = len(worlds) == 1
        parts = []
        for start in range(0, len(numbers), BLOCK):
            rows = slice(start, start + BLOCK)
            world = slice(0, 1) if alone else rows
            parts.append(_block(self, numbers[rows], worlds.gains_musd[world], worlds.co2e_t[world], schedule))
        return Worth(np.concatenate([one for one, _ in parts]), np.concatenate([two for _, two in parts]))

    @cached_property
    def base_demands(self) -> list[BaseDemand]:
        """Tonnes of every year whatever is built, as the case has them: blocks of draws share them."""
        return [base_demand(self.case, year, self.carrier, self.changes) for year in self.plan.years]

    @cached_property
    def still_demand(self) -> Floats:
        """Tonnes of every year in the growth of the case, an array (1, years)."""
        return self.grown(lambda _, rate: np.full(1, rate))

    def grown(self, moved: Moved) -> Floats:
        """Return the tonnes of every year in growth that is moved, an array (growths, years)."""
        years = self.plan.years
        demands = zip(years, self.base_demands, strict=True)
        return np.stack([one.after(year - years[0], moved) for year, one in demands], axis=1)

    @cached_property
    def bearing(self) -> list[tuple[Floats, Floats]]:
        """By project: what each standing gains for each USD m of works, and of upkeep; in general losses.

        The works are drawn up as the appraisal does it, with projects that bring nothing.
        """
        return [_bearing(self, project) for project in self.plan.projects]

    # what does not depend on the draw -----------------------------------------------------------------------------------

    @cached_property
    def longest_works(self) -> int:
        """Years of the longest works: what a delay is a share of."""
        return max(len(project.shares) for project in self.plan.projects)

    @cached_property
    def growth_added(self) -> dict[str, float]:
        """What the changes add to the growth of economies, after all factors."""
        added: dict[str, float] = {}
        for change in self.changes:
            if (change.table, change.column, change.op) == ("economy", GROWTH, "add"):
                added[change.row] = added.get(change.row, 0.0) + float(change.value)
        return added

    @cached_property
    def transitions(self) -> dict[tuple[int, int], Figure]:
        """Ranges of the probabilities of a move to a state in which something is shut."""
        assert self.futures is not None  # noqa: S101 - asked where closures are drawn
        place = {state: number for number, state in enumerate(self.futures.states)}
        found = {}
        for name, row in self.case.rows("transition").items():
            if self.futures.shut_groups[row["to_state"]]:
                span = self.case.range_of("transition", name, "probability")
                low, high = max(min(span.low, span.value), 0.0), min(max(span.high, span.value), 1.0)
                key = place[row["from_state"]], place[row["to_state"]]
                found[key] = Figure("transition", name, "probability", low, span.value, high, 0.0, 1.0)
        return found

    @cached_property
    def carbon_usd(self) -> Floats | None:
        """Prices of a tonne of CO2e by level (low, central, high) and year; None where the rule set has none."""
        path = self.rules.carbon
        if path is None:
            return None
        factor, _ = usd_factor(self.case, path.currency, path.price_year, what="price of CO2e")
        end = path.points[-1].year if path.growth_after is None else self.plan.years[-1]
        levels: list[Literal["low", "central", "high"]] = ["low", "central", "high"]
        years = [max(min(year, end), path.points[0].year) for year in self.plan.years]
        return np.array([
            [path.price(year, level if level in path.levels else "central") * factor for year in years] for level in levels
        ])  # fmt: skip


@dataclass(frozen=True, eq=False)
class Worth:
    """What draws are worth.

    Attributes
    ----------
    enpv_musd
        By draw and standing.
    by_state_musd
        By draw, state and standing, as if the state held for ever.
    """

    enpv_musd: Floats
    by_state_musd: Floats


def _block(
    model: DrawModel, numbers: Floats, gains: Floats, co2e: Floats, schedule: Discounting
) -> tuple[Floats, Floats]:
    """Return the worth of a block of draws, expected and by state."""
    count, years = len(numbers), len(model.plan.years)
    late, life = _late_years(model, numbers), _life_years(model, numbers)
    plain = schedule.factors(range(years))
    factors = np.tile(plain, (count, 1))
    if model.rules.residual_value == "net_flows":
        factors[:, -1] += _later(model, schedule, life, late)
    weights = _year_weights(model, numbers, late)
    chances = _chances(model, numbers)
    forever = np.einsum("ny,nyk->nk", factors, weights)
    weighed = _weighed(factors, chances, weights)
    total = np.einsum("nsk,nksi->ni", weighed, np.broadcast_to(gains, (count, *gains.shape[1:])))
    states = np.einsum("nk,nksi->nsi", forever, np.broadcast_to(gains, (count, *gains.shape[1:])))
    price = _carbon_prices(model, numbers)
    if price is not None:
        emitted = np.broadcast_to(co2e, (count, *co2e.shape[1:])) / 1e6
        everybody = np.array([standing.counts("INT") for standing in model.standings], dtype=np.float64)
        paid = factors * price
        damage = np.einsum("nsk,nks->n", _weighed(paid, chances, weights), emitted)
        total = total - damage[:, None] * everybody
        states = (
            states - np.einsum("nk,nks->ns", np.einsum("ny,nyk->nk", paid, weights), emitted)[:, :, None] * everybody
        )
    works = _works(model, numbers, plain, factors, late, life)
    return total + works, states + works[:, None, :]


def _weighed(factors: Floats, chances: Floats, weights: Floats) -> Floats:
    """Return what a figure of each state and solved year counts over all years, an array (draws, states, solved years)."""
    found: Floats = np.matmul((factors[:, :, None] * chances).transpose(0, 2, 1), weights)
    return found


# what is drawn of the accounts ------------------------------------------------------------------------------------------


def _late_years(model: DrawModel, numbers: Floats) -> Floats:
    """Return how many years the projects open late."""
    late = np.zeros(len(numbers))
    for column in model.columns("delay"):
        late = late + np.maximum(numbers[:, column], 0.0) * model.longest_works
    return late


def _life_years(model: DrawModel, numbers: Floats) -> Floats:
    columns = model.columns("life")
    return numbers[:, columns[0]] if columns else np.full(len(numbers), model.life_years)


def _mixed(late: Floats, by_year: Any) -> Any:  # noqa: ANN401 - a function of whole years to arrays with the draws first
    """Return the mean of a figure at the whole years of delay on either side."""
    whole = np.floor(late).astype(np.int64)
    part = late - whole
    found = None
    for years in range(int(whole.max(initial=0)) + 2):
        share = np.where(whole == years, 1.0 - part, np.where(whole + 1 == years, part, 0.0))
        if not share.any():
            continue
        values = np.asarray(by_year(years))
        shaped = share.reshape(-1, *([1] * (values.ndim - 1))) * values
        found = shaped if found is None else found + shaped
    return found


def _later(model: DrawModel, schedule: Discounting, life: Floats, late: Floats) -> Floats:
    """Return the discount factors of the years of life beyond the accounts, summed."""
    last = len(model.plan.years) - 1
    years = np.asarray(model.plan.years)
    sizes = np.array([0.0 if math.isnan(one.cost_musd) else one.cost_musd for one in model.plan.projects])
    share = sizes / sizes.sum() if sizes.sum() > 0 else np.full(len(sizes), 1.0 / len(sizes))

    def age(extra: int) -> Floats:
        built = [_last_built(project, years, extra, life) for project in model.plan.projects]
        found: Floats = years[-1] + 1.0 - share @ np.array(built)
        return found

    left = np.maximum(0, np.round(life - _mixed(late, age))).astype(np.int64)
    sums = np.concatenate([[0.0], np.cumsum(schedule.factors([last + step for step in range(1, int(left.max()) + 1)]))])
    found: Floats = sums[left]
    return found


def _demand(model: DrawModel, numbers: Floats) -> Floats:
    """Return the tonnes of every year whatever is built, in drawn growth, an array (draws, years); of one where none is drawn."""
    columns = [place for place, driver in enumerate(model.drivers) if driver.name == "growth"]
    if not columns:
        return model.still_demand
    which, back = np.unique(np.clip(numbers[:, columns[0]], -LIMIT, LIMIT), return_inverse=True)
    figures = {figure.row: figure for column in columns for figure in model.drivers[column].figures}

    def moved(name: str, rate: float) -> Floats:
        if name not in figures:
            return np.full(len(which), rate)
        return figures[name].moved(rate, which, added=model.growth_added.get(name, 0.0))

    found: Floats = model.grown(moved)[back]
    return found


def _year_weights(model: DrawModel, numbers: Floats, late: Floats) -> Floats:
    """Return what each solved year says of each year, ramped up from a late opening, an array (draws, years, solved years)."""
    plan, demand = model.plan, _demand(model, numbers)
    solved, starts = plan.solved_years(), plan.starts
    ramp_years = model.case.parameters.get(RAMP_PARAMETER, RAMP_YEARS)
    straight = [
        _straight(
            plan.years,
            solved,
            demand,
            first,
            starts[place + 1][0] if place + 1 < len(starts) else plan.years[-1] + 1,
        )
        for place, (first, _) in enumerate(starts)
    ]

    def opened(years: int) -> Floats:
        found, before = np.zeros_like(straight[0]), np.zeros(1)
        for (first, opening), mine in zip(starts, straight, strict=True):
            # openings are late; an effect with a first year of its own begins in it, where its project is open by then
            ramp = ramp_share(plan.years, opening + years, ramp_years, first=first)[None, :, None]
            found = found + ramp * (mine - before)
            before = mine
        return found

    mixed: Floats = _mixed(late, opened)
    return mixed


def _straight(years: Sequence[int], solved: Sequence[int], demand: Floats, opening: int, until: int) -> Floats:
    """Return the weights of solved years from an opening to the next: straight in demand between them, growing with it after."""
    own = [place for place, year in enumerate(solved) if opening <= year < until]
    found = np.zeros((len(demand), len(years), len(solved)))
    for y, year in enumerate(years):
        below = max((k for k in own if solved[k] <= year), default=own[0])
        above = min((k for k in own if solved[k] >= year), default=None)
        now, low = demand[:, y], demand[:, solved[below] - years[0]]
        if above is None:
            found[:, y, below] = now / low
        elif above == below or solved[below] > year:
            found[:, y, below] = 1.0
        else:
            rise = demand[:, solved[above] - years[0]] - low
            flat = (year - solved[below]) / (solved[above] - solved[below])
            share = np.where(rise != 0, (now - low) / np.where(rise != 0, rise, 1.0), flat)
            found[:, y, below], found[:, y, above] = 1.0 - share, share
    return found


def _chances(model: DrawModel, numbers: Floats) -> Floats:
    """Return the probability of every state by draw and year, from drawn transitions."""
    columns, futures = model.columns("closures"), model.futures
    if not columns or futures is None:
        return np.broadcast_to(model.probability, (len(numbers), *model.probability.shape))
    scores = np.clip(numbers[:, columns[0]], -LIMIT, LIMIT)
    count, states = len(numbers), len(futures.states)
    matrix = np.tile(futures.matrix, (count, 1, 1))
    for (before, after), figure in model.transitions.items():
        matrix[:, before, after] = figure.at(scores)
    shut = np.array([bool(futures.shut_groups[state]) for state in futures.states])
    total = matrix[:, :, shut].sum(axis=2)
    matrix[:, :, shut] /= np.maximum(total, 1.0)[:, :, None]
    rest = np.maximum(1.0 - total, 0.0)
    own = futures.matrix[:, ~shut]
    sums = own.sum(axis=1, keepdims=True)
    share = np.where(sums > 0, own / np.where(sums > 0, sums, 1.0), 1.0 / max(own.shape[1], 1))
    matrix[:, :, ~shut] = rest[:, :, None] * share
    at = np.tile(np.eye(states)[futures.states.index(futures.start)], (count, 1))
    found = np.zeros((count, len(model.plan.years), len(model.states)))
    place = np.array(model.places)
    for year in range(len(model.plan.years)):
        if year:
            at = np.einsum("na,nab->nb", at, matrix)
        for state in range(states):
            found[:, year, place[state]] += at[:, state]
    return found


def _bearing(model: DrawModel, project: PlannedProject) -> tuple[Floats, Floats]:
    plan = replace(model.plan, projects=(project,))
    nothing = {year: _nothing(year, model.states) for year in plan.solved_years()}
    found = value_plan(
        model.case, plan, nothing, model.rules, model.probability, model.states, model.states[0]
    )  # fmt: skip
    again = len(renewals(model.case, project.opening, plan.years[-1]))
    spent = project.cost_musd * (1 + again)
    kept_up = project.cost_musd * (plan.years[-1] - project.opening + 1) * plan.upkeep_pct[0] / 100.0
    once, yearly = np.zeros(len(model.standings)), np.zeros(len(model.standings))
    for place, standing in enumerate(model.standings):
        for effect, values in found.expected(standing).items():
            if effect == "upkeep":
                yearly[place] += float(values.sum()) / kept_up if kept_up else 0.0
            elif effect != "residual_value":
                once[place] += float(values.sum()) / spent if spent else 0.0
    return once, yearly


def _nothing(year: int, states: tuple[str, ...]) -> SolvedYear:
    """Return a solved year in which nothing changes."""
    count = len(states)
    one, none, parts = np.zeros(count), np.zeros((count, 0)), np.zeros((count, len(PART_NAMES)))
    return SolvedYear(
        year=year, states=states, rows=(), benefit_musd=none, transfer_musd=none, moves=(), tkm=none, co2e_t=one, half_musd=one,
        half_share=one, parts_musd=parts, tonnes=one, tonnes_before=one, traffic_t=one, moved_share=0.0, cost_change_usd=0.0,
    )  # fmt: skip


def _carbon_prices(model: DrawModel, numbers: Floats) -> Floats | None:
    """Return prices of a tonne of CO2e by draw and year."""
    levels = model.carbon_usd
    if levels is None:
        return None
    columns = model.columns("carbon")
    if not columns:
        return np.broadcast_to(levels[1], (len(numbers), levels.shape[1]))
    score = np.clip(numbers[:, columns[0]], -LIMIT, LIMIT)[:, None] / Z90
    ends = np.where(score > 0, levels[2] - levels[1], levels[1] - levels[0])
    found: Floats = np.maximum(levels[1] + score * ends, 0.0)
    return found


def _works(
    model: DrawModel, numbers: Floats, plain: Floats, factors: Floats, late: Floats, life: Floats
) -> Floats:  # fmt: skip
    """Return what works, upkeep and what is left of works come to, by draw and standing."""
    plan = model.plan
    beyond = factors[:, -1] - plain[-1]
    upkeep = np.full(len(numbers), plan.upkeep_pct[0] / 100.0)
    for column in model.columns("upkeep"):
        upkeep = upkeep * numbers[:, column]
    total = np.zeros((len(numbers), len(model.standings)))
    for project, bearing in zip(plan.projects, model.bearing, strict=True):
        if math.isnan(project.cost_musd):
            continue
        cost = np.full(len(numbers), project.cost_musd)
        for column in (*model.columns("cost"), *model.columns("overrun")):
            if model.drivers[column].project == project.id:
                cost = cost * numbers[:, column]
        total += cost[:, None] * _works_per_usd(model, project, bearing, (plain, beyond, upkeep, late, life))
    return total


def _works_per_usd(
    model: DrawModel, project: PlannedProject, bearing: tuple[Floats, Floats], drawn: tuple[Floats, ...]
) -> Floats:
    """Return the same of a project, for each USD m of its cost."""
    plain, beyond, upkeep, late, life = drawn
    years = np.asarray(model.plan.years)

    def built(extra: int) -> Floats:
        return _built(project, plain, years, extra) + _built_again(project, plain, years, extra, life)

    def kept_up(extra: int) -> Floats:
        return np.array([float(plain[years >= project.opening + extra].sum())])

    def open_at_end(extra: int) -> Floats:
        return np.array([float(project.opening + extra <= years[-1])])

    def left(extra: int) -> Floats:
        return _left(project, years, extra, life)

    once, yearly = bearing
    kept = _mixed(late, kept_up) + beyond * _mixed(late, open_at_end)
    worth: Floats = np.outer(_mixed(late, built), once) + np.outer(upkeep * kept, yearly)
    if model.rules.residual_value == "remaining_life":
        real = works_factor(model.case, model.rules)
        here = [sum(standing.counts(one) for one in project.countries) / len(project.countries)
                for standing in model.standings]  # fmt: skip
        worth = worth + np.outer(_mixed(late, left) * real * plain[-1], np.array(here))
    return worth


def _built(project: PlannedProject, plain: Floats, years: Floats, extra: int) -> float:
    """Return the discounted share of the cost of works that begin when planned and take longer."""
    shares = np.asarray(project.shares if not extra else even_shares(float(len(project.shares) + extra)))
    first = project.years[0] - int(years[0])
    within = min(len(shares), len(plain) - first)
    return float(plain[first : first + within] @ shares[:within])


def _left(project: PlannedProject, years: Floats, extra: int, life: Floats) -> Floats:
    """Return the share of the cost that is left at the end of the accounts; of works under way, what was spent on them."""
    if project.opening + extra > years[-1]:
        return np.full(len(life), _built(project, np.ones(len(years)), years, extra))
    age = years[-1] - _last_built(project, years, extra, life) + 1
    found: Floats = np.maximum(0.0, 1.0 - age / life)
    return found


def _built_again(project: PlannedProject, plain: Floats, years: Floats, extra: int, life: Floats) -> Floats:
    """Return the discount factors of the years in which works that have worn out are built again, summed."""
    whole = np.maximum(np.round(life), 1.0)
    found = np.zeros(len(life))
    for span in np.unique(whole):
        again = range(project.opening + extra + int(span), int(years[-1]) + 1, int(span))
        found[whole == span] = float(sum(plain[year - int(years[0])] for year in again))
    return found


def _last_built(project: PlannedProject, years: Floats, extra: int, life: Floats) -> Floats:
    """Return the year in which works were last built within the accounts."""
    whole = np.maximum(np.round(life), 1.0)
    opening = project.opening + extra
    return opening + whole * np.floor(max(float(years[-1]) - opening, 0.0) / whole)
