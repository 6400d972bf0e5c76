"""What is scarce in a case: capacity, preload, delay curve, clearing and owner of every link, crossing and terminal.

A railway link clears by price and has an exponential delay curve; a road with a capacity has the curve of the Bureau of Public
Roads and no hard limit; sailings, ports, terminals and crossings clear by queue. A row's ``clearing`` overrules this.
"""

# what is remembered is told by arguments that stand for others
# ruff: noqa: ARG001

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from karvan.case.remember import remembered
from karvan.flows.problem import CLEARINGS
from karvan.flows.scarcity_kernels import EXPONENTIAL_CURVE, NO_CURVE, POWER_CURVE
from karvan.network.capacity import link_capacity, operating_days
from karvan.network.services import service_index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from karvan.case import AppliedCase, Rows

#: How a full row clears where it does not say so.
DEFAULT_CLEARING = {"rail": "price", "road": "delay", "sea": "queue", "ferry": "queue"}
#: Delay curve of roads: share of the free time added at capacity, and the power (Bureau of Public Roads 1964).
ROAD_DELAY_SHARE, ROAD_DELAY_POWER = 0.15, 4.0
#: Delay curve of railways: ``share x (exp(rate x use) - 1) / (exp(rate) - 1)`` of the hours in motion is added. The form is
#: Krueger's (1999); the figures are assumptions, half the running time at capacity, and parameters of the case replace them.
RAIL_DELAY_SHARE, RAIL_DELAY_RATE = 0.5, 3.0
#: Share of the vehicles too many in one direction that go back empty over the same link: all. An assumption.
EMPTY_RETURN_SHARE = 1.0
#: Share of a capacity that preload leaves to freight at least, so that a line full of passenger trains is dear and not absent.
LEAST_ROOM = 0.01


@dataclass(frozen=True)
class Scarce:
    """A capacity with all that belongs to it.

    Attributes
    ----------
    table, row, way
        Whose it is: ``link``, ``border`` or ``terminal``, its row, and the direction (``+`` or ``-``; empty: both together).
    name
        What people call it.
    mode
        Mode that uses it.
    capacity_t_per_day, preload_t_per_day
        Capacity, and what is taken before freight chooses.
    clearing, owner
        How it clears, and who receives a rent.
    curve, curve_a, curve_b
        Delay curve.
    shared
        Whether both directions share it.
    empty
        Share of the imbalance that goes back empty.
    weight
        Tonnes of capacity per tonne, by form.
    """

    table: str
    row: str
    way: str
    name: str
    mode: str
    capacity_t_per_day: float
    preload_t_per_day: float
    clearing: str
    owner: str
    curve: int
    curve_a: float
    curve_b: float
    shared: bool
    empty: float
    weight: dict[str, float]

    @property
    def id(self) -> str:
        """The row and its direction as one text."""
        return f"{self.table}:{self.row}{self.way}"


def scarcities_of(applied: AppliedCase) -> tuple[tuple[Scarce, ...], tuple[str, ...]]:
    """Return what is scarce in a setting, and notes."""
    return _scarcities(applied.rows("border"), applied.rows("terminal"), *_tables_of_links(applied), applied)


def _tables_of_links(applied: AppliedCase) -> tuple[Rows, Rows, Rows, Rows, Rows, tuple[str, ...]]:
    """Return what the capacities of links depend on."""
    link, node, service, parameter, background = (
        applied.rows(table) for table in ("link", "node", "service", "parameter", "background")
    )
    return link, node, service, parameter, background, tuple(sorted(applied.open_projects))


@remembered(64, unseen=1)
def _scarcities(
    border: Rows, terminal: Rows, link: Rows, node: Rows, service: Rows, parameter: Rows, background: Rows,
    projects: tuple[str, ...], applied: AppliedCase,
) -> tuple[tuple[Scarce, ...], tuple[str, ...]]:  # fmt: skip
    """Return what is scarce, and notes; the setting stands for what is named before it."""
    parts = (
        _scarce_links(*_tables_of_links(applied), applied), _scarce_borders(border),
        _scarce_terminals(terminal, projects, applied),
    )  # fmt: skip
    return tuple(chain(*(part.scarce for part in parts))), tuple(chain(*(part.notes for part in parts)))


class _OfRow(NamedTuple):
    """What is scarce on a row, and the notes on it."""

    scarce: tuple[Scarce, ...]
    notes: tuple[str, ...]


@remembered(16, unseen=1)
def _scarce_links(
    link: Rows, node: Rows, service: Rows, parameter: Rows, background: Rows, projects: tuple[str, ...], applied: AppliedCase,
) -> _OfRow:  # fmt: skip
    """Return the links with a capacity, and notes; closures leave them as they are."""
    plain = applied.case.untouched.rows("link")
    known = _plain_links(plain, node, service, parameter, background, applied)
    builder = _Builder(applied)
    rows = [
        known[name] if row is plain.get(name) else builder.link(name, row) for name, row in link.items()
        if applied.is_built(row["status"], row["project_id"])
    ]  # fmt: skip
    scarce, notes = zip(*rows, strict=True) if rows else ((), ())
    return _OfRow(tuple(chain(*scarce)), tuple(chain(*notes)))


@remembered(4, unseen=1)
def _plain_links(
    link: Rows, node: Rows, service: Rows, parameter: Rows, background: Rows, applied: AppliedCase
) -> dict[str, _OfRow]:
    """Return the same of every link as the case has it, whether it stands or not."""
    builder = _Builder(applied)
    return {name: builder.link(name, row) for name, row in link.items()}


@remembered(32)
def _scarce_borders(border: Rows) -> _OfRow:
    """Return the crossings with a capacity."""
    return _stops("border", [(name, row, row["mode"]) for name, row in border.items() if row["status"] == "open"])


@remembered(16, unseen=1)
def _scarce_terminals(terminal: Rows, projects: tuple[str, ...], applied: AppliedCase) -> _OfRow:
    """Return the terminals with a capacity; the setting stands for what is named before it."""
    return _stops("terminal", [
        (name, row, row["mode_a"]) for name, row in terminal.items() if applied.is_built(row["status"], row["project_id"])
    ])  # fmt: skip


def _stops(table: str, rows: Sequence[tuple[str, dict[str, Any], str]]) -> _OfRow:
    """Return what is scarce of crossings or terminals that stand: row, cells and mode of each."""
    return _OfRow(tuple(
        Scarce(
            table, name, "", row["name"] or name, mode, float(row["capacity_t_per_day"]), 0.0, row.get("clearing") or "queue",
            row["payee"], NO_CURVE, 0.0, 0.0, shared=True, empty=0.0, weight={"container": 1.0, "bulk": 1.0},
        )
        for name, row, mode in rows if not math.isnan(row["capacity_t_per_day"])
    ), ())  # fmt: skip


class _Builder:
    """Reads the rows of a setting."""

    def __init__(self, applied: AppliedCase) -> None:
        self.applied = applied
        self.services = service_index(applied.rows("service"))
        self.country = {node: row["country"] for node, row in applied.rows("node").items()}
        self.payee = {name: row["payee"] for name, row in applied.rows("service").items()}
        self.days = operating_days(applied)
        self.notes: list[str] = []
        self.parameters = {name: float(row["value"]) for name, row in applied.rows("parameter").items()}
        self.background = self._background()

    def _background(self) -> dict[tuple[str, str], list[Any]]:
        found: dict[tuple[str, str], list[Any]] = defaultdict(list)
        for row in self.applied.rows("background").values():
            ways = {"both": "+-", "forward": "+", "backward": "-"}[row["direction"]]
            for way in ways:
                found[row["link_id"], way].append(row)
        return found

    def link(self, name: str, row: dict[str, Any]) -> _OfRow:
        """Return what is scarce on a link."""
        capacity, shared = link_capacity(row, self.services, self.country, self.days)
        if math.isnan(capacity):
            return _OfRow((), ())
        notes = len(self.notes)
        found = tuple(self._link(name, row, capacity, way) for way in ([""] if shared else ["+", "-"]))
        return _OfRow(found, tuple(self.notes[notes:]))

    def _link(self, name: str, row: dict[str, Any], capacity: float, way: str) -> Scarce:
        mode, country = row["mode"], self.country[row["from_node_id"]]
        service = self.services.find(mode, country, "container")
        preload = 0.0
        for side in way or "+-":
            for taken in self.background.get((name, side), []):
                trains, tonnes = taken["trains_per_day"], taken["t_per_day"]
                preload += 0.0 if math.isnan(trains) else trains * service.vehicle_net_t
                preload += 0.0 if math.isnan(tonnes) else tonnes
        if preload > (1 - LEAST_ROOM) * capacity:
            self.notes.append(
                f"link {name}: passenger trains and other preload take {preload:,.0f} of {capacity:,.0f} tonnes a day; "
                f"{LEAST_ROOM:.0%} is left to freight"
            )
            preload = (1 - LEAST_ROOM) * capacity
        clearing = row.get("clearing") or DEFAULT_CLEARING[mode]
        curve, a, b = self._curve(mode)
        empty = self.parameters.get(f"empty_return_{mode}_share", EMPTY_RETURN_SHARE)
        return Scarce(
            "link", name, way, row["name"] or name, mode, capacity, preload, clearing, self.payee[service.id], curve, a, b,
            shared=not way, empty=0.0 if way and clearing == "queue" else empty, weight=self._weights(mode, country),
        )  # fmt: skip

    def _curve(self, mode: str) -> tuple[int, float, float]:
        if mode == "road":
            share = self.parameters.get("road_delay_share", ROAD_DELAY_SHARE)
            return POWER_CURVE, share, self.parameters.get("road_delay_power", ROAD_DELAY_POWER)
        if mode == "rail":
            rate = self.parameters.get("rail_delay_rate", RAIL_DELAY_RATE)
            return EXPONENTIAL_CURVE, self.parameters.get("rail_delay_share", RAIL_DELAY_SHARE) / math.expm1(rate), rate
        return NO_CURVE, 0.0, 0.0

    def _weights(self, mode: str, country: str) -> dict[str, float]:
        """Return capacity tonnes per tonne by form: capacity is told in vehicles of the container service."""
        base = self.services.find(mode, country, "container").vehicle_net_t
        own = self.services.find(mode, country, "bulk").vehicle_net_t
        return {"container": 1.0, "bulk": base / own if own > 0 and base > 0 else 1.0}


def clearing_code(name: str) -> int:
    """Return the number of a clearing."""
    return CLEARINGS.index(name)
