"""The way beside the network of every pair, and what fills links without choosing.

Price, time and emissions of the way beside the network follow from great-circle distance and unit rates, all assumed:

    both at sea        price = handling + rate x 2 d      (Karachi-Mersin is 1.7, Karachi-Poti 2.3 times the great circle)
                       + km by road between the zone and its own port
    one not at sea     + inland km by rail to a port beyond the network
    neighbours         price = 30 + rate x 3 d            (by a third country, or trade not made)
    within an economy  price = 5 + rate x 2 d             (a longer road beside the network)
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from demand.facts import CASE, Row, Sources, fact, great_circle_km, rows, rule, text

if TYPE_CHECKING:
    from demand.flowing import Strand

#: Zones with a port of their own on the open sea.
MARITIME = frozenset(
    {
        "PAK-SD",
        "PAK-PB",
        "PAK-PS",
        "PAK-KP",
        "PAK-BA",
        "PAK-PORT",
        "IRN",
        "IND",
        "ARE",
        "CHN",
        "CHN-XJ",
        "EUR",
        "TUR",
        "GEO",
        "RUS",
    }
)
#: Kilometres to a port of the open sea beyond the network: China's coast, the Baltic or the Black Sea.
INLAND_KM = {"AZE": 1500.0, "KAZ": 4500.0, "UZB": 4700.0, "KGZ": 4700.0, "TJK": 5200.0, "TKM": 5000.0, "AFG": 5500.0}
#: Kilometres by road between the first gateway of a zone and its own port, where it is not one.
PORT_KM = {"PAK-PB": 1150.0, "PAK-PS": 900.0, "PAK-KP": 1400.0, "PAK-BA": 700.0, "PAK-SD": 160.0, "IRN": 1300.0}
NEIGHBOUR_KM = 1500.0
#: USD per tonne for two ports, USD per tonne-km at sea, by rail inland, and by road; by form.
HANDLING = {"container": 40.0, "bulk": 12.0}
SEA = {"container": 0.018, "bulk": 0.004}
INLAND = {"container": 0.03, "bulk": 0.02}
ROAD = {"container": 0.055, "bulk": 0.05}
DETOUR_SEA, DETOUR_ROAD, DETOUR_HOME = 2.0, 3.0, 2.0
#: Dollars per tonne and hours that come on top, among neighbours and at home.
NEIGHBOUR_USD, HOME_USD, NEIGHBOUR_H, HOME_H = 30.0, 5.0, 240.0, 24.0
SEA_KMH, INLAND_KMH, ROAD_KMH, PORTS_H = 26.0, 15.0, 25.0, 300.0
#: Grams of CO2e per tonne-km: sea and rail as in service.csv, a loaded truck with its way back.
SEA_G, INLAND_G, ROAD_G = 20.0, 30.0, 110.0


def centres() -> dict[str, tuple[float, float]]:
    """Return the place of each zone's first gateway as (lon, lat)."""
    nodes = {row["node_id"]: (float(row["x_coord"]), float(row["y_coord"])) for row in rows(CASE / "node.csv")}
    return {row["zone_id"]: nodes[row["gateways"].split(";")[0]] for row in rows(CASE / "zone.csv")}


def outside_rows(strands: list[Strand], places: dict[str, tuple[float, float]]) -> list[Row]:
    """Return outside.csv: a row for every pair and form of goods with a flow."""
    forms = {row["commodity_id"]: row["form"] for row in rows(CASE / "commodity.csv")}
    economies = {row["zone_id"]: row["economy"] for row in rows(CASE / "zone.csv")}
    pairs = sorted({(strand.origin, strand.destination, forms[strand.commodity]) for strand in strands})
    return [_outside(pair, economies, places) for pair in pairs]


def _outside(pair: tuple[str, str, str], economies: dict[str, str], places: dict[str, tuple[float, float]]) -> Row:
    origin, destination, form = pair
    straight = great_circle_km(places[origin], places[destination])
    home = economies[origin] == economies[destination]
    if home or (straight <= NEIGHBOUR_KM and not {origin, destination} <= MARITIME):
        name, price, hours, grams = _by_road(straight, form, home=home)
        payee = "road-" + _country(origin)
    else:
        name, price, hours, grams = _by_sea(origin, destination, straight, form)
        payee = "shipping-INT"
    return {
        "outside_id": f"{origin}-{destination}.{form}", "origin": origin, "destination": destination, "form": form, "name": name,
        "price_usd_per_t": text(price), "price_low_usd_per_t": text(price * 0.6), "price_high_usd_per_t": text(price * 1.6),
        "payee": payee, "resource_share": "0.8", "time_h": text(hours), "time_sd_h": text(hours * 0.25),
        "co2e_kg_per_t": text(grams / 1000), "source": "assumed-outside", "confidence": "low",
        "note": f"{straight:,.0f} km in a straight line.",
    }  # fmt: skip


def _by_road(straight: float, form: str, *, home: bool) -> tuple[str, float, float, float]:
    road = straight * (DETOUR_HOME if home else DETOUR_ROAD)
    name = "a longer road beside the network" if home else "by a third country, or trade not made"
    price = (HOME_USD if home else NEIGHBOUR_USD) + ROAD[form] * road
    return name, price, (HOME_H if home else NEIGHBOUR_H) + road / ROAD_KMH, ROAD_G * road


def _by_sea(origin: str, destination: str, straight: float, form: str) -> tuple[str, float, float, float]:
    ends = {origin, destination}
    inland = sum(INLAND_KM.get(zone, 0.0) for zone in ends)
    sea = straight * DETOUR_SEA if not inland else 12000.0 if ends & {"CHN", "IND"} else 9000.0
    if inland and ends & {"CHN", "CHN-XJ", "RUS", "EUR"}:
        sea, inland = 0.0, max(inland, straight * 1.5)  # overland beyond the network all the way
    road = sum(PORT_KM.get(zone, 0.0) for zone in ends) if sea else 0.0
    name = (
        "by sea" if not inland else "by sea and overland beyond the network" if sea else "overland beyond the network"
    )
    price = (HANDLING[form] if sea else 15.0) + SEA[form] * sea + INLAND[form] * inland + ROAD[form] * road
    hours = (PORTS_H if sea else 120.0) + sea / SEA_KMH + inland / INLAND_KMH + road / ROAD_KMH
    return name, price, hours, SEA_G * sea + INLAND_G * inland + ROAD_G * road


def _country(zone: str) -> str:
    country = next(row["country"] for row in rows(CASE / "zone.csv") if row["zone_id"] == zone)
    return country if country != "IND" else "PAK"


def background_rows(sources: Sources) -> list[Row]:
    """Return background.csv: passenger trains by line, and domestic freight where a total is published."""
    links = {
        frozenset((row["from_node_id"], row["to_node_id"])): row["link_id"]
        for row in rows(CASE / "link.csv")
        if row["mode"] == "rail" and row["status"] == "existing"
    }
    table = [
        _passenger(row, link, sources) for row in rule("passenger.csv") for link in _along(row["nodes"].split(), links)
    ]
    table += [
        _freight(row, link, sources) for row in rule("freight.csv") for link in _along(row["nodes"].split(), links)
    ]
    return sorted(table, key=lambda item: item["background_id"])


def _passenger(row: Row, link: str, sources: Sources) -> Row:
    train = next(
        train
        for train in fact("case/passenger_trains.csv")
        if (train["line_section"], train["period"]) == (row["line"], row["period"])
    )
    return {
        "background_id": f"{link}.passenger", "link_id": link, "kind": "passenger", "direction": "both",
        "trains_per_day": train["passenger_trains_per_day_per_direction"], "t_per_day": "", "year": row["period"][:4],
        "basis": "counted", "source": ";".join(sources.of(train["source"], f"Passenger trains: {row['line']}")),
        "confidence": train["confidence"], "note": f"{row['line']}, {row['period']}: {train['notes']}".strip(": "),
    }  # fmt: skip


def _freight(row: Row, link: str, sources: Sources) -> Row:
    names = [*sources.of(row["source"], "Domestic rail freight"), "assumed-demand"]
    return {
        "background_id": f"{link}.freight", "link_id": link, "kind": "freight", "direction": "both", "trains_per_day": "",
        "t_per_day": text(float(row["t_per_year"]) / 2 / 365), "year": row["year"], "basis": row["basis"],
        "source": ";".join(names), "confidence": "low", "note": row["note"],
    }  # fmt: skip


def _along(nodes: list[str], links: dict[frozenset[str], str]) -> list[str]:
    return [links[frozenset(ends)] for ends in itertools.pairwise(nodes) if frozenset(ends) in links]
