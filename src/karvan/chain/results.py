"""What a setting does, trade and flows together: the one result that everything to the right of the chain reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from karvan.case.remember import remembered
from karvan.chain.goods import PAIR
from karvan.chain.sides import class_tonnes
from karvan.flows.class_costs import class_costs, keys_of
from karvan.flows.corridor import describe_flows
from karvan.flows.parties import payments
from karvan.flows.through import by_country, by_crossing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from karvan.case import Meta
    from karvan.chain.audit import ChainAudit
    from karvan.chain.fixed_point import ChainConvergence
    from karvan.chain.goods import Floats, Goods, Ints
    from karvan.chain.sides import Side
    from karvan.flows import CorridorFlows
    from karvan.flows.corridor_solve import Solved
    from karvan.flows.demand import Stream
    from karvan.trade import TradeEffects

#: Columns of :attr:`Outcome.costs` that tell a class and state.
COST_KEYS = ["state", "probability", "origin", "destination", "commodity", "stays"]


#: What a result without trade says of it.
NO_TRADE = ("the case has no trade between economies: tonnes do not answer to costs",)


@dataclass(frozen=True, eq=False)
class Later:
    """What of an outcome is found when it is first asked for: whoever asks for many settings often needs none of it."""

    flows: Callable[[], CorridorFlows]
    flows_before: Callable[[], CorridorFlows]
    trade: Callable[[], TradeEffects | None]
    welfare_musd: Callable[[], float]
    notes: Callable[[], list[str]]


@dataclass(frozen=True, eq=False)
class Outcome:
    """A setting with trade and flows at their fixed point, beside the one it is compared with.

    Attributes
    ----------
    side, side_before
        The flows of every state that trade reckons with, on both sides.
    goods, multiplier, tau_hat
        Goods by class, kind and pair; their tonnes over those without the change, and the change of their trade cost.
    convergence
        How trade and flows met; None where nothing had to.
    audit
        What the audit found.
    meta
        Where it comes from.
    later
        What is found when it is first asked for.
    """

    side: Side
    side_before: Side
    goods: Goods
    multiplier: Floats
    tau_hat: Floats
    convergence: ChainConvergence | None
    audit: ChainAudit
    meta: Meta
    later: Later

    @cached_property
    def flows(self) -> CorridorFlows:
        """What runs where in the setting's own scenario, audited."""
        return self.later.flows()

    @cached_property
    def flows_before(self) -> CorridorFlows:
        """What runs where in what it is compared with, audited."""
        return self.later.flows_before()

    @cached_property
    def trade(self) -> TradeEffects | None:
        """Who gains, which pairs and goods grow; None where the case has no trade."""
        return self.later.trade()

    @cached_property
    def welfare_musd(self) -> float:
        """What real income of all economies gains, USD m: the sum of equivalent variations; NaN where the case has no trade."""
        return self.later.welfare_musd()

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What the reader should know."""
        trade = NO_TRADE if self.trade is None else self.trade.notes
        return tuple(dict.fromkeys((*trade, *self.later.notes(), *self.flows.notes)))

    @property
    def states(self) -> Mapping[str, float]:
        """Probability of every state that trade reckons with."""
        return self.side.states

    # tables ---------------------------------------------------------------------------------------------------------------

    @cached_property
    def table(self) -> pd.DataFrame:
        """The goods: pair, change of trade cost, tonnes a year before trade answers, and after.

        Before are those of the setting itself, which a project may change: those without it stand in :attr:`costs`.
        """
        economies = self.trade.table["id"].tolist() if self.trade is not None else []
        goods = self.goods
        return pd.DataFrame({
            "origin": [ends[0] for ends in goods.ends], "destination": [ends[1] for ends in goods.ends],
            "commodity": [ends[2] for ends in goods.ends], "kind": goods.kind,
            "exporter": [economies[i] if i >= 0 else "" for i in goods.exporter],
            "importer": [economies[j] if j >= 0 else "" for j in goods.importer],
            "choice": ["outside" if key is None else "stays" if key[3] else "free" for key in goods.keys],
            "value_usd_per_t": goods.value_usd_per_t, "tau_hat": self.tau_hat, "multiplier": self.multiplier,
            "flow_t_per_year": goods.t_per_year, "flow_after_t_per_year": goods.t_per_year * self.multiplier,
        })  # fmt: skip

    @cached_property
    def costs(self) -> pd.DataFrame:
        """Every class in every state: tonnes, logsum and mean generalised cost before and after."""
        parts = [
            _state_costs(self.side_before.solved.get(state), found).assign(state=state, probability=self.states[state])
            for state, found in self.side.solved.items()
        ]
        table = pd.concat(parts, ignore_index=True)
        return table[[*COST_KEYS, *(name for name in table.columns if name not in COST_KEYS)]]

    @cached_property
    def surplus(self) -> pd.DataFrame:
        """What the users of transport gain, by class, on the mean of the states: by the rule of half on the logsum.

        Tonnes before and after count half each; USD m a year, above zero where a class gains.
        """
        costs = self.costs
        gain = (costs["logsum_before_usd_per_t"] - costs["logsum_usd_per_t"]) * 0.5
        musd = gain * (costs["flow_before_t_per_year"] + costs["flow_t_per_year"]) / 1e6
        keys = COST_KEYS[2:]
        table = costs[keys].assign(surplus_musd_per_year=musd * costs["probability"])
        return table.groupby(keys, sort=True, as_index=False).agg({"surplus_musd_per_year": "sum"})

    @cached_property
    def surplus_musd_per_year(self) -> float:
        """The same of all classes together."""
        total = 0.0
        for state, found in self.side.solved.items():
            before = self.side_before.solved.get(state)
            if before is None:
                continue
            mine, theirs = _shared(found.model.base, before.model.base)
            gain = before.equilibrium.overall_usd[theirs] - found.equilibrium.overall_usd[mine]
            tonnes = class_tonnes(before)[theirs] + class_tonnes(found)[mine]
            total += self.states[state] * float(np.nansum(0.5 * gain * tonnes)) / 1e6
        return total

    @cached_property
    def payments(self) -> pd.DataFrame:
        """Who is paid what, and what it costs, by payee, country, mode and purpose: before, after, and the change."""
        return _side_by_side(payments(self.flows_before), payments(self.flows), 5)

    @cached_property
    def countries(self) -> pd.DataFrame:
        """Transit, imports, exports and domestic goods of every country: before, after, and the change."""
        return _side_by_side(by_country(self.flows_before), by_country(self.flows), 1)

    @cached_property
    def crossings(self) -> pd.DataFrame:
        """What passes every crossing between two countries by mode and direction: before, after, and the change."""
        return _side_by_side(by_crossing(self.flows_before), by_crossing(self.flows), 5)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """Pairs of economies both ways: tonnes on the network, and trains and trucks a day each way."""
        return _pair_vehicles(self)

    def flows_in(self, state: str, *, before: bool = False) -> CorridorFlows:
        """Return what runs where in a state, audited."""
        side = self.side_before if before else self.side
        return describe_flows(side.solved[state])

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON can hold it."""
        return {
            "meta": self.meta.model_dump(mode="json"),
            "states": [{"state": name, "probability": share} for name, share in self.states.items()],
            "convergence": self.convergence.to_dict() if self.convergence is not None else None,
            "audit": self.audit.to_dict(),
            **({name: value for name, value in self.trade.to_dict().items() if name not in ("meta", "states", "notes")}
               if self.trade is not None else {}),
            "surplus_musd_per_year": self.surplus_musd_per_year,
            "countries": self.countries.to_dict("records"),
            "crossings": self.crossings.to_dict("records"),
            "directions": self.pairs.to_dict("records"),
            "notes": list(self.notes),
        }  # fmt: skip


@remembered(8)
def _shared(one: tuple[Stream, ...], other: tuple[Stream, ...]) -> tuple[Ints, Ints]:
    """Return the places of the classes that stand in both, in the one and in the other."""
    place = {key: number for number, key in enumerate(keys_of(other))}
    found = [(number, place[key]) for number, key in enumerate(keys_of(one)) if key in place]
    pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _state_costs(before: Solved | None, after: Solved) -> pd.DataFrame:
    now = _class_table(after)
    if before is None:
        return now.assign(flow_before_t_per_year=np.nan, logsum_before_usd_per_t=np.nan, mean_before_usd_per_t=np.nan)
    then = _class_table(before)
    keys = COST_KEYS[2:]
    names = {"flow_t_per_year": "flow_before_t_per_year", "logsum_usd_per_t": "logsum_before_usd_per_t",
             "mean_usd_per_t": "mean_before_usd_per_t"}  # fmt: skip
    return now.merge(then.rename(columns=names)[[*keys, *names.values()]], on=keys, how="left")


def _class_table(solved: Solved) -> pd.DataFrame:
    costs = class_costs(solved)
    streams, tonnes = solved.model.base, class_tonnes(solved)
    return pd.DataFrame({
        "origin": [stream.origin for stream in streams], "destination": [stream.destination for stream in streams],
        "commodity": [stream.commodity for stream in streams], "stays": [stream.stays for stream in streams],
        "flow_t_per_year": tonnes, "network_t_per_year": tonnes * solved.equilibrium.on_network,
        "logsum_usd_per_t": costs.logsum_usd_per_t, "mean_usd_per_t": costs.mean_usd_per_t,
    })  # fmt: skip


def _side_by_side(before: pd.DataFrame, after: pd.DataFrame, keys: int) -> pd.DataFrame:
    """Return two tables as one: every figure before, after, and its change; a row of one alone is zero in the other."""
    names = list(after.columns[:keys])
    figures = list(after.columns[keys:])
    both = after.merge(before, on=names, how="outer", suffixes=("", "_before"), sort=True)
    for name in figures:
        both[[name, f"{name}_before"]] = both[[name, f"{name}_before"]].fillna(0.0)
        both[f"{name}_change"] = both[name] - both[f"{name}_before"]
    columns = [column for name in figures for column in (f"{name}_before", name, f"{name}_change")]
    return both.sort_values(figures[0], ascending=False, kind="stable")[[*names, *columns]].reset_index(drop=True)


def _pair_vehicles(outcome: Outcome) -> pd.DataFrame:
    """Return trade of pairs of economies in the setting's own scenario as tonnes and vehicles a day, both ways in one row."""
    if outcome.trade is None:
        return pd.DataFrame(columns=_PAIR_COLUMNS)
    goods, economies = outcome.goods, outcome.trade.table["id"].tolist()
    sums: dict[tuple[str, str], dict[str, float]] = {}
    shares = outcome.flows.pairs
    keys = list(zip(*(shares[name].tolist() for name in ("origin", "destination", "commodity", "stays")), strict=True))
    on, rail, road, mixed = (
        dict(zip(keys, column.tolist(), strict=True))
        for column in (
            shares["network_t_per_year"] / shares["flow_t_per_year"], shares["rail_share"], shares["road_share"],
            shares["mixed_share"],
        )
    )  # fmt: skip
    applied = outcome.flows.model.network.applied
    net = _vehicle_tonnes(outcome)
    form = {name: str(row["form"]) for name, row in applied.rows("commodity").items()}
    for n in np.flatnonzero((goods.answer == PAIR) & np.array([key is not None for key in goods.keys])).tolist():
        key = goods.keys[n]
        if key not in on or not on[key] > 0:
            continue
        tonnes = goods.t_per_year[n] * outcome.multiplier[n] * on[key]
        place = sums.setdefault((economies[goods.exporter[n]], economies[goods.importer[n]]),
                                dict.fromkeys(("t", "rail", "road"), 0.0))  # fmt: skip
        place["t"] += tonnes
        # goods that go by rail and road fill trains and trucks both
        for mode, share in (("rail", rail[key] + mixed[key]), ("road", road[key] + mixed[key])):
            # a mode without services carries nothing
            if share > 0:
                place[mode] += tonnes * share / net[mode, form[goods.ends[n][2]]] / outcome.flows.model.days
    rows = []
    for one, two in sorted({(min(pair), max(pair)) for pair in sums}):
        there, back = (sums.get(pair, dict.fromkeys(("t", "rail", "road"), 0.0)) for pair in ((one, two), (two, one)))
        run = max(there["rail"], back["rail"]), max(there["road"], back["road"])
        rows.append({
            "economy": one, "partner": two, "forward_t_per_year": there["t"], "backward_t_per_year": back["t"],
            "trains_forward_per_day": there["rail"], "trains_backward_per_day": back["rail"],
            "trucks_forward_per_day": there["road"], "trucks_backward_per_day": back["road"],
            "trains_empty_share": 1 - min(there["rail"], back["rail"]) / run[0] if run[0] > 0 else 0.0,
            "trucks_empty_share": 1 - min(there["road"], back["road"]) / run[1] if run[1] > 0 else 0.0,
        })  # fmt: skip
    table = pd.DataFrame(rows, columns=_PAIR_COLUMNS)
    size = table["forward_t_per_year"] + table["backward_t_per_year"]
    return table.loc[size.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)


_PAIR_COLUMNS = [
    "economy", "partner", "forward_t_per_year", "backward_t_per_year", "trains_forward_per_day", "trains_backward_per_day",
    "trucks_forward_per_day", "trucks_backward_per_day", "trains_empty_share", "trucks_empty_share",
]  # fmt: skip


def _vehicle_tonnes(outcome: Outcome) -> dict[tuple[str, str], float]:
    """Return net tonnes of a train and a truck by form: the mean of the services, each country's being alike."""
    found: dict[tuple[str, str], list[float]] = {}
    for row in outcome.flows.model.network.applied.rows("service").values():
        for form in ("container", "bulk") if row["form"] == "any" else (row["form"],):
            found.setdefault((row["mode"], form), []).append(float(row["vehicle_net_t"]))
    return {place: sum(values) / len(values) for place, values in found.items()}
