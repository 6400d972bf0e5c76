"""How far a case can be trusted: sums by hand on the textbook, and the faults of conflicts and of silent projects."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import karvan
from karvan.case.quality import Reliance, acting_projects, assess, vintage
from karvan.network import build_network
from karvan.network.capacity import link_capacities
from karvan.routes.reliance import route_reliance


@pytest.fixture(scope="module")
def case():
    return karvan.open_case("pakistan_azerbaijan")


# what results rest on -------------------------------------------------------------------------------------------------


def test_shares_by_hand():
    """10 h high, 30 h assumed, 20 h low: half from an assumption, five sixths from that or low confidence."""
    found = Reliance.of("A to B", "time", "h", [
        (10, False, "high", []), (30, True, "high", ["link:x", "service:y"]), (20, False, "low", []),
    ])  # fmt: skip
    assert (found.value, found.assumed_share, found.low_share) == pytest.approx((60, 0.5, 5 / 6))
    assert found.parts == pytest.approx({"link:x": 0.5, "service:y": 0.5})


@given(st.lists(st.tuples(st.floats(0, 1e6), st.booleans(), st.sampled_from(["high", "medium", "low"]), st.just([]))))
def test_shares_are_shares(pieces):
    found = Reliance.of("A to B", "time", "h", pieces)
    assert 0 <= found.assumed_share <= found.low_share + 1e-12 <= 1 + 1e-9


def test_what_a_route_rests_on_is_what_its_legs_say(textbook):
    answer = karvan.find_routes(textbook, "a_city", "c_city")
    time, price = route_reliance(textbook, [answer])
    route = answer.routes[0]
    assert time.value == pytest.approx(route.time_h.mean)
    assert time.assumed_share == pytest.approx(route.assumed_share)
    assert price.value == pytest.approx(route.price_usd_per_t)
    assert price.assumed_share == pytest.approx(
        sum(leg.price_usd_per_t for leg in route.legs if leg.assumed) / route.price_usd_per_t
    )


def test_the_largest_assumption_comes_first(case):
    answers = [karvan.find_routes(case, "karachi_port", "baku")]
    largest = assess(case, route_reliance(case, answers)).largest
    assert list(largest["share"]) == sorted(largest["share"], reverse=True)
    assert all(case.is_assumption(*row.split(":", 1)) for row in largest["row"])


# age ------------------------------------------------------------------------------------------------------------------


def test_a_row_is_as_old_as_its_year_else_as_its_newest_source(files):
    files.set("source.csv", "textbook", date="2019-06")
    files.add("source.csv", source_id="older", kind="news", title="Older", date="2011")
    files.set("zone.csv", "AAA", source="older;textbook")
    case = files.open()
    assert vintage(case, "zone", "AAA") == 2019
    assert vintage(case, "project", "N1") == 2025  # the price year of its cost
    found = assess(case)
    assert ["zone", "AAA", 2019] in found.stale[["table", "row", "year"]].to_numpy().tolist()
    assert found.stale_after_years == 5
    files.add("parameter.csv", like="reliability_ratio", parameter_id="stale_after_years", value="8", low="", high="")
    assert "zone" not in set(assess(files.open()).stale["table"])


def test_a_row_without_a_date_is_undated(files):
    files.set("source.csv", "textbook", date="")
    files.set("source.csv", "assumed", date="")
    found = assess(files.open())
    assert found.tables.set_index("table").loc["node", ["undated", "stale"]].tolist() == [9, 0]


# conflicts ------------------------------------------------------------------------------------------------------------


def test_a_conflict_names_both_sources(case):
    found = assess(case)
    rows = found.conflicts.set_index("conflict")
    assert rows.loc["uap-cost", ["first", "second", "carried"]].tolist() == ["4600", "8200", "range"]
    assert (rows.loc["uap-cost", "first_source"], rows.loc["uap-cost", "second_source"]) == (
        ["tass-1992107"], ["thecentralasia-8324"],
    )  # fmt: skip
    for row in found.conflicts.to_dict("records"):
        assert not set(row["first_source"]) & set(row["second_source"]), row["conflict"]
    assert set(found.unresolved["carried"]) == {"range", "scenario", "none"}


def test_a_range_that_a_conflict_is_carried_as_holds_both(case):
    """Where both sides are figures of a column with low and high, the row's own range reaches from one to the other."""
    low, value, high, basis = case.range_of("project", "P14", "cost_musd")
    assert (low, value, high, basis) == (4600, 4600, 8200, "own")


def conflict(files, **cells):
    files.write("conflict.csv", files.read("conflict.csv")[:1])
    start = {"conflict_id": "x", "name": "Cost", "first": "1", "first_source": "textbook", "second": "2",
             "second_source": "assumed", "carried": "none", "source": "textbook", "confidence": "high"}  # fmt: skip
    return files.add("conflict.csv", **start | cells)


@pytest.mark.parametrize(
    ("cells", "column", "says"),
    [
        ({"table": "projects"}, "table", "'projects'; expected a table. Did you mean project?"),
        (
            {"table": "project", "row": "N9"},
            "row",
            "'N9'; expected a row of project.csv. Mend the name, or add the row to project.csv.",
        ),
        (
            {"table": "project", "row": "N1", "column": "cost_usd"},
            "column",
            "'cost_usd'; expected a column of project.csv. Did you mean cost_musd?",
        ),
        (
            {"unit": "km", "carried": "average"},
            "carried",
            "'average'; expected one of range, scenario, first, second, none. Write range.",
        ),
    ],
)
def test_a_conflict_about_nothing(files, cells, column, says):
    conflict(files, **cells)
    assert files.problems() == [f"conflict.csv, line 2, {column}: found {says}"]


# projects -------------------------------------------------------------------------------------------------------------


def test_a_project_that_changes_nothing_says_why(files):
    files.write("effect.csv", [row for row in files.read("effect.csv") if row[1] != "N5"])
    line = files.line_of("project.csv", "N5")
    assert files.problems() == [
        (
            f"project.csv, line {line}, no_effect: found a blank cell; expected a reason, since N5 changes nothing. "
            "Add its effects to effect.csv, or say why it has none."
        )
    ]


def test_a_project_that_acts_gives_no_reason(files):
    line = files.set("project.csv", "N1", no_effect="idle")
    assert files.problems() == [
        (
            f"project.csv, line {line}, no_effect: found a reason; expected a blank cell, since N1 changes something. "
            "Clear it, or remove the effects."
        )
    ]


def shape(case, projects, year):
    """Return all that the network has of arcs, prices, hours and capacities in a setting."""
    setting = karvan.Setting.of(projects=[f"{name}@2027" for name in projects], scenario="open", year=year)
    applied = case.apply(setting)
    capacities = link_capacities(applied)
    network = build_network(applied)
    arcs = [frozenset(zip(
        form.row.tolist(), form.border.tolist(), form.tail.tolist(), form.head.tolist(), form.time_h.tolist(),
        form.price_usd_per_t.tolist(), form.co2e_kg_per_t.tolist(), strict=True,
    )) for form in map(network.arcs, ("container", "bulk"))]  # fmt: skip
    stops = applied.tables["terminal"]["capacity_t_per_day"].fillna(-1).tolist()
    return arcs, capacities.fillna(-1).to_numpy().tolist(), stops, applied.tables["base_flow"].to_numpy().tolist()


def test_every_project_changes_the_network_or_says_why(case):
    """Each is opened alone: an arc, an hour, a price, a capacity or a flow changes, or no_effect says why not."""
    acting, projects = acting_projects(case), case.rows("project")
    before = shape(case, [], 2045)
    for name, row in projects.items():
        if name not in acting:
            assert row["no_effect"], name
            assert row["effect_basis"] == "none" or row["status"] == "done", name
        elif row["status"] == "candidate":
            needs = [other for other in row["prerequisites"] if not set(row["alternatives"]) & {other}]
            without = shape(case, needs, 2045) if needs else before
            assert shape(case, [*needs, name], 2045) != without, name
        else:  # open by now in any case: it must have a row that acts
            assert any(effect["owner"] == name for effect in case.rows("effect").values()) or any(
                name in cells["project_id"] for table in ("link", "terminal") for cells in case.rows(table).values()
            ), name


def test_every_effect_has_a_range_or_is_a_plain_fact(case):
    """Figures carry low and high about the value; what is set to a word, a second track or a gauge has none to carry."""
    for name, row in case.rows("effect").items():
        if row["op"] != "set" or row["column"] in ("capacity_mt_per_year", "time_h", "capacity_t_per_day"):
            assert row["low"] <= float(row["value"]) <= row["high"], name


def test_each_capacity_says_what_it_rests_on(case):
    """A published one names its figure in the note or in million tonnes a year; the others are estimates, and counted as such."""
    for name, row in case.rows("link").items():
        known = row["capacity_trains_per_day"] > 0 or row["capacity_mt_per_year"] > 0
        assert row["capacity_basis"] == ("none" if not known else row["capacity_basis"] or "blank"), name
        assert row["capacity_basis"] in ("reported", "assumed", "none"), name
    assert assess(case).capacities["assumed"] > assess(case).capacities["reported"] > 0


def test_a_capacity_without_a_figure(files):
    line = files.set("link.csv", "a_city-c_city.rail", capacity_basis="none")
    assert files.problems() == [
        (
            f"link.csv, line {line}, capacity_basis: found 'none'; expected reported or assumed, since there is a capacity. "
            "Mend the basis or the capacity."
        )
    ]


def test_a_capacity_is_no_count_of_passenger_trains(case):
    for name, row in case.rows("link").items():
        if row["name"].startswith("ML-1"):
            assert row["capacity_trains_per_day"] != 34, name
