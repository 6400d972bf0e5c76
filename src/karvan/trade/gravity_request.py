"""What an estimate is asked for: which columns it names, whether they are there, and which rows its conditions keep."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from karvan.errors import InputError, near_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from karvan.trade.figures import Bools, Figures

LOG = re.compile(r"log\((?P<column>.+)\)")
_WHERE = re.compile(r"(?P<column>.+?)(?<![=<>!])\s*(?P<sign>!=|>=|<=|==|=|>|<)\s*(?P<other>[^=<>].*)")
_QUOTES = ("'", '"')


def check_request(
    figures: Figures, value: str, regressors: Sequence[str], fixed: Sequence[str], cluster: Sequence[str],
    where: Sequence[str],
) -> None:  # fmt: skip
    """Raise what is wrong with the columns asked for, all at once.

    Raises
    ------
    InputError
        A column is not there, or the columns do not go together: every fault.
    """
    if not figures.need_commas():
        raise InputError(figures.problems, what="The data cannot be used")
    signs = "Write COLUMN!=COLUMN or COLUMN>=VALUE; signs are = != < <= > >=."
    conditions = {condition: _condition(figures, condition) for condition in where}
    faults = [f"{condition!r} is no condition. {signs}" for condition, parts in conditions.items() if parts is None]
    wanted = [part for name in (value, *regressors) for part in _columns_of(figures, name, plain=True)]
    wanted += [part for name in (*fixed, *cluster) for part in _columns_of(figures, name, plain=False)]
    wanted += [parts.column for parts in conditions.values() if parts is not None]
    # a blank part of a set is told as such
    faults += [_no_column(figures, name) for name in dict.fromkeys(wanted) if name and not figures.has(name)]
    if not regressors:
        faults.append("No regressor is named. Name at least one column.")
    for kind, given in (("regressor", regressors), ("set of fixed effects", fixed), ("set of clusters", cluster)):
        twice = [name for name in dict.fromkeys(given) if list(given).count(name) > 1]
        faults += [f"The {kind} {name} is named twice. Name it once." for name in twice]
    for kind, sets in (("set of fixed effects", fixed), ("set of clusters", cluster)):
        faults += [
            f"The {kind} {name!r} has a blank beside a ^. Join columns by it, such as exporter^year."
            for name in sets
            if "" in _columns_of(figures, name, plain=False)
        ]
    faults += _uses_of_value(figures, value, regressors, fixed)
    if figures.frame.empty:
        faults.append("There are no rows. Fill in the table.")
    if faults:
        raise InputError(faults, what=f"{figures.name} does not fit the request")


def _uses_of_value(figures: Figures, value: str, regressors: Sequence[str], fixed: Sequence[str]) -> list[str]:
    """Return what is wrong with the value: a logarithm, or what is to explain it as well."""
    faults = []
    (column,) = _columns_of(figures, value, plain=True)
    if column != value:
        faults.append(
            f"The value is {value}, but trade is taken in levels, so that zeros count. Name the column {column}."
        )
    for kind, many, given, plain in (
        ("regressor", "regressors", regressors, True),
        ("set of fixed effects", "fixed effects", fixed, False),
    ):
        for name in dict.fromkeys(given):
            if name == value:
                faults.append(f"{value} is both the value and a {kind}. Leave it out of the {many}.")
            elif column in _columns_of(figures, name, plain=plain):
                faults.append(f"The {kind} {name} is made of the value {column}. Leave it out of the {many}.")
    return faults


def _no_column(figures: Figures, name: str) -> str:
    """Return that a column is not there, with one that may be meant; a comma in a name ends it in a list."""
    columns = [str(column) for column in figures.frame.columns]
    cut = [column for column in columns if name in [part.strip() for part in column.split(",")]]
    near = cut[:1] or near_names(name, columns, limit=1)
    listed = ", ".join(f'"{column}"' if "," in column else column for column in (near or columns))
    hint = f"Did you mean {listed}?" if near else f"There are: {listed}."
    if any("," in column for column in near):
        hint += " On the command line a name with a comma stands in double quotes within the list."
    return f"There is no column {name!r}. {hint}"


def _columns_of(figures: Figures, name: str, *, plain: bool) -> list[str]:
    """Return the columns that a regressor, or a set of fixed effects or clusters, is made of."""
    if figures.has(name):
        return [name]
    if not plain:
        return [part.strip() for part in name.split("^")]
    logged = LOG.fullmatch(name)
    return [logged["column"].strip() if logged else name]


class _Condition(NamedTuple):
    """A condition in its parts; `other` is a value where it stands in quotes."""

    column: str
    sign: str
    other: str
    quoted: bool


def _condition(figures: Figures, condition: str) -> _Condition | None:
    match = _WHERE.fullmatch(condition.strip())
    if match is None:
        return None
    column, (other, quoted) = match["column"].strip(), _unquoted(match["other"].strip())
    if not figures.has(column):
        column = _unquoted(column)[0]
    return _Condition(column, "=" if match["sign"] == "==" else match["sign"], other, quoted)


def _unquoted(text: str) -> tuple[str, bool]:
    """Return a text without the quotes around it, and whether there were any."""
    if len(text) > 1 and text[0] in _QUOTES and text[-1] == text[0]:
        return text[1:-1].strip(), True
    return text, False


def meets(figures: Figures, condition: str) -> Bools:
    """Return which rows meet a condition, which is one, between a column and another column or a value."""
    parts = _condition(figures, condition)
    assert parts is not None  # noqa: S101 - the request has been checked
    left = figures.frame[parts.column].astype("string").fillna("").str.strip()
    right = (
        figures.frame[parts.other].astype("string").fillna("").str.strip()
        if figures.has(parts.other) and not parts.quoted
        else pd.Series(parts.other, index=left.index)
    )
    numbers = [pd.to_numeric(side, errors="coerce").to_numpy(dtype=float, na_value=np.nan) for side in (left, right)]
    texts = [side.to_numpy(dtype=object) for side in (left, right)]
    both = ~np.isnan(numbers[0]) & ~np.isnan(numbers[1])
    same = np.where(both, numbers[0] == numbers[1], texts[0] == texts[1])
    if parts.sign in ("=", "!="):
        found: Bools = same if parts.sign == "=" else ~same
        return found
    compare = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}[parts.sign]
    with np.errstate(invalid="ignore"):
        ordered: Bools = both & compare(*numbers)
    return ordered
