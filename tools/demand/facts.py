"""Reading the facts that the demand tables are built from, and the rules that stand beside this script."""

from __future__ import annotations

import csv
import hashlib
import math
import re
from functools import cache
from pathlib import Path
from urllib.parse import urlparse

ROOT = Path(__file__).resolve().parents[2]
RULES = Path(__file__).resolve().parent
FACTS = ROOT.parent / "shared" / "data"
CASE = ROOT / "src" / "karvan" / "bundled_cases" / "pakistan_azerbaijan"

Row = dict[str, str]

#: Countries of the European part of the rest of the world.
EUROPE = frozenset(
    [
        "ALB",
        "AUT",
        "BEL",
        "BGR",
        "BIH",
        "BLR",
        "CHE",
        "CYP",
        "CZE",
        "DEU",
        "DNK",
        "ESP",
        "EST",
        "FIN",
        "FRA",
        "GBR",
        "GRC",
        "HRV",
        "HUN",
        "IRL",
        "ISL",
        "ITA",
        "LTU",
        "LUX",
        "LVA",
        "MDA",
        "MKD",
        "MLT",
        "MNE",
        "NLD",
        "NOR",
        "POL",
        "PRT",
        "ROU",
        "SRB",
        "SVK",
        "SVN",
        "SWE",
        "UKR",
    ]
)
#: Goods that never ride a network of rail, road, ferry and sea, in the names of commodity_shares.csv.
NEVER = frozenset({"lng_gas", "electricity", "gold_precious", "crude_oil"})
#: Half-width of a range as a share of the figure, by confidence, as karvan.case.ranges has it.
WIDTH = {"high": 0.1, "medium": 0.25, "low": 0.5}
EARTH_KM = 6371.0088


def rows(path: Path) -> list[Row]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@cache
def fact(name: str) -> list[Row]:
    """Return the rows of a file of facts."""
    return rows(FACTS / name)


@cache
def rule(name: str) -> list[Row]:
    """Return the rows of a file of rules."""
    return rows(RULES / name)


def great_circle_km(one: tuple[float, float], two: tuple[float, float]) -> float:
    """Return the great-circle distance of two places given as (lon, lat)."""
    lon1, lat1, lon2, lat2 = (math.radians(value) for value in (*one, *two))
    part = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(part))


def text(value: float) -> str:
    """Return a number with four significant digits, as the tables have it."""
    if value == 0 or math.isnan(value):
        return "0" if value == 0 else ""
    digits = max(0, 3 - math.floor(math.log10(abs(value))))
    rounded = round(value, digits) if digits else float(f"{value:.3e}")
    return f"{rounded:.{digits}f}".rstrip("0").rstrip(".") if digits else str(int(rounded))


class Sources:
    """The sources that the tables name: those of the case by address, and new ones."""

    def __init__(self) -> None:
        known = rows(CASE / "source.csv")
        self.by_url = {self.plain(row["url"]): row["source_id"] for row in known if row["url"]}
        self.known = {row["source_id"]: row for row in known}
        self.new: dict[str, Row] = {}
        self.titles = _titles()

    @staticmethod
    def plain(url: str) -> str:
        """Return an address without what varies in how people write it."""
        return re.sub(r"^https?://(www\.)?", "", url.strip()).rstrip("/")

    def of(self, text_: str, about: str, date: str = "") -> list[str]:
        """Return the ids of the sources that a cell of the facts names: addresses, or words without one."""
        found: list[str] = []
        for part in re.split(r"\s*;\s*(?=https?://|$)|\s;\s", text_.strip()):
            name = self._one(part.strip(), about, date)
            if name not in found:
                found.append(name)
        return found

    def _one(self, part: str, about: str, date: str) -> str:
        if not part or "not verified" in part or part.startswith(("residual", "n/a")):
            return "assumed"
        if part in self.known or part in self.new:
            return part
        url = next(iter(re.findall(r"https?://[^\s()]+", part)), "")
        if not url:
            part = re.sub(r"\s*\((no URL in index|in index)[^)]*\)|,? ?\(?file-index id \d+\)?", "", part).strip(" ,")
            return self._add(f"unlinked-{_digest(part)}", "publication", part, part, "", date)
        plain = self.plain(url)
        host = urlparse(url).netloc.removeprefix("www.")
        name = f"{host.split('.')[0] or 'web'}-{_digest(plain)}"
        if name in self.known:
            # ours already: another row of the same address, added later, changes nothing
            return name
        if plain in self.by_url:
            return self.by_url[plain]
        self.by_url[plain] = name
        return self._add(name, "news", self.titles.get(plain, about), host, url, date)

    def _add(self, name: str, kind: str, title: str, publisher: str, url: str, date: str) -> str:
        if name not in self.known:
            day = date if re.fullmatch(r"(19|20)\d\d(-(0[1-9]|1[0-2]))?", date) else ""
            self.new[name] = {
                "source_id": name, "kind": kind, "title": title, "publisher": publisher, "date": day, "url": url, "note": "",
            }  # fmt: skip
        return name

    def declare(self, name: str, kind: str, title: str, publisher: str, date: str, url: str, note: str = "") -> str:
        """Add a source by hand."""
        self._add(name, kind, title, publisher, url, date)
        if name in self.new:
            self.new[name]["note"] = note
        return name


def _titles() -> dict[str, str]:
    """Return what the facts say that an address is about."""
    found: dict[str, str] = {}
    for name, columns in (("demand", ("topic", "metric", "scope")), ("counts", ("place", "commodity", "period"))):
        for row in fact(f"case/{name}.csv"):
            for url in re.findall(r"https?://[^\s();]+", row["source"]):
                found.setdefault(Sources.plain(url), ", ".join(row[column] for column in columns))
    return found


def _digest(text_: str) -> str:
    return hashlib.sha256(text_.encode()).hexdigest()[:8]
