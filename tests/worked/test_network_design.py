"""Sioux Falls with ten candidate links: the true optima, found before by trying every design within the budget.

Instances of D. Rey, "Computational benchmarking of exact methods for the bilevel discrete network design problem",
*Transportation Research Procedia* 47, 2020, 11-18. Seven of his thirty published designs, optimal for a linearised problem,
are not the best ones of the true one; the totals here, in thousands, come from an enumeration of all designs with another
program (tap-b, at a gap of 1e-11).
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from karvan.flows.tntp import read_candidates, read_trips
from karvan.portfolio.design import design_network

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
OPTIMA = {
    1: (6227.911, 5678.135, 5294.019),
    2: (6509.747, 5756.835, 5088.467),
    3: (6227.911, 5448.393, 5072.770),
    4: (6059.432, 5626.431, 5504.374),
    5: (5900.935, 5358.965, 5111.824),
}

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the test networks beside the project are not there")


@pytest.mark.parametrize("instance", OPTIMA)
@pytest.mark.parametrize("place", range(3), ids=["25 %", "50 %", "75 %"])
def test_the_true_optimum_is_found_and_proven(instance, place):
    links, cost = read_candidates(DATA / "design" / f"SF_DNDP_10_{instance}.txt")
    trips, _ = read_trips(DATA / "networks" / "SiouxFalls" / "SiouxFalls_trips.tntp", links.zones)
    costs = [Fraction(int(item)) for item in cost]
    found = design_network(links, trips, costs, budget=sum(costs) * Fraction(place + 1, 4))
    assert found.proven
    assert (found.gap, found.lower_bound) == (0.0, found.tstt)
    assert found.cost <= found.budget
    # the digits that are published
    assert found.tstt / 1000 == pytest.approx(OPTIMA[instance][place], abs=0.001)
