"""Counts: published figures as tonnes a year at a place of the network, and which of them the fit may see."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field

from demand.facts import WIDTH, Row, Sources, fact, rule, text

#: One place in so many is kept out of the fit.
HELD_OUT = 3
KINDS = {"crossing": "crossing", "country_mode_total": "country", "port": "port", "rail_line": "line", "ferry": "ferry",
         "road_section": "line", "terminal": "port"}  # fmt: skip
NO_FLOW = frozenset({"capacity_or_plan", "share", "stock"})
MODES = {"rail": ("rail",), "road": ("road",), "sea": ("sea",), "ro-ro": ("ferry",), "rail ferry": ("ferry",),
         "sea feeder": ("ferry",), "multimodal": (), "all": ()}  # fmt: skip
UNITS = frozenset({"tonnes", "trucks", "wagons", "TEU", "trains", "vehicles"})


@dataclass
class Count:
    """A row of count.csv, and what the fit needs of it."""

    key: str
    name: str
    kind: str
    mode: list[str]
    value: float
    unit: str
    period: str
    basis: str
    sources: list[str]
    confidence: str
    note: str
    in_window: bool = True
    links: list[str] = field(default_factory=list)
    crossings: list[str] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)
    origin: str = ""
    destination: str = ""
    direction: str = "both"
    t_per_unit: float = math.nan
    periods: float = math.nan
    low_factor: float = math.nan
    high_factor: float = math.nan
    screenline: bool = False
    use: str = "compare"

    @property
    def flow(self) -> float:
        """Tonnes a year; zero where the figure was not converted."""
        flow = self.value * self.t_per_unit * self.periods
        return 0.0 if math.isnan(flow) else flow

    @property
    def place(self) -> str:
        """What was counted, apart from when: crossings, links, nodes, mode and direction."""
        return (
            "|".join(";".join(sorted(part)) for part in (self.crossings, self.links, self.nodes, self.mode))
            + f"|{self.origin}>{self.destination}"
        )

    @property
    def ends(self) -> tuple[float, float]:
        """Low and high as factors of the figure."""
        width = WIDTH[self.confidence]
        low = 1 - width if math.isnan(self.low_factor) else self.low_factor
        high = 1 + width if math.isnan(self.high_factor) else self.high_factor
        return low, high

    @property
    def spread(self) -> float:
        """Half-width in logs."""
        low, high = self.ends
        return 0.5 * math.log(high / low)


def counts(sources: Sources) -> list[Count]:
    """Return every count, with its use: calibrate, validate or compare."""
    places = {row["count_id"]: row for row in rule("screens.csv")}
    found = [_published(row, places.get(row["id"]), sources) for row in fact("case/counts.csv")]
    found += [_added(row, sources) for row in rule("more_counts.csv")]
    _choose(found)
    return found


def _published(row: Row, place: Row | None, sources: Sources) -> Count:
    names = sources.of(row["source"], f"Count: {row['place']}", "")
    count = Count(
        row["id"], f"{row['place']}, {row['commodity']}" + ("" if row["direction"] == "both" else f", {row['direction']}"),
        KINDS[row["kind"]], list(MODES[row["mode"]]), float(row["value"]), row["unit"], row["period"], row["basis"], names,
        row["confidence"], _plain(row["notes"]), row["in_window"] == "yes",
    )  # fmt: skip
    if place:
        _place(count, place)
    return count


def _plain(note: str) -> str:
    """Return a note without words on how a page was found."""
    for words in (" in excerpt", ", placed by news id"):
        note = note.replace(words, "")
    return note


def _added(row: Row, sources: Sources) -> Count:
    count = Count(row["id"], row["place"], row["kind"], [row["mode"]], float(row["value"]), row["unit"], row["period"],
                  row["basis"], sources.of(row["source"], f"Count: {row['place']}"), row["confidence"], row["note"])  # fmt: skip
    _place(count, {**row, "nodes": "", "screenline": "true", "note": ""})
    return count


def _place(count: Count, place: Row) -> None:
    count.links, count.crossings, count.nodes = (
        [part for part in place[name].split(";") if part] for name in ("links", "crossings", "nodes")
    )
    if place["mode"]:
        count.mode = place["mode"].split(";")
    count.origin, count.destination = place["from"], place["to"]
    count.direction = place.get("direction") or "both"
    count.t_per_unit, count.periods = float(place["t_per_unit"]), float(place["periods"])
    count.low_factor, count.high_factor = (float(place[name] or "nan") for name in ("low_factor", "high_factor"))
    count.screenline = place["screenline"] == "true"
    if place["screenline"] == "total":
        count.use = "calibrate"
    if place["note"]:
        count.note = f"{count.note}; {place['note']}".strip("; ")
    if count.unit != "tonnes" and count.t_per_unit > 1:
        count.sources.append("assumed-payload")


def _choose(found: list[Count]) -> None:
    """Share the screenlines out: a third of the places of each kind is kept out of the fit, by the hash of the place."""
    lines = [
        count for count in found if count.screenline and count.in_window and count.basis not in NO_FLOW and count.flow
    ]
    for kind in sorted({count.kind for count in lines}):
        names = sorted(
            {count.place for count in lines if count.kind == kind},
            key=lambda name: hashlib.sha256(name.encode()).hexdigest(),
        )
        held = set(names[: round(len(names) / HELD_OUT)])
        for count in lines:
            if count.kind == kind:
                count.use = "validate" if count.place in held else "calibrate"


def count_rows(found: list[Count]) -> list[Row]:
    """Return count.csv."""
    table = []
    for count in found:
        low, high = count.ends
        flow = count.flow
        table.append({
            "count_id": count.key, "name": count.name, "kind": count.kind, "links": ";".join(count.links),
            "crossings": ";".join(count.crossings), "nodes": ";".join(count.nodes), "mode": ";".join(count.mode),
            "from_country": count.origin, "to_country": count.destination,
            "direction": count.direction, "commodity": "", "value": f"{count.value:.15g}",
            "low": "", "high": "", "unit": count.unit,
            "t_per_unit": text(count.t_per_unit), "periods_per_year": text(count.periods),
            "flow_t_per_year": f"{flow:.10g}" if flow else "",
            "flow_low_t_per_year": f"{flow * low:.10g}" if flow else "",
            "flow_high_t_per_year": f"{flow * high:.10g}" if flow else "",
            "period": count.period, "use": count.use, "basis": count.basis,
            "screenline": str(count.screenline and count.use != "compare").lower(),
            "source": ";".join(count.sources), "confidence": count.confidence, "note": count.note,
        })  # fmt: skip
    return table
