"""Calibration: factors on groups of cells, so that the tables keep the figures of their sources.

``calibrated figure = figure x factor``, cut to the bounds of its column. The factors are data (calibration.csv); they are fitted
by :mod:`karvan.routes.calibrate` and act before projects, scenario and changes, so that a project's absolute figure stays what it
is and a project's ratio acts on the calibrated one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from karvan.case.schema import schemas

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd


def calibrated_tables(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables with the factors of calibration.csv applied; a table without factors is the very same object."""
    made = dict(tables)
    for table, row, column, factor in calibrated_cells(tables["calibration"]):
        if factor == 1.0:
            continue
        if made[table] is tables[table]:
            made[table] = tables[table].copy()
        before = float(tables[table][column][row])
        made[table].at[row, column] = _bounded(table, column, before * factor)
    return made


def calibrated_cells(calibration: pd.DataFrame) -> Iterator[tuple[str, str, str, float]]:
    """Yield table, row, column and factor of every cell that calibration.csv names."""
    for group in calibration.to_dict("records"):
        for row in group["rows"]:
            for column in group["columns"]:
                yield str(group["table"]), str(row), str(column), float(group["factor"])


def _bounded(table: str, column: str, value: float) -> float:
    spec = schemas()[table].field(column)
    if math.isnan(value) or spec is None:
        return value
    low = -math.inf if spec.minimum is None else spec.minimum
    high = math.inf if spec.maximum is None else spec.maximum
    return min(max(value, low), high)
