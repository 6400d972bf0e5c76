"""What holds for any effects and any setting, not only for those of the textbook."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from karvan.case import Case, Field, Setting, model, open_case, schemas
from karvan.case.cells import BadCell, parse_cell
from karvan.network.gmns import cell_text

CELLS = (
    ("border", "ab.rail.AAA-BBB", "time_h"),
    ("border", "ab.rail.AAA-BBB", "price_usd_per_t"),
    ("border", "ab.road.BBB-AAA", "time_h"),
    ("terminal", "b_city.rail1520-rail1435", "time_h"),
    ("link", "a_city-a_gate.rail", "capacity_trains_per_day"),
)
PROJECTS = ("N2", "N3", "N5")
SCENARIO = "ab_shut"
COMMON = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def textbook() -> Case:
    return open_case("textbook")


# Whole numbers and quarters: products and sums of four of them are exact, and stay within the bounds of the columns.
# None is nought, which no capacity can be.
factors = st.integers(1, 8).map(lambda number: number / 4)
increments = st.integers(0, 20).map(float)
values = st.integers(1, 20).map(float)
effects = st.one_of(
    st.tuples(st.sampled_from((*PROJECTS, SCENARIO)), st.sampled_from(CELLS), st.just("multiply"), factors),
    st.tuples(st.sampled_from((*PROJECTS, SCENARIO)), st.sampled_from(CELLS), st.just("add"), increments),
)


@st.composite
def effect_lists(draw) -> list[tuple[str, tuple[str, str, str], str, float]]:
    """Effects in any order, of which at most one sets each cell."""
    found = draw(st.lists(effects, max_size=4))
    for cell in CELLS:
        if draw(st.booleans()):
            found.append((draw(st.sampled_from((*PROJECTS, SCENARIO))), cell, "set", draw(values)))
    return draw(st.permutations(found))


def with_effects(rows: list[tuple[str, tuple[str, str, str], str, float]]) -> Case:
    """Return the textbook case with these effects alone."""
    frame = textbook().tables["effect"]
    columns: dict[str, list[Any]] = {
        "owner": [owner for owner, _, _, _ in rows],
        "table": [cell[0] for _, cell, _, _ in rows],
        "row": [cell[1] for _, cell, _, _ in rows],
        "column": [cell[2] for _, cell, _, _ in rows],
        "op": [op for _, _, op, _ in rows],
        "value": [repr(value) for _, _, _, value in rows],
        "from_year": [math.nan] * len(rows),
    }
    index = pd.Index([f"E{number}" for number in range(len(rows))], name="effect_id", dtype="object")
    made = pd.DataFrame(columns, index=index).reindex(columns=frame.columns)
    case = textbook()
    return Case(case.folder, case.config, {**case.tables, "effect": made}, case.digest)


def results(case: Case, setting: Setting) -> list[float]:
    applied = case.apply(setting)
    return [applied.rows(table)[row][column] for table, row, column in CELLS]


def by_hand(rows: list[tuple[str, tuple[str, str, str], str, float]], cell: tuple[str, str, str]) -> float:
    """Return a cell with every project open and the scenario: set, multiply, add of the projects, then of the scenario."""
    value = textbook().rows(cell[0])[cell[1]][cell[2]]
    for owners in (PROJECTS, (SCENARIO,)):
        mine = [(op, number) for owner, other, op, number in rows if owner in owners and other == cell]
        value = next((number for op, number in mine if op == "set"), value)
        value *= math.prod(number for op, number in mine if op == "multiply")
        value += sum(number for op, number in mine if op == "add")
    return value


@COMMON
@given(effect_lists(), st.permutations(PROJECTS))
def test_the_order_of_projects_does_not_enter(rows, order):
    case = with_effects(rows)
    first = results(case, Setting(projects=PROJECTS, scenario=SCENARIO))
    assert results(case, Setting(projects=tuple(order), scenario=SCENARIO)) == first


@COMMON
@given(effect_lists(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_enter(rows, random):
    setting = Setting(projects=PROJECTS, scenario=SCENARIO)
    shuffled = random.sample(rows, len(rows))
    assert results(with_effects(shuffled), setting) == results(with_effects(rows), setting)


asked_for = st.builds(
    lambda projects, scenario, acts: Setting.of(
        projects=projects, scenario=scenario, changes=[f"{':'.join(cell)}{act}" for cell, act in acts.items()]
    ),
    st.sets(st.sampled_from(PROJECTS)), st.sampled_from(("open", SCENARIO)),
    st.dictionaries(st.sampled_from(CELLS), st.sampled_from(("=1", "=2", "*=2")), max_size=3),
)  # fmt: skip


@COMMON
@given(st.lists(asked_for, min_size=2, max_size=12), st.integers(1, 4))
def test_what_was_asked_before_does_not_enter(asked, kept):
    """However few altered tables are kept, and whichever fall out meanwhile."""
    case = with_effects([(owner, cell, "multiply", 2.0) for owner in PROJECTS for cell in CELLS[:4]])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "MOST_ALTERED", kept)
        for setting in asked:
            fresh = Case(case.folder, case.config, case.tables, case.digest)
            assert results(case, setting) == results(fresh, setting)


@COMMON
@given(effect_lists())
def test_set_then_multiply_then_add(rows):
    found = results(with_effects(rows), Setting(projects=PROJECTS, scenario=SCENARIO))
    assert found == [by_hand(rows, cell) for cell in CELLS]


# settings -------------------------------------------------------------------------------------------------------------

any_setting = st.builds(
    Setting.of,
    year=st.none() | st.integers(2026, 2060),
    scenario=st.none() | st.sampled_from(["open", "ab_shut", "fuel_dear"]),
    projects=st.lists(st.sampled_from(["N1", "N2", "N3@2030", "N4", "N5@2027"]), unique=True).filter(
        lambda names: not {"N1", "N3@2030"} <= set(names)
    ),
    changes=st.lists(
        st.sampled_from(
            [
                "border:ab.rail.AAA-BBB:time_h=7",
                "border:ab.rail.AAA-BBB:time_h*=1.5",
                "link:a_city-a_gate.rail:tracks=3",
                "link:a_city-a_gate.rail:electrified=true",
                "service:road.any:price_usd_per_tkm+=0.01",
                "terminal:b_city.rail1520-rail1435:status=defunct",
            ]
        ),
        unique=True,
    ),
)


def picture(case: Case, setting: Setting) -> dict[str, str]:
    """Return all that a setting makes of the tables, written out."""
    applied = case.apply(setting)
    tables = {name: frame.to_csv() for name, frame in applied.tables.items()}
    return tables | {"open": ",".join(sorted(applied.open_projects)), "notes": ";".join(applied.notes)}


@COMMON
@given(any_setting, any_setting)
def test_what_a_setting_makes_depends_on_the_setting_alone(one, other):
    """A case is never changed: with another setting in between, and in a case opened anew, the tables are the same."""
    case = textbook()
    first = picture(case, one)
    picture(case, other)
    assert picture(case, one) == first
    assert picture(Case(case.folder, case.config, case.tables, case.digest), one) == first


@COMMON
@given(any_setting)
def test_the_facts_stay_as_they_are(setting):
    case = textbook()
    before = {name: frame.to_csv() for name, frame in case.tables.items()}
    case.apply(setting)
    assert {name: frame.to_csv() for name, frame in case.tables.items()} == before


def test_an_empty_setting_changes_nothing():
    case = textbook()
    applied = case.apply(Setting())
    assert all(applied.tables[name] is frame for name, frame in case.tables.items())
    assert applied.open_projects == frozenset()
    assert applied.notes == ()


# cells ----------------------------------------------------------------------------------------------------------------

ALL_FIELDS = [field for schema in schemas().values() for field in schema.fields]
letters = "abcXYZ019_.-"


DATES = st.one_of(*(st.dates().map(lambda day, cut=cut: str(day)[:cut]) for cut in (4, 7, 10)))
LISTS = st.lists(st.text(letters + " ,'\"é", max_size=6), max_size=4).map(";".join)
NAMES = st.text(letters, max_size=8) | st.text("ABC", min_size=3, max_size=3)
WHOLE = st.integers(-(10**6), 10**6).map(str)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)


def texts_for(field: Field) -> st.SearchStrategy[str]:
    """Return texts of which many fit the column."""
    if field.choices:
        return st.sampled_from(field.choices)
    if field.type == "number":
        bounds = {"min_value": field.minimum, "max_value": field.maximum}
        return WHOLE | st.floats(**bounds, allow_nan=False, allow_infinity=False).map(repr)
    plain = {"bool": st.sampled_from(["true", "false"]), "date": DATES, "list": LISTS, "int": WHOLE, "year": WHOLE}
    return plain.get(field.type, NAMES if field.type in {"id", "country"} else TEXTS)


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(ALL_FIELDS).flatmap(lambda field: st.tuples(st.just(field), st.just("") | texts_for(field))))
def test_a_cell_is_written_as_it_was_read(asked):
    field, text = asked
    try:
        value = parse_cell(field, text)
    except BadCell:
        return
    again = parse_cell(field, cell_text(value))
    assert type(again) is type(value)
    assert again == value or (math.isnan(again) and math.isnan(value))


@given(st.text())
def test_any_text_is_a_value_or_a_bad_cell(text):
    said = []
    for field in ALL_FIELDS:
        try:
            parse_cell(field, text)
        except BadCell as bad:
            said.append((bad.expected, bad.todo))
    assert all(expected and todo.endswith(".") for expected, todo in said)
