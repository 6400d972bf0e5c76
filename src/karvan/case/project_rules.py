"""The named checks of projects, their effects, and scenarios."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from karvan.case.cells import BadCell, all_alike, number_text, parse_cell, plain_number
from karvan.case.finance import DEBT, DOLLAR
from karvan.case.fixed_parameters import is_fixed_parameter
from karvan.case.rules import PROBABILITY_SLACK, Context, rule
from karvan.case.schema import schemas
from karvan.errors import Problem, near_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from karvan.case.cells import Row
    from karvan.case.schema import Field

#: Columns that say what a row is; an effect may change what it does, not what it is.
FIXED_COLUMNS = frozenset(
    {"payee", "from_node_id", "to_node_id", "node_id", "mode", "mode_a", "mode_b", "country", "crossing_id", "project_id",
     "from_country", "to_country", "directed", "form", "kind", "source", "confidence", "note", "name",
     "countries", "origin", "destination", "commodity", "trade_id", "corridor", "link_id", "direction", "year", "basis",
     "currency"}
)  # fmt: skip


@rule("effect-target")
def _effects(context: Context) -> Iterator[Problem]:
    owners = {*context.index("project"), *context.index("scenario")}
    owners_known = not (context.tables["project"].broken or context.tables["scenario"].broken)
    for row in context.rows("effect"):
        owner = row.values["owner"]
        if owners_known and owner not in owners and not _wild_owner(context):
            near = near_names(owner, sorted(owners), limit=1)
            todo = f"Did you mean {near[0]}?" if near else "Mend the name, or add the project or scenario."
            yield context.problem(
                "effect", row, "owner", repr(owner), "a project or a scenario", todo, name="effect-owner"
            )
            row.bad.add("owner")
        yield from _check_effect(context, row)


def _wild_owner(context: Context) -> bool:
    return any(
        context.tables[table].schema.key in row.bad
        for table in ("project", "scenario")
        for row in context.tables[table].rows
    )


def _check_effect(context: Context, row: Row) -> Iterator[Problem]:
    table, key, name = (row.values[column] for column in ("table", "row", "column"))
    schema = schemas()[table]
    column = schema.field(name)
    if column is None or name == schema.key or name in FIXED_COLUMNS:
        free = [field.name for field in schema.fields if field.name not in FIXED_COLUMNS and field.name != schema.key]
        near = near_names(name, free, limit=1)
        todo = f"Did you mean {near[0]}?" if near else f"Choose one of {', '.join(free)}."
        yield context.problem(
            "effect", row, "column", repr(name), f"a column of {schema.file} that an effect may change", todo,
            name="effect-column",
        )  # fmt: skip
        row.bad.add("column")
        return
    if not context.may_have(table, **{schema.key: key}):
        near = near_names(key, sorted(context.index(table)), limit=1)
        todo = f"Did you mean {near[0]}?" if near else f"Add the row to {schema.file}, or mend the name."
        yield context.problem("effect", row, "row", repr(key), f"a row of {schema.file}", todo, name="effect-row")
        row.bad.add("row")
        return
    if is_fixed_parameter(table, key):
        yield context.problem(
            "effect", row, "row", repr(key), "a parameter that effects may change; this one is read from the case itself",
            "Remove the effect, or edit parameter.csv in a copy of the case.", name="effect-parameter",
        )  # fmt: skip
        row.bad.add("row")
        return
    yield from _check_value(context, row, column)


def _check_value(context: Context, row: Row, column: Field) -> Iterator[Problem]:
    op, value = row.values["op"], row.values["value"]
    if op == "set":
        try:
            parse_cell(column, value)
        except BadCell as bad:
            yield context.problem("effect", row, "value", repr(value), bad.expected, bad.todo, name="effect-value")
        return
    if column.type != "number":
        yield context.problem(
            "effect", row, "op", f"{op!r} on {column.name}", "set: the column holds no quantity", "Use set.",
            name="effect-operation",
        )  # fmt: skip
        return
    number = plain_number(value)
    if number is None or (op == "multiply" and number < 0):
        expected = "a number" if op == "add" else "a factor of zero or more"
        yield context.problem(
            "effect", row, "value", repr(value), expected, f"Write the {'increment' if op == 'add' else 'factor'}.",
            name="effect-value",
        )  # fmt: skip
        return
    here = context.value(row.values["table"], row.values["row"], column.name)
    if isinstance(here, float) and math.isnan(here) and not _set_elsewhere(context, row):
        yield context.problem(
            "effect", row, "op", f"{op!r} on a blank cell", "a figure in the cell, or set",
            f"Fill in {column.name} of {row.values['row']}, or use set.", name="effect-on-blank",
        )  # fmt: skip


def _cell(row: Row) -> tuple[str, str, str]:
    return row.values["table"], row.values["row"], row.values["column"]


def _set_elsewhere(context: Context, row: Row) -> bool:
    mine = (*_cell(row), row.values["owner"])
    return any(
        (*_cell(other), other.values["owner"]) == mine and other.values["op"] == "set"
        for other in context.rows("effect")
    )


@rule("two-owners-set-one-cell")
def _owners(context: Context) -> Iterator[Problem]:
    """Two projects that may be open together must not set one cell to two values; nor may one owner set it twice."""
    setters: dict[tuple[str, str, str], list[Row]] = {}
    for row in context.rows("effect"):
        if row.values["op"] == "set":
            setters.setdefault(_cell(row), []).append(row)
    for cell, rows in setters.items():
        for position, row in enumerate(rows):
            other = next((first for first in rows[:position] if _together(context, first, row)), None)
            if other is not None:
                yield context.problem(
                    "effect", row, "value", f"{cell[0]} {cell[1]} {cell[2]} set by {row.values['owner']}",
                    f"one owner (line {other.line} sets it for {other.values['owner']})",
                    "Remove one, or use multiply or add.", name="two-owners-set-one-cell",
                )  # fmt: skip


def _together(context: Context, first: Row, second: Row) -> bool:
    one, two = first.values["owner"], second.values["owner"]
    if one == two:
        same_year = first.values["from_year"] == second.values["from_year"]
        return same_year or (math.isnan(first.values["from_year"]) and math.isnan(second.values["from_year"]))
    projects = context.index("project")
    if one not in projects or two not in projects or all_alike([first.values["value"], second.values["value"]]):
        return False
    if {"alternatives", "contains"} & (projects[one].bad | projects[two].bad):
        return False
    return two not in projects[one].values["alternatives"] and one not in projects[two].values["alternatives"]


@rule("project-cycle")
def _cycles(context: Context) -> Iterator[Problem]:
    projects = context.index("project")
    for column in ("prerequisites", "contains"):
        graph = {
            name: [other for other in row.values[column] if other in projects] if column not in row.bad else []
            for name, row in projects.items()
        }
        for cycle in find_cycles(graph):
            row = projects[cycle[0]]
            yield context.problem(
                "project", row, column, " -> ".join([*cycle, cycle[0]]), "no cycle",
                f"Remove one of these from {column}; put it into conditions.", name=f"cycle-of-{column}",
            )  # fmt: skip


def find_cycles(graph: dict[str, list[str]]) -> list[list[str]]:
    """Return each cycle that a depth-first walk meets, starting at its first node in order; none twice."""
    state: dict[str, int] = {}
    found: dict[frozenset[str], list[str]] = {}

    def walk(node: str, path: list[str]) -> None:
        state[node] = 1
        path.append(node)
        for other in graph.get(node, ()):
            if state.get(other, 0) == 0:
                walk(other, path)
            elif state[other] == 1:
                cycle = path[path.index(other) :]
                first = cycle.index(min(cycle))
                found.setdefault(frozenset(cycle), cycle[first:] + cycle[:first])
        path.pop()
        state[node] = 2

    for node in graph:
        if state.get(node, 0) == 0:
            walk(node, [])
    return list(found.values())


@rule("project-relations")
def _relations(context: Context) -> Iterator[Problem]:
    projects = context.index("project")
    for name, row in projects.items():
        if {"alternatives", "contains", "prerequisites"} & row.bad:
            continue
        if name in row.values["alternatives"]:
            yield context.problem(
                "project", row, "alternatives", f"{name} itself", "other projects", "Remove it.", name="own-alternative"
            )
        for other in row.values["alternatives"]:
            theirs = projects.get(other)
            if theirs is not None and "alternatives" not in theirs.bad and name not in theirs.values["alternatives"]:
                yield context.problem(
                    "project", row, "alternatives", f"{other}, which does not name {name}", "alternatives on both rows",
                    f"Add {name} to the alternatives of {other}.", name="alternatives-one-sided",
                )  # fmt: skip
        for column in ("prerequisites", "contains"):
            both = sorted(set(row.values["alternatives"]) & set(row.values[column]))
            if both:
                yield context.problem(
                    "project", row, column, f"{', '.join(both)} as an alternative too", f"{column} or alternatives",
                    "Remove it from one of the two.", name="alternative-and-part",
                )  # fmt: skip


@rule("cost-basis")
def _costs(context: Context) -> Iterator[Problem]:
    for row in context.rows("project"):
        costs = [row.values[column] for column in ("cost_musd", "cost_low_musd", "cost_high_musd")]
        known = not all(math.isnan(cost) for cost in costs)
        basis = row.values["cost_basis"]
        if known == (basis == "none"):
            expected = (
                "reported, derived or assumed, since there is a cost" if known else "none, since there is no cost"
            )
            yield context.problem(
                "project", row, "cost_basis", repr(basis), expected, "Mend the basis or the cost.", name="cost-basis"
            )


@rule("project-without-effect")
def _silent(context: Context) -> Iterator[Problem]:
    """Demand that a project acts, or says why it does not."""
    raws = [context.tables[name] for name in ("effect", "link", "terminal", "project")]
    if not raws[0].present:
        return
    if any(raw.broken or any({"owner", "project_id", "contains"} & row.bad for row in raw.rows) for raw in raws):
        return
    acting = {row.values["owner"] for row in raws[0].rows}
    acting |= {name for raw in raws[1:3] for row in raw.rows for name in row.values["project_id"]}
    projects = context.index("project")
    for _ in projects:  # a part may have parts
        acting |= {name for name, row in projects.items() if set(row.values["contains"]) & acting}
    for row in context.rows("project"):
        name, reason = row.values["project_id"], row.values["no_effect"]
        if name not in acting and not reason:
            yield context.problem(
                "project", row, "no_effect", "a blank cell", f"a reason, since {name} changes nothing",
                "Add its effects to effect.csv, or say why it has none.", name="project-without-effect",
            )  # fmt: skip
        elif name in acting and reason:
            yield context.problem(
                "project", row, "no_effect", "a reason", f"a blank cell, since {name} changes something",
                "Clear it, or remove the effects.", name="reason-and-effect",
            )  # fmt: skip


@rule("committed-without-year")
def _committed(context: Context) -> Iterator[Problem]:
    for row in context.rows("project"):
        blank = math.isnan(row.values["open_year"]) and math.isnan(row.values["duration_years"])
        if row.values["status"] == "committed" and blank:
            yield context.problem(
                "project", row, "open_year", "a blank cell, and no duration_years", "a year: the project is committed",
                "Fill in the year in which it opens.", name="committed-without-year",
            )  # fmt: skip


@rule("candidate-in-the-past")
def _candidates(context: Context) -> Iterator[Problem]:
    if context.config is None:
        return
    base = context.config.case.base_year
    for row in context.rows("project"):
        opens = row.values["open_year"]
        if row.values["status"] == "candidate" and opens < base:
            yield context.problem(
                "project", row, "open_year", number_text(opens), f"{base}, the base year, or later: nothing is decided yet",
                "Correct the year, or the status.", name="candidate-in-the-past",
            )  # fmt: skip


@rule("unknown-country")
def _countries(context: Context) -> Iterator[Problem]:
    """Demand that a country that builds, or that a standing counts, is in the case: else its gains are nobody's."""
    tables = ("node", "zone", "stakeholder")
    expected = "a country of node.csv, zone.csv or stakeholder.csv"
    todo = "Mend the code, or add the country."

    def known(country: str) -> bool:
        return any(context.may_have(table, country=country) for table in tables)

    for row in context.tables["project"].rows:
        for country in () if "country" in row.bad else row.values["country"]:
            if not known(country):
                yield context.problem("project", row, "country", country, expected, todo, name="unknown-country")
    for standing in context.config.appraisal.standings if context.config is not None else ():
        for country in standing.countries:
            if not known(country):
                place = f"appraisal.standings, {standing.id}"
                yield Problem("case.toml", 0, place, country, expected, todo, "unknown-country")


@rule("probabilities")
def _probabilities(context: Context) -> Iterator[Problem]:
    raw = context.tables["scenario"]
    if raw.broken or any({"probability", "kind"} & row.bad for row in raw.rows):
        return
    states = [row for row in raw.rows if row.values["kind"] == "state"]
    given = [row for row in states if not math.isnan(row.values["probability"])]
    for row in raw.rows:
        if row.values["kind"] != "state" and not math.isnan(row.values["probability"]):
            yield context.problem(
                "scenario", row, "probability", f"{number_text(row.values['probability'])} on kind {row.values['kind']!r}",
                "a blank cell: only states share out the time", "Clear it, or make it a state.",
                name="probability-of-no-state",
            )  # fmt: skip
    if not given:
        return
    blank = [row.values["scenario_id"] for row in states if row not in given]
    total = sum(row.values["probability"] for row in given)
    if blank:
        yield Problem(
            raw.schema.file, 0, "probability", f"none for {', '.join(blank)}", "one for every state, or none at all",
            "Fill in the missing ones.", "probability-missing",
        )  # fmt: skip
    elif abs(total - 1) > PROBABILITY_SLACK:
        yield Problem(
            raw.schema.file, 0, "probability", f"a sum of {number_text(total)} over the states", "1",
            "Correct the probabilities of the states.", "probabilities-sum",
        )  # fmt: skip


@rule("one-today")
def _today(context: Context) -> Iterator[Problem]:
    raw = context.tables["scenario"]
    todays = [row for row in raw.rows if "kind" not in row.bad and row.values["kind"] == "today"]
    if len(todays) > 1:
        yield context.problem(
            "scenario", todays[1], "kind", "'today' a second time", "one scenario of kind today",
            "Make the other a state or a future.", name="two-todays",
        )  # fmt: skip


@rule("finance-share-or-amount")
def _finance(context: Context) -> Iterator[Problem]:
    shares: dict[str, float] = {}
    for row in context.rows("finance"):
        share, amount = (row.values[name] for name in ("share", "amount_musd"))
        if math.isnan(share) == math.isnan(amount):
            found = (
                "a blank cell, and no amount_musd" if math.isnan(share) else f"{number_text(share)}, and amount_musd"
            )
            yield context.problem(
                "finance", row, "share", found, "a share or an amount", "Fill in one of the two, and one only.",
                name="finance-share-or-amount",
            )  # fmt: skip
            continue
        if row.values["status"] == "withdrawn" or math.isnan(share):
            continue
        project = row.values["project_id"]
        shares[project] = shares.get(project, 0.0) + share
        if shares[project] > 1 + PROBABILITY_SLACK:
            yield context.problem(
                "finance", row, "share", f"{number_text(share)}, which makes {number_text(shares[project])} for {project}",
                "shares of a project that add up to one at most", "Mend a share, or set what no longer stands to withdrawn.",
                name="finance-shares",
            )  # fmt: skip


@rule("finance-terms")
def _finance_terms(context: Context) -> Iterator[Problem]:
    for row in context.rows("finance"):
        tenor, grace = (row.values[name] for name in ("tenor_years", "grace_years"))
        if grace > tenor:
            yield context.problem(
                "finance", row, "grace_years", number_text(grace), f"no more than tenor_years, {number_text(tenor)}",
                "Mend one of the two; the tenor includes the years of grace.", name="finance-terms",
            )  # fmt: skip


@rule("finance-guarantee")
def _finance_guarantee(context: Context) -> Iterator[Problem]:
    for row in context.rows("finance"):
        share, instrument = row.values["guaranteed_share"], row.values["instrument"]
        if instrument not in DEBT and not math.isnan(share):
            yield context.problem(
                "finance", row, "guaranteed_share", f"{number_text(share)} for a {instrument}",
                f"a blank cell, since only a {' or '.join(DEBT)} is owed", "Clear it, or mend the instrument.",
                name="finance-guarantee",
            )  # fmt: skip


@rule("exchange-rate-missing")
def _exchange_missing(context: Context) -> Iterator[Problem]:
    for row in context.rows("finance"):
        currency = row.values["currency"]
        if currency and currency != DOLLAR and not context.may_have("exchange_rate", currency=currency):
            yield context.problem(
                "finance", row, "currency", f"{currency}, which has no rate in exchange_rate.csv",
                f"{DOLLAR}, or a currency with rates",
                "Add its rates: of the first and the last year of the loan at least.", name="exchange-rate-missing",
            )  # fmt: skip


@rule("exchange-rate-twice")
def _exchange_twice(context: Context) -> Iterator[Problem]:
    seen: dict[tuple[str, int], str] = {}
    for row in context.rows("exchange_rate"):
        currency, year = str(row.values["currency"]), int(row.values["year"])
        if currency == DOLLAR:
            yield context.problem(
                "exchange_rate", row, "currency", DOLLAR, "another currency, since rates are in dollars", "Remove the row.",
                name="exchange-rate-of-the-dollar",
            )  # fmt: skip
        elif (currency, year) in seen:
            yield context.problem(
                "exchange_rate", row, "year", f"{year} for {currency}, as {seen[currency, year]} has", "one rate for each year",
                "Remove one of the two; carry what sources disagree on as the range of one row.", name="exchange-rate-twice",
            )  # fmt: skip
        seen.setdefault((currency, year), str(row.values["exchange_rate_id"]))
