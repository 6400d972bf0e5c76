"""Rates of return, values and payments held against pyxirr and numpy-financial.

The two disagree where a stream has several rates: each names one, and not the same. Ours lists all, so theirs must be among
them.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import numpy_financial as npf
import pytest
import pyxirr

from karvan.appraisal.discounting import Discounting, date_factors
from karvan.appraisal.indicators import modified_rate_of_return, present_value
from karvan.appraisal.roots import rates_by_date, rates_of_return

#: Both libraries stop their search when a step is below about this.
SEARCHED = 1e-8


def streams(count: int):
    random = np.random.default_rng(20261125)
    for _ in range(count):
        years = int(random.integers(3, 40))
        works = int(random.integers(1, min(6, years)))
        flows = random.uniform(0, 50, years)
        flows[:works] = -random.uniform(10, 300, works)
        yield flows


def test_conventional_streams():
    for flows in streams(200):
        ours = rates_of_return(flows)
        assert ours.verdict == "one"
        assert ours.single == pytest.approx(pyxirr.irr(flows), abs=SEARCHED)
        assert ours.single == pytest.approx(npf.irr(flows), abs=SEARCHED)


def test_where_the_libraries_disagree_ours_names_both():
    flows = [-1000, 2300, -1320]
    theirs = {round(pyxirr.irr(flows), 8), round(float(npf.irr(flows)), 8)}
    assert theirs == {0.1, 0.2}
    assert set(rates_of_return(flows).roots) == theirs


def test_streams_of_any_shape():
    """What either library names is among the roots; what neither names does not show that there is none."""
    random = np.random.default_rng(7)
    named = 0
    for _ in range(200):
        flows = random.normal(size=int(random.integers(3, 15)))
        ours = rates_of_return(flows).roots
        for theirs in (pyxirr.irr(flows, silent=True), float(npf.irr(flows))):
            if theirs is not None and np.isfinite(theirs) and -0.99 < theirs < 10:
                named += 1
                assert min((abs(root - theirs) for root in ours), default=1.0) < 1e-6
    assert named > 100


@pytest.mark.parametrize("rate", [-0.05, 0.0, 0.035, 0.09, 0.3])
def test_present_values(rate):
    for flows in streams(20):
        ours = present_value(flows, Discounting.at(rate).factors(range(len(flows))))
        assert ours == pytest.approx(npf.npv(rate, flows), rel=1e-12, abs=1e-9)
        assert ours == pytest.approx(pyxirr.npv(rate, flows), rel=1e-12, abs=1e-9)


def test_modified_rates():
    for flows in streams(50):
        ours = modified_rate_of_return(flows, Discounting.at(0.09), reinvested=Discounting.at(0.06))
        assert ours == pytest.approx(npf.mirr(flows, 0.09, 0.06), rel=1e-10)
        assert ours == pytest.approx(pyxirr.mirr(flows, 0.09, 0.06), rel=1e-10)


def test_flows_by_date():
    random = np.random.default_rng(3)
    for flows in streams(50):
        days = [date(2026, 1, 1) + timedelta(days=int(day)) for day in np.sort(random.integers(0, 9000, len(flows)))]
        ours = rates_by_date(days, flows)
        assert ours.proven
        assert ours.single == pytest.approx(pyxirr.xirr(days, flows), abs=SEARCHED)
        value = present_value(flows, date_factors(days, 0.09))
        assert value == pytest.approx(pyxirr.xnpv(0.09, days, flows), rel=1e-9, abs=1e-9)
