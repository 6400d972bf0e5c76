"""What every outcome is held against before it is handed out.

The audit knows nothing of how trade and flows met. From the costs of the states and the trade before the change it derives the
change of trade costs anew, in logarithms; from wages, prices and spending of the new world the tonnes that should go; and from
base_flow.csv the tonnes there were. It holds the tonnes of the flows against them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from karvan.case import AppliedCase

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]

#: Probabilities sum to one, and tonnes are base times multiplier, to rounding.
ROUNDING = 1e-9
#: Tonnes fit the answer of trade at their own costs to ten times the tolerance of the search.
RESIDUAL = 1e-5


@dataclass(frozen=True)
class ChainAudit:
    """What the audit found.

    Attributes
    ----------
    weight_error
        Difference between the sum of the probabilities and one.
    base_error
        Largest difference between the tonnes of base_flow.csv, grown, and those that trade started from, as a share.
    flow_error
        Largest difference between tonnes assigned and base tonnes times multiplier, as a share.
    residual
        Largest difference between the multiplier used and that derived again from costs, as a share.
    """

    weight_error: float
    base_error: float
    flow_error: float
    residual: float

    def to_dict(self) -> dict[str, float]:
        """Return it as JSON can hold it."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Claim:
    """What is claimed, in arrays over goods; pairs are numbers of economies, -1 where the goods belong to none.

    Attributes
    ----------
    names
        What the goods are called.
    place
        Origin, destination and commodity of each.
    alone
        Whether they answer by the elasticity alone.
    exporter, importer, good
        Places in the trade matrix.
    t_per_year, multiplier, value_usd_per_t
        Tonnes before, tonnes over them, and value of a tonne.
    probability
        Of every state.
    logsum_before, logsum_after, mean_before
        By state and goods; NaN where not known.
    theta
        Elasticity that works.
    value_musd
        Trade before.
    wage_hat, after_musd
        Wages of the new world, and its trade.
    """

    names: Sequence[str]
    place: Sequence[tuple[str, str, str]]
    alone: np.ndarray[Any, np.dtype[np.bool_]]
    exporter: Ints
    importer: Ints
    good: Ints
    t_per_year: Floats
    multiplier: Floats
    value_usd_per_t: Floats
    probability: Floats
    logsum_before: Floats
    logsum_after: Floats
    mean_before: Floats
    theta: float
    value_musd: Floats
    wage_hat: Floats
    after_musd: Floats


def audit_base(applied: AppliedCase, place: Sequence[tuple[str, str, str]], t_per_year: Floats) -> float:
    """Check that the tonnes are those of base_flow.csv in the year of the setting.

    Raises
    ------
    AuditError
        They are not.
    """
    year = applied.setting.year or applied.case.config.case.base_year
    years = year - applied.case.config.case.base_year
    rate = {name: float(row["growth_share_per_year"]) for name, row in applied.rows("economy").items()}
    zone = {name: rate.get(row["economy"], 0.0) for name, row in applied.rows("zone").items()}
    grown: dict[tuple[float, float], float] = {}
    wanted: dict[tuple[str, str, str], float] = {}
    for row in applied.rows("base_flow").values():
        key = (row["origin"], row["destination"], row["commodity"])
        ends = zone[row["origin"]], zone[row["destination"]]
        if ends not in grown:
            grown[ends] = float(np.exp(years * np.mean(np.log1p(ends))))
        wanted[key] = wanted.get(key, 0.0) + row["flow_t_per_year"] * grown[ends]
    given: dict[tuple[str, str, str], float] = {}
    for key, tonnes in zip(place, t_per_year.tolist(), strict=True):
        given[key] = given.get(key, 0.0) + tonnes
    worst = 0.0
    for key, tonnes in wanted.items():
        error = abs(given.get(key, 0.0) - tonnes) / max(tonnes, 1e-9)
        if error > ROUNDING:
            _fail(f"{' '.join(key)} has {given.get(key, 0.0):g} tonnes, in base_flow.csv {tonnes:g}")
        worst = max(worst, error)
    return worst


def audit_weights(probability: Floats) -> float:
    """Check that probabilities are none below zero and sum to one.

    Raises
    ------
    AuditError
        They do not.
    """
    error = abs(float(probability.sum()) - 1)
    if error > ROUNDING or (probability < 0).any():
        _fail(f"the probabilities of the states sum to {probability.sum():.12g}")
    return error


def audit_flows(
    names: Sequence[str], before: Mapping[str, Floats], after: Mapping[str, Floats], factor: Floats
) -> float:
    """Check that the tonnes of every class in every state are those before times their multiplier.

    Raises
    ------
    AuditError
        They are not.
    """
    worst = 0.0
    for state, tonnes in after.items():
        wanted = before[state] * factor
        error = np.abs(tonnes - wanted) / np.maximum(wanted, 1e-9)
        if len(error) and float(error.max()) > ROUNDING:
            c = int(error.argmax())
            _fail(f"{names[c]} has {tonnes[c]:g} tonnes in {state}, which its multiplier makes {wanted[c]:g}")
        worst = max(worst, float(error.max(initial=0.0)))
    return worst


def audit_response(claim: Claim) -> float:
    """Check that tonnes are what trade answers to their costs.

    Raises
    ------
    AuditError
        They are not.
    """
    change = claim.probability @ (claim.logsum_after - claim.logsum_before)
    level = claim.probability @ claim.mean_before
    paired = claim.exporter >= 0
    with np.errstate(invalid="ignore", divide="ignore"):
        delivered = np.maximum(claim.value_usd_per_t + level, claim.value_usd_per_t)
        log_tau = np.log(np.maximum(delivered + change, claim.value_usd_per_t)) - np.log(delivered)
    log_tau = np.where(np.isfinite(log_tau) & (paired | claim.alone), log_tau, 0.0)
    spent, earned = claim.value_musd.sum(axis=0), claim.value_musd.sum(axis=1)
    # trade over trade before is the answer of a pair; what its goods answer lies around it by their own costs
    log_spent = np.log(earned * claim.wage_hat + spent - earned) - np.log(spent)
    diagonal = np.log(np.diag(claim.after_musd)) - np.log(np.diag(claim.value_musd))
    # at home the trade cost is what it was, so that sales at home tell the price level
    log_price = (diagonal - log_spent) / claim.theta + np.log(claim.wage_hat)
    pull = -claim.theta * (np.log(claim.wage_hat)[:, None] - log_price[None, :]) + log_spent[None, :]
    wanted = -claim.theta * log_tau
    wanted[paired] += pull[claim.exporter[paired], claim.importer[paired]]
    error = np.abs(np.expm1(wanted - np.log(claim.multiplier)))
    if len(error) and float(error.max()) > RESIDUAL:
        worst = int(error.argmax())
        _fail(
            f"{claim.names[worst]} is multiplied by {claim.multiplier[worst]:.6g}, its costs say {np.exp(wanted[worst]):.6g}"
        )
    _audit_pairs(claim, log_tau, pull)
    return float(error.max(initial=0.0))


def _audit_pairs(claim: Claim, log_tau: Floats, pull: Floats) -> None:
    """Check that trade of every pair is the dollars of its goods at their own costs."""
    mine = claim.exporter >= 0
    pair = (claim.exporter[mine], claim.importer[mine])
    # no index of goods lies outside the range of its goods, and of what does not ride the network
    low, high, tonnes = (np.zeros(claim.value_musd.shape) for _ in range(3))
    np.minimum.at(low, pair, -claim.theta * log_tau[mine])
    np.maximum.at(high, pair, -claim.theta * log_tau[mine])
    np.maximum.at(tonnes, pair, claim.t_per_year[mine])
    told = (claim.value_musd > 0) & (tonnes > 0)
    got = np.log(np.where(told, claim.after_musd, 1.0) / np.where(told, claim.value_musd, 1.0)) - pull
    for i, j in np.argwhere(told & ~((low - RESIDUAL <= got) & (got <= high + RESIDUAL))).tolist():
        _fail(
            f"trade of pair {i}-{j} moves by {np.exp(got[i, j]):.6g}, outside {np.exp(low[i, j]):.6g} to "
            f"{np.exp(high[i, j]):.6g} of its goods"
        )


def _fail(what: str) -> None:
    message = f"chain: {what}"
    raise AuditError(message)
