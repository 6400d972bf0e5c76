"""Tables of figures that belong to no case: read as text, checked in full, every fault named.

Nothing is guessed: a blank is not zero, and a row that is not there is not zero either, unless the user says so.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from karvan.errors import Problem, RequestError, near_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from karvan.trade.hat import Floats, Ints

#: Faults of one kind that are listed one by one; the rest are counted.
LISTED = 20

#: Figures beyond have squares that cannot be written.
LARGEST = 1e100

#: What to do with a table of another kind.
COMMAS = "Write the table with commas between columns, and with points in its numbers."

Lines = np.ndarray[tuple[int], np.dtype[np.int64]]
Bools = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass
class Figures:
    """A table while it is checked.

    Attributes
    ----------
    name
        File name, or what the table is to the question.
    frame
        Its cells as text, or as they came in a DataFrame.
    lines
        Line of each row in the file; the header is line 1.
    problems
        What is wrong; shared by the tables of one question.
    digest
        SHA-256 of its cells.
    """

    name: str
    frame: pd.DataFrame
    lines: Lines
    problems: list[Problem]
    digest: str
    broken: bool = field(default=False)

    @classmethod
    def read(cls, table: pd.DataFrame | Path | str, name: str, problems: list[Problem]) -> Figures:
        """Read a CSV or Parquet file, or take a DataFrame.

        Raises
        ------
        RequestError
            There is no such file, or it is no table.
        """
        if isinstance(table, pd.DataFrame):
            frame, shown = table.reset_index(drop=True), name
            lines = np.arange(2, len(frame) + 2)
        else:
            path = Path(table)
            frame, shown = _read_file(path), path.name
            lines = _lines_of(path, len(frame))
        frame.columns = [str(column).strip() for column in frame.columns]
        blank = (frame.map(lambda cell: isinstance(cell, str) and not cell.strip()).all(axis=1)).to_numpy()
        if len(frame.columns) and blank.any():
            frame, lines = frame[~blank].reset_index(drop=True), lines[~blank]
        return cls(shown, frame, lines, problems, _digest(frame))

    def has(self, column: str) -> bool:
        """Whether there is such a column."""
        return column in self.frame.columns

    def need(self, *columns: str) -> bool:
        """Whether all columns are there; each that is not is a problem."""
        missing = [column for column in columns if not self.has(column)]
        there = ", ".join(map(str, self.frame.columns)) or "none"
        if missing and not self.need_commas():
            return False
        for column in missing:
            alike = next((name for name in self.frame.columns if name.casefold() == column.casefold()), None)
            todo = f"Rename {alike} to {column}." if alike else "Add the column."
            self.problem(1, column, f"the columns {there}", f"a column {column}", todo, "missing-column")
        twice = [name for name in dict.fromkeys(self.frame.columns) if list(self.frame.columns).count(name) > 1]
        for column in twice:
            self.problem(1, column, "the column twice", "each column once", "Remove one of them.", "repeated-column")
        if not missing and not twice and self.frame.empty:
            self.problem(0, "", "no rows", "at least one row", "Fill in the table.", "empty-table")
        if missing or twice or self.frame.empty:
            self.broken = True
        return not self.broken

    def need_commas(self) -> bool:
        """Whether the columns are not separated by something else; that they are is a problem."""
        if len(self.frame.columns) != 1 or not _other_signs(str(self.frame.columns[0])):
            return True
        found, todo = f"one column, {str(self.frame.columns[0])!r}", COMMAS
        self.problem(1, "", found, "columns separated by commas", todo, "missing-column")
        self.broken = True
        return False

    def problem(self, line: int, column: str, found: str, expected: str, todo: str, rule: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(self.name, int(line), column, found, expected, todo, rule))

    def each(self, bad: Bools, column: str, expected: str, todo: str, rule: str) -> None:
        """Note a problem for each bad row, and the count of what is left beyond the first of them."""
        rows = np.flatnonzero(bad)
        cells = self.frame[column] if column else None
        for row in rows[:LISTED]:
            found = _shown(cells.iloc[row]) if cells is not None else "the row"
            self.problem(self.lines[row], column, found, expected, todo, rule)
        if len(rows) > LISTED:
            found = f"{len(rows) - LISTED} more such cells"
            self.problem(self.lines[rows[LISTED]], column, found, expected, todo, rule)

    def texts(self, column: str) -> pd.Series[str]:
        """Return a column of names; a blank is a problem."""
        texts = self.frame[column].astype("string").fillna("").str.strip().astype(object)
        self.each((texts == "").to_numpy(), column, "a name", f"Fill in {column}.", "missing-name")
        return texts

    def numbers(self, column: str, *, positive: bool = False, signed: bool = False, infinite: bool = False) -> Floats:
        """Return a column of numbers, NaN where a cell is bad; each bad cell is a problem.

        Parameters
        ----------
        column
            Name of the column.
        positive
            Whether zero is bad.
        signed
            Whether negative numbers are good.
        infinite
            Whether ``inf`` is good.
        """
        raw = self.frame[column]
        text = raw.astype("string").fillna("").str.strip()
        values: Floats = (
            pd.to_numeric(text.replace("", "nan"), errors="coerce").to_numpy(dtype=float, na_value=np.nan).copy()
        )
        bad = np.isnan(values)
        self.each(bad, column, "a number", "Write a plain number; a blank is not zero.", "no-number")
        if not infinite:
            far = np.isinf(values)
            self.each(far, column, "a finite number", "Write a plain number.", "no-number")
            values[far] = np.nan
        large = np.isfinite(values) & (np.abs(values) > LARGEST)
        todo = "Write inf to shut the market." if infinite else "Correct the number, or write it in another unit."
        self.each(large, column, f"a number up to {LARGEST:g}", todo, "number-too-large")
        values[large] = np.nan
        with np.errstate(invalid="ignore"):
            low = (values <= 0) if positive else (values < 0) if not signed else np.zeros(len(values), dtype=bool)
        wanted = "a number above zero" if positive else "a number of zero or more"
        self.each(low, column, wanted, "Correct the number.", "number-too-low")
        values[low] = np.nan
        return values

    def places(self, column: str, names: Sequence[str], kind: str) -> Ints:
        """Return the place of each cell among names, -1 where it is none of them, which is a problem."""
        texts = self.texts(column)
        places: Ints = pd.Index(list(names), dtype=object).get_indexer(pd.Index(texts)).astype(np.int32)
        unknown = (places < 0) & (texts != "").to_numpy()
        for row in np.flatnonzero(unknown)[:LISTED]:
            near = near_names(texts.iloc[row], names, limit=1)
            todo = (
                f"Write {near[0]}, or add it to the other table."
                if near
                else "Remove the row, or add it to the other table."
            )
            self.problem(
                self.lines[row], column, repr(texts.iloc[row]), f"a {kind} of the other table", todo, f"unknown-{kind}"
            )
        extra = int(unknown.sum()) - LISTED
        if extra > 0:
            line = self.lines[np.flatnonzero(unknown)[LISTED]]
            todo = "Give both tables the same names."
            self.problem(
                line, column, f"{extra} more such cells", f"a {kind} of the other table", todo, f"unknown-{kind}"
            )
        return places

    def once(self, keys: Sequence[Ints], names: Sequence[Sequence[str]], what: str) -> Bools:
        """Return which rows are the first of their key; a later row of the same key is a problem."""
        known = np.logical_and.reduce([key >= 0 for key in keys])
        frame = pd.DataFrame(dict(enumerate(keys)))
        again = frame.duplicated().to_numpy() & known
        for row in np.flatnonzero(again)[:LISTED]:
            shown = "-".join(name[key[row]] for key, name in zip(keys, names, strict=True))
            self.problem(
                self.lines[row], "", f"{what} {shown} again", "one row", "Remove or add up the rows.", "repeated-row"
            )
        extra = int(again.sum()) - LISTED
        if extra > 0:
            line = self.lines[np.flatnonzero(again)[LISTED]]
            self.problem(line, "", f"{extra} more such rows", "one row", "Remove or add up the rows.", "repeated-row")
        first: Bools = known & ~again
        return first


def _other_signs(header: str) -> bool:
    """Tell whether columns are set apart by something else than commas."""
    return any(sign in header for sign in ";\t|")


def _lines_of(path: Path, rows: int) -> Lines:
    """Return the line on which each row of a file begins; the header is line 1."""
    lines = np.arange(2, rows + 2)
    if path.suffix.casefold() in {".parquet", ".pq"}:
        return lines
    with path.open(encoding="utf-8-sig", newline="") as file:
        text = file.read()
        # only a quoted cell may have several lines
        if '"' not in text or text.rstrip("\r\n").count("\n") == rows:
            return lines
        file.seek(0)
        begins, last = [], 0
        try:
            for _ in (reader := csv.reader(file)):
                begins.append(last + 1)
                last = reader.line_num
        except csv.Error:
            # a cell beyond what is read there
            return lines
    return np.array(begins[1:], dtype=np.int64) if len(begins) == rows + 1 else lines


def _read_file(path: Path) -> pd.DataFrame:
    if not path.is_file():
        message = f"{path} is no file. Name a CSV file with a header, or a Parquet file."
        raise RequestError(message)
    try:
        if path.suffix.casefold() in {".parquet", ".pq"}:
            return pd.read_parquet(path)
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", skip_blank_lines=False)
    except (ValueError, OSError) as error:
        # pandas raises subclasses of ValueError for what it cannot parse or decode; pyarrow of OSError and ValueError
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        message = f"{path} cannot be read as a table: {reason}. Write it as CSV in UTF-8 with a header, or as Parquet."
        raise RequestError(message) from error
    if not isinstance(frame.index, pd.RangeIndex):
        # pandas takes the first cells of longer rows for labels, and so shifts all others under the wrong names
        named, longer = len(frame.columns), frame.index.nlevels
        todo = "Give every column a name, or take away the commas at the ends of rows."
        if named == 1 and _other_signs(str(frame.columns[0])):
            todo = COMMAS
        message = f"{path} cannot be read as a table: its rows have {named + longer} cells, its header {named}. {todo}"
        raise RequestError(message)
    # pandas calls the second of two columns of one name something else, and so passes over it
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            names = [name.strip() for name in next(csv.reader(file), []) if name.strip()]
    except csv.Error as error:
        message = f"{path} cannot be read as a table: its header, line 1: {error}. Shorten the names of its columns."
        raise RequestError(message) from error
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        message = f"{path} cannot be read as a table: two columns are called {', '.join(twice)}. Rename or remove one."
        raise RequestError(message)
    return frame.fillna("")


def _digest(frame: pd.DataFrame) -> str:
    return hashlib.sha256(frame.to_csv(index=False).encode()).hexdigest()


def _shown(cell: object) -> str:
    if cell is None or (isinstance(cell, float) and np.isnan(cell)) or cell is pd.NA:
        return "a blank cell"
    if isinstance(cell, str):
        return repr(cell) if cell.strip() else "a blank cell"
    return str(cell)
