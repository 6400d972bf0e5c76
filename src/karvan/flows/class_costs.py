"""What every class of goods pays: the logsum of its choices, and the mean cost of the ways that it takes.

The logsum tells by how much a class is better or worse off than in another setting; its level is a matter of the constants of the
choice. The mean generalised cost is a level: price, time at its value, delay, queue and rent of the routes taken, and the outside
option at its price and time, each by the share of the goods that takes it.
"""

# what is remembered is told by arguments that stand for others
# ruff: noqa: ARG001

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from karvan.case.remember import remembered
from karvan.flows.corridor_model import key_of, outside_costs
from karvan.flows.corridor_solve import Solved, class_flows
from karvan.flows.equilibrium import on_routes

if TYPE_CHECKING:
    from karvan.case import Rows
    from karvan.flows.corridor_model import Key
    from karvan.flows.demand import Stream
    from karvan.flows.problem import Floats
    from karvan.network import Network


@dataclass(frozen=True, eq=False)
class ClassCosts:
    """Costs of the classes of a solved setting.

    Attributes
    ----------
    keys
        Origin, destination, commodity and whether the goods stay, of every class.
    logsum_usd_per_t
        Expected least cost over all options, constants of the choice included.
    mean_usd_per_t
        Mean generalised cost of the goods as they go, constants of crossings included; NaN where a class has neither route nor
        outside option.
    """

    keys: tuple[Key, ...]
    logsum_usd_per_t: Floats
    mean_usd_per_t: Floats


#: Costs of solved settings that are still held somewhere.
_KNOWN: WeakKeyDictionary[Solved, ClassCosts] = WeakKeyDictionary()


def class_costs(solved: Solved) -> ClassCosts:
    """Return the costs of the classes of a solved setting; they are found once."""
    if solved not in _KNOWN:
        _KNOWN[solved] = _found(solved)
    return _KNOWN[solved]


def _found(solved: Solved) -> ClassCosts:
    model, found = solved.model, solved.equilibrium
    routes, classes = model.problem.routes, model.problem.classes
    usd, hours = on_routes(model.problem, found.stream_usd, found.stream_h)
    number, route, flow = class_flows(solved)
    cost = (
        routes.price_usd[route] + usd[route] + classes.hour_usd[number] * routes.hours[route]
        + classes.delay_usd[number] * hours[route]
    )  # fmt: skip
    count = len(classes)
    carried = np.bincount(number, flow, minlength=count)
    paid = np.bincount(number, flow * cost, minlength=count)
    network = np.divide(paid, carried, out=np.zeros(count), where=carried > 0)
    on = np.where(carried > 0, found.on_network, 0.0)
    outside = _outside(solved)
    mean = np.where(on > 0, on * network, 0.0) + np.where(on < 1, (1 - on) * outside, 0.0)
    return ClassCosts(keys_of(model.base), found.overall_usd, mean)


@remembered(8)
def keys_of(streams: tuple[Stream, ...]) -> tuple[Key, ...]:
    """Return the keys of some streams."""
    return tuple(key_of(stream) for stream in streams)


def _outside(solved: Solved) -> Floats:
    """Return price and time of the outside option of every class, without the constant of the choice."""
    model, applied = solved.model, solved.model.network.applied
    price, hours = _outside_of(
        model.base, applied.rows("outside"), applied.rows("commodity"), applied.rows("parameter"), model.network
    )
    total: Floats = price + model.problem.classes.hour_usd * hours
    return total


@remembered(16, unseen=1)
def _outside_of(
    streams: tuple[Stream, ...], outside: Rows, goods: Rows, parameters: Rows, network: Network
) -> tuple[Floats, Floats]:
    """Return price and hours of the outside option of every class; the network stands for the rows named before it."""
    known = outside_costs(network)
    pairs = [
        known.get((stream.origin, stream.destination, goods[stream.commodity]["form"]), (math.nan, math.nan))
        for stream in streams
    ]
    price, hours = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
    return price, hours
