"""How trade answers to the cost of transport, on arrays.

Goods worth v a tonne cost C to bring, on the mean of the states; a setting makes them better off by the fall of the logsum L::

    D   = sum_k p_k (L1_k - L0_k)
    tau = (v + max(C + D, 0)) / (v + C)

Where fitted constants make C less than nothing it is taken as nothing, so that what has not changed never moves trade.

Goods of a pair are varieties with one elasticity, so that a commodity's change is the index of its goods by tonnes, and that of a
pair the index of its commodities by dollars (:func:`karvan.trade.cost.pair_tau_hat`). Exact hat algebra answers with wages w,
price levels P and spending E, and tonnes follow::

    M = tau^-theta (w_i / P_j)^-theta E_j      goods of a pair
    M = tau^-theta                             goods in transit that belong to none
    M = 1                                      the rest
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from karvan.case.remember import remembered
from karvan.chain.goods import ALONE, PAIR
from karvan.trade import trade_effects

if TYPE_CHECKING:
    from karvan.chain.goods import Floats, Goods
    from karvan.trade import TradeMatrix
    from karvan.trade.effects import Solved


@dataclass(frozen=True, eq=False)
class Response:
    """The answer of trade.

    Attributes
    ----------
    tau_hat
        Change of trade cost, of all goods.
    multiplier
        Tonnes after over tonnes before, of all goods.
    commodity_known, commodity_tau_hat
        By commodity, exporter and importer: one, and the change of trade cost; NaN where no goods tell.
    bounded
        Which goods would be brought for less than nothing, and are taken to be brought for nothing.
    solved
        The worlds.
    """

    tau_hat: Floats
    multiplier: Floats
    commodity_known: Floats
    commodity_tau_hat: Floats
    bounded: np.ndarray[tuple[int], np.dtype[np.bool_]]
    solved: Solved


def trade_cost_hat(goods: Goods, level_usd: Floats, change_usd: Floats, margin: float = 0.0) -> tuple[Floats, Floats]:
    """Return the change of trade cost of all goods, and their cost afterwards before it is bounded.

    Parameters
    ----------
    goods
        The goods.
    level_usd, change_usd
        Mean generalised cost per tonne before, nothing where it is less, and change of the logsum; NaN where they are not known.
    margin
        Other margins as a share of value where they are charged on the price without transport; zero where they multiply.
    """
    before = np.maximum(level_usd, 0.0)
    after = before + change_usd
    value = goods.value_usd_per_t * (1 + margin)
    with np.errstate(invalid="ignore", divide="ignore"):
        tau = (value + np.maximum(after, 0.0)) / (value + before)
    known: Floats = np.where(np.isfinite(tau) & (goods.answer > 0), tau, 1.0)
    return known, after


@remembered(8)
def _riding(goods: Goods, matrix: TradeMatrix) -> tuple[Floats, Floats]:
    """Return tonnes by commodity, exporter and importer; and one where there are some, NaN elsewhere."""
    tonnes = goods.sums(goods.t_per_year, matrix.share.shape)
    return tonnes, np.where(tonnes > 0, 1.0, np.nan)


def answer(
    goods: Goods, matrix: TradeMatrix, level_usd: Floats, change_usd: Floats, *, theta: float, margin: float = 0.0,
    start: Floats | None = None,
) -> Response:  # fmt: skip
    """Return how trade answers to a change of cost.

    Parameters
    ----------
    goods, matrix
        Tonnes and dollars before.
    level_usd, change_usd, margin
        As :func:`trade_cost_hat` has them.
    theta
        Elasticity that works.
    start
        Wages to start from, which move nothing beyond the solver's tolerance.
    """
    tau, after = trade_cost_hat(goods, level_usd, change_usd, margin)
    pull = tau**-theta
    weight, ones = _riding(goods, matrix)
    pulled = goods.sums(goods.t_per_year * pull, matrix.share.shape)
    index = np.divide(pulled, weight, out=np.ones_like(weight), where=weight > 0) ** (-1 / theta)
    solved = trade_effects(matrix, ones, ones, ones * index, theta=theta, start=start)
    world = solved.after
    grown = world.spending / matrix.value_musd.sum(axis=0)
    balance = (world.wage_hat[:, None] / world.price_hat[None, :]) ** -theta * grown[None, :]
    multiplier = np.where(goods.answer >= ALONE, pull, 1.0)
    mine = goods.answer == PAIR
    multiplier[mine] *= balance[goods.exporter[mine], goods.importer[mine]]
    bounded = (goods.answer > 0) & (after < 0)
    return Response(tau, multiplier, ones, ones * index, bounded, solved)
