"""The case format: one schema CSV per table.

Each schema row is a column of the table: its type, unit, whether it is required, its default, its bounds, the table
that it refers to and a description. The same rows drive the checks of `karvan check`, the defaults, and the reference
page of the documentation; they hold no rules across rows, which are named checks in :mod:`karvan.case.rules`.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

#: Tables in the order in which people read them; the flag says whether a case must have the file.
TABLES: dict[str, bool] = {
    "node": True,
    "link": True,
    "terminal": False,
    "border": False,
    "service": True,
    "commodity": True,
    "economy": False,
    "zone": False,
    "trade": False,
    "trade_share": False,
    "base_flow": False,
    "outside": False,
    "background": False,
    "count": False,
    "project": False,
    "finance": False,
    "exchange_rate": False,
    "effect": False,
    "scenario": True,
    "closure": False,
    "transition": False,
    "parameter": False,
    "stakeholder": False,
    "observed": False,
    "conflict": False,
    "calibration": False,
    "programme_body": False,
    "programme_event": False,
    "programme_commitment": False,
    "source": True,
}


@dataclass(frozen=True)
class Field:
    """A column of a table, as its schema row has it."""

    name: str
    type: str
    unit: str
    required: bool
    default: str
    minimum: float | None
    maximum: float | None
    references: str
    description: str
    #: The minimum itself is too little: a limit that lets nothing pass.
    above_minimum: bool = False

    @property
    def choices(self) -> tuple[str, ...]:
        """The values of an enumeration, empty for other types."""
        return tuple(self.type.removeprefix("enum:").split("|")) if self.type.startswith("enum:") else ()

    @property
    def is_number(self) -> bool:
        """Whether the cells hold numbers."""
        return self.type in {"number", "int", "year"}


@dataclass(frozen=True)
class TableSchema:
    """A table of the case format."""

    name: str
    required: bool
    fields: tuple[Field, ...]

    @property
    def file(self) -> str:
        """File within the case folder."""
        if self.name.startswith("programme_"):
            return f"programme/{self.name.removeprefix('programme_')}.csv"
        return f"{self.name}.csv"

    @property
    def key(self) -> str:
        """The column that names the row."""
        return self.fields[0].name

    def field(self, name: str) -> Field | None:
        """Return the column of that name, or None."""
        return next((field for field in self.fields if field.name == name), None)


def range_columns(field: Field, schema: TableSchema) -> tuple[str, str] | None:
    """Return the names of the low and high columns of a figure, where the table has them.

    ``cost_musd`` has ``cost_low_musd`` and ``cost_high_musd``, ``share`` has ``share_low`` and ``share_high``; a column
    ``value`` has ``low`` and ``high``.
    """
    names = {other.name for other in schema.fields}
    if field.name == "value" and {"low", "high"} <= names:
        return "low", "high"
    parts = field.name.split("_")
    for cut in range(len(parts), 0, -1):
        low = "_".join([*parts[:cut], "low", *parts[cut:]])
        high = "_".join([*parts[:cut], "high", *parts[cut:]])
        if {low, high} <= names:
            return low, high
    return None


@cache
def schemas() -> dict[str, TableSchema]:
    """Return the schema of every table, by name."""
    return {name: _read(name, required=required) for name, required in TABLES.items()}


def _read(table: str, *, required: bool) -> TableSchema:
    text = (resources.files("karvan.case") / "schema" / f"{table}.csv").read_text(encoding="utf-8")
    return TableSchema(table, required, tuple(_field(row) for row in csv.DictReader(text.splitlines())))


def _field(row: dict[str, str]) -> Field:
    return Field(
        name=row["field"],
        type=row["type"],
        unit=row["unit"],
        required=row["required"] == "yes",
        default=row["default"],
        minimum=float(row["min"].removeprefix(">")) if row["min"] else None,
        above_minimum=row["min"].startswith(">"),
        maximum=float(row["max"]) if row["max"] else None,
        references=row["references"],
        description=row["description"],
    )
