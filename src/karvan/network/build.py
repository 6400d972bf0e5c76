"""From tables to states and arcs.

Time on a link is ``length / speed x 24 / moving hours a day``; its price is the service's price per tonne-km, or the link's
fare. A link between two countries is run half under either country's service, with the crossing's formalities between the
halves; so is a link that leaves a country and comes back to it. A sailing between two countries runs under the service of the
country left and pays formalities at both ports. Waiting is half an interval between departures.
Method and limits: docs/methods/network.md.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from karvan.case.ranges import Z90, confidence_shares
from karvan.case.remember import remembered
from karvan.network.arcs import Arc, ArcKind, Arcs
from karvan.network.services import HOURS_PER_DAY, Service, ServiceIndex, headway_h, service_index, wait
from karvan.network.states import SEA_MODES, State, StateIndex

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from karvan.case import AppliedCase, Rows

#: A row of a table, with its key under ``key``.
Record = dict[str, Any]


def index_states(applied: AppliedCase) -> StateIndex:
    """Return the states of a case: every mode and gauge of every node, built or not, so that settings share numbers."""
    states: dict[State, None] = {}
    nodes = applied.rows("node")
    for link in _records(applied, "link"):
        for end in ("from_node_id", "to_node_id"):
            states[State("mode", link[end], link["mode"], _gauge(link["gauge_mm"]))] = None
    for node in nodes:
        states[State("gate_out", node)] = None
        states[State("gate_in", node)] = None
    for zone in applied.rows("zone"):
        states[State("zone_out", zone)] = None
        states[State("zone_in", zone)] = None
    country = {node: row["country"] for node, row in nodes.items()}
    for link in _records(applied, "link"):
        if country[link["from_node_id"]] != country[link["to_node_id"]] or link["crossing_id"]:
            for direction in "+-" if not link["directed"] else "+":
                states[State("before", link["key"], direction)] = None
                states[State("after", link["key"], direction)] = None
    return StateIndex(tuple(states))


def build_arcs(applied: AppliedCase, index: StateIndex, form: str, *, relaxed: bool = False) -> Arcs:
    """Return the arcs for one form of cargo.

    Parameters
    ----------
    applied
        The case under a setting.
    index
        Its states.
    form
        ``container`` or ``bulk``.
    relaxed
        Keep what is shut or not built too, with the reason in ``cut``.
    """
    builder = _Builder(applied, index, form, relaxed=relaxed)
    arcs = [*builder.links(), *builder.transfers(), *builder.gates(), *builder.zones()]
    return Arcs.of([arc for arc in arcs if relaxed or not arc.cut])


def arcs_of_links(applied: AppliedCase, index: StateIndex, form: str, wanted: Collection[str]) -> list[Arc]:
    """Return the arcs of some links, shut and unbuilt ones included, in the order of :func:`build_arcs`."""
    return list(_Builder(applied, index, form, relaxed=True).links(wanted))


def arcs_of_crossings(applied: AppliedCase, index: StateIndex, form: str, wanted: Collection[str]) -> list[Arc]:
    """Return the arcs of crossings on some links, shut and unbuilt ones included, in the order of :func:`build_arcs`."""
    return list(_Builder(applied, index, form, relaxed=True).crossings(wanted))


def arcs_of_terminals(applied: AppliedCase, index: StateIndex, form: str, wanted: Collection[str]) -> list[Arc]:
    """Return the arcs of some terminals but gates of ports, unbuilt ones included, in the order of :func:`build_arcs`."""
    return list(_Builder(applied, index, form, relaxed=True).transfers(wanted))


def arcs_of_stops(applied: AppliedCase, index: StateIndex, form: str) -> list[Arc]:
    """Return the arcs of terminals, gates and zones, unbuilt ones included, in the order of :func:`build_arcs`."""
    builder = _Builder(applied, index, form, relaxed=True)
    return [*builder.transfers(), *builder.gates(), *builder.zones()]


def _records(applied: AppliedCase, table: str) -> list[Record]:
    return [{"key": key, **row} for key, row in applied.rows(table).items()]


def _gauge(value: float) -> int:
    return 0 if math.isnan(value) else int(value)


@remembered(8)
def _countries(nodes: Rows) -> dict[str, str]:
    return {node: row["country"] for node, row in nodes.items()}


@remembered(8)
def _shares(parameters: Rows) -> dict[str, float]:
    return confidence_shares({name: row["value"] for name, row in parameters.items()})


@remembered(32)
def _borders(rows: Rows) -> dict[tuple[str, str, str, str], Record]:
    """Return the rows of crossings by crossing, mode and the countries on both sides."""
    return {
        (row["crossing_id"], row["mode"], row["from_country"], row["to_country"]): {"key": key, **row}
        for key, row in rows.items()
    }


@remembered(16)
def _terminals(rows: Rows, form: str) -> list[Record]:
    """Return the terminal rows for a form: of the rows that join the same two sides, the very form before any."""
    best: dict[tuple[Any, ...], Record] = {}
    for key, row in rows.items():
        if row["form"] not in (form, "any"):
            continue
        sides = sorted([(row["mode_a"], _gauge(row["gauge_a_mm"])), (row["mode_b"], _gauge(row["gauge_b_mm"]))])
        place = (row["node_id"], *sides, row["status"], row["project_id"])
        if place not in best or row["form"] == form:
            best[place] = {"key": key, **row}
    return list(best.values())


class _Builder:
    """Everything that the arcs of one form need to know."""

    def __init__(self, applied: AppliedCase, index: StateIndex, form: str, *, relaxed: bool) -> None:
        self.applied = applied
        self.index = index
        self.form = form
        self.relaxed = relaxed
        self.country = _countries(applied.rows("node"))
        self.shares = _shares(applied.rows("parameter"))
        self.services = service_index(applied.rows("service"), tuple(self.shares.items()))
        self.borders = _borders(applied.rows("border"))
        self.terminals = _terminals(applied.rows("terminal"), form)

    # links ------------------------------------------------------------------------------------------------------------

    def links(self, wanted: Collection[str] | None = None) -> Iterator[Arc]:
        """Yield the arcs of every link, or of those wanted, both ways unless it is directed."""
        rows = self.applied.rows("link")
        for key in rows if wanted is None else (key for key in rows if key in wanted):
            link = {"key": key, **rows[key]}
            cut = self._not_built(link, "link")
            if cut and not self.relaxed:
                continue
            ends = (link["from_node_id"], link["to_node_id"])
            yield from self._direction(link, *ends, "+", cut)
            if not link["directed"]:
                yield from self._direction(link, *ends[::-1], "-", cut)

    def crossings(self, wanted: Collection[str]) -> Iterator[Arc]:
        """Yield the arcs of what is passed at borders on the links wanted: those among :meth:`links`."""
        rows = self.applied.rows("link")
        for key in (key for key in rows if key in wanted):
            link = {"key": key, **rows[key]}
            cut = self._not_built(link, "link")
            ends = (link["from_node_id"], link["to_node_id"])
            yield from self._passed(link, *ends, "+", cut)
            if not link["directed"]:
                yield from self._passed(link, *ends[::-1], "-", cut)

    def _not_built(self, row: Record, table: str) -> str:
        if self.applied.is_built(row["status"], row["project_id"]):
            return ""
        names = row["project_id"]
        state = str(row["status"]).replace("_", " ")
        opens = f"opens with project {' or '.join(names)}" if names else "no project opens it"
        return f"{table} {row['key']} is {state} ({opens})"

    def _direction(self, link: Record, here: str, there: str, direction: str, cut: str) -> Iterator[Arc]:
        tail, head = self._ends(link, here, there)
        passed = self._passed(link, here, there, direction, cut)
        if not passed:
            yield self._move(link, (tail, head), self.country[here], cut)
        elif link["mode"] in SEA_MODES:
            out, into = passed
            yield out
            yield self._move(link, (out.head, into.tail), self.country[here], cut)
            yield into
        else:
            (stop,) = passed
            yield self._move(link, (tail, stop.tail), self.country[here], cut, share=0.5)
            yield stop
            yield self._move(link, (stop.head, head), self.country[there], cut, share=0.5, boards=False)

    def _ends(self, link: Record, here: str, there: str) -> tuple[int, int]:
        mode, gauge = link["mode"], _gauge(link["gauge_mm"])
        tail, head = (self.index.number[State("mode", node, mode, gauge)] for node in (here, there))
        return tail, head

    def _passed(self, link: Record, here: str, there: str, direction: str, cut: str) -> tuple[Arc, ...]:
        """Return the arcs of what a link passes at borders: the ports at its ends at sea, a crossing, or nothing."""
        mode, countries = link["mode"], (self.country[here], self.country[there])
        if countries[0] == countries[1] and not link["crossing_id"]:
            return ()
        before = self.index.number[State("before", link["key"], direction)]
        after = self.index.number[State("after", link["key"], direction)]
        if mode not in SEA_MODES:
            return (self._formalities(link, before, after, (link["crossing_id"], mode, *countries), cut),)
        tail, head = self._ends(link, here, there)
        return (
            self._formalities(link, tail, before, (here, mode, countries[0], ""), cut),
            self._formalities(link, after, head, (there, mode, "", countries[1]), cut),
        )

    def _move(
        self, link: Record, ends: tuple[int, int], country: str, cut: str, *, share: float = 1.0, boards: bool = True
    ) -> Arc:
        service = self.services.find(link["mode"], country, self.form)
        length = link["length_km"] * share
        speed = service.speed_kmh if math.isnan(link["speed_kmh"]) else link["speed_kmh"]
        moving = length / speed
        elapsed = moving * HOURS_PER_DAY / service.moving_h_per_day
        waiting, waiting_sd = self._sailing_wait(link, service) if boards else (0.0, 0.0)
        fare = link["fare_usd_per_t" if self.form == "container" else "fare_bulk_usd_per_t"]
        by_length = math.isnan(fare)
        price = length * service.price_usd_per_tkm if by_length else fare * share
        price_sd = length * service.price_sd_usd_per_tkm if by_length else price * self._doubt(link)
        electrified = bool(link["electrified"])
        return Arc(
            *ends, ArcKind.MOVE, link["mode"], link["key"], "", service.id, country,
            length_km=length, move_h=moving, rest_h=elapsed - moving, wait_h=waiting,
            sd_h=service.time_cv * elapsed, wait_sd_h=waiting_sd,
            mean_sd_h=service.mean_cv * elapsed, price_sd_usd_per_t=price_sd,
            price_usd_per_t=price, resource_usd_per_t=price * service.resource_share,
            co2e_kg_per_t=length * service.co2e_kg_per_tkm(electrified=electrified), cut=cut,
        )  # fmt: skip

    def _sailing_wait(self, link: Record, service: Service) -> tuple[float, float]:
        """Return the wait for a link's own departures; a service's departures count where goods board, at sea on each sailing."""
        own = headway_h(link["frequency_per_week"])
        if own == 0.0 and link["mode"] in SEA_MODES:
            own = service.headway_h
        return wait(own)

    def _formalities(self, link: Record, tail: int, head: int, key: tuple[str, str, str, str], cut: str) -> Arc:
        row = self.borders[key]
        if row["status"] == "shut":
            shut = f"crossing {row['name']} is shut for {row['mode']} ({row['key']})"
            cut = f"{cut}; {shut}" if cut else shut
        price = row["price_usd_per_t"]
        return Arc(
            tail, head, ArcKind.BORDER, link["mode"], link["key"], row["key"], "", row["from_country"] or row["to_country"],
            stop_h=row["time_h"], sd_h=self._sd(row),
            mean_sd_h=row["time_h"] * self._doubt(row), price_sd_usd_per_t=price * self._doubt(row),
            price_usd_per_t=price, resource_usd_per_t=price * row["resource_share"], cut=cut,
        )  # fmt: skip

    def _doubt(self, row: Record) -> float:
        """Return how far a figure of a row may be off: a standard deviation as a share of it, from the row's confidence."""
        return self.shares[row["confidence"]] / Z90

    def _sd(self, row: Record) -> float:
        """Return the standard deviation of a stop: its own, or what its confidence leaves."""
        if not math.isnan(row["time_sd_h"]):
            return float(row["time_sd_h"])
        return float(row["time_h"]) * self._doubt(row)

    # transfers and gates ----------------------------------------------------------------------------------------------

    def transfers(self, wanted: Collection[str] | None = None) -> Iterator[Arc]:
        """Yield the arcs of every terminal, or of those wanted, both ways."""
        for row in self.terminals if wanted is None else (row for row in self.terminals if row["key"] in wanted):
            cut = self._not_built(row, "terminal")
            if cut and not self.relaxed:
                continue
            sides = [
                self.index.number.get(
                    State("mode", row["node_id"], row[f"mode_{side}"], _gauge(row[f"gauge_{side}_mm"]))
                )
                for side in ("a", "b")
            ]
            if sides[0] is None or sides[1] is None:
                continue
            yield self._handling(row, sides[0], sides[1], ArcKind.TRANSFER, cut)
            yield self._handling(row, sides[1], sides[0], ArcKind.TRANSFER, cut)

    def _handling(self, row: Record, tail: int, head: int, kind: ArcKind, cut: str) -> Arc:
        boarded = self.index.states[tail if kind is ArcKind.UNLOAD else head]
        country = self.country[row["node_id"]]
        waiting, waiting_sd = 0.0, 0.0
        if boarded.mode not in SEA_MODES and kind is not ArcKind.UNLOAD and row["departure_wait"]:
            waiting, waiting_sd = wait(self.services.find(boarded.mode, country, self.form).headway_h)
        price = row["price_usd_per_t"]
        return Arc(
            tail, head, kind, boarded.mode, row["key"], "", "", country,
            wait_h=waiting, stop_h=row["time_h"], sd_h=self._sd(row), wait_sd_h=waiting_sd,
            mean_sd_h=row["time_h"] * self._doubt(row), price_sd_usd_per_t=price * self._doubt(row),
            price_usd_per_t=price, resource_usd_per_t=price * row["resource_share"], cut=cut,
        )  # fmt: skip

    def gates(self) -> Iterator[Arc]:
        """Yield loading and unloading at every node: by the service's own means on land, over a port terminal at sea."""
        ports: dict[tuple[str, str], list[Record]] = {}
        for row in self.terminals:
            for side in ("a", "b"):
                if row[f"mode_{side}"] in SEA_MODES:
                    ports.setdefault((row["node_id"], row[f"mode_{side}"]), []).append(row)
        on_land = _land_gates(self.index, self.applied.rows("node"), self.services, self.form)
        for node, numbers in self.index.at_node.items():
            out, into = (self.index.number[State(kind, node)] for kind in ("gate_out", "gate_in"))
            for number in numbers:
                mode = self.index.states[number].mode
                if mode in SEA_MODES:
                    yield from self._port_gate(ports.get((node, mode), []), out, number, into)
                else:
                    yield from on_land[number]

    def _port_gate(self, rows: list[Record], out: int, number: int, into: int) -> Iterator[Arc]:
        # goods at the gate of a port come by truck where trucks are handled, else by rail
        ranked = sorted(
            rows, key=lambda row: (bool(self._not_built(row, "terminal")), "road" not in _modes(row), row["key"])
        )
        for row in ranked[:1]:
            cut = self._not_built(row, "terminal")
            yield self._brought(row, self._handling(row, out, number, ArcKind.LOAD, cut))
            yield self._brought(row, self._handling(row, number, into, ArcKind.UNLOAD, cut))

    def _brought(self, row: Record, handling: Arc) -> Arc:
        """Return the gate of a port: its handling, and at least what the vehicle that brings or takes the goods takes to load.

        Where trucks drive on board nothing is handled; without their loading the gate of the ship would be a cheaper way out of a
        truck than its own.
        """
        there = {self.index.states[number].mode for number in self.index.at_node[row["node_id"]]}
        mode = next((mode for mode in sorted(_modes(row) & there, reverse=True) if mode not in SEA_MODES), None)
        if mode is None:
            return handling
        service = self.services.find(mode, self.country[row["node_id"]], self.form)
        if service.load_usd_per_t > handling.price_usd_per_t:
            handling = _with_loading_price(handling, service)
        if service.load_h > handling.stop_h:
            handling = _with_loading_time(handling, service)
        return handling

    def zones(self) -> Iterator[Arc]:
        """Yield the free arcs between zones and their gateways."""
        for zone in _records(self.applied, "zone"):
            out, into = (self.index.number[State(kind, zone["key"])] for kind in ("zone_out", "zone_in"))
            for node in zone["gateways"]:
                country = self.country[node]
                yield Arc(out, self.index.number[State("gate_out", node)], ArcKind.ZONE, country=country)
                yield Arc(self.index.number[State("gate_in", node)], into, ArcKind.ZONE, country=country)


@remembered(8)
def _land_gates(index: StateIndex, nodes: Rows, services: ServiceIndex, form: str) -> dict[int, tuple[Arc, Arc]]:
    """Return loading and unloading at every state on land, by its number; no terminal alters them."""
    countries, found = _countries(nodes), {}
    for node, numbers in index.at_node.items():
        out, into = (index.number[State(kind, node)] for kind in ("gate_out", "gate_in"))
        for number in numbers:
            mode = index.states[number].mode
            if mode in SEA_MODES:
                continue
            service = services.find(mode, countries[node], form)
            waiting, waiting_sd = wait(service.headway_h)
            gate = Arc(
                out, number, ArcKind.LOAD, mode, service=service.id, country=countries[node], wait_h=waiting,
                wait_sd_h=waiting_sd,
            )  # fmt: skip
            loading = _with_loading_price(_with_loading_time(gate, service), service)
            unloading = replace(loading, tail=number, head=into, kind=ArcKind.UNLOAD, wait_h=0.0, wait_sd_h=0.0)
            found[number] = loading, unloading
    return found


def _with_loading_time(arc: Arc, service: Service) -> Arc:
    """Return an arc that takes the hours of loading by a service."""
    hours = service.load_h
    return replace(arc, stop_h=hours, sd_h=hours * service.time_cv, mean_sd_h=hours * service.load_mean_cv)


def _with_loading_price(arc: Arc, service: Service) -> Arc:
    """Return an arc at the price of loading by a service."""
    price = service.load_usd_per_t
    return replace(
        arc, price_usd_per_t=price, price_sd_usd_per_t=price * service.load_mean_cv,
        resource_usd_per_t=price * service.resource_share,
    )  # fmt: skip


def _modes(row: Record) -> set[str]:
    return {row["mode_a"], row["mode_b"]}
