"""A parameter that is read from the case itself is refused in changes and effects; the list of them is what the package reads."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

import karvan
from karvan.case import Setting
from karvan.case.fixed_parameters import FIXED_PARAMETERS, is_fixed_parameter
from karvan.errors import RequestError

SOURCE = Path(karvan.__file__).parent

#: Where names are not written out, or all parameters are handed on: what is read there, ``*`` for what varies.
HANDED_ON = {
    ("appraisal/prices.py", "usd_factor"): {"exchange_rate_usd_per_*"},
    ("appraisal/terms.py", "read_terms"): {
        "cost_of_own_money_pct_per_year", "inflation_usd_pct_per_year", "profit_tax_*_pct", "real_depreciation_*_pct_per_year",
    },
    ("appraisal/uncertain_drivers.py", "_of_effects"): {"range_*_confidence_share"},
    # of its callers: upkeep and life
    ("appraisal/uncertain_drivers.py", "_parameter"): {
        "asset_life_rail_years", "range_*_confidence_share", "upkeep_rail_infrastructure_pct_per_year",
    },
    ("case/closures.py", "group_records"): {"closure_counts_above_share", "closure_counts_from_days"},
    ("case/closures.py", "window_start"): {"closure_record_*_from_year"},
    ("case/model.py", "parameters"): set(),
    ("case/model.py", "range_of"): {"range_*_confidence_share"},
    # the report shows what the appraisal reads
    ("report/project.py", "_parameter_rows"): set(),
    ("report/project.py", "_sources"): set(),
    ("trade/potential.py", "_fitted"): {"gravity_fitted_*_musd"},
}  # fmt: skip


def of_a_case(node: ast.expr, path: str) -> bool:
    """Whether an expression is a case as it stands in its files, by its name."""
    if isinstance(node, ast.Attribute):
        return node.attr == "case"
    return isinstance(node, ast.Name) and (node.id == "case" or (node.id == "self" and path == "case/model.py"))


def is_read(node: ast.AST, path: str) -> bool:
    """Whether a node is ``case.parameters``, or ``case.rows("parameter")`` and the like."""
    if isinstance(node, ast.Attribute):
        return node.attr == "parameters" and of_a_case(node.value, path)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        first = node.args[0]
        return of_a_case(node.func.value, path) and isinstance(first, ast.Constant) and first.value == "parameter"
    return False


def name_beside(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> ast.expr | None:
    """Return the expression that names which parameter is read."""
    if isinstance(node, ast.Call) and len(node.args) > 1:
        return node.args[1]  # range_of, is_assumption
    outer = parents[node]
    if isinstance(outer, ast.Subscript):
        return outer.slice
    if isinstance(outer, ast.Compare):
        return outer.left
    if isinstance(outer, ast.Attribute) and outer.attr == "get" and isinstance(parents[outer], ast.Call):
        return parents[outer].args[0]
    return None


def value_of(expression: ast.expr | None, path: str) -> str | None:
    """Return the text that a constant, or a constant of the module, stands for."""
    if isinstance(expression, ast.Constant):
        return str(expression.value)
    if isinstance(expression, ast.Name):
        module = importlib.import_module("karvan." + path.removesuffix(".py").replace("/", "."))
        found = getattr(module, expression.id, None)
        return found if isinstance(found, str) else None
    return None


def what_is_read() -> tuple[set[str], set[tuple[str, str]]]:
    """Return the parameters that the package reads from cases by name, and the functions in which names do not tell."""
    names, places = set(), set()
    for file in sorted(SOURCE.rglob("*.py")):
        path = file.relative_to(SOURCE).as_posix()
        tree = ast.parse(file.read_text(encoding="utf-8"))
        parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(tree):
            if not is_read(node, path):
                continue
            name = value_of(name_beside(node, parents), path)
            if name is not None:
                names.add(name)
                continue
            inside = node
            while not isinstance(inside, ast.FunctionDef):
                inside = parents[inside]
            places.add((path, inside.name))
    return names, places


def test_the_list_is_what_the_package_reads():
    names, places = what_is_read()
    assert places == set(HANDED_ON), "say in HANDED_ON which parameters are read there"
    assert names.union(*HANDED_ON.values()) == set(FIXED_PARAMETERS)


def test_names_that_vary():
    assert is_fixed_parameter("parameter", "profit_tax_PAK_pct")
    assert not is_fixed_parameter("parameter", "profit_tax_PAK_pct_point")
    assert not is_fixed_parameter("parameter", "my_ramp_up_years")
    assert not is_fixed_parameter("link", "ramp_up_years")


def test_every_change_of_one_is_refused_at_once(textbook):
    changes = ["parameter:range_low_confidence_share:value=0.3", "parameter:range_high_confidence_share:low*=2"]
    with pytest.raises(RequestError) as caught:
        textbook.apply(Setting.of(changes=[*changes, "parameter:reliability_ratio:value=1"]))
    assert str(caught.value).splitlines() == [
        f"{change}: {row} is read from the case itself, so that no setting changes it. Edit parameter.csv in a copy of the case."
        for change, row in zip(changes, ("range_low_confidence_share", "range_high_confidence_share"), strict=True)
    ]


def test_any_other_still_acts(textbook):
    applied = textbook.apply(Setting.of(changes=["parameter:reliability_ratio:value=1"]))
    assert applied.rows("parameter")["reliability_ratio"]["value"] == 1
