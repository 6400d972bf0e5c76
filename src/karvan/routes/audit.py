"""What every set of routes is held against before it is handed out.

The audit knows nothing of how routes are found. It adds the legs up again, walks them from node to node, looks up in the
tables that nothing shut or unbuilt is used, and proves the best route: with the distances of the tree as potentials, no arc
can be shorter than the difference of its ends' potentials, so that no path can be cheaper (linear programming duality).
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from karvan.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from karvan.network import Network
    from karvan.routes.cost import Floats
    from karvan.routes.results import Route
    from karvan.routes.search import Ints

#: Sums of a few hundred double-precision terms agree to this share.
RELATIVE = 1e-9


def audit_route(network: Network, route: Route) -> None:
    """Check one route against the tables.

    Raises
    ------
    AuditError
        It does not add up, breaks off, or uses what is not there.
    """
    legs = route.legs
    sums = {
        "distance_km": (route.distance_km, sum(leg.distance_km for leg in legs)),
        "time_h": (route.time_h.mean, sum(leg.time_h for leg in legs)),
        "price_usd_per_t": (route.price_usd_per_t, sum(leg.price_usd_per_t for leg in legs)),
        "resource_usd_per_t": (route.resource_usd_per_t, sum(leg.resource_usd_per_t for leg in legs)),
        "co2e_kg_per_t": (route.co2e_kg_per_t, sum(leg.co2e_kg_per_t for leg in legs)),
    }
    for name, (whole, parts) in sums.items():
        if not math.isclose(whole, parts, rel_tol=RELATIVE, abs_tol=RELATIVE):
            _fail(route, f"{name} is {whole!r}, its legs add up to {parts!r}")
    for before, after in pairwise(legs):
        if before.to_node != after.from_node:
            _fail(route, f"leg {before.name!r} ends at {before.to_node}, the next begins at {after.from_node}")
    if route.resource_usd_per_t > route.price_usd_per_t * (1 + RELATIVE):
        _fail(route, "resources cost more than the price")
    _audit_rows(network, route)


def _audit_rows(network: Network, route: Route) -> None:
    """Look up every row that the route rests on: links and terminals must stand, crossings must be open."""
    for leg in route.legs:
        if leg.kind == "crossing" and not any(name.startswith("border:") for name in leg.rows):
            _fail(route, f"crossing {leg.crossing} rests on no row of border.csv")
        for name in leg.rows:
            table, _, key = name.partition(":")
            row = network.applied.rows(table).get(key)
            if row is None:
                _fail(route, f"{table} {key} is not there")
            elif table in ("link", "terminal") and not network.applied.is_built(row["status"], row["project_id"]):
                _fail(route, f"{table} {key} is not built in this setting")
            elif table == "border" and row["status"] != "open":
                _fail(route, f"crossing {leg.crossing} is shut for {leg.mode} in this setting ({key})")


def audit_optimum(tail: Ints, head: Ints, weight: Floats, potential: Floats, cost: float, ends: Sequence[int]) -> None:
    """Check that no path over these arcs is cheaper than `cost`.

    Parameters
    ----------
    tail, head, weight
        The arcs that may be used.
    potential
        Distance of every state from the source.
    cost
        Cost of the path.
    ends
        Source and target.

    Raises
    ------
    AuditError
        The potentials do not prove it.
    """
    reached = np.isfinite(potential[tail])
    slack = potential[tail][reached] + weight[reached] - potential[head][reached]
    tolerance = RELATIVE * max(1.0, abs(cost))
    if slack.size and float(slack.min()) < -tolerance:
        message = f"the tree of shortest paths is wrong: an arc is shorter by {-float(slack.min()):g}"
        raise AuditError(message)
    bound = float(potential[ends[1]] - potential[ends[0]])
    if not math.isclose(bound, cost, rel_tol=RELATIVE, abs_tol=RELATIVE):
        message = f"the best route costs {cost!r}, its bound is {bound!r}"
        raise AuditError(message)


def _fail(route: Route, what: str) -> None:
    message = f"route {route.rank}: {what}"
    raise AuditError(message)
