"""Routes that are missing: cheaper, at the costs of an equilibrium, than the best known of their pair and way of going.

At the lowest, middle and highest time value of a form the least cost of every way of going is found between all pairs at once, by
elimination, and where it is lower than what is known, the way that costs it is put together from its parts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from karvan.case.remember import remembered
from karvan.flows import elimination_kernels as kernels
from karvan.flows import layout_kernels
from karvan.network import FORMS, State
from karvan.routes.cost import HOURS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from karvan.case import Rows
    from karvan.flows.corridor_model import CorridorModel, Ways
    from karvan.flows.demand import Stream
    from karvan.flows.equilibrium import Start
    from karvan.flows.problem import Floats, Ints
    from karvan.flows.route_sets import FormRoutes, Graph
    from karvan.network.states import StateIndex

#: The gain, as a share of the cost, from which a route is added.
LEAST_GAIN = 1e-3


def with_missing(
    ways: Ways, charges: tuple[Floats, Floats], chosen: Mapping[str, FormRoutes]
) -> Mapping[str, FormRoutes]:
    """Return the routes with those that are missing; the very same where none is.

    Parameters
    ----------
    ways
        What they are sought over.
    charges
        Dollars and hours that its movements are charged: :func:`movement_charges`.
    chosen
        The routes that it chooses from.
    """
    more = {form: _with_missing(ways, form, charges, chosen[form]) for form in FORMS}
    return chosen if all(more[form] is chosen[form] for form in FORMS) else more


def movement_charges(model: CorridorModel, start: Start) -> tuple[Floats, Floats]:
    """Return dollars and hours that every movement costs besides its plain cost, where a solution stands or begins."""
    # what a stream is charged is the sum over its movements, of which a way that is sought may use some only
    there, back = model.pair_movements
    resources = replace(model.problem.resources, pair_there=there, pair_back=back)
    return resources.charges(start.price_usd, start.queue_h + start.delay_h, start.lean, len(model.laid.stream_of))


def choice_weights(ways: Ways, form: str, values: Sequence[float], usd: Floats, hours: Floats) -> Floats:
    """Return what every arc costs in choice at some time values, with what its movement costs besides; at least nothing.

    One column for each time value, and more that are infinite, up to a multiple of the lanes of elimination. So are arcs that are
    not there.
    """
    item = ways.forms[form]
    # movements are numbered by form
    first = 0 if form == FORMS[0] else len(ways.forms[FORMS[0]].movements.keys)
    value = np.array(values, dtype=np.float64)
    lanes = -(-len(values) // kernels.LANES) * kernels.LANES
    weights: Floats = kernels.arc_costs(
        item.choice_usd, item.hours, item.open, item.movements.of_arc, first, usd, hours, value,
        value + ways.standing_usd_per_h, lanes,
    )  # fmt: skip
    return weights


@remembered(16)
def time_values(streams: tuple[Stream, ...], goods: Rows, form: str) -> list[float]:
    """Return the lowest, middle and highest time value of the goods of a form, per hour."""
    values = {
        goods[stream.commodity]["time_value_usd_per_t_day"] / HOURS_PER_DAY
        for stream in streams if goods[stream.commodity]["form"] == form
    }  # fmt: skip
    ordered = sorted(values)
    return list(dict.fromkeys((ordered[0], ordered[len(ordered) // 2], ordered[-1]))) if ordered else []


def known_costs(ways: Ways, form: str, lanes: Floats) -> Floats:
    """Return the cost of the cheapest route of every pair, by way of going and lane."""
    standing = ways.standing[form]
    known: Floats = kernels.known_costs(
        standing.set_ptr, standing.nest, standing.kept, standing.routes.arc_ptr, standing.routes.arcs, lanes
    )
    return known


def _with_missing(ways: Ways, form: str, charges: tuple[Floats, Floats], routes: FormRoutes) -> FormRoutes:
    """Return the routes of a form with those that beat the best known of their pair and way of going.

    They are sought at some time values, with dollars and hours that movements cost besides.
    """
    values = time_values(ways.base, ways.network.applied.rows("commodity"), form)
    if not (routes.pairs and values):
        return routes
    graph = ways.forms[form].graph
    planned = _plan(graph, routes.pairs, ways.network.index)
    # three time values at most, and no more lanes than are eliminated at once
    lanes = choice_weights(ways, form, values, *charges)
    cost = kernels.eliminate(planned.of_arc, planned.stretches, planned.joins, lanes)
    lane, pair, nest = kernels.cheaper_ways(cost, planned.wanted, known_costs(ways, form, lanes), 1 - LEAST_GAIN)
    begin, path = kernels.simple_ways(
        planned.wanted[pair, nest], lane, planned.source[pair], cost, planned.joins, planned.made_ptr, planned.made,
        planned.arc_ptr, planned.arcs, lanes, graph.head, graph.states,
    )  # fmt: skip
    new = kernels.distinct_ways(pair, begin, path, len(routes.pairs))
    return routes.plus(pair[new], nest[new], *layout_kernels.arcs_of_kept(new, begin, path))


class _Plan(NamedTuple):
    """How the states between the ends of pairs are eliminated: :func:`karvan.flows.elimination_kernels.by_layers`.

    Besides: the stretch of every pair by way of going, and its source; what is joined to make every stretch, and which arcs
    stand at it.
    """

    of_arc: Ints
    stretches: int
    joins: Ints
    wanted: Ints
    source: Ints
    made_ptr: Ints
    made: Ints
    arc_ptr: Ints
    arcs: Ints


@remembered(8)
def _plan(graph: Graph, pairs: tuple[tuple[str, str], ...], index: StateIndex) -> _Plan:
    source = np.array([index.number[State("zone_out", origin)] for origin, _ in pairs], dtype=np.int64)
    target = np.array([index.number[State("zone_in", destination)] for _, destination in pairs], dtype=np.int64)
    kept = np.zeros(graph.states, dtype=bool)
    kept[source] = kept[target] = True
    of_arc, place, count, joint = kernels.plan(graph.tail, graph.head, kept, graph.states)
    of_arc, count, joins, wanted = kernels.by_layers(of_arc, count, joint, graph.bit, place[source, target])
    # hundreds of thousands, which are read once each time: as narrow as can be
    joins = joins.astype(np.uint16) if count <= np.iinfo(np.uint16).max else joins
    # the first layer has not moved; the others stand in the order of the ways of going
    return _Plan(
        of_arc, count, joins, np.ascontiguousarray(wanted[:, 1:]), source, *_by_stretch(joins[:, 2], count),
        *_by_stretch(of_arc, count),
    )  # fmt: skip


def _by_stretch(stretch: Ints, count: int) -> tuple[Ints, Ints]:
    """Return items in order of their stretches, and where those of each begin; those without one come first."""
    order = np.argsort(stretch, kind="stable")
    return np.searchsorted(stretch[order], np.arange(count + 1)), order
