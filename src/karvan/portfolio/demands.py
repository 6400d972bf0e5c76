"""Futures of demand, written as changes: so each is solved in every state of the crossings, as the base is.

A setting has one scenario. A future taken as the scenario would be solved with nothing shut, and could not be set beside worths
over the states; so its effects are laid on each state as changes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from karvan.case.setting import Change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from karvan.case import Case

Cell = tuple[str, str, str]


@dataclass(frozen=True)
class Demand:
    """A future of demand.

    Attributes
    ----------
    id
        The scenario.
    changes
        Its effects as changes; none where they cannot be written so.
    why_not
        Why they cannot; empty where they can.
    """

    id: str
    changes: tuple[str, ...] = ()
    why_not: str = ""


def demands_of(case: Case, changes: Sequence[Change | str] = ()) -> tuple[Demand, ...]:
    """Return the futures of a case in which demand grows otherwise, the lowest first: those that set growth of economies.

    Parameters
    ----------
    case
        The corridor.
    changes
        Cells that are changed in every future; they overrule effects, as they do in a setting.
    """
    futures = {name for name, row in case.rows("scenario").items() if row["kind"] == "future"}
    sums: dict[str, float] = {}
    for owner in futures & set(case.effects):
        growth = [
            row for _, row in case.effects[owner] if row["table"] == "economy" and row["column"].startswith("growth")
        ]
        if growth:
            sums[owner] = sum(float(row["value"]) for row in growth)
    own = [Change.parse(change) if isinstance(change, str) else change for change in changes]
    return tuple(_written(case, name, own) for name in sorted(sums, key=lambda name: (sums[name], name)))


def _written(case: Case, future: str, own: Sequence[Change]) -> Demand:
    """Return a future with its effects as changes, or why they cannot be."""
    ops: dict[Cell, set[str]] = {}
    for change in own:
        ops.setdefault((change.table, change.row, change.column), set()).add(change.op)
    states = [name for name, row in case.rows("scenario").items() if row["kind"] == "state"]
    of_states = {_cell(row) for state in states for _, row in case.effects.get(state, ())}
    written: list[str] = []
    for _, row in case.effects[future]:
        cell = _cell(row)
        name = ":".join(cell)
        if not math.isnan(row["from_year"]):
            return Demand(future, why_not=f"its effect on {name} begins in a year, and a change holds in every year")
        if cell in of_states:
            return Demand(future, why_not=f"a state of the crossings has an effect on {name} too")
        if "set" in ops.get(cell, ()):
            continue
        if cell in ops and row["op"] != "set":
            return Demand(future, why_not=f"the changes asked for have another effect on {name} than to set it")
        written.append(str(Change(table=cell[0], row=cell[1], column=cell[2], op=row["op"], value=row["value"])))
    if not written:
        return Demand(future, why_not="the changes asked for set all that it sets")
    return Demand(future, tuple(written))


def _cell(row: dict[str, Any]) -> Cell:
    return row["table"], row["row"], row["column"]
