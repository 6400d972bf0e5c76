"""What trade follows from other costs of transport: who gains, which pairs and goods grow.

Trade of the case's own year was made on the network of its calibration scenario. From there the world is solved for the costs of
the setting to compare with, and from that world for the costs of the setting asked for; exact hat algebra composes, so that two
steps are one. Within a pair, each commodity of an exporter is a variety of its own (:func:`karvan.trade.cost.pair_tau_hat`).
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from karvan.case.parameter_bounds import PARAMETER_BOUNDS
from karvan.case.remember import remembered
from karvan.errors import RequestError
from karvan.trade.audit import audit_counterfactual
from karvan.trade.cost import ADJUSTMENT_YEARS, adjustment_share, pair_tau_hat, tau_hat
from karvan.trade.counterfactual import log_parts, ratio, rule_of_half
from karvan.trade.hat import solve
from karvan.trade.matrix import TradeMatrix
from karvan.trade.threads import one_thread
from karvan.trade.tonnes import USD_PER_MUSD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from karvan.case import Case, Meta
    from karvan.trade.hat import Equilibrium, Floats

#: "Roughly four": Simonovska and Waugh, Journal of International Economics 92, 2014.
THETA = 4.0
#: What the parameter of a case may be, an elasticity that is named may be too.
THETA_BOUNDS = PARAMETER_BOUNDS["trade_elasticity"]
#: Elasticities of the sensitivity: the low end of the long run in Boehm, Levchenko and Pandalai-Nayar (AER 113(4), 2023); the
#: median of tariff-based estimates in Head and Mayer (Handbook of International Economics 4, 2014); Eaton and Kortum (2002).
OTHER_THETAS = (1.75, 5.03, 8.28)
PATH_YEARS = range(1, 11)


def check_theta(theta: object) -> float:
    """Return an elasticity of trade as a number.

    Raises
    ------
    RequestError
        It is none: below or above all that are known, or no number.
    """
    known = float(theta) if not isinstance(theta, bool) and isinstance(theta, Real) else None
    if known is None or not THETA_BOUNDS.hold(known):
        shown = repr(theta) if known is None else f"{known:g}"
        message = f"The elasticity of trade is {shown}. Give a number above zero, such as 4: {THETA_BOUNDS.text}."
        raise RequestError(message)
    return known


@dataclass(frozen=True, eq=False)
class TradeEffects:
    """What trade follows from a setting, beside the one it is compared with.

    Attributes
    ----------
    table
        One row per economy: id, name, real_income_hat, equivalent_variation_musd with its range over the sensitivity (low,
        high), its parts (cost, terms_of_trade, volume), exports_musd and imports_musd and their changes.
    pairs
        One row per pair: exporter, importer, tau_hat, value_musd, value_after_musd, change_musd, tonnes and their change.
    commodities
        One row per commodity on the network: value and tonnes, and their change.
    world
        Totals: equivalent_variation_musd, rule_of_half_musd, and trade between economies.
    sensitivity
        One row per variant: what, equivalent_variation_musd.
    path
        One row per year after the change: share of the long-run elasticity, world equivalent variation and trade.
    theta, elasticity_share
        Elasticity in the long run, and the share of it that works in the setting's year.
    compared_with, states
        What the setting is compared with; probability of each state.
    notes, meta
        What the reader should know; where it comes from.
    """

    table: pd.DataFrame
    pairs: pd.DataFrame
    commodities: pd.DataFrame
    world: dict[str, float]
    sensitivity: pd.DataFrame
    path: pd.DataFrame
    theta: float
    elasticity_share: float
    compared_with: str
    states: dict[str, float]
    notes: tuple[str, ...]
    meta: Meta

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON can hold it."""
        return {
            "meta": self.meta.model_dump(mode="json"),
            "theta": self.theta,
            "elasticity_share": self.elasticity_share,
            "compared_with": self.compared_with,
            "states": [{"state": name, "probability": share} for name, share in self.states.items()],
            "notes": list(self.notes),
            "world": dict(self.world),
            "economies": self.table.to_dict("records"),
            "pairs": self.pairs.to_dict("records"),
            "commodities": self.commodities.to_dict("records"),
            "sensitivity": self.sensitivity.to_dict("records"),
            "path": self.path.to_dict("records"),
        }


@dataclass(frozen=True, eq=False)
class Solved:
    """Two worlds, one after the other, in arrays.

    Attributes
    ----------
    before, after
        The worlds; `before` is in changes from the trade of the case, `after` from `before`.
    share_before, share_after
        Commodities in the dollars on the network.
    off_before, off_after
        Shares of the dollars that never ride it.
    tau_hat, commodity_tau_hat
        Change of trade cost from one to the other, by pair, and by commodity and pair.
    """

    before: Equilibrium
    after: Equilibrium
    share_before: Floats
    share_after: Floats
    off_before: Floats
    off_after: Floats
    tau_hat: Floats
    commodity_tau_hat: Floats


def trade_effects(
    matrix: TradeMatrix,
    calibrated: Floats,
    before: Floats,
    after: Floats,
    *,
    theta: float = THETA,
    start: Floats | None = None,
) -> Solved:
    """Return the worlds that follow from cost factors; the one function through which the network moves trade.

    Parameters
    ----------
    matrix
        Trade as it was made.
    calibrated, before, after
        Expected cost factors 1 + g/v by commodity, exporter and importer: when trade was made, in the setting to compare
        with, and in the setting asked for. NaN where a cost is not known, which leaves it as it was.
    theta
        Elasticity of trade.
    start
        Wages of the second world to start from; they move nothing beyond the solver's tolerance.
    """
    elasticity = np.array([theta])
    with one_thread():
        # where no cost has changed since trade was made the world is as it was, whatever the elasticity
        one, share, off = _first_world(matrix, calibrated, before, THETA if calibrated is before else theta)
        change = tau_hat(before, after)
        next_pair = pair_tau_hat(share, change, off, theta)
        two = solve(one.value, next_pair[None], elasticity, start=start, names=matrix.economies)
        _audit(one.value[0], next_pair, elasticity, two, matrix.economies)
        share_after, off_after = _moved(share, off, change, next_pair, theta)
    return Solved(one, two, share, share_after, off, off_after, next_pair, change)


@remembered(8)
def _first_world(
    matrix: TradeMatrix, calibrated: Floats, before: Floats, theta: float
) -> tuple[Equilibrium, Floats, Floats]:
    """Return the world to compare with, the shares of commodities in it, and what is off the network; the same factors once."""
    elasticity = np.array([theta])
    change = tau_hat(calibrated, before)
    pair = pair_tau_hat(matrix.share, change, matrix.off_network, theta)
    world = solve(matrix.value_musd[None], pair[None], elasticity, names=matrix.economies)
    _audit(matrix.value_musd, pair, elasticity, world, matrix.economies)
    share, off = _moved(matrix.share, matrix.off_network, change, pair, theta)
    return world, share, off


def _audit(value: Floats, pair: Floats, theta: Floats, found: Equilibrium, names: Sequence[str]) -> None:
    audit_counterfactual(
        value=value[None], tau_hat=pair[None], theta=theta, deficits="additive", new_deficit=None, wage_hat=found.wage_hat,
        price_hat=found.price_hat, real_income_hat=found.real_income_hat, after=found.value, world_balance=1.0, names=names,
    )  # fmt: skip


def _moved(share: Floats, off: Floats, change: Floats, pair: Floats, theta: float) -> tuple[Floats, Floats]:
    """Return the shares of commodities in a pair, and what is off the network, after a change."""
    bundle = pair**-theta
    new_off = off / bundle
    dollars = (1 - off) * share * change**-theta / bundle
    total = dollars.sum(axis=0)
    return np.divide(dollars, total, out=np.zeros_like(dollars), where=total > 0), np.where(total > 0, new_off, off)


def describe_trade(
    case: Case,
    matrix: TradeMatrix,
    high: TradeMatrix,
    solved: Solved,
    factors: tuple[Floats, Floats, Floats],
    flows: tuple[Floats, Floats],
    *,
    theta: float,
    elasticity_share: float,
    compared_with: str,
    states: Mapping[str, float],
    notes: Sequence[str],
    meta: Meta,
) -> TradeEffects:
    """Return solved worlds as tables, with the sensitivity and the years after the change.

    Parameters
    ----------
    case
        The corridor.
    matrix, high
        Trade as it was made; the same with sales at home at the high end of their range.
    solved, factors
        The worlds, and the cost factors that made them.
    flows
        Tonnes a year before and after, by commodity, exporter and importer.
    theta, elasticity_share
        Elasticity of the long run, and the share of it that works.
    compared_with, states, notes, meta
        As in :class:`TradeEffects`.
    """
    sensitivity, gains = _sensitivity(matrix, high, factors, theta, elasticity_share, solved)
    return TradeEffects(
        table=_economies(case, matrix, solved, gains),
        pairs=_pairs(matrix, solved, flows),
        commodities=_commodities(matrix, flows),
        world=_world(solved),
        sensitivity=sensitivity,
        path=_path(matrix, factors, theta, solved),
        theta=theta,
        elasticity_share=elasticity_share,
        compared_with=compared_with,
        states=dict(states),
        notes=(*_notes(case, matrix, factors[0]), *notes),
        meta=meta,
    )


def _economies(case: Case, matrix: TradeMatrix, solved: Solved, gains: Floats) -> pd.DataFrame:
    one, two = solved.before, solved.after
    value, later = one.value[0], two.value[0]
    spent = value.sum(axis=0)
    home, home_after = np.diag(value), np.diag(later)
    exports, imports = value.sum(axis=1) - home, spent - home
    gain = (two.real_income_hat - 1) * spent
    cost, terms = log_parts(one.value, solved.tau_hat[None], two.wage_hat, exports)
    rows = case.rows("economy")
    return pd.DataFrame(
        {
            "id": matrix.economies,
            "name": [str(rows[name]["name"]) for name in matrix.economies],
            "real_income_hat": two.real_income_hat,
            "equivalent_variation_musd": gain,
            "equivalent_variation_low_musd": gains.min(axis=0),
            "equivalent_variation_high_musd": gains.max(axis=0),
            "cost_part_musd": spent * cost,
            "terms_of_trade_part_musd": spent * terms,
            "volume_part_musd": gain - spent * (cost + terms),
            "exports_musd": exports,
            "exports_change_musd": later.sum(axis=1) - home_after - exports,
            "imports_musd": imports,
            "imports_change_musd": later.sum(axis=0) - home_after - imports,
        }
    )


def _pairs(matrix: TradeMatrix, solved: Solved, flows: tuple[Floats, Floats]) -> pd.DataFrame:
    names = np.array(matrix.economies, dtype=object)
    exporter, importer = (places.ravel() for places in np.indices(matrix.value_musd.shape))
    value, later = solved.before.value[0].ravel(), solved.after.value[0].ravel()
    t_before, t_after = (part.sum(axis=0).ravel() for part in flows)
    table = pd.DataFrame(
        {
            "exporter": names[exporter],
            "importer": names[importer],
            "tau_hat": solved.tau_hat.ravel(),
            "value_musd": value,
            "value_after_musd": later,
            "change_musd": later - value,
            "value_hat": ratio(later, value),
            "flow_t_per_year": t_before,
            "flow_after_t_per_year": t_after,
        }
    )
    abroad: pd.DataFrame = table.loc[exporter != importer].reset_index(drop=True)
    return abroad


def _commodities(matrix: TradeMatrix, flows: tuple[Floats, Floats]) -> pd.DataFrame:
    t_before, t_after = flows
    value, later = ((part * matrix.value_usd_per_t).sum(axis=(1, 2)) / USD_PER_MUSD for part in flows)
    return pd.DataFrame(
        {
            "commodity": matrix.commodities,
            "value_musd": value,
            "value_after_musd": later,
            "change_musd": later - value,
            "flow_t_per_year": t_before.sum(axis=(1, 2)),
            "flow_after_t_per_year": t_after.sum(axis=(1, 2)),
        }
    )


def equivalent_variation(solved: Solved) -> float:
    """Return what real income of all economies gains, USD m."""
    return float(((solved.after.real_income_hat - 1) * solved.before.value[0].sum(axis=0)).sum())


def _world(solved: Solved) -> dict[str, float]:
    one, two = solved.before, solved.after
    between = [float(world.value.sum() - np.trace(world.value[0])) for world in (one, two)]
    return {
        "equivalent_variation_musd": equivalent_variation(solved),
        "rule_of_half_musd": rule_of_half(one.value, two.value, solved.tau_hat[None], two.wage_hat),
        "trade_musd": between[0],
        "trade_after_musd": between[1],
    }


def _sensitivity(
    matrix: TradeMatrix, high: TradeMatrix, factors: tuple[Floats, Floats, Floats], theta: float, share: float, central: Solved
) -> tuple[pd.DataFrame, Floats]:  # fmt: skip
    """Return the world's gain at other elasticities and with sales at home at the high end, and each economy's in all of them."""
    rows = [("central", theta, central)]
    rows += [
        ("elasticity", other, trade_effects(matrix, *factors, theta=other * share)) for other in OTHER_THETAS if other != theta
    ]  # fmt: skip
    rows.append(("high domestic sales", theta, trade_effects(high, *factors, theta=theta * share)))
    found, gains = [], []
    for what, elasticity, solved in rows:
        found.append({"what": what, "theta": elasticity, **_world(solved)})
        gains.append((solved.after.real_income_hat - 1) * solved.before.value[0].sum(axis=0))
    return pd.DataFrame(found), np.array(gains)


def _path(matrix: TradeMatrix, factors: tuple[Floats, Floats, Floats], theta: float, solved: Solved) -> pd.DataFrame:
    """Return the years after the change, in which the elasticity rises; the world before it is the settled one."""
    settled = TradeMatrix(
        matrix.economies, matrix.commodities, solved.before.value[0], solved.off_before, solved.share_before,
        matrix.value_usd_per_t, matrix.year,
    )  # fmt: skip
    _, before, after = factors
    rows = []
    for year in PATH_YEARS:
        share = float(adjustment_share(float(year), until=ADJUSTMENT_YEARS))
        world = _world(trade_effects(settled, before, before, after, theta=theta * share))
        rows.append({"year": year, "elasticity_share": share, **world})
    return pd.DataFrame(rows)


def _notes(case: Case, matrix: TradeMatrix, calibrated: Floats) -> tuple[str, ...]:
    on = (1 - matrix.off_network) * matrix.value_musd
    unknown = (on[None] * matrix.share * np.isnan(calibrated)).sum()
    reach = float(1 - unknown / on.sum()) if on.sum() else 0.0
    assumed = sum(case.is_assumption("trade_share", name) for name in case.rows("trade_share"))
    total = len(case.rows("trade_share"))
    return (
        f"trade of {matrix.year}; sales at home are GDP less exports, which is too small, so that gains are rather too large",
        f"the network bears on {100 * reach:.0f} % of the dollars that could ride it; costs of the rest do not change",
        f"{assumed} of {total} shares of commodities are assumptions",
        (
            "this gain and that of the users of transport are two measures of one thing: never add them; one weighs goods by the "
            "dollars of their trade, the other by the tonnes that go, so that they may differ in sign"
        ),
    )
