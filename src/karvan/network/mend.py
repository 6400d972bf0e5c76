"""Arcs of a setting from those of its case: only what differs is built anew.

Most settings alter a few rows. The arcs of links that no effect touches are those of the case with no effect applied; the others
are built as ever and put in their places. Where more differs than links, crossings and terminals, nothing is taken over.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.errors import RequestError
from karvan.network.arcs import ArcKind, Arcs
from karvan.network.build import arcs_of_links, arcs_of_stops

if TYPE_CHECKING:
    from karvan.case import AppliedCase
    from karvan.network.model import Network

#: Tables on which every arc may depend.
_GENERAL = ("node", "zone", "service", "parameter")


def has_states_of_case(applied: AppliedCase) -> bool:
    """Say whether a setting has the states of its case: no effect alters the gauge of a link, a zone or a node."""
    own = applied.case.untouched
    if any(applied.rows(table) is not own.rows(table) for table in ("node", "zone")):
        return False
    before, after = own.rows("link"), applied.rows("link")
    if before is after:
        return True
    if len(before) != len(after):
        return False
    return all(row is before.get(key) or _same_states(row, before.get(key)) for key, row in after.items())


def _same_states(row: dict[str, Any], other: dict[str, Any] | None) -> bool:
    columns = ("from_node_id", "to_node_id", "mode", "gauge_mm", "directed", "crossing_id")
    return other is not None and all(
        row[column] == other[column] or (row[column] != row[column] and other[column] != other[column])
        for column in columns
    )


def mended_arcs(network: Network, form: str) -> Arcs | None:
    """Return the relaxed arcs of a network from those of its base, or None where they cannot be taken over.

    Parameters
    ----------
    network
        Of a case under a setting, with its base.
    form
        ``container`` or ``bulk``.
    """
    applied, base = network.applied, network.base
    if base is None or any(applied.rows(table) is not base.applied.rows(table) for table in _GENERAL):
        return None
    try:
        before = base.arcs(form, relaxed=True)
    except RequestError:  # what the case lacks a setting may have
        return None
    stops = int(np.argmax(~_of_links(before))) if len(before) and not _of_links(before).all() else len(before)
    columns = {item.name: getattr(before, item.name) for item in fields(Arcs)}
    touched = _touched_links(applied, base.applied)
    if touched:
        new = Arcs.of(arcs_of_links(applied, network.index, form, touched))
        at = np.flatnonzero(np.isin(before.row[:stops].astype(str), sorted(touched)))
        if not _same_places(before, at, new):
            return None
        columns = _replaced(columns, at, new)
    if _stops_differ(applied, base.applied):
        new = Arcs.of(arcs_of_stops(applied, network.index, form))
        at = np.arange(stops, len(before))
        if not _same_places(before, at, new):
            return None
        columns = _replaced(columns, at, new)
    return Arcs(**columns) if columns["cut"] is not before.cut else before


def _of_links(arcs: Arcs) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.isin(arcs.kind, (ArcKind.MOVE, ArcKind.BORDER))


def _touched_links(applied: AppliedCase, base: AppliedCase) -> set[str]:
    """Return the links whose own row, crossing or standing differs."""
    before, after = base.rows("link"), applied.rows("link")
    found = {key for key, row in after.items() if row is not before[key]}
    found |= {key for key, row in after.items() if applied.is_built(row["status"], row["project_id"])
              != base.is_built(before[key]["status"], before[key]["project_id"])}  # fmt: skip
    shut, opened = base.rows("border"), applied.rows("border")
    if shut is not opened:
        crossings = {row["crossing_id"] for key, row in opened.items() if row is not shut.get(key)}
        node = applied.rows("node")
        for key, row in after.items():
            abroad = node[row["from_node_id"]]["country"] != node[row["to_node_id"]]["country"]
            if row["mode"] in ("sea", "ferry") or row["crossing_id"] in crossings or (abroad and "" in crossings):
                found.add(key)
    return found


def _stops_differ(applied: AppliedCase, base: AppliedCase) -> bool:
    before, after = base.rows("terminal"), applied.rows("terminal")
    return before is not after or any(
        applied.is_built(row["status"], row["project_id"]) != base.is_built(row["status"], row["project_id"])
        for row in after.values()
    )


def _same_places(before: Arcs, at: np.ndarray[Any, np.dtype[np.int64]], new: Arcs) -> bool:
    if len(at) != len(new):
        return False
    same = all(np.array_equal(getattr(before, name)[at], getattr(new, name)) for name in ("tail", "head", "kind"))
    return same and all((getattr(before, name)[at] == getattr(new, name)).all() for name in ("mode", "row", "border"))


def _replaced(columns: dict[str, Any], at: np.ndarray[Any, np.dtype[np.int64]], new: Arcs) -> dict[str, Any]:
    """Return columns with other arcs in some places; what tells arcs apart is the same and stays the same object."""
    found = dict(columns)
    for name, column in columns.items():
        if name not in ("tail", "head", "kind", "mode", "row", "border"):
            found[name] = column.copy()
            found[name][at] = getattr(new, name)
    return found
