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


def test_loans():
    from karvan.appraisal.loans import Loan, level_payment, schedule_loan

    for rate, years, sum_lent in ((0.02, 25, 100.0), (0.07, 10, 1.0), (0.12 / 12, 240, 5e5)):
        found = schedule_loan(Loan(sum_lent, rate, years))
        periods = np.arange(1, years + 1)
        assert list(found.principal) == pytest.approx((-npf.ppmt(rate, periods, years, sum_lent)).tolist(), rel=1e-9)
        assert list(found.interest) == pytest.approx((-npf.ipmt(rate, periods, years, sum_lent)).tolist(), rel=1e-9)
        assert level_payment(rate, years, sum_lent, final=7.0) == pytest.approx(
            -pyxirr.pmt(rate, years, sum_lent, 7.0), rel=1e-12
        )


def test_sobol_indices_against_salib():
    """SALib with the same number of base draws, on a function of the field with indices known in closed form (Sobol's g)."""
    from SALib.analyze import sobol as analyze
    from SALib.sample import sobol as sample

    from karvan.appraisal.sobol import sobol_indices
    from karvan.appraisal.uncertain import Uncertain

    weights = np.array([0.0, 1.0, 4.5, 9.0])

    def model(draws: np.ndarray) -> np.ndarray:
        return np.prod((np.abs(4 * draws - 2) + weights) / (1 + weights), axis=1)

    problem = {"num_vars": 4, "names": list("abcd"), "bounds": [[0, 1]] * 4}
    draws = sample.sample(problem, 2**13, calc_second_order=False, seed=1)
    theirs = analyze.analyze(problem, model(draws), calc_second_order=False, seed=1)
    ours = sobol_indices(model, [Uncertain(name, "uniform", low=0, high=1) for name in "abcd"], power=13)
    for place in range(4):
        assert abs(ours.first[place] - theirs["S1"][place]) < theirs["S1_conf"][place] + 4 * ours.first_error[place]
        assert abs(ours.total[place] - theirs["ST"][place]) < theirs["ST_conf"][place] + 4 * ours.total_error[place]
