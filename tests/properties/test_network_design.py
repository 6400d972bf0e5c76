"""A design is never beaten by trying every one, and its equilibrium is the one that the same links have in a plain run."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from karvan.flows import assign
from karvan.flows.links import LinkTable
from karvan.portfolio.design import design_network

ZONES = ("1", "2", "3")


@st.composite
def problems(draw):
    """A ring of standing links through three zones and two more nodes, so that all demand has a way, and candidates."""
    ring = [("1", "4"), ("4", "2"), ("2", "5"), ("5", "3"), ("3", "1"), ("2", "1"), ("3", "2")]
    ends = st.sampled_from([(a, b) for a in "12345" for b in "12345" if a != b])
    candidates = draw(st.lists(ends, min_size=1, max_size=4))
    rows = [(*link, 0) for link in ring] + [(*link, draw(st.integers(1, 5))) for link in candidates]
    table = pd.DataFrame(
        [(a, b, draw(st.integers(1, 9)), draw(st.integers(5, 40)), draw(st.sampled_from([1.0, 2.0, 4.0]))) for a, b, _ in rows],
        columns=["from_node", "to_node", "free_flow_time", "capacity", "power"],
    )  # fmt: skip
    trips = np.array(draw(st.lists(st.integers(0, 40), min_size=9, max_size=9)), dtype=float).reshape(3, 3)
    return table, trips, [Fraction(cost) for _, _, cost in rows], Fraction(draw(st.integers(1, 12)))


@settings(deadline=None, max_examples=30)
@given(problems())
def test_the_design_against_trying_every_one(problem):
    table, trips, cost, budget = problem
    dear = [item for item in cost if item > 0]
    if min(dear) > budget or not trips[~np.eye(3, dtype=bool)].any():
        return
    links = LinkTable.of(table, zones=ZONES)
    found = design_network(links, trips, cost, budget=budget)
    totals = {}
    for pick in product((False, True), repeat=len(dear)):
        kept = np.array([item == 0 for item in cost])
        kept[len(cost) - len(dear) :] = pick
        if sum((item for item, stays in zip(cost, kept, strict=True) if stays), Fraction(0)) <= budget:
            run = assign(LinkTable.of(table[kept], zones=ZONES), trips, gap=1e-12)
            totals[tuple(np.flatnonzero(kept))] = run.tstt
    built = tuple(sorted({*np.flatnonzero([item == 0 for item in cost]), *found.built}))
    # equilibria to ten digits on either side
    assert found.tstt == pytest.approx(min(totals.values()), rel=1e-8)
    assert found.tstt == pytest.approx(totals[built], rel=1e-8)
    assert found.proven
