"""The named checks across rows and tables.

Each rule looks at the rows whose own cells are sound and yields problems. A rule that asks for a row *somewhere else*
stays silent while a bad row could be the missing one, so that one fault gives one problem and two give two.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from karvan.case.cells import Row, first_day, last_day, number_text, plain_number
from karvan.case.schema import range_columns, schemas
from karvan.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from karvan.case.cells import RawTable
    from karvan.case.config import CaseConfig

Rule = "Callable[[Context], Iterator[Problem]]"

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
    _cells: dict[tuple[str, ...], tuple[set[tuple[object, ...]], list[Row]]] = field(default_factory=dict)

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
        columns = tuple(sorted(wanted))
        if (table, *columns) not in self._cells:
            sound = {tuple(row.values[name] for name in columns) for row in raw.rows if row.bad.isdisjoint(columns)}
            self._cells[table, *columns] = sound, [row for row in raw.rows if not row.bad.isdisjoint(columns)]
        known, doubtful = self._cells[table, *columns]
        return (
            raw.broken
            or tuple(wanted[name] for name in columns) in known
            or any(
                all(column in row.bad or row.values[column] == value for column, value in wanted.items())
                for row in doubtful
            )
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


@rule("conflict-place")
def _conflicts(context: Context) -> Iterator[Problem]:
    for row in context.rows("conflict"):
        table, key, column = (row.values[name] for name in ("table", "row", "column"))
        if not table:
            continue
        schema = schemas().get(table)
        if schema is None:
            near = _near(table, schemas())
            todo = f"Did you mean {near}?" if near else "Name a table of the format."
            yield context.problem("conflict", row, "table", repr(table), "a table", todo, name="conflict-place")
        elif key and not context.may_have(table, **{schema.key: key}):
            near = _near(key, context.index(table))
            todo = f"Did you mean {near}?" if near else f"Mend the name, or add the row to {schema.file}."
            yield context.problem(
                "conflict", row, "row", repr(key), f"a row of {schema.file}", todo, name="conflict-place"
            )
        elif column and schema.field(column) is None:
            near = _near(column, [field.name for field in schema.fields])
            todo = f"Did you mean {near}?" if near else "Mend the name."
            yield context.problem(
                "conflict", row, "column", repr(column), f"a column of {schema.file}", todo, name="conflict-place"
            )


@rule("input-as-evidence")
def _inputs(context: Context) -> Iterator[Problem]:
    for row in context.rows("observed"):
        names = row.values["input_to"]
        if names and row.values["use"] != "compare":
            yield context.problem(
                "observed", row, "use", f"{row.values['use']!r} on what {names[0]} rests on",
                "compare: an observation that an input rests on proves nothing", "Set use to compare.",
                name="input-as-evidence",
            )  # fmt: skip
        for name in names:
            table, _, key = name.partition(":")
            if table not in context.tables or not context.may_have(table, **{context.tables[table].schema.key: key}):
                yield context.problem(
                    "observed", row, "input_to", repr(name), "table:key of a row", "Name the row that rests on it.",
                    name="input-as-evidence",
                )  # fmt: skip


@rule("calibration-cells")
def _calibration(context: Context) -> Iterator[Problem]:
    owner: dict[tuple[str, str, str], str] = {}
    for row in context.rows("calibration"):
        table = row.values["table"]
        schema = context.tables[table].schema
        for column in row.values["columns"]:
            spec = schema.field(column)
            if spec is None or spec.type != "number":
                yield context.problem(
                    "calibration", row, "columns", repr(column), f"a column of {schema.file} that holds numbers",
                    "Mend the name of the column.", name="calibration-cells",
                )  # fmt: skip
        for key in row.values["rows"]:
            if not context.may_have(table, **{schema.key: key}):
                yield context.problem(
                    "calibration", row, "rows", repr(key), f"a {schema.key} of {schema.file}",
                    "Mend the name of the row, or leave it out.", name="calibration-cells",
                )  # fmt: skip
            for column in row.values["columns"]:
                first = owner.setdefault((table, key, column), row.values["calibration_id"])
                if first != row.values["calibration_id"]:
                    yield context.problem(
                        "calibration", row, "rows", f"{key} {column}, which {first} has too", "each cell in one group",
                        "Leave it out of one of them.", name="calibration-cells",
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
            ("flows.reference_scenario", "scenario", name)
            for name in (context.config.flows.reference_scenario,)
            if name
        ),
        *(("trade.pair", "economy", name) for name in context.config.trade.pair or ()),
        *(
            ("routes.observed_scenario", "scenario", name)
            for name in (context.config.routes.observed_scenario,)
            if name
        ),
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
