"""Assign the goods of a case to its corridor: nested choice of way and route, capacity that clears by queue or price, audited."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from karvan.case import Setting, meta_of
from karvan.case.remember import remembered
from karvan.errors import RequestError
from karvan.flows.corridor_audit import State, audit_corridor
from karvan.flows.corridor_results import CorridorFlows
from karvan.flows.corridor_solve import class_flows, first_look, solve_setting
from karvan.flows.demand import kinds_of
from karvan.flows.equilibrium import relative_gap, stream_flow
from karvan.flows.missing import choice_weights, known_costs, movement_charges, time_values
from karvan.flows.missing_audit import SearchTask
from karvan.flows.route_sets import reference_setting
from karvan.network import FORMS
from karvan.network import State as NetworkState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from karvan.case import Case, Change, Rows
    from karvan.flows.corridor_solve import Solved
    from karvan.flows.problem import Floats, Ints
    from karvan.network.states import StateIndex

#: Where the gap or a condition is worse than this the result says so.
GOOD_GAP = 1e-8


def assign_flows(
    case: Case,
    *,
    scenario: str | None = None,
    projects: Iterable[str] = (),
    year: int | None = None,
    changes: Iterable[Change | str] = (),
) -> CorridorFlows:
    """Return what runs where in a case: flows per link, crossing and terminal, bottlenecks, and the cost of every pair.

    Parameters
    ----------
    case
        The corridor.
    scenario, projects, year, changes
        The setting: see :class:`karvan.case.Setting`.

    Raises
    ------
    RequestError
        The case has no demand, or demand with no way out, a class without a cost, a capacity of zero; or the year lies beyond its
        horizon.
    AuditError
        The result does not hold.
    """
    setting = Setting.of(year=year, scenario=scenario, projects=projects, changes=changes)
    _need_demand(case)
    case.refuse_beyond_horizon(year)
    return describe_flows(solve_setting(case, setting))


def look_at_flows(case: Case, setting: Setting) -> CorridorFlows:
    """Return about what :func:`assign_flows` will, in half its time, for a page that shows it until that is there.

    It is solved roughly, with routes sought once, and not audited. :func:`assign_flows` goes on from it, and its result is the
    same with or without it.
    """
    _need_demand(case)
    solved = first_look(case, setting)
    meta = meta_of(case, solved.model.network.applied.setting, {"stage": "first look at flows"})
    return CorridorFlows(solved, None, (*solved.model.notes, *_notes(solved)), meta)


def _need_demand(case: Case) -> None:
    if not len(case.tables["base_flow"]):
        message = (
            f"Case {case.id} has no demand: base_flow.csv has no rows. Add tonnes by origin, destination and commodity."
        )
        raise RequestError(message)


def describe_flows(solved: Solved) -> CorridorFlows:
    """Return a solved setting as a result.

    Parameters
    ----------
    solved
        A setting and its equilibrium.

    Raises
    ------
    AuditError
        The result does not hold.
    """
    audit = audit_corridor(solved.model.problem, state_of(solved), search_tasks(solved))
    applied = solved.model.network.applied
    meta = meta_of(applied.case, applied.setting, {"stage": "flows"})
    return CorridorFlows(solved, audit, (*solved.model.notes, *_notes(solved)), meta)


def _notes(solved: Solved) -> list[str]:
    found = solved.equilibrium
    notes = []
    worst = max(relative_gap(solved.model.problem, found), found.capacity_residual, found.complementarity_residual)
    if worst > GOOD_GAP:
        notes.append(f"the equilibrium is met to {worst:.1e} only")
    kinds = kinds_of(solved.model.streams)
    counted = reference_setting(solved.model.network.applied.case).scenario
    shown = solved.model.network.applied.setting.scenario
    if shown != counted and any(row["screenline"] for row in solved.model.network.applied.rows("count").values()):
        notes.append(
            f"tonnes were counted with the crossings as in {counted}: compare modelled with counted ones there"
        )
    parts = ", ".join(f"{kind} {tonnes / 1e6:.3g}" for kind, tonnes in sorted(kinds.items()))
    notes.append(f"demand that may use the network, million tonnes a year: {parts}")
    return notes


def state_of(solved: Solved) -> State:
    """Return the final state of a run, as the audit reads it."""
    found, laid = solved.equilibrium, solved.model.laid
    number, route, flow = class_flows(solved)
    usd, hours = movement_charges(solved.model, found.start)
    return State(
        class_number=number, route=route, flow=flow, on_network=found.on_network,
        stream_flow=stream_flow(solved.model.problem, found), used=found.used,
        price_usd=found.controls.price_usd, queue_h=found.controls.queue_h, delay_h=found.delay_h, move_ptr=laid.moves[0],
        move_item=laid.moves[1], stream_of=laid.stream_of, move_usd=usd, move_h=hours,
    )  # fmt: skip


def search_tasks(solved: Solved) -> list[SearchTask]:
    """Return the searches for missing routes: from every origin, at the lowest, middle and highest time value of a form."""
    model = solved.model
    usd, hours = movement_charges(model, solved.equilibrium.start)
    tasks = []
    for form in FORMS:
        values = time_values(model.base, model.network.applied.rows("commodity"), form)
        if values:  # three at most, and no more lanes than are reckoned with at once
            tasks += _tasks_of_form(solved, form, choice_weights(model.ways, form, values, usd, hours), len(values))
    return tasks


def _tasks_of_form(solved: Solved, form: str, lanes: Floats, count: int) -> list[SearchTask]:
    """Return the searches at the costs of the first lanes, so many as there are."""
    model, laid = solved.model, solved.model.laid
    item, index = model.forms[form], model.network.index
    begin, pairs = laid.first[form][0], len(solved.chosen[form].pairs)
    best = known_costs(model.ways, form, lanes).min(axis=1)
    ends = _ends_by_origin(laid.pairs[begin : begin + pairs], model.network.applied.rows("zone"), index)
    tasks = []
    for weight, least in zip(lanes.T[:count], best.T, strict=False):
        # arcs that are shut stay there: where ways part is then the same in most settings, and found once
        open_weight = np.where(item.open, weight, np.inf)
        tasks += [
            SearchTask(item.arcs.tail, item.arcs.head, open_weight, len(index), source, targets, least[theirs])
            for source, targets, theirs in ends
        ]
    return tasks


@remembered(16)
def _ends_by_origin(
    pairs: tuple[tuple[str, str, str], ...], zones: Rows, index: StateIndex
) -> tuple[tuple[int, Ints, Ints], ...]:
    """Return of every origin its state, the states of its destinations, and the numbers of their pairs."""
    found: dict[str, list[tuple[int, int]]] = {}
    for position, (_, origin, destination) in enumerate(pairs):
        # between zones that share a gateway the cheapest is not to move at all, which is no route
        if not set(zones[origin]["gateways"]) & set(zones[destination]["gateways"]):
            found.setdefault(origin, []).append((index.number[NetworkState("zone_in", destination)], position))
    return tuple(
        (index.number[NetworkState("zone_out", origin)], *np.array(ends, dtype=np.int64).T)
        for origin, ends in found.items()
    )
