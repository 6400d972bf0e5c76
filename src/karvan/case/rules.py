"""The named checks across rows and tables.

Each rule looks at the rows whose own cells are sound and yields problems. A rule that asks for a row *somewhere else*
stays silent while a bad row could be the missing one, so that one fault gives one problem and two give two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from karvan.case.cells import Row, first_day, last_day, number_text, plain_number
from karvan.case.geo import great_circle_km
from karvan.case.schema import range_columns, schemas
from karvan.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from karvan.case.cells import RawTable
    from karvan.case.config import CaseConfig

Rule = "Callable[[Context], Iterator[Problem]]"

#: Modes whose goods cross a border at the port, not on the way.
SEA_MODES = ("sea", "ferry")
LAND_MODES = ("rail", "road")

#: A link may be this much shorter than the straight line: the points of the network are rounded.
CROW_SLACK = 0.9
#: Tolerance of a sum of probabilities written with a few decimals.
PROBABILITY_SLACK = 1e-6

RULES: dict[str, Callable[[Context], Iterator[Problem]]] = {}


def rule(name: str) -> Callable[[Callable[[Context], Iterator[Problem]]], Callable[[Context], Iterator[Problem]]]:
    """Register a check under its name."""

    def register(check: Callable[[Context], Iterator[Problem]]) -> Callable[[Context], Iterator[Problem]]:
        RULES[name] = check
        return check

    return register


@dataclass
class Context:
    """What the rules look at."""

    tables: dict[str, RawTable]
    config: CaseConfig | None
    _index: dict[str, dict[str, Row]] = field(default_factory=dict)

    def rows(self, table: str) -> list[Row]:
        """Return the rows of a table without a bad cell."""
        return self.tables[table].good()

    def index(self, table: str) -> dict[str, Row]:
        """Return the rows of a table by key, bad ones included."""
        if table not in self._index:
            raw = self.tables[table]
            key = raw.schema.key
            self._index[table] = {row.values[key]: row for row in raw.rows if key not in row.bad}
        return self._index[table]

    def value(self, table: str, key: str, column: str) -> Any:  # noqa: ANN401 - the type is the column's
        """Return a cell, or None where the row or the cell is not sound."""
        row = self.index(table).get(key)
        return None if row is None or column in row.bad else row.values[column]

    def may_have(self, table: str, **wanted: object) -> bool:
        """Whether a row with these cells is there, or could be: a bad cell counts as any."""
        raw = self.tables[table]
        return raw.broken or any(
            all(column in row.bad or row.values[column] == value for column, value in wanted.items())
            for row in raw.rows
        )

    def problem(self, table: str, row: Row, column: str, found: str, expected: str, todo: str, *, name: str) -> Problem:
        """Build a problem at a cell."""
        return Problem(self.tables[table].schema.file, row.line, column, found, expected, todo, name)


def check_rules(tables: dict[str, RawTable], config: CaseConfig | None) -> list[Problem]:
    """Return what every rule finds."""
    context = Context(tables, config)
    return [problem for check in RULES.values() for problem in check(context)]


# references and ranges ------------------------------------------------------------------------------------------------


@rule("dangling-reference")
def _references(context: Context) -> Iterator[Problem]:
    places: dict[str, list[tuple[str, str]]] = {}
    for name, raw in context.tables.items():
        for column in raw.schema.fields:
            if column.references:
                places.setdefault(column.references, []).append((name, column.name))
    for target, names in places.items():
        table, key = target.split(".")
        if not context.tables[table].broken:
            yield from _dangling(context, names, table, key)


def _dangling(context: Context, places: list[tuple[str, str]], target: str, key: str) -> Iterator[Problem]:
    raw = context.tables[target]
    known = {row.values[key] for row in raw.rows if key not in row.bad}
    missing: dict[str, list[tuple[str, str, Row]]] = {}
    for table, column in places:
        for row in context.tables[table].rows:
            cell = () if column in row.bad else row.values[column]
            for name in (cell,) if isinstance(cell, str) else cell:
                if name and name not in known:
                    missing.setdefault(name, []).append((table, column, row))
    # each row without a sound key may be one of those missed: the one most asked for, since a slip happens once
    likely = sorted(missing, key=lambda name: (-len(missing[name]), name))
    wild = sum(key in row.bad for row in raw.rows)
    if missing and not raw.present:
        raw.broken = True
        users = sorted({context.tables[table].schema.file for places in missing.values() for table, _, _ in places})
        expected = f"the file, since {' and '.join(users)} {'refers' if len(users) == 1 else 'refer'} to it"
        yield Problem(raw.schema.file, 0, "", "no such file", expected, f"Add {raw.schema.file}.", "missing-file")
        return
    for name in likely[wild:]:
        near = _near(name, known)
        todo = f"Did you mean {near}?" if near else f"Add it to {raw.schema.file}, or mend the name."
        for table, column, row in missing[name]:
            row.bad.add(column)
            expected = f"a {key} of {raw.schema.file}"
            yield context.problem(table, row, column, repr(name), expected, todo, name="dangling-reference")


def _near(name: str, known: Iterable[str]) -> str:
    from karvan.errors import near_names  # noqa: PLC0415 - only on a fault

    return ", ".join(near_names(name, sorted(known), limit=1))


@rule("range-out-of-order")
def _ranges(context: Context) -> Iterator[Problem]:
    for name, schema in schemas().items():
        for column in schema.fields:
            pair = range_columns(column, schema)
            if pair:
                for row in context.rows(name):
                    yield from _check_range(context, name, row, (pair[0], column.name, pair[1]))


def _check_range(context: Context, table: str, row: Row, columns: tuple[str, str, str]) -> Iterator[Problem]:
    # the value of an effect is a text: what it sets may be no figure
    figures = [(column, plain_number(str(row.values[column]))) for column in columns]
    given = [(column, figure) for column, figure in figures if figure is not None]
    for (left, small), (right, large) in pairwise(given):
        if small > large:
            found, expected = number_text(large), f"at least {left} = {number_text(small)}"
            todo = "Order low, value and high."
            yield context.problem(table, row, right, found, expected, todo, name="range-out-of-order")
            return


# network --------------------------------------------------------------------------------------------------------------


@rule("link-to-itself")
def _loops(context: Context) -> Iterator[Problem]:
    for row in context.rows("link"):
        if row.values["from_node_id"] == row.values["to_node_id"]:
            found, expected = repr(row.values["to_node_id"]), "another node than from_node_id"
            yield context.problem(
                "link", row, "to_node_id", found, expected, "Give the link two ends.", name="link-to-itself"
            )
            row.bad.add("to_node_id")


@rule("gauge")
def _gauges(context: Context) -> Iterator[Problem]:
    for row in context.rows("link"):
        yield from _check_gauge(context, "link", row, "mode", "gauge_mm")
    for row in context.rows("terminal"):
        for side in ("a", "b"):
            yield from _check_gauge(context, "terminal", row, f"mode_{side}", f"gauge_{side}_mm")


def _check_gauge(context: Context, table: str, row: Row, mode: str, gauge: str) -> Iterator[Problem]:
    rail, blank = row.values[mode] == "rail", math.isnan(row.values[gauge])
    if rail and blank:
        yield context.problem(
            table, row, gauge, "a blank cell", "the gauge of a railway", "Fill in the gauge.", name="rail-without-gauge"
        )
        row.bad.add(gauge)
    elif not rail and not blank:
        found, expected = f"{row.values[gauge]:g}", f"a blank cell: {mode} is {row.values[mode]}"
        yield context.problem(
            table, row, gauge, found, expected, "Remove the gauge, or mend the mode.", name="gauge-without-rail"
        )
        row.bad |= {mode, gauge}


@rule("link-shorter-than-crow")
def _crow(context: Context) -> Iterator[Problem]:
    for row in context.rows("link"):
        ends = [context.index("node").get(row.values[end]) for end in ("from_node_id", "to_node_id")]
        if any(end is None or end.bad & {"x_coord", "y_coord"} for end in ends):
            continue
        points = [(end.values["x_coord"], end.values["y_coord"]) for end in ends if end is not None]
        crow = great_circle_km(*points[0], *points[1])
        if row.values["length_km"] < CROW_SLACK * crow:
            found, expected = (
                number_text(row.values["length_km"]),
                f"at least {CROW_SLACK:g} x {crow:.1f} km, the straight line",
            )
            todo = "Check the length and the coordinates of both ends."
            yield context.problem("link", row, "length_km", found, expected, todo, name="link-shorter-than-crow")


@rule("node-without-link")
def _isolated(context: Context) -> Iterator[Problem]:
    links = context.tables["link"]
    if links.broken:
        return
    ends = {row.values[end] for row in links.rows for end in ("from_node_id", "to_node_id") if row.values[end]}
    wild = any({"from_node_id", "to_node_id"} & row.bad for row in links.rows)
    for row in context.rows("node"):
        name = row.values["node_id"]
        if name not in ends and not wild:
            yield context.problem(
                "node", row, "node_id", repr(name), "a node that a link touches", "Add a link, or remove the node.",
                name="node-without-link",
            )  # fmt: skip


@rule("gauges-meet-without-terminal")
def _gauge_breaks(context: Context) -> Iterator[Problem]:
    gauges: dict[str, set[float]] = {}
    pairs: dict[tuple[str, str], set[float]] = {}
    for row in context.rows("link"):
        if row.values["mode"] == "rail":
            ends = row.values["from_node_id"], row.values["to_node_id"]
            for here, there in (ends, ends[::-1]):
                gauges.setdefault(here, set()).add(row.values["gauge_mm"])
                pairs.setdefault((here, there), set()).add(row.values["gauge_mm"])
    # where two gauges run on side by side, the transfer may stand at the next node
    beside: dict[str, list[str]] = {}
    for (here, there), both in pairs.items():
        if len(both) > 1:
            beside.setdefault(here, []).append(there)
    for row in context.rows("node"):
        name = row.values["node_id"]
        met = sorted(gauges.get(name, ()))
        if len(met) > 1 and not any(
            context.may_have("terminal", node_id=place, kind="gauge_change") for place in (name, *beside.get(name, ()))
        ):
            found = "gauges " + " and ".join(f"{gauge:g}" for gauge in met)
            yield context.problem(
                "node", row, "node_id", found, "a gauge_change row of terminal.csv at the node",
                "Add the transfer, or end one of the gauges elsewhere.", name="gauges-meet-without-terminal",
            )  # fmt: skip


# terminals ------------------------------------------------------------------------------------------------------------


@rule("terminal-sides")
def _terminal_sides(context: Context) -> Iterator[Problem]:
    links = context.tables["link"]
    for row in context.rows("terminal"):
        sides = [_side(row, side) for side in ("a", "b")]
        if sides[0] == sides[1]:
            yield context.problem(
                "terminal", row, "mode_b", f"{_side_text(sides[1])} on both sides", "two different sides",
                "Give the terminal two different modes or gauges.", name="terminal-same-sides",
            )  # fmt: skip
            continue
        for side, (mode, gauge) in zip(("a", "b"), sides, strict=True):
            wanted = {"mode": mode} if math.isnan(gauge) else {"mode": mode, "gauge_mm": gauge}
            node = row.values["node_id"]
            gate = row.values["kind"] == "port" and mode in LAND_MODES  # trucks come from within the port's own city
            if links.broken or gate or _touches(context, node, wanted):
                continue
            yield context.problem(
                "terminal", row, f"mode_{side}", _side_text((mode, gauge)), f"a mode and gauge of a link at {node}",
                "Mend the side, or add the link.", name="terminal-side-without-link",
            )  # fmt: skip


def _side(row: Row, side: str) -> tuple[str, float]:
    return row.values[f"mode_{side}"], row.values[f"gauge_{side}_mm"]


def _side_text(side: tuple[str, float]) -> str:
    mode, gauge = side
    return mode if math.isnan(gauge) else f"{mode} {gauge:g} mm"


def _touches(context: Context, node: str, wanted: dict[str, Any]) -> bool:
    return context.may_have("link", from_node_id=node, **wanted) or context.may_have("link", to_node_id=node, **wanted)


@rule("terminal-twice")
def _terminal_twice(context: Context) -> Iterator[Problem]:
    seen: dict[tuple[object, ...], int] = {}
    for row in context.rows("terminal"):
        sides = sorted(str(_side(row, side)) for side in ("a", "b"))
        key = (row.values["node_id"], *sides, row.values["form"], row.values["status"], row.values["project_id"])
        if key in seen:
            yield context.problem(
                "terminal", row, "node_id",
                f"a second row for {row.values['form']} between the same sides at {row.values['node_id']!r}",
                f"one row (the first is line {seen[key]})", "Remove one of the two.", name="terminal-twice",
            )  # fmt: skip
        seen.setdefault(key, row.line)


@rule("port-without-terminal")
def _port_terminals(context: Context) -> Iterator[Problem]:
    reported: set[tuple[str, str]] = set()
    for row in context.rows("link"):
        mode = row.values["mode"]
        if mode not in SEA_MODES:
            continue
        for end in ("from_node_id", "to_node_id"):
            node = row.values[end]
            sides = ({"mode_a": mode}, {"mode_b": mode})
            if (node, mode) in reported or any(context.may_have("terminal", node_id=node, **side) for side in sides):
                continue
            reported.add((node, mode))
            yield context.problem(
                "link", row, end, f"{mode} at {node!r}", f"a port row of terminal.csv that joins {mode} at the node",
                "Add the terminal.", name="port-without-terminal",
            )  # fmt: skip


# crossings ------------------------------------------------------------------------------------------------------------


@rule("border-direction")
def _border_direction(context: Context) -> Iterator[Problem]:
    for row in context.rows("border"):
        problem = _check_direction(context, row)
        if problem:
            row.bad |= {"crossing_id", "from_country", "to_country", "node_id"}
            yield problem


def _comes_back(context: Context, row: Row) -> bool:
    """Whether a link of this crossing leaves a country and comes back to it."""
    return any(
        link.values["crossing_id"] == row.values["crossing_id"]
        and link.values["mode"] == row.values["mode"]
        and all(
            context.value("node", link.values[end], "country") == row.values["to_country"]
            for end in ("from_node_id", "to_node_id")
        )
        for link in context.rows("link")
    )


def _check_direction(context: Context, row: Row) -> Problem | None:
    here, there, port = (row.values[column] for column in ("from_country", "to_country", "node_id"))
    if not port:
        if here and there and (here != there or _comes_back(context, row)):
            return None
        return context.problem(
            "border", row, "to_country", f"{here or 'blank'} to {there or 'blank'}", "two different countries",
            "Fill in both countries, or name the port.", name="border-direction",
        )  # fmt: skip
    if bool(here) == bool(there):
        return context.problem(
            "border", row, "to_country", f"{here or 'blank'} and {there or 'blank'} at a port",
            "one of from_country and to_country", "Leave the foreign side of a port row blank.", name="port-direction",
        )  # fmt: skip
    if row.values["crossing_id"] != port:
        return context.problem(
            "border", row, "crossing_id", repr(row.values["crossing_id"]), f"{port!r}, the port of the row",
            "Name the port in crossing_id and node_id.", name="port-crossing",
        )  # fmt: skip
    country = context.value("node", port, "country")
    if country in (None, here or there):
        return None
    return context.problem(
        "border", row, "node_id", f"{port!r} in {country}", f"a port of {here or there}",
        "Mend the port or the country.", name="port-country",
    )  # fmt: skip


@rule("crossing")
def _crossings(context: Context) -> Iterator[Problem]:
    for row in context.rows("link"):
        ends = [row.values["from_node_id"], row.values["to_node_id"]]
        countries = [context.value("node", end, "country") for end in ends]
        if None in countries:
            continue
        if countries[0] == countries[1]:
            yield from _check_domestic(context, row, countries[0])
        elif row.values["mode"] in LAND_MODES:
            yield from _check_land(context, row, countries)
        else:
            yield from _check_ports(context, row, list(zip(ends, countries, strict=True)))


def _check_domestic(context: Context, row: Row, country: str) -> Iterator[Problem]:
    """Find crossings within one country, but for links that leave it and come back, as border.csv then says."""
    crossing, mode = row.values["crossing_id"], row.values["mode"]
    way = {"mode": mode, "from_country": country, "to_country": country}
    if crossing and not context.may_have("border", crossing_id=crossing, **way):
        yield context.problem(
            "link", row, "crossing_id", repr(row.values["crossing_id"]), f"a blank cell: both ends are in {country}",
            "Remove the crossing, or mend the country of a node.", name="crossing-inside-country",
        )  # fmt: skip


def _check_land(context: Context, row: Row, countries: list[str]) -> Iterator[Problem]:
    crossing, mode = row.values["crossing_id"], row.values["mode"]
    if not crossing:
        yield context.problem(
            "link", row, "crossing_id", "a blank cell", f"the crossing between {countries[0]} and {countries[1]}",
            "Name a crossing of border.csv.", name="land-link-without-crossing",
        )  # fmt: skip
        return
    ways = [countries] if row.values["directed"] else [countries, countries[::-1]]
    for here, there in ways:
        if not context.may_have("border", crossing_id=crossing, mode=mode, from_country=here, to_country=there):
            yield context.problem(
                "link", row, "crossing_id", f"{crossing!r} without a row for {mode} from {here} to {there}",
                "a row of border.csv for every mode and direction", "Add the row to border.csv.",
                name="crossing-without-direction",
            )  # fmt: skip


def _check_ports(context: Context, row: Row, ends: list[tuple[str, str]]) -> Iterator[Problem]:
    mode = row.values["mode"]
    both = not row.values["directed"]
    needed = [(ends[0], "out"), (ends[1], "in")] + ([(ends[1], "out"), (ends[0], "in")] if both else [])
    for (port, country), way in needed:
        sides = (
            {"from_country": country, "to_country": ""} if way == "out" else {"from_country": "", "to_country": country}
        )
        if not context.may_have("border", node_id=port, mode=mode, **sides):
            yield context.problem(
                "link", row, "mode", f"{mode} to another country, and no {way}bound row for {port!r}",
                "a row of border.csv keyed by the port", "Add the row to border.csv.", name="port-without-formalities",
            )  # fmt: skip


@rule("border-twice")
def _border_twice(context: Context) -> Iterator[Problem]:
    seen: dict[tuple[object, ...], int] = {}
    for row in context.rows("border"):
        key = tuple(row.values[column] for column in ("crossing_id", "mode", "from_country", "to_country"))
        if key in seen:
            yield context.problem(
                "border", row, "crossing_id", f"{key[0]!r} for {key[1]} in this direction a second time",
                f"one row (the first is line {seen[key]})", "Remove one of the two.", name="border-twice",
            )  # fmt: skip
        seen.setdefault(key, row.line)


# money and services ---------------------------------------------------------------------------------------------------


@rule("price-without-payee")
def _payees(context: Context) -> Iterator[Problem]:
    prices = {"service": "price_usd_per_tkm", "terminal": "price_usd_per_t", "border": "price_usd_per_t"}
    for table, price in prices.items():
        for row in context.rows(table):
            if row.values[price] > 0 and not row.values["payee"]:
                yield context.problem(
                    table, row, "payee", "a blank cell", f"a payee, since {price} is {number_text(row.values[price])}",
                    "Name the stakeholder who receives the price.", name="price-without-payee",
                )  # fmt: skip


@rule("service-missing")
def _services(context: Context) -> Iterator[Problem]:
    missing: dict[tuple[str, str], dict[str, Row]] = {}
    for row in context.rows("link"):
        mode = row.values["mode"]
        for end in ("from_node_id", "to_node_id"):
            country = context.value("node", row.values[end], "country")
            forms = [form for form in ("container", "bulk") if country and not _served(context, mode, country, form)]
            if forms:
                missing.setdefault((mode, " and ".join(forms)), {}).setdefault(country, row)
    for (mode, lacking), links in missing.items():
        yield context.problem(
            "link", next(iter(links.values())), "mode", f"{mode} in {' and '.join(sorted(links))}, and no service for {lacking}",
            f"a row of service.csv for {mode} and the country or *", "Add the row to service.csv.", name="service-missing",
        )  # fmt: skip


def _served(context: Context, mode: str, country: str, form: str) -> bool:
    return any(
        context.may_have("service", mode=mode, country=place, form=kind)
        for place in (country, "*")
        for kind in (form, "any")
    )


@rule("capacity-without-net-tonnes")
def _net_tonnes(context: Context) -> Iterator[Problem]:
    """Trains a day are tonnes a day only where the service says what a train carries."""
    carries = {
        (row.values["mode"], row.values["country"], row.values["form"]): row.values["vehicle_net_t"]
        for row in context.rows("service")
    }
    reported: set[tuple[str, str]] = set()
    for row in context.rows("link"):
        mode, country = row.values["mode"], context.value("node", row.values["from_node_id"], "country")
        if math.isnan(row.values["capacity_trains_per_day"]) or country is None or (mode, country) in reported:
            continue
        places = ((mode, place, form) for place in (country, "*") for form in ("container", "any"))
        found = next((carries[place] for place in places if place in carries), None)
        if found is not None and math.isnan(found):
            reported.add((mode, country))
            yield context.problem(
                "link", row, "capacity_trains_per_day", number_text(row.values["capacity_trains_per_day"]),
                f"vehicle_net_t of the {mode} service of {country}, to turn trains into tonnes",
                "Fill it in in service.csv.", name="capacity-without-net-tonnes",
            )  # fmt: skip


@rule("service-twice")
def _service_twice(context: Context) -> Iterator[Problem]:
    seen: dict[tuple[object, ...], int] = {}
    for row in context.rows("service"):
        key = tuple(row.values[column] for column in ("mode", "country", "form"))
        if key in seen:
            yield context.problem(
                "service", row, "country", f"{key[0]} in {key[1]} for {key[2]} a second time",
                f"one row (the first is line {seen[key]})", "Remove one of the two.", name="service-twice",
            )  # fmt: skip
        seen.setdefault(key, row.line)


@rule("electric-without-grid")
def _grids(context: Context) -> Iterator[Problem]:
    electric = {
        context.value("node", row.values[end], "country")
        for row in context.rows("link")
        if row.values["electrified"]
        for end in ("from_node_id", "to_node_id")
    } - {None}
    without = {country for country in electric if not context.may_have("service", mode="rail", country=country)}
    for row in context.rows("service"):
        users = without if row.values["country"] == "*" else electric & {row.values["country"]}
        if row.values["mode"] != "rail" or not users:
            continue
        who = f"{' and '.join(sorted(users))} {'has' if len(users) == 1 else 'have'}"
        for column in ("electric_kwh_per_tkm", "grid_g_per_kwh"):
            if math.isnan(row.values[column]):
                yield context.problem(
                    "service", row, column, "a blank cell", f"a figure: {who} electrified links",
                    "Fill it in, or clear electrified.", name="electric-without-grid",
                )  # fmt: skip


# zones ----------------------------------------------------------------------------------------------------------------


@rule("zone-gateway")
def _zones(context: Context) -> Iterator[Problem]:
    for row in context.rows("zone"):
        for node in row.values["gateways"]:
            country = context.value("node", node, "country")
            if country is not None and country != row.values["country"]:
                yield context.problem(
                    "zone", row, "gateways", f"{node!r} in {country}", f"a node of {row.values['country']}",
                    "Move the gateway, or mend the country.", name="gateway-abroad",
                )  # fmt: skip


# the record and what was observed -------------------------------------------------------------------------------------


@rule("claim-as-input")
def _claims(context: Context) -> Iterator[Problem]:
    for row in context.rows("observed"):
        if row.values["class"] == "claim" and row.values["use"] == "calibrate":
            yield context.problem(
                "observed", row, "use", "'calibrate' on a claim", "compare: a claim is a comparator, never an input",
                "Set use to compare.", name="claim-as-input",
            )  # fmt: skip


@rule("commitment-dates")
def _commitments(context: Context) -> Iterator[Problem]:
    for row in context.rows("programme_commitment"):
        made, due, done, status = (row.values[name] for name in ("made_on", "due_on", "done_on", "status"))
        if due and last_day(due) < first_day(made):
            yield context.problem(
                "programme_commitment", row, "due_on", due, f"a day after made_on, {made}", "Mend one of the dates.",
                name="due-before-made",
            )  # fmt: skip
        if done and status != "done":
            yield context.problem(
                "programme_commitment", row, "status", repr(status), f"done, since done_on is {done}",
                "Set the status, or clear done_on.", name="done-and-not-done",
            )  # fmt: skip


# case.toml against the tables -----------------------------------------------------------------------------------------


@rule("config-reference")
def _config(context: Context) -> Iterator[Problem]:
    if context.config is None:
        return
    named = [
        ("case.default_scenario", "scenario", context.config.case.default_scenario),
        ("case.default_commodity", "commodity", context.config.case.default_commodity),
        *(("routes.scenarios", "scenario", name) for name in context.config.routes.scenarios),
        *(
            ("routes.pairs", "node", end)
            for pair in context.config.routes.pairs
            for end in (pair.origin, pair.destination)
        ),
    ]
    for place, table, name in named:
        raw = context.tables[table]
        if not context.may_have(table, **{raw.schema.key: name}):
            near = _near(name, context.index(table))
            todo = f"Did you mean {near}?" if near else f"Add it to {raw.schema.file}."
            expected = f"a {raw.schema.key} of {raw.schema.file}"
            yield Problem("case.toml", 0, place, repr(name), expected, todo, "config-reference")
