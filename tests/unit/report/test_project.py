"""The page of a project."""

from __future__ import annotations

import math

import pytest

from karvan.appraisal import appraise
from karvan.appraisal.appraisal import UsersGain
from karvan.report.project import _real_income, _sum, render_project


@pytest.mark.parametrize(
    ("musd", "shown"), [(7.031e-13, "0"), (-1.172e-13, "0"), (-1.689e-5, "\u22120.00001689"), (30.87, "30.87")]
)
def test_what_rounding_leaves_is_no_sum(musd: float, shown: str) -> None:
    assert _sum(musd).text == shown


@pytest.mark.parametrize(
    ("users_musd", "welfare_musd", "begins", "explained"),
    [
        (19.1, 0.5, "Real income of all economies gains USD 500,000 by", False),
        (-6.6, -0.2, "Real income of all economies loses USD 200,000 by", False),
        # as of P26 of the bundled case: cement that would grow 26-fold crowds out goods that are worth more
        (11.0, -10.9, "Real income of all economies loses USD 10.9 m by", True),
    ],
)
def test_real_income_of_another_sign_is_explained(users_musd, welfare_musd, begins, explained) -> None:
    said = _real_income(UsersGain(users_musd, users_musd, 1.0, welfare_musd, {}))
    assert said.strip().startswith(begins)
    assert ("The two differ in sign" in said) is explained


def test_without_trade_nothing_is_said_of_real_income() -> None:
    assert _real_income(UsersGain(1.0, 1.0, 1.0, math.nan, {})) == ""


def test_what_money_rests_on_has_source_and_vintage(files) -> None:
    files.set("finance.csv", "N1.cora", currency="CCR", source="textbook;assumed", confidence="low")
    case = files.open()
    page = render_project(case, appraise(case, "N1"))
    rows = {row.split("</th>")[0]: row for row in page.split('<tr><th scope="row">')}
    assert "USD 0.2 (0.1 to 0.4)" in rows["CCR, 2056"]
    assert "assumed" in rows["CCR, 2056"]
    assert "textbook, assumed" in rows["N1, who pays"]
    assert "Assumption of the textbook" in page
    assert "2019-03" in rows["discount rate from year 0"]


def test_rates_of_money_in_which_nothing_is_lent_are_not_told(files) -> None:
    case = files.open()
    assert "CCR, 2056" not in render_project(case, appraise(case, "N1"))
