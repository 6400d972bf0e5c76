"""The named checks of demand: dollars and tonnes, shares, counts, and the way beside the network."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from karvan.case.cells import number_text
from karvan.case.ranges import DEFAULT_SHARES, figure_range
from karvan.case.rules import Context, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from karvan.case.cells import Row
    from karvan.case.ranges import Range
    from karvan.errors import Problem

#: Slack of a sum of shares written with six decimals.
SHARE_SLACK = 1e-4
#: Slack of a product that is written with four digits and more.
PRODUCT_SLACK = 1e-3
#: What a count of this basis says is no flow, so that nothing may be fitted to it.
NO_FLOW = frozenset({"capacity_or_plan", "share", "stock"})
#: Modes that a count may name.
COUNT_MODES = ("rail", "road", "sea", "ferry")
#: Every partner of an exporter that has no rows of its own.
ANY_PARTNER = "*"


# economies and trade --------------------------------------------------------------------------------------------------


@rule("economy-countries")
def _countries(context: Context) -> Iterator[Problem]:
    owners: dict[str, Row] = {}
    for row in context.rows("economy"):
        for country in row.values["countries"] or ("",):
            first = owners.setdefault(country, row)
            if first is not row:
                found = f"{country} in a second economy" if country else "a second blank cell"
                yield context.problem(
                    "economy", row, "countries", found, f"one economy (the first is line {first.line})",
                    "Remove it from one of the two.", name="economy-countries",
                )  # fmt: skip


@rule("trade-pair")
def _pairs(context: Context) -> Iterator[Problem]:
    """Find a pair of one economy, and a pair that has two rows and would be counted twice."""
    seen: dict[tuple[str, str], Row] = {}
    for row in context.rows("trade"):
        pair = row.values["exporter"], row.values["importer"]
        if pair[0] == pair[1]:
            yield context.problem(
                "trade", row, "importer", f"{pair[1]!r}, the exporter", "another economy",
                "Sales of an economy to itself are domestic_sales_musd of economy.csv.", name="trade-with-itself",
            )  # fmt: skip
        first = seen.setdefault(pair, row)
        if first is not row:
            yield context.problem(
                "trade", row, "trade_id", f"{pair[0]} to {pair[1]} a second time", f"one row (the first is line {first.line})",
                "Remove one of the two.", name="trade-twice",
            )  # fmt: skip


@rule("dollars-without-tonnes")
def _dollars(context: Context) -> Iterator[Problem]:
    if not context.tables["base_flow"].present:
        return
    for row in context.rows("trade"):
        on = row.values["value_musd"] * (1 - row.values["off_network_share"])
        key = row.values["trade_id"]
        if row.values["on_network"] and on > 0 and not context.may_have("base_flow", trade_id=key):
            yield context.problem(
                "trade", row, "value_musd", f"USD {number_text(on)} m on the network and no base flow of {key}",
                "tonnes for the dollars", "Add rows to base_flow.csv, or set on_network to false.",
                name="dollars-without-tonnes",
            )  # fmt: skip


@rule("tonnes-without-dollars")
def _tonnes(context: Context) -> Iterator[Problem]:
    for row in context.rows("base_flow"):
        name, tonnes = row.values["trade_id"], row.values["flow_t_per_year"]
        if not name:
            if row.values["kind"] == "trade":
                yield context.problem(
                    "base_flow", row, "trade_id", "a blank cell on kind 'trade'", "the trade that the tonnes belong to",
                    "Name a row of trade.csv, or choose another kind.", name="tonnes-without-dollars",
                )  # fmt: skip
            continue
        yield from _check_ends(context, row, name)
        value, on = context.value("trade", name, "value_musd"), context.value("trade", name, "on_network")
        if value is None or on is None or tonnes == 0:
            continue
        if value == 0 or not on:
            found = f"{number_text(tonnes)} t of {name}, which has {'no dollars' if on else 'on_network false'}"
            yield context.problem(
                "base_flow", row, "flow_t_per_year", found, "dollars on the network for the tonnes",
                "Mend the row of trade.csv, or remove the flow.", name="tonnes-without-dollars",
            )  # fmt: skip


def _check_ends(context: Context, row: Row, name: str) -> Iterator[Problem]:
    zones = [context.value("zone", row.values[end], "economy") for end in ("origin", "destination")]
    economies = [context.value("trade", name, end) for end in ("exporter", "importer")]
    if all([*zones, *economies]) and zones != economies:
        yield context.problem(
            "base_flow", row, "trade_id", f"{name} on a flow from {zones[0]} to {zones[1]}", "the trade of the zones' economies",
            "Mend the trade, or the zones.", name="flow-of-another-trade",
        )  # fmt: skip


@rule("trade-shares")
def _shares(context: Context) -> Iterator[Problem]:
    raw, economies = context.tables["trade_share"], context.index("economy")
    if raw.broken or any({"exporter", "importer", "share", "commodity"} & row.bad for row in raw.rows):
        return
    groups: dict[tuple[str, str], list[Row]] = {}
    wild = context.tables["economy"].broken or any("economy_id" in row.bad for row in context.tables["economy"].rows)
    for row in raw.rows:
        importer = row.values["importer"]
        if importer != ANY_PARTNER and importer not in economies and not wild:
            yield context.problem(
                "trade_share", row, "importer", repr(importer), "an economy_id of economy.csv, or *",
                "Mend the name, or write * for every other partner.", name="share-importer",
            )  # fmt: skip
            continue
        groups.setdefault((row.values["exporter"], importer), []).append(row)
    for (exporter, importer), rows in groups.items():
        total = sum(row.values["share"] for row in rows)
        if abs(total - 1) > SHARE_SLACK:
            todo = "Correct the shares." if total > 1 else "Put what is left into a row of basis residual."
            yield context.problem(
                "trade_share", rows[-1], "share", f"a sum of {number_text(total)} for {exporter} to {importer}", "1", todo,
                name="shares-sum",
            )  # fmt: skip


# flows ----------------------------------------------------------------------------------------------------------------


@rule("flow-within-a-zone")
def _within(context: Context) -> Iterator[Problem]:
    for table in ("base_flow", "outside"):
        for row in context.rows(table):
            if row.values["origin"] == row.values["destination"]:
                yield context.problem(
                    table, row, "destination", f"{row.values['destination']!r}, the origin", "another zone",
                    "Split the zone, or put the traffic into background.csv.", name="flow-within-a-zone",
                )  # fmt: skip


@rule("pair-without-outside")
def _outside(context: Context) -> Iterator[Problem]:
    seen: set[tuple[str, str, str]] = set()
    for row in context.rows("base_flow"):
        origin, destination = row.values["origin"], row.values["destination"]
        form = context.value("commodity", row.values["commodity"], "form")
        pair = (origin, destination, form or "")
        if form is None or pair in seen:
            continue
        seen.add(pair)
        if not any(
            context.may_have("outside", origin=origin, destination=destination, form=any_) for any_ in (form, "any")
        ):
            yield context.problem(
                "base_flow", row, "destination", f"{origin} to {destination} with no way outside for {form}",
                "a row of outside.csv, so that the pair has a way when all is shut",
                f"Add {origin}-{destination} to outside.csv, for form {form} or any.", name="pair-without-outside",
            )  # fmt: skip


@rule("background-without-figure")
def _background(context: Context) -> Iterator[Problem]:
    for row in context.rows("background"):
        if math.isnan(row.values["trains_per_day"]) and math.isnan(row.values["t_per_day"]):
            yield context.problem(
                "background", row, "trains_per_day", "a blank cell, and no t_per_day", "trains or tonnes",
                "Fill in one of the two, or remove the row.", name="background-without-figure",
            )  # fmt: skip


# counts ---------------------------------------------------------------------------------------------------------------


@rule("count-figures")
def _counts(context: Context) -> Iterator[Problem]:
    for row in context.rows("count"):
        unknown = [mode for mode in row.values["mode"] if mode not in COUNT_MODES]
        if unknown:
            yield context.problem(
                "count",
                row,
                "mode",
                repr(unknown[0]),
                f"one of {', '.join(COUNT_MODES)}",
                "Write one of them.",
                name="count-mode",
            )
        yield from _check_use(context, row)
        yield from _check_product(context, row)


def _check_use(context: Context, row: Row) -> Iterator[Problem]:
    use, basis = row.values["use"], row.values["basis"]
    if use == "compare":
        return
    if basis in NO_FLOW:
        yield context.problem(
            "count", row, "use", f"{use!r} on basis {basis!r}", "compare: it is no flow that was counted", "Set use to compare.",
            name="plan-as-count",
        )  # fmt: skip
    elif math.isnan(row.values["flow_t_per_year"]):
        yield context.problem(
            "count", row, "flow_t_per_year", f"a blank cell on use {use!r}", "tonnes a year",
            "Fill in t_per_unit, periods_per_year and the flow, or set use to compare.", name="count-without-tonnes",
        )  # fmt: skip


def _check_product(context: Context, row: Row) -> Iterator[Problem]:
    value, unit, periods, flow = (
        row.values[name] for name in ("value", "t_per_unit", "periods_per_year", "flow_t_per_year")
    )
    product = value * unit * periods
    if not math.isnan(product + flow) and abs(product - flow) > PRODUCT_SLACK * max(product, flow):
        yield context.problem(
            "count", row, "flow_t_per_year", number_text(flow),
            f"{number_text(product)}, value x t_per_unit x periods_per_year", "Mend one of the four.", name="count-product",
        )  # fmt: skip


@rule("counts-contradict")
def _contradictions(context: Context) -> Iterator[Problem]:
    """Find two counts of one place, direction and time that are used, and whose ranges do not touch."""
    used = [
        row for row in context.rows("count") if row.values["use"] != "compare" and row.values["flow_t_per_year"] >= 0
    ]
    places: dict[tuple[object, ...], list[Row]] = {}
    for row in used:
        lists = tuple(frozenset(row.values[name]) for name in ("links", "crossings", "nodes", "mode"))
        named = tuple(row.values[name] for name in ("from_country", "to_country", "commodity", "period"))
        if any(lists[:3]):
            places.setdefault((*lists, *named), []).append(row)
    for rows in places.values():
        for position, row in enumerate(rows):
            mine = _count_range(row)
            for other in rows[:position]:
                theirs = _count_range(other)
                if mine.low > theirs.high or theirs.low > mine.high:
                    first, second = other.values["count_id"], row.values["count_id"]
                    found = (
                        f"{number_text(mine.low)} to {number_text(mine.high)} of {second}, which contradicts "
                        f"{number_text(theirs.low)} to {number_text(theirs.high)} of {first} (line {other.line})"
                    )
                    yield context.problem(
                        "count", row, "flow_t_per_year", found, "ranges that touch: one place, one direction, one period",
                        f"Carry both in one range, or set use of {first} or {second} to compare.", name="counts-contradict",
                    )  # fmt: skip


def _count_range(row: Row) -> Range:
    values = row.values
    share = DEFAULT_SHARES[values["confidence"]]
    ends = (values["flow_low_t_per_year"], values["flow_high_t_per_year"])
    return figure_range(values["flow_t_per_year"], *ends, share)
