"""The bundled case: what was wrong in the facts it was written from stays mended."""

from __future__ import annotations

import csv
import math

import pytest

import karvan
from karvan.case.reading import check_case
from karvan.case.schema import schemas
from karvan.errors import NoRouteError
from karvan.routes import network_of

CASE = "pakistan_azerbaijan"


@pytest.fixture(scope="module")
def case():
    return karvan.open_case(CASE)


def rail(case, origin, destination, **question):
    return karvan.find_routes(case, origin, destination, modes=["rail"], scenario="open", **question).routes[0]


@pytest.mark.parametrize("name", [CASE, "textbook"])
def test_no_problems(name):
    assert check_case(name) == []


@pytest.mark.parametrize(
    ("origin", "destination", "projects", "breaks"),
    [
        ("lahore", "tehran", [], ["zahedan"]),
        ("karachi_port", "baku", ["P26"], ["zahedan", "astara_ir"]),
        ("tashkent", "tehran", [], ["sarakhs_ir"]),
        ("turkmenbashi", "sari", [], ["incheh_borun"]),
        ("baku", "kars", [], ["akhalkalaki"]),
        ("almaty", "khorgos_cn", [], ["altynkol"]),
        ("tabriz", "nakhchivan", [], ["jolfa_ir"]),
        ("tashkent", "peshawar", ["P13", "P14"], ["kharlachi_pk"]),
        ("mary", "karachi_port", ["P18", "P21"], ["spin_boldak"]),
        ("kashgar", "tashkent", ["P57"], ["makmal"]),
        ("mashhad", "torghundi", ["P17", "P22"], ["herat_industrial"]),
        ("nakhchivan", "kars", ["P58"], ["sadarak"]),
        ("rohri", "tehran", ["P08", "P25"], ["quetta"]),
        ("mazar_i_sharif", "almaty", [], []),
        ("baku", "makhachkala", [], []),
    ],
)
def test_each_break_of_gauge_is_charged_once(case, origin, destination, projects, breaks):
    route = rail(case, origin, destination, projects=projects)
    assert list(route.gauge_breaks) == breaks
    transfers = [leg for leg in route.legs if leg.kind == "transfer"]
    assert [leg.from_node for leg in transfers] == breaks
    assert all(leg.time_h > 0 for leg in transfers)


@pytest.mark.parametrize(
    ("origin", "destination", "projects", "link"),
    [
        ("tashkent", "peshawar", ["P13", "P14"], "kharlachi_af-kharlachi_pk.rail"),
        ("mary", "quetta", ["P18", "P21"], "kandahar-spin_boldak.rail"),
        ("qazvin", "baku", ["P26"], "rasht-astara_ir.rail"),
        ("baku", "nakhchivan", ["P30", "P31"], "horadiz-aghband.rail"),
        ("baku", "kars", ["P30", "P31", "P32", "P58"], "sadarak-dilucu.rail"),
        ("kashgar", "andijan", ["P57"], "makmal-jalal_abad.rail"),
        ("mashhad", "herat_industrial", ["P22"], "rozanak-robat_paryan.rail"),
        ("chabahar", "zahedan", ["P24"], "iranshahr-chabahar.rail"),
        ("gwadar", "quetta", ["P11"], "gwadar-turbat.rail"),
        ("khuzdar", "jacobabad", ["P11", "P12"], "khuzdar-jacobabad.rail"),
        ("bostan", "bhakkar", ["P10"], "bostan-bhakkar.rail"),
    ],
)
def test_a_project_that_should_connect_does(case, origin, destination, projects, link):
    rows = case.rows("link")
    names = {link, ".".join(["-".join(link.split(".")[0].split("-")[::-1]), link.split(".")[1]])} & set(rows)
    assert names, f"{link} is not in link.csv"
    with_avoidance = karvan.find_routes(
        case, origin, destination, modes=["rail"], scenario="open", projects=projects, k=8
    )
    assert any(names & set(leg.links) for route in with_avoidance.routes for leg in route.legs)
    alone = network_of(case, karvan.Setting.of(scenario="open"))
    assert not any(alone.built[name] for name in names)


def test_every_land_link_between_countries_has_its_crossing_both_ways(case):
    country = {node: row["country"] for node, row in case.rows("node").items()}
    rows = {
        (row["crossing_id"], row["mode"], row["from_country"], row["to_country"])
        for row in case.rows("border").values()
    }
    count = 0
    for link in case.rows("link").values():
        here, there = country[link["from_node_id"]], country[link["to_node_id"]]
        if here != there and link["mode"] in ("rail", "road"):
            count += 1
            assert (link["crossing_id"], link["mode"], here, there) in rows
            assert (link["crossing_id"], link["mode"], there, here) in rows
    assert count > 70


@pytest.mark.parametrize(
    ("scenario", "country", "others"),
    [("afghanistan_shut", "AFG", {"PAK"}), ("iran_shut", "IRN", {"PAK", "AFG", "TKM", "AZE", "TUR", "ARM"})],
)
def test_a_shut_country_does_not_leak(case, scenario, country, others):
    arcs = network_of(case, karvan.Setting.of(scenario=scenario)).arcs("container")
    used = {case.rows("border")[name]["crossing_id"]: case.rows("border")[name] for name in arcs.border if name}
    for row in used.values():
        assert {row["from_country"], row["to_country"]} - {""} not in [{country, other} for other in others]


def test_shut_iran_is_not_passed_by_land_nor_by_sea(case):
    with pytest.raises(NoRouteError, match="shut"):
        karvan.find_routes(case, "karachi_port", "tehran", scenario="iran_shut")


def test_the_caspian_crossing_takes_far_less_than_161_hours(case):
    route = karvan.find_routes(
        case, "turkmenbashi_port", "alat_port", modes=["ferry"], scenario="open", commodity="container"
    ).routes[0]
    sailing = next(leg for leg in route.legs if leg.kind == "move")
    assert 14 <= sailing.moving_h <= 20
    assert 1.8 <= sailing.wait_h <= 68.7
    assert route.time_h.mean < 90


def test_turkmenistan_takes_its_fee_on_entry_only(case):
    rows = case.rows("border")
    entry = rows["sarakhs.road.IRN-TKM"]["price_usd_per_t"]
    leaving = rows["sarakhs.road.TKM-IRN"]["price_usd_per_t"]
    assert entry - leaving == pytest.approx(250 / 20)


def test_no_passenger_trains_pass_for_the_capacity_of_the_main_line(case):
    main = [row for row in case.rows("link").values() if row["name"].startswith("ML-1") and row["tracks"] == 2]
    assert main
    assert all(math.isnan(row["capacity_trains_per_day"]) or row["capacity_trains_per_day"] != 34 for row in main)


def test_the_road_price_of_azerbaijan_is_not_the_artefact(case):
    assert case.rows("service")["road.AZE"]["price_usd_per_tkm"] > 0.03


def test_lengths_of_known_lines(case):
    for origin, destination, low, high in (
        ("karachi_city", "lahore", 1200, 1240),
        ("lahore", "peshawar", 440, 480),
        ("quetta", "taftan", 615, 650),
        ("baku", "tbilisi", 530, 560),
    ):
        length = rail(case, origin, destination, by="time").distance_km
        assert low <= length <= high, (origin, destination, length)


def test_projects_keep_their_ids_and_carry_the_other_files_id_as_alias(case):
    projects = case.rows("project")
    assert {f"P{number:02d}" for number in range(1, 60)} == set(projects)
    aliases = {alias: name for name, row in projects.items() for alias in row["alias"]}
    expected = {"uap": "P14", "uap_pk": "P13", "ml1": "P02", "ml1_kr": "P01", "ml4": "P07", "rasht_astara": "P26",
                "cku": "P57", "kars_dilucu": "P58", "aktau_hub": "P59", "torghundi_terminal": "P56"}  # fmt: skip
    assert expected.items() <= aliases.items()
    assert projects["P14"]["cost_musd"] == 4600
    assert projects["P14"]["cost_high_musd"] == 8200
    assert math.isnan(projects["P35"]["cost_musd"])
    assert {row["status"] for row in projects.values()} == {"candidate", "committed", "done"}


def test_every_source_is_cited_and_no_source_is_missing(case):
    cited = {source for name, frame in case.tables.items() for column in schemas()[name].fields
             if column.references == "source.source_id" for cell in frame[column.name] for source in cell}  # fmt: skip
    assert cited == set(case.rows("source"))


def test_the_tables_are_plain_text(case):
    for path in sorted(case.folder.rglob("*.csv")):
        data = path.read_bytes()
        assert b"\r" not in data, path.name
        assert data.endswith(b"\n"), path.name
        with path.open(encoding="utf-8", newline="") as handle:
            assert all(len(row) > 1 for row in csv.reader(handle))
