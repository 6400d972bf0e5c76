"""The network of a form in a setting, and the routes laid over it: which stand, what they cost, what they share."""

# what is remembered is told by arguments that stand for others
# ruff: noqa: ARG001

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from karvan.case.remember import remembered
from karvan.flows import layout_kernels
from karvan.flows.layout_kernels import KnownRoutes
from karvan.flows.movements import Movements, movements_of
from karvan.flows.problem import RouteSets
from karvan.flows.route_sets import Graph, pointer_of
from karvan.network import FORMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from karvan.flows.problem import Bools, Floats, Ints
    from karvan.flows.route_sets import FlatRoutes, FormRoutes
    from karvan.network import Arcs, Network

#: Table, row and direction of every movement of a form.
Keys = tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, eq=False)
class FormNetwork:
    """The network of one form in a setting, as routes are laid over it.

    Attributes
    ----------
    form, arcs, graph, movements
        What it is.
    hours
        Hours that the goods' time value counts, of every arc: mean and weighted standard deviation.
    open
        Whether an arc stands and is open.
    choice_usd
        Price of every arc with the constant of its place: what choice sees, and nobody pays.
    """

    form: str
    arcs: Arcs
    graph: Graph
    movements: Movements
    hours: Floats
    open: Bools
    choice_usd: Floats

    @classmethod
    def of(
        cls, network: Network, form: str, ratio: float, constants: Mapping[tuple[str, str], float] | None = None
    ) -> FormNetwork:
        """Return the network of a form, with constants by table and row."""
        arcs = network.arcs(form, relaxed=True)
        hours = _hours(arcs.move_h, arcs.rest_h, arcs.wait_h, arcs.stop_h, arcs.sd_h, arcs.wait_sd_h, ratio, arcs)
        is_open = np.asarray(arcs.cut == "", dtype=bool)
        graph, movements = _places(network, arcs)
        item = cls(form, arcs, graph, movements.on(arcs), hours, is_open, arcs.price_usd_per_t)
        return item.with_constants(constants) if constants else item

    def with_constants(self, constants: Mapping[tuple[str, str], float]) -> FormNetwork:
        """Return the network with other constants, in dollars per tonne by table and row."""
        own = _constants_on(self.movements.keys, self.movements.of_arc, constants)
        return replace(self, choice_usd=_with_own(self.arcs.price_usd_per_t, own))


@remembered(16, unseen=1)
def _hours(
    move: Floats, rest: Floats, wait: Floats, stop: Floats, sd: Floats, wait_sd: Floats, ratio: float, arcs: Arcs
) -> Floats:
    """Return the hours that count of every arc; the arcs stand for their columns."""
    return arcs.time_h + ratio * (arcs.sd_h + arcs.wait_sd_h)


@remembered(16)
def _with_own(price: Floats, own: Floats) -> Floats:
    return price + own


@remembered(16)
def _constants_on(keys: Keys, of_arc: Ints, constants: Mapping[tuple[str, str], float]) -> Floats:
    """Return the constant of every arc."""
    theirs = np.array([*(constants.get((table, row), 0.0) for table, row, _ in keys), 0.0], dtype=np.float64)
    return np.where(of_arc >= 0, theirs[of_arc], 0.0)


def _places(network: Network, arcs: Arcs) -> tuple[Graph, Movements]:
    """Return graph and movements of arcs: those of the network's root where its arcs stand in the same places."""
    root = network.root
    known = next((known for known in root.built_arcs if arcs.tail is known.tail), None)
    return _places_of(network, arcs) if known is None else _places_of(root, known)


@remembered(16)
def _places_of(network: Network, arcs: Arcs) -> tuple[Graph, Movements]:
    return Graph.of(network, arcs), movements_of(network, arcs)


@dataclass(frozen=True, eq=False)
class Laid:
    """Routes laid over the network of a setting.

    Attributes
    ----------
    pairs
        Form, origin and destination of every set.
    first
        Number of the first set, and of the first movement, of every form.
    standing, streams
        The routes of every form that stand, and the streams of their movements.
    sets
        The routes as the problem wants them.
    movement_keys
        Form, table, row and direction of every movement, over both forms.
    stream_of
        Stream of every movement that some route uses, -1 for others.
    set_number
        Number of the set of a form, origin and destination.
    movement_number
        Number of the movement of a form, table, row and direction.
    """

    pairs: tuple[tuple[str, str, str], ...]
    first: Mapping[str, tuple[int, int]]
    standing: Mapping[str, Standing]
    streams: Mapping[str, Streams]
    sets: RouteSets
    movement_keys: tuple[tuple[str, str, str, str], ...]
    stream_of: Ints
    set_number: dict[tuple[str, str, str], int]
    movement_number: dict[tuple[str, str, str, str], int]

    def routes_of(self, form: str) -> slice:
        """Return which routes are those of a form."""
        split = int(self.sets.set_ptr[self.first[FORMS[1]][0]])
        return slice(0, split) if form == FORMS[0] else slice(split, len(self.sets.nest))

    @cached_property
    def moves(self) -> tuple[Ints, Ints]:
        """Where the movements of every route begin, and the movements, over both forms."""
        one, other = (self.standing[form] for form in FORMS)
        items = _items_joined(one.move_item, other.move_item, self.first[FORMS[1]][1])
        return _joined(one.move_ptr, other.move_ptr), items


class _Names(NamedTuple):
    """What the sets and movements of both forms are called, and their numbers."""

    pairs: tuple[tuple[str, str, str], ...]
    set_number: dict[tuple[str, str, str], int]
    first: dict[str, tuple[int, int]]
    keys: tuple[tuple[str, str, str, str], ...]
    movement_number: dict[tuple[str, str, str, str], int]


@remembered(16)
def _names(
    pairs_1: tuple[tuple[str, str], ...], pairs_2: tuple[tuple[str, str], ...], keys_1: Keys, keys_2: Keys
) -> _Names:
    one, other = FORMS
    pairs = (*((one, *pair) for pair in pairs_1), *((other, *pair) for pair in pairs_2))
    keys = (*((one, *key) for key in keys_1), *((other, *key) for key in keys_2))
    first = {one: (0, 0), other: (len(pairs_1), len(keys_1))}
    return _Names(pairs, {pair: n for n, pair in enumerate(pairs)}, first, keys, {key: n for n, key in enumerate(keys)})


class Streams(NamedTuple):
    """Stream of every movement that some route uses, -1 for others, and how many; where those of every route begin, and they."""

    of: Ints
    number: int
    ptr: Ints
    item: Ints


@dataclass(frozen=True, eq=False)
class Standing:
    """The routes of a form whose arcs are all open.

    Attributes
    ----------
    routes
        All routes of the form.
    set_ptr, kept, nest
        Where the routes of every set begin that stand, which they are of all, and their ways of going.
    move_ptr, move_item
        Where the movements of every route begin, and the movements, by their numbers in the form.
    movements
        How many movements the form has.
    """

    routes: FlatRoutes
    set_ptr: Ints
    kept: Ints
    nest: Ints
    move_ptr: Ints
    move_item: Ints
    movements: int

    @cached_property
    def arcs(self) -> tuple[Ints, Ints]:
        """Where the arcs of every route begin, and the arcs."""
        found: tuple[Ints, Ints] = layout_kernels.arcs_of_kept(self.kept, self.routes.arc_ptr, self.routes.arcs)
        return found


@remembered(32)
def _standing(routes: FormRoutes, of_arc: Ints, opened: bytes, movements: int) -> Standing:
    """Return the routes of a form that stand where these arcs are open."""
    pointer, empty = np.zeros(len(routes.pairs) + 1, dtype=np.int64), np.zeros(0, dtype=np.int64)
    nothing = KnownRoutes(pointer, empty, pointer, empty, pointer[:1], empty.astype(np.int32))
    return _lay(routes, np.frombuffer(opened, dtype=bool), of_arc, movements, nothing)[0]


def _lay(routes: FormRoutes, is_open: Bools, of_arc: Ints, movements: int, known: KnownRoutes) -> tuple[Standing, Ints]:
    """Return the routes of a form that stand, and the places of those among known ones."""
    per_pair, kept, nest, ways, items, source = layout_kernels.lay_standing(*routes.flat, is_open, of_arc, known)
    return Standing(routes.flat, pointer_of(per_pair), kept, nest, ways, items, movements), source


@remembered(32)
def _standing_beyond(
    old: Standing, routes: FormRoutes, of_arc: Ints, opened: bytes, was_opened: bytes
) -> tuple[Standing, Ints]:  # fmt: skip
    """Return the routes of a form that stand, and their places among those that did where some of these arcs were open."""
    flat = old.routes
    if routes.flat is flat and opened == was_opened:
        return old, np.arange(len(old.kept))
    known = KnownRoutes(flat.pair_ptr, flat.nest, old.set_ptr, old.kept, old.move_ptr, old.move_item)
    return _lay(routes, np.frombuffer(opened, dtype=bool), of_arc, old.movements, known)


@remembered(32)
def _streams(standing: Standing) -> Streams:
    """Return the streams of the movements of a form."""
    # as narrow as those that are found: a kernel is compiled once
    pointer, empty = np.zeros(1, dtype=np.int64), cast("Ints", np.zeros(0, dtype=np.int32))
    nothing = Streams(np.full(standing.movements, -1, dtype=np.int64), 0, pointer, empty)
    return Streams(*layout_kernels.streams_of(standing.move_ptr, standing.move_item, _none(standing), nothing))


@remembered(32)
def _log_sizes(standing: Standing, length_km: Floats) -> Floats:
    """Return the logarithms of the path sizes of the routes of a form."""
    return _sizes_of(standing, length_km, _none(standing), _NO_FIGURES)


@remembered(32)
def _sums(standing: Standing, choice_usd: Floats, hours: Floats) -> tuple[Floats, Floats]:
    """Return price and hours of the routes of a form."""
    return _sums_of(standing, choice_usd, hours, _none(standing), (_NO_FIGURES, _NO_FIGURES))


_NO_FIGURES: Floats = np.zeros(0)


def _none(standing: Standing) -> Ints:
    """Return that no figure of a route is known."""
    return np.full(len(standing.kept), -1, dtype=np.int64)


def _sizes_of(standing: Standing, length_km: Floats, source: Ints, known: Floats) -> Floats:
    """Return the logarithms of path sizes, where those of the routes with a source are known."""
    sizes: Floats = layout_kernels.path_sizes(
        standing.set_ptr, standing.nest, standing.move_ptr, standing.move_item, length_km, len(length_km), source, known
    )
    return sizes


def _sums_of(
    standing: Standing, choice_usd: Floats, hours: Floats, source: Ints, known: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """Return price and hours of routes, where those of the routes with a source are known."""
    sums: tuple[Floats, Floats] = layout_kernels.sum_on_kept(
        standing.kept, standing.routes.arc_ptr, standing.routes.arcs, choice_usd, hours, source, *known
    )
    return sums


class _Layout(NamedTuple):
    """The routes of both forms that stand, and their streams: those of the second form follow those of the first."""

    set_ptr: Ints
    nest: Ints
    stream_of: Ints
    stream_ptr: Ints
    stream_item: Ints
    streams: int


def _layout(standing: Mapping[str, Standing], streams: Mapping[str, Streams]) -> _Layout:
    """Return the routes of both forms that stand."""
    one, other = (standing[form] for form in FORMS)
    first, second = (streams[form] for form in FORMS)
    moved = np.where(second.of >= 0, second.of + first.number, -1)
    return _Layout(
        _joined(one.set_ptr, other.set_ptr), np.concatenate([one.nest, other.nest]), np.concatenate([first.of, moved]),
        _joined(first.ptr, second.ptr), _items_joined(first.item, second.item, first.number),
        first.number + second.number,
    )  # fmt: skip


def _joined(one: Ints, other: Ints) -> Ints:
    """Return two pointers as one."""
    return np.concatenate([one, other[1:] + one[-1]])


def _items_joined(one: Ints, other: Ints, number: int) -> Ints:
    """Return the items of both forms, those of the second counted on from a number."""
    # a few hundred thousand: narrow, and without a sign, which kernels would ask every index for
    return np.concatenate([one, other + np.int32(number)]).view(np.uint32)


def _standing_alone(routes: FormRoutes, item: FormNetwork) -> Standing:
    """Return the routes of a form that stand on its network."""
    return _standing(routes, item.movements.of_arc, item.open.tobytes(), len(item.movements.keys))


class KnownLaid(NamedTuple):
    """Routes that are laid already, and the networks over which they are."""

    laid: Laid
    forms: Mapping[str, FormNetwork]

    def fits(self, form: str, item: FormNetwork) -> bool:
        """Tell whether all routes of a form that stood stand on another network, and share what they shared."""
        own = self.forms[form]
        return own is item or bool(
            own.movements.of_arc is item.movements.of_arc
            and not (own.open & ~item.open).any()
            and np.array_equal(own.movements.length_km, item.movements.length_km)
        )

    def standing(self, form: str, item: FormNetwork, routes: FormRoutes) -> tuple[Standing, Ints]:
        """Return the routes of a form that stand on a network that fits, and their places among those that are laid."""
        return _standing_beyond(
            self.laid.standing[form],
            routes,
            item.movements.of_arc,
            item.open.tobytes(),
            self.forms[form].open.tobytes(),
        )


def standing_routes(
    forms: Mapping[str, FormNetwork], chosen: Mapping[str, FormRoutes], known: KnownLaid | None = None
) -> dict[str, Standing]:
    """Return the routes of every form that stand in a setting; of known ones as :func:`lay_routes` has them."""
    return {
        form: known.standing(form, item, chosen[form])[0]
        if known is not None and known.fits(form, item)
        else _standing_alone(chosen[form], item)
        for form, item in forms.items()
    }


def lay_routes(
    forms: Mapping[str, FormNetwork], chosen: Mapping[str, FormRoutes], known: KnownLaid | None = None
) -> Laid:  # fmt: skip
    """Return the routes that stand in a setting, with their costs, path sizes and streams.

    Parameters
    ----------
    forms
        The network of every form.
    chosen
        The routes of every form.
    known
        Some of these routes that are laid already, where the others were added behind those of their pair and way of going: where
        all that stood stand, only the others are laid anew. The result is the same.
    """
    one, other = (forms[form] for form in FORMS)
    names = _names(chosen[FORMS[0]].pairs, chosen[FORMS[1]].pairs, one.movements.keys, other.movements.keys)
    parts = {
        form: _form_with_more(known, form, item, chosen[form])
        if known is not None and known.fits(form, item)
        else _form_laid(chosen[form], item)
        for form, item in forms.items()
    }
    price, hours, log_size = (
        np.concatenate([getattr(parts[form], name) for form in FORMS]) for name in ("price_usd", "hours", "log_size")
    )
    standing = {form: part.standing for form, part in parts.items()}
    streams = {form: part.streams for form, part in parts.items()}
    layout = _layout(standing, streams)
    sets = RouteSets(
        layout.set_ptr, layout.nest, price, hours, log_size, layout.stream_ptr, layout.stream_item, layout.streams
    )
    return Laid(
        names.pairs, names.first, standing, streams, sets, names.keys, layout.stream_of, names.set_number,
        names.movement_number,
    )  # fmt: skip


class _FormLaid(NamedTuple):
    """The routes of a form that stand, the streams of their movements, and of every route price, hours and path size."""

    standing: Standing
    streams: Streams
    price_usd: Floats
    hours: Floats
    log_size: Floats


def _form_laid(routes: FormRoutes, item: FormNetwork) -> _FormLaid:
    """Return the routes of a form laid from nothing."""
    standing = _standing_alone(routes, item)
    price, hours = _sums(standing, item.choice_usd, item.hours)
    return _FormLaid(standing, _streams(standing), price, hours, _log_sizes(standing, item.movements.length_km))


def _form_with_more(known: KnownLaid, form: str, item: FormNetwork, routes: FormRoutes) -> _FormLaid:
    """Return the routes of a form laid where some that stood are known."""
    laid, before = known.laid, known.forms[form]
    old, streams, own = laid.standing[form], laid.streams[form], laid.routes_of(form)
    new, source = known.standing(form, item, routes)
    if item.choice_usd is before.choice_usd and item.hours is before.hours:
        price, hours = laid.sets.price_usd[own], laid.sets.hours[own]
        if new is not old:
            price, hours = _sums_of(new, item.choice_usd, item.hours, source, (price, hours))
    else:
        price, hours = _sums(new, item.choice_usd, item.hours)
    sizes = laid.sets.log_size[own]
    if new is old:
        return _FormLaid(old, streams, price, hours, sizes)
    sizes = _sizes_of(new, item.movements.length_km, source, sizes)
    parted = Streams(*layout_kernels.streams_of(new.move_ptr, new.move_item, source, streams))
    return _FormLaid(new, parted, price, hours, sizes)
