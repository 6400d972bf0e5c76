"""Write the demand tables of the bundled case: economy, trade, trade_share, base_flow, outside, background and count.

    python tools/build_demand.py            writes them into the case, and the sources that they name
    python tools/build_demand.py --out DIR  writes the tables into another folder and leaves the case alone

Facts are read from ../shared/data; what is assumed stands in tools/demand/*.csv. The same facts and rules give the same
bytes. docs/methods/demand.md has the equations.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

from demand import beside, counting, flowing, trading
from demand.facts import CASE, FACTS, Row, Sources, rows

SCHEMAS = CASE.parents[1] / "case" / "schema"


def build() -> tuple[dict[str, list[Row]], Sources, list[tuple[counting.Count, float]]]:
    """Return the tables, the sources that they name, and the tonnes at each screenline."""
    sources = Sources()
    trading.declare_sources(sources)
    facts = trading.read_facts()
    trades = trading.trades(facts, sources)
    shares = trading.trade_shares(trades, sources)
    counts = counting.counts(sources)
    places = beside.centres()
    strands = flowing.trade_strands(trades, shares) + flowing.other_strands(sources)
    fit = flowing.rake(strands, counts, _with_countries(places))
    tables = {
        "economy": trading.economy_rows(facts),
        "trade": trading.trade_rows(trades),
        "trade_share": trading.share_rows(shares),
        "base_flow": flowing.flow_rows(strands),
        "outside": beside.outside_rows(strands, places),
        "background": beside.background_rows(sources),
        "count": counting.count_rows(counts),
    }
    return tables, sources, fit


def _with_countries(places: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Return the places of zones, and of countries by their first zone."""
    first: dict[str, tuple[float, float]] = {}
    for row in rows(CASE / "zone.csv"):
        first.setdefault(row["country"], places[row["zone_id"]])
    return first | places


def write(folder: Path, table: str, found: list[Row]) -> None:
    """Write a table with the columns of its schema."""
    columns = [row["field"] for row in rows(SCHEMAS / f"{table}.csv")]
    with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: row.get(name, "") for name in columns} for row in found)


def main() -> None:
    """Write the tables."""
    parser = argparse.ArgumentParser(description="Write the demand tables of the bundled case.")
    parser.add_argument("--out", type=Path, help="folder to write to, instead of the case")
    out: Path | None = parser.parse_args().out
    if not FACTS.is_dir():
        sys.exit(f"{FACTS} is not there: the facts are read from it")
    tables, sources, fit = build()
    for name, found in tables.items():
        write(out or CASE, name, found)
    if out is None:
        used = {name for found in tables.values() for row in found for name in row["source"].split(";")}
        merged = sorted(
            [*sources.known.values(), *(row for name, row in sources.new.items() if name in used)],
            key=lambda row: row["source_id"],
        )
        write(CASE, "source", merged)
    for name, found in tables.items():
        print(f"{name:12} {len(found):5} rows")
    print("\nTonnes a year at screenlines, counted and by the rules' ways:")
    for count, fitted in sorted(fit, key=lambda item: (item[0].use, item[0].key)):
        ratio = fitted / count.flow
        print(f"{count.use:9} {count.key:5} {count.flow:12,.0f} {fitted:12,.0f} {ratio:6.2f}  {count.name}")


if __name__ == "__main__":
    main()
