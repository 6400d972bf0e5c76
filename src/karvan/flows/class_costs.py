"""What every class of goods pays: the logsum of its choices, and the mean cost of the ways that it takes.

The logsum tells by how much a class is better or worse off than in another setting; its level is a matter of the constants of the
choice. The mean generalised cost is a level: price, time at its value, delay, queue and rent of the routes taken, and the outside
option at its price and time, each by the share of the goods that takes it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from karvan.flows import corridor_kernels as kernels
from karvan.flows.corridor_model import key_of, outside_costs
from karvan.flows.corridor_solve import class_flows

if TYPE_CHECKING:
    from karvan.flows.corridor_model import Key
    from karvan.flows.corridor_solve import Solved
    from karvan.flows.problem import Floats


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


def class_costs(solved: Solved) -> ClassCosts:
    """Return the costs of the classes of a solved setting."""
    model, found = solved.model, solved.equilibrium
    routes, classes = model.problem.routes, model.problem.classes
    usd, hours = (
        kernels.sum_on_routes(routes.route_ptr, routes.route_stream, values)
        for values in (found.stream_usd, found.stream_h)
    )
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
    return ClassCosts(tuple(key_of(stream) for stream in model.streams), found.overall_usd, mean)


def _outside(solved: Solved) -> Floats:
    """Return price and time of the outside option of every class, without the constant of the choice."""
    model = solved.model
    known = outside_costs(model.network)
    goods = model.network.applied.rows("commodity")
    price, hours = np.zeros(len(model.streams)), np.zeros(len(model.streams))
    for c, stream in enumerate(model.streams):
        key = (stream.origin, stream.destination, goods[stream.commodity]["form"])
        price[c], hours[c] = known.get(key, (math.nan, math.nan))
    total: Floats = price + model.problem.classes.hour_usd * hours
    return total
