"""What is uncertain in a case: a short list of drivers, each one number per draw that moves many figures together.

A figure of the case is known as a range: its own low and high, or what its confidence leaves (:mod:`karvan.case.ranges`). A
driver gathers figures that are taken to err together, such as all prices of carriage by rail. Its number is a standard normal
score z; at z every figure of the driver stands where its own range has that score::

    value(z) = middle (high / middle)^(z / 1.28) above, (middle / low)^(z / 1.28) below        low end above zero
    value(z) = middle + (high - middle) z / 1.28 above, (middle - low) z / 1.28 below          else

so that z = -1.28, 0 and 1.28 give low, middle and high of every one of them. Some drivers act on the accounts alone (what works
cost, how late they are, how the states of the crossings follow each other); the others change what the chain finds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from karvan.appraisal.plans import LIFE_PARAMETER, LIFE_YEARS, UPKEEP_PARAMETER, UPKEEP_PCT
from karvan.appraisal.projects import with_parts
from karvan.appraisal.reference_class import reference_class
from karvan.appraisal.uncertain import Floats, Uncertain
from karvan.case import Change
from karvan.case.apply import CHANGEABLE_TABLES
from karvan.case.cells import plain_number
from karvan.case.ranges import Z90, confidence_shares, figure_range
from karvan.case.schema import schemas
from karvan.trade.effects import OTHER_THETAS, THETA

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from karvan.appraisal.plans import Plan, PlannedProject
    from karvan.appraisal.rules import RuleSet
    from karvan.case import Case, Rows
    from karvan.case.ranges import Range

#: Where a driver acts: on what the chain finds, with and without the projects or with them alone; or on the accounts.
Acts = Literal["world", "effect", "elasticity", "cost", "overrun", "delay", "upkeep", "closures", "carbon", "life"]
#: Drivers that change what the chain finds.
CHAIN: tuple[Acts, ...] = ("world", "effect", "elasticity")
#: Rank correlation of the demand of different kinds of traffic: an assumption, replaced by the parameter of this name. Errors of
#: shares and values per tonne are common to them, counts are not.
DEMAND_PARAMETER, DEMAND_CORRELATION = "demand_rank_correlation", 0.5
#: Scores are held within the hundredth on either side: a range of P10 and P90 says nothing of what lies further out.
LIMIT = 2.3263478740408408
#: Columns that move together, by driver: table, column, and the column whose value names the driver of a row.
_GROUPS: tuple[tuple[str, str, str, str, str], ...] = (
    ("growth", "growth of traffic", "economy", "growth_share_per_year", ""),
    ("demand", "demand of {}", "base_flow", "flow_t_per_year", "kind"),
    ("price", "price of carriage by {}", "service", "price_usd_per_tkm", "mode"),
    ("price", "price of carriage by {}", "link", "fare_usd_per_t", "mode"),
    ("crossing_hours", "hours at crossings", "border", "time_h", ""),
    ("transfer_hours", "hours at terminals", "terminal", "time_h", ""),
    ("crossing_fees", "fees at crossings", "border", "price_usd_per_t", ""),
    ("outside_price", "price of the way outside", "outside", "price_usd_per_t", ""),
    ("time_value", "value of time", "commodity", "time_value_usd_per_t_day", ""),
)
#: Reference class of cost by kind of project; all others are standard civil works.
_COST_CLASS = {
    "new_line": "rail", "doubling": "rail", "rehabilitation": "rail", "gauge": "rail", "electrification": "rail",
    "road": "roads", "bridge": "fixed_links", "tunnel": "fixed_links", "rolling_stock": "equipment", "digital": "equipment",
}  # fmt: skip
#: Reference class of time by kind of project.
_TIME_CLASS = {
    "new_line": "non_standard_civil", "gauge": "non_standard_civil", "bridge": "non_standard_civil",
    "tunnel": "non_standard_civil", "rolling_stock": "equipment", "digital": "equipment",
}  # fmt: skip
_OTHER_CLASS = "standard_civil"


@dataclass(frozen=True)
class Figure:
    """A figure of the case that a driver moves.

    Attributes
    ----------
    table, row, column
        Where it stands.
    low, middle, high
        Its range.
    least, most
        Between what the format lets it lie.
    adds
        Whether it is something that is added to a cell, so that a change of it is one too; else a change is a factor.
    first, until
        The first year in which it holds, and the first in which it does no more: an effect may begin late, or replace another.
    """

    table: str
    row: str
    column: str
    low: float
    middle: float
    high: float
    least: float = -math.inf
    most: float = math.inf
    adds: bool = False
    first: float = -math.inf
    until: float = math.inf

    def at(self, scores: Floats | float) -> Floats:
        """Return its values at scores."""
        z = np.clip(np.asarray(scores, dtype=np.float64), -LIMIT, LIMIT)
        if self.low > 0:
            ends = np.where(z > 0, math.log(self.high / self.middle), math.log(self.middle / self.low))
            found = self.middle * np.exp(ends * z / Z90)
        else:
            found = self.middle + np.where(z > 0, self.high - self.middle, self.middle - self.low) * z / Z90
        kept: Floats = np.clip(found, self.least, self.most)
        return kept

    def moved(self, value: float, scores: Floats, *, added: float = 0.0) -> Floats:
        """Return what the changes to scores (:meth:`change`) make of a value that its cell has by then.

        Parameters
        ----------
        value
            Of the cell, after all else that acts on it.
        scores
            Of the driver.
        added
            What other changes add to the cell: they do so after all factors.
        """
        own = self.at(scores)
        if self.adds or self.middle <= 0:
            return value + (own - self.middle)
        found: Floats = np.where(own > 0, (value - added) * own / self.middle + added, value + (own - self.middle))
        return found

    def change(self, score: float) -> Change | None:
        """Return the change that moves it from the middle to its value at a score; None where there is none."""
        value = float(self.at(score))
        if value == self.middle:
            return None
        op: Literal["multiply", "add"] = "add" if self.adds or self.middle <= 0 or value <= 0 else "multiply"
        by = value / self.middle if op == "multiply" else value - self.middle
        return Change(table=self.table, row=self.row, column=self.column, op=op, value=repr(float(by)))


@dataclass(frozen=True)
class UncertainDriver:
    """One number per draw, and what it moves.

    Attributes
    ----------
    name, label
        What it is called, and in words.
    acts
        Where it acts.
    number
        What the number may be: a score for most, a factor on the estimate or a share of the works' time for others.
    figures
        What it moves, where it moves cells of the case.
    project
        Whose cost, delay or effect it is; empty where it is nobody's own.
    basis
        Where the range comes from, in words.
    assumed
        Whether it rests on assumptions alone: a confidence in place of a range, or rows that are assumptions.
    """

    name: str
    label: str
    acts: Acts
    number: Uncertain
    basis: str
    assumed: bool
    figures: tuple[Figure, ...] = field(default=(), repr=False)
    project: str = ""

    @property
    def in_chain(self) -> bool:
        """Whether it changes what the chain finds, so that a draw of it is solved or emulated."""
        return self.acts in CHAIN


def _score(name: str) -> Uncertain:
    return Uncertain(name, "normal", middle=0.0, sd=1.0)


def find_drivers(case: Case, plan: Plan, rules: RuleSet) -> tuple[UncertainDriver, ...]:
    """Return what is uncertain about a plan, the drivers of the accounts first.

    Parameters
    ----------
    case
        The corridor, with the ranges of its data.
    plan
        The projects, with their dates and costs.
    rules
        How they are appraised.
    """
    found = [driver for project in plan.projects for driver in _of_works(case, project)]
    found += [*_delay(case, plan), *_upkeep(case), *_closures(case), *_carbon(rules), *_life(case)]
    found += [driver for project in plan.projects for driver in _of_effects(case, project)]
    found += [*_groups(case), *_elasticity(case)]
    return tuple(found)


def demand_correlations(case: Case, drivers: Sequence[UncertainDriver]) -> dict[tuple[str, str], float]:
    """Return the rank correlation of each pair of drivers of demand."""
    rank = case.parameters.get(DEMAND_PARAMETER, DEMAND_CORRELATION)
    names = [driver.name for driver in drivers if driver.name.startswith("demand_")]
    return {(one, two): rank for place, one in enumerate(names) for two in names[place + 1 :]} if rank else {}


# works ------------------------------------------------------------------------------------------------------------------


def _of_works(case: Case, project: PlannedProject) -> list[UncertainDriver]:
    """Return the cost of a project as it is estimated, and how far works of its kind have run over."""
    if math.isnan(project.cost_musd) or is_free(case, project.id):
        return []
    row = case.rows("project")[project.id]
    cost = case.range_of("project", project.id, "cost_musd")
    own = cost.basis == "own"
    low, high = min(cost.low, cost.value) / cost.value, max(cost.high, cost.value) / cost.value
    estimate = UncertainDriver(
        f"cost_{project.id}", f"estimate of the cost of {project.id}", "cost",
        Uncertain(f"cost_{project.id}", "range", low=low, middle=1.0, high=high, least=0.0),
        "low and high of project.csv" if own else f"confidence {row['confidence']} of project.csv",
        assumed=not own or case.is_assumption("project", project.id), project=project.id,
    )  # fmt: skip
    kind = reference_class(_COST_CLASS.get(str(row["kind"]), _OTHER_CLASS))
    overrun = UncertainDriver(
        f"overrun_{project.id}", f"overrun of the cost of {project.id}", "overrun",
        kind.cost_factor(f"overrun_{project.id}"), f"reference class {kind.name}: {kind.source}", assumed=False,
        project=project.id,
    )  # fmt: skip
    return [estimate, overrun]


def is_free(case: Case, project: str) -> bool:
    """Whether a project has an estimate of nothing, of which nothing is drawn: no factor moves it."""
    return bool(case.rows("project")[project]["cost_musd"] == 0)


def _delay(case: Case, plan: Plan) -> list[UncertainDriver]:
    """Return how late works are, as a share of their time, all of them together: the worst class among them decides."""
    rows = case.rows("project")
    kinds = [reference_class(_TIME_CLASS.get(str(rows[project.id]["kind"]), _OTHER_CLASS)) for project in plan.projects]
    kind = max(kinds, key=lambda one: one.time_upper_share or 0.0)
    return [
        UncertainDriver(
            "delay", "delay of works", "delay", kind.delay(1.0, "delay"), f"reference class {kind.name}: {kind.source}",
            assumed=False,
        )
    ]  # fmt: skip


def _of_effects(case: Case, project: PlannedProject) -> list[UncertainDriver]:
    """Return what a project changes, all figures of it together, where they are quantities with a range."""
    rows, mine = case.rows("effect"), with_parts(case, project.id)
    shares = confidence_shares(case.parameters)
    figures, own, assumed = [], 0, 0
    for name, row in rows.items():
        column = schemas()[row["table"]].field(row["column"])
        value = plain_number(str(row["value"]))
        if row["owner"] not in mine or column is None or column.type != "number" or not value:
            continue
        span = figure_range(value, row["low"], row["high"], shares[str(row["confidence"])])
        if span.basis != "own" and row["op"] == "set":
            continue  # what is set without a range is a fact of design
        own += span.basis == "own"
        assumed += case.is_assumption("effect", name)
        first, until = _holds(rows, row)
        figures.append(Figure(row["table"], row["row"], row["column"], min(span.low, span.high), value,
                              max(span.low, span.high), adds=row["op"] == "add", first=first, until=until))  # fmt: skip
    if not figures:
        return []
    name = f"effect_{project.id}"
    return [
        UncertainDriver(name, f"effect of {project.id}", "effect", _score(name),
                        _basis("effect.csv", own, len(figures)), assumed=own == 0 or assumed == len(figures),
                        figures=tuple(figures), project=project.id)
    ]  # fmt: skip


def _holds(rows: Rows, row: Mapping[str, Any]) -> tuple[float, float]:
    """Return from which year an effect holds, and from which on its owner sets the cell to something else."""
    cell = [row[name] for name in ("owner", "table", "row", "column", "op")]
    first = -math.inf if math.isnan(row["from_year"]) else float(row["from_year"])
    later = [
        float(other["from_year"])
        for other in rows.values()
        if row["op"] == "set" and [other[name] for name in ("owner", "table", "row", "column", "op")] == cell
    ]
    return first, min((year for year in later if year > first), default=math.inf)


# the world --------------------------------------------------------------------------------------------------------------


def _groups(case: Case) -> list[UncertainDriver]:
    """Return the drivers that gather figures of the tables."""
    found: dict[str, tuple[str, list[Figure], list[Range], list[bool], set[str]]] = {}
    for name, label, table, column, by in _GROUPS:
        assert table in CHANGEABLE_TABLES  # noqa: S101 - else no setting could move it
        spec = schemas()[table].field(column)
        assert spec is not None  # noqa: S101 - the schema has it
        limits = (
            -math.inf if spec.minimum is None else spec.minimum,
            math.inf if spec.maximum is None else spec.maximum,
        )
        for key, row in case.rows(table).items():
            if math.isnan(row[column]) or (row[column] == 0 and table != "economy"):
                continue
            span = case.range_of(table, key, column)
            kind = str(row[by]) if by else ""
            entry = found.setdefault(f"{name}_{kind}" if kind else name, (label.format(kind), [], [], [], set()))
            entry[1].append(Figure(table, key, column, min(span.low, span.value), span.value,
                                   max(span.high, span.value), *limits))  # fmt: skip
            entry[2].append(span)
            entry[3].append(case.is_assumption(table, key))
            entry[4].add(f"{table}.csv")
    drivers = []
    for name, (label, figures, spans, assumed, files) in found.items():
        own = sum(span.basis == "own" for span in spans)
        drivers.append(
            UncertainDriver(name, label, "world", _score(name), _basis(" and ".join(sorted(files)), own, len(spans)),
                            assumed=own == 0 or all(assumed), figures=tuple(figures))
        )  # fmt: skip
    return drivers


def _basis(files: str, own: int, count: int) -> str:
    if own == count:
        return f"low and high of {count} figures of {files}"
    if own == 0:
        return f"confidence of {count} figures of {files}"
    return f"{own} ranges and {count - own} confidences of {files}"


def _elasticity(case: Case) -> list[UncertainDriver]:
    """Return the elasticity of trade: the case's own, else that of the literature between the ends of its estimates."""
    if not len(case.tables["trade"]) or not len(case.tables["economy"]):
        return []
    low, middle, high = min(OTHER_THETAS), THETA, max(OTHER_THETAS)
    basis, assumed = "published estimates (docs/methods/trade.md)", False
    if "trade_elasticity" in case.rows("parameter"):
        span = case.range_of("parameter", "trade_elasticity", "value")
        low, middle, high = span.low, span.value, span.high
        basis, assumed = f"{'low and high' if span.basis == 'own' else 'confidence'} of parameter.csv", False
    figure = Figure("parameter", "trade_elasticity", "value", low, middle, high, least=1e-3)
    return [UncertainDriver("elasticity", "elasticity of trade", "elasticity", _score("elasticity"), basis,
                            assumed=assumed, figures=(figure,))]  # fmt: skip


# accounts ---------------------------------------------------------------------------------------------------------------


def _closures(case: Case) -> list[UncertainDriver]:
    """Return how often something is shut: every probability of a state with closures, low to high together."""
    rows, scenarios = case.rows("transition"), case.rows("scenario")
    moving = {name: row for name, row in rows.items() if scenarios[row["to_state"]]["shut_groups"]}
    if not moving:
        return []
    own = sum(not math.isnan(row["probability_low"]) for row in moving.values())
    return [
        UncertainDriver(
            "closures", "how often crossings are shut", "closures", _score("closures"),
            _basis("transition.csv", own, len(moving)),
            assumed=own == 0 or all(case.is_assumption("transition", name) for name in moving),
        )
    ]  # fmt: skip


def _upkeep(case: Case) -> list[UncertainDriver]:
    """Return upkeep a year as a factor on its share of the cost."""
    span, basis, assumed = _parameter(case, UPKEEP_PARAMETER, UPKEEP_PCT)
    if span.value <= 0:
        return []
    number = Uncertain("upkeep", "range", low=span.low / span.value, middle=1.0, high=span.high / span.value, least=0.0)
    return [UncertainDriver("upkeep", "upkeep of works", "upkeep", number, basis, assumed=assumed)]


def _parameter(case: Case, name: str, default: float) -> tuple[Range, str, bool]:
    """Return the range of a parameter, or of its default at low confidence; where that comes from, and if it is assumed."""
    if name not in case.rows("parameter"):
        share = confidence_shares(case.parameters)["low"]
        return figure_range(default, math.nan, math.nan, share), "an assumption, low confidence", True
    span = case.range_of("parameter", name, "value")
    own = span.basis == "own"
    return (
        span,
        f"{'low and high' if own else 'confidence'} of parameter.csv",
        not own or case.is_assumption("parameter", name),
    )


def _carbon(rules: RuleSet) -> list[UncertainDriver]:
    if rules.carbon is None or not {"low", "high"} <= set(rules.carbon.levels):
        return []
    return [UncertainDriver("carbon", "price of CO2e", "carbon", _score("carbon"),
                            f"low and high of {rules.id}", assumed=False)]  # fmt: skip


def _life(case: Case) -> list[UncertainDriver]:
    span, basis, assumed = _parameter(case, LIFE_PARAMETER, LIFE_YEARS)
    number = Uncertain("asset_life", "range", low=span.low, middle=span.value, high=span.high)
    return [UncertainDriver("asset_life", "life of the works", "life", number, basis, assumed=assumed)]


# draws ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DrawnEffect:
    """A cell that is changed with a project alone: whose, how, and in which years, from the first until before the last."""

    project: str
    change: Change
    first: float
    until: float


@dataclass(frozen=True)
class World:
    """A draw of what the chain stands on.

    Attributes
    ----------
    changes
        Cells changed with and without the projects.
    effects
        Cells changed with a project alone, once it is open.
    theta
        Elasticity of trade; None is the case's own.
    """

    changes: tuple[Change, ...] = ()
    effects: tuple[DrawnEffect, ...] = ()
    theta: float | None = None


def world_of(drivers: Iterable[UncertainDriver], scores: Mapping[str, float]) -> World:
    """Return the world at scores of the drivers of the chain; one without a score stays in its middle."""
    changes: list[Change] = []
    effects: list[DrawnEffect] = []
    theta = None
    for driver in drivers:
        z = float(scores.get(driver.name, 0.0))
        if not driver.in_chain or z == 0:
            continue
        if driver.acts == "elasticity":
            theta = float(driver.figures[0].at(z))
            continue
        found = [(figure, change) for figure in driver.figures if (change := figure.change(z)) is not None]
        if driver.acts == "effect":
            effects += [DrawnEffect(driver.project, change, one.first, one.until) for one, change in found]
        else:
            changes += [change for _, change in found]
    return World(tuple(changes), tuple(effects), theta)
