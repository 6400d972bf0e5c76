"""The corridor problem of a case under a setting: its classes, routes and resources, and what each of them stands for."""

# what is remembered is told by arguments that stand for others
# ruff: noqa: ARG001

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from karvan.case.ranges import Z90, confidence_shares
from karvan.case.remember import remembered
from karvan.errors import RequestError
from karvan.flows import layout_kernels
from karvan.flows.demand import demand_of
from karvan.flows.movements import Movements, movements_of
from karvan.flows.problem import NESTS, Classes, Problem, Resources, RouteSets
from karvan.flows.route_sets import ROUTE_SCALE, Graph, reliability_ratio, scale_of
from karvan.flows.scarcity import Scarce, clearing_code, scarcities_of
from karvan.network import FORMS
from karvan.network.capacity import operating_days
from karvan.routes.cost import HOURS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from karvan.case import AppliedCase, Case, Rows
    from karvan.flows.demand import Stream
    from karvan.flows.problem import Bools, Floats, Ints
    from karvan.flows.route_sets import FlatRoutes, FormRoutes
    from karvan.network import Arcs, Network

#: Table, row and direction of every movement of a form.
Keys = tuple[tuple[str, str, str], ...]
#: Logit scales relative to the cost of the pair: ways of going, network against outside. Assumptions; parameters replace them.
MODE_SCALE, OUTSIDE_SCALE = 5.0, 3.0
#: What a standing vehicle costs per tonne and day of delay: an assumption; the parameter ``standing_usd_per_t_day`` replaces it.
STANDING_USD_PER_T_DAY = 2.0


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
    standing
        The routes of every form that stand.
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
        items = np.concatenate([one.move_item, other.move_item + self.first[FORMS[1]][1]], dtype=np.int64)
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


@dataclass(frozen=True, eq=False)
class Standing:
    """The routes of a form whose arcs are all open, and the streams of their movements.

    Attributes
    ----------
    routes
        All routes of the form.
    set_ptr, kept, nest
        Where the routes of every set begin that stand, which they are of all, and their ways of going.
    move_ptr, move_item
        Where the movements of every route begin, and the movements, by their numbers in the form.
    stream_of, streams
        Stream of every movement that some route uses, -1 for others, and how many there are.
    stream_ptr, stream_item
        Where the streams of every route begin, and the streams.
    """

    routes: FlatRoutes
    set_ptr: Ints
    kept: Ints
    nest: Ints
    move_ptr: Ints
    move_item: Ints
    stream_of: Ints
    streams: int
    stream_ptr: Ints
    stream_item: Ints

    @cached_property
    def arcs(self) -> tuple[Ints, Ints]:
        """Where the arcs of every route begin, and the arcs."""
        found: tuple[Ints, Ints] = layout_kernels.arcs_of_kept(self.kept, self.routes.arc_ptr, self.routes.arcs)
        return found


@remembered(32)
def _standing(routes: FormRoutes, of_arc: Ints, opened: bytes, movements: int) -> Standing:
    """Return the routes of a form that stand where these arcs are open."""
    per_pair, kept, nest, ways, items = layout_kernels.lay_standing(
        *routes.flat, np.frombuffer(opened, dtype=bool), of_arc
    )
    streams = layout_kernels.streams_of(ways, items, movements)
    set_ptr = np.concatenate([[0], np.cumsum(per_pair)]).astype(np.int64)
    return Standing(routes.flat, set_ptr, kept, nest, ways, items, *streams)


@remembered(32)
def _log_sizes(standing: Standing, length_km: Floats) -> Floats:
    """Return the logarithms of the path sizes of the routes of a form."""
    sizes: Floats = layout_kernels.path_sizes(
        standing.set_ptr, standing.nest, standing.move_ptr, standing.move_item, length_km, len(length_km)
    )
    return sizes


@remembered(32)
def _sums(standing: Standing, choice_usd: Floats, hours: Floats) -> tuple[Floats, Floats]:
    """Return price and hours of the routes of a form."""
    sums: tuple[Floats, Floats] = layout_kernels.sum_on_kept(
        standing.kept, standing.routes.arc_ptr, standing.routes.arcs, choice_usd, hours
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


@remembered(8)
def _layout(one: Standing, other: Standing) -> _Layout:
    """Return the routes of both forms that stand."""
    moved = np.where(other.stream_of >= 0, other.stream_of + one.streams, -1)
    return _Layout(
        _joined(one.set_ptr, other.set_ptr), np.concatenate([one.nest, other.nest]), np.concatenate([one.stream_of, moved]),
        _joined(one.stream_ptr, other.stream_ptr),
        np.concatenate([one.stream_item, other.stream_item + one.streams], dtype=np.int64), one.streams + other.streams,
    )  # fmt: skip


def _joined(one: Ints, other: Ints) -> Ints:
    """Return two pointers as one."""
    return np.concatenate([one, other[1:] + one[-1]])


def lay_routes(forms: Mapping[str, FormNetwork], chosen: Mapping[str, FormRoutes]) -> Laid:
    """Return the routes that stand in a setting, with their costs, path sizes and streams."""
    one, other = (forms[form] for form in FORMS)
    names = _names(chosen[FORMS[0]].pairs, chosen[FORMS[1]].pairs, one.movements.keys, other.movements.keys)
    standing = [
        _standing(chosen[item.form], item.movements.of_arc, item.open.tobytes(), len(item.movements.keys))
        for item in (one, other)
    ]
    # arcs are numbered by form
    costs = [_sums(theirs, item.choice_usd, item.hours) for theirs, item in zip(standing, (one, other), strict=True)]
    price, hours = (np.concatenate(parts) for parts in zip(*costs, strict=True))
    log_size = np.concatenate([
        _log_sizes(theirs, item.movements.length_km) for theirs, item in zip(standing, (one, other), strict=True)
    ])  # fmt: skip
    layout = _layout(*standing)
    sets = RouteSets(
        layout.set_ptr, layout.nest, price, hours, log_size, layout.stream_ptr, layout.stream_item, layout.streams
    )
    return Laid(
        names.pairs, names.first, dict(zip(FORMS, standing, strict=True)), sets, names.keys, layout.stream_of, names.set_number,
        names.movement_number,
    )  # fmt: skip


# classes ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Taste:
    """What the base year tells of a class besides its costs.

    Attributes
    ----------
    reference_usd
        Cost of the pair to which the scales are relative, per tonne.
    nest_usd
        Constants of the ways of going.
    outside_usd
        Constant of the option outside the network.
    """

    reference_usd: float
    nest_usd: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    outside_usd: float = 0.0


Key = tuple[str, str, str, bool]


def key_of(stream: Stream) -> Key:
    """Return the key of a stream: origin, destination, commodity, and whether it stays."""
    return stream.origin, stream.destination, stream.commodity, stream.stays


@dataclass(frozen=True, eq=False)
class CorridorModel:
    """The corridor problem of a setting and what its numbers stand for.

    Attributes
    ----------
    network, forms, laid
        The network, per form of cargo, and the routes over it.
    base
        The goods of every class, with the tonnes of the setting.
    problem
        The arrays.
    scarce
        What every resource is.
    pair_movements
        Movements of every pair of the resources, there and back; -1: none that some route uses.
    outside_t_per_year
        Tonnes that stay outside whatever happens.
    standing_usd_per_h
        What a standing vehicle costs per tonne and hour.
    notes
        What the reader should know.
    multiplier
        By which the tonnes of every kind of every class are multiplied; None: by nothing.
    """

    network: Network
    forms: Mapping[str, FormNetwork]
    laid: Laid
    base: tuple[Stream, ...]
    problem: Problem
    scarce: tuple[Scarce, ...]
    pair_movements: tuple[Ints, Ints]
    outside_t_per_year: float
    standing_usd_per_h: float
    notes: tuple[str, ...]
    multiplier: Mapping[str, Floats] | None = None

    @cached_property
    def streams(self) -> tuple[Stream, ...]:
        """The goods of every class."""
        if self.multiplier is None:
            return self.base
        times = {kind: values.tolist() for kind, values in self.multiplier.items()}
        return tuple(
            stream.with_kinds({kind: tonnes * times[kind][c] for kind, tonnes in stream.kinds.items()})
            for c, stream in enumerate(self.base)
        )

    @cached_property
    def days(self) -> float:
        """Days of operation a year."""
        return operating_days(self.network.applied)


def build_model(
    network: Network,
    chosen: Mapping[str, FormRoutes],
    tastes: Mapping[Key, Taste],
    forms: Mapping[str, FormNetwork] | None = None,
    *,
    constants: Mapping[tuple[str, str], float] | None = None,
) -> CorridorModel:
    """Return the corridor problem of a network.

    Parameters
    ----------
    network
        The case under a setting.
    chosen
        Routes to choose from, by form.
    tastes
        Reference cost and constants of every class.
    forms
        The network by form, where it is known already.
    constants
        Constants of crossings and lines by table and row, where the network by form is not known already.

    Raises
    ------
    RequestError
        Demand with no way out, a class without a cost, a capacity of zero: all that is wrong at once.
    """
    applied = network.applied
    ratio = reliability_ratio(applied)
    forms = forms or {form: FormNetwork.of(network, form, ratio, constants) for form in FORMS}
    laid = lay_routes(forms, chosen)
    streams, outside = _demand(
        applied.rows("base_flow"), applied.rows("economy"), applied.rows("zone"), applied.rows("parameter"), applied.case,
        applied.setting.year, applied,
    )  # fmt: skip
    standing = scale_of(applied, "standing_usd_per_t_day", STANDING_USD_PER_T_DAY) / HOURS_PER_DAY
    scarce, notes = scarcities_of(applied)
    resources, used, pair_movements = _resources(laid, forms, scarce)
    classes = _classes(network, laid, streams, tastes, standing)
    if ((np.diff(laid.sets.set_ptr)[classes.set] == 0) & ~np.isfinite(classes.outside_usd)).any():
        _refuse_stranded(forms, chosen, laid, streams, applied.rows("commodity"), outside_costs(network))
    problem = Problem(laid.sets, classes, resources)
    return CorridorModel(
        network, forms, laid, streams, problem, tuple(used), pair_movements, outside, standing, (*applied.notes, *notes)
    )


@remembered(16, unseen=1)
def _demand(
    base_flow: Rows, economy: Rows, zone: Rows, parameter: Rows, case: Case, year: int | None, applied: AppliedCase,
) -> tuple[tuple[Stream, ...], float]:  # fmt: skip
    """Return the streams of a setting; it stands for what is named before it."""
    streams, outside = demand_of(applied)
    return tuple(streams), outside


def outside_costs(network: Network) -> dict[tuple[str, str, str], tuple[float, float]]:
    """Return price and counted hours of the outside option by origin, destination and form."""
    applied = network.applied
    return _outside_costs(applied.rows("outside"), applied.rows("parameter"), applied)


@remembered(16, unseen=1)
def _outside_costs(
    outside: Rows, parameter: Rows, applied: AppliedCase
) -> dict[tuple[str, str, str], tuple[float, float]]:
    ratio = reliability_ratio(applied)
    shares = confidence_shares({name: row["value"] for name, row in applied.rows("parameter").items()})
    found: dict[tuple[str, str, str], tuple[float, float]] = {}
    for row in applied.rows("outside").values():
        spread = row["time_sd_h"]
        if math.isnan(spread):
            spread = row["time_h"] * shares[row["confidence"]] / Z90
        cost = (float(row["price_usd_per_t"]), float(row["time_h"] + ratio * spread))
        for form in FORMS:
            key = (row["origin"], row["destination"], form)
            if row["form"] == form or (row["form"] == "any" and key not in found):
                found[key] = cost
    return found


def _classes(
    network: Network, laid: Laid, streams: tuple[Stream, ...], tastes: Mapping[Key, Taste], standing: float
) -> Classes:
    applied = network.applied
    goods, parameters, outside = (applied.rows(table) for table in ("commodity", "parameter", "outside"))
    return _classes_of(laid.set_number, streams, tastes, standing, goods, parameters, outside, network)


@remembered(24, unseen=1)
def _classes_of(
    set_number: Mapping[tuple[str, str, str], int], streams: tuple[Stream, ...], tastes: Mapping[Key, Taste], standing: float,
    goods: Rows, parameters: Rows, outside_rows: Rows, network: Network,
) -> Classes:  # fmt: skip
    """Return the classes; the network stands for the rows named before it."""
    applied = network.applied
    days = operating_days(applied)
    outside = outside_costs(network)
    scales = (
        scale_of(applied, "route_scale", ROUTE_SCALE), scale_of(applied, "mode_scale", MODE_SCALE),
        scale_of(applied, "outside_scale", OUTSIDE_SCALE),
    )  # fmt: skip
    count = len(streams)
    sets, demand, hour, beyond = (np.zeros(count, dtype=np.int64), *(np.zeros(count) for _ in range(3)))
    nests, scale = np.zeros((count, NESTS)), np.zeros((count, 3))
    for c, stream in enumerate(streams):
        row = goods[stream.commodity]
        sets[c] = set_number[row["form"], stream.origin, stream.destination]
        demand[c] = stream.t_per_year / days
        hour[c] = row["time_value_usd_per_t_day"] / HOURS_PER_DAY
        price, hours = outside.get((stream.origin, stream.destination, row["form"]), (math.inf, 0.0))
        # goods that stay, where none did in the reference, have the taste of those that may leave
        taste = tastes.get(key_of(stream)) or tastes[(*key_of(stream)[:3], False)]
        beyond[c] = price + hour[c] * hours + taste.outside_usd
        nests[c] = taste.nest_usd
        scale[c] = [value / taste.reference_usd for value in scales]
    names = [stream.name for stream in streams]
    return Classes(names, sets, demand, hour, hour + standing, beyond, nests, scale)


def _refuse_stranded(
    forms: Mapping[str, FormNetwork], chosen: Mapping[str, FormRoutes], laid: Laid, streams: tuple[Stream, ...],
    goods: Mapping[str, Any], outside: Mapping[tuple[str, str, str], Any],
) -> None:  # fmt: skip
    """Refuse demand that has neither a route nor an outside option, and name what is cut."""
    faults: dict[str, None] = {}
    for stream in streams:
        form = str(goods[stream.commodity]["form"])
        key = (form, stream.origin, stream.destination)
        position = laid.set_number[key]
        if (stream.origin, stream.destination, form) in outside or laid.sets.set_ptr[position + 1] > laid.sets.set_ptr[
            position
        ]:
            continue
        arcs = forms[form].arcs
        cuts = [
            list(dict.fromkeys(str(arcs.cut[a]) for a in path if arcs.cut[a]))
            for path in chosen[form].paths(position - laid.first[form][0])
        ]
        fewest = min(cuts, key=len, default=[])
        why = f"What cuts it: {'; '.join(fewest)}." if fewest else "The network does not join the two zones."
        tonnes = f"{stream.name}: {stream.t_per_year:,.0f} tonnes a year"
        faults[f"{tonnes} have no way out, and outside.csv has no row for the pair. {why}"] = None
    if faults:
        raise RequestError("\n".join(faults))


# resources --------------------------------------------------------------------------------------------------------------


def _resources(
    laid: Laid, forms: Mapping[str, FormNetwork], scarce: tuple[Scarce, ...]
) -> tuple[Resources, list[Scarce], tuple[Ints, Ints]]:
    """Return the resources that some route uses, what they are, and the movements of their pairs, there and back."""
    places = _places_of_scarce(scarce, laid.movement_number)
    # one more movement that no route uses
    stream = np.append(laid.stream_of, -1)[places.movement]
    there, back = stream[:, :, 0], stream[:, :, 1]
    counts = np.maximum(there, back) >= 0
    kept = (counts & ((there >= 0) | places.shared[:, None])).any(axis=1)
    pair, form = np.nonzero(counts & kept[:, None])
    number = np.cumsum(kept) - 1
    # a link's hours in motion are those of its first movement, which both forms share
    at = np.where(places.is_link, places.movement[:, 0, 0] - laid.first[FORMS[0]][1], -1)
    move_h = np.append(forms[FORMS[0]].movements.move_h, 0.0)
    free = move_h[np.where(at < len(move_h) - 1, at, -1)]
    used = [item for item, keep in zip(scarce, kept.tolist(), strict=True) if keep]
    moved = np.where(stream >= 0, places.movement, -1)
    pair_movements = moved[pair, form, 0], moved[pair, form, 1]
    return Resources(
        [name for name, keep in zip(places.names, kept.tolist(), strict=True) if keep],
        capacity=places.capacity[kept], preload=places.preload[kept], clearing=places.clearing[kept], curve=places.curve[kept],
        free_h=free[kept], curve_a=places.curve_a[kept], curve_b=places.curve_b[kept], pair_resource=number[pair],
        pair_there=there[pair, form], pair_back=back[pair, form], pair_weight=places.weight[pair, form],
        pair_empty=places.empty[pair], pair_each=~places.shared[pair],
    ), used, pair_movements  # fmt: skip


class _ScarcePlaces(NamedTuple):
    """Scarcities as arrays, with their movements by form, there and back; the number after the last stands for none."""

    names: tuple[str, ...]
    movement: Ints
    capacity: Floats
    preload: Floats
    clearing: Ints
    curve: Ints
    curve_a: Floats
    curve_b: Floats
    weight: Floats
    empty: Floats
    shared: Bools
    is_link: Bools


@remembered(32)
def _places_of_scarce(scarce: tuple[Scarce, ...], number: Mapping[tuple[str, str, str, str], int]) -> _ScarcePlaces:
    movement = np.full((len(scarce), len(FORMS), 2), len(number), dtype=np.int64)
    for j, item in enumerate(scarce):
        ways = ("+", "-") if item.table == "link" else ("", "none")
        there, back = (item.way, "-" if item.way == "+" else "+") if item.way else ways
        for f, form in enumerate(FORMS):
            movement[j, f, 0] = number.get((form, item.table, item.row, there), len(number))
            movement[j, f, 1] = number.get((form, item.table, item.row, back), len(number))
    return _ScarcePlaces(
        tuple(f"{item.table} {item.row}{f' ({item.way})' if item.way else ''}" for item in scarce), movement,
        np.array([item.capacity_t_per_day for item in scarce], dtype=np.float64),
        np.array([item.preload_t_per_day for item in scarce], dtype=np.float64),
        np.array([clearing_code(item.clearing) for item in scarce], dtype=np.int64),
        np.array([item.curve for item in scarce], dtype=np.int64),
        np.array([item.curve_a for item in scarce], dtype=np.float64),
        np.array([item.curve_b for item in scarce], dtype=np.float64),
        np.array([[item.weight[form] for form in FORMS] for item in scarce], dtype=np.float64).reshape(-1, len(FORMS)),
        np.array([item.empty for item in scarce], dtype=np.float64),
        np.array([item.shared for item in scarce], dtype=bool),
        np.array([item.table == "link" for item in scarce], dtype=bool),
    )  # fmt: skip
