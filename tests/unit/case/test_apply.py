"""Effects act in one place: set, then multiply, then add; projects, then the scenario, then the setting's own changes."""

from __future__ import annotations

import math
from itertools import permutations

import pytest

from karvan.case import Setting
from karvan.case.model import MOST_ALTERED
from karvan.errors import CaseError

GATE = "ab.rail.AAA-BBB"
YARD = "b_city.rail1520-rail1435"


def hours(case, table="border", row=GATE, **parts) -> float:
    return case.apply(Setting.of(**parts)).rows(table)[row]["time_h"]


def effect(files, owner: str, op: str, value: str, row: str = GATE, column: str = "time_h", **cells: str) -> None:
    """Add an effect on a border row."""
    count = len(files.read("effect.csv"))
    files.add(
        "effect.csv",
        effect_id=f"extra{count}",
        owner=owner,
        table="border",
        row=row,
        column=column,
        op=op,
        value=value,
        source="textbook",
        confidence="high",
        **cells,
    )


def test_the_textbook_effects(textbook):
    assert hours(textbook) == 10
    assert hours(textbook, projects="N2") == 5
    assert hours(textbook, "terminal", YARD) == 24
    assert hours(textbook, "terminal", YARD, projects="N5") == 18
    rows = textbook.apply(Setting.of(projects="N3")).rows("link")
    assert [rows["a_city-a_gate.rail"][name] for name in ("tracks", "capacity_trains_per_day")] == [2, 30]
    rows = textbook.apply(Setting.of(scenario="ab_shut")).rows("border")
    assert {row for row, cells in rows.items() if cells["status"] == "shut"} == {
        "ab.rail.AAA-BBB", "ab.rail.BBB-AAA", "ab.road.AAA-BBB", "ab.road.BBB-AAA",
    }  # fmt: skip
    rows = textbook.apply(Setting.of(scenario="fuel_dear")).rows("service")
    assert rows["road.any"]["price_usd_per_tkm"] == pytest.approx(0.06)


def test_the_scenario_is_filled_in(textbook):
    assert textbook.apply().setting == Setting(scenario="open")
    assert textbook.apply(Setting.of(scenario="ab_shut")).setting.scenario == "ab_shut"


def test_set_then_multiply_then_add_whatever_the_order_of_rows(files):
    header, *rows = files.read("effect.csv")
    effect(files, "N2", "set", "20")
    effect(files, "N2", "add", "3")
    extra = files.read("effect.csv")[-2:]
    mine = [rows[0], *extra]
    for order in permutations(mine):
        files.write("effect.csv", [header, *order, *rows[1:]])
        assert hours(files.open(), projects="N2") == 20 * 0.5 + 3


def test_projects_then_the_scenario_then_the_changes(files):
    effect(files, "ab_shut", "add", "3")
    case = files.open()
    doubled = f"border:{GATE}:time_h*=2"
    assert hours(case, projects="N2", scenario="ab_shut") == 10 * 0.5 + 3
    assert hours(case, projects="N2", scenario="ab_shut", changes=[doubled]) == (10 * 0.5 + 3) * 2
    more = [f"border:{GATE}:time_h+=1", doubled]
    assert hours(case, projects="N2", scenario="ab_shut", changes=more) == (10 * 0.5 + 3) * 2 + 1
    assert hours(case, projects="N2", scenario="ab_shut", changes=[f"border:{GATE}:time_h=7", *more]) == 7 * 2 + 1


def test_what_the_scenario_sets_goes_over_what_projects_multiply(files):
    effect(files, "ab_shut", "set", "99")
    assert hours(files.open(), projects="N2", scenario="ab_shut") == 99


def test_several_projects_on_one_cell(files):
    for owner, op, value in (("N3", "multiply", "0.1"), ("N5", "add", "7"), ("N5", "multiply", "3")):
        effect(files, owner, op, value)
    case = files.open()
    expected = pytest.approx(10 * 0.5 * 0.1 * 3 + 7)
    assert hours(case, projects="N2,N3,N5") == expected
    found = {
        case.apply(Setting(projects=order)).rows("border")[GATE]["time_h"] for order in permutations(("N2", "N3", "N5"))
    }
    assert len(found) == 1, "the order of projects does not enter, not by a bit"


def test_two_owners_in_one_setting(files):
    effect(files, "N2", "set", "open", column="status")
    case = files.open()
    assert case.apply(Setting.of(projects="N2")).rows("border")[GATE]["status"] == "open"
    assert case.apply(Setting.of(scenario="ab_shut")).rows("border")[GATE]["status"] == "shut"
    with pytest.raises(CaseError) as caught:
        case.apply(Setting.of(projects="N2", scenario="ab_shut"))
    assert str(caught.value) == (
        f"{files.folder}: 1 problem\n"
        "  effect.csv, value: found border ab.rail.AAA-BBB status set to open by N2 and to shut by ab_shut; "
        "expected one value in a setting. Leave one of them out, or change its effect; trade and what follows solve every state "
        "of the crossings."
    )


def test_two_owners_that_say_the_same(files):
    effect(files, "N2", "set", "shut", column="status")
    shut = files.open().apply(Setting.of(projects="N2", scenario="ab_shut"))
    assert shut.rows("border")[GATE]["status"] == "shut"


def test_two_projects_that_say_the_same(files):
    for owner, value in (("N2", "2"), ("N5", "2.0")):
        files.add("effect.csv", like="N3.a_city-a_gate.rail", effect_id=f"{owner}.tracks", owner=owner, value=value)
    assert files.problems() == []
    applied = files.open().apply(Setting.of(projects="N2,N3,N5"))
    assert applied.rows("link")["a_city-a_gate.rail"]["tracks"] == 2


def test_a_change_overrules_whoever_set_the_cell(textbook):
    setting = Setting.of(scenario="ab_shut", changes=[f"border:{GATE}:status=open"])
    assert textbook.apply(setting).rows("border")[GATE]["status"] == "open"


def test_an_effect_out_of_bounds(files):
    files.set("effect.csv", "N5.time", value="-30", low="", high="")
    case = files.open()
    assert hours(case, "terminal", YARD) == 24
    with pytest.raises(CaseError) as caught:
        case.apply(Setting.of(projects="N5"))
    assert str(caught.value) == (
        f"{files.folder}: 1 problem\n"
        f"  effect.csv, terminal {YARD} time_h by N5: found -6 after all effects; expected at least 0. Check the unit (h)."
    )


def test_several_effects_out_of_bounds_are_told_at_once(files):
    effect(files, "N2", "multiply", "1000")
    effect(files, "ab_shut", "add", "-100", row="ab.road.AAA-BBB")
    with pytest.raises(CaseError) as caught:
        files.open().apply(Setting.of(projects="N2", scenario="ab_shut"))
    assert [str(problem) for problem in caught.value.problems] == [
        (
            "effect.csv, border ab.rail.AAA-BBB time_h by N2: found 5000 after all effects; expected at most 2000. "
            "Check the unit (h)."
        ),
        (
            "effect.csv, border ab.road.AAA-BBB time_h by ab_shut: found -90 after all effects; expected at least 0. "
            "Check the unit (h)."
        ),
    ]


def test_bounds_hold_for_the_result_not_on_the_way(files):
    """10 hours times 500 is more than the schema allows, and a later increment brings it back."""
    effect(files, "N3", "multiply", "500")
    effect(files, "N3", "add", "-4000")
    assert hours(files.open(), projects="N3") == 1000


def test_an_effect_begins_in_its_year(files):
    effect(files, "N3", "add", "4", from_year="2030")
    case = files.open()
    assert hours(case, projects="N3") == 10
    assert hours(case, projects="N3@2027", year=2029) == 10
    assert hours(case, projects="N3@2027", year=2030) == 14


def test_of_what_an_owner_sets_from_several_years_on_the_latest_holds(files):
    for year, value in (("2040", "4"), ("", "8"), ("2030", "6")):
        effect(files, "N3", "set", value, from_year=year)
    case = files.open()
    found = [hours(case, projects="N3@2026", year=year) for year in (2026, 2029, 2030, 2039, 2040, 2050)]
    assert found == [8, 8, 6, 6, 4, 4]


def test_a_blank_cell_may_be_set_and_then_multiplied(files):
    effect(files, "N3", "set", "100", column="capacity_t_per_day")
    effect(files, "N3", "multiply", "2", column="capacity_t_per_day")
    case = files.open()
    assert math.isnan(case.rows("border")[GATE]["capacity_t_per_day"])
    assert case.apply(Setting.of(projects="N3")).rows("border")[GATE]["capacity_t_per_day"] == 200


def test_a_cell_may_be_cleared(textbook):
    setting = Setting.of(changes=["link:a_city-a_gate.rail:capacity_trains_per_day="])
    assert math.isnan(textbook.apply(setting).rows("link")["a_city-a_gate.rail"]["capacity_trains_per_day"])


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("link:a_city-a_gate.rail:electrified=true", True),
        ("link:a_city-a_gate.rail:tracks=2", 2.0),
        ("link:a_city-a_gate.rail:status=defunct", "defunct"),
        ("terminal:a_port.road-ferry:method=by hand", "by hand"),
    ],
)
def test_a_change_keeps_the_type_of_the_column(textbook, change, value):
    table, row, column = change.partition("=")[0].split(":")
    applied = textbook.apply(Setting.of(changes=[change]))
    found = applied.rows(table)[row][column]
    assert found == value
    assert type(found) is type(value)
    assert applied.tables[table].dtypes.equals(textbook.tables[table].dtypes)


def test_what_stands_in_a_setting(textbook):
    base, opened = textbook.apply(), textbook.apply(Setting.of(projects="N1"))
    link = textbook.rows("link")["a_city-c_city.rail"]
    assert not base.is_built(link["status"], link["project_id"])
    assert opened.is_built(link["status"], link["project_id"])
    assert base.is_built("existing", ())
    assert not opened.is_built("under_construction", ())
    assert not opened.is_built("proposed", ("N2",))


def test_tables_without_an_effect_are_not_copied(textbook):
    applied = textbook.apply(Setting.of(projects="N2"))
    assert {name for name, frame in applied.tables.items() if frame is not textbook.tables[name]} == {"border"}
    assert applied.rows("link") is textbook.rows("link")


def test_a_table_that_is_about_to_be_forgotten_keeps_its_changes(files):
    """A setting brings a new table, for which the oldest that is kept falls out: its own, altered as in a setting long before."""
    case = files.open()
    price, value = "service:rail.any:price_usd_per_tkm=0.999", "commodity:coal:time_value_usd_per_t_day={}"
    case.apply(Setting.of(changes=[price]))
    for number in range(MOST_ALTERED - 1):
        case.apply(Setting.of(changes=[value.format(1 + number)]))
    again = case.apply(Setting.of(changes=[value.format(999), price]))
    assert again.rows("commodity")["coal"]["time_value_usd_per_t_day"] == 999
    assert again.rows("service")["rail.any"]["price_usd_per_tkm"] == 0.999
