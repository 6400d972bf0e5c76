"""A setting: year, scenario, projects and changes, which name every what-if."""

from __future__ import annotations

import numbers
import re
from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from karvan.case.remember import remembered
from karvan.errors import RequestError

_CHANGE = re.compile(r"(?P<table>[a-z_]+):(?P<row>[^:\s]+):(?P<column>[a-z0-9_]+)(?P<op>=|\*=|\+=)(?P<value>.*)")
_OPERATIONS: dict[str, Literal["set", "multiply", "add"]] = {"=": "set", "*=": "multiply", "+=": "add"}


class Change(BaseModel):
    """One cell changed by the user; it overrules projects and scenario."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    row: str
    column: str
    op: Literal["set", "multiply", "add"]
    value: str

    @classmethod
    def parse(cls, text: str) -> Change:
        """Read ``TABLE:ROW:COLUMN=VALUE``, with ``*=`` to multiply and ``+=`` to add.

        Raises
        ------
        RequestError
            The text has another form.
        """
        match = _CHANGE.fullmatch(text.strip())
        if not match:
            message = (
                f"{text!r} is no change. Write TABLE:ROW:COLUMN=VALUE, "
                "for instance border:torkham.road.PAK-AFG:status=open; *= multiplies, += adds."
            )
            raise RequestError(message)
        parts = match.groupdict()
        return cls(
            table=parts["table"],
            row=parts["row"],
            column=parts["column"],
            op=_OPERATIONS[parts["op"]],
            value=parts["value"].strip(),
        )

    def __str__(self) -> str:
        sign = next(sign for sign, op in _OPERATIONS.items() if op == self.op)
        return f"{self.table}:{self.row}:{self.column}{sign}{self.value}"


class Setting(BaseModel):
    """Everything that a result depends on, besides the case.

    Attributes
    ----------
    year
        Year of the network; None is the base year, in which every project named without a year is open.
    scenario
        Scenario; None is the case's default.
    projects
        Projects that are open, ``ID`` or ``ID@YEAR`` to name the year of opening.
    changes
        Cells changed on top.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    year: int | None = None
    scenario: str | None = None
    projects: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()

    @classmethod
    def of(
        cls,
        *,
        year: int | None = None,
        scenario: str | None = None,
        projects: Iterable[str] | str = (),
        changes: Iterable[Change | str] | Change | str = (),
    ) -> Setting:
        """Build a setting from plain values; projects are sorted, changes are parsed.

        Raises
        ------
        RequestError
            Something is not what it should be: every fault at once.
        """
        names, acts = _listed(projects), _listed(changes)
        faults = [] if year is None or _is_year(year) else [f"{year!r} is no year. Write a whole number, such as 2030."]
        if scenario is not None and not (isinstance(scenario, str) and scenario.strip()):
            faults.append(f"{scenario!r} is no scenario. Name one, or none for the default of the case.")
        faults += [f"{name!r} is no project. Write ID or ID@YEAR." for name in names if not isinstance(name, str)]
        faults += [
            f"{change!r} is no change. Write TABLE:ROW:COLUMN=VALUE." for change in acts
            if not isinstance(change, str | Change)
        ]  # fmt: skip
        if faults:
            raise RequestError("\n".join(faults))
        parts = [part.strip() for name in names for part in name.split(",") if part.strip()]
        parsed = tuple(Change.parse(change) if isinstance(change, str) else change for change in acts)
        whole = None if year is None else int(year)
        return cls(year=whole, scenario=scenario, projects=tuple(sorted(set(parts))), changes=parsed)

    def __hash__(self) -> int:
        """Return the hash; that of the changes, of which a drawn world has thousands, is taken once."""
        return hash((self.year, self.scenario, self.projects, _hash_of(self.changes)))

    def project_years(self) -> dict[str, int | None]:
        """Return the named projects with the year of opening, where one was given.

        Raises
        ------
        RequestError
            A year is no year, or a project is named twice.
        """
        found: dict[str, int | None] = {}
        for text in self.projects:
            name, at, year = text.partition("@")
            if at and not re.fullmatch(r"[0-9]{4}", year):
                message = f"{text!r}: {year!r} is no year of opening. Write {name}@2030, or {name} alone."
                raise RequestError(message)
            if name in found:
                message = f"Project {name} is named twice. Name it once."
                raise RequestError(message)
            found[name] = int(year) if year else None
        return found


def _listed(given: object) -> list[Any]:
    """Return what was given as a list; one thing alone is a list of one."""
    if isinstance(given, str | Change) or not isinstance(given, Iterable):
        return [given]
    return list(given)


def _is_year(given: object) -> bool:
    """Tell whether a number is a whole one; NumPy's are numbers too."""
    return not isinstance(given, bool) and isinstance(given, numbers.Real) and float(given).is_integer()


@remembered(32)
def _hash_of(changes: tuple[Change, ...]) -> int:
    return hash(changes)
