"""Reading cells and tables as people wrote them, with every fault named.

Nothing is guessed: a cell that does not fit its column is a :class:`~karvan.errors.Problem` with the raw text in it.
"""

from __future__ import annotations

import csv
import io
import math
import re
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from karvan.errors import Problem, near_names

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from karvan.case.schema import Field, TableSchema

ID_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]*")
CODE_PATTERN = re.compile(r"[A-Z]{3}")
DATE_PATTERN = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
#: Python's own float() takes more: 1_000, digits of other scripts, nan.
NUMBER_PATTERN = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
LIST_SEPARATOR = ";"
#: What no text has: control characters but for tabs and ends of lines.
CONTROL_PATTERN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class BadCell(Exception):  # noqa: N818 - it never leaves this room
    """A cell that does not fit its column."""

    def __init__(self, expected: str, todo: str) -> None:
        super().__init__(expected)
        self.expected = expected
        self.todo = todo


@dataclass
class Row:
    """A row as read: typed values, and the columns whose cells are bad."""

    line: int
    values: dict[str, Any]
    bad: set[str] = field(default_factory=set)


@dataclass
class RawTable:
    """A table as read: its rows, and what is wrong with it."""

    schema: TableSchema
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    present: bool = True
    #: The file or a column of it could not be read: nothing may be concluded from what is not in it.
    broken: bool = False
    #: Columns beyond the schema that are passed over.
    other_columns: frozenset[str] = frozenset()

    def good(self) -> list[Row]:
        """Return the rows without a bad cell."""
        return [row for row in self.rows if not row.bad]


def parse_cell(column: Field, text: str) -> Any:  # noqa: ANN401 - the type is the column's
    """Return the typed value of a cell; a blank becomes the default, or the type's own blank.

    Raises
    ------
    BadCell
        The text does not fit the column.
    """
    text = text.strip()
    if not text:
        if column.required:
            raise BadCell("a value", f"Fill in {column.name}.")
        text = column.default
    if column.type == "list":
        return _parse_list(column, text)
    if not text:
        return math.nan if column.is_number else False if column.type == "bool" else ""
    return _parse_text(column, text)


def _parse_list(column: Field, text: str) -> tuple[str, ...]:
    items = tuple(item.strip() for item in text.split(LIST_SEPARATOR) if item.strip())
    if column.required and not items:
        raise BadCell("a value", f"Fill in {column.name}.")
    if len(set(items)) < len(items):
        raise BadCell("each name once", "Remove the repeated name.")
    return items


def _parse_text(column: Field, text: str) -> Any:  # noqa: ANN401 - the type is the column's
    if column.choices:
        if text not in column.choices:
            near = near_names(text, column.choices, limit=1)
            hint = f"Write {near[0]}." if near else "Write one of them."
            raise BadCell("one of " + ", ".join(column.choices), hint)
        return text
    if column.is_number:
        return _parse_number(column, text)
    if column.type == "bool":
        if text not in {"true", "false"}:
            raise BadCell("true or false", "Write true or false.")
        return text == "true"
    if column.type == "id" and not ID_PATTERN.fullmatch(text):
        raise BadCell("a name of letters, digits, _ . -", "Rename it, here and wherever it is used.")
    if column.type == "country" and not CODE_PATTERN.fullmatch(text):
        raise BadCell("three capital letters", "Write the ISO 3166 alpha-3 code.")
    if column.type == "currency" and not CODE_PATTERN.fullmatch(text):
        raise BadCell("three capital letters", "Write the ISO 4217 code.")
    if column.type == "date":
        last_day(text)
    return text


def _parse_number(column: Field, text: str) -> float:
    whole = column.type in {"int", "year"}
    expected = "a whole number" if whole else "a number"
    value = plain_number(text)
    if value is None or (whole and value != int(value)):
        raise BadCell(expected, f"Write {column.name} as a plain number, remarks in note.")
    if column.above_minimum and value == column.minimum:
        todo = "Leave it blank where there is no limit; where nothing passes, the row's status says so."
        raise BadCell(f"more than {number_text(value)}", todo)
    if column.minimum is not None and value < column.minimum:
        least = "more than" if column.above_minimum else "at least"
        raise BadCell(f"{least} {number_text(column.minimum)}", f"Check the unit ({column.unit or 'none'}).")
    if column.maximum is not None and value > column.maximum:
        raise BadCell(f"at most {number_text(column.maximum)}", f"Check the unit ({column.unit or 'none'}).")
    return value


def plain_number(text: str) -> float | None:
    """Return the finite number that a text writes out in plain digits, or None."""
    value = float(text) if NUMBER_PATTERN.fullmatch(text.strip()) else math.nan
    return value if math.isfinite(value) else None


def number_text(value: float) -> str:
    """Return a number as a message shows it: all its digits, and none of the arithmetic."""
    return f"{value:.12g}"


def all_alike(texts: Collection[str]) -> bool:
    """Tell whether all say the same: 2 and 2.0 do."""
    numbers = [plain_number(text) for text in texts]
    return len({text.strip() if number is None else number for text, number in zip(texts, numbers, strict=True)}) <= 1


def first_day(text: str) -> date:
    """Return the first day of a date, month or year."""
    year, month, day = _date_parts(text)
    return date(year, month or 1, day or 1)


def last_day(text: str) -> date:
    """Return the last day of a date, month or year: the day on which a promise is overdue is the next one."""
    year, month, day = _date_parts(text)
    if day:
        return date(year, month, day)
    return date(year, month or 12, monthrange(year, month or 12)[1])


def _date_parts(text: str) -> tuple[int, int, int]:
    match = DATE_PATTERN.fullmatch(text)
    if not match:
        raise BadCell("a date YYYY, YYYY-MM or YYYY-MM-DD", "Write the date as far as it is known.")
    try:
        date(*(int(part or 1) for part in match.groups()))
    except ValueError:
        raise BadCell("a date of the calendar", "Check month and day.") from None
    year, month, day = (int(part or 0) for part in match.groups())
    return year, month, day


def read_table(
    folder: Path, schema: TableSchema, *, file: str | None = None, other_columns: frozenset[str] = frozenset()
) -> RawTable:
    """Read a table of a case folder with everything that is wrong with its cells.

    Parameters
    ----------
    folder
        The case folder.
    schema
        The table to read.
    file
        File within the folder, where it has another name than the schema's.
    other_columns
        Columns beyond the schema that may be there and are passed over.
    """
    table = RawTable(schema, other_columns=other_columns)
    path = folder / (file or schema.file)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        _miss(table)
        return table
    except OSError as error:
        _break(table, 0, "", str(error.strerror), "a readable file", "Check the file's permissions.", "unreadable-file")
        return table
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        _break(table, line, "", "bytes that are not UTF-8", "UTF-8", "Save the file as UTF-8.", "not-utf8")
        return table
    control = CONTROL_PATTERN.search(text)
    if control:
        line = text.count("\n", 0, control.start()) + 1
        _break(
            table, line, "", f"the character {control[0]!r}", "characters that can be seen",
            "Remove it; another program may have left it behind.", "control-character",
        )  # fmt: skip
        return table
    _read_rows(table, text)
    return table


def _miss(table: RawTable) -> None:
    table.present = False
    if table.schema.required:
        _break(table, 0, "", "no such file", "the file", f"Add {table.schema.file}.", "missing-file")


def _break(table: RawTable, line: int, column: str, found: str, expected: str, todo: str, rule: str) -> None:
    table.broken = True
    table.problems.append(Problem(table.schema.file, line, column, found, expected, todo, rule))


def _read_rows(table: RawTable, text: str) -> None:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, None)
        if not header:
            _break(table, 0, "", "an empty file", "a header line", "Write the header of the schema.", "no-header")
            return
        names = _check_header(table, header)
        if names is None:
            return
        for cells in reader:
            if any(cell.strip() for cell in cells):
                _read_row(table, names, cells, reader.line_num)
    except csv.Error as error:
        _break(table, reader.line_num, "", str(error), "quoted CSV", "Close the quotation mark.", "not-csv")
        return
    _check_keys(table)


def _check_header(table: RawTable, header: list[str]) -> list[str] | None:
    """Return the header as it was meant: what a misspelt column holds is checked all the same. None: it is no header."""
    names = [field.name for field in table.schema.fields]
    twice = [name for name in dict.fromkeys(header) if header.count(name) > 1]
    for name in twice:
        _break(table, 1, name, f"the column {header.count(name)} times", "once", "Remove one.", "duplicate-column")
    meant: dict[str, str] = {}
    for name in header:
        if name in names or name in table.other_columns or name in twice:
            continue
        free = [other for other in names if other not in header and other not in meant.values()]
        near = near_names(name, free, limit=1)
        meant |= {name: near[0]} if near else {}
        todo = f"Rename it to {near[0]}." if near else "Remove it, or put its text into note."
        found, expected = "an unknown column", "a column of the schema"
        table.problems.append(Problem(table.schema.file, 1, name, found, expected, todo, "unknown-column"))
    read = [meant.get(name, name) for name in header]
    for field_ in table.schema.fields:
        if field_.required and field_.name not in read:
            _break(table, 1, field_.name, "no such column", "the column", "Add the column.", "missing-column")
    return None if twice else read


def _read_row(table: RawTable, header: list[str], cells: list[str], line: int) -> None:
    if len(cells) != len(header):
        found, todo = f"{len(cells)} cells", "Quote cells that contain commas."
        _break(table, line, "", found, f"{len(header)} cells", todo, "wrong-cell-count")
        return
    texts = dict(zip(header, cells, strict=True))
    row = Row(line, {})
    for field_ in table.schema.fields:
        missing = field_.required and field_.name not in texts
        text = texts.get(field_.name, "")
        try:
            row.values[field_.name] = parse_cell(field_, text)
        except BadCell as bad:
            row.values[field_.name] = None
            row.bad.add(field_.name)
            if not missing:
                found = repr(text.strip()) if text.strip() else "a blank cell"
                rule = "bad-cell" if text.strip() else "blank-cell"
                table.problems.append(
                    Problem(table.schema.file, line, field_.name, found, bad.expected, bad.todo, rule)
                )
    table.rows.append(row)


def _check_keys(table: RawTable) -> None:
    """Name each key that comes twice. A copy of a row is dropped; another row of that key may be any row that is missed."""
    key = table.schema.key
    seen: dict[str, Row] = {}
    kept = []
    for row in table.rows:
        name = row.values[key]
        if key not in row.bad and name in seen:
            first = seen[name]
            found, expected = f"{name!r} a second time", f"one row (the first is line {first.line})"
            todo = "Remove or rename one of the two."
            table.problems.append(Problem(table.schema.file, row.line, key, found, expected, todo, "duplicate-id"))
            if repr(row.values) == repr(first.values):  # as text: a blank number is equal to none
                continue
            row.bad.add(key)
        elif key not in row.bad:
            seen[name] = row
        kept.append(row)
    table.rows = kept
