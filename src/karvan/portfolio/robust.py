"""Robustness: the good sets in every state of the crossings and over demand, cost and delay.

Two views of the same worths. The **table** crosses every state, held for ever, and the process itself with demand, cost and delay
at their low, middle and high. The **draws** follow one course of the closure process each, with demand, cost and delay drawn, all
sets in the same draw::

    expected      mean over the draws
    CVaR          mean of the worst tenth of them
    regret        the best set of the draw, or nothing where nothing is best, less this one; the largest over the draws

Demand is solved in full under the case's own futures of demand, in every state of the crossings; cost is a factor on works; a
delay puts off opening and works.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.charts import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from karvan.portfolio.choice import Choice
    from karvan.portfolio.demands import Demand
    from karvan.portfolio.process import StateProcess
    from karvan.portfolio.search import Scored
    from karvan.portfolio.worth import Worth

    Floats = npt.NDArray[np.float64]

#: Draws, and the share of them that is the worst tail.
DRAWS, TAIL_SHARE = 500, 0.1
#: Sets that are compared: those near the best, and at least so many, at most so many.
FEWEST_SETS, MOST_SETS = 3, 12
#: Near the best, and in how many of the sets near it a project of the core stands.
NEAR_SHARE, CORE_SHARE = 0.05, 0.9
#: Weights of low, middle and high where these are P10, P50 and P90: Swanson's rule (Hurst, Brown and Swanson 2000).
SWANSON = (0.3, 0.4, 0.3)
#: Longest delay as a share of the works: the upper bound for non-standard civil engineering (Mott MacDonald 2002, Green Book).
DELAY_SHARE = 0.25
#: A box of failing futures must hold no more than this share of futures that do not fail.
CLEAN_SHARE = 0.25
BASE = "base"


@dataclass(frozen=True)
class Future:
    """A cell of the table: a state for ever or the process, and levels of demand, cost and delay."""

    state: str
    demand: str
    cost: str
    delay_years: int


@dataclass(frozen=True)
class RobustSet:
    """How a set stands up.

    Attributes
    ----------
    openings
        The set.
    value_musd
        What it is worth as expected.
    expected_musd, cvar_musd, worst_regret_musd, loss_share
        Over the draws: mean, mean of the worst tenth, largest regret, share of draws with a loss.
    by_state_musd
        Worth by state, as if it held for ever.
    """

    openings: Mapping[str, int]
    value_musd: float
    expected_musd: float
    cvar_musd: float
    worst_regret_musd: float
    loss_share: float
    by_state_musd: Mapping[str, float]


@dataclass(frozen=True)
class Failure:
    """A box of futures in which the chosen set fails.

    Attributes
    ----------
    conditions
        What holds in it, by dimension.
    share
        Share of the futures of the box in which it fails.
    covers_share
        Share of all failing futures that lie in it.
    """

    conditions: Mapping[str, str]
    share: float
    covers_share: float


@dataclass(frozen=True, eq=False)
class Robustness:
    """How the good sets stand up, and where the chosen one fails.

    Attributes
    ----------
    sets
        The sets compared, the chosen one first.
    core
        Projects in nine tenths of the sets within five per cent of the best.
    near, near_by_model
        How many sets these are, and how many of them are held so by the pairwise model alone.
    futures, table_musd
        Cells of the table, and the worth of every set in them.
    failing_share, failures
        Share of the futures in which the chosen set is worth less than nothing, and the boxes that hold most of them.
    notes
        What the reader should know.
    """

    sets: tuple[RobustSet, ...]
    core: tuple[str, ...]
    near: int
    near_by_model: int
    futures: tuple[Future, ...] = field(repr=False)
    table_musd: Floats = field(repr=False)
    failing_share: float
    failures: tuple[Failure, ...]
    notes: tuple[str, ...]

    @property
    def table(self) -> pd.DataFrame:
        """The worth of every set in every future."""
        import pandas as pd  # noqa: PLC0415 - heavy

        rows = [
            {"projects": ";".join(f"{name}@{year}" for name, year in sorted(item.openings.items())), **vars(future),
             "worth_musd": float(self.table_musd[row, cell])}
            for row, item in enumerate(self.sets)
            for cell, future in enumerate(self.futures)
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=["projects", "state", "demand", "cost", "delay_years", "worth_musd"])

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON can hold it."""
        return {
            "core": list(self.core),
            "near_sets": self.near,
            "sets": [
                {
                    "projects": [f"{name}@{year}" for name, year in sorted(item.openings.items())],
                    "value_musd": item.value_musd, "expected_musd": item.expected_musd, "cvar_musd": item.cvar_musd,
                    "worst_regret_musd": item.worst_regret_musd, "loss_share": item.loss_share,
                    "by_state": [{"state": state, "worth_musd": worth} for state, worth in item.by_state_musd.items()],
                }
                for item in self.sets
            ],
            "futures_count": len(self.futures),
            "failing_share": self.failing_share,
            "failures": [
                {"conditions": [{"dimension": name, "level": level} for name, level in item.conditions.items()],
                "failing_share": item.share, "covers_share": item.covers_share}
                for item in self.failures
            ],
            "robust_notes": list(self.notes),
        }  # fmt: skip


def core_of(sets: Sequence[frozenset[str]]) -> tuple[str, ...]:
    """Return the projects in nine tenths of the sets."""
    counted = Counter(name for item in sets for name in item)
    return tuple(sorted(name for name, count in counted.items() if count >= CORE_SHARE * len(sets)))


def find_robustness(
    choice: Choice, process: StateProcess, demands: Sequence[Demand] = (), *, draws: int = DRAWS
) -> Robustness:
    """Return how the good sets of a choice stand up.

    Parameters
    ----------
    choice
        The choice.
    process
        How the state goes on.
    demands
        Futures of demand, such as low and high growth, lowest first; each is solved in full for every set compared.
    draws
        Number of draws.
    """
    # of a set with several years the best stands for all
    real = list({item.projects: item for item in reversed(choice.sets) if item.openings}.values())[::-1]
    real.sort(key=choice.sets.index)
    within = choice.near_best(NEAR_SHARE)
    near = [item for item in real if item in within]
    floor = choice.value_musd - NEAR_SHARE * abs(choice.value_musd)
    modelled = [item for item in choice.search.near_by_model(floor) if item] if choice.openings else []
    alike = [*(item.projects for item in near), *modelled]
    compared = [item for item in real if item in near][:MOST_SETS]
    compared += [item for item in real if item not in compared][: max(0, FEWEST_SETS - len(compared))]
    notes = [f"delays are drawn evenly from none to {DELAY_SHARE:.0%} of the longest works, rounded to years"]
    if modelled:
        held = f"{words.count(len(modelled), 'set')} of the {len(alike)} within {100 * NEAR_SHARE:g} % of the best"
        notes.append(f"by the pairwise model alone: {held}; the others were appraised in full")
    worths, shares = _by_demand(choice, compared, demands, notes)
    table = _Table(choice, compared, worths, shares)
    futures, values = table.fill()
    drawn = table.draw(process, draws)
    chosen = values[0] if choice.openings else np.zeros(0)
    fails = chosen < 0
    best = np.maximum(drawn.max(axis=0), 0.0) if len(compared) else np.zeros(draws)
    tail = max(1, math.ceil(TAIL_SHARE * draws))
    sets = tuple(
        RobustSet(
            dict(item.openings), item.value_musd, float(row.mean()), float(np.sort(row)[:tail].mean()), float((best - row).max()),
            float((row < 0).mean()), item.worth.in_state(choice.aim.countries),
        )
        for item, row in zip(compared, drawn, strict=True)
    )  # fmt: skip
    return Robustness(
        sets, core_of(alike), len(alike), len(modelled), futures, values,
        float(fails.mean()) if fails.size else 0.0, failing_boxes(futures, fails) if fails.size else (), tuple(notes),
    )  # fmt: skip


def _by_demand(
    choice: Choice, compared: Sequence[Scored], demands: Sequence[Demand], notes: list[str]
) -> tuple[dict[str, list[Worth]], tuple[float, ...]]:
    """Return the worths of the sets by demand, lowest first, and the weights of the levels."""
    worths = {BASE: [item.worth for item in compared]}
    usable: dict[str, list[Worth]] = {}
    for demand in demands:
        why, rows = demand.why_not, []
        if not why:
            rows = choice.search.valuer.worths([item.openings for item in compared], changes=demand.changes)
            why = _why_unlike(rows, worths[BASE])
        if why:
            notes.append(f"demand of {demand.id} is left out: {why}")
        else:
            usable[demand.id] = rows
    if len(usable) == 2:  # noqa: PLR2004 - low and high about the base
        low, high = usable
        return {low: usable[low], BASE: worths[BASE], high: usable[high]}, SWANSON
    worths |= usable
    if usable:
        notes.append("futures of demand are not a low and a high one: each counts as much as the base")
    else:
        notes.append("demand is that of the base alone")
    return worths, tuple(1.0 / len(worths) for _ in worths)


def _why_unlike(rows: Sequence[Worth], base: Sequence[Worth]) -> str:
    """Return why worths cannot be set beside those of the base; empty where they can."""
    for row, own in zip(rows, base, strict=True):
        name = ", ".join(f"{project}@{year}" for project, year in sorted(own.openings.items()))
        if not row.valued:
            return f"{name} has no worth in it, since {row.why_not}"
        if (row.time.states, row.time.years) != (own.time.states, own.time.years):
            return f"{name} is solved in other states or years than in the base"
    return ""


@dataclass(eq=False)
class _Table:
    """Sets by futures."""

    choice: Choice
    compared: Sequence[Scored]
    worths: Mapping[str, Sequence[Worth]]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        of = self.choice.search.of
        self.longest = max((len(of[name].outlay_musd) for item in self.compared for name in item.openings), default=0)
        self.delays = (0, max(1, math.ceil(DELAY_SHARE * self.longest)))
        self.spans = [_cost_span(item, self.choice) for item in self.compared]

    def fill(self) -> tuple[tuple[Future, ...], Floats]:
        """Return the cells of the table, and the worth of every set in each."""
        states = self.compared[0].worth.time.states if self.compared else ()
        futures = tuple(
            Future(state, demand, cost, delay)
            for state, demand, cost, delay in product(
                ("process", *states), self.worths, ("low", "middle", "high"), self.delays
            )
        )
        countries = self.choice.aim.countries
        values = np.zeros((len(self.compared), len(futures)))
        for row in range(len(self.compared)):
            for demand, delay in product(self.worths, self.delays):
                worth = self.worths[demand][row].later(delay)
                base = self.compared[row].worth.time.probability
                works = worth.works_pv_musd(countries)
                known = {"process": worth.value(countries, probability=base)} | worth.in_state(countries)
                for cell, future in enumerate(futures):
                    if (future.demand, future.delay_years) == (demand, delay):
                        factor = dict(zip(("low", "middle", "high"), self.spans[row], strict=True))[future.cost]
                        values[row, cell] = known[future.state] - (factor - 1.0) * works
        return futures, values

    def draw(self, process: StateProcess, draws: int) -> Floats:
        """Return the worth of every set (row) in every draw (column)."""
        countries = self.choice.aim.countries
        parts: dict[tuple[str, int, int], tuple[Floats, float]] = {}
        for row, demand, delay in product(range(len(self.compared)), self.worths, range(self.delays[-1] + 1)):
            parts[demand, row, delay] = self.worths[demand][row].later(delay).gain_by_state(countries)
        values = np.zeros((len(self.compared), draws))
        bounds = np.cumsum(self.weights)
        names = list(self.worths)
        for seed in range(draws if self.compared else 0):
            course = process.course(self.compared[0].worth.time, seed)
            figures = np.random.default_rng([seed, 1]).random(3)
            demand = names[min(int(np.searchsorted(bounds, figures[0], side="right")), len(names) - 1)]
            level = min(int(np.searchsorted(np.cumsum(SWANSON), figures[1], side="right")), 2)
            delay = round(figures[2] * DELAY_SHARE * self.longest)
            for row in range(len(self.compared)):
                gains, works = parts[demand, row, delay]
                values[row, seed] = float((gains * course).sum()) - self.spans[row][level] * works
        return values


def _cost_span(item: Scored, choice: Choice) -> tuple[float, float, float]:
    """Return low, middle and high of the cost of a set as factors: its projects' ranges, all low or all high together."""
    total = item.worth.cost_musd
    if not total > 0:
        return 1.0, 1.0, 1.0
    of = choice.search.of
    low, high = (
        sum(of[name].cost_musd * getattr(of[name], f"cost_{end}_share") for name in item.openings)
        / sum(of[name].cost_musd for name in item.openings)
        for end in ("low", "high")
    )
    return low, 1.0, high


def failing_boxes(futures: Sequence[Future], fails: npt.NDArray[np.bool_]) -> tuple[Failure, ...]:
    """Return boxes of one or two conditions that hold most of the failing futures, and few others.

    A box is found as the patient rule induction of Friedman and Fisher (1999) would, with so few levels that all boxes can
    be looked at: of those in which a future fails three times in four, the one that covers most; then again on what is left.
    """
    names = ("state", "demand", "cost", "delay_years")
    cells = [{name: str(getattr(future, name)) for name in names} for future in futures]
    boxes: list[dict[str, str]] = []
    for size in (1, 2):
        for dims in combinations(names, size):
            seen = dict.fromkeys(tuple(cell[name] for name in dims) for cell in cells)
            boxes += [dict(zip(dims, levels, strict=True)) for levels in seen]
    left = fails.copy()
    found: list[Failure] = []
    total = int(fails.sum())
    while left.any() and len(found) < 5:  # noqa: PLR2004 - more say less
        best: tuple[int, int, Failure, npt.NDArray[np.bool_]] | None = None
        for box in boxes:
            inside = np.array([all(cell[name] == level for name, level in box.items()) for cell in cells])
            hit, covers = float(fails[inside].mean()), int((left & inside).sum())
            if hit >= 1.0 - CLEAN_SHARE and covers and (best is None or (covers, -len(box)) > best[:2]):
                best = covers, -len(box), Failure(box, hit, covers / total), inside
        if best is None:
            break
        found.append(best[2])
        left &= ~best[3]
    return tuple(found)
