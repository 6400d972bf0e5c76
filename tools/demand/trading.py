"""Economies, trade and commodity shares: dollars by pair, what of them may ride the network, and as what."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median

from demand.facts import EUROPE, NEVER, WIDTH, Row, Sources, fact, rule, text

#: The panel's latest year before the matrix.
PANEL_YEAR = 2016
MATRIX_YEAR = 2023
#: A filled figure may be half or double of what it says: one standard deviation of log trade growth over seven years.
FILLED_FACTOR = 2.0
#: A figure filled by size and distance may be a quarter or four times what it says.
GRAVITY_FACTOR = 4.0
#: Below this the matrix has no figure that both sides could have reported (thousands of dollars at most).
HOLE_MUSD = 0.03
BACI, PANEL, DISTANCES, GDP = "cepii-baci-2023", "comtrade-panel-2016", "cepii-geodist", "worldbank-wdi-gdp"
PEOPLE = "worldbank-wdi-population"


@dataclass
class Trade:
    """A pair of economies: dollars with their range, the off-network share, and where they come from."""

    exporter: str
    importer: str
    value: float
    low: float
    high: float
    basis: str
    sources: list[str]
    confidence: str
    note: str
    off: tuple[float, float, float] = (0.0, 0.0, 0.0)
    on_network: bool = True
    europe: float = 1.0

    @property
    def key(self) -> str:
        """Name of the pair."""
        return f"{self.exporter}-{self.importer}"


@dataclass
class Share:
    """A commodity of a pair, or of an exporter and every other partner."""

    exporter: str
    importer: str
    commodity: str
    share: float
    low: float
    high: float
    value: tuple[float, float, float] | None
    basis: str
    sources: list[str]
    confidence: str
    note: str


@dataclass
class Facts:
    """What was read for the trade tables."""

    names: list[str]
    matrix: dict[tuple[str, str], float]
    totals: dict[str, Row]
    panel: dict[tuple[str, str], float] = field(default_factory=dict)


def declare_sources(sources: Sources) -> None:
    """Name the data sets that the tables rest on."""
    sources.declare(BACI, "dataset", "BACI HS22, goods trade by pair in 2023, release V202501", "CEPII", "2025-01",
                    "https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=37",
                    "Gaulier and Zignago 2010; f.o.b., reconciled from both sides; summed over commodities.")  # fmt: skip
    sources.declare(PANEL, "dataset", "UN Comtrade panel 2000-2016 as shipped with the R package penppml",
                    "United Nations; T. Zylkin", "2022", "https://github.com/tomzylkin/penppml")  # fmt: skip
    sources.declare(DISTANCES, "dataset", "GeoDist: distances between main cities", "CEPII", "2011",
                    "https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=6", "Mayer and Zignago 2011.")  # fmt: skip
    sources.declare(GDP, "dataset", "World Development Indicators: GDP in current US dollars", "World Bank", "2024",
                    "https://data.worldbank.org/indicator/NY.GDP.MKTP.CD")  # fmt: skip
    sources.declare(PEOPLE, "dataset", "World Development Indicators: total population", "World Bank", "2024",
                    "https://data.worldbank.org/indicator/SP.POP.TOTL")  # fmt: skip
    for name, title in (
        ("assumed-growth", "Assumption: growth of freight demand by country, base with two points either way"),
        ("assumed-demand", "Assumption: ways, modes, zones and contestable shares of the base flow, by judgement"),
        ("assumed-outside", "Assumption: price and time of the way beside the network, from distance and unit rates"),
        ("assumed-fill", "Assumption: trade of two economies that do not report, filled by rule"),
        ("assumed-payload", "Assumption: tonnes per truck, wagon, container and train where the source has none"),
    ):
        sources.declare(name, "assumption", title, "Karvan", "2026-11", "")
    sources.declare("pajhwok-2025-rail", "news", "Afghan rail freight of 2024 by line", "Pajhwok Afghan News", "2025",
                    "https://pajhwok.com/", "Found as a figure without the address of its page.")  # fmt: skip


def read_facts() -> Facts:
    """Read the matrix, the totals and the panel."""
    matrix_rows = fact("trade/corridor15_row_2023_musd.csv")
    names = [row[""] for row in matrix_rows]
    matrix = {(row[""], name): float(row[name]) for row in matrix_rows for name in names if name != row[""]}
    totals = {row[""]: row for row in fact("trade/corridor15_row_2023_totals.csv")}
    facts = Facts(names, matrix, totals)
    inside = set(names) - {"ROW"}
    for row in fact("trade/comtrade_panel_2000_2016_usd.csv"):
        pair = (row["exporter"], row["importer"])
        if int(row["year"]) == PANEL_YEAR and set(pair) <= inside:
            facts.panel[pair] = float(row["value_usd"]) / 1e6
    return facts


def economy_rows(facts: Facts) -> list[Row]:
    """Return economy.csv."""
    table = []
    for row in rule("economies.csv"):
        name = row["economy"]
        totals, growth = facts.totals[name], float(row["growth"])
        gdp, exports = float(totals["gdp2023_musd"]), float(totals["exports_musd"])
        table.append({
            "economy_id": name, "name": row["name"], "countries": "" if name == "ROW" else name, "gdp_musd": text(gdp),
            "population_million": row["population_million"],
            "domestic_sales_musd": text(gdp - exports), "domestic_sales_low_musd": text(gdp - exports),
            "domestic_sales_high_musd": text(2 * gdp - exports), "growth_share_per_year": text(growth),
            "growth_low_share_per_year": text(growth - 0.02), "growth_high_share_per_year": text(growth + 0.02),
            "source": ";".join([GDP, *([PEOPLE] if row["population_million"] else []), BACI, "assumed-growth"]),
            "confidence": "low",
            "note": "GDP of 2023" + (" (latest year before)" if name == "AFG" else "") + ". Sales to itself are GDP less "
            "exports, which is value added and too small; the high end takes gross output as twice GDP. Growth is assumed.",
        })  # fmt: skip
    return table


def trades(facts: Facts, sources: Sources) -> list[Trade]:
    """Return every pair of economies with its dollars."""
    found = [
        _reported(pair, value) if value > HOLE_MUSD else _filled(facts, pair) for pair, value in facts.matrix.items()
    ]
    pairs = {trade.key: trade for trade in found}
    for row in rule("mirror.csv"):
        trade = pairs[row["trade_id"]]
        trade.value = float(row["value"] or trade.value)
        trade.low, trade.high = float(row["low"]), float(row["high"])
        trade.basis = row["basis"] or trade.basis
        trade.sources += sources.of(row["source"].replace(";", " ; "), f"Trade of {row['trade_id']}")
        trade.confidence, trade.note = "low", row["note"]
    never = {frozenset((row["one"], row["two"])): row["reason"] for row in rule("never.csv")}
    edge = {row["economy"] for row in rule("economies.csv") if row["kind"] == "edge"}
    europe = _europe_shares()
    for trade in found:
        ends = frozenset((trade.exporter, trade.importer))
        if ends <= edge or ends in never:
            trade.on_network = False
            trade.note = f"{trade.note} Never on the network: {never.get(ends, 'both ends lie beyond it')}.".strip()
        if "ROW" in ends:
            trade.europe = europe[trade.exporter, trade.importer]
    _off_network(found, sources)
    return found


def _reported(pair: tuple[str, str], value: float) -> Trade:
    silent = {"RUS", "IRN", "AFG", "TKM", "TJK"}
    mirror = bool(silent & set(pair))
    width = WIDTH["medium"] if mirror else WIDTH["high"]
    note = "The partner's figure: one side does not report." if mirror else ""
    return Trade(*pair, value, value * (1 - width), value * (1 + width), "mirror" if mirror else "reported", [BACI],
                 "medium" if mirror else "high", note)  # fmt: skip


def _filled(facts: Facts, pair: tuple[str, str]) -> Trade:
    """Fill a hole: the panel's figure of 2016, grown like the two economies' other trade; else by size and distance."""
    exporter, importer = pair
    if pair in facts.panel:
        growth = math.sqrt(_growth(facts, exporter, 0) * _growth(facts, importer, 1))
        value = facts.panel[pair] * growth
        note = f"Filled: {text(facts.panel[pair])} m in {PANEL_YEAR}, times {text(growth)}, as the other trade of both has grown."
        factor, origin = FILLED_FACTOR, PANEL
    else:
        value = _by_size(facts, pair)
        note = "Filled by the size of both and their distance, at the median of the pairs that report."
        factor, origin = GRAVITY_FACTOR, DISTANCES
    return Trade(*pair, value, value / factor, value * factor, "filled", [BACI, origin, "assumed-fill"], "low", note)


def _growth(facts: Facts, name: str, side: int) -> float:
    both = [pair for pair in facts.panel if pair[side] == name and facts.matrix[pair] > HOLE_MUSD]
    if not both:
        return 1.0
    return sum(facts.matrix[pair] for pair in both) / sum(facts.panel[pair] for pair in both)


def _by_size(facts: Facts, pair: tuple[str, str]) -> float:
    distance = {
        (row["iso_o"], row["iso_d"]): float(row["dist"])
        for row in fact("trade/cepii_geodist_bilateral.csv")
        if row["iso_o"] in facts.names and row["iso_d"] in facts.names and row["iso_o"] != row["iso_d"]
    }
    small = [row["economy"] for row in rule("economies.csv") if row["kind"] == "inside"]

    def size(ends: tuple[str, str]) -> float:
        out = float(facts.totals[ends[0]]["exports_musd"]) * (1 - _world_never(ends[0]))
        return out * float(facts.totals[ends[1]]["imports_musd"]) / distance[ends]

    known = [
        value / size(ends)
        for ends, value in facts.matrix.items()
        if value > HOLE_MUSD and ends[0] in small and ends[1] in small
    ]
    return median(known) * size(pair)


def _world_never(exporter: str) -> float:
    return sum(
        float(row["share_of_exports"])
        for row in fact("trade/commodity_shares.csv")
        if row["exporter"] == exporter and row["partner"] == "WORLD" and row["commodity"] in NEVER
    )


def _europe_shares() -> dict[tuple[str, str], float]:
    inside = {row["economy"] for row in rule("economies.csv")} - {"ROW"}
    total: dict[tuple[str, str], float] = defaultdict(float)
    europe: dict[tuple[str, str], float] = defaultdict(float)
    for row in fact("trade/baci2023_bilateral_kusd.csv"):
        ends = (row["exporter"], row["importer"])
        outer = [name for name in ends if name not in inside]
        if len(outer) != 1:
            continue
        pair = (ends[0] if ends[0] in inside else "ROW", ends[1] if ends[1] in inside else "ROW")
        total[pair] += float(row["value_kusd"])
        europe[pair] += float(row["value_kusd"]) * (outer[0] in EUROPE)
    return {pair: europe[pair] / value for pair, value in total.items()}


def _off_network(found: list[Trade], sources: Sources) -> None:
    pairs = {(row["exporter"], row["partner"]): row for row in fact("trade/not_on_network.csv")}
    shares: dict[tuple[str, str], float] = defaultdict(float)
    for row in fact("trade/commodity_shares.csv"):
        if row["commodity"] in NEVER:
            shares[row["exporter"], row["partner"]] += float(row["share_of_exports"])
    for trade in found:
        ends = (trade.exporter, trade.importer)
        stated = float(pairs[ends]["share"]) if ends in pairs else 0.0
        off = max(stated, shares.get(ends, 0.0))
        if off == 0:
            continue
        width = WIDTH[pairs[ends]["confidence"] if ends in pairs else "low"]
        trade.off = (off, max(0.0, off * (1 - width)), min(1.0, off * (1 + width)))
        if ends in pairs:
            trade.sources += [
                name
                for name in sources.of(pairs[ends]["source"], f"Off the network: {trade.key}")
                if name not in trade.sources
            ]
            trade.note = f"{trade.note} Off the network: {pairs[ends]['basis']}.".strip()


def trade_rows(found: list[Trade]) -> list[Row]:
    """Return trade.csv."""
    return [
        {
            "trade_id": trade.key, "exporter": trade.exporter, "importer": trade.importer, "value_musd": text(trade.value),
            "value_low_musd": text(min(trade.low, trade.value)), "value_high_musd": text(max(trade.high, trade.value)),
            "year": str(MATRIX_YEAR), "basis": trade.basis, "off_network_share": text(trade.off[0]),
            "off_network_low_share": text(trade.off[1]), "off_network_high_share": text(trade.off[2]),
            "on_network": str(trade.on_network).lower(), "source": ";".join(trade.sources), "confidence": trade.confidence,
            "note": trade.note,
        }
        for trade in found
    ]  # fmt: skip


def trade_shares(found: list[Trade], sources: Sources) -> list[Share]:
    """Return the commodities of each pair that has rows of its own, and of each exporter to every other partner."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in fact("trade/commodity_shares.csv"):
        groups[row["exporter"], row["partner"]].append(row)
    here = {(trade.exporter, trade.importer) for trade in found}
    table: list[Share] = []
    for (exporter, partner), rows_ in groups.items():
        if partner == "WORLD" or (exporter, partner) in here:
            table += _shares_of(exporter, "*" if partner == "WORLD" else partner, rows_, sources)
    rest = [
        Share("ROW", "*", row["commodity"], float(row["share"]), float(row["share"]) / 2, min(1.0, float(row["share"]) * 1.5),
              None, "assumed", ["assumed-demand"], "low", row["note"])
        for row in rule("rest_shares.csv")
    ]  # fmt: skip
    return table + rest


def _shares_of(exporter: str, importer: str, rows_: list[Row], sources: Sources) -> list[Share]:
    kept = [row for row in rows_ if row["commodity"] not in NEVER and float(row["share_of_exports"] or 0) > 0]
    whole = sum(float(row["share_of_exports"]) for row in kept)
    if whole == 0:
        # everything that is named never rides the network: what is left of the dollars is not known
        return [
            Share(
                exporter,
                importer,
                "other_general",
                1.0,
                0.5,
                1.0,
                None,
                "residual",
                ["assumed"],
                "low",
                "Residual: nothing is named.",
            )
        ]
    table = []
    for row in kept:
        share, width = float(row["share_of_exports"]) / whole, WIDTH[row["confidence"]]
        residual = row["commodity"] == "other_general"
        estimate = "estimate" in row["source"] or row["source"].startswith("residual")
        basis = (
            "residual"
            if residual
            else "assumed"
            if estimate
            else "reported"
            if row["confidence"] == "high"
            else "derived"
        )
        table.append(Share(
            exporter, importer, row["commodity"], share, share * (1 - width), min(1.0, share * (1 + width)),
            _unit_value(exporter, importer, row["commodity"]), basis,
            sources.of(row["source"], f"What {exporter} sells {'everyone' if importer == '*' else importer}", row["year"]),
            row["confidence"], row["notes"].split(" | denominator")[0],
        ))  # fmt: skip
    return table


def _unit_value(exporter: str, importer: str, commodity: str) -> tuple[float, float, float] | None:
    for row in rule("values.csv"):
        if row["exporter"] == exporter and row["commodity"] == commodity and row["importer"] in {importer, "*"}:
            return float(row["usd_per_t"]), float(row["low"]), float(row["high"])
    return None


def share_rows(table: list[Share]) -> list[Row]:
    """Return trade_share.csv."""
    found = []
    for share in table:
        value = ["", "", ""] if share.value is None else [text(part) for part in share.value]
        found.append({
            "share_id": f"{share.exporter}-{'any' if share.importer == '*' else share.importer}.{share.commodity}",
            "exporter": share.exporter, "importer": share.importer, "commodity": share.commodity,
            "share": f"{share.share:.6f}", "share_low": text(share.low), "share_high": text(max(share.high, share.share)),
            "value_usd_per_t": value[0], "value_low_usd_per_t": value[1], "value_high_usd_per_t": value[2],
            "basis": share.basis, "source": ";".join(share.sources), "confidence": share.confidence, "note": share.note,
        })  # fmt: skip
    return found
