"""The named checks of the network: links, terminals, crossings, money and services."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from karvan.case.cells import number_text
from karvan.case.geo import great_circle_km
from karvan.case.rules import Context, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from karvan.case.cells import Row
    from karvan.errors import Problem

#: Modes whose goods cross a border at the port, not on the way.
SEA_MODES = ("sea", "ferry")
LAND_MODES = ("rail", "road")

#: A link may be this much shorter than the straight line: the points of the network are rounded.
CROW_SLACK = 0.9

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
    prices = {"service": "price_usd_per_tkm"} | dict.fromkeys(("terminal", "border", "outside"), "price_usd_per_t")
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


@rule("capacity-basis")
def _capacity_basis(context: Context) -> Iterator[Problem]:
    for row in context.rows("link"):
        known = not all(math.isnan(row.values[name]) for name in ("capacity_trains_per_day", "capacity_mt_per_year"))
        basis = row.values["capacity_basis"]
        if basis and known == (basis == "none"):
            expected = "reported or assumed, since there is a capacity" if known else "none, since there is no capacity"
            yield context.problem(
                "link",
                row,
                "capacity_basis",
                repr(basis),
                expected,
                "Mend the basis or the capacity.",
                name="capacity-basis",
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
