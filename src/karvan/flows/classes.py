"""Classes of vehicles that share the links: what each wants, how much room it takes, what it pays.

A class of vehicle equivalent e (passenger car equivalents, PCE) with demand d puts e d on the links. All classes take the same
time on a link; beside it each has its own fixed cost, in money, turned into time by its own value of time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.errors import InputError
from karvan.flows.links import node_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt
    import pandas as pd

    from karvan.flows.links import LinkTable

    Floats = npt.NDArray[np.float64]

#: Problems of one kind that an error lists before it counts the rest.
SHOWN_PROBLEMS = 5


@dataclass(frozen=True, eq=False)
class VehicleClass:
    """One class of vehicles.

    Attributes
    ----------
    name
        What it is called.
    demand
        Vehicles between the zones: a matrix in the order of the zones, or a table with origin, destination and trips, in
        which pairs that stand twice are added up.
    vehicle_equivalents
        Room that one vehicle takes, in vehicles of the link's capacity.
    fixed_cost
        Money per link, in the order of the links; infinite where the class may not go. None: nothing.
    value_of_time
        Money per unit of the network's time; needed where there is a fixed cost.
    """

    name: str
    demand: npt.ArrayLike | pd.DataFrame
    vehicle_equivalents: float = 1.0
    fixed_cost: npt.ArrayLike | None = None
    value_of_time: float | None = None


@cache
def _kernels() -> Any:  # noqa: ANN401 - Numba infers types
    from karvan.flows import table_kernels  # noqa: PLC0415 - compiles, or loads what was compiled

    return table_kernels


def demand_matrix(links: LinkTable, demand: Any, name: str) -> tuple[Floats, list[str]]:  # noqa: ANN401 - a matrix or a table
    """Return demand as a matrix in the order of the zones, and what is wrong with it."""
    if hasattr(demand, "columns"):
        return _from_table(links, demand, name)
    shape = (links.zones, links.zones)
    try:
        matrix = np.asarray(demand, dtype=float)
    except (TypeError, ValueError) as error:
        return np.zeros(shape), [
            f"{name}: demand is no table of numbers ({error}); expected {links.zones} x {links.zones}."
        ]
    if matrix.shape != shape:
        found = " x ".join(map(str, matrix.shape)) or "one number"
        problem = f"{name}: demand is {found}; expected {links.zones} x {links.zones}, one row and column per zone."
        return np.zeros(shape), [problem]
    if _kernels().are_counts(np.ascontiguousarray(matrix)):
        return matrix, []
    return matrix, list(_wrong_cells(links, matrix.ravel(), name, *(side.ravel() for side in np.indices(shape))))


def _from_table(links: LinkTable, table: pd.DataFrame, name: str) -> tuple[Floats, list[str]]:
    matrix = np.zeros((links.zones, links.zones))
    missing = [column for column in ("origin", "destination", "trips") if column not in table]
    if missing:
        return matrix, [f"{name}: demand has no column {column}." for column in missing]
    number = {node: place for place, node in enumerate(links.nodes[: links.zones])}
    sides = [[node_name(zone) for zone in table[column]] for column in ("origin", "destination")]
    ends = [np.array([number.get(zone, -1) for zone in side], dtype=np.int64) for side in sides]
    strange = dict.fromkeys(zone for side in sides for zone in side if zone not in number)
    if strange:
        shown = list(strange)[:SHOWN_PROBLEMS]
        return matrix, [f"{name}: demand names {zone or 'a blank'}, which is no zone of the network." for zone in shown]
    try:
        trips = table["trips"].to_numpy(dtype=float)
    except (TypeError, ValueError) as error:
        return matrix, [f"{name}: the column trips holds what is no number ({error})."]
    problems = list(_wrong_cells(links, trips, name, *ends))  # row by row: a sum would hide a figure that is negative
    np.add.at(matrix, (ends[0], ends[1]), trips)
    return matrix, problems


def _wrong_cells(
    links: LinkTable, trips: Floats, name: str, origin: npt.NDArray[np.int64], destination: npt.NDArray[np.int64]
) -> Iterator[str]:
    rules = ((np.isnan(trips), "missing", "A blank is not zero: write 0 where there is none."),
             (np.isinf(trips), "infinite", "Write a number."),
             (trips < 0, "negative", "Write zero or more."))  # fmt: skip
    for wrong, what, todo in rules:
        cells = np.flatnonzero(wrong)
        for cell in cells[:SHOWN_PROBLEMS]:
            begin, end = links.nodes[origin[cell]], links.nodes[destination[cell]]
            yield f"{name}: demand from {begin} to {end} is {what}. {todo}"
        if len(cells) > SHOWN_PROBLEMS:
            yield f"{name}: demand of {len(cells) - SHOWN_PROBLEMS} more pairs is {what}."


def fixed_times(
    links: LinkTable, classes: Sequence[VehicleClass], *, toll_factor: float, distance_factor: float
) -> tuple[Floats, list[str]]:
    """Return the fixed cost of every class on every link in units of time, and what is wrong with it.

    The factors turn toll and length into time, for every class; beside them stands each class's own fixed cost over its
    value of time.
    """
    costs: Floats = np.zeros((len(classes), len(links)))
    problems = []
    for factor, what, figures in (
        (toll_factor, "toll factor", links.toll),
        (distance_factor, "distance factor", links.length),
    ):
        if not (math.isfinite(factor) and factor >= 0):
            problems.append(f"the {what} is {factor}; give zero or more.")
        elif factor:
            costs += factor * figures
    for place, each in enumerate(classes):
        own = list(_class_problems(links, each))
        if not own and each.fixed_cost is not None and each.value_of_time is not None:
            costs[place] += np.asarray(each.fixed_cost, dtype=float) / each.value_of_time
        if not own and not problems and not (links.free_flow_time.any() or costs[place].any()):
            own = [f"class {each.name!r} has no cost: free-flow time and fixed cost are zero on every link."]
        problems += own
    return costs, problems


def _class_problems(links: LinkTable, each: VehicleClass) -> Iterator[str]:
    name = f"class {each.name!r}"
    if not (is_figure(each.vehicle_equivalents) and each.vehicle_equivalents > 0):
        yield f"{name}: vehicle_equivalents is {each.vehicle_equivalents!r}; give more than zero."
    if each.value_of_time is not None and not (is_figure(each.value_of_time) and each.value_of_time > 0):
        yield f"{name}: value_of_time is {each.value_of_time!r}; give more than zero, in money per unit of time."
    if each.fixed_cost is None:
        return
    if each.value_of_time is None:
        yield f"{name} has a fixed cost and no value_of_time, so that its cost is not known; give one."
    try:
        cost = np.asarray(each.fixed_cost, dtype=float)
    except (TypeError, ValueError) as error:
        yield f"{name}: fixed_cost holds what is no number ({error}); expected one figure for each of {len(links)} links."
        return
    if cost.shape != (len(links),):
        yield f"{name}: fixed_cost has the shape {cost.shape}; expected one figure for each of {len(links)} links."
        return
    for wrong, what in ((np.isnan(cost), "no cost"), (cost < 0, "a negative cost")):
        places = np.flatnonzero(wrong)
        for link in places[:SHOWN_PROBLEMS]:
            yield f"{name} has {what} on {links.name_of(int(link))}; give zero or more, infinity where it may not go."
        if places.size > SHOWN_PROBLEMS:
            yield f"{name} has {what} on {places.size - SHOWN_PROBLEMS} more links."


def is_figure(value: object) -> bool:
    """Return whether a value is a number, and finite."""
    return isinstance(value, (float, Real)) and math.isfinite(value)


def is_count(value: object) -> bool:
    """Return whether a value is a whole number of one or more."""
    return isinstance(value, (int, Integral)) and int(value) >= 1


def explain_cut(links: LinkTable, fixed: Floats, origin: int, destination: int) -> str:
    """Return why nothing leads from one zone to another for a class with these fixed costs."""
    open_links = np.isfinite(fixed)
    here, there = links.nodes[origin], links.nodes[destination]
    if not np.any(open_links & (links.from_node == origin)):
        shut = np.any(links.from_node == origin)
        return f"{here} has no link out" + (" that the class may use" if shut else "")
    if not np.any(open_links & (links.to_node == destination)):
        shut = np.any(links.to_node == destination)
        return f"{there} has no link in" + (" that the class may use" if shut else "")
    everywhere = np.ones_like(links.through)
    if _reached(links, everywhere, open_links, origin)[destination]:
        return "every way there passes through a zone that may not be passed through"
    if _reached(links, links.through, np.ones_like(open_links), origin)[destination]:
        return "every way there uses a link that the class may not use"
    count = int(_reached(links, links.through, open_links, origin).sum()) - 1
    return f"the links out of {here} lead to {count} of {len(links.nodes) - 1} nodes, and {there} is not among them"


def _reached(
    links: LinkTable, through: npt.NDArray[np.bool_], usable: npt.NDArray[np.bool_], origin: int
) -> npt.NDArray[np.bool_]:
    reached = np.zeros(len(links.nodes), dtype=bool)
    reached[origin] = True
    fresh = True
    while fresh:
        leaves = reached & through
        leaves[origin] = True
        ends = links.to_node[usable & leaves[links.from_node]]
        fresh = not np.all(reached[ends])
        reached[ends] = True
    return reached


def refuse(problems: list[str], what: str) -> None:
    """Raise what is wrong, if anything is."""
    if problems:
        raise InputError(problems, what=what)
