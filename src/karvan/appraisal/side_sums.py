"""What one side of a comparison comes to in a state: payments by payee and user, classes by way of going, kilometres, emissions.

Everything that accounts need of a solved setting is taken from its arrays here, once; no table of the flows is built for it.
Users of goods are the two ends of their journey, half each: who bears a cost of transport in the end depends on elasticities of
supply and demand that no table holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.appraisal import payment_kernels as kernels
from karvan.case.remember import remembered
from karvan.chain.sides import class_tonnes
from karvan.errors import AuditError
from karvan.flows import corridor_kernels
from karvan.flows.class_costs import keys_of
from karvan.flows.corridor_model import outside_costs
from karvan.flows.corridor_results import LEAST_PRICE
from karvan.flows.corridor_solve import class_flows
from karvan.flows.equilibrium import on_routes
from karvan.flows.problem import NESTS
from karvan.network import FORMS, ArcKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from karvan.case import AppliedCase, Case, Rows
    from karvan.flows.corridor_model import CorridorModel, Key
    from karvan.flows.corridor_solve import Solved
    from karvan.flows.demand import Stream

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]
Texts = np.ndarray[Any, np.dtype[np.object_]]

#: Ways of going of a class: those of the nests, and outside.
WAYS = NESTS + 1
#: Parties whose receipts are public money.
PUBLIC = ("treasury", "border_agency", "government")
#: Who earns the rent of what has no payee.
NOBODY = ("INT", "other")
#: Rents that users pay and owners receive are sums of the same charges in another order; prices below LEAST_PRICE are dropped.
RENTS_AGREE = 1e-6
#: What users of a class pay, wait and risk, on the mean of their ways.
PARTS = ("price", "time", "reliability", "delay_and_queue", "rent")


@dataclass(frozen=True, eq=False)
class Parties:
    """Who can be paid in a case, and where they are.

    Attributes
    ----------
    countries
        Every country of the case; users and parties are in one of them.
    number
        Place of every country.
    payees
        Country and kind of party of every payee; several bodies of one kind in a country are one.
    payee_of
        Place of the payee of every stakeholder.
    payee_country
        Country of every payee, by its place.
    """

    countries: tuple[str, ...]
    number: Mapping[str, int]
    payees: tuple[tuple[str, str], ...]
    payee_of: Mapping[str, int]
    payee_country: Ints

    def ends(self, applied: AppliedCase, model: CorridorModel) -> tuple[Ints, Ints]:
        """Return the countries of both ends of every class."""
        return _ends_of(self, applied.rows("zone"), model.base)


@remembered(8)
def _ends_of(parties: Parties, zones: Rows, streams: tuple[Stream, ...]) -> tuple[Ints, Ints]:
    found = [
        [parties.number[zones[end]["country"]] for end in (stream.origin, stream.destination)] for stream in streams
    ]
    ends = np.array(found, dtype=np.int64).reshape(-1, 2)
    return ends[:, 0], ends[:, 1]


@lru_cache(maxsize=8)
def parties_of(case: Case) -> Parties:
    """Return who can be paid in a case."""
    bodies = case.rows("stakeholder")
    places = {str(row["country"]) for table in ("zone", "node", "stakeholder") for row in case.rows(table).values()}
    countries = tuple(sorted((places | {NOBODY[0]}) - {""}))
    number = {country: place for place, country in enumerate(countries)}
    kind_of = {name: (str(row["country"]), str(row["party"])) for name, row in bodies.items()}
    payees = tuple(sorted({NOBODY, *kind_of.values()}))
    place_of = {payee: place for place, payee in enumerate(payees)}
    return Parties(
        countries, number, payees, {name: place_of[kind] for name, kind in kind_of.items()},
        np.array([number[country] for country, _ in payees], dtype=np.int64),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class SideSums:
    """What a solved setting comes to, in a year.

    Attributes
    ----------
    keys
        Classes.
    origin, destination
        Countries of their ends.
    tonnes, logsum_usd
        Tonnes and expected least cost per tonne of every class.
    way_tonnes, way_usd
        By class and way of going, outside last: tonnes, and mean generalised cost per tonne; NaN where nobody goes.
    parts_usd
        By class and part of :data:`PARTS`: what a tonne pays, waits and risks on the mean of its ways.
    paid_usd, cost_usd
        By payee and whether the goods are in transit: payments by country of the users, and cost of resources.
    rent_usd
        By payee: payments for what is full, by country of the users.
    moves
        Country and mode of every kind of movement.
    tkm
        Tonne-kilometres of each.
    co2e_t
        Emissions.
    row_tonnes
        Tonnes by table and row: links, crossings and terminals.
    """

    keys: tuple[Key, ...]
    origin: Ints
    destination: Ints
    tonnes: Floats
    logsum_usd: Floats
    way_tonnes: Floats
    way_usd: Floats
    parts_usd: Floats
    paid_usd: Floats
    cost_usd: Floats
    rent_usd: Floats
    moves: tuple[tuple[str, str], ...]
    tkm: Floats
    co2e_t: float
    row_tonnes: Mapping[tuple[str, str], float]


def sum_side(solved: Solved, parties: Parties) -> SideSums:
    """Return what a solved setting comes to in a year."""
    model, found = solved.model, solved.equilibrium
    applied = model.network.applied
    origin, destination = parties.ends(applied, model)
    tonnes = class_tonnes(solved)
    number, route, day_flow = class_flows(solved)
    flow = day_flow * model.days
    beyond = tonnes * (1.0 - found.on_network)
    outside = _outside_rows(model)
    way_tonnes, way_usd, parts = _by_way(solved, number, route, flow, beyond, outside)
    paid, cost, moves, tkm, emitted = _on_arcs(model, parties, (number, route, flow), (origin, destination))
    _pay_outside(paid, cost, parties, outside, beyond, (origin, destination))
    rent = _rents(solved, parties, (number, route, flow), (origin, destination))
    emitted += float(np.nansum(beyond * outside.co2e_kg_per_t)) / 1000
    return SideSums(
        keys_of(model.base), origin, destination, tonnes, found.overall_usd, way_tonnes,
        way_usd, parts, paid, cost, rent, moves, tkm, emitted, _on_rows(model, route, flow),
    )  # fmt: skip


# classes ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Outside:
    """The option outside of every class; NaN where there is none."""

    price_usd: Floats
    hours: Floats
    counted_h: Floats
    resource_usd: Floats
    co2e_kg_per_t: Floats
    payee: tuple[str, ...]


def _outside_rows(model: CorridorModel) -> _Outside:
    applied = model.network.applied
    return _outside_of(model.base, applied.rows("outside"), applied.rows("commodity"), outside_costs(model.network))


@remembered(8)
def _outside_of(
    streams: tuple[Stream, ...],
    rows_outside: Rows,
    goods: Rows,
    counted: dict[tuple[str, str, str], tuple[float, float]],
) -> _Outside:
    best: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in rows_outside.values():
        for form in FORMS:
            key = (row["origin"], row["destination"], form)
            if row["form"] == form or (row["form"] == "any" and key not in best):
                best[key] = row
    blank = {
        "price_usd_per_t": np.nan,
        "time_h": np.nan,
        "resource_share": np.nan,
        "co2e_kg_per_t": np.nan,
        "payee": "",
    }
    keys = [(stream.origin, stream.destination, goods[stream.commodity]["form"]) for stream in streams]
    rows = [best.get(key, blank) for key in keys]
    price = np.array([row["price_usd_per_t"] for row in rows], dtype=np.float64)
    return _Outside(
        price, np.array([row["time_h"] for row in rows], dtype=np.float64),
        np.array([counted.get(key, (np.nan, np.nan))[1] for key in keys]),
        price * np.array([row["resource_share"] for row in rows], dtype=np.float64),
        np.array([row["co2e_kg_per_t"] for row in rows], dtype=np.float64), tuple(row["payee"] for row in rows),
    )  # fmt: skip


def _by_way(
    solved: Solved, number: Ints, route: Ints, flow: Floats, beyond: Floats, outside: _Outside
) -> tuple[Floats, Floats, Floats]:
    """Return tonnes and mean generalised cost by class and way, and the parts of the mean cost by class."""
    model, found = solved.model, solved.equilibrium
    routes, classes, count = model.problem.routes, model.problem.classes, len(model.base)
    usd, hours = on_routes(model.problem, found.stream_usd, found.stream_h)
    price, mean_h = (_on_routes(model, name) for name in ("price_usd_per_t", "time_h"))
    value = classes.hour_usd[number]
    each = (
        price[route], value * mean_h[route], value * (routes.hours[route] - mean_h[route]),
        classes.delay_usd[number] * hours[route], usd[route],
    )  # fmt: skip
    # the constant of a place is in the cost by which goods choose
    cost = sum(each) + routes.price_usd[route] - price[route]
    place = number * WAYS + routes.nest[route]
    tonnes: Floats = np.bincount(place, flow, minlength=count * WAYS).reshape(count, WAYS).astype(np.float64)
    paid = np.bincount(place, flow * cost, minlength=count * WAYS).reshape(count, WAYS)
    tonnes[:, -1] = beyond
    paid[:, -1] = beyond * (outside.price_usd + classes.hour_usd * outside.counted_h)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Floats = np.where(tonnes > 0, paid / tonnes, np.nan)
    blank = np.zeros(count)
    away = (
        beyond * outside.price_usd, beyond * classes.hour_usd * outside.hours,
        beyond * classes.hour_usd * (outside.counted_h - outside.hours), blank, blank,
    )  # fmt: skip
    total = np.maximum(tonnes.sum(axis=1), 1e-300)
    parts: Floats = np.column_stack([
        (np.bincount(number, flow * theirs, minlength=count) + np.where(beyond > 0, gone, 0.0)) / total
        for theirs, gone in zip(each, away, strict=True)
    ])  # fmt: skip
    return tonnes, mean, parts


def _on_routes(model: CorridorModel, name: str) -> Floats:
    """Return the sum of a column of the arcs over every route."""
    parts = [
        corridor_kernels.sum_on_routes(pointer, arcs, getattr(model.forms[form].arcs, name))
        for form, pointer, arcs, _ in _forms(model)
    ]
    found: Floats = np.concatenate(parts)
    return found


def _forms(model: CorridorModel) -> list[tuple[str, Ints, Ints, slice]]:
    """Return the routes of every form: where their arcs begin, the arcs, and which routes they are."""
    laid = model.laid
    return [(form, *laid.standing[form].arcs, laid.routes_of(form)) for form in FORMS]


def _on_rows(model: CorridorModel, route: Ints, flow: Floats) -> dict[tuple[str, str], float]:
    """Return tonnes by table and row, both ways and both forms together."""
    laid = model.laid
    tonnes = np.bincount(route, flow, minlength=len(laid.sets.nest))
    total = corridor_kernels.sum_on_items(*laid.moves, tonnes, len(laid.movement_keys))
    rows, row = _rows_of(laid.movement_keys)
    summed = np.bincount(row, total, minlength=len(rows)).tolist()
    return {place: tonnes for place, tonnes in zip(rows, summed, strict=True) if tonnes > 0}


@remembered(8)
def _rows_of(keys: tuple[tuple[str, str, str, str], ...]) -> tuple[list[tuple[str, str]], Ints]:
    """Return the rows of some movements, and the number of that of each."""
    number: dict[tuple[str, str], int] = {}
    found = [number.setdefault((table, row), len(number)) for _, table, row, _ in keys]
    return list(number), np.array(found, dtype=np.int64)


# payments ---------------------------------------------------------------------------------------------------------------


def _on_arcs(
    model: CorridorModel, parties: Parties, flows: tuple[Ints, Ints, Floats], ends: tuple[Ints, Ints]
) -> tuple[Floats, Floats, tuple[tuple[str, str], ...], Floats, float]:
    number, route, flow = flows
    count = len(model.laid.sets.nest)
    tonnes = np.bincount(route, flow, minlength=count)
    one, two = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    # the routes of a set serve one pair of zones, so that all their classes have the same ends
    one[route], two[route] = ends[0][number], ends[1][number]
    modes = _modes(model.network.applied.rows("link"))
    moves = tuple((country, mode) for country in parties.countries for mode in modes)
    shape = (len(parties.payees), len(parties.countries), len(moves))
    paid, cost, tkm = np.zeros((shape[0], 2, shape[1])), np.zeros((shape[0], 2)), np.zeros(shape[2])
    emitted = 0.0
    for form, pointer, arcs, mine in _forms(model):
        item = model.forms[form].arcs
        payee, move = _arc_numbers(model, form, parties, modes)
        found = kernels.pay_on_arcs(
            pointer, arcs, tonnes[mine], one[mine], two[mine], item.price_usd_per_t, item.resource_usd_per_t, payee,
            parties.payee_country, move, item.length_km, item.co2e_kg_per_t, shape,
        )  # fmt: skip
        paid, cost, tkm = paid + found[0], cost + found[1], tkm + found[2]
        emitted += found[3] / 1000
    return paid, cost, moves, tkm, emitted


@remembered(8)
def _modes(links: Rows) -> tuple[str, ...]:
    return tuple(sorted({str(row["mode"]) for row in links.values()}))


def _arc_numbers(model: CorridorModel, form: str, parties: Parties, modes: tuple[str, ...]) -> tuple[Ints, Ints]:
    """Return the payee and the kind of movement of every arc of a form."""
    applied, arcs = model.network.applied, model.forms[form].arcs
    return _numbers_of(
        arcs.kind, arcs.row, arcs.border, arcs.service, arcs.country, arcs.mode, applied.rows("service"), applied.rows("border"),
        applied.rows("terminal"), parties, modes,
    )  # fmt: skip


@remembered(32)
def _numbers_of(
    kinds: Ints, rows: Texts, border_rows: Texts, service_rows: Texts, countries: Texts, arc_modes: Texts, services: Rows,
    borders: Rows, terminals: Rows, parties: Parties, modes: tuple[str, ...],
) -> tuple[Ints, Ints]:  # fmt: skip
    known = parties.payee_of
    by_border, by_service, by_terminal = (
        {name: known.get(row["payee"], -1) for name, row in table.items()} for table in (borders, services, terminals)
    )
    mode_number = {mode: number for number, mode in enumerate(modes)}
    payee, move = np.full(len(kinds), -1, dtype=np.int64), np.full(len(kinds), -1, dtype=np.int64)
    zone, border, moving = int(ArcKind.ZONE), int(ArcKind.BORDER), int(ArcKind.MOVE)
    for a, (kind, row, service) in enumerate(zip(kinds.tolist(), rows, service_rows, strict=True)):
        if kind == border:
            payee[a] = by_border[border_rows[a]]
        elif kind == moving:
            payee[a] = by_service.get(service, -1)
            country = parties.number.get(countries[a], -1)
            move[a] = country * len(modes) + mode_number[arc_modes[a]] if country >= 0 else -1
        elif kind != zone:
            payee[a] = by_terminal[row] if row in by_terminal else by_service.get(service, -1)
    return payee, move


def _pay_outside(
    paid: Floats, cost: Floats, parties: Parties, outside: _Outside, beyond: Floats, ends: tuple[Ints, Ints]
) -> None:
    """Add what is paid for the option outside."""
    payee = np.array([parties.payee_of.get(name, -1) for name in outside.payee], dtype=np.int64)
    mine = np.flatnonzero((beyond > 0) & (payee >= 0))
    whom, one, two = payee[mine], ends[0][mine], ends[1][mine]
    passes = ((parties.payee_country[whom] != one) & (parties.payee_country[whom] != two)).astype(np.int64)
    half = 0.5 * beyond[mine] * outside.price_usd[mine]
    np.add.at(paid, (whom, passes, one), half)
    np.add.at(paid, (whom, passes, two), half)
    np.add.at(cost, (whom, passes), beyond[mine] * outside.resource_usd[mine])


def _rents(solved: Solved, parties: Parties, flows: tuple[Ints, Ints, Floats], ends: tuple[Ints, Ints]) -> Floats:
    """Return rents by owner and country of the users: what each tonne is charged, so that owners receive what users pay.

    That is more than the price of the capacity used, by what rounds the kink of empties off: for each form a fiftieth at
    most of the capacity that the case has.
    """
    model, found = solved.model, solved.equilibrium
    number, route, flow = flows
    routes, resources = model.problem.routes, model.problem.resources
    rent = np.zeros((len(parties.payees), len(parties.countries)))
    price = found.controls.price_usd[resources.pair_resource]
    priced = np.flatnonzero(price > LEAST_PRICE).tolist()
    if not priced:
        return rent
    count = len(model.laid.sets.nest)
    one, two = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    one[route], two[route] = ends[0][number], ends[1][number]
    tonnes = np.bincount(route, flow, minlength=count)
    by_stream = kernels.sum_by_country(
        routes.route_ptr, routes.route_stream, tonnes, one, two, routes.streams, len(parties.countries)
    )
    charges = resources.marginal(found.controls.lean)
    for pair in priced:
        owner = model.scarce[int(resources.pair_resource[pair])].owner
        payee = parties.payee_of.get(owner, parties.payees.index(NOBODY))
        for stream, charge in zip((resources.pair_there[pair], resources.pair_back[pair]), charges, strict=True):
            if stream >= 0:
                rent[payee] += price[pair] * charge[pair] * by_stream[int(stream)]
    charged, _ = on_routes(model.problem, found.stream_usd, found.stream_h)
    _audit_rents(float(charged @ tonnes), float(rent.sum()))
    return rent


def _audit_rents(paid_usd: float, received_usd: float) -> None:
    """Check that owners receive what users pay, by the charges of the routes themselves.

    Raises
    ------
    AuditError
        They do not.
    """
    if abs(paid_usd - received_usd) > RENTS_AGREE * max(abs(paid_usd), 1e6):
        message = f"users pay rents of USD {paid_usd:,.0f}, owners receive USD {received_usd:,.0f}"
        raise AuditError(message)
