"""Arcs of a setting from those of its case: only what differs is built anew.

Most settings alter a few rows. The arcs of links that no effect touches are those of the case with no effect applied; the others
are built as ever and put in their places. Where more differs than links, crossings and terminals, nothing is taken over.
"""

# what is remembered is told by arguments that stand for others
# ruff: noqa: ARG001

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.case.remember import remembered
from karvan.errors import RequestError
from karvan.network.arcs import ArcKind, Arcs
from karvan.network.build import arcs_of_crossings, arcs_of_links, arcs_of_stops, arcs_of_terminals, build_arcs
from karvan.network.states import SEA_MODES

if TYPE_CHECKING:
    from karvan.case import AppliedCase, Rows
    from karvan.network.model import Network
    from karvan.network.states import StateIndex

    Ints = np.ndarray[Any, np.dtype[np.int64]]
    Texts = np.ndarray[Any, np.dtype[np.object_]]

#: Tables on which every arc may depend.
_GENERAL = ("node", "zone", "service", "parameter")
#: Tables on which arcs depend, but for that of the crossings.
_TABLES = ("link", "terminal", "service", "node", "zone", "parameter")
#: Columns that tell arcs apart.
_PLACES = ("tail", "head", "kind", "mode", "row", "border")
#: Arcs that a row of a link, what it passes at borders, and a row of a terminal stand for; gates of ports apart.
_AT_LINKS, _AT_BORDERS, _AT_TERMINALS = (ArcKind.MOVE, ArcKind.BORDER), (ArcKind.BORDER,), (ArcKind.TRANSFER,)


def has_states_of_case(applied: AppliedCase) -> bool:
    """Say whether a setting has the states of its case: no effect alters the gauge of a link, a zone or a node."""
    own = applied.case.untouched
    if any(applied.rows(table) is not own.rows(table) for table in ("node", "zone")):
        return False
    return _have_same_states(own.rows("link"), applied.rows("link"))


@remembered(16)
def _have_same_states(before: Rows, after: Rows) -> bool:
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

    The arcs with the setting's projects and changes but the crossings of the base come first; all closures begin with them.

    Parameters
    ----------
    network
        Of a case under a setting, with its base.
    form
        ``container`` or ``bulk``.
    """
    applied, base = network.applied, network.base
    if base is None:
        return None
    link, terminal, service, node, zone, parameter = (applied.rows(table) for table in _TABLES)
    projects = tuple(sorted(applied.open_projects))
    touched = _touched_by_borders(applied, base.applied)
    try:
        before = _without_closures(link, terminal, service, node, zone, parameter, projects, form, base, applied)
        if not touched:
            return before
        plain = _at_borders(applied.rows("border"), service, node, parameter, touched, form, base, applied)
    except RequestError:  # what the base lacks a setting may have
        return None
    altered = touched & _touched("link", applied, base.applied)
    found = _with(before, touched, plain, _AT_BORDERS)
    if found is not None and altered:
        found = _with(found, altered, Arcs.of(arcs_of_links(applied, network.index, form, altered)))
    return found


def _with(
    before: Arcs, links: frozenset[str], new: Arcs, kinds: tuple[ArcKind, ...] = _AT_LINKS
) -> Arcs | None:  # fmt: skip
    """Return arcs with those of some links, of some kinds, replaced; None where they are not in the same places."""
    at = _places_of(before.row, before.kind, links, kinds)
    fits = _fits(before.tail, before.head, before.kind, before.mode, before.row, before.border, at, new, before)
    return _replaced(before, at, new) if fits else None


@remembered(64)
def _places_of(row: Texts, kind: Ints, rows: frozenset[str], kinds: tuple[ArcKind, ...]) -> Ints:
    """Return where the arcs of some links or terminals stand; they were built in the order of their table."""
    places = _arcs_by_row(row, kind, kinds)
    theirs = [places[name] for name in rows if name in places]
    return np.sort(np.concatenate(theirs)) if theirs else np.empty(0, dtype=np.int64)


@remembered(64, unseen=1)
def _fits(
    tail: Ints, head: Ints, kind: Ints, mode: Texts, row: Texts, border: Texts, at: Ints, new: Arcs, before: Arcs
) -> bool:
    """Say whether new arcs are in the same places; the arcs before stand for their columns."""
    return _same_places(before, at, new)


@remembered(64, unseen=1)
def _at_borders(
    border: Rows, service: Rows, node: Rows, parameter: Rows, touched: frozenset[str], form: str, base: Network,
    applied: AppliedCase,
) -> Arcs:  # fmt: skip
    """Return the arcs of crossings that differ, on links of the base; what is named stands for the setting."""
    link = base.applied.tables["link"]
    plain = replace(applied, tables={**applied.tables, "link": link}, open_projects=base.applied.open_projects)
    return Arcs.of(arcs_of_crossings(plain, base.index, form, touched))


@remembered(48, unseen=1)
def _without_closures(
    link: Rows, terminal: Rows, service: Rows, node: Rows, zone: Rows, parameter: Rows, projects: tuple[str, ...], form: str,
    base: Network, applied: AppliedCase,
) -> Arcs:  # fmt: skip
    """Return the arcs of a setting with the crossings of its base; the setting stands for what is named before it."""
    own = replace(applied, tables={**applied.tables, "border": base.applied.tables["border"]})
    if all(own.rows(table) is base.applied.rows(table) for table in _GENERAL):
        ground, before = base.applied, base.arcs(form, relaxed=True)
    else:
        ground, before = _ground(service, node, zone, parameter, form, base, own)
    found = before
    places = _arcs_by_row(before.row, before.kind, _AT_LINKS)
    touched = _touched("link", own, ground)
    if touched:
        mended = _with(before, touched, Arcs.of(arcs_of_links(own, base.index, form, touched)))
        if mended is None:
            return build_arcs(own, base.index, form, relaxed=True)
        found = mended
    terminals = _touched("terminal", own, ground)
    if not terminals:
        return found
    if _are_at_sea(own.rows("terminal"), terminals):
        # which terminal of a port is its gate hangs on all of them
        at = np.arange(sum(len(theirs) for theirs in places.values()), len(before))
        stops = _stops_of(own, base, form)
    else:
        at = _places_of(before.row, before.kind, terminals, _AT_TERMINALS)
        stops = Arcs.of(arcs_of_terminals(own, base.index, form, terminals))
    return (
        _replaced(found, at, stops)
        if _same_places(before, at, stops)
        else build_arcs(own, base.index, form, relaxed=True)
    )


@remembered(8, unseen=1)
def _ground(
    service: Rows, node: Rows, zone: Rows, parameter: Rows, form: str, base: Network, applied: AppliedCase
) -> tuple[AppliedCase, Arcs]:  # fmt: skip
    """Return the first setting of some general tables, and its arcs, built anew; from it those of others are mended."""
    return applied, _in_place(base.arcs(form, relaxed=True), build_arcs(applied, base.index, form, relaxed=True))


def _are_at_sea(terminal: Rows, wanted: frozenset[str]) -> bool:
    """Tell whether some of the wanted terminals load ships."""
    return any(terminal[key][side] in SEA_MODES for key in wanted for side in ("mode_a", "mode_b"))


def _stops_of(applied: AppliedCase, base: Network, form: str) -> Arcs:
    """Return the arcs of terminals, gates and zones, which no crossing and no link alters."""
    terminal, service, node, zone, parameter = (applied.rows(table) for table in _TABLES[1:])
    open_here = tuple(applied.is_built(row["status"], row["project_id"]) for row in terminal.values())
    return _stops(terminal, service, node, zone, parameter, open_here, form, base.index, applied)


@remembered(32, unseen=1)
def _stops(
    terminal: Rows, service: Rows, node: Rows, zone: Rows, parameter: Rows, built: tuple[bool, ...], form: str,
    index: StateIndex, applied: AppliedCase,
) -> Arcs:  # fmt: skip
    """Return the same; the setting stands for what is named before it."""
    return Arcs.of(arcs_of_stops(applied, index, form))


@remembered(8)
def _arcs_by_row(row: Texts, kind: Ints, kinds: tuple[ArcKind, ...]) -> dict[str, Ints]:
    """Return where the arcs of some kinds stand, by link or terminal; those of links come first."""
    found: dict[str, list[int]] = {}
    for place, (name, what) in enumerate(zip(row.tolist(), kind.tolist(), strict=True)):
        if what in kinds:
            found.setdefault(name, []).append(place)
    return {name: np.array(places, dtype=np.int64) for name, places in found.items()}


def _touched(table: str, applied: AppliedCase, base: AppliedCase) -> frozenset[str]:
    """Return the links or terminals whose own row or standing differs."""
    return _differing(base.rows(table), applied.rows(table), base.open_projects, applied.open_projects, base, applied)


@remembered(16, unseen=2)
def _differing(
    before: Rows, after: Rows, opened_before: frozenset[str], opened: frozenset[str], base: AppliedCase, applied: AppliedCase
) -> frozenset[str]:  # fmt: skip
    """Return the same; the settings stand for what is named before them."""
    found = {key for key, row in after.items() if row is not before[key] and row != before[key]}
    if opened != opened_before:
        found |= {key for key, row in after.items() if applied.is_built(row["status"], row["project_id"])
                  != base.is_built(before[key]["status"], before[key]["project_id"])}  # fmt: skip
    return frozenset(found)


def _touched_by_borders(applied: AppliedCase, base: AppliedCase) -> frozenset[str]:
    return _links_at(applied.rows("border"), base.rows("border"), base.rows("link"), base.rows("node"))


@remembered(64)
def _links_at(border: Rows, before: Rows, link: Rows, node: Rows) -> frozenset[str]:
    """Return the links that pass a crossing whose row differs; at sea crossings are those of the ports."""
    if border is before:
        return frozenset()
    crossings = {row["crossing_id"] for key, row in border.items() if row is not before.get(key)}
    found = set()
    for key, row in link.items():
        ends = (row["from_node_id"], row["to_node_id"])
        abroad = node[ends[0]]["country"] != node[ends[1]]["country"]
        if not crossings.isdisjoint((row["crossing_id"], *ends)) or (abroad and "" in crossings):
            found.add(key)
    return frozenset(found)


def _same_places(before: Arcs, at: Ints, new: Arcs) -> bool:
    if len(at) != len(new):
        return False
    same = all(np.array_equal(getattr(before, name)[at], getattr(new, name)) for name in ("tail", "head", "kind"))
    return same and all((getattr(before, name)[at] == getattr(new, name)).all() for name in ("mode", "row", "border"))


def _replaced(before: Arcs, at: Ints, new: Arcs) -> Arcs:
    """Return arcs with others in some places; columns in which they are the same stay the same objects."""
    columns: dict[str, Any] = {}
    for item in fields(Arcs):
        columns[item.name] = column = getattr(before, item.name)
        if item.name not in _PLACES:
            given = getattr(new, item.name)
            if not np.array_equal(column[at], given):
                columns[item.name] = column.copy()
                columns[item.name][at] = given
    return Arcs(**columns)


def _in_place(before: Arcs, new: Arcs) -> Arcs:
    """Return arcs built anew; what tells them apart is that of the base where it is the same."""
    if not _same_places(before, np.arange(len(before)), new):
        return new
    return replace(new, **{name: getattr(before, name) for name in _PLACES})
