"""What is assigned is what the case's demand says: the same tonnes in every year."""

from __future__ import annotations

import pytest

from karvan.case import Setting
from karvan.case.demand import demand
from karvan.flows.demand import demand_of


@pytest.mark.parametrize("year", [2026, 2036])
def test_the_tonnes_assigned_are_those_of_the_demand(files, year):
    # far apart, so that one mean is not another, and one end that does not grow
    files.set("economy.csv", "AAA", growth_share_per_year="0.2", growth_high_share_per_year="0.3")
    files.set("zone.csv", "AAP", economy="")
    applied = files.open().apply(Setting.of(year=year))
    found = demand(applied).table
    streams, outside = demand_of(applied)
    whole = {}
    for stream in streams:
        whole[stream.origin, stream.destination] = (
            whole.get((stream.origin, stream.destination), 0.0) + stream.t_per_year
        )
    assert sum(whole.values()) + outside == pytest.approx(found["flow_t_per_year"].sum(), rel=1e-12)
    inside = found[found["mode"] != "outside"].groupby(["origin", "destination"])["flow_t_per_year"].sum()
    assert all(whole[pair] >= tonnes * (1 - 1e-12) for pair, tonnes in inside.items())
