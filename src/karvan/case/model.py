"""A corridor's facts in memory, and what a setting makes of them."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from karvan.case.apply import apply_effects, open_projects
from karvan.case.calibration import calibrated_tables
from karvan.case.ranges import Range, confidence_shares, figure_range
from karvan.case.schema import range_columns, schemas
from karvan.case.setting import Setting
from karvan.errors import RequestError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from karvan.case.apply import Deeds
    from karvan.case.config import CaseConfig


#: Tables with effects applied that a case keeps.
MOST_ALTERED = 128
#: Threads that solve settings of one case keep what they altered one at a time.
_KEEPING = threading.Lock()
#: The rows of a table by key, each a dict of typed cells.
Rows = dict[str, dict[str, Any]]


def rows_of(frame: pd.DataFrame) -> Rows:
    """Return the rows of a table by key."""
    names = [str(name) for name in frame.columns]
    # column by column: pandas takes several times as long row by row
    columns = [frame.iloc[:, place].tolist() for place in range(len(names))]
    for place, cells in enumerate(columns):
        if frame.dtypes.iloc[place] == "object":
            # a number of NumPy's becomes one of Python's
            columns[place] = [cell.item() if hasattr(cell, "dtype") else cell for cell in cells]
    rows = zip(*columns, strict=True)
    return {str(key): dict(zip(names, row, strict=True)) for key, row in zip(frame.index, rows, strict=True)}


@dataclass(frozen=True, eq=False)
class Case:
    """A corridor's facts, checked.

    Attributes
    ----------
    folder
        Where it was read from.
    config
        The contents of case.toml.
    tables
        One DataFrame per table of the format, indexed by the row's key. Blank numbers are NaN, other blanks are empty;
        lists are tuples of strings.
    digest
        SHA-256 of the canonical bytes of its files.
    as_read
        Whether its tables are those of the files; never so where they were replaced.
    """

    folder: Path
    config: CaseConfig
    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    digest: str
    as_read: bool = field(default=False, init=False, repr=False)

    @property
    def id(self) -> str:
        """Name of the case."""
        return self.config.case.id

    @cached_property
    def _rows(self) -> dict[str, Rows]:
        return {}

    def rows(self, table: str) -> Rows:
        """Return the rows of a table by key."""
        if table not in self._rows:
            self._rows[table] = rows_of(self.tables[table])
        return self._rows[table]

    @cached_property
    def calibrated(self) -> dict[str, pd.DataFrame]:
        """The tables with the factors of calibration.csv applied: what every setting starts from."""
        return calibrated_tables(self.tables)

    @cached_property
    def _calibrated_rows(self) -> dict[str, Rows]:
        return {}

    def calibrated_rows(self, table: str) -> Rows:
        """Return the rows of a table by key, with the factors of calibration.csv applied."""
        if self.calibrated[table] is self.tables[table]:
            return self.rows(table)
        if table not in self._calibrated_rows:
            self._calibrated_rows[table] = rows_of(self.calibrated[table])
        return self._calibrated_rows[table]

    @cached_property
    def effects(self) -> dict[str, list[tuple[int, dict[str, Any]]]]:
        """The rows of effect.csv by owner, each with its place in the table."""
        found: dict[str, list[tuple[int, dict[str, Any]]]] = {}
        for place, row in enumerate(self.rows("effect").values()):
            found.setdefault(row["owner"], []).append((place, row))
        return found

    @cached_property
    def parameters(self) -> dict[str, float]:
        """The values of parameter.csv, by name."""
        return {name: float(row["value"]) for name, row in self.rows("parameter").items()}

    @cached_property
    def assumption_sources(self) -> frozenset[str]:
        """The sources that are assumptions."""
        return frozenset(name for name, row in self.rows("source").items() if row["kind"] == "assumption")

    def is_assumption(self, table: str, row: str) -> bool:
        """Whether a row rests on an assumption."""
        return not self.assumption_sources.isdisjoint(self.rows(table)[row]["source"])

    def range_of(self, table: str, row: str, column: str) -> Range:
        """Return the range of a figure: the row's own low and high, or what its confidence leaves."""
        schema = schemas()[table]
        cells = self.rows(table)[row]
        spec = schema.field(column)
        if spec is None:
            raise UnknownNameError("column", column, [item.name for item in schema.fields])
        pair = range_columns(spec, schema)
        low, high = (float(cells[name]) for name in pair) if pair else (math.nan, math.nan)
        share = confidence_shares(self.parameters)[str(cells["confidence"])]
        return figure_range(float(cells[column]), low, high, share)

    def refuse_beyond_horizon(self, year: int | None) -> None:
        """Refuse a year for which the case says nothing.

        Raises
        ------
        RequestError
            It lies beyond the horizon of the case.
        """
        horizon = self.config.case.horizon_year
        if year is not None and year > horizon:
            message = f"Year {year} lies beyond the horizon {horizon} of {self.id}. Choose {horizon} or earlier."
            raise RequestError(message)

    def apply(self, setting: Setting | None = None) -> AppliedCase:
        """Return the case as the setting makes it; the only place where effects act.

        The tables are calibrated first. Then, in each cell: set, multiply, add; projects first, then the scenario, then the
        setting's own changes.

        Parameters
        ----------
        setting
            Year, scenario, projects and changes; None is the base year in the default scenario.

        Raises
        ------
        UnknownNameError
            The setting names a project, scenario, table, row or column that is not there.
        RequestError
            The setting names two alternatives, a year before the base year, or a change that cannot be made.
        CaseError
            Two owners set one cell, or an effect takes a figure out of its bounds.
        """
        setting = setting or Setting()
        scenario = setting.scenario or self.config.case.default_scenario
        if scenario not in self.rows("scenario"):
            raise UnknownNameError("scenario", scenario, list(self.rows("scenario")))
        resolved = setting.model_copy(update={"scenario": scenario})
        opened, notes = open_projects(self, resolved)
        # what is known now stays known until all is done, whatever other settings bring meanwhile
        with _KEEPING:
            known = dict(self._known)
        tables, done = apply_effects(self, resolved, opened, known)
        altered = self._keep_altered({
            (table, deeds): known.get((table, deeds)) or Altered.of(self, table, deeds, tables[table])
            for table, deeds in done.items()
        })  # fmt: skip
        tables |= {table: found.frame for table, found in altered.items()}
        return AppliedCase(self, resolved, tables, opened, notes, altered)

    @cached_property
    def _known(self) -> dict[tuple[str, tuple[Deeds, ...]], Altered]:
        return {}

    def _keep_altered(self, altered: Mapping[tuple[str, tuple[Deeds, ...]], Altered]) -> dict[str, Altered]:
        """Keep tables as effects leave them, for settings that do the same to them, and return what all go on with.

        The latest are kept.
        """
        found = {}
        with _KEEPING:
            for key, made in altered.items():
                # where another thread has made it meanwhile it is that one
                found[key[0]] = self._known[key] = self._known.pop(key, made)
            while len(self._known) > MOST_ALTERED:
                self._known.pop(next(iter(self._known)))
        return found

    @cached_property
    def untouched(self) -> AppliedCase:
        """The calibrated tables with no effect applied and no project open: what settings are compared with."""
        return AppliedCase(self, Setting(scenario=self.config.case.default_scenario), self.calibrated, frozenset(), ())


@dataclass(frozen=True, eq=False)
class Altered:
    """A table that effects have altered.

    Attributes
    ----------
    case, table
        Whose it is.
    frame
        The table.
    touched
        Row and column of every cell that effects alter.
    """

    case: Case
    table: str
    frame: pd.DataFrame = field(repr=False)
    touched: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, case: Case, table: str, deeds: tuple[Deeds, ...], frame: pd.DataFrame) -> Altered:
        """Return a table in which so much was done."""
        touched = frozenset((row, column) for part in deeds for _, (_, row, column), _, _ in part.each)
        return cls(case, table, frame, touched)

    @cached_property
    def rows(self) -> Rows:
        """The rows by key; those that none alters are those of the case."""
        plain = self.case.calibrated_rows(self.table)
        place = {key: number for number, key in enumerate(plain)}
        altered = {key: plain[key].copy() for key, _ in sorted(self.touched)}
        for column in sorted({column for _, column in self.touched}):
            keys = [key for key, other in self.touched if other == column]
            cells = self.frame[column].to_numpy()[[place[key] for key in keys]].tolist()
            for key, cell in zip(keys, cells, strict=True):
                altered[key][column] = cell
        return plain | altered


@dataclass(frozen=True, eq=False)
class AppliedCase:
    """A case under a setting: what network and routes are built from.

    Attributes
    ----------
    case, setting
        Where it comes from; the scenario is filled in.
    tables
        As in :class:`Case`, with every effect applied.
    open_projects
        Projects that are open: done, committed by now, or named by the setting.
    notes
        What the reader of a result should know, such as a missing prerequisite.
    altered
        The tables that effects alter.
    """

    case: Case
    setting: Setting
    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    open_projects: frozenset[str]
    notes: tuple[str, ...]
    altered: Mapping[str, Altered] = field(default_factory=dict, repr=False)

    @cached_property
    def _rows(self) -> dict[str, Rows]:
        return {}

    def rows(self, table: str) -> Rows:
        """Return the rows of a table by key, with every effect applied; rows that none alters are those of the case."""
        if self.tables[table] is self.case.calibrated[table]:
            return self.case.calibrated_rows(table)
        known = self.altered.get(table)
        if known is not None and known.frame is self.tables[table]:
            return known.rows
        if table not in self._rows:
            self._rows[table] = rows_of(self.tables[table])
        return self._rows[table]

    def is_built(self, status: str, projects: Any) -> bool:  # noqa: ANN401 - a cell of a list column
        """Whether a link or terminal of this status stands in this setting."""
        return status == "existing" or not self.open_projects.isdisjoint(projects)
