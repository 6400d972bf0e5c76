"""The flows of a corridor as a result: per link, crossing, terminal, pair and commodity; bottlenecks; who uses what."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from karvan.errors import RequestError, UnknownNameError
from karvan.flows import corridor_kernels as kernels
from karvan.flows.corridor_solve import class_flows, reference_of
from karvan.flows.equilibrium import on_routes, relative_gap, stream_flow
from karvan.flows.freight import by_mode, vehicles
from karvan.flows.places import most_constant
from karvan.flows.route_sets import NEST_NAMES
from karvan.flows.screenlines import compare_counts
from karvan.network import FORMS

if TYPE_CHECKING:
    from karvan.case import AppliedCase, Case, Meta
    from karvan.flows.corridor_audit import CorridorAudit
    from karvan.flows.corridor_model import CorridorModel
    from karvan.flows.corridor_solve import Solved
    from karvan.flows.problem import Floats, Ints

#: Use from which a resource is listed as a bottleneck although it has no price or queue yet.
TIGHT_SHARE = 0.9
#: Dollars and hours below which a price or a queue is what Newton's method leaves of nought.
LEAST_PRICE = 1e-6
#: Tonnes a day of a commodity over a movement below which it is none: a kilogram.
LEAST_T_PER_DAY = 1e-3


def rows_named(
    case: Case | AppliedCase, *, link: str | None = None, crossing: str | None = None
) -> set[tuple[str, str]]:
    """Return table and row of a link, or of all that belongs to a crossing.

    Raises
    ------
    RequestError
        Neither is named, or both are.
    UnknownNameError
        There is no such link or crossing.
    """
    if (link is None) == (crossing is None):
        message = "Name a link or a crossing" + (": one of the two." if link is None else ", not both.")
        raise RequestError(message)
    if link is not None:
        if link not in case.rows("link"):
            raise UnknownNameError("link", link, list(case.rows("link")))
        return {("link", link)}
    borders = {name for name, row in case.rows("border").items() if row["crossing_id"] == crossing}
    if not borders:
        known = sorted({row["crossing_id"] for row in case.rows("border").values()})
        raise UnknownNameError("crossing", str(crossing), known)
    return {("border", name) for name in borders}


@dataclass(frozen=True, eq=False)
class CorridorFlows:
    """What runs where in a case under a setting.

    Attributes
    ----------
    solved
        The problem and its equilibrium.
    audit
        What the audit found; None of a first look, which is not audited.
    notes
        What the reader should know.
    meta
        Where it comes from.
    """

    solved: Solved
    audit: CorridorAudit | None
    notes: tuple[str, ...]
    meta: Meta

    @property
    def model(self) -> CorridorModel:
        """The problem and what its numbers stand for."""
        return self.solved.model

    @cached_property
    def relative_gap(self) -> float:
        """Change of route flows when delays are computed anew, over the flows."""
        return relative_gap(self.model.problem, self.solved.equilibrium)

    # tonnes ---------------------------------------------------------------------------------------------------------------

    @cached_property
    def class_flows(self) -> tuple[Ints, Ints, Floats]:
        """Class, route and tonnes a day of every class on every route of its set."""
        return class_flows(self.solved)

    @cached_property
    def _by_movement(self) -> tuple[list[str], Floats]:
        """The commodities, and tonnes a day of each over every movement."""
        model, (number, route, flow) = self.model, self.class_flows
        goods = sorted({stream.commodity for stream in model.streams})
        index = np.array([goods.index(stream.commodity) for stream in model.streams], dtype=np.int64)
        laid = model.laid
        total = np.zeros((len(goods), len(laid.movement_keys)))
        for k in range(len(goods)):
            mine = index[number] == k
            per_route = np.bincount(route[mine], flow[mine], minlength=len(laid.sets.nest))
            total[k] = kernels.sum_on_items(*laid.moves, per_route, len(laid.movement_keys))
        return goods, total

    @cached_property
    def movements(self) -> pd.DataFrame:
        """Tonnes a year by table (link, border, terminal), row, direction, form and commodity; none below a kilogram a day."""
        goods, total = self._by_movement
        keys = self.model.laid.movement_keys
        k, m = np.nonzero(total > LEAST_T_PER_DAY)
        return pd.DataFrame({
            "table": [keys[j][1] for j in m], "row": [keys[j][2] for j in m], "direction": [keys[j][3] for j in m],
            "form": [keys[j][0] for j in m], "commodity": [goods[i] for i in k], "flow_t_per_year": total[k, m] * self.model.days,
        })  # fmt: skip

    def _over(self, table: str) -> list[tuple[str, str, str, float]]:
        """Return row, direction, form and tonnes a day of every movement of a table that has some."""
        _, total = self._by_movement
        tonnes = np.where(total > LEAST_T_PER_DAY, total, 0.0).sum(axis=0).tolist()
        return [
            (row, way, form, own)
            for (form, its, row, way), own in zip(self.model.laid.movement_keys, tonnes, strict=True)
            if its == table and own > 0
        ]

    @cached_property
    def table(self) -> pd.DataFrame:
        """The links in each direction: tonnes a year, vehicles, empties, use of capacity, delay, price and queue."""
        applied = self.model.network.applied
        links = applied.rows("link")
        country = applied.tables["node"]["country"].to_dict()
        vehicles = self.vehicles
        keys = list(zip(vehicles["link_id"].tolist(), vehicles["direction"].tolist(), strict=True))
        both = sorted(set(keys))
        number = {key: n for n, key in enumerate(both)}
        at = np.array([number[key] for key in keys], dtype=np.int64)
        sums = {
            name: np.bincount(at, vehicles[name].to_numpy(dtype=np.float64), minlength=len(both))
            for name in ("flow_t_per_day", "vehicles_per_day", "empties_per_day")
        }
        rows = [links[link] for link, _ in both]
        ends = [
            (row["from_node_id"], row["to_node_id"])[:: 1 if way == "+" else -1]
            for row, (_, way) in zip(rows, both, strict=True)
        ]
        table = pd.DataFrame({
            "link_id": [link for link, _ in both], "direction": [way for _, way in both],
            "name": [row["name"] for row in rows], "mode": [row["mode"] for row in rows],
            "from_node_id": [one for one, _ in ends], "to_node_id": [two for _, two in ends],
            "from_country": [country[one] for one, _ in ends], "to_country": [country[two] for _, two in ends],
            "length_km": [row["length_km"] for row in rows], "flow_t_per_year": sums["flow_t_per_day"] * self.model.days,
            "vehicles_per_day": sums["vehicles_per_day"], "empties_per_day": sums["empties_per_day"],
        })  # fmt: skip
        resource = self.resources[self.resources["table"] == "link"]
        place = {key: n for n, key in enumerate(zip(resource["row"], resource["direction"], strict=True))}
        at = np.array([
            place.get((link, way), place.get((link, ""), -1))
            for link, way in both
        ], dtype=np.int64)  # fmt: skip
        for name in ("capacity_t_per_day", "used_t_per_day", "utilisation", "price_usd_per_t", "queue_h", "delay_h"):
            blank = 0.0 if name in ("price_usd_per_t", "queue_h", "delay_h") else np.nan
            # the last place is that of links without a limit
            table[name] = np.append(resource[name].to_numpy(dtype=np.float64), blank)[at]
        return table

    @cached_property
    def vehicles(self) -> pd.DataFrame:
        """Vehicles a day, loaded and empty, per link, direction and form."""
        flows = pd.DataFrame(self._over("link"), columns=["link_id", "direction", "form", "flow_t_per_day"])
        return vehicles(self.model.network.applied, flows)

    @cached_property
    def modes(self) -> pd.DataFrame:
        """Tonne-km, vehicle-km, and what empties run, cost and emit a year, by mode of the links."""
        return by_mode(self.vehicles, self.model.days)

    @cached_property
    def crossings(self) -> pd.DataFrame:
        """Tonnes a year over every row of border.csv."""
        return self._stops("border", ["crossing_id", "name", "mode", "from_country", "to_country", "node_id", "status"])

    @cached_property
    def terminals(self) -> pd.DataFrame:
        """Tonnes a year over every terminal, both ways."""
        return self._stops("terminal", ["node_id", "name", "kind", "mode_a", "mode_b"])

    def _stops(self, table: str, columns: list[str]) -> pd.DataFrame:
        rows = self.model.network.applied.tables[table][columns].copy()
        mine = dict.fromkeys(rows.index, 0.0)
        for row, _, _, tonnes in self._over(table):
            mine[row] += tonnes
        rows["flow_t_per_year"] = np.array(list(mine.values())) * self.model.days
        found = self.resources[self.resources["table"] == table].set_index("row")
        for name in ("capacity_t_per_day", "utilisation", "price_usd_per_t", "queue_h"):
            rows[name] = found[name].reindex(rows.index)
        return rows.reset_index()

    # what is scarce -------------------------------------------------------------------------------------------------------

    @cached_property
    def resources(self) -> pd.DataFrame:
        """Everything with a capacity: its use, price, queue, delay, owner, and what they come to in a year."""
        model, found = self.model, self.solved.equilibrium
        prices, queues = (
            np.where(values > LEAST_PRICE, values, 0.0) for values in (found.controls.price_usd, found.controls.queue_h)
        )
        parties = model.network.applied.rows("stakeholder")
        lost, charged = self._delay_values(), self._charged()
        rows = [
            {
                "resource": item.id, "table": item.table, "row": item.row, "direction": item.way, "name": item.name,
                "mode": item.mode, "capacity_t_per_day": item.capacity_t_per_day, "preload_t_per_day": item.preload_t_per_day,
                "used_t_per_day": found.used[j], "utilisation": found.used[j] / item.capacity_t_per_day,
                "clearing": item.clearing, "price_usd_per_t": prices[j], "queue_h": queues[j], "delay_h": found.delay_h[j],
                "rent_musd_per_year": prices[j] * charged[j] * model.days / 1e6,
                "queue_loss_musd_per_year": queues[j] * lost[j] * model.days / 1e6,
                "delay_loss_musd_per_year": found.delay_h[j] * lost[j] * model.days / 1e6,
                "owner": item.owner, "owner_name": parties[item.owner]["name"] if item.owner in parties else item.owner,
            }
            for j, item in enumerate(model.scarce)
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=_RESOURCE_COLUMNS)

    def _charged(self) -> Floats:
        """Return the tonnes of capacity a day that users of every resource are charged for.

        That is more than they use, by what rounds the kink of empties off: for each form a fiftieth of the capacity at most that
        the case has.
        """
        resources, found = self.model.problem.resources, self.solved.equilibrium
        flow = np.append(stream_flow(self.model.problem, found), 0.0)
        there, back = resources.marginal(found.controls.lean)
        tonnes = there * flow[resources.pair_there] + back * flow[resources.pair_back]
        return np.bincount(resources.pair_resource, tonnes, minlength=len(resources)).astype(np.float64)

    def _delay_values(self) -> Floats:
        """Return dollars that an hour of delay at every resource costs all its users, a day."""
        model, (number, route, flow) = self.model, self.class_flows
        routes, resources = model.problem.routes, model.problem.resources
        weight = np.bincount(route, flow * model.problem.classes.delay_usd[number], minlength=len(routes.nest))
        per_stream = kernels.sum_on_items(routes.route_ptr, routes.route_stream, weight, routes.streams)
        there = np.where(resources.pair_there >= 0, per_stream[np.maximum(resources.pair_there, 0)], 0.0)
        back = np.where(resources.pair_back >= 0, per_stream[np.maximum(resources.pair_back, 0)], 0.0)
        back = np.where(resources.pair_each, 0.0, back)
        return np.bincount(resources.pair_resource, there + back, minlength=len(resources)).astype(np.float64)

    @cached_property
    def bottlenecks(self) -> pd.DataFrame:
        """What is full or nearly so, dearest first: its price to the owner, or the queue and who waits."""
        table = self.resources
        hit = (
            (table["price_usd_per_t"] > 0)
            | (table["queue_h"] > 0)
            | ((table["utilisation"] >= TIGHT_SHARE) & (table["clearing"] != "delay"))
        )
        picked = table[hit].copy()
        picked["cost_musd_per_year"] = picked["rent_musd_per_year"] + picked["queue_loss_musd_per_year"]
        return picked.sort_values(["cost_musd_per_year", "utilisation", "resource"], ascending=[False, False, True])

    # pairs ----------------------------------------------------------------------------------------------------------------

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """Every class: tonnes on the network and outside, ways of going, and the costs that trade and appraisal see.

        `logsum_usd_per_t` is the expected least cost of a tonne over all options; price, hours, distance and emissions are means
        of the tonnes on the network at the delays met.
        """
        model, found = self.model, self.solved.equilibrium
        classes, streams = model.problem.classes, model.streams
        tonnes = np.array([stream.t_per_year for stream in streams])
        table = pd.DataFrame({
            "origin": [stream.origin for stream in streams], "destination": [stream.destination for stream in streams],
            "commodity": [stream.commodity for stream in streams], "stays": [stream.stays for stream in streams],
            "flow_t_per_year": tonnes, "network_t_per_year": tonnes * found.on_network,
            "outside_t_per_year": tonnes * (1 - found.on_network),
            **{f"{name}_share": found.nest_share[:, m] for m, name in enumerate(NEST_NAMES)},
            "logsum_usd_per_t": found.overall_usd, "network_usd_per_t": found.network_usd,
            "outside_usd_per_t": classes.outside_usd,
        })  # fmt: skip
        return table.assign(**self._means())

    def _means(self) -> dict[str, Floats]:
        """Return means over the tonnes of every class on the network."""
        model, (number, route, flow) = self.model, self.class_flows
        laid, found = model.laid, self.solved.equilibrium
        sums = {}
        for name in ("length_km", "time_h", "price_usd_per_t", "resource_usd_per_t", "co2e_kg_per_t"):
            parts = [
                kernels.sum_on_routes(*laid.standing[form].arcs, getattr(model.forms[form].arcs, name)) for form in FORMS
            ]  # fmt: skip
            sums[name] = np.concatenate(parts)
        sums["rent_usd_per_t"], waits = on_routes(model.problem, found.stream_usd, found.stream_h)
        sums["time_h"] = sums["time_h"] + waits
        total = np.bincount(number, flow, minlength=len(model.streams))
        with np.errstate(invalid="ignore", divide="ignore"):
            return {
                name.replace("length_km", "distance_km"): np.bincount(
                    number, flow * values[route], minlength=len(total)
                )
                / total
                for name, values in sums.items()
            }

    def users(self, *, link: str | None = None, crossing: str | None = None) -> pd.DataFrame:
        """Return who uses a link or crossing: tonnes a year by origin, destination and commodity, largest first.

        Raises
        ------
        UnknownNameError
            There is no such link or crossing.
        """
        laid, wanted = self.model.laid, rows_named(self.model.network.applied, link=link, crossing=crossing)
        chosen = np.array([(key[1], key[2]) in wanted for key in laid.movement_keys], dtype=np.float64)
        uses = kernels.sum_on_routes(*laid.moves, chosen) > 0
        number, route, flow = self.class_flows
        tonnes = np.bincount(number, flow * uses[route], minlength=len(self.model.streams)) * self.model.days
        keys = ["origin", "destination", "commodity"]
        summed = (
            self.pairs[keys]
            .assign(flow_t_per_year=tonnes)
            .groupby(keys, as_index=False)
            .agg({"flow_t_per_year": "sum"})
        )
        table = summed[summed["flow_t_per_year"] > 0.5]  # noqa: PLR2004 - half a tonne a year is nobody
        return table.sort_values(
            ["flow_t_per_year", "origin", "destination"], ascending=[False, True, True]
        ).reset_index(drop=True)

    @cached_property
    def screenlines(self) -> pd.DataFrame:
        """Modelled against counted tonnes a year, per count that is a screenline."""
        return compare_counts(self.model.network.applied, self.movements, self.model.days)

    @cached_property
    def constants(self) -> pd.DataFrame:
        """Constants of crossings and lines in dollars per tonne: what no table holds, fitted to counts; nobody pays them.

        `modelled_t_per_year` is what the count sees in this run. `at_bound` says that the fit would have gone further.
        """
        case = self.model.network.applied.case
        reference = reference_of(case)
        most = most_constant(self.model.network.applied)
        seen = self.screenlines.set_index("count_id")
        rows = [
            {
                "count_id": place.count_id, "name": place.name, "rows": sorted(row for _, row in place.rows),
                "constant_usd_per_t": value, "at_bound": abs(value) >= most,
                "counted_t_per_year": seen.at[place.count_id, "counted_t_per_year"],
                "modelled_t_per_year": seen.at[place.count_id, "modelled_t_per_year"],
            }
            for place, value in zip(reference.places, reference.place_usd, strict=True)
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=_CONSTANT_COLUMNS)

    def difference(self, other: CorridorFlows) -> pd.DataFrame:
        """Return the links by what they carry more here than in another run, in tonnes a year; the largest change first."""
        keys = ["link_id", "direction"]
        names = ["name", "mode", "from_node_id", "to_node_id"]
        one, two = (run.table.set_index(keys) for run in (self, other))
        both = one[names].combine_first(two[names])
        both["flow_t_per_year"] = one["flow_t_per_year"].reindex(both.index).fillna(0.0)
        both["against_t_per_year"] = two["flow_t_per_year"].reindex(both.index).fillna(0.0)
        both["change_t_per_year"] = both["flow_t_per_year"] - both["against_t_per_year"]
        ranked = both["change_t_per_year"].abs().sort_values(ascending=False, kind="stable")
        return both.loc[ranked.index].reset_index()

    # sums -----------------------------------------------------------------------------------------------------------------

    @cached_property
    def totals(self) -> dict[str, float]:
        """What it all comes to in a year."""
        pairs, model = self.pairs, self.model
        used = pairs[pairs["network_t_per_year"] > 0]
        tonnes = used["network_t_per_year"]
        return {
            "demand_t_per_year": float(pairs["flow_t_per_year"].sum()) + model.outside_t_per_year,
            "network_t_per_year": float(tonnes.sum()),
            "outside_t_per_year": float(pairs["outside_t_per_year"].sum()) + model.outside_t_per_year,
            "tkm_per_year": float((tonnes * used["distance_km"]).sum()),
            "mean_time_h": float((tonnes * used["time_h"]).sum() / max(tonnes.sum(), 1e-9)),
            "co2e_t_per_year": float((tonnes * used["co2e_kg_per_t"]).sum() / 1000),
            "rent_musd_per_year": float(self.resources["rent_musd_per_year"].sum()),
            "queue_loss_musd_per_year": float(self.resources["queue_loss_musd_per_year"].sum()),
            "delay_loss_musd_per_year": float(self.resources["delay_loss_musd_per_year"].sum()),
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON can hold it."""
        found = self.solved.equilibrium
        return {
            "meta": self.meta.model_dump(mode="json"),
            **self.totals,
            "relative_gap": self.relative_gap,
            "capacity_residual": found.capacity_residual,
            "complementarity_residual": found.complementarity_residual,
            "iterations": found.iterations,
            "audit": self.audit.to_dict() if self.audit is not None else None,
            "bottlenecks": self.bottlenecks.to_dict("records"),
            "crossings": self.crossings.to_dict("records"),
            "terminals": self.terminals.to_dict("records"),
            "links": self.table.to_dict("records"),
            "modes": self.modes.to_dict("records"),
            "screenlines": self.screenlines.to_dict("records"),
            "constants": self.constants.to_dict("records"),
            "pairs": self.pairs.to_dict("records"),
            "notes": list(self.notes),
        }


_CONSTANT_COLUMNS = [
    "count_id", "name", "rows", "constant_usd_per_t", "at_bound", "counted_t_per_year", "modelled_t_per_year",
]  # fmt: skip
_RESOURCE_COLUMNS = [
    "resource", "table", "row", "direction", "name", "mode", "capacity_t_per_day", "preload_t_per_day", "used_t_per_day",
    "utilisation", "clearing", "price_usd_per_t", "queue_h", "delay_h", "rent_musd_per_year", "queue_loss_musd_per_year",
    "delay_loss_musd_per_year", "owner", "owner_name",
]  # fmt: skip
