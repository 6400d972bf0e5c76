"""Options to choose among: reading them from a CSV file, with every fault named at once.

Figures are read as exact decimal fractions, so that a sum that meets the budget to the last cent is not lost to rounding.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from karvan.case.cells import NUMBER_PATTERN
from karvan.errors import InputError, RequestError

COLUMNS = ("group", "option", "cost", "value")
#: Digits of a figure, and its largest exponent: an exact fraction of 1e-999999999 would fill the memory.
MOST_DIGITS, MOST_EXPONENT = 60, 30


def read_figure(text: str) -> Fraction:
    """Return a figure as an exact fraction.

    Raises
    ------
    ValueError
        It is no plain number, or has more digits than a figure has; the message says what is expected.
    """
    text = text.strip()
    match = NUMBER_PATTERN.fullmatch(text)
    if match is None:
        message = "a number"
        raise ValueError(message)
    exponent = (match[2] or "e0")[1:].lstrip("+-").lstrip("0") or "0"
    if len(text) > MOST_DIGITS or len(exponent) > 2 or int(exponent) > MOST_EXPONENT:  # noqa: PLR2004 - digits of 30
        message = f"a number of at most {MOST_DIGITS} digits, between 1e-{MOST_EXPONENT} and 1e{MOST_EXPONENT}"
        raise ValueError(message)
    return Fraction(text)


@dataclass(frozen=True)
class Option:
    """One thing that may be done: at most one option of a group is chosen.

    Attributes
    ----------
    group, option
        Names; the two together are unique.
    cost
        What it takes from the budget, not negative, in the unit of the budget.
    value
        What it is worth, in any one unit; it may be negative, and then it is never chosen.
    """

    group: str
    option: str
    cost: Fraction
    value: Fraction


def read_options(path: str | Path) -> tuple[Option, ...]:
    """Read options from a CSV file with the columns group, option, cost and value.

    Further columns are passed over.

    Raises
    ------
    RequestError
        The file cannot be read.
    InputError
        Columns are missing, figures are not numbers, a cost is negative, or an option is named twice: all faults at once.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        message = f"{path} cannot be read: {why}. Name a CSV file with the columns {', '.join(COLUMNS)}."
        raise RequestError(message) from error
    try:
        lines = list(csv.reader(io.StringIO(text)))
    except csv.Error as error:
        message = f"{path} cannot be read: {error}. Name a CSV file with the columns {', '.join(COLUMNS)}."
        raise RequestError(message) from error
    header = [name.strip() for name in lines[0]] if lines else []
    faults = [f"line 1: no column {name}. Add it to the header." for name in COLUMNS if name not in header]
    faults += [f"line 1: column {name} stands there twice. Keep one." for name in COLUMNS if header.count(name) > 1]
    if faults:
        raise InputError(faults, what=str(path))
    options, faults = _rows(lines, header)
    if not options and not faults:
        faults.append("no option. Give at least one row.")
    if faults:
        raise InputError(faults, what=str(path))
    return tuple(options)


def _rows(lines: list[list[str]], header: list[str]) -> tuple[list[Option], list[str]]:
    options: list[Option] = []
    faults: list[str] = []
    seen: dict[tuple[str, str], int] = {}
    for number, cells in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            faults.append(f"line {number}: {len(cells)} cells, the header has {len(header)}. Give one cell a column.")
            continue
        row = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
        problems = [f"line {number}, {name}: blank. Give a name." for name in ("group", "option") if not row[name]]
        figures = {}
        for name in ("cost", "value"):
            try:
                figures[name] = read_figure(row[name])
            except ValueError as expected:
                problems.append(f"line {number}, {name}: found {row[name]!r}; expected {expected}. Correct it.")
        if figures.get("cost", Fraction(0)) < 0:
            problems.append(f"line {number}, cost: found {row['cost']}; expected zero or more. Correct it.")
        key = (row["group"], row["option"])
        if not problems and key in seen:
            where = f"line {number}: option {key[1]} of group {key[0]} stands in line {seen[key]} already"
            problems.append(f"{where}. Give it another name.")
        faults += problems
        if not problems:
            seen[key] = number
            options.append(Option(*key, figures["cost"], figures["value"]))
    return options, faults
