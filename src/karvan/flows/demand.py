"""From base_flow.csv to classes of goods: who chooses, in which year, and what is not assigned.

A row's contestable part chooses between the network and the outside option; the rest of a row on the network stays on it, the
rest of a row outside stays outside. Rows of one pair and commodity are added up. Tonnes grow with the economies of both ends.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from karvan.case.growth import growth_factor
from karvan.case.remember import remembered
from karvan.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from karvan.case import AppliedCase

#: The way of going that a main mode of base_flow.csv stands for; others are not known.
NEST_OF_MODE = {"rail": 0, "road": 1, "sea": 3, "ferry": 3}


@dataclass
class Stream:
    """Tonnes a year of one commodity between two zones that choose in the same way.

    Attributes
    ----------
    origin, destination, commodity
        What it is.
    stays
        Whether it stays on the network unless there is no way left.
    t_per_year
        Tonnes a year, on the network or outside.
    by_nest
        Tonnes a year of the base year by way of going, where the mode is known.
    outside_t_per_year
        Tonnes a year of the base year that chose the outside option.
    kinds
        Tonnes a year by kind: trade, transit, domestic, hinterland.
    rows
        Rows of base_flow.csv.
    """

    origin: str
    destination: str
    commodity: str
    stays: bool
    t_per_year: float = 0.0
    by_nest: dict[int, float] = field(default_factory=dict)
    outside_t_per_year: float = 0.0
    kinds: dict[str, float] = field(default_factory=dict)
    rows: list[str] = field(default_factory=list)

    def with_kinds(self, kinds: Mapping[str, float]) -> Stream:
        """Return the stream with other tonnes a year."""
        return Stream(
            self.origin, self.destination, self.commodity, self.stays, sum(kinds.values()), self.by_nest,
            self.outside_t_per_year, dict(kinds), self.rows,
        )  # fmt: skip

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.origin} to {self.destination}, {self.commodity}" + (" (stays)" if self.stays else "")


def demand_of(applied: AppliedCase) -> tuple[list[Stream], float]:
    """Return the streams of a setting, and the tonnes a year that stay outside whatever happens.

    Raises
    ------
    RequestError
        A row has a figure that cannot be, each with its place.
    """
    faults = []
    streams: dict[tuple[str, str, str, bool], Stream] = {}
    outside = 0.0
    for name, row in applied.rows("base_flow").items():
        tonnes, share = float(row["flow_t_per_year"]), float(row["contestable_share"])
        if not tonnes >= 0 or not 0 <= share <= 1:
            faults.append(
                f"base_flow {name}: {tonnes:g} tonnes a year, contestable share {share:g}. Tonnes are 0 or more, shares 0 to 1."
            )
            continue
        for stays, part in ((False, share), (True, 1.0 - share)):
            if part == 0 or (stays and tonnes == 0):
                continue
            if stays and row["mode"] == "outside":
                outside += part * tonnes * growth_of(applied, row["origin"], row["destination"])
                continue
            key = (row["origin"], row["destination"], row["commodity"], stays)
            stream = streams.setdefault(key, Stream(*key))
            _add(stream, row, name, part * tonnes)
    if faults:
        raise RequestError("\n".join(faults))
    for stream in streams.values():
        factor = growth_of(applied, stream.origin, stream.destination)
        stream.t_per_year *= factor
        stream.kinds = {kind: tonnes * factor for kind, tonnes in stream.kinds.items()}
    return [streams[key] for key in sorted(streams)], outside


def _add(stream: Stream, row: dict[str, str], name: str, tonnes: float) -> None:
    stream.t_per_year += tonnes
    stream.rows.append(name)
    stream.kinds[row["kind"]] = stream.kinds.get(row["kind"], 0.0) + tonnes
    if row["mode"] == "outside":
        stream.outside_t_per_year += tonnes
    elif row["mode"] in NEST_OF_MODE:
        nest = NEST_OF_MODE[row["mode"]]
        stream.by_nest[nest] = stream.by_nest.get(nest, 0.0) + tonnes


def growth_of(applied: AppliedCase, origin: str, destination: str) -> float:
    """Return by which factor the tonnes between two zones have grown since the base year."""
    zones = applied.rows("zone")
    return growth_factor(applied, [zones[zone]["economy"] for zone in (origin, destination)])


@remembered(16)
def kinds_of(streams: tuple[Stream, ...]) -> dict[str, float]:
    """Return tonnes a year by kind."""
    total: dict[str, float] = defaultdict(float)
    for stream in streams:
        for kind, tonnes in stream.kinds.items():
            total[kind] += tonnes
    return dict(total)
