"""An assignment on a dense network as a result: flows and times, skims, who uses a link, and what two runs differ by."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from karvan.errors import RequestError, UnknownNameError
from karvan.flows.audit import shortest_costs
from karvan.flows.links import node_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

    from karvan.case import Meta
    from karvan.flows.audit import Audit, Routes
    from karvan.flows.classes import VehicleClass
    from karvan.flows.dense import DenseProblem, Paths
    from karvan.flows.links import LinkTable

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Assignment:
    """Flows on a network that have passed their audit.

    Attributes
    ----------
    links
        The network.
    classes
        The classes that share it.
    kind
        ``user_equilibrium`` or ``system_optimum``.
    objective
        What was minimised, in the network's units: the sum of Beckmann, or the total cost.
    lower_bound
        What no flow can go below: the objective less the excess cost.
    tstt
        Total cost of all vehicle equivalents: time and fixed cost, in the network's units of time.
    relative_gap
        (tstt - sptt) / tstt as the audit found it; of marginal costs for a system optimum.
    iterations
        Rounds of shortest-path trees.
    converged
        Whether the gap that was asked for is reached; where it is not, a note says why.
    seconds
        From tables in memory to the audited result.
    audit
        What the audit found.
    notes
        What the reader should know.
    tables, request
        The tables as they were, and the question asked.
    flow
        Flow, class by link, in vehicle equivalents.
    time
        Time of each link at that flow.
    fixed
        Fixed cost, class by link, in units of time.
    routes
        Routes with their flow; of each pair they cost the same within the gap. The flows of links with rising times are
        unique at equilibrium, those of routes are not.
    start, problem
        What another run can start from: the path sets of the solver, and the problem they are of.
    """

    links: LinkTable
    classes: tuple[VehicleClass, ...]
    kind: str
    objective: float
    lower_bound: float
    tstt: float
    relative_gap: float
    iterations: int
    converged: bool
    seconds: float
    audit: Audit
    notes: tuple[str, ...]
    tables: tuple[bytes, ...] = field(repr=False)
    request: Mapping[str, Any] = field(repr=False)
    flow: Floats
    time: Floats
    fixed: Floats
    routes: Routes
    start: Paths = field(repr=False)
    problem: DenseProblem = field(repr=False)

    @cached_property
    def meta(self) -> Meta:
        """Where it comes from."""
        from karvan.case import meta_without_case  # noqa: PLC0415 - pydantic is heavy

        return meta_without_case(hashlib.sha256(b"".join(self.tables)).digest(), self.request)

    def __getstate__(self) -> dict[str, Any]:
        """Return what is kept of it elsewhere, with the version that found it."""
        _ = self.meta  # which is all that the tables are for
        return {**self.__dict__, "tables": ()}

    @property
    def table(self) -> pd.DataFrame:
        """The links, one row each, in the order given.

        ``flow`` is in vehicle equivalents; with several classes there is ``flow_NAME`` in vehicles of each. ``cost`` is
        time and fixed cost.
        """
        names = np.array(self.links.nodes, dtype=object)
        columns: dict[str, Any] = {
            "from_node": names[self.links.from_node],
            "to_node": names[self.links.to_node],
            "flow": self.flow.sum(axis=0),
            "time": self.time,
        }
        if len(self.classes) == 1:
            columns["cost"] = self.time + self.fixed[0]
        else:
            for number, each in enumerate(self.classes):
                columns[f"flow_{each.name}"] = self.flow[number] / each.vehicle_equivalents
                columns[f"cost_{each.name}"] = self.time + self.fixed[number]
        return pd.DataFrame(columns)

    @property
    def skims(self) -> pd.DataFrame:
        """What a journey takes, one row per class and pair with demand.

        ``cost`` is that of the shortest path at the flows of the result; ``time``, ``length`` and ``toll`` are means over
        the routes used.
        """
        routes = self.routes
        count, pair = routes.origin.size, routes.pair
        trips = np.bincount(pair, routes.flow, count)
        frame = self._pairs()
        frame["trips"] = trips / self._equivalents[routes.class_number]
        least = np.empty(count)
        for number in range(len(self.classes)):
            own = routes.class_number == number
            least[own] = self.cost_matrix(self.classes[number].name)[routes.origin[own], routes.destination[own]]
        frame["cost"] = least
        for name, figure in (("time", self.time), ("length", self.links.length), ("toll", self.links.toll)):
            along = np.bincount(routes.route, figure[routes.links], routes.flow.size)
            frame[name] = np.bincount(pair, along * routes.flow, count) / trips
        return frame

    def cost_matrix(self, name: str | None = None) -> Floats:
        """Return the cost of the shortest path between all zones for a class (default: the first); infinite: no way."""
        number = self._number(name)
        return shortest_costs(self.links, self.time + self.fixed[number], np.arange(self.links.zones))

    def demand_matrix(self, name: str | None = None) -> Floats:
        """Return the vehicles of a class that were assigned (default: the first class), origin by destination."""
        routes, number = self.routes, self._number(name)
        matrix = np.zeros((self.links.zones, self.links.zones))
        own = routes.class_number == number
        carried = np.bincount(routes.pair, routes.flow, routes.origin.size) / self._equivalents[number]
        matrix[routes.origin[own], routes.destination[own]] = carried[own]
        return matrix

    def select_link(self, rows: int | Iterable[int]) -> pd.DataFrame:
        """Return who uses a link, from where to where: vehicles per class and pair.

        `rows` are rows of :attr:`table`, of which a route uses at least one. The shares are those of the routes of this
        result, exactly: their sum is the flow of the link. Other routes of the same cost could carry the same link flows.

        Raises
        ------
        RequestError
            There is no such row.
        """
        wanted = np.atleast_1d(np.asarray(rows if isinstance(rows, int) else list(rows), dtype=np.int64))
        if wanted.size == 0 or wanted.min() < 0 or wanted.max() >= len(self.links):
            message = f"Rows of links go from 0 to {len(self.links) - 1}; find those of two nodes with `rows_of`."
            raise RequestError(message)
        routes = self.routes
        uses = np.zeros(routes.flow.size, dtype=bool)
        uses[routes.route[np.isin(routes.links, wanted)]] = True
        frame = self._pairs()
        carried = np.bincount(routes.pair[uses], routes.flow[uses], routes.origin.size)
        frame["flow"] = carried / self._equivalents[routes.class_number]
        return frame[frame["flow"] > 0].reset_index(drop=True)

    def rows_of(self, from_node: object, to_node: object) -> list[int]:
        """Return the rows of the links from one node to another; there may be several.

        Raises
        ------
        UnknownNameError
            No link joins the two.
        """
        number = {node: place for place, node in enumerate(self.links.nodes)}
        ends = number.get(node_name(from_node), -1), number.get(node_name(to_node), -1)
        found = np.flatnonzero((self.links.from_node == ends[0]) & (self.links.to_node == ends[1]))
        if not found.size:
            near = self.links.to_node[self.links.from_node == ends[0]]
            raise UnknownNameError("link", f"{from_node}-{to_node}",
                                   [f"{from_node}-{self.links.nodes[node]}" for node in near])  # fmt: skip
        return [int(row) for row in found]

    @property
    def _equivalents(self) -> Floats:
        return np.array([each.vehicle_equivalents for each in self.classes])

    def _number(self, name: str | None) -> int:
        names = [each.name for each in self.classes]
        if name is None:
            return 0
        if name not in names:
            raise UnknownNameError("class", name, names)
        return names.index(name)

    def _pairs(self) -> pd.DataFrame:
        names = np.array(self.links.nodes, dtype=object)
        routes = self.routes
        classes = np.array([each.name for each in self.classes], dtype=object)
        return pd.DataFrame({
            "class": classes[routes.class_number], "origin": names[routes.origin],
            "destination": names[routes.destination],
        })  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON can hold it, without its links."""
        return {
            "meta": self.meta.model_dump(mode="json"),
            "network": self.links.name,
            "kind": self.kind,
            "links": len(self.links),
            "zones": self.links.zones,
            "classes": [each.name for each in self.classes],
            "objective": self.objective,
            "lower_bound": self.lower_bound,
            "tstt": self.tstt,
            "relative_gap": self.relative_gap,
            "converged": self.converged,
            "iterations": self.iterations,
            "seconds": self.seconds,
            "audit": self.audit.to_dict(),
            "notes": list(self.notes),
        }


def compare(before: Assignment, after: Assignment) -> pd.DataFrame:
    """Return what two runs on the same links differ by: flow and time before and after, and the differences.

    Raises
    ------
    RequestError
        They are not on the same links.
    """
    one, two = before.table, after.table
    ends = ["from_node", "to_node"]
    if not one[ends].equals(two[ends]):
        message = "The two runs are not on the same links in the same order; compare runs of one network."
        raise RequestError(message)
    frame = one[ends].copy()
    for name in ("flow", "time"):
        frame[f"{name}_before"], frame[f"{name}_after"] = one[name], two[name]
        frame[f"{name}_difference"] = two[name] - one[name]
    return frame
