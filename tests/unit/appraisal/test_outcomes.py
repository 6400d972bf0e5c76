"""What accounts need of a solved year, with less without."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import karvan
from karvan.appraisal.outcomes import _compare
from karvan.appraisal.side_sums import parties_of, sum_side

if TYPE_CHECKING:
    from karvan.case import Case


def test_what_nobody_sends_says_nothing_of_a_project(textbook: Case) -> None:
    """A class without tonnes has a cost that no equilibrium holds: a change of it is no effect of a project."""
    parties = parties_of(textbook)
    side = sum_side(next(iter(karvan.simulate(textbook, year=2030).side.solved.values())), parties)
    dearer = side.logsum_usd.copy()
    dearer[0] += 2.0
    assert _compare(side, replace(side, logsum_usd=dearer), parties).cost_change_usd == 2.0

    tonnes, ways = side.tonnes.copy(), side.way_tonnes.copy()
    tonnes[0], ways[0] = 0.0, 0.0
    idle = replace(side, tonnes=tonnes, way_tonnes=ways)
    assert _compare(idle, replace(idle, logsum_usd=dearer), parties).cost_change_usd == 0.0
