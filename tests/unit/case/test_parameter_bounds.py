"""Parameters beyond what they can be are found with the case; the list of them is what the package reads."""

from __future__ import annotations

import ast
import math
from pathlib import Path

import pytest

import karvan
from karvan.case import Setting
from karvan.case.fixed_parameters import FIXED_PARAMETERS
from karvan.case.parameter_bounds import PARAMETER_BOUNDS, Bounds, bounds_of
from karvan.errors import CaseError, RequestError

SOURCE = Path(karvan.__file__).parent
#: Functions whose second argument names a parameter.
READERS = {"scale_of": 1}


def pattern_of(node: ast.expr) -> str | None:
    """Return the name that an expression writes out, ``*`` for what varies; None where it does not."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)
    return None


def named_in_settings() -> set[str]:
    """Return the parameters that are read from a setting by a name that is written out."""
    found = set()
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and node.args):
                continue
            call = node.func
            if isinstance(call, ast.Name) and call.id in READERS:
                found.add(pattern_of(node.args[READERS[call.id]]))
            if isinstance(call, ast.Attribute) and call.attr == "get" and "parameter" in ast.unparse(call.value):
                found.add(pattern_of(node.args[0]))
    return found - {None}


def test_every_parameter_that_is_read_has_bounds():
    read = {*FIXED_PARAMETERS, *named_in_settings()}
    assert {"operating_days_per_year", "outside_scale", "empty_return_*_share", "*_discrepancy_share"} <= read
    # time and price have theirs by name, and what closes has a year by group
    read -= {"*_discrepancy_share", "closure_record_{group}_from_year"}
    assert {name for name in read if bounds_of(name.replace("*", "x")) is None} == set()
    # and no other has
    known = read | {"time_discrepancy_share", "price_discrepancy_share"}
    assert set(PARAMETER_BOUNDS) - known == set()


@pytest.mark.parametrize(
    ("bounds", "inside", "outside", "text"),
    [
        (Bounds(0.0, 1.0), (0.0, 1.0), (-0.1, 1.1, math.inf), "0 to 1"),
        (Bounds(0.0, with_least=False), (1e-9, 1e9), (0.0, -1.0), "a number above 0"),
        (Bounds(0.0, 100.0, with_least=False), (1e-9, 100.0), (0.0, 101.0), "a number above 0, up to 100"),
        (Bounds(0.0), (0.0, 1e9), (-1e-9,), "0 or more"),
    ],
)
def test_bounds(bounds, inside, outside, text):
    assert all(map(bounds.hold, inside))
    assert not any(map(bounds.hold, outside))
    assert bounds.text == text


def add(files, name: str, value: str, **cells: str) -> None:
    files.add(
        "parameter.csv", like="reliability_ratio", parameter_id=name, value=value, **{"low": "", "high": "", **cells}
    )


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("operating_days_per_year", "0", "1 to 366"),
        ("trade_first_year_share", "0", "0.001 to 1"),
        ("trade_first_year_share", "2", "0.001 to 1"),
        ("trade_adjustment_years", "0", "1 to 100"),
        ("trade_added_margin_share", "-1", "0 to 100"),
        ("trade_elasticity", "0", "0.001 to 100"),
        ("empty_return_rail_share", "5", "0 to 1"),
        ("route_scale", "0", "a number above 0"),
        ("standing_usd_per_t_day", "-50", "0 or more"),
        ("profit_tax_AAA_pct", "100", "0 to 99"),
    ],
)
def test_a_value_beyond_bounds(files, name, value, expected):
    add(files, name, value)
    assert files.problems() == [
        f"parameter.csv, line 6, value: found {value} for {name}; expected {expected}. Correct the number."
    ]


def test_ends_beyond_bounds(files):
    add(files, "trade_first_year_share", "0.4", low="-0.1", high="1.5")
    assert files.problems() == [
        "parameter.csv, line 6, high: found 1.5 for trade_first_year_share; expected 0.001 to 1. Correct the number.",
        "parameter.csv, line 6, low: found -0.1 for trade_first_year_share; expected 0.001 to 1. Correct the number.",
    ]


def test_a_misspelt_name_would_be_passed_over(files):
    add(files, "trade_elasticty", "5")
    add(files, "loan_tenor_years", "25")
    (found,) = files.problems()
    assert found == (
        "parameter.csv, line 6, parameter_id: found 'trade_elasticty'; expected a name that is read, or one less like it. "
        "Did you mean trade_elasticity?"
    )


def test_effects_and_changes_stay_within_bounds(files):
    add(files, "operating_days_per_year", "300")
    files.add(
        "effect.csv", like="N5.time", effect_id="N5.days", table="parameter", row="operating_days_per_year", column="value",
        op="multiply", value="2", low="", high="",
    )  # fmt: skip
    case = files.open()
    with pytest.raises(CaseError) as caught:
        case.apply(Setting.of(projects="N5"))
    assert str(caught.value).splitlines()[1] == (
        "  effect.csv, parameter operating_days_per_year value by N5: found 600 after all effects; expected 1 to 366. "
        "Correct the number."
    )
    with pytest.raises(RequestError) as refused:
        case.apply(Setting.of(changes=["parameter:operating_days_per_year:value=0"]))
    assert str(refused.value) == (
        "parameter operating_days_per_year value by the setting's change: found 0 after all effects; expected 1 to 366. "
        "Correct the number."
    )


def test_scales_that_rise_are_told_once(files):
    add(files, "outside_scale", "50")
    with pytest.raises(RequestError) as caught:
        karvan.assign_flows(files.open())
    assert str(caught.value) == (
        "parameter.csv: route_scale is 15, mode_scale 5 and outside_scale 50. They must not rise from one to the next. Correct "
        "one of them; what is not there is 15, 5 and 3."
    )
