"""What a page asks: a setting as the options of its address, and the same as options of the command line."""

from __future__ import annotations

import shlex
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Query

from karvan.case import Change, Setting
from karvan.errors import RequestError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from karvan.case import Case
    from karvan.network import Network

#: One network is built at a time, and arcs for one: a second reader of the same setting finds them made.
_BUILDING, _MAKING_ARCS = threading.Lock(), threading.Lock()


@dataclass(frozen=True)
class Asked:
    """A setting as an address has it; the names are those of the command line, and lists repeat.

    Attributes
    ----------
    year, scenario, project, change
        As the options of `karvan network`.
    shut, open
        Crossings to shut or open: each stands for a change of `status` on every row of the crossing.
    """

    year: Annotated[int | None, Query(description="Year of the network; none is the base year.")] = None
    scenario: Annotated[str | None, Query(description="Scenario; none is the case's own.")] = None
    project: Annotated[list[str], Query(description="Projects that are open, ID or ID@YEAR.")] = ()  # type: ignore[assignment]
    change: Annotated[list[str], Query(description="TABLE:ROW:COLUMN=VALUE, *=FACTOR or +=INCREMENT.")] = ()  # type: ignore[assignment]
    shut: Annotated[list[str], Query(description="Crossings that are shut.")] = ()  # type: ignore[assignment]
    open: Annotated[list[str], Query(description="Crossings that are open.")] = ()  # type: ignore[assignment]


def setting_of(case: Case, asked: Asked) -> Setting:
    """Return the setting that is asked for, with the switches of crossings written out as changes.

    Raises
    ------
    UnknownNameError
        A crossing is not there.
    RequestError
        A crossing is to be both shut and open, a change has another form, or the year lies beyond the horizon of the case.
    """
    case.refuse_beyond_horizon(asked.year)
    changes: list[Change | str] = list(asked.change)
    changes += switches(case, asked.shut, asked.open)
    return Setting.of(year=asked.year, scenario=asked.scenario, projects=asked.project, changes=changes)


def crossing_rows(case: Case) -> dict[str, list[str]]:
    """Return the rows of border.csv by crossing."""
    found: dict[str, list[str]] = {}
    for name, row in case.rows("border").items():
        found.setdefault(row["crossing_id"], []).append(name)
    return found


def places_in(case: Case, setting: Setting) -> Network:
    """Return the network in a setting, built once also where a page asks for several things at the same time.

    Its arcs are made when they are asked for: no map waits for them.
    """
    from karvan.routes import network_of  # noqa: PLC0415 - heavy: the server answers before it is there

    with _BUILDING:
        return network_of(case, setting)


def network_in(case: Case, setting: Setting) -> Network:
    """Return the same with its arcs."""
    network = places_in(case, setting)
    with _MAKING_ARCS:
        network.arcs("container")
    return network


def switches(case: Case, shut: Iterable[str], opened: Iterable[str]) -> list[Change]:
    """Return the changes that shut and open crossings, in the order of the case's rows."""
    known = crossing_rows(case)
    wanted: dict[str, str] = {}
    for status, names in (("shut", shut), ("open", opened)):
        for name in names:
            if name not in known:
                raise UnknownNameError("crossing", name, list(known))
            if wanted.setdefault(name, status) != status:
                message = f"Crossing {name} is to be both shut and open. Choose one."
                raise RequestError(message)
    return [
        Change(table="border", row=row, column="status", op="set", value=wanted[name])
        for name, rows in known.items()
        if name in wanted
        for row in rows
    ]


def options_of(setting: Setting) -> list[str]:
    """Return a setting as options of the command line, each ready for a shell."""
    parts: list[str] = []
    if setting.scenario is not None:
        parts += ["--scenario", setting.scenario]
    if setting.year is not None:
        parts += ["--year", str(setting.year)]
    for project in setting.projects:
        parts += ["--project", project]
    for change in setting.changes:
        parts += ["--change", str(change)]
    return [shlex.quote(part) for part in parts]
