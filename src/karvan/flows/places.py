"""Constants of crossings and lines: what draws goods to a place or keeps them away that no table holds.

Habit, permits, security, a waiting list, the seats of forwarders: goods do not spread over crossings by price and hours alone.
Every place that a calibration count names has one constant in dollars per tonne, for both directions, fitted in the reference so
that modelled tonnes come near the counted ones. It enters choice. Nobody pays it and it is no cost of resources. A place without
a count has none. The fit is least squares in logarithms with a ridge towards zero:

``sum over counts (ln(modelled / counted) / (ln(aim) / 2))^2 + sum over places (constant / spread)^2``

A round is a damped Gauss-Newton step with the derivative of the choice model at the delays met. Method: docs/methods/flows.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from karvan.flows import reaction_kernels
from karvan.flows.choice import choice_of
from karvan.flows.equilibrium import on_routes, stream_flow
from karvan.flows.newton_kernels import factor_dense, solve_factored
from karvan.flows.route_sets import scale_of
from karvan.flows.screenlines import counted_rows, counted_tonnes, fixed_tonnes_per_day
from karvan.network.capacity import operating_days

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from karvan.case import AppliedCase
    from karvan.flows.corridor_model import CorridorModel
    from karvan.flows.equilibrium import Equilibrium
    from karvan.flows.problem import Floats, Ints

    Constants = Mapping[tuple[str, str], float]

#: Largest constant, and the spread of the ridge, in dollars per tonne; ten dollars a tonne are 200 a truck. Assumptions: the
#: parameters ``crossing_constant_most_usd_per_t`` (0: no constants) and ``crossing_constant_spread_usd_per_t`` replace them.
MOST_USD_PER_T, SPREAD_USD_PER_T = 30.0, 10.0
#: Share of a step that is taken, since the constants of ways of going move in the same round; largest step, in spreads.
DAMPING, MOST_STEP = 0.5, 1.0
#: Least share of a count that its logarithm is taken of.
LEAST_RATIO = 1e-6


@dataclass(frozen=True)
class Place:
    """A place with a calibration count.

    Attributes
    ----------
    count_id, name
        Row of count.csv, and what it is called.
    counted, rows
        Movements that the count covers (table, row, direction), and the rows that the constant is of (table, row).
    t_per_day
        Tonnes a day counted that choose, preload taken off.
    tolerance
        Half the logarithm of the factor aimed at.
    """

    count_id: str
    name: str
    counted: frozenset[tuple[str, str, str]]
    rows: frozenset[tuple[str, str]]
    t_per_day: float
    tolerance: float


def most_constant(applied: AppliedCase) -> float:
    """Return the largest constant of a case, in dollars per tonne."""
    return scale_of(applied, "crossing_constant_most_usd_per_t", MOST_USD_PER_T)


def places_of(applied: AppliedCase) -> list[Place]:
    """Return the places whose constants are fitted: screenlines of count.csv to calibrate on, of all goods together."""
    if most_constant(applied) <= 0:
        return []
    days, found = operating_days(applied), []
    borders = applied.rows("border")
    for name, row in applied.rows("count").items():
        tonnes, aim = counted_tonnes(row)
        rest = tonnes / days - fixed_tonnes_per_day(applied, row)
        if row["use"] != "calibrate" or not row["screenline"] or row["commodity"] or not rest > 0:
            continue
        counted = frozenset(counted_rows(applied, row))
        # a place has one constant, whichever direction was counted
        rows = {(table, key) for table, key, _ in counted}
        twins = {(borders[key]["crossing_id"], borders[key]["mode"]) for table, key in rows if table == "border"}
        rows |= {("border", key) for key, cells in borders.items() if (cells["crossing_id"], cells["mode"]) in twins}
        found.append(Place(name, row["name"], counted, frozenset(rows), rest, float(np.log(aim)) / 2))
    return found


def constants_of(places: Sequence[Place], usd_per_t: Floats) -> dict[tuple[str, str], float]:
    """Return the constants by table and row; where two places share a row they are added up."""
    found: dict[tuple[str, str], float] = {}
    for place, value in zip(places, usd_per_t.tolist(), strict=True):
        for row in sorted(place.rows):
            found[row] = found.get(row, 0.0) + value
    return found


def fitted_constants(model: CorridorModel, found: Equilibrium, places: Sequence[Place], usd_per_t: Floats) -> Floats:
    """Return constants after one step of the fit from those with which the model was solved."""
    if not places:
        return usd_per_t
    applied = model.network.applied
    most = most_constant(applied)
    spread = scale_of(applied, "crossing_constant_spread_usd_per_t", SPREAD_USD_PER_T)
    counted, charged = _weights(model, places)
    flow = np.einsum("ks,s->k", counted, stream_flow(model.problem, found))
    wanted, tolerance = (np.array([getattr(place, name) for place in places]) for name in ("t_per_day", "tolerance"))
    floor = np.maximum(flow, LEAST_RATIO * wanted)
    falls = _reactions(model, found, counted, charged)
    # a place with no route has no derivative, and its constant stays at zero
    slope = falls / floor[:, None] / tolerance[:, None]
    error = np.log(floor / wanted) / tolerance
    # einsum adds in one order, whatever the threads
    matrix = np.einsum("kl,km->lm", slope, slope) + np.eye(len(places)) / spread**2
    triangles, order, _ = factor_dense(matrix)
    step = solve_factored(triangles, order, -np.einsum("kl,k->l", slope, error) - usd_per_t / spread**2)
    fitted: Floats = np.clip(usd_per_t + np.clip(DAMPING * step, -MOST_STEP * spread, MOST_STEP * spread), -most, most)
    return fitted


def _weights(model: CorridorModel, places: Sequence[Place]) -> tuple[Floats, Floats]:
    """Return how often each count, and each constant, stands on a stream."""
    laid = model.laid
    counted, charged = (np.zeros((len(places), model.problem.routes.streams)) for _ in range(2))
    of_row: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for (_, table, row, way), stream in zip(laid.movement_keys, laid.stream_of.tolist(), strict=True):
        if stream >= 0:
            of_row.setdefault((table, row), []).append((stream, way))
    for k, place in enumerate(places):
        for key in place.rows | {(table, row) for table, row, _ in place.counted}:
            for stream, way in of_row.get(key, ()):
                counted[k, stream] += (*key, way) in place.counted
                charged[k, stream] += key in place.rows
    return counted, charged


def _reactions(model: CorridorModel, found: Equilibrium, counted: Floats, charged: Floats) -> Floats:
    """Return by how many tonnes a day what each count reads falls with a dollar at each place."""
    problem = model.problem
    routes = problem.routes
    usd, hours = on_routes(problem, found.stream_usd, found.stream_h)
    falls: Floats = reaction_kernels.reactions(
        choice_of(problem), usd, hours, *problem.set_class, routes.route_ptr, routes.route_stream, *_by_stream(counted),
        *_by_stream(charged),
        np.zeros(len(charged), dtype=bool), len(counted),
    )  # fmt: skip
    return falls


def _by_stream(weight: Floats) -> tuple[Ints, Ints, Floats]:
    """Return the rows that have a weight on each stream: where those of each begin, the rows, the weights."""
    stream, row = np.nonzero(weight.T)
    return np.searchsorted(stream, np.arange(weight.shape[1] + 1)), row, weight[row, stream]
