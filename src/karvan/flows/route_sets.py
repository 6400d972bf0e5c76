"""Which routes goods may choose from, found once per case.

The routes of a case are found in its *situations*: every crossing open and nothing new built, the closures of every scenario, and
everything open and built. In each, at the lowest and the highest time value of the goods of a form, the cheapest way over every
arc between two zones is a candidate; those that cost little more than the cheapest of their way of going, and differ enough, are
kept (:func:`karvan.flows.route_kernels.via_routes`). A setting uses those whose arcs all stand, and adds what is cheaper at
the costs of its own equilibrium, so that the figures of a setting depend on the case and the setting alone.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from karvan.case import Setting
from karvan.flows import layout_kernels
from karvan.flows import route_kernels as kernels
from karvan.network import FORMS, ArcKind, State, build_network
from karvan.routes.cost import HOURS_PER_DAY, RELIABILITY_RATIO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from karvan.case import AppliedCase, Case
    from karvan.flows.problem import Bools, Floats, Ints
    from karvan.network import Arcs, Network

#: Most routes of one way of going per pair, situation and time value.
MOST_ROUTES = 4
#: Routes whose odds against the cheapest of their way of going are lower are left out.
LEAST_ODDS = 0.02
#: Largest share of its length that a route may have in common with one already taken.
MOST_OVERLAP = 0.8
#: Logit scale of routes, relative to the cost of the pair, where the case has no parameter ``route_scale``.
ROUTE_SCALE = 15.0

_BITS = {"rail": kernels.RAIL_BIT, "road": kernels.ROAD_BIT, "sea": kernels.WATER_BIT, "ferry": kernels.WATER_BIT}
#: What the ways of going are called, by number.
NEST_NAMES = ("rail", "road", "mixed", "water")


@dataclass(frozen=True, eq=False)
class Graph:
    """The arcs of a form as the searches want them; the same in every setting of a case.

    Attributes
    ----------
    tail, head
        States of every arc.
    out, into
        Arcs in order of their tails, and of their heads: where each state begins, the other end, the arc.
    bit
        Mode bit of every arc.
    move
        Arcs that cover distance or pass a border: what routes are told apart by.
    states
        Number of states.
    """

    tail: Ints
    head: Ints
    out: tuple[Ints, Ints, Ints]
    into: tuple[Ints, Ints, Ints]
    bit: Ints
    move: Ints
    states: int

    @classmethod
    def of(cls, network: Network, arcs: Arcs) -> Graph:
        """Return the arcs of a network, everything shut or unbuilt included."""
        states = len(network.index)
        moving = arcs.kind == ArcKind.MOVE
        bit = np.array(
            [_BITS.get(mode, 0) if moves else 0 for mode, moves in zip(arcs.mode, moving, strict=True)], dtype=np.int64
        )
        return cls(
            arcs.tail, arcs.head, _ordered(arcs.tail, arcs.head, states), _ordered(arcs.head, arcs.tail, states), bit,
            np.flatnonzero(moving), states,
        )  # fmt: skip

    def from_state(self, weight: Floats, source: int) -> tuple[Floats, Ints, Ints]:
        """Return the cheapest costs from a state to all labels, with the labels and arcs before them."""
        found: tuple[Floats, Ints, Ints] = kernels.search_by_mode(*self.out, weight, self.bit, self.states, source)
        return found

    def to_state(self, weight: Floats, target: int) -> tuple[Floats, Ints, Ints]:
        """Return the cheapest costs from all labels to a state, with the labels and arcs after them."""
        found: tuple[Floats, Ints, Ints] = kernels.search_by_mode(*self.into, weight, self.bit, self.states, target)
        return found


def _ordered(by: Ints, other: Ints, states: int) -> tuple[Ints, Ints, Ints]:
    order = np.argsort(by, kind="stable")
    return np.searchsorted(by[order], np.arange(states + 1)), other[order], order


#: Routes have a hundred thousand arcs, which are copied and read again and again: numbers as narrow as can be, without a sign.
ARC_NUMBER = np.uint32


class FlatRoutes(NamedTuple):
    """Routes as arrays: where those of each pair begin, ways of going in order, where the arcs of each begin, the arcs."""

    pair_ptr: Ints
    nest: Ints
    arc_ptr: Ints
    arcs: Ints


@dataclass(frozen=True, eq=False)
class FormRoutes:
    """The routes of all pairs of zones for one form of cargo.

    Attributes
    ----------
    form
        ``container`` or ``bulk``.
    pairs
        Origin and destination of every set.
    flat
        Of every pair, its routes as the numbers of their arcs, with the way of going.
    version
        A number of every pair: two sets with the same one have the same routes of that pair.
    """

    form: str
    pairs: tuple[tuple[str, str], ...]
    flat: FlatRoutes
    version: Ints

    @classmethod
    def of(
        cls, form: str, pairs: Sequence[tuple[str, str]], routes: Sequence[Sequence[tuple[int, tuple[int, ...]]]]
    ) -> FormRoutes:
        """Return routes that stand in lists: of every pair, way of going and arcs of each."""
        ordered = [sorted(theirs, key=itemgetter(0)) for theirs in routes]
        nests = [nest for theirs in ordered for nest, _ in theirs]
        paths = [path for theirs in ordered for _, path in theirs]
        pair_ptr = pointer_of([len(theirs) for theirs in ordered])
        arc_ptr = pointer_of([len(path) for path in paths])
        arcs = cast("Ints", np.fromiter(itertools.chain.from_iterable(paths), ARC_NUMBER, int(arc_ptr[-1])))
        return cls.first(form, tuple(pairs), FlatRoutes(pair_ptr, np.array(nests, dtype=np.int64), arc_ptr, arcs))

    @classmethod
    def first(cls, form: str, pairs: tuple[tuple[str, str], ...], flat: FlatRoutes) -> FormRoutes:
        """Return routes that stand in arrays."""
        return cls(form, pairs, flat, np.full(len(pairs), next(_VERSIONS), dtype=np.int64))

    def paths(self, position: int) -> list[list[int]]:
        """Return the arcs of every route of a pair."""
        pair_ptr, _, arc_ptr, arcs = self.flat
        return [arcs[arc_ptr[r] : arc_ptr[r + 1]].tolist() for r in range(pair_ptr[position], pair_ptr[position + 1])]

    def plus(self, pairs: Ints, ways: Ints, pointer: Ints, arcs: Ints) -> FormRoutes:
        """Return the routes with others added behind those of their pair and way of going.

        Parameters
        ----------
        pairs, ways
            Numbers of the pairs of the others, and their ways of going.
        pointer, arcs
            Where the arcs of each begin and the last end, and the arcs.
        """
        if not len(pairs):
            return self
        own = arcs.astype(ARC_NUMBER, copy=False)
        flat = FlatRoutes(*layout_kernels.add_routes(*self.flat, pairs, ways, pointer, own))
        version = self.version.copy()
        version[pairs] = next(_VERSIONS)
        return FormRoutes(self.form, self.pairs, flat, version)

    def plus_open(self, other: FormRoutes, is_open: Bools) -> FormRoutes:
        """Return the routes with those of another set of the same pairs that they lack, if all arcs of these are open."""
        apart = np.flatnonzero(self.version != other.version)
        if not len(apart):
            return self
        route, pairs = layout_kernels.routes_beyond(apart, *other.flat, *self.flat, is_open)
        if not len(route):
            return self
        pointer, arcs = layout_kernels.arcs_of_kept(route, other.flat.arc_ptr, other.flat.arcs)
        return self.plus(pairs, other.flat.nest[route], pointer, arcs)


#: Numbers of versions, each given once in a process; routes do not travel between processes.
_VERSIONS = itertools.count()


def pointer_of(sizes: Ints | Sequence[int]) -> Ints:
    """Return where each of some parts begins, and the end."""
    pointer: Ints = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return pointer


@dataclass(frozen=True, eq=False)
class Situation:
    """Which arcs may be used while routes are looked for."""

    name: str
    allowed: Bools


@lru_cache(maxsize=8)
def routes_of_case(case: Case) -> dict[str, FormRoutes]:
    """Return the routes of a case by form, for the pairs that its base flow names; the latest few cases are kept."""
    finder = _Finder(case)
    return {form: finder.find(form) for form in FORMS}


class _Finder:
    """Looks for the routes of a case."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.applied = case.apply(reference_setting(case))
        self.network = build_network(self.applied)

    @cached_property
    def shut(self) -> dict[str, frozenset[str]]:
        """The border rows that each scenario shuts."""
        found = {}
        for scenario in self.case.rows("scenario"):
            borders = self.case.apply(Setting(scenario=scenario)).tables["border"]
            found[scenario] = frozenset(str(name) for name in borders.index[borders["status"] == "shut"])
        return found

    def situations(self, arcs: Arcs) -> list[Situation]:
        """Return the situations in which routes are looked for."""
        built = np.array([not is_unbuilt(cut) for cut in arcs.cut], dtype=bool)
        found = [Situation("open", built)]
        closures = [shut for shut in dict.fromkeys(self.shut.values()) if shut]
        found += [Situation("shut", built & ~np.isin(arcs.border.astype(str), sorted(shut))) for shut in closures]
        return [*found, Situation("built", np.ones(len(arcs), dtype=bool))]

    def find(self, form: str) -> FormRoutes:
        """Return the routes of all pairs with goods of a form."""
        pairs, values = pairs_of_form(self.applied, form)
        arcs = self.network.arcs(form, relaxed=True)
        graph = Graph.of(self.network, arcs)
        found: list[dict[tuple[int, ...], int]] = [{} for _ in pairs]
        if pairs:
            ratio = reliability_ratio(self.applied)
            slack = -np.log(LEAST_ODDS) / scale_of(self.applied, "route_scale", ROUTE_SCALE)
            for situation in self.situations(arcs):
                cut = frozenset(np.flatnonzero(~situation.allowed).tolist())
                # a closure concerns the pairs that lose a route by it
                wanted = [
                    number for number, theirs in enumerate(found)
                    if situation.name != "shut" or not theirs or any(not cut.isdisjoint(path) for path in theirs)
                ]  # fmt: skip
                for value in dict.fromkeys((min(values), max(values))):
                    cost = arcs.price_usd_per_t + value * (arcs.time_h + ratio * (arcs.sd_h + arcs.wait_sd_h))
                    weight = np.where(situation.allowed, cost, np.inf)
                    self._search(graph, weight, arcs, slack, [(pairs[number], found[number]) for number in wanted])
        return FormRoutes.of(form, pairs, [sorted((nest, path) for path, nest in theirs.items()) for theirs in found])

    def _search(
        self, graph: Graph, weight: Floats, arcs: Arcs, slack: float,
        found: list[tuple[tuple[str, str], dict[tuple[int, ...], int]]],
    ) -> None:  # fmt: skip
        number = self.network.index.number
        starts = {zone: number[State("zone_out", zone)] for (zone, _), _ in found}
        ends = {zone: number[State("zone_in", zone)] for (_, zone), _ in found}
        forward = {zone: graph.from_state(weight, state) for zone, state in starts.items()}
        backward = {zone: graph.to_state(weight, state) for zone, state in ends.items()}
        for (origin, destination), theirs in found:
            path, begin, nests = kernels.via_routes(
                *forward[origin], *backward[destination], ends[destination], starts[origin], graph.tail, graph.head, weight,
                graph.bit, graph.move, arcs.length_km, graph.states, MOST_ROUTES, slack, MOST_OVERLAP,
            )  # fmt: skip
            for r, nest in enumerate(nests):
                theirs.setdefault(tuple(path[begin[r] : begin[r + 1]].tolist()), int(nest))


def is_unbuilt(cut: str) -> bool:
    """Whether an arc is cut because something is not built, rather than shut."""
    return cut.startswith(("link ", "terminal "))


def pairs_of_form(applied: AppliedCase, form: str) -> tuple[list[tuple[str, str]], list[float]]:
    """Return the pairs of zones between which goods of a form move in the base flow, and their time values per hour."""
    commodities = applied.case.rows("commodity")
    pairs: dict[tuple[str, str], None] = {}
    values: dict[float, None] = {}
    for row in applied.case.rows("base_flow").values():
        goods = commodities[row["commodity"]]
        if goods["form"] == form and row["origin"] != row["destination"]:
            pairs[row["origin"], row["destination"]] = None
            values[float(goods["time_value_usd_per_t_day"]) / HOURS_PER_DAY] = None
    return sorted(pairs), list(values)


def reference_setting(case: Case) -> Setting:
    """Return the setting in which the base flow was observed: section ``[flows]`` of case.toml, else the default scenario."""
    return Setting(scenario=case.config.flows.reference_scenario or case.config.case.default_scenario)


def scale_of(applied: AppliedCase, name: str, default: float) -> float:
    """Return a parameter of the case, or its default."""
    row = applied.rows("parameter").get(name)
    return float(row["value"]) if row else default


def reliability_ratio(applied: AppliedCase) -> float:
    """Return the value of an hour of standard deviation, in mean hours."""
    return scale_of(applied, "reliability_ratio", RELIABILITY_RATIO)
