"""The corridor problem of a case under a setting: its classes, routes and resources, and what each of them stands for."""

# what is remembered is told by arguments that stand for others
# ruff: noqa: ARG001

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from karvan.case.ranges import Z90, confidence_shares
from karvan.case.remember import remembered
from karvan.errors import RequestError
from karvan.flows.demand import demand_of
from karvan.flows.layout import FormNetwork, KnownLaid, Laid, Standing, lay_routes, standing_routes
from karvan.flows.problem import NESTS, Classes, Problem, Resources
from karvan.flows.route_sets import ROUTE_SCALE, reliability_ratio, scale_of
from karvan.flows.scarcity import Scarce, clearing_code, scarcities_of
from karvan.network import FORMS
from karvan.network.capacity import operating_days
from karvan.routes.cost import HOURS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from karvan.case import AppliedCase, Case, Rows
    from karvan.flows.demand import Stream
    from karvan.flows.problem import Bools, Floats, Ints
    from karvan.flows.route_sets import FormRoutes
    from karvan.network import Network

#: Logit scales relative to the cost of the pair: ways of going, network against outside. Assumptions; parameters replace them.
MODE_SCALE, OUTSIDE_SCALE = 5.0, 3.0
#: What a standing vehicle costs per tonne and day of delay: an assumption; the parameter ``standing_usd_per_t_day`` replaces it.
STANDING_USD_PER_T_DAY = 2.0


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


class Ways(NamedTuple):
    """What routes are sought over.

    Attributes
    ----------
    network, forms
        The network of a setting, and per form of cargo.
    standing
        The routes of every form that are known, and stand.
    base
        The goods.
    standing_usd_per_h
        What a standing vehicle costs per tonne and hour.
    """

    network: Network
    forms: Mapping[str, FormNetwork]
    standing: Mapping[str, Standing]
    base: tuple[Stream, ...]
    standing_usd_per_h: float


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

    @property
    def known(self) -> KnownLaid:
        """Its routes, for others to which some were added."""
        return KnownLaid(self.laid, self.forms)

    @property
    def ways(self) -> Ways:
        """What missing routes are sought over."""
        return Ways(self.network, self.forms, self.laid.standing, self.base, self.standing_usd_per_h)

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
    known: KnownLaid | None = None,
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
    known
        Some of the routes that are laid already, where the others were added to them.

    Raises
    ------
    RequestError
        Demand with no way out, a class without a cost, a capacity of zero: all that is wrong at once.
    """
    applied = network.applied
    forms = forms or _forms(network, constants)
    laid = lay_routes(forms, chosen, known)
    streams, outside = _demand_of(applied)
    standing = _standing_usd_per_h(applied)
    scarce, notes = scarcities_of(applied)
    resources, used, pair_movements = _resources(laid, forms, scarce)
    classes = _classes(network, laid, streams, tastes, standing)
    if ((np.diff(laid.sets.set_ptr)[classes.set] == 0) & ~np.isfinite(classes.outside_usd)).any():
        _refuse_stranded(forms, chosen, laid, streams, applied.rows("commodity"), outside_costs(network))
    problem = Problem(laid.sets, classes, resources)
    return CorridorModel(
        network, forms, laid, streams, problem, tuple(used), pair_movements, outside, standing, (*applied.notes, *notes)
    )


def ways_of(
    network: Network, chosen: Mapping[str, FormRoutes], constants: Mapping[tuple[str, str], float] | None = None,
    known: KnownLaid | None = None,
) -> Ways:  # fmt: skip
    """Return what missing routes are sought over, before there is a problem of those to choose from."""
    forms = _forms(network, constants)
    applied = network.applied
    return Ways(
        network, forms, standing_routes(forms, chosen, known), _demand_of(applied)[0], _standing_usd_per_h(applied)
    )


def _forms(network: Network, constants: Mapping[tuple[str, str], float] | None) -> dict[str, FormNetwork]:
    ratio = reliability_ratio(network.applied)
    return {form: FormNetwork.of(network, form, ratio, constants) for form in FORMS}


def _standing_usd_per_h(applied: AppliedCase) -> float:
    return scale_of(applied, "standing_usd_per_t_day", STANDING_USD_PER_T_DAY) / HOURS_PER_DAY


def _demand_of(applied: AppliedCase) -> tuple[tuple[Stream, ...], float]:
    """Return the streams of a setting, and the tonnes that stay outside."""
    return _demand(
        applied.rows("base_flow"), applied.rows("economy"), applied.rows("zone"), applied.rows("parameter"), applied.case,
        applied.setting.year, applied,
    )  # fmt: skip


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
    scales = _scales(applied)
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


def _scales(applied: AppliedCase) -> tuple[float, float, float]:
    """Return the logit scales of routes, ways of going, and network against outside."""
    route = scale_of(applied, "route_scale", ROUTE_SCALE)
    mode = scale_of(applied, "mode_scale", MODE_SCALE)
    outside = scale_of(applied, "outside_scale", OUTSIDE_SCALE)
    if not route >= mode >= outside:
        message = (
            f"parameter.csv: route_scale is {route:g}, mode_scale {mode:g} and outside_scale {outside:g}. They must not rise "
            f"from one to the next. Correct one of them; what is not there is {ROUTE_SCALE:g}, {MODE_SCALE:g} and "
            f"{OUTSIDE_SCALE:g}."
        )
        raise RequestError(message)
    return route, mode, outside


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
