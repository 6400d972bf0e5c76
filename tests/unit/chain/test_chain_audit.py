"""The audit of the chain finds what was tampered with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import karvan
from karvan.chain.audit import Claim, audit_base, audit_flows, audit_response, audit_weights
from karvan.errors import AuditError


def claim(**cells: object) -> Claim:
    """Return two economies that sell each other a tenth; goods of the first to the second cost a fifth of 100 to bring."""
    value = np.array([[90.0, 10.0], [10.0, 90.0]])
    sound = Claim(
        names=["A B coal"], place=[("A", "B", "coal")], alone=np.array([False]), exporter=np.array([0]), importer=np.array([1]),
        good=np.array([0]), t_per_year=np.array([1000.0]), multiplier=np.array([1.0]), value_usd_per_t=np.array([100.0]),
        probability=np.array([0.8, 0.2]), logsum_before=np.array([[20.0], [30.0]]), logsum_after=np.array([[20.0], [30.0]]),
        mean_before=np.array([[20.0], [20.0]]), theta=4.0, value_musd=value, wage_hat=np.ones(2), after_musd=value,
    )  # fmt: skip
    return replace(sound, **cells)


def test_nothing_changed_is_sound():
    assert audit_response(claim()) == pytest.approx(0, abs=1e-12)


def test_tonnes_that_their_costs_do_not_explain():
    with pytest.raises(AuditError, match=r"chain: A B coal is multiplied by 1\.1, its costs say 1$"):
        audit_response(claim(multiplier=np.array([1.1])))


def test_costs_that_no_tonnes_answer():
    """A tenth of 120 cheaper in the one state of 0.8, 24 in the other: 12 on the mean of them, 108 / 120 to the power of -4."""
    cheaper = np.array([[20.0 - 7.5], [30.0 - 30.0]])
    with pytest.raises(AuditError, match=rf"its costs say {(108 / 120) ** -4:.6g}$"):
        audit_response(claim(logsum_after=cheaper))


def test_goods_that_answer_alone():
    alone = {"alone": np.array([True]), "exporter": np.array([-1]), "importer": np.array([-1])}
    cheaper = np.array([[8.0], [18.0]])
    sound = claim(**alone, logsum_after=cheaper, multiplier=np.array([(108 / 120) ** -4.0]))
    assert audit_response(sound) == pytest.approx(0, abs=1e-12)


def test_trade_that_its_goods_do_not_explain():
    other = np.array([[90.0, 11.0], [10.0, 90.0]])
    with pytest.raises(AuditError, match=r"chain: trade of pair 0-1 moves by 1\.1, outside 1 to 1 of its goods"):
        audit_response(claim(after_musd=other))


@pytest.mark.parametrize("weights", [[0.8, 0.1], [1.1, -0.1]])
def test_weights(weights):
    with pytest.raises(AuditError, match="chain: the probabilities of the states sum to"):
        audit_weights(np.array(weights))


def test_tonnes_that_are_not_those_of_the_table():
    applied = karvan.open_case("textbook").apply()
    with pytest.raises(AuditError, match=r"chain: AAA BBB container has 0 tonnes, in base_flow.csv 3000"):
        audit_base(applied, [("AAA", "CCC", "coal")], np.array([300_000.0]))


def test_tonnes_that_are_not_their_multiple():
    assert audit_flows(["x"], {"open": np.array([2.0])}, {"open": np.array([3.0])}, np.array([1.5])) == 0
    with pytest.raises(AuditError, match=r"chain: x has 3 tonnes in open, which its multiplier makes 4$"):
        audit_flows(["x"], {"open": np.array([2.0])}, {"open": np.array([3.0])}, np.array([2.0]))
