"""One side of a comparison: a setting solved in every state that is expected, and what its goods pay on the mean of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from karvan.flows.again import solve_again
from karvan.flows.class_costs import class_costs
from karvan.flows.corridor import describe_flows
from karvan.flows.corridor_model import key_of
from karvan.flows.corridor_solve import solve_setting
from karvan.flows.equilibrium import TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from karvan.case import Case, Setting
    from karvan.chain.goods import Floats, Goods, Key
    from karvan.flows import CorridorFlows
    from karvan.flows.class_costs import ClassCosts
    from karvan.flows.corridor_solve import Solved


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
    """

    setting: Setting
    states: Mapping[str, float]
    solved: Mapping[str, Solved]

    def costs(self) -> dict[str, ClassCosts]:
        """Return the costs of the classes in every state."""
        return {state: class_costs(found) for state, found in self.solved.items()}

    def again(self, goods: Goods, multiplier: Floats, last: Side, *, tolerance: float) -> Side:
        """Return the side with tonnes multiplied, begun where another solution stands."""
        found = {
            state: with_tonnes(first, last.solved[state], goods, multiplier, tolerance=tolerance)
            for state, first in self.solved.items()
        }
        return Side(self.setting, self.states, found)


@lru_cache(maxsize=64)
def solved_without(case: Case, setting: Setting) -> Solved:
    """Return the flows of a setting without projects and changes, solved once; the latest few dozen are kept."""
    return solve_setting(case, setting)


@lru_cache(maxsize=16)
def flows_without(case: Case, setting: Setting) -> CorridorFlows:
    """Return the same as a result, audited once."""
    return describe_flows(solved_without(case, setting))


def solve_state(case: Case, setting: Setting) -> Solved:
    """Return the flows of a setting, from the reference of the case, by way of the same without projects and changes."""
    without = solved_without(case, setting.model_copy(update={"projects": (), "changes": ()}))
    return solve_setting(case, setting, without) if setting.projects or setting.changes else without


def solve_side(case: Case, setting: Setting, states: Mapping[str, float]) -> Side:
    """Return a setting solved in every state, from the reference of the case."""
    found = {state: solve_state(case, setting.model_copy(update={"scenario": state})) for state in states}
    return Side(setting, states, found)


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
    own: dict[tuple[Key | None, str], float] = {}
    new: dict[tuple[Key | None, str], float] = {}
    for key, kind, t, times in zip(goods.keys, goods.kind, goods.t_per_year.tolist(), multiplier.tolist(), strict=True):
        place = (key, kind if key is not None else "")
        own[place] = own.get(place, 0.0) + t
        new[place] = new.get(place, 0.0) + t * times
    factor = {place: new[place] / t if t > 0 else 1.0 for place, t in own.items()}
    kinds = [
        {kind: t * factor.get((key_of(stream), kind), 1.0) for kind, t in stream.kinds.items()}
        for stream in first.model.streams
    ]
    outside = first.model.outside_t_per_year * factor.get((None, ""), 1.0)
    return solve_again(last, kinds, outside, tolerance=tolerance)


def on_goods(goods: Goods, costs: ClassCosts, figures: Floats) -> Floats:
    """Return a figure of the classes as one of the goods; NaN where a class is not there or the goods stay outside."""
    place = {key: number for number, key in enumerate(costs.keys)}
    at = np.array([place.get(key, -1) if key is not None else -1 for key in goods.keys], dtype=np.int64)
    found: Floats = np.where(at >= 0, figures[at], np.nan)
    return found


def expected(goods: Goods, side: Side, costs: Mapping[str, ClassCosts]) -> tuple[Floats, Floats]:
    """Return logsum and mean generalised cost of all goods, on the mean of the states."""
    logsum, mean = np.zeros(len(goods)), np.zeros(len(goods))
    for state, probability in side.states.items():
        found = costs[state]
        logsum += probability * on_goods(goods, found, found.logsum_usd_per_t)
        mean += probability * on_goods(goods, found, found.mean_usd_per_t)
    return logsum, mean


def class_tonnes(solved: Solved) -> Floats:
    """Return the tonnes a year of every class."""
    return np.array([stream.t_per_year for stream in solved.model.streams])
