"""Base flows: dollars to tonnes, tonnes to zones and ways, and ways raked to counts.

A strand is what one way carries of one commodity between two zones. Strands are scaled to the calibration counts by
iterative proportional fitting, then summed over the ways of a mode.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from demand.facts import CASE, Row, Sources, great_circle_km, rows, rule, text

if TYPE_CHECKING:
    from demand.counting import Count
    from demand.trading import Share, Trade

#: Commodities below this part of a pair's tonnes are counted as other goods, so that the table can be read.
SMALL_PART = 0.05
#: A pair below this many tonnes a year is one row of other goods.
SMALL_PAIR_T = 3000.0
#: A pair below this many tonnes a year uses the first zone of each economy alone.
ONE_ZONE_T = 20000.0
SWEEPS = 200
#: The flows beside a way that has no rule of its own: part that may choose the network.
DEFAULT_CONTESTABLE = 0.1
#: What a token of ways.csv passes, where it is no crossing of that name.
TOKEN_LINKS = {
    "turkmenbashi": "turkmenbashi_port-alat_port.ferry",
    "kuryk": "kuryk_port-alat_port.ferry",
    "aktau": "aktau_port-alat_port.ferry",
    "ml1_up": "jungshahi-kotri.rail",
}


@dataclass
class Strand:
    """What one way carries."""

    origin: str
    destination: str
    commodity: str
    mode: str
    via: tuple[str, ...]
    kind: str
    tonnes: float
    spread: float
    contestable: float
    trade_id: str
    year: int
    basis: str
    sources: list[str]
    note: str
    scaled_by: set[str] = field(default_factory=set)
    count_spread: float = 0.0


@dataclass
class Way:
    """A way of a pair, in one direction."""

    mode: str
    via: tuple[str, ...]
    share: float
    contestable: float
    note: str


def ways_of() -> dict[tuple[str, str], list[Way]]:
    """Return the ways of each pair, both directions."""
    found: dict[tuple[str, str], list[Way]] = defaultdict(list)
    for row in rule("ways.csv"):
        via = tuple(part for part in row["via"].split(";") if part)
        for ends, passed in (((row["one"], row["two"]), via), ((row["two"], row["one"]), via[::-1])):
            found[ends].append(
                Way(row["mode"], passed, float(row["share"]), float(row["contestable"] or 1), row["note"])
            )
    for ends, ways in found.items():
        total = sum(way.share for way in ways)
        if not math.isclose(total, 1):
            message = f"ways.csv: the shares of {'-'.join(ends)} add up to {total:g}, not 1"
            raise ValueError(message)
    return found


def tonnes_of(
    trade: Trade, shares: list[Share], values: dict[str, tuple[float, float, float]]
) -> list[tuple[str, float, float]]:
    """Return commodity, tonnes a year and spread (log half-width) of a pair: the equation of the page on demand."""
    dollars = trade.value * 1e6 * (1 - trade.off[0]) * trade.europe
    found = []
    for share in shares:
        value = share.value or values[share.commodity]
        tonnes = dollars * share.share / value[0]
        parts = (
            _log_width(trade.low, trade.value, trade.high),
            _log_width(share.low, share.share, share.high),
            _log_width(*(value[1], value[0], value[2])),
        )
        found.append((share.commodity, tonnes, math.sqrt(sum(part * part for part in parts))))
    return _gather_small(found)


def _log_width(low: float, value: float, high: float) -> float:
    low, high = max(low, value / 20), max(high, value)
    return 0.5 * math.log(high / low) if value > 0 else 0.0


def _gather_small(found: list[tuple[str, float, float]]) -> list[tuple[str, float, float]]:
    total = sum(tonnes for _, tonnes, _ in found)
    if total < SMALL_PAIR_T:
        spread = sum(tonnes * width for _, tonnes, width in found) / total if total else 0.0
        return [("other_general", total, spread)]
    kept = [item for item in found if item[1] >= SMALL_PART * total and item[0] != "other_general"]
    rest = [item for item in found if item not in kept]
    other = sum(item[1] for item in rest)
    if other:
        kept.append(("other_general", other, sum(item[1] * item[2] for item in rest) / other))
    return kept


def trade_strands(trades: list[Trade], shares: list[Share]) -> list[Strand]:
    """Return the strands of every pair that may ride the network."""
    values = {row["commodity_id"]: _value(row) for row in rows(CASE / "commodity.csv")}
    own: dict[tuple[str, str], list[Share]] = defaultdict(list)
    for share in shares:
        own[share.exporter, share.importer].append(share)
    ways = ways_of()
    zones = _zones()
    found: list[Strand] = []
    for trade in trades:
        if not trade.on_network:
            continue
        ends = (trade.exporter, trade.importer)
        table = own.get(ends) or own[trade.exporter, "*"]
        pair_ways = ways.get(ends) or [Way("outside", (), 1.0, DEFAULT_CONTESTABLE, "no way of its own is assumed")]
        goods = tonnes_of(trade, table, values)
        many = sum(tonnes for _, tonnes, _ in goods) >= ONE_ZONE_T
        for way in pair_ways:
            for origin, from_share in _split(zones[ends[0]], many=many, outside=way.mode == "outside"):
                for destination, to_share in _split(zones[ends[1]], many=many, outside=way.mode == "outside"):
                    part = way.share * from_share * to_share
                    found += [
                        Strand(origin, destination, name, way.mode, way.via, "trade", tonnes * part, spread, way.contestable,
                               trade.key, 2023, "derived", ["assumed-demand"], way.note)
                        for name, tonnes, spread in goods
                    ]  # fmt: skip
    return found


def _value(row: Row) -> tuple[float, float, float]:
    value = float(row["value_usd_per_t"])
    return value, float(row["value_low_usd_per_t"] or value), float(row["value_high_usd_per_t"] or value)


def _zones() -> dict[str, list[tuple[str, float]]]:
    found: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for row in rule("zones.csv"):
        found[row["economy"]].append((row["zone"], float(row["share"])))
    return found


def _split(zones: list[tuple[str, float]], *, many: bool, outside: bool) -> list[tuple[str, float]]:
    # goods beside the network leave China by sea: none of it from Xinjiang
    beyond = outside and zones[0][0] == "CHN"
    return zones if many and not beyond else [(zones[0][0], 1.0)]


def other_strands(sources: Sources) -> list[Strand]:
    """Return transit, hinterland and domestic flows, which no trade between two economies of the table explains."""
    found = []
    for row in rule("flows.csv"):
        tonnes, low, high = (float(row[name]) for name in ("t", "low", "high"))
        names = sources.of(row["source"].replace(";", " ; "), f"Freight {row['origin']} to {row['destination']}")
        spread = 0.5 * math.log(high / low) if tonnes else 0.0
        via = tuple(part for part in row["via"].split(";") if part)
        found.append(Strand(
            row["origin"], row["destination"], row["commodity"], row["mode"], via,
            row["kind"], tonnes, spread, float(row["contestable"]), "", int(row["year"]), row["basis"],
            [*names, "assumed-demand"], row["note"],
        ))  # fmt: skip
    return found


# raking ---------------------------------------------------------------------------------------------------------------


def rake(
    strands: list[Strand], counts: list[Count], centres: dict[str, tuple[float, float]]
) -> list[tuple[Count, float]]:
    """Scale the strands to the calibration counts; return each screenline with the tonnes that pass it afterwards.

    Iterative proportional fitting (Deming and Stephan 1940): each count in turn scales the strands that pass it. Counts that
    are kept out are reported and never scaled to.
    """
    lines = [count for count in counts if count.use != "compare"]
    passing = {count.key: [strand for strand in strands if passes(strand, count, centres)] for count in lines}
    targets = [count for count in lines if count.use == "calibrate" and passing[count.key]]
    for _ in range(SWEEPS):
        for count in targets:
            total = sum(strand.tonnes for strand in passing[count.key])
            factor = count.flow / total if total > 0 else 1.0
            for strand in passing[count.key]:
                strand.tonnes *= factor
    for count in targets:
        for strand in passing[count.key]:
            strand.scaled_by.add(count.key)
            strand.count_spread = max(strand.count_spread, count.spread)
    return [(count, sum(strand.tonnes for strand in passing[count.key])) for count in lines]


def passes(strand: Strand, count: Count, centres: dict[str, tuple[float, float]]) -> bool:
    """Whether the way of a strand passes the place of a count, in its direction; a total takes what starts or ends there."""
    if count.kind == "country" and not count.crossings:
        return strand.mode in count.mode and count.origin in {
            zone_country(strand.origin),
            zone_country(strand.destination),
        }
    at_link = any(TOKEN_LINKS.get(token) in count.links for token in strand.via)
    at_crossing = bool(set(strand.via) & set(count.crossings)) and strand.mode in (count.mode or [strand.mode])
    if strand.mode == "outside" or not (at_link or at_crossing):
        return False
    if not count.origin:
        return True
    ends = [centres[name] for name in (strand.origin, count.origin, count.destination, strand.destination)]
    along = great_circle_km(ends[0], ends[1]) + great_circle_km(ends[2], ends[3])
    against = great_circle_km(ends[0], ends[2]) + great_circle_km(ends[1], ends[3])
    return along < against


@cache
def zone_country(zone: str) -> str:
    """Return the country of a zone."""
    return next(row["country"] for row in rows(CASE / "zone.csv") if row["zone_id"] == zone)


# the table ------------------------------------------------------------------------------------------------------------


def flow_rows(strands: list[Strand]) -> list[Row]:
    """Return base_flow.csv: the strands summed over the ways of a mode."""
    groups: dict[tuple[str, ...], list[Strand]] = defaultdict(list)
    for strand in strands:
        key = (strand.origin, strand.destination, strand.commodity, strand.mode, strand.kind, strand.trade_id)
        groups[*key, corridor_of(strand)].append(strand)
    many = Counter(key[:-1] for key in groups)
    table = [_flow_row(key, group, several=many[key[:-1]] > 1) for key, group in groups.items()]
    return sorted(table, key=lambda row: row["flow_id"])


def corridor_of(strand: Strand) -> str:
    """Return the corridor of a strand: the first of corridors.csv that names a place it passes."""
    if strand.mode == "outside":
        return "outside"
    passed = {*strand.via, strand.kind, strand.mode}
    return next((row["corridor"] for row in rule("corridors.csv") if passed & set(row["places"].split(";"))), "other")


def _flow_row(key: tuple[str, ...], group: list[Strand], *, several: bool) -> Row:
    origin, destination, commodity, mode, kind, trade_id, corridor = key
    suffix = ("" if kind == "trade" else f".{kind}") + (f".{corridor.split()[0].lower()}" if several else "")
    tonnes = sum(strand.tonnes for strand in group)
    weights = [strand.tonnes / tonnes if tonnes else 1 / len(group) for strand in group]
    raked = any(strand.scaled_by for strand in group)
    spread = sum(
        weight * (math.hypot(strand.count_spread, strand.spread / 2) if strand.scaled_by else strand.spread)
        for weight, strand in zip(weights, group, strict=True)
    )
    names = list(dict.fromkeys(name for strand in group for name in strand.sources))
    ways = sorted({" > ".join(strand.via) for strand in group if strand.via})
    notes = list(dict.fromkeys(strand.note for strand in group if strand.note))
    by = sorted({key for strand in group for key in strand.scaled_by})
    note = ". ".join([*(f"By {way}" for way in ways), *notes, *([f"Scaled to {', '.join(by)}"] if by else [])])
    return {
        "flow_id": f"{origin}-{destination}.{commodity}.{mode}{suffix}",
        "origin": origin, "destination": destination, "commodity": commodity, "mode": mode, "kind": kind,
        "flow_t_per_year": text(tonnes), "flow_low_t_per_year": text(tonnes * math.exp(-spread)),
        "flow_high_t_per_year": text(tonnes * math.exp(spread)),
        "contestable_share": text(sum(w * s.contestable for w, s in zip(weights, group, strict=True))),
        "year": str(group[0].year), "basis": "raked" if raked else group[0].basis, "corridor": corridor, "trade_id": trade_id,
        "source": ";".join(names), "confidence": "medium" if raked else "low", "note": note.replace("..", "."),
    }  # fmt: skip
