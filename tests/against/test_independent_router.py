"""Another router, written from docs/methods alone: plain dictionaries over the CSV files and networkx for the paths.

It shares no code with the engine. Both must agree on what the best route takes, on the textbook case and on the bundled one.
"""

from __future__ import annotations

import csv
import math
import random
from functools import cache
from itertools import pairwise, permutations

import networkx as nx
import pytest

import karvan
from karvan.errors import NoRouteError

SEA = {"sea", "ferry"}


def number(text):
    return float(text) if text else None


class Router:
    """Everything about one case in one scenario with some projects open, for one commodity."""

    def __init__(self, folder, scenario, projects, commodity):
        self.tables = {}
        for path in folder.glob("*.csv"):
            with path.open(encoding="utf-8", newline="") as handle:
                rows = list(csv.DictReader(handle))
            if rows:
                self.tables[path.stem] = {next(iter(row.values())): row for row in rows}
        self.open = set(projects) | {
            name for name, row in self.tables["project"].items()
            if row["status"] == "done" or (row["status"] == "committed" and row["open_year"] and int(row["open_year"]) <= 2026)
        }  # fmt: skip
        waiting = list(projects)
        while waiting:
            parts = [part for part in self.tables["project"][waiting.pop()]["contains"].split(";") if part]
            self.open |= set(parts)
            waiting += parts
        self.calibrate()
        self.apply(self.open)
        self.apply({scenario})
        goods = self.tables["commodity"][commodity]
        self.form = goods["form"]
        self.hour = float(goods["time_value_usd_per_t_day"]) / 24
        parameters = self.tables.get("parameter", {})
        self.ratio = float(parameters["reliability_ratio"]["value"])
        shares = {"high": 0.10, "medium": 0.25, "low": 0.50}
        self.share = {
            level: float(parameters.get(f"range_{level}_confidence_share", {"value": share})["value"])
            for level, share in shares.items()
        }
        self.country = {name: row["country"] for name, row in self.tables["node"].items()}
        self.graph = nx.DiGraph()
        self.build()

    def calibrate(self):
        """Multiply every cell that calibration.csv names by its factor; a day has 24 hours."""
        for group in self.tables.get("calibration", {}).values():
            for key in group["rows"].split(";"):
                for column in group["columns"].split(";"):
                    row = self.tables[group["table"]][key]
                    if row[column] and float(group["factor"]) != 1:
                        value = float(row[column]) * float(group["factor"])
                        row[column] = repr(min(value, 24.0) if column == "moving_h_per_day" else value)

    def apply(self, owners):
        """Apply the effects of these owners: set, then multiply, then add."""
        acts = [row for row in self.tables["effect"].values() if row["owner"] in owners
                and (not row["from_year"] or int(row["from_year"]) <= 2026)]  # fmt: skip
        for op in ("set", "multiply", "add"):
            for act in acts:
                if act["op"] == op:
                    row = self.tables[act["table"]][act["row"]]
                    before = row[act["column"]]
                    row[act["column"]] = (
                        act["value"] if op == "set"
                        else repr(float(before) * float(act["value"])) if op == "multiply"
                        else repr(float(before) + float(act["value"]))
                    )  # fmt: skip

    def built(self, row):
        return (row["status"] or "existing") == "existing" or bool(self.open & set(row["project_id"].split(";")))

    @cache  # noqa: B019 - a router lives for a test
    def service(self, mode, country):
        rows = self.tables["service"].values()
        for place in (country, "*"):
            for form in (self.form, "any"):
                for row in rows:
                    if (row["mode"], row["country"], row["form"] or "any") == (mode, place, form):
                        return row
        raise LookupError(mode, country)

    def headway(self, text):
        return 168 / float(text) if text else 0.0

    def add(self, tail, head, **what):
        """Join two states; of several ways the cheapest by generalised cost."""
        cells = {
            "km": 0.0,
            "move": 0.0,
            "rest": 0.0,
            "wait": 0.0,
            "stop": 0.0,
            "sd": 0.0,
            "usd": 0.0,
            "real": 0.0,
            "co2e": 0.0,
        }
        cells |= what
        hours = cells["move"] + cells["rest"] + cells["wait"] + cells["stop"]
        deviation = cells["sd"] + cells.pop("wait_sd", 0.0)
        cells["hours"] = hours
        cells["cost"] = cells["usd"] + self.hour * (hours + self.ratio * deviation)
        if not self.graph.has_edge(tail, head) or self.graph.edges[tail, head]["cost"] > cells["cost"]:
            self.graph.add_edge(tail, head, **cells)

    def build(self):
        for name, row in self.tables["link"].items():
            if self.built(row):
                here, there = row["from_node_id"], row["to_node_id"]
                self.way(name, row, here, there)
                if row["directed"] != "true":
                    self.way(name, row, there, here)
        sides = {state for state in self.graph if state[0] == "at"}
        # a state is there for every link, built or not
        for row in self.tables["link"].values():
            sides |= {("at", row[end], row["mode"], row["gauge_mm"]) for end in ("from_node_id", "to_node_id")}
        self.terminals(sides)
        for state in sides:
            if state[2] not in SEA:
                self.land_gate(state)
        for zone, row in self.tables.get("zone", {}).items():
            for node in row["gateways"].split(";"):
                self.add(("out", zone), ("out", node))
                self.add(("in", node), ("in", zone))

    def way(self, name, link, here, there):
        mode = link["mode"]
        tail, head = (("at", node, mode, link["gauge_mm"]) for node in (here, there))
        a, b = self.country[here], self.country[there]
        if a == b and not link["crossing_id"]:
            self.move(tail, head, link, a, 1.0, boards=True)
            return
        before, after = ("before", name, here), ("after", name, here)
        if mode in SEA:
            if self.formalities(tail, before, here, mode, a, "") and self.formalities(after, head, there, mode, "", b):
                self.move(before, after, link, a, 1.0, boards=True)
        elif self.formalities(before, after, link["crossing_id"], mode, a, b):
            self.move(tail, before, link, a, 0.5, boards=True)
            self.move(after, head, link, b, 0.5, boards=False)

    def move(self, tail, head, link, country, share, *, boards):
        service = self.service(link["mode"], country)
        km = float(link["length_km"]) * share
        moving = km / (number(link["speed_kmh"]) or float(service["speed_kmh"]))
        elapsed = moving * 24 / float(service["moving_h_per_day"] or 24)
        headway = self.headway(link["frequency_per_week"])
        if not headway and link["mode"] in SEA:
            headway = self.headway(service["frequency_per_week"])
        headway = headway if boards else 0.0
        fare = number(link["fare_usd_per_t" if self.form == "container" else "fare_bulk_usd_per_t"])
        usd = km * float(service["price_usd_per_tkm"]) if fare is None else fare * share
        grams = float(service["co2e_ttw_g_per_tkm"]) + float(service["co2e_wtt_g_per_tkm"])
        if link["electrified"] == "true":
            grams = float(service["electric_kwh_per_tkm"]) * float(service["grid_g_per_kwh"])
        self.add(
            tail, head, km=km, move=moving, rest=elapsed - moving, wait=headway / 2, wait_sd=headway / math.sqrt(12),
            sd=float(service["time_cv"] or 0.2) * elapsed, usd=usd, real=usd * float(service["resource_share"] or 1),
            co2e=km * grams / 1000,
        )  # fmt: skip

    def deviation(self, row):
        own = number(row["time_sd_h"])
        return float(row["time_h"]) * self.share[row["confidence"]] / 1.2815515655446004 if own is None else own

    def formalities(self, tail, head, crossing, mode, a, b):
        for row in self.tables["border"].values():
            if (row["crossing_id"], row["mode"], row["from_country"], row["to_country"]) == (crossing, mode, a, b):
                if row["status"] != "open":
                    return False
                usd = float(row["price_usd_per_t"])
                real = usd * float(row["resource_share"] or 1)
                self.add(tail, head, stop=float(row["time_h"]), sd=self.deviation(row), usd=usd, real=real)
                return True
        raise LookupError(crossing, mode, a, b)

    def terminals(self, states):
        rows = {}
        for name, row in self.tables.get("terminal", {}).items():
            form = row["form"] or "any"
            if form in (self.form, "any"):
                sides = [("at", row["node_id"], row[f"mode_{side}"], row[f"gauge_{side}_mm"]) for side in "ab"]
                key = (row["node_id"], *sorted(sides), row["status"], row["project_id"])
                if key not in rows or form == self.form:
                    rows[key] = (name, row, sides)
        for _, row, sides in rows.values():
            if self.built(row) and all(side in states for side in sides):
                self.handle(sides[0], sides[1], row, boarded=sides[1])
                self.handle(sides[1], sides[0], row, boarded=sides[0])
        self.sea_gates(list(rows.values()), states)

    def handle(self, tail, head, row, *, boarded):
        headway = 0.0
        if boarded and boarded[2] not in SEA and row.get("departure_wait") != "false":
            headway = self.headway(self.service(boarded[2], self.country[row["node_id"]])["frequency_per_week"])
        usd = float(row["price_usd_per_t"])
        self.add(tail, head, stop=float(row["time_h"]), sd=self.deviation(row), wait=headway / 2,
                 wait_sd=headway / math.sqrt(12), usd=usd, real=usd * float(row["resource_share"] or 1))  # fmt: skip

    def sea_gates(self, rows, states):
        ports = {}
        for name, row, sides in rows:
            for side in sides:
                if side[2] in SEA and side in states and self.built(row):
                    by_truck = "road" in (sides[0][2], sides[1][2])
                    ports.setdefault(side, []).append((not by_truck, name, row))
        for side, found in ports.items():
            row = min(found, key=lambda item: item[:2])[2]
            land = {state[2] for state in states if state[1] == side[1]} & {row["mode_a"], row["mode_b"]} - SEA
            if land:
                row = self.with_loading(row, self.service(max(land), self.country[side[1]]))
            self.handle(("out", side[1]), side, row, boarded=side)
            self.handle(side, ("in", side[1]), row, boarded=None)

    @staticmethod
    def with_loading(row, service):
        """The gate of a port takes at least what the truck or train takes to load."""
        usd, hours = float(service["load_usd_per_t"] or 0), float(service["load_h"] or 0)
        if usd > float(row["price_usd_per_t"]):
            row = {**row, "price_usd_per_t": usd, "resource_share": service["resource_share"]}
        if hours > float(row["time_h"]):
            row = {**row, "time_h": hours, "time_sd_h": hours * float(service["time_cv"] or 0.2)}
        return row

    def land_gate(self, state):
        service = self.service(state[2], self.country[state[1]])
        hours, usd = float(service["load_h"] or 0), float(service["load_usd_per_t"] or 0)
        shared = {"stop": hours, "sd": hours * float(service["time_cv"] or 0.2), "usd": usd,
                  "real": usd * float(service["resource_share"] or 1)}  # fmt: skip
        headway = self.headway(service["frequency_per_week"])
        self.add(("out", state[1]), state, wait=headway / 2, wait_sd=headway / math.sqrt(12), **shared)
        self.add(state, ("in", state[1]), **shared)

    def best(self, origin, destination):
        """Return what the best route takes, None where there is none."""
        try:
            path = nx.dijkstra_path(self.graph, ("out", origin), ("in", destination), weight="cost")
        except (nx.NetworkXNoPath, nx.NodeNotFound):
            return None
        edges = [self.graph.edges[pair] for pair in pairwise(path)]
        return {
            name: sum(edge[name] for edge in edges) for name in ("km", "hours", "usd", "real", "co2e", "cost", "move")
        }


def agree(case, router, origin, destination, **question):
    theirs = router.best(origin, destination)
    try:
        ours = karvan.find_routes(case, origin, destination, **question).routes[0]
    except NoRouteError:
        assert theirs is None, (origin, destination, question)
        return False
    assert theirs is not None, (origin, destination, question)
    # two routes may cost the same to the last digit but one: the cost alone must then agree
    assert ours.generalised_usd_per_t == pytest.approx(theirs["cost"], rel=1e-9), (origin, destination, question)
    pairs = {
        "km": ours.distance_km, "hours": ours.time_h.mean, "usd": ours.price_usd_per_t, "real": ours.resource_usd_per_t,
        "co2e": ours.co2e_kg_per_t,
    }  # fmt: skip
    for name, value in pairs.items():
        assert value == pytest.approx(theirs[name], rel=1e-9, abs=1e-9), (name, origin, destination, question)
    assert ours.standing_share == pytest.approx(1 - theirs["move"] / theirs["hours"], rel=1e-9)
    return True


@pytest.mark.parametrize("commodity", ["container", "coal"])
@pytest.mark.parametrize("scenario", ["open", "ab_shut", "fuel_dear"])
@pytest.mark.parametrize("projects", [(), ("N1",), ("N3",), ("N4",)])
def test_every_pair_of_the_textbook(commodity, scenario, projects):
    case = karvan.open_case("textbook")
    router = Router(case.folder, scenario, projects, commodity)
    places = [*case.rows("node"), *case.rows("zone")]
    found = [
        agree(case, router, *pair, scenario=scenario, projects=projects, commodity=commodity)
        for pair in permutations(places, 2)
        if not (pair[0] in case.rows("zone") and pair[1] in case.rows("zone")[pair[0]]["gateways"])
    ]
    assert all(found)


@pytest.mark.parametrize(
    ("scenario", "projects", "commodity"),
    [
        ("open", (), "container"),
        ("today", (), "coal"),
        ("iran_shut", (), "container"),
        ("open", ("P13", "P14", "P26", "P44"), "container"),
        ("all_shut", ("P02", "P18", "P21"), "petroleum_products"),
        ("hormuz_shut", ("P36", "P52", "P57"), "rice"),
    ],
)
def test_pairs_of_the_bundled_case(scenario, projects, commodity):
    case = karvan.open_case("pakistan_azerbaijan")
    router = Router(case.folder, scenario, projects, commodity)
    draw = random.Random(f"{scenario} {projects} {commodity}")  # noqa: S311 - a fixed draw of pairs
    nodes = sorted(case.rows("node"))
    pairs = [tuple(draw.sample(nodes, 2)) for _ in range(25)]
    zones = [tuple(draw.sample(sorted(case.rows("zone")), 2)) for _ in range(5)]
    found = [
        agree(case, router, *pair, scenario=scenario, projects=projects, commodity=commodity) for pair in pairs + zones
    ]
    assert sum(found) > len(found) / 2
