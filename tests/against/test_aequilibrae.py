"""AequilibraE 1.7.2 as oracle, where it is right; and where it is not, the audit tells."""

from __future__ import annotations

import os

import numpy as np
import pytest
from benchmarks.peers import NETWORKS, NO_PEERS, python, run_aequilibrae

from karvan.errors import AuditError
from karvan.flows import assign, read_network, read_trips
from karvan.flows.audit import _audit_nodes


@pytest.fixture(autouse=True)
def peers():
    if python() is None:
        if os.environ.get("CI"):
            pytest.fail(NO_PEERS)
        pytest.skip(NO_PEERS)


def load(name):
    folder = NETWORKS / name
    if not folder.is_dir():
        pytest.skip(f"no test network at {folder}")
    links = read_network(next(folder.glob("*_net.tntp")))
    return links, read_trips(next(folder.glob("*_trips.tntp")), links.zones)[0]


def beckmann(links, flow):
    ratio = flow / links.capacity
    return float((links.free_flow_time * flow * (1 + links.b * ratio**links.power / (1 + links.power))).sum())


@pytest.mark.parametrize(("name", "gap"), [("SiouxFalls", 1e-4), ("Anaheim", 1e-5)])
def test_both_find_the_same_equilibrium(name, gap):
    links, trips = load(name)
    theirs = run_aequilibrae(links, trips, gap=gap)
    ours = assign(links, trips, gap=1e-10)
    assert theirs.version == "1.7.2"
    objective = beckmann(links, theirs.flow)
    # their flows are an equilibrium to their gap: above the minimum by no more than that share of the total cost
    assert ours.objective * (1 - 1e-9) <= objective <= ours.objective + 1.5 * gap * ours.tstt
    # and close to ours on every link, in proportion to the traffic of the network
    assert np.abs(theirs.flow - ours.flow[0]).max() <= 0.02 * ours.flow[0].max()


def test_the_audit_tells_that_barcelona_loses_flow():
    links, trips = load("Barcelona")
    theirs = run_aequilibrae(links, trips, gap=1e-3)
    np.fill_diagonal(trips, 0)
    with pytest.raises(
        AuditError, match=r"flow is not conserved at node (913|929|1008): 827\.\d+ too much or too little"
    ):
        _audit_nodes(links, np.array([trips]), theirs.flow[None, :])
