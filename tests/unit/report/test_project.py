"""The page of a project."""

from __future__ import annotations

import pytest

from karvan.report.project import _sum


@pytest.mark.parametrize(
    ("musd", "shown"), [(7.031e-13, "0"), (-1.172e-13, "0"), (-1.689e-5, "\u22120.00001689"), (30.87, "30.87")]
)
def test_what_rounding_leaves_is_no_sum(musd: float, shown: str) -> None:
    assert _sum(musd).text == shown
