"""What is built when, and what it costs: the outlays of a set of projects, and the years that are solved for it.

Sums are in USD m at the prices of the case's price year. Works are spread evenly over their years, the last before opening. What
was spent before the base year is sunk and would be out; works that would have had to begin earlier are taken to be done faster,
and a note says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.appraisal.demand import demand_of_years
from karvan.appraisal.prices import beyond_index, price_factor
from karvan.appraisal.projects import check_together, with_parts
from karvan.appraisal.streams import even_shares, phase_cost
from karvan.appraisal.terms import MoneyTerms, read_terms
from karvan.case.apply import opening_year, resolve_project
from karvan.case.finance import funding_of
from karvan.errors import RequestError
from karvan.trade.cost import ADJUSTMENT_YEARS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from karvan.appraisal.rules import RuleSet
    from karvan.case import Case, Change
    from karvan.case.finance import Funding

Floats = np.ndarray[Any, np.dtype[np.float64]]

#: Years after the base year that may be counted: beyond what any rule set asks for, growth has no meaning.
FARTHEST_HORIZON = 200
#: Instruments that a funder gives for good.
GIVEN = ("budget", "grant", "equity")
#: Parameters of a case that replace the defaults; all defaults are assumptions.
CONTINGENCY_PARAMETER, CONTINGENCY_SHARE = "contingency_share", 0.0
UPKEEP_PARAMETER, UPKEEP_PCT = "upkeep_rail_infrastructure_pct_per_year", 2.0
LIFE_PARAMETER, LIFE_YEARS = "asset_life_rail_years", 35.0
RAMP_PARAMETER, RAMP_YEARS = "ramp_up_years", 3.0
WORKS_PARAMETER = "standard_conversion_factor_works"


@dataclass(frozen=True)
class PlannedProject:
    """A project with its date and cost.

    Attributes
    ----------
    id, name
        Which it is.
    opening
        Year of opening.
    years
        Years of works.
    cost_musd, cost_low_musd, cost_high_musd
        Capital cost at prices of the case's price year, contingency included, and its range; NaN where it is not known.
    countries
        Where it is built.
    cost_basis, effect_basis
        Classes of evidence.
    funding
        Who pays which part; the last is what is open, where something is.
    left_out
        What it brings besides what the case models: its worth leaves that out.
    """

    id: str
    name: str
    opening: int
    years: tuple[int, ...]
    shares: tuple[float, ...]
    cost_musd: float
    cost_low_musd: float
    cost_high_musd: float
    countries: tuple[str, ...]
    cost_basis: str
    effect_basis: str
    funding: tuple[Funding, ...] = ()
    left_out: str = ""

    @property
    def bearers(self) -> dict[str, float]:
        """Share of the cost of works that each country bears.

        What a funder gives for good is its country's. What must come back, and what no funder is known for, is borne by the
        countries in which the project is built, in equal parts.
        """
        found: dict[str, float] = {}
        for part in self.funding:
            theirs = (part.country,) if part.instrument in GIVEN and part.country else self.countries
            for country in theirs:
                found[country] = found.get(country, 0.0) + part.share / len(theirs)
        return found


@dataclass(frozen=True)
class Plan:
    """A set of projects to be appraised together.

    Attributes
    ----------
    projects
        The projects, in order of their names.
    years
        From the base year to the horizon.
    upkeep_pct
        Upkeep a year in per cent of the cost of works, and its range.
    why_not
        Why nothing can be valued; empty where it can.
    notes
        What the reader should know.
    life_years
        Life of the works, after which they are built again.
    terms
        Terms of money that the case names.
    demand_t
        Tonnes a year by year, whatever is built, as they grow in the world that is appraised.
    later_effects
        Years in which an effect of a project that is open begins, and when that project opens.
    """

    projects: tuple[PlannedProject, ...]
    years: tuple[int, ...]
    upkeep_pct: tuple[float, float, float] = (UPKEEP_PCT, UPKEEP_PCT, UPKEEP_PCT)
    why_not: str = ""
    notes: tuple[str, ...] = ()
    life_years: float = LIFE_YEARS
    terms: MoneyTerms = field(default_factory=MoneyTerms)
    demand_t: tuple[float, ...] = ()
    later_effects: tuple[tuple[int, int], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The set as a setting names it: every project with its year of opening."""
        return tuple(f"{project.id}@{project.opening}" for project in self.projects)

    @property
    def openings(self) -> tuple[int, ...]:
        """Years in which a project opens."""
        return tuple(sorted({project.opening for project in self.projects}))

    @property
    def starts(self) -> tuple[tuple[int, int], ...]:
        """Years in which something begins, openings and later effects, each with the opening from which it ramps up."""
        return tuple(sorted((dict(self.later_effects) | {year: year for year in self.openings}).items()))

    def open_in(self, year: int) -> tuple[str, ...]:
        """Return the projects that are open in a year, as a setting names them."""
        return tuple(f"{project.id}@{project.opening}" for project in self.projects if project.opening <= year)

    def solved_years(self, until: float = ADJUSTMENT_YEARS) -> tuple[int, ...]:
        """Return the years to solve: what begins, the year in which trade has adjusted to the last opening, and the horizon."""
        last, end = self.openings[-1], self.years[-1]
        settled = last + math.ceil(until) - 1
        return tuple(sorted({*(year for year, _ in self.starts), *([settled] if settled < end else []), end}))

    @property
    def cost_musd(self) -> float:
        """Capital cost of all projects; NaN where there is none, or one of them is not known."""
        return float(sum(project.cost_musd for project in self.projects)) if self.projects else math.nan

    @property
    def owners(self) -> tuple[str, ...]:
        """Countries in which the projects are built."""
        return tuple(sorted({country for project in self.projects for country in project.countries}))

    @property
    def owners_currency(self) -> str:
        """The own money of all these countries; empty where they have none in common."""
        moneys = {self.terms.currencies.get(country, "") for country in self.owners}
        return moneys.pop() if len(moneys) == 1 else ""


def plan_projects(
    case: Case, projects: Iterable[str] | str, rules: RuleSet, *, horizon_year: int | None = None, scenario: str | None = None,
    changes: Iterable[Change] = (),
) -> Plan:  # fmt: skip
    """Return the plan of a set of projects.

    Parameters
    ----------
    case
        The corridor.
    projects
        ``ID`` or ``ID@YEAR`` of opening.
    rules
        How many years are counted.
    horizon_year
        Last year counted; by default the base year and the rule set's horizon after it.
    scenario, changes
        Under which demand grows.

    Raises
    ------
    UnknownNameError
        A project is not there.
    RequestError
        A project has no year of opening, or opens outside the years counted.
    InputError
        Projects cannot stand together, a cost is at prices of another year without a price index, or terms of money cannot be.
    """
    from karvan.case import Setting  # noqa: PLC0415 - kept beside its only use

    base = case.config.case.base_year
    end = base + round(rules.horizon_years.value) if horizon_year is None else horizon_year
    if not base < end <= base + FARTHEST_HORIZON:
        message = f"The last year counted is {end}; expected one after the base year {base}, {base + FARTHEST_HORIZON} at most."
        raise RequestError(message)
    named: dict[str, int | None] = {}
    for given, year in Setting.of(projects=projects).project_years().items():
        name = resolve_project(case, given)
        if name in named:
            message = f"Project {name} is named twice. Name it once."
            raise RequestError(message)
        named[name] = year
    if not named:
        message = "No project is named. Name one, for instance P13 or P13@2031."
        raise RequestError(message)
    rows = case.rows("project")
    check_together(
        [*named], contains={name: row["contains"] for name, row in rows.items()},
        alternatives={name: row["alternatives"] for name, row in rows.items()},
    )  # fmt: skip
    notes: list[str] = []
    decided = {name: rows[name]["status"] for name in named if rows[name]["status"] != "candidate"}
    for name, status in sorted(decided.items()):
        notes.append(f"{name} is {status}: it stands with and without a decision, and is not counted")
    years = tuple(range(base, end + 1))
    own = sorted(set(named) - set(decided))
    if not own:
        return Plan((), years, why_not="; ".join(notes), notes=tuple(notes))
    found = tuple(_planned(case, name, named[name], years, notes) for name in own)
    idle = [name for name in own if rows[name]["no_effect"]]
    why = "; ".join(f"{name}: {rows[name]['no_effect']}" for name in idle) if len(idle) == len(own) else ""
    if not why:
        notes += [f"{name} changes nothing of its own: {rows[name]['no_effect']}" for name in idle]
    life = case.parameters.get(LIFE_PARAMETER, LIFE_YEARS)
    demand = tuple(demand_of_years(case, years, scenario=scenario, changes=changes).tolist())
    later = _later_effects(case, found, years[-1])
    return Plan(found, years, _upkeep(case), why, tuple(notes), life, read_terms(case), demand, later)


def _later_effects(case: Case, projects: Sequence[PlannedProject], end: int) -> tuple[tuple[int, int], ...]:
    """Return years in which an effect of a project that is open begins, with the latest of the openings."""
    found: dict[int, int] = {}
    for project in projects:
        mine = with_parts(case, project.id)
        for row in case.rows("effect").values():
            if row["owner"] in mine and project.opening < row["from_year"] <= end:
                year = int(row["from_year"])
                found[year] = max(found.get(year, 0), project.opening)
    return tuple(sorted(found.items()))


def _planned(case: Case, name: str, given: int | None, years: Sequence[int], notes: list[str]) -> PlannedProject:
    row, base = case.rows("project")[name], years[0]
    opens = given if given is not None else opening_year(case, name)
    if opens is None:
        message = f"Project {name} has no year of opening. Name one: {name}@{base + 3}."
        raise RequestError(message)
    if not base < opens <= years[-1]:
        message = (
            f"Project {name} opens in {opens}; expected {base + 1} to {years[-1]}, after the base year and within the horizon. "
            f"Name another year: {name}@{min(base + 3, years[-1])}."
        )
        raise RequestError(message)
    duration = float(row["duration_years"])
    if not duration > 0:
        notes.append(f"how long the works of {name} take is not known: one year is taken")
        duration = 1.0
    shares = even_shares(duration)
    if opens - len(shares) < base:
        notes.append(
            f"the works of {name} take {duration:g} years, and {opens - base} are left before it opens: they are done in these"
        )
        shares = even_shares(float(opens - base))
    cost, low, high = _cost(case, name)
    if not math.isnan(row["cost_year"]):
        notes += beyond_index(case, int(row["cost_year"]))
    return PlannedProject(
        name, str(row["name"]), opens, tuple(range(opens - len(shares), opens)), shares, cost, low, high, tuple(row["country"]),
        str(row["cost_basis"]), str(row["effect_basis"]), funding_of(case, name, cost),
        str(row["left_out"]),
    )  # fmt: skip


def _cost(case: Case, name: str) -> tuple[float, float, float]:
    """Return the cost of a project and its range at the prices of the case's price year; NaN where it is not known."""
    row = case.rows("project")[name]
    cost = float(row["cost_musd"])
    factor = 1.0 + case.parameters.get(CONTINGENCY_PARAMETER, CONTINGENCY_SHARE)
    if not math.isnan(row["cost_year"]):
        factor *= price_factor(case, int(row["cost_year"]), what=f"cost of {name}")
    if math.isnan(cost):
        return cost, factor * float(row["cost_low_musd"]), factor * float(row["cost_high_musd"])
    spread = case.range_of("project", name, "cost_musd")
    return factor * cost, factor * spread.low, factor * spread.high


def _upkeep(case: Case) -> tuple[float, float, float]:
    """Return upkeep in per cent of the cost of works, and its range."""
    if UPKEEP_PARAMETER not in case.rows("parameter"):
        return UPKEEP_PCT, UPKEEP_PCT, UPKEEP_PCT
    spread = case.range_of("parameter", UPKEEP_PARAMETER, "value")
    return case.parameters[UPKEEP_PARAMETER], spread.low, spread.high


# streams ----------------------------------------------------------------------------------------------------------------


def capital_stream(project: PlannedProject, years: Sequence[int]) -> Floats:
    """Return the capital cost of a project by year."""
    return phase_cost(project.cost_musd, years, first_year=project.years[0], shares=project.shares)


def ramp_share(years: Sequence[int], opening: int, ramp_years: float, *, first: int | None = None) -> Floats:
    """Return the share of its full effect that a project has: it grows evenly over the years of ramp-up, from the first.

    What begins later, in a first year of its own, has the share that the project has by then.
    """
    at = np.asarray(years, dtype=float)
    since = at - opening + 1.0
    begun = (since >= 1.0) & (at >= (opening if first is None else first))
    found: Floats = np.where(begun, np.minimum(since / max(ramp_years, 1.0), 1.0), 0.0)
    return found


def between(years: Sequence[int], known: Mapping[int, Floats], demand: Floats, opening: int) -> Floats:
    """Return figures of every year from those of the solved years: straight in demand between them, growing with it after.

    Parameters
    ----------
    years
        Years of the stream.
    known
        Figures of the solved years, of any shape.
    demand
        Tonnes of every year, whatever is built: what figures are straight in.
    opening
        Before it there is nothing.

    Notes
    -----
    Straight in demand, rather than in years, since demand grows by a share a year; and one line for all figures, so that what
    adds up to nothing in the solved years does so in all others.
    """
    first = years[0]
    solved = sorted(known)
    shape = known[solved[0]].shape
    out = np.zeros((len(years), *shape))
    for place, year in enumerate(years):
        if year < opening:
            continue
        below = max((one for one in solved if one <= year), default=solved[0])
        above = min((one for one in solved if one >= year), default=None)
        if above is None:
            out[place] = known[below] * demand[place] / demand[below - first]
        elif above == below:
            out[place] = known[below]
        else:
            low, high, now = demand[below - first], demand[above - first], demand[place]
            share = (now - low) / (high - low) if high != low else (year - below) / (above - below)
            out[place] = known[below] + share * (known[above] - known[below])
    return out
