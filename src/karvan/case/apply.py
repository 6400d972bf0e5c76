"""Effects: the one place where projects, scenarios and changes alter the facts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from karvan.case.cells import BadCell, all_alike, number_text, parse_cell, plain_number
from karvan.case.fixed_parameters import is_fixed_parameter
from karvan.case.parameter_bounds import bounds_of
from karvan.case.project_rules import FIXED_COLUMNS
from karvan.case.remember import remembered
from karvan.case.schema import schemas
from karvan.errors import CaseError, Problem, RequestError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from karvan.case.model import Case
    from karvan.case.schema import Field
    from karvan.case.setting import Change, Setting

#: Tables whose rows an effect or a change may alter.
CHANGEABLE_TABLES = (
    "link", "terminal", "border", "service", "commodity", "parameter", "economy", "base_flow", "outside", "background",
)  # fmt: skip

Cell = tuple[str, str, str]
#: What is done to a cell, whoever does it: in which turn, to which cell, operation, value.
Deed = tuple[int, Cell, str, str]


@dataclass(frozen=True)
class Deeds:
    """What is done to a table, in order; a drawn world does thousands of deeds, and their hash is asked for again and again."""

    each: tuple[Deed, ...]

    @cached_property
    def _hash(self) -> int:
        return hash(self.each)

    def __hash__(self) -> int:
        """Return the hash of the deeds, which is taken once."""
        return self._hash


@dataclass(frozen=True)
class Act:
    """One effect that applies: who does what to which cell."""

    owner: str
    cell: Cell
    op: str
    value: str


# projects -------------------------------------------------------------------------------------------------------------


def opening_year(case: Case, project: str) -> int | None:
    """Return the year in which a project opens by its own row, or None where the row does not say."""
    row = case.rows("project")[project]
    if not math.isnan(row["open_year"]):
        return int(row["open_year"])
    if not math.isnan(row["duration_years"]):
        return case.config.case.base_year + math.ceil(float(row["duration_years"]))
    return None


def resolve_project(case: Case, name: str) -> str:
    """Return the project of that id or alias.

    Raises
    ------
    UnknownNameError
        There is none.
    """
    projects = case.rows("project")
    if name in projects:
        return name
    aliases = {alias: project for project, row in projects.items() for alias in row["alias"]}
    if name in aliases:
        return aliases[name]
    raise UnknownNameError("project", name, [*projects, *aliases])


def open_projects(case: Case, setting: Setting) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the projects that are open in a setting, and notes on what is missing or late.

    Raises
    ------
    UnknownNameError
        A named project is not there.
    RequestError
        The year, or one of opening, lies before the base year; two named projects are alternatives; a project has no year of
        opening.
    """
    base_year = case.config.case.base_year
    if setting.year is not None and setting.year < base_year:
        message = (
            f"Year {setting.year} lies before the base year {base_year} of {case.id}. Choose {base_year} or later."
        )
        raise RequestError(message)
    named = _named_projects(case, setting)
    year = base_year if setting.year is None else setting.year
    notes: list[str] = []
    opened = {
        project
        for project, row in case.rows("project").items()
        if row["status"] == "done" or (row["status"] == "committed" and _is_open(case, project, year))
    }
    for project, given in named.items():
        if setting.year is None and given is None:
            opened.add(project)
            continue
        if given is not None and given < base_year:
            message = (
                f"{project}@{given}: {given} lies before the base year {base_year} of {case.id}, when it does not stand. "
                f"Name {base_year} or later."
            )
            raise RequestError(message)
        opens = given if given is not None else opening_year(case, project)
        if opens is None:
            message = f"Project {project} has no year of opening. Name one: {project}@{year}."
            raise RequestError(message)
        if opens <= year:
            opened.add(project)
        else:
            notes.append(f"{project} opens in {opens}, after {year}: it changes nothing here")
    notes += _missing_prerequisites(case, [project for project in named if project in opened], opened)
    return frozenset(opened), tuple(notes)


def _is_open(case: Case, project: str, year: int) -> bool:
    opens = opening_year(case, project)
    return opens is not None and opens <= year


def _named_projects(case: Case, setting: Setting) -> dict[str, int | None]:
    projects = case.rows("project")
    named: dict[str, int | None] = {}
    for name, year in setting.project_years().items():
        project = resolve_project(case, name)
        if named.setdefault(project, year) != year:
            message = f"Project {project} is named twice. Name it once."
            raise RequestError(message)
    waiting = list(named)
    while waiting:
        project = waiting.pop()
        for part in projects[project]["contains"]:
            if part not in named:
                named[part] = named[project]
                waiting.append(part)
    for project in sorted(named):
        rivals = sorted(set(projects[project]["alternatives"]) & set(named))
        if rivals:
            message = f"Projects {project} and {rivals[0]} are alternatives. Name one of them."
            raise RequestError(message)
    return named


def _missing_prerequisites(case: Case, named: Iterable[str], opened: set[str]) -> list[str]:
    projects = case.rows("project")
    return [
        f"{project} is open without its prerequisite {other}"
        for project in sorted(named)
        for other in projects[project]["prerequisites"]
        if other not in opened
    ]


# effects --------------------------------------------------------------------------------------------------------------


def apply_effects(
    case: Case, setting: Setting, opened: frozenset[str], known: Container[tuple[str, tuple[Deeds, ...]]] = ()
) -> tuple[dict[str, pd.DataFrame], dict[str, tuple[Deeds, ...]]]:
    """Return the tables with every effect of the setting applied, and what was done to each that is altered, in order.

    Tables of which it is known what comes of the same deeds are left as they are.

    Raises
    ------
    UnknownNameError
        A change names a table, row or column that is not there.
    RequestError
        A change cannot be made, or two set one cell.
    CaseError
        Two owners set one cell, or an effect takes a figure out of its bounds.
    """
    year = case.config.case.base_year if setting.year is None else setting.year
    projects = _acts_of(case, opened, year)
    scenario = _acts_of(case, frozenset((str(setting.scenario),)), year)
    changes = _change_acts(case, setting.changes)
    problems = _two_owners([*projects, *scenario])
    if problems:
        raise CaseError(problems, folder=str(case.folder))
    done = _deeds(projects, scenario, changes)
    new = {table for table, deeds in done.items() if (table, deeds) not in known}
    tables = dict(case.calibrated)
    for acts in (projects, scenario):
        problems += _apply_acts(tables, [act for act in acts if act.cell[0] in new])
    if problems:
        raise CaseError(problems, folder=str(case.folder))
    _check_set_once(changes)
    faults = [
        f"{bad.column}: found {bad.found}; expected {bad.expected}. {bad.todo}"
        for bad in _apply_acts(tables, [act for act in changes if act.cell[0] in new])
    ]
    if faults:
        raise RequestError("\n".join(faults))
    return tables, done


def _deeds(*phases: tuple[Act, ...]) -> dict[str, tuple[Deeds, ...]]:
    """Return what is done to every table that is altered, in the order in which it counts: by projects, scenario and changes."""
    done: dict[str, list[Deeds]] = {}
    for phase, acts in enumerate(phases):
        for table, deeds in _deeds_of(phase, acts).items():
            done.setdefault(table, []).append(deeds)
    return {table: tuple(deeds) for table, deeds in done.items()}


@remembered(32)
def _deeds_of(phase: int, acts: tuple[Act, ...]) -> dict[str, Deeds]:
    """Return the same of one of them."""
    done: dict[str, list[Deed]] = {}
    for act in sorted(acts, key=lambda act: (act.cell, act.op == "add", act.owner, act.value)):
        done.setdefault(act.cell[0], []).append((phase, act.cell, act.op, act.value))
    return {table: Deeds(tuple(deeds)) for table, deeds in done.items()}


@remembered(32)
def _acts_of(case: Case, owners: frozenset[str], year: int) -> tuple[Act, ...]:
    acts: dict[tuple[str, Cell, str, int], tuple[float, Act]] = {}
    theirs = [item for owner in owners for item in case.effects.get(owner, ())]
    for position, row in sorted(theirs, key=itemgetter(0)):
        starts = float(row["from_year"])
        if starts > year:
            continue
        act = Act(row["owner"], (row["table"], row["row"], row["column"]), row["op"], row["value"])
        # an owner that sets a cell from several years on: the latest that has begun holds
        key = (act.owner, act.cell, act.op, 0 if act.op == "set" else position)
        since = -math.inf if math.isnan(starts) else starts
        if key not in acts or acts[key][0] <= since:
            acts[key] = (since, act)
    return tuple(act for _, act in acts.values())


def _two_owners(acts: Sequence[Act]) -> list[Problem]:
    setters: dict[Cell, dict[str, str]] = {}
    for act in acts:
        if act.op == "set":
            setters.setdefault(act.cell, {})[act.owner] = act.value
    said = {
        cell: " and ".join(f"to {value} by {owner}" for owner, value in sorted(theirs.items()))
        for cell, theirs in setters.items() if not all_alike(theirs.values())
    }  # fmt: skip
    return [
        Problem(
            "effect.csv", 0, "value", f"{cell[0]} {cell[1]} {cell[2]} set {theirs}", "one value in a setting",
            "Leave one of them out, or change its effect; trade and what follows solve every state of the crossings.",
            "two-owners-set-one-cell",
        )
        for cell, theirs in sorted(said.items())
    ]  # fmt: skip


def _check_set_once(changes: Sequence[Act]) -> None:
    seen: set[Cell] = set()
    for cell in (act.cell for act in changes if act.op == "set"):
        if cell in seen:
            message = f"Two changes set {':'.join(cell)}. Set it once."
            raise RequestError(message)
        seen.add(cell)


def _apply_acts(tables: dict[str, pd.DataFrame], acts: Sequence[Act]) -> list[Problem]:
    cells: dict[Cell, list[Act]] = {}
    for act in acts:
        cells.setdefault(act.cell, []).append(act)
    problems: list[Problem] = []
    values: dict[tuple[str, str], dict[str, Any]] = {}
    columns: dict[tuple[str, str], dict[str, Any]] = {}
    for cell, theirs in sorted(cells.items()):
        table, row, column = cell
        if (table, column) not in columns:
            # a column at a time: a draw of what is uncertain changes thousands of cells
            columns[table, column] = dict(zip(tables[table].index, tables[table][column].tolist(), strict=True))
        value, problem = _new_value(cell, columns[table, column][row], theirs)
        if problem:
            problems.append(problem)
        else:
            values.setdefault((table, column), {})[row] = value
    copied = {table: tables[table].copy() for table, _ in values}
    for (table, column), changed in values.items():
        frame = copied[table]
        if frame[column].dtype == np.float64:
            figures = frame[column].to_numpy(copy=True)
            figures[frame.index.get_indexer(pd.Index(list(changed)))] = list(changed.values())
            frame[column] = figures
        else:
            for row, value in changed.items():
                frame.at[row, column] = value
    tables.update(copied)
    return problems


def _new_value(cell: Cell, before: Any, acts: Sequence[Act]) -> tuple[Any, Problem | None]:  # noqa: ANN401 - the type is the column's
    column = schemas()[cell[0]].field(cell[2])
    assert column is not None  # noqa: S101 - checked when the case or the change was read
    value = before
    for act in acts:
        if act.op == "set":
            try:
                value = parse_cell(column, act.value)
            except BadCell as bad:
                return None, _effect_problem(cell, acts, repr(act.value), bad.expected, bad.todo)
    quantities = [act for act in acts if act.op != "set"]
    if not quantities:
        return value, _beyond_bounds(cell, acts, value)
    if math.isnan(value):
        todo = "Set it first, or fill in the cell."
        return None, _effect_problem(cell, acts, "a blank cell", "a figure to multiply or add to", todo)
    for act in sorted(quantities, key=lambda act: (act.op == "add", act.owner, act.value)):
        value = value * float(act.value) if act.op == "multiply" else value + float(act.value)
    try:
        return parse_cell(column, repr(float(value))), _beyond_bounds(cell, acts, value)
    except BadCell as bad:
        return None, _effect_problem(cell, acts, f"{number_text(value)} after all effects", bad.expected, bad.todo)


def _beyond_bounds(cell: Cell, acts: Sequence[Act], value: Any) -> Problem | None:  # noqa: ANN401 - the type is the column's
    """Return what is wrong with the value of a parameter after all effects."""
    bounds = bounds_of(cell[1]) if cell[0] == "parameter" and cell[2] == "value" else None
    if bounds is None or bounds.hold(value):
        return None
    return _effect_problem(cell, acts, f"{number_text(value)} after all effects", bounds.text, "Correct the number.")


def _effect_problem(cell: Cell, acts: Sequence[Act], found: str, expected: str, todo: str) -> Problem:
    owners = " and ".join(sorted({act.owner for act in acts}))
    place = f"{cell[0]} {cell[1]} {cell[2]} by {owners}"
    return Problem("effect.csv", 0, place, found, expected, todo, "effect-result")


@remembered(8)
def _change_acts(case: Case, changes: tuple[Change, ...]) -> tuple[Act, ...]:
    """Return the acts of some changes; the settings of a world have them as the very same objects."""
    acts = tuple(_change_act(case, change) for change in changes)
    fixed = [
        f"{change}: {change.row} is read from the case itself, so that no setting changes it. "
        "Edit parameter.csv in a copy of the case."
        for change in changes
        if is_fixed_parameter(change.table, change.row)
    ]
    if fixed:
        raise RequestError("\n".join(fixed))
    return acts


def _change_act(case: Case, change: Change) -> Act:
    if change.table not in CHANGEABLE_TABLES:
        raise UnknownNameError("table to change", change.table, CHANGEABLE_TABLES)
    known = case.rows(change.table)
    if change.row not in known:
        raise UnknownNameError(f"row of {change.table}", change.row, list(known))
    free = _free_columns(change.table)
    if change.column not in free:
        raise UnknownNameError(f"column of {change.table} to change", change.column, list(free))
    column = free[change.column]
    if change.op != "set":
        _check_quantity(change, is_quantity=column.type == "number")
    return Act("the setting's change", (change.table, change.row, change.column), change.op, change.value)


@cache
def _free_columns(table: str) -> dict[str, Field]:
    """Return the columns of a table that a change may alter."""
    schema = schemas()[table]
    return {item.name: item for item in schema.fields if item.name not in FIXED_COLUMNS and item.name != schema.key}


def _check_quantity(change: Change, *, is_quantity: bool) -> None:
    if not is_quantity:
        message = f"{change}: {change.column} holds no quantity. Use = to set it."
        raise RequestError(message)
    if plain_number(change.value) is None:
        message = f"{change}: {change.value!r} is no number. Write a factor or an increment."
        raise RequestError(message)
