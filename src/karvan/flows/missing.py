"""Routes that are missing: cheaper, at the costs of an equilibrium, than the best known of their pair and way of going.

From every origin, at the lowest, middle and highest time value of a form, the cheapest way of every way of going is sought. The
searches run on a graph in which arcs that follow one another are one, and look at states in the order in which they are reached
in the case itself, which is nearly theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from karvan.case.remember import remembered
from karvan.flows import contract_kernels, route_kernels
from karvan.flows import corridor_kernels as kernels
from karvan.network import FORMS, State
from karvan.routes.cost import HOURS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from karvan.case import Rows
    from karvan.flows.corridor_model import CorridorModel
    from karvan.flows.demand import Stream
    from karvan.flows.equilibrium import Equilibrium
    from karvan.flows.problem import Floats, Ints
    from karvan.flows.route_sets import FormRoutes, Graph
    from karvan.network import Arcs
    from karvan.network.states import StateIndex

#: The gain, as a share of the cost, from which a route is added.
LEAST_GAIN = 1e-3


def with_missing(
    model: CorridorModel, found: Equilibrium, chosen: Mapping[str, FormRoutes]
) -> Mapping[str, FormRoutes]:
    """Return the routes with those that are missing; the very same where none is.

    Parameters
    ----------
    model, found
        A setting and its equilibrium.
    chosen
        The routes that it chose from.
    """
    usd, hours = movement_charges(model, found)
    more: dict[str, FormRoutes] = {}
    for form in FORMS:
        new: dict[tuple[int, bytes], tuple[int, int, Ints]] = {}
        for value in time_values(model.base, model.network.applied.rows("commodity"), form):
            weight = choice_weight(model, form, value, usd, hours)
            weight = np.where(model.forms[form].open, weight, np.inf)
            for pair, nest, path in _missing(model, form, value, weight, chosen[form]):
                new.setdefault((pair, path.tobytes()), (pair, nest, path))
        more[form] = chosen[form].plus(list(new.values()))
    return chosen if all(more[form] is chosen[form] for form in FORMS) else more


def movement_charges(model: CorridorModel, found: Equilibrium) -> tuple[Floats, Floats]:
    """Return dollars and hours that every movement costs besides its plain cost."""
    stream = model.laid.stream_of
    used = stream >= 0
    usd, hours = np.zeros(len(stream)), np.zeros(len(stream))
    usd[used], hours[used] = found.stream_usd[stream[used]], found.stream_h[stream[used]]
    return usd, hours


def choice_weight(model: CorridorModel, form: str, value: float, usd: Floats, hours: Floats) -> Floats:
    """Return what every arc costs in choice at a time value, with what its movement costs besides; at least nothing."""
    item = model.forms[form]
    of_arc = item.movements.of_arc
    at = np.where(of_arc >= 0, of_arc + model.laid.first[form][1], 0)
    own_usd, own_hours = (np.where(of_arc >= 0, charge[at], 0.0) for charge in (usd, hours))
    weight = item.choice_usd + own_usd + value * item.hours + (value + model.standing_usd_per_h) * own_hours
    # a place with a negative constant is taken as free: a search would turn in it
    free: Floats = np.maximum(weight, 0.0)
    return free


@remembered(16)
def time_values(streams: tuple[Stream, ...], goods: Rows, form: str) -> list[float]:
    """Return the lowest, middle and highest time value of the goods of a form, per hour."""
    values = {
        goods[stream.commodity]["time_value_usd_per_t_day"] / HOURS_PER_DAY
        for stream in streams if goods[stream.commodity]["form"] == form
    }  # fmt: skip
    ordered = sorted(values)
    return list(dict.fromkeys((ordered[0], ordered[len(ordered) // 2], ordered[-1]))) if ordered else []


def best_known(model: CorridorModel, form: str, weight: Floats, pairs: int) -> Floats:
    """Return the cost of the cheapest route of every pair and way of going."""
    laid = model.laid
    first = laid.first[form][0]
    set_ptr = laid.sets.set_ptr[first : first + pairs + 1]
    begin, stop = set_ptr[0], set_ptr[-1]
    sums = kernels.sum_on_routes(laid.arc_ptr[begin : stop + 1], laid.arcs, weight)
    best = np.full((pairs, route_kernels.NESTS), np.inf)
    np.minimum.at(best, (np.repeat(np.arange(pairs), np.diff(set_ptr)), laid.sets.nest[begin:stop]), sums)
    return best


def _missing(
    model: CorridorModel, form: str, value: float, weight: Floats, routes: FormRoutes
) -> list[tuple[int, int, Ints]]:
    """Return the routes that beat the best known of their pair and way of going: number of the pair, way of going, arcs."""
    item, index = model.forms[form], model.network.index
    best = best_known(model, form, weight, len(routes.pairs))
    graph = _pair_graph(item.graph, item.open.tobytes(), routes.pairs, index)
    costs = kernels.sum_on_routes(graph.pointer, graph.arcs, weight)
    order = _order(model, form, value, routes.pairs)
    pair, nest, begin, arcs = route_kernels.cheaper_routes(
        graph.start, graph.head, graph.bit, graph.pointer, graph.arcs, costs, graph.states, graph.sources, graph.source_pair,
        graph.targets, best * (1 - LEAST_GAIN), graph.number, *order, item.graph.head,
    )  # fmt: skip
    return [
        (pair, nest, arcs[begin[r] : begin[r + 1]])
        for r, (pair, nest) in enumerate(zip(pair.tolist(), nest.tolist(), strict=True))
    ]


class _Ends(NamedTuple):
    """Where searches between the pairs of a form begin and end; pairs of one origin follow one another."""

    sources: Ints
    source_pair: Ints
    targets: Ints


def _ends(pairs: tuple[tuple[str, str], ...], index: StateIndex) -> _Ends:
    origins = [origin for origin, _ in pairs]
    changes = [0] + [k for k in range(1, len(pairs)) if origins[k] != origins[k - 1]] if pairs else []
    return _Ends(
        np.array([index.number[State("zone_out", origins[k])] for k in changes], dtype=np.int64),
        np.array([*changes, len(pairs)], dtype=np.int64),
        np.array([index.number[State("zone_in", destination)] for _, destination in pairs], dtype=np.int64),
    )  # fmt: skip


class _PairGraph(NamedTuple):
    """What searches between the pairs of a form need, as :func:`karvan.flows.contract_kernels.contract` leaves it."""

    start: Ints
    head: Ints
    bit: Ints
    pointer: Ints
    arcs: Ints
    states: int
    number: Ints
    sources: Ints
    source_pair: Ints
    targets: Ints


@remembered(64)
def _pair_graph(graph: Graph, opened: bytes, pairs: tuple[tuple[str, str], ...], index: StateIndex) -> _PairGraph:
    """Return the graph of all ways between the pairs over open arcs."""
    ends = _ends(pairs, index)
    number, states, start, head, bit, pointer, arcs = contract_kernels.contract(
        *graph.out, *graph.into, graph.bit, np.frombuffer(opened, dtype=bool), ends.sources, ends.targets, graph.states
    )
    return _PairGraph(
        start, head, bit, pointer, arcs, states, number, number[ends.sources], ends.source_pair, number[ends.targets]
    )


def _order(
    model: CorridorModel, form: str, value: float, pairs: tuple[tuple[str, str], ...]
) -> tuple[Ints, Ints, Ints]:
    """Return in which order searches look at labels: that of the case with everything open and built, where it has its states."""
    item, network = model.forms[form], model.network
    arcs = item.arcs if network.base is None else network.root.arcs(form, relaxed=True)
    return _order_of(item.graph, arcs, value, pairs, network.index)


@remembered(32)
def _order_of(
    graph: Graph, arcs: Arcs, value: float, pairs: tuple[tuple[str, str], ...], index: StateIndex
) -> tuple[Ints, Ints, Ints]:
    if len(arcs) != len(graph.tail):
        return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int8), np.zeros(len(pairs) + 1, dtype=np.int64)
    weight = np.maximum(arcs.price_usd_per_t + value * arcs.time_h, 0.0)
    found: tuple[Ints, Ints, Ints] = route_kernels.search_order(
        *graph.out, weight, graph.bit, graph.states, _ends(pairs, index).sources
    )
    return found
