"""Reading streams that someone brings: a CSV of years, benefits and costs, checked cell by cell.

Columns are ``year``, ``benefit`` and ``cost``. Each may be split: ``benefit_NAME`` and ``cost_NAME`` are streams of their own,
and one whose name begins with ``cost_capital`` is of the investment. Every fault is found before any is told.
"""

from __future__ import annotations

import csv
import io
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING

from karvan.appraisal.accounts import MOST_YEARS, Accounts, Item, Kind
from karvan.errors import InputError, Problem, near_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_STREAM = re.compile(r"(benefit|cost)(_[a-z0-9_]+)?")
_CAPITAL = "cost_capital"
#: Years beyond this are slips, and would not come out as they were written.
_LAST_YEAR = 9999
#: How a workbook begins, which is a zipped folder.
_ZIPPED = b"PK\x03\x04"
#: A number below zero as documents print it: with a true minus or a dash, or in brackets.
_MINUS = re.compile(r"[\u2212\u2013].*|\(.*\)")
#: A number as people write it elsewhere: with a decimal comma, or thousands set apart.
_OTHER_NUMBER = re.compile(r"[+-]?[0-9]{1,3}([ ,.'\u00a0\u202f][0-9]{3})*([.,][0-9]+)?|[+-]?[0-9]+,[0-9]+")


def read_flows(path: str | Path) -> tuple[Accounts, bytes]:
    """Read streams from a CSV file; return them with the bytes of the file.

    Raises
    ------
    InputError
        The file cannot be read or used; every fault is listed.
    """
    file = Path(path).expanduser()
    try:
        content = file.read_bytes()
    except OSError as error:
        found = "a folder" if file.is_dir() else (error.strerror or str(error)).lower()
        fault = f"found {found}; expected a CSV file with the columns year, benefit and cost."
        raise InputError([fault], what=str(path)) from None
    if content.startswith(_ZIPPED):
        raise InputError(["found a workbook; expected a CSV file. Save its sheet as CSV in UTF-8."], what=str(path))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(["found bytes that are not UTF-8; expected UTF-8. Save it so."], what=str(path)) from None
    return parse_flows(text, file=file.name), content


def parse_flows(text: str, *, file: str) -> Accounts:
    """Return the streams that a CSV text holds.

    Raises
    ------
    InputError
        The text cannot be used; every fault is listed with its line and column.
    """
    rows = [(number, cells) for number, cells in _lines(text, file) if any(cell.strip() for cell in cells)]
    if not rows:
        raise InputError(["found an empty file; expected the columns year, benefit and cost."], what=file)
    header = [cell.strip() for cell in rows[0][1]]
    problems = list(_header_problems(header, file))
    if len(rows) > MOST_YEARS + 1:
        found, expected = f"{len(rows) - 1:,} rows", f"at most {MOST_YEARS:,}, one for each year"
        problems.append(Problem(file, 0, "", found, expected, "Add up what falls in one year.", "too-many-rows"))
        raise InputError(sorted(problems), what=file)
    if len(header) == 1 and problems:
        raise InputError(problems, what=file)
    streams, faults = _streams(rows[1:], header, file)
    problems += faults
    if len(rows) == 1:
        problems.append(Problem(file, 0, "", "no rows", "one row for each year", "Add them.", "no-rows"))
    if not any(problem.rule in ("bad-header", "bad-year") for problem in problems):
        problems += _year_problems([number for number, _ in rows[1:]], streams["year"], file)
    if not problems:
        problems += [*_sum_problems(streams, file), *_sign_problems(streams, file)]
    if problems:
        raise InputError(sorted(problems), what=file)
    items = [
        Item(name, _kind(name), tuple(streams[name]), capital=name.startswith(_CAPITAL))
        for name in header
        if name != "year"
    ]
    return Accounts.of([int(year) for year in streams["year"]], items)


def _streams(
    rows: Sequence[tuple[int, list[str]]], header: Sequence[str], file: str
) -> tuple[dict[str, list[float]], list[Problem]]:
    """Return the figures of known columns by name, and what is wrong with them."""
    streams: dict[str, list[float]] = {name: [] for name in header}
    problems = []
    for number, cells in rows:
        if len(cells) != len(header):
            found, todo = f"{len(cells)} cells", "Streams are of equal length: give every column a cell in every row."
            problems.append(Problem(file, number, "", found, f"{len(header)}, one for each column", todo, "bad-row"))
        for name, cell in zip(header, cells, strict=False):
            if name != "year" and not _STREAM.fullmatch(name):  # told of already
                continue
            value, problem = _number(cell, file, number, name)
            streams[name].append(value)
            problems += [problem] if problem else []
    return streams, problems


def _lines(text: str, file: str) -> Iterable[tuple[int, list[str]]]:
    """Yield each row with its last line; raise InputError where a cell does not end within what is read of one."""
    reader, last = csv.reader(io.StringIO(text, newline="")), 0
    try:
        for cells in reader:
            yield reader.line_num, cells
            last = reader.line_num
    except csv.Error:
        found, todo = (
            f"a cell of more than {csv.field_size_limit():,} characters",
            "Close its quotation mark, or shorten it.",
        )
        raise InputError(
            [Problem(file, last + 1, "", found, "a number or a name", todo, "bad-cell")], what=file
        ) from None


def _kind(name: str) -> Kind:
    return "benefit" if name.startswith("benefit") else "cost"


def _header_problems(header: Sequence[str], file: str) -> Iterable[Problem]:
    expected = "the columns year, benefit and cost"
    if len(header) == 1 and re.search(r"[;\t]", header[0]):
        yield Problem(file, 1, "", "columns set apart by ; or tab", "commas", "Save it with commas.", "bad-header")
        return
    for name in sorted({name for name in header if name and header.count(name) > 1}):
        yield Problem(file, 1, name, "the column twice", "it once", "Rename or remove one.", "bad-header")
    for place, name in enumerate(header, 1):
        plain = _plain(name)
        if not name:
            todo = "Name it, or remove it; a comma at the end of each line makes one."
            yield Problem(file, 1, "", f"column {place} without a name", expected, todo, "bad-header")
        elif name != plain and (plain == "year" or _STREAM.fullmatch(plain)):
            todo = f"Write {plain}: names of columns have small letters, digits and _ only."
            yield Problem(file, 1, name, "an unknown column", expected, todo, "bad-header")
        elif name != "year" and not _STREAM.fullmatch(name):
            near = near_names(name, ["year", "benefit", "cost"], limit=1)
            hint = f"Did you mean {near[0]}? " if near else ""
            todo = f"{hint}Streams of your own are called benefit_NAME or cost_NAME."
            yield Problem(file, 1, name, "an unknown column", expected, todo, "bad-header")
    for wanted in ("year", "benefit", "cost"):
        if not any(
            name == wanted or (wanted != "year" and name.startswith(f"{wanted}_")) for name in map(_plain, header)
        ):
            yield Problem(file, 1, wanted, "no such column", expected, f"Add {wanted}.", "bad-header")


def _plain(name: str) -> str:
    """Return the name of a column in small letters, digits and _."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _sum_problems(streams: dict[str, list[float]], file: str) -> Iterable[Problem]:
    """Yield a column that is the sum of the streams that it is split into: it would count twice."""
    for whole in ("benefit", "cost"):
        parts = [values for name, values in streams.items() if name.startswith(f"{whole}_")]
        sums = [math.fsum(values) for values in zip(*parts, strict=True)]
        if whole in streams and any(sums) and all(map(math.isclose, streams[whole], sums)):
            names = ", ".join(name for name in streams if name.startswith(f"{whole}_"))
            todo = "Remove it, or them: streams are added up, and would count twice."
            yield Problem(
                file, 1, whole, f"the sum of {names}", "streams that stand beside each other", todo, "double-stream"
            )


def _sign_problems(streams: dict[str, list[float]], file: str) -> Iterable[Problem]:
    """Yield outlays that are written below zero: as costs they would count as gains."""
    costs = [name for name in streams if _kind(name) == "cost" and name != "year"]
    for names in ([name for name in costs if name.startswith(_CAPITAL)], costs):
        sums = [math.fsum(values) for values in zip(*(streams[name] for name in names), strict=True)]
        if any(sums) and max(sums) <= 0:
            todo = "Write an outlay of 300 as a cost of 300, and what is saved as a benefit."
            yield Problem(file, 1, ", ".join(names), "no sum above zero", "costs that count up", todo, "negative-cost")
            return


def _number(cell: str, file: str, row: int, column: str) -> tuple[float, Problem | None]:
    text = cell.strip()
    expected = "a year" if column == "year" else "a number"
    rule = "bad-year" if column == "year" else "bad-cell"
    if not text:
        todo = "Fill it in." if column == "year" else "Write 0 where nothing happens."
        return math.nan, Problem(file, row, column, "a blank cell", expected, todo, rule)
    try:
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        todo = "Write a plain number."
        if _OTHER_NUMBER.fullmatch(text):
            todo = "Write it with a decimal point and without separators."
        elif _MINUS.fullmatch(text):
            todo = "Write a sum below zero with a hyphen: -10."
        return math.nan, Problem(file, row, column, repr(text), expected, todo, rule)
    if column == "year" and (value != int(value) or abs(value) > _LAST_YEAR):
        todo = "Write a whole number." if value != int(value) else f"Write a year up to {_LAST_YEAR}."
        return math.nan, Problem(file, row, column, repr(text), expected, todo, rule)
    return value, None


def _year_problems(lines: Sequence[int], years: Sequence[float], file: str) -> Iterable[Problem]:
    """Yield where years do not follow each other."""
    first: dict[int, int] = {}
    listed = {int(year) for year in years}
    for place, (line, value) in enumerate(zip(lines, years, strict=False)):
        year = int(value)
        before = int(years[place - 1]) if place else year - 1
        if year in first:
            found, todo = f"{year} again, as on line {first[year]}", "Add the two rows up, or correct the year."
            yield Problem(file, line, "year", found, "each year once", todo, "double-year")
        elif year < before:
            yield Problem(
                file, line, "year", f"{year} after {before}", "ascending years", "Sort the rows.", "unsorted-years"
            )
        elif missing := [gap for gap in range(before + 1, year) if gap not in listed]:
            whole = missing[-1] - missing[0] + 1 == len(missing) > 1
            names = f"{missing[0]} to {missing[-1]}" if whole else ", ".join(map(str, missing))
            todo = f"Add {names}, with 0 where nothing happens."
            yield Problem(file, line, "year", f"{year} after {before}", f"{missing[0]}", todo, "missing-year")
        first.setdefault(year, line)
